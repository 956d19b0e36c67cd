r"""Tomorrow from the days that meters have just seen: an ensemble of analog days.

A draw takes one past day, the same for all meters, so that homes keep what they have in common and
every home keeps its own day. With the energy :math:`E_{md}` of meter m on day d, a days old:

weight of a day
    :math:`w_d = e^{-a/14}`, a fifth of it for days of another kind than tomorrow's;
    :math:`n = (\sum w)^2 / \sum w^2` is the number of days that such weights are worth.
level
    :math:`G_d = \ln(\sum_m E_{md} / \sum_m \overline{E_m})` of all meters together and
    :math:`g_{md} = \ln(E_{md}/\overline{E_m} + 0.05) - G_d` of each beside them, both less the mean
    of their kind of day. With :math:`b_d` the mean of the three days before d, day d stands for
    tomorrow times :math:`e^{\varphi (b_{n+1} - b_d)}`: it keeps what it differed by from what was
    to be expected. :math:`\varphi` is the slope of a day over the days before it so far, between 0
    and 1 and shrunk by n / (n + 10); one for G, one for all g.
time
    every home of a draw is early or late by some minutes (standard deviation 20).
a day like none of its own
    Tomorrow exceeds all of n days with probability 1 / (n + 1), if no day is special. With that
    probability a home takes the day of one of like size, scaled to its own mean, so that few days
    do not end its quantiles at the highest of them.

A home that has stood empty on all days stays empty: who comes home is for the register to say.
The constants were chosen on the first half of SimBench's year and on days 4 to 12 of every second
Spanish meter (``notebooks/02_forecast_on_real_meters.py`` scores the rest); twice or half of each
changes the CRPS of homes by 2 % at most. (14 days and a fifth had once been chosen on all Spanish
meters; the split gave no reason to change them.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gridplan.demand.streams import stream
from gridplan.frozen import BoolArray, FloatArray, IntArray

#: Days after which a day counts less by 1/e, and what a day of another kind counts.
_MEMORY_DAYS, _OTHER_KIND = 14.0, 0.2
#: Days whose mean is the present level, and the days that their slope is shrunk by.
_RECENT_DAYS, _SLOPE_DAYS = 3, 10.0
#: Added to a meter's energy over its mean before the logarithm: a day without any is no abyss.
_FLOOR = 0.05
#: How early or late a home is on one day, standard deviation [min].
_LATE_MINUTES = 20.0
#: Homes of like size that lend a day: so many smaller and so many larger ones (assumption).
_NEIGHBOURS = 10
#: From this number of meters on, all of them at zero is an outage and no demand (assumption).
_OUTAGE_METERS = 5


def day_ahead(
    p_kw: FloatArray, kinds: npt.ArrayLike, n_draw: int = 200, *, seed: int = 0
) -> FloatArray:
    """Draws of the day after the last one: float (meter, draw, step) [kW].

    Parameters
    ----------
    p_kw : float (meter, day, step) -- measured days, the last one is yesterday; NaN where missing.
        Steps at which five or more meters read zero, and none more, are taken as an outage, hence
        as missing, unless half of the days are like that
    kinds : int or bool (day + 1,) -- kind of each measured day and of the day to forecast, e.g.
        whether it is a weekend
    n_draw : draws; they share the past days by their weights, none of them at random
    seed : of the random numbers: who is early or late, and who has a day like none of its own

    A meter without readings stays NaN. Raises ``ValueError`` with fewer than two days, or when the
    shapes do not fit.
    """
    kind = np.asarray(kinds).astype(np.int64)
    n_meter, n_day, n_step = p_kw.shape
    if n_day < 2 or kind.shape != (n_day + 1,):
        raise ValueError(
            f"{n_day} days and {kind.size} kinds: give two days or more, and one kind more"
        )
    known = _without_outages(np.asarray(p_kw, dtype=np.float64))
    age = np.arange(n_day - 1, -1, -1)
    weight = np.exp(-age / _MEMORY_DAYS) * np.where(kind[:-1] == kind[-1], 1.0, _OTHER_KIND)
    share = np.cumsum(weight) / weight.sum()
    day = np.searchsorted(share, (np.arange(n_draw) + 0.5) / n_draw)
    random = stream(seed, "day ahead", 0)
    own_day = weight.sum() ** 2 / (weight**2).sum()
    who, scale = _whose(known, n_draw, 1.0 / (own_day + 1.0), random)
    late = random.normal(0.0, _LATE_MINUTES * n_step / (24 * 60), (n_meter, n_draw))
    at = (day * n_step - np.rint(late).astype(np.int64))[:, :, None] + np.arange(n_step)
    series = known.reshape(n_meter, -1)
    draws = series[who[:, :, None], np.clip(at, 0, series.shape[1] - 1)]
    return _completed(draws * (scale * _levels(known, kind)[who, day])[:, :, None])


def _without_outages(p_kw: FloatArray) -> FloatArray:
    """The readings, NaN where all meters that ever draw read zero at an hour that usually draws."""
    some = p_kw[np.nan_to_num(p_kw).max(axis=(1, 2)) > 0]
    zeros = (some == 0).sum(axis=0)
    out = (zeros >= _OUTAGE_METERS) & (zeros == np.isfinite(some).sum(axis=0))
    usually = np.median(np.nan_to_num(some).sum(axis=0), axis=0) > 0
    return np.where(out & usually, np.nan, p_kw)


def _whose(
    p_kw: FloatArray, n_draw: int, share: float, random: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Whose day each meter takes in each draw, and the factor to its own level (meter, draw)."""
    n_meter = len(p_kw)
    mean = _mean(p_kw.reshape(n_meter, -1), axis=1)
    ranked = np.flatnonzero(mean > 0)
    ranked = ranked[np.argsort(mean[ranked], kind="stable")]
    borrows = random.random((n_meter, n_draw)) < share
    away = random.integers(1, _NEIGHBOURS + 1, size=(n_meter, n_draw))
    away *= random.choice([-1, 1], size=away.shape)
    who = np.repeat(np.arange(n_meter)[:, None], n_draw, axis=1)
    rank = np.arange(len(ranked))[:, None] + away[ranked]
    # beyond the largest or the smallest one turns back
    rank = np.where((rank < 0) | (rank >= len(ranked)), rank - 2 * away[ranked], rank)
    lender = ranked[np.clip(rank, 0, len(ranked) - 1)]
    who[ranked] = np.where(borrows[ranked], lender, who[ranked])
    scale = np.ones((n_meter, n_draw))
    scale[ranked] = mean[ranked, None] / mean[who[ranked]]
    return who, scale


def _levels(p_kw: FloatArray, kind: IntArray) -> FloatArray:
    """Factor that moves each day of each meter to the present level (meter, day)."""
    typical = _mean(p_kw, axis=1)
    use = np.isfinite(p_kw) & (typical > 0)[:, None]
    energy = np.where(use, p_kw, 0.0).sum(axis=2)
    usual = np.where(use, typical[:, None], 0.0).sum(axis=2)
    together = _log_ratio(energy.sum(axis=0)[None], usual.sum(axis=0)[None])
    each = _log_ratio(energy, usual) - together
    return np.exp(_moved(together, kind) + np.clip(_moved(each, kind), -1.0, 1.0))


def _log_ratio(energy: FloatArray, usual: FloatArray) -> FloatArray:
    """Logarithm of energy over what is usual at the same points, 0 where nothing is known."""
    ratio = np.where(usual > 0, energy, 1.0) / np.where(usual > 0, usual, 1.0)
    return np.asarray(np.log(np.maximum(ratio, 0.0) + _FLOOR) - np.log(1.0 + _FLOOR))


def _moved(level: FloatArray, kind: IntArray) -> FloatArray:
    """By how much each day (meter, day) is to be moved to stand for tomorrow."""
    n_day = level.shape[1]
    mean = level.mean(axis=1, keepdims=True)
    # the mean of a kind rests on its own days and one day of the mean of all
    same = (kind[:-1, None] == kind[None, :-1]).astype(float)
    off = level - (level @ same + mean) / (same.sum(axis=0) + 1.0)
    total = np.cumsum(np.pad(off, ((0, 0), (1, 0))), axis=1)
    first = np.maximum(np.arange(n_day + 1) - _RECENT_DAYS, 0)
    before = (total - total[:, first]) / np.maximum(np.arange(n_day + 1) - first, 1)
    square = (before[:, 1:-1] ** 2).sum()
    slope = (before[:, 1:-1] * off[:, 1:]).sum() / square if square > 0 else 0.0
    slope = np.clip(slope, 0.0, 1.0) * n_day / (n_day + _SLOPE_DAYS)
    return np.asarray(slope * (before[:, -1:] - before[:, :-1]))


def _mean(values: FloatArray, axis: int) -> FloatArray:
    """Mean of the known values along an axis, NaN where none is known."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _completed(draws: FloatArray) -> FloatArray:
    """The draws (meter, draw, step), missing ones replaced by known ones of meter and step."""
    known: BoolArray = np.isfinite(draws)
    if known.all():
        return draws
    count = known.sum(axis=1, keepdims=True)
    missing = draws.shape[1] - count
    first_known = np.argsort(~known, axis=1, kind="stable")
    rank = np.cumsum(~known, axis=1) - 1
    spread = np.where(known, 0, rank * count // np.maximum(missing, 1))
    source = np.take_along_axis(first_known, spread, axis=1)
    return np.where(known, draws, np.take_along_axis(draws, source, axis=1))
