"""Which units to move: the fewest moves that clear what moves can clear, with their proof."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.cases import Demand
from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.certificate import (
    Gaps,
    make_certificate,
    scenario_bound_a,
    worst_phase_bound_a,
)
from gridplan.measures.electrician import equal_homes
from gridplan.measures.fieldorder import field_moves
from gridplan.measures.milp import MilpResult, solve_milp
from gridplan.measures.peaks import merged, peak_cases
from gridplan.measures.proposal import Proposal
from gridplan.measures.scoring import Scorer, Standing
from gridplan.measures.search import improve, least_losses, polish
from gridplan.measures.units import Grouping, MovableUnits, Rotation, movable_units
from gridplan.measures.working import WorkingSet
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder
from gridplan.powerflow.ports import build_ports
from gridplan.powerflow.results import SweepResult

Objective = Literal["violations", "peak_current", "neutral_current", "losses"]

#: Moves when nothing else is asked for: what a crew does in a morning (assumption).
DEFAULT_MAX_MOVES = 8
#: Rounds in which cases are added to the exact model.
_ROUNDS = 4
#: Each further move has to take off this share of today's excess to be worth it.
_KNEE = 0.02
#: The search ends when so many further moves were not worth it.
_PATIENCE = 2
#: The exact model is made again when it differs from the exact flows by more than this [%].
_GAP_PERCENT = 0.5
#: Alternatives of equal worth that are scored when the best one breaks another rule.
_ALTERNATIVES = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidate:
    """A labelling (unit,) with its standing on all cases.

    ``milp`` and the levels are there where the exact model made it.
    """

    labelling: IntArray
    standing: Standing
    milp: MilpResult | None = None
    linear_level: float = float("nan")
    exact_level: float = float("nan")


@dataclass(slots=True, kw_only=True)
class _Problem:
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
        return self.feeder.customers

    def candidate(self, labelling: IntArray) -> _Candidate:
        """Score a labelling on all cases."""
        standing = self.scorer.score(self.units.apply(self.customers, labelling))
        return _Candidate(labelling=labelling, standing=standing)


def propose_rebalancing(  # noqa: PLR0913 -- the public call, all but the first by name or default
    feeder: Feeder,
    demand: Demand | None = None,
    limits: Limits | None = None,
    *,
    objective: Objective = "violations",
    units: Grouping | npt.ArrayLike = "feeder",
    rotation: Rotation = "keep",
    max_moves: int | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
    sweep: SweepResult | None = None,
) -> Proposal:
    """Propose phase moves.

    Parameters
    ----------
    feeder : as it stands today
    demand : what the customers draw; left out: the loads of the network file, one case
    limits : rule set, default "cn-default"
    objective : "violations" looks for the fewest moves after which phase currents, neutral current
        and voltages keep their limits in 95 % of each scenario's draws, or else for those that each
        take off at least 2 % of today's excess; "peak_current" and "neutral_current" lower the
        highest value over all cases, "losses" their mean
    units : "feeder" (units of the network file), "customer", "node" or names (customer,)
    rotation : "keep" (cyclic permutations only) or "any" (all six, for benchmarks), see
        ``movable_units``
    max_moves : at most so many units move, default 8
    time_limit_s : the search ends about then [s]; a search that is not cut short always gives the
        same result
    seed : of the search
    sweep : today's sweep over the same demand, if there is one: its unsolved steps are looked at

    Returns
    -------
    Proposal
        Without moves when nothing is better than today. By "violations" no rule is broken in more
        draws than today, on the cases that were looked at; the other objectives look at nothing
        but themselves.

    Raises
    ------
    InputError
        with every argument that cannot be used
    """
    _check(objective, max_moves, time_limit_s)
    with threadpool_limits(1):  # small products: threads cost more than they bring
        problem = _problem(
            feeder=feeder,
            units=movable_units(feeder, units, rotation),
            demand=_demand(feeder, demand),
            limits=limits or limits_named("cn-default"),
            objective=objective,
            sweep=sweep,
        )
        problem.max_moves = DEFAULT_MAX_MOVES if max_moves is None else max_moves
        problem.deadline = time.monotonic() + time_limit_s
        problem.seed = seed
        return _propose(problem)


def _propose(problem: _Problem) -> Proposal:
    """Search, choose, look at the demand once more with the moves made, and choose again."""
    today = problem.candidate(problem.units.today)
    found = _search(problem, today)
    chosen = _choose(problem, today, found)
    scorer = problem.scorer
    if not scorer.cases.is_snapshot and len(problem.units.moved(chosen.labelling)):
        # moves shift the peaks
        moved = problem.units.apply(problem.customers, chosen.labelling)
        more = peak_cases(scorer.model, moved, problem.demand, scorer.limits)
        problem.scorer = replace(scorer, cases=merged(scorer.cases, more))
        today = problem.candidate(problem.units.today)
        found = [
            replace(one, standing=problem.candidate(one.labelling).standing)
            for one in _worth_rescoring(problem, found)
        ]
        chosen = _choose(problem, today, found)
    return _proposal(problem, today, chosen)


def _worth_rescoring(problem: _Problem, found: list[_Candidate]) -> list[_Candidate]:
    """The best candidates for each number of moves, without doubles."""
    unique = {one.labelling.tobytes(): one for one in reversed(found)}.values()
    by_count: dict[int, list[_Candidate]] = {}
    for one in unique:
        by_count.setdefault(len(problem.units.moved(one.labelling)), []).append(one)
    everywhere = _curable(problem)
    return [
        one
        for same in by_count.values()
        for one in sorted(same, key=lambda one: one.standing.excess(everywhere))[:2]
    ]


def _check(objective: str, max_moves: int | None, time_limit_s: float) -> None:
    faults = []
    if objective not in get_args(Objective):
        remedy = f"use one of {', '.join(get_args(Objective))}"
        what = f"{objective!r} is not an objective"
        faults.append(Fault(code="objective", where="objective", what=what, remedy=remedy))
    if max_moves is not None and max_moves < 0:
        remedy = "give 0 or more"
        faults.append(
            Fault(code="max-moves", where="max_moves", what=f"is {max_moves}", remedy=remedy)
        )
    if not time_limit_s > 0:
        remedy = "give seconds above 0"
        faults.append(
            Fault(code="time-limit", where="time_limit_s", what=f"is {time_limit_s}", remedy=remedy)
        )
    if faults:
        raise InputError("propose_rebalancing", faults)


def _demand(feeder: Feeder, demand: Demand | None) -> Demand:
    """The demand asked for, or the loads of the network file as one case."""
    if demand is not None:
        return demand
    customers = feeder.customers
    return Demand.from_arrays(customers.p_kw, customers.q_kvar, customer_ids=customers.id)


def _problem(
    *,
    feeder: Feeder,
    units: MovableUnits,
    demand: Demand,
    limits: Limits,
    objective: Objective,
    sweep: SweepResult | None,
) -> _Problem:
    """Put the search together.

    Scenarios whose bound exceeds the rated current cannot be cured by moves.
    """
    model = build_ports(feeder)
    cases = peak_cases(model, feeder.customers, demand, limits, sweep=sweep)
    bound_a = worst_phase_bound_a(model, feeder.customers, cases)
    limit_a = limits.phase_overload.value / 100 * feeder.transformer.rated_a
    return _Problem(
        feeder=feeder,
        units=units,
        demand=demand,
        scorer=Scorer(model=model, limits=limits, cases=cases, objective=objective),
        bound_a=bound_a,
        curable=scenario_bound_a(cases, bound_a) <= limit_a,
        max_moves=0,
        deadline=0.0,
        seed=0,
    )


def _search(problem: _Problem, today: _Candidate) -> list[_Candidate]:
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
    found: list[_Candidate] = []
    hint = units.today
    for count in range(1, most + 1):
        made = _with_moves(problem, working, count, hint)
        found += made
        hint = made[0].labelling
        best = _choose(problem, today, found)
        if _is_clear(problem, best) or count - len(units.moved(best.labelling)) >= _PATIENCE:
            break
        if time.monotonic() > problem.deadline:
            break
    return found


def _with_moves(
    problem: _Problem, working: WorkingSet, count: int, hint: IntArray
) -> list[_Candidate]:
    """Best labellings with at most so many moves: exact model and polish, cases added."""
    made: list[_Candidate] = []
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
        gap = _gap_percent(candidate.linear_level, candidate.exact_level)
        # with many cases the polish on exact flows makes up for the linear model in less time
        again = base is None and gap > _GAP_PERCENT and not working.by_scenario
        if time.monotonic() > problem.deadline or not (grown or again):
            break
        base = best if again else base
    return made


def _curable(problem: _Problem) -> IntArray:
    """Scenarios that moves can cure; all of them where there is none, so that moves still help."""
    return np.flatnonzero(problem.curable if problem.curable.any() else ~problem.curable)


def _is_clear(problem: _Problem, one: _Candidate) -> bool:
    """Whether every target is met in every scenario that moves can cure."""
    return bool(problem.curable.any()) and one.standing.excess(_curable(problem)) <= 0


def _choose(problem: _Problem, today: _Candidate, found: list[_Candidate]) -> _Candidate:
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


def _proposal(problem: _Problem, today: _Candidate, chosen: _Candidate) -> Proposal:
    """Everything the reader gets: moves in field order, before and after, certificate, baseline."""
    units, scorer, customers = problem.units, problem.scorer, problem.customers
    at_peak = _highest_today(today)

    def worst_phase(labelling: IntArray) -> float:
        moved = units.apply(customers, labelling)
        return float(scorer.case_ratios(moved, at_peak)["phase", ""].max())

    occupancy = problem.demand.occupancy.mean(axis=0)
    simple = equal_homes(customers, units, occupancy, problem.max_moves)
    gaps = Gaps(
        mip_percent=chosen.milp.gap_percent if chosen.milp else 0.0,
        linearisation_percent=_gap_percent(chosen.linear_level, chosen.exact_level),
        scenario_percent=_gap_percent(chosen.exact_level, _overall_level(scorer, chosen)),
    )
    return Proposal(
        objective=scorer.objective,
        phases=units.apply(customers, chosen.labelling).phase,
        moves=field_moves(problem.feeder, units, chosen.labelling, worst_phase),
        before=today.standing.metrics,
        after=chosen.standing.metrics,
        certificate=make_certificate(scorer, customers, chosen.standing, gaps),
        baseline=problem.candidate(simple).standing.metrics,
        baseline_moves=field_moves(problem.feeder, units, simple, lambda _: 0.0),
    )


def _highest_today(today: _Candidate, most: int = 12) -> IntArray:
    """The cases with the highest phase currents today."""
    row = int(np.flatnonzero(today.standing.rule == "phase")[0])
    order = np.argsort(-today.standing.case_ratio[row], kind="stable")
    return np.sort(order[:most])


def _overall_level(scorer: Scorer, chosen: _Candidate) -> float:
    """The level of the exact model's groups, but over all cases."""
    standing = chosen.standing
    if scorer.objective == "violations":
        return standing.metrics.objective
    row = standing.rule == ("phase" if scorer.objective == "peak_current" else "neutral")
    return float(standing.ratio[row].max())


def _gap_percent(inner: float, outer: float) -> float:
    """Distance between two levels over the outer one [%]; 0 where the exact model was not used."""
    if not np.isfinite(inner) or not np.isfinite(outer) or outer == 0:
        return 0.0
    return 100 * abs(outer - inner) / abs(outer)
