"""The figures that sum up a sweep: loads, lowest voltage, temperature, unbalance, harm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridplan.assessment.breaches import Values, worst_step
from gridplan.assessment.condition import Condition
from gridplan.network.feeder import Transformer
from gridplan.powerflow.results import SweepResult

#: Share of the draws that a figure covers: the convention of planning.
COVERED_PERCENT = 95.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The figures that a manager reads first, of the worst scenario; NaN without any solution.

    Attributes
    ----------
    peak_loading_percent : phase load, worst phase current over the rated one [%]
    peak_load_rate_percent : load rate S/Sn [%]
    peak_neutral_percent : neutral current over the rated current [%]
    lowest_voltage_v : lowest voltage at a customer [V]
    hot_spot_c : hot spot of the transformer [degC]; NaN where it was not assessed
    loss_of_life_h : life that the period uses up, in hours at normal ageing; NaN as well
    harm_h : expected harm [customer hours], what transformers are ranked by (``assessment.harm``)
    by_scenario : per scenario the figures of ``peak_figures`` and of its ``Condition``
    """

    peak_loading_percent: float
    peak_load_rate_percent: float
    peak_neutral_percent: float
    lowest_voltage_v: float
    hot_spot_c: float
    loss_of_life_h: float
    harm_h: float
    by_scenario: dict[str, dict[str, float]]


def headline_of(
    transformer: Transformer, sweep: SweepResult, conditions: Sequence[Condition]
) -> Headline:
    """Take the worst scenario of every figure.

    Parameters
    ----------
    transformer : the one that was swept
    sweep : its cases
    conditions : what ``assess`` says of each scenario of the sweep, in its order
    """
    peaks = peak_figures(transformer, sweep)
    figures = {one.scenario: {**peaks[one.scenario], **one.figures()} for one in conditions}

    def worst(name: str, sign: int = 1) -> float:
        known = [sign * item[name] for item in figures.values() if not math.isnan(item[name])]
        return sign * max(known, default=math.nan)

    return Headline(
        peak_loading_percent=worst("peak_loading_percent"),
        peak_load_rate_percent=worst("peak_load_rate_percent"),
        peak_neutral_percent=worst("peak_neutral_percent"),
        lowest_voltage_v=worst("lowest_voltage_v", -1),
        hot_spot_c=worst("hot_spot_c"),
        loss_of_life_h=worst("loss_of_life_h"),
        harm_h=worst("harm_h"),
        by_scenario=figures,
    )


def peak_figures(transformer: Transformer, sweep: SweepResult) -> dict[str, dict[str, float]]:
    """Figures per scenario, each a quantile over the draws of the period's extreme.

    Parameters
    ----------
    transformer : the one that was swept
    sweep : its cases; those without a solution are left out, findings count them

    Returns
    -------
    dict
        scenario -> ``peak_loading_percent`` (worst phase current over the rated one),
        ``peak_load_rate_percent`` (S/Sn), ``peak_neutral_percent`` (neutral over rated current):
        95th percentile of the maxima; ``lowest_voltage_v``: 5th percentile of the minima [V]; NaN
        where no draw has a solution
    """
    per_a = 100.0 / transformer.rated_a
    per_kva = 100.0 / (transformer.parallel * transformer.sn_kva)
    return {
        scenario: {
            "peak_loading_percent": per_a * _peak(sweep.i_phase_a[index].max(axis=-1)),
            "peak_load_rate_percent": per_kva * _peak(sweep.s_kva[index]),
            "peak_neutral_percent": per_a * _peak(sweep.i_neutral_a[index]),
            "lowest_voltage_v": _peak(sweep.v_min_v[index], lower=True),
        }
        for index, scenario in enumerate(sweep.scenarios)
    }


def _peak(series: Values, *, lower: bool = False) -> float:
    """Quantile over the draws of each draw's extreme; ``series`` is (draw, step)."""
    extremes, _ = worst_step(series, lower=lower)
    solved = extremes[np.isfinite(extremes)]
    if solved.size == 0:
        return math.nan
    percent = 100.0 - COVERED_PERCENT if lower else COVERED_PERCENT
    return float(np.percentile(solved, percent))
