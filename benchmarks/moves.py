"""``python -m benchmarks.moves``: how good the moves are, and how well that is proven.

Prints two tables, writes them into ``docs/performance.md``, draws ``docs/images/moves.png``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from threadpoolctl import threadpool_limits

import gridplan as gp
from benchmarks import heuristics
from benchmarks.networks import VILLAGE_300
from benchmarks.page import PAGE, table, write_between
from benchmarks.villages import village
from gridplan.assessment.limits import limits_named
from gridplan.demand.forecast import forecast_demand, with_pending_of
from gridplan.frozen import IntArray
from gridplan.measures.currents import Currents
from gridplan.measures.effort import Effort
from gridplan.measures.least import PROOF_WORK
from gridplan.measures.minmax import KICKS, MinMax, solve_minmax
from gridplan.measures.peaks import CURRENT, peak_cases
from gridplan.measures.scoring import Scorer
from gridplan.measures.units import Grouping, movable_units
from gridplan.measures.walk import Walk
from gridplan.powerflow.ports import build_ports

ROOT = Path(__file__).resolve().parents[1]
STUDY = ROOT / "scenarios" / "spring-festival-2027.yaml"
PICTURE = ROOT / "docs" / "images" / "moves.png"
BEGIN, END = "<!-- written by benchmarks.moves -->", "<!-- end of what benchmarks.moves writes -->"
#: Samples whose gaps are measured, and numbers of moves.
SAMPLES, MOVES = ("hongjiawan", "wanfota"), (2, 4, 6, 8)
#: The race: moves allowed, random evenings, processor time of each competitor [s], its seeds.
RACE_MOVES, EVENINGS, RACE_S, SEEDS = 20, 200, 20.0, (0, 1)
#: Hard stop of a proof in the table of gaps [s of processor time].
PROOF_S = 60.0
#: Share of the homes on each phase of the village of the race.
_ON_PHASE = (0.45, 0.33, 0.22)
#: Spread of the homes' mean demand, and of the evenings (log-normal).
_HOMES, _EVENINGS = 0.5, 0.6
_STYLES = {"gridplan": "#0072B2", "annealing": "#D55E00", "genetic": "#009E73", "greedy": "#CC79A7"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One proof: its network, units and moves, and what was found in how much time [s]."""

    network: str
    units: str
    movable: int
    max_moves: int
    found: MinMax
    prepare_s: float
    solve_s: float


def currents_of(feeder: gp.Feeder, demand: gp.Demand, grouping: Grouping) -> Currents:
    """The linear model of all draws."""
    model, limits = build_ports(feeder), limits_named("cn-default")
    cases = peak_cases(model, feeder.customers, demand, limits)
    scorer = Scorer.of(model, limits, cases, "peak_current")
    units = movable_units(feeder, grouping)
    return Currents.of(scorer, units, feeder.customers, cases.of_kind(CURRENT))


def solved(currents: Currents, max_moves: int, limit_s: float) -> tuple[MinMax, float]:
    """Solve with the effort of a proposal; processor time [s]."""
    start = time.process_time()
    effort = Effort(left=PROOF_WORK, deadline=start + limit_s)
    found = solve_minmax(currents, max_moves, currents.units.today, effort=effort, seed=0)
    return found, time.process_time() - start


def gaps() -> list[Gap]:
    """Prove every sample with every number of moves."""
    study, rows = gp.read_study(STUDY), []
    for name in SAMPLES:
        feeder = with_pending_of(gp.read_feeder(ROOT / "networks" / name), study.forecast)
        demand = forecast_demand(feeder, study.forecast)
        groupings: tuple[Grouping, ...] = ("customer", "feeder")
        for grouping in groupings:
            start = time.process_time()
            currents = currents_of(feeder, demand, grouping)
            prepare_s = time.process_time() - start
            for max_moves in MOVES:
                found, solve_s = solved(currents, max_moves, PROOF_S)
                rows.append(
                    Gap(network=name, units=grouping, movable=currents.units.movable.size,
                        max_moves=max_moves, found=found, prepare_s=prepare_s, solve_s=solve_s)
                )  # fmt: skip
                print(gap_row(rows[-1]), file=sys.stderr)
    return rows


def race_village() -> Currents:
    """Three hundred homes, most on one phase, on random evenings."""
    feeder, rng = village(VILLAGE_300), np.random.default_rng(2027)
    n = len(feeder.customers)
    share = np.eye(3)[rng.choice(3, n, p=_ON_PHASE)]
    feeder = replace(feeder, customers=replace(feeder.customers, p_share=share, q_share=share))
    p_kw = rng.lognormal(0, _HOMES, n) * rng.lognormal(0, _EVENINGS, (EVENINGS, n)) * 0.5
    return currents_of(feeder, gp.Demand.from_arrays(p_kw, 0.3 * p_kw), "customer")


@dataclass(slots=True)
class _Traced(Walk):
    """The walk of ``solve_minmax``, with a trace."""

    race: heuristics.Race | None = None

    def descend(self, labelling: IntArray) -> tuple[IntArray, float]:
        end, value = Walk.descend(self, labelling)
        self.race.note(value)
        return end, value


def gridplan_trace(
    currents: Currents, max_moves: int, proof: MinMax, seconds: float
) -> heuristics.Race:
    """The values on the way of ``solve_minmax``, which ended with ``proof`` after ``seconds``."""
    race = heuristics.Race(currents, max_moves, seconds)
    effort = Effort(left=PROOF_WORK, deadline=time.process_time() + seconds)
    walk = _Traced(currents, max_moves, np.random.default_rng(0), effort)
    walk.race = race
    walk.run(currents.units.today, KICKS)
    if proof.value < race.best:
        race.trace.append((seconds, proof.value))
    return race


def race(currents: Currents, max_moves: int) -> tuple[MinMax, dict[str, list[heuristics.Race]]]:
    """All competitors at the same processor time; those with a seed run once for each."""
    proof, seconds = solved(currents, max_moves, RACE_S)
    runs = {"gridplan": [gridplan_trace(currents, max_moves, proof, seconds)]}
    seeded: dict[str, Callable[[heuristics.Race, int], None]] = {
        "annealing": heuristics.annealing,
        "genetic": heuristics.genetic,
        "greedy": lambda one, _: heuristics.greedy(one),
    }
    for name, run in seeded.items():
        for seed in SEEDS if name != "greedy" else (0,):
            one = heuristics.Race(currents, max_moves, max(seconds, 1.0))
            run(one, seed)
            runs.setdefault(name, []).append(one)
            print(name, seed, f"{one.best:.2f} A, {one.elapsed_s:.1f} s", file=sys.stderr)
    return proof, runs


def gap_row(one: Gap) -> list[str]:
    """One line of the table of gaps."""
    found = one.found
    return [
        one.network, f"{one.units} ({one.movable})", str(one.max_moves), f"{found.value:.2f}",
        f"{found.bound:.2f}", f"{found.gap_percent:.2f}", f"{one.prepare_s:.1f}",
        f"{one.solve_s:.1f}",
    ]  # fmt: skip


def tables(
    found: Sequence[Gap], proof: MinMax, runs: dict[str, list[heuristics.Race]], today_a: float
) -> str:
    """Both tables, as they stand on the page."""
    heads = ["network", "units (that can move)", "moves", "highest [A]", "bound [A]", "gap [%]"]
    heads += ["cases and model [s]", "search and proof [s]"]
    race_heads = ["search", "highest current [A]", "of today [%]", "above the bound [%]"]
    race_heads += ["processor time [s]"]
    rows = []
    for name, each in runs.items():
        best = sorted(one.best for one in each)
        value = f"{best[0]:.2f}" + (f" to {best[-1]:.2f}" if len(best) > 1 else "")
        spent = max(one.seconds if name != "greedy" else one.trace[-1][0] for one in each)
        rows.append(
            [name, value, f"{100 * best[0] / today_a:.1f}",
             f"{100 * (best[0] / proof.bound - 1):.2f}", f"{spent:.1f}"]
        )  # fmt: skip
    return "\n\n".join([table(heads, map(gap_row, found)), table(race_heads, rows)])


def draw(proof: MinMax, runs: dict[str, list[heuristics.Race]], path: Path = PICTURE) -> None:
    """Best value so far over processor time."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4), dpi=120, layout="constrained")
    end = max(one.seconds for each in runs.values() for one in each)
    for name, each in runs.items():
        for number, one in enumerate(each):
            seconds, value = zip(*one.trace, (end, one.best), strict=True)
            axes.step(
                np.maximum(seconds, 0.01), value, where="post", color=_STYLES[name],
                label=name if number == 0 else None,
            )  # fmt: skip
    axes.axhline(proof.bound, color="black", linestyle=":", label="no plan is below")
    axes.set_xscale("log")
    axes.set_xlabel("processor time [s]")
    axes.set_ylabel("highest phase current [A]")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path)
    plt.close(figure)


def main() -> int:
    """Measure, print, write."""
    with threadpool_limits(1):
        currents = race_village()
        proof, runs = race(currents, RACE_MOVES)
        text = tables(gaps(), proof, runs, currents.highest(currents.units.today))
    print(text)
    write_between(PAGE, BEGIN, END, text)
    draw(proof, runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
