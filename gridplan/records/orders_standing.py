"""What a ledger says to the next plan of a feeder: who stays where he is, what is accepted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridplan.assessment.waivers import Waiver
from gridplan.records.orders_item import ISSUE, ORDER
from gridplan.records.orders_states import State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridplan.records.orders_item import Event, Item
    from gridplan.records.orders_ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldUnit:
    """A unit that a crew or a clerk has refused to move.

    Attributes
    ----------
    order, unit, customer_ids : of which order, and who
    reason, author : why, and who said so
    """

    order: str
    unit: str
    customer_ids: tuple[str, ...]
    reason: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Rejections and waivers of one feeder that hold on a day."""

    held: tuple[HeldUnit, ...]
    waivers: tuple[Waiver, ...]

    @property
    def fixed_ids(self) -> tuple[str, ...]:
        """Customers who may not change phase."""
        return tuple(dict.fromkeys(name for unit in self.held for name in unit.customer_ids))


def standing(ledger: Ledger, feeder: str, day: dt.date | None = None) -> Standing:
    """What holds for a feeder on a day, default today."""
    when = ledger.now().date() if day is None else day
    held: list[HeldUnit] = []
    waivers: list[Waiver] = []
    for item in ledger.items(feeder=feeder):
        if item.kind == ORDER:
            held += _held(item, when)
        elif item.kind == ISSUE and item.state is not State.CLOSED:
            event = item.waiver(when)
            waivers += [] if event is None else [_waiver(item, event)]
    return Standing(held=tuple(held), waivers=tuple(waivers))


def _held(item: Item, day: dt.date) -> Iterator[HeldUnit]:
    """Units that an order's rejections hold; a rejection that was taken back holds none."""
    events = [event for event in item.events if event.step is Step.UNIT_REJECTED]
    if item.state is State.REJECTED and (whole := item.last(Step.REJECTED)) is not None:
        events.append(whole)
    for event in events:
        until = event.detail.get("until")
        if until is not None and dt.date.fromisoformat(until) < day:
            continue
        for unit in event.detail.get("stays", ()):
            yield HeldUnit(
                order=item.name,
                unit=unit["unit"],
                customer_ids=tuple(unit["customer_ids"]),
                reason=event.detail["reason"],
                author=event.author,
            )


def _waiver(item: Item, event: Event) -> Waiver:
    kind, scenario, element = item.key.split("|", 2)
    return Waiver(
        kind=kind,
        scenario=scenario,
        element=element,
        author=event.author,
        reason=event.detail["reason"],
        until=event.detail["until"],
        source=item.name,
    )
