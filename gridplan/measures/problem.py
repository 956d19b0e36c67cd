"""What every search for moves is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridplan.demand.cases import Demand
from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.effort import Effort
from gridplan.measures.pareto import Pareto, crew_hours, knee_of
from gridplan.measures.peaks import PeakCases
from gridplan.measures.scoring import UNITS, Scorer, Standing
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder


@dataclass(slots=True, kw_only=True)
class Problem:
    """Everything a search needs."""

    feeder: Feeder
    units: MovableUnits
    demand: Demand
    scorer: Scorer
    max_moves: int
    effort: Effort
    seed: int

    @property
    def customers(self) -> Customers:
        """The customers on today's phases."""
        return self.feeder.customers

    @property
    def most(self) -> int:
        """Units that can move, at most ``max_moves``."""
        return min(self.max_moves, self.units.movable.size)

    def look_at(self, cases: PeakCases) -> None:
        """Judge by other cases from now on."""
        self.scorer = replace(self.scorer, cases=cases)

    def score(self, labelling: IntArray) -> Standing:
        """Score a labelling (unit,) on all cases."""
        self.effort.spend(self.scorer.work)
        return self.scorer.score(self.units.apply(self.customers, labelling))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """The best labelling (unit,) found with at most so many moves, and its value."""

    max_moves: int
    labelling: IntArray
    standing: Standing
    value: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """What a search found.

    Attributes
    ----------
    points : today first, values never rising
    chosen : index of the point that is proposed
    mip_gap_percent, linear_level, exact_level : of the exact model, where there is one; NaN else
    scenario_gap_percent : what the objective on the cases that the search worked on differs from
        that on all cases by [%]; NaN where the two cannot be compared
    note : what the search has to say, e.g. that the time limit ended it
    """

    points: tuple[Point, ...]
    chosen: int
    mip_gap_percent: float = float("nan")
    linear_level: float = float("nan")
    exact_level: float = float("nan")
    scenario_gap_percent: float = float("nan")
    note: str = ""

    @property
    def point(self) -> Point:
        """The point that is proposed."""
        return self.points[self.chosen]


def places(problem: Problem, labelling: IntArray) -> tuple[int, int]:
    """Poles and outgoing circuits that the moves of a labelling touch."""
    moved = problem.units.moved(labelling)
    nodes = problem.customers.node[np.isin(problem.units.unit_of, moved)]
    return len(np.unique(nodes)), len(np.unique(problem.units.circuit[moved]))


def pareto_of(problem: Problem, points: tuple[Point, ...]) -> Pareto:
    """The curve of the points."""
    counts = np.array([len(problem.units.moved(one.labelling)) for one in points])
    touched = np.array([places(problem, one.labelling) for one in points])
    value = np.array([one.value for one in points])
    hours = [crew_hours(c, p, m) for (p, c), m in zip(touched.tolist(), counts, strict=True)]
    objective = problem.scorer.objective

    def each(values: list[float]) -> FloatArray:
        return np.array(values, dtype=np.float64)

    return Pareto(
        value_unit=UNITS[objective],
        max_moves=np.array([one.max_moves for one in points]),
        value=value,
        worst_violation=each([one.standing.worst_violation for one in points]),
        expected_excess=each([one.standing.expected_excess for one in points]),
        peak_current_a=each([one.standing.metrics.peak_current_a for one in points]),
        peak_neutral_a=each([one.standing.metrics.peak_neutral_a for one in points]),
        moves=counts,
        poles=touched[:, 0],
        windows=touched[:, 1],
        crew_hours=each(hours),
        knee=knee_of(value, counts),
    )
