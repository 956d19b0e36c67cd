"""How demand changes with the temperature: robust slope per meter, shrunk towards the group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.presence import median_over
from gridplan.frozen import BoolArray, FloatArray, IntArray

HUBER = 1.345  #: 95 % efficient on normal residuals; Source: Huber, Robust Statistics, 1981, 4.5
N_ROUND = 25  #: reweightings; slopes of homes settle within ten
MAD_TO_SD = 1.4826  #: standard deviation over median absolute deviation of normal numbers
POOLED_DAYS = 4.0  #: weight of the group's residual scale, in days; assumption


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """Slopes of every meter and of their group; NaN where nothing is known.

    Attributes
    ----------
    shrunk : float (meter,) -- best estimate; the group's where a meter's own is not known
    own, own_error : float (meter,) -- estimate from the meter alone and its standard error
    n_day : int (meter,) -- days it rests on
    group, group_error, group_sd : mean of the group, its standard error, and the standard deviation
        of the meters' true slopes around it
    """

    shrunk: FloatArray
    own: FloatArray
    own_error: FloatArray
    n_day: IntArray
    group: float
    group_error: float
    group_sd: float


def fit_slopes(
    y: FloatArray, x: FloatArray, use: BoolArray, *, min_days: int, min_spread: float
) -> Slopes:
    r"""Slope of ``y (meter, day)`` over ``x (day,)`` on the days to ``use (meter, day)``.

    Per meter :math:`y_d = a + b (x_d - \bar x) + r_d` with Huber weights :math:`w_d = \min(1,
    1.345 s/|r_d|)`, :math:`s = 1.4826\,\mathrm{median}|r|`, iterated; standard error
    :math:`\sigma_b = s' / \sqrt{\sum w_d (x_d-\bar x)^2}`, where :math:`s'^2` is :math:`s^2` with
    the group's median weighing as much as four days. Meters with fewer than ``min_days`` days or a
    standard deviation of x below ``min_spread`` have none of their own.

    The group follows the random-effects model :math:`b_m \sim N(\beta, \tau^2)`, with
    :math:`\tau^2` by moments (DerSimonian and Laird, Controlled Clinical Trials 7, 1986, 177-188),
    and each meter is shrunk by :math:`\hat b_m = \beta + (b_m - \beta)\,\tau^2/(\tau^2 +
    \sigma_{b,m}^2)`.
    """
    use = use & np.isfinite(y) & np.isfinite(x)
    n_day: IntArray = use.sum(axis=1)
    free = np.maximum(n_day - 2, 1)
    y, x = np.where(use, y, 0.0), np.where(use, x, 0.0)
    weight = use.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(N_ROUND):
            total = weight.sum(axis=1, keepdims=True)
            off_x = x - (weight * x).sum(axis=1, keepdims=True) / total
            off_y = y - (weight * y).sum(axis=1, keepdims=True) / total
            square = (weight * off_x**2).sum(axis=1)
            slope = (weight * off_x * off_y).sum(axis=1) / square
            residual = np.abs(off_y - slope[:, None] * off_x)
            scale = (
                MAD_TO_SD
                * median_over(residual, use, 1)[0]
                * np.sqrt(n_day / np.maximum(n_day - 2, 1))
            )
            reach = HUBER * scale[:, None] / residual
            weight = np.where(use, np.where(reach < 1.0, reach, 1.0), 0.0)
        spread = np.sqrt(np.where(use, off_x**2, 0.0).sum(axis=1) / n_day)
    good = (n_day >= max(min_days, 3)) & (spread >= min_spread) & np.isfinite(slope)
    own, error = np.where(good, slope, np.nan), np.full(len(slope), np.nan)
    if good.any():
        common = float(np.median(scale[good] ** 2))
        pooled = POOLED_DAYS * common + free[good] * scale[good] ** 2
        pooled /= POOLED_DAYS + free[good]
        error[good] = np.sqrt(pooled / square[good])
    return _shrunk(own, error, n_day)


def _shrunk(own: FloatArray, error: FloatArray, n_day: IntArray) -> Slopes:
    good = np.isfinite(own)
    if not good.any():
        nan = float("nan")
        return Slopes(
            shrunk=own, own=own, own_error=error, n_day=n_day,
            group=nan, group_error=nan, group_sd=nan,
        )  # fmt: skip
    slope, variance = own[good], np.maximum(error[good] ** 2, 1e-12)  # a fit may be exact
    weight = 1.0 / variance
    mean = (weight * slope).sum() / weight.sum()
    excess = (weight * (slope - mean) ** 2).sum() - (len(slope) - 1)
    room = weight.sum() - (weight**2).sum() / weight.sum()
    between = max(0.0, float(excess / room)) if room > 0 and len(slope) > 1 else 0.0
    weight = 1.0 / (variance + between)
    group = float((weight * slope).sum() / weight.sum())
    shrunk = np.full(len(own), group)
    shrunk[good] = group + (slope - group) * between / (between + variance)
    return Slopes(
        shrunk=shrunk,
        own=own,
        own_error=error,
        n_day=n_day,
        group=group,
        group_error=float(weight.sum() ** -0.5),
        group_sd=between**0.5,
    )
