"""What the figures show, worked out once for the interactive and the printed ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridplan.assessment.heat import HeatRun, why_not

if TYPE_CHECKING:
    import numpy.typing as npt

    from gridplan.assessment.limits import Limits
    from gridplan.frozen import FloatArray
    from gridplan.outcome import Outcome
    from gridplan.plan import Plan
    from gridplan.powerflow.results import SweepResult

    Times = npt.NDArray[np.datetime64]

#: Quantiles over the draws that a band of a figure shows; the middle one is its line.
BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
#: A loading curve has no more points than this; finer steps are shown by the maximum of a few.
MAX_POINTS = 320
#: Draws that the bands of temperatures are taken from.
_MOST_DRAWS = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """Bands over time, today and after the moves.

    Attributes
    ----------
    times : (step,)
    bands : per name of a curve, today's and the later bands (band, step); infinite where too many
        draws have no solution
    """

    times: Times
    bands: dict[str, tuple[FloatArray, FloatArray]]

    def top(self, least: float) -> float:
        """Upper end of the axis: a little above what is finite, and at least ``least``."""
        shown = [state[np.isfinite(state)] for pair in self.bands.values() for state in pair]
        return float(max(least, 1.06 * max(values.max(initial=0.0) for values in shown)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayHours:
    """Phase load by day and hour, today and after the moves.

    Attributes
    ----------
    days : (day,) dates
    states : two times (day, 24), 95th percentile over the draws of the hour's highest phase load
        [%]; NaN where the hour is not in the period, infinite where too many draws have no solution
    """

    days: Times
    states: tuple[FloatArray, FloatArray]

    @property
    def heaviest(self) -> str:
        """Day and hour of today's highest value."""
        values = np.where(np.isnan(self.states[0]), -np.inf, self.states[0])
        day, hour = np.unravel_index(int(values.argmax()), values.shape)
        return f"{self.days[day]} {int(hour):02d}:00"


def loading_course(plan: Plan, scenario: int) -> Course:
    """Phase load [%] over the whole period, as the curve "loading"."""
    rated_a = plan.feeder.area_transformer.rated_a
    sweeps = (plan.before.sweep, plan.after.sweep)
    pairs = [
        _coarse(100 * sweep.i_phase_a[scenario].max(axis=-1) / rated_a, sweep) for sweep in sweeps
    ]
    (times, before), (_, after) = pairs
    return Course(times=times, bands={"loading": (before, after)})


def current_course(plan: Plan, scenario: int) -> Course:
    """Currents [A] of phases "a", "b", "c" and "n" on the heaviest day of today."""
    chosen = heaviest_day(plan.before.sweep, scenario)
    states = [_currents(one.sweep, scenario, chosen) for one in (plan.before, plan.after)]
    return Course(
        times=plan.before.sweep.times[chosen],
        bands={
            name: (quantiles(before), quantiles(after))
            for name, before, after in zip("abcn", *states, strict=True)
        },
    )


def heat_course(plan: Plan, scenario: int) -> Course:
    """Temperatures [degC] on the heaviest day: "hot_spot", "top_oil", "outdoors"."""
    chosen = heaviest_day(plan.before.sweep, scenario)
    limits = plan.study.limits
    states = [_temperatures(one, limits, scenario, chosen) for one in (plan.before, plan.after)]
    names = ("hot_spot", "top_oil", "outdoors")
    pairs = dict(zip(names, zip(*states, strict=True), strict=True))
    return Course(times=plan.before.sweep.times[chosen], bands=pairs)


def hottest_scenario(plan: Plan) -> int | None:
    """The scenario with the highest hot spot today; None where temperatures are not known."""
    if why_not(plan.before.sweep) or why_not(plan.after.sweep):
        return None
    spots = [condition.hot_spot_c for condition in plan.before.findings.conditions]
    known = [-math.inf if math.isnan(spot) else spot for spot in spots]
    return int(np.argmax(known)) if known and max(known) > -math.inf else None


def day_hours(plan: Plan, scenario: int) -> DayHours | None:
    """Phase load by day and hour; None for snapshots and for periods of a single day."""
    sweep = plan.before.sweep
    days = np.unique(sweep.times.astype("datetime64[D]"))
    if sweep.step_minutes == 0 or len(days) < 2:
        return None
    rated_a = plan.feeder.area_transformer.rated_a
    row = np.searchsorted(days, sweep.times.astype("datetime64[D]"))
    hour = (sweep.times - sweep.times.astype("datetime64[D]")).astype(np.int64) // 60
    slots = 24 * row + hour
    starts = np.flatnonzero(np.diff(slots, prepend=-1))
    states = []
    for one in (plan.before.sweep, plan.after.sweep):
        values = 100 * one.i_phase_a[scenario].max(axis=-1) / rated_a
        filled = np.where(np.isnan(values), np.inf, values)
        highest = np.maximum.reduceat(filled, starts, axis=1)
        grid = np.full(24 * len(days), np.nan)
        grid[slots[starts]] = np.quantile(highest, BANDS[-1], axis=0, method="inverted_cdf")
        states.append(grid.reshape(len(days), 24))
    return DayHours(days=days, states=(states[0], states[1]))


def heaviest_day(sweep: SweepResult, scenario: int) -> npt.NDArray[np.bool_]:
    """The steps of the day on which the 95th percentile of the worst phase current is highest."""
    worst = quantiles(sweep.i_phase_a[scenario].max(axis=-1))[-1]
    days = sweep.times.astype("datetime64[D]")
    return np.asarray(days == days[int(np.argmax(worst))])


def peak_day(sweep: SweepResult, scenario: int) -> str:
    """Date of the heaviest day, as people read it; "" for snapshots."""
    if sweep.step_minutes == 0:
        return ""
    return str(sweep.times[heaviest_day(sweep, scenario)][0].astype("datetime64[D]"))


def quantiles(values: npt.NDArray[np.float32]) -> FloatArray:
    """Quantiles over the draws (band, step); a case without a solution lies above every other."""
    filled = np.where(np.isnan(values), np.inf, values)
    return np.quantile(filled, BANDS, axis=0, method="inverted_cdf")


def _currents(
    sweep: SweepResult, scenario: int, chosen: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float32], ...]:
    phases = sweep.i_phase_a[scenario][:, chosen]
    return (*(phases[..., f] for f in range(3)), sweep.i_neutral_a[scenario][:, chosen])


def _temperatures(
    outcome: Outcome, limits: Limits, scenario: int, chosen: npt.NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Quantiles (band, step) of hot spot, top oil and outdoors over the draws [degC]."""
    run = HeatRun(transformer=outcome.feeder.area_transformer, sweep=outcome.sweep, limits=limits)
    outdoors_c = run.ambient_c(0, min(outcome.sweep.n_draw, _MOST_DRAWS))[scenario]
    found = run.temperatures(scenario, 0, outdoors_c)
    series = (found.hot_spot_c, found.top_oil_c, outdoors_c)
    hot, oil, air = (
        np.asarray(np.nanquantile(values[:, chosen], BANDS, axis=0), dtype=np.float64)
        for values in series
    )
    return hot, oil, air


def _coarse(values: npt.NDArray[np.float32], sweep: SweepResult) -> tuple[Times, FloatArray]:
    """Times and bands of the highest value of every few steps of a draw."""
    n_step = values.shape[1]
    width = -(-n_step // MAX_POINTS)
    starts = np.arange(0, n_step, width)
    filled = np.where(np.isnan(values), np.inf, values)
    return sweep.times[starts], quantiles(np.maximum.reduceat(filled, starts, axis=1))
