"""The least peak or neutral current, and the least losses, with at most so many moves."""

from __future__ import annotations

import numpy as np

from gridplan.frozen import IntArray
from gridplan.measures.currents import Currents
from gridplan.measures.effort import Effort
from gridplan.measures.minmax import solve_minmax
from gridplan.measures.peaks import CURRENT
from gridplan.measures.problem import Point, Problem, Solution
from gridplan.measures.search import least_losses, steps_from, take
from gridplan.measures.walk import Walk
from gridplan.powerflow.solver import Flows

#: Cases with the highest currents that the polish on exact flows works on.
_POLISHED = 64
#: Neighbours solved exactly at each step of it.
_EXACT = 30
_BETTER = 1e-6
#: Descents of the local search for each number of moves before the last.
_KICKS = 20
#: Work that the proof at the most moves may take, see ``Effort``.
PROOF_WORK = 150e6


def least_current(problem: Problem) -> Solution:
    """Lower the highest phase or neutral current, move by move, and prove the last step."""
    scorer, units, customers = problem.scorer, problem.units, problem.customers
    currents = Currents.of(scorer, units, customers, scorer.cases.of_kind(CURRENT))
    points = [_point(problem, 0, units.today)]
    linear, rng = units.today, np.random.default_rng(problem.seed)
    gap, level = float("nan"), float("nan")
    for count in range(1, problem.most + 1):
        linear, _ = Walk(currents, count, rng, problem.effort).run(linear, _KICKS)
        if count == problem.most:
            proof = Effort(
                left=min(PROOF_WORK, problem.effort.left), deadline=problem.effort.deadline
            )
            solved = solve_minmax(currents, count, linear, effort=proof, seed=problem.seed)
            problem.effort.struck |= proof.struck
            linear, gap, level = solved.labelling, solved.gap_percent, solved.value
        starts = {one.tobytes(): one for one in (linear, points[-1].labelling)}
        made = [
            _point(problem, count, _polished(problem, currents, one, count))
            for one in starts.values()
        ]
        best = min(made, key=lambda one: one.value)
        points.append(best if best.value < points[-1].value * (1 - _BETTER) else _same(points[-1]))
    last = len(points) - 1
    return Solution(
        points=tuple(points),
        chosen=last,
        mip_gap_percent=gap,
        linear_level=level,
        exact_level=points[-1].value,
        scenario_gap_percent=_scenario_gap_percent(problem, currents, points[-1]),
        note="the time limit ended the search" if problem.effort.struck else "",
    )


def least_loss(problem: Problem) -> Solution:
    """Lower the mean losses with ``max_moves``."""
    today = _point(problem, 0, problem.units.today)
    if not problem.most:
        return Solution(points=(today,), chosen=0)
    labelling = least_losses(
        problem.scorer,
        problem.units,
        problem.customers,
        max_moves=problem.max_moves,
        seed=problem.seed,
        effort=problem.effort,
    )
    best = _point(problem, problem.most, labelling)
    if best.value >= today.value * (1 - _BETTER):
        best = _same(today)
    note = "the time limit ended the search" if problem.effort.struck else ""
    return Solution(points=(today, best), chosen=1, note=note)


def _point(problem: Problem, count: int, labelling: IntArray) -> Point:
    standing = problem.score(labelling)
    return Point(
        max_moves=count, labelling=labelling, standing=standing, value=standing.metrics.objective
    )


def _same(before: Point) -> Point:
    """The same labelling with one more move allowed."""
    return Point(
        max_moves=before.max_moves + 1,
        labelling=before.labelling,
        standing=before.standing,
        value=before.value,
    )


def _polished(
    problem: Problem, currents: Currents, labelling: IntArray, max_moves: int
) -> IntArray:
    """Improve by exact flows of the worst cases; the linear model around the labelling ranks."""
    scorer, units, customers = problem.scorer, problem.units, problem.customers
    chosen = _deciding(problem, currents, labelling)

    def exact(one: IntArray) -> float:
        return _exact(problem, chosen, one)

    now = exact(labelling)
    while not problem.effort.over:
        here = Currents.of(scorer, units, customers, chosen, base=labelling)
        steps = steps_from(units, labelling, max_moves)
        ranked = steps[np.argsort(here.after(labelling, steps), kind="stable")[:_EXACT]]
        after = [take(units, labelling, step) for step in ranked]
        values = [exact(one) for one in after]
        best = int(np.argmin(values)) if values else -1
        if best < 0 or values[best] >= now * (1 - _BETTER):
            break
        labelling, now = after[best], values[best]
    return labelling


def _deciding(problem: Problem, currents: Currents, labelling: IntArray) -> IntArray:
    """The cases with the highest currents of the linear model, at a labelling and today."""
    every = problem.scorer.cases.of_kind(CURRENT)
    both = (labelling, problem.units.today)
    worst = [currents.worst_cases(one, _POLISHED // 2) for one in both]
    return np.asarray(every[np.unique(np.concatenate(worst))])


def _exact(problem: Problem, chosen: IntArray, labelling: IntArray) -> float:
    """Highest current of some cases by exact flows [A]."""
    problem.effort.spend(len(chosen) * len(problem.customers))
    flows = problem.scorer.flows(problem.units.apply(problem.customers, labelling), chosen)
    return _highest(flows, neutral=problem.scorer.objective == "neutral_current")


def _scenario_gap_percent(problem: Problem, currents: Currents, point: Point) -> float:
    """How much higher the current is on all cases than on those that decided [%], exact flows."""
    few = _exact(problem, _deciding(problem, currents, point.labelling), point.labelling)
    if not (np.isfinite(point.value) and point.value > 0):
        return float("nan")
    return 100 * max(0.0, point.value - few) / point.value


def _highest(flows: Flows, *, neutral: bool) -> float:
    """Highest current [A]; infinite where a case has no solution."""
    amps = flows.i_neutral_a if neutral else np.abs(flows.i_phase).max(axis=0)
    return float(np.where(flows.converged, amps, np.inf).max())
