"""What makes a net unusable: one small function per rule; every fault of a net comes in one list.

Rules keep quiet about what another rule reports already: a line to an unknown bus does not make
everything behind it unsupplied as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import FloatArray, IntArray
from gridplan.network.parts import Parts
from gridplan.network.topology import loops, unsupplied

#: Rows of one kind that are reported one by one; the rest is summed up in one entry.
MAX_ROWS = 20


class Located(Protocol):
    """Rows that know their place in the file."""

    def where(self, position: int, /) -> str:
        """Place of a row for messages."""


def each(
    rows: Located,
    positions: Iterable[int],
    code: str,
    what: Callable[[int], str],
    remedy: str,
) -> list[Fault]:
    """One fault per row, from ``MAX_ROWS`` on one for the rest."""
    found = [int(position) for position in positions]
    faults = [
        Fault(code=code, where=rows.where(position), what=what(position), remedy=remedy)
        for position in found[:MAX_ROWS]
    ]
    rest = found[MAX_ROWS:]
    if rest:
        text = f"and {len(rest)} more rows: {what(rest[0])}"
        where = rows.where(rest[0])
        faults.append(Fault(code=code, where=where, what=text, remedy=remedy, rows=len(rest)))
    return faults


def shows(name: str, values: FloatArray) -> Callable[[int], str]:
    """Text of a fault that is the value itself: ``name is 12``."""
    return lambda position: f"{name} is {values[position]:g}"


def together(
    rows: Located,
    positions: Iterable[int],
    code: str,
    what: str,
    remedy: str,
    *,
    severity: str = "error",
) -> list[Fault]:
    """One fault for all rows of a mistake that is made once for a column, none without rows."""
    found = [int(position) for position in positions]
    if not found:
        return []
    where = rows.where(found[0]) + (f" and {len(found) - 1} more" if len(found) > 1 else "")
    places = tuple(rows.where(position) for position in found)
    fault = Fault(
        code=code, where=where, what=what, remedy=remedy, severity=severity, rows=len(found)
    )
    return [replace(fault, elements=places)]


def named(labels: Sequence[str], most: int = 8) -> str:
    """A list of names for a message, the first few in full."""
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(labels[:most]) + more


def check_unsupported(parts: Parts) -> list[Fault]:
    """Elements that would change every answer and that gridplan cannot calculate."""
    return [
        Fault(
            code="unsupported-element",
            where=table,
            what=f"{count} row{'s' if count > 1 else ''} in service, not supported",
            remedy="take them out of service or model them as load or sgen rows",
            rows=count,
        )
        for table, count in parts.unsupported.items()
    ]


def check_source_count(parts: Parts) -> list[Fault]:
    """Exactly one source."""
    source = parts.tables["ext_grid"]
    if len(source) == 1:
        return []
    if not len(source):
        what, remedy = "no source in service", "add an ext_grid on the medium-voltage side"
        return [Fault(code="no-source", where="ext_grid", what=what, remedy=remedy)]
    what = (
        f"{len(source)} sources in service: {named([source.where(i) for i in range(len(source))])}"
    )
    remedy = "keep the one that feeds the transformer in service"
    return [
        Fault(code="several-sources", where="ext_grid", what=what, remedy=remedy, rows=len(source))
    ]


def check_transformer_count(parts: Parts) -> list[Fault]:
    """At most one transformer: a feeder is one transformer area, or lines at medium voltage."""
    trafo = parts.tables["trafo"]
    if len(trafo) == 1:
        return []
    if not len(trafo):
        severity = "error" if several_levels(parts) else "warning"
        what = "no transformer in service"
        if severity == "warning":
            what += ": the lines are fed by the source itself"
        remedy = "add the MV/LV transformer to the net"
        return [
            Fault(code="no-transformer", where="trafo", what=what, remedy=remedy, severity=severity)
        ]
    labels = named([trafo.where(position) for position in range(len(trafo))])
    return [
        Fault(
            code="several-transformers",
            where="trafo",
            what=f"{len(trafo)} transformers in service: {labels}",
            remedy="split the net into one file per transformer area (equal units: parallel = 2)",
            rows=len(trafo),
        )
    ]


def several_levels(parts: Parts) -> bool:
    """Whether the buses in service have more than one nominal voltage."""
    vn_kv = parts.topology.vn_kv
    known = vn_kv[vn_kv > 0]
    return bool(len(known)) and not np.isclose(known, known[0]).all()


def check_element_buses(parts: Parts) -> list[Fault]:
    """Lines, transformers, sources and switches stand between buses that exist."""
    faults = []
    ends = {
        "line": ("from_bus", "to_bus"),
        "trafo": ("hv_bus", "lv_bus"),
        "ext_grid": ("bus",),
        "switch": ("bus",),
    }
    for name, columns in ends.items():
        table = parts.tables[name]
        for column in columns:
            buses = table.bus[column]
            unknown = [
                position
                for position, bus in enumerate(buses.tolist())
                if bus not in parts.known_buses and not table.is_bad(column, position)
            ]
            faults += each(
                table,
                unknown,
                "unknown-bus",
                no_bus(column, buses),
                "give the row number of a bus in the bus table",
            )
    return faults


def no_bus(column: str, buses: IntArray) -> Callable[[int], str]:
    """Text of a fault about a bus that is not there."""

    def what(position: int) -> str:
        bus = buses[position]
        return f"{column} is empty" if bus < 0 else f"{column} is {bus}: there is no bus[{bus}]"

    return what


def check_switches(parts: Parts) -> list[Fault]:
    """Switches are of a kind that only opens or closes, at an element that exists."""
    switch = parts.tables["switch"]
    kinds = switch.text["et"]
    closed = switch.flag["closed"]
    odd = [i for i, kind in enumerate(kinds) if kind not in {"b", "l", "t"}]
    faults = each(
        switch,
        odd,
        "unknown-switch",
        lambda i: f"et is {kinds[i]!r}, not b (bus), l (line) or t (transformer)",
        "correct et or delete the switch",
    )
    bridging = [i for i in range(len(switch)) if kinds[i] == "b" and closed[i]]
    faults += each(
        switch,
        [i for i in bridging if abs(switch.number["z_ohm"][i]) > 0],
        "switch-impedance",
        lambda i: f"z_ohm is {switch.number['z_ohm'][i]:g}: a switch with impedance",
        "set z_ohm to 0 or model a line",
    )
    elements = switch.bus["element"]
    missing = [
        i
        for i in bridging
        if elements[i] not in parts.known_buses and not switch.is_bad("element", i)
    ]
    return faults + each(
        switch,
        missing,
        "unknown-bus",
        no_bus("element", elements),
        "give the row number of a bus in the bus table",
    )


def check_bus_levels(parts: Parts) -> list[Fault]:
    """Nominal voltages are positive and equal on both sides of a closed switch."""
    bus, topology = parts.tables["bus"], parts.topology
    vn_kv = bus.number["vn_kv"]
    faults = each(
        bus,
        np.flatnonzero(vn_kv <= 0),
        "bus-voltage",
        shows("vn_kv", vn_kv),
        "write the nominal line-to-line voltage in kV, e.g. 0.4",
    )
    mixed = [
        group[int(np.argmax(~np.isclose(vn_kv[group], vn_kv[group[0]])))]
        for group in topology.buses
        if not np.isclose(vn_kv[group], vn_kv[group[0]], equal_nan=True).all()
    ]
    return faults + each(
        bus,
        mixed,
        "switch-levels",
        lambda i: f"a closed switch joins it ({vn_kv[i]:g} kV) to another voltage level",
        "open the switch or correct vn_kv",
    )


def check_line_levels(parts: Parts) -> list[Fault]:
    """A line joins two different buses of one voltage level."""
    line, topology = parts.tables["line"], parts.topology
    ends = topology.line_ends
    same = (ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0)
    faults = each(
        line,
        np.flatnonzero(same),
        "line-to-itself",
        lambda _: "it begins and ends at the same bus (or at buses joined by a closed switch)",
        "correct from_bus or to_bus, or open the switch",
    )
    between = topology.line_used & ~topology.same_level
    kv = topology.line_kv
    between &= ~np.isnan(kv).any(axis=1)
    return faults + each(
        line,
        np.flatnonzero(between),
        "line-levels",
        lambda i: f"it joins {kv[i, 0]:g} kV to {kv[i, 1]:g} kV",
        "correct its buses or the vn_kv of one of them",
    )


def check_loops(parts: Parts) -> list[Fault]:
    """Loops are solved as they are; a village seldom has one, so each is pointed out."""
    line = parts.tables["line"]
    found = loops(parts.topology)
    faults = [
        Fault(
            code="meshed",
            where=line.where(lines[-1]),
            what=f"{len(lines)} lines make a loop: {named([line.label(i) for i in lines])}",
            remedy="open a switch in it, unless it is run closed (two lines side by side: one line "
            "with parallel = 2)",
            severity="warning",
            rows=len(lines),
        )
        for lines in found[:MAX_ROWS]
    ]
    if len(found) > MAX_ROWS:
        what = f"and {len(found) - MAX_ROWS} more loops"
        faults.append(Fault(code="meshed", where="line", what=what, severity="warning"))
    return faults


def check_supply(parts: Parts) -> list[Fault]:
    """Every bus in service has a way to the source.

    As many groups without supply as there are broken lines are taken as their consequence.
    """
    sources, table = parts.source_junctions, parts.tables["ext_grid"]
    if len(sources) < max(1, len(table)):
        idle = parts.known_buses - parts.topology.junction_of.keys()
        off = np.array([number in idle for number in table.bus["bus"].tolist()])
        what, remedy = "its bus is out of service", "put the bus into service"
        return each(table, np.flatnonzero(off), "source-off", lambda _: what, remedy)
    if not len(parts.tables["trafo"]) and several_levels(parts):
        return []
    bus, topology = parts.tables["bus"], parts.topology
    at = [topology.junction_of.get(number, -1) for number in parts.rows.bus().tolist()]
    groups = unsupplied(topology, sources)
    if len(groups) <= topology.broken:
        return []
    faults = []
    for group in groups:
        buses = [position for junction in group for position in topology.buses[junction]]
        customers = sum(junction in set(group) for junction in at)
        what = f"no way from the source to {named([bus.label(i) for i in buses])}"
        if customers:
            what += f"; {customers} customer{'s' if customers > 1 else ''} without supply"
        faults.append(
            Fault(
                code="unsupplied",
                where=bus.where(buses[0]),
                what=what,
                remedy="close the switch or add the line to it, or take the buses out of service",
                rows=len(buses),
            )
        )
    return faults


def check_sides(parts: Parts) -> list[Fault]:
    """The source feeds the HV side of the transformer, and no line goes around it."""
    if parts.order is None or not parts.order.n_mv:
        return []
    trafo, topology = parts.tables["trafo"], parts.topology
    hv, lv = (int(end) for end in topology.trafo_ends[0])
    junctions = parts.order.junctions
    feeds = set(junctions[: parts.order.n_mv])
    if lv in feeds:
        source = parts.source_junctions[0]
        what = "lines reach its LV side from the source without passing it"
        if hv not in feeds or junctions.index(lv) == junctions.index(source):
            what = "the source stands on its LV side"
        remedy = "connect the source to the HV side only"
        return [Fault(code="source-side", where=trafo.where(0), what=what, remedy=remedy)]
    return []


STRUCTURE = (
    check_unsupported,
    check_source_count,
    check_transformer_count,
    check_element_buses,
    check_switches,
    check_bus_levels,
    check_line_levels,
    check_loops,
    check_supply,
    check_sides,
)
