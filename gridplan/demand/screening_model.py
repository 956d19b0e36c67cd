"""Load of a whole transformer area over the festival, from as little as its name plate.

In a draw the area's load in one quarter hour is

    (alone * usual + returned * celebrating + empty * standby) * level * weather * spread + special

- *alone, returned, empty*: homes of each kind on that day: those lived in all year and those with
  returnees, from the register over its coverage or from a wide prior, by the presence curve;
- *usual, celebrating, standby*: days of a mean home (``profiles.home_series``) of a level year and
  a delay of the evening that are drawn;
- *level*: common to the area (lognormal), and to the county;
- *weather*: common to the county;
- *spread*: the mean of finitely many independent homes, lasting and from quarter hour to quarter
  hour: the fewer homes, the wider;
- *special*: loads that the ledger names, by rating, days and hours (``screening_special``). They
  are in measured days already, and no homes are taken for them.

Measured days correct the draws before the load is made: each draw moves towards the measurement by
the gain of its variances (Matheron's rule: exact for normal logarithms), so that what was uncertain
shrinks and what the measurement does not touch stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtr

from gridplan.demand.profiles import QUARTERS, HomeState, home_series
from gridplan.demand.returnees import presence_curve
from gridplan.demand.screening_days import (
    ORDINARY_FROM_DAY,
    PEAK_DAYS,
    festival_peaks,
    ordinary_days,
)
from gridplan.demand.screening_input import Area
from gridplan.demand.screening_special import EVENING, special_load, usual_evening_kw
from gridplan.demand.settings import Variation
from gridplan.demand.streams import stream
from gridplan.demand.variation import autoregressive, lognormal
from gridplan.frozen import Float32Array, FloatArray, IntArray

#: Festival days that are screened, as the studies of single villages have them.
FIRST_DAY, LAST_DAY = -10, 15
#: Years of household levels that the project documents; drawn between them, the later the likelier
#: (density rising from 0): a festival to come resembles the later one more (A).
LEVEL_YEARS = (2015.0, 2021.0)
#: Correlation between areas of the normal number behind that year: what nobody knows about the
#: level of homes is mostly the same for the whole county (A).
LEVEL_YEAR_COMMON = 0.7
#: Share of an area's homes that are lived in all year where the sheet does not say: median, and
#: standard deviation of its logarithm (A: about one in three where 2 to 6 times were reported).
LIVED_IN_SHARE, LIVED_IN_SD = 0.4, 0.3
#: Share of all homes that returnees come to, without a register: median, and standard deviation of
#: its log odds (A, wide on purpose: 0.2 to 0.85 in nine of ten draws).
RETURNING_SHARE, RETURNING_SD = 0.55, 0.9
#: Share of the returnee homes that a register knows, its standard deviation and ends (A).
COVERAGE, COVERAGE_SD, COVERAGE_ENDS = 0.75, 0.1, (0.4, 1.0)
#: Days by which an area's travel wave is earlier or later than the presence curve, as sd (A).
WAVE_SD_DAYS = 1.5
#: Coefficients of variation of an area's and of the county's level around the drawn year's (A).
AREA_CV, COUNTY_CV = 0.25, 0.1
#: Lasting difference between homes, and between quarter hours of one home, as they bear on the mean
#: of an area (A: beyond those of a study, for persons and appliances differ, too).
HOME_CV, TIME_CV = 0.4, 0.5
LEAST_SPREAD = 0.1  #: the mean of few homes never falls below this share of the expected (A)
#: Standard deviation of the logarithm with which a winter's usual peak says the level: weather,
#: season, special loads (A); that of days around each other is measured, this one at least.
CURVE_SD, LEAST_DAY_SD = 0.08, 0.05
#: The same for a past festival: what is common to it, and what one of them differs by (A).
FESTIVAL_SD, ONE_FESTIVAL_SD = 0.08, 0.12
#: Standard deviation of the logarithm of a festival's peak before any past one is known: (A).
PRIOR_FESTIVAL_SD = 0.35
#: Growth of demand per home and year, and its standard deviation (A).
GROWTH, GROWTH_SD = 0.04, 0.02
POWER_FACTOR = 0.95  #: of a whole area (A; homes 0.93 to 0.96 in ``data/household_levels.csv``)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shared:
    """What all areas have in common.

    Attributes
    ----------
    days : int (day,) -- festival days
    p_kw : float32 (state, delay, day, 96) -- mean home of the later level year [kW]
    earlier : float (state, day) -- the earlier year's over the later one's
    peak_2h_kw : float (state, day) -- highest mean of two hours, in the later year [kW]
    usual_2h_kw : the same of an ordinary winter day of a home lived in [kW]
    usual_earlier : the earlier year's ordinary day over the later one's
    standby_kw : of an empty home [kW]
    later : float (draw,) -- normal number of the level year, the county's part
    weather : float (draw, day) -- factor common to the county, with the county's level
    variation : of studies
    """

    days: IntArray
    p_kw: Float32Array
    earlier: FloatArray
    peak_2h_kw: FloatArray
    usual_2h_kw: float
    usual_earlier: float
    standby_kw: float
    later: FloatArray
    weather: FloatArray
    variation: Variation

    @property
    def n_draw(self) -> int:
        """Number of draws."""
        return len(self.weather)


def shared(draws: int, seed: int) -> Shared:
    """Everything that the areas share."""
    variation = Variation()
    days = np.arange(FIRST_DAY, LAST_DAY + 1)
    delays = round(variation.dinner_delay_h * 4)
    early, late = (
        home_series(days, year=year, step_minutes=15, delays=delays).p_kw for year in LEVEL_YEARS
    )
    ordinary = np.array([2 * -ORDINARY_FROM_DAY])
    usual = [
        home_series(ordinary, year=year, step_minutes=15, delays=0).p_kw[HomeState.USUAL, 0, 0]
        for year in LEVEL_YEARS
    ]
    means = np.lib.stride_tricks.sliding_window_view(late[:, 0], 8, axis=-1).mean(axis=-1)
    usual_2h = [float(np.convolve(day, np.full(8, 1 / 8), "valid").max()) for day in usual]
    rng = stream(seed, "screening: county", 0)
    normal = rng.standard_normal((draws, len(days) + 2))
    cold = autoregressive(normal[:, 2:], variation.temperature_day_to_day)
    heating = variation.heating_percent_per_c / 100 * variation.temperature_sd_c
    return Shared(
        days=days,
        p_kw=late.astype(np.float32),
        earlier=early[:, 0].max(axis=-1) / late[:, 0].max(axis=-1),
        peak_2h_kw=means.max(axis=-1),
        usual_2h_kw=usual_2h[1],
        usual_earlier=usual_2h[0] / usual_2h[1],
        standby_kw=float(late[HomeState.EMPTY].max()),
        later=normal[:, 1],
        weather=np.maximum(1.0 + heating * cold, 0.5) * lognormal(normal[:, :1], COUNTY_CV),
        variation=variation,
    )


@dataclass(slots=True)
class _Draws:
    """Quantities of one area in every draw.

    Attributes
    ----------
    lived_in : float (draw,) -- homes lived in all year
    level : float (draw,) -- factor of the area
    later : float (draw,) -- share of the later level year
    """

    lived_in: FloatArray
    level: FloatArray
    later: FloatArray


def area_load(area: Area, year: int, new_year_day: int, common: Shared, seed: int) -> Float32Array:
    """Active power of an area: float32 (draw, day, 96) [kW].

    The numbers depend on the seed, the area's number and the draw only: not on other areas, nor on
    how many draws there are.

    Parameters
    ----------
    area : as read
    year, new_year_day : festival to be screened, and its New Year's Day as an ordinal
    common : of ``shared``
    seed : of all random numbers
    """
    name = f"screening: {area.area}"
    normal = stream(seed, name, 0).standard_normal((common.n_draw, 16))
    own = np.sqrt(1.0 - LEVEL_YEAR_COMMON**2) * normal[:, 3]
    drawn = _Draws(
        lived_in=_lived_in(area, normal[:, 0:2]),
        level=lognormal(normal[:, 2], AREA_CV),
        later=_later(ndtr(LEVEL_YEAR_COMMON * common.later + own)),
    )
    special = special_load(area.special, common.days, common.n_draw, area=area.area, seed=seed)
    if area.curves is not None:
        others = usual_evening_kw(area.special, common.n_draw, area=area.area, seed=seed)
        _usual_level(area, new_year_day, common, drawn, normal[:, 4:6], others)
    alone, returned, empty = _homes_by_day(area, common, drawn, normal[:, 6:11])
    factor = common.weather * drawn.level[:, None]
    if area.curves is not None:
        evening_kw = special[..., EVENING].mean(axis=-1)
        factor *= _festival_factor(
            area, year, common, drawn, (alone, returned, empty), normal[:, 11:13], evening_kw
        )
    share = ndtr(normal[:, 13])
    delay = np.minimum((share * common.p_kw.shape[1]).astype(np.int64), common.p_kw.shape[1] - 1)
    load = np.zeros((common.n_draw, len(common.days), QUARTERS), dtype=np.float32)
    for state, homes in (
        (HomeState.USUAL, alone),
        (HomeState.RETURNED, returned),
        (HomeState.EMPTY, empty),
    ):
        ratio = common.earlier[state] + (1.0 - common.earlier[state]) * drawn.later[:, None]
        scale = (homes * ratio * factor).astype(np.float32)
        if state is HomeState.EMPTY:
            load += scale[..., None] * common.p_kw[state, 0]
        else:
            for one in np.unique(delay):
                rows = delay == one
                load[rows] += scale[rows, :, None] * common.p_kw[state, one]
    load *= _spread(alone + returned, normal[:, 14], common, seed, name)
    return load + special if area.special else load


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
    area: Area, common: Shared, drawn: _Draws, normal: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Homes lived in and alone, with returnees, and empty, each (draw, day)."""
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
    lived_in = drawn.lived_in
    both = ndtr(normal[:, 3]) * total * lived_in / area.homes
    both = np.maximum(both, total + lived_in - area.homes)
    share = returned / np.maximum(total, 1e-9)[:, None]
    alone = lived_in[:, None] - both[:, None] * share
    return alone, returned, np.maximum(area.homes - alone - returned, 0.0)


def _without(others_kw: FloatArray, log_kw: FloatArray) -> FloatArray:
    """Logarithm of what homes draw (draw,), of a whole less its special loads; a tenth at least."""
    return log_kw + np.log1p(-np.minimum(others_kw * np.exp(-log_kw), 0.9))


def _grown(years: FloatArray | float, normal: FloatArray) -> FloatArray:
    """Logarithm of the growth over some years (draw,)."""
    return np.log1p(np.maximum(GROWTH + GROWTH_SD * normal, 0.0)) * years


def _usual_level(
    area: Area,
    new_year_day: int,
    common: Shared,
    drawn: _Draws,
    normal: FloatArray,
    others_kw: FloatArray,
) -> None:
    """Move homes lived in and level towards the measured winter evenings.

    ``others_kw`` (draw,) is what special loads draw then [kW].
    """
    curves, ordinary = area.curves, ordinary_days(area)
    if curves is None or not ordinary.any():
        return
    logs = np.log(np.maximum(curves.peak_kw[ordinary], 1e-3))
    day_sd = max(float(logs.std()), LEAST_DAY_SD)
    noise = CURVE_SD**2 + day_sd**2 / len(logs)
    years = (new_year_day - float(curves.date[ordinary].mean())) / 365.25
    measured = float(np.median(logs)) + np.sqrt(noise) * normal[:, 0] + _grown(years, normal[:, 1])
    measured = _without(others_kw, measured)
    ratio = common.usual_earlier + (1.0 - common.usual_earlier) * drawn.later
    each = common.usual_2h_kw * ratio * drawn.level
    of_level = np.log1p(AREA_CV**2) + float(np.var(np.log(_year_ratios(common))))
    of_homes = LIVED_IN_SD**2 if area.homes_lived_in is None else 0.0

    def gap(lived_in: FloatArray) -> FloatArray:
        idle = (area.homes - lived_in) * common.standby_kw
        return measured - np.log(np.maximum(lived_in, 0.5) * each + idle)

    gain = of_homes / (of_homes + of_level + noise)
    drawn.lived_in = np.minimum(drawn.lived_in * np.exp(gain * gap(drawn.lived_in)), area.homes)
    drawn.level = drawn.level * np.exp(of_level / (of_level + noise) * gap(drawn.lived_in))


def _later(even: FloatArray) -> FloatArray:
    """Share of the later level year of evenly spread numbers."""
    return np.sqrt(even)


def _year_ratios(common: Shared) -> FloatArray:
    """Ordinary level over the level years, as often as they are drawn."""
    later = _later((np.arange(200) + 0.5) / 200)
    return common.usual_earlier + (1.0 - common.usual_earlier) * later


def _festival_factor(
    area: Area,
    year: int,
    common: Shared,
    drawn: _Draws,
    homes: tuple[FloatArray, FloatArray, FloatArray],
    normal: FloatArray,
    others_kw: FloatArray,
) -> FloatArray:
    """Factor (draw, day) that moves the festival's peak towards the past ones'; 1 without any.

    ``others_kw`` (draw, day) is what special loads draw on its evenings [kW].
    """
    past = festival_peaks(area, year)
    if not past:
        return np.ones((common.n_draw, len(common.days)))
    noise = FESTIVAL_SD**2 + ONE_FESTIVAL_SD**2 / len(past)
    age = float(np.mean([year - one for one in past]))
    measured = float(np.mean(np.log(np.maximum(list(past.values()), 1e-3))))
    target = measured + np.sqrt(noise) * normal[:, 0] + _grown(age, normal[:, 1])
    near = (common.days >= PEAK_DAYS[0]) & (common.days <= PEAK_DAYS[1])
    expected = np.zeros((common.n_draw, int(near.sum())))
    for state, count in zip((HomeState.USUAL, HomeState.RETURNED), homes, strict=False):
        ratio = common.earlier[state] + (1.0 - common.earlier[state]) * drawn.later[:, None]
        expected += (count * ratio * common.peak_2h_kw[state])[:, near]
    expected *= drawn.level[:, None]
    target = _without(others_kw[:, near].max(axis=1), target)
    gain = PRIOR_FESTIVAL_SD**2 / (PRIOR_FESTIVAL_SD**2 + noise)
    correction = gain * (target - np.log(np.maximum(expected.max(axis=1), 1e-3)))
    present = homes[1] / np.maximum(homes[1].max(axis=1, keepdims=True), 1e-9)
    return np.exp(correction[:, None] * present)


def _spread(
    occupied: FloatArray, normal: FloatArray, common: Shared, seed: int, name: str
) -> Float32Array:
    """Factor of the mean of finitely many homes, float32 (draw, day, 96)."""
    variation, n_day = common.variation, len(common.days)
    noise = stream(seed, name, 1).standard_normal(
        (common.n_draw, n_day * QUARTERS), dtype=np.float32
    )
    series = autoregressive(noise, float(np.exp(-0.25 / variation.time_correlation_h)))
    series *= np.float32(TIME_CV)
    series += (HOME_CV * normal).astype(np.float32)[:, None]
    by_day = series.reshape(common.n_draw, n_day, QUARTERS)
    by_day *= (1.0 / np.sqrt(np.maximum(occupied, 1.0))).astype(np.float32)[..., None]
    by_day += np.float32(1.0)
    return np.maximum(by_day, np.float32(LEAST_SPREAD), out=by_day)
