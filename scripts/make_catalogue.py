"""Make the transformer and conductor catalogue from the domain tables.

    python scripts/make_catalogue.py FOLDER

FOLDER holds ``transformers_10_04kv.csv`` and ``lv_conductors.csv`` with one source per row.
Transformers are copied as they are. Conductors get a column ``alias`` (the names that old drawings
use: LGJ-25) and the bare ACSR circuits whose neutral is one or two sizes smaller, usual in old
village work.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

TARGET = Path(__file__).parent.parent / "gridplan" / "network" / "data"

#: Reactance factor 2*pi*50*mu0/(2*pi)*1000 [ohm/km] and the usual village geometry (horizontal A N
#: B C at 0.4 m): geometric mean distances between phases and from phase to neutral [m]. Source:
#: the domain's village_feeder_defaults.yaml, geometry_used and sequence_formulas (assumption).
OMEGA_OHM_PER_KM = 0.06283
GMD_PHASE_M = 0.727
GMD_NEUTRAL_M = 0.504

#: Phase and neutral sections [mm2] of the circuits added; the neutral one or two sizes smaller.
REDUCED_NEUTRALS = [(25, 16), (35, 16), (35, 25), (50, 25), (50, 35), (70, 35), (70, 50)]


def gmr_m(x_ohm_per_km: float) -> float:
    """Geometric mean radius [m] behind a positive-sequence reactance: x1 = k ln(GMD / GMR)."""
    return GMD_PHASE_M * math.exp(-x_ohm_per_km / OMEGA_OHM_PER_KM)


def x0_ohm_per_km(phase_x: float, neutral_x: float) -> float:
    """Zero-sequence reactance, all current in the neutral: 3k ln(Dpn^2 / (GMReq GMRn))."""
    bundle_m = (gmr_m(phase_x) * GMD_PHASE_M**2) ** (1 / 3)
    return 3 * OMEGA_OHM_PER_KM * math.log(GMD_NEUTRAL_M**2 / (bundle_m * gmr_m(neutral_x)))


def alias(row: dict[str, str]) -> str:
    """Old name of a bare ACSR circuit with four equal conductors: JL/G1A-25/4 was LGJ-25."""
    return f"LGJ-{row['phase_mm2']}" if row["family"].startswith("LGJ") else ""


def reduced(phase: dict[str, str], neutral: dict[str, str]) -> dict[str, str]:
    """The circuit with the phases of one row and the neutral of another."""
    sizes = f"3x{phase['phase_mm2']}+1x{neutral['phase_mm2']}"
    r0 = float(phase["r20_ohm_per_km"]) + 3 * float(neutral["r20_ohm_per_km"])
    x0 = x0_ohm_per_km(float(phase["x_ohm_per_km"]), float(neutral["x_ohm_per_km"]))
    return {
        **phase,
        "std_type": f"{phase['std_type'].removesuffix(' 4w')} {sizes}",
        "neutral_mm2": neutral["phase_mm2"],
        "r0_ohm_per_km": f"{r0:.4f}",
        "x0_ohm_per_km": f"{x0:.4f}",
        "source": f"{phase['source']}; neutral of {neutral['std_type']}: r0, x0 computed",
        "alias": f"LGJ-{sizes}",
    }


def conductors(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """All rows with their alias, reduced-neutral circuits after the row of their phases."""
    acsr = {int(row["phase_mm2"]): row for row in rows if row["family"].startswith("LGJ")}
    made = []
    for row in rows:
        made.append({**row, "alias": alias(row)})
        if row["family"].startswith("LGJ"):
            size = int(row["phase_mm2"])
            made += [reduced(row, acsr[n]) for phase, n in REDUCED_NEUTRALS if phase == size]
    return made


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(folder: Path) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    write(TARGET / "transformers.csv", read(folder / "transformers_10_04kv.csv"))
    write(TARGET / "conductors.csv", conductors(read(folder / "lv_conductors.csv")))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} FOLDER")
    main(Path(sys.argv[1]))
