"""From the draws that break a rule to a finding: probability, times, worst and typical value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.assessment.findings import Finding, Kind
from gridplan.assessment.limit import Limit
from gridplan.demand.intervals import share_interval
from gridplan.frozen import BoolArray
from gridplan.powerflow.results import SweepResult

Values = npt.NDArray[np.floating]
Steps = npt.NDArray[np.integer]

#: ``describe(draw, step)`` -> phase and evidence at the worst moment of the worst draw; ``step`` is
#: -1 when that draw has no solution at all.
Describe = Callable[[int, int], tuple[str | None, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """What one rule says about the draws of one scenario.

    Attributes
    ----------
    kind, element, limit : the rule and where it applies
    broken : bool (draw,) -- the draws that break it
    hours : float (draw,) -- longest run [h]
    value : float (draw,) -- worst value of the draw, in the limit's unit; NaN without a solution
    step : int (draw,) -- step of ``value``, -1 where unknown
    first : int (draw,) -- first step of the violation, -1 where unknown
    describe : gives phase and evidence
    lower : True when small values are the worst
    """

    kind: Kind
    element: str
    limit: Limit
    broken: BoolArray
    hours: Values
    value: Values
    step: Steps
    first: Steps
    describe: Describe
    lower: bool = False

    def finding(self, sweep: SweepResult, scenario: str) -> Finding | None:
        """Make the finding; None when no draw breaks the rule."""
        count, n_draw = int(self.broken.sum()), len(self.broken)
        if count == 0:
            return None
        replicates = None if sweep.demand is None else sweep.demand.replicates
        low, high = share_interval(self.broken, replicates)
        draw = self._worst_draw()
        step = int(self.step[draw])
        phase, evidence = self.describe(draw, step)
        if not self._beyond(float(self.value[draw])):
            evidence["note"] = "only cases without a solution break this rule"
        finite = self.value[np.isfinite(self.value)]
        starts = self.first[self.broken & (self.first >= 0)]
        return Finding(
            kind=self.kind,
            scenario=scenario,
            element=self.element,
            phase=phase,
            tier=self.limit.tier,
            probability=count / n_draw,
            probability_low=low,
            probability_high=high,
            first=_iso_time(sweep, int(starts.min())) if starts.size else None,
            worst_at=_iso_time(sweep, step),
            longest_h=float(self.hours[self.broken].max()),
            worst=float(self.value[draw]),
            typical=float(np.median(finite)) if finite.size else math.nan,
            limit=self.limit,
            evidence=evidence,
        )

    def _beyond(self, value: float) -> bool:
        """Tell whether a value is beyond the limit."""
        return value < self.limit.value if self.lower else value > self.limit.value

    def _worst_draw(self) -> int:
        """Return the breaking draw with the worst value, one without any solution as the last."""
        sign = -1.0 if self.lower else 1.0
        rank = np.where(np.isfinite(self.value), sign * self.value, -np.finfo(np.float64).max)
        return int(np.argmax(np.where(self.broken, rank, -math.inf)))


def worst_step(values: Values, *, lower: bool = False) -> tuple[Values, Steps]:
    """Worst number along the last axis and its step; NaN and -1 where there is none.

    Parameters
    ----------
    values : float (..., step) -- NaN where a case has no solution
    lower : True when small values are the worst
    """
    worst_of_all = math.inf if lower else -math.inf
    filled = np.where(np.isnan(values), values.dtype.type(worst_of_all), values)
    step = filled.argmin(axis=-1) if lower else filled.argmax(axis=-1)
    value = np.take_along_axis(filled, step[..., None], axis=-1)[..., 0]
    solved = np.isfinite(value)
    return np.where(solved, value, np.nan), np.where(solved, step, -1)


def plain(value: float, digits: int = 2) -> float | None:
    """Round a number for people; None where it is not a number."""
    return round(float(value), digits) if math.isfinite(value) else None


def _iso_time(sweep: SweepResult, step: int) -> str | None:
    """ISO 8601 time of a step to the minute; None for snapshots and unknown steps."""
    if sweep.step_minutes == 0 or step < 0:
        return None
    return str(np.datetime_as_string(sweep.times[step], unit="m"))
