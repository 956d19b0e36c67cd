"""How much narrower quasi-random draws make a study's answers, at the same number of draws.

``python -m benchmarks.sampling`` sweeps New Year's Eve in the sample villages with many seeds, both
ways of sampling, and prints the table of ``docs/method.md``: the variance of an answer over the
seeds as a share of that of independent draws; how often the 95 % intervals of the probabilities
hold the share of all random draws, and their width as a share of Wilson's.

A draw is judged as the rules on loads do: by the load that it exceeds for two hours without a
break. Probabilities are those of loads that 5, 20 and 50 % of all random draws exceed. Independent
draws have the binomial variance; that of their percentile comes from drawing again from all of
them (bootstrap).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Literal

import numpy as np

import gridplan as gp
from gridplan.demand.intervals import share_interval, wilson_interval
from gridplan.demand.period import Period
from gridplan.demand.quasi import REPLICATES
from gridplan.frozen import FloatArray

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "scenarios" / "spring-festival-2027.yaml"
NETWORKS = ("hongjiawan", "wanfota", "kerber-dorf")
SHARES = (0.05, 0.2, 0.5)
PERCENTILE = 95
RESAMPLES = 2000
Sampling = Literal["random", "quasi_random"]


def draws_of(feeder: gp.Feeder, study: gp.Study, sampling: Sampling, seed: int) -> FloatArray:
    """Loads of every draw (what, scenario, draw) [%].

    What: load rate exceeded for two hours, phase load exceeded for two hours, highest load rate,
    highest phase load.
    """
    update = {"seed": seed, "sampling": sampling}
    sweep = gp.run_sweep(
        feeder, gp.forecast_demand(feeder, study.forecast.model_copy(update=update))
    )
    trafo = feeder.area_transformer
    rate = 100 * np.nan_to_num(sweep.s_kva, nan=np.inf) / (trafo.parallel * trafo.sn_kva)
    phase = 100 * np.nan_to_num(sweep.i_phase_a, nan=np.inf).max(axis=-1) / trafo.rated_a
    lasting = [lasting_load(values, round(120 / sweep.step_minutes)) for values in (rate, phase)]
    return np.array([*lasting, rate.max(axis=-1), phase.max(axis=-1)])


def lasting_load(load: FloatArray, steps: int) -> FloatArray:
    """The highest load that lasts for so many steps, over the last axis."""
    windows = np.lib.stride_tricks.sliding_window_view(load, steps, axis=-1)
    return np.asarray(windows.min(axis=-1).max(axis=-1))


def ratios(random: FloatArray, quasi: FloatArray) -> list[float]:
    """Variances over the seeds as shares of those of independent draws (seed, draw) of one load."""
    n_draw, pool = quasi.shape[1], random.ravel()
    found = []
    for share in SHARES:
        exceeded = (quasi > np.quantile(pool, 1 - share)).mean(axis=1)
        found.append(float(exceeded.var(ddof=1) / (share * (1 - share) / n_draw)))
    again = np.random.default_rng(0).choice(pool, (RESAMPLES, n_draw))
    spread = [np.percentile(values, PERCENTILE, axis=1).var(ddof=1) for values in (quasi, again)]
    return [*found, float(spread[0] / spread[1])]


def intervals(random: FloatArray, quasi: FloatArray) -> list[float]:
    """How many of the seeds' intervals hold the truth, and how wide they are beside Wilson's."""
    pool, rows = random.ravel(), []
    for share in SHARES:
        for values in quasi:
            hit = values > np.quantile(pool, 1 - share)
            low, high = share_interval(hit, REPLICATES)
            alone = wilson_interval(int(hit.sum()), len(hit))
            rows.append([low <= share <= high, (high - low) / (alone[1] - alone[0])])
    return np.mean(rows, axis=0, dtype=float).tolist()


def measure(network: str, n_draw: int, n_seed: int) -> dict[str, list[float]]:
    """Figures of one network by load, means over the scenarios.

    Ratios of the shares and of the percentile, then how often intervals hold and their width.
    """
    feeder = gp.read_feeder(ROOT / "networks" / network)
    study = gp.read_study(STUDY).with_draws(n_draw)
    days = Period(festival_year=study.period.festival_year, first_day=-1, last_day=-1)
    forecast = study.forecast.model_copy(update={"period": days})
    study = study.model_copy(update={"forecast": forecast})
    seeds = range(1000, 1000 + n_seed)
    ways: tuple[Sampling, Sampling] = ("random", "quasi_random")
    random, quasi = (
        np.array([draws_of(feeder, study, way, seed) for seed in seeds]) for way in ways
    )
    table = {}
    for name, lasting, highest in (("load rate", 0, 2), ("phase load", 1, 3)):
        rows = []
        for scenario in range(random.shape[2]):
            one, two = ((kind[:, lasting, scenario]) for kind in (random, quasi))
            peak = [kind[:, highest, scenario] for kind in (random, quasi)]
            rows.append([*ratios(one, two)[:-1], ratios(*peak)[-1], *intervals(one, two)])
        table[name] = np.mean(rows, axis=0).tolist()
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=100)
    given = parser.parse_args()
    heads = [*(f"P = {100 * share:.0f} %" for share in SHARES), f"{PERCENTILE}th percentile"]
    heads += ["intervals that hold", "their width"]
    print("| network | load |", " | ".join(heads), "|")
    print("|---" * (2 + len(heads)) + "|")
    for network in given.networks:
        for load, row in measure(network, given.draws, given.seeds).items():
            print(f"| {network} | {load} |", " | ".join(f"{value:.2f}" for value in row), "|")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
