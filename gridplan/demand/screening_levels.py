"""What the measured transformers of a county say of its homes, and of each other.

Two logarithms are followed per area i and winter w, of two-hour loads (``two_hour_load``): that of
its ordinary days and that of its festival, each less what the area's homes and register let expect
in a county of the assumed level (the mean over the draws of ``screening_model``):

    residual(i, w) = county + growth * (w - year) + winter(w) + area(i) + own(i, w)

- *county*: the level of this county's homes against the assumed one, on ordinary and on festival
  days: a part common to both and a part of each;
- *winter*: what one winter does to all areas alike (cold, epidemics, harvests);
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
from gridplan.demand.screening_spread import Panel, spread_of_areas, spread_of_winters
from gridplan.demand.streams import stream
from gridplan.frozen import FloatArray, IntArray

KINDS = ORDINARY, FESTIVAL = 0, 1  #: kinds of day
#: Chance of what an area's curves show below which they say nothing about other areas (A).
STRANGE = 1e-4
_GROWTH_PART, _FIRST_WINTER = 2, 3  #: places among the county's parts
#: Standard deviation of the logarithm of a county's level: common to both kinds of day, and of each
#: kind (A: the documented villages are 2.4 of the first apart; reports of the rise to the festival
#: go from 2 to 6 times).
LEVEL_SD, KIND_SD = 0.2, 0.15
#: What one winter does to a county (A: 3 % per kelvin, 3 K from one festival to another), and how
#: far its ordinary days foretell its festival (A: their correlation).
WINTER_SD, WINTER_CORRELATION = 0.1, 0.5
#: What differs from winter to winter in one area, on ordinary and on festival days (A).
OWN_SD = (0.08, 0.1)
#: Least and, for a single day, assumed standard deviation between ordinary days of an area (A).
LEAST_DAY_SD, SINGLE_DAY_SD = 0.05, 0.15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """What an area's curves say, one entry per winter and kind of day.

    Attributes
    ----------
    kind : int (entry,) -- ORDINARY or FESTIVAL
    year : int (entry,) -- of the winter
    log_kw : float (entry,) -- logarithm of the two-hour load
    variance : float (entry,) -- of reading an ordinary level from so few days
    """

    kind: IntArray
    year: IntArray
    log_kw: FloatArray
    variance: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """The county's levels, drawn, and how much its areas differ.

    Attributes
    ----------
    winters : int (winter,) -- years, ascending; the last is that of the festival to be screened
    drawn : float (draw, part) -- county on ordinary and on festival days, growth per year, each
        winter on ordinary days, each winter on festival days
    area_factor : float (2,) -- standard deviation of areas, by kind of day, over that of the draws
    own_sd : float (2,) -- of one area from winter to winter, by kind of day
    n_area : int (2,) -- areas with curves, by kind of day
    strange : areas whose curves were left out, as too far from the others, and how many times the
        expected they are
    """

    winters: IntArray
    drawn: FloatArray
    area_factor: FloatArray
    own_sd: FloatArray
    n_area: IntArray
    strange: tuple[tuple[str, float], ...] = ()

    @property
    def festival(self) -> FloatArray:
        """Logarithm of the festival's level over the assumed one (draw,)."""
        return self.drawn @ _parts(FESTIVAL, int(self.winters[-1]), self.winters)

    @property
    def growth(self) -> FloatArray:
        """Growth per year (draw,)."""
        return self.drawn[:, _GROWTH_PART]


def observed(area: Area) -> Observed:
    """Two-hour loads of an area's measured winters."""
    kind, year, log_kw, variance = [], [], [], []
    for winter in area.winters:
        days = len(winter.ordinary_kw)
        if days:
            logs = np.log(np.maximum(winter.ordinary_kw, 1e-3))
            spread = SINGLE_DAY_SD if days == 1 else max(float(logs.std()), LEAST_DAY_SD)
            kind.append(ORDINARY)
            year.append(winter.year)
            log_kw.append(float(np.median(logs)))
            variance.append(spread**2 / days)
        if len(winter.days):
            kind.append(FESTIVAL)
            year.append(winter.year)
            log_kw.append(float(np.log(max(winter.festival_kw, 1e-3))))
            variance.append(0.0)
    return Observed(
        kind=np.array(kind, dtype=np.int64),
        year=np.array(year, dtype=np.int64),
        log_kw=np.array(log_kw, dtype=np.float64),
        variance=np.array(variance, dtype=np.float64),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expected:
    """What an area's draws let expect in a county of the assumed level.

    Attributes
    ----------
    centre : float (2,) -- mean logarithm of the two-hour load, by kind of day
    apart : float (draw, 2) -- the draws' deviations from it
    """

    centre: FloatArray
    apart: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Measured:
    """One area's residuals, and how its draws spread.

    Attributes
    ----------
    area : its number
    seen : its observations
    residual : float (entry,)
    spread : float (2, 2) -- covariance of the draws, by kind of day
    """

    area: str
    seen: Observed
    residual: FloatArray
    spread: FloatArray


def expectation(drawn: AreaDraws) -> Expected:
    """Centre and spread of an area's draws; their series are not kept."""
    logs = np.stack([drawn.ordinary, drawn.festival], axis=1)
    centre = logs.mean(axis=0)
    return Expected(centre=centre, apart=logs - centre)


def county_levels(
    areas: Sequence[tuple[Area, Expected]], year: int, draws: int, seed: int
) -> Levels:
    """Learn the county's levels from its measured areas; assumed ones where there are none.

    Parameters
    ----------
    areas : those with curves, and their draws
    year : of the festival to be screened
    draws, seed : of the random numbers
    """
    # in an order of their own: the same numbers however the workbook is sorted
    measured = [_measured(area, drawn) for area, drawn in sorted(areas, key=lambda a: a[0].area)]
    years = {int(one) for area in measured for one in area.seen.year} | {year}
    winters = np.array(sorted(years), dtype=np.int64)
    panels = [_panel(measured, kind, winters) for kind in KINDS]
    spreads = [
        spread_of_winters(panel, winters, GROWTH, own_sd=OWN_SD[kind], winter_sd=WINTER_SD)
        for kind, panel in zip(KINDS, panels, strict=True)
    ]
    own_sd = np.array([one.own_sd for one in spreads])
    expected = np.array([np.diag(one.spread) for one in measured]).reshape(-1, len(KINDS))
    area_factor = np.array(
        [spread_of_areas(panels[kind], spreads[kind], expected[:, kind]) for kind in KINDS]
    )
    assumed = _assumed(winters, np.array([one.winter_sd for one in spreads]))
    parts = [_part(one, winters, area_factor, own_sd) for one in measured]
    mean, covariance = _posterior(assumed, parts)
    strange = [_too_far(part, mean) for part in parts]
    if any(strange):
        kept = [part for part, far in zip(parts, strange, strict=True) if not far]
        mean, covariance = _posterior(assumed, kept)
    normal = stream(seed, "screening: county", 0).standard_normal((draws, len(mean)))
    root = np.linalg.cholesky(covariance)
    return Levels(
        winters=winters,
        drawn=mean + normal @ root.T,
        area_factor=area_factor,
        own_sd=own_sd,
        n_area=np.array([len(np.unique(panel.area)) for panel in panels]),
        strange=tuple(
            (one.area, float(np.exp(np.mean(part.residual - part.rows @ mean))))
            for one, part, far in zip(measured, parts, strange, strict=True)
            if far
        ),
    )


def festival_level(area: Area, drawn: AreaDraws, levels: Levels, seed: int) -> FloatArray:
    """Logarithm of the festival's two-hour load of an area (draw,) [kW].

    The area's draws, at the county's level and as far apart as its areas are, moved towards its own
    days by the gain of their variances.
    """
    own = expectation(drawn)
    centre, apart = own.centre, own.apart * levels.area_factor
    seen = observed(area)
    shape = len(apart), len(seen.kind) + 1
    normal = stream(seed, f"screening: {area.area}", 2).standard_normal(shape)
    level = centre[FESTIVAL] + levels.festival + apart[:, FESTIVAL]
    level = level + levels.own_sd[FESTIVAL] * normal[:, 0]
    if not len(seen.kind):
        return level
    expected = centre[seen.kind] + levels.drawn @ _rows(seen, levels.winters).T
    noise = np.sqrt(seen.variance + levels.own_sd[seen.kind] ** 2)
    expected = expected + apart[:, seen.kind] + noise * normal[:, 1:]
    spread = np.cov(apart, rowvar=False)
    gain = np.linalg.solve(
        spread[np.ix_(seen.kind, seen.kind)] + np.diag(noise**2), spread[seen.kind, FESTIVAL]
    )
    return level + (seen.log_kw - expected) @ gain


def _parts(kind: int, year: int, winters: IntArray) -> FloatArray:
    """How much of each part of the county a kind of day of a winter has (part,)."""
    count = len(winters)
    row = np.zeros(_FIRST_WINTER + len(KINDS) * count)
    row[kind] = 1.0
    row[_GROWTH_PART] = float(year - winters[-1])
    row[_FIRST_WINTER + kind * count + int(np.searchsorted(winters, year))] = 1.0
    return row


def _rows(seen: Observed, winters: IntArray) -> FloatArray:
    """The same of every observation (entry, part)."""
    pairs = zip(seen.kind.tolist(), seen.year.tolist(), strict=True)
    return np.stack([_parts(kind, year, winters) for kind, year in pairs])


def _assumed(winters: IntArray, winter_sd: FloatArray) -> FloatArray:
    """Covariance of the county's parts before anything is measured (part, part)."""
    size = _FIRST_WINTER + len(KINDS) * len(winters)
    covariance = np.zeros((size, size))
    covariance[:2, :2] = LEVEL_SD**2 + KIND_SD**2 * np.eye(2)
    covariance[_GROWTH_PART, _GROWTH_PART] = GROWTH_SD**2
    correlation = np.array([[1.0, WINTER_CORRELATION], [WINTER_CORRELATION, 1.0]])
    mixed = correlation * np.outer(winter_sd, winter_sd)
    covariance[_FIRST_WINTER:, _FIRST_WINTER:] = np.kron(mixed, np.eye(len(winters)))
    return covariance


def _panel(measured: Sequence[_Measured], kind: int, winters: IntArray) -> Panel:
    """Residuals of one kind of day."""
    parts = [np.empty((4, 0))]
    for number, one in enumerate(measured):
        here = one.seen.kind == kind
        winter = np.searchsorted(winters, one.seen.year[here])
        place = np.full(len(winter), number)
        parts.append(np.stack([place, winter, one.residual[here], one.seen.variance[here]]))
    area, winter, residual, variance = np.concatenate(parts, axis=1)
    return Panel(
        area=area.astype(np.int64),
        winter=winter.astype(np.int64),
        residual=residual,
        variance=variance,
    )


def _measured(area: Area, expected: Expected) -> _Measured:
    seen = observed(area)
    return _Measured(
        area=area.area,
        seen=seen,
        residual=seen.log_kw - expected.centre[seen.kind],
        spread=np.cov(expected.apart, rowvar=False),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    """What one area says of the county.

    Attributes
    ----------
    rows : float (entry, part) -- how much of the county's parts is in each residual
    residual : float (entry,)
    precision : float (entry, entry) -- of the residuals, given the county
    """

    rows: FloatArray
    residual: FloatArray
    precision: FloatArray


def _part(one: _Measured, winters: IntArray, area_factor: FloatArray, own_sd: FloatArray) -> _Part:
    seen = one.seen
    spread = (one.spread * np.outer(area_factor, area_factor))[np.ix_(seen.kind, seen.kind)]
    noise = np.diag(seen.variance + own_sd[seen.kind] ** 2)
    return _Part(
        rows=_rows(seen, winters),
        residual=one.residual,
        precision=np.asarray(np.linalg.inv(spread + noise), dtype=np.float64),
    )


def _posterior(assumed: FloatArray, parts: Sequence[_Part]) -> tuple[FloatArray, FloatArray]:
    """Mean (part,) and covariance (part, part) of the county's parts, given some areas."""
    precision = np.linalg.inv(assumed)
    mean = np.zeros(len(assumed))
    mean[_GROWTH_PART] = GROWTH
    weighted = precision @ mean
    for part in parts:
        gain = part.rows.T @ part.precision
        precision = precision + gain @ part.rows
        weighted = weighted + gain @ part.residual
    covariance = np.linalg.inv(precision)
    return covariance @ weighted, (covariance + covariance.T) / 2


def _too_far(part: _Part, mean: FloatArray) -> bool:
    """Whether an area's residuals are not to be believed, given the county."""
    left = part.residual - part.rows @ mean
    return bool(chdtrc(len(left), left @ part.precision @ left) < STRANGE)
