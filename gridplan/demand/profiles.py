"""Day shapes and levels: what a home in a given state, or a special load, draws over the period."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np

from gridplan.demand.calendar import NEW_YEAR_EVE, DayType, day_type, is_festive
from gridplan.demand.tables import table
from gridplan.frozen import BoolArray, FloatArray, IntArray

QUARTER_MINUTES = 15
QUARTERS = 96  #: quarter hours of a day

#: After-diversity maximum demand of a celebrating home on the Eve, relative to the level of 2021 (2.2 kW).
#: 2015: 0.85 kW, the level at which a village of that year fits its 30 kVA transformer as reported (assumption);
#: linear between the years, constant outside them.
LEVEL_BY_YEAR = {2015: 0.85 / 2.2, 2021: 1.0}

_RETURNEE_SHAPES = {
    DayType.BEFORE_EVE: "returnee_before_eve",
    DayType.NEW_YEAR_EVE: "new_year_eve",
    DayType.DAYS_1_TO_3: "cny_day1_day3",
    DayType.DAYS_4_TO_15: "cny_day4_day15",
}
_NORMAL, _EMPTY, _RETURNED = (
    "resident (elderly, children)",
    "vacant dwelling",
    "occupied by returnees",
)
_TEN_KILOWATT = "ten-kilowatt"


class HomeState(IntEnum):
    """What goes on in a home on one day."""

    EMPTY = 0  #: standby only
    USUAL = 1  #: those who live there all year, by themselves
    RETURNED = 2  #: with returnees


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HomeSeries:
    """Demand of a mean home over the period, before variation.

    Attributes
    ----------
    p_kw : float (state, delay, day, step of day) -- by ``HomeState`` and delay of the evening in quarter hours [kW]
    tan_phi : float (state, day) -- reactive over active power
    festive : bool (day,) -- every home that is lived in celebrates
    """

    p_kw: FloatArray
    tan_phi: FloatArray
    festive: BoolArray

    @property
    def delays(self) -> int:
        """Number of delays, from none to the longest."""
        return int(self.p_kw.shape[1])

    @property
    def steps_per_day(self) -> int:
        """Steps of a day."""
        return int(self.p_kw.shape[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialKind:
    """A kind of special load.

    Attributes
    ----------
    shape : column of ``data/day_shapes.csv``, as a share of the rating
    before, festival, after : activity up to the day before the Eve, from the Eve to the third day after
        New Year's Day, and later
    running_days : share of the days on which it runs at all
    varies : True when it varies from quarter hour to quarter hour
    power_factor : None: as the network file carries it
    """

    shape: str
    before: float
    festival: float
    after: float
    running_days: float
    varies: bool
    power_factor: float | None

    def activity(self, day: int) -> float:
        """Activity on a festival day."""
        if day < NEW_YEAR_EVE:
            return self.before
        return self.festival if day <= 3 else self.after


@lru_cache(maxsize=1)
def day_shapes() -> dict[str, FloatArray]:
    """96 quarter hours per shape, each relative to its own maximum."""
    rows = table("day_shapes.csv")
    names = [name for name in rows[0] if name not in ("point", "start_time")]
    return {name: np.array([float(row[name]) for row in rows]) for name in names}


@lru_cache(maxsize=1)
def special_kinds() -> dict[str, SpecialKind]:
    """The special loads by kind."""
    return {
        row["kind"]: SpecialKind(
            shape=row["shape"],
            before=float(row["before"]),
            festival=float(row["festival"]),
            after=float(row["after"]),
            running_days=float(row["running_days"]),
            varies=row["varies"] == "1",
            power_factor=float(row["power_factor"]) if row["power_factor"] else None,
        )
        for row in table("special_kinds.csv")
    }


@lru_cache(maxsize=1)
def _household_levels() -> dict[tuple[str, str], tuple[float, float]]:
    """After-diversity maximum demand [kW] and power factor by kind of home and kind of day, level of 2021."""
    return {
        (row["household_kind"].split(" ")[0], row["day_type"].split(" ")[0]): (
            float(row["admd_kw_mid"]),
            float(row["power_factor"]),
        )
        for row in table("household_levels.csv")
    }


def level_factor(year: float) -> float:
    """Level of a year's households relative to those of 2021."""
    return float(np.interp(year, list(LEVEL_BY_YEAR), list(LEVEL_BY_YEAR.values())))


def ten_kilowatt_ratio() -> float:
    """Demand of a home with ten kilowatts of appliances relative to a mean one; the Eve's ratio for all days."""
    levels = _household_levels()
    eve = DayType.NEW_YEAR_EVE.value
    return levels[_TEN_KILOWATT, eve][0] / levels[_RETURNED.split(" ", maxsplit=1)[0], eve][0]


def tan_phi(power_factor: FloatArray | float) -> FloatArray:
    """Reactive over active power of a lagging power factor."""
    return np.sqrt(1.0 / np.square(power_factor) - 1.0)


def home_series(days: IntArray, *, year: float, step_minutes: int, delays: int) -> HomeSeries:
    """Demand of a mean home in each state, for evenings delayed by 0 to ``delays`` quarter hours.

    A home without returnees lives an ordinary winter's day but from the Eve to the third day, when it celebrates
    like the others (its smaller number of persons is the forecast's business). Only the shapes of celebrating
    homes are delayed; a delayed day goes on after midnight.
    """
    factor = level_factor(year)
    usual, returned, empty = (np.empty((len(days) + 1, QUARTERS)) for _ in range(3))
    pf = np.empty((len(HomeState), len(days) + 1))
    for row, day in enumerate(range(int(days[0]) - 1, int(days[-1]) + 1)):
        returned[row], pf[HomeState.RETURNED, row] = _day(_RETURNED, day_type(day))
        usual[row], pf[HomeState.USUAL, row] = _day(_NORMAL, DayType.NORMAL_WINTER)
        empty[row], pf[HomeState.EMPTY, row] = _day(_EMPTY, DayType.NORMAL_WINTER)
        if is_festive(day):
            pf[HomeState.USUAL, row] = pf[HomeState.RETURNED, row]
    festive = np.array([is_festive(int(day)) for day in days])
    p_kw = np.empty((len(HomeState), delays + 1, len(days), QUARTERS))
    for delay in range(delays + 1):
        delayed = np.roll(returned.ravel(), delay).reshape(returned.shape)[1:]
        p_kw[HomeState.EMPTY, delay] = empty[1:]
        p_kw[HomeState.USUAL, delay] = np.where(festive[:, None], delayed, usual[1:])
        p_kw[HomeState.RETURNED, delay] = delayed
    p_kw = _by_step(p_kw * factor, step_minutes)
    return HomeSeries(p_kw=p_kw, tan_phi=tan_phi(pf[:, 1:]), festive=festive)


def special_series(kind: SpecialKind, days: IntArray, step_minutes: int) -> FloatArray:
    """Share of the rating on the days that it runs, (day, step of day)."""
    activity = np.array([kind.activity(int(day)) for day in days])
    return _by_step(activity[:, None] * day_shapes()[kind.shape], step_minutes)


def _day(household: str, kind: DayType) -> tuple[FloatArray, float]:
    """Demand over the quarter hours of a day [kW] and power factor."""
    level, power_factor = _household_levels()[household.split(" ", maxsplit=1)[0], kind.value]
    if household == _EMPTY:
        shape = "vacant_standby"
    elif household == _NORMAL:
        shape = "normal_winter_resident"
    else:
        shape = _RETURNEE_SHAPES[kind]
    return level * day_shapes()[shape], power_factor


def _by_step(quarters: FloatArray, step_minutes: int) -> FloatArray:
    """Means over steps of whole quarter hours, along the last axis."""
    width = step_minutes // QUARTER_MINUTES
    return quarters.reshape(*quarters.shape[:-1], QUARTERS // width, width).mean(axis=-1)
