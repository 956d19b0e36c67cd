"""Load of a whole transformer area over the festival, from as little as its name plate.

In a draw the area's load in one quarter hour is

    (alone * usual + returned * celebrating + empty * standby) * level * weather * spread + special

- *alone, returned, empty*: homes of each kind on that day: those lived in all year and those with
  returnees, from the register over its coverage or from a wide prior, by the presence curve;
- *usual, celebrating, standby*: days of a mean home (``profiles.home_series``), grown to the year,
  and a delay of the evening that is drawn;
- *level*: of the area (lognormal); what its county has in common is in ``screening_levels``;
- *weather*: from day to day, common to the county;
- *spread*: the mean of finitely many independent homes, lasting and from quarter hour to quarter
  hour: the fewer homes, the wider;
- *special*: loads that the ledger names, by rating, days and hours (``screening_special``). Curves
  hold them already, and are compared with homes and special loads together.

The levels of homes are after-diversity maximum demands, that is peaks of a group: the mean day is
lower by what the spread adds to the peak of a group of ``GROUP_HOMES``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtr

from gridplan.demand.profiles import QUARTERS, HomeState, home_series
from gridplan.demand.returnees import presence_curve
from gridplan.demand.screening_area import (
    FIRST_DAY,
    LAST_DAY,
    ORDINARY_FROM_DAY,
    Area,
    two_hour_load,
)
from gridplan.demand.screening_special import special_load, usual_evening_kw
from gridplan.demand.settings import Variation
from gridplan.demand.streams import stream
from gridplan.demand.variation import autoregressive
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray

#: Year of the household levels that the project documents, and what a county's homes have of them:
#: published figures lie between a village of 2015 (0.35) and 2021 (1), most nearer to the later
#: (A). How surely that is known: ``screening_levels.LEVEL_SD``.
LEVEL_YEAR, HOME_LEVEL = 2021, 0.8
#: Growth of demand per home and year, and its standard deviation (A).
GROWTH, GROWTH_SD = 0.03, 0.03
#: Share of an area's homes that are lived in all year where the sheet does not say: median, and
#: standard deviation of its logarithm (A: one in three in the villages of the reports, two in three
#: in rural China as a whole).
LIVED_IN_SHARE, LIVED_IN_SD = 0.5, 0.3
#: Share of all homes that returnees come to, without a register: median, and standard deviation of
#: its log odds (A, wide on purpose: 0.2 to 0.85 in nine of ten draws).
RETURNING_SHARE, RETURNING_SD = 0.55, 0.9
#: Share of the returnee homes that a register knows, its standard deviation and ends (A).
COVERAGE, COVERAGE_SD, COVERAGE_ENDS = 0.75, 0.1, (0.4, 1.0)
#: Days by which an area's travel wave is earlier or later than the presence curve, as sd (A).
WAVE_SD_DAYS = 1.5
#: Standard deviation of the logarithm of an area's level around its county's (A).
AREA_SD = 0.2
#: Lasting difference between homes, variation of one home from quarter hour to quarter hour
#: (coefficients of variation), and the time in which that is forgotten [h]: with them the peaks of
#: British groups of homes come out (``tests/validation/test_coincidence.py``), and 50 homes have a
#: demand factor of 0.43, where JGJ 242 says 0.40 to 0.45.
HOME_CV, TIME_CV, TIME_CORRELATION_H = 0.45, 0.9, 0.5
GROUP_HOMES = 50  #: homes of the group whose peak an after-diversity maximum demand is (A)
LEAST_SPREAD = 0.1  #: the mean of few homes never falls below this share of the expected (A)
POWER_FACTOR = 0.95  #: of a whole area (A; homes 0.93 to 0.96 in ``data/household_levels.csv``)
#: Days of quarter-hour variation that are made; each area takes some of them by chance.
_PATHS = 512
_SPREADS = np.array([0.0, 0.05, 0.1, 0.2, 0.4, 0.9])  #: for which ``Shared.steady`` is known


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shared:
    """What all areas have in common.

    Attributes
    ----------
    year : of the festival
    days : int (day,) -- festival days
    celebrating_kw : float32 (delay, day, 96) -- mean home with returnees, or on a festive day [kW]
    festive : bool (day,) -- every home that is lived in celebrates
    usual_kw : float32 (96,) -- mean home lived in on an ordinary winter day [kW]
    standby_kw : of an empty home [kW]
    paths : float32 (path, 96) -- days of variation of unit variance
    steady : float (spread,) -- logarithm of the two-hour load of an ordinary day over its highest
        mean quarter hour, for each of ``_SPREADS``
    weather : float32 (draw, day) -- factor from day to day
    """

    year: int
    days: IntArray
    celebrating_kw: Float32Array
    festive: BoolArray
    usual_kw: Float32Array
    standby_kw: float
    paths: Float32Array
    steady: FloatArray
    weather: Float32Array

    @property
    def n_draw(self) -> int:
        """Number of draws."""
        return len(self.weather)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaDraws:
    """An area in a county of the assumed level.

    Attributes
    ----------
    load_kw : float32 (draw, step) -- over the festival [kW]
    ordinary : float (draw,) -- logarithm of the two-hour load of an ordinary winter day
    festival : float (draw,) -- the same of the festival
    """

    load_kw: Float32Array
    ordinary: FloatArray
    festival: FloatArray


def shared(draws: int, seed: int, year: int) -> Shared:
    """Everything that the areas share."""
    variation = Variation()
    days = np.arange(FIRST_DAY, LAST_DAY + 1)
    delays = round(variation.dinner_delay_h * 4)
    homes = home_series(days, year=LEVEL_YEAR, step_minutes=15, delays=delays)
    ordinary = home_series(
        np.array([2 * -ORDINARY_FROM_DAY]), year=LEVEL_YEAR, step_minutes=15, delays=0
    )
    noise = stream(seed, "screening: quarter hours", 0).standard_normal((_PATHS, QUARTERS))
    paths = autoregressive(noise, float(np.exp(-0.25 / TIME_CORRELATION_H)))
    eve = homes.p_kw[HomeState.RETURNED, 0].max(axis=0)
    group = eve * (1.0 + TIME_CV / np.sqrt(GROUP_HOMES) * paths)
    level = HOME_LEVEL * (1.0 + GROWTH) ** (year - LEVEL_YEAR)
    level *= float(eve.max() / group.max(axis=1).mean())
    usual = level * ordinary.p_kw[HomeState.USUAL, 0, 0]
    spread = np.maximum(1.0 + _SPREADS[:, None, None] * paths, LEAST_SPREAD)
    steady = [np.log(two_hour_load(usual * one)).mean() for one in spread]
    rng = stream(seed, "screening: weather", 0)
    cold = autoregressive(rng.standard_normal((draws, len(days))), variation.temperature_day_to_day)
    heating = variation.heating_percent_per_c / 100 * variation.temperature_sd_c
    return Shared(
        year=year,
        days=days,
        celebrating_kw=(level * homes.p_kw[HomeState.RETURNED]).astype(np.float32),
        festive=homes.festive,
        usual_kw=usual.astype(np.float32),
        standby_kw=float(homes.p_kw[HomeState.EMPTY].mean()),
        paths=paths.astype(np.float32),
        steady=np.array(steady) - np.log(usual.max()),
        weather=np.maximum(1.0 + heating * cold, 0.5).astype(np.float32),
    )


def area_draws(area: Area, common: Shared, seed: int) -> AreaDraws:
    """Draw an area over the festival.

    The numbers depend on the seed, the area's number and the draw only: not on other areas, nor on
    how many draws there are.

    Parameters
    ----------
    area : as read; its curves are not looked at
    common : of ``shared``
    seed : of all random numbers
    """
    name = f"screening: {area.area}"
    normal = stream(seed, name, 0).standard_normal((common.n_draw, 11))
    lived_in = _lived_in(area, normal[:, 0:2])
    alone, returned = _homes_by_day(area, common, lived_in, normal[:, 2:6])
    occupied = alone + returned
    most = np.maximum(occupied.max(axis=1), 1.0)
    level = np.exp(AREA_SD * normal[:, 6] + HOME_CV * normal[:, 7] / np.sqrt(most))
    delays = len(common.celebrating_kw)
    delay = np.minimum((ndtr(normal[:, 8]) * delays).astype(np.int64), delays - 1)
    load = common.celebrating_kw[delay]
    load *= (returned + alone * common.festive).astype(np.float32)[..., None]
    load += (alone * ~common.festive).astype(np.float32)[..., None] * common.usual_kw
    empty = np.maximum(area.homes - occupied, 0.0)
    load += (empty * common.standby_kw).astype(np.float32)[..., None]
    # the mean of finitely many homes
    chosen = stream(seed, name, 1).integers(0, len(common.paths), occupied.shape)
    spread = common.paths[chosen]
    spread *= (TIME_CV / np.sqrt(np.maximum(occupied, 1.0))).astype(np.float32)[..., None]
    spread += np.float32(1.0)
    load *= np.maximum(spread, np.float32(LEAST_SPREAD), out=spread)
    load *= (common.weather * level[:, None]).astype(np.float32)[..., None]
    if area.special:
        load += special_load(area.special, common.days, common.n_draw, area=area.area, seed=seed)
    others_kw = usual_evening_kw(area.special, common.n_draw, area=area.area, seed=seed)
    series = load.reshape(common.n_draw, -1)
    return AreaDraws(
        load_kw=series,
        ordinary=np.log(_ordinary_kw(area, common, lived_in, level) + others_kw),
        festival=np.log(two_hour_load(series).astype(np.float64)),
    )


def _ordinary_kw(area: Area, common: Shared, lived_in: FloatArray, level: FloatArray) -> FloatArray:
    """Two-hour load of an ordinary winter day (draw,) [kW]."""
    spread = TIME_CV / np.sqrt(np.maximum(lived_in, 1.0))
    steady = np.exp(np.interp(spread, _SPREADS, common.steady))
    each = float(common.usual_kw.max()) * steady * level
    return np.maximum(lived_in, 0.5) * each + (area.homes - lived_in) * common.standby_kw


def _lived_in(area: Area, normal: FloatArray) -> FloatArray:
    """Homes lived in all year (draw,)."""
    if area.homes_lived_in is not None:
        return np.full(len(normal), float(area.homes_lived_in))
    share = np.minimum(LIVED_IN_SHARE * np.exp(LIVED_IN_SD * normal[:, 0]), 1.0)
    return _some_of(area.homes, share, normal[:, 1])


def _some_of(homes: float, share: FloatArray, normal: FloatArray) -> FloatArray:
    """Homes of which each is counted with a probability, by the normal law of large numbers.

    Held between none and all it grows with the number of homes in every draw.
    """
    spread = np.sqrt(homes * share * (1.0 - share)) * normal
    return np.clip(homes * share + spread, 0.0, homes)


def _returning(area: Area, normal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Homes that returnees come to, and those of them beyond the register's dated ones (draw,)."""
    register = area.register
    if register is None:
        share = expit(logit(RETURNING_SHARE) + RETURNING_SD * normal[:, 0])
        total = _some_of(area.homes, share, normal[:, 1])
        return total, total
    coverage = np.clip(COVERAGE + COVERAGE_SD * normal[:, 0], *COVERAGE_ENDS)
    unlisted = register.returning * (1.0 / coverage - 1.0)
    unlisted = np.maximum(unlisted + np.sqrt(unlisted) * normal[:, 1], 0.0)
    room = max(area.homes - register.returning - register.staying_away, 0.0)
    total = register.returning + np.minimum(unlisted, room)
    return total, total - len(_dated(area))


def _dated(area: Area) -> FloatArray:
    """Arrival and departure of registered homes of which at least one is known (home, 2)."""
    if area.register is None:
        return np.empty((0, 2))
    stays = np.stack([area.register.arrival, area.register.departure], axis=1)
    return stays[~np.isnan(stays).all(axis=1)]


def _homes_by_day(
    area: Area, common: Shared, lived_in: FloatArray, normal: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Homes lived in and alone, and homes with returnees, each (draw, day)."""
    total, undated = _returning(area, normal[:, :2])
    curve = presence_curve()
    shifted = common.days - WAVE_SD_DAYS * normal[:, 2:3]
    present = np.interp(shifted, curve.day, curve.arrived - curve.departed)
    returned = undated[:, None] * present
    stays = _dated(area)
    if len(stays):
        # of a home with one known date the other follows the curve
        arrived = np.interp(common.days, curve.day, curve.arrived)
        left = np.interp(common.days, curve.day, curve.departed)
        there = np.where(
            np.isnan(stays[:, :1]), arrived, np.where(stays[:, :1] <= common.days, 1.0, 0.0)
        )
        there = there * np.where(
            np.isnan(stays[:, 1:]), 1.0 - left, np.where(stays[:, 1:] > common.days, 1.0, 0.0)
        )
        returned = returned + there.sum(axis=0)
    # returnees come to homes that are lived in as often as to others, or less: nobody knows (A)
    both = ndtr(normal[:, 3]) * total * lived_in / area.homes
    both = np.maximum(both, total + lived_in - area.homes)
    share = returned / np.maximum(total, 1e-9)[:, None]
    return lived_in[:, None] - both[:, None] * share, returned
