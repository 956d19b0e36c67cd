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

#: After-diversity maximum demand of a celebrating home on the Eve, relative to the level of 2021
#: (2.2 kW, of many homes together; a few have more). 2015: 0.52 kW as the mean over draws; the
#: evenings of 24 homes then peak around 0.7 kW each: the level at which a village of that year
#: loads its 30 kVA transformer as reported (assumption).
#: Linear between the years, constant outside them.
LEVEL_BY_YEAR = {2015: 0.52 / 2.2, 2021: 1.0}

#: After-diversity maximum demand of a home on a usual winter evening [kW]. It grew with everyday
#: appliances, the Eve's also with heaters and guests. Calibrated inside the range of
#: ``data/household_levels.csv`` (0.35 to 1.0 kW) so that villages in which one home in three is
#: lived in all year rise 2 to 6 times to the Eve, as Nanning 2013 and State Grid 2021 report.
USUAL_KW_BY_YEAR = {2015: 0.35, 2021: 0.8}

_SHAPES = {
    DayType.BEFORE_EVE: "returnee_before_eve",
    DayType.NEW_YEAR_EVE: "new_year_eve",
    DayType.DAYS_1_TO_3: "cny_day1_day3",
    DayType.DAYS_4_TO_15: "cny_day4_day15",
}
#: First words of the kinds of home in ``data/household_levels.csv``.
_USUAL, _EMPTY, _RETURNED, _TEN_KILOWATT = "resident", "vacant", "occupied", "ten-kilowatt"


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
    p_kw : float (state, delay, day, step of day) -- by ``HomeState`` and delay of the evening in
        quarter hours [kW]
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
class HomeLevels:
    """After-diversity maximum demand [kW] and power factor of a mean home on ordinary days.

    Attributes
    ----------
    empty_kw, returned_kw : of an empty home, and with returnees beside the festive days
    empty_pf, usual_pf, returned_pf : power factors
    """

    empty_kw: float
    returned_kw: float
    empty_pf: float
    usual_pf: float
    returned_pf: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialKind:
    """A kind of special load.

    Attributes
    ----------
    shape : column of ``data/day_shapes.csv``, as a share of the rating; "sun": the clear sky
    before, festival, after : activity up to the day before the Eve, from the Eve to the third day
        after New Year's Day, and later
    running_days : share of the days on which it runs at all
    varies : True when it varies from quarter hour to quarter hour
    power_factor : None: as the network file carries it
    usual_kw : ratings between which such loads lie; None: they are as various as the villages
    """

    shape: str
    before: float
    festival: float
    after: float
    running_days: float
    varies: bool
    power_factor: float | None
    usual_kw: tuple[float, float] | None

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
            usual_kw=(float(row["kw_low"]), float(row["kw_high"])) if row["kw_low"] else None,
        )
        for row in table("special_kinds.csv")
    }


@lru_cache(maxsize=1)
def _household_levels() -> dict[tuple[str, str], tuple[float, float]]:
    """After-diversity maximum demand [kW] and power factor by kinds of home and day, in 2021."""
    return {
        (row["household_kind"].split(" ")[0], row["day_type"].split(" ")[0]): (
            float(row["admd_kw_mid"]),
            float(row["power_factor"]),
        )
        for row in table("household_levels.csv")
    }


def level_factor(year: float) -> float:
    """Level of a year's celebrating homes relative to those of 2021."""
    return float(np.interp(year, list(LEVEL_BY_YEAR), list(LEVEL_BY_YEAR.values())))


def usual_kw(year: float) -> float:
    """After-diversity maximum demand of a home on a usual winter evening of a year [kW]."""
    return float(np.interp(year, list(USUAL_KW_BY_YEAR), list(USUAL_KW_BY_YEAR.values())))


def home_levels(year: float) -> HomeLevels:
    """Levels of a year on ordinary days."""
    levels = _household_levels()
    empty_kw, empty_pf = levels[_EMPTY, DayType.NORMAL_WINTER]
    returned_kw, returned_pf = levels[_RETURNED, DayType.DAYS_4_TO_15]
    return HomeLevels(
        empty_kw=empty_kw,
        returned_kw=returned_kw * level_factor(year),
        empty_pf=empty_pf,
        usual_pf=levels[_USUAL, DayType.NORMAL_WINTER][1],
        returned_pf=returned_pf,
    )


def ten_kilowatt_ratio() -> float:
    """Demand of a ten-kilowatt home relative to a mean one; the Eve's ratio for all days."""
    levels = _household_levels()
    eve = DayType.NEW_YEAR_EVE.value
    return levels[_TEN_KILOWATT, eve][0] / levels[_RETURNED, eve][0]


def tan_phi(power_factor: FloatArray | float) -> FloatArray:
    """Reactive over active power of a lagging power factor."""
    return np.sqrt(1.0 / np.square(power_factor) - 1.0)


def home_series(days: IntArray, *, year: float, step_minutes: int, delays: int) -> HomeSeries:
    """Demand of a mean home in each state, for evenings delayed by 0 to ``delays`` quarter hours.

    A home without returnees lives an ordinary winter's day but from the Eve to the third day, when
    it celebrates like the others (its smaller number of persons is the forecast's business). Only
    the shapes of celebrating homes are delayed; a delayed day goes on after midnight.
    """
    levels, shapes = _household_levels(), day_shapes()
    usual = usual_kw(year) * shapes["normal_winter_resident"]
    empty_kw, empty_pf = levels[_EMPTY, DayType.NORMAL_WINTER]
    types = [day_type(day) for day in range(int(days[0]) - 1, int(days[-1]) + 1)]
    returned = np.array([levels[_RETURNED, kind][0] * shapes[_SHAPES[kind]] for kind in types])
    returned *= level_factor(year)
    festive = np.array([is_festive(int(day)) for day in days])
    p_kw = np.empty((len(HomeState), delays + 1, len(days), QUARTERS))
    p_kw[HomeState.EMPTY] = empty_kw * shapes["vacant_standby"]
    for delay in range(delays + 1):
        delayed = np.roll(returned.ravel(), delay).reshape(returned.shape)[1:]
        p_kw[HomeState.USUAL, delay] = np.where(festive[:, None], delayed, usual)
        p_kw[HomeState.RETURNED, delay] = delayed
    pf = np.full((len(HomeState), len(days)), empty_pf)
    pf[HomeState.RETURNED] = [levels[_RETURNED, kind][1] for kind in types[1:]]
    usual_pf = levels[_USUAL, DayType.NORMAL_WINTER][1]
    pf[HomeState.USUAL] = np.where(festive, pf[HomeState.RETURNED], usual_pf)
    return HomeSeries(p_kw=step_means(p_kw, step_minutes), tan_phi=tan_phi(pf), festive=festive)


def special_series(kind: SpecialKind, days: IntArray, step_minutes: int) -> FloatArray:
    """Share of the rating on the festival days that it runs, (day, step of day)."""
    activity = np.array([kind.activity(int(day)) for day in days])
    return step_means(activity[:, None] * day_shapes()[kind.shape], step_minutes)


def special_day(kind: SpecialKind, step_minutes: int) -> FloatArray:
    """Share of the rating on a day of full activity (step of day,)."""
    return step_means(day_shapes()[kind.shape], step_minutes)


def step_means(quarters: FloatArray, step_minutes: int) -> FloatArray:
    """Means over steps of whole quarter hours, along the last axis."""
    width = step_minutes // QUARTER_MINUTES
    grouped = quarters.reshape(*quarters.shape[:-1], QUARTERS // width, width)
    return np.asarray(grouped.mean(axis=-1), dtype=np.float64)
