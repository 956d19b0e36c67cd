"""The choice of tours as a set packing problem, and its bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridplan.frozen import FloatArray
from gridplan.measures.crew_tours import Tour, Tours
from gridplan.measures.crew_work import VillageWork

#: The objective is scaled so that the best tour is worth this, for HiGHS works with absolute
#: tolerances of 1e-6; less time decides between programmes that prevent the same.
_SCALE, _TIME_WEIGHT = 1000.0, 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The tours that are gone, and what no choice can exceed [h]."""

    tours: tuple[Tour, ...]
    bound_h: float


def best_tours(
    found: Tours,
    works: Sequence[VillageWork],
    *,
    slots: int,
    later: Sequence[int],
    day_h: float,
    time_limit_s: float,
) -> Chosen:
    """Choose the tours that prevent most.

    Parameters
    ----------
    found : the tours there are
    works : villages
    slots : crew days that may be used
    later : crew days from each day of the programme on
    day_h : hours of a crew's day
    time_limit_s : of the solver [s]
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    tours = [
        tour
        for tour in found.tours
        if tour.ready < len(later) and tour.days <= min(slots, later[tour.ready])
    ]
    if not tours:
        return Chosen(tours=(), bound_h=0.0)
    days = np.array([tour.days for tour in tours], dtype=np.float64)
    prevented = np.array([tour.prevented_h for tour in tours])
    scale = _SCALE / prevented.max()
    hours = np.array([tour.work_h + tour.travel_h for tour in tours]) / day_h
    worth = scale * prevented - _TIME_WEIGHT * (hours + days)
    pairs = [(village, at) for at, tour in enumerate(tours) for village in tour.villages]
    row, column = np.array(pairs).T
    shape = (len(works), len(tours))
    once = csr_array((np.ones(len(pairs)), (row, column)), shape=shape)
    starts = sorted({0, *(tour.ready for tour in tours)})
    ready = np.array([tour.ready for tour in tours])
    need = np.stack([np.where(ready >= start, days, 0.0) for start in starts])
    room = [min(slots, later[start]) for start in starts]
    result = milp(
        -worth,
        constraints=[
            LinearConstraint(once, ub=np.ones(len(works))),
            LinearConstraint(csr_array(need), ub=np.array(room, dtype=np.float64)),
        ],
        integrality=np.ones(len(tours)),
        bounds=Bounds(0, 1),
        options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )
    if result.x is None:
        picked = _greedy(tours, slots, later)
        dual = np.inf if result.mip_dual_bound is None else -result.mip_dual_bound
    else:
        picked = [tour for tour, share in zip(tours, result.x, strict=True) if share > 0.5]
        dual = -result.mip_dual_bound
    own = sum(tour.prevented_h for tour in picked)
    bound = (dual + _TIME_WEIGHT * 2 * slots) / scale if found.complete else np.inf
    bound = min(bound, _hours_bound(works, slots, day_h))
    return Chosen(tours=tuple(picked), bound_h=max(own, float(bound)))


def _greedy(tours: Sequence[Tour], slots: int, later: Sequence[int]) -> list[Tour]:
    """Tours that prevent most a crew day, as long as they fit; where the solver found nothing."""
    picked: list[Tour] = []
    taken: set[int] = set()
    for tour in sorted(tours, key=lambda one: -one.prevented_h / one.days):
        chosen = [*picked, tour]
        fits = sum(one.days for one in chosen) <= slots and all(
            sum(one.days for one in chosen if one.ready >= day) <= room
            for day, room in enumerate(later)
        )
        if fits and not taken.intersection(tour.villages):
            picked = chosen
            taken.update(tour.villages)
    return picked


def _hours_bound(works: Sequence[VillageWork], slots: int, day_h: float) -> float:
    """What the hours of all crew days could prevent if they could be cut and nobody travelled.

    Each village's packages are taken by the concave hull of what they prevent over their hours.
    """
    steps: list[tuple[float, float]] = []
    for work in works:
        steps += _hull_steps([(one.crew_h, one.prevented_h) for one in work.packages])
    left, total = slots * day_h, 0.0
    for rate, hours in sorted(steps, reverse=True):
        used = min(hours, left)
        total += rate * used if hours > 0 else 0.0
        left -= used
    return total + sum(
        max((one.prevented_h for one in work.packages if one.crew_h <= 0), default=0.0)
        for work in works
    )


def _hull_steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Slope [1] and length [h] of the pieces of the concave hull from (0, 0)."""
    start = max((value for hours, value in points if hours <= 0), default=0.0)
    at, steps = (0.0, start), []
    rest = sorted(point for point in points if point[0] > 0)
    while rest:
        rates: FloatArray = np.array([(value - at[1]) / (hours - at[0]) for hours, value in rest])
        best = int(np.flatnonzero(rates == rates.max())[-1])
        if rates[best] <= 0:
            break
        steps.append((float(rates[best]), rest[best][0] - at[0]))
        at, rest = rest[best], rest[best + 1 :]
    return steps
