"""Every day's work that one crew can do: villages, their packages, the shortest way round.

Sets of villages are built up one village at a time; the shortest way through a set follows from
those through its subsets (Held and Karp). Of the packages in a set only those matter of which no
other choice prevents more and is ready as early.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from gridplan.measures.crew_travel import Travel
from gridplan.measures.crew_work import Package, VillageWork

MOST_TOURS = 60_000  #: what is solved within a minute; beyond it, larger tours are left out
_SLACK_H = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """One crew's work that belongs together: a day of one or more villages, or days in one village.

    Attributes
    ----------
    villages : in the order of the way
    packages : index of each village's package
    days : crew days; more than one only for a single village that fills them
    work_h, travel_h : of all days together [h]
    legs_h : travel to each village from the place before it [h]
    prevented_h : expected hours of overload that it prevents [h]
    ready : day of the programme, counted from 0, on which its material is there
    """

    villages: tuple[int, ...]
    packages: tuple[int, ...]
    days: int
    work_h: float
    travel_h: float
    legs_h: tuple[float, ...]
    prevented_h: float
    ready: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tours:
    """The tours there are.

    Attributes
    ----------
    tours : all that fit
    complete : no set of villages that fits a day was left out
    """

    tours: tuple[Tour, ...]
    complete: bool


Ways = dict[int, tuple[float, tuple[int, ...]]]  #: by last village: hours so far, and the way


def all_tours(
    works: Sequence[VillageWork],
    travel: Travel,
    day_h: float,
    ready: Sequence[Sequence[int]],
    most: int = MOST_TOURS,
) -> Tours:
    """Enumerate the tours of a programme.

    Parameters
    ----------
    works : villages; the dense ones, which prevent most in an hour, are combined first
    travel : between them
    day_h : hours of a crew's day, travel included
    ready : day on which each village's package can be done first
    most : of tours; beyond it larger sets are left out
    """
    tours: list[Tour] = []
    for village in range(len(works)):
        tours += _alone(village, works, travel, day_h, ready)
    order = sorted(range(len(works)), key=lambda at: (-_density(works[at]), works[at].name))
    rank = {village: at for at, village in enumerate(order)}
    level: dict[tuple[int, ...], Ways] = {
        (village,): {village: (float(travel.station_h[village]), (village,))}
        for village in order
        if _least_h(works[village]) + 2 * travel.station_h[village] <= day_h + _SLACK_H
    }
    known = dict(level)
    while level:
        larger: dict[tuple[int, ...], Ways] = {}
        for chosen in level:
            work_h = sum(_least_h(works[village]) for village in chosen)
            for village in order[rank[chosen[-1]] + 1 :]:
                if (village,) not in known or work_h + _least_h(works[village]) > day_h + _SLACK_H:
                    continue
                more = (*chosen, village)
                ways = _ways(more, known, travel)
                if ways is None:
                    continue
                found = _of_set(ways, works, travel, day_h, ready)
                if found and len(tours) + len(found) > most:
                    return Tours(tours=tuple(tours), complete=False)
                if found:
                    larger[more] = ways
                    tours += found
        known |= larger
        level = larger
    return Tours(tours=tuple(tours), complete=True)


def days_in(package: Package, way_h: float, day_h: float) -> float:
    """Crew days that a package takes in a village ``way_h`` away; infinite where it is too far."""
    room_h = day_h - 2 * way_h
    return max(1, math.ceil((package.crew_h - _SLACK_H) / room_h)) if room_h > 0 else math.inf


def _density(work: VillageWork) -> float:
    return max((one.prevented_h / max(one.crew_h, 0.1) for one in work.packages), default=0.0)


def _least_h(work: VillageWork) -> float:
    return min((one.crew_h for one in work.packages), default=math.inf)


def _alone(
    village: int,
    works: Sequence[VillageWork],
    travel: Travel,
    day_h: float,
    ready: Sequence[Sequence[int]],
) -> list[Tour]:
    """Each package of one village, over several crew days where one is too short."""
    way_h = float(travel.station_h[village])
    found = []
    for at, package in enumerate(works[village].packages):
        days = days_in(package, way_h, day_h)
        if math.isinf(days):
            continue
        found.append(
            Tour(
                villages=(village,),
                packages=(at,),
                days=int(days),
                work_h=package.crew_h,
                travel_h=2 * way_h * days,
                legs_h=(way_h,),
                prevented_h=package.prevented_h,
                ready=ready[village][at],
            )
        )
    return found


def _ways(
    chosen: tuple[int, ...], known: dict[tuple[int, ...], Ways], travel: Travel
) -> Ways | None:
    """Shortest ways through a set by the village where they end; None where a subset fits no day.

    A subset of what fits a day fits one, too, for a detour is never shorter than the direct way.
    """
    ways: Ways = {}
    for last in chosen:
        before = known.get(tuple(village for village in chosen if village != last))
        if before is None:
            return None
        ways[last] = min(
            (hours + float(travel.between_h[end, last]), (*way, last))
            for end, (hours, way) in before.items()
        )
    return ways


def _of_set(
    ways: Ways,
    works: Sequence[VillageWork],
    travel: Travel,
    day_h: float,
    ready: Sequence[Sequence[int]],
) -> list[Tour]:
    """The tours along the shortest of some ways: choices of packages no other is as good as."""
    travel_h, way = min(
        (hours + float(travel.station_h[end]), way) for end, (hours, way) in ways.items()
    )
    fitting: list[tuple[float, int, float, tuple[int, ...]]] = []
    for picks in product(*(range(len(works[village].packages)) for village in way)):
        packages = [works[village].packages[at] for village, at in zip(way, picks, strict=True)]
        work_h = sum(one.crew_h for one in packages)
        if work_h + travel_h <= day_h + _SLACK_H:
            first = max(ready[village][at] for village, at in zip(way, picks, strict=True))
            fitting.append((-sum(one.prevented_h for one in packages), first, work_h, picks))
    kept: list[Tour] = []
    stops = (float(travel.station_h[way[0]]), *(travel.between_h[a, b] for a, b in pairwise(way)))
    for minus, first, work_h, picks in sorted(fitting):
        if all(tour.ready > first for tour in kept):
            kept.append(
                Tour(
                    villages=way,
                    packages=picks,
                    days=1,
                    work_h=work_h,
                    travel_h=travel_h,
                    legs_h=tuple(map(float, stops)),
                    prevented_h=-minus,
                    ready=first,
                )
            )
    return kept
