"""One figure of how much harm a scenario does, so that transformers can be ranked.

Expected harm is counted in customer hours, means over the draws:

    customers x (hours of phase overload + hours of life lost) + customer hours of low voltage

The three parts are an hour in which the common supply may fail, an hour of its life, and an hour in
which one customer's voltage is too low. That they weigh alike is an assumption; they stand apart
beside the sum, for those who weigh them otherwise.
"""

from __future__ import annotations

import math

import numpy as np

from gridplan.assessment.breaches import Values
from gridplan.assessment.condition import Condition
from gridplan.assessment.durations import above
from gridplan.assessment.heat import Heat
from gridplan.assessment.limits import Limits
from gridplan.assessment.transformer import TransformerSeries
from gridplan.assessment.unbalance import Unbalance
from gridplan.frozen import BoolArray
from gridplan.powerflow.results import SweepResult

_COVERED_PERCENT = 95.0


def condition_of(
    sweep: SweepResult,
    scenario: int,
    series: TransformerSeries,
    limits: Limits,
    heat: Heat | None,
    unbalance: Unbalance | None,
) -> Condition:
    """Figures of one scenario.

    Parameters
    ----------
    sweep, scenario, series : the scenario's cases
    limits : rule set
    heat, unbalance : None where they could not be assessed
    """
    n_customer = len(sweep.customer_ids)
    overload_h = low_voltage_h = math.nan
    if sweep.step_minutes > 0:
        overloaded = _any_phase(above(series.phase_percent, limits.phase_overload.value))
        overload_h = float(overloaded.sum(axis=-1).mean() * sweep.step_minutes / 60.0)
        low_voltage_h = float(sweep.low_h[scenario].sum(axis=-1, dtype=np.float64).mean())
    lost_h = math.nan if heat is None else _mean(heat.loss_of_life_h)
    known_h = 0.0 if math.isnan(lost_h) else lost_h
    hot_c = math.nan if heat is None else _covered(heat.hot_spot.value)
    limit_c = math.nan if limits.hot_spot is None else limits.hot_spot.value
    above_h = math.nan if heat is None else float(heat.hot_spot.beyond_h.mean())
    formulas = [math.nan, math.nan]
    if unbalance is not None:
        both = (unbalance.max_min_percent, unbalance.max_mean_percent)
        formulas = [_covered(unbalance.worst(percent)) for percent in both]
    return Condition(
        scenario=sweep.scenarios[scenario],
        hot_spot_c=hot_c,
        top_oil_c=math.nan if heat is None else _covered(heat.top_oil.value),
        hot_spot_margin_k=limit_c - hot_c,
        hot_spot_above_min=60.0 * above_h if limits.hot_spot is not None else math.nan,
        loss_of_life_h=lost_h,
        max_min_percent=formulas[0],
        max_mean_percent=formulas[1],
        overload_h=overload_h,
        low_voltage_h=low_voltage_h,
        customers=n_customer,
        harm_h=n_customer * (overload_h + known_h) + low_voltage_h,
    )


def _any_phase(flags: BoolArray) -> BoolArray:
    return flags[..., 0] | flags[..., 1] | flags[..., 2]


def _covered(values: Values) -> float:
    """95th percentile over the draws that have a value."""
    known = values[np.isfinite(values)]
    return float(np.percentile(known, _COVERED_PERCENT)) if known.size else math.nan


def _mean(values: Values) -> float:
    """Mean over the draws that have a value."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan
