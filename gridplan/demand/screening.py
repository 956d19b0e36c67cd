"""Screening without a feeder model: every area of a county, ranked by how surely it overloads.

Load rates are those of the whole transformer (S over its rating); phases are not known here, so an
unbalanced area is worse than its rank. A probability is the share of draws: its Wilson interval
says how far the draws are from it, the width of the peak how little is known about the area.
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
from gridplan.demand.screening_days import festival_peaks, ordinary_days
from gridplan.demand.screening_input import Area, County
from gridplan.demand.screening_model import (
    POWER_FACTOR,
    Shared,
    area_load,
    shared,
)
from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray

#: Load rates of overload (过载) and heavy load (重载), each for two hours together. Source: alarm
#: rules of a county's grid company (V), as in the rule set "cn-default".
OVERLOAD, HEAVY = 1.0, 0.8
RULE_STEPS = 8  #: quarter hours of two hours
#: From which probability of overload an area is likely overloaded, worth a model once it is
#: measured, and undecided while it is not (A: a planner's choice).
LIKELY, WORTH_A_MODEL, UNDECIDED = 0.5, 0.2, 0.05
#: Width of the peak, (p95 - p5) / p50, up to which it is well and fairly known (A).
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
    peak_p50_kva, peak_p95_kva : quantiles of the highest quarter hour [kVA]
    load_rate_p50_percent, load_rate_p95_percent : the same over the rating [%]
    peak_at : begin of the quarter hour of the highest mean over the draws
    basis : what it rests on: "plate", "register", "curves", "festival curves", "special loads",
        joined by " + "
    width : (p95 - p5) / p50 of the peak
    known : "well", "fairly" or "poorly", by the width
    advice : what to do
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
    peak_p50_kva: float
    peak_p95_kva: float
    load_rate_p50_percent: float
    load_rate_p95_percent: float
    peak_at: dt.datetime
    basis: str
    width: float
    known: str
    advice: Advice


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
class Screening:
    """A screened county.

    Attributes
    ----------
    year, new_year_day : of the festival
    first_date, last_date : of the period
    draws, seed : of the random numbers
    areas : by rank
    stations : by expected number of overloaded areas
    county : all areas together, as one station
    notes : of the input
    """

    year: int
    new_year_day: dt.date
    first_date: dt.date
    last_date: dt.date
    draws: int
    seed: int
    areas: tuple[ScreenedArea, ...]
    stations: tuple[ScreenedStation, ...]
    county: ScreenedStation
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """What the draws say of one area.

    Attributes
    ----------
    overloaded, heavy : bool (draw,)
    hours_over_100, hours_over_80 : means over the draws [h]
    peak_kva : float (draw,)
    peak_step : quarter hour of the highest mean
    """

    overloaded: BoolArray
    heavy: BoolArray
    hours_over_100: float
    hours_over_80: float
    peak_kva: FloatArray
    peak_step: int


def screen(
    county: County,
    *,
    draws: int = 200,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Screening:
    """Forecast every area as a whole and rank them.

    The numbers of an area depend on the seed, its own rows and its number only: not on the order of
    the areas, which others there are, or the number of workers. Measured on two shared cores: 5,000
    areas x 200 draws x 26 days x 96 quarter hours in 137 s within 0.2 GiB.

    Parameters
    ----------
    county : as ``read_screening`` gives it
    draws : random realisations of the festival
    seed : of all random numbers
    workers : threads; each needs about 40 kB per draw
    progress : called with the areas done and their number
    """
    common = shared(draws, seed)
    new_year_day = new_year_days()[county.year]
    judge = partial(
        _judged, year=county.year, ordinal=new_year_day.toordinal(), common=common, seed=seed
    )
    found: list[_Found] = []
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for done, one in enumerate(pool.map(judge, county.areas), start=1):
            found.append(one)
            if progress is not None:
                progress(done, len(county.areas))
    rows = [
        _row(area, one, county.year, new_year_day, int(common.days[0]))
        for area, one in zip(county.areas, found, strict=True)
    ]
    order = sorted(range(len(rows)), key=lambda at: _rank_key(rows[at]))
    ranked = tuple(_ranked(rows[at], rank) for rank, at in enumerate(order, start=1))
    overloaded = {area.area: one.overloaded for area, one in zip(county.areas, found, strict=True)}
    by_station: dict[str, list[ScreenedArea]] = {}
    for row in ranked:
        by_station.setdefault(row.station, []).append(row)
    stations = [_station(name, rows, overloaded) for name, rows in by_station.items()]
    return Screening(
        year=county.year,
        new_year_day=new_year_day,
        first_date=date_of(int(common.days[0]), new_year_day),
        last_date=date_of(int(common.days[-1]), new_year_day),
        draws=draws,
        seed=seed,
        areas=ranked,
        stations=tuple(sorted(stations, key=lambda one: (-one.expected_overloaded, one.station))),
        county=_station("county 全县", ranked, overloaded),
        notes=county.notes,
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


def _judged(area: Area, *, year: int, ordinal: int, common: Shared, seed: int) -> _Found:
    """Draw an area's load and hold it against the rules."""
    load = area_load(area, year, ordinal, common, seed).reshape(common.n_draw, -1)
    limit_kw = area.sn_kva * POWER_FACTOR
    rules = []
    for share in (OVERLOAD, HEAVY):
        above = load > np.float32(share * limit_kw)
        hours = float(np.count_nonzero(above)) / 4 / common.n_draw
        rules.append((lasts_two_hours(above), hours))
    return _Found(
        overloaded=rules[0][0],
        heavy=rules[1][0],
        hours_over_100=rules[0][1],
        hours_over_80=rules[1][1],
        peak_kva=load.max(axis=1).astype(np.float64) / POWER_FACTOR,
        peak_step=int(np.argmax(load.mean(axis=0, dtype=np.float64))),
    )


def _row(
    area: Area, found: _Found, year: int, new_year_day: dt.date, first_day: int
) -> ScreenedArea:
    """Result of an area, before it has a rank."""
    count = int(found.overloaded.sum())
    share = count / len(found.overloaded)
    low, high = wilson_interval(count, len(found.overloaded))
    p5, p50, p95 = (float(value) for value in np.quantile(found.peak_kva, (0.05, 0.5, 0.95)))
    width = (p95 - p5) / max(p50, 1e-9)
    ordinary, past = bool(ordinary_days(area).any()), bool(festival_peaks(area, year))
    parts = {
        "register": area.register is not None,
        "curves": ordinary,
        "festival curves": past,
        "special loads": bool(area.special),
    }
    begin = dt.datetime.combine(date_of(first_day, new_year_day), dt.time())
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
        peak_p50_kva=p50,
        peak_p95_kva=p95,
        load_rate_p50_percent=100 * p50 / area.sn_kva,
        load_rate_p95_percent=100 * p95 / area.sn_kva,
        peak_at=begin + dt.timedelta(minutes=15 * found.peak_step),
        basis=" + ".join(name for name, there in parts.items() if there) or "plate",
        width=width,
        known="well" if width <= NARROW else "fairly" if width <= MEDIUM else "poorly",
        advice=advice(share, curves=ordinary or past, register=area.register is not None),
    )


def _rank_key(row: ScreenedArea) -> tuple[float, float, float, str]:
    return (-row.p_overload, -row.hours_over_100, -row.load_rate_p95_percent, row.area)


def _ranked(row: ScreenedArea, rank: int) -> ScreenedArea:
    return replace(row, rank=rank)


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
