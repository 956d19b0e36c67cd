"""Areas, their homes and everything about them that no file of the county tells.

All numbers are assumptions.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from county.tables import (
    AIR_CONDITIONER_KW,
    AIR_CONDITIONERS,
    AIR_CONDITIONERS_OWNED,
    APPLIANCES,
    MEAL_HOURS,
    MEAL_SPREAD_H,
    OWNERSHIP_YEAR,
    SPECIALS,
    Special,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

LIVED_IN, MIGRATORY, CLOSED = range(3)  #: kinds of home
AREAS_PER_STATION = 7
#: Shares of homes with 1, 2, ... persons who live there, and of families of 1, 2, ... that return.
RESIDENTS, FAMILY = (0.25, 0.45, 0.2, 0.1), (0.08, 0.2, 0.3, 0.22, 0.14, 0.06)


def random(seed: int, *names: object) -> np.random.Generator:
    """Generator of one named purpose, the same whatever else is drawn."""
    return np.random.default_rng([seed, *(zlib.crc32(str(name).encode()) for name in names)])


@dataclass(frozen=True, kw_only=True, eq=False)
class Homes:
    """The homes of an area; every attribute has the axis home last unless said otherwise.

    Attributes
    ----------
    customer_id : str (home,)
    kind : lived in all year, migratory or closed
    residents : persons who live there all year
    family : persons who come back, 0 where nobody ever does
    thrift : how often things are switched on, relative to others
    meals_h : float (meal, home) -- usual hours of breakfast, lunch and dinner
    bed_h : usual bedtime
    owns, kw : (appliance, home)
    air_rank : float (unit, home) -- an air conditioner is there when this is below the ownership
    air_kw, air_hold : float (unit, home) -- heating power [kW], its share when holding the warmth
    set_c, rise_c, tau_h : float (unit, home) -- thermostat, rise at full power, time constant
    switch_c : float (state, home) -- outdoor mean below which heating is switched on, alone or
        with returnees
    car_rank : float (home,) -- the family charges a car when this is below the ownership
    standby_kw, fridge_kw : float (home,) -- fridge 0 where there is none
    """

    customer_id: npt.NDArray[np.str_]
    kind: Ints
    residents: Ints
    family: Ints
    thrift: Floats
    meals_h: Floats
    bed_h: Floats
    owns: Bools
    kw: Floats
    air_rank: Floats
    air_kw: Floats
    air_hold: Floats
    set_c: Floats
    rise_c: Floats
    tau_h: Floats
    switch_c: Floats
    car_rank: Floats
    standby_kw: Floats
    fridge_kw: Floats

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, kw_only=True, eq=False)
class Area:
    """One transformer area and its hidden customs.

    Attributes
    ----------
    number, station, vector_group : as the ledger names them
    homes : its homes
    wealth : factor on ownership
    growth : growth of air-conditioner ownership a year
    reunion_h, reunion_spread_h : hour of the reunion dinner
    night_lights : share of homes that leave all lights on in the Eve's night
    special, special_kw : special load, if any
    coverage : share of the returning families that the register knows
    kva_per_home : what a planner once gave the area, relative to others
    seed : of all that is drawn here
    """

    number: str
    station: str
    vector_group: str
    homes: Homes
    wealth: float
    growth: float
    reunion_h: float
    reunion_spread_h: float
    night_lights: float
    special: Special | None
    special_kw: float
    coverage: float
    kva_per_home: float
    seed: int

    @property
    def special_id(self) -> str:
        """Customer number of the special load."""
        return f"{self.number[:2]}{self.number[4:]}9001"

    @property
    def meter_ids(self) -> list[str]:
        """Customer numbers, homes first."""
        return [*self.homes.customer_id.tolist(), *([self.special_id] if self.special else [])]

    def air_conditioners(self, year: int) -> Bools:
        """Which air conditioners are there in a year, (unit, home)."""
        share = np.array(AIR_CONDITIONERS_OWNED) * self.wealth
        share = np.minimum(share * (1.0 + self.growth) ** (year - OWNERSHIP_YEAR), 0.97)
        return self.homes.air_rank < share[:, None]


def make_area(index: int, seed: int, mean_homes: int) -> Area:
    """Area ``index`` of a county; its homes are about ``mean_homes``."""
    station = index // AREAS_PER_STATION
    number = f"88{station + 1:02d}{index + 1:04d}"
    rng = random(seed, number, "place")
    n_home = max(3, round(mean_homes * rng.uniform(0.55, 1.45)))
    wealth = float(rng.lognormal(-0.01, 0.15))
    at_noon = rng.random() < 0.15
    special = SPECIALS[rng.integers(len(SPECIALS))] if rng.random() < 0.3 else None
    return Area(
        number=number,
        station=f"供电所{station + 1:02d}",
        vector_group="Yyn0" if rng.random() < 0.6 else "Dyn11",
        homes=_make_homes(number, n_home, wealth, rng),
        wealth=wealth,
        growth=float(rng.uniform(0.06, 0.12)),
        reunion_h=float(12.2 if at_noon else rng.uniform(17.3, 18.8)),
        reunion_spread_h=float(rng.uniform(0.25, 0.5)),
        night_lights=float(rng.uniform(0.5, 0.9) if rng.random() < 0.35 else 0.05),
        special=special,
        special_kw=float(rng.uniform(*special.kw)) if special else 0.0,
        coverage=float(rng.uniform(0.6, 0.9)),
        kva_per_home=float(rng.lognormal(0.0, 0.22)),
        seed=seed,
    )


def _make_homes(number: str, n: int, wealth: float, rng: np.random.Generator) -> Homes:
    lived_in = rng.uniform(0.42, 0.65)
    kind = rng.choice(3, size=n, p=[lived_in, 0.92 - lived_in, 0.08])
    comes = (kind == MIGRATORY) | ((kind == LIVED_IN) & (rng.random(n) < 0.5))
    owned = np.minimum(np.array([item.owned for item in APPLIANCES]) * wealth, 1.0)[:, None]
    rating = np.array([item.kw for item in APPLIANCES]).T[..., None]
    shape = (len(APPLIANCES), n)
    air = (AIR_CONDITIONERS, n)
    air_rating = np.array([AIR_CONDITIONER_KW[min(u, 1)] for u in range(air[0])]).T[..., None]
    meal = np.array(MEAL_HOURS)[:, None] + np.array(MEAL_SPREAD_H)[:, None] * rng.normal(
        size=(3, n)
    )
    # who owns a second air conditioner owns a first one: one rank per home
    air_rank = np.broadcast_to(rng.random(n), air)
    alone_c, with_family_c = rng.normal(-4.0, 4.0, n), rng.normal(4.0, 5.0, n)
    return Homes(
        customer_id=np.array([f"{number[:2]}{number[4:]}{home + 1:04d}" for home in range(n)]),
        kind=kind,
        residents=np.where(kind == LIVED_IN, rng.choice(4, n, p=RESIDENTS) + 1, 0),
        family=np.where(comes, rng.choice(6, n, p=FAMILY) + 1, 0),
        thrift=rng.lognormal(-0.05, 0.3, n),
        meals_h=meal,
        bed_h=rng.normal(21.8, 0.7, n),
        owns=rng.random(shape) < owned,
        kw=rng.uniform(rating[0], rating[1], shape),
        air_rank=air_rank,
        air_kw=rng.uniform(air_rating[0], air_rating[1], air),
        air_hold=np.where(rng.random(air) < 0.5, rng.uniform(0.4, 0.6, air), 1.0),
        set_c=rng.normal(19.5, 1.5, air),
        rise_c=rng.uniform(15.0, 25.0, air),
        tau_h=rng.uniform(1.5, 4.0, air),
        switch_c=np.maximum(np.array([alone_c, with_family_c]), alone_c),
        car_rank=rng.random(n),
        standby_kw=rng.uniform(0.004, 0.03, n) * (1.0 + 0.5 * (kind == LIVED_IN)),
        fridge_kw=np.where(rng.random(n) < 0.92, rng.uniform(0.08, 0.15, n), 0.0),
    )
