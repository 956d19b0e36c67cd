"""Who is at home: from the register to the persons in every home, per draw and day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gridplan.demand.calendar import NEW_YEAR_EVE
from gridplan.demand.register import Register
from gridplan.demand.streams import stream
from gridplan.demand.tables import table
from gridplan.frozen import BoolArray, FloatArray, IntArray

RESIDENT_PERSONS = (
    2.0  #: persons who live in a home all year: grandparents, or one with a child (assumption)
)
RETURNING_PERSONS = (
    3.0  #: persons who come back to a home when no register says how many (assumption)
)


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Returnees:
    """Sampler of the returning persons of every customer.

    The register is a lower bound: with a coverage ratio c, ``registered * (f / c - 1)`` more homes
    are expected (f: the scenario's ``returnees_factor``). They are drawn independently among the
    homes on no register, empty ones first, with one uniform number per home and draw, so that a
    scenario with more returnees has the same ones and others.

    Attributes
    ----------
    register : aligned with the customers
    is_home, lives_in : bool (customer,) -- a dwelling; a dwelling that is lived in all year
    coverage : share of the returnee homes that the register knows
    seed : of the random numbers
    """

    register: Register
    is_home: BoolArray
    lives_in: BoolArray
    coverage: float
    seed: int

    @property
    def registered(self) -> BoolArray:
        """Homes that the register expects somebody in: bool (customer,)."""
        return self.is_home & self.register.listed & ~self.register.stays_away

    @property
    def usual_persons(self) -> FloatArray:
        """Persons per returning household in the register; the assumption where it has none."""
        known = self.register.persons[self.registered & ~np.isnan(self.register.persons)]
        return known if known.size else np.array([RETURNING_PERSONS])

    def probability(self, returnees_factor: float) -> FloatArray:
        """Probability that returnees come to each customer's home (customer,)."""
        extra = self.registered.sum() * max(returnees_factor / self.coverage - 1.0, 0.0)
        open_empty = self.is_home & ~self.register.listed & ~self.lives_in
        open_lived = self.is_home & ~self.register.listed & self.lives_in
        probability = self.registered.astype(np.float64)
        for homes in (open_empty, open_lived):
            count = int(homes.sum())
            if count:
                probability[homes] = min(extra / count, 1.0)
                extra = max(extra - count, 0.0)
        return probability

    def persons(self, draw: int, days: IntArray, returnees_factor: float) -> FloatArray:
        """Returning persons who are at home, (customer, day), of one draw."""
        uniform = stream(self.seed, "returnees", draw).random((4, len(self.is_home)))
        comes = uniform[0] < self.probability(returnees_factor)
        usual = np.sort(self.usual_persons)
        drawn = usual[(uniform[1] * len(usual)).astype(np.int64)]
        persons = np.where(
            np.isnan(self.register.persons) | ~self.registered, drawn, self.register.persons
        )
        arrival, departure = self._stay(uniform[2], uniform[3])
        present = (days >= arrival[:, None]) & (days < departure[:, None])
        return np.where(present & comes[:, None], persons[:, None], 0.0)

    def _stay(
        self, for_arrival: FloatArray, for_departure: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """First day at home and first day away (customer,); unknown ones from the presence curve.

        Each is drawn under the condition that the other leaves it possible; a visitor of a day
        counts that day.
        """
        curve, arrival, departure = presence_curve(), self.register.arrival, self.register.departure
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
        curve, register = presence_curve(), self.register
        eve = np.array([float(NEW_YEAR_EVE)])
        arrived = np.where(
            np.isnan(register.arrival),
            curve.share(curve.arrived, eve),
            register.arrival <= NEW_YEAR_EVE,
        )
        left = np.where(
            np.isnan(register.departure),
            curve.share(curve.departed, eve),
            register.departure <= NEW_YEAR_EVE,
        )
        persons = np.where(
            np.isnan(register.persons) | ~self.registered,
            self.usual_persons.mean(),
            register.persons,
        )
        return self.probability(1.0) * arrived * (1.0 - left), persons
