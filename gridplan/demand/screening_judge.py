"""One area's draws held against the overload rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.profiles import QUARTERS
from gridplan.demand.screening_area import Area, Winter
from gridplan.demand.screening_levels import Levels, festival_level
from gridplan.demand.screening_model import POWER_FACTOR, AreaDraws, Shared, area_draws
from gridplan.demand.streams import stream
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray

#: Load rates of overload (过载) and heavy load (重载), each for two hours together. Source: alarm
#: rules of a county's grid company (V), as in the rule set "cn-default".
OVERLOAD, HEAVY = 1.0, 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What the draws say of one area.

    Attributes
    ----------
    overloaded, heavy : bool (draw,) -- above the rating, above 80 % of it, for two hours together
    hours_over_100, hours_over_80 : means over the draws [h]
    load_kva : float (draw,) -- highest load that two hours together reach
    peak_step : quarter hour of the highest mean over the draws
    """

    overloaded: BoolArray
    heavy: BoolArray
    hours_over_100: float
    hours_over_80: float
    load_kva: FloatArray
    peak_step: int


def judge(area: Area, common: Shared, levels: Levels, seed: int) -> Judged:
    """Draw an area's load and hold it against the rules.

    Where festivals of the transformer were measured, each draw takes the days of one of them as
    they were, at the drawn level; elsewhere those of its homes.
    """
    drawn = area_draws(area, common, seed)
    level = np.exp(festival_level(area, drawn, levels, seed))
    limit_kw = area.sn_kva * POWER_FACTOR
    if area.festivals:
        hours, peak_step = _of_measured(area, common, level, limit_kw, seed)
    else:
        hours, peak_step = _of_drawn(drawn, level, limit_kw)
    return Judged(
        overloaded=level > OVERLOAD * limit_kw,
        heavy=level > HEAVY * limit_kw,
        hours_over_100=hours[0],
        hours_over_80=hours[1],
        load_kva=level / POWER_FACTOR,
        peak_step=peak_step,
    )


def measured_shapes(festivals: tuple[Winter, ...], days: IntArray) -> Float32Array:
    """Measured festivals over their own two-hour load, (festival, day, 96).

    A day that was not measured is that of the nearest festival that has it; NaN where none has.
    """
    shapes = np.full((len(festivals), len(days), QUARTERS), np.nan, dtype=np.float32)
    for at, festival in enumerate(festivals):
        shapes[at, np.searchsorted(days, festival.days)] = festival.p_kw / festival.festival_kw
    years = np.array([festival.year for festival in festivals])
    there = np.isfinite(shapes[..., 0])
    for at, day in np.argwhere(~there):
        others = np.flatnonzero(there[:, day])
        if len(others):
            nearest = others[np.argmin(np.abs(years[others] - years[at]))]
            shapes[at, day] = shapes[nearest, day]
    return shapes


def _of_measured(
    area: Area, common: Shared, level: FloatArray, limit_kw: float, seed: int
) -> tuple[tuple[float, float], int]:
    """Hours above 100 and 80 %, and the step of the highest mean, from days as they were."""
    shapes = measured_shapes(area.festivals, common.days).reshape(len(area.festivals), -1)
    chosen = stream(seed, f"screening: {area.area}", 3).integers(0, len(shapes), len(level))
    hours = []
    for share in (OVERLOAD, HEAVY):
        count = 0
        for at, shape in enumerate(shapes):
            ascending = np.sort(shape[np.isfinite(shape)])
            limits = share * limit_kw / level[chosen == at]
            count += int((len(ascending) - np.searchsorted(ascending, limits, "right")).sum())
        hours.append(count / 4 / len(level))
    weight = np.array([level[chosen == at].sum() for at in range(len(shapes))])
    mean = weight @ np.nan_to_num(shapes)
    return (hours[0], hours[1]), int(np.argmax(mean))


def _of_drawn(
    drawn: AreaDraws, level: FloatArray, limit_kw: float
) -> tuple[tuple[float, float], int]:
    """The same from the area's own draws, each brought to its level."""
    scale = level / np.exp(drawn.festival)
    hours = []
    for share in (OVERLOAD, HEAVY):
        limit = (share * limit_kw / scale).astype(np.float32)
        above = np.count_nonzero(drawn.load_kw > limit[:, None])
        hours.append(above / 4 / len(level))
    # no matrix product: its threads would wait for each other, area by area
    mean = np.einsum("d,ds->s", scale.astype(np.float32), drawn.load_kw)
    return (hours[0], hours[1]), int(np.argmax(mean))
