"""The days around the New Year on which no outage is planned.

From the 28th of the last lunar month to the 7th of the first crews are on duty and supply is not
interrupted on purpose (practice of the stations, status K: own knowledge of the trade).
"""

from __future__ import annotations

import datetime as dt

from gridplan.demand.calendar import lunar_date, lunar_label, new_year_days

FIRST_DAY = 28  #: of the twelfth lunar month
LAST_DAY = 7  #: of the first lunar month
_LAST_MONTH = 12


def is_no_outage_day(day: dt.date) -> bool:
    """Whether no outage is planned on that day.

    None of those outside the lunar calendar's table (2015 to 2035) is known to be one.
    """
    try:
        lunar = lunar_date(day)
    except ValueError:
        return False
    at_end = lunar.month == _LAST_MONTH and lunar.day >= FIRST_DAY
    at_begin = lunar.month == 1 and lunar.day <= LAST_DAY
    return not lunar.leap and (at_end or at_begin)


def outage_refusal(day: dt.date) -> str | None:
    """Why no outage is planned on that day; None when there is no such reason."""
    if not is_no_outage_day(day):
        return None
    return (
        f"{day} is {lunar_label(day)}: no planned outage from the {FIRST_DAY}th of the last lunar "
        f"month to the {LAST_DAY}th of the first (腊月廿八至正月初七)"
    )


def no_outage_days(festival_year: int) -> tuple[dt.date, dt.date] | None:
    """First and last day without planned outages around New Year's Day of a calendar year."""
    new_year_day = new_year_days().get(festival_year)
    if new_year_day is None:
        return None
    eve = new_year_day - dt.timedelta(days=1)
    first = eve - dt.timedelta(days=lunar_date(eve).day - FIRST_DAY)
    return first, new_year_day + dt.timedelta(days=LAST_DAY - 1)
