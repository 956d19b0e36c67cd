"""What is known of a net before it is a feeder: typed tables, customer rows, topology."""

from __future__ import annotations

from dataclasses import dataclass

from gridplan.errors import Fault
from gridplan.network.cells import Table, rows_in_service, typed_tables
from gridplan.network.connections import Connections, connections
from gridplan.network.tables import UNSUPPORTED_TABLES, PlainNet
from gridplan.network.topology import RadialOrder, Topology, connect, first_lines, radial_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a net, sound or not.

    Attributes
    ----------
    tables : typed tables, rows out of service left out
    known_buses : row numbers of all buses, those out of service included
    unsupported : rows in service per table of elements that gridplan cannot calculate
    order : radial order; None unless one source and at most one transformer are connected
    """

    tables: dict[str, Table]
    known_buses: frozenset[int]
    unsupported: dict[str, int]
    rows: Connections
    topology: Topology
    order: RadialOrder | None
    f_hz: float

    @property
    def source_junctions(self) -> list[int]:
        """Junctions of the sources whose bus is known and in service."""
        buses = self.tables["ext_grid"].bus["bus"].tolist()
        return [self.topology.junction_of[bus] for bus in buses if bus in self.topology.junction_of]

    @property
    def radial(self) -> RadialOrder:
        """The radial order of a net that the checks have passed."""
        if self.order is None:
            raise ValueError("the checks have not passed this net")
        return self.order


def take_apart(plain: PlainNet) -> tuple[Parts, list[Fault]]:
    """Type and connect the tables; the faults are those of single cells."""
    tables, faults = typed_tables(plain)
    bus = plain.tables.get("bus")
    known_buses = frozenset(bus.index) if bus else frozenset()
    topology = connect(tables, known_buses)
    counts = {
        name: len(rows_in_service(plain.tables[name]))
        for name in UNSUPPORTED_TABLES
        if name in plain.tables
    }
    parts = Parts(
        tables=tables,
        known_buses=known_buses,
        unsupported={name: count for name, count in counts.items() if count},
        rows=connections(tables),
        topology=topology,
        order=_order(tables, topology),
        f_hz=plain.f_hz,
    )
    return parts, faults


def _order(tables: dict[str, Table], topology: Topology) -> RadialOrder | None:
    """Radial order where there is one source and at most one transformer between known buses."""
    sources = tables["ext_grid"].bus["bus"].tolist()
    if len(sources) != 1 or sources[0] not in topology.junction_of:
        return None
    source = topology.junction_of[sources[0]]
    if not len(topology.trafo_used):
        return radial_order(topology, source)
    if len(topology.trafo_used) != 1 or not topology.trafo_used[0]:
        return None
    hv, lv = (int(end) for end in topology.trafo_ends[0])
    return radial_order(topology, source, (hv, lv))


def circuit_names(parts: Parts) -> dict[int, str]:
    """Name of the outgoing circuit per line behind the busbar, before any default: "" where none.

    A circuit has the name of its first line, else the first name given along it.
    """
    stated = parts.tables["line"].text["outgoing_circuit"]
    first = first_lines(parts.radial)
    names = {head: stated[head] for head in set(first.values())}
    for line, head in first.items():
        names[head] = names[head] or stated[line]
    return {line: names[head] for line, head in first.items()}
