"""Days counted from New Year's Day of the lunar year: 0 is New Year's Day, -1 New Year's Eve."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from functools import lru_cache

from gridplan.demand.tables import table

NEW_YEAR_EVE = -1  #: the day of the reunion dinner, as a festival day


class DayType(StrEnum):
    """Kinds of day that differ in their demand, as ``data/household_levels.csv`` names them."""

    NORMAL_WINTER = "normal_winter"  #: a working day in winter, before anybody has come home
    BEFORE_EVE = "before_eve"
    NEW_YEAR_EVE = "new_year_eve"
    DAYS_1_TO_3 = "cny_day1_day3"
    DAYS_4_TO_15 = "cny_day4_day15"


@lru_cache(maxsize=1)
def new_year_days() -> dict[int, dt.date]:
    """New Year's Day of the lunar year that begins in each calendar year, 2015 to 2035.

    Source: five lunar calendar packages that agree on every day (``data/README.md``).
    """
    return {
        int(row["year"]): dt.date.fromisoformat(row["cny_day1"])
        for row in table("festival_days.csv")
    }


def festival_day(date: dt.date, new_year_day: dt.date) -> int:
    """Days from New Year's Day."""
    return (date - new_year_day).days


def date_of(day: int, new_year_day: dt.date) -> dt.date:
    """Date of a festival day."""
    return new_year_day + dt.timedelta(days=day)


def day_type(day: int) -> DayType:
    """Kind of a festival day as homes with returnees live it.

    Homes that nobody has come back to live ``NORMAL_WINTER`` but from the Eve to the third day.
    """
    if day < NEW_YEAR_EVE:
        return DayType.BEFORE_EVE
    if day == NEW_YEAR_EVE:
        return DayType.NEW_YEAR_EVE
    return DayType.DAYS_1_TO_3 if day <= 2 else DayType.DAYS_4_TO_15


def is_festive(day: int) -> bool:
    """From the Eve to the third day of the year every home that is lived in celebrates."""
    return day_type(day) in (DayType.NEW_YEAR_EVE, DayType.DAYS_1_TO_3)
