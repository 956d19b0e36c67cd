"""Short visits home for a holiday other than the Spring Festival: National Day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from gridplan.demand.register import Register
from gridplan.demand.returnees import PresenceCurve, Returnees
from gridplan.demand.streams import Streams
from gridplan.demand.tables import table
from gridplan.frozen import BoolArray, FloatArray, IntArray


@lru_cache(maxsize=1)
def national_day_curve() -> PresenceCurve:
    """The curve of ``data/national_day_curve.csv``, in days from 1 October (assumption)."""
    rows = table("national_day_curve.csv")
    return PresenceCurve(
        day=np.array([int(row["day_offset"]) for row in rows]),
        arrived=np.array([float(row["cumulative_arrived"]) for row in rows]),
        departed=np.array([float(row["cumulative_departed"]) for row in rows]),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """Visitors of a holiday: the returnees of a register, with a presence curve of the holiday.

    Who comes and how many is drawn as for the Spring Festival; dates that the register leaves open
    are drawn from the holiday's curve, each so that the other leaves it possible.

    Attributes
    ----------
    who : the returnees; their days count from the holiday
    curve : the holiday's presence curve
    """

    who: Returnees
    curve: PresenceCurve

    @property
    def register(self) -> Register:
        """What is known about those who come."""
        return self.who.register

    @property
    def streams(self) -> Streams:
        """Random numbers."""
        return self.who.streams

    def with_streams(self, streams: Streams) -> Visits:
        """The same visitors with other random numbers."""
        return replace(self, who=self.who.with_streams(streams))

    @property
    def is_home(self) -> BoolArray:
        """Dwellings: bool (customer,)."""
        return self.who.is_home

    def persons(self, draw: int, days: IntArray, returnees_factor: float) -> FloatArray:
        """Visitors who are at home, (customer, day), of one draw."""
        return self._dated(draw).persons(draw, days, returnees_factor)

    def persons_by(
        self, uniform: FloatArray, draw: int, days: IntArray, returnees_factor: float
    ) -> FloatArray:
        """Visitors who are at home (..., customer, day) by uniform numbers, as ``Returnees`` do."""
        return self._dated(draw).persons_by(uniform, draw, days, returnees_factor)

    def _dated(self, draw: int) -> Returnees:
        """Returnees with the dates of a draw."""
        arrival, departure = self._stay(draw)
        register = replace(
            self.register,
            arrival=arrival,
            departure=departure,
            arrival_last=arrival,
            departure_last=departure,
        )
        return replace(self.who, register=register)

    def expected_on_eve(self) -> tuple[FloatArray, FloatArray]:
        """Probability of visitors on the holiday's first day and their mean number (customer,)."""
        curve, register, day = self.curve, self.register, np.zeros(1)
        arrived = np.where(
            np.isnan(register.arrival), curve.share(curve.arrived, day), register.arrival <= 0
        )
        left = np.where(
            np.isnan(register.departure), curve.share(curve.departed, day), register.departure <= 0
        )
        return self.who.probability(1.0) * arrived * (1.0 - left), self.who.expected_on_eve()[1]

    def _stay(self, draw: int) -> tuple[FloatArray, FloatArray]:
        """First day at home and first day away (customer,), every one of them known."""
        curve = self.curve
        uniform = self.streams.uniform("visit", draw, (2, len(self.is_home)))
        arrival, departure = self.who.known_dates(draw)
        possible = np.where(np.isnan(departure), 1.0, curve.share(curve.arrived, departure - 1))
        drawn = curve.quantile(curve.arrived, uniform[0] * possible)
        arrival = np.where(np.isnan(arrival), np.fmin(drawn, departure - 1), arrival)
        after = curve.share(curve.departed, arrival)
        drawn = curve.quantile(curve.departed, after + uniform[1] * (1.0 - after))
        departure = np.where(np.isnan(departure), drawn, departure)
        return arrival, np.maximum(departure, arrival + 1)
