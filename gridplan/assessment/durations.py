"""Durations: how long a violation lasts, and means over a rolling window.

All functions work along the last axis, the steps of a draw. A value that is not a number belongs to
a case without a solution and counts as a violation.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from gridplan.frozen import BoolArray, FloatArray
from gridplan.powerflow.runs import first_run, longest_run

#: Durations are compared with this slack [h], far below any step, because hours of steps such as
#: 10 min are no binary fractions.
_SLACK_H = 1e-6


def above(values: npt.NDArray[np.floating], limit: float) -> BoolArray:
    """Tell where ``values`` are above ``limit`` or are no number."""
    return ~(values <= limit)


def run_h(violated: BoolArray, step_minutes: float) -> FloatArray:
    """Longest run along the last axis.

    Parameters
    ----------
    violated : bool (..., step)
    step_minutes : length of a step [min]; 0 for snapshots, whose violations last for ever

    Returns
    -------
    float (...) -- [h]
    """
    steps = longest_run(violated)
    if step_minutes == 0:
        return np.where(steps > 0, math.inf, 0.0)
    return np.asarray(steps * (step_minutes / 60.0), dtype=np.float64)


def lasts(hours: npt.NDArray[np.floating], min_duration_h: float) -> BoolArray:
    """Tell which runs [h] last for at least ``min_duration_h``; no run lasts for no time at all."""
    return (hours > 0) & (hours >= min_duration_h - _SLACK_H)


def steps_of(duration_h: float, step_minutes: float) -> int:
    """Least number of steps that last for ``duration_h``; 1 for snapshots."""
    if step_minutes == 0:
        return 1
    return max(1, math.ceil((duration_h - _SLACK_H) * 60.0 / step_minutes))


def first_step(
    violated: BoolArray, min_duration_h: float, step_minutes: float
) -> npt.NDArray[np.int32]:
    """First step of the first run of at least ``min_duration_h``: int32 (...), -1 without one."""
    return first_run(violated, steps_of(min_duration_h, step_minutes))


def rolling_mean(values: npt.NDArray[np.floating], window: int) -> FloatArray:
    """Mean over ``window`` steps, for each place the window can take.

    Parameters
    ----------
    values : float (..., step)
    window : number of steps, at most the number of steps of ``values``

    Returns
    -------
    float (..., step - window + 1) -- element ``k`` is the mean of the steps
        ``k .. k + window - 1``, NaN where one of them is
    """
    solved = np.isfinite(values)
    total = _window_sum(np.where(solved, values, 0.0), window)
    if solved.all():
        return total / window
    return np.where(_window_sum(solved, window) == window, total / window, np.nan)


def _window_sum(values: npt.NDArray[np.generic], window: int) -> FloatArray:
    """Sum over a rolling window as a difference of running sums (..., step - window + 1)."""
    running = np.cumsum(values, axis=-1, dtype=np.float64)
    result = running[..., window - 1 :].copy()
    result[..., 1:] -= running[..., :-window]
    return result
