"""The days of each draw on which measures are tried: those that are worst today or after moves.

A rule counts a draw, not its days, so a draw's worst day decides. What is kept: per draw the days
on which some rule comes nearest to its limit for as long as it asks, in any of the sweeps given and
any scenario. A measure that lowers what is worst lowers the other days too; one that makes another
day the worst would escape, therefore what is recommended is swept again over all days, and a test
holds the two equal on the samples.

A day goes from its quietest hour between 7 and 12 o'clock to the next: an evening and the night
after it stay together. Between two days stands an idle step, so that no run goes from one into the
other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridplan.assessment.durations import steps_of
from gridplan.assessment.limits import Limits
from gridplan.demand.cases import Demand
from gridplan.frozen import BoolArray, FloatArray, IntArray, own_fields
from gridplan.measures.nearness import judges_whole_period, nearness
from gridplan.network.feeder import Transformer
from gridplan.powerflow.results import SweepResult

#: Hours of the day between which one day ends and the next begins.
_CUT_HOURS = range(7, 13)
#: An element in series counts from this loading on [%].
_NEAR_PERCENT = 80.0
#: A rule counts where its worst day comes nearer to the limit than this share of it, and a day for
#: a rule from this share of its worst day on.
_CLOSE, _NEAR_PEAK = 0.8, 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorstDays:
    """Steps of a study that are kept, draw by draw.

    Attributes
    ----------
    step : int (draw, kept) -- step of the study, -1 an idle one that belongs to no day
    per_day : steps of a day, with the idle one after it
    cut_h : hour at which days begin [h]
    """

    step: IntArray
    per_day: int
    cut_h: float

    def __post_init__(self) -> None:
        own_fields(self, {"step": (np.int64, ("draw", "kept"))}, {})

    def __repr__(self) -> str:
        return f"<WorstDays: {self.n_day} days of each of {len(self.step)} draws>"

    @property
    def n_day(self) -> int:
        """Days kept of each draw."""
        return self.step.shape[1] // self.per_day

    def of(self, demand: Demand) -> Demand:
        """The demand on the days kept; they are dated one after the other."""
        step, before = self.step, demand.sampler

        def sampler(first: int, last: int) -> tuple[FloatArray, FloatArray]:
            at = step[first:last][None, None]
            p_kw, q_kvar = (
                np.where(at >= 0, np.take_along_axis(part, np.maximum(at, 0), axis=-1), 0.0)
                for part in before(first, last)
            )
            return p_kw, q_kvar

        width = np.timedelta64(round(demand.step_minutes), "m")
        midnight = demand.times[0].astype("datetime64[D]").astype("datetime64[m]")
        start = midnight + np.timedelta64(round(self.cut_h * 60), "m")
        day, within = np.divmod(np.arange(step.shape[1]), self.per_day)
        times = start + day * np.timedelta64(1440, "m") + within * width
        # an idle step has the air of the one before
        held = np.maximum(np.maximum.accumulate(step, axis=-1), 0)
        ambient = None if demand.ambient is None else demand.ambient.at(held)
        return replace(demand, times=times, sampler=sampler, ambient=ambient)

    def active(self, steps: BoolArray) -> BoolArray:
        """Which of the kept steps (draw, kept) are among some steps (step,) of the study."""
        chosen: BoolArray = steps[np.maximum(self.step, 0)] & (self.step >= 0)
        return chosen


def worst_days(
    sweeps: Sequence[SweepResult], transformer: Transformer, limits: Limits, keep: int
) -> WorstDays | None:
    """Choose the days on which measures are tried.

    Parameters
    ----------
    sweeps : states whose worst days count, e.g. today and after moves, over the same draws; the
        later ones count more
    transformer, limits : whose rules
    keep : days kept of each draw at most

    Returns
    -------
    WorstDays or None
        None where nothing would be saved (snapshots, a period of few days), or where a rule looks
        at the mean of the whole period
    """
    first = sweeps[0]
    if first.step_minutes == 0 or judges_whole_period(first, limits):
        return None
    days = Days.of(first)
    if days.n_day <= keep + 1:
        return None
    votes = np.zeros((first.n_draw, days.n_day))
    severity = np.zeros_like(votes)
    for place, sweep in enumerate(sweeps, start=1):
        for worst in _by_day(sweep, days, transformer, limits):
            np.maximum(severity, worst.max(axis=0), out=severity)
            peak = worst.max(axis=-1, keepdims=True)
            # a rule that is far from its limit does not care which day is its worst
            close = np.where(peak > _CLOSE, worst / np.maximum(peak, 1e-9), 0.0)
            near = np.clip((close - _NEAR_PEAK) / (1 - _NEAR_PEAK), 0.0, 1.0)
            votes += place * near.sum(axis=0)
        # nothing is worse than a day on which the network cannot deliver
        votes += 1e3 * days.sustained(np.where(sweep.status != 0, 1.0, 0.0), 1).max(axis=0)
    # the most often nearly worst; among the others the nearest to a limit
    rank = np.argsort(-(votes + 1e-3 * severity / (1 + severity)), axis=-1, kind="stable")
    chosen = np.sort(rank[:, :keep], axis=-1)
    return WorstDays(
        step=days.steps[chosen].reshape(first.n_draw, -1), per_day=days.per_day, cut_h=days.cut_h
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Days:
    """The steps of a period by days.

    Attributes
    ----------
    steps : int (day, step of day) -- -1 where a day lacks the step, the last one always
    cut_h : hour at which days begin [h]
    """

    steps: IntArray
    cut_h: float

    @property
    def n_day(self) -> int:
        """Number of days; the first and the last may be pieces."""
        return len(self.steps)

    @property
    def per_day(self) -> int:
        """Steps of a day, with the idle one."""
        return self.steps.shape[1]

    @classmethod
    def of(cls, sweep: SweepResult) -> Days:
        """Days from the quietest hour to the next."""
        times, width = sweep.times, sweep.step_minutes
        minute = (times - times.astype("datetime64[D]")).astype("timedelta64[m]").astype(int)
        # a case without a solution is no quiet one
        load = np.where(np.isfinite(sweep.s_kva), sweep.s_kva, np.inf).mean(axis=(0, 1))
        means = {
            hour: float(load[minute // 60 == hour].mean())
            for hour in _CUT_HOURS
            if (minute // 60 == hour).any()
        }
        cut_h = min(means, key=lambda hour: means[hour], default=_CUT_HOURS[0])
        shifted = (times - np.timedelta64(cut_h * 60, "m")).astype("datetime64[D]")
        day = (shifted - shifted[0]).astype(int)
        per_day = round(24 * 60 / width)
        within = np.round(((minute - cut_h * 60) % 1440) / width).astype(int)
        steps = np.full((int(day[-1]) + 1, per_day + 1), -1)
        steps[day, within] = np.arange(len(times))
        return cls(steps=steps, cut_h=float(cut_h))

    def sustained(self, values: FloatArray, window: int) -> FloatArray:
        """Largest value that each day holds for ``window`` steps on end (..., day)."""
        padded = np.append(values, np.full((*values.shape[:-1], 1), -np.inf), axis=-1)
        by_day = padded[..., self.steps]
        runs = np.lib.stride_tricks.sliding_window_view(by_day, window, axis=-1).min(axis=-1)
        return np.asarray(runs.max(axis=-1), dtype=np.float64)


def _by_day(
    sweep: SweepResult, days: Days, transformer: Transformer, limits: Limits
) -> Iterator[FloatArray]:
    """Per rule how near each day comes to the limit (scenario, draw, day)."""
    for rule in nearness(sweep, transformer, limits):
        window = min(steps_of(rule.hours, sweep.step_minutes), days.per_day - 1)
        yield np.minimum(days.sustained(rule.value, window), 1e3)
    day_of = np.full(len(sweep.times) + 1, 0)
    for day, steps in enumerate(days.steps):
        day_of[steps] = day
    near = sweep.element_max_percent >= _NEAR_PERCENT
    by_day = np.zeros((*near.shape[:2], days.n_day))
    scenario, draw, element = np.nonzero(near)
    at = (scenario, draw, day_of[sweep.element_step[near]])
    np.maximum.at(by_day, at, sweep.element_max_percent[scenario, draw, element] / 100)
    yield by_day
