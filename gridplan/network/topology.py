"""How buses hang together: fused nodes, loops, supply, radial order, outgoing circuits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx
import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.network.cells import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Buses fused to junctions by closed switches, and what joins the junctions.

    Attributes
    ----------
    junction_of : bus row number -> junction, for buses in service
    buses : positions in the bus table of each junction's buses, in their order
    vn_kv : float (junction,) -- nominal voltage, line to line [kV]
    line_ends, trafo_ends : int (row, 2) -- junctions, -1 where the bus is unknown or out of service
    line_used, trafo_used : bool (row,) -- joins two junctions: no open switch, both ends there
    broken : number of lines and transformers without two different buses that exist
    """

    junction_of: dict[int, int]
    buses: list[list[int]]
    vn_kv: FloatArray
    line_ends: IntArray
    line_used: BoolArray
    trafo_ends: IntArray
    trafo_used: BoolArray
    broken: int

    @property
    def line_kv(self) -> FloatArray:
        """Nominal voltages at the two ends of each line (line, 2) [kV], NaN where unknown."""
        kv: FloatArray = np.append(self.vn_kv, np.nan)[self.line_ends]
        return kv

    @property
    def same_level(self) -> BoolArray:
        """Lines in use whose two ends have the same nominal voltage: bool (line,)."""
        one_kv, other_kv = self.line_kv.T
        same: BoolArray = self.line_used & np.isclose(one_kv, other_kv, rtol=1e-6)
        return same


@dataclass(frozen=True, slots=True, kw_only=True)
class RadialOrder:
    """Junctions in feeder order and the line that feeds each.

    Attributes
    ----------
    junctions : medium-voltage ones first, then the LV busbar, then every one after its parent
    parent_line : position of the line that feeds each of them, -1 for the source's and the busbar
    parent : junction at the other end of that line, -1 likewise
    closing : positions of the lines that close a loop
    closing_ends : their junctions
    n_mv : number of medium-voltage junctions, 0 without a transformer
    """

    junctions: list[int]
    parent_line: list[int]
    parent: list[int]
    closing: list[int]
    closing_ends: list[tuple[int, int]]
    n_mv: int


def connect(tables: dict[str, Table], known_buses: frozenset[int]) -> Topology:
    """Fuse the buses and find the ends of lines and transformers; works on faulty tables too.

    ``known_buses`` are all row numbers of the bus table, those out of service included: a line to
    one of them is out of service, a line to any other is broken.
    """
    bus, switch = tables["bus"], tables["switch"]
    fused = nx.Graph()
    fused.add_nodes_from(bus.index.tolist())
    opened: dict[str, set[int]] = {"l": set(), "t": set()}
    for position in range(len(switch)):
        one, other = (int(switch.bus[end][position]) for end in ("bus", "element"))
        kind, closed = switch.text["et"][position], bool(switch.flag["closed"][position])
        if kind == "b" and closed and one in fused and other in fused:
            fused.add_edge(one, other)
        elif kind in opened and not closed:
            opened[kind].add(other)
    place = {number: position for position, number in enumerate(bus.index.tolist())}
    groups = [sorted(place[number] for number in group) for group in nx.connected_components(fused)]
    groups.sort(key=lambda group: group[0])
    junction_of = {
        int(bus.index[position]): junction
        for junction, group in enumerate(groups)
        for position in group
    }
    line, trafo = tables["line"], tables["trafo"]
    line_ends = _ends(line, ("from_bus", "to_bus"), junction_of)
    trafo_ends = _ends(trafo, ("hv_bus", "lv_bus"), junction_of)
    return Topology(
        junction_of=junction_of,
        buses=groups,
        vn_kv=np.array([bus.number["vn_kv"][group[0]] for group in groups]),
        line_ends=line_ends,
        line_used=_used(line, line_ends, opened["l"]),
        trafo_ends=trafo_ends,
        trafo_used=_used(trafo, trafo_ends, opened["t"]),
        broken=_broken(line, line_ends, known_buses) + _broken(trafo, trafo_ends, known_buses),
    )


def _ends(table: Table, columns: tuple[str, str], junction_of: dict[int, int]) -> IntArray:
    ends = [[junction_of.get(int(bus), -1) for bus in table.bus[name]] for name in columns]
    return np.array(ends, dtype=np.int64).reshape(2, len(table)).T


def _used(table: Table, ends: IntArray, opened: set[int]) -> BoolArray:
    shut = ~np.isin(table.index, list(opened))
    used: BoolArray = shut & (ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])
    return used


def _broken(table: Table, ends: IntArray, known_buses: frozenset[int]) -> int:
    buses = np.array(list(table.bus.values()), dtype=np.int64).reshape(2, len(table)).T
    unknown = ~np.isin(buses, list(known_buses)).all(axis=1)
    return int((unknown | ((ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0))).sum())


def _line_graph(topology: Topology, rows: IntArray) -> nx.Graph:
    """Junctions joined by the given lines; of parallel lines the first."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(topology.buses)))
    for row in rows.tolist():
        one, other = topology.line_ends[row].tolist()
        if not graph.has_edge(one, other):
            graph.add_edge(one, other, line=row)
    return graph


def loops(topology: Topology) -> list[list[int]]:
    """Positions of the lines of each independent loop, smallest loops first."""
    rows = np.flatnonzero(topology.same_level)
    graph = _line_graph(topology, rows)
    found = []
    for row in rows.tolist():
        first = graph.edges[topology.line_ends[row].tolist()]["line"]
        if first != row:
            found.append([first, row])
    for cycle in nx.cycle_basis(graph):
        pairs = zip(cycle, [*cycle[1:], cycle[0]], strict=True)
        found.append(sorted(graph.edges[pair]["line"] for pair in pairs))
    return sorted(found, key=lambda lines: (len(lines), lines))


def unsupplied(topology: Topology, sources: Iterable[int]) -> list[list[int]]:
    """Groups of junctions without a way to a source."""
    graph = _line_graph(topology, np.flatnonzero(topology.line_used))
    graph.add_edges_from(topology.trafo_ends[topology.trafo_used].tolist())
    supplied = set(sources)
    return [sorted(group) for group in nx.connected_components(graph) if not group & supplied]


def radial_order(
    topology: Topology, source: int, trafo: tuple[int, int] | None = None
) -> RadialOrder:
    """Walk away from the source, depth first, then from the LV busbar; lines in the file's order.

    On a meshed network every junction is still visited once, by the first way found; the lines not
    taken close the loops. ``trafo`` are the junctions (HV, LV) of the transformer; the HV one only
    has to be on the source's side.
    """
    graph = _line_graph(topology, np.flatnonzero(topology.same_level))
    junctions: list[int] = []
    parent_line: list[int] = []
    parent: list[int] = []
    seen: set[int] = set()

    def walk(root: int) -> None:
        stack = [(root, -1, -1)]
        while stack:
            junction, line, before = stack.pop()
            if junction in seen:
                continue
            seen.add(junction)
            junctions.append(junction)
            parent_line.append(line)
            parent.append(before)
            ways = [(edge["line"], other) for other, edge in graph.adj[junction].items()]
            stack += [(other, way, junction) for way, other in sorted(ways, reverse=True)]

    walk(source)
    n_mv = 0
    if trafo is not None:
        walk(trafo[0])
        n_mv = len(junctions)
        walk(trafo[1])
    taken = set(parent_line)
    closing = [
        row
        for row in np.flatnonzero(topology.same_level).tolist()
        if row not in taken and seen.issuperset(topology.line_ends[row].tolist())
    ]
    return RadialOrder(
        junctions=junctions,
        parent_line=parent_line,
        parent=parent,
        closing=closing,
        closing_ends=[(int(one), int(other)) for one, other in topology.line_ends[closing]],
        n_mv=n_mv,
    )


def first_lines(order: RadialOrder) -> dict[int, int]:
    """For every line behind the LV busbar the line by which its outgoing circuit leaves it.

    A line that closes a loop counts to the circuit of the end that it is drawn from.
    """
    busbar = order.junctions[order.n_mv] if order.n_mv < len(order.junctions) else -1
    line_to = dict(zip(order.junctions, order.parent_line, strict=True))
    first: dict[int, int] = {}
    behind = slice(order.n_mv + 1, None)
    for line, before in zip(order.parent_line[behind], order.parent[behind], strict=True):
        first[line] = line if before == busbar else first[line_to[before]]
    for line, ends in zip(order.closing, order.closing_ends, strict=True):
        heads = [first[line_to[end]] for end in ends if line_to[end] in first]
        if heads:
            first[line] = heads[0]
    return first
