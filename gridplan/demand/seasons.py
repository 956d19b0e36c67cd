"""Ordinary days: what homes and special loads draw outside the Spring Festival, by season."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gridplan.demand.calendar import DayType
from gridplan.demand.holidays import Holidays
from gridplan.demand.profiles import (
    HomeSeries,
    HomeState,
    day_shapes,
    home_levels,
    special_kinds,
    step_means,
    tan_phi,
    usual_kw,
)
from gridplan.demand.settings import Period, Variation
from gridplan.demand.tables import table
from gridplan.frozen import BoolArray, FloatArray

#: Kinds that rest on days off as they do over the Spring Festival; machines run when there is work.
RESTING_ON_DAYS_OFF = ("public",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLevel:
    """How homes live in one season.

    Attributes
    ----------
    type : kind of day
    level : demand relative to a usual winter day
    weather : "heating": more when colder, "cooling": more when warmer, "none"
    """

    type: DayType
    level: float
    weather: str


@lru_cache(maxsize=1)
def day_levels() -> dict[int, DayLevel]:
    """The seasons of ``data/day_levels.csv`` by month (assumptions)."""
    return {
        int(month): DayLevel(
            type=DayType(row["day_type"]), level=float(row["level"]), weather=row["weather"]
        )
        for row in table("day_levels.csv")
        for month in row["months"].split()
    }


@lru_cache(maxsize=1)
def special_seasons() -> dict[tuple[str, int], tuple[float, float]]:
    """Activity and share of running days by kind and month (``data/special_seasons.csv``)."""
    return {
        (row["kind"], int(month)): (float(row["activity"]), float(row["running_days"]))
        for row in table("special_seasons.csv")
        for month in row["months"].split()
    }


def weather_response(dates: Sequence[dt.date], variation: Variation) -> FloatArray:
    """Relative rise of a home's demand per degree colder (day,) [1/K]; negative in summer."""
    slope = {
        "heating": variation.heating_percent_per_c / 100,
        "cooling": -variation.cooling_percent_per_c / 100,
        "none": 0.0,
    }
    return np.array([slope[day_levels()[date.month].weather] for date in dates])


def heating_season(period: Period) -> BoolArray:
    """Days whose weather asks for heating: bool (day,); all of a festival's."""
    if period.festival_year is not None:
        return np.ones(len(period.dates), dtype=bool)
    return np.array([day_levels()[date.month].weather == "heating" for date in period.dates])


def ordinary_home_series(dates: Sequence[dt.date], *, year: float, step_minutes: int) -> HomeSeries:
    """Demand of a mean home in each state on ordinary days.

    Homes live the shape of a usual winter day at the level of their season. Homes with returnees
    (National Day) live as on the fourth to fifteenth day of the year, at the season's level too.
    """
    shapes = day_shapes()
    level = np.array([day_levels()[date.month].level for date in dates])[:, None]
    mean = home_levels(year)
    p_kw = np.empty((len(HomeState), 1, len(dates), 96))
    p_kw[HomeState.EMPTY] = mean.empty_kw * shapes["vacant_standby"]
    p_kw[HomeState.USUAL, 0] = usual_kw(year) * level * shapes["normal_winter_resident"]
    p_kw[HomeState.RETURNED, 0] = mean.returned_kw * level * shapes["cny_day4_day15"]
    pf = np.array([mean.empty_pf, mean.usual_pf, mean.returned_pf])
    return HomeSeries(
        p_kw=step_means(p_kw, step_minutes),
        tan_phi=np.repeat(tan_phi(pf)[:, None], len(dates), axis=1),
        festive=np.zeros(len(dates), dtype=bool),
    )


def ordinary_activity(
    kind: str, dates: Sequence[dt.date], holidays: Holidays
) -> tuple[FloatArray, FloatArray]:
    """Activity, and share of the days on which a special load runs, each (day,)."""
    idle = (0.0, 0.0)
    activity, running = np.array(
        [special_seasons().get((kind, date.month), idle) for date in dates]
    ).T
    if kind in RESTING_ON_DAYS_OFF:
        off = np.array([holidays.is_off(date) for date in dates])
        activity = np.where(off, special_kinds()[kind].festival * activity, activity)
    return activity, running
