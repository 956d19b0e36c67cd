"""How a day of an occupied home changes with the years and the temperature, over all areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridplan.demand.area_record import (
    GROUP_STARTS,
    ORDINARY,
    Festival,
    group_of,
    known_mean,
    lived_in,
    usual_day_kw,
)
from gridplan.demand.presence import occupied
from gridplan.frozen import BoolArray, FloatArray, IntArray

#: The trend that is assumed before anything is seen [1/year], its standard deviation, and that of
#: what a year does to all areas alike: three festivals say little about a trend (assumptions).
_USUAL_TREND, _TREND_SD, _COMMON_SD = 0.03, 0.05, 0.1
#: Correlation of a day's temperature with that of the day before, where none is known (assumption).
_WEATHER_CORRELATION = 0.7
#: Days with and without visitors that the assumption "no difference" weighs against.
_VISIT_DAYS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trend:
    """How a day of an occupied home changes, over all areas; factors are ``exp`` of these.

    Attributes
    ----------
    per_year : float (2,) -- of ordinary days, of festival days [1/year]
    per_c : float (2,) -- by daily mean temperature, of ordinary and of festival days [1/K]
    visited : what a lived-in home draws more on festival days on which the register has visitors
    usual_c : temperature that levels are brought to
    sd_c : standard deviation of the daily temperature around it
    day_to_day : correlation of a day's temperature with that of the day before
    """

    per_year: FloatArray
    per_c: FloatArray
    visited: float
    usual_c: float
    sd_c: float
    day_to_day: float

    def visits(self, festival: Festival, lives_in: BoolArray, days: IntArray) -> FloatArray:
        """Factor (home, day) of visitors that the register has in homes that are lived in."""
        festive = group_of(days) != ORDINARY
        return np.exp(self.visited * (festival.expected(days) & festive & lives_in[:, None]))

    def factor(self, festival: Festival, year: int) -> FloatArray:
        """Factor (day,) that brings days of a festival to a year at the usual temperature."""
        festive = (group_of(festival.days) != ORDINARY).astype(np.int64)
        colder = np.where(
            np.isnan(festival.temperature_c), 0.0, self.usual_c - festival.temperature_c
        )
        return np.exp(
            self.per_year[festive] * (year - festival.year) + self.per_c[festive] * colder
        )


def fit_trend(past: Sequence[tuple[Festival, ...]]) -> Trend:
    """Least squares of log day means on year and temperature, within area and kind of day."""
    past = [festivals for festivals in past if festivals]
    rows, temperatures = [], []
    for place, festivals in enumerate(past):
        usual_kw = usual_day_kw(festivals)
        for one, mean_kw in zip(festivals, _area_days(festivals, usual_kw), strict=True):
            temperatures.append(one.temperature_c[np.isfinite(one.temperature_c)])
            good = np.isfinite(mean_kw) & np.isfinite(one.temperature_c)
            group = group_of(one.days)
            cell = place * len(GROUP_STARTS) + group
            festive = (group != ORDINARY).astype(float)
            year = np.full(len(group), float(one.year))
            columns = [cell, festive, year, one.temperature_c, np.log(np.where(good, mean_kw, 1.0))]
            rows.append(np.stack(columns)[:, good])
    warm = np.concatenate(temperatures) if temperatures else np.empty(0)
    if not warm.size or not sum(part.shape[1] for part in rows):
        return _no_trend(warm)
    cell, festive, year, c, y = np.concatenate(rows, axis=1)
    x = np.stack([year * (1 - festive), year * festive, c * (1 - festive), c * festive], axis=1)
    _, number = np.unique(cell, return_inverse=True)
    count = np.bincount(number)

    def within(values: FloatArray) -> FloatArray:
        return values - (np.bincount(number, values) / count)[number]

    x = np.stack([within(column) for column in x.T], axis=1)
    found = np.linalg.lstsq(x, within(y), rcond=None)[0]
    apart = np.unique(year) - np.unique(year).mean()
    spread = float((apart**2).sum())
    weight = _TREND_SD**2 / (_TREND_SD**2 + _COMMON_SD**2 / max(spread, 1e-9))
    per_c = np.clip(found[2:], -0.15, 0.05)
    return Trend(
        per_year=_USUAL_TREND + weight * (found[:2] - _USUAL_TREND),
        per_c=per_c,
        visited=_visited(past, per_c),
        usual_c=float(warm.mean()),
        sd_c=float(warm.std()),
        day_to_day=_day_to_day(past, float(warm.mean())),
    )


def _day_to_day(past: Sequence[tuple[Festival, ...]], usual_c: float) -> float:
    """Correlation of one day's temperature with the next, over the festivals of one area each."""
    deviations = {one.year: one.temperature_c - usual_c for festivals in past for one in festivals}
    before = np.concatenate([values[:-1] for values in deviations.values()])
    after = np.concatenate([values[1:] for values in deviations.values()])
    known = np.isfinite(before) & np.isfinite(after)
    square = float(np.sum(before[known] ** 2))
    if square <= 0:
        return _WEATHER_CORRELATION
    return float(np.clip(np.sum(before[known] * after[known]) / square, 0.0, 0.95))


def _visited(past: Sequence[tuple[Festival, ...]], per_c: FloatArray) -> float:
    """Least squares within home and kind of day: log day means on whether visitors are expected."""
    square = product = 0.0
    for festivals in past:
        usual_kw = usual_day_kw(festivals)
        logs, visits, kinds = [], [], []
        for one in festivals:
            group, mean_kw = group_of(one.days), one.mean_kw
            use = (occupied(mean_kw, usual_kw) == 1) & (group != ORDINARY)
            use &= lived_in(one, usual_kw)[:, None] & np.isfinite(one.temperature_c)
            log = np.log(np.where(use, mean_kw, 1.0)) - per_c[1] * np.nan_to_num(one.temperature_c)
            logs.append(np.where(use, log, np.nan))
            visits.append(np.where(use, one.expected(one.days), np.nan))
            kinds.append(group)
        log, visit = np.concatenate(logs, axis=1), np.concatenate(visits, axis=1)
        group = np.concatenate(kinds)
        for kind in np.unique(group[group != ORDINARY]):
            x, y = (values[:, group == kind] for values in (visit, log))
            x, y = (values - known_mean(values)[:, None] for values in (x, y))
            square += float(np.nansum(x * x))
            product += float(np.nansum(x * y))
    return float(np.clip(product / (square + _VISIT_DAYS), 0.0, 1.0))


def _area_days(festivals: Sequence[Festival], usual_kw: FloatArray) -> list[FloatArray]:
    """Per festival the mean power of its occupied homes (day,), NaN on days with too few."""
    means = []
    for one in festivals:
        mean_kw = one.mean_kw
        there = occupied(mean_kw, usual_kw) == 1
        count = there.sum(axis=0)
        total = np.where(there, mean_kw, 0.0).sum(axis=0)
        means.append(np.where(total > 0, total / np.maximum(count, 1), np.nan))
    return means


def _no_trend(warm: FloatArray) -> Trend:
    """The trend where nothing is known of it; the temperature then changes nothing."""
    return Trend(
        per_year=np.full(2, _USUAL_TREND),
        per_c=np.zeros(2),
        visited=0.0,
        usual_c=float(warm.mean()) if warm.size else 0.0,
        sd_c=float(warm.std()) if warm.size else 0.0,
        day_to_day=_WEATHER_CORRELATION,
    )
