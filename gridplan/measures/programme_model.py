"""The choice of tours as a set packing problem, solved by column generation.

The linear relaxation prices villages and crew days; tours that prevent more than their prices are
looked for and added until there are none, so that its optimum bounds every programme. The integer
problem over the tours found gives a programme; where it does not reach the bound, all tours that
could still improve it are added, and it is solved again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.crew_tours import MOST_STEPS, Prices, Roads, Tour
from gridplan.measures.quiet import prints_to_stderr

#: The objective is scaled so that the best tour is worth this, for HiGHS works with absolute
#: tolerances of 1e-6; less time decides between programmes that prevent the same.
_SCALE, _TIME_WEIGHT = 1000.0, 1e-4
_ALIKE = 1e-7  #: of the best tour: differences below it are none
_MOST_ROUNDS, _ENOUGH = 400, 300  #: of column generation, and tours looked for in one
_FIRST = 2_000  #: tours among which a first programme is chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The tours that are gone, and what no choice can exceed [h].

    ``priced``: the bound is that of the linear relaxation; otherwise that of hours alone, as if
    work could be cut and nobody travelled.
    """

    tours: tuple[Tour, ...]
    bound_h: float
    priced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """Tours as columns.

    Attributes
    ----------
    n_village : number of villages, one row each
    starts : int (row,) -- days on which some material comes; a row each for the tours that wait
    room : float (row,) -- crew days from each of them on
    day_h : hours of a crew's day
    """

    n_village: int
    starts: IntArray
    room: FloatArray
    day_h: float

    def rows(self, tours: Sequence[Tour]) -> Any:
        """Coefficients (village and start, tour), sparse."""
        from scipy.sparse import csr_array, vstack

        pairs = [(village, at) for at, tour in enumerate(tours) for village in tour.villages]
        row, column = np.array(pairs).T
        once = csr_array((np.ones(len(pairs)), (row, column)), shape=(self.n_village, len(tours)))
        days, ready = (
            np.array([getattr(one, name) for one in tours]) for name in ("days", "ready")
        )
        waiting = np.where(ready >= self.starts[:, None], days, 0.0)
        return vstack([once, csr_array(waiting)], format="csr")

    @property
    def limits(self) -> FloatArray:
        """Right sides of all rows."""
        return np.concatenate([np.ones(self.n_village), self.room])

    def relaxed(self, tours: Sequence[Tour], n_day: int) -> tuple[float, Prices]:
        """Optimum of the linear relaxation over some tours, and its prices."""
        from scipy.optimize import linprog

        prevented = np.array([tour.prevented_h for tour in tours])
        result = linprog(
            -prevented, A_ub=self.rows(tours), b_ub=self.limits, bounds=(0, None), method="highs"
        )
        dual = np.maximum(-result.ineqlin.marginals, 0.0)
        waiting = dual[self.n_village :, None] * (np.arange(n_day) >= self.starts[:, None])
        prices = Prices(village_h=dual[: self.n_village], day_h=waiting.sum(axis=0))
        return -float(result.fun), prices

    def best(self, tours: Sequence[Tour], time_limit_s: float) -> tuple[list[Tour], float]:
        """The best choice among some tours, and a bound of it [h]."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        prevented = np.array([tour.prevented_h for tour in tours])
        hours = np.array([tour.work_h + tour.travel_h for tour in tours]) / self.day_h
        days = np.array([tour.days for tour in tours])
        scale = _SCALE / prevented.max()
        with prints_to_stderr():
            result = milp(
                _TIME_WEIGHT * (hours + days) - scale * prevented,
                constraints=LinearConstraint(self.rows(tours), ub=self.limits),
                integrality=np.ones(len(tours)),
                bounds=Bounds(0, 1),
                options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
            )
        dual = result.mip_dual_bound
        bound = np.inf if dual is None else -dual + 2 * _TIME_WEIGHT * self.room[0]
        if result.x is None:
            return [], float(bound / scale)
        picked = [tour for tour, share in zip(tours, result.x, strict=True) if share > 0.5]
        return picked, float(bound / scale)


def best_tours(
    roads: Roads,
    *,
    slots: int,
    later: Sequence[int],
    time_limit_s: float,
    most_steps: int = MOST_STEPS,
) -> Chosen:
    """Choose the tours that prevent most.

    Parameters
    ----------
    roads : where crews can go
    slots : crew days that may be used
    later : crew days from each day of the programme on
    time_limit_s : of each integer problem [s]
    most_steps : of each search for tours
    """
    tours = [one for one in roads.lone() if one.days <= min(slots, later[one.ready])]
    if not tours:
        return Chosen(tours=(), bound_h=0.0, priced=True)
    ready = {day for own in roads.ready for day in own if day < roads.last}
    starts = np.array(sorted({0, *ready}))
    problem = _Problem(
        n_village=len(roads.works),
        starts=starts,
        room=np.array([min(slots, later[start]) for start in starts], dtype=np.float64),
        day_h=roads.day_h,
    )
    alike = _ALIKE * max(tour.prevented_h for tour in tours)
    bound, prices, priced = _generated(problem, roads, tours, alike, most_steps)
    if not priced:
        bound = _hours_bound(roads, slots)
    tours.sort(key=lambda tour: -_worth(tour, prices))
    picked, _ = problem.best(tours[:_FIRST], time_limit_s)
    short = bound - sum(tour.prevented_h for tour in picked) + alike
    more, finished = roads.better(prices, -short, most_steps)
    hopeful = [tour for tour in (*tours, *more) if _worth(tour, prices) >= -short]
    again, solved = problem.best(list(dict.fromkeys([*picked, *hopeful])), time_limit_s)
    picked = max(picked, again, key=lambda one: sum(tour.prevented_h for tour in one))
    own = sum(tour.prevented_h for tour in picked)
    if priced and finished:  # every tour of a better programme was there
        bound = min(bound, max(own, solved))
    return Chosen(tours=tuple(picked), bound_h=max(own, bound), priced=priced)


def _generated(
    problem: _Problem, roads: Roads, tours: list[Tour], alike: float, most_steps: int
) -> tuple[float, Prices, bool]:
    """Add tours until none prevents more than its prices: the relaxation's optimum and prices.

    Also whether that was reached. ``tours`` grows.
    """
    known = set(tours)
    for _ in range(_MOST_ROUNDS):
        bound, prices = problem.relaxed(tours, roads.last)
        found, finished = roads.better(prices, alike, most_steps, _ENOUGH)
        new = [tour for tour in found if tour not in known]
        if not new:
            return bound + alike * problem.room[0], prices, finished
        tours += new
        known.update(new)
    return bound, prices, False


def _worth(tour: Tour, prices: Prices) -> float:
    """What a tour prevents beyond its prices [h]."""
    villages = float(prices.village_h[list(tour.villages)].sum())
    return tour.prevented_h - villages - tour.days * float(prices.day_h[tour.ready])


def _hours_bound(roads: Roads, slots: int) -> float:
    """What the hours of all crew days could prevent if they could be cut and nobody travelled.

    Each village's packages are taken by the concave hull of what they prevent over their hours.
    """
    steps = [
        step
        for work in roads.works
        for step in _hull_steps([(one.crew_h, one.prevented_h) for one in work.packages])
    ]
    left, total = slots * roads.day_h, 0.0
    for rate, hours in sorted(steps, reverse=True):
        used = min(hours, left)
        total += rate * used
        left -= used
    return total


def _hull_steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Slope [1] and length [h] of the pieces of the concave hull from (0, 0)."""
    at, steps = (0.0, 0.0), []
    rest = sorted(points)
    while rest:
        rates = np.array([(value - at[1]) / (hours - at[0]) for hours, value in rest])
        best = int(np.flatnonzero(rates == rates.max())[-1])
        if rates[best] <= 0:
            break
        steps.append((float(rates[best]), rest[best][0] - at[0]))
        at, rest = rest[best], rest[best + 1 :]
    return steps
