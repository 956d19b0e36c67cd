"""Special loads of an area with measured festivals: their own past days, drawn again.

Nobody comes home to a mill or a pig farm, and none has the shape of a home: each draws one of its
own measured days of the same kind for every day, from all festivals and from this winter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridplan.demand.area_record import GROUP_STARTS, ORDINARY, Festival, group_of
from gridplan.demand.presence import day_means
from gridplan.demand.profiles import QUARTERS
from gridplan.demand.streams import stream
from gridplan.frozen import FloatArray, IntArray

#: Per special load and kind of day its measured days (analog, 96) [kW].
Machines = tuple[tuple[FloatArray, ...], ...]


def fit_machines(festivals: Sequence[Festival]) -> Machines:
    """Measured days of every special load by kind of day.

    A kind that was never seen takes the ordinary days; a load that was never seen draws nothing.
    """
    count = len(festivals[0].special_kw) if festivals else 0
    machines = []
    for number in range(count):
        days: list[list[FloatArray]] = [[] for _ in GROUP_STARTS]
        for one in festivals:
            for group, day in zip(group_of(one.days), one.special_kw[number], strict=True):
                mean_kw = float(day_means(day))
                if np.isfinite(mean_kw):
                    days[int(group)].append(np.where(np.isfinite(day), day, mean_kw))
        usual = days[ORDINARY] or [day for some in days for day in some] or [np.zeros(QUARTERS)]
        machines.append(tuple(np.array(some or usual, dtype=np.float64) for some in days))
    return tuple(machines)


def draw_machines(machines: Machines, days: IntArray, draw: int, seed: int) -> FloatArray:
    """Power of all special loads together in one draw (day, 96) [kW]."""
    total = np.zeros((len(days), QUARTERS))
    for number, by_group in enumerate(machines):
        pick = stream(seed, f"machine {number}", draw).random(len(days))
        for at, (group, share) in enumerate(zip(group_of(days), pick, strict=True)):
            analogs = by_group[int(group)]
            total[at] += analogs[int(share * len(analogs))]
    return total
