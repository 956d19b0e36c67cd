"""What holds the conductors behind a broken neutral before any load is known."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridplan.frozen import BoolArray, IntArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.paths import downstream

#: Admittance that stands in at customers behind a broken neutral, so that their floating
#: conductors have a voltage before any load is known [S]: 1 kW at 230 V. What the loads draw is
#: counted from it, so it changes no result.
FLOATING_S = 1e3 / 230**2


def floating_branches(feeder: Feeder) -> BoolArray:
    """Branches (customer, 3) of customers behind a broken neutral."""
    customers, broken = feeder.customers, feeder.lines.neutral_open
    if not broken.any():
        return np.zeros((len(customers), 3), dtype=np.bool_)
    behind = downstream(feeder, customers.node)[broken]
    floating: BoolArray = customers.connected & np.any(behind, axis=0, keepdims=True).T
    return floating


def free_neutrals(feeder: Feeder) -> IntArray:
    """One node of every piece of neutral behind a break that nothing joins to anything else.

    No customer, grounding, shunt or charging current: such a piece carries no current, so an
    admittance to the earth at one of its nodes gives it a voltage and changes no other. Where the
    neutral is folded in, the piece is the common voltage of the phases.
    """
    lines, n_node = feeder.lines, len(feeder.nodes)
    broken = lines.neutral_open
    if not broken.any():
        return np.zeros(0, dtype=np.int64)
    explicit = lines.wires.shape[1] == 4
    joins = ~broken & (lines.wires[:, 3] if explicit else True)
    ends = lines.from_node[joins], lines.to_node[joins]
    graph = sparse.coo_matrix((np.ones(joins.sum()), ends), shape=(n_node, n_node))
    piece: IntArray = connected_components(graph, directed=False)[1]
    held: BoolArray = np.logical_not(downstream(feeder, np.arange(n_node))[broken].any(axis=0))
    if explicit:
        held |= ~feeder.nodes.wires[:, 3]
    held[feeder.groundings.node] = True
    held[feeder.shunts.node] = True
    customers = feeder.customers
    holds = customers.wiring == "wye" if explicit else customers.wiring != "delta"
    held[customers.node[holds & customers.connected.any(axis=1)]] = True
    charging = lines.y_s[:, 3].any(axis=1) if explicit else lines.y_s.sum(axis=(1, 2)) != 0
    held[lines.from_node[charging]] = True
    held[lines.to_node[charging]] = True
    free = ~np.isin(piece, piece[held])
    first: IntArray = np.unique(piece[free], return_index=True)[1]
    return np.flatnonzero(free)[first]
