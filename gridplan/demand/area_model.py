"""A transformer area's load over a festival, from the festivals that its meters have seen.

For home h on festival day d of kind g

    load = occupied(h, d) * level(h, g) * shape(d, t) * common(d)  +  standby(h) when it is empty

- *occupied*: homes that are lived in stay, but for the days that such homes spend elsewhere; the
  others come when the register says so and they are not among those who never show, or, unlisted,
  as often as homes with the same past did; arrival and departure are the register's, off by errors
  seen in the past, or those of a past comer; whoever means to be there on the Eve is;
- *level*: the home's own past days of that kind, brought to the year and to the usual temperature,
  shrunk to the home's level in the area where days are few; a lived-in home draws more while the
  register has visitors there;
- *shape*: a measured day of that kind of the same area, all homes together, so that the dinner hour
  and the coincidence of homes are those that were measured;
- special loads that the county lists draw days of their own on top (``area_machines``);
- *common*: what past festivals differed by from all this, a part that lasts over the festival and a
  part from day to day, and the weather, which follows on the last day that is known.

Losses, a share and a part that grows with the square of the load, are read off the transformer.
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
    group_of,
    lived_in,
    usual_day_kw,
)
from gridplan.demand.area_trend import Trend, fit_trend
from gridplan.demand.presence import day_means, occupied
from gridplan.demand.presence_record import Presence, fit_presence, past_share
from gridplan.demand.profiles import QUARTERS, day_shapes
from gridplan.demand.streams import stream
from gridplan.frozen import BoolArray, FloatArray, IntArray

#: Days of the area's mean that a home's own level weighs against.
_HOME_DAYS, _KIND_DAYS = 6.0, 4.0
#: What a festival shows of how much its winter's ordinary days are higher than the others', what it
#: is higher by anyway, and how far both may be from that before any is seen (assumptions).
CARRIED, _CARRIED_SD, _HIGHER_SD = 0.7, 0.2, 0.05
#: Share of the meters that must be known where losses are read off, and the highest share of the
#: load that is believed to be lost, or to be counted twice.
_SEEN, _MOST_LOSS = 0.95, 0.3
#: Days that the spread of all kinds of day weighs against that of one.
_DAY_PRIOR = 20.0
#: A common part is never taken as smaller: few festivals may agree by chance.
_LEAST_YEAR_SD, _LEAST_DAY_SD = 0.03, 0.03
#: What is assumed of it where only one festival was seen.
_UNSEEN_YEAR_SD, _UNSEEN_DAY_SD = 0.2, 0.15
#: A draw's spread is at most so many times the estimated one: no village draws a thousandfold.
_MOST_TAIL = 5.0

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
    losses : what the transformer delivers over what the meters count, a share of it and a part that
        grows with its square [1/kW]
    """

    level_kw: FloatArray
    standby_kw: FloatArray
    lives_in: BoolArray
    came: FloatArray
    shapes: tuple[FloatArray, ...]
    machines: Machines
    losses: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountyModel:
    """What all areas together have taught: trend, presence, and how far festivals differ.

    Attributes
    ----------
    carried : of what the ordinary days of a winter are higher by than expected (a logarithm), the
        part that its festival is higher by, and what a festival is higher by anyway
    year_sd : standard deviation of the logarithm of what is common to an area's festival
    day_sd : float (group,) -- the same of one of its days, by kind of day
    day_correlation : of one day's part with the day before
    festivals_seen : festivals that the spreads were estimated from, 0 where they are assumed: with
        few of them what is common has the heavier tails of Student's t
    """

    trend: Trend
    presence: Presence
    carried: tuple[float, float]
    year_sd: float
    day_sd: FloatArray
    day_correlation: float
    festivals_seen: int


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
    pairs, days = [], []
    for festivals in past:
        for left_out in festivals:
            others = tuple(one for one in festivals if one is not left_out)
            if not others:
                continue
            trend_then = trends[left_out.year]
            gap = _gap(others, left_out, trend_then)
            before = _gap(others, left_out, trend_then, ordinary=True)
            if np.isfinite(gap).sum() > 1 and np.isfinite(before).any():
                pairs.append((float(np.nanmean(before)), float(np.nanmean(gap))))
                days.append(np.stack([gap - pairs[-1][1], group_of(left_out.days)]))
    carried, year_sd = _fit_carried(np.array(pairs).reshape(-1, 2))
    day_sd, correlation = _spread(days)
    return CountyModel(
        trend=trend,
        presence=presence,
        carried=carried,
        year_sd=year_sd,
        day_sd=day_sd,
        day_correlation=correlation,
        festivals_seen=len(known) if pairs else 0,
    )


def _fit_carried(pairs: FloatArray) -> tuple[tuple[float, float], float]:
    """What a winter's ordinary days say of its festival (pair, before and at it), and its spread.

    Least squares with the assumed slope and no intercept as a weak prior.
    """
    if not len(pairs):
        return (CARRIED, 0.0), _UNSEEN_YEAR_SD
    before, at = pairs.T
    noise = max(float(np.var(at - CARRIED * before)), _LEAST_YEAR_SD**2)
    x = np.stack([before, np.ones(len(pairs))], axis=1)
    prior = np.array([1 / _CARRIED_SD**2, 1 / _HIGHER_SD**2])
    precision = x.T @ x / noise + np.diag(prior)
    slope, higher = np.linalg.solve(precision, x.T @ at / noise + prior * [CARRIED, 0.0])
    left = at - slope * before - higher
    spread = float(np.sqrt(np.mean(left**2)))
    return (float(slope), float(higher)), max(spread, _LEAST_YEAR_SD)


def _spread(days: list[FloatArray]) -> tuple[FloatArray, float]:
    """How far the days of a festival differ, by kind of day, and how a day resembles the last."""
    if not days:
        return np.full(len(GROUP_STARTS), _UNSEEN_DAY_SD), 0.0
    day, group = np.concatenate(days, axis=1)
    known = np.isfinite(day)
    count, square = (
        np.bincount(group[known].astype(np.int64), weights, len(GROUP_STARTS))
        for weights in (np.ones(known.sum()), day[known] ** 2)
    )
    overall = float(np.mean(day[known] ** 2))
    variance = (square + _DAY_PRIOR * overall) / (count + _DAY_PRIOR)
    before, after = (
        np.concatenate([one[0, part] for one in days]) for part in (slice(-1), slice(1, None))
    )
    both = np.isfinite(before) & np.isfinite(after)
    correlation = np.sum(before[both] * after[both]) / max(np.sum(before[both] ** 2), 1e-12)
    return np.maximum(np.sqrt(variance), _LEAST_DAY_SD), float(np.clip(correlation, 0.0, 0.9))


def fit_area(
    festivals: tuple[Festival, ...], target: Festival, county: CountyModel, first_hidden_day: int
) -> AreaModel:
    """An area for the year of ``target``, of which only days before ``first_hidden_day`` count."""
    known, trend = target.until(first_hidden_day), county.trend
    everything = (*festivals, known)
    usual_kw = usual_day_kw(everything)
    level_kw, standby_kw = home_levels(everything, usual_kw, trend, target.year)
    level_kw[:, ORDINARY + 1 :] *= np.exp(carried_over(festivals, known, county))
    metered = known.metered
    return AreaModel(
        level_kw=np.where(metered[:, None], level_kw, 0.0),
        standby_kw=np.where(metered, standby_kw, 0.0),
        lives_in=lived_in(known, usual_kw),
        came=past_share(festivals),
        shapes=_shapes(festivals, usual_kw),
        machines=fit_machines(everything),
        losses=_losses(everything),
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
    lit_kw = model.level_kw[:, group] * county.trend.visits(target, model.lives_in, days)
    known_c = _known_deviation(county.trend, target, days) if weather == "measured" else None
    yesterday_c = float(_known_deviation(county.trend, target, days[:1] - 1)[0])
    for draw in range(n_draw):
        rng = stream(seed, "presence", draw)
        there = county.presence.draw(target, model.lives_in, model.came, days, rng)
        mean_kw = np.where(there, lit_kw, 0.0).sum(axis=0)
        standby_kw = np.where(there, 0.0, model.standby_kw[:, None]).sum(axis=0)
        rng = stream(seed, "common", draw)
        normal = rng.standard_normal(len(days) + 1)
        tails = _heavier_tails(county.festivals_seen, stream(seed, "tails", draw))
        common = county.day_sd[group] * _walk(normal[1:], county.day_correlation)
        common = (common + county.year_sd * normal[0]) * tails
        drawn_c = _drawn_deviation(county.trend, yesterday_c, rng.standard_normal(len(days)))
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
    share, per_kw = model.losses
    return load * (1.0 + share + per_kw * load)


def _known_deviation(trend: Trend, target: Festival, days: IntArray) -> FloatArray:
    """Measured temperature over the usual one (day,), 0 where it is unknown [K]."""
    at = np.minimum(np.searchsorted(target.days, days), len(target.days) - 1)
    found = np.where(target.days[at] == days, target.temperature_c[at], np.nan)
    return np.nan_to_num(found - trend.usual_c)


def _drawn_deviation(trend: Trend, yesterday_c: float, normal: FloatArray) -> FloatArray:
    """Temperatures over the usual one (day,) that follow on the day before the first [K]."""
    drawn, last, correlation = np.empty(len(normal)), yesterday_c, trend.day_to_day
    for at, shock in enumerate(normal):
        last = correlation * last + trend.sd_c * np.sqrt(1 - correlation**2) * shock
        drawn[at] = last
    return drawn


def _heavier_tails(n_festival: int, rng: np.random.Generator) -> float:
    """What turns a normal draw into one of Student's t, with a degree of freedom per festival.

    1 where the spread is an assumption, not an estimate.
    """
    if not n_festival:
        return 1.0
    return float(min(np.sqrt(n_festival / rng.chisquare(n_festival)), _MOST_TAIL))


def _walk(normal: FloatArray, correlation: float) -> FloatArray:
    """Stationary first-order autoregressive series of unit variance."""
    series = normal.copy()
    for at in range(1, len(series)):
        series[at] = correlation * series[at - 1] + np.sqrt(1 - correlation**2) * normal[at]
    return series


def home_levels(
    festivals: Sequence[Festival], usual_kw: FloatArray, trend: Trend, year: int
) -> tuple[FloatArray, FloatArray]:
    """Mean power of an occupied day (home, group), and of an empty one (home,)."""
    means, there, kinds = [], [], []
    for one in festivals:
        mean_kw = one.mean_kw
        there.append(occupied(mean_kw, usual_kw))
        usual = trend.factor(one, year) / trend.visits(one, lived_in(one, usual_kw), one.days)
        means.append(mean_kw * np.where(there[-1] == 1, usual, 1.0))
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


def carried_over(others: tuple[Festival, ...], festival: Festival, county: CountyModel) -> float:
    """What the ordinary days of a winter say of its festival, a logarithm."""
    gap = _gap(others, festival, county.trend, ordinary=True)
    slope, higher = county.carried
    return higher + (slope * float(np.nanmean(gap)) if np.isfinite(gap).any() else 0.0)


def _gap(
    others: tuple[Festival, ...], left_out: Festival, trend: Trend, *, ordinary: bool = False
) -> FloatArray:
    """Logarithm of a festival's daily means over what the others say of the same homes (day,).

    Who is at home is taken as it was. Of festival days, or of ``ordinary`` ones; NaN on the other
    days and where too many homes are missing.
    """
    usual_kw = usual_day_kw((*others, left_out))
    level_kw, standby_kw = home_levels(others, usual_kw, trend, left_out.year)
    there = occupied(left_out.mean_kw, usual_kw)
    group = group_of(left_out.days)
    lit_kw = level_kw[:, group] / trend.factor(left_out, left_out.year)
    lit_kw *= trend.visits(left_out, lived_in(left_out, usual_kw), left_out.days)
    seen = np.isfinite(there)
    expected_kw = np.where(there == 1, lit_kw, 0.0).sum(axis=0)
    expected_kw += np.where(there == 0, standby_kw[:, None], 0.0).sum(axis=0)
    total_kw = np.where(seen, left_out.mean_kw, 0.0).sum(axis=0)
    usable = ((group == ORDINARY) == ordinary) & (seen[left_out.metered].mean(axis=0) > 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.log(total_kw / expected_kw)
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


def _losses(festivals: Sequence[Festival]) -> tuple[float, float]:
    """Losses as a share of the meters' sum, and as a part that grows with its square [1/kW].

    Least squares over the quarter hours in which the transformer and nearly all meters are known;
    unknown meters draw as much as the others.
    """
    sums, lost = [], []
    for one in festivals:
        p_kw = one.p_kw[one.metered]
        known = np.isfinite(p_kw)
        count = known.sum(axis=0)
        use = (count >= _SEEN * len(p_kw)) & np.isfinite(one.total_kw) & (count > 0)
        use &= np.isfinite(one.special_kw).all(axis=0)
        counted = np.where(known, p_kw, 0.0).sum(axis=0, dtype=np.float64)
        counted = counted[use] * len(p_kw) / count[use]
        counted += one.special_kw[:, use].sum(axis=0, dtype=np.float64)
        sums.append(counted)
        lost.append(one.total_kw[use] - counted)
    x, y = np.concatenate(sums), np.concatenate(lost)
    if x.size < QUARTERS or not x.any():
        return 0.0, 0.0
    per_kw = (x**2).sum() * (x**4).sum() - (x**3).sum() ** 2
    square = ((x**2).sum() * (x**2 * y).sum() - (x**3).sum() * (x * y).sum()) / max(per_kw, 1e-12)
    square = float(np.clip(square, 0.0, _MOST_LOSS / x.max()))
    share = float(((y - square * x**2) * x).sum() / (x**2).sum())
    return float(np.clip(share, -_MOST_LOSS, _MOST_LOSS)), square
