"""Measured days that a forecast lends its homes: shapes and coincidence as they were.

A draw takes one measured day of the kind for the whole village. A home that was there takes its own
curve of that day, one that was not a day of its own of that kind; with probability 1 / (n + 1) of n
own days, and without any, that of a home of like size on the village's day, since tomorrow exceeds
all of n days so often. Curves are over the home's own level, and without what all homes of a day
had in common: that is drawn beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridplan.demand.area_record import GROUP_STARTS, ORDINARY, Festival, group_of, known_mean
from gridplan.demand.profiles import QUARTERS
from gridplan.demand.streams import Streams
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray

#: Homes of like size that lend a day: so many smaller and so many larger ones (assumption).
_NEIGHBOURS = 10
#: Homes that must have been there on a day of the village.
_LEAST_HOMES = 3
#: What festivals and days of one home are taken to differ by before any is seen, and the homes that
#: this weighs against those that were (assumptions).
_USUAL_YEAR_SD, _USUAL_DAY_SD, _USUAL_HOMES = 0.2, 0.35, 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LentDays:
    """Measured days by kind of day.

    Attributes
    ----------
    curves : per kind, float32 (home, source, 96) -- power over the home's own level of that kind
    there : per kind, bool (home, source) -- the home was there, and its curve is known
    """

    curves: tuple[Float32Array, ...]
    there: tuple[BoolArray, ...]

    @property
    def count(self) -> IntArray:
        """Days of each home by kind: int (home, group)."""
        return np.stack([there.sum(axis=1) for there in self.there], axis=1)

    @property
    def measured(self) -> BoolArray:
        """Kinds of day of which some day was measured: bool (group,)."""
        return np.array([there.shape[1] > 0 for there in self.there])

    def draw(
        self, kinds: IntArray, level_kw: FloatArray, streams: Streams, draw: int
    ) -> Float32Array:
        """Curves (home, day, 96) over the homes' levels, for days of some kinds (day,).

        ``level_kw`` (home, group) says which homes are alike; 0 on kinds that were not measured.
        """
        n_home, n_day = len(level_kw), len(kinds)
        random = streams.generator("lent days", draw)
        source, chance = random.random(n_day), random.random((3, n_home, n_day))
        homes = np.arange(n_home)
        found = np.zeros((n_home, n_day, QUARTERS), dtype=np.float32)
        for day, kind in enumerate(kinds.tolist()):
            there = self.there[kind]
            if not there.shape[1]:
                continue
            today = int(source[day] * there.shape[1])
            count = there.sum(axis=1)
            nth = (chance[1, :, day] * count).astype(np.int64)
            other = np.argsort(~there, axis=1, kind="stable")[homes, nth]
            lender = _alike(level_kw[:, kind], there[:, today], chance[2, :, day])
            own = chance[0, :, day] < count / (count + 1.0)
            who = np.where(own, homes, lender)
            at = np.where(own & ~there[:, today], other, today)
            found[:, day] = self.curves[kind][who, at]
        return found


def _alike(level_kw: FloatArray, there: BoolArray, chance: FloatArray) -> IntArray:
    """For each home one of those that were there, of like level (home,)."""
    ranked = np.flatnonzero(there)
    ranked = ranked[np.argsort(level_kw[ranked], kind="stable")]
    rank = np.searchsorted(level_kw[ranked], level_kw)
    rank = rank + np.floor((2 * chance - 1) * _NEIGHBOURS).astype(np.int64)
    # beyond the largest or the smallest one turns back
    last = len(ranked) - 1
    rank = np.where(rank < 0, -rank, np.where(rank > last, 2 * last - rank, rank))
    return ranked[np.clip(rank, 0, last)]


def lent_days(
    festivals: Sequence[Festival], there: Sequence[BoolArray], factors: Sequence[FloatArray]
) -> LentDays:
    """Collect the days of some festivals.

    Of each festival the homes that were there (home, day), and what brings the mean power of a home
    to the year and temperature of the study (home, day) or (1, day).
    """
    curves: list[Float32Array] = []
    known: list[BoolArray] = []
    for kind in range(len(GROUP_STARTS)):
        p_kw, mean_kw, here = [], [], []
        for one, at_home, factor in zip(festivals, there, factors, strict=True):
            mean = one.mean_kw
            lit = at_home & (mean > 0)
            use = (group_of(one.days) == kind) & (lit.sum(axis=0) >= _LEAST_HOMES)
            p_kw.append(one.p_kw[:, use])
            mean_kw.append((mean * factor)[:, use])
            here.append(lit[:, use])
        known.append(np.concatenate(here, axis=1))
        p, means = np.concatenate(p_kw, axis=1), np.concatenate(mean_kw, axis=1)
        curves.append(_curves(p, means, known[-1]))
    return LentDays(curves=tuple(curves), there=tuple(known))


def own_spread(
    festivals: Sequence[Festival],
    there: Sequence[BoolArray],
    factors: Sequence[FloatArray],
    level_kw: FloatArray,
) -> tuple[float, float]:
    """How far festivals of one home differ beside the village's, and how far its days do.

    Standard deviations of the logarithm, with the assumed ones as some more homes; ``level_kw`` is
    (home, group), the rest as for ``lent_days``.
    """
    means, rest = [], []
    for one, at_home, factor in zip(festivals, there, factors, strict=True):
        mean, group = one.mean_kw * factor, group_of(one.days)
        use = at_home & (mean > 0) & (group != ORDINARY)
        use[:, use.sum(axis=0) < _LEAST_HOMES] = False
        level = np.where(use, level_kw[:, group], 1.0)
        off = np.where(use, np.log(np.where(use, mean, 1.0) / level), np.nan)
        off -= known_mean(off.T)
        means.append(known_mean(off))
        rest.append(off - means[-1][:, None])
    by_festival, days = np.stack(means, axis=1), np.concatenate(rest, axis=1)
    count, n_day = np.isfinite(by_festival).sum(axis=1), np.isfinite(days).sum(axis=1)
    off = by_festival - known_mean(by_festival)[:, None]
    freedom = float(np.maximum(count - 1, 0).sum())
    # the mean of a festival's days is off by what its days are off by
    of_days = float(np.nansum(days**2)) / max(float((n_day - count).sum()), 1.0)
    of_means = float(np.nansum(off**2)) - of_days * freedom * count.sum() / max(n_day.sum(), 1)
    year = (max(of_means, 0.0) + _USUAL_HOMES * _USUAL_YEAR_SD**2) / (freedom + _USUAL_HOMES)
    day = (of_days * freedom + _USUAL_HOMES * _USUAL_DAY_SD**2) / (freedom + _USUAL_HOMES)
    return float(np.sqrt(year)), float(np.sqrt(day))


def _curves(p_kw: Float32Array, mean_kw: FloatArray, lit: BoolArray) -> Float32Array:
    """Curves (home, source, 96) over the home's level, without what the day had in common."""
    count = np.maximum(lit.sum(axis=1, keepdims=True), 1)
    own = np.where(lit, mean_kw, 0.0).sum(axis=1, keepdims=True) / count
    total = np.where(lit, mean_kw, 0.0).sum(axis=0)
    common = total / np.maximum(np.where(lit, own, 0.0).sum(axis=0), 1e-9)
    relative = np.where(lit, mean_kw / np.where(own > 0, own * common, 1.0), 0.0)
    shape = _filled(np.where(lit[:, :, None], p_kw, 0.0))
    level = shape.mean(axis=2, keepdims=True)
    shape = np.where(level > 0, shape / np.where(level > 0, level, 1.0), 0.0)
    return np.asarray(shape * relative[:, :, None], dtype=np.float32)


def _filled(p_kw: FloatArray) -> FloatArray:
    """Curves (home, source, 96) with missing points between their neighbours."""
    filled = p_kw.copy()
    at = np.arange(p_kw.shape[2])
    for home, source in np.argwhere(np.isnan(p_kw).any(axis=2)):
        known = np.isfinite(p_kw[home, source])
        if known.any():
            filled[home, source] = np.interp(at, at[known], p_kw[home, source, known])
        else:
            filled[home, source] = 0.0
    return filled
