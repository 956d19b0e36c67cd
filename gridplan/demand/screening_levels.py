"""What the measured transformers of a county say of its homes, and of each other.

Two logarithms are followed per area i and winter w, of two-hour loads (``two_hour_load``): that of
its ordinary days and that of its festival, each less what the area's homes and register let expect
in a county of the assumed level (the mean over the draws of ``screening_model``):

    residual(i, w) = county + growth * (w - year) + heating * colder(w) + winter(w) + area(i)
                     + own(i, w)

- *county*: the level of this county's homes against the assumed one, on ordinary and on festival
  days: a part common to both and a part of each;
- *heating*: per kelvin that the days were colder than usual, on ordinary and on festival days; how
  cold the festival to come will be is drawn;
- *winter*: what else one winter does to all areas alike (epidemics, harvests);
- *area*: what sets an area apart from its county. Expected as large as the draws make it: homes
  lived in, returnees, level; the two kinds of day are correlated as they are in the draws;
- *own*: what differs from winter to winter in one area.

All of them are normal. Given the assumed variances (below) the county's parts have a normal
posterior, drawn once for all areas; an area's own days then correct its draws by Matheron's rule.
So areas without curves take the level, with its uncertainty, from those that have some (partial
pooling), and a county without any curve keeps the assumed one. The variances are those of
``screening_spread``: assumed, and corrected by what the county shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from gridplan.demand.screening_area import Area
from gridplan.demand.screening_model import GROWTH, GROWTH_SD, AreaDraws
from gridplan.demand.screening_seen import (
    FESTIVAL,
    KINDS,
    Expected,
    Observed,
    expectation,
    observed,
)
from gridplan.demand.screening_spread import Panel, spread_of_areas, spread_of_winters
from gridplan.demand.streams import stream
from gridplan.frozen import BoolArray, FloatArray, IntArray

#: Standard deviation of the logarithm of a county's level: common to both kinds of day, and of each
#: kind (A: levels of homes on the Eve then lie between 1.2 and 2.6 kW of 2021 in nine of ten
#: counties, as ``household_levels.csv`` and the documented villages do; reports of the rise to the
#: festival go from 2 to 6 times).
LEVEL_SD, KIND_SD = 0.2, 0.15
#: Rise of demand per kelvin colder, and its standard deviation [1/K] (A, as that of studies); how
#: much a festival's days differ from usual ones, from year to year [K] (A).
HEATING, HEATING_SD, FESTIVAL_C_SD = 0.04, 0.03, 3.0
#: What else a winter does to a county, as standard deviation of the logarithm (A), and how far that
#: of its ordinary days foretells that of its festival (A: their correlation).
WINTER_SD, WINTER_CORRELATION = 0.08, 0.5
#: What differs from winter to winter in one area, on ordinary and on festival days (A).
OWN_SD = (0.08, 0.1)
#: Chance of what an area's curves show below which they say nothing about other areas (A).
STRANGE = 1e-4
_GROWTH_PART, _HEATING_PART, _FIRST_WINTER = 2, 3, 5  #: places among the county's parts
_ROUNDS = 2  #: of learning variances from what growth and cold leave, and these with the variances


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """The county's levels, drawn, and how much its areas differ.

    Attributes
    ----------
    winters : int (winter,) -- years, ascending; the last is that of the festival to be screened
    drawn : float (draw, part) -- county on ordinary and on festival days, growth per year, heating
        per kelvin on ordinary and on festival days, each winter on ordinary days, each on festivals
    colder_c : float (draw,) -- how much colder than usual the festival to be screened is [K]
    area_factor : float (2,) -- standard deviation of areas, by kind of day, over that of the draws
    own_sd : float (2,) -- of one area from winter to winter, by kind of day
    n_area : int (2,) -- areas with curves, by kind of day
    n_cold : winters whose festival's temperature is known
    strange : areas whose curves were left out, as too far from the others, and how many times the
        expected they are
    """

    winters: IntArray
    drawn: FloatArray
    colder_c: FloatArray
    area_factor: FloatArray
    own_sd: FloatArray
    n_area: IntArray
    n_cold: int
    strange: tuple[tuple[str, float], ...]

    @property
    def festival(self) -> FloatArray:
        """Logarithm of the festival's level over the assumed one (draw,)."""
        row = _row(FESTIVAL, int(self.winters[-1]), 0.0, self.winters)
        return self.drawn @ row + self.heating * self.colder_c

    @property
    def growth(self) -> FloatArray:
        """Growth per year (draw,)."""
        return self.drawn[:, _GROWTH_PART]

    @property
    def heating(self) -> FloatArray:
        """Rise of a festival's load per kelvin colder (draw,)."""
        return self.drawn[:, _HEATING_PART + FESTIVAL]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Measured:
    """One area's residuals, and how its draws spread.

    Attributes
    ----------
    area : its number
    seen : its observations
    residual : float (entry,)
    spread : float (2, 2) -- covariance of the draws, by kind of day
    rows : float (entry, part) -- how much of the county's parts is in each residual
    """

    area: str
    seen: Observed
    residual: FloatArray
    spread: FloatArray
    rows: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Spread:
    """Standard deviations as learned: winters (kind, winter), and by kind of day (2,)."""

    winter_sd: FloatArray
    own_sd: FloatArray
    area_factor: FloatArray


def county_levels(
    areas: Sequence[tuple[Area, Expected]],
    year: int,
    draws: int,
    seed: int,
    colder_c: float | None = None,
) -> Levels:
    """Learn the county's levels from its measured areas; assumed ones where there are none.

    Parameters
    ----------
    areas : those with curves, and what is expected of them
    year : of the festival to be screened
    draws, seed : of the random numbers
    colder_c : how much colder than usual the festival is taken to be [K]; None: drawn
    """
    # in an order of their own: the same numbers however the workbook is sorted
    ordered = sorted(areas, key=lambda pair: pair[0].area)
    years = {winter.year for area, _ in ordered for winter in area.winters} | {year}
    winters = np.array(sorted(years), dtype=np.int64)
    measured = [_measured(area, expected, winters) for area, expected in ordered]
    cold = _cold_known(measured, winters)
    mean = _assumed_mean(len(winters))
    for _ in range(_ROUNDS):
        spread = _learned(measured, winters, cold, mean)
        precisions = [_precision(one, spread) for one in measured]
        prior = _assumed(winters, spread.winter_sd)
        mean, covariance = _posterior(prior, measured, precisions)
        strange = [_too_far(*pair, mean) for pair in zip(measured, precisions, strict=True)]
        kept = [at for at, far in enumerate(strange) if not far]
        if len(kept) < len(measured):
            mean, covariance = _posterior(
                prior, [measured[at] for at in kept], [precisions[at] for at in kept]
            )
    n_cold = int(cold[FESTIVAL, :-1].sum())
    # what is usual is known from as many winters only
    cold_sd = FESTIVAL_C_SD * np.sqrt(1.0 + 1.0 / n_cold if n_cold else 1.0)
    normal = stream(seed, "screening: county", 0).standard_normal((draws, len(mean) + 1))
    return Levels(
        winters=winters,
        drawn=mean + normal[:, 1:] @ np.linalg.cholesky(covariance).T,
        colder_c=cold_sd * normal[:, 0] if colder_c is None else np.full(draws, float(colder_c)),
        area_factor=spread.area_factor,
        own_sd=spread.own_sd,
        n_area=np.array([sum((one.seen.kind == kind).any() for one in measured) for kind in KINDS]),
        n_cold=n_cold,
        strange=tuple(
            (one.area, float(np.exp(np.mean(one.residual - one.rows @ mean))))
            for one, far in zip(measured, strange, strict=True)
            if far
        ),
    )


def festival_level(area: Area, drawn: AreaDraws, levels: Levels, seed: int) -> FloatArray:
    """Logarithm of the festival's two-hour load of an area (draw,) [kW].

    The area's draws, at the county's level and as far apart as its areas are, moved towards its own
    days by the gain of their variances.
    """
    expected = expectation(drawn)
    centre, apart = expected.centre, expected.apart * levels.area_factor
    seen = observed(area)
    shape = len(apart), len(seen.kind) + 1
    normal = stream(seed, f"screening: {area.area}", 2).standard_normal(shape)
    level = centre[FESTIVAL] + levels.festival + apart[:, FESTIVAL]
    level = level + levels.own_sd[FESTIVAL] * normal[:, 0]
    if not len(seen.kind):
        return level
    noise = np.sqrt(seen.variance + levels.own_sd[seen.kind] ** 2)
    foreseen = centre[seen.kind] + levels.drawn @ _rows(seen, levels.winters).T
    foreseen = foreseen + apart[:, seen.kind] + noise * normal[:, 1:]
    spread = np.cov(apart, rowvar=False)
    gain = np.linalg.solve(
        spread[np.ix_(seen.kind, seen.kind)] + np.diag(noise**2), spread[seen.kind, FESTIVAL]
    )
    return level + (seen.log_kw - foreseen) @ gain


def _row(kind: int, year: int, colder_c: float, winters: IntArray) -> FloatArray:
    """How much of each part of the county a kind of day of a winter has (part,)."""
    count = len(winters)
    row = np.zeros(_FIRST_WINTER + len(KINDS) * count)
    row[kind] = 1.0
    row[_GROWTH_PART] = float(year - winters[-1])
    row[_HEATING_PART + kind] = colder_c
    row[_FIRST_WINTER + kind * count + int(np.searchsorted(winters, year))] = 1.0
    return row


def _rows(seen: Observed, winters: IntArray) -> FloatArray:
    """The same of every observation (entry, part); days of unknown temperature count as usual."""
    colder = np.nan_to_num(seen.colder_c).tolist()
    entries = zip(seen.kind.tolist(), seen.year.tolist(), colder, strict=True)
    return np.stack([_row(kind, year, colder_c, winters) for kind, year, colder_c in entries])


def _cold_known(measured: Sequence[_Measured], winters: IntArray) -> BoolArray:
    """Which winters' temperatures are known, by kind of day (kind, winter).

    That of the festival to be screened is drawn.
    """
    known = np.zeros((len(KINDS), len(winters)), dtype=bool)
    for one in measured:
        there = np.isfinite(one.seen.colder_c)
        known[one.seen.kind[there], np.searchsorted(winters, one.seen.year[there])] = True
    known[FESTIVAL, -1] = True
    return known


def _assumed_mean(count: int) -> FloatArray:
    """Mean of the county's parts before anything is measured (part,)."""
    mean = np.zeros(_FIRST_WINTER + len(KINDS) * count)
    mean[_GROWTH_PART] = GROWTH
    mean[_HEATING_PART : _HEATING_PART + len(KINDS)] = HEATING
    return mean


def _assumed(winters: IntArray, winter_sd: FloatArray) -> FloatArray:
    """Covariance of the county's parts before anything is measured (part, part)."""
    size = _FIRST_WINTER + len(KINDS) * len(winters)
    covariance = np.zeros((size, size))
    covariance[:2, :2] = LEVEL_SD**2 + KIND_SD**2 * np.eye(2)
    covariance[_GROWTH_PART, _GROWTH_PART] = GROWTH_SD**2
    for kind in KINDS:
        covariance[_HEATING_PART + kind, _HEATING_PART + kind] = HEATING_SD**2
    correlation = np.array([[1.0, WINTER_CORRELATION], [WINTER_CORRELATION, 1.0]])
    of_winters = np.kron(correlation, np.eye(len(winters)))
    covariance[_FIRST_WINTER:, _FIRST_WINTER:] = of_winters * np.outer(winter_sd, winter_sd)
    return covariance


def _learned(
    measured: Sequence[_Measured], winters: IntArray, cold: BoolArray, mean: FloatArray
) -> _Spread:
    """Standard deviations, from what growth and cold leave of the residuals."""
    unknown = (HEATING**2 + HEATING_SD**2) * FESTIVAL_C_SD**2
    winter_sd = np.sqrt(WINTER_SD**2 + np.where(cold, 0.0, unknown))
    own_sd, factor = np.array(OWN_SD), np.ones(len(KINDS))
    trend = mean.copy()
    trend[:_GROWTH_PART] = trend[_FIRST_WINTER:] = 0.0
    for kind in KINDS:
        panel = _panel(measured, kind, winters, trend)
        found = spread_of_winters(panel, own_sd=OWN_SD[kind], winter_sd=winter_sd[kind])
        winter_sd[kind] *= found.winter_factor
        own_sd[kind] = found.own_sd
        variance = np.array([one.spread[kind, kind] for one in measured])
        factor[kind] = spread_of_areas(panel, found, variance)
    return _Spread(winter_sd=winter_sd, own_sd=own_sd, area_factor=factor)


def _panel(measured: Sequence[_Measured], kind: int, winters: IntArray, trend: FloatArray) -> Panel:
    """Residuals of one kind of day, less the trend."""
    parts = [np.empty((4, 0))]
    for number, one in enumerate(measured):
        here = one.seen.kind == kind
        winter = np.searchsorted(winters, one.seen.year[here])
        left = (one.residual - one.rows @ trend)[here]
        parts.append(np.stack([np.full(len(left), number), winter, left, one.seen.variance[here]]))
    area, winter, residual, variance = np.concatenate(parts, axis=1)
    return Panel(
        area=area.astype(np.int64),
        winter=winter.astype(np.int64),
        residual=residual,
        variance=variance,
    )


def _measured(area: Area, expected: Expected, winters: IntArray) -> _Measured:
    seen = observed(area)
    return _Measured(
        area=area.area,
        seen=seen,
        residual=seen.log_kw - expected.centre[seen.kind],
        spread=np.cov(expected.apart, rowvar=False),
        rows=_rows(seen, winters),
    )


def _precision(one: _Measured, spread: _Spread) -> FloatArray:
    """Inverse covariance of an area's residuals, given the county (entry, entry)."""
    kind = one.seen.kind
    of_area = (one.spread * np.outer(spread.area_factor, spread.area_factor))[np.ix_(kind, kind)]
    noise = np.diag(one.seen.variance + spread.own_sd[kind] ** 2)
    return np.asarray(np.linalg.inv(of_area + noise), dtype=np.float64)


def _posterior(
    prior: FloatArray, measured: Sequence[_Measured], precisions: Sequence[FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Mean (part,) and covariance (part, part) of the county's parts, given some areas."""
    total = np.linalg.inv(prior)
    mean = _assumed_mean((len(prior) - _FIRST_WINTER) // len(KINDS))
    weighted = total @ mean
    for one, precision in zip(measured, precisions, strict=True):
        gain = one.rows.T @ precision
        total = total + gain @ one.rows
        weighted = weighted + gain @ one.residual
    covariance = np.linalg.inv(total)
    return covariance @ weighted, (covariance + covariance.T) / 2


def _too_far(one: _Measured, precision: FloatArray, mean: FloatArray) -> bool:
    """Whether an area's residuals are not to be believed, given the county."""
    left = one.residual - one.rows @ mean
    return bool(chdtrc(len(left), left @ precision @ left) < STRANGE)
