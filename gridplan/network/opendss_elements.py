"""The engine's elements as plain values: primitive admittances sorted by what they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridplan.frozen import ComplexArray
from gridplan.network.opendss_parts import NEUTRAL, Branch, Element, Parts, Shunt

#: Metres per unit of length, by the engine's number; 0 stands for "none".
METRES = {1: 1609.344, 2: 304.8, 3: 1000.0, 4: 1.0, 5: 0.3048, 6: 0.0254, 7: 0.01, 8: 0.001}

#: What OpenDSS takes for the rated current of a line that names none [A].
PLACEHOLDER_A = 400.0

#: Classes that are read; the rest of the circuit's elements are faults, control elements included.
READ = frozenset(
    {"vsource", "line", "reactor", "capacitor", "transformer", "load", "generator", "pvsystem"}
)

#: Classes that stand in a circuit without an effect on a single load point.
IDLE = frozenset({"monitor", "energymeter", "sensor", "swtcontrol", "fuse", "relay", "recloser"})


def take_apart(engine: Any) -> Parts:
    """All elements in service of the engine's circuit, in its order."""
    parts = Parts()
    circuit, active = engine.Circuit, engine.CktElement
    names = [str(name).lower() for name in circuit.AllElementNames()]
    switched_off = {name: _open_conductors(engine, name) for name in names if _is_line(name)}
    engine.Solution.BuildYMatrix(1, 1)
    for name in names:
        circuit.SetActiveElement(name)
        kind = name.partition(".")[0]
        if not active.Enabled() or kind in IDLE:
            continue
        if kind not in READ:
            remedy = "leave it out (disable it) or replace it by what gridplan knows"
            parts.fault(name, f"gridplan does not read elements of the class {kind}", remedy)
            continue
        element = _element(active, name)
        if _numbered(element, parts):
            _sort_in(engine, element, switched_off.get(name, ()), parts)
    return parts


def _is_line(name: str) -> bool:
    return name.startswith("line.")


def _open_conductors(engine: Any, name: str) -> tuple[int, ...]:
    """Positions of the open conductors of a line, which is closed for reading its admittance."""
    engine.Circuit.SetActiveElement(name)
    active = engine.CktElement
    opened = []
    for terminal in (1, 2):
        if active.IsOpen(terminal, 0):
            count = int(active.NumConductors())
            opened += [k for k in range(count) if active.IsOpen(terminal, k + 1)]
            active.Close(terminal, 0)
    return tuple(sorted(set(opened)))


def _element(active: Any, name: str) -> Element:
    flat = np.asarray(active.YPrim(), dtype=np.float64)
    entries = flat[::2] + 1j * flat[1::2]
    size = round(len(entries) ** 0.5)
    numbers = [int(number) for number in active.NodeOrder()]
    count = int(active.NumConductors())
    return Element(
        name=name,
        buses=tuple(str(bus).partition(".")[0].lower() for bus in active.BusNames()),
        conductors=tuple(
            tuple(numbers[start : start + count]) for start in range(0, len(numbers), count)
        ),
        y_s=entries.reshape(size, size, order="F"),
    )


def _numbered(element: Element, parts: Parts) -> bool:
    """Whether all conductors are phases 1 to 3, the neutral 4 or the earth 0."""
    other = {number for numbers in element.conductors for number in numbers if number > NEUTRAL}
    if other:
        shown = ", ".join(str(number) for number in sorted(other))
        remedy = "number phases 1, 2, 3, the neutral 4 and the earth 0"
        parts.fault(element.name, f"its conductors end on node {shown} of a bus", remedy)
    return not other


def _sort_in(engine: Any, element: Element, opened: tuple[int, ...], parts: Parts) -> None:
    if element.kind == "vsource":
        parts.sources.append(element)
    elif element.kind == "transformer":
        parts.transformers.append(element)
    elif element.kind in {"load", "generator", "pvsystem"}:
        parts.consumers.append(element)
    elif _joins_buses(element):
        branch = _branch(engine, element, opened, parts)
        if branch is not None:
            parts.branches.append(branch)
    else:
        shunt = _shunt(element)
        if shunt is not None:
            parts.shunts.append(shunt)


def _joins_buses(element: Element) -> bool:
    """Whether it has a conductor off the earth at two different buses."""
    ends = {
        bus for bus, numbers in zip(element.buses, element.conductors, strict=True) if any(numbers)
    }
    return len(ends) == 2


def _shunt(element: Element) -> Shunt | None:
    """An element at one bus as admittances between its wires; None when all of it is on earth."""
    numbers = [number for terminal in element.conductors for number in terminal]
    lift = np.zeros((len(numbers), 4))
    for end, number in enumerate(numbers):
        if number:
            lift[end, number - 1] = 1
    if not lift.any():
        return None
    at = next(k for k, terminal in enumerate(element.conductors) if any(terminal))
    y_s = lift.T @ element.y_s @ lift
    name = element.own_name if element.kind == "reactor" else element.name
    return Shunt(name=name, bus=element.buses[at], y_s=y_s.astype(np.complex128))


def _branch(engine: Any, element: Element, opened: tuple[int, ...], parts: Parts) -> Branch | None:
    one, other = element.conductors
    wire = [max(pair) for pair in zip(one, other, strict=True)]
    neutral_open = any(wire[k] == NEUTRAL for k in opened)
    shut = [k for k in range(len(wire)) if k not in opened or wire[k] == NEUTRAL]
    kept = [k for k in shut if wire[k]]
    problem = _wiring_problem([(one[k], other[k]) for k in kept])
    if problem:
        remedy = "give both ends of every conductor the same node number"
        parts.fault(element.name, problem, remedy)
        return None
    if all(wire[k] == NEUTRAL for k in kept) and neutral_open:
        return None
    if not kept:
        return None
    here, there = np.array(kept), np.array(kept) + len(wire)
    mutual = element.y_s[here[:, None], there]
    inverse = _inverse(mutual)
    if inverse is None:
        parts.fault(element.name, "its series impedance cannot be worked out", "give it impedance")
        return None
    place = np.array([wire[k] - 1 for k in kept])
    z_ohm, y_s = np.zeros((2, 4, 4), np.complex128)
    z_ohm[place[:, None], place] = -inverse
    y_s[place[:, None], place] = 2 * (element.y_s[here[:, None], here] + mutual)
    ends = tuple(tuple(numbers[k] - 1 for k in kept if numbers[k]) for numbers in (one, other))
    return Branch(
        name=element.own_name if element.kind == "line" else element.name,
        buses=(element.buses[0], element.buses[1]),
        wires=tuple(int(k) for k in place),
        at=(ends[0], ends[1]),
        z_ohm=(z_ohm + z_ohm.T) / 2,
        y_s=(y_s + y_s.T) / 2,
        neutral_open=neutral_open,
        **(_line_data(engine, element.own_name) if element.kind == "line" else {}),
    )


def _inverse(matrix: ComplexArray) -> ComplexArray | None:
    """The inverse, None where there is none."""
    try:
        inverse = np.linalg.inv(matrix).astype(np.complex128)
    except np.linalg.LinAlgError:
        return None
    return inverse if np.isfinite(inverse).all() else None


def _wiring_problem(pairs: list[tuple[int, int]]) -> str:
    """What is wrong with the node numbers at the two ends of a branch's conductors."""
    if any(one != other and min(one, other) > 0 for one, other in pairs):
        return "it swaps phases: a conductor has different node numbers at its ends"
    if any(min(pair) == 0 and max(pair) != NEUTRAL for pair in pairs):
        return "a phase conductor ends on the earth"
    wires = [max(pair) for pair in pairs]
    if len(set(wires)) != len(wires):
        return "two of its conductors stand on the same node"
    return ""


def _line_data(engine: Any, name: str) -> dict[str, Any]:
    """Type, length [m] and ampacity [A] of a line; a length without unit counts in kilometres."""
    lines = engine.Lines
    lines.Name(name)
    rated_a = float(lines.NormAmps())
    return {
        "std_type": str(lines.LineCode() or lines.Geometry()),
        "length_m": float(lines.Length()) * METRES.get(int(lines.Units()), METRES[3]),
        "ampacity_a": rated_a if rated_a > 0 and rated_a != PLACEHOLDER_A else float("nan"),
    }
