"""Score ``identify_phases`` on villages whose phases are known, as docs/method.md shows it.

    python scripts/score_phases.py [--villages 4] [--seed 1]

Villages are the sample networks, their units hung on phases at random, with appliances and meters
of ``metered_village.py``; the records of the network file are not asked. These villages had no part
in choosing spans, thresholds and weights.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
from metered_village import Life, Meter, happening, only, read, shuffled

import gridplan as gp
from gridplan.demand.phase_curves import PhaseCurves
from gridplan.measures.phases import identify_phases
from gridplan.network.feeder import Feeder

NETWORKS = Path(__file__).parents[1] / "networks"
DAYS = (3, 7, 14, 30)
LIVES = {
    "winter, 40 % lived in": Life(occupied=0.4, season="winter"),
    "no heating, 15 % lived in": Life(occupied=0.15, season="low"),
}
#: Households of hongjiawan are those of 2015.
LEVEL = {"hongjiawan": 0.5}
READ = {"5 min": Meter(spread_min=5.0), "15 min": Meter(spread_min=15.0)}
EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)
SURE = 0.9

Scored = dict[tuple[str, ...], list[tuple[float, bool]]]


def score(villages: int, seed: int) -> Scored:
    """Confidence and truth of every single-phase home, by village, life, reading, days, data."""
    found: Scored = defaultdict(list)
    for name in ("hongjiawan", "wanfota", "kerber-dorf", "enwl-2-4"):
        for life_name, life in LIVES.items():
            for number in range(villages):
                rng = np.random.default_rng([seed, number])
                feeder = shuffled(gp.read_feeder(NETWORKS / name), rng)
                level = LEVEL.get(name, 1.0)
                own = Life(occupied=life.occupied, season=life.season, level=level)
                truth = happening(feeder, max(DAYS), own, rng)
                for read_name, meter in READ.items():
                    curves = read(truth, meter, rng)
                    for days in DAYS:
                        for data in ("voltages", "voltages, powers"):
                            key = name, life_name, read_name, str(days), data
                            found[key] += identified(feeder, only(curves, days), data)
    return found


def identified(feeder: Feeder, curves: PhaseCurves, data: str) -> list[tuple[float, bool]]:
    """Confidence of the meters alone in each single-phase home's phase, and whether it is right."""
    if data == "voltages":
        nothing = np.full_like(curves.p_kw, np.nan)
        curves = PhaseCurves(ids=curves.ids, start=curves.start, u_v=curves.u_v, p_kw=nothing)
    found = identify_phases(feeder, curves)
    single = np.char.str_len(feeder.customers.phase) == 1
    sure = np.nan_to_num(found.meter_confidence[single], nan=1 / 3)
    right = (found.meter_phase == feeder.customers.phase)[single]
    return list(zip(sure.tolist(), right.tolist(), strict=True))


def print_accuracy(found: Scored) -> None:
    """Share of right phases by village and days, and how many wrong ones seemed sure."""
    groups: dict[tuple[str, ...], list[tuple[float, bool]]] = defaultdict(list)
    for (name, life, spread, days, data), scored in found.items():
        groups[name, life, spread, data, days] += scored
        groups["all", life, spread, data, days] += scored
    rows = list(dict.fromkeys(key[:4] for key in groups))
    print(f"| village | life | read within | data | {' | '.join(f'{d} d' for d in DAYS)} |")
    print("|---|---|---|---|" + "---|" * len(DAYS))
    for row in rows:
        cells = []
        for days in DAYS:
            sure, right = (np.array(part) for part in zip(*groups[*row, str(days)], strict=True))
            wrong = (sure >= SURE) & ~right
            cells.append(f"{100 * right.mean():.1f} ({100 * wrong.mean():.1f})")
        print(f"| {' | '.join((*row, *cells))} |")


def print_reliability(found: Scored) -> None:
    """What share of the phases of each confidence is right."""
    print("\n| confidence | homes | mean confidence | right |\n|---|---|---|---|")
    sure, right = (
        np.array(part)
        for part in zip(*[one for scored in found.values() for one in scored], strict=True)
    )
    for low, high in pairwise(EDGES):
        of = (sure >= low) & (sure < high)
        if of.any():
            cells = f"{of.sum()} | {sure[of].mean():.3f} | {right[of].mean():.3f}"
            print(f"| {low:g} to {min(high, 1):g} | {cells} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--villages", type=int, default=4, help="villages of each kind")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = score(arguments.villages, arguments.seed)
    print_accuracy(found)
    print_reliability(found)


if __name__ == "__main__":
    main()
