"""Cutting feeders apart and joining parts: islands, splits, transfers to a neighbour.

All work on the radial part behind the busbar. A part that gets another root is walked again from
there: nodes after their parents, lines pointing away from it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from gridplan.errors import Fault, InputError
from gridplan.frozen import IntArray
from gridplan.network.additions import joined_customers, node_index, taken
from gridplan.network.catalogue import conductor_types, lines_of_type, transformer_of_type
from gridplan.network.feeder import Feeder, Lines, Nodes, OutgoingCircuits, Source
from gridplan.network.ground import Groundings, Shunts


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A new line between two areas.

    Attributes
    ----------
    node : of the part that moves
    neighbour_node : of the area that takes it over
    std_type : conductor of the catalogue
    length_m : of the line [m]
    """

    node: str
    neighbour_node: str
    std_type: str
    length_m: float


def split_at(feeder: Feeder, line: str, std_type: str, node: str | None = None) -> list[Feeder]:
    """Open a line and feed what is behind it from a new transformer, on the same medium voltage.

    Parameters
    ----------
    feeder : one whole area
    line : name of the line that is opened, with its neutral
    std_type : the new transformer
    node : pole behind the line where it stands; default: the first one

    Returns
    -------
    list of Feeder
        what stays, and what the new transformer feeds

    Raises
    ------
    InputError
        when the line or pole is not there, or the area is meshed
    CatalogueError
        for an unknown transformer type
    """
    cut = _line_index(feeder, line)
    behind = _behind(feeder, cut)
    root = int(feeder.lines.to_node[cut]) if node is None else node_index(feeder, node)
    if root not in behind:
        raise _refused("split_at", node or "", f"does not lie behind {line}", "name a pole there")
    near = _without(feeder, behind)
    walk = _walked(feeder, behind, root)
    before = np.arange(feeder.busbar)  # the medium-voltage nodes
    mv_lines = np.flatnonzero(feeder.lines.circuit < 0)
    far = _restricted(
        feeder,
        np.concatenate([before, walk.nodes]),
        np.concatenate([mv_lines, walk.lines]),
        np.concatenate([np.zeros(len(mv_lines), dtype=bool), walk.turned]),
    )
    trafo = replace(
        transformer_of_type(std_type, feeder.area_transformer), lv_node=len(before), name=std_type
    )
    far = replace(far, transformer=trafo, name=f"{feeder.name}, new site")
    return [near, _own_circuits(_earthed(far))]


def transferred(feeder: Feeder, line: str, neighbour: Feeder, tie: Tie) -> list[Feeder]:
    """Open a line and feed what is behind it from a neighbour over a new line.

    Returns
    -------
    list of Feeder
        what stays, and the neighbour with what it takes over, whose lines keep their names behind
        the name of this feeder

    Raises
    ------
    InputError
        when a line or node is not there, an area is meshed, a customer's number stands in both, or
        one has explicit neutrals and the other has not
    CatalogueError
        for an unknown conductor
    """
    cut = _line_index(feeder, line)
    behind = _behind(feeder, cut)
    root = node_index(feeder, tie.node)
    if root not in behind:
        raise _refused("transferred", tie.node, f"does not lie behind {line}", "name a pole there")
    if feeder.lines.wires.shape[1] != neighbour.lines.wires.shape[1]:
        what = "one area has explicit neutrals, the other has them folded in"
        raise _refused("transferred", neighbour.name, what, "model both areas the same way")
    if tie.std_type not in conductor_types():  # the same words as for any other line
        lines_of_type(tie.std_type, feeder.lines, [])
    walk = _walked(feeder, behind, root)
    part = _restricted(feeder, walk.nodes, walk.lines, walk.turned)
    return [_without(feeder, behind), _attached(neighbour, part, tie)]


def island_of(feeder: Feeder, source: Source, circuit: str | None = None) -> Feeder:
    """What hangs on the busbar, or on one outgoing circuit, fed by a source of its own there.

    The incomer is open: neither the transformer nor the medium voltage is left. ``source.node`` is
    not looked at, it becomes the busbar. ``InputError`` for an unknown circuit, or a meshed area.
    """
    _refuse_loops(feeder)
    names = feeder.circuits.name.tolist()
    if circuit is not None and circuit not in names:
        raise _refused("island_of", circuit, "there is no such circuit", f"use {', '.join(names)}")
    lines = np.flatnonzero(feeder.lines.circuit >= 0)
    nodes: IntArray = np.arange(feeder.busbar, len(feeder.nodes))
    if circuit is not None:
        lines = np.flatnonzero(feeder.lines.circuit == names.index(circuit))
        nodes = np.concatenate([[feeder.busbar], feeder.lines.to_node[lines]])
        nodes = np.sort(nodes)
    island = _restricted(feeder, nodes, lines, np.zeros(len(lines), dtype=bool))
    if circuit is not None:  # who hangs on the busbar itself stays with the transformer
        stays = island.customers.node == 0
        island = replace(island, customers=taken(island.customers, np.flatnonzero(~stays)))
    return replace(island, source=replace(source, node=0), name=f"{feeder.name}, island")


def without_circuit(feeder: Feeder, circuit: str) -> Feeder:
    """What stays on the transformer when an outgoing circuit is fed by an island's source."""
    names = feeder.circuits.name.tolist()
    if circuit not in names:
        raise _refused("without_circuit", circuit, "no such circuit", f"use {', '.join(names)}")
    _refuse_loops(feeder)
    gone = feeder.lines.to_node[feeder.lines.circuit == names.index(circuit)]
    return _without(feeder, gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """Nodes and lines of a part from its root: parents first; ``turned`` lines are reversed."""

    nodes: IntArray
    lines: IntArray
    turned: np.ndarray


def _walked(feeder: Feeder, inside: IntArray, root: int) -> _Walk:
    """Walk the radial part made of the nodes ``inside`` from ``root``."""
    lines = feeder.lines
    within = np.isin(lines.from_node, inside) & np.isin(lines.to_node, inside)
    own = np.flatnonzero(within).tolist()
    touching: dict[int, list[int]] = {int(node): [] for node in inside}
    for line in own:
        touching[int(lines.from_node[line])].append(line)
        touching[int(lines.to_node[line])].append(line)
    nodes, order, turned, done = [root], [], [], {root}
    for node in nodes:  # grows while it is walked
        for line in touching[node]:
            ends = int(lines.from_node[line]), int(lines.to_node[line])
            other = ends[1] if ends[0] == node else ends[0]
            if other in done:
                continue
            done.add(other)
            nodes.append(other)
            order.append(line)
            turned.append(ends[1] == node)
    return _Walk(nodes=np.array(nodes), lines=np.array(order, dtype=np.int64),
                 turned=np.array(turned, dtype=bool))  # fmt: skip


def _restricted(feeder: Feeder, nodes: IntArray, lines: IntArray, turned: np.ndarray) -> Feeder:
    """The feeder's ``nodes`` and ``lines`` in the order given, without transformer; source kept.

    Lines stand in the order of their child nodes; ``turned`` ones point the other way.
    """
    place = np.full(len(feeder.nodes), -1)
    place[nodes] = np.arange(len(nodes))
    old = feeder.lines
    start = place[np.where(turned, old.to_node[lines], old.from_node[lines])]
    end = place[np.where(turned, old.from_node[lines], old.to_node[lines])]
    parent_line = np.full(len(nodes), -1)
    parent_line[end] = np.arange(len(lines))
    columns = {
        field.name: getattr(feeder.nodes, field.name)[nodes]
        for field in fields(Nodes)
        if field.name != "parent_line"
    }
    line_columns = {field.name: getattr(old, field.name)[lines] for field in fields(Lines)}
    line_columns |= {"from_node": start, "to_node": end}
    customers = feeder.customers
    kept = np.flatnonzero(place[customers.node] >= 0)
    grounds, shunts = feeder.groundings, feeder.shunts
    at_ground, at_shunt = place[grounds.node] >= 0, place[shunts.node] >= 0
    return replace(
        feeder,
        nodes=Nodes(**columns, parent_line=parent_line),
        lines=Lines(**line_columns),
        transformer=None,
        customers=taken(customers, kept, node=place[customers.node[kept]]),
        groundings=Groundings(node=place[grounds.node[at_ground]], z_ohm=grounds.z_ohm[at_ground]),
        shunts=Shunts(
            name=shunts.name[at_shunt],
            node=place[shunts.node[at_shunt]],
            y_s=shunts.y_s[at_shunt],
        ),
        notes=(),
    )


def _without(feeder: Feeder, gone: IntArray) -> Feeder:
    """The feeder without some nodes and what hangs on them."""
    nodes = np.setdiff1d(np.arange(len(feeder.nodes)), gone)
    lines = np.flatnonzero(~np.isin(feeder.lines.to_node, gone))
    left = _restricted(feeder, nodes, lines, np.zeros(len(lines), dtype=bool))
    # medium-voltage nodes and busbar stand first, so their numbers stay
    return replace(left, transformer=feeder.transformer, notes=feeder.notes)


def _earthed(part: Feeder) -> Feeder:
    """The part with its new star point on earth, where the neutral is a conductor of its own."""
    busbar, grounds = part.busbar, part.groundings
    if not part.nodes.wires[busbar, 3] or busbar in grounds.node:
        return part
    earthed = Groundings(node=np.append(grounds.node, busbar), z_ohm=np.append(grounds.z_ohm, 0))
    return replace(part, groundings=earthed)


def _own_circuits(part: Feeder) -> Feeder:
    """The part with one outgoing circuit per line that leaves its busbar.

    Each has the name and the breaker of the circuit that it was a piece of; a second one of the
    same name is numbered.
    """
    lines, busbar = part.lines, part.busbar
    leaving = np.flatnonzero((lines.from_node == busbar) & (lines.circuit >= 0))
    circuit = np.full(len(lines), -1)
    names: list[str] = []
    for number, line in enumerate(leaving.tolist()):
        name = str(part.circuits.name[lines.circuit[line]])
        names.append(name if name not in names else f"{name}-{number + 1}")
        circuit[line] = number
    for line in range(len(lines)):  # children come after their parents
        parent = part.nodes.parent_line[lines.from_node[line]]
        if lines.circuit[line] >= 0 and circuit[line] < 0:
            circuit[line] = circuit[parent]
    old = lines.circuit[leaving]
    return replace(
        part,
        lines=replace(lines, circuit=circuit),
        circuits=OutgoingCircuits(
            name=np.array(names, dtype=np.str_),
            protection_a=part.circuits.protection_a[old],
            rcd_ma=part.circuits.rcd_ma[old],
            leakage_ma=part.circuits.leakage_ma[old],  # of the whole: at most that of a piece
        ),
    )


def _attached(neighbour: Feeder, part: Feeder, tie: Tie) -> Feeder:
    """The neighbour with a part behind a tie; the part's node 0 is where the tie ends."""
    at = node_index(neighbour, tie.neighbour_node)
    shift, n_line = len(neighbour.nodes), len(neighbour.lines)
    parent = int(neighbour.nodes.parent_line[at])
    circuit = int(neighbour.lines.circuit[parent]) if parent >= 0 else 0
    nodes = _stacked(neighbour.nodes, part.nodes)
    parent_line = np.where(part.nodes.parent_line < 0, 0, part.nodes.parent_line + 1) + n_line
    nodes["parent_line"] = np.concatenate([neighbour.nodes.parent_line, parent_line])
    nodes["name"] = _distinct(nodes["name"], shift, part.name)
    first = {field.name: getattr(part.lines, field.name)[:1] for field in fields(Lines)}
    if not len(part.lines):
        first = {field.name: getattr(neighbour.lines, field.name)[-1:] for field in fields(Lines)}
    first |= {
        "name": np.array([f"tie to {tie.neighbour_node}"]),
        "from_node": np.array([at - shift]),
        "to_node": np.array([0]),
        "length_m": np.array([tie.length_m]),
        "wires": part.nodes.wires[:1, : part.lines.wires.shape[1]],
        "neutral_open": np.array([False]),
        "section": np.array(["main"]),
        "circuit": np.array([circuit]),
    }
    tie_line = lines_of_type(tie.std_type, Lines(**first), first["name"].tolist(), part.f_hz)
    more = _stacked(tie_line, replace(part.lines, circuit=np.full(len(part.lines), circuit)))
    lines = _stacked(neighbour.lines, Lines(**more))
    for end in ("from_node", "to_node"):
        lines[end] = np.concatenate([getattr(neighbour.lines, end), more[end] + shift])
    lines["name"] = _distinct(lines["name"], n_line, part.name)
    moved = replace(part.customers, node=part.customers.node + shift)
    grounds, shunts = part.groundings, part.shunts
    return replace(
        neighbour,
        nodes=Nodes(**nodes),
        lines=Lines(**lines),
        customers=joined_customers(neighbour.customers, moved),
        groundings=Groundings(
            node=np.concatenate([neighbour.groundings.node, grounds.node + shift]),
            z_ohm=np.concatenate([neighbour.groundings.z_ohm, grounds.z_ohm]),
        ),
        shunts=Shunts(
            name=np.concatenate([neighbour.shunts.name, shunts.name]),
            node=np.concatenate([neighbour.shunts.node, shunts.node + shift]),
            y_s=np.concatenate([neighbour.shunts.y_s, shunts.y_s]),
        ),
    )


def _stacked(first: Nodes | Lines, second: Nodes | Lines) -> dict[str, np.ndarray]:
    """Columns of two tables, one after the other."""
    return {
        field.name: np.concatenate([getattr(first, field.name), getattr(second, field.name)])
        for field in fields(first)
    }


def _distinct(names: np.ndarray, first: int, prefix: str) -> np.ndarray:
    """Names of which those from ``first`` on get a prefix, so that both areas may use the same."""
    text = names.tolist()
    return np.array(text[:first] + [f"{prefix}/{name}" for name in text[first:]], dtype=np.str_)


def _line_index(feeder: Feeder, line: str) -> int:
    """Index of a line behind the busbar of a radial area."""
    _refuse_loops(feeder)
    found = np.flatnonzero((feeder.lines.name == line) & (feeder.lines.circuit >= 0))
    if found.size == 0:
        raise _refused("cut", line, "no such line behind the busbar", "name one of lines.name")
    return int(found[0])


def _refuse_loops(feeder: Feeder) -> None:
    if len(feeder.lines) != int((feeder.nodes.parent_line >= 0).sum()):
        what = "has loops: what lies behind a line is not defined"
        raise _refused("cut", feeder.name, what, "open the loops first")


def _behind(feeder: Feeder, line: int) -> IntArray:
    """Nodes behind a line; nodes stand after their parents. Both sides must have customers."""
    inside = np.zeros(len(feeder.nodes), dtype=bool)
    inside[feeder.lines.to_node[line]] = True
    for child, parent in zip(
        feeder.lines.to_node.tolist(), feeder.lines.from_node.tolist(), strict=True
    ):
        inside[child] |= inside[parent]
    moved = inside[feeder.customers.node]
    if moved.all() or not moved.any():
        side = "behind it" if not moved.any() else "before it"
        what = f"no customer hangs {side}"
        raise _refused("cut", str(feeder.lines.name[line]), what, "open another line")
    return np.flatnonzero(inside)


def _refused(source: str, where: str, what: str, remedy: str) -> InputError:
    return InputError(source, [Fault(code="cut", where=where, what=what, remedy=remedy)])
