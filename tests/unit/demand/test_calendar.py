"""Festival days against dates that are published elsewhere."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from gridplan.demand.calendar import (
    NEW_YEAR_EVE,
    DayType,
    date_of,
    day_type,
    festival_day,
    is_festive,
    new_year_days,
)

#: State Council notices and almanacs: (year, New Year's Day).
KNOWN = [
    (2015, dt.date(2015, 2, 19)),
    (2021, dt.date(2021, 2, 12)),
    (2026, dt.date(2026, 2, 17)),
    (2027, dt.date(2027, 2, 6)),
    (2033, dt.date(2033, 1, 31)),
]


@pytest.mark.parametrize(("year", "date"), KNOWN)
def test_new_year_days(year: int, date: dt.date) -> None:
    assert new_year_days()[year] == date


def test_calendar_is_complete_and_lunar() -> None:
    days = list(new_year_days().values())
    assert len(days) == 21
    months = [(after - before).days / 29.530588 for before, after in pairwise(days)]
    assert all(abs(count - round(count)) < 0.05 and round(count) in (12, 13) for count in months)


def test_days_count_from_new_years_day() -> None:
    origin = dt.date(2027, 2, 6)
    assert festival_day(dt.date(2027, 2, 5), origin) == NEW_YEAR_EVE
    assert date_of(NEW_YEAR_EVE, origin) == dt.date(2027, 2, 5)


def test_day_types_follow_each_other() -> None:
    assert [day_type(day) for day in (-10, -2, -1, 0, 2, 3, 15)] == [
        DayType.BEFORE_EVE,
        DayType.BEFORE_EVE,
        DayType.NEW_YEAR_EVE,
        DayType.DAYS_1_TO_3,
        DayType.DAYS_1_TO_3,
        DayType.DAYS_4_TO_15,
        DayType.DAYS_4_TO_15,
    ]
    assert [day for day in range(-10, 16) if is_festive(day)] == [-1, 0, 1, 2]
