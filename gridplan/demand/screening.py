"""Screening without a feeder model: every area of a county, ranked by how surely it overloads.

Load rates are those of the whole transformer (S over its rating); phases are not known here, so an
unbalanced area is worse than its rank. Everything is judged in the quantity of the overload rule,
the load that two hours together reach (``two_hour_load``). A probability is the share of draws: its
Wilson interval says how far the draws are from it, the width of the load how little is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

import numpy as np

from gridplan.demand.calendar import date_of, new_year_days
from gridplan.demand.intervals import wilson_interval
from gridplan.demand.screening_area import RULE_STEPS, Area, County
from gridplan.demand.screening_judge import HEAVY, OVERLOAD, Judged, judge
from gridplan.demand.screening_levels import Levels, county_levels
from gridplan.demand.screening_model import Shared, area_draws, shared
from gridplan.demand.screening_seen import FESTIVAL, Expected, expectation
from gridplan.errors import Fault
from gridplan.frozen import BoolArray

__all__ = ["HEAVY", "OVERLOAD", "Advice", "ScreenedArea", "ScreenedStation", "Screening",
           "advice", "lasts_two_hours", "screen"]  # fmt: skip
#: From which probability of overload an area is likely overloaded, worth a model once it is
#: measured, and undecided while it is not (A: a planner's choice).
LIKELY, WORTH_A_MODEL, UNDECIDED = 0.5, 0.3, 0.1
#: Width of the load, (p95 - p5) / p50, up to which it is well and fairly known (A).
NARROW, MEDIUM = 0.5, 1.0


class Advice(StrEnum):
    """What to do with an area, the most urgent first."""

    VISIT = "visit"  #: likely overloaded and nothing known: before the holiday
    MODEL = "model"  #: likely overloaded as far as is known: feeder model, moves
    MEASURE = "measure"  #: undecided: a week of 96-point curves would decide
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedArea:
    """One area's result; probabilities are shares of the draws.

    Attributes
    ----------
    rank : place in the county, from 1
    station, area, sn_kva, vector_group, homes : as read
    p_overload : above the rating for two hours together
    p_low, p_high : its 95 % Wilson interval
    p_heavy : above 80 % for two hours together
    hours_over_100, hours_over_80 : expected hours of the period above them [h]
    load_p50_kva, load_p95_kva : quantiles of the load that two hours together reach [kVA]
    load_rate_p50_percent, load_rate_p95_percent : the same over the rating [%]
    peak_at : begin of the quarter hour of the highest mean over the draws
    basis : what it rests on: "plate", "register", "curves", "festival curves", "special loads",
        joined by " + "
    width : (p95 - p5) / p50 of that load
    known : "well", "fairly" or "poorly", by the width
    advice : what to do
    stake_homes : homes that wait for it: those expected to be hit, or, where measuring is advised,
        those for which the likelier answer is expected to be wrong
    turn : place among the areas of the same advice, from 1, most homes at stake first
    """

    rank: int
    station: str
    area: str
    sn_kva: float
    vector_group: str
    homes: int
    p_overload: float
    p_low: float
    p_high: float
    p_heavy: float
    hours_over_100: float
    hours_over_80: float
    load_p50_kva: float
    load_p95_kva: float
    load_rate_p50_percent: float
    load_rate_p95_percent: float
    peak_at: dt.datetime
    basis: str
    width: float
    known: str
    advice: Advice
    stake_homes: float
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedStation:
    """A station's areas together.

    Attributes
    ----------
    station : name
    areas : how many
    expected_overloaded : mean number of overloaded areas
    overloaded_p5, overloaded_p95 : quantiles of that number over the draws
    visit, model, measure, leave : areas by advice
    first : its area of the highest rank
    """

    station: str
    areas: int
    expected_overloaded: float
    overloaded_p5: float
    overloaded_p95: float
    visit: int
    model: int
    measure: int
    leave: int
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyLevel:
    """What the county's curves say of the level of its homes.

    Attributes
    ----------
    ordinary_areas, festival_areas : areas with ordinary winter days, with past festivals
    factor_p5, factor_p50, factor_p95 : the festival's level over the assumed one, quantiles; where
        no area has curves the spread of the assumption itself
    growth_percent : of demand per year, median [%]
    heating_percent_per_c : rise of a festival's load per kelvin colder, median [%/K]
    known_colds : past festivals whose temperature is known
    usual_c : what is usual from the Eve on, NaN where unknown [°C]
    own_percent : by how much one area's festivals differ from each other, apart from growth and
        from what all areas share: standard deviation [%]
    """

    ordinary_areas: int
    festival_areas: int
    factor_p5: float
    factor_p50: float
    factor_p95: float
    growth_percent: float
    heating_percent_per_c: float
    known_colds: int
    usual_c: float
    own_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """A screened county.

    Attributes
    ----------
    year, new_year_day : of the festival
    first_date, last_date : of the period
    draws, seed : of the random numbers
    colder_c : how much colder than usual it was taken to be [K]; None: drawn
    areas : by rank
    stations : by expected number of overloaded areas
    county : all areas together, as one station
    level : of the county's homes
    notes : of the input, and curves that do not go with the others
    """

    year: int
    new_year_day: dt.date
    first_date: dt.date
    last_date: dt.date
    draws: int
    seed: int
    colder_c: float | None
    areas: tuple[ScreenedArea, ...]
    stations: tuple[ScreenedStation, ...]
    county: ScreenedStation
    level: CountyLevel
    notes: tuple[Fault, ...] = ()


def screen(
    county: County,
    *,
    draws: int = 200,
    seed: int = 0,
    workers: int = 1,
    colder_c: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Screening:
    """Forecast every area as a whole and rank them.

    The numbers of an area depend on the seed, its own rows, its number and, through the county's
    level, on the curves of the others: not on the order of the areas or the number of workers.
    Measured: 5,000 areas x 200 draws in 19 s of processor time within 0.22 GiB, without curves.

    Parameters
    ----------
    county : as ``read_screening`` gives it
    draws : random realisations of the festival
    seed : of all random numbers
    workers : threads; each needs about 40 kB per draw
    colder_c : how much colder than usual the days from the Eve on are taken to be [K], by a weather
        forecast or for a cold snap; None: drawn
    progress : called with the areas done and their number
    """
    common = shared(draws, seed, county.year)
    new_year_day = new_year_days()[county.year]
    first_date, last_date = (date_of(int(common.days[at]), new_year_day) for at in (0, -1))
    found: list[Judged] = []
    with ThreadPoolExecutor(max_workers=workers) as pool:
        levels = _levels(county, common, seed, colder_c, pool)
        judged = partial(judge, common=common, levels=levels, seed=seed)
        for done, one in enumerate(pool.map(judged, county.areas), start=1):
            found.append(one)
            if progress is not None:
                progress(done, len(county.areas))
    rows = [_row(*pair, first_date) for pair in zip(county.areas, found, strict=True)]
    ranked = _ranked(rows)
    overloaded = {area.area: one.overloaded for area, one in zip(county.areas, found, strict=True)}
    by_station: dict[str, list[ScreenedArea]] = {}
    for row in ranked:
        by_station.setdefault(row.station, []).append(row)
    stations = [_station(name, rows, overloaded) for name, rows in by_station.items()]
    return Screening(
        year=county.year,
        new_year_day=new_year_day,
        first_date=first_date,
        last_date=last_date,
        draws=draws,
        seed=seed,
        colder_c=colder_c,
        areas=ranked,
        stations=tuple(sorted(stations, key=lambda one: (-one.expected_overloaded, one.station))),
        county=_station("county 全县", ranked, overloaded),
        level=_county_level(levels, county.festival_usual_c),
        notes=(*county.notes, *_strange(levels)),
    )


def lasts_two_hours(above: BoolArray) -> BoolArray:
    """Which rows of (draw, step) hold eight quarter hours together."""
    run, length = above, 1
    while length < RULE_STEPS:
        run = run[:, length:] & run[:, :-length]
        length *= 2
    return np.asarray(run.any(axis=1))


def advice(p_overload: float, *, curves: bool, register: bool) -> Advice:
    """What to do, by the probability of overload and what is known."""
    if p_overload >= LIKELY:
        return Advice.MODEL if curves or register else Advice.VISIT
    if p_overload < UNDECIDED:
        return Advice.LEAVE
    if not curves:
        return Advice.MEASURE
    return Advice.MODEL if p_overload >= WORTH_A_MODEL else Advice.LEAVE


def at_stake(homes: int, p_overload: float, what: Advice) -> float:
    """Homes that wait for an advice to be followed: the more, the sooner.

    Expected to be hit by an overload where it is to be prevented. Where it is to be measured, what
    measuring is worth: the homes of an area whose likelier answer is wrong.
    """
    wrong = min(p_overload, 1.0 - p_overload)
    return homes * (wrong if what is Advice.MEASURE else p_overload)


def _levels(
    county: County, common: Shared, seed: int, colder_c: float | None, pool: ThreadPoolExecutor
) -> Levels:
    """Learn the county's levels from the areas that have curves."""
    measured = [area for area in county.areas if area.winters]

    def expected(area: Area) -> tuple[Area, Expected]:
        return area, expectation(area_draws(area, common, seed))

    found = list(pool.map(expected, measured))
    return county_levels(found, county.year, common.n_draw, seed, colder_c)


def _county_level(levels: Levels, usual_c: float) -> CountyLevel:
    low, middle, high = np.exp(np.quantile(levels.festival, (0.05, 0.5, 0.95))).tolist()
    ordinary, festival = levels.n_area.tolist()
    return CountyLevel(
        ordinary_areas=ordinary,
        festival_areas=festival,
        factor_p5=low,
        factor_p50=middle,
        factor_p95=high,
        growth_percent=100 * float(np.expm1(np.median(levels.growth))),
        heating_percent_per_c=100 * float(np.median(levels.heating)),
        known_colds=levels.n_cold,
        usual_c=usual_c,
        own_percent=100 * float(levels.own_sd[FESTIVAL]),
    )


def _strange(levels: Levels) -> list[Fault]:
    """Areas whose curves do not go with their homes and with the other areas."""
    return [
        Fault(
            code="screen-curve-strange",
            where="curves",
            what=f"area {area!r}: curves are {times:.2g} times what homes and other areas let "
            "expect; they count for the area itself only",
            remedy="check the transformer ratio (倍率), the rating and the number of homes",
            severity="warning",
        )
        for area, times in levels.strange
    ]


def _row(area: Area, found: Judged, first_date: dt.date) -> ScreenedArea:
    """Result of an area, before it has a rank."""
    count = int(found.overloaded.sum())
    share = count / len(found.overloaded)
    low, high = wilson_interval(count, len(found.overloaded))
    p5, p50, p95 = (float(value) for value in np.quantile(found.load_kva, (0.05, 0.5, 0.95)))
    width = (p95 - p5) / max(p50, 1e-9)
    parts = {
        "register": area.register is not None,
        "curves": area.has_ordinary,
        "festival curves": bool(area.festivals),
        "special loads": bool(area.special),
    }
    begin = dt.datetime.combine(first_date, dt.time())
    what = advice(share, curves=bool(area.winters), register=area.register is not None)
    return ScreenedArea(
        rank=0,
        station=area.station,
        area=area.area,
        sn_kva=area.sn_kva,
        vector_group=area.vector_group,
        homes=area.homes,
        p_overload=share,
        p_low=low,
        p_high=high,
        p_heavy=float(found.heavy.mean()),
        hours_over_100=found.hours_over_100,
        hours_over_80=found.hours_over_80,
        load_p50_kva=p50,
        load_p95_kva=p95,
        load_rate_p50_percent=100 * p50 / area.sn_kva,
        load_rate_p95_percent=100 * p95 / area.sn_kva,
        peak_at=begin + dt.timedelta(minutes=15 * found.peak_step),
        basis=" + ".join(name for name, there in parts.items() if there) or "plate",
        width=width,
        known="well" if width <= NARROW else "fairly" if width <= MEDIUM else "poorly",
        advice=what,
        stake_homes=at_stake(area.homes, share, what),
        turn=0,
    )


def _rank_key(row: ScreenedArea) -> tuple[float, float, float, str]:
    return (-row.p_overload, -row.hours_over_100, -row.load_rate_p95_percent, row.area)


def _ranked(rows: Iterable[ScreenedArea]) -> tuple[ScreenedArea, ...]:
    """The areas with their ranks, and their turns among those of the same advice."""
    ordered = sorted(rows, key=_rank_key)
    turns: dict[str, int] = {}
    for kind in Advice:
        same = [row for row in ordered if row.advice is kind]
        same.sort(key=lambda row: -row.stake_homes)
        turns.update({row.area: turn for turn, row in enumerate(same, start=1)})
    return tuple(
        replace(row, rank=rank, turn=turns[row.area]) for rank, row in enumerate(ordered, start=1)
    )


def _station(
    name: str, rows: Iterable[ScreenedArea], overloaded: dict[str, BoolArray]
) -> ScreenedStation:
    """Areas of a station together; they share the county's weather in every draw."""
    ranked = list(rows)
    number = np.sum([overloaded[row.area] for row in ranked], axis=0)
    p5, p95 = (float(value) for value in np.quantile(number, (0.05, 0.95)))
    count = {kind: sum(row.advice is kind for row in ranked) for kind in Advice}
    return ScreenedStation(
        station=name,
        areas=len(ranked),
        expected_overloaded=float(number.mean()),
        overloaded_p5=p5,
        overloaded_p95=p95,
        visit=count[Advice.VISIT],
        model=count[Advice.MODEL],
        measure=count[Advice.MEASURE],
        leave=count[Advice.LEAVE],
        first=ranked[0].area,
    )
