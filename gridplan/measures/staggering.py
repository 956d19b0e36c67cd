"""Flexible load moved out of the evening: what people would have to do for it to be enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridplan.demand.cases import Demand
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.demands import day_from, hour_of_day, per_day, reshaped
from gridplan.measures.measure import Area, Change, Measure
from gridplan.measures.situation import Situation

#: Shares of the homes' load that are tried [%], least first; more than two fifths of an evening is
#: not heating (assumption: heating and water 40 % of a winter evening).
SHARES_PERCENT = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0)
#: Hours on end out of which load may be moved: what is put off waits until the evening is over.
_EVENING_H = 5
#: Hours, counted from midnight on, in which it is caught up.
NIGHT_H = (23.0, 30.0)
HOMES = ("resident", "vacant", "ten_kilowatt")
#: A portable heater [kW].
HEATER_KW = 1.5


def staggering_measures(situation: Situation) -> tuple[Measure, ...]:
    """One measure per share of the homes' evening load, least first; each keeps the day's energy.

    It is no measure that a crew can order: the table says what it would have to achieve.
    """
    if situation.demand.step_minutes == 0:
        return ()
    evening = _evening(situation)
    if evening is None:
        return ()
    begin, end = evening
    homes = np.isin(situation.feeder.customers.kind, HOMES)
    peak_kw = float(situation.peak_kw[homes].sum())
    lived_in = int((situation.peak_kw[homes] > 0.1).sum())
    measures = []
    for percent in SHARES_PERCENT:
        moved_kw = peak_kw * percent / 100
        measures.append(
            Measure(
                kind="stagger",
                label=f"{percent:g} % of the homes' load out of {begin:g} to {end:g} h",
                place="all homes",
                quantity=percent,
                unit="%",
                detail=f"{moved_kw:.1f} kW at the peak, as much as {moved_kw / HEATER_KW:.0f} "
                f"heaters of {HEATER_KW:g} kW, caught up from {NIGHT_H[0]:g} to "
                f"{NIGHT_H[1] - 24:g} h",
                change=_staggered(homes, percent / 100, begin, end),
                work={"publicity_home": lived_in},
                lasts=False,
                open_question="it is up to the homes, no crew can order it",
            )
        )
    return tuple(measures)


def _evening(situation: Situation) -> tuple[float, float] | None:
    """The hours, at most ``_EVENING_H`` on end, in which rules are broken most; None if never."""
    hour = hour_of_day(situation.demand)
    share = situation.broken().mean(axis=(0, 1))
    by_hour = np.array([share[(hour >= h) & (hour < h + 1)].sum() for h in range(24)])
    last = round(NIGHT_H[0])
    windows = {
        begin: float(by_hour[begin : begin + _EVENING_H].sum())
        for begin in range(8, last - _EVENING_H + 1)
    }
    best = max(windows, key=lambda begin: windows[begin])
    inside = np.flatnonzero(by_hour[best : best + _EVENING_H]) + best
    return (float(inside[0]), float(inside[-1] + 1)) if inside.size else None


def _staggered(homes: BoolArray, share: float, begin: float, end: float) -> Change:
    """Move a share of the homes' load; devices of other measures stay as they are."""

    def changed(areas: tuple[Area, ...]) -> tuple[Area, ...]:
        first, *others = areas
        demand = with_staggering(first.demand, homes, share, (begin, end))
        return (replace(first, demand=demand), *others)

    return changed


def with_staggering(
    demand: Demand, homes: BoolArray, share: float, hours: tuple[float, float]
) -> Demand:
    """The demand with a share of some customers' load moved from some hours into the night after.

    Active and reactive energy of every day stay, as long as the night belongs to the period.
    """
    hour, day = hour_of_day(demand), day_from(demand, NIGHT_H[1] - 24)
    evening = (hour >= hours[0]) & (hour < hours[1])
    later = np.where(hour < NIGHT_H[1] - 24, hour + 24, hour)
    night = (later >= NIGHT_H[0]) & (later < NIGHT_H[1])
    members = np.flatnonzero(homes)

    def change(p_kw: FloatArray, q_kvar: FloatArray) -> tuple[FloatArray, FloatArray]:
        return (
            _moved(p_kw, members, share, evening, night, day),
            _moved(q_kvar, members, share, evening, night, day),
        )

    return reshaped(demand, change)


def _moved(
    power: FloatArray,
    members: IntArray,
    share: float,
    evening: BoolArray,
    night: BoolArray,
    day: IntArray,
) -> FloatArray:
    """Take a share of the evening's power and spread it evenly over the night of the same day."""
    changed = power.copy()
    own = power[:, members]
    steps = per_day(night.astype(np.float64), day)
    has_night = steps > 0
    taken = np.where(has_night[day], share * own * evening, 0.0)
    rate = np.divide(
        per_day(taken, day), steps, out=np.zeros((*own.shape[:3], len(steps))), where=has_night
    )
    changed[:, members] = own - taken + rate[..., day] * night
    return changed
