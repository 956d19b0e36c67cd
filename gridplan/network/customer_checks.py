"""Rules on the customers; each returns its faults."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from gridplan.errors import Fault
from gridplan.network.checks import each, named, no_bus, shows, together
from gridplan.network.connections import KINDS, customer_ids, load_model
from gridplan.network.parts import Parts, circuit_names
from gridplan.network.supply_checks import rating_mva
from gridplan.network.topology import first_lines, loops

#: A customer above this many times the transformer's rating is written in kW instead of MW.
MISTAKEN_UNIT_FACTOR = 5.0


LOAD_MODEL = tuple(f"const_{part}_percent" for part in ("z", "i", "z_p", "z_q", "i_p", "i_q"))


def check_customer_count(parts: Parts) -> list[Fault]:
    """There are customers."""
    if len(parts.rows):
        return []
    what, remedy = "no customer in service", "add load or asymmetric_load rows"
    return [Fault(code="no-customers", where="load", what=what, remedy=remedy)]


def check_customer_buses(parts: Parts) -> list[Fault]:
    """Every customer stands at a bus that exists and is in service."""
    rows, bus = parts.rows, parts.rows.bus()
    unknown = [
        i for i in range(len(rows)) if bus[i] not in parts.known_buses and not rows.is_bad("bus", i)
    ]
    faults = each(
        rows,
        unknown,
        "customer-without-bus",
        no_bus("bus", bus),
        "give the row number of the bus that the customer is connected to",
    )
    return faults + each(
        rows,
        [
            i
            for i in range(len(rows))
            if bus[i] in parts.known_buses and bus[i] not in parts.topology.junction_of
        ],
        "customer-without-bus",
        lambda i: f"bus[{bus[i]}] is out of service",
        "take the customer out of service too, or connect it elsewhere",
    )


def check_customer_side(parts: Parts) -> list[Fault]:
    """Customers stand behind the transformer."""
    order, rows = parts.order, parts.rows
    if order is None or order.n_mv == 0:
        return []
    if int(parts.topology.trafo_ends[0, 1]) in order.junctions[: order.n_mv]:
        return []
    before = set(order.junctions[: order.n_mv])
    at = [parts.topology.junction_of.get(bus, -1) for bus in rows.bus().tolist()]
    return each(
        rows,
        [i for i, junction in enumerate(at) if junction in before],
        "customer-on-mv",
        lambda _: "it stands before the transformer, on the medium-voltage side",
        "connect it behind the transformer or take it out of service",
    )


def check_customer_ids(parts: Parts) -> list[Fault]:
    """Customer numbers are unique."""
    rows = parts.rows
    ids, _ = customer_ids(rows)
    owners = defaultdict(list)
    for row, number in enumerate(ids):
        owners[number].append(row)
    return [
        Fault(
            code="duplicate-customer",
            where=rows.where(members[1]),
            what=f"customer number {number} is used by {named([rows.where(i) for i in members])}",
            remedy="give each customer its own customer_id",
            rows=len(members),
        )
        for number, members in owners.items()
        if len(members) > 1
    ]


def check_phases(parts: Parts) -> list[Fault]:
    """Phases are known and agree with the phases that carry power."""
    rows, text = parts.rows, parts.rows.text("phase")
    faults = each(
        rows,
        [i for i, letters in enumerate(rows.stated) if letters == "?"],
        "unknown-phase",
        lambda i: f"phase is {text[i]!r}",
        'write "a", "b", "c" or "abc"',
    )
    asymmetric = [table.name.startswith("asymmetric") for table in rows.table]
    contradictory = [
        i
        for i, (stated, used) in enumerate(zip(rows.stated, rows.used, strict=True))
        if asymmetric[i] and stated not in {"", "?"} and used and used != stated
    ]
    return faults + each(
        rows,
        contradictory,
        "phase-contradiction",
        lambda i: f"phase is {rows.stated[i]!r}, but power is written on {rows.used[i]!r}",
        "correct the column phase or move the power",
    )


def check_power(parts: Parts) -> list[Fault]:
    """Power has a plausible size, splits over phases, is connected to the neutral."""
    rows = parts.rows
    p_mw, q_mvar = rows.p_mw.sum(axis=1), rows.q_mvar.sum(axis=1)
    cancels = np.zeros(len(rows), dtype=bool)
    for power, total in ((rows.p_mw, p_mw), (rows.q_mvar, q_mvar)):
        cancels |= (np.abs(total) < 1e-9 * np.abs(power).max(axis=1, initial=0)) & ~np.isnan(total)
    faults = each(
        rows,
        np.flatnonzero(cancels),
        "power-cancels",
        lambda _: "the power of its phases cancels, so it has no share per phase",
        "write generation as a row of asymmetric_sgen",
    )
    kind = rows.text("type")
    faults += each(
        rows,
        [i for i, text in enumerate(kind) if text.lower() not in {"", "wye", "delta", "earth"}],
        "load-type",
        lambda i: f"type is {kind[i]!r}",
        'write "wye" (to the neutral), "delta" (between phases) or "earth"',
    )
    limit_mw = MISTAKEN_UNIT_FACTOR * float(np.nansum(rating_mva(parts)))
    if limit_mw > 0:
        large = np.flatnonzero(np.abs(p_mw) > limit_mw)
        if len(large):
            mw = abs(p_mw[large[0]])
            what = f"{mw:g} MW is far above the transformer: {mw:g} kW is {mw / 1000:g}"
            faults += together(rows, large, "power-unit", what, "write power in MW and Mvar")
    return faults


def check_customer_numbers(parts: Parts) -> list[Fault]:
    """Confidence, meter and load model are possible."""
    rows = parts.rows
    confidence, meter_a = rows.number("phase_confidence"), rows.number("meter_a")
    faults = each(
        rows,
        np.flatnonzero((confidence < 0) | (confidence > 1)),
        "confidence",
        shows("phase_confidence", confidence),
        "write a number from 0 to 1",
    )
    faults += each(
        rows,
        np.flatnonzero(meter_a <= 0),
        "meter",
        shows("meter_a", meter_a),
        "write the meter's rated maximum current in A, or nothing",
    )
    z, i_share = load_model(rows, "z"), load_model(rows, "i")
    wrong = np.isnan(z) | np.isnan(i_share) | (z < 0) | (i_share < 0) | (z + i_share > 100)
    return faults + each(
        rows,
        [
            i
            for i in np.flatnonzero(wrong).tolist()
            if not any(rows.is_bad(name, i) for name in LOAD_MODEL)
        ],
        "load-model",
        lambda _: "const_z and const_i shares are negative, above 100 % or differ for p and q",
        "write shares of 0 to 100 %, equal for active and reactive power",
    )


def check_kinds(parts: Parts) -> list[Fault]:
    """The kind of customer is one that the forecast knows."""
    kind = parts.rows.text("kind")
    return each(
        parts.rows,
        [i for i, text in enumerate(kind) if text and text not in KINDS],
        "unknown-kind",
        lambda i: f"kind is {kind[i]!r}",
        f"write one of {', '.join(KINDS)}",
    )


def check_unit_circuits(parts: Parts) -> list[Fault]:
    """A movable unit hangs on one outgoing circuit."""
    if parts.order is None:
        return []
    first = first_lines(parts.order)
    line_to = dict(zip(parts.order.junctions, parts.order.parent_line, strict=True))
    meshed = {first.get(line) for lines in loops(parts.topology) for line in lines}
    names, line = circuit_names(parts), parts.tables["line"]
    heads: dict[str, set[str]] = defaultdict(set)
    member: dict[str, int] = {}
    for row, (unit, bus) in enumerate(
        zip(parts.rows.text("movable_unit"), parts.rows.bus().tolist(), strict=True)
    ):
        head = first.get(line_to.get(parts.topology.junction_of.get(bus, -1), -1))
        if unit and head is not None and head not in meshed:
            heads[unit].add(names[head] or f"the one that begins with {line.label(head)}")
            member[unit] = row
    return [
        Fault(
            code="unit-across-circuits",
            where=parts.rows.where(member[unit]),
            what=(
                f"movable unit {unit!r} hangs on {len(found)} outgoing circuits: "
                f"{named(sorted(found))}"
            ),
            remedy="give the customers of each circuit a unit of their own",
            rows=len(found),
        )
        for unit, found in heads.items()
        if len(found) > 1
    ]


CUSTOMERS = (
    check_customer_count,
    check_customer_buses,
    check_customer_side,
    check_customer_ids,
    check_phases,
    check_power,
    check_customer_numbers,
    check_kinds,
    check_unit_circuits,
)
