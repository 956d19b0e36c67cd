"""Make the data files of ``gridplan/demand/data`` from a folder of domain facts.

    python scripts/make_demand_data.py FOLDER

FOLDER holds ``spring_festival_calendar.csv``, ``load_profiles_96.csv``, ``household_admd.csv``,
``returnee_presence_curve.csv`` and ``rural_special_loads.csv``. The day shapes of special loads
that no source gives (mill, farm, shop, public, pv) are assumptions and are written out here, point
by point.
"""

from __future__ import annotations

import csv
import math
import sys
from itertools import pairwise
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "gridplan" / "demand" / "data"

COPIES = {
    "spring_festival_calendar.csv": "festival_days.csv",
    "household_admd.csv": "household_levels.csv",
    "returnee_presence_curve.csv": "presence_curve.csv",
}

#: (hour, share of the rating) corner points of a day, joined by straight lines. Status A.
CORNERS: dict[str, list[tuple[float, float]]] = {
    "mill": [
        (0, 0),
        (8, 0),
        (8.5, 1),
        (11, 1),
        (11.5, 0),
        (14, 0),
        (14.5, 1),
        (17, 1),
        (17.5, 0),
        (24, 0),
    ],
    "farm": [(0, 1), (6, 1), (9, 0.6), (16, 0.6), (19, 0.9), (24, 1)],
    "shop": [(0, 0.2), (6.5, 0.2), (8, 0.6), (17, 0.7), (18, 1), (21, 1), (22.5, 0.2), (24, 0.2)],
    "public": [
        (0, 0.1),
        (7.5, 0.1),
        (8.5, 1),
        (11.5, 1),
        (12.5, 0.6),
        (14, 0.9),
        (17, 0.9),
        (18.5, 0.1),
        (24, 0.1),
    ],
}

SUNRISE_H, SUNSET_H = 7.2, 18.0  #: about 30 degrees north, early February, Beijing time

#: kind, shape, activity before the Eve, from the Eve to day 3, after; share of the days on which it
#: runs; whether it varies from quarter hour to quarter hour; the row of ``rural_special_loads.csv``
#: with its power factor
KINDS = [
    ("pump", "pump", 1.0, 0.0, 1.0, 0.3, False, "irrigation pump, shallow well"),
    ("mill", "mill", 1.0, 0.0, 0.5, 0.3, False, "rice mill / feed mill"),
    ("farm", "farm", 1.0, 1.0, 1.0, 1.0, True, "pig farm fans, heat lamps"),
    ("shop", "shop", 1.0, 0.7, 0.9, 1.0, True, "cold store (Spring Festival goods)"),
    ("public", "public", 1.0, 0.3, 0.7, 1.0, True, "village committee / clinic / school"),
    ("ebike", "ebike", 1.0, 1.0, 1.0, 1.0, True, "e-bike charging point (per socket)"),
    ("pv", "pv", 1.0, 1.0, 1.0, 1.0, False, ""),
    ("three_phase", "three_phase", 1.0, 1.0, 1.0, 1.0, True, ""),
]


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, rows: list[dict[str, object]]) -> None:
    """Write rows with the same line ends, so the same bytes, on every system."""
    with (TARGET / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def broken_line(corners: list[tuple[float, float]], hour: float) -> float:
    """Value at ``hour`` on the line through ``corners``."""
    for (h0, v0), (h1, v1) in pairwise(corners):
        if h0 <= hour <= h1:
            return v0 + (v1 - v0) * (hour - h0) / (h1 - h0)
    raise ValueError(f"{hour} h is outside the corners")


def sun(hour: float) -> float:
    """Share of the clear-sky maximum of a fixed panel: sine over the hours of daylight."""
    share = (hour - SUNRISE_H) / (SUNSET_H - SUNRISE_H)
    return math.sin(math.pi * share) if 0 < share < 1 else 0.0


def day_shapes(profiles: list[dict[str, str]]) -> list[dict[str, object]]:
    """96 quarter hours of every shape, each relative to its own maximum."""
    rows: list[dict[str, object]] = []
    for index, source in enumerate(profiles):
        middle = index / 4 + 1 / 8
        row: dict[str, object] = {
            key: source[key] for key in source if key != "irrigation_pump_day"
        }
        row["pump"], row["ebike"] = source["irrigation_pump_day"], row.pop("ebike_evening")
        row |= {name: round(broken_line(corners, middle), 4) for name, corners in CORNERS.items()}
        row["pv"] = round(sun(middle), 4)
        row["three_phase"] = source["normal_winter_resident"]
        rows.append(row)
    return rows


def special_kinds(loads: list[dict[str, str]]) -> list[dict[str, object]]:
    """One row per kind of special load; without a power factor: as the network file has it."""
    factor = {row["load_en"]: row["power_factor"] for row in loads}
    names = (
        "kind",
        "shape",
        "before",
        "festival",
        "after",
        "running_days",
        "varies",
        "power_factor",
        "source",
    )
    return [
        dict(
            zip(
                names,
                (*kind[:6], int(kind[6]), factor.get(kind[7], ""), kind[7] or "network file"),
                strict=True,
            )
        )
        | {"status": "A"}
        for kind in KINDS
    ]


def main(folder: Path) -> None:
    """Write all data files."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for source, target in COPIES.items():
        write(target, [dict(row) for row in read(folder / source)])
    write("day_shapes.csv", day_shapes(read(folder / "load_profiles_96.csv")))
    write("special_kinds.csv", special_kinds(read(folder / "rural_special_loads.csv")))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
