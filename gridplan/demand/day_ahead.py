"""Tomorrow from the days that meters have just seen: an ensemble of analog days.

A draw takes one of the past days, the same one for all meters, so that homes keep what they have in
common and every home keeps its own day. Recent days count more, and days of the same kind (working
day or weekend). Its level is moved to that of the last days, by as much as one day's level has
followed the days before it so far.
"""

from __future__ import annotations

import numpy as np

from gridplan.frozen import BoolArray, FloatArray

#: Days after which a day counts less by 1/e, and what a day of the other kind counts: chosen on the
#: Spanish meters of ``tests/validation/spanish_meters``, where 7 to 100 days hardly differ.
_MEMORY_DAYS, _OTHER_KIND = 14.0, 0.2
#: Days whose mean is the present level.
_RECENT_DAYS = 3


def day_ahead(p_kw: FloatArray, weekend: BoolArray, n_draw: int = 200) -> FloatArray:
    """Draws of the day after the last one: float (meter, draw, step) [kW].

    Parameters
    ----------
    p_kw : float (meter, day, step) -- measured days, the last one is yesterday; NaN where missing
    weekend : bool (day + 1,) -- kind of each measured day and of the day to forecast
    n_draw : draws; they share the past days by their weights, none of them at random

    Raises ``ValueError`` with fewer than two days, or when the shapes do not fit.
    """
    n_day = p_kw.shape[1]
    if n_day < 2 or len(weekend) != n_day + 1:
        raise ValueError(
            f"{n_day} days and {len(weekend)} kinds: give two days or more, and one kind more"
        )
    age = np.arange(n_day - 1, -1, -1)
    weight = np.exp(-age / _MEMORY_DAYS) * np.where(weekend[:-1] == weekend[-1], 1.0, _OTHER_KIND)
    share = np.cumsum(weight) / weight.sum()
    chosen = np.searchsorted(share, (np.arange(n_draw) + 0.5) / n_draw)
    draws = p_kw[:, chosen] * _level(p_kw)[:, chosen, None]
    known = np.isfinite(draws)
    count = known.sum(axis=1, keepdims=True)
    mean = np.where(known, draws, 0.0).sum(axis=1, keepdims=True) / np.where(
        count > 0, count, np.nan
    )
    return np.where(known, draws, mean)


def _level(p_kw: FloatArray) -> FloatArray:
    """Factor (1, day) that moves each day of all meters together to the present level.

    By the meters that have every day: others would make their missing days look like low demand.
    """
    whole = np.isfinite(p_kw).all(axis=(1, 2))
    if p_kw.shape[1] <= _RECENT_DAYS + 2 or not whole.any():
        return np.ones((1, p_kw.shape[1]))
    total = np.log(np.maximum(p_kw[whole].mean(axis=2).sum(axis=0), 1e-9))
    before = np.convolve(total, np.ones(_RECENT_DAYS) / _RECENT_DAYS, mode="valid")
    anomaly = before[:-1] - total.mean()
    follows = float(
        (anomaly * (total[_RECENT_DAYS:] - total.mean())).sum() / max((anomaly**2).sum(), 1e-12)
    )
    expected = total.mean() + np.clip(follows, 0.0, 1.0) * (before[-1] - total.mean())
    return np.exp(np.clip(follows, 0.0, 1.0) * (expected - total))[None, :]
