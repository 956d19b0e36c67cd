"""Where each node of a feeder is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gridplan.frozen import FloatArray, IntArray
    from gridplan.network.feeder import Feeder


def node_positions(feeder: Feeder) -> tuple[FloatArray, bool]:
    """Positions (node, 2) and whether they are the network file's own.

    The file's coordinates serve when every LV node has one and they are not all the same; else
    the tree is laid out: distance from the transformer to the right, each leaf on a row of its own.
    """
    lv = np.array(lv_nodes(feeder))
    places = np.column_stack([feeder.nodes.x, feeder.nodes.y]).astype(np.float64)
    known = np.isfinite(places[lv]).all()
    if known and np.ptp(places[lv], axis=0).max() > 0:
        return places, True
    return _tree_positions(feeder), False


def lv_nodes(feeder: Feeder) -> list[int]:
    """The LV busbar and everything behind it, each node after its parent."""
    return list(range(feeder.busbar, len(feeder.nodes)))


def parents(feeder: Feeder) -> IntArray:
    """Parent of each node (node,); -1 for the source's and the transformer's nodes."""
    line = feeder.nodes.parent_line
    parent = np.full(len(line), -1, dtype=np.int64)
    fed = line >= 0
    parent[fed] = feeder.lines.from_node[line[fed]]
    return parent


def downstream_phases(feeder: Feeder) -> IntArray:
    """Phases of the customers at and behind each node, as bits 1, 2, 4 for a, b, c (node,)."""
    bits = np.zeros(len(feeder.nodes), dtype=np.int64)
    customers = feeder.customers
    np.bitwise_or.at(bits, customers.node, customers.connected @ np.array([1, 2, 4]))
    parent = parents(feeder)
    for node in range(len(bits) - 1, -1, -1):
        if parent[node] >= 0:
            bits[parent[node]] |= bits[node]
    return bits


def _tree_positions(feeder: Feeder) -> FloatArray:
    """Distance from the busbar [m] as x; leaves in rows as y, a parent amid its children."""
    parent, line = parents(feeder), feeder.nodes.parent_line
    places = np.zeros((len(feeder.nodes), 2))
    children: dict[int, list[int]] = {}
    # drop and service lines of zero metres would put homes on top of their pole
    step = np.maximum(
        feeder.lines.length_m, 0.02 * max(float(feeder.lines.length_m.max(initial=1)), 1)
    )
    for node in lv_nodes(feeder):
        if parent[node] >= 0:
            children.setdefault(int(parent[node]), []).append(node)
            places[node, 0] = places[parent[node], 0] + step[line[node]]
    order, stack = [], [feeder.busbar]
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(children.get(node, []))
    row = 0
    for node in order:
        if node not in children:
            places[node, 1] = row
            row += 1
    for node in reversed(order):
        if node in children:
            places[node, 1] = np.mean(places[children[node], 1])
    extent = max(float(places[:, 0].max()), 1.0)
    places[:, 1] *= 0.55 * extent / max(row - 1, 1)
    return places
