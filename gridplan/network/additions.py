"""Customers taken, copied and added: what measures that change who hangs where are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.errors import Fault, InputError
from gridplan.frozen import IntArray
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder

#: In ``Customers.kind`` and ``Customers.table``: a device of a measure, no customer of the file.
DEVICE = "device"


def taken(customers: Customers, index: npt.ArrayLike, **changes: Any) -> Customers:
    """Some of the customers, in the order of ``index``, perhaps several times.

    ``changes`` replace columns of those taken, e.g. their ``id`` or ``node``. Movable units without
    a customer fall away.
    """
    rows = np.asarray(index, dtype=np.int64)
    unit = customers.unit[rows]
    left, renumbered = np.unique(unit, return_inverse=True)
    columns = {
        field.name: getattr(customers, field.name)[rows]
        for field in fields(customers)
        if field.name != "unit_names"
    }
    columns |= {"unit": renumbered, "unit_names": customers.unit_names[left], **changes}
    return Customers(**columns)


def joined_customers(first: Customers, second: Customers) -> Customers:
    """The customers of ``first`` and after them those of ``second``; units keep their names.

    Raises ``InputError`` when a customer number stands in both.
    """
    both = sorted(set(first.id.tolist()) & set(second.id.tolist()))
    if both:
        what = f"in both: {', '.join(both[:5])}{' ...' if len(both) > 5 else ''}"
        remedy = "give the customers of the two areas different numbers"
        fault = Fault(code="customer-twice", where="customers", what=what, remedy=remedy)
        raise InputError("customers", [fault])
    columns = {
        field.name: np.concatenate([getattr(first, field.name), getattr(second, field.name)])
        for field in fields(first)
    }
    columns["unit"] = np.concatenate([first.unit, len(first.unit_names) + second.unit])
    return Customers(**columns)


def with_devices(feeder: Feeder, names: Sequence[str], node: str) -> Feeder:
    """The feeder with a device at a node: one single-phase customer per phase and name.

    A device draws what a demand gives it, at constant power; generation is negative.

    Parameters
    ----------
    feeder : today's feeder
    names : one per device
    node : name of a node behind the busbar, or of the busbar

    Returns
    -------
    Feeder
        its customers, then for each name "<name>/a", "<name>/b", "<name>/c"
    """
    at = node_index(feeder, node)
    n = 3 * len(names)
    ids = np.array([f"{name}/{phase}" for name in names for phase in "abc"], dtype=np.str_)
    nothing = np.zeros(n)
    share = np.tile(np.eye(3), (len(names), 1))
    devices = Customers(
        id=ids,
        node=np.full(n, at),
        p_share=share,
        q_share=share,
        wiring=np.full(n, "wye"),
        kind=np.full(n, DEVICE),
        p_kw=nothing,
        q_kvar=nothing,
        const_z=nothing,
        const_i=nothing,
        unit=np.arange(n),
        unit_names=ids,
        may_move=np.zeros(n, dtype=bool),
        phase_confidence=np.ones(n),
        priority=np.zeros(n, dtype=bool),
        meter_a=np.full(n, np.nan),
        table=np.full(n, DEVICE),
        row=np.arange(n),
    )
    return replace(feeder, customers=joined_customers(feeder.customers, devices))


def node_index(feeder: Feeder, name: str) -> int:
    """Index of a low-voltage node with all three phases; ``InputError`` where there is none."""
    found: IntArray = np.flatnonzero(feeder.nodes.name == name)
    found = found[found >= feeder.busbar]
    if found.size == 0:
        what, remedy = f"{feeder.name} has no such low-voltage node", "name one of its nodes"
    elif not feeder.nodes.wires[found[0], :3].all():
        what, remedy = "lacks a phase", "name a node with three phases"
    else:
        return int(found[0])
    raise InputError("node", [Fault(code="node", where=name, what=what, remedy=remedy)])
