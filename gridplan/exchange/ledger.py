"""A feeder as the rows of a utility ledger, from which ``read_ledger`` makes it again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gridplan.exchange.ledger_drops import Drops
from gridplan.network.catalogue import (
    ConductorType,
    TransformerType,
    conductor_types,
    phase_matrices,
    transformer_types,
)
from gridplan.network.feeder import Feeder, Transformer
from gridplan.network.ledger_forms import TRAFO_NUMBERS
from gridplan.network.writer import lengths_km, network_tables

Rows = list[dict[str, Any]]

#: Values that differ by less than this share are the catalogue's own.
_SAME = 1e-9
_KINDS_ZH = {
    "resident": "居民", "vacant": "空置", "ten_kilowatt": "万瓦户", "pump": "抽水", "mill": "碾米",
    "farm": "养殖", "shop": "商店", "public": "公共", "ebike": "充电桩", "tea_dryer": "制茶",
    "tobacco_dryer": "烤烟", "feast": "宴席", "pv": "光伏", "three_phase": "动力",
}  # fmt: skip
_IMPEDANCES = ("r_ohm_per_km", "x_ohm_per_km", "r0_ohm_per_km", "x0_ohm_per_km")
_SHUNTS = ("c_nf_per_km", "c0_nf_per_km", "g_us_per_km")


def ledger_rows(feeder: Feeder) -> dict[str, Rows]:
    """The rows of every sheet by field; empty cells are left out.

    ``InputError`` for a feeder without a transformer: it is no transformer area.
    """
    trafo = feeder.area_transformer
    tables = network_tables(feeder)
    drops = Drops(feeder, [_is_catalogue(feeder, tables["line"], k) for k in _lines(feeder)])
    sheets = {
        "transformers": [_transformer(feeder, trafo, tables)],
        "poles": _poles(feeder, trafo, drops),
        "lines": _sections(feeder, tables["line"], drops),
        "boxes": _boxes(feeder, drops),
        "customers": _customers(feeder, drops),
        "line_matrix": _matrices(feeder, tables["line_matrix"], tables["line"]),
        "grounding": [
            {"pole": str(feeder.nodes.name[node]), "r_ohm": z.real, "x_ohm": z.imag}
            for node, z in zip(
                feeder.groundings.node.tolist(), feeder.groundings.z_ohm.tolist(), strict=True
            )
        ],
        "node_shunt": _shunts(feeder, tables["node_shunt"]),
    }
    return {name: [_filled(row) for row in rows] for name, rows in sheets.items() if rows}


def _lines(feeder: Feeder) -> range:
    return range(len(feeder.lines))


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not _empty(value)}


def _empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME * max(abs(one), abs(other))


def _transformer(
    feeder: Feeder, trafo: Transformer, tables: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    kind: TransformerType | None = transformer_types().get(trafo.std_type)
    group = trafo.vector_group
    row: dict[str, Any] = {
        "area": feeder.name,
        "model": trafo.std_type or "-",
        "kva": trafo.sn_kva,
        "group": group,
        "tap": f"{trafo.tap_pos - trafo.tap_neutral:+.17g}",
        "tap_side": "" if kind and trafo.tap_side == kind.tap_side else trafo.tap_side,
        "name": "" if trafo.name == "T1" else trafo.name,
    }
    defaults = {"parallel": 1.0, "ambient_surcharge_k": 0.0}
    defaults |= dict.fromkeys(("leakage_resistance_ratio_hv", "leakage_reactance_ratio_hv"), 0.5)
    for one in TRAFO_NUMBERS:
        value = float(getattr(trafo, one.name))
        usual = getattr(kind, one.name, None) if kind else None
        usual = defaults.get(one.name, usual)
        if usual is None or not _same(value, float(usual)):
            row[one.name] = value
    if kind and trafo.has_yyn_core:
        row["vk0_percent"], row["vkr0_percent"] = trafo.vk0_percent, trafo.vkr0_percent
    source = {name: values[0] for name, values in tables["ext_grid"].items()}
    names = ("vm_pu", "va_degree", "s_sc_max_mva", "rx_max", "x0x_max", "r0x0_max")
    for name in (*names, "r1_ohm", "x1_ohm", "r0_ohm", "x0_ohm"):
        row[name] = source.get(name)
    if not (feeder.source.z1_ohm or feeder.source.z2_ohm):
        row |= dict.fromkeys(("r1_ohm", "x1_ohm", "r0_ohm", "x0_ohm"), 0.0)  # stiff
    if not source["va_degree"]:
        row["va_degree"] = None
    row["f_hz"] = None if feeder.f_hz == 50.0 else feeder.f_hz
    return row


def _poles(feeder: Feeder, trafo: Transformer, drops: Drops) -> Rows:
    """Every node that is neither a box nor a home with a drop of its own."""
    roles = {feeder.source.node: "电源"}
    roles |= {trafo.hv_node: "高压侧", trafo.lv_node: "低压母线"}
    rows = []
    nodes = feeder.nodes
    for node, name in enumerate(nodes.name.tolist()):
        if node in drops.own_node:
            continue
        vn_kv = float(nodes.nominal_v[node]) * math.sqrt(3) / 1000
        usual = 0.4 if node >= trafo.lv_node else 10.0
        rows.append(
            {
                "pole": name,
                "role": roles.get(node, ""),
                "x": float(nodes.x[node]),
                "y": float(nodes.y[node]),
                "vn_kv": None if _same(vn_kv, usual) else vn_kv,
            }
        )
    return rows


def _kind(feeder: Feeder, k: int) -> ConductorType | None:
    return conductor_types().get(str(feeder.lines.std_type[k]))


def _overrides(feeder: Feeder, columns: Mapping[str, Any], k: int) -> dict[str, float]:
    """What a line has that its type of the catalogue has not."""
    kind, lines = _kind(feeder, k), feeder.lines
    row: dict[str, float] = {}
    impedances = {name: float(columns[name][k]) for name in _IMPEDANCES}
    same = kind is not None and all(
        _same(value, float(getattr(kind, name))) for name, value in impedances.items()
    )
    if not same:
        row |= impedances
    row |= {name: float(columns[name][k]) for name in _SHUNTS if columns[name][k]}
    for name in ("ampacity_a", "neutral_ampacity_a"):
        value = float(getattr(lines, name)[k])
        usual = float(getattr(kind, name)) if kind else math.nan
        if math.isnan(value) and not math.isnan(usual):
            row[name] = 0.0  # unknown, whatever the catalogue says
        elif not math.isnan(value) and not _same(value, usual):
            row[name] = value
    return row


def _is_catalogue(feeder: Feeder, columns: Mapping[str, Any], k: int) -> bool:
    """Whether type and length say everything of a line."""
    lines = feeder.lines
    plain = not lines.neutral_open[k] and lines.length_m[k] > 0
    return bool(plain and _kind(feeder, k) and not _overrides(feeder, columns, k)) and (
        lines.z_ohm.shape[1] == 3
    )


def _sections(feeder: Feeder, columns: Mapping[str, Any], drops: Drops) -> Rows:
    lines, nodes = feeder.lines, feeder.nodes
    names = nodes.name.tolist()
    rows = []
    for k in _lines(feeder):
        if k in drops.lines:
            continue
        lateral = drops.laterals.get(k)
        to_name, section = names[lines.to_node[k]], str(lines.section[k])
        usual = "lateral" if lateral else "main"
        row: dict[str, Any] = {
            "name": "" if lines.name[k] == to_name else str(lines.name[k]),
            "from_pole": names[lines.from_node[k]],
            "to_pole": to_name,
            "model": str(lines.std_type[k]),
            "length_m": float(columns["length_km"][k]) * 1000,
            "phases": "1" if lateral else "3",
            "phase": lateral[1].upper() if lateral else "",
            "branch": lateral[0] if lateral else "",
            "circuit": columns["outgoing_circuit"][k],
            "section": "" if section == usual else section,
            "neutral_open": "yes" if lines.neutral_open[k] else "",
        }
        row |= _overrides(feeder, columns, k)
        row |= {name: float(columns[name][k]) for name in ("protection_a", "rcd_ma", "leakage_ma")}
        rows.append(row)
    return rows


def _boxes(feeder: Feeder, drops: Drops) -> Rows:
    nodes, lines = feeder.nodes, feeder.lines
    rows = []
    for node, k in drops.boxes.items():
        name = str(nodes.name[node])
        wires, phase = drops.box_wires(node)
        rows.append(
            {
                "box": name,
                "pole": str(nodes.name[lines.from_node[k]]),
                "wires": wires,
                "phase": phase.upper(),
                "model": str(lines.std_type[k]),
                "length_m": float(lines.length_m[k]),
                "x": float(nodes.x[node]),
                "y": float(nodes.y[node]),
            }
        )
    return rows


def _customers(feeder: Feeder, drops: Drops) -> Rows:
    customers, nodes, lines = feeder.customers, feeder.nodes, feeder.lines
    phases, rows = customers.phase.tolist(), []
    for k, number in enumerate(customers.id.tolist()):
        node = int(customers.node[k])
        row: dict[str, Any] = {"customer_id": number}
        if node in drops.homes:
            line = drops.homes[node]
            name = str(nodes.name[node])
            row |= {
                "home": "" if name == number else name,
                "model": str(lines.std_type[line]),
                "length_m": float(lines.length_m[line]),
                "x": float(nodes.x[node]),
                "y": float(nodes.y[node]),
            }
            node = int(lines.from_node[line])
        row["box" if node in drops.boxes else "pole"] = str(nodes.name[node])
        unit = str(customers.unit_names[customers.unit[k]])
        confidence = float(customers.phase_confidence[k])
        three = len(phases[k]) == 3
        row |= {
            "phase": phases[k].upper(),
            "supply": "三相" if three else "单相" if len(phases[k]) == 1 else "",
            "kind": _KINDS_ZH[str(customers.kind[k])],
            "meter": float(customers.meter_a[k]),
            "unit": "" if unit == drops.usual_unit(k) else unit,
            "confidence": None if confidence == 1 else confidence,
            "priority": "是" if customers.priority[k] else "",
            "wiring": "" if customers.wiring[k] == "wye" else str(customers.wiring[k]),
            "const_z_percent": float(customers.const_z[k]) * 100 or None,
            "const_i_percent": float(customers.const_i[k]) * 100 or None,
        }
        usual_move = len(phases[k]) == 1
        if bool(customers.may_move[k]) != usual_move:
            row["may_move"] = "是" if customers.may_move[k] else "否"
        rows.append(row | _power(feeder, k))
    return rows


def _power(feeder: Feeder, k: int) -> dict[str, float]:
    """Total power, or power per phase where it is not split equally."""
    customers = feeder.customers
    sign = -1.0 if str(customers.table[k]).endswith("sgen") else 1.0
    p, q = sign * float(customers.p_kw[k]), sign * float(customers.q_kvar[k])
    used = customers.connected[k]
    equal = used / used.sum()
    if all(np.abs(s[k] - equal).max() < 1e-12 for s in (customers.p_share, customers.q_share)):
        return {"kw": p, "kvar": q}
    split = {f"p_{x}_kw": p * float(customers.p_share[k, n]) for n, x in enumerate("abc")}
    return split | {f"q_{x}_kvar": q * float(customers.q_share[k, n]) for n, x in enumerate("abc")}


def _matrices(feeder: Feeder, entries: Mapping[str, Any], columns: Mapping[str, Any]) -> Rows:
    """Entries of the lines that sequences do not describe."""
    lines, km = feeder.lines, lengths_km(feeder)
    by_row = {int(row): k for k, row in enumerate(lines.row)}
    if lines.z_ohm.shape[1] == 3:
        z1, z0 = (
            (np.asarray(columns[f"r{x}_ohm_per_km"]) + 1j * np.asarray(columns[f"x{x}_ohm_per_km"]))
            * km
            for x in ("", "0")
        )
        apart = np.abs(phase_matrices(z1, z0) - lines.z_ohm).max(axis=(1, 2), initial=0)
        odd = apart > _SAME * np.abs(lines.z_ohm).max(axis=(1, 2), initial=0)
        odd |= ~lines.wires.all(axis=1)
    else:
        odd = np.ones(len(lines), dtype=np.bool_)
    rows = []
    names = ("i", "j", *_IMPEDANCES[:2], "c_nf_per_km", "g_us_per_km")
    for n, row in enumerate(np.asarray(entries["line"]).tolist()):
        if odd[by_row[row]]:
            cells: dict[str, Any] = {"line": str(lines.name[by_row[row]])}
            for name in names:
                cells[name] = entries[name][n] if name in "ij" else float(entries[name][n])
            rows.append(cells)
    return rows


def _shunts(feeder: Feeder, entries: Mapping[str, Any]) -> Rows:
    by_bus = {int(bus): str(name) for bus, name in zip(*_bus_names(feeder), strict=True)}
    return [
        {
            "name": entries["name"][n], "pole": by_bus[int(bus)], "i": entries["i"][n],
            "j": entries["j"][n], "g_us": float(entries["g_us"][n]),
            "b_us": float(entries["b_us"][n]),
        }
        for n, bus in enumerate(entries["bus"])
    ]  # fmt: skip


def _bus_names(feeder: Feeder) -> tuple[list[int], list[str]]:
    return feeder.nodes.bus.tolist(), feeder.nodes.name.tolist()
