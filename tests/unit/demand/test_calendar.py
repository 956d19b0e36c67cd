"""Festival days against dates that are published elsewhere."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridplan.demand.calendar import (
    NEW_YEAR_EVE,
    DayType,
    LunarDate,
    date_of,
    date_of_lunar,
    day_type,
    festival_day,
    festival_near,
    is_festive,
    lunar_date,
    lunar_label,
    new_year_days,
)
from gridplan.demand.tables import table

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


@pytest.mark.parametrize(
    ("date", "label"),
    [
        ("2027-02-05", "腊月廿九 除夕"),  # a last month of 29 days
        ("2024-02-09", "腊月三十 除夕"),  # and one of 30
        ("2027-02-06", "正月初一 春节"),
        ("2027-02-20", "正月十五 元宵"),
        ("2025-07-25", "闰六月初一"),
        ("2015-01-01", "冬月十一"),
        ("2026-09-25", "八月十五 中秋"),
        ("2020-10-01", "八月十五 中秋"),  # National Day and Mid-Autumn on one day
        ("2033-12-22", "闰冬月初一"),  # the leap month that tables disagree about
        ("2030-01-22", "腊月十九"),
        ("2035-12-31", "腊月初三"),
        ("2023-01-31", "正月初十"),
        ("2019-01-25", "腊月二十"),
    ],
)
def test_lunar_labels(date: str, label: str) -> None:
    assert lunar_label(dt.date.fromisoformat(date)) == label


@given(st.dates(dt.date(2015, 1, 1), dt.date(2035, 12, 31)))
def test_every_day_has_one_lunar_date(date: dt.date) -> None:
    lunar = lunar_date(date)
    assert date_of_lunar(lunar) == date
    assert (
        lunar < lunar_date(date + dt.timedelta(days=1))
        or lunar.leap != lunar_date(date + dt.timedelta(days=1)).leap
    )
    assert lunar_label(date)


def new_moon(number: int) -> dt.datetime:
    """New moon in Beijing time, after J. Meeus, Astronomical Algorithms, ch. 49: to two minutes."""
    t = number / 1236.85
    e = 1 - 0.002516 * t
    sun = math.radians(2.5534 + 29.10535670 * number)
    moon = math.radians(201.5643 + 385.81693528 * number + 0.0107582 * t * t)
    lat = math.radians(160.7108 + 390.67050284 * number)
    node = math.radians(124.7746 - 1.56375588 * number)
    sin = math.sin
    days = 29.530588861 * number + 0.00015437 * t * t - 0.40720 * sin(moon) + 0.17241 * e * sin(sun)
    days += 0.01608 * sin(2 * moon) + 0.01039 * sin(2 * lat) + 0.00739 * e * sin(moon - sun)
    days += 0.00208 * e * e * sin(2 * sun) - 0.00514 * e * sin(moon + sun)
    days -= 0.00111 * sin(moon - 2 * lat) + 0.00057 * sin(moon + 2 * lat)
    days += 0.00056 * e * sin(2 * moon + sun) - 0.00042 * sin(3 * moon)
    days += 0.00042 * e * sin(sun + 2 * lat) + 0.00038 * e * sin(sun - 2 * lat)
    days -= 0.00024 * e * sin(2 * moon - sun) + 0.00017 * sin(node)
    # 2451545.0 is noon of 1 January 2000; the clock runs 70 s behind dynamical time
    epoch = dt.datetime(2000, 1, 1, 12) + dt.timedelta(days=2451550.09766 - 2451545.0)
    return epoch + dt.timedelta(days=days, seconds=-70, hours=8)


def test_lunar_months_begin_at_the_new_moon() -> None:
    minutes = dt.timedelta(minutes=5)
    for row in table("lunar_months.csv"):
        first = dt.date.fromisoformat(row["first_day"])
        moon = new_moon(round((first - dt.date(2000, 1, 6)).days / 29.530588861))
        assert first in ((moon - minutes).date(), (moon + minutes).date())


def sun_degree(date: dt.date) -> float:
    """Apparent longitude of the sun at midnight in Beijing, after Meeus, ch. 25: to 0.01 degree."""
    t = ((date - dt.date(2000, 1, 1)).days - 0.5 - 8 / 24) / 36525
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t * t
    anomaly = math.radians(357.52911 + 35999.05029 * t)
    centre = (1.914602 - 0.004817 * t) * math.sin(anomaly) + 0.019993 * math.sin(2 * anomaly)
    node = math.radians(125.04 - 1934.136 * t)
    return (mean + centre - 0.00569 - 0.00478 * math.sin(node)) % 360


def test_leap_months_hold_no_major_solar_term_and_the_eleventh_the_solstice() -> None:
    """The rule of the calendar (GB/T 33661-2017); it also settles 2033."""
    for row in table("lunar_months.csv"):
        first = dt.date.fromisoformat(row["first_day"])
        after = first + dt.timedelta(days=int(row["days"]))
        begins, ends = sun_degree(first), sun_degree(after)
        if row["leap"] == "1":
            assert begins // 30 == ends // 30, row
        elif row["month"] == "11":
            assert begins < 270 <= ends, row


def test_no_such_lunar_date() -> None:
    with pytest.raises(ValueError, match="29 days"):
        date_of_lunar(LunarDate(year=2026, month=12, day=30))
    with pytest.raises(ValueError, match="no month 6"):
        date_of_lunar(LunarDate(year=2026, month=6, leap=True, day=1))
    with pytest.raises(ValueError, match="outside"):
        lunar_date(dt.date(2036, 6, 1))


def test_days_near_the_festival() -> None:
    assert festival_near(dt.date(2027, 2, 5)) == 2027
    assert festival_near(dt.date(2027, 1, 23)) == 2027
    assert festival_near(dt.date(2027, 1, 22)) is None
    assert festival_near(dt.date(2027, 7, 1)) is None
