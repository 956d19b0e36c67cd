"""Numbers for the conductors of every node: the unknowns of the network equations."""

from __future__ import annotations

import numpy as np

from gridplan.frozen import IntArray
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder

#: The reference of all voltages; solidly grounded neutrals are part of it.
EARTH = -1
#: A conductor that does not stand at the node.
ABSENT = -2


def node_terminals(feeder: Feeder) -> IntArray:
    """Number of each conductor a, b, c, neutral of each node (node, 4), ``EARTH`` or ``ABSENT``.

    A node without a neutral has the earth in its place: its voltages are to earth.
    """
    there = feeder.nodes.wires.copy()
    solid = feeder.groundings.node[feeder.groundings.z_ohm == 0]
    there[solid, 3] = False
    numbers: IntArray = np.where(there, np.cumsum(there).reshape(there.shape) - 1, ABSENT)
    numbers[~there[:, 3], 3] = EARTH
    return numbers


def branch_terminals(terminals: IntArray, wiring: str) -> IntArray:
    """Terminals (node, 3, 2) between which the three branches of a wiring stand.

    ``ABSENT`` in both places where a branch lacks a conductor.
    """
    start = terminals[:, :3]
    end = np.repeat(terminals[:, 3:], 3, axis=1)
    if wiring == "delta":
        end = np.roll(start, -1, axis=1)
    elif wiring == "earth":
        end = np.full_like(start, EARTH)
    pairs = np.stack([start, end], axis=2)
    pairs[(pairs == ABSENT).any(axis=2)] = ABSENT
    return pairs


def customer_terminals(terminals: IntArray, customers: Customers) -> IntArray:
    """Terminals (customer, 3, 2) of the three branches of each customer."""
    pairs = np.empty((len(customers), 3, 2), dtype=np.int64)
    for wiring in np.unique(customers.wiring):
        of = customers.wiring == wiring
        pairs[of] = branch_terminals(terminals, str(wiring))[customers.node[of]]
    return pairs
