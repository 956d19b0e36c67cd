"""Small pandapower nets that the tests of the reader plant mistakes in."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pandapower as pp

LINE = {
    "length_km": 0.04,
    "r_ohm_per_km": 0.868,
    "x_ohm_per_km": 0.355,
    "c_nf_per_km": 0.0,
    "max_i_ka": 0.136,
    "r0_ohm_per_km": 3.472,
    "x0_ohm_per_km": 1.284,
    "c0_nf_per_km": 0.0,
}
TRAFO = {
    "sn_mva": 0.1,
    "vn_hv_kv": 10.0,
    "vn_lv_kv": 0.4,
    "vk_percent": 4.0,
    "vkr_percent": 1.5,
    "pfe_kw": 0.2,
    "i0_percent": 1.8,
    "vector_group": "Dyn",
    "shift_degree": 330,
    "vk0_percent": 3.7,
    "vkr0_percent": 1.5,
    "mag0_percent": 10000,
    "mag0_rx": 0.0,
    "si0_hv_partial": 0.9,
    "tap_side": "hv",
    "tap_neutral": 0,
    "tap_min": -2,
    "tap_max": 2,
    "tap_step_percent": 2.5,
    "tap_pos": 0,
    "tap_changer_type": "Ratio",
}


def add_home(net: pp.pandapowerNet, bus: int, phase: str, number: str, kw: float = 2.0) -> int:
    power = {f"p_{letter}_mw": kw / 1000 * (letter == phase) for letter in "abc"}
    power |= {f"q_{letter}_mvar": kw / 3000 * (letter == phase) for letter in "abc"}
    return int(
        pp.create_asymmetric_load(net, bus, **power, customer_id=number, phase=phase, name=number)
    )


def add_line(net: pp.pandapowerNet, one: int, other: int, name: str = "", **changes: Any) -> int:
    values = {**LINE, **changes}
    return int(pp.create_line_from_parameters(net, one, other, name=name, **values))


def village(parents: tuple[int, ...] = (0, 1, 2, 0, 4, 5), **trafo: Any) -> pp.pandapowerNet:
    """A radial village: pole k + 1 hangs on pole ``parents[k]`` (0: the busbar), a home each."""
    return copy.deepcopy(_village(parents, tuple(trafo.items())))


@cache
def _village(parents: tuple[int, ...], trafo: tuple[tuple[str, Any], ...]) -> pp.pandapowerNet:
    net = pp.create_empty_network(name="village")
    source = pp.create_bus(net, 10.0, name="10 kV")
    poles = [pp.create_bus(net, 0.4, name="busbar")]
    pp.create_ext_grid(
        net, source, vm_pu=1.02, s_sc_max_mva=100.0, rx_max=0.1, x0x_max=1.0, r0x0_max=0.1
    )
    pp.create_transformer_from_parameters(
        net, source, poles[0], name="T1", **{**TRAFO, **dict(trafo)}
    )
    for number, parent in enumerate(parents, start=1):
        poles.append(pp.create_bus(net, 0.4, name=f"pole {number}"))
        add_line(net, poles[parent], poles[-1], f"L{number}")
        add_home(net, poles[-1], "abc"[number % 3], f"H{number:03d}")
    return net


def save(net: pp.pandapowerNet, folder: Path) -> Path:
    path = folder / "network.json"
    pp.to_json(net, str(path))
    return path


def edit(path: Path, **entries: Any) -> Path:
    """Set entries of the saved net, behind pandapower's back."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["_object"].update(entries)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
