"""Changes of equipment: tap, second line, three-phase service, capacitor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gridplan.errors import Fault, InputError
from gridplan.frozen import ComplexArray, FloatArray
from gridplan.network.additions import node_index
from gridplan.network.catalogue import lines_of_type
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder, Lines, Transformer
from gridplan.network.ground import Shunts

_POSITIVE = np.exp(-2j * np.pi / 3 * np.arange(3))


def tapped(transformer: Transformer, tap_pos: float) -> Transformer:
    """The transformer on another position of its tap changer.

    Raises ``InputError`` where the position does not exist.
    """
    low, high = transformer.tap_min, transformer.tap_max
    exists = low <= tap_pos <= high and float(tap_pos).is_integer()
    if transformer.tap_step_percent and exists:
        return replace(transformer, tap_pos=float(tap_pos))
    if transformer.tap_step_percent:
        what = f"there is no position {tap_pos:g}"
        remedy = f"give a whole number from {low:g} to {high:g}"
    else:
        what, remedy = "the transformer has no tap changer", "give tap_step_percent, tap_min, ..."
    fault = Fault(code="tap", where=transformer.name, what=what, remedy=remedy)
    raise InputError("with_tap", [fault])


def with_second_line(lines: Lines, line_names: Sequence[str], std_type: str, f_hz: float) -> Lines:
    """The lines with a second one beside each of the named ones, joined at both ends.

    The two carry the current by their impedances, ``(z1^-1 + z2^-1)^-1`` together; without mutual
    impedance between them (an assumption: they hang on the same poles, a metre apart, which adds a
    few per cent of the reactance). The ampacity of both is reached when that of the weaker is: for
    phases shared as a balanced current is, for the neutral as the return of one phase is.

    Raises ``CatalogueError`` for an unknown type or line name.
    """
    second = lines_of_type(std_type, lines, line_names, f_hz)
    rows = np.flatnonzero(np.isin(lines.name, list(line_names)))
    own, new = (part.z_ohm[rows] for part in (lines, second))
    there = lines.wires[rows][:, :, None] & lines.wires[rows][:, None, :]
    eye = np.eye(own.shape[1])
    by_own, by_new = (np.linalg.inv(np.where(there, z, eye)) for z in (own, new))
    both = np.linalg.inv(by_own + by_new)
    z_ohm = lines.z_ohm.copy()
    z_ohm[rows] = np.where(there, both, 0)
    std_types = [f"{old} + {std_type}" for old in lines.std_type[rows].tolist()]
    joined = lines.std_type.astype(object)
    joined[rows] = std_types
    ampacity_a, neutral_ampacity_a = lines.ampacity_a.copy(), lines.neutral_ampacity_a.copy()
    phase, neutral = zip(*(_shares(part @ both) for part in (by_own, by_new)), strict=True)
    ampacity_a[rows] = np.minimum(
        lines.ampacity_a[rows] / phase[0], second.ampacity_a[rows] / phase[1]
    )
    neutral_ampacity_a[rows] = np.minimum(
        lines.neutral_ampacity_a[rows] / neutral[0], second.neutral_ampacity_a[rows] / neutral[1]
    )
    return replace(
        lines,
        std_type=joined.astype(np.str_),
        z_ohm=z_ohm,
        neutral_open=second.neutral_open,
        ampacity_a=ampacity_a,
        neutral_ampacity_a=neutral_ampacity_a,
    )


def _shares(division: ComplexArray) -> tuple[FloatArray, FloatArray]:
    """Shares (line,) of a balanced current, and of one phase's return, that one line carries.

    ``division`` (line, wire, wire) gives its currents from those of both.
    """
    n_wire = division.shape[1]
    balanced = np.zeros(n_wire, dtype=np.complex128)
    balanced[:3] = _POSITIVE
    phases: FloatArray = np.abs(division @ balanced)[:, :3].max(axis=1)
    if n_wire == 3:  # the neutral is folded in: the zero sequence is its current
        return phases, np.abs(division.sum(axis=2)).max(axis=1)
    single = np.array([1.0, 0.0, 0.0, -1.0])
    return phases, np.abs(division @ single)[:, 3]


def with_three_phase_service(feeder: Feeder, customer_ids: Sequence[str], std_type: str) -> Feeder:
    """The feeder with single-phase customers on three phases, over service drops of four wires.

    Each shares its demand evenly over the phases (an assumption: its circuits are put on them one
    by one), is a unit of its own from now on and stays. Every service line between it and the pole
    is replaced by ``std_type``.

    Raises
    ------
    InputError
        naming every customer that is unknown, has several phases, or hangs on a lateral or a pole
        that lacks a phase
    CatalogueError
        for an unknown type
    """
    place = {name: at for at, name in enumerate(feeder.customers.id.tolist())}
    faults, members, drops = [], [], set()
    for name in customer_ids:
        what, drop = _service_drop(feeder, place.get(name))
        if what:
            remedy = "name a single-phase customer whose pole has three phases"
            faults.append(Fault(code="three-phase", where=name, what=what, remedy=remedy))
            continue
        members.append(place[name])
        drops |= set(drop)
    if faults:
        raise InputError("with_three_phase_service", faults)
    rows = sorted(drops)
    lines, nodes = feeder.lines, feeder.nodes
    at_line, at_node = lines.wires.copy(), nodes.wires.copy()
    at_line[rows, :3] = True
    at_node[lines.to_node[rows], :3] = True
    lines = replace(lines, wires=at_line)
    if rows:
        lines = lines_of_type(std_type, lines, lines.name[rows].tolist(), feeder.f_hz)
    return replace(
        feeder,
        lines=lines,
        nodes=replace(nodes, wires=at_node),
        customers=_on_three_phases(feeder.customers, members),
    )


def _service_drop(feeder: Feeder, customer: int | None) -> tuple[str, list[int]]:
    """What forbids three phases at a customer ("" when nothing does), and its service lines."""
    if customer is None:
        return f"{feeder.name} has no such customer", []
    if len(str(feeder.customers.phase[customer])) != 1:
        return "has several phases already", []
    lines, drop = feeder.lines, []
    node = int(feeder.customers.node[customer])
    line = int(feeder.nodes.parent_line[node])
    while line >= 0 and lines.section[line] == "service":
        drop.append(line)
        node = int(lines.from_node[line])
        line = int(feeder.nodes.parent_line[node])
    if line >= 0 and lines.section[line] == "lateral":
        return "hangs on a lateral, which has two wires", []
    if not feeder.nodes.wires[node, :3].all():
        return f"pole {feeder.nodes.name[node]} lacks a phase", []
    return "", drop


def _on_three_phases(customers: Customers, members: Sequence[int]) -> Customers:
    """The customers with some of them on three phases, each a unit of its own."""
    rows = list(members)
    shares = [customers.p_share.copy(), customers.q_share.copy()]
    for share in shares:
        share[rows] = 1 / 3
    unit, may_move = customers.unit.copy(), customers.may_move.copy()
    unit[rows] = len(customers.unit_names) + np.arange(len(rows))
    may_move[rows] = False
    names = np.array([f"{name}/3" for name in customers.id[rows].tolist()], dtype=np.str_)
    return replace(
        customers,
        p_share=shares[0],
        q_share=shares[1],
        unit=unit,
        unit_names=np.concatenate([customers.unit_names, names]),
        may_move=may_move,
    )


def with_capacitor(feeder: Feeder, node: str, kvar: float) -> Feeder:
    """The feeder with a fixed three-phase capacitor in star at a node.

    ``kvar`` is its reactive power at nominal voltage [kvar]; it goes with the square of the
    voltage. ``InputError`` for a node that is not there or lacks a phase.
    """
    at = node_index(feeder, node)
    if not (math.isfinite(kvar) and kvar > 0):
        fault = Fault(
            code="capacitor", where=node, what=f"{kvar:g} kvar", remedy="give more than 0 kvar"
        )
        raise InputError("with_capacitor", [fault])
    susceptance_s = kvar * 1e3 / 3 / float(feeder.nodes.nominal_v[at]) ** 2
    to_neutral = np.hstack([np.eye(3), -np.ones((3, 1))])
    block = 1j * susceptance_s * to_neutral.T @ to_neutral
    old = feeder.shunts
    shunts = Shunts(
        name=np.append(old.name, f"capacitor {kvar:g} kvar"),
        node=np.append(old.node, at),
        y_s=np.concatenate([old.y_s, block[None]]),
    )
    return replace(feeder, shunts=shunts)
