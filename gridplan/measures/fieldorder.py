"""Moves in the order of the field: outage window by outage window, from the transformer outwards.

A window is one outgoing circuit switched off; all its moves are one step for the village, for
nobody is supplied while they are made. The states between windows must not be worse than today: a
crew that is called away leaves the village no worse off. Where no order of the circuits does that,
a circuit is switched off once per pole, and those shorter windows are ordered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.proposal import Move
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import PERMUTATIONS
from gridplan.network.feeder import Feeder

#: States scored at most while an order is searched.
_MAX_STATES = 24

#: ``harm(labelling)`` -> how much worse than today a state is; 0 where it is in nothing worse.
Harm = Callable[[IntArray], float]

Window = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOrder:
    """Units to move by outage window, in order.

    ``worst_after`` is the number of windows after which the state is worst, where no order was
    found whose states between windows are in nothing worse than today; 0 where there is one.
    """

    windows: tuple[Window, ...]
    worst_after: int = 0


def distance_m(feeder: Feeder) -> FloatArray:
    """Length of line from the LV busbar to each node (node,) [m]; lines stand in radial order."""
    distance = np.zeros(len(feeder.nodes))
    for line in range(len(feeder.lines)):
        start, end = int(feeder.lines.from_node[line]), int(feeder.lines.to_node[line])
        if feeder.lines.circuit[line] >= 0:
            distance[end] = distance[start] + feeder.lines.length_m[line]
    return distance


def by_pole(feeder: Feeder, units: MovableUnits, moved: IntArray) -> list[int]:
    """Moved units by outgoing circuit, then distance of their first pole, then name."""
    distance = distance_m(feeder)

    def place(unit: int) -> tuple[int, float, str]:
        nodes = feeder.customers.node[units.members(unit)]
        return (int(units.circuit[unit]), float(distance[nodes].min()), str(units.name[unit]))

    return sorted((int(unit) for unit in moved), key=place)


def field_order(feeder: Feeder, units: MovableUnits, labelling: IntArray, harm: Harm) -> FieldOrder:
    """Outage windows of the moves of a labelling (unit,), in an order that harms nobody.

    The order of the circuits is kept where it can be.
    """
    order = by_pole(feeder, units, units.moved(labelling))
    known: dict[frozenset[int], float] = {}

    def harm_after(done: frozenset[int]) -> float:
        if done not in known:
            state = units.today.copy()
            state[list(done)] = labelling[list(done)]
            known[done] = harm(state)
        return known[done]

    def pole(unit: int) -> tuple[int, int]:
        return int(units.circuit[unit]), _first_pole(feeder, units, unit)

    by_circuit = _grouped(order, lambda unit: int(units.circuit[unit]))
    for windows in (by_circuit, _grouped(order, pole)):
        found = _harmless(windows, harm_after)
        if found is not None:
            return FieldOrder(windows=tuple(found))
    harms = [
        harm_after(frozenset(unit for window in by_circuit[:k] for unit in window))
        for k in range(1, len(by_circuit))
    ]
    return FieldOrder(windows=tuple(by_circuit), worst_after=1 + int(np.argmax(harms)))


def _grouped(order: list[int], key: Callable[[int], object]) -> list[Window]:
    return [tuple(members) for _, members in groupby(order, key=key)]


def _first_pole(feeder: Feeder, units: MovableUnits, unit: int) -> int:
    nodes = feeder.customers.node[units.members(unit)]
    return int(nodes[np.argmin(distance_m(feeder)[nodes])])


def _harmless(
    windows: list[Window], harm_after: Callable[[frozenset[int]], float]
) -> list[Window] | None:
    """The order nearest to the given one whose states between windows are not worse than today.

    Depth first; None without such an order within the states that may be looked at.
    """
    dead: set[frozenset[int]] = set()
    looked = 0

    def extend(done: list[Window], after: frozenset[int]) -> list[Window] | None:
        nonlocal looked
        if len(done) == len(windows):
            return done
        for window in (one for one in windows if one not in done):
            state = after | frozenset(window)
            if state in dead or looked >= _MAX_STATES:
                continue
            if len(done) + 1 < len(windows):
                looked += 1
                if harm_after(state) > 0:
                    dead.add(state)
                    continue
            found = extend([*done, window], state)
            if found is not None:
                return found
            dead.add(state)
        return None

    return extend([], frozenset())


def field_moves(
    feeder: Feeder, units: MovableUnits, labelling: IntArray, windows: tuple[Window, ...]
) -> tuple[Move, ...]:
    """The moves of a labelling (unit,) of choices, numbered in field order."""
    customers = feeder.customers
    moves: list[Move] = []
    for number, window in enumerate(windows, start=1):
        for unit in window:
            choice = int(labelling[unit])
            before, after = units.phase_text(customers, choice)
            circuit = int(units.circuit[unit])
            moves.append(
                Move(
                    order=len(moves) + 1,
                    window=number,
                    unit=str(units.name[unit]),
                    customer_ids=tuple(customers.id[units.members(unit)].tolist()),
                    node=str(feeder.nodes.name[_first_pole(feeder, units, unit)]),
                    circuit=str(feeder.circuits.name[circuit]) if circuit >= 0 else "busbar",
                    from_phase=before,
                    to_phase=after,
                    permutation=PERMUTATIONS[int(units.choice_permutation[choice])],
                )
            )
    return tuple(moves)
