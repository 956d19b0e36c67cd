"""Which customers hang behind which line: arrays over the radial order of a feeder."""

from __future__ import annotations

import numpy as np

from gridplan.frozen import BoolArray, IntArray
from gridplan.network.feeder import Feeder


def downstream(feeder: Feeder, node: IntArray) -> BoolArray:
    """Whether the current drawn at each of ``node`` (port,) passes each line: bool (line, port)."""
    behind = np.zeros((len(feeder.lines), len(node)), dtype=bool)
    parent_line, from_node = feeder.nodes.parent_line, feeder.lines.from_node
    line = parent_line[node]
    while (open_ports := np.flatnonzero(line >= 0)).size:
        behind[line[open_ports], open_ports] = True
        line = np.where(line >= 0, parent_line[from_node[line]], -1)
    return behind


def parent_nodes(feeder: Feeder) -> IntArray:
    """The node before each node (node,), across the transformer too; -1 at the source."""
    line, trafo = feeder.nodes.parent_line, feeder.transformer
    parent = np.full(len(line), -1)
    parent[line >= 0] = feeder.lines.from_node[line[line >= 0]]
    if trafo is not None and trafo.lv_node != trafo.hv_node:
        parent[trafo.lv_node] = trafo.hv_node
    return parent
