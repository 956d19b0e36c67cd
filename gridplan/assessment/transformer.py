"""The rules on the transformer: load rate, phase load, neutral current, unbalance, solvability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.assessment.breaches import Breach, Describe, Values, plain, worst_step
from gridplan.assessment.durations import (
    above,
    first_step,
    lasts,
    run_h,
)
from gridplan.assessment.findings import Kind
from gridplan.assessment.limits import Limit, Limits
from gridplan.frozen import BoolArray, Float32Array
from gridplan.network.customers import PHASES
from gridplan.network.feeder import Transformer
from gridplan.powerflow.results import Status, SweepResult


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerSeries:
    """The transformer's series of one scenario in the units of the rules.

    Attributes
    ----------
    phase_percent : (draw, step, 3) -- phase currents over the rated current [%]
    neutral_percent : (draw, step) -- neutral current over the rated current [%]
    rate_percent : (draw, step) -- load rate S/Sn [%]
    unsolved : bool (draw, step)
    rated_a : rated LV line current [A]
    step_minutes : length of a step [min]
    """

    phase_percent: Float32Array
    neutral_percent: Float32Array
    rate_percent: Float32Array
    unsolved: BoolArray
    rated_a: float
    step_minutes: float

    @property
    def peak_percent(self) -> Float32Array:
        """Highest phase load of each phase (draw, 3) [%]; NaN where a step has no solution."""
        return self.phase_percent.max(axis=1)

    @classmethod
    def of(cls, transformer: Transformer, sweep: SweepResult, scenario: int) -> TransformerSeries:
        """Take the series of one scenario out of a sweep."""
        to_percent = np.float32(100.0 / transformer.rated_a)
        sn_kva = transformer.parallel * transformer.sn_kva
        return cls(
            phase_percent=sweep.i_phase_a[scenario] * to_percent,
            neutral_percent=sweep.i_neutral_a[scenario] * to_percent,
            rate_percent=sweep.s_kva[scenario] * np.float32(100.0 / sn_kva),
            unsolved=sweep.status[scenario] != Status.SOLVED,
            rated_a=transformer.rated_a,
            step_minutes=sweep.step_minutes,
        )

    def moment(self, draw: int, step: int) -> dict[str, Any]:
        """Currents and load rate of one case, as evidence; empty when there is no such case."""
        if step < 0:
            return {}
        currents = self.phase_percent[draw, step] * self.rated_a / 100.0
        return {
            "phase_currents_a": by_phase(currents),
            "neutral_current_a": plain(self.neutral_percent[draw, step] * self.rated_a / 100.0),
            "rated_a": plain(self.rated_a),
            "load_rate_percent": plain(self.rate_percent[draw, step]),
        }


def transformer_breaches(
    series: TransformerSeries, limits: Limits, *, yyn: bool, weakest: dict[str, Any]
) -> Iterator[Breach]:
    """Apply every rule on the transformer's currents to one scenario.

    ``weakest`` names what gives way first on each phase, for the evidence.
    """
    yield _load_rate(series, Kind.OVERLOAD, limits.overload)
    yield _load_rate(series, Kind.HEAVY_LOAD, limits.heavy_load)
    if limits.serious_overload is not None:
        yield _load_rate(series, Kind.SERIOUS_OVERLOAD, limits.serious_overload)
    yield from _mean_loads(series, limits)
    yield _phase_load(series, Kind.PHASE_OVERLOAD, limits.phase_overload, weakest)
    if limits.phase_peak is not None:
        yield _phase_load(series, Kind.PHASE_PEAK, limits.phase_peak, weakest)
    yield _neutral_overload(series, limits.neutral(yyn=yyn))
    yield _no_solution(series, limits.no_solution)


def _mean_loads(series: TransformerSeries, limits: Limits) -> Iterator[Breach]:
    """Mean load rate of the whole period, where it is as long as the rule asks for."""
    rate = series.rate_percent
    period_h = rate.shape[-1] * series.step_minutes / 60.0
    mean = rate.mean(axis=-1, dtype=np.float64)
    unknown = np.full(len(mean), -1)
    for kind, limit, lower in (
        (Kind.MEAN_LOAD, limits.mean_load, False),
        (Kind.LIGHT_LOAD, limits.light_load, True),
    ):
        if limit is None or series.step_minutes == 0 or period_h < limit.min_duration_h:
            continue
        # a draw with a step without a solution has no mean: it is heavily, not lightly loaded
        yield Breach(
            kind=kind,
            element="transformer",
            limit=limit,
            broken=mean < limit.value if lower else above(mean, limit.value),
            hours=np.full(len(mean), period_h),
            value=mean,
            step=unknown,
            first=unknown,
            describe=_nothing,
            lower=lower,
        )


def _series_breach(
    series: TransformerSeries, kind: Kind, limit: Limit, value: Values, describe: Describe
) -> Breach:
    """Apply a limit to a series (draw, step) that must stay below it."""
    violated = above(value, limit.value)
    hours = run_h(violated, series.step_minutes)
    worst, step = worst_step(value)
    return Breach(
        kind=kind,
        element="transformer",
        limit=limit,
        broken=lasts(hours, limit.min_duration_h),
        hours=hours,
        value=worst,
        step=step,
        first=first_step(violated, limit.min_duration_h, series.step_minutes),
        describe=describe,
    )


def _load_rate(series: TransformerSeries, kind: Kind, limit: Limit) -> Breach:
    """Load rate S/Sn above a limit."""
    return _series_breach(
        series,
        kind,
        limit,
        series.rate_percent,
        lambda draw, step: (None, series.moment(draw, step)),
    )


def _neutral_overload(series: TransformerSeries, limit: Limit) -> Breach:
    """Neutral current above its share of the rated current."""
    return _series_breach(
        series,
        Kind.NEUTRAL_OVERLOAD,
        limit,
        series.neutral_percent,
        lambda draw, step: ("n", series.moment(draw, step)),
    )


def _nothing(_draw: int, _step: int) -> tuple[None, dict[str, Any]]:
    """No phase and no evidence beyond the value itself."""
    return None, {}


def _phase_load(
    series: TransformerSeries, kind: Kind, limit: Limit, weakest: dict[str, Any]
) -> Breach:
    """One phase above a share of the rated current without a break: one winding gets hot."""
    by_phase = np.moveaxis(series.phase_percent, -1, 0)
    violated = above(by_phase, limit.value)
    hours = run_h(violated, series.step_minutes).max(axis=0)
    starts = first_step(violated, limit.min_duration_h, series.step_minutes)
    never = np.iinfo(starts.dtype).max
    first = np.where(starts < 0, never, starts).min(axis=0)
    worst, step = worst_step(series.phase_percent.max(axis=-1))
    any_step = float(violated.any(axis=(0, -1)).mean())

    def describe(draw: int, step: int) -> tuple[str | None, dict[str, Any]]:
        evidence = series.moment(draw, step)
        evidence["share_of_draws_above_in_any_step"] = any_step
        evidence["weakest_by_phase"] = weakest
        phase = PHASES[int(series.phase_percent[draw, step].argmax())] if step >= 0 else None
        return phase, evidence

    return Breach(
        kind=kind,
        element="transformer",
        limit=limit,
        broken=lasts(hours, limit.min_duration_h),
        hours=hours,
        value=worst,
        step=step,
        first=np.where(first == never, -1, first),
        describe=describe,
    )


def _no_solution(series: TransformerSeries, limit: Limit) -> Breach:
    """Steps in which the network cannot deliver the demand."""
    unsolved = series.unsolved
    count = unsolved.sum(axis=-1)
    first = first_step(unsolved, 0.0, series.step_minutes)

    def describe(draw: int, step: int) -> tuple[str | None, dict[str, Any]]:
        del draw, step
        return None, {
            "cases_without_solution": int(count.sum()),
            "share_of_cases": float(unsolved.mean()),
        }

    return Breach(
        kind=Kind.NO_SOLUTION,
        element="network",
        limit=limit,
        broken=count > limit.value,
        hours=run_h(unsolved, series.step_minutes),
        value=count.astype(np.float64),
        step=first,
        first=first,
        describe=describe,
    )


def by_phase(currents: Values) -> dict[str, float | None]:
    """Currents by the letters of their phases [A]."""
    return {phase: plain(value) for phase, value in zip(PHASES, currents.tolist(), strict=True)}
