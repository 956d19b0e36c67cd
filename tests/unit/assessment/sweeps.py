"""Sweeps put together by hand: a quiet village, into which a test writes what it wants found."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import Elements, SweepResult

START = np.datetime64("2027-02-05T00:00", "m")


def quiet(
    feeder: Feeder,
    *,
    n_scenario: int = 1,
    n_draw: int = 4,
    n_step: int = 48,
    step_minutes: float = 15.0,
    elements: Elements | None = None,
) -> dict[str, Any]:
    """Fields of a sweep in which nothing is wrong, as writable arrays."""
    parts = elements if elements is not None else no_elements()
    series = (n_scenario, n_draw, n_step)
    customer = (n_scenario, n_draw, len(feeder.customers))
    element = (n_scenario, n_draw, len(parts))
    step = np.timedelta64(int(step_minutes), "m")
    rated_a, sn_kva = feeder.transformer.rated_a, feeder.transformer.sn_kva
    return {
        "feeder_name": feeder.name,
        "scenarios": tuple(f"s{k}" for k in range(n_scenario)),
        "n_draw": n_draw,
        "times": START + np.arange(n_step) * step,
        "step_minutes": step_minutes,
        "i_phase_a": np.full((*series, 3), 0.3 * rated_a, dtype=np.float32),
        "i_neutral_a": np.zeros(series, dtype=np.float32),
        "s_kva": np.full(series, 0.3 * sn_kva, dtype=np.float32),
        "v_min_v": np.full(series, 215.0, dtype=np.float32),
        "v_max_v": np.full(series, 228.0, dtype=np.float32),
        "vuf_percent": np.zeros(series, dtype=np.float32),
        "line_loading_percent": np.full(series, 20.0, dtype=np.float32),
        "loss_kw": np.zeros(series, dtype=np.float32),
        "status": np.zeros(series, dtype=np.uint8),
        "residual_pu": np.zeros(series, dtype=np.float32),
        "v_low_v": 198.0,
        "v_high_v": 235.4,
        "customer_ids": feeder.customers.id,
        "customer_circuit": feeder.customer_circuit,
        **{
            name: np.zeros(customer, dtype=np.float32)
            for name in ("low_h", "low_run_h", "high_h", "high_run_h")
        },
        "customer_v_min_v": np.full(customer, 215.0, dtype=np.float32),
        "customer_v_max_v": np.full(customer, 228.0, dtype=np.float32),
        "customer_v_min_step": np.zeros(customer, dtype=np.int32),
        "elements": parts,
        "element_max_percent": np.full(element, 50.0, dtype=np.float32),
        "element_run_h": np.zeros(element, dtype=np.float32),
        "element_step": np.zeros(element, dtype=np.int32),
        "element_phase_percent": np.full((*element, 3), 50.0, dtype=np.float32),
        "seconds": 0.0,
    }


def no_elements() -> Elements:
    return elements_of([], [], [], [])


def elements_of(
    kind: list[str], name: list[str], limit_a: list[float], circuit: list[int]
) -> Elements:
    return Elements(
        kind=np.array(kind, dtype=np.str_),
        name=np.array(name, dtype=np.str_),
        limit_a=np.array(limit_a, dtype=np.float64),
        circuit=np.array(circuit, dtype=np.int64),
    )


def unsolved(fields: dict[str, Any], where: tuple[Any, ...]) -> None:
    """Make cases unsolved as the power flow reports them: NaN in every series."""
    fields["status"][where] = 1
    for name in ("i_phase_a", "i_neutral_a", "s_kva", "v_min_v", "v_max_v", "vuf_percent"):
        fields[name][where] = np.nan


def sweep_of(fields: dict[str, Any]) -> SweepResult:
    return SweepResult(**fields)
