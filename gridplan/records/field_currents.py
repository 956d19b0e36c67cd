"""The currents that a crew should measure at the transformer, before and after the moves.

A village draws what it draws on the day of the work, not what a forecast says. What moves change
is how the current is shared: so a promise is the share of each phase and of the neutral in the sum
of the phase currents, with its spread over draws and days at that hour. The sum itself says how
near the village's level is to the forecast's.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from gridplan.records.field_types import Band, Promised, PromisedHour

if TYPE_CHECKING:
    from gridplan.frozen import BoolArray, FloatArray
    from gridplan.powerflow.results import SweepResult

_PERCENTILES = (5, 50, 95)


def promised_currents(
    before: SweepResult, after: SweepResult, rated_a: float, until: dt.date | None
) -> Promised | None:
    """Currents of the first scenario by the hour, over the days up to ``until``.

    Where no such day was swept, all days count. None for sweeps without times, and where no case
    has a solution.
    """
    if not before.step_minutes or np.isnat(before.times).any():
        return None
    days = before.times.astype("datetime64[D]")
    use = np.ones(len(days), dtype=bool)
    if until is not None and (early := days <= np.datetime64(until)).any():
        use = early
    hour_of = (before.times.astype("datetime64[h]") - days).astype(int)
    hours = tuple(
        found
        for hour in range(24)
        if (found := _hour(before, after, hour, use & (hour_of == hour))) is not None
    )
    if not hours:
        return None
    return Promised(
        scenario=before.scenarios[0],
        first_day=str(days[use][0]),
        last_day=str(days[use][-1]),
        rated_a=rated_a,
        hours=hours,
    )


def _hour(
    before: SweepResult, after: SweepResult, hour: int, steps: BoolArray
) -> PromisedHour | None:
    """Bands over the draws and steps of one hour in the first scenario."""
    if not steps.any():
        return None
    total, shares_before = _shares(before, steps)
    _, shares_after = _shares(after, steps)
    if not (len(total) and len(shares_after)):
        return None
    a, b, c, n = (_band(shares_before[:, k]) for k in range(4))
    then = [_band(shares_after[:, k]) for k in range(4)]
    return PromisedHour(
        hour=hour,
        total_a=_band(total),
        before=(a, b, c, n),
        after=(then[0], then[1], then[2], then[3]),
    )


def _shares(sweep: SweepResult, steps: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Sum of the phase currents (case,) [A], and what share of it flows in a, b, c, n (case, 4)."""
    phase = sweep.i_phase_a[0][:, steps].reshape(-1, 3).astype(np.float64)
    neutral = sweep.i_neutral_a[0][:, steps].reshape(-1, 1).astype(np.float64)
    total = phase.sum(axis=1)
    solved = np.isfinite(total) & (total > 0)
    return total[solved], np.hstack([phase, neutral])[solved] / total[solved, None]


def _band(values: FloatArray) -> Band:
    low, middle, high = np.percentile(values, _PERCENTILES).round(4).tolist()
    return low, middle, high
