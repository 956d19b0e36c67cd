"""What a day of the calendar is good for, when a festival is to be forecast."""

from __future__ import annotations

import datetime as dt
from enum import Enum, auto

from gridplan.demand.calendar import nearest_festival
from gridplan.demand.screening_area import (
    FIRST_DAY,
    LAST_DAY,
    ORDINARY_FROM_DAY,
    WINTER_MONTHS,
)


class DayKind(Enum):
    """What a measured day is good for."""

    ORDINARY = auto()  #: says the usual level
    FESTIVE = auto()  #: of a festival that is over
    TO_COME = auto()  #: of the festival to be screened, or later: nobody knows it yet
    OTHER = auto()  #: other seasons, and the days between


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
