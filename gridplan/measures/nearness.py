"""How near every step comes to each rule: 1 is the limit, whatever the rule is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gridplan.assessment.durations import rolling_mean, steps_of
from gridplan.assessment.heat import HeatRun, can_judge_ageing
from gridplan.assessment.limit import Limit
from gridplan.assessment.limits import Limits
from gridplan.assessment.thermal import ageing_rate
from gridplan.assessment.transformer import TransformerSeries
from gridplan.assessment.unbalance import Unbalance, can_judge_unbalance
from gridplan.frozen import FloatArray
from gridplan.network.feeder import Transformer
from gridplan.powerflow.results import SweepResult

#: A voltage counts from the nominal one [V], so that "half way to the limit" means something.
_NOMINAL_V = 230.0
#: The voltage unbalance may be higher for so much of a day [h].
_UNBALANCE_H = 0.05 * 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nearness:
    """One rule on a series of steps.

    Attributes
    ----------
    value : (scenario, draw, step) -- over the limit; infinite without a solution, 0 where nobody
        judges
    hours : the rule asks for, 0 where a step is enough or stands for a mean around it [h]
    act : whether it is a rule to act on
    """

    value: FloatArray
    hours: float
    act: bool


def nearness(sweep: SweepResult, transformer: Transformer, limits: Limits) -> Iterator[Nearness]:
    """Every rule that is judged step by step or over means of some hours."""
    unsolved = sweep.status != 0

    def near(value: npt.NDArray[np.floating], limit: Limit, hours: float | None = None) -> Nearness:
        known = np.where(np.isfinite(value), value, 0.0)
        return Nearness(
            value=np.where(unsolved, np.inf, known),
            hours=limit.min_duration_h if hours is None else hours,
            act=limit.tier == "act",
        )

    for value, limit in _of_steps(sweep, transformer, limits):
        yield near(value, limit)
    if limits.voltage_unbalance is not None:
        share = sweep.vuf_percent / limits.voltage_unbalance.value
        yield near(share, limits.voltage_unbalance, _UNBALANCE_H)
    yyn, n_step = transformer.has_yyn_core, sweep.status.shape[-1]
    if can_judge_unbalance(n_step, sweep.step_minutes, limits, yyn=yyn):
        yield near(_unbalance(sweep, transformer, limits), limits.unbalance(yyn=yyn), 0.0)
    heat = HeatRun.maybe(transformer, sweep, limits)
    if heat is not None:
        for value, limit in _of_heat(heat, limits):
            yield near(value, limit)
    yield Nearness(value=np.where(unsolved, np.inf, 0.0), hours=0.0, act=True)


def judges_whole_period(sweep: SweepResult, limits: Limits) -> bool:
    """Whether a rule looks at the mean of the whole period, so that no day can stand for it."""
    period_h = sweep.status.shape[-1] * sweep.step_minutes / 60
    means = (limits.mean_load, limits.light_load)
    return any(one is not None and period_h >= one.min_duration_h for one in means)


def _of_steps(
    sweep: SweepResult, transformer: Transformer, limits: Limits
) -> Iterator[tuple[npt.NDArray[np.floating], Limit]]:
    """Rules on currents and voltages, over their limits."""
    low_v, high_v = limits.voltage_band_v
    neutral = limits.neutral(yyn=transformer.has_yyn_core)
    rated_a, sn_kva = transformer.rated_a, transformer.parallel * transformer.sn_kva
    phase_percent = sweep.i_phase_a.max(axis=-1) / rated_a * 100
    rate_percent = sweep.s_kva / sn_kva * 100
    for percent, limit in (
        (phase_percent, limits.phase_overload),
        (phase_percent, limits.phase_peak),
        (rate_percent, limits.overload),
        (rate_percent, limits.serious_overload),
        (sweep.i_neutral_a / rated_a * 100, neutral),
        (sweep.line_loading_percent, limits.current_limit),
    ):
        if limit is not None:
            yield percent / limit.value, limit
    yield (_NOMINAL_V - sweep.v_min_v) / (_NOMINAL_V - low_v), limits.low_voltage
    yield (sweep.v_max_v - _NOMINAL_V) / (high_v - _NOMINAL_V), limits.high_voltage


def _unbalance(sweep: SweepResult, transformer: Transformer, limits: Limits) -> FloatArray:
    """Load unbalance over the hours around each step, under load (scenario, draw, step)."""
    yyn, n_step = transformer.has_yyn_core, sweep.status.shape[-1]
    rows = []
    for scenario in range(len(sweep.scenarios)):
        series = TransformerSeries.of(transformer, sweep, scenario)
        found = Unbalance.of(series, limits, yyn=yyn)
        rows.append(_around(np.where(found.loaded, found.decided_percent, 0.0), n_step))
    return np.array(rows) / limits.unbalance(yyn=yyn).value


def _of_heat(heat: HeatRun, limits: Limits) -> Iterator[tuple[npt.NDArray[np.floating], Limit]]:
    """Temperatures over their limits, ageing over the hours around each step."""
    sweep = heat.sweep
    ambient_c = heat.ambient_c(0, sweep.n_draw)
    found = [heat.temperatures(row, 0, air_c) for row, air_c in enumerate(ambient_c)]
    hot_spot_c = np.array([one.hot_spot_c for one in found])
    if limits.hot_spot is not None:
        yield hot_spot_c / limits.hot_spot.value, limits.hot_spot
    if limits.top_oil is not None:
        yield np.array([one.top_oil_c for one in found]) / limits.top_oil.value, limits.top_oil
    if limits.ageing is not None and can_judge_ageing(sweep, limits):
        window = steps_of(limits.ageing.min_duration_h, sweep.step_minutes)
        mean = rolling_mean(ageing_rate(limits.thermal, hot_spot_c), window)
        single = replace(limits.ageing, min_duration_h=0.0)
        yield _around(mean, hot_spot_c.shape[-1]) / limits.ageing.value, single


def _around(means: npt.NDArray[np.floating], n_step: int) -> FloatArray:
    """Means from each step on (..., window), put to the middle of their hours (..., step)."""
    missing = n_step - means.shape[-1]
    sides = [(0, 0)] * (means.ndim - 1) + [(missing // 2, missing - missing // 2)]
    return np.asarray(np.pad(means, sides), dtype=np.float64)
