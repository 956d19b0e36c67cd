r"""How much homes coincide, and how much one home varies: figures of measured or drawn days.

demand factor
    of a group on a day: :math:`\max_t \sum_m p_m(t) / \sum_m \max_t p_m(t)`, the peak together over
    the sum of own peaks. 1 for one home, smaller the more homes there are.
variation in time
    :math:`e(t) = p(t) / \bar p - s(t)` with the home's mean of the day :math:`\bar p` and a smooth
    shape :math:`s` of mean 1: the root of :math:`\overline{e^2} / \overline{s^2}` of one home and
    day, its median over homes and days, and the time after which the autocorrelation of e has
    fallen to 1/e. Busy hours count more than quiet ones, as they do for peaks; the median, because
    a few homes with one spike would decide a mean. ``Variation`` of a study has these two as
    ``time_cv`` and ``time_correlation_h``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridplan.frozen import FloatArray, IntArray, own_fields


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DemandFactors:
    """Demand factors of random groups of homes.

    Attributes
    ----------
    size : int (size,) -- homes of a group
    mean, low, high : float (size,) -- mean and 5 % and 95 % quantile over groups and days; NaN
        where no day has so many homes
    """

    size: IntArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray

    def __post_init__(self) -> None:
        layout = dict.fromkeys(("mean", "low", "high"), (np.float64, ("size",)))
        own_fields(self, {"size": (np.int64, ("size",)), **layout}, {})


def demand_factors(
    p_kw: FloatArray,
    sizes: Sequence[int],
    *,
    n_group: int = 400,
    least_peak_kw: float = 0.2,
    seed: int = 0,
) -> DemandFactors:
    """Demand factors of random groups of the homes of each day.

    Parameters
    ----------
    p_kw : float (day, home, step) -- a home with a missing step (NaN) is left out of that day
    sizes : homes of a group
    n_group : groups per size, over all days; at least one per day
    least_peak_kw : homes that peak no higher on a day stand empty and are left out [kW]
    seed : of the choice of homes
    """
    random = np.random.default_rng(seed)
    peak = p_kw.max(axis=2)
    there = [np.flatnonzero(of_day > least_peak_kw) for of_day in peak]
    found: list[FloatArray] = []
    for size in sizes:
        days = [day for day, homes in enumerate(there) if len(homes) >= size]
        groups = [
            (day, random.choice(there[day], size, replace=False))
            for day in days
            for _ in range(max(1, n_group // len(days)))
        ]
        factor = [p_kw[day, of].sum(axis=0).max() / peak[day, of].sum() for day, of in groups]
        found.append(np.array(factor))
    none = np.array([np.nan])
    full = [factor if len(factor) else none for factor in found]
    return DemandFactors(
        size=np.asarray(sizes, dtype=np.int64),
        mean=np.array([factor.mean() for factor in full]),
        low=np.array([np.quantile(factor, 0.05) for factor in full]),
        high=np.array([np.quantile(factor, 0.95) for factor in full]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeVariation:
    """How a home's demand varies around a smooth shape of the day.

    Attributes
    ----------
    cv : coefficient of variation of the median home and day
    correlation_h : time after which the autocorrelation has fallen to 1/e [h]; NaN where it never
        does within half a day
    """

    cv: float
    correlation_h: float


def time_variation(p_kw: FloatArray, shape: FloatArray) -> TimeVariation:
    """Variation in time of homes, by the equations at the head of this module.

    A home's mean of the day is taken out, and with it what varies slowly: drawn with 0.9 and 0.5 h,
    homes show 0.78 and 0.38 h; with 0.3 and 2 h, 0.25 and 1.3 h.

    Parameters
    ----------
    p_kw : float (home, day, step) -- days without a missing step; days without demand are left out
    shape : float, of the same shape or one that spreads to it -- any scale
    """
    mean = p_kw.mean(axis=2)
    draws = mean > 0
    smooth = np.broadcast_to(shape / shape.mean(axis=-1, keepdims=True), p_kw.shape)[draws]
    rest = p_kw[draws] / mean[draws][:, None] - smooth
    own = np.sqrt((rest * rest).mean(axis=1) / (smooth * smooth).mean(axis=1))
    return TimeVariation(
        cv=float(np.median(own)), correlation_h=_forgotten(rest) * 24.0 / p_kw.shape[2]
    )


def _forgotten(rest: FloatArray) -> float:
    """Steps after which the autocorrelation of series (series, step) has fallen to 1/e."""
    power, n_step = float((rest * rest).mean()), rest.shape[1]
    before = 1.0
    for lag in range(1, n_step // 2 + 1):
        now = float((rest[:, lag:] * rest[:, : n_step - lag]).mean()) / power
        if now < np.exp(-1.0):
            return lag - 1 + (before - float(np.exp(-1.0))) / (before - now)
        before = now
    return float("nan")
