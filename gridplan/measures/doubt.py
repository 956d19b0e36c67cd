"""Doubtful phase records: does the plan still help, and which meters to verify first.

A record of confidence p is right with probability p, else on one of the other choices alike. A unit
that moves ends on the phase that the work order names, whatever it was on, for the crew measures
there; a doubtful unit that stays is wherever it is. Samples of labels are valued in the linear
response around each plan's recorded state; the plan itself was decided by exact flows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.problem import Point, Problem
from gridplan.measures.proposal import Doubt, Verify
from gridplan.measures.response import Response
from gridplan.measures.scoring import Standing
from gridplan.measures.units import N_CYCLIC, MovableUnits, Rotation, movable_units
from gridplan.measures.yardstick import Yardstick, deciding_draws

#: Label draws valued at once: bounds the memory.
_AT_ONCE = 32
#: Label draws.
LABEL_DRAWS = 50
#: Share of the draws, by how bad they are, that the samples are valued on.
_SHARE = 0.08
#: A plan helps where it leaves less than this share of what is left without it.
_HELPS = 0.999


def doubt_of(
    problem: Problem, points: tuple[Point, ...], chosen: int, *, draws: int = LABEL_DRAWS
) -> Doubt | None:
    """Stress the plans of a curve on sampled labels; None where every record is sure."""
    customers, units = problem.customers, problem.units
    if not (customers.phase_confidence < 1).any():
        return None
    free = replace(customers, may_move=np.ones(len(customers), dtype=np.bool_))
    # the same units; where a unit may not move, its record may still be wrong
    rotation: Rotation = "any" if (units.choice_permutation >= N_CYCLIC).any() else "keep"
    feeder = replace(problem.feeder, customers=free)
    every = movable_units(feeder, units.name[units.unit_of], rotation)
    confidence = np.ones(len(every))
    np.minimum.at(confidence, every.unit_of, customers.phase_confidence)
    doubtful = np.flatnonzero((confidence < 1) & np.isin(np.arange(len(every)), every.movable))
    if not doubtful.size:
        return None
    truth = _labels(every, doubtful, confidence, draws, problem.seed)
    plans = list({one.labelling.tobytes(): one.labelling for one in points}.values())
    states = np.stack([_after(units, every, plan, truth) for plan in plans])
    recorded = np.stack([_after(units, every, plan, every.today[None])[0] for plan in plans])
    left = _left(problem, points[chosen].standing, every, recorded, states)
    mine = [one.tobytes() for one in plans].index(points[chosen].labelling.tobytes())
    return Doubt(
        label_draws=draws,
        probability_helps=float((left[mine] < _HELPS * left[0]).mean()),
        expected_before=float(left[0].mean()),
        expected_after=float(left[mine].mean()),
        verify=_verify(problem, every, doubtful, confidence, truth, left),
    )


def _labels(
    every: MovableUnits, doubtful: IntArray, confidence: FloatArray, draws: int, seed: int
) -> IntArray:
    """Sampled choices that the units are on in truth: int (draw, unit)."""
    rng = np.random.default_rng(seed)
    truth = np.tile(every.today, (draws, 1))
    for unit in doubtful.tolist():
        others = every.choices(unit)[1:]
        wrong = rng.random(draws) >= confidence[unit]
        truth[wrong, unit] = rng.choice(others, wrong.sum())
    return truth


def _after(units: MovableUnits, every: MovableUnits, plan: IntArray, truth: IntArray) -> IntArray:
    """The truth (draw, unit) with the plan's units on the phases that it names."""
    state = truth.copy()
    for unit in units.moved(plan).tolist():
        options = every.choices(unit)
        target = units.choice_permutation[plan[unit]]
        state[:, unit] = options[np.flatnonzero(every.choice_permutation[options] == target)[0]]
    return state


def _left(
    problem: Problem, after: Standing, every: MovableUnits, plans: IntArray, states: IntArray
) -> FloatArray:
    """What is left over the limits (plan, draw) in states (plan, draw, unit).

    ``plans`` (plan, unit) are the states with the records as they are.
    """
    scorer, cases = problem.scorer, problem.scorer.cases
    today = scorer.score(problem.customers)
    draws = deciding_draws([today, after], _SHARE)
    small = replace(scorer, cases=cases.where(draws[cases.scenario, cases.draw]))
    yardstick = Yardstick.of(today)
    left = np.empty(states.shape[:2])
    for plan, (recorded, of_plan) in enumerate(zip(plans, states, strict=True)):
        response = Response.of(small, every, problem.customers, recorded)
        for k in range(0, len(of_plan), _AT_ONCE):
            ratios = response.ratios_at(of_plan[k : k + _AT_ONCE])
            left[plan, k : k + _AT_ONCE] = yardstick.worth(ratios, tuple(response.rows))[0]
    return left


def _verify(
    problem: Problem,
    every: MovableUnits,
    doubtful: IntArray,
    confidence: FloatArray,
    truth: IntArray,
    left: FloatArray,
) -> tuple[Verify, ...]:
    """Value of knowing each doubtful unit's phase before choosing among the plans."""
    blind = left.mean(axis=1).min()
    found = []
    for unit in doubtful.tolist():
        known = 0.0
        for label in np.unique(truth[:, unit]):
            same = truth[:, unit] == label
            known += same.mean() * left[:, same].mean(axis=1).min()
        ids = problem.customers.id[every.members(unit)].tolist()
        found.append(
            Verify(
                unit=str(every.name[unit]),
                customer_ids=tuple(ids),
                confidence=float(confidence[unit]),
                value=max(0.0, float(blind - known)),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.value, one.confidence, one.unit)))
