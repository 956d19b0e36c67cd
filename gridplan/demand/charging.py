"""Electric vehicles charged at home: sessions with their own hours, power and coincidence.

Each car begins to charge on some of the evenings on which it is there, and takes what it needs; how
many charge together comes out of the draws. Figures stand in ``data/charging.csv``. A car of a home
that expects returnees comes and goes with them; of a home that says nobody comes it is there all
year. The levels contain the mean home's share of a car: sessions are rarer by it, and a home
without a car loses its mean curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from gridplan.demand.profiles import tan_phi
from gridplan.demand.register import Register
from gridplan.demand.register_rows import APPLIANCES
from gridplan.demand.streams import stream
from gridplan.demand.tables import table
from gridplan.frozen import BoolArray, FloatArray, IntArray

CARS = APPLIANCES.index("electric_vehicles")
LONGEST_H = 20.0  #: of a session, so that it ends on the day after it began


@dataclass(frozen=True, slots=True, kw_only=True)
class Charging:
    """Habits of charging; assumptions but for the power.

    Attributes
    ----------
    sessions_per_day : of one car that is there
    start_h, start_sd_h : clock time at which sessions begin: normal distribution [h]
    energy_kwh, energy_cv : of a session: lognormal distribution
    low_kw, high_kw : power of chargers, even between them
    power_factor : of the charger
    """

    sessions_per_day: float
    start_h: float
    start_sd_h: float
    energy_kwh: float
    energy_cv: float
    low_kw: float
    high_kw: float
    power_factor: float


@lru_cache(maxsize=1)
def charging() -> Charging:
    """Habits of ``data/charging.csv``."""
    return Charging(**{row["name"]: float(row["value"]) for row in table("charging.csv")})


def session_kw(
    start: FloatArray, energy: FloatArray, power: FloatArray, step_minutes: int
) -> FloatArray:
    """Mean power in the steps of two days (..., step of two days) [kW] of one session each.

    Parameters
    ----------
    start, energy, power : shares from 0 to 1 (...,) of the distributions of ``charging``
    step_minutes : length of a step [min]
    """
    habit = charging()
    kw = habit.low_kw + power * (habit.high_kw - habit.low_kw)
    sd = np.sqrt(np.log1p(habit.energy_cv**2))
    kwh = habit.energy_kwh * np.exp(sd * ndtri(energy) - sd**2 / 2)
    begin = np.clip(habit.start_h + habit.start_sd_h * ndtri(start), 0.0, 24.0)
    end = begin + np.minimum(kwh / kw, LONGEST_H)
    width = step_minutes / 60
    edge = np.arange(0.0, 48.0, width)
    inside = np.minimum(end[..., None], edge + width) - np.maximum(begin[..., None], edge)
    return kw[..., None] * np.maximum(inside, 0.0) / width


@lru_cache(maxsize=4)
def mean_day_kw(step_minutes: int) -> FloatArray:
    """Expected power of one car that is there every day (step of day,) [kW]."""
    even = (np.arange(24) + 0.5) / 24
    start, energy, power = np.meshgrid(even, even, even, indexing="ij")
    two_days = session_kw(start, energy, power, step_minutes).mean(axis=(0, 1, 2))
    return charging().sessions_per_day * two_days.reshape(2, -1).sum(axis=0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cars:
    """Electric vehicles of the register.

    Attributes
    ----------
    row : int (car,) -- home of each car, among the homes
    customer : int (car,) -- the same among all customers
    number : int (car,) -- of the cars of one home, from 0
    chance : float (car,) -- of a session on a day on which the car is there
    short : float (home,) -- of homes with fewer cars than the mean home: how many fewer
    residents : bool (home,) -- the car belongs to those who live there all year
    n_customer, step_minutes, seed : of the draws
    """

    row: IntArray
    customer: IntArray
    number: IntArray
    chance: FloatArray
    short: FloatArray
    residents: BoolArray
    n_customer: int
    step_minutes: int
    seed: int

    @classmethod
    def of(
        cls, register: Register, homes: IntArray, more: FloatArray, *, step_minutes: int, seed: int
    ) -> Cars | None:
        """Cars of the customers ``homes`` with ``more`` than the mean (home,); None without any."""
        if not (more != 0).any():
            return None
        count = np.where(more > 0, register.appliances[homes, CARS], 0.0)
        row = np.repeat(np.arange(len(homes)), count.astype(np.int64))
        first = np.concatenate([[0], np.flatnonzero(np.diff(row)) + 1]) if row.size else row
        number = np.arange(len(row)) - np.repeat(first, np.diff([*first, len(row)]))
        return cls(
            row=row,
            customer=homes[row],
            number=number,
            chance=charging().sessions_per_day * (more / np.maximum(count, 1.0))[row],
            short=np.maximum(-more, 0.0),
            residents=register.stays_away[homes],
            n_customer=len(register.listed),
            step_minutes=step_minutes,
            seed=seed,
        )

    @property
    def tan_phi(self) -> float:
        """Reactive over active power."""
        return float(tan_phi(charging().power_factor))

    def demand(self, draw: int, returned: BoolArray, lives_in: BoolArray) -> FloatArray:
        """Power (home, step) [kW] that cars add in one draw; below 0 where the mean home has more.

        Parameters
        ----------
        draw : the draw
        returned : bool (home, day) -- returnees are there
        lives_in : bool (home,)
        """
        there = returned | (self.residents & lives_in)[:, None]
        n_home, n_day = returned.shape
        steps = 24 * 60 // self.step_minutes
        # sessions of the evening before the first day go on into it
        there_before = np.concatenate([there[:, :1], there], axis=1)
        p_kw = np.zeros((n_home, n_day + 1, steps))
        for number in range(int(self.number.max(initial=-1)) + 1):
            own = np.flatnonzero(self.number == number)
            shape = (4, self.n_customer, n_day + 1)
            drawn = stream(self.seed, f"electric vehicle {number}", draw).random(shape)
            uniform = drawn[:, self.customer[own]]
            charges = (uniform[0] < self.chance[own, None]) & there_before[self.row[own]]
            car, day = np.nonzero(charges)
            start, energy, power = uniform[1:, car, day]
            sessions = session_kw(start, energy, power, self.step_minutes)
            two_days = sessions.reshape(len(car), 2, steps)
            home = self.row[own[car]]
            np.add.at(p_kw, (home, day), two_days[:, 0])
            late = day < n_day
            np.add.at(p_kw, (home[late], day[late] + 1), two_days[late, 1])
        lived_in = returned | lives_in[:, None]
        missing = self.short[:, None, None] * mean_day_kw(self.step_minutes)
        return (p_kw[:, 1:] - missing * lived_in[..., None]).reshape(n_home, -1)
