"""Phases as crews found and left them, as changes of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridplan.errors import Fault, LedgerError
from gridplan.network.customers import PERMUTATIONS, PHASES
from gridplan.records.orders_states import State, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gridplan.network.feeder import Feeder
    from gridplan.records.orders_item import Item

#: States of orders whose confirmed phases stand in the field.
_DONE = (State.VERIFY, State.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPhase:
    """The last word of the field on some customers that change phase together.

    Attributes
    ----------
    order : name of the order that says so
    unit : movable unit, or customer
    customer_ids : whom it concerns
    known : every text of phases that the ledger has had for them, each in the order of the
        conductors: as recorded, as found, as left
    phases : where they are now
    """

    order: str
    unit: str
    customer_ids: tuple[str, ...]
    known: tuple[str, ...]
    phases: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChange:
    """One change of a network: its customers, phases before and after, and how."""

    order: str
    unit: str
    customer_ids: tuple[str, ...]
    from_phase: str
    to_phase: str
    permutation: tuple[int, int, int]


def field_phases(items: Iterable[Item]) -> tuple[FieldPhase, ...]:
    """The last word of the field per unit, over all orders that are done, in time."""
    reports = sorted(
        (
            (event.at, item.number, item, event)
            for item in items
            if item.state in _DONE and (event := item.last(Step.CONFIRMED)) is not None
        ),
        key=lambda found: found[:2],
    )
    last: dict[tuple[str, ...], FieldPhase] = {}

    def note(order: str, unit: str, ids: tuple[str, ...], known: list[str], left: str) -> None:
        before = last[ids].known if ids in last else ()
        texts = tuple(dict.fromkeys((*before, *known, left)))
        last[ids] = FieldPhase(order=order, unit=unit, customer_ids=ids, known=texts, phases=left)

    for _, _, item, event in reports:
        for move in event.detail.get("moves", ()):
            ids = tuple(move["customer_ids"])
            note(item.name, move["unit"], ids, [move["from"], move["found"]], move["left"])
        for name, phases in event.detail.get("found", {}).items():
            note(item.name, name, (name,), list(PHASES), phases)
    return tuple(last.values())


def phase_changes(
    feeder: Feeder, field: Iterable[FieldPhase], source: str
) -> tuple[PhaseChange, ...]:
    """What to change in a feeder so that it stands as the field does; nothing where it does.

    Raises
    ------
    LedgerError
        with every customer that the feeder does not have, or that stands where neither plan nor
        crew has seen it: somebody has changed the network otherwise
    """
    faults: list[Fault] = []
    changes: list[PhaseChange] = []
    for word in field:
        members = np.flatnonzero(np.isin(feeder.customers.id, word.customer_ids))
        if len(members) != len(word.customer_ids):
            missing = set(word.customer_ids) - set(feeder.customers.id.tolist())
            what = f"{word.unit}: no customer {', '.join(sorted(missing))} in {feeder.name}"
            remedy = "give the network that the orders were planned on"
            faults.append(
                Fault(code="unknown-customer", where=word.order, what=what, remedy=remedy)
            )
            continue
        used = feeder.customers.connected[members].any(axis=0)
        now = "".join(np.array(PHASES)[used].tolist())
        found = list(_change(word, now))
        changes += [item for item in found if isinstance(item, PhaseChange)]
        faults += [item for item in found if isinstance(item, Fault)]
    if faults:
        raise LedgerError(source, faults)
    return tuple(changes)


def _change(word: FieldPhase, now: str) -> Iterator[PhaseChange | Fault]:
    """The change from where the network has a unit, or why there is none."""
    same = [text for text in word.known if sorted(text) == list(now)]
    if same == [word.phases]:
        return
    if len(same) != 1:
        said = ", ".join(word.known)
        what = f"{word.unit} stands on {now} in the network, the ledger knows {said}"
        if same:
            what += ": it cannot be told whether it was applied before"
        remedy = "correct the network, or confirm the order again with --found"
        yield Fault(code="phase-conflict", where=word.order, what=what, remedy=remedy)
        return
    yield PhaseChange(
        order=word.order,
        unit=word.unit,
        customer_ids=word.customer_ids,
        from_phase=same[0],
        to_phase=word.phases,
        permutation=permutation_of(same[0], word.phases),
    )


def permutation_of(before: str, after: str) -> tuple[int, int, int]:
    """The reconnection that takes the conductors on ``before`` to ``after``; cyclic if possible."""
    pairs = [(PHASES.index(a), PHASES.index(b)) for a, b in zip(before, after, strict=True)]
    return next(
        target for target in PERMUTATIONS if all(target[source] == goal for source, goal in pairs)
    )
