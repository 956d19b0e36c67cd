"""What the transformer's temperatures come to in every draw, and the rules on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.assessment.breaches import Breach, Steps, Values, plain, worst_step
from gridplan.assessment.durations import above, first_step, lasts, rolling_mean, run_h, steps_of
from gridplan.assessment.findings import Kind
from gridplan.assessment.limit import Limit
from gridplan.assessment.limits import Limits
from gridplan.assessment.thermal import Temperatures, ageing_rate, temperatures
from gridplan.frozen import BoolArray, Float32Array
from gridplan.network.customers import PHASES
from gridplan.network.feeder import Transformer
from gridplan.powerflow.results import Status, SweepResult

#: Cases that are worked on at a time: their arrays fit into a processor's cache.
_BLOCK_CASES = 40_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """The worst of one quantity in every draw, and how long it was beyond its limit.

    Attributes
    ----------
    value : (draw,) -- highest value; NaN without a solution
    step : (draw,) -- its step, -1 where unknown
    beyond_h : (draw,) -- time beyond the limit, in total [h]
    run_h : (draw,) -- longest time without a break [h]
    first : (draw,) -- first step of the first run that lasts long enough, -1 without one
    """

    value: Values
    step: Steps
    beyond_h: Values
    run_h: Values
    first: Steps

    @classmethod
    def of(
        cls, values: Values, limit: Limit | None, unsolved: BoolArray | None, step_minutes: float
    ) -> Course:
        """The course of values (draw, step); a step without a solution is beyond any limit."""
        worst, step = worst_step(values)
        violated = above(values, np.inf if limit is None else limit.value)
        if unsolved is not None:
            violated |= unsolved
        lasting_h = 0.0 if limit is None else limit.min_duration_h
        return cls(
            value=worst,
            step=step,
            beyond_h=violated.sum(axis=-1) * (step_minutes / 60.0),
            run_h=run_h(violated, step_minutes),
            first=first_step(violated, lasting_h, step_minutes),
        )

    @classmethod
    def joined(cls, parts: list[Course]) -> Course:
        """Put blocks of draws together."""
        return cls(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in ("value", "step", "beyond_h", "run_h", "first")
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heat:
    """The transformer's temperatures in one scenario.

    Attributes
    ----------
    hot_spot, top_oil : against their limits [degC]
    ageing : mean over the hours of its rule, from each step on, over normal ageing; None where
        the period is shorter
    loss_of_life_h : (draw,) -- life that the period uses up, in hours at normal ageing [h]
    """

    hot_spot: Course
    top_oil: Course
    ageing: Course | None
    loss_of_life_h: Values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatRun:
    """Works out temperatures of a sweep.

    Attributes
    ----------
    transformer : the one that was swept
    sweep : its cases; with the air around it
    limits : rule set, with the constants of the thermal model
    """

    transformer: Transformer
    sweep: SweepResult
    limits: Limits

    @classmethod
    def maybe(cls, transformer: Transformer, sweep: SweepResult, limits: Limits) -> HeatRun | None:
        """None where the air is not known, or the cases have no order in time."""
        if why_not(sweep):
            return None
        return cls(transformer=transformer, sweep=sweep, limits=limits)

    def all(self) -> tuple[Heat, ...]:
        """Every scenario, block by block over the draws."""
        sweep = self.sweep
        draws = max(1, _BLOCK_CASES // sweep.status.shape[-1])
        parts: list[list[Heat]] = [[] for _ in sweep.scenarios]
        for first in range(0, sweep.n_draw, draws):
            last = min(first + draws, sweep.n_draw)
            ambient_c = self.ambient_c(first, last)
            for scenario, found in enumerate(parts):
                found.append(self._block(scenario, first, ambient_c[scenario]))
        return tuple(_joined(found) for found in parts)

    def ambient_c(self, first: int, last: int) -> Float32Array:
        """Outdoor temperature (scenario, draw, step) of some draws [degC]."""
        demand = self.sweep.demand
        if demand is None or demand.ambient is None:
            raise ValueError("the air of this sweep is not known")
        return demand.ambient.block(first, last)

    def temperatures(
        self, scenario: int, first: int, ambient_c: npt.NDArray[np.floating]
    ) -> Temperatures:
        """Temperatures of the draws from ``first`` on, as many as ``ambient_c`` (draw, step)."""
        current = self.sweep.i_phase_a[scenario, first : first + len(ambient_c)]
        model, step_minutes = self.limits.thermal, self.sweep.step_minutes
        return temperatures(model, self.transformer, current, ambient_c, step_minutes)

    def _block(self, scenario: int, first: int, ambient_c: Float32Array) -> Heat:
        found = self.temperatures(scenario, first, ambient_c)
        status = self.sweep.status[scenario, first : first + len(ambient_c)]
        minutes, limits = self.sweep.step_minutes, self.limits
        unsolved = status != Status.SOLVED
        bad = unsolved if unsolved.any() else None
        hot_spot_c = found.hot_spot_c
        rate = ageing_rate(limits.thermal, hot_spot_c)
        ageing = None
        if limits.ageing is not None and can_judge_ageing(self.sweep, limits):
            window = steps_of(limits.ageing.min_duration_h, minutes)
            single = _single_step(limits.ageing)
            ageing = Course.of(rolling_mean(rate, window), single, None, minutes)
        return Heat(
            hot_spot=Course.of(hot_spot_c, limits.hot_spot, bad, minutes),
            top_oil=Course.of(found.top_oil_c, limits.top_oil, bad, minutes),
            ageing=ageing,
            loss_of_life_h=rate.sum(axis=-1, dtype=np.float64) * (minutes / 60.0),
        )

    def breaches(self, heat: Heat, scenario: int) -> Iterator[Breach]:
        """Apply the rules on temperatures to one scenario."""
        limits = self.limits
        rules = (
            (Kind.HOT_SPOT, limits.hot_spot, heat.hot_spot),
            (Kind.TOP_OIL, limits.top_oil, heat.top_oil),
        )
        for kind, limit, course in rules:
            if limit is not None:
                yield self._breach(kind, limit, course, heat, scenario)
        if limits.ageing is not None and heat.ageing is not None:
            yield self._breach(Kind.AGEING, limits.ageing, heat.ageing, heat, scenario)

    def _breach(
        self, kind: Kind, limit: Limit, course: Course, heat: Heat, scenario: int
    ) -> Breach:
        ageing = kind is Kind.AGEING
        # a window of steps lasts for all of them, as a mean it needs no run
        extra_h = limit.min_duration_h - self.sweep.step_minutes / 60.0 if ageing else 0.0
        hours = np.where(course.run_h > 0, course.run_h + extra_h, 0.0)

        def describe(draw: int, step: int) -> tuple[str | None, dict[str, Any]]:
            return self._evidence(scenario, draw, step, heat)

        return Breach(
            kind=kind,
            element="transformer",
            limit=limit,
            broken=course.run_h > 0 if ageing else lasts(hours, limit.min_duration_h),
            hours=hours,
            value=course.value,
            step=course.step,
            first=course.first,
            describe=describe,
        )

    def _evidence(
        self, scenario: int, draw: int, step: int, heat: Heat
    ) -> tuple[str | None, dict[str, Any]]:
        """Hottest winding and temperatures of one moment, and what its draw comes to."""
        if step < 0:
            return None, {}
        ambient_c = self.ambient_c(draw, draw + 1)[scenario]
        found = self.temperatures(scenario, draw, ambient_c)
        winding = found.winding_c[0, step]
        current = self.sweep.i_phase_a[scenario, draw, step]
        phase = int(winding.argmax())
        return PHASES[phase], {
            "hot_spot_c": plain(winding[phase]),
            "top_oil_c": plain(found.top_oil_c[0, step]),
            "outdoors_c": plain(ambient_c[0, step]),
            "phase_load_percent": plain(100.0 * current.max() / self.transformer.rated_a),
            "minutes_above_hot_spot_limit": plain(60.0 * heat.hot_spot.beyond_h[draw], 0),
            "minutes_above_top_oil_limit": plain(60.0 * heat.top_oil.beyond_h[draw], 0),
            "loss_of_life_h": plain(heat.loss_of_life_h[draw]),
        }


def why_not(sweep: SweepResult) -> str:
    """Why the temperatures of a sweep cannot be worked out; empty when they can."""
    if sweep.step_minutes == 0:
        return "hot spot, top oil, ageing: snapshots have no order in time"
    if sweep.demand is None or sweep.demand.ambient is None:
        return "hot spot, top oil, ageing: no outdoor temperature; give usual_c in the study"
    return ""


def can_judge_ageing(sweep: SweepResult, limits: Limits) -> bool:
    """Tell whether the period is as long as the rule on ageing asks for."""
    hours = 0.0 if limits.ageing is None else limits.ageing.min_duration_h
    return sweep.status.shape[-1] >= steps_of(hours, sweep.step_minutes)


def _single_step(limit: Limit) -> Limit:
    """The same limit on a mean that already covers its hours."""
    return replace(limit, min_duration_h=0.0)


def _joined(parts: list[Heat]) -> Heat:
    """Put blocks of draws together."""
    ageing = [part.ageing for part in parts if part.ageing is not None]
    return Heat(
        hot_spot=Course.joined([part.hot_spot for part in parts]),
        top_oil=Course.joined([part.top_oil for part in parts]),
        ageing=Course.joined(ageing) if ageing else None,
        loss_of_life_h=np.concatenate([part.loss_of_life_h for part in parts]),
    )
