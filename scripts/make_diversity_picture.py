"""Draw how much homes coincide on New Year's Eve, and how much villages grow: ``docs/images``.

python scripts/make_diversity_picture.py [COUNTY]

The forecast of the sample networks beside the table of JGJ 242-2011 and what news reports say;
COUNTY is a folder that ``make_county.py`` wrote, whose meters are drawn as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

import gridplan as gp
from gridplan.demand.county import read_county
from gridplan.demand.forecast import HOMES

mpl.use("Agg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "images" / "diversity.png"
NETWORKS = ("hongjiawan", "wanfota", "kerber-dorf", "enwl-2-4")
GROUPS = (1, 2, 3, 5, 8, 12, 18, 24, 36, 48)
EVE = 9  #: position of the Eve in the study's days
DRAWS = 60
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


def factors(days: np.ndarray, rng: np.random.Generator) -> list[float]:
    """Mean demand factor of groups of homes from days (sample, home, quarter hour)."""
    found = []
    for size in GROUPS:
        each = []
        for day in days:
            there = np.flatnonzero(day.max(axis=1) > 0.2)
            if len(there) >= size:
                group = day[rng.choice(there, size, replace=False)]
                each.append(group.sum(axis=0).max() / group.max(axis=1).sum())
        found.append(float(np.mean(each)) if each else np.nan)
    return found


def forecast(name: str) -> tuple[np.ndarray, list[float]]:
    """Eves (draw, home, quarter hour) of a network, and the growth of its evening peak per draw."""
    feeder = gp.read_feeder(ROOT / "networks" / name)
    study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml")
    p_kw = gp.forecast_demand(feeder, study.forecast).block(0, DRAWS)[0][0]
    homes = p_kw[np.isin(feeder.customers.kind, HOMES)].transpose(1, 0, 2)
    by_day = homes.sum(axis=1).reshape(DRAWS, -1, 96).max(axis=2)
    return homes[:, :, 96 * EVE : 96 * (EVE + 1)], list(by_day[:, EVE] / by_day[:, :2].mean(axis=1))


def measured(folder: Path) -> tuple[list[np.ndarray], list[float]]:
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


def main() -> None:
    """Draw the picture."""
    rng = np.random.default_rng(0)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=(3, 2))
    for first, last, low, high in JGJ:
        left.fill_between(
            [first, last], low, high, color="0.85", label="JGJ 242-2011" if first == 1 else None
        )
    growth = {}
    for name in NETWORKS:
        eves, growth[name] = forecast(name)
        left.plot(GROUPS, factors(eves, rng), marker=".", label=f"forecast, {name}")
    if len(sys.argv) > 1:
        eves, growth["synthetic county"] = measured(Path(sys.argv[1]))
        found = np.nanmean([factors(eve[None], rng) for eve in eves for _ in range(3)], axis=0)
        left.plot(GROUPS, found, "k--", label="synthetic county (not measured)")
    left.set(
        xlabel="homes",
        ylabel="peak together / sum of own peaks",
        ylim=(0, 1.05),
        title="Coincidence on the Eve",
    )
    left.legend(fontsize=8)
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
