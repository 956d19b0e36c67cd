"""Moves against what they buy: the best value for each number of moves, and the knee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.frozen import FloatArray, IntArray, own_fields

#: Each further move has to take off this share of today's value to be worth it (assumption).
WORTH_SHARE = 0.02
#: What a crew of five takes (assumptions, made to fit a report of 2015: a village of 30 kVA was
#: balanced, and 200 m of conductor replaced, in 3.5 h): to switch a circuit off, prove it dead,
#: earth it and back; for the way to a pole and up; for a unit's terminals and measurements.
WINDOW_H, POLE_H, UNIT_H = 0.5, 0.2, 0.15


def crew_hours(windows: int, poles: int, units: int) -> float:
    """Hours of a crew of five for outage windows, poles visited and units moved [h]."""
    return WINDOW_H * windows + POLE_H * poles + UNIT_H * units


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pareto:
    """The best plan found with at most K moves, for K = 0, 1, ...

    Attributes
    ----------
    value_unit : of ``value``: "of the limit", "A" or "kW"
    max_moves : int (point,) -- moves allowed
    value : float (point,) -- what the search lowers, never rising: for the objective "violations"
        what the targets that 95 % of the draws keep miss their limits by, summed over rules and
        scenarios; else the objective
    worst_violation : float (point,) -- worst ratio to a limit that 95 % of the draws keep
    expected_excess : float (point,) -- mean over the draws of the worst target's excess over its
        limit, in the worst scenario
    peak_current_a, peak_neutral_a : float (point,) [A]
    moves, poles, windows : int (point,) -- units moved, poles visited, circuits switched off
    crew_hours : float (point,) [h]
    knee : the point after which a further move takes off less than 2 % of today's value
    """

    value_unit: str
    max_moves: IntArray
    value: FloatArray
    worst_violation: FloatArray
    expected_excess: FloatArray
    peak_current_a: FloatArray
    peak_neutral_a: FloatArray
    moves: IntArray
    poles: IntArray
    windows: IntArray
    crew_hours: FloatArray
    knee: int

    def __post_init__(self) -> None:
        floats = ("value", "worst_violation", "expected_excess", "peak_current_a")
        layout = dict.fromkeys(
            (*floats, "peak_neutral_a", "crew_hours"), (np.float64, ("point",))
        ) | dict.fromkeys(("max_moves", "moves", "poles", "windows"), (np.int64, ("point",)))
        own_fields(self, layout, {})

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return (
            f"<Pareto: {self.value[0]:.4g} today, {self.value[self.knee]:.4g} {self.value_unit} "
            f"with {self.moves[self.knee]} moves (knee), {self.value[-1]:.4g} with "
            f"{self.moves[-1]}>"
        )

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON: one row per number of moves allowed."""
        currents = ("peak_current_a", "peak_neutral_a")
        values = ("value", "worst_violation", "expected_excess", *currents)
        names = ("max_moves", *values, "moves", "poles", "windows", "crew_hours")
        points = [{name: getattr(self, name)[k].item() for name in names} for k in range(len(self))]
        return {"value_unit": self.value_unit, "knee": self.knee, "points": points}


def knee_of(value: FloatArray, moves: IntArray) -> int:
    """The last point up to which every further move takes off enough of today's value (point,)."""
    knee = 0
    for k in range(1, len(value)):
        finite = value[0] if np.isfinite(value[0]) else 0.0
        price = WORTH_SHARE * finite * (moves[k] - moves[knee])
        if value[k] < value[knee] - price or value[k] <= 0 < value[knee]:
            knee = k
    return knee
