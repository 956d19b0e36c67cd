"""Which units to move: the fewest moves that clear what moves can clear, with their proof."""

from __future__ import annotations

import math
import time
from typing import Literal, get_args

import numpy.typing as npt
from threadpoolctl import threadpool_limits

from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.cases import Demand
from gridplan.errors import Fault, InputError
from gridplan.frozen import IntArray
from gridplan.measures.certificate import Gaps, make_certificate
from gridplan.measures.descent import Search
from gridplan.measures.doubt import doubt_of
from gridplan.measures.effort import Effort
from gridplan.measures.electrician import equal_homes
from gridplan.measures.fieldorder import FieldOrder, field_moves, field_order
from gridplan.measures.least import least_current, least_loss
from gridplan.measures.peaks import peak_cases
from gridplan.measures.problem import Problem, Solution, pareto_of
from gridplan.measures.proposal import Proposal
from gridplan.measures.scoring import Scorer
from gridplan.measures.units import Grouping, MovableUnits, Rotation, movable_units
from gridplan.measures.violations import Check, least_violations
from gridplan.network.feeder import Feeder
from gridplan.powerflow.ports import build_ports
from gridplan.powerflow.results import SweepResult

Objective = Literal["violations", "peak_current", "neutral_current", "losses"]

#: Moves when nothing else is asked for: what a crew does in a morning (assumption).
DEFAULT_MAX_MOVES = 8


#: Work that a search may do, see ``Effort``: some seconds, less in a small village.
_EFFORT = {"violations": 16e6, "peak_current": 200e6, "neutral_current": 200e6, "losses": math.inf}


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
    check: Check | None = None,
) -> Proposal:
    """Propose phase moves.

    Parameters
    ----------
    feeder : as it stands today
    demand : what the customers draw; left out: the loads of the network file, one case
    limits : rule set, default "cn-default"
    objective : "violations" looks for the fewest moves after which phase currents, neutral current
        and voltages keep their limits in 95 % of each scenario's draws, or else for those that each
        take off at least 2 % of what is left over the limits; "peak_current" and "neutral_current"
        lower the highest value over all cases, "losses" their mean
    units : "feeder" (units of the network file), "customer", "node" or names (customer,)
    rotation : "keep" (cyclic permutations only) or "any" (all six, for benchmarks), see
        ``movable_units``
    max_moves : at most so many units move, default 8
    time_limit_s : hard stop [s of processor time, without ``check``]; the search ends earlier by
        counted work, the same on any machine, or else ``Proposal.note`` says so
    seed : of the search
    sweep : today's sweep over the same demand, if there is one: its unsolved steps are looked at
    check : by "violations" called with the moves about to be proposed; gives the findings that are
        likelier with them in a sweep over all cases. As long as there are any, the search goes on

    Returns
    -------
    Proposal
        Without moves when nothing is better than today. By "violations" no rule is broken in more
        draws than today; the other objectives look at nothing but themselves.

    Raises InputError with every argument that cannot be used.
    """
    _check(objective, max_moves, time_limit_s)
    with threadpool_limits(1):  # small products: threads cost more than they bring
        problem = _problem(
            feeder=feeder,
            demand=_demand(feeder, demand),
            limits=limits or limits_named("cn-default"),
            objective=objective,
            units=movable_units(feeder, units, rotation),
            sweep=sweep,
        )
        problem.max_moves = DEFAULT_MAX_MOVES if max_moves is None else max_moves
        problem.effort.deadline += time_limit_s
        problem.seed = seed
        return _solved(problem, check)


def _problem(
    *,
    feeder: Feeder,
    demand: Demand,
    limits: Limits,
    objective: Objective,
    units: MovableUnits,
    sweep: SweepResult | None,
) -> Problem:
    """Keep the cases to look at."""
    effort = Effort(left=_EFFORT[objective], deadline=time.process_time())
    model = build_ports(feeder)
    cases = peak_cases(model, feeder.customers, demand, limits, sweep=sweep)
    return Problem(
        feeder=feeder,
        units=units,
        demand=demand,
        scorer=Scorer.of(model, limits, cases, objective),
        max_moves=0,
        effort=effort,
        seed=0,
    )


def _solved(problem: Problem, check: Check | None) -> Proposal:
    """Search by the objective."""
    if problem.scorer.objective == "violations":
        return _proposal(problem, *least_violations(problem, check))
    solve = least_loss if problem.scorer.objective == "losses" else least_current
    return _proposal(problem, solve(problem), None)


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


def _proposal(problem: Problem, solution: Solution, search: Search | None) -> Proposal:
    """Everything the reader gets: moves in field order, before and after, certificate, baseline."""
    units, customers = problem.units, problem.customers
    today, point = solution.points[0], solution.point
    occupancy = problem.demand.occupancy.mean(axis=0)
    simple = equal_homes(customers, units, occupancy, problem.max_moves)

    def harm(labelling: IntArray) -> float:
        if search is not None:
            return search.candidate(labelling).rises
        return problem.score(labelling).metrics.objective - today.value * (1 + 1e-6)

    def unordered(_: IntArray) -> float:
        return 0.0

    order = field_order(problem.feeder, units, point.labelling, harm)
    simple_order = field_order(problem.feeder, units, simple, unordered)
    pareto = pareto_of(problem, solution.points)
    return Proposal(
        objective=problem.scorer.objective,
        phases=units.apply(customers, point.labelling).phase,
        moves=field_moves(problem.feeder, units, point.labelling, order.windows),
        before=today.standing.metrics,
        after=point.standing.metrics,
        certificate=make_certificate(problem.scorer, customers, point.standing, _gaps(solution)),
        baseline=problem.score(simple).metrics,
        baseline_moves=field_moves(problem.feeder, units, simple, simple_order.windows),
        pareto=pareto,
        poles=int(pareto.poles[solution.chosen]),
        crew_hours=float(pareto.crew_hours[solution.chosen]),
        between=_between(problem, search, order, point.labelling),
        doubt=doubt_of(problem, solution.points, solution.chosen) if search else None,
        note=solution.note,
    )


def _gaps(solution: Solution) -> Gaps:
    linear, exact = solution.linear_level, solution.exact_level
    return Gaps(
        mip_percent=solution.mip_gap_percent,
        linearisation_percent=100 * abs(exact - linear) / exact if exact else 0.0,
        scenario_percent=solution.scenario_gap_percent,
    )


def _between(
    problem: Problem, search: Search | None, order: FieldOrder, labelling: IntArray
) -> str:
    """Name the worst state between windows, where the order could not avoid one."""
    if not order.worst_after:
        return ""
    units = problem.units
    state = units.today.copy()
    done = [unit for window in order.windows[: order.worst_after] for unit in window]
    state[done] = labelling[done]
    named = ", ".join(str(units.name[unit]) for unit in done)
    if search is None:
        return f"after {named}: worse than today"
    worse = search.candidate(state).standing.worse_than(search.today)
    return f"after {named}: likelier than today: {', '.join(worse)}"
