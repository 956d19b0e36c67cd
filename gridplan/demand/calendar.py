"""Days counted from New Year's Day of the lunar year, lunar dates, and seasons.

Festival day 0 is New Year's Day, -1 New Year's Eve: the 29th or 30th of the twelfth month.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from gridplan.demand.tables import table

NEW_YEAR_EVE = -1  #: the day of the reunion dinner, as a festival day
#: Festival days on which homes with returnees live otherwise than on an ordinary day.
FESTIVE_DAYS = (-14, 14)


class DayType(StrEnum):
    """Kinds of day that differ in their demand, as ``data/household_levels.csv`` names them."""

    NORMAL_WINTER = "normal_winter"  #: a working day in winter, before anybody has come home
    BEFORE_EVE = "before_eve"
    NEW_YEAR_EVE = "new_year_eve"
    DAYS_1_TO_3 = "cny_day1_day3"
    DAYS_4_TO_15 = "cny_day4_day15"
    SPRING = "spring"  #: ordinary days of the other seasons: ``data/day_levels.csv``
    SUMMER = "summer"
    AUTUMN = "autumn"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LunarDate:
    """A day of the lunar calendar.

    Attributes
    ----------
    year : the calendar year in which the lunar year begins
    month : 1 to 12; a leap month has the number of the month that it follows
    leap : True in a leap month
    day : 1 to 30
    """

    year: int
    month: int
    leap: bool = False
    day: int


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


def festival_near(date: dt.date) -> int | None:
    """Year of the festival whose ``FESTIVE_DAYS`` hold a date; None on every other day."""
    first, last = FESTIVE_DAYS
    origin = new_year_days().get(date.year)
    near = origin is not None and first <= festival_day(date, origin) <= last
    return date.year if near else None


@lru_cache(maxsize=4096)
def nearest_festival(date: dt.date) -> tuple[int, int]:
    """Year of the nearest New Year's Day, and the festival day."""
    starts = new_year_days()
    year = min(starts, key=lambda one: abs((date - starts[one]).days))
    return year, festival_day(date, starts[year])


@lru_cache(maxsize=1)
def _months() -> tuple[tuple[dt.date, ...], tuple[LunarDate, ...], dt.date]:
    """First days of all lunar months, those days as lunar dates, and the first day after them."""
    rows = table("lunar_months.csv")
    firsts = tuple(dt.date.fromisoformat(row["first_day"]) for row in rows)
    dates = tuple(
        LunarDate(
            year=int(row["lunar_year"]), month=int(row["month"]), leap=row["leap"] == "1", day=1
        )
        for row in rows
    )
    return firsts, dates, firsts[-1] + dt.timedelta(days=int(rows[-1]["days"]))


def lunar_date(date: dt.date) -> LunarDate:
    """Lunar date of a day of 2015 to 2035; ``ValueError`` outside the table."""
    firsts, dates, end = _months()
    if not firsts[0] <= date < end:
        raise ValueError(f"{date} is outside the lunar calendar, {firsts[0]} to {end}")
    at = bisect_right(firsts, date) - 1
    month = dates[at]
    return LunarDate(
        year=month.year, month=month.month, leap=month.leap, day=(date - firsts[at]).days + 1
    )


def date_of_lunar(lunar: LunarDate) -> dt.date:
    """Day of a lunar date; ``ValueError`` where there is none, as the 30th of a month of 29."""
    firsts, dates, end = _months()
    first = LunarDate(year=lunar.year, month=lunar.month, leap=lunar.leap, day=1)
    if first not in dates:
        raise ValueError(f"there is no month {lunar.month} (leap: {lunar.leap}) in {lunar.year}")
    at = dates.index(first)
    date = firsts[at] + dt.timedelta(days=lunar.day - 1)
    after = firsts[at + 1] if at + 1 < len(firsts) else end
    if not firsts[at] <= date < after:
        raise ValueError(
            f"month {lunar.month} of {lunar.year} has {(after - firsts[at]).days} days"
        )
    return date


_MONTHS = ("正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊")
_DIGITS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
#: Days that have a name of their own, by month and day; the Eve is the last day of the year.
_NAMED = {
    (1, 1): "春节", (1, 15): "元宵", (5, 5): "端午", (7, 15): "中元", (8, 15): "中秋",
    (9, 9): "重阳", (12, 8): "腊八", (12, 23): "北方小年", (12, 24): "南方小年",
}  # fmt: skip


def lunar_label(date: dt.date) -> str:
    """Lunar date as people say it, e.g. "腊月廿九 除夕" on 2027-02-05."""
    lunar = lunar_date(date)
    tens, ones = divmod(lunar.day - 1, 10)
    if lunar.day in (20, 30):
        day = {20: "二十", 30: "三十"}[lunar.day]
    else:
        day = ("初", "十", "廿")[tens] + _DIGITS[ones]
    label = f"{'闰' if lunar.leap else ''}{_MONTHS[lunar.month - 1]}月{day}"
    if date + dt.timedelta(days=1) in new_year_days().values():
        return f"{label} 除夕"
    name = None if lunar.leap else _NAMED.get((lunar.month, lunar.day))
    return f"{label} {name}" if name else label
