"""An issue or an order as its events tell it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from gridplan.records.orders_states import SETTLED, State, Step, state_of

ISSUE, ORDER = "issue", "order"
#: How items are called: I-3 is an issue, O-4 an order; the number counts both.
PREFIX = {ISSUE: "I", ORDER: "O"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step of an item.

    Attributes
    ----------
    version : 1, 2, ... within the item
    step : what happened
    at, recorded : when it happened, and when it was written down; both with their zone
    author : who wrote it
    detail : what belongs to the step, plain values
    """

    version: int
    step: Step
    at: dt.datetime
    recorded: dt.datetime
    author: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An issue or an order with its whole history.

    Attributes
    ----------
    number, kind : identity
    feeder, plan, key : of what, and by what it is known within its plan
    title : one line
    detail : what the plan said of it, plain values
    events : in their order
    linked : numbers of an order's issues, or of an issue's orders
    """

    number: int
    kind: str
    feeder: str
    plan: str
    key: str
    title: str
    detail: dict[str, Any]
    events: tuple[Event, ...]
    linked: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """How people call it: I-3 or O-4."""
        return f"{PREFIX[self.kind]}-{self.number}"

    @property
    def state(self) -> State:
        """Where it stands now."""
        return state_of(event.step for event in self.events)

    @property
    def version(self) -> int:
        """Number of events: what a clerk has seen when deciding."""
        return len(self.events)

    @property
    def settled(self) -> bool:
        """Closed or rejected."""
        return self.state in SETTLED

    def last(self, step: Step) -> Event | None:
        """The latest event of a kind."""
        return next((event for event in reversed(self.events) if event.step is step), None)

    def all(self, step: Step) -> tuple[Event, ...]:
        """All events of a kind, oldest first."""
        return tuple(event for event in self.events if event.step is step)

    def known(self, name: str) -> Any:
        """The latest value of a detail that events carry, as ``team`` or ``due``."""
        values = (event.detail[name] for event in reversed(self.events) if name in event.detail)
        return next(values, None)

    @property
    def station(self) -> str:
        """Station that answers for it, "" where nobody was named."""
        return str(self.known("station") or "")

    def day(self, name: str) -> dt.date | None:
        """A date that events carry, as ``due`` or ``date``."""
        value = self.known(name)
        return None if value is None else dt.date.fromisoformat(value)

    def waiver(self, day: dt.date) -> Event | None:
        """The waiver that holds on a day: the latest, up to and with its last day."""
        event = self.last(Step.WAIVED)
        if event is None or dt.date.fromisoformat(event.detail["until"]) < day:
            return None
        return event

    def overdue(self, day: dt.date) -> bool:
        """Not settled, not waived, and its due day is over."""
        due = self.day("due")
        late = due is not None and due < day
        return late and not self.settled and self.waiver(day) is None

    def until(self, moment: dt.datetime) -> Item | None:
        """The item as it stood at a moment; None when it was not there yet."""
        events = tuple(event for event in self.events if event.at <= moment)
        return replace(self, events=events) if events else None
