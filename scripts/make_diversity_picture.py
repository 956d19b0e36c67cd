"""Draw how much homes coincide on New Year's Eve, and how much villages grow: ``docs/images``.

python scripts/make_diversity_picture.py [COUNTY]

The forecast of the sample networks beside homes of others on ordinary days (``notebooks/data``),
the table of JGJ 242-2011, and what news reports say; COUNTY is a folder that ``make_county.py``
wrote, whose meters are drawn as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

import gridplan as gp
from gridplan.demand.calibration import HOMES
from gridplan.demand.coincidence import demand_factors
from gridplan.demand.county import read_county

mpl.use("Agg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "images" / "diversity.png"
DATA = ROOT / "notebooks" / "data"
NETWORKS = ("hongjiawan", "wanfota", "kerber-dorf", "enwl-2-4")
GROUPS = (1, 2, 3, 5, 8, 12, 18, 24, 36, 48)
EVE = 9  #: position of the Eve in the study's days
DRAWS = 60
HOME_KWH = (1, 25)  #: of a usual day: other Spanish meters are empty homes and businesses
#: Demand factors by number of single-phase households: from, to, low, high. JGJ 242-2011, read in a
#: second-hand page (S): urban homes, relative to the design load of each.
JGJ = (
    (1, 3, 0.9, 1.0),
    (4, 8, 0.65, 0.9),
    (9, 12, 0.5, 0.65),
    (13, 24, 0.45, 0.5),
    (25, 48, 0.4, 0.45),
)
#: Growth to the Eve: Nanning 2013, State Grid 2021 (news reports; their bases differ).
REPORTED = {"Nanning 2013": (2, 3), "State Grid 2021": (5, 6)}


def forecast(name: str) -> tuple[np.ndarray, list[float]]:
    """Eves (draw, home, quarter hour) of a network, and the growth of its evening peak per draw."""
    feeder = gp.read_feeder(ROOT / "networks" / name)
    study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml")
    p_kw = gp.forecast_demand(feeder, study.forecast).block(0, DRAWS)[0][0]
    homes = p_kw[np.isin(feeder.customers.kind, HOMES)].transpose(1, 0, 2)
    by_day = homes.sum(axis=1).reshape(DRAWS, -1, 96).max(axis=2)
    return homes[:, :, 96 * EVE : 96 * (EVE + 1)], list(by_day[:, EVE] / by_day[:, :2].mean(axis=1))


def synthetic(folder: Path) -> tuple[list[np.ndarray], list[float]]:
    """The same of the areas of a county: one day of homes per area and festival."""
    eves, growth = [], []
    for area in read_county(folder).areas:
        for festival in area.festivals:
            eves.append(np.nan_to_num(festival.p_kw[:, festival.days == -1][:, 0]))
            peaks = np.nanmax(
                np.where(np.isfinite(festival.total_kw), festival.total_kw, 0), axis=1
            )
            growth.append(float(peaks[festival.days == -1][0] / peaks[festival.days < -15].mean()))
    return eves, growth


def of_others() -> dict[str, np.ndarray]:
    """Ordinary days (day, home, step) of homes elsewhere."""
    spanish, winter, simbench = (
        np.loadtxt(DATA / name, delimiter=",", skiprows=1).T / 1e3
        for name in ("spanish/hourly_w.csv", "enwl/winter_w.csv", "simbench/quarter_hourly_w.csv")
    )
    spanish = spanish.reshape(len(spanish), -1, 24)
    usual_kwh = spanish.sum(axis=2).mean(axis=1)
    home = (usual_kwh > HOME_KWH[0]) & (usual_kwh < HOME_KWH[1])
    return {
        "Spanish homes, hours, measured": spanish[home].swapaxes(0, 1),
        "British homes, winter, modelled by others": winter[None],
        "SimBench's five homes": simbench[:5].reshape(5, -1, 96).swapaxes(0, 1),
    }


def main() -> None:
    """Draw the picture."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), width_ratios=(3, 2))
    for first, last, low, high in JGJ:
        left.fill_between(
            [first, last], low, high, color="0.88", label="JGJ 242-2011" if first == 1 else None
        )
    growth = {}
    for name in NETWORKS:
        eves, growth[name] = forecast(name)
        found = demand_factors(eves, GROUPS, n_group=DRAWS).mean
        label = "forecast of the Eve, four sample networks" if name == NETWORKS[0] else None
        left.plot(GROUPS, found, color="C3", marker=".", lw=1, label=label)
    if len(sys.argv) > 1:
        eves, growth["synthetic county"] = synthetic(Path(sys.argv[1]))
        found = [demand_factors(eve[None], GROUPS, n_group=3).mean for eve in eves]
        label = "Eve of the synthetic county (not measured)"
        left.plot(GROUPS, np.nanmean(found, axis=0), "k--", label=label)
    for (name, days), style in zip(of_others().items(), ("C0-", "C0--", "C0:"), strict=True):
        found = demand_factors(days, GROUPS).mean
        left.plot(GROUPS, found, style, label=f"ordinary days: {name}")
    left.set(
        xlabel="homes",
        ylabel="peak together / sum of own peaks",
        ylim=(0, 1.05),
        title="Coincidence",
    )
    left.legend(fontsize=8, loc="lower left")
    right.boxplot(
        list(growth.values()),
        orientation="horizontal",
        tick_labels=list(growth),
        whis=(5, 95),
        showfliers=False,
    )
    for place, (name, (low, high)) in enumerate(REPORTED.items()):
        right.axvspan(low, high, color=f"C{place + 6}", alpha=0.2, label=name)
    right.set(xlabel="evening peak of the Eve over usual days", xlim=(0, 8), title="Growth")
    right.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(OUT, dpi=110)


if __name__ == "__main__":
    main()
