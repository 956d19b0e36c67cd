"""How much areas and winters of a county differ: assumed variances, times what its curves show.

An assumption counts as much as some observations do, so that a county with few curves keeps it and
one with many hardly remembers it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray

#: Observations that an assumed standard deviation counts for: of areas and of what differs in one
#: area from winter to winter, and of winters (A).
PRIOR_WEIGHT, WINTER_WEIGHT = 8.0, 5.0
#: A squared deviation counts as at most this many usual ones: one wrong meter is no spread of a
#: county. What is usual is seen in the median, which is this share of the mean for normal numbers.
MOST_SQUARES, _MEDIAN_SQUARE = 9.0, 0.455
_TURNS = 50  #: of areas and winters by turns: enough for gaps in what was measured


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """All residuals of one kind of day.

    Attributes
    ----------
    area, winter : int (entry,) -- numbers from 0
    residual : float (entry,) -- logarithm of what was measured over what was expected
    variance : float (entry,) -- of measuring it
    """

    area: IntArray
    winter: IntArray
    residual: FloatArray
    variance: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WinterSpread:
    """How winters differ.

    Attributes
    ----------
    effect : float (winter,) -- of each winter on all areas, up to a constant
    winter_factor : standard deviation of that over the assumed one
    own_sd : of what differs from winter to winter in one area
    """

    effect: FloatArray
    winter_factor: float
    own_sd: float


def spread_of_winters(panel: Panel, *, own_sd: float, winter_sd: FloatArray) -> WinterSpread:
    """Learn how winters differ, from areas that were measured in several.

    Parameters
    ----------
    panel : residuals of one kind of day, without growth and cold
    own_sd : as assumed
    winter_sd : float (winter,) -- as assumed
    """
    effect, left, kept = _by_turns(panel, len(winter_sd))
    winter = panel.winter[kept]
    count = np.bincount(winter, minlength=len(winter_sd))
    seen = count > 0
    freedom = len(left) - len(np.unique(panel.area[kept])) - int(seen.sum()) + 1
    own = own_sd * _learned(left**2 / own_sd**2, freedom, PRIOR_WEIGHT)
    expected = winter_sd[seen] ** 2 + own**2 / count[seen]
    squares = (effect[seen] - _mean(effect[seen])) ** 2 / expected
    return WinterSpread(
        effect=effect,
        winter_factor=_learned(squares, int(seen.sum()) - 1, WINTER_WEIGHT),
        own_sd=own,
    )


def spread_of_areas(panel: Panel, winters: WinterSpread, variance: FloatArray) -> float:
    """Standard deviation between areas over the expected one.

    Parameters
    ----------
    panel : residuals of one kind of day
    winters : what winters do to them
    variance : float (area,) -- of areas, as expected
    """
    count = np.bincount(panel.area, minlength=len(variance))
    here = count > 0
    if not here.any():
        return 1.0

    def mean_of(values: FloatArray) -> FloatArray:
        return np.bincount(panel.area, values, len(variance))[here] / count[here]

    level = mean_of(panel.residual - winters.effect[panel.winter])
    noise = (mean_of(panel.variance) + winters.own_sd**2) / count[here]
    squares = (level - np.median(level)) ** 2 / (variance[here] + noise)
    return _learned(squares, int(here.sum()) - 1, PRIOR_WEIGHT)


def _by_turns(panel: Panel, n_winter: int) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Effect of each winter (winter,), what is left (entry,), and which entries say it.

    Least squares on areas and winters, by turns; areas with a single winter say nothing.
    """
    size = int(panel.area.max(initial=-1)) + 1
    per_area = np.bincount(panel.area, minlength=size)
    kept = per_area[panel.area] > 1
    area, winter, left = panel.area[kept], panel.winter[kept], panel.residual[kept]
    effect = np.zeros(n_winter)
    in_winter = np.maximum(np.bincount(winter, minlength=n_winter), 1)
    for _ in range(_TURNS):
        left = left - (np.bincount(area, left, size) / np.maximum(per_area, 1))[area]
        change = np.bincount(winter, left, n_winter) / in_winter
        effect, left = effect + change, left - change[winter]
    return effect, left, kept


def _mean(values: FloatArray) -> float:
    """Mean; 0 of nothing."""
    return float(values.mean()) if len(values) else 0.0


def _learned(squares: FloatArray, freedom: int, weight: float) -> float:
    """Factor on an assumed standard deviation, from squares that are expected to be 1."""
    if freedom <= 0 or not len(squares):
        return 1.0
    scaled = squares * (len(squares) / freedom)
    usual = max(1.0, float(np.median(scaled)) / _MEDIAN_SQUARE)
    scaled = np.minimum(scaled, MOST_SQUARES * usual)
    return float(np.sqrt((weight + scaled.mean() * freedom) / (weight + freedom)))
