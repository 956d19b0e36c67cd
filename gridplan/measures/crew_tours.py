"""A day's work of one crew: villages, their packages, the shortest way round.

There are far too many tours to write them all down, so they are looked for: given what each village
and each crew day is worth elsewhere, which tours prevent more than they take away? A search adds
one package after the other, those that give most in an hour first, and stops where even the best of
the rest, for all the hours left, would not be enough.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gridplan.frozen import FloatArray
from gridplan.measures.crew_travel import Travel
from gridplan.measures.crew_work import Package, VillageWork

MOST_STEPS = 200_000  #: of one search, a few seconds
_SLACK_H = 1e-9

Ways = dict[int, tuple[float, tuple[int, ...]]]  #: by last village: hours so far, and the way


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
class Prices:
    """What villages and crew days are worth to the other tours.

    Attributes
    ----------
    village_h : float (village,) -- of a visit [h]
    day_h : float (day,) -- of a crew day in a tour that is ready on each day of the programme [h]
    """

    village_h: FloatArray
    day_h: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A package as the search adds it: what it gives beyond its village's price."""

    village: int
    at: int
    gain_h: float
    crew_h: float
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads:
    """Where crews can go: villages, travel, the length of a day, and when material is there.

    Attributes
    ----------
    works : villages
    travel : between them, in their order
    day_h : hours of a crew's day, travel included [h]
    ready : day on which each package of each village can be done first
    last : days of the programme
    """

    works: Sequence[VillageWork]
    travel: Travel
    day_h: float
    ready: Sequence[Sequence[int]]
    last: int
    _ways: dict[tuple[int, ...], Ways] = field(default_factory=dict, repr=False)

    def lone(self) -> list[Tour]:
        """Each package of each village by itself, over several crew days where one is too short."""
        found = []
        for village, work in enumerate(self.works):
            way_h = float(self.travel.station_h[village])
            for at, package in enumerate(work.packages):
                days = days_in(package, way_h, self.day_h)
                if math.isfinite(days) and self.ready[village][at] < self.last:
                    found.append(self._tour((village,), (at,), int(days)))
        return found

    def better(
        self, prices: Prices, least_h: float, most_steps: int, enough: int | None = None
    ) -> tuple[list[Tour], bool]:
        """The days of several villages that prevent more than their prices by at least ``least_h``.

        Of the choices of packages in the same villages, ready on the same day, the best one. Also
        whether there are no others: not after so many steps, or when ``enough`` are found.
        """
        items = self._items(prices, least_h)
        cheapest = float(prices.day_h.min())
        found: dict[tuple[tuple[int, ...], int], Tour] = {}
        stack: list[tuple[int, tuple[_Item, ...], float, float]] = [(0, (), 0.0, 0.0)]
        steps = 0
        while stack:
            begin, chosen, gain_h, work_h = stack.pop()
            longer = []
            for place in range(begin, len(items)):
                item = items[place]
                left_h = self.day_h - work_h
                if gain_h + max(item.rate, 0.0) * left_h - cheapest < least_h:
                    break  # none of the rest gives more in an hour
                if any(one.village == item.village for one in chosen) or item.crew_h > left_h:
                    continue
                steps += 1
                if steps > most_steps:
                    return list(found.values()), False
                more = (*chosen, item)
                tour = self._day_of(more)
                if tour is None:
                    continue
                gain = gain_h + item.gain_h
                longer.append((place + 1, more, gain, work_h + item.crew_h))
                if len(more) > 1 and gain - float(prices.day_h[tour.ready]) >= least_h:
                    key = tuple(sorted(tour.villages)), tour.ready
                    if key not in found or tour.prevented_h > found[key].prevented_h:
                        found[key] = tour
            if enough is not None and len(found) >= enough:
                return list(found.values()), False
            stack += reversed(longer)
        return list(found.values()), True

    def _items(self, prices: Prices, least_h: float) -> list[_Item]:
        """Packages that can be part of such a tour, those that give most in an hour first.

        Without a package a tour takes less time; so none that costs more than what is left to the
        best tour, which prevents no more than its prices, is part of it.
        """
        items = []
        for village, work in enumerate(self.works):
            for at, one in enumerate(work.packages):
                gain_h = one.prevented_h - float(prices.village_h[village])
                if gain_h >= min(least_h, 0.0) and self.ready[village][at] < self.last:
                    rate = gain_h / max(one.crew_h, _SLACK_H)
                    items.append(
                        _Item(village=village, at=at, gain_h=gain_h, crew_h=one.crew_h, rate=rate)
                    )
        return sorted(items, key=lambda item: (-item.rate, item.village, item.at))

    def _day_of(self, items: Sequence[_Item]) -> Tour | None:
        """The shortest day of some packages; None where it is too long."""
        work_h = sum(item.crew_h for item in items)
        travel_h, way = self._round(tuple(sorted(item.village for item in items)))
        if work_h + travel_h > self.day_h + _SLACK_H:
            return None
        package = {item.village: item.at for item in items}
        return self._tour(way, tuple(package[village] for village in way), 1)

    def _tour(self, way: tuple[int, ...], packages: tuple[int, ...], days: int) -> Tour:
        chosen = [self.works[v].packages[at] for v, at in zip(way, packages, strict=True)]
        between, station = self.travel.between_h, self.travel.station_h
        legs = [float(station[way[0]])]
        legs += [float(between[a, b]) for a, b in pairwise(way)]
        return Tour(
            villages=way,
            packages=packages,
            days=days,
            work_h=sum(one.crew_h for one in chosen),
            travel_h=days * (sum(legs) + float(station[way[-1]])),
            legs_h=tuple(legs),
            prevented_h=sum(one.prevented_h for one in chosen),
            ready=max(self.ready[v][at] for v, at in zip(way, packages, strict=True)),
        )

    def _round(self, villages: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        """Hours of the shortest way from the station through some villages and back, and it."""
        if self.travel.nowhere:
            return 0.0, villages
        station = self.travel.station_h
        return min(
            (hours + float(station[end]), way)
            for end, (hours, way) in self._through(villages).items()
        )

    def _through(self, villages: tuple[int, ...]) -> Ways:
        """Shortest ways by the village where they end, from those through fewer (Held, Karp)."""
        known = self._ways.get(villages)
        if known is not None:
            return known
        if len(villages) == 1:
            ways: Ways = {villages[0]: (float(self.travel.station_h[villages[0]]), villages)}
        else:
            ways = {}
            for last in villages:
                before = self._through(tuple(one for one in villages if one != last))
                ways[last] = min(
                    (hours + float(self.travel.between_h[end, last]), (*way, last))
                    for end, (hours, way) in before.items()
                )
        self._ways[villages] = ways
        return ways


def days_in(package: Package, way_h: float, day_h: float) -> float:
    """Crew days that a package takes in a village ``way_h`` away; infinite where it is too far."""
    room_h = day_h - 2 * way_h
    return max(1, math.ceil((package.crew_h - _SLACK_H) / room_h)) if room_h > 0 else math.inf
