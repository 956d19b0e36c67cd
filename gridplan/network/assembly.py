"""The arrays of a feeder from tables that the checks have passed."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import BoolArray
from gridplan.network.connections import build_customers
from gridplan.network.feeder import Feeder, Lines, Nodes, OutgoingCircuits
from gridplan.network.nameplate import build_source, build_transformer
from gridplan.network.parts import Parts, circuit_names
from gridplan.network.topology import RadialOrder, first_lines
from gridplan.network.wires import (
    build_groundings,
    build_shunts,
    fill_matrices,
    line_matrices,
    line_wires,
    node_wires,
)

#: A rated current from here on is a placeholder of other tools for "unlimited" [kA].
UNLIMITED_KA = 9999.0

#: Families of conductors that only serve as service drops.
_SERVICE_FAMILIES = ("BLV", "BV")


def build_feeder(parts: Parts, name: str, notes: tuple[Fault, ...]) -> Feeder:
    """Put the feeder together; ``notes`` go in front of what is inferred here."""
    topology, order, tables = parts.topology, parts.radial, parts.tables
    node_of = {junction: node for node, junction in enumerate(order.junctions)}
    node_of_bus = {
        bus: node_of[junction]
        for bus, junction in topology.junction_of.items()
        if junction in node_of
    }
    source_bus = int(tables["ext_grid"].bus["bus"][0])
    source_kv = float(topology.vn_kv[topology.junction_of[source_bus]])
    supply, said = build_source(tables["ext_grid"], node_of_bus[source_bus], source_kv)
    transformer, busbar, whole = None, supply.node, [supply.node]
    if len(tables["trafo"]):
        hv, busbar = (node_of[int(end)] for end in topology.trafo_ends[0])
        transformer, more = build_transformer(tables["trafo"], hv, busbar)
        said, whole = [*more, *said], [*whole, hv, busbar]
    customers, inferred = build_customers(parts.rows, node_of_bus)
    lines, circuits, also = _lines(parts, node_of, set(customers.node.tolist()))
    ends = np.stack([lines.from_node, lines.to_node], axis=1)
    wires = node_wires(len(order.junctions), ends, lines.wires, whole)
    # a star point that is grounded on its own, before lines without a neutral
    wires[busbar, 3] |= busbar in {
        node_of_bus[bus] for bus in tables["grounding"].bus["bus"].tolist()
    }
    # where a phase is missing, only the lateral as a whole could change phase
    free = wires[customers.node, :3].all(axis=1) & (customers.wiring != "delta")
    customers = replace(customers, may_move=customers.may_move & free)
    groundings, assumed = build_groundings(parts, node_of_bus, busbar, wires)
    return Feeder(
        name=name,
        nodes=_nodes(parts, wires),
        lines=lines,
        circuits=circuits,
        transformer=transformer,
        source=supply,
        customers=customers,
        groundings=groundings,
        shunts=build_shunts(parts, node_of_bus),
        f_hz=parts.f_hz,
        notes=(*notes, *said, *also, *assumed, *inferred),
    )


def _nodes(parts: Parts, wires: BoolArray) -> Nodes:
    bus, order, topology = parts.tables["bus"], parts.radial, parts.topology
    first = [topology.buses[junction][0] for junction in order.junctions]
    line_number = {line: number for number, line in enumerate(_line_rows(order))}
    places = [_place(bus.text["geo"][position]) for position in first]
    return Nodes(
        name=np.array([bus.label(position) for position in first]),
        bus=bus.index[first],
        nominal_v=topology.vn_kv[order.junctions] * 1000 / math.sqrt(3),
        parent_line=np.array([line_number.get(line, -1) for line in order.parent_line]),
        x=np.array([x for x, _ in places]),
        y=np.array([y for _, y in places]),
        wires=wires,
    )


def _place(geo: str) -> tuple[float, float]:
    """Coordinates of a GeoJSON point, NaN where it is none."""
    try:
        point = json.loads(geo)["coordinates"]
        return float(point[0]), float(point[1])
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return math.nan, math.nan


def _line_rows(order: RadialOrder) -> list[int]:
    """Positions in the line table, in the order of the nodes that they feed; loops close last."""
    return [*(line for line in order.parent_line if line >= 0), *order.closing]


def _lines(
    parts: Parts, node_of: dict[int, int], with_customers: set[int]
) -> tuple[Lines, OutgoingCircuits, list[Fault]]:
    table, order = parts.tables["line"], parts.radial
    rows = _line_rows(order)
    fed = [node for node, line in enumerate(order.parent_line) if line >= 0]
    before = [node_of[parent] for parent in order.parent if parent >= 0]
    before += [node_of[one] for one, _ in order.closing_ends]
    fed += [node_of[other] for _, other in order.closing_ends]
    names = [table.label(row) for row in rows]
    circuit, circuits, notes = _circuits(parts, rows)
    number = {name: values[rows] for name, values in table.number.items()}
    wires = line_wires(parts)[rows]
    n_wire = 4 if wires[:, 3].any() else 3
    z_ohm, y_s = line_matrices(number, parts.f_hz, n_wire)
    fill_matrices(parts, rows, z_ohm, y_s)
    section = _sections(parts, rows, fed, before, with_customers)
    known_ka = np.where(number["max_i_ka"] < UNLIMITED_KA, number["max_i_ka"], math.nan)
    ampacity_a = known_ka * number["df"] * number["parallel"] * 1000
    lines = Lines(
        name=np.array(names, dtype=np.str_),
        std_type=np.array([table.text["std_type"][row] for row in rows], dtype=np.str_),
        row=table.index[rows],
        from_node=np.array(before, dtype=np.int64),
        to_node=np.array(fed, dtype=np.int64),
        length_m=number["length_km"] * 1000,
        z_ohm=z_ohm,
        y_s=y_s,
        wires=wires[:, :n_wire],
        neutral_open=table.flag["neutral_open"][rows],
        ampacity_a=ampacity_a,
        neutral_ampacity_a=number["neutral_max_i_ka"] * number["parallel"] * 1000,
        section=np.array(section, dtype=np.str_),
        circuit=np.array(circuit, dtype=np.int64),
    )
    return lines, circuits, notes


def _sections(
    parts: Parts, rows: list[int], fed: list[int], before: list[int], with_customers: set[int]
) -> list[str]:
    """Section per line: as stated; else service where the type or the place says so; else main."""
    table, n_mv = parts.tables["line"], parts.radial.n_mv
    feeding = set(before)
    sections = []
    for row, node in zip(rows, fed, strict=True):
        family = table.text["std_type"][row].split(" ")[0].upper()
        drop = family in _SERVICE_FAMILIES or (node in with_customers and node not in feeding)
        sections.append(table.text["section"][row] or ("service" if drop else "main"))
        if node < n_mv:
            sections[-1] = "mv"
    return sections


def _circuits(parts: Parts, rows: list[int]) -> tuple[list[int], OutgoingCircuits, list[Fault]]:
    """Circuit number per line, the circuits, and a note on the names that were made up."""
    table, first, stated = parts.tables["line"], first_lines(parts.radial), circuit_names(parts)
    heads = list(dict.fromkeys(first.values()))
    free = (f"F{number}" for number in range(1, len(heads) + len(stated) + 1))
    taken = set(stated.values())
    names = {head: stated[head] or next(f for f in free if f not in taken) for head in heads}
    unique = list(dict.fromkeys(names.values()))
    made_up = sum(not stated[head] for head in heads)
    notes = []
    if made_up:
        what = f"outgoing circuits named by gridplan ({made_up} of {len(heads)})"
        notes.append(
            Fault(code="circuit-inferred", where="line", what=what, severity="note", rows=made_up)
        )

    def of_heads(column: str) -> list[float]:
        values = {names[head]: math.nan for head in heads}
        for head in reversed(heads):
            value = float(table.number[column][head])
            if not math.isnan(value):
                values[names[head]] = value
        return [values[name] for name in unique]

    circuits = OutgoingCircuits(
        name=np.array(unique, dtype=np.str_),
        protection_a=np.array(of_heads("protection_a"), dtype=np.float64),
        rcd_ma=np.array(of_heads("rcd_ma"), dtype=np.float64),
        leakage_ma=np.array(of_heads("leakage_ma"), dtype=np.float64),
    )
    number = {name: position for position, name in enumerate(unique)}
    return [number[names[first[row]]] if row in first else -1 for row in rows], circuits, notes
