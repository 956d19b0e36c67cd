"""Curves of transformers, day by day, sorted into winters: ordinary days, and festivals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from gridplan.demand.calendar import nearest_festival
from gridplan.demand.screening_area import (
    LEAST_PEAK_DAYS,
    PEAK_DAYS,
    Winter,
    two_hour_load,
)
from gridplan.demand.screening_days import DayKind, day_kind
from gridplan.demand.screening_weather import Temperatures
from gridplan.frozen import Float32Array, FloatArray


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
    _ordinary: dict[int, dict[dt.date, float]] = field(default_factory=dict)
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
            self._ordinary.setdefault(year, {})[date] = load_kw
        elif kind is DayKind.FESTIVE:
            self._festive.setdefault(year, {})[day] = whole
        else:
            self.unused[kind] = self.unused.get(kind, 0) + 1

    @property
    def short_festivals(self) -> int:
        """Festivals of which too few days were measured to count."""
        return sum(not _counts(days) for days in self._festive.values())

    def winters(
        self, temperatures: Temperatures, usual_c: tuple[float, float]
    ) -> tuple[Winter, ...]:
        """The winters, ascending.

        Parameters
        ----------
        temperatures : of the county
        usual_c : what is usual on ordinary days, and at the time of the festival [°C]
        """
        found = []
        for year in sorted(self._ordinary.keys() | self._festive.keys()):
            ordinary, days = self._ordinary.get(year, {}), self._festive.get(year, {})
            kept = sorted(days) if _counts(days) else []
            p_kw = np.stack([days[day] for day in kept]) if kept else np.empty((0, 96), np.float32)
            if kept or ordinary:
                found.append(
                    Winter(
                        year=year,
                        # whatever order the rows came in
                        ordinary_kw=np.sort(np.array(list(ordinary.values()), dtype=np.float64)),
                        days=np.array(kept, dtype=np.int64),
                        p_kw=p_kw,
                        ordinary_colder_c=usual_c[0] - temperatures.of_days(sorted(ordinary)),
                        festival_colder_c=usual_c[1] - temperatures.of_festival(year),
                    )
                )
        return tuple(found)


def _counts(days: dict[int, Float32Array]) -> bool:
    """Whether enough days around the Eve were measured."""
    first, last = PEAK_DAYS
    return sum(first <= day <= last for day in days) >= LEAST_PEAK_DAYS
