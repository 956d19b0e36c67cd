"""How cold the measured days of a county were, against what is usual."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass, field

from gridplan.demand.calendar import nearest_festival, new_year_days
from gridplan.demand.screening_area import FIRST_DAY, PEAK_DAYS
from gridplan.demand.screening_days import DayKind, day_kind

USUAL_DAYS = 10  #: days of the calendar around a festival that say what is usual then (A)
_PEAK = range(PEAK_DAYS[0], PEAK_DAYS[1] + 1)


@dataclass(slots=True)
class Temperatures:
    """Daily mean temperatures that are known before the festival of the year ``screened``.

    Attributes
    ----------
    screened : year of the festival to be screened
    mean_c : by date [°C]
    to_come : days that were left out, because nobody knows them yet
    """

    screened: int
    mean_c: dict[dt.date, float] = field(default_factory=dict)
    to_come: int = 0

    def add(self, date: dt.date, mean_c: float) -> None:
        """A day."""
        if date >= new_year_days()[self.screened] + dt.timedelta(days=FIRST_DAY):
            self.to_come += 1
        else:
            self.mean_c[date] = mean_c

    def usual_ordinary_c(self) -> float:
        """Mean of all ordinary winter days that are known; NaN where there are none."""
        kinds = (day_kind(date, self.screened) for date in self.mean_c)
        return _mean(
            [
                value
                for value, kind in zip(self.mean_c.values(), kinds, strict=True)
                if kind is DayKind.ORDINARY
            ]
        )

    def usual_festival_c(self) -> float:
        """What is usual at the time of the festival to be screened.

        Mean of the days of past winters around the same dates; NaN where none is known.
        """
        by_winter: dict[int, list[float]] = {}
        first, last = (
            new_year_days()[self.screened] + dt.timedelta(days=day)
            for day in (PEAK_DAYS[0] - USUAL_DAYS, PEAK_DAYS[1] + USUAL_DAYS)
        )
        for date, value in self.mean_c.items():
            year, _ = nearest_festival(date)
            past = dt.timedelta(days=round(365.25 * (self.screened - year)))
            if first - past <= date <= last - past and year < self.screened:
                by_winter.setdefault(year, []).append(value)
        return _mean([_mean(values) for values in by_winter.values()])

    def of_days(self, dates: Collection[dt.date]) -> float:
        """Mean over days; NaN unless most of them are known."""
        known = [self.mean_c[date] for date in dates if date in self.mean_c]
        return _mean(known) if 2 * len(known) > len(dates) else math.nan

    def of_festival(self, year: int) -> float:
        """Mean from the Eve to the fourth day of a festival."""
        start = new_year_days()[year]
        return self.of_days([start + dt.timedelta(days=day) for day in _PEAK])


def _mean(values: Collection[float]) -> float:
    return sum(values) / len(values) if values else math.nan
