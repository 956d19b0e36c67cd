"""The order of an OpenDSS circuit's buses: away from the source, as the network file has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gridplan.frozen import BoolArray
from gridplan.network.opendss_parts import NEUTRAL, Branch, Parts
from gridplan.network.opendss_transformer import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Buses in feeder order and the branches that join them.

    Attributes
    ----------
    buses : those before the transformer first, then the LV busbar, then each after its parent
    n_mv : number of buses before the transformer; 0 without one
    parent : number of the branch that feeds each bus, -1 for the source's and the busbar
    radial : numbers of the branches that feed a bus, in the order of those buses
    closing : numbers of the other branches, which close loops
    """

    buses: list[str]
    n_mv: int
    parent: list[int]
    radial: list[int]
    closing: list[int]


def order_buses(parts: Parts, source_bus: str, unit: Unit | None) -> Order:
    """Walk from the source and from the LV busbar, branches in the script's order.

    What cannot be reached is left out; with a customer on it, it is a fault.
    """
    ways: dict[str, list[int]] = defaultdict(list)
    for number, branch in enumerate(parts.branches):
        for bus in set(branch.buses):
            ways[bus].append(number)
    seen: dict[str, int] = {}
    _walk(source_bus, parts.branches, ways, seen)
    n_mv = 0
    if unit is not None:
        n_mv = len(seen)
        _check_supply(parts, unit, seen)
        _walk(unit.lv_bus, parts.branches, ways, seen)
    left = [consumer.name for consumer in parts.consumers if consumer.buses[0] not in seen]
    for name in left:
        parts.fault(name, "no closed line joins its bus to the source", "join it, or disable it")
    buses = list(seen)
    feeding = set(seen.values())
    radial = [seen[bus] for bus in buses if seen[bus] >= 0]
    closing = [
        number
        for number, branch in enumerate(parts.branches)
        if number not in feeding and branch.buses[0] in seen and branch.buses[1] in seen
    ]
    return Order(
        buses=buses,
        n_mv=n_mv,
        parent=[seen[bus] for bus in buses],
        radial=radial,
        closing=closing,
    )


def _walk(
    root: str, branches: list[Branch], ways: dict[str, list[int]], seen: dict[str, int]
) -> None:
    """Depth first; ``seen`` is each bus with the branch that feeds it."""
    stack = [(root, -1)]
    while stack:
        bus, way = stack.pop()
        if bus in seen:
            continue
        seen[bus] = way
        for number in reversed(ways[bus]):
            one, other = branches[number].buses
            stack.append((other if bus == one else one, number))


def _check_supply(parts: Parts, unit: Unit, seen: Iterable[str]) -> None:
    before = set(seen)
    where = f"transformer.{unit.transformer.name}"
    if unit.hv_bus not in before:
        remedy = "the source must feed the high-voltage winding"
        parts.fault(where, "no closed line joins its high-voltage side to the source", remedy)
    elif unit.lv_bus in before:
        parts.fault(where, "a line leads around it", "open that line")


def bus_wires(parts: Parts, order: Order, unit: Unit | None, source_bus: str) -> BoolArray:
    """Which of a, b, c and the neutral stand at each bus: bool (bus, 4).

    Only what carries a conductor there counts: lines, transformer, source. A neutral to which
    nothing but loads or groundings belongs is none.
    """
    place = {bus: node for node, bus in enumerate(order.buses)}
    wires = np.zeros((len(order.buses), 4), dtype=np.bool_)
    for branch in parts.branches:
        for bus, at in zip(branch.buses, branch.at, strict=True):
            if bus in place:
                wires[place[bus], list(at)] = True
    wires[place[source_bus], :3] = True
    if unit is not None:
        if unit.hv_bus in place:
            wires[place[unit.hv_bus], :3] = True
        wires[place[unit.lv_bus], :3] = True
        wires[place[unit.lv_bus], 3] |= unit.neutral == NEUTRAL
    return wires


def check_conductors(parts: Parts, order: Order, wires: BoolArray) -> None:
    """Every conductor that a customer stands on exists at its bus."""
    place = {bus: node for node, bus in enumerate(order.buses)}
    for element in parts.consumers:
        if element.buses[0] not in place:
            continue
        there = wires[place[element.buses[0]]]
        numbers = {number for number in element.conductors[0] if number}
        missing = sorted(number for number in numbers if not there[number - 1])
        if missing:
            shown = ", ".join(str(number) for number in missing)
            what = f"no line brings node {shown} to its bus {element.buses[0]}"
            parts.fault(element.name, what, "connect it to nodes that a line or transformer has")
