"""Load unbalance by both formulas, of means over the rule's hours where the load counts.

Single instants say nothing: independent homes, perfectly spread, exceed 15 % most of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.assessment.breaches import Breach, Values, plain, worst_step
from gridplan.assessment.durations import above, first_step, rolling_mean, run_h, steps_of
from gridplan.assessment.findings import Kind
from gridplan.assessment.limit import Limit
from gridplan.assessment.limits import MAX_MIN, Limits
from gridplan.assessment.transformer import TransformerSeries, by_phase
from gridplan.frozen import BoolArray, FloatArray
from gridplan.network.customers import PHASES


def can_judge_unbalance(n_step: int, step_minutes: float, limits: Limits, *, yyn: bool) -> bool:
    """Tell whether a draw is long enough for the mean that the unbalance rule asks for."""
    return n_step >= steps_of(limits.unbalance(yyn=yyn).min_duration_h, step_minutes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unbalance:
    """Means over the rule's hours, from each step on.

    Attributes
    ----------
    limit, gate, formula : the rule, the load rate from which it counts, and which formula decides
    window : steps of a mean
    step_minutes, rated_a : of the series
    phase_percent : (3, draw, window) -- mean phase currents over the rated one [%]
    rate_percent : (draw, window) -- mean load rate [%]
    max_min_percent : (draw, window) -- (Imax - Imin) / Imax [%]
    max_mean_percent : (draw, window) -- max|I - Imean| / Imean [%]
    loaded : bool (draw, window) -- the load rate counts
    """

    limit: Limit
    gate: Limit
    formula: str
    window: int
    step_minutes: float
    rated_a: float
    phase_percent: FloatArray
    rate_percent: FloatArray
    max_min_percent: FloatArray
    max_mean_percent: FloatArray
    loaded: BoolArray

    @classmethod
    def of(cls, series: TransformerSeries, limits: Limits, *, yyn: bool) -> Unbalance:
        """Take the means of one scenario; the period is long enough for one."""
        limit, gate = limits.unbalance(yyn=yyn), limits.unbalance_gate
        window = steps_of(limit.min_duration_h, series.step_minutes)
        mean = rolling_mean(np.moveaxis(series.phase_percent, -1, 0), window)
        rate = rolling_mean(series.rate_percent, window)
        high, low = mean.max(axis=0), mean.min(axis=0)
        middle = mean.mean(axis=0)
        # the furthest from the mean is the highest or the lowest
        furthest = np.maximum(high - middle, middle - low)
        return cls(
            limit=limit,
            gate=gate,
            formula=limits.unbalance_formula,
            window=window,
            step_minutes=series.step_minutes,
            rated_a=series.rated_a,
            phase_percent=mean,
            rate_percent=rate,
            max_min_percent=100.0 * (high - low) / np.where(high > 0, high, 1.0),
            max_mean_percent=100.0 * furthest / np.where(middle > 0, middle, 1.0),
            loaded=above(rate, gate.value),
        )

    @property
    def decided_percent(self) -> FloatArray:
        """The formula that decides (draw, window) [%]."""
        return self.max_min_percent if self.formula == MAX_MIN else self.max_mean_percent

    def worst(self, percent: FloatArray) -> Values:
        """Worst value of every draw under load (draw,) [%]; NaN where the load never counts."""
        return worst_step(np.where(self.loaded, percent, np.nan))[0]

    def breach(self) -> Breach:
        """Apply the rule."""
        decided = self.decided_percent
        violated = above(decided, self.limit.value) & self.loaded
        worst, start = worst_step(np.where(self.loaded, decided, np.nan))
        hours = run_h(violated, self.step_minutes)
        # The first window of a run lasts for the whole window, each further one adds a step.
        more_h = (self.window - 1) * self.step_minutes / 60.0
        return Breach(
            kind=Kind.UNBALANCE,
            element="transformer",
            limit=self.limit,
            broken=np.asarray(violated.any(axis=-1)),
            hours=np.where(hours > 0, hours + more_h, 0.0),
            value=worst,
            step=start,
            first=first_step(violated, 0.0, self.step_minutes),
            describe=self._describe,
        )

    def _describe(self, draw: int, step: int) -> tuple[str | None, dict[str, Any]]:
        if step < 0:
            return None, {}
        currents = self.phase_percent[:, draw, step] * self.rated_a / 100.0
        return PHASES[int(currents.argmax())], {
            "mean_over_h": plain(self.window * self.step_minutes / 60.0),
            "mean_phase_currents_a": by_phase(currents),
            "mean_load_rate_percent": plain(self.rate_percent[draw, step]),
            "load_gate_percent": self.gate.value,
            "max_min_percent": plain(self.max_min_percent[draw, step]),
            "max_mean_percent": plain(self.max_mean_percent[draw, step]),
            "decided_by": self.formula,
        }
