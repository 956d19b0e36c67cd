"""Where customers hang in a feeder: pole, box, and where a unit is reconnected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridplan.records.field_types import FieldCustomer, ListedHome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridplan.frozen import IntArray
    from gridplan.network.feeder import Feeder

#: Sections of lines that stand on poles.
_ON_POLES = ("main", "lateral", "mv")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """The nodes of a feeder as a crew finds them.

    Attributes
    ----------
    feeder : as it stands
    pole, box : int (node,) -- node of the pole and of the meter box that each node hangs on
    behind : int (node,) -- number of customers at each node or behind it
    """

    feeder: Feeder
    pole: IntArray
    box: IntArray
    behind: IntArray

    @classmethod
    def of(cls, feeder: Feeder) -> Places:
        """Follow each node up to its pole; parents stand before their children."""
        lines, n_node = feeder.lines, len(feeder.nodes)
        pole, box = np.arange(n_node), np.arange(n_node)
        for node, line in enumerate(feeder.nodes.parent_line.tolist()):
            if line < 0 or lines.section[line] in _ON_POLES:
                continue
            parent = int(lines.from_node[line])
            pole[node] = pole[parent]
            box[node] = box[parent] if box[parent] != pole[parent] else node
        behind = np.bincount(feeder.customers.node, minlength=n_node)
        for node in reversed(range(n_node)):
            if (line := int(feeder.nodes.parent_line[node])) >= 0:
                behind[lines.from_node[line]] += behind[node]
        return cls(feeder=feeder, pole=pole, box=box, behind=behind)

    def reconnected_line(self, members: IntArray) -> int:
        """The line nearest to the busbar behind which only these customers hang; -1 for none.

        A home of a box with other homes is reconnected in the box, a whole box at its pole, a
        lateral at the pole that it leaves: always where this line begins.
        """
        feeder = self.feeder
        nodes = feeder.customers.node[members]
        common = set(self._path(int(nodes[0])))
        for node in nodes[1:].tolist():
            common &= set(self._path(node))
        # upwards from the last common node, as long as nobody else hangs behind
        inside = [node for node in common if self.behind[node] == len(members)]
        top = min(inside, default=int(nodes[0]))  # a parent has a smaller number than its child
        return int(feeder.nodes.parent_line[top])

    def reconnected_at(self, members: IntArray) -> str:
        """Name of the node at which customers are reconnected together."""
        feeder, line = self.feeder, self.reconnected_line(members)
        node = feeder.customers.node[members[0]] if line < 0 else feeder.lines.from_node[line]
        return str(feeder.nodes.name[node])

    def _path(self, node: int) -> list[int]:
        """The node and all above it."""
        path = [node]
        while (line := int(self.feeder.nodes.parent_line[path[-1]])) >= 0:
            path.append(int(self.feeder.lines.from_node[line]))
        return path

    def customers(self, members: Sequence[int]) -> tuple[FieldCustomer, ...]:
        """Meters by customer index."""
        feeder, customers = self.feeder, self.feeder.customers
        found = []
        for index in members:
            node = int(customers.node[index])
            meter_a = float(customers.meter_a[index])
            found.append(
                FieldCustomer(
                    customer_id=str(customers.id[index]),
                    pole=str(feeder.nodes.name[self.pole[node]]),
                    box=str(feeder.nodes.name[self.box[node]]),
                    meter_a=meter_a if np.isfinite(meter_a) else None,
                )
            )
        return tuple(found)

    def listed(self, members: IntArray) -> tuple[ListedHome, ...]:
        """Customers for a list, by circuit, pole and box in the order of the feeder."""
        feeder, customers = self.feeder, self.feeder.customers
        node = customers.node[members]
        circuit_of = feeder.customer_circuit
        order = np.lexsort((node, self.box[node], self.pole[node], circuit_of[members]))
        phase = customers.phase
        return tuple(
            ListedHome(
                customer_id=str(customers.id[index]),
                pole=str(feeder.nodes.name[self.pole[customers.node[index]]]),
                box=str(feeder.nodes.name[self.box[customers.node[index]]]),
                circuit=self.circuit_name(int(circuit_of[index])),
                phase=str(phase[index]),
                confidence=float(customers.phase_confidence[index]),
                kind=str(customers.kind[index]),
            )
            for index in members[order].tolist()
        )

    def circuit_name(self, circuit: int) -> str:
        """Name of an outgoing circuit; -1 is the busbar itself."""
        return str(self.feeder.circuits.name[circuit]) if circuit >= 0 else "busbar"
