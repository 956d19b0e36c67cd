r"""The days on which a home is lived in, by the energy that its meter counted: the only such rule.

With the mean power :math:`E_{hd}` of home h on day d of one winter (the half year on both sides of
a New Year's Day), NaN where fewer than three quarters of its points are known:

two kinds of day
    the logarithms of :math:`E_{hd}` are parted where the variance between both parts is largest
    (Otsu, IEEE Trans. SMC 9, 1979, 62-66); :math:`L_h` and :math:`H_h` are their medians.
quiet days
    some days are quiet when they have a low floor: their lowest tenth lies no more than 20 % below
    their median, which is no more than 0.12 kW (a refrigerator and what stands by), or the median
    is below 0.5 kWh. People leave no such floor, thrifty ones neither. The lower days are quiet
    when that holds of them and :math:`L_h < 0.35\,H_h`; otherwise, when it holds of all days, all
    are. A winter has its own quiet days: the refrigerator is left on in one, not in the next.
usual day
    :math:`U_h` = median of E over the ordinary days of all winters that are not quiet; where there
    are fewer than five of them (a migratory home), over all days that are not quiet.
occupied
    :math:`E_{hd} > \max(0.5\,\mathrm{kWh}/24\,\mathrm{h},\; 0.25\,U_h,\; 1.4\,L_h)`, without U
    where no day is lived in and without L where none is quiet.

Every figure is an assumption. On synthetic counties (``scripts/score_presence.py``) it is right on
99.7 % of the days of homes, visits to others from morning to late evening counting as being there.
A meter with rooftop photovoltaics or a whole transformer behind it does not follow this rule.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray

LEAST_POINTS = 72  #: quarter hours that a day must have for its energy to be believed
OCCUPIED_SHARE = 0.25  #: of the usual day, beyond which a day is lived in
APART = 0.35  #: quiet days lie below this share of the others
LEAST_KW = 0.5 / 24  #: beyond 0.5 kWh a day may be lived in [kW]
QUIET_KW = 0.12  #: days above are no standby [kW]
FLOOR = 0.2  #: of quiet days the lowest tenth lies no further below their median
OVER_QUIET = 1.4  #: a day must be that far above the quiet ones to be lived in
LEAST_DAYS = 5  #: fewest ordinary days that a usual day rests on
_LEAST_KIND = 2  #: days of a kind
_LAST_DIGIT_KW = 0.02 / 24  #: days below are alike: the last digit of a meter [kW]


def day_means(p_kw: np.ndarray) -> FloatArray:
    """Means over the last axis (…, 96) in double precision, NaN where points are too few."""
    known = np.isfinite(p_kw)
    count = known.sum(axis=-1)
    total = np.where(known, p_kw, 0.0).sum(axis=-1, dtype=np.float64)
    return np.where(count >= LEAST_POINTS, total / np.maximum(count, 1), np.nan)


def usual_days(winters: Sequence[tuple[FloatArray, BoolArray]]) -> tuple[FloatArray, IntArray]:
    """Mean power of each home's usual day (home,), NaN where no day is lived in, and its days.

    Of each winter the mean power of days (home, day), and which days are ordinary (day,).
    """
    mean_kw = np.concatenate([means for means, _ in winters], axis=1)
    ordinary = np.concatenate([days for _, days in winters])
    lived = np.concatenate([_kinds(means)[0] for means, _ in winters], axis=1)
    usual, count = median_over(mean_kw, lived & ordinary, LEAST_DAYS)
    return np.where(np.isnan(usual), median_over(mean_kw, lived, 1)[0], usual), count


def occupied(mean_kw: FloatArray, usual: FloatArray) -> FloatArray:
    """1 where somebody is at home (home, day) of one winter, 0 where not, NaN where unknown.

    ``usual`` (home,): mean power of the usual day [kW], NaN where none is known.
    """
    _, quiet_kw = _kinds(mean_kw)
    limit = np.fmax(np.fmax(LEAST_KW, OCCUPIED_SHARE * usual), OVER_QUIET * quiet_kw)
    return np.where(np.isnan(mean_kw), np.nan, mean_kw > limit[:, None])


def median_over(values: FloatArray, use: BoolArray, least: int) -> tuple[FloatArray, IntArray]:
    """Median over the days to use, NaN where there are fewer than ``least``, and their number."""
    (median,), count = quantiles_over(values, use, (0.5,))
    return np.where(count >= least, median, np.nan), count


def quantiles_over(
    values: FloatArray, use: BoolArray, shares: Sequence[float]
) -> tuple[list[FloatArray], IntArray]:
    """Quantiles over the known days to use (home,), NaN without any, and their number."""
    nothing = np.full((len(values), 1), np.nan)
    ordered = np.where(use, values, np.nan) if values.shape[1] else nothing
    ordered = np.sort(ordered, axis=1)  # NaN come last
    count = np.isfinite(ordered).sum(axis=1)
    last, row = np.maximum(count - 1, 0), np.arange(len(values))
    found = []
    for share in shares:
        at = share * last
        low = at.astype(np.int64)
        below, above = ordered[row, low], ordered[row, np.minimum(low + 1, last)]
        found.append(below + (at - low) * (above - below))
    return found, count


def _kinds(mean_kw: FloatArray) -> tuple[BoolArray, FloatArray]:
    """Days of one winter that are not quiet (home, day), and the median of those that are."""
    known = np.isfinite(mean_kw)
    lower = mean_kw <= _parting(mean_kw)[:, None]
    upper = (mean_kw > 0) & ~lower
    low, high = median_over(mean_kw, lower, 1)[0], median_over(mean_kw, upper, 1)[0]
    parted = (low < APART * high) & _quiet(mean_kw, lower)
    empty = ~parted & _quiet(mean_kw, known)
    lived = np.where(parted[:, None], upper, known) & ~empty[:, None]
    every = median_over(mean_kw, known, 1)[0]
    # where no day stands out, a day must stand further out than the quiet ones differ
    quiet_kw = np.where(empty, OVER_QUIET * every, np.where(parted, low, np.nan))
    return lived, quiet_kw


def _quiet(mean_kw: FloatArray, days: BoolArray) -> BoolArray:
    """Whether some days have a low floor (home,)."""
    (tenth, median), _ = quantiles_over(mean_kw, days, (0.1, 0.5))
    floor = (median <= QUIET_KW) & (median - tenth <= FLOOR * median)
    return np.asarray((median <= LEAST_KW) | floor)


def _parting(mean_kw: FloatArray) -> FloatArray:
    """Power between two kinds of day by Otsu's rule (home,), -inf with fewer than four days."""
    if mean_kw.shape[1] < 2 * _LEAST_KIND:
        return np.full(len(mean_kw), -np.inf)
    n = np.isfinite(mean_kw).sum(axis=1)[:, None]
    known = np.arange(mean_kw.shape[1]) < n
    floor = np.where(np.isfinite(mean_kw), np.maximum(mean_kw, _LAST_DIGIT_KW), np.inf)
    ordered = np.sort(np.log(floor))
    total = np.cumsum(np.where(known, ordered, 0.0), axis=1)
    below = np.arange(1, mean_kw.shape[1] + 1)
    above = n - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (total / below - (total[:, -1:] - total) / above) ** 2 * below * above
    between = np.where((below >= _LEAST_KIND) & (above >= _LEAST_KIND), between, -1.0)
    best = np.argmax(between, axis=1)[:, None]
    cut = np.exp(np.take_along_axis(ordered, best, axis=1)[:, 0])
    return np.where(n[:, 0] >= 2 * _LEAST_KIND, cut * (1 + 1e-9), -np.inf)
