"""The days without planned outages, by the lunar calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from gridplan.demand.calendar import lunar_date, new_year_days
from gridplan.demand.no_outage import no_outage_days, outage_refusal


@pytest.mark.parametrize(
    ("year", "first", "last"),
    [
        (2024, dt.date(2024, 2, 7), dt.date(2024, 2, 16)),  # the last month has 30 days
        (2026, dt.date(2026, 2, 15), dt.date(2026, 2, 23)),  # 29 days
        (2027, dt.date(2027, 2, 4), dt.date(2027, 2, 12)),
    ],
)
def test_days_of_some_years(year: int, first: dt.date, last: dt.date) -> None:
    assert no_outage_days(year) == (first, last)


@pytest.mark.parametrize("year", sorted(new_year_days())[1:-1])
def test_refusals_are_exactly_these_days(year: int) -> None:
    days = no_outage_days(year)
    assert days is not None
    around = [new_year_days()[year] + dt.timedelta(days=k) for k in range(-40, 40)]
    assert [day for day in around if outage_refusal(day)] == [
        day for day in around if days[0] <= day <= days[1]
    ]
    assert (lunar_date(days[0]).month, lunar_date(days[0]).day) == (12, 28)
    assert (lunar_date(days[1]).month, lunar_date(days[1]).day) == (1, 7)


def test_outside_the_calendar_nothing_is_known() -> None:
    assert no_outage_days(2050) is None
    assert outage_refusal(dt.date(2050, 1, 24)) is None
