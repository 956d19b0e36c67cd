"""Curves of transformers, day by day, sorted into winters: ordinary days, and festivals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache

import numpy as np

from gridplan.demand.calendar import new_year_days
from gridplan.demand.screening_area import (
    FIRST_DAY,
    LAST_DAY,
    LEAST_PEAK_DAYS,
    ORDINARY_FROM_DAY,
    PEAK_DAYS,
    WINTER_MONTHS,
    Winter,
    two_hour_load,
)
from gridplan.frozen import Float32Array, FloatArray


class DayKind(Enum):
    """What a measured day is good for."""

    ORDINARY = auto()  #: says the usual level
    FESTIVE = auto()  #: of a festival that is over
    TO_COME = auto()  #: of the festival to be screened, or later: nobody knows it yet
    OTHER = auto()  #: other seasons, and the days between


@lru_cache(maxsize=4096)
def nearest_festival(date: dt.date) -> tuple[int, int]:
    """Year of the nearest New Year's Day, and the festival day."""
    starts = new_year_days()
    year = min(starts, key=lambda one: abs((date - starts[one]).days))
    return year, (date - starts[year]).days


def day_kind(date: dt.date, screened: int) -> DayKind:
    """What a day is good for when the festival of the year ``screened`` is to be forecast."""
    year, day = nearest_festival(date)
    if year > screened or (year == screened and day >= FIRST_DAY):
        return DayKind.TO_COME
    if FIRST_DAY <= day <= LAST_DAY:
        return DayKind.FESTIVE
    if abs(day) > ORDINARY_FROM_DAY and date.month in WINTER_MONTHS:
        return DayKind.ORDINARY
    return DayKind.OTHER


@dataclass(slots=True)
class CurveBook:
    """Measured days of one area while they are read.

    Attributes
    ----------
    screened : year of the festival to be screened
    seen : dates that were read
    highest_kw : highest two-hour load of any of them
    unused : number of days by kind that say nothing
    """

    screened: int
    seen: set[dt.date] = field(default_factory=set)
    highest_kw: float = 0.0
    unused: dict[DayKind, int] = field(default_factory=dict)
    _ordinary: dict[int, list[float]] = field(default_factory=dict)
    _festive: dict[int, dict[int, Float32Array]] = field(default_factory=dict)

    def add(self, date: dt.date, points: FloatArray) -> None:
        """A day's 96 points [kW]; missing ones lie between their neighbours."""
        self.seen.add(date)
        known = np.flatnonzero(np.isfinite(points))
        whole = np.interp(np.arange(len(points)), known, points[known]).astype(np.float32)
        load_kw = float(two_hour_load(whole[None])[0])
        self.highest_kw = max(self.highest_kw, load_kw)
        kind = day_kind(date, self.screened)
        year, day = nearest_festival(date)
        if kind is DayKind.ORDINARY:
            self._ordinary.setdefault(year, []).append(load_kw)
        elif kind is DayKind.FESTIVE:
            self._festive.setdefault(year, {})[day] = whole
        else:
            self.unused[kind] = self.unused.get(kind, 0) + 1

    @property
    def short_festivals(self) -> int:
        """Festivals of which too few days were measured to count."""
        return sum(not _counts(days) for days in self._festive.values())

    def winters(self) -> tuple[Winter, ...]:
        """The winters, ascending."""
        found = []
        for year in sorted(self._ordinary.keys() | self._festive.keys()):
            days = self._festive.get(year, {})
            kept = sorted(days) if _counts(days) else []
            p_kw = np.stack([days[day] for day in kept]) if kept else np.empty((0, 96), np.float32)
            # whatever order the rows came in
            ordinary = np.sort(np.array(self._ordinary.get(year, []), dtype=np.float64))
            if kept or len(ordinary):
                found.append(
                    Winter(year=year, ordinary_kw=ordinary, days=np.array(kept, int), p_kw=p_kw)
                )
        return tuple(found)


def _counts(days: dict[int, Float32Array]) -> bool:
    """Whether enough days around the Eve were measured."""
    first, last = PEAK_DAYS
    return sum(first <= day <= last for day in days) >= LEAST_PEAK_DAYS
