"""Write a feeder as a network folder: a pandapower net, its neutral in gridplan's own tables."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridplan.frozen import ComplexArray, FloatArray
from gridplan.network.feeder import Feeder, Source, Transformer
from gridplan.network.nameplate import SOURCE_VOLTAGE_FACTOR
from gridplan.network.reader import NETWORK_FILE
from gridplan.network.tables import KNOWN_TABLES
from gridplan.wholefiles import replace_file

if TYPE_CHECKING:
    import pandapower

README_FILE = "README.md"

#: By this line a README is known as gridplan's own; any other is left alone.
MARK = "Made by `gridplan network"

#: pandapower has no lines without length; their whole impedance then stands on this one.
SHORTEST_KM = 0.001

_WIRES = ("a", "b", "c", "n")
_HEADER = ("name", "f_hz", "sn_mva", "version", "format_version")
_PHASES = ("a", "b", "c")


def write_network(feeder: Feeder, folder: str | Path, source: str = "") -> Path:
    """Write ``network.json`` and ``README.md`` into ``folder`` and return the folder.

    ``gp.read_feeder`` reads from it a feeder with the same voltages; pandapower opens it as well,
    but solves it without what it does not know: the neutral conductor, its groundings, impedances
    that are not symmetrical. A README that somebody else wrote stays. ``source`` says where the
    network comes from.
    """
    import pandapower as pp

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    net = net_of_tables(network_tables(feeder), feeder)
    for key in [key for key in net if key not in (*_HEADER, *KNOWN_TABLES)]:
        del net[key]
    replace_file(
        target / NETWORK_FILE, json.dumps(json.loads(pp.to_json(net, indent=None)), indent=1)
    )
    readme = target / README_FILE
    if not readme.exists() or MARK in readme.read_text(encoding="utf-8"):
        replace_file(readme, _readme(feeder, target.resolve().name, source))
    return target


def net_of_tables(tables: dict[str, dict[str, Any]], feeder: Feeder) -> pandapower.pandapowerNet:
    """A pandapower net of tables of columns, as ``network_tables`` gives them."""
    import pandapower as pp

    net = pp.create_empty_network(name=feeder.name, f_hz=feeder.f_hz)
    for table, columns in tables.items():
        _fill(net, table, columns)
    return net


def network_tables(feeder: Feeder) -> dict[str, dict[str, Any]]:
    """The columns of every table of a network file; "index" holds the row numbers.

    Bus and line numbers are ``nodes.bus`` and ``lines.row``.
    """
    tables = {
        "bus": _buses(feeder),
        "line": _lines(feeder),
        "line_matrix": _line_matrix(feeder),
        "ext_grid": _source(feeder.source, feeder),
        "asymmetric_load": _customers(feeder, 1.0),
        "asymmetric_sgen": _customers(feeder, -1.0),
        "grounding": {
            "bus": feeder.nodes.bus[feeder.groundings.node],
            "r_ohm": feeder.groundings.z_ohm.real,
            "x_ohm": feeder.groundings.z_ohm.imag,
            "name": [str(name) for name in feeder.nodes.name[feeder.groundings.node]],
            "in_service": [True] * len(feeder.groundings.node),
        },
        "node_shunt": _node_shunts(feeder),
    }
    if feeder.transformer is not None:
        tables["trafo"] = _transformer(feeder.transformer, feeder)
    return tables


def _fill(net: Any, table: str, columns: dict[str, Any]) -> None:
    """Put columns into a table of the net, row numbers in "index", pandapower's types kept."""
    import pandas as pd

    values = dict(columns)
    index = values.pop("index", None)
    frame = pd.DataFrame(values, index=index)
    if frame.empty:
        return
    if table in net:
        known = net[table].dtypes
        for name, kind in known.items():
            if name in frame:
                frame[name] = frame[name].astype(kind)
        extra = [name for name in frame if name not in known]
        frame = frame.reindex(columns=[*known.index, *extra])
    net[table] = frame


def _buses(feeder: Feeder) -> dict[str, Any]:
    nodes = feeder.nodes
    return {
        "index": nodes.bus,
        "name": nodes.name.tolist(),
        "vn_kv": nodes.nominal_v * math.sqrt(3) / 1000,
        "type": ["b"] * len(nodes),
        "in_service": [True] * len(nodes),
        "geo": [_point(x, y) for x, y in zip(nodes.x.tolist(), nodes.y.tolist(), strict=True)],
    }


def _point(x: float, y: float) -> str | None:
    if math.isnan(x) or math.isnan(y):
        return None
    return json.dumps({"type": "Point", "coordinates": [x, y]})


def lengths_km(feeder: Feeder) -> FloatArray:
    """Length of each line (line,) [km], never zero."""
    known = np.nan_to_num(feeder.lines.length_m, nan=0.0) / 1000
    return np.where(known > 0, known, SHORTEST_KM)


def _lines(feeder: Feeder) -> dict[str, Any]:
    """The line table; impedances in it are the mean over the phases, for other tools."""
    lines, circuits = feeder.lines, feeder.circuits
    km = lengths_km(feeder)
    z1, z0 = sequences(lines.z_ohm)
    y1, y0 = sequences(lines.y_s)
    nano = 1e9 / (2 * math.pi * feeder.f_hz) / km
    behind = lines.circuit >= 0
    number = np.where(behind, lines.circuit, 0)
    heads = behind & (lines.from_node == _busbar(feeder))

    def of_circuit(values: FloatArray) -> FloatArray:
        return (
            np.where(heads, values[number], np.nan) if len(values) else np.full(len(lines), np.nan)
        )

    return {
        "index": lines.row,
        "name": lines.name.tolist(),
        "std_type": [name or None for name in lines.std_type.tolist()],
        "from_bus": feeder.nodes.bus[lines.from_node],
        "to_bus": feeder.nodes.bus[lines.to_node],
        "length_km": km,
        "r_ohm_per_km": z1.real / km,
        "x_ohm_per_km": z1.imag / km,
        "r0_ohm_per_km": z0.real / km,
        "x0_ohm_per_km": z0.imag / km,
        "c_nf_per_km": np.maximum(y1.imag * nano, 0),
        "c0_nf_per_km": np.maximum(y0.imag * nano, 0),
        "g_us_per_km": np.maximum(y1.real * 1e6 / km, 0),
        "max_i_ka": lines.ampacity_a / 1000,
        "df": [1.0] * len(lines),
        "parallel": [1] * len(lines),
        "type": ["cs"] * len(lines),
        "in_service": [True] * len(lines),
        "section": [None if name == "mv" else name for name in lines.section.tolist()],
        "outgoing_circuit": [
            str(circuits.name[k]) if k >= 0 else None for k in lines.circuit.tolist()
        ],
        "protection_a": of_circuit(circuits.protection_a),
        "rcd_ma": of_circuit(circuits.rcd_ma),
        "leakage_ma": of_circuit(circuits.leakage_ma),
        "neutral_max_i_ka": lines.neutral_ampacity_a / 1000,
        "neutral_open": lines.neutral_open,
    }


def _busbar(feeder: Feeder) -> int:
    return feeder.source.node if feeder.transformer is None else feeder.transformer.lv_node


def sequences(matrices: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """Positive and zero sequence (line,) of matrices (line, wire, wire), by their means."""
    phase = matrices[:, :3, :3]
    diagonal = np.einsum("lii->li", phase)
    count = np.maximum((diagonal != 0).sum(axis=1), 1)
    own = diagonal.sum(axis=1) / count
    mutual = (phase.sum(axis=(1, 2)) - diagonal.sum(axis=1)) / np.maximum(count * (count - 1), 1)
    return own - mutual, own + 2 * mutual


def _line_matrix(feeder: Feeder) -> dict[str, Any]:
    """One row per entry of the lower triangle of each line's matrices."""
    lines, km = feeder.lines, lengths_km(feeder)
    n_wire = lines.wires.shape[1]
    low = np.tri(n_wire, dtype=np.bool_) & lines.wires[:, :, None] & lines.wires[:, None, :]
    line, i, j = np.nonzero(low)
    z, y = lines.z_ohm[line, i, j] / km[line], lines.y_s[line, i, j] / km[line]
    return {
        "line": lines.row[line],
        "i": [_WIRES[k] for k in i],
        "j": [_WIRES[k] for k in j],
        "r_ohm_per_km": z.real,
        "x_ohm_per_km": z.imag,
        "g_us_per_km": y.real * 1e6,
        "c_nf_per_km": y.imag * 1e9 / (2 * math.pi * feeder.f_hz),
    }


def _source(source: Source, feeder: Feeder) -> dict[str, Any]:
    """The source behind its impedance, or by its short-circuit power where it is pandapower's."""
    columns: dict[str, Any] = {
        "name": ["source"],
        "bus": [int(feeder.nodes.bus[source.node])],
        "vm_pu": [source.vm_pu],
        "va_degree": [source.va_degree],
        "in_service": [True],
        "slack_weight": [1.0],
    }
    z1, z2, z0 = source.z1_ohm, source.z2_ohm, source.z0_ohm
    if z1 or z1 == z2 != 0:
        behind = {"r1_ohm": z1.real, "x1_ohm": z1.imag, "r0_ohm": z0.real, "x0_ohm": z0.imag}
    elif z2:
        vn_kv = float(feeder.nodes.nominal_v[source.node]) * math.sqrt(3) / 1000
        behind = {
            "s_sc_max_mva": SOURCE_VOLTAGE_FACTOR * vn_kv**2 / abs(z2),
            "rx_max": z2.real / z2.imag,
            "x0x_max": z0.imag / z2.imag,
            "r0x0_max": z0.real / z0.imag,
        }
    else:
        behind = {}
    return columns | {name: [value] for name, value in behind.items()}


def _transformer(trafo: Transformer, feeder: Feeder) -> dict[str, Any]:
    bus = feeder.nodes.bus
    row = {
        "name": trafo.name,
        "std_type": trafo.std_type or None,
        "hv_bus": int(bus[trafo.hv_node]),
        "lv_bus": int(bus[trafo.lv_node]),
        "sn_mva": trafo.sn_kva / 1000,
        "vector_group": trafo.vector_group.rstrip("0123456789"),
        "tap_changer_type": "Ratio" if trafo.tap_step_percent else None,
        "tap_step_degree": 0.0,
        "df": 1.0,
        "in_service": True,
    }
    row |= {
        name: getattr(trafo, name)
        for name in (
            *("vn_hv_kv", "vn_lv_kv", "shift_degree", "vk_percent", "vkr_percent", "vk0_percent"),
            *("vkr0_percent", "mag0_percent", "mag0_rx", "si0_hv_partial", "pfe_kw", "i0_percent"),
            *("tap_side", "tap_neutral", "tap_pos", "tap_min", "tap_max", "tap_step_percent"),
            *("parallel", "leakage_resistance_ratio_hv", "leakage_reactance_ratio_hv"),
            "ambient_surcharge_k",
        )
    }
    return {name: [value] for name, value in row.items()}


def _customers(feeder: Feeder, sign: float) -> dict[str, Any]:
    """Loads (sign 1) or generation (-1), one row per customer, per phase or branch."""
    customers = feeder.customers
    generation = np.char.endswith(customers.table, "sgen")
    of = np.flatnonzero(generation if sign < 0 else ~generation)
    columns: dict[str, Any] = {
        "name": customers.id[of].tolist(),
        "bus": feeder.nodes.bus[customers.node[of]],
        "scaling": [1.0] * len(of),
        "in_service": [True] * len(of),
        "type": customers.wiring[of].tolist(),
        "customer_id": customers.id[of].tolist(),
        "phase": customers.phase[of].tolist(),
        "kind": customers.kind[of].tolist(),
        "movable_unit": customers.unit_names[customers.unit[of]].tolist(),
        "may_move": customers.may_move[of],
        "phase_confidence": customers.phase_confidence[of],
        "priority": customers.priority[of],
        "meter_a": customers.meter_a[of],
        "const_z_percent": customers.const_z[of] * 100,
        "const_i_percent": customers.const_i[of] * 100,
    }
    for k, phase in enumerate(_PHASES):
        columns[f"p_{phase}_mw"] = sign * customers.p_kw[of] * customers.p_share[of, k] / 1000
        columns[f"q_{phase}_mvar"] = sign * customers.q_kvar[of] * customers.q_share[of, k] / 1000
    return columns


def _node_shunts(feeder: Feeder) -> dict[str, Any]:
    shunts = feeder.shunts
    low = np.tri(4, dtype=np.bool_) & (shunts.y_s != 0)
    shunt, i, j = np.nonzero(low)
    y = shunts.y_s[shunt, i, j] * 1e6
    return {
        "bus": feeder.nodes.bus[shunts.node[shunt]],
        "i": [_WIRES[k] for k in i],
        "j": [_WIRES[k] for k in j],
        "g_us": y.real,
        "b_us": y.imag,
        "name": shunts.name[shunt].tolist(),
    }


def _readme(feeder: Feeder, title: str, source: str) -> str:
    trafo = feeder.transformer
    unit = "none" if trafo is None else f"{trafo.sn_kva:g} kVA {trafo.vector_group}"
    noted = "".join(f"- {note}\n" for note in feeder.notes)
    inferred = f"What was inferred:\n\n{noted}\n" if noted else ""
    return (
        f"# {title}\n\n{source or 'Written from a feeder in memory.'}\n\n"
        "| figure | value |\n|---|---|\n"
        f"| transformer | {unit} |\n"
        f"| nodes, lines | {len(feeder.nodes)}, {len(feeder.lines)} |\n"
        f"| customers | {len(feeder.customers)} |\n"
        f"| neutral | {'explicit' if feeder.nodes.wires[:, 3].any() else 'folded in'} |\n\n"
        f"{inferred}"
        f"{MARK}`; write licence and origin of the data here, and take this line out to keep it.\n"
    )
