"""Which units to move to which phase: the fewest moves that clear what moves can clear, with their proof."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.cases import Demand
from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.certificate import (
    certificate_sentence,
    loss_bound_kw,
    scenario_bound_a,
    worst_phase_bound_a,
)
from gridplan.measures.electrician import equal_homes
from gridplan.measures.fieldorder import field_moves
from gridplan.measures.milp import MilpResult, solve_milp
from gridplan.measures.peaks import PeakCases, merged, peak_cases
from gridplan.measures.proposal import Certificate, Proposal
from gridplan.measures.scoring import Scorer, Standing
from gridplan.measures.search import least_losses, polish
from gridplan.measures.units import Grouping, MovableUnits, Rotation, movable_units
from gridplan.measures.working import WorkingSet
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder
from gridplan.powerflow.ports import PortModel, build_ports
from gridplan.powerflow.results import SweepResult

Objective = Literal["violations", "peak_current", "neutral_current", "losses"]

#: Moves when nothing else is asked for: what a crew does in a morning (assumption).
DEFAULT_MAX_MOVES = 8
#: Rounds in which cases are added to the exact model.
_ROUNDS = 3
#: Longest search of one exact model [s].
_MILP_SECONDS = 1.5
#: More moves have to lower the worst ratio by this share per move to be worth it.
_KNEE = 0.02
#: Alternatives of equal worth that are scored when the best one breaks another rule.
_ALTERNATIVES = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidate:
    """A labelling (unit,) with its standing on all cases; ``milp`` and levels where the exact model made it."""

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


def propose_rebalancing(
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
    objective : "violations" looks for the fewest moves after which phase currents, neutral current and
        voltages keep their limits in 95 % of each scenario's draws; "peak_current" and
        "neutral_current" lower the highest value over all cases, "losses" their mean
    units : "feeder" (units of the network file), "customer", "node" or names (customer,)
    rotation : "keep" (cyclic permutations only) or "any" (all six, for benchmarks), see
        ``movable_units``
    max_moves : at most so many units move, default 8
    time_limit_s : the search ends about then [s]; results are the same on every run that is not cut short
    seed : of the search
    sweep : today's sweep over the same demand, if there is one: its unsolved steps are looked at first

    Returns
    -------
    Proposal
        Without moves when nothing is better than today. No rule that was looked at is broken in more
        draws than today.

    Raises
    ------
    InputError
        with every argument that cannot be used
    """
    started = time.monotonic()
    _check(objective, max_moves, time_limit_s)
    limits = limits or limits_named("cn-default")
    demand = _demand(feeder, demand)
    group = movable_units(feeder, units, rotation)
    model = build_ports(feeder)
    cases = peak_cases(model, feeder.customers, demand, limits, sweep=sweep)
    problem = _problem(feeder, group, model, limits, cases, objective)
    problem.max_moves = DEFAULT_MAX_MOVES if max_moves is None else max_moves
    problem.deadline = started + time_limit_s
    problem.seed = seed
    today = problem.candidate(group.today)
    found = _search(problem, today)
    chosen = _choose(problem, today, found)
    if not cases.is_snapshot and len(group.moved(chosen.labelling)):
        # moves shift the peaks: look again at the demand, with the moves made, and choose once more
        moved = group.apply(feeder.customers, chosen.labelling)
        more = peak_cases(model, moved, demand, limits)
        problem.scorer = Scorer(
            model=model, limits=limits, cases=merged(cases, more), objective=objective
        )
        today = problem.candidate(group.today)
        found = [_rescored(problem, one) for one in found]
        chosen = _choose(problem, today, found)
    return _proposal(problem, demand, today, chosen)


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
    feeder: Feeder,
    units: MovableUnits,
    model: PortModel,
    limits: Limits,
    cases: PeakCases,
    objective: Objective,
) -> _Problem:
    """Put the search together; scenarios whose bound exceeds the rated current cannot be cured by moves."""
    bound_a = worst_phase_bound_a(model, feeder.customers, cases)
    limit_a = limits.phase_overload.value / 100 * feeder.transformer.rated_a
    return _Problem(
        feeder=feeder,
        units=units,
        scorer=Scorer(model=model, limits=limits, cases=cases, objective=objective),
        bound_a=bound_a,
        curable=scenario_bound_a(cases, bound_a) <= limit_a,
        max_moves=0,
        deadline=0.0,
        seed=0,
    )


def _search(problem: _Problem, today: _Candidate) -> list[_Candidate]:
    """Candidates with more and more moves; for objectives other than violations with ``max_moves``."""
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
    by_scenario = scorer.objective == "violations"
    working = WorkingSet(
        scorer=scorer,
        units=units,
        customers=problem.customers,
        hinged=problem.curable if by_scenario else np.zeros(1, dtype=bool),
    )
    working.begin(problem.bound_a)
    working.extend(today.standing, units.today)
    most = min(problem.max_moves, units.movable.size)
    if not by_scenario:
        return _with_moves(problem, working, most, units.today)
    if _is_clear(problem, today):
        return []
    found: list[_Candidate] = []
    hint = units.today
    for count in range(1, most + 1):
        made = _with_moves(problem, working, count, hint)
        found += made
        hint = made[0].labelling
        fine = [one for one in made if not one.standing.worse_than(today.standing)]
        if any(_is_clear(problem, one) for one in fine) or time.monotonic() > problem.deadline:
            break
    return found


def _with_moves(
    problem: _Problem, working: WorkingSet, count: int, hint: IntArray
) -> list[_Candidate]:
    """Best labellings with at most so many moves: exact model and polish, cases added until they suffice."""
    made: list[_Candidate] = []
    for _ in range(_ROUNDS):
        _, rows = working.rows()
        milp = solve_milp(
            rows,
            problem.units,
            working.hinged,
            max_moves=count,
            hint=hint,
            seconds=min(_MILP_SECONDS, problem.deadline - time.monotonic()),
            seed=problem.seed,
        )
        best, *others = polish(
            working, rows, milp.labelling, max_moves=count, deadline=problem.deadline
        )
        candidate = problem.candidate(best)
        linear = rows.levels(problem.units, best, np.array([[best[0], best[0]]]))
        candidate = _Candidate(
            labelling=best,
            standing=candidate.standing,
            milp=milp,
            linear_level=float(linear.max()),
            exact_level=float(working.exact_levels(best).max()),
        )
        made = [candidate, *(problem.candidate(one) for one in others[:_ALTERNATIVES])]
        hint = best
        if time.monotonic() > problem.deadline or not working.extend(candidate.standing, best):
            break
    return made


def _rescored(problem: _Problem, one: _Candidate) -> _Candidate:
    again = problem.candidate(one.labelling)
    return _Candidate(
        labelling=one.labelling,
        standing=again.standing,
        milp=one.milp,
        linear_level=one.linear_level,
        exact_level=one.exact_level,
    )


def _curable(problem: _Problem) -> IntArray:
    """Scenarios that moves can cure; all of them where there is none, so that moves still help."""
    return np.flatnonzero(problem.curable if problem.curable.any() else ~problem.curable)


def _is_clear(problem: _Problem, one: _Candidate) -> bool:
    """Whether every target is met in every scenario that moves can cure."""
    return bool(problem.curable.any()) and one.standing.violation(_curable(problem)) <= 1


def _choose(problem: _Problem, today: _Candidate, found: list[_Candidate]) -> _Candidate:
    """Choose among candidates that are in no respect worse than today."""
    fine = [one for one in found if not one.standing.worse_than(today.standing)]
    if problem.scorer.objective != "violations":
        value = today.standing.metrics.objective
        fine = [one for one in fine if one.standing.metrics.objective < value * (1 - 1e-6)]
        return min([today, *fine], key=lambda one: one.standing.metrics.objective)
    if _is_clear(problem, today):
        return today
    ladder = [today, *fine]
    moves = [len(problem.units.moved(one.labelling)) for one in ladder]
    level = [one.standing.violation(_curable(problem)) for one in ladder]
    cleared = [_cleared(one) for one in ladder]
    order = sorted(range(len(ladder)), key=lambda k: (moves[k], -cleared[k], level[k]))
    best = order[0]
    for k in order[1:]:
        more = moves[k] - moves[best]
        if cleared[k] > cleared[best] or level[k] < level[best] * (1 - _KNEE * max(more, 0.05)):
            best = k
    return ladder[best]


def _cleared(one: _Candidate) -> int:
    """How many targets are met, counted over the scenarios."""
    standing = one.standing
    return int((standing.covered[standing.is_target] <= 1).sum())


def _proposal(problem: _Problem, demand: Demand, today: _Candidate, chosen: _Candidate) -> Proposal:
    """Everything the reader gets: moves in field order, before and after, certificate, baseline."""
    units, scorer, customers = problem.units, problem.scorer, problem.customers
    working_cases = np.array(_decisive_cases(today, scorer))

    def worst_phase(labelling: IntArray) -> float:
        moved = units.apply(customers, labelling)
        return float(scorer.target_ratios(moved, working_cases)[0].max())

    simple = equal_homes(customers, units, demand.occupancy.mean(axis=0), problem.max_moves)
    baseline = problem.candidate(simple)
    return Proposal(
        objective=scorer.objective,
        phases=units.apply(customers, chosen.labelling).phase,
        moves=field_moves(problem.feeder, units, chosen.labelling, worst_phase),
        before=today.standing.metrics,
        after=chosen.standing.metrics,
        certificate=_certificate(problem, chosen),
        baseline=baseline.standing.metrics,
        baseline_moves=field_moves(problem.feeder, units, simple, lambda _: 0.0),
    )


def _decisive_cases(today: _Candidate, scorer: Scorer, most: int = 12) -> list[int]:
    """The cases with the highest phase currents today."""
    row = int(np.flatnonzero(today.standing.rule == "phase")[0])
    order = np.argsort(-today.standing.case_ratio[row], kind="stable")
    return sorted(int(case) for case in order[:most])


def _certificate(problem: _Problem, chosen: _Candidate) -> Certificate:
    """The bound and the gaps."""
    scorer, feeder = problem.scorer, problem.feeder
    cases, model = scorer.cases, scorer.model
    case_bound_a = worst_phase_bound_a(model, feeder.customers, cases)
    bound_a = scenario_bound_a(cases, case_bound_a)
    limit_a = scorer.limits.phase_overload.value / 100 * feeder.transformer.rated_a
    voltage_v = feeder.transformer.vn_lv_kv * 1e3 / np.sqrt(3)
    missing_kva = 3 * voltage_v * np.maximum(bound_a - limit_a, 0) / 1e3
    bound = {
        "violations": float(bound_a.max() / limit_a),
        "peak_current": float(case_bound_a.max()),
        "neutral_current": 0.0,
        "losses": loss_bound_kw(model, feeder.customers, cases),
    }[scorer.objective]
    level, exact = chosen.linear_level, chosen.exact_level
    return Certificate(
        bound=bound,
        mip_gap_percent=chosen.milp.gap_percent if chosen.milp else 0.0,
        linearisation_gap_percent=_gap_percent(level, exact),
        scenario_gap_percent=_gap_percent(exact, _overall_level(scorer, chosen)),
        cannot_help=bool((missing_kva > 0).any()),
        shortfall_kva=float(missing_kva.max()),
        floor_unbalance_percent=chosen.standing.unbalance_percent,
        sentence=certificate_sentence(cases.scenarios, bound_a, limit_a, missing_kva),
        cannot_help_scenarios=tuple(
            name for name, missing in zip(cases.scenarios, missing_kva, strict=True) if missing > 0
        ),
    )


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
