"""The four figures that sum up a sweep: phase load, load rate, neutral current, lowest voltage."""

from __future__ import annotations

import math

import numpy as np

from gridplan.assessment.breaches import Values, worst_step
from gridplan.network.feeder import Transformer
from gridplan.powerflow.results import SweepResult

#: Share of the draws that a figure covers: the convention of planning.
COVERED_PERCENT = 95.0


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
