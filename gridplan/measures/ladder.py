"""The search: candidates with more and more moves, and the choice among them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from gridplan.demand.cases import Demand
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.certificate import worst_phase_bound_a
from gridplan.measures.electrician import equal_homes
from gridplan.measures.milp import MilpResult, solve_milp
from gridplan.measures.peaks import PeakCases
from gridplan.measures.refine import refine
from gridplan.measures.scoring import Scorer, Standing
from gridplan.measures.search import improve, least_losses, polish
from gridplan.measures.units import MovableUnits
from gridplan.measures.working import WorkingSet
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder

#: Rounds in which cases are added to the exact model.
_ROUNDS = 3
#: Each further move has to take off this share of today's excess to be worth it.
_KNEE = 0.02
#: The search ends when so many further moves were not worth it.
_PATIENCE = 2
#: The exact model is made again when it differs from the exact flows by more than this [%].
_GAP_PERCENT = 0.5
#: Alternatives of equal worth that are scored when the best one breaks another rule.
_ALTERNATIVES = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A labelling (unit,) with its standing on all cases.

    ``milp`` and the levels are there where the exact model made it.
    """

    labelling: IntArray
    standing: Standing
    milp: MilpResult | None = None
    linear_level: float = float("nan")
    exact_level: float = float("nan")


@dataclass(slots=True, kw_only=True)
class Problem:
    """Everything a search needs."""

    feeder: Feeder
    units: MovableUnits
    demand: Demand
    scorer: Scorer
    bound_a: FloatArray
    curable: BoolArray
    max_moves: int
    deadline: float
    seed: int

    @property
    def customers(self) -> Customers:
        """The customers on today's phases."""
        return self.feeder.customers

    def look_at(self, cases: PeakCases) -> None:
        """Judge by other cases from now on."""
        self.scorer = replace(self.scorer, cases=cases)
        self.bound_a = worst_phase_bound_a(self.scorer.model, self.customers, cases)

    def candidate(self, labelling: IntArray) -> Candidate:
        """Score a labelling on all cases."""
        standing = self.scorer.score(self.units.apply(self.customers, labelling))
        return Candidate(labelling=labelling, standing=standing)


def search_moves(problem: Problem, today: Candidate) -> list[Candidate]:
    """Candidates with more and more moves; with ``max_moves`` for objectives but violations."""
    scorer, units = problem.scorer, problem.units
    if not problem.max_moves or not units.movable.size:
        return []
    if scorer.objective == "losses":
        labelling = least_losses(
            scorer,
            units,
            problem.customers,
            max_moves=problem.max_moves,
            seed=problem.seed,
            deadline=problem.deadline,
        )
        return [problem.candidate(labelling)]
    working = WorkingSet(
        scorer=scorer,
        units=units,
        customers=problem.customers,
        curable=problem.curable,
        today=today.standing,
    )
    working.begin(problem.bound_a)
    working.extend(today.standing, units.today)
    most = min(problem.max_moves, units.movable.size)
    if not working.by_scenario:
        return _with_moves(problem, working, most, units.today)
    if _is_clear(problem, today):
        return []
    found: list[Candidate] = []
    hint = units.today
    for count in range(1, most + 1):
        made = _with_moves(problem, working, count, hint)
        found += made
        hint = made[0].labelling
        best = choose(problem, today, found)
        if _is_clear(problem, best) or count - len(units.moved(best.labelling)) >= _PATIENCE:
            break
        if time.monotonic() > problem.deadline:
            break
    return found if _is_clear(problem, best) else [*found, _refined(problem, today, found)]


def _refined(problem: Problem, today: Candidate, found: list[Candidate]) -> Candidate:
    """The candidate that exact flows lead to, from the best one and the electrician's."""
    scenarios = _curable(problem)
    occupancy = problem.demand.occupancy.mean(axis=0)
    simple = equal_homes(problem.customers, problem.units, occupancy, problem.max_moves)
    best = min(found, key=lambda one: one.standing.excess(scenarios))
    labelling = refine(
        problem.scorer,
        problem.units,
        problem.customers,
        [(one.labelling, one.standing) for one in (best, problem.candidate(simple))],
        scenarios=scenarios,
        move_price=_KNEE * today.standing.excess(scenarios),
        max_moves=problem.max_moves,
        seed=problem.seed,
        deadline=problem.deadline,
    )
    return problem.candidate(labelling)


def _with_moves(
    problem: Problem, working: WorkingSet, count: int, hint: IntArray
) -> list[Candidate]:
    """Best labellings with at most so many moves: exact model and polish, cases added."""
    made: list[Candidate] = []
    base: IntArray | None = None
    for _ in range(_ROUNDS):
        rows = working.rows(base)
        hint = improve(rows, problem.units, working.hinged, hint, count)
        milp = solve_milp(
            rows,
            problem.units,
            working.hinged,
            max_moves=count,
            hint=hint,
            seconds=problem.deadline - time.monotonic(),
            seed=problem.seed,
        )
        best, *others = polish(
            working, rows, milp.labelling, max_moves=count, deadline=problem.deadline
        )
        candidate = replace(
            problem.candidate(best),
            milp=milp,
            linear_level=float(rows.levels_of(problem.units, best, len(working.hinged)).max()),
            exact_level=float(working.exact(best)[0].max()),
        )
        alternatives = [problem.candidate(one) for one in others[:_ALTERNATIVES]]
        made = [candidate, *alternatives, *made]
        hint = best
        grown = working.extend(candidate.standing, best)
        gap = gap_percent(candidate.linear_level, candidate.exact_level)
        # with many cases the polish on exact flows makes up for the linear model in less time
        again = base is None and gap > _GAP_PERCENT and not working.by_scenario
        if time.monotonic() > problem.deadline or not (grown or again):
            break
        base = best if again else base
    return made


def _curable(problem: Problem) -> IntArray:
    """Scenarios that moves can cure; all of them where there is none, so that moves still help."""
    return np.flatnonzero(problem.curable if problem.curable.any() else ~problem.curable)


def _is_clear(problem: Problem, one: Candidate) -> bool:
    """Whether every target is met in every scenario that moves can cure."""
    return bool(problem.curable.any()) and one.standing.excess(_curable(problem)) <= 0


def choose(problem: Problem, today: Candidate, found: list[Candidate]) -> Candidate:
    """Choose among the candidates.

    By violations only among those that are in no respect worse than today; by another objective the
    best one, with the fewest moves among equals.
    """
    if problem.scorer.objective != "violations":
        least = min(one.standing.metrics.objective for one in [today, *found])
        equal = [
            one for one in [today, *found] if one.standing.metrics.objective <= least * (1 + 1e-6)
        ]
        return min(equal, key=lambda one: len(problem.units.moved(one.labelling)))
    fine = [one for one in found if not one.standing.worse_than(today.standing)]
    if _is_clear(problem, today):
        return today
    ladder = [today, *fine]
    moves = [len(problem.units.moved(one.labelling)) for one in ladder]
    excess = [one.standing.excess(_curable(problem)) for one in ladder]
    best = 0
    for k in sorted(range(len(ladder)), key=lambda k: (moves[k], excess[k])):
        price = _KNEE * excess[0] * (moves[k] - moves[best])
        if excess[k] < excess[best] - price or (excess[k] <= 0 < excess[best]):
            best = k
    return ladder[best]


def worth_rescoring(problem: Problem, found: list[Candidate]) -> list[Candidate]:
    """The best candidates for each number of moves, without doubles, scored on the cases of now."""
    unique = {one.labelling.tobytes(): one for one in reversed(found)}.values()
    by_count: dict[int, list[Candidate]] = {}
    for one in unique:
        by_count.setdefault(len(problem.units.moved(one.labelling)), []).append(one)
    everywhere = _curable(problem)
    return [
        replace(one, standing=problem.candidate(one.labelling).standing)
        for same in by_count.values()
        for one in sorted(same, key=lambda one: one.standing.excess(everywhere))[:2]
    ]


def gap_percent(inner: float, outer: float) -> float:
    """Distance between two levels over the outer one [%]; 0 where the exact model was not used."""
    if not np.isfinite(inner) or not np.isfinite(outer) or outer == 0:
        return 0.0
    return 100 * abs(outer - inner) / abs(outer)
