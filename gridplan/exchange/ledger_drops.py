"""Which lines of a feeder are drops to boxes and homes, and which are single-phase laterals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridplan.network.feeder import Feeder


class Drops:
    """Lines that a ledger writes with the box or the customer that they feed.

    Attributes
    ----------
    homes, boxes : the line that feeds each node that is one
    lines : all lines of both
    own_node : nodes that stand in the sheets of boxes and customers, not of poles
    laterals : movable unit and phase of each line on a single-phase lateral
    """

    def __init__(self, feeder: Feeder, plain: Sequence[bool]) -> None:
        self._feeder = feeder
        lines, customers = feeder.lines, feeder.customers
        self._at = np.bincount(customers.node, minlength=len(feeder.nodes))
        self._below: dict[int, list[int]] = {}
        for k, node in enumerate(lines.from_node.tolist()):
            self._below.setdefault(node, []).append(k)
        drop = [
            plain[k]
            and lines.section[k] == "service"
            and lines.name[k] == feeder.nodes.name[lines.to_node[k]]
            and lines.from_node[k] != feeder.busbar
            and int(feeder.nodes.parent_line[lines.to_node[k]]) == k
            for k in range(len(lines))
        ]
        ends = lines.to_node.tolist()
        self.homes = {
            ends[k]: k for k in range(len(lines))
            if drop[k] and self._at[ends[k]] == 1 and ends[k] not in self._below
        }  # fmt: skip
        self.boxes = {
            ends[k]: k for k in range(len(lines))
            if drop[k] and ends[k] not in self.homes
            and (self._at[ends[k]] or ends[k] in self._below)
            and all(ends[n] in self.homes for n in self._below.get(ends[k], []))
        }  # fmt: skip
        self.lines = {*self.homes.values(), *self.boxes.values()}
        self.own_node = {*self.homes, *self.boxes}
        self.laterals = self._find_laterals()

    def _behind(self, node: int) -> tuple[list[int], list[int]]:
        """Customers and lines at and behind a node."""
        nodes, lines, stack = {node}, [], [node]
        while stack:
            for k in self._below.get(stack.pop(), []):
                child = int(self._feeder.lines.to_node[k])
                if child not in nodes:
                    lines.append(k)
                    nodes.add(child)
                    stack.append(child)
        of = self._feeder.customers.node
        return np.flatnonzero(np.isin(of, list(nodes))).tolist(), lines

    def _find_laterals(self) -> dict[int, tuple[str, str]]:
        """Laterals whose customers are one movable unit on one phase."""
        lines, customers = self._feeder.lines, self._feeder.customers
        phase, found = customers.phase.tolist(), {}
        for k in np.flatnonzero(lines.section == "lateral").tolist():
            if k in found:
                continue
            members, behind = self._behind(int(lines.to_node[k]))
            units, phases = {int(customers.unit[n]) for n in members}, {phase[n] for n in members}
            whole = len(units) == 1 and np.sum(customers.unit == next(iter(units))) == len(members)
            # a lone home is a unit of its own whatever feeds it
            if not whole or len(phases) > 1 or len(next(iter(phases))) > 1 or len(members) < 2:
                continue
            unit = str(customers.unit_names[next(iter(units))])
            found[k] = (unit, next(iter(phases)))
            found |= {n: found[k] for n in behind if lines.section[n] == "lateral"}
        return found

    def box_wires(self, node: int) -> tuple[str, str]:
        """Wires and phase of a box: 2 where its customers move together or hang on a lateral."""
        members, _ = self._behind(node)
        customers = self._feeder.customers
        phases = {customers.phase[n] for n in members}
        units = {int(customers.unit[n]) for n in members}
        name = str(self._feeder.nodes.name[node])
        box_unit = len(units) == 1 and customers.unit_names[next(iter(units))] == name
        behind = self._lateral(int(self._feeder.lines.from_node[self.boxes[node]]))
        if (box_unit or behind) and len(phases) == 1 and len(next(iter(phases))) == 1:
            return "2", str(next(iter(phases)))
        return "4", ""

    def usual_unit(self, customer: int) -> str:
        """The movable unit that the reader gives a customer by itself."""
        customers, lines = self._feeder.customers, self._feeder.lines
        node = int(customers.node[customer])
        if node in self.homes:
            node = int(lines.from_node[self.homes[node]])
        own = str(customers.id[customer])
        if node in self.boxes:
            wires, _ = self.box_wires(node)
            lateral = self._lateral(int(lines.from_node[self.boxes[node]]))
            box = str(self._feeder.nodes.name[node])
            return lateral or (box if wires == "2" else own)
        return self._lateral(node) or own

    def _lateral(self, node: int) -> str:
        """Unit of the lateral that a pole stands on, "" where on none."""
        line = int(self._feeder.nodes.parent_line[node])
        return self.laterals[line][0] if line in self.laterals else ""
