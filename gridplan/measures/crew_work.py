"""What crews can do in a village, and what that prevents: the input of the crew programme."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gridplan.demand.calendar import festival_near
from gridplan.demand.no_outage import is_no_outage_day, no_outage_days

LEAST_H = 0.1  #: no work takes a crew less (assumption)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One way of curing a village, done by a crew in one go.

    Attributes
    ----------
    label : what is done, in one line
    action : the heaviest of its measures, e.g. "move", "reconductor", "uprate"
    crew_h : hours of a crew of five in the village [h]
    prevented_h : expected hours of overload that it prevents [h]
    lead_days : days from the order of its material to the work
    assumed : crew hours are an assumption, for the plan does not say them
    """

    label: str
    action: str
    crew_h: float
    prevented_h: float
    lead_days: float = 0.0
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageWork:
    """A village with the packages of its plan, of which at most one is done.

    Attributes
    ----------
    name : of the feeder
    scenario : the scenario that hours are those of
    overload_h : expected hours of overload if nothing is done [h]
    harm_h : expected harm if nothing is done [customer hours]; None where it was not assessed
    customers : number of customers
    packages : what a crew can do; may be empty
    why_none : why there is none, "" where there is any
    unpriced : measures that would prevent something, but whose crew hours the plan does not give
    first_day : first day of the plan's period, None where the plan does not say it
    where : file of the plan
    """

    name: str
    scenario: str
    overload_h: float
    harm_h: float | None
    customers: int
    packages: tuple[Package, ...]
    why_none: str = ""
    unpriced: tuple[str, ...] = ()
    first_day: dt.date | None = None
    where: str = ""


def last_work_day(first_day: dt.date) -> dt.date:
    """Last day on which crews can prevent what happens in a period.

    Before a festival 腊月廿七; otherwise the day before the period begins.
    """
    year = festival_near(first_day)
    closed = None if year is None else no_outage_days(year)
    return (first_day if closed is None else closed[0]) - dt.timedelta(days=1)


def work_days(until: dt.date, count: int, first: dt.date | None = None) -> tuple[dt.date, ...]:
    """Days on which crews go, in order: from ``first`` on, or the last ``count`` up to ``until``.

    Days on which no planned work is done are left out.
    """
    days: list[dt.date] = []
    day = until
    while (day >= first) if first is not None else (len(days) < count):
        if not is_no_outage_day(day):
            days.append(day)
        day -= dt.timedelta(days=1)
    return tuple(reversed(days))


def useful(packages: Sequence[Package]) -> tuple[Package, ...]:
    """Packages that prevent something, without those that another one is no worse than.

    Work takes at least ``LEAST_H``.
    """
    kept: list[Package] = []
    order = sorted(packages, key=lambda one: (-one.prevented_h, one.crew_h, one.lead_days))
    for one in order:
        worse = any(two.crew_h <= one.crew_h and two.lead_days <= one.lead_days for two in kept)
        if one.prevented_h > 0 and not worse:
            kept.append(replace(one, crew_h=max(one.crew_h, LEAST_H)))
    return tuple(kept)
