"""What an area's curves say of its level, beside what its homes let expect.

Both are logarithms of two-hour loads (``two_hour_load``), of ordinary winter days and of festivals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.screening_area import Area
from gridplan.demand.screening_model import AreaDraws
from gridplan.frozen import FloatArray, IntArray

KINDS = ORDINARY, FESTIVAL = 0, 1  #: kinds of day
#: Least and, for a single day, assumed standard deviation between ordinary days of an area (A).
LEAST_DAY_SD, SINGLE_DAY_SD = 0.05, 0.15
_LEAST_KW = 1e-3  #: below it a transformer counts as loaded so much


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """What an area's curves say, one entry per winter and kind of day.

    Attributes
    ----------
    kind : int (entry,) -- ORDINARY or FESTIVAL
    year : int (entry,) -- of the winter
    log_kw : float (entry,) -- logarithm of the two-hour load
    colder_c : float (entry,) -- how much colder than usual it was [K]; NaN where unknown
    variance : float (entry,) -- of reading an ordinary level from so few days
    """

    kind: IntArray
    year: IntArray
    log_kw: FloatArray
    colder_c: FloatArray
    variance: FloatArray


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


def observed(area: Area) -> Observed:
    """Two-hour loads of an area's measured winters."""
    rows: list[tuple[float, ...]] = []
    for winter in area.winters:
        days = len(winter.ordinary_kw)
        if days:
            logs = np.log(np.maximum(winter.ordinary_kw, _LEAST_KW))
            spread = SINGLE_DAY_SD if days == 1 else max(float(logs.std()), LEAST_DAY_SD)
            level = float(np.median(logs))
            rows.append((ORDINARY, winter.year, level, winter.ordinary_colder_c, spread**2 / days))
        if len(winter.days):
            level = float(np.log(max(winter.festival_kw, _LEAST_KW)))
            rows.append((FESTIVAL, winter.year, level, winter.festival_colder_c, 0.0))
    kind, year, log_kw, colder_c, variance = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    return Observed(
        kind=kind.astype(np.int64),
        year=year.astype(np.int64),
        log_kw=log_kw,
        colder_c=colder_c,
        variance=variance,
    )


def expectation(drawn: AreaDraws) -> Expected:
    """Centre and spread of an area's draws; their series are not kept."""
    logs = np.stack([drawn.ordinary, drawn.festival], axis=1)
    centre = logs.mean(axis=0)
    return Expected(centre=centre, apart=logs - centre)
