"""Moves in the order of the field: circuit by circuit, from the transformer outwards.

No state in between may be worse than today: a crew that is called away leaves the village no worse
off. Where the order of the poles would pass through a worse state, another order is searched.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.proposal import Move
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import PERMUTATIONS
from gridplan.network.feeder import Feeder

#: States scored at most while an order is searched.
_MAX_STATES = 200

#: ``worst(labelling)`` -> worst phase current of a state over its limit.
WorstPhase = Callable[[IntArray], float]


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


def harmless_order(
    order: list[int], labelling: IntArray, today: IntArray, worst: WorstPhase
) -> list[int]:
    """The order nearest to ``order`` that never passes through a state worse than today.

    Depth first, trying the given order first; without such an order within the states that may be
    scored, the given order stays.
    """
    limit = worst(today) * (1 + 1e-6)
    dead: set[frozenset[int]] = set()
    scored = 0

    def extend(done: list[int], state: IntArray) -> list[int] | None:
        nonlocal scored
        if len(done) == len(order):
            return done
        for unit in (unit for unit in order if unit not in done):
            key = frozenset([*done, unit])
            if key in dead or scored >= _MAX_STATES:
                continue
            after = state.copy()
            after[unit] = labelling[unit]
            scored += 1
            if len(key) < len(order) and worst(after) > limit:
                dead.add(key)
                continue
            found = extend([*done, unit], after)
            if found is not None:
                return found
            dead.add(key)
        return None

    return extend([], today) or order


def field_moves(
    feeder: Feeder, units: MovableUnits, labelling: IntArray, worst: WorstPhase
) -> tuple[Move, ...]:
    """The moves of a labelling (unit,) of choices, numbered in field order."""
    customers = feeder.customers
    order = by_pole(feeder, units, units.moved(labelling))
    if len(order) > 1:
        order = harmless_order(order, labelling, units.today, worst)
    distance = distance_m(feeder)
    moves = []
    for number, unit in enumerate(order, start=1):
        members = units.members(unit)
        nearest = customers.node[members][np.argmin(distance[customers.node[members]])]
        choice = int(labelling[unit])
        before, after = units.phase_text(customers, choice)
        circuit = int(units.circuit[unit])
        moves.append(
            Move(
                order=number,
                unit=str(units.name[unit]),
                customer_ids=tuple(customers.id[members].tolist()),
                node=str(feeder.nodes.name[nearest]),
                circuit=str(feeder.circuits.name[circuit]) if circuit >= 0 else "busbar",
                from_phase=before,
                to_phase=after,
                permutation=PERMUTATIONS[int(units.choice_permutation[choice])],
            )
        )
    return tuple(moves)
