"""Who is at home: from the register to the persons in every home, per draw and day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gridplan.demand.calendar import NEW_YEAR_EVE
from gridplan.demand.register import Register
from gridplan.demand.streams import RETURNEES, Streams
from gridplan.demand.tables import table
from gridplan.frozen import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from gridplan.demand.comers import Comers

RESIDENT_PERSONS = (
    2.0  #: persons who live in a home all year: grandparents, or one with a child (assumption)
)
RETURNING_PERSONS = (
    3.0  #: persons who come back to a home when no register says how many (assumption)
)


NUMBERS_PER_HOME = 4  #: random numbers that decide who comes to a home


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PresenceCurve:
    """Cumulative shares of all returnees who have arrived and departed.

    Attributes
    ----------
    day : int (day,) -- festival days, ascending
    arrived, departed : float (day,) -- cumulative shares at the end of the day, rising to 1
    """

    day: IntArray
    arrived: FloatArray
    departed: FloatArray

    def share(self, cumulative: FloatArray, day: FloatArray) -> FloatArray:
        """Cumulative share at the end of a day; 0 before the first."""
        at = np.searchsorted(self.day, np.nan_to_num(day), side="right")
        return np.concatenate([[0.0], cumulative])[at]

    def quantile(self, cumulative: FloatArray, share: FloatArray) -> FloatArray:
        """First day on which the cumulative share is at least ``share``."""
        at = np.searchsorted(cumulative, share, side="left")
        return self.day[np.minimum(at, len(self.day) - 1)].astype(np.float64)


@lru_cache(maxsize=1)
def presence_curve() -> PresenceCurve:
    """The curve of ``data/presence_curve.csv`` (assumption)."""
    rows = table("presence_curve.csv")
    columns = [
        [float(row[name]) for row in rows] for name in ("cumulative_arrived", "cumulative_departed")
    ]
    return PresenceCurve(
        day=np.array([int(row["day_offset_from_cny"]) for row in rows]),
        arrived=np.array(columns[0]),
        departed=np.array(columns[1]),
    )


#: Share of all returnees added to every day when a date is drawn from a range: a day that somebody
#: has named stays possible where the curve is flat (assumption).
RANGE_FLOOR = 0.01
_RANGE_DAYS = np.arange(-200, 201)  #: festival days that ranges of a register can touch


@lru_cache(maxsize=1)
def _range_curves() -> tuple[FloatArray, FloatArray]:
    """Strictly rising curves of arrival and departure over ``_RANGE_DAYS``."""
    curve, floor = presence_curve(), RANGE_FLOOR * (_RANGE_DAYS - _RANGE_DAYS[0])
    days = _RANGE_DAYS.astype(np.float64)
    return curve.share(curve.arrived, days) + floor, curve.share(curve.departed, days) + floor


def _at(rising: FloatArray, day: FloatArray) -> FloatArray:
    """Value of a range curve at the end of a day."""
    index = np.clip(np.nan_to_num(day) - _RANGE_DAYS[0], 0, len(rising) - 1)
    return rising[index.astype(np.int64)]


def _day_within(
    rising: FloatArray, first: FloatArray, last: FloatArray, share: FloatArray
) -> FloatArray:
    """Day between two days, both included, drawn by the curve restricted to them (customer,).

    The curve rather than even chances: of the days that somebody names those of the travel peak are
    likelier, and a range over the whole holiday says no more than an unknown date.
    """
    low, high = _at(rising, first - 1), _at(rising, last)
    at = np.searchsorted(rising, low + share * (high - low), side="right")
    return np.clip(_RANGE_DAYS[np.minimum(at, len(rising) - 1)], first, last)


def _persons_at(register: Register, share: FloatArray) -> FloatArray:
    """Whole persons at a share of the homes' own distributions, at least one (customer,).

    The quantile function is linear between the quantiles 0.1, 0.5 and 0.9 and goes on straight
    beyond them.
    """
    middle = register.persons
    slope = np.where(share < 0.5, middle - register.persons_low, register.persons_high - middle)
    return np.maximum(np.floor(middle + slope * (share - 0.5) / 0.4 + 0.5), 1.0)


def _chance_of_coming(register: Register) -> FloatArray:
    """Probability that a home's number of persons is not 0; below 1 only where p10 is (customer,).

    Where the quantile function reaches half a person (p10 is 0, so it lies beyond the share 0.1).
    """
    middle, high = register.persons, register.persons_high
    stays = np.where(
        middle >= 1,
        0.1 + 0.4 * 0.5 / np.maximum(middle, 1.0),
        0.5 + 0.4 * 0.5 / np.maximum(high, 1.0),
    )
    return np.where((register.persons_low == 0) & (high > 0), 1.0 - stays, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Returnees:
    """Sampler of the returning persons of every customer.

    The register is a lower bound: with a coverage ratio c, ``registered * (f / c - 1)`` more homes
    are expected (f: the scenario's ``returnees_factor``), and those of ``register.without_home``.
    They are drawn independently among the homes on no register, empty ones first, with one uniform
    number per home and draw, so that a scenario with more returnees has the same ones and others.

    Persons given by quantiles and dates given as ranges are drawn from streams of their own: a
    register with exact or unknown entries only has the same numbers with and without them.

    Attributes
    ----------
    register : aligned with the customers
    is_home, lives_in : bool (customer,) -- a dwelling; a dwelling that is lived in all year
    coverage : share of the returnee homes that the register knows
    streams : of random numbers
    at_home : bool (customer,) -- homes that meters show occupied already: nobody beyond the
        register comes to them, for who has come is in the measured demand; None: no meters
    past : who came to past festivals; it takes the place of the coverage ratio and of the usual
        presence curve. None: none was measured
    """

    register: Register
    is_home: BoolArray
    lives_in: BoolArray
    coverage: float
    streams: Streams
    at_home: BoolArray | None = None
    past: Comers | None = None

    def with_streams(self, streams: Streams) -> Returnees:
        """The same returnees with other random numbers."""
        return replace(self, streams=streams)

    @property
    def registered(self) -> BoolArray:
        """Homes that the register expects somebody in: bool (customer,)."""
        return self.is_home & self.register.listed & ~self.register.stays_away

    @property
    def usual_persons(self) -> FloatArray:
        """Persons per returning household in the register; the assumption where it has none."""
        known = self.register.persons[self.registered & ~np.isnan(self.register.persons)]
        return np.maximum(known, 1.0) if known.size else np.array([RETURNING_PERSONS])

    def probability(self, returnees_factor: float) -> FloatArray:
        """Probability that returnees come to each customer's home (customer,)."""
        homes_unknown = 0.0
        if self.register.without_home:
            homes_unknown = self.register.without_home / self.usual_persons.mean()
        if self.past is not None:
            free = self.is_home & ~self.lives_in
            return self.past.probability(
                self.register,
                free,
                returnees_factor,
                told=_chance_of_coming(self.register),
                least=homes_unknown,
            )
        probability = self.registered * _chance_of_coming(self.register)
        extra = probability.sum() * max(returnees_factor / self.coverage - 1.0, 0.0)
        if homes_unknown:
            extra += homes_unknown * returnees_factor / self.coverage
        candidate = self.is_home & ~self.register.listed
        if self.at_home is not None:
            candidate &= ~self.at_home
        for homes in (candidate & ~self.lives_in, candidate & self.lives_in):
            count = int(homes.sum())
            if count:
                probability[homes] = min(extra / count, 1.0)
                extra = max(extra - count, 0.0)
        return probability

    @property
    def curve(self) -> PresenceCurve:
        """Arrivals and departures that no register knows."""
        return presence_curve() if self.past is None else self.past.curve

    def persons(self, draw: int, days: IntArray, returnees_factor: float) -> FloatArray:
        """Returning persons who are at home, (customer, day), of one draw."""
        uniform = self.streams.uniform(RETURNEES, draw, (NUMBERS_PER_HOME, len(self.is_home)))
        return self.persons_by(uniform, draw, days, returnees_factor)

    def persons_by(
        self, uniform: FloatArray, draw: int, days: IntArray, returnees_factor: float
    ) -> FloatArray:
        """Returning persons who are at home (..., customer, day) by uniform numbers.

        ``uniform`` (..., number, customer): whether somebody comes, how many, arrival, departure.
        What the register gives as quantiles and ranges comes from the draw's other streams.
        """
        uniform = np.moveaxis(uniform, -2, 0)
        comes = uniform[0] < self.probability(returnees_factor)
        usual = np.sort(self.usual_persons)
        drawn = usual[(uniform[1] * len(usual)).astype(np.int64)]
        persons = np.where(
            np.isnan(self.register.persons) | ~self.registered, drawn, self._known_persons(draw)
        )
        arrival, departure = self._stay(*self.known_dates(draw), uniform[2], uniform[3])
        present = (days >= arrival[..., None]) & (days < departure[..., None])
        return np.where(present & comes[..., None], persons[..., None], 0.0)

    def _known_persons(self, draw: int) -> FloatArray:
        """Persons of the register in a draw, given that they come (customer,)."""
        register = self.register
        spread = register.persons_low < register.persons_high
        if not spread.any():
            return register.persons
        share = self.streams.uniform("returnees: persons", draw, (len(spread),))
        chance = _chance_of_coming(register)
        return np.where(
            spread, _persons_at(register, 1.0 - chance + chance * share), register.persons
        )

    def known_dates(self, draw: int) -> tuple[FloatArray, FloatArray]:
        """Arrival and departure of the register in a draw; ranges drawn, NaN unknown (customer,).

        Each within its own range, the departure also after the arrival.
        """
        register = self.register
        arrival, departure = register.arrival, register.departure
        by_range = arrival < register.arrival_last, departure < register.departure_last
        if not np.any(by_range):
            return arrival, departure
        uniform = self.streams.uniform("returnees: dates", draw, (2, len(arrival)))
        arrived, departed = _range_curves()
        latest = np.fmax(np.fmin(register.arrival_last, register.departure_last - 1), arrival)
        drawn_arrival = _day_within(arrived, arrival, latest, uniform[0])
        arrival = np.where(by_range[0], drawn_arrival, arrival)
        earliest = np.fmin(np.fmax(departure, arrival + 1), register.departure_last)
        drawn_departure = _day_within(departed, earliest, register.departure_last, uniform[1])
        return arrival, np.where(by_range[1], drawn_departure, departure)

    def _stay(
        self,
        arrival: FloatArray,
        departure: FloatArray,
        for_arrival: FloatArray,
        for_departure: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """First day at home and first day away (customer,); unknown ones from the presence curve.

        Each is drawn under the condition that the other leaves it possible; a visitor of a day
        counts that day.
        """
        curve = self.curve
        before_departure = np.where(
            np.isnan(departure), 1.0, curve.share(curve.arrived, departure - 1)
        )
        drawn_arrival = curve.quantile(curve.arrived, for_arrival * before_departure)
        arrival = np.where(np.isnan(arrival), np.fmin(drawn_arrival, departure - 1), arrival)
        after_arrival = curve.share(curve.departed, arrival)
        drawn_departure = curve.quantile(
            curve.departed, after_arrival + for_departure * (1.0 - after_arrival)
        )
        departure = np.where(np.isnan(departure), drawn_departure, departure)
        return arrival, np.maximum(departure, arrival + 1)

    def expected_on_eve(self) -> tuple[FloatArray, FloatArray]:
        """Probability of returnees at home on the Eve and their mean number (customer,)."""
        curve, register = self.curve, self.register
        eve = np.array([float(NEW_YEAR_EVE)])
        by_then = []
        for cumulative, rising, first, last in zip(
            (curve.arrived, curve.departed),
            _range_curves(),
            (register.arrival, register.departure),
            (register.arrival_last, register.departure_last),
            strict=True,
        ):
            before = _at(rising, np.nan_to_num(first) - 1)
            within = (_at(rising, eve) - before) / (_at(rising, last) - before)
            by_then.append(
                np.where(np.isnan(first), curve.share(cumulative, eve), np.clip(within, 0.0, 1.0))
            )
        arrived, left = by_then
        persons = np.where(
            np.isnan(register.persons) | ~self.registered,
            self.usual_persons.mean(),
            self._mean_persons(),
        )
        return self.probability(1.0) * arrived * (1.0 - left), persons

    def _mean_persons(self) -> FloatArray:
        """Mean persons of the register's homes, given that they come (customer,)."""
        register = self.register
        chance = _chance_of_coming(register)
        shares = (np.arange(200) + 0.5) / 200
        each = [_persons_at(register, 1.0 - chance + chance * share) for share in shares]
        return np.where(
            register.persons_low < register.persons_high, np.mean(each, axis=0), register.persons
        )
