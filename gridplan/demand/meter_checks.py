"""What is possible in meter readings but hard to believe, and what is missing in them."""

from __future__ import annotations

import numpy as np

from gridplan.demand.meter_union import Union
from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray, IntArray

#: Usual ratios of low-voltage current transformers with 5 A; 15 and more are tried without being
#: told, for no home or village steps that far from one day to the next from standby to peak.
USUAL_RATIOS = (15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 160, 200, 240, 300)
STEP_DAYS = 3  #: days before and after a step that are compared
STEP_TOLERANCE = 0.15  #: a step is about the ratio when their logarithms differ by less


def believable(whole: Union, max_kw: float) -> list[Fault]:
    """Warnings about negative, huge, zero and stepping powers; notes of missing points."""
    p_kw = whole.p_kw
    known: BoolArray = np.isfinite(p_kw)
    day_known: BoolArray = np.asarray(known.any(axis=2))
    negative, huge = known & (p_kw < 0), known & (np.abs(p_kw) > max_kw)
    zero = day_known & ~((p_kw != 0) & known).any(axis=2)
    found: list[Fault] = []
    for meter in np.flatnonzero(negative.any(axis=(1, 2))).tolist():
        count = int(negative[meter].sum())
        lowest = float(np.nanmin(p_kw[meter]))
        what = f"{count} negative powers, down to {lowest:.4g} kW"
        remedy = "is there rooftop PV, or is the meter connected the wrong way?"
        days = negative[meter].any(axis=1)
        found.append(_warning(whole, "meter-negative", meter, days, what, remedy))
    for meter in np.flatnonzero(huge.any(axis=(1, 2))).tolist():
        highest = float(np.nanmax(np.abs(p_kw[meter])))
        what = f"{int(huge[meter].sum())} powers beyond {max_kw:g} kW, up to {highest:.4g} kW"
        remedy = "check the current transformer ratio, and the unit (W, kW or kWh)"
        days = huge[meter].any(axis=1)
        found.append(_warning(whole, "meter-huge", meter, days, what, remedy))
    for meter in np.flatnonzero(zero.any(axis=1)).tolist():
        what = f"{int(zero[meter].sum())} days of zeros only"
        remedy = "leave them if the home was switched off, else delete these rows"
        found.append(_warning(whole, "meter-zero-day", meter, zero[meter], what, remedy))
    found += _steps(whole)
    return found + _missing(whole, known, day_known)


def _warning(whole: Union, code: str, meter: int, days: BoolArray, what: str, remedy: str) -> Fault:
    """A warning about some days of a meter, placed at the first of them."""
    first = int(np.argmax(days))
    date = np.datetime64(whole.first_day + first, "D")
    return Fault(
        code=code,
        where=whole.place(int(meter), first),
        what=f"meter {whole.ids[meter]}: {what}, first on {date}",
        remedy=remedy,
        severity="warning",
        rows=int(days.sum()),
    )


def _missing(whole: Union, known: BoolArray, day_known: BoolArray) -> list[Fault]:
    """One note per meter that lacks points."""
    found = []
    for meter in np.flatnonzero(~known.all(axis=(1, 2))):
        points = int((~known[meter]).sum())
        days = int((~day_known[meter]).sum())
        share = points / known[meter].size
        what = f"meter {whole.ids[meter]}: {points} of {known[meter].size} points missing"
        what += f" ({share:.1%}), {days} whole days among them; not filled"
        found.append(
            Fault(
                code="meter-missing-points",
                where=whole.place(int(meter)),
                what=what,
                severity="note",
                rows=points,
            )
        )
    return found


def _steps(whole: Union) -> list[Fault]:
    """Meters whose power steps by about a current transformer ratio, from standby to peak alike.

    People who come or go change days and nights, but not what is on when nothing is used: the
    lowest quarter hour of a day stays. A ratio changes all powers.
    """
    highest, lowest = (
        reduce(whole.p_kw, axis=2).astype(np.float64) for reduce in (np.fmax.reduce, np.fmin.reduce)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = _step(np.log(_mean(whole.p_kw)))
        lows, peaks = _step(np.log(lowest)), _step(np.log(highest))
    found = []
    for meter in range(len(whole.ids)):
        own = float(whole.ratio[meter])
        ratios = np.array([own] if own > 1.0 else USUAL_RATIOS)
        near = np.abs(np.abs(steps[meter])[:, None] - np.log(ratios)) < STEP_TOLERANCE
        alike = np.abs(steps[meter] - peaks[meter]) < 2 * STEP_TOLERANCE
        still = ~np.isfinite(lows[meter]) & (own > 1.0)  # nothing is on at times
        alike &= still | (np.abs(steps[meter] - lows[meter]) < 2 * STEP_TOLERANCE)
        days = near.any(axis=1) & alike
        if days.any():
            first = int(np.argmax(days))
            run = int(np.argmin(np.append(days[first:], False)))
            day = first + (run - 1) // 2  # the medians see a step some days early and late
            factor = float(np.exp(steps[meter, day]))
            what = f"power steps by a factor of {factor:.3g}, about a current transformer ratio"
            remedy = "check from when the export holds primary powers"
            only = np.arange(len(days)) == day
            found.append(_warning(whole, "meter-step", meter, only, what, remedy))
    return found


def _mean(p_kw: np.ndarray) -> FloatArray:
    """Mean of the known points of each day (meter, day), NaN where fewer than half are known."""
    known = np.isfinite(p_kw)
    count: IntArray = known.sum(axis=2)
    total = np.where(known, p_kw, 0.0).sum(axis=2, dtype=np.float64)
    return np.where(2 * count >= p_kw.shape[2], total / np.maximum(count, 1), np.nan)


def _step(level: FloatArray) -> FloatArray:
    """Median of the days from each day on, less that of the days before it (meter, day)."""
    n_day = level.shape[1]
    step = np.full(level.shape, np.nan)
    if n_day < 2 * STEP_DAYS:
        return step
    windows = np.median(np.lib.stride_tricks.sliding_window_view(level, STEP_DAYS, axis=1), axis=2)
    with np.errstate(invalid="ignore"):  # days of zeros only on both sides
        step[:, STEP_DAYS : n_day - STEP_DAYS + 1] = (
            windows[:, STEP_DAYS:] - windows[:, :-STEP_DAYS]
        )
    return step
