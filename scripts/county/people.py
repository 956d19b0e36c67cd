"""Who is where: families that come and go, visits from home to home, days away.

All numbers are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from county.places import CLOSED, LIVED_IN, Area, Bools, Floats, Ints, random
from county.tables import AFTER, EVE, RETURNED, USUAL, VISITS

#: Festival days on which people visit each other (the second to the sixth day of the year).
VISIT_DAYS = range(1, 6)
ARRIVALS, DEPARTURES = np.arange(-24, 0), np.arange(1, 26)


@dataclass(frozen=True, kw_only=True, eq=False)
class Waves:
    """How likely each day is for arrivals and departures in one year, common to the county."""

    arrival: Floats
    departure: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Presence:
    """Persons of an area in one festival.

    Attributes
    ----------
    comes : bool (home,) -- the family comes this year
    arrival, departure : int (home,) -- first day with them and first day without them
    lunch, dinner : float (home, day) -- persons at the table, guests included
    night : float (home, day) -- persons who sleep there
    away_h : float (2, home, day) -- from and to which hour nobody is there; equal when somebody is
    life : int (home, day) -- how the home lives: ``tables.USUAL`` ...
    """

    comes: Bools
    arrival: Ints
    departure: Ints
    lunch: Floats
    dinner: Floats
    night: Floats
    away_h: Floats
    life: Ints


def make_waves(seed: int, year: int) -> Waves:
    """Days on which trains and firms let people travel: every year other ones."""
    rng = random(seed, year, "waves")
    # towards the Eve more and more come; most leave between the fourth and the ninth day
    arrival = np.exp(ARRIVALS / 6.0)
    departure = np.exp(-(((DEPARTURES - 5.5) / 3.0) ** 2)) + 0.12 * (DEPARTURES > 12)
    for share, days, count in ((arrival, ARRIVALS, 3), (departure, DEPARTURES, 2)):
        near = np.flatnonzero((days >= -14) & (days <= 9))
        share[rng.choice(near, count, replace=False)] *= rng.uniform(2.0, 4.0, count)
    return Waves(arrival=arrival / arrival.sum(), departure=departure / departure.sum())


def make_presence(area: Area, year: int, days: Ints, waves: Waves) -> Presence:
    """Simulate who is where on the festival days ``days``."""
    rng = random(area.seed, area.number, year, "people")
    homes = area.homes
    n_home, n_day = len(homes), len(days)
    comes = (homes.family > 0) & (rng.random(n_home) < rng.uniform(0.72, 0.95))
    arrival = rng.choice(ARRIVALS, n_home, p=waves.arrival)
    departure = rng.choice(DEPARTURES, n_home, p=waves.departure)
    there = comes[:, None] & (days >= arrival[:, None]) & (days < departure[:, None])
    family = np.where(there, homes.family[:, None], 0)
    night = (homes.residents[:, None] * ~_days_off(homes.kind, days, rng) + family).astype(float)
    lunch, dinner = night.copy(), night.copy()
    # on the day of arrival most come after lunch
    first = comes[:, None] & (days == arrival[:, None]) & (rng.random((n_home, 1)) < 0.6)
    lunch[first] = np.broadcast_to(homes.residents[:, None], night.shape)[first]
    away_h = np.zeros((2, n_home, n_day))
    for day in np.flatnonzero(np.isin(days, VISIT_DAYS)):
        _visit(night[:, day], lunch[:, day], dinner[:, day], away_h[:, :, day], rng)
    life = np.full((n_home, n_day), USUAL)
    life[family > 0] = RETURNED
    life[:, days == -1] = EVE
    life[:, (days >= 0) & (days <= 4)] = VISITS
    life[(family > 0) & (days > 4)] = AFTER
    life[homes.kind == CLOSED] = USUAL
    return Presence(
        comes=comes, arrival=arrival, departure=departure,
        lunch=lunch, dinner=dinner, night=night, away_h=away_h, life=life,
    )  # fmt: skip


def _days_off(kind: Ints, days: Ints, rng: np.random.Generator) -> Bools:
    """Days that those who live there all year spend elsewhere, (home, day)."""
    off = np.zeros((len(kind), len(days)), dtype=bool)
    for home in np.flatnonzero((kind == LIVED_IN) & (rng.random(len(kind)) < 0.3)):
        first = rng.integers(len(days))
        off[home, first : first + rng.integers(2, 9)] = True
    off[:, (days >= -2) & (days <= 1)] = False
    return off


def _visit(
    night: Floats, lunch: Floats, dinner: Floats, away_h: Floats, rng: np.random.Generator
) -> None:
    """One day of visits: persons leave one home's table and sit down at another's."""
    lived = np.flatnonzero(night > 0)
    goes = lived[rng.random(len(lived)) < 0.4]
    hosts = np.setdiff1d(lived, goes)
    stays_h = np.where(rng.random(len(goes)) < 0.25, rng.normal(20.5, 0.7, len(goes)), 0.0)
    stays_h = np.where(stays_h > 0, stays_h, rng.normal(15.5, 1.0, len(goes)))
    away_h[0, goes], away_h[1, goes] = rng.normal(10.0, 0.7, len(goes)), stays_h
    late = stays_h > 18.5
    persons = night[goes]
    lunch[goes], dinner[goes[late]] = 0.0, 0.0
    if not len(hosts):
        return
    # two parties in three stay in the area; as many come from other areas as go there
    near = rng.random(len(goes)) < 0.65
    host = rng.choice(hosts, len(goes))
    guests = np.where(near, persons, rng.integers(1, 6, len(goes)))
    np.add.at(lunch, host, guests)
    np.add.at(dinner, host[late], guests[late])
