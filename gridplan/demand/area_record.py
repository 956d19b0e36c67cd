"""What is known of one transformer area: its homes' days in past festivals, and the registers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gridplan.demand.presence import day_means, occupied, usual_days
from gridplan.demand.profiles import QUARTERS
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray, StrArray, own_fields

#: First festival day of each kind of day that the model tells apart: ordinary days, first arrivals,
#: the week before, its last days, the Eve, New Year's Day, visits (2nd and 3rd day), 4th and 5th,
#: 6th and 7th, to the eleventh, and to ``LAST_DAY``.
GROUP_STARTS = (-365, -12, -7, -3, -1, 0, 1, 3, 5, 7, 11)
ORDINARY = 0
LAST_DAY = 20  #: festival days after it are ordinary ones


def group_of(days: IntArray) -> IntArray:
    """Kind of each festival day (day,), an index into ``GROUP_STARTS``."""
    group = np.maximum(np.searchsorted(GROUP_STARTS, days, side="right") - 1, ORDINARY)
    return np.where(days > LAST_DAY, ORDINARY, group)


def _none() -> Float32Array:
    """No special loads; takes the days of the festival."""
    return np.zeros((0, 0, QUARTERS), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Festival:
    """One area around one festival, as its meters and its register saw it.

    Attributes
    ----------
    year : calendar year of New Year's Day
    days : int (day,) -- festival days, ascending
    p_kw : float32 (home, day, 96) -- mean power of each quarter hour, NaN where missing
    total_kw : float32 (day, 96) -- at the transformer, NaN where missing
    temperature_c : float (day,) -- daily mean, NaN where unknown
    listed, away : bool (home,) -- on the register; says that nobody comes
    arrival, departure : float (home,) -- festival days of the register, NaN where unknown
    special_kw : float32 (special, day, 96) -- of customers that are no homes, NaN where missing
    """

    year: int
    days: IntArray
    p_kw: Float32Array
    total_kw: Float32Array
    temperature_c: FloatArray
    listed: BoolArray
    away: BoolArray
    arrival: FloatArray
    departure: FloatArray
    special_kw: Float32Array = field(default_factory=_none)

    def __post_init__(self) -> None:
        home = ("home",)
        if not len(self.special_kw):
            nothing = np.zeros((0, len(self.days), QUARTERS), dtype=np.float32)
            object.__setattr__(self, "special_kw", nothing)
        own_fields(
            self,
            {
                "days": (np.int64, ("day",)),
                "p_kw": (np.float32, ("home", "day", QUARTERS)),
                "total_kw": (np.float32, ("day", QUARTERS)),
                "temperature_c": (np.float64, ("day",)),
                "listed": (np.bool_, home),
                "away": (np.bool_, home),
                "arrival": (np.float64, home),
                "departure": (np.float64, home),
                "special_kw": (np.float32, ("special", "day", QUARTERS)),
            },
            {},
        )

    def until(self, day: int) -> Festival:
        """The same with what is measured on ``day`` and later taken away, as it was known then."""
        hidden = self.days >= day
        p_kw, total_kw = self.p_kw.copy(), self.total_kw.copy()
        special_kw = self.special_kw.copy()
        p_kw[:, hidden], total_kw[hidden], special_kw[:, hidden] = np.nan, np.nan, np.nan
        temperature_c = np.where(hidden, np.nan, self.temperature_c)
        return replace(
            self,
            p_kw=p_kw,
            total_kw=total_kw,
            special_kw=special_kw,
            temperature_c=temperature_c,
        )

    def expected(self, days: IntArray) -> BoolArray:
        """Whether the register has visitors in a home on some days: bool (home, day).

        An unknown date is before all days, or after them.
        """
        here = self.listed & ~self.away
        came = ~(self.arrival[:, None] > days)
        return here[:, None] & came & ~(self.departure[:, None] <= days)

    @property
    def metered(self) -> BoolArray:
        """Homes with a reading in this festival: bool (home,)."""
        return np.asarray(np.isfinite(self.p_kw).any(axis=(1, 2)))

    @property
    def mean_kw(self) -> FloatArray:
        """Mean power of each home's day (home, day), NaN where too many points are missing."""
        return day_means(self.p_kw)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaRecord:
    """One transformer area over several festivals; all festivals have the same homes.

    Attributes
    ----------
    area, station : numbers of the area and of its supply station
    sn_kva : rating of the transformer
    ids : str (home,)
    festivals : by year, ascending
    """

    area: str
    station: str
    sn_kva: float
    ids: StrArray
    festivals: tuple[Festival, ...]

    def festival(self, year: int) -> Festival:
        """The festival of a year; ``KeyError`` when there is none."""
        found = [one for one in self.festivals if one.year == year]
        if not found:
            raise KeyError(f"{self.area} has no festival of {year}")
        return found[0]

    def without(self, year: int) -> tuple[Festival, ...]:
        """All festivals but that of a year."""
        return tuple(one for one in self.festivals if one.year != year)


def lived_in(festival: Festival, usual_kw: FloatArray) -> BoolArray:
    """Homes with somebody there on most of the ordinary days that are known: bool (home,)."""
    ordinary = group_of(festival.days) == ORDINARY
    there = known_mean(occupied(festival.mean_kw, usual_kw)[:, ordinary])
    return np.asarray(np.nan_to_num(there) >= 0.5)


def known_mean(values: FloatArray) -> FloatArray:
    """Mean of what is known along the last axis, NaN where nothing is."""
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(-1) / np.where(known.any(-1), known.sum(-1), np.nan)


def usual_day_kw(festivals: tuple[Festival, ...]) -> FloatArray:
    """Mean power of a home's usual day (home,), over all festivals; NaN where none is lived in."""
    return usual_days([(one.mean_kw, group_of(one.days) == ORDINARY) for one in festivals])[0]
