"""Movable units: which customers change phase together, and what each unit may become.

A *choice* is one unit reconnected by one permutation; a *labelling* gives every unit its choice.
Permutations that lead to the same connections are one choice, so a single-phase home has three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from gridplan.errors import Fault, InputError
from gridplan.frozen import IntArray, StrArray, own_fields
from gridplan.network.customers import (
    PERMUTATIONS,
    PHASES,
    Customers,
    PhaseMove,
    branches_after,
)
from gridplan.network.feeder import Feeder

Rotation = Literal["keep", "any"]
Grouping = Literal["feeder", "customer", "node"]
#: The cyclic permutations stand first in ``PERMUTATIONS``; they keep a motor's rotation.
N_CYCLIC = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MovableUnits:
    """The units of a feeder and their choices.

    Attributes
    ----------
    name : str (unit,)
    unit_of : int (customer,) -- the unit of each customer
    circuit : int (unit,) -- outgoing circuit, -1 at the LV busbar
    choice_unit : int (choice,) -- choices of one unit stand together, today's first
    choice_permutation : int (choice,) -- index into ``PERMUTATIONS``
    today : int (unit,) -- the choice that leaves the unit as it is
    """

    name: StrArray
    unit_of: IntArray
    circuit: IntArray
    choice_unit: IntArray
    choice_permutation: IntArray
    today: IntArray

    def __post_init__(self) -> None:
        layout: dict[str, tuple[npt.DTypeLike, tuple[str | int, ...]]] = {
            "name": (np.str_, ("unit",)),
            "unit_of": (np.int64, ("customer",)),
            "circuit": (np.int64, ("unit",)),
            "choice_unit": (np.int64, ("choice",)),
            "choice_permutation": (np.int64, ("choice",)),
            "today": (np.int64, ("unit",)),
        }
        own_fields(self, layout, {})

    def __len__(self) -> int:
        return len(self.name)

    def __repr__(self) -> str:
        return f"<MovableUnits: {self.movable.size} of {len(self)} units can move>"

    @property
    def movable(self) -> IntArray:
        """Units with more than one choice."""
        return np.flatnonzero(np.bincount(self.choice_unit, minlength=len(self)) > 1)

    def choices(self, unit: int) -> IntArray:
        """Choices of one unit, today's first."""
        return np.flatnonzero(self.choice_unit == unit)

    def members(self, unit: int) -> IntArray:
        """Customers of one unit."""
        return np.flatnonzero(self.unit_of == unit)

    def moved(self, labelling: IntArray) -> IntArray:
        """Units that a labelling (unit,) of choices moves."""
        return np.flatnonzero(labelling != self.today)

    def entries(
        self, customers: Customers, customer_site: IntArray, choice: int
    ) -> tuple[IntArray, IntArray, IntArray]:
        """Customer, its branch today, and the site it draws at with a choice (entry,) each."""
        members = self.members(int(self.choice_unit[choice]))
        row, branch = np.nonzero(customers.connected[members])
        who = members[row]
        permutation = PERMUTATIONS[int(self.choice_permutation[choice])]
        delta = customers.wiring[who] == "delta"
        target = np.where(
            delta, np.array(branches_after(permutation))[branch], np.array(permutation)[branch]
        )
        return who, branch, customer_site[who, target]

    def phase_move(self, customers: Customers, choice: int) -> PhaseMove:
        """One choice as ``Customers.moved`` takes it."""
        unit = int(self.choice_unit[choice])
        return PhaseMove(
            unit=str(self.name[unit]),
            permutation=PERMUTATIONS[int(self.choice_permutation[choice])],
            customer_ids=tuple(customers.id[self.members(unit)].tolist()),
        )

    def apply(self, customers: Customers, labelling: IntArray) -> Customers:
        """The customers on the phases of a labelling (unit,) of choices."""
        moves = self.moves(customers, labelling)
        return customers.moved(moves) if moves else customers

    def moves(self, customers: Customers, labelling: IntArray) -> tuple[PhaseMove, ...]:
        """The moves of a labelling (unit,) as ``Customers.moved`` takes them."""
        return tuple(
            self.phase_move(customers, int(labelling[unit])) for unit in self.moved(labelling)
        )

    def phase_text(self, customers: Customers, choice: int) -> tuple[str, str]:
        """Phases before and after a choice, in the order of the conductors, e.g. ("abc", "bca")."""
        used = customers.connected[self.members(int(self.choice_unit[choice]))].any(axis=0)
        target = PERMUTATIONS[int(self.choice_permutation[choice])]
        conductors = np.flatnonzero(used).tolist()
        before = "".join(PHASES[f] for f in conductors)
        return before, "".join(PHASES[target[f]] for f in conductors)


def movable_units(
    feeder: Feeder, units: Grouping | npt.ArrayLike = "feeder", rotation: Rotation = "keep"
) -> MovableUnits:
    """Group the customers of a feeder and list what each group may become.

    Parameters
    ----------
    feeder : its customers, with ``may_move`` and the units of the network file
    units : "feeder" takes the units of the network file, "customer" and "node" one unit per
        customer or node, an array (customer,) its own group names
    rotation : "keep" allows cyclic permutations only. "any" allows all six and is meant for
        benchmarks: with ``units`` given explicitly it also lets multi-phase customers move whose
        ``may_move`` is false, because the reader's default for them cannot be told from an order
        of the utility.

    Raises
    ------
    InputError
        for an unknown grouping or rotation, an array of another length, or units that lie on
        several outgoing circuits (a crew cannot move those: neutral and phase would part)
    """
    customers = feeder.customers
    explicit = not (isinstance(units, str) and units == "feeder")
    groups = _group_names(feeder, units, rotation)
    name, unit_of = _numbered(groups)
    circuit_of = feeder.customer_circuit
    _refuse_split_units(feeder, name, unit_of, circuit_of)
    allowed = _may_move(customers, override=explicit and rotation == "any")
    choice_unit: list[int] = []
    choice_permutation: list[int] = []
    for unit in range(len(name)):
        members = np.flatnonzero(unit_of == unit)
        options = [0]
        if allowed[members].all():
            options = _distinct(
                customers, members, len(PERMUTATIONS) if rotation == "any" else N_CYCLIC
            )
        choice_unit += [unit] * len(options)
        choice_permutation += options
    return MovableUnits(
        name=name,
        unit_of=unit_of,
        circuit=circuit_of[np.unique(unit_of, return_index=True)[1]],
        choice_unit=np.array(choice_unit, dtype=np.int64),
        choice_permutation=np.array(choice_permutation, dtype=np.int64),
        today=np.searchsorted(choice_unit, np.arange(len(name))),
    )


def _group_names(feeder: Feeder, units: Grouping | npt.ArrayLike, rotation: str) -> Sequence[str]:
    """Name of each customer's unit (customer,)."""
    customers = feeder.customers
    faults: list[Fault] = []
    if rotation not in ("keep", "any"):
        what = f"{rotation!r} is not a rotation"
        faults.append(
            Fault(code="rotation", where="rotation", what=what, remedy='use "keep" or "any"')
        )
    named = {
        "feeder": customers.unit_names[customers.unit],
        "customer": customers.id,
        "node": feeder.nodes.name[customers.node],
    }
    if isinstance(units, str) and units not in named:
        remedy = f"use {', '.join(named)} or an array with one name per customer"
        what = f"{units!r} is not a grouping"
        faults.append(Fault(code="units", where="units", what=what, remedy=remedy))
    groups = named.get(units) if isinstance(units, str) else np.asarray(units)
    if groups is not None and groups.shape != (len(customers),):
        what = f"has shape {groups.shape}, the feeder has {len(customers)} customers"
        remedy = "give one name per customer"
        faults.append(Fault(code="units", where="units", what=what, remedy=remedy))
    if faults:
        raise InputError("propose_rebalancing", faults)
    assert groups is not None
    return [str(group) for group in groups.tolist()]


def _numbered(groups: Sequence[str]) -> tuple[StrArray, IntArray]:
    """Unit names in order of first appearance, and the unit of each customer."""
    order = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    unit_of = np.array([order[group] for group in groups], dtype=np.int64)
    return np.array(list(order), dtype=np.str_), unit_of


def _refuse_split_units(
    feeder: Feeder, name: StrArray, unit_of: IntArray, circuit_of: IntArray
) -> None:
    faults = []
    for unit in range(len(name)):
        circuits = np.unique(circuit_of[unit_of == unit])
        if circuits.size > 1:
            on = ", ".join(str(feeder.circuits.name[c]) if c >= 0 else "busbar" for c in circuits)
            faults.append(
                Fault(
                    code="unit-on-circuits",
                    where=f"movable unit {name[unit]}",
                    what=f"lies on several outgoing circuits ({on})",
                    remedy="split it: a move stays on its outgoing circuit",
                )
            )
    if faults:
        raise InputError(feeder.name, faults)


def _may_move(customers: Customers, *, override: bool) -> npt.NDArray[np.bool_]:
    """Which customers may change phase at all (customer,)."""
    several_phases = customers.connected.sum(axis=1) > 1
    return customers.may_move | (several_phases & override)


def _distinct(customers: Customers, members: IntArray, n_permutation: int) -> list[int]:
    """Permutations that differ in their effect on the members, today's first."""
    seen: set[bytes] = set()
    options = []
    for index in range(n_permutation):
        target = np.array(PERMUTATIONS[index])
        shares = np.empty((2, len(members), 3))
        shares[0][:, target] = customers.p_share[members]
        shares[1][:, target] = customers.q_share[members]
        if (key := shares.tobytes()) not in seen:
            seen.add(key)
            options.append(index)
    return options
