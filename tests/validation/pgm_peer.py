"""power-grid-model solves a radial three-wire feeder behind a Dyn transformer.

Its transformer is a pi circuit with one impedance for all sequences; the zero sequence sees the
whole shunt branch at the LV terminals. ``as_pi_circuit`` gives gridplan's transformer the same two
ports, so that both solve the same equations.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import replace

import numpy as np
from power_grid_model import (
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    WindingType,
    initialize_array,
)

import gridplan as gp
from gridplan.network.feeder import Transformer


def as_pi_circuit(trafo: Transformer) -> Transformer:
    """The T circuit with the two ports of power-grid-model's pi circuit of the same nameplate.

    Leakage z and shunt y, half of it at each end, are a T of arms z / (2 + z y / 2) and a shunt
    y (1 + z y / 4); the zero sequence is z and y side by side.
    """
    base = 100 * trafo.sn_kva
    z = complex(trafo.vkr_percent, math.sqrt(trafo.vk_percent**2 - trafo.vkr_percent**2)) / 100
    iron = math.sqrt((trafo.i0_percent / 100) ** 2 - (trafo.pfe_kw / trafo.sn_kva) ** 2)
    y = complex(trafo.pfe_kw / trafo.sn_kva, -iron)
    leakage, shunt = z / (1 + z * y / 4), y * (1 + z * y / 4)
    return replace(
        trafo,
        vk_percent=100 * abs(leakage),
        vkr_percent=100 * leakage.real,
        pfe_kw=base / 100 * shunt.real,
        i0_percent=100 * abs(shunt),
        leakage_resistance_ratio_hv=0.5,
        leakage_reactance_ratio_hv=0.5,
        vk0_percent=100 * abs(z),
        vkr0_percent=100 * z.real,
        mag0_percent=100 / abs(y * z),
        mag0_rx=-y.real / y.imag,
        si0_hv_partial=1.0,
    )


def solve_by_power_grid_model(feeder: gp.Feeder, tolerance_pu: float = 1e-12) -> np.ndarray:
    """Voltages (node, 3) to neutral [V] with the loads that the feeder carries."""
    n_node, n_line, n_load = len(feeder.nodes), len(feeder.lines), len(feeder.customers)
    nodes = initialize_array(DatasetType.input, ComponentType.node, n_node)
    nodes["id"] = np.arange(n_node)
    nodes["u_rated"] = feeder.nodes.nominal_v * np.sqrt(3)
    loads = initialize_array(DatasetType.input, ComponentType.asym_load, n_load)
    customers = feeder.customers
    loads["id"] = n_node + n_line + 2 + np.arange(n_load)
    loads["node"], loads["status"] = customers.node, 1
    loads["type"] = LoadGenType.const_power
    loads["p_specified"] = 1e3 * customers.p_kw[:, None] * customers.p_share
    loads["q_specified"] = 1e3 * customers.q_kvar[:, None] * customers.q_share
    assert feeder.transformer is not None
    model = PowerGridModel(
        {
            ComponentType.node: nodes,
            ComponentType.line: _lines(feeder, n_node),
            ComponentType.source: _source(feeder, n_node + n_line),
            ComponentType.transformer: _transformer(feeder.transformer, n_node + n_line + 1),
            ComponentType.asym_load: loads,
        },
        system_frequency=feeder.f_hz,
    )
    result = model.calculate_power_flow(
        symmetric=False, error_tolerance=tolerance_pu, max_iterations=100
    )
    return np.asarray(result[ComponentType.node]["u"])


def _lines(feeder: gp.Feeder, first: int) -> np.ndarray:
    lines = initialize_array(DatasetType.input, ComponentType.line, len(feeder.lines))
    own, mutual = (np.asarray(part) for part in (feeder.lines.z_ohm, feeder.lines.y_s))
    lines["id"] = first + np.arange(len(feeder.lines))
    lines["from_node"], lines["to_node"] = feeder.lines.from_node, feeder.lines.to_node
    lines["from_status"] = lines["to_status"] = 1
    (z1, z0), (y1, y0) = (
        (part[:, 0, 0] - part[:, 0, 1], part[:, 0, 0] + 2 * part[:, 0, 1]) for part in (own, mutual)
    )
    lines["r1"], lines["x1"], lines["r0"], lines["x0"] = z1.real, z1.imag, z0.real, z0.imag
    omega = 2 * np.pi * feeder.f_hz
    lines["c1"], lines["c0"] = y1.imag / omega, y0.imag / omega
    lines["tan1"] = lines["tan0"] = 0.0
    lines["i_n"] = 1e3
    return lines


def _source(feeder: gp.Feeder, number: int) -> np.ndarray:
    given = feeder.source
    source = initialize_array(DatasetType.input, ComponentType.source, 1)
    source["id"], source["node"], source["status"] = number, given.node, 1
    source["u_ref"], source["u_ref_angle"] = given.vm_pu, math.radians(given.va_degree)
    line_v = float(feeder.nodes.nominal_v[given.node]) * math.sqrt(3)
    ratio = given.z0_ohm / given.z1_ohm
    assert abs(ratio.imag) < 1e-12, "its zero sequence has the angle of the positive one"
    source["sk"] = line_v**2 / abs(given.z1_ohm)
    source["rx_ratio"] = 1 / math.tan(cmath.phase(given.z1_ohm))
    source["z01_ratio"] = ratio.real
    return source


def _transformer(trafo: Transformer, number: int) -> np.ndarray:
    unit = initialize_array(DatasetType.input, ComponentType.transformer, 1)
    unit["id"], unit["from_node"], unit["to_node"] = number, trafo.hv_node, trafo.lv_node
    unit["from_status"] = unit["to_status"] = 1
    unit["u1"], unit["u2"] = 1e3 * trafo.vn_hv_kv, 1e3 * trafo.vn_lv_kv
    unit["sn"] = 1e3 * trafo.sn_kva
    unit["uk"], unit["pk"] = trafo.vk_percent / 100, 10 * trafo.vkr_percent * trafo.sn_kva
    unit["i0"], unit["p0"] = trafo.i0_percent / 100, 1e3 * trafo.pfe_kw
    unit["winding_from"], unit["winding_to"] = WindingType.delta, WindingType.wye_n
    unit["clock"] = round(trafo.shift_degree / 30) % 12
    unit["tap_side"] = {"hv": 0, "lv": 1}[trafo.tap_side]
    unit["tap_pos"], unit["tap_nom"] = trafo.tap_pos, trafo.tap_neutral
    unit["tap_min"], unit["tap_max"] = trafo.tap_min, trafo.tap_max
    winding_kv = trafo.vn_hv_kv if trafo.tap_side == "hv" else trafo.vn_lv_kv
    unit["tap_size"] = 10 * trafo.tap_step_percent * winding_kv
    return unit
