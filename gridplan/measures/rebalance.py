"""Which units to move: the fewest moves that clear what moves can clear, with their proof."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.cases import Demand
from gridplan.errors import Fault, InputError
from gridplan.frozen import IntArray
from gridplan.measures.certificate import (
    Gaps,
    make_certificate,
    scenario_bound_a,
    worst_phase_bound_a,
)
from gridplan.measures.electrician import equal_homes
from gridplan.measures.fieldorder import field_moves
from gridplan.measures.ladder import (
    Candidate,
    Problem,
    choose,
    gap_percent,
    search_moves,
    worth_rescoring,
)
from gridplan.measures.peaks import merged, peak_cases
from gridplan.measures.proposal import Proposal
from gridplan.measures.scoring import Scorer
from gridplan.measures.units import Grouping, MovableUnits, Rotation, movable_units
from gridplan.network.feeder import Feeder
from gridplan.powerflow.ports import build_ports
from gridplan.powerflow.results import SweepResult

Objective = Literal["violations", "peak_current", "neutral_current", "losses"]

#: Moves when nothing else is asked for: what a crew does in a morning (assumption).
DEFAULT_MAX_MOVES = 8


#: How often the demand is looked at with moves made.
_LOOKS = 4
#: Share of the time limit after which the search ends: the rest is for a second look at the demand.
_SEARCH_SHARE = 0.6


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
        problem.deadline = time.monotonic() + _SEARCH_SHARE * time_limit_s
        problem.seed = seed
        return _propose(problem)


def _propose(problem: Problem) -> Proposal:
    """Search and choose; look at the demand again with the moves made, until the choice stands.

    Moves shift the peaks. A choice stands when it is in no respect worse than today on its own
    peaks either; else the next best is looked at, and when none is left, the search starts again
    with those peaks among its cases.
    """
    today = problem.candidate(problem.units.today)
    found = search_moves(problem, today)
    chosen = choose(problem, today, found)
    for _ in range(_LOOKS):
        scorer, moved = problem.scorer, len(problem.units.moved(chosen.labelling))
        if scorer.cases.is_snapshot or not moved:
            break
        customers = problem.units.apply(problem.customers, chosen.labelling)
        more = peak_cases(scorer.model, customers, problem.demand, scorer.limits)
        problem.look_at(merged(scorer.cases, more))
        today = problem.candidate(problem.units.today)
        chosen = replace(chosen, standing=problem.candidate(chosen.labelling).standing)
        if scorer.objective != "violations" or not chosen.standing.worse_than(today.standing):
            break
        found = worth_rescoring(problem, found)
        chosen = choose(problem, today, found)
        if chosen is today and time.monotonic() < problem.deadline:
            found = search_moves(problem, today)
            chosen = choose(problem, today, found)
    return _proposal(problem, today, chosen)


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
) -> Problem:
    """Put the search together.

    Scenarios whose bound exceeds the rated current cannot be cured by moves.
    """
    model = build_ports(feeder)
    cases = peak_cases(model, feeder.customers, demand, limits, sweep=sweep)
    bound_a = worst_phase_bound_a(model, feeder.customers, cases)
    limit_a = limits.phase_overload.value / 100 * feeder.area_transformer.rated_a
    return Problem(
        feeder=feeder,
        units=units,
        demand=demand,
        scorer=Scorer.of(model, limits, cases, objective),
        bound_a=bound_a,
        curable=scenario_bound_a(cases, bound_a) <= limit_a,
        max_moves=0,
        deadline=0.0,
        seed=0,
    )


def _proposal(problem: Problem, today: Candidate, chosen: Candidate) -> Proposal:
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
        linearisation_percent=gap_percent(chosen.linear_level, chosen.exact_level),
        scenario_percent=gap_percent(chosen.exact_level, _overall_level(scorer, chosen)),
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


def _highest_today(today: Candidate, most: int = 12) -> IntArray:
    """The cases with the highest phase currents today."""
    row = int(np.flatnonzero(today.standing.rule == "phase")[0])
    order = np.argsort(-today.standing.case_ratio[row], kind="stable")
    return np.sort(order[:most])


def _overall_level(scorer: Scorer, chosen: Candidate) -> float:
    """The level of the exact model's groups, but over all cases."""
    standing = chosen.standing
    if scorer.objective == "violations":
        return standing.metrics.objective
    row = standing.rule == ("phase" if scorer.objective == "peak_current" else "neutral")
    return float(standing.ratio[row].max())
