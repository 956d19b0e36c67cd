"""power-grid-model: one batch calculation, by the best of its methods and threadings."""

from __future__ import annotations

import numpy as np
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    WindingType,
    initialize_array,
)

import gridplan as gp
from benchmarks.networks import sequence_impedances
from benchmarks.timing import median_seconds, once
from gridplan.frozen import FloatArray

NAME = "power-grid-model"
TOLERANCE_PU = 1e-8
#: The exact methods for asymmetric power flow; its linear ones are approximations.
METHODS = (CalculationMethod.newton_raphson, CalculationMethod.iterative_current)
#: -1: sequential, 0: as many threads as the machine has, n: n threads.
THREADINGS = (-1, 0, 2)
_MAX_ITERATIONS = 100
_TRIAL_CASES = 200
#: Short-circuit power that makes the source stiff [VA].
_STIFF_VA = 1e15
_OUTPUT = {ComponentType.node: ["u"]}


class PowerGridModelPeer:
    """The feeder as a power-grid-model; ids count nodes, then lines, and so on."""

    def __init__(self, feeder: gp.Feeder) -> None:
        self._feeder = feeder
        self._model = PowerGridModel(_input(feeder), system_frequency=feeder.f_hz)
        self._method, self._threading = METHODS[1], 0
        self.settings = ""

    def choose(self, p_kw: FloatArray, q_kvar: FloatArray) -> None:
        """Take the fastest method and threading by a short trial, twice each."""
        update = self._update(p_kw[:_TRIAL_CASES], q_kvar[:_TRIAL_CASES])
        trials = {
            (method, threading): min(
                once(lambda m=method, t=threading: self._run(update, m, t)) for _ in range(2)
            )
            for method in METHODS
            for threading in THREADINGS
        }
        self._method, self._threading = min(trials, key=lambda key: trials[key])
        self.settings = f"{self._method.name}, threading={self._threading}"

    def voltages(self, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
        """Voltage magnitudes (case, node, 3), phase to neutral [V]."""
        update = self._update(p_kw, q_kvar)
        return np.asarray(self._run(update, self._method, self._threading))

    def seconds_per_case(
        self, p_kw: FloatArray, q_kvar: FloatArray, *, least_s: float = 1.0
    ) -> float:
        """Wall time per case [s]; arranging the loads in its arrays is not counted."""
        self.choose(p_kw, q_kvar)
        few = self._update(p_kw[:_TRIAL_CASES], q_kvar[:_TRIAL_CASES])
        trial = once(lambda: self._run(few, self._method, self._threading))
        n_case = len(p_kw[:_TRIAL_CASES])
        n_case = min(len(p_kw), max(n_case, round(1.2 * least_s / trial * n_case)))
        update = self._update(p_kw[:n_case], q_kvar[:n_case])
        return median_seconds(lambda: self._run(update, self._method, self._threading)) / n_case

    def _update(self, p_kw: FloatArray, q_kvar: FloatArray) -> dict[ComponentType, np.ndarray]:
        """The loads of all cases in the arrays of a batch."""
        customers = self._feeder.customers
        shape = (len(p_kw), len(customers))
        loads = initialize_array(DatasetType.update, ComponentType.asym_load, shape)
        loads["id"] = _load_ids(self._feeder)
        loads["p_specified"] = 1e3 * p_kw[:, :, None] * customers.p_share
        loads["q_specified"] = 1e3 * q_kvar[:, :, None] * customers.q_share
        return {ComponentType.asym_load: loads}

    def _run(
        self, update: dict[ComponentType, np.ndarray], method: CalculationMethod, threading: int
    ) -> np.ndarray:
        result = self._model.calculate_power_flow(
            symmetric=False,
            error_tolerance=TOLERANCE_PU,
            max_iterations=_MAX_ITERATIONS,
            calculation_method=method,
            update_data=update,
            threading=threading,
            output_component_types=_OUTPUT,
        )
        # asked for one attribute, it answers in columns
        return result[ComponentType.node]["u"]


def _load_ids(feeder: gp.Feeder) -> np.ndarray:
    first = len(feeder.nodes) + len(feeder.lines) + 2
    return first + np.arange(len(feeder.customers))


def _input(feeder: gp.Feeder) -> dict[ComponentType, np.ndarray]:
    n_node, n_line = len(feeder.nodes), len(feeder.lines)
    nodes = initialize_array(DatasetType.input, ComponentType.node, n_node)
    nodes["id"] = np.arange(n_node)
    nodes["u_rated"] = feeder.nodes.nominal_v * np.sqrt(3)

    z1_ohm, z0_ohm = sequence_impedances(feeder)
    lines = initialize_array(DatasetType.input, ComponentType.line, n_line)
    lines["id"] = n_node + np.arange(n_line)
    lines["from_node"], lines["to_node"] = feeder.lines.from_node, feeder.lines.to_node
    lines["from_status"] = lines["to_status"] = 1
    lines["r1"], lines["x1"] = z1_ohm.real, z1_ohm.imag
    lines["r0"], lines["x0"] = z0_ohm.real, z0_ohm.imag
    y_s = np.asarray(feeder.lines.y_s)
    omega = 2 * np.pi * feeder.f_hz
    lines["c1"] = (y_s[:, 0, 0] - y_s[:, 0, 1]).imag / omega
    lines["c0"] = (y_s[:, 0, 0] + 2 * y_s[:, 0, 1]).imag / omega
    lines["tan1"] = lines["tan0"] = 0.0
    lines["i_n"] = 1e3

    source = initialize_array(DatasetType.input, ComponentType.source, 1)
    source["id"], source["node"], source["status"] = n_node + n_line, feeder.source.node, 1
    source["u_ref"], source["sk"] = feeder.source.vm_pu, _STIFF_VA

    loads = initialize_array(DatasetType.input, ComponentType.asym_load, len(feeder.customers))
    loads["id"], loads["node"], loads["status"] = _load_ids(feeder), feeder.customers.node, 1
    loads["type"] = LoadGenType.const_power
    loads["p_specified"] = loads["q_specified"] = 0.0
    return {
        ComponentType.node: nodes,
        ComponentType.line: lines,
        ComponentType.source: source,
        ComponentType.transformer: _transformer(feeder, n_node + n_line + 1),
        ComponentType.asym_load: loads,
    }


def _transformer(feeder: gp.Feeder, number: int) -> np.ndarray:
    trafo = feeder.transformer
    assert trafo is not None
    unit = initialize_array(DatasetType.input, ComponentType.transformer, 1)
    unit["id"], unit["from_node"], unit["to_node"] = number, trafo.hv_node, trafo.lv_node
    unit["from_status"] = unit["to_status"] = 1
    unit["u1"], unit["u2"] = 1e3 * trafo.vn_hv_kv, 1e3 * trafo.vn_lv_kv
    unit["sn"] = 1e3 * trafo.sn_kva
    unit["uk"], unit["pk"] = trafo.vk_percent / 100, 10 * trafo.vkr_percent * trafo.sn_kva
    unit["i0"] = unit["p0"] = 0.0
    unit["winding_from"], unit["winding_to"] = WindingType.delta, WindingType.wye_n
    unit["clock"] = round(trafo.shift_degree / 30) % 12
    for name in ("tap_side", "tap_pos", "tap_min", "tap_max", "tap_nom", "tap_size"):
        unit[name] = 0
    return unit
