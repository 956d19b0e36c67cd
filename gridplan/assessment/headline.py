"""The figures of a sweep that a manager reads first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.frozen import Float32Array, FloatArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult

_PEAK, _LOWEST = 0.95, 0.05  #: quantiles over the draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """Peak loading and lowest voltage, NaN where no case of a scenario has a solution.

    Attributes
    ----------
    peak_loading_percent : phase load, worst phase current over the rated one [%]: 95th percentile
        over the draws of the period's maximum, worst scenario
    peak_load_rate_percent : load rate S/Sn [%], likewise
    peak_neutral_percent : neutral current over rated current [%], likewise
    lowest_voltage_v : lowest customer voltage [V]: 5th percentile over the draws of the period's
        minimum, worst scenario
    by_scenario : the same four per scenario
    """

    peak_loading_percent: float
    peak_load_rate_percent: float
    peak_neutral_percent: float
    lowest_voltage_v: float
    by_scenario: dict[str, dict[str, float]]


def headline_of(feeder: Feeder, sweep: SweepResult) -> Headline:
    """Work out the headline figures of a sweep."""
    trafo = feeder.transformer
    per_draw = {
        "peak_loading_percent": _largest(sweep.i_phase_a.max(axis=-1)) / trafo.rated_a * 100,
        "peak_load_rate_percent": _largest(sweep.s_kva) / (trafo.parallel * trafo.sn_kva) * 100,
        "peak_neutral_percent": _largest(sweep.i_neutral_a) / trafo.rated_a * 100,
        "lowest_voltage_v": -_largest(-sweep.v_min_v),
    }
    by_scenario = {
        name: {
            key: _quantile(values[index], _LOWEST if key == "lowest_voltage_v" else _PEAK)
            for key, values in per_draw.items()
        }
        for index, name in enumerate(sweep.scenarios)
    }
    figures = list(by_scenario.values())
    return Headline(
        peak_loading_percent=_worst([item["peak_loading_percent"] for item in figures]),
        peak_load_rate_percent=_worst([item["peak_load_rate_percent"] for item in figures]),
        peak_neutral_percent=_worst([item["peak_neutral_percent"] for item in figures]),
        lowest_voltage_v=-_worst([-item["lowest_voltage_v"] for item in figures]),
        by_scenario=by_scenario,
    )


def _largest(series: Float32Array) -> FloatArray:
    """Largest solved value per draw (scenario, draw), NaN where a draw has none."""
    largest = np.where(np.isnan(series), -np.inf, series).max(axis=-1).astype(np.float64)
    return np.where(np.isfinite(largest), largest, np.nan)


def _quantile(values: FloatArray, share: float) -> float:
    """Quantile over the draws that have a value."""
    known = values[~np.isnan(values)]
    return float(np.quantile(known, share)) if known.size else float("nan")


def _worst(values: list[float]) -> float:
    """Largest known value."""
    known = [value for value in values if not np.isnan(value)]
    return max(known, default=float("nan"))
