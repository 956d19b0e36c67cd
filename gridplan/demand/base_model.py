"""The base model of homes, from the ordinary days of their meters: how much, when, who is there.

usual day
    median of the ordinary days that are lived in (``presence``), of all winters.
shape
    mean of those days, quarter hour by quarter hour, over its mean.
standby
    10 % quantile over days of the mean power from 01:00 to 05:00: four hours, so that a
    refrigerator's cycles even out.
temperature
    slope of the logarithm of a day's energy, robust, shrunk towards the group (``sensitivity``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.area_record import ORDINARY, Festival, group_of
from gridplan.demand.presence import LEAST_DAYS, occupied, quantiles_over, usual_days
from gridplan.demand.profiles import QUARTERS
from gridplan.demand.sensitivity import fit_slopes
from gridplan.frozen import BoolArray, FloatArray, IntArray, own_fields

_NIGHT = slice(4, 20)  #: quarter hours from 01:00 to 05:00
_STANDBY_SHARE = 0.1  #: quantile of the nights that is standby
#: Fewest days that a home's own temperature sensitivity rests on, and their least spread [K].
_SLOPE_DAYS, _SLOPE_SPREAD_C = 8, 1.0
#: A home is lived in when it is occupied on this share of the last winter's ordinary days.
_LIVED_IN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BaseModel:
    """What the ordinary days of some meters say; NaN where it is not known, never a made-up value.

    Attributes
    ----------
    usual_kw : float (home,) -- mean power of the usual day; NaN with fewer than five such days
    n_usual : int (home,) -- days that it rests on
    lives_in : bool (home,) -- lived in during the last winter with a known ordinary day
    standby_kw : float (home,)
    shape : float (home, 96) -- power of the usual day over its mean
    percent_per_c : rise of the logarithm of a day's energy per degree colder, times 100, mean over
        the homes; NaN where it cannot be told
    """

    usual_kw: FloatArray
    n_usual: IntArray
    lives_in: BoolArray
    standby_kw: FloatArray
    shape: FloatArray
    percent_per_c: float

    def __post_init__(self) -> None:
        home = ("home",)
        own_fields(
            self,
            {
                "usual_kw": (np.float64, home),
                "n_usual": (np.int64, home),
                "lives_in": (np.bool_, home),
                "standby_kw": (np.float64, home),
                "shape": (np.float64, ("home", QUARTERS)),
            },
            {},
        )


def fit_base_model(winters: tuple[Festival, ...]) -> BaseModel:
    """Learn from the ordinary days of all winters of some homes."""
    days = [(one.mean_kw, group_of(one.days) == ORDINARY) for one in winters]
    usual, n_usual = usual_days(days)
    there = [occupied(mean_kw, usual)[:, ordinary] for mean_kw, ordinary in days]
    mean_kw = np.concatenate([means[:, ordinary] for means, ordinary in days], axis=1)
    p_kw = np.concatenate(
        [one.p_kw[:, ordinary] for one, (_, ordinary) in zip(winters, days, strict=True)], axis=1
    )
    celsius = np.concatenate(
        [one.temperature_c[ordinary] for one, (_, ordinary) in zip(winters, days, strict=True)]
    )
    lit = np.concatenate(there, axis=1) == 1
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = 100.0 * np.log(mean_kw)
    slopes = fit_slopes(logarithm, -celsius, lit, min_days=_SLOPE_DAYS, min_spread=_SLOPE_SPREAD_C)
    return BaseModel(
        usual_kw=np.where(n_usual >= LEAST_DAYS, usual, np.nan),
        n_usual=n_usual,
        lives_in=_lives_in(there),
        standby_kw=_standby(p_kw),
        shape=_shape(p_kw, lit),
        percent_per_c=slopes.group,
    )


def _lives_in(winters: list[FloatArray]) -> BoolArray:
    """Homes with somebody there on most ordinary days of the last winter that knows (home,)."""
    lives_in = np.zeros(len(winters[0]), dtype=bool)
    for there in winters:
        known = np.isfinite(there)
        share = np.where(known, there, 0.0).sum(1) / np.maximum(known.sum(1), 1)
        lives_in = np.where(known.any(1), share >= _LIVED_IN, lives_in)
    return lives_in


def _standby(p_kw: np.ndarray) -> FloatArray:
    night = np.asarray(p_kw[:, :, _NIGHT], dtype=np.float64)
    known = np.isfinite(night)
    mean = np.where(known, night, 0.0).sum(axis=2) / np.maximum(known.sum(axis=2), 1)
    enough = 2 * known.sum(axis=2) > night.shape[2]
    (standby,), count = quantiles_over(mean, enough, (_STANDBY_SHARE,))
    return np.where(count >= LEAST_DAYS, standby, np.nan)


def _shape(p_kw: np.ndarray, use: BoolArray) -> FloatArray:
    """Mean over the days to use of each quarter hour, over the mean of them (home, 96)."""
    known = np.isfinite(p_kw) & use[:, :, None]
    count = known.sum(axis=1)
    mean = np.where(known, p_kw, 0.0).sum(axis=1, dtype=np.float64) / np.maximum(count, 1)
    level = mean.mean(axis=1)
    enough = (use.sum(axis=1) >= LEAST_DAYS) & (count.min(axis=1) > 0) & (level > 0)
    return np.where(enough[:, None], mean / np.where(enough, level, 1.0)[:, None], np.nan)
