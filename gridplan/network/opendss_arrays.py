"""The arrays of a feeder from the parts of an OpenDSS circuit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.network.feeder import (
    Feeder,
    Lines,
    Nodes,
    OutgoingCircuits,
    Transformer,
)
from gridplan.network.ground import Groundings, Shunts
from gridplan.network.opendss_customers import build_customers, read_consumers
from gridplan.network.opendss_order import Order, bus_wires, check_conductors, order_buses
from gridplan.network.opendss_parts import Parts
from gridplan.network.opendss_source import read_source, source_bus
from gridplan.network.opendss_transformer import Unit, read_transformer

Places = dict[str, tuple[float, float]]

#: Entries of a shunt's admittance between phases that differ by less than this share are alike:
#: only the zero sequence sees it.
ZERO_SEQUENCE_ONLY = 1e-4

#: How far a nominal voltage may lie from the rated one of source or transformer.
BASE_TOLERANCE = 0.1


def build_feeder(
    engine: Any, parts: Parts, base_kv: dict[str, float], places: Places, notes: tuple[Fault, ...]
) -> Feeder | None:
    """Put the feeder together; None when ``parts`` has faults, those found here included."""
    unit = read_transformer(engine, parts)
    consumers = read_consumers(engine, parts)
    root = source_bus(parts)
    if not root:
        return None
    zero_shunt_s = _zero_sequence_shunt(parts, unit)
    if unit is not None:
        unit = replace(unit, transformer=_with_zero_shunt(unit.transformer, zero_shunt_s))
    order = order_buses(parts, root, unit)
    wires = bus_wires(parts, order, unit, root)
    check_conductors(parts, order, wires)
    node_of = {bus: node for node, bus in enumerate(order.buses)}
    groundings, said = _groundings(parts, node_of, wires, unit)
    if parts.faults:
        return None
    nominal_v, also = _nominal_v(engine, parts, order, unit, base_kv)
    customers, more = build_customers(consumers, node_of, nominal_v, wires)
    lines, circuits, further = _lines(parts, order, node_of, wires, set(customers.node.tolist()))
    return Feeder(
        name=str(engine.Circuit.Name()),
        nodes=_nodes(order, wires, nominal_v, places),
        lines=lines,
        circuits=circuits,
        transformer=_placed(unit, node_of),
        source=read_source(engine, parts, float(nominal_v[0])),
        customers=customers,
        groundings=groundings,
        shunts=_shunts(parts, node_of, wires),
        f_hz=float(engine.Solution.Frequency()),
        notes=(*notes, *also, *_transformer_notes(unit), *said, *further, *more),
    )


def _zero_sequence_shunt(parts: Parts, unit: Unit | None) -> complex:
    """Zero-sequence admittance [S] of reactors at a Yyn0's busbar that only that sequence sees.

    So OpenDSS is told what the star-star model of it lacks, the magnetising through the tank.
    They are part of the transformer and taken out of the shunts.
    """
    if unit is None or not unit.transformer.has_yyn_core:
        return 0j
    total, kept = 0j, []
    for shunt in parts.shunts:
        block = shunt.y_s[:3, :3]
        mean = complex(block.mean())
        alike = mean != 0 and np.abs(block - mean).max() < ZERO_SEQUENCE_ONLY * abs(mean)
        if alike and shunt.bus == unit.lv_bus:
            total += 3 * mean
        else:
            kept.append(shunt)
    parts.shunts = kept
    return total


def _with_zero_shunt(trafo: Transformer, shunt_s: complex) -> Transformer:
    """A Yyn0 with more zero-sequence admittance [S], seen from the LV side."""
    if not shunt_s:
        return trafo
    factor = 1.0
    if trafo.tap_side == "lv":
        factor += (trafo.tap_pos - trafo.tap_neutral) * trafo.tap_step_percent / 100
    percent_ohm = (trafo.vn_lv_kv * factor) ** 2 / trafo.sn_kva * 1000 / 100
    own = complex(trafo.vkr0_percent, math.sqrt(trafo.vk0_percent**2 - trafo.vkr0_percent**2))
    zero = 1 / (1 / own + shunt_s * percent_ohm)
    return replace(trafo, vk0_percent=abs(zero), vkr0_percent=zero.real)


def _placed(unit: Unit | None, node_of: dict[str, int]) -> Transformer | None:
    if unit is None:
        return None
    return replace(unit.transformer, hv_node=node_of[unit.hv_bus], lv_node=node_of[unit.lv_bus])


def _transformer_notes(unit: Unit | None) -> list[Fault]:
    """What is not to be believed of a transformer that OpenDSS makes of single-phase units."""
    if unit is None or not unit.transformer.has_yyn_core:
        return []
    what = (
        f"the zero-sequence impedance of a bank of single-phase units, "
        f"{unit.transformer.vk0_percent:.3g} %, is taken as OpenDSS has it"
    )
    remedy = "a three-limb unit has 40 to 150 %: use feeder.with_zero_sequence"
    where = f"transformer.{unit.transformer.name}"
    return [Fault(code="dss-yyn0", where=where, what=what, remedy=remedy, severity="note")]


def _nominal_v(
    engine: Any, parts: Parts, order: Order, unit: Unit | None, base_kv: dict[str, float]
) -> tuple[FloatArray, list[Fault]]:
    """Nominal phase voltages (node,) [V]: the script's voltage bases, else the rated voltages.

    A base far from the rated voltage is none: without ``set voltagebases`` the engine takes the
    nearest of a list of American ones.
    """
    engine.Vsources.Name(parts.sources[0].own_name)
    rated = np.full(len(order.buses), float(engine.Vsources.BasekV()))
    if unit is not None:
        rated[order.n_mv :] = unit.transformer.vn_lv_kv
    stated = np.array([base_kv[bus] for bus in order.buses]) * 1000
    rated_v = rated * 1000 / math.sqrt(3)
    known = np.abs(stated / rated_v - 1) < BASE_TOLERANCE
    if known.all():
        return stated, []
    what = "no fitting voltage bases: nominal voltages are those of source and transformer"
    note = Fault(
        code="dss-nominal", where="script", what=what, severity="note", rows=int((~known).sum())
    )
    return rated_v, [note]


def _nodes(order: Order, wires: BoolArray, nominal_v: FloatArray, places: Places) -> Nodes:
    number = {branch: line for line, branch in enumerate(order.radial)}
    nowhere = (math.nan, math.nan)
    return Nodes(
        name=np.array(order.buses, dtype=np.str_),
        bus=np.arange(len(order.buses)),
        nominal_v=nominal_v,
        parent_line=np.array([number.get(branch, -1) for branch in order.parent], dtype=np.int64),
        x=np.array([places.get(bus, nowhere)[0] for bus in order.buses]),
        y=np.array([places.get(bus, nowhere)[1] for bus in order.buses]),
        wires=wires,
    )


def _groundings(
    parts: Parts, node_of: dict[str, int], wires: BoolArray, unit: Unit | None
) -> tuple[Groundings, list[Fault]]:
    """Neutrals on the earth: by reactors, inside the transformer, by a conductor that ends there.

    A conductor that ends on node 0 where no other neutral stands makes that node's neutral solid,
    in place.
    """
    found: list[tuple[int, complex]] = []
    for branch in parts.branches:
        for bus, at in zip(branch.buses, branch.at, strict=True):
            if bus in node_of and 3 in branch.wires and 3 not in at:
                node = node_of[bus]
                if wires[node, 3] and (node, 0j) not in found:
                    what = f"its neutral ends on the earth at {bus}, where another neutral stands"
                    parts.fault(f"line.{branch.name}", what, "join both on node 4 of the bus")
                wires[node, 3] = True
                found.append((node, 0j))
    for shunt in parts.shunts:
        if shunt.is_grounding and shunt.bus in node_of and wires[node_of[shunt.bus], 3]:
            found.append((node_of[shunt.bus], complex(1 / shunt.y_s[3, 3])))
    if unit is not None and unit.lv_bus in node_of:
        node = node_of[unit.lv_bus]
        if unit.neutral_ohm is not None:
            found.append((node, unit.neutral_ohm))
        if unit.neutral == 0 and wires[node, 3] and (node, 0j) not in found:
            what = "its star point stands on the earth, the lines have a neutral on node 4"
            remedy = "put the star point on node 4 and ground that by a reactor"
            parts.fault(f"transformer.{unit.transformer.name}", what, remedy)
    notes = []
    if wires[:, 3].any() and not found:
        node = node_of[unit.lv_bus] if unit is not None else 0
        found.append((node, 0j))
        what = "nothing joins the neutral to the earth: taken as solidly grounded at the busbar"
        notes.append(Fault(code="grounding-assumed", where="circuit", what=what, severity="note"))
    found = list(dict.fromkeys(item for item in found if item[1] == 0)) + [
        item for item in found if item[1] != 0
    ]
    nodes = np.array([node for node, _ in found], dtype=np.int64)
    return Groundings(node=nodes, z_ohm=np.array([z for _, z in found], dtype=np.complex128)), notes


def _shunts(parts: Parts, node_of: dict[str, int], wires: BoolArray) -> Shunts:
    """Capacitors and reactors that do more than ground a neutral."""
    kept = [
        shunt
        for shunt in parts.shunts
        if shunt.bus in node_of
        and not shunt.is_grounding
        and wires[node_of[shunt.bus]][np.abs(shunt.y_s).any(axis=0)].all()
    ]
    return Shunts(
        name=np.array([shunt.name for shunt in kept], dtype=np.str_),
        node=np.array([node_of[shunt.bus] for shunt in kept], dtype=np.int64),
        y_s=np.array([shunt.y_s for shunt in kept], dtype=np.complex128).reshape(-1, 4, 4),
    )


def _lines(
    parts: Parts, order: Order, node_of: dict[str, int], wires: BoolArray, loaded: set[int]
) -> tuple[Lines, OutgoingCircuits, list[Fault]]:
    rows = [*order.radial, *order.closing]
    branches = [parts.branches[row] for row in rows]
    ends = _ends(parts, order, node_of)
    n_wire = 4 if wires[:, 3].any() else 3
    circuit, circuits = _circuits(order, ends)
    has = np.array([[k in branch.wires for k in range(4)] for branch in branches], dtype=np.bool_)
    matrices = [
        np.array([getattr(branch, name) for branch in branches]).reshape(-1, 4, 4)
        for name in ("z_ohm", "y_s")
    ]
    feeding = set(ends[:, 0].tolist())
    section = ["service" if to in loaded and to not in feeding else "main" for to in ends[:, 1]]
    section[len(order.radial) :] = ["main"] * len(order.closing)
    section = ["mv" if number < 0 else name for name, number in zip(section, circuit, strict=True)]
    unknown = np.full(len(rows), math.nan)
    lines = Lines(
        name=np.array([branch.name for branch in branches], dtype=np.str_),
        std_type=np.array([branch.std_type for branch in branches], dtype=np.str_),
        row=np.arange(len(rows)),
        from_node=ends[:, 0],
        to_node=ends[:, 1],
        length_m=np.array([branch.length_m for branch in branches], dtype=np.float64),
        z_ohm=matrices[0][:, :n_wire, :n_wire],
        y_s=matrices[1][:, :n_wire, :n_wire],
        wires=has.reshape(-1, 4)[:, :n_wire],
        neutral_open=np.array([branch.neutral_open for branch in branches], dtype=np.bool_),
        ampacity_a=np.array([branch.ampacity_a for branch in branches], dtype=np.float64),
        neutral_ampacity_a=unknown,
        section=np.array(section, dtype=np.str_),
        circuit=np.array(circuit, dtype=np.int64),
    )
    return lines, circuits, _line_notes(lines)


def _ends(parts: Parts, order: Order, node_of: dict[str, int]) -> IntArray:
    """Both nodes of each line (line, 2), away from the source."""
    ends = []
    fed = [bus for bus, parent in zip(order.buses, order.parent, strict=True) if parent >= 0]
    for row, bus in zip(order.radial, fed, strict=True):
        start = next(end for end in parts.branches[row].buses if end != bus)
        ends.append((node_of[start], node_of[bus]))
    for row in order.closing:
        one, other = sorted(node_of[bus] for bus in parts.branches[row].buses)
        ends.append((one, other))
    return np.array(ends, dtype=np.int64).reshape(-1, 2)


def _circuits(order: Order, ends: IntArray) -> tuple[list[int], OutgoingCircuits]:
    """Circuit of each line: one per line that leaves the busbar, -1 before the transformer."""
    busbar = order.n_mv
    of_node = {busbar: -1}
    circuit, count = [], 0
    n_radial = len(order.radial)
    for one, other in ends[:n_radial].tolist():
        if other < order.n_mv:
            circuit.append(-1)
            continue
        if one == busbar:
            of_node[other] = count
            count += 1
        else:
            of_node[other] = of_node[one]
        circuit.append(of_node[other])
    circuit += [of_node.get(other, -1) for _, other in ends[n_radial:].tolist()]
    names = [f"F{number + 1}" for number in range(count)]
    return circuit, OutgoingCircuits(
        name=np.array(names, dtype=np.str_),
        protection_a=np.full(count, math.nan),
        rcd_ma=np.full(count, math.nan),
        leakage_ma=np.full(count, math.nan),
    )


def _line_notes(lines: Lines) -> list[Fault]:
    """What OpenDSS does not tell of lines."""
    unknown = int(np.isnan(lines.ampacity_a).sum())
    if not unknown:
        return []
    what = "lines without a rated current (400 A is OpenDSS's placeholder): not assessed"
    return [
        Fault(code="dss-ampacity", where="line", what=what, severity="note", rows=unknown),
    ]
