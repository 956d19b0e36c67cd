"""The sweep: all cases of a demand on one feeder, in blocks of draws over threads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridplan.demand.cases import Demand
from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.direct import terminal_voltages
from gridplan.powerflow.keeping import MEMORY_GIB, CaseTable, Store
from gridplan.powerflow.ports import PortModel, build_ports, load_ports
from gridplan.powerflow.residuals import residual_pu
from gridplan.powerflow.results import OF_CUSTOMER, OF_ELEMENT, SERIES, Status, SweepResult
from gridplan.powerflow.runs import longest_run
from gridplan.powerflow.series import SeriesLimits, series_limits
from gridplan.powerflow.solver import Flows, PortSolver
from gridplan.powerflow.threads import one_blas_thread

#: Cases of one scenario that a worker takes at a time: enough for efficient matrix products.
_BLOCK_CASES = 2048
#: Draws and steps of which one is checked against Kirchhoff's laws, and cases checked at a time;
#: the number of steps is prime, so that the sample goes through all hours of the day.
_CHECK_DRAWS, _CHECK_STEPS, _CHECK_CASES = 8, 31, 128
#: Draws whose mean demand the solver is made ready for.
_TYPICAL_DRAWS = 4
#: A solved case whose independent residual exceeds this is withheld [pu of nominal voltage].
RESIDUAL_LIMIT_PU = 1e-5
_ALPHA = np.exp(2j * np.pi / 3)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The band that customers' voltages are watched against.

    Defaults: GB/T 12325-2008, single-phase 220 V, +7 % / -10 %.
    """

    v_low_v: float = 198.0
    v_high_v: float = 235.4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sweep:
    """What every block needs, and the arrays that the blocks fill."""

    feeder: Feeder
    model: PortModel
    solver: PortSolver
    limits: SeriesLimits
    watch: Watch
    customer_starts: IntArray
    step_h: float
    store: Store


def run_sweep(
    feeder: Feeder,
    demand: Demand,
    *,
    watch: Watch | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    memory_gib: float = MEMORY_GIB,
    parquet: str | Path | None = None,
) -> SweepResult:
    """Solve every case of a demand.

    Parameters
    ----------
    feeder, demand : the demand has the feeder's customers in their order
    watch : voltage band that customers are watched against, default GB/T 12325
    workers : threads, default one per core; each takes blocks of draws, with BLAS at one thread
    progress : called with (cases done, all cases)
    memory_gib : what the sweep may hold in memory; results beyond half of it are kept in temporary
        files
    parquet : file for the metrics of every case, none by default

    Returns
    -------
    SweepResult
        Numbers do not depend on ``workers``. Cases without a solution are NaN with their status.

    Raises
    ------
    InputError
        When the demand belongs to another number of customers.
    """
    _check_fit(feeder, demand)
    started = time.perf_counter()
    with one_blas_thread(), CaseTable.maybe(parquet, demand) as table:
        sweep = _prepare(feeder, demand, watch or Watch(), memory_gib)
        _run(sweep, demand, workers or os.cpu_count() or 1, progress, table)
    return SweepResult(
        feeder_name=feeder.name,
        scenarios=demand.scenarios,
        n_draw=demand.n_draw,
        times=demand.times,
        step_minutes=demand.step_minutes,
        v_low_v=sweep.watch.v_low_v,
        v_high_v=sweep.watch.v_high_v,
        customer_ids=feeder.customers.id,
        customer_circuit=feeder.customer_circuit,
        elements=sweep.limits.elements,
        seconds=time.perf_counter() - started,
        feeder=feeder,
        demand=demand,
        **sweep.store.sealed(),
    )


def _run(
    sweep: _Sweep,
    demand: Demand,
    workers: int,
    progress: Progress | None,
    table: CaseTable | None,
) -> None:
    """Solve blocks of draws in threads."""
    draws = max(1, _BLOCK_CASES // demand.n_step)
    blocks = [
        (first, min(first + draws, demand.n_draw)) for first in range(0, demand.n_draw, draws)
    ]
    done = 0
    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(_run_block, sweep, demand, block, table) for block in blocks]
        for job in as_completed(jobs):
            done += job.result()
            if progress is not None:
                progress(done, demand.n_case)


def _typical(demand: Demand) -> tuple[FloatArray, FloatArray]:
    """Demands (customer, case) of a few draws of all scenarios, whatever the scenarios' order."""
    few = demand.block(0, min(_TYPICAL_DRAWS, demand.n_draw))
    by_name = np.argsort(demand.scenarios)
    p_kw, q_kvar = (
        np.moveaxis(np.asarray(part[by_name], dtype=np.float64), 1, 0).reshape(part.shape[1], -1)
        for part in few
    )
    return p_kw, q_kvar


def _check_fit(feeder: Feeder, demand: Demand) -> None:
    """Refuse a demand of other customers."""
    if len(demand.customer_ids) == len(feeder.customers):
        return
    what = f"has {len(demand.customer_ids)} customers, the feeder {len(feeder.customers)}"
    remedy = f"forecast it for {feeder.name}"
    fault = Fault(code="customers", where="demand", what=what, remedy=remedy)
    raise InputError("run_sweep", [fault])


def _prepare(feeder: Feeder, demand: Demand, watch: Watch, memory_gib: float) -> _Sweep:
    """Reduce the feeder and set up the arrays to fill."""
    model = build_ports(feeder, moves=False)
    ports = load_ports(model, feeder.customers)
    limits = series_limits(model, ports)
    store = Store(_layout(demand, len(feeder.customers), len(limits.elements)), memory_gib)
    return _Sweep(
        feeder=feeder,
        model=model,
        solver=PortSolver(ports, *_typical(demand), demand.n_case),
        limits=limits,
        watch=watch,
        customer_starts=np.searchsorted(ports.customer, np.arange(len(feeder.customers))),
        step_h=demand.step_minutes / 60 or np.inf,
        store=store,
    )


def _layout(
    demand: Demand, n_customer: int, n_element: int
) -> dict[str, tuple[tuple[int, ...], type]]:
    """Shape and type of every array of the result."""
    cases = (len(demand.scenarios), demand.n_draw)
    layout: dict[str, tuple[tuple[int, ...], type]] = {
        "i_phase_a": ((*cases, demand.n_step, 3), np.float32),
        "status": ((*cases, demand.n_step), np.uint8),
        "customer_v_min_step": ((*cases, n_customer), np.int32),
        "element_step": ((*cases, n_element), np.int32),
        "element_phase_percent": ((*cases, n_element, 3), np.float32),
    }
    layout |= dict.fromkeys(SERIES, ((*cases, demand.n_step), np.float32))
    layout |= dict.fromkeys(OF_CUSTOMER, ((*cases, n_customer), np.float32))
    layout |= dict.fromkeys(OF_ELEMENT, ((*cases, n_element), np.float32))
    return layout


def _run_block(
    sweep: _Sweep, demand: Demand, block: tuple[int, int], table: CaseTable | None
) -> int:
    """Solve some draws of all scenarios and store what is kept; returns the number of cases."""
    first, last = block
    p_kw, q_kvar = demand.block(first, last)
    n_step = demand.n_step
    for scenario in range(len(demand.scenarios)):
        p, q = (
            np.asarray(a[scenario], dtype=np.float64).reshape(a.shape[1], -1)
            for a in (p_kw, q_kvar)
        )
        flows = sweep.solver.flows(p, q)
        residual = _residuals(sweep, flows, first, last - first)
        status = np.where(residual > RESIDUAL_LIMIT_PU, Status.RESIDUAL, Status.SOLVED)
        status[~flows.converged] = Status.NO_SOLUTION
        bad = status != Status.SOLVED
        store = {name: array[scenario, first:last] for name, array in sweep.store.arrays.items()}
        shape = (last - first, n_step)
        _store_series(store, shape, flows, bad)
        store["status"][...] = status.reshape(shape)
        store["residual_pu"][...] = np.where(bad, np.nan, residual).reshape(shape)
        _store_voltages(store, shape, sweep, flows, (p == 0) & (q == 0), bad)
        _store_loadings(store, shape, sweep, flows, bad)
        if table is not None:
            series = ("i_phase_a", *SERIES, "status")
            table.write(scenario, first, last, {name: store[name] for name in series})
    sweep.store.release()
    return (last - first) * n_step * len(demand.scenarios)


def _residuals(sweep: _Sweep, flows: Flows, first: int, n_draw: int) -> FloatArray:
    """Independent check of a sample of the cases (case,), NaN elsewhere.

    Of every ``_CHECK_DRAWS``th draw every ``_CHECK_STEPS``th step is looked at, whatever the
    blocks; where one of them fails, all cases of the block are.
    """
    n_step = len(flows.converged) // n_draw
    draw, step = np.divmod(np.arange(len(flows.converged)), n_step)
    chosen = ((first + draw) % _CHECK_DRAWS == 0) & ((step + first + draw) % _CHECK_STEPS == 0)
    found, sample = np.full(len(chosen), np.nan), np.flatnonzero(chosen)
    for cases in (sample, np.arange(len(found))):
        for start in range(0, len(cases), _CHECK_CASES):
            part = cases[start : start + _CHECK_CASES]
            voltages = terminal_voltages(sweep.model, flows, part)
            found[part] = residual_pu(
                sweep.feeder, voltages, flows.p_kw[:, part], flows.q_kvar[:, part]
            )
        if not (found > RESIDUAL_LIMIT_PU).any():
            break
    return found


def _store_series(
    store: dict[str, np.ndarray], shape: tuple[int, int], flows: Flows, bad: BoolArray
) -> None:
    """Transformer quantities of every case."""
    phase_a = np.abs(flows.i_phase)
    positive = np.abs(flows.bus_v[0] + _ALPHA * flows.bus_v[1] + _ALPHA**2 * flows.bus_v[2])
    negative = np.abs(flows.bus_v[0] + _ALPHA**2 * flows.bus_v[1] + _ALPHA * flows.bus_v[2])
    series = {
        "i_neutral_a": flows.i_neutral_a,
        "s_kva": np.abs((flows.bus_v * np.conj(flows.i_phase)).sum(axis=0)) / 1e3,
        "vuf_percent": 100 * negative / positive,
        "loss_kw": flows.loss_kw,
    }
    for name, values in series.items():
        store[name][...] = np.where(bad, np.nan, values).reshape(shape)
    store["i_phase_a"][...] = np.where(bad, np.nan, phase_a).T.reshape(*shape, 3)


def _store_voltages(
    store: dict[str, np.ndarray],
    shape: tuple[int, int],
    sweep: _Sweep,
    flows: Flows,
    idle: BoolArray,
    bad: BoolArray,
) -> None:
    """Voltages of every customer: extremes, and how long they leave the band.

    A customer that draws nothing at a step, like a motor at rest, suffers from no voltage.
    """
    magnitude = np.abs(flows.v).astype(np.float32)
    low, high = magnitude, magnitude
    if len(sweep.customer_starts) != len(magnitude):
        low = np.minimum.reduceat(magnitude, sweep.customer_starts, axis=0)
        high = np.maximum.reduceat(magnitude, sweep.customer_starts, axis=0)
    unknown = idle | bad
    if unknown.any():
        low, high = np.where(unknown, np.inf, low), np.where(unknown, -np.inf, high)
    store["v_min_v"][...] = _none_if_infinite(low.min(axis=0)).reshape(shape)
    store["v_max_v"][...] = _none_if_infinite(high.max(axis=0)).reshape(shape)
    too_low, too_high = low < sweep.watch.v_low_v, high > sweep.watch.v_high_v
    too_low[:, bad] = too_high[:, bad] = True
    low, high = low.reshape(-1, *shape), high.reshape(-1, *shape)
    store["customer_v_min_v"][...] = _none_if_infinite(low.min(axis=2)).T
    store["customer_v_min_step"][...] = low.argmin(axis=2).T
    store["customer_v_max_v"][...] = _none_if_infinite(high.max(axis=2)).T
    for name, cases in (("low", too_low), ("high", too_high)):
        outside = cases.reshape(-1, *shape)
        store[f"{name}_h"][...] = _hours(outside.sum(axis=2), sweep.step_h).T
        store[f"{name}_run_h"][...] = _hours(longest_run(outside), sweep.step_h).T


def _store_loadings(
    store: dict[str, np.ndarray],
    shape: tuple[int, int],
    sweep: _Sweep,
    flows: Flows,
    bad: BoolArray,
) -> None:
    """Loading of every current-limited element: the highest, when, and how long above the limit."""
    if not len(sweep.limits.elements):
        store["line_loading_percent"][...] = np.nan
        return
    current = flows.i.astype(np.complex64)
    squares = sweep.limits.phase_squares(current)
    store["element_phase_percent"][...] = sweep.limits.phase_peaks_percent(squares, shape, bad)
    loading = sweep.limits.loading_of(squares, current)
    loading[:, bad] = np.nan
    is_line = np.isin(sweep.limits.elements.kind, ("line", "service"))
    worst = loading[is_line].max(axis=0) if is_line.any() else np.full(loading.shape[1], np.nan)
    store["line_loading_percent"][...] = worst.reshape(shape)
    loading = loading.reshape(-1, *shape)
    filled = np.nan_to_num(loading, nan=-np.inf) if bad.any() else loading
    store["element_max_percent"][...] = _none_if_infinite(filled.max(axis=2)).T
    store["element_step"][...] = filled.argmax(axis=2).T
    store["element_run_h"][...] = _hours(longest_run(~(loading <= 100)), sweep.step_h).T


def _none_if_infinite(values: Float32Array) -> Float32Array:
    """NaN where no case of a draw was solved."""
    return np.where(np.isinf(values), np.float32(np.nan), values)


def _hours(steps: np.ndarray, step_h: float) -> FloatArray:
    """Hours of so many steps; a violated snapshot (``step_h`` inf) lasts for ever."""
    return np.multiply(steps, step_h, where=steps > 0, out=np.zeros(steps.shape))
