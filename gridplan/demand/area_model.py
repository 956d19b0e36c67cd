"""A transformer area's load over a festival, from the festivals that its meters have seen.

For home h on festival day d of kind g

    load = occupied(h, d) * level(h, g) * shape(d, t) * common(d)  +  standby(h) when it is empty

- *occupied*: homes that are lived in stay; the others come when the register says so and they are
  not among those who never show, or, unlisted, as often as homes with the same past did; arrival
  and departure are the register's, off by errors seen in the past, or those of a past comer;
- *level*: the home's own past days of that kind, brought to the year and to the usual temperature,
  shrunk to the home's level in the area where days are few;
- *shape*: a measured day of that kind of the same area, all homes together, so that the dinner hour
  and the coincidence of homes are those that were measured;
- special loads that the county lists draw days of their own on top (``area_machines``);
- *common*: what past festivals differed by from all this, a part that lasts over the festival and a
  part from day to day, and the weather.

Trend, temperature, shares and errors are estimated over all areas together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gridplan.demand.area_machines import Machines, draw_machines, fit_machines
from gridplan.demand.area_record import (
    GROUP_STARTS,
    ORDINARY,
    AreaRecord,
    Festival,
    day_means,
    group_of,
    occupied,
    usual_day_kw,
)
from gridplan.demand.area_trend import Trend, fit_trend
from gridplan.demand.presence_record import Presence, fit_presence, past_share
from gridplan.demand.profiles import QUARTERS, day_shapes
from gridplan.demand.streams import stream
from gridplan.frozen import BoolArray, FloatArray, IntArray

#: Days of the area's mean that a home's own level weighs against.
_HOME_DAYS, _KIND_DAYS = 6.0, 4.0
#: Share of what ordinary days are higher by, than expected, that a festival shows (assumption).
CARRIED = 0.7
#: Correlation of a day's temperature with that of the day before (assumption).
_WEATHER_CORRELATION = 0.7
#: A common part is never taken as smaller: few festivals may agree by chance.
_LEAST_YEAR_SD, _LEAST_DAY_SD = 0.03, 0.03
#: What is assumed of it where only one festival was seen.
_UNSEEN_YEAR_SD, _UNSEEN_DAY_SD = 0.2, 0.15

Weather = Literal["usual", "measured"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaModel:
    """One area made ready to be drawn for one year.

    Attributes
    ----------
    level_kw : float (home, group) -- mean power of an occupied day, 0 of homes that have no meter
        (any more) in the days before the forecast
    standby_kw : float (home,)
    lives_in : bool (home,) -- on most of the ordinary days before the forecast
    came : float (home,) -- share of the past festivals, NaN where unknown
    shapes : per group, float (analog, 96) -- measured days of all homes over their mean
    machines : measured days of the special loads
    extra : what the transformer delivers over what the meters count, a factor
    """

    level_kw: FloatArray
    standby_kw: FloatArray
    lives_in: BoolArray
    came: FloatArray
    shapes: tuple[FloatArray, ...]
    machines: Machines
    extra: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountyModel:
    """What all areas together have taught: trend, presence, and how far festivals differ.

    Attributes
    ----------
    year_sd, day_sd : standard deviations of the logarithm of what is common to an area's festival,
        and to one of its days
    day_correlation : of one day's part with the day before
    """

    trend: Trend
    presence: Presence
    year_sd: float
    day_sd: float
    day_correlation: float


def fit_county(records: Sequence[AreaRecord], year: int) -> CountyModel:
    """Learn from every festival of every area but those of ``year``."""
    past = [record.without(year) for record in records]
    trend = fit_trend(past)
    presence = fit_presence(past)
    known = sorted({one.year for festivals in past for one in festivals})
    # what a festival shares with all areas must not be taken for trend when it is left out
    trends = {
        one: fit_trend([tuple(f for f in festivals if f.year != one) for festivals in past])
        for one in known
    }
    years, days = [], []
    for festivals in past:
        for left_out in festivals:
            others = tuple(one for one in festivals if one is not left_out)
            gap = np.array([np.nan])
            if others:
                trend_then = trends[left_out.year]
                gap = _gap(others, left_out, trend_then) - _carried(others, left_out, trend_then)
            if np.isfinite(gap).sum() > 1:
                years.append(float(np.nanmean(gap)))
                days.append(gap - years[-1])
    year_sd, day_sd, correlation = _spread(years, days)
    return CountyModel(
        trend=trend,
        presence=presence,
        year_sd=year_sd,
        day_sd=day_sd,
        day_correlation=correlation,
    )


def _spread(years: list[float], days: list[FloatArray]) -> tuple[float, float, float]:
    """How far festivals and their days differ, and how a day resembles the one before."""
    if not years:
        return _UNSEEN_YEAR_SD, _UNSEEN_DAY_SD, 0.0
    year_sd = float(np.sqrt(np.mean(np.square(years))))
    day = np.concatenate(days)
    before, after = (
        np.concatenate([one[part] for one in days]) for part in (slice(-1), slice(1, None))
    )
    both = np.isfinite(before) & np.isfinite(after)
    correlation = np.sum(before[both] * after[both]) / max(np.sum(before[both] ** 2), 1e-12)
    return (
        max(year_sd, _LEAST_YEAR_SD),
        max(float(np.nanstd(day)), _LEAST_DAY_SD),
        float(np.clip(correlation, 0.0, 0.9)),
    )


def fit_area(
    festivals: tuple[Festival, ...], target: Festival, trend: Trend, first_hidden_day: int
) -> AreaModel:
    """An area for the year of ``target``, of which only days before ``first_hidden_day`` count."""
    known = target.until(first_hidden_day)
    everything = (*festivals, known)
    usual_kw = usual_day_kw(everything)
    level_kw, standby_kw = _levels(everything, usual_kw, trend, target.year)
    level_kw[:, ORDINARY + 1 :] *= np.exp(_carried(festivals, known, trend))
    metered = known.metered
    ordinary = group_of(known.days) == ORDINARY
    there = occupied(known.mean_kw, usual_kw)[:, ordinary]
    return AreaModel(
        level_kw=np.where(metered[:, None], level_kw, 0.0),
        standby_kw=np.where(metered, standby_kw, 0.0),
        lives_in=np.nan_to_num(_share(there)) >= 0.5,
        came=past_share(festivals),
        shapes=_shapes(festivals, usual_kw),
        machines=fit_machines(everything),
        extra=_extra(everything),
    )


def draw_area(
    county: CountyModel,
    model: AreaModel,
    target: Festival,
    days: IntArray,
    n_draw: int,
    *,
    seed: int,
    weather: Weather = "usual",
) -> FloatArray:
    """Load of an area at its transformer (draw, day, 96) [kW] on festival days (day,).

    ``weather`` "usual": the temperature is drawn; "measured": it is that of ``target``.
    """
    group = group_of(days)
    load = np.empty((n_draw, len(days), QUARTERS))
    per_c = county.trend.per_c[(group != ORDINARY).astype(np.int64)]
    known_c = _known_deviation(county.trend, target, days) if weather == "measured" else None
    for draw in range(n_draw):
        rng = stream(seed, "presence", draw)
        there = county.presence.draw(target, model.lives_in, model.came, days, rng)
        mean_kw = np.where(there, model.level_kw[:, group], 0.0).sum(axis=0)
        standby_kw = np.where(there, 0.0, model.standby_kw[:, None]).sum(axis=0)
        rng = stream(seed, "common", draw)
        normal = rng.standard_normal(len(days) + 1)
        common = county.year_sd * normal[0]
        common = common + county.day_sd * _walk(normal[1:], county.day_correlation)
        drawn_c = county.trend.sd_c * _walk(rng.standard_normal(len(days)), _WEATHER_CORRELATION)
        factor = np.exp(common + per_c * (drawn_c if known_c is None else known_c))
        pick = stream(seed, "analog", draw).random(len(days))
        shape = np.stack(
            [
                model.shapes[kind][int(share * len(model.shapes[kind]))]
                for kind, share in zip(group, pick, strict=True)
            ]
        )
        load[draw] = (mean_kw * factor)[:, None] * shape + standby_kw[:, None]
        load[draw] += draw_machines(model.machines, days, draw, seed)
    return load * model.extra


def _known_deviation(trend: Trend, target: Festival, days: IntArray) -> FloatArray:
    """Measured temperature over the usual one (day,), 0 where it is unknown [K]."""
    at = np.minimum(np.searchsorted(target.days, days), len(target.days) - 1)
    found = np.where(target.days[at] == days, target.temperature_c[at], np.nan)
    return np.nan_to_num(found - trend.usual_c)


def _walk(normal: FloatArray, correlation: float) -> FloatArray:
    """Stationary first-order autoregressive series of unit variance."""
    series = normal.copy()
    for at in range(1, len(series)):
        series[at] = correlation * series[at - 1] + np.sqrt(1 - correlation**2) * normal[at]
    return series


def _share(values: FloatArray) -> FloatArray:
    """Mean of what is known along the last axis, NaN where nothing is."""
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(axis=-1) / np.where(
        known.any(-1), known.sum(-1), np.nan
    )


def _levels(
    festivals: Sequence[Festival], usual_kw: FloatArray, trend: Trend, year: int
) -> tuple[FloatArray, FloatArray]:
    """Mean power of an occupied day (home, group), and of an empty one (home,)."""
    means, there, kinds = [], [], []
    for one in festivals:
        mean_kw = one.mean_kw
        there.append(occupied(mean_kw, usual_kw))
        means.append(mean_kw * np.where(there[-1] == 1, trend.factor(one, year), 1.0))
        kinds.append(group_of(one.days))
    mean_kw, at_home = np.concatenate(means, axis=1), np.concatenate(there, axis=1)
    group = np.concatenate(kinds)
    lit = at_home == 1
    drawn = np.where(lit, mean_kw, 0.0)
    n_group = len(GROUP_STARTS)
    in_group = group[:, None] == np.arange(n_group)
    count, total = lit @ in_group.astype(float), drawn @ in_group
    overall = drawn.sum() / max(lit.sum(), 1)
    area_kw = (total.sum(0) + overall) / (count.sum(0) + 1)
    relative = np.where(lit, mean_kw / area_kw[group], 0.0).sum(axis=1)
    home = (relative + _HOME_DAYS) / (lit.sum(axis=1) + _HOME_DAYS)
    level_kw = (total + _KIND_DAYS * home[:, None] * area_kw) / (count + _KIND_DAYS)
    empty = at_home == 0
    standby = np.where(empty, mean_kw, 0.0).sum(1) / np.maximum(empty.sum(1), 1)
    usual_standby = np.where(empty, mean_kw, 0.0).sum() / max(empty.sum(), 1)
    return level_kw, np.where(empty.any(axis=1), standby, usual_standby)


def _carried(others: tuple[Festival, ...], festival: Festival, trend: Trend) -> float:
    """What the ordinary days of a winter say of its festival: part of what they are higher by."""
    gap = _gap(others, festival, trend, ordinary=True)
    return CARRIED * float(np.nanmean(gap)) if np.isfinite(gap).any() else 0.0


def _gap(
    others: tuple[Festival, ...], left_out: Festival, trend: Trend, *, ordinary: bool = False
) -> FloatArray:
    """Logarithm of a festival's daily peaks over what the others say of the same homes (day,).

    Who is at home is taken as it was. Of festival days, or of ``ordinary`` ones; NaN on the other
    days and where too many homes are missing.
    """
    usual_kw = usual_day_kw((*others, left_out))
    level_kw, standby_kw = _levels(others, usual_kw, trend, left_out.year)
    there = occupied(left_out.mean_kw, usual_kw)
    group = group_of(left_out.days)
    lit_kw = level_kw[:, group] / trend.factor(left_out, left_out.year)
    high = np.array([shapes.max(axis=1).mean() for shapes in _shapes(others, usual_kw)])
    seen = np.isfinite(there)
    expected_kw = np.where(there == 1, lit_kw, 0.0).sum(axis=0) * high[group]
    expected_kw += np.where(there == 0, standby_kw[:, None], 0.0).sum(axis=0)
    known = np.isfinite(left_out.p_kw) & seen[:, :, None]
    share = known.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)[:, None]
    total_kw = np.where(known, left_out.p_kw, 0.0).sum(axis=0) / np.maximum(share, 0.5)
    usable = ((group == ORDINARY) == ordinary) & (seen[left_out.metered].mean(axis=0) > 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.log(total_kw.max(axis=1) / expected_kw)
    return np.where(usable & np.isfinite(gap), gap, np.nan)


def _shapes(festivals: tuple[Festival, ...], usual_kw: FloatArray) -> tuple[FloatArray, ...]:
    """Measured days of all occupied homes together over their mean, by kind of day."""
    found: list[list[FloatArray]] = [[] for _ in GROUP_STARTS]
    for one in festivals:
        there = occupied(one.mean_kw, usual_kw) == 1
        p_kw = np.where(there[:, :, None], one.p_kw, np.nan)
        known = np.isfinite(p_kw)
        total = np.where(known, p_kw, 0.0).sum(axis=0)
        count = known.sum(axis=0)
        day = np.where(count >= 3, total / np.maximum(count, 1), np.nan)
        mean = day_means(day)
        for kind, shape in zip(group_of(one.days), day / mean[:, None], strict=True):
            if np.isfinite(shape).all():
                found[int(kind)].append(shape)
    usual = day_shapes()["normal_winter_resident"]
    flat = [shape for shapes in found for shape in shapes] or [usual / usual.mean()]
    return tuple(np.array(shapes or flat) for shapes in found)


def _extra(festivals: Sequence[Festival]) -> float:
    """Median of the transformer's day over the sum of its meters, where all of them are known."""
    ratios = []
    for one in festivals:
        total, mean_kw = day_means(one.total_kw), one.mean_kw[one.metered]
        if not len(mean_kw):
            continue
        seen = np.isfinite(mean_kw)
        full = (seen.mean(axis=0) > 0.9) & np.isfinite(total)
        if full.any():
            counted = np.where(seen, mean_kw, 0.0).sum(0) / np.maximum(seen.mean(0), 0.5)
            counted = counted + day_means(one.special_kw).sum(axis=0)
            ratios.append((total / counted)[full & np.isfinite(counted)])
    known = np.concatenate(ratios) if ratios else np.empty(0)
    return float(np.median(known)) if known.size else 1.0
