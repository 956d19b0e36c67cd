"""The crew programme: which villages are visited on which day, and what each crew does there.

Chosen are tours (``crew_tours``), so that no village is visited twice, no more crew days are used
than there are, and as many expected hours of overload as possible are prevented
(``programme_model``).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gridplan.measures.crew_tours import MOST_STEPS, Roads, Tour, days_in
from gridplan.measures.crew_travel import Travel, no_travel
from gridplan.measures.crew_work import Package, VillageWork, useful, work_days
from gridplan.measures.programme_model import best_tours

DAY_H = 7.0  #: hours of a crew's day in winter, travel included (assumption)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewDays:
    """How much crews can do.

    Attributes
    ----------
    crew_days : days of one crew that may be used, all together
    crews : that go on the same day
    until : last day
    first : first day; None: as late as the crew days allow
    ordered : day on which material is ordered; None: whenever it is needed
    day_h : hours of a crew's day, travel included [h]
    """

    crew_days: int
    crews: int = 1
    until: dt.date
    first: dt.date | None = None
    ordered: dt.date | None = None
    day_h: float = DAY_H

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Days on which crews go, in order."""
        return work_days(self.until, math.ceil(self.crew_days / self.crews), self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One crew in one village on one day.

    Attributes
    ----------
    date, crew, stop : when, which crew (from 1), which village of its day (from 1)
    village, package : where, and what is done
    travel_h, work_h : to the village, and in it on this day [h]
    back_h : back to the station after the day's last village, else 0 [h]
    part, parts : of the days that the package takes
    prevented_h : expected hours of overload prevented; 0 on all days of a package but its last [h]
    order_by : last day to order its material, None where there is none to wait for
    """

    date: dt.date
    crew: int
    stop: int
    village: str
    package: Package
    travel_h: float
    work_h: float
    back_h: float
    part: int
    parts: int
    prevented_h: float
    order_by: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A village that no crew visits, and why."""

    village: VillageWork
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Who goes where on which day.

    Attributes
    ----------
    visits : by day, crew and stop
    left_out : villages without a visit, the most harmed first
    rules : how much crews can do
    overload_h : expected hours of overload of all villages if nothing is done [h]
    prevented_h : of them, what the programme prevents [h]
    bound_h : what no programme can exceed [h]
    priced : the bound knows tours; otherwise it is that of hours alone, without travel
    crew_days : crew days that are used
    """

    visits: tuple[Visit, ...]
    left_out: tuple[LeftOut, ...]
    rules: CrewDays
    overload_h: float
    prevented_h: float
    bound_h: float
    priced: bool
    crew_days: int

    @property
    def gap_percent(self) -> float:
        """By how much of its own hours the best programme may prevent more [%]."""
        if self.bound_h <= self.prevented_h:
            return 0.0
        if self.prevented_h <= 0:
            return math.inf
        return 100 * (self.bound_h - self.prevented_h) / self.prevented_h


def make_programme(
    works: Sequence[VillageWork],
    rules: CrewDays,
    travel: Travel | None = None,
    *,
    time_limit_s: float = 60.0,
    most_steps: int = MOST_STEPS,
) -> Programme:
    """Choose what crews do, and when.

    Parameters
    ----------
    works : villages, each with the packages of its plan
    rules : crew days, crews, days, hours
    travel : in the order of ``works``; None: not counted
    time_limit_s : of the solver [s]; the answer is the same in every run unless it is reached
    most_steps : of each search for tours; beyond it the bound is a weaker one
    """
    known = [replace(work, packages=useful(work.packages)) for work in works]
    way = no_travel(len(works)) if travel is None else travel
    days = rules.days
    ready = [[_ready(one, days, rules) for one in work.packages] for work in known]
    slots = min(rules.crew_days, rules.crews * len(days))
    chosen = best_tours(
        Roads(works=known, travel=way, day_h=rules.day_h, ready=ready, last=len(days)),
        slots=slots,
        later=[rules.crews * (len(days) - day) for day in range(len(days))],
        time_limit_s=time_limit_s,
        most_steps=most_steps,
    )
    visits = _scheduled(chosen.tours, known, way, rules)
    visited = {visit.village for visit in visits}
    left_out = [
        LeftOut(village=work, why=_why(known[at], float(way.station_h[at]), rules, ready[at]))
        for at, work in enumerate(works)
        if work.name not in visited
    ]
    left_out.sort(key=lambda one: (-one.village.overload_h, one.village.name))
    return Programme(
        visits=visits,
        left_out=tuple(left_out),
        rules=rules,
        overload_h=sum(work.overload_h for work in works),
        prevented_h=sum(tour.prevented_h for tour in chosen.tours),
        bound_h=chosen.bound_h,
        priced=chosen.priced,
        crew_days=sum(tour.days for tour in chosen.tours),
    )


def _ready(package: Package, days: Sequence[dt.date], rules: CrewDays) -> int:
    """Index of the first day on which a package's material is there; len(days) where none is."""
    if rules.ordered is None or package.lead_days <= 0:
        return 0
    there = rules.ordered + dt.timedelta(days=math.ceil(package.lead_days))
    return sum(day < there for day in days)


def _scheduled(
    tours: Sequence[Tour], works: Sequence[VillageWork], travel: Travel, rules: CrewDays
) -> tuple[Visit, ...]:
    """Put tours on days: what prevents most a day goes first, for weather may end the work early.

    Work begun is gone on with; no crew waits while anything is ready, so all tours find a day.
    """
    waiting = sorted(
        tours,
        key=lambda tour: (-tour.prevented_h / tour.days, [works[k].name for k in tour.villages]),
    )
    done: dict[Tour, int] = {}
    visits: list[Visit] = []
    for at, date in enumerate(rules.days):
        for crew in range(1, rules.crews + 1):
            open_ones = [tour for tour in waiting if tour.ready <= at]
            tour = next((one for one in open_ones if one in done), next(iter(open_ones), None))
            if tour is None:
                break
            done[tour] = done.get(tour, 0) + 1
            visits += _visits_of(tour, done[tour], date, crew, works, travel)
            if done[tour] == tour.days:
                waiting.remove(tour)
    return tuple(visits)


def _visits_of(
    tour: Tour,
    part: int,
    date: dt.date,
    crew: int,
    works: Sequence[VillageWork],
    travel: Travel,
) -> list[Visit]:
    """The villages of one crew's day."""
    visits = []
    for stop, (village, at) in enumerate(zip(tour.villages, tour.packages, strict=True)):
        package = works[village].packages[at]
        last = stop == len(tour.villages) - 1
        lead = dt.timedelta(days=math.ceil(package.lead_days))
        visits.append(
            Visit(
                date=date,
                crew=crew,
                stop=stop + 1,
                village=works[village].name,
                package=package,
                travel_h=tour.legs_h[stop],
                work_h=package.crew_h / tour.days,
                back_h=float(travel.station_h[village]) if last else 0.0,
                part=part,
                parts=tour.days,
                prevented_h=package.prevented_h if part == tour.days else 0.0,
                order_by=date - lead if package.lead_days > 0 else None,
            )
        )
    return visits


def _why(work: VillageWork, way_h: float, rules: CrewDays, ready: Sequence[int]) -> str:
    """Why a village is not visited."""
    if work.why_none:
        return work.why_none
    if not work.packages:
        return "nothing in its plan prevents an hour of overload"
    days = min(days_in(one, way_h, rules.day_h) for one in work.packages)
    if math.isinf(days):
        return "too far from the station for a day"
    if min(ready) >= len(rules.days):
        return "its material comes too late"
    if days > min(rules.crew_days, rules.crews * len(rules.days)):
        return f"its work takes {days:.0f} crew days"
    return "the crew days prevent more elsewhere"
