"""Crew days: the chosen measures as the work of one crew in one outage each.

The only place that reads moves and measures of a plan for the crews. Times and quantities are
assumptions unless a source is named; the work orders say so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gridplan.records.field_types import CrewDay, FieldMove, Material, Outage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridplan.measures.proposal import Move
    from gridplan.measures.trial import MeasureResult
    from gridplan.plan import Plan
    from gridplan.records.field_places import Places

#: Minutes of an outage: ticket, isolating, verifying dead and earthing; one unit reconnected;
#: earths off, switching on, voltages and residual-current device (assumptions).
SETUP_MIN, MOVE_MIN, RESTORE_MIN = 30, 15, 15
#: A crew's day from the first to the last switch. Source: news of 2015-02-12 (five people, 10:00 to
#: 13:30 at Hongjiawan, status V); that it holds elsewhere is an assumption.
DAY_MIN = 210
#: Per reconnected conductor (assumptions): wire [m], piercing clamps.
MOVE_WIRE_M, MOVE_CLAMPS = 2.0, 2
#: Per replaced line (assumptions): wires of a circuit, cut-off and sag over the length.
CIRCUIT_WIRES, WIRE_SURPLUS = 4, 1.05

_STRETCH = re.compile(r"(?P<metres>\d+) m of (?P<type>.+) on (?P<circuit>.+)")
_RATING = re.compile(r"(?P<kva>[\d.]+) kVA transformer")


def crew_days(plan: Plan, places: Places) -> tuple[CrewDay, ...]:
    """The crew days of all scenarios, moves first, each with the scenarios it was chosen for."""
    chosen = {verdict.scenario: _chosen(plan, verdict.scenario) for verdict in plan.verdicts}
    moving = {step for item in plan.measures if item.action == "move" for step in item.steps}
    for_moves = tuple(
        name for name, item in chosen.items() if item is not None and moving & set(item.steps)
    )
    steps: dict[str, list[str]] = {}
    for name, item in chosen.items():
        for step in () if item is None else item.steps:
            if step not in moving:
                steps.setdefault(step, []).append(name)
    cured = {
        name: item.cleared.get(name, ()) if item is not None else ()
        for name, item in chosen.items()
    }
    days = list(_move_days(plan, places, for_moves, cured)) if for_moves else []
    for step, names in steps.items():
        cures = tuple(key for name in names for key in cured[name])
        days.append(_equipment_day(places, step, _detail(plan, step), tuple(names), cures))
    return tuple(days)


def _chosen(plan: Plan, scenario: str) -> MeasureResult | None:
    """The option that a scenario's verdict names; where nothing is enough, the moves."""
    verdict = next(item for item in plan.verdicts if item.scenario == scenario)
    tried = [item for item in plan.measures if scenario in item.scenarios]
    named = [item for item in tried if item.label == verdict.sentence]
    if verdict.action == "beyond":
        named = [item for item in tried if item.action == "move"]
    return named[0] if named else None


def _detail(plan: Plan, step: str) -> str:
    """What an option says of one of its steps, where it says anything."""
    for item in plan.measures:
        details = getattr(item, "details", ())
        if step in item.steps and len(details) == len(item.steps):
            return str(details[item.steps.index(step)])
    return ""


def _move_days(
    plan: Plan,
    places: Places,
    scenarios: tuple[str, ...],
    cured: dict[str, tuple[tuple[str, str, str], ...]],
) -> Iterator[CrewDay]:
    """The moves in field order, as many a day as a crew does."""
    groups = split_by_time([move.circuit for move in plan.proposal.moves])
    cures = tuple(dict.fromkeys(key for name in scenarios for key in cured[name]))
    for number, members in enumerate(groups, start=1):
        moves = [plan.proposal.moves[index] for index in members]
        circuits = [move.circuit for move in moves]
        units = ", ".join(f"{move.unit} {move.from_phase} -> {move.to_phase}" for move in moves)
        yield CrewDay(
            key=f"moves-{number}",
            kind="moves",
            label=units,
            scenarios=scenarios,
            moves=tuple(_field_move(places, move) for move in moves),
            outages=tuple(
                _outage(places, circuit, _minutes(circuits.count(circuit)))
                for circuit in dict.fromkeys(circuits)
            ),
            minutes=sum(_minutes(circuits.count(circuit)) for circuit in set(circuits)),
            material=_move_material(places, moves),
            final=number == len(groups),
            cures=cures,
        )


def _minutes(moves: int) -> int:
    """Outage of a circuit on which so many units are reconnected [min]."""
    return SETUP_MIN + MOVE_MIN * moves + RESTORE_MIN


def split_by_time(circuits: Sequence[str]) -> list[list[int]]:
    """Indices of moves, grouped into days; ``circuits`` are those of the moves in field order."""
    days: list[list[int]] = []
    for index, circuit in enumerate(circuits):
        if days:
            today = [*(circuits[i] for i in days[-1]), circuit]
            if sum(_minutes(today.count(name)) for name in set(today)) <= DAY_MIN:
                days[-1].append(index)
                continue
        days.append([index])
    return days


def _field_move(places: Places, move: Move) -> FieldMove:
    """A move with its place and its meters."""
    ids = places.feeder.customers.id.tolist()
    members = [ids.index(customer) for customer in move.customer_ids]
    return FieldMove(
        order=move.order,
        unit=move.unit,
        circuit=move.circuit,
        at=places.reconnected_at(np.array(members)),
        from_phase=move.from_phase,
        to_phase=move.to_phase,
        permutation=move.permutation,
        customers=places.customers(members),
    )


def _outage(places: Places, circuit: str, minutes: int) -> Outage:
    """Who loses supply with a circuit: all of its customers, or all of those at the busbar."""
    customers = places.feeder.customers
    on = np.array([places.circuit_name(k) for k in places.feeder.customer_circuit]) == circuit
    return Outage(
        circuit=circuit,
        minutes=minutes,
        customer_ids=tuple(customers.id[on].tolist()),
        priority_ids=tuple(customers.id[on & customers.priority].tolist()),
    )


def _move_material(places: Places, moves: Sequence[Move]) -> tuple[Material, ...]:
    """Wire of the type that each unit hangs on, and clamps: per conductor, the neutral included."""
    feeder = places.feeder
    ids = feeder.customers.id.tolist()
    metres: dict[str, float] = {}
    conductors = 0
    for move in moves:
        members = np.array([ids.index(customer) for customer in move.customer_ids])
        line = places.reconnected_line(members)
        wire = str(feeder.lines.std_type[line]) if line >= 0 else ""
        count = len(move.from_phase) + 1
        metres[wire] = metres.get(wire, 0.0) + MOVE_WIRE_M * count
        conductors += count
    wires = [
        Material(item="service_wire", detail=wire, quantity=length_m, unit="m")
        for wire, length_m in metres.items()
    ]
    clamps = MOVE_CLAMPS * conductors
    return (*wires, Material(item="clamps", detail="", quantity=clamps, unit="pieces"))


def _equipment_day(
    places: Places,
    step: str,
    detail: str,
    scenarios: tuple[str, ...],
    cures: tuple[tuple[str, str, str], ...],
) -> CrewDay:
    """New conductors or a new transformer: one day and one outage each."""
    feeder = places.feeder
    kind = "other"
    circuits: list[str] = []
    material: tuple[Material, ...] = ()
    if (stretch := _STRETCH.fullmatch(step)) is not None:
        kind, circuits = "reconductor", [stretch["circuit"]]
        material = _line_material(places, stretch["circuit"], stretch["type"], stretch["metres"])
    elif (rating := _RATING.fullmatch(step)) is not None:
        kind, circuits = "uprate", feeder.circuits.name.tolist()
        what = f"{rating['kva']} kVA"
        material = (Material(item="transformer", detail=what, quantity=1, unit="pieces"),)
    return CrewDay(
        key=step,
        kind=kind,
        label=step,
        detail=detail,
        scenarios=scenarios,
        outages=tuple(_outage(places, circuit, DAY_MIN) for circuit in circuits),
        minutes=DAY_MIN if circuits else 0,
        material=material,
        cures=cures,
    )


def _line_material(
    places: Places, circuit: str, conductor: str, metres: str
) -> tuple[Material, ...]:
    """Conductor, insulators and clamps for a length of overhead line, by the circuit's spans."""
    lines = places.feeder.lines
    names = np.array([places.circuit_name(k) for k in lines.circuit.tolist()])
    span_m = lines.length_m[(names == circuit) & (lines.section == "main")]
    spans = max(1, round(float(metres) / float(span_m.mean()))) if span_m.size else 1
    length_m = round(CIRCUIT_WIRES * WIRE_SURPLUS * float(metres))
    pieces = CIRCUIT_WIRES * (spans + 1)
    return (
        Material(item="conductor", detail=conductor, quantity=length_m, unit="m"),
        Material(item="insulators", detail="", quantity=pieces, unit="pieces"),
        Material(item="clamps", detail="", quantity=2 * pieces, unit="pieces"),
    )
