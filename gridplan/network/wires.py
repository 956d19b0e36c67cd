"""Which conductors stand where: full line matrices, the neutral, groundings, shunts.

pandapower knows no neutral conductor. gridplan's tables ``line_matrix``, ``grounding`` and
``node_shunt`` in the same file do; a file without them has three-wire lines whose zero sequence
holds the neutral's drop.
"""

from __future__ import annotations

import math

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import BoolArray, ComplexArray, FloatArray, IntArray
from gridplan.network.catalogue import phase_matrices
from gridplan.network.cells import Table
from gridplan.network.checks import each, no_bus
from gridplan.network.ground import Groundings, Shunts
from gridplan.network.parts import Parts

#: Order of the conductors in every matrix.
WIRES = ("a", "b", "c", "n")


def has_matrix(parts: Parts) -> BoolArray:
    """Lines whose matrices the file gives in full: bool (line,)."""
    mask: BoolArray = np.isin(parts.tables["line"].index, parts.tables["line_matrix"].bus["line"])
    return mask


def line_wires(parts: Parts) -> BoolArray:
    """Wires (line, 4) of every row of the line table: a, b, c unless its matrix says otherwise."""
    line, entries = parts.tables["line"], parts.tables["line_matrix"]
    wires = np.zeros((len(line), 4), dtype=np.bool_)
    wires[:, :3] = ~has_matrix(parts)[:, None]
    place = {number: position for position, number in enumerate(line.index.tolist())}
    for owner, i, j in zip(
        entries.bus["line"].tolist(), entries.text["i"], entries.text["j"], strict=True
    ):
        if owner in place and i == j and i in WIRES:
            wires[place[owner], WIRES.index(i)] = True
    return wires


def line_matrices(
    number: dict[str, FloatArray], f_hz: float, n_wire: int = 3
) -> tuple[ComplexArray, ComplexArray]:
    """Series impedance [ohm] and shunt admittance [S] (line, wire, wire) of whole lines.

    As pandapower: capacitance in both sequences, conductance in the positive one only; without
    ``c0_nf_per_km`` the zero sequence has the positive one's. Beside explicit neutrals a line
    given by its sequences keeps three wires.
    """
    km, parallel = number["length_km"], number["parallel"]
    z1 = (number["r_ohm_per_km"] + 1j * number["x_ohm_per_km"]) * km / parallel
    z0 = (number["r0_ohm_per_km"] + 1j * number["x0_ohm_per_km"]) * km / parallel
    c0 = np.where(np.isnan(number["c0_nf_per_km"]), number["c_nf_per_km"], number["c0_nf_per_km"])
    susceptance = 2e-9j * math.pi * f_hz * km * parallel
    y1 = susceptance * number["c_nf_per_km"] + number["g_us_per_km"] * 1e-6 * km * parallel
    z_ohm, y_s = (np.zeros((len(km), n_wire, n_wire), dtype=np.complex128) for _ in range(2))
    z_ohm[:, :3, :3] = phase_matrices(z1, z0)
    y_s[:, :3, :3] = phase_matrices(y1, susceptance * c0)
    return z_ohm, y_s


def fill_matrices(parts: Parts, rows: list[int], z_ohm: ComplexArray, y_s: ComplexArray) -> None:
    """Write the matrices of ``line_matrix`` over those made from sequences, in place."""
    line, entries = parts.tables["line"], parts.tables["line_matrix"]
    number, place = line.number, {int(line.index[row]): k for k, row in enumerate(rows)}
    full = has_matrix(parts)[rows]
    z_ohm[full] = y_s[full] = 0
    value = entries.number
    for entry, owner in enumerate(entries.bus["line"].tolist()):
        if owner not in place:
            continue
        k = place[owner]
        row = rows[k]
        km, parallel = number["length_km"][row], number["parallel"][row]
        z = complex(value["r_ohm_per_km"][entry], value["x_ohm_per_km"][entry]) * km / parallel
        omega = 2 * math.pi * parts.f_hz
        susceptance = omega * value["c_nf_per_km"][entry] * 1e-9
        y = complex(value["g_us_per_km"][entry] * 1e-6, susceptance) * km * parallel
        i, j = (WIRES.index(entries.text[end][entry]) for end in ("i", "j"))
        for matrix, cell in ((z_ohm[k], z), (y_s[k], y)):
            matrix[i, j] = matrix[j, i] = cell


def node_wires(n_node: int, ends: IntArray, wires: BoolArray, whole: list[int]) -> BoolArray:
    """Wires (node, 4) of nodes: those of the lines (line, 2) that end there.

    ``whole`` are nodes of the source and the transformer: a, b and c stand there in any case.
    """
    there = np.zeros((n_node, 4), dtype=np.bool_)
    for end in ends.T:
        np.logical_or.at(there[:, : wires.shape[1]], end, wires)
    there[whole, :3] = True
    return there


def build_groundings(
    parts: Parts, node_of_bus: dict[int, int], busbar: int, wires: BoolArray
) -> tuple[Groundings, list[Fault]]:
    """Groundings of the neutral; a neutral that nothing grounds is taken as solid at the busbar."""
    table = parts.tables["grounding"]
    if len(table) or not wires[:, 3].any():
        nodes = [node_of_bus[bus] for bus in table.bus["bus"].tolist()]
        z_ohm = table.number["r_ohm"] + 1j * table.number["x_ohm"]
        return Groundings(node=np.array(nodes, dtype=np.int64), z_ohm=z_ohm), []
    what = "no grounding of the neutral given: taken as solidly grounded at the transformer"
    note = Fault(code="grounding-assumed", where="grounding", what=what, severity="note")
    return Groundings(node=np.array([busbar]), z_ohm=np.zeros(1, np.complex128)), [note]


def build_shunts(parts: Parts, node_of_bus: dict[int, int]) -> Shunts:
    """Shunts of the table ``node_shunt``: rows of one name and bus are one matrix."""
    table = parts.tables["node_shunt"]
    keys = list(zip(table.text["name"], table.bus["bus"].tolist(), strict=True))
    distinct = {key: k for k, key in enumerate(dict.fromkeys(keys))}
    y_s = np.zeros((len(distinct), 4, 4), dtype=np.complex128)
    for row, key in enumerate(keys):
        i, j = (WIRES.index(table.text[end][row]) for end in ("i", "j"))
        y = complex(table.number["g_us"][row], table.number["b_us"][row]) * 1e-6
        y_s[distinct[key], i, j] = y_s[distinct[key], j, i] = y
    return Shunts(
        name=np.array([name for name, _ in distinct], dtype=np.str_),
        node=np.array([node_of_bus[bus] for _, bus in distinct], dtype=np.int64),
        y_s=y_s,
    )


def check_line_matrices(parts: Parts) -> list[Fault]:
    """Entries belong to a line, name wires, and make a matrix that can be inverted."""
    line, entries = parts.tables["line"], parts.tables["line_matrix"]
    owner = entries.bus["line"]
    unknown = ~np.isin(owner, line.index)
    faults = each(
        entries,
        np.flatnonzero(unknown),
        "unknown-line",
        lambda i: f"line is {owner[i]}: there is no such line in service",
        "give the row number of a line in the line table",
    )
    faults += _wire_faults(entries)
    if faults:
        return faults
    rows = np.flatnonzero(has_matrix(parts)).tolist()
    z_ohm, y_s = (np.zeros((len(rows), 4, 4), dtype=np.complex128) for _ in range(2))
    fill_matrices(parts, rows, z_ohm, y_s)
    wires = line_wires(parts)[rows]
    pairs = wires[:, :, None] & wires[:, None, :]
    loose = (((z_ohm != 0) | (y_s != 0)) & ~pairs).any(axis=(1, 2))
    whole = np.where(pairs, z_ohm, np.eye(4))
    flat = np.array([np.linalg.cond(matrix) > 1e12 for matrix in whole], dtype=np.bool_)
    negative = (np.diagonal(z_ohm.real, axis1=1, axis2=2) < 0).any(axis=1)
    return faults + each(
        line,
        np.array(rows, dtype=np.int64)[loose | flat | negative],
        "line-matrix",
        lambda _: "its line_matrix is incomplete, singular or has a negative resistance",
        "give r and x of every wire (i = j) and of every pair of wires once",
    )


def _wire_faults(table: Table) -> list[Fault]:
    """Conductors are named a, b, c or n."""
    odd = [
        row
        for row in range(len(table))
        if not {table.text["i"][row], table.text["j"][row]} <= set(WIRES)
    ]
    return each(
        table,
        odd,
        "unknown-wire",
        lambda row: f"i, j are {table.text['i'][row]!r}, {table.text['j'][row]!r}",
        'write "a", "b", "c" or "n"',
    )


def check_groundings(parts: Parts) -> list[Fault]:
    """Groundings and shunts stand at buses in service, groundings where there is a neutral."""
    faults = []
    for name in ("grounding", "node_shunt"):
        table = parts.tables[name]
        bus = table.bus["bus"]
        faults += each(
            table,
            [
                i
                for i, number in enumerate(bus.tolist())
                if number not in parts.topology.junction_of
            ],
            "unknown-bus",
            no_bus("bus", bus),
            "give the row number of a bus in service",
        )
    faults += _wire_faults(parts.tables["node_shunt"])
    table = parts.tables["grounding"]
    with_neutral = _neutral_junctions(parts)
    missing = [
        i
        for i, bus in enumerate(table.bus["bus"].tolist())
        if parts.topology.junction_of.get(bus, -1) not in with_neutral | {-1}
    ]
    return faults + each(
        table,
        missing,
        "grounding-without-neutral",
        lambda _: "no line with a neutral ends at this bus",
        "give the lines their matrices in line_matrix, or delete the grounding",
    )


def _neutral_junctions(parts: Parts) -> set[int]:
    """Junctions where lines have a neutral, and where the transformer has its star point."""
    ends = parts.topology.line_ends[line_wires(parts)[:, 3]].ravel()
    return {*ends.tolist(), *parts.topology.trafo_ends[:, 1].tolist()} - {-1}


def check_customer_wires(parts: Parts) -> list[Fault]:
    """The phases of every customer stand at its bus."""
    if not has_matrix(parts).any():
        return []
    ends, wires = parts.topology.line_ends, line_wires(parts)
    there = np.zeros((len(parts.topology.buses) + 1, 4), dtype=np.bool_)
    for end in ends.T:
        np.logical_or.at(there, end, wires)
    there[parts.topology.trafo_ends.ravel(), :3] = True
    there[parts.source_junctions, :3] = True
    rows = parts.rows
    at = [parts.topology.junction_of.get(bus, -1) for bus in rows.bus().tolist()]
    letters = [rows.letters(row) for row in range(len(rows))]

    def missing(row: int) -> str:
        return "".join(x for x in letters[row] if not there[at[row], WIRES.index(x)])

    return each(
        rows,
        [row for row in range(len(rows)) if at[row] >= 0 and missing(row)],
        "customer-without-phase",
        lambda row: f"phase {missing(row)} does not reach its bus",
        "correct the customer's phase or the wires of the line in line_matrix",
    )


WIRE_CHECKS = (check_line_matrices, check_groundings, check_customer_wires)
