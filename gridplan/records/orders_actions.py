"""What clerks do with issues and orders: each call is one transaction, checked before.

Issues follow their orders: when every order of an issue that was not rejected has come as far as
``assigned``, ``in_progress`` or ``verify``, the issue goes there too. Closing it stays a decision.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridplan.errors import Fault, LedgerError
from gridplan.records.field_types import FieldWork, checked
from gridplan.records.orders_confirm import Confirmation, open_moves
from gridplan.records.orders_item import ISSUE, ORDER, Item
from gridplan.records.orders_ledger import Entry, Ledger, append, read_items
from gridplan.records.orders_measured import Verdict
from gridplan.records.orders_privacy import text_faults
from gridplan.records.orders_states import PROGRESS, State, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from gridplan.records.field_types import Promised
    from gridplan.records.orders_assign import Assignment

#: The step by which an issue reaches each state.
_STEP_TO = {
    State.ASSIGNED: Step.ASSIGNED,
    State.IN_PROGRESS: Step.STARTED,
    State.VERIFY: Step.CONFIRMED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Somebody at work on a ledger.

    Attributes
    ----------
    ledger : where
    author : who, as the ledger names them
    at : when it happened, default now
    version : of the history that was looked at; None: whatever stands there now
    """

    ledger: Ledger
    author: str
    at: dt.datetime | None = None
    version: int | None = None

    def assign(self, item: Item, assignment: Assignment) -> str | None:
        """Give an item to a team; returns why its day is no good, where ``despite`` overrules it.

        Raises ``LedgerError`` for a day on which no outage is planned.
        """
        texts = {
            "--station": assignment.station,
            "--manager": assignment.manager,
            "--despite": assignment.despite,
        }
        self._write(item, Step.ASSIGNED, assignment.detail(), texts, assignment.faults(item))
        return assignment.refusal(item)

    def start(self, item: Item, note: str = "") -> None:
        """Work has begun, or begins again because the check failed."""
        self._write(item, Step.STARTED, _given(note=note), {"--note": note})

    def confirm(self, item: Item, report: Confirmation) -> dict[str, Any]:
        """The work is done; returns what was recorded, with the comparison."""
        detail = report.detail(item, self.promised(item)) if not list(report.faults(item)) else {}
        texts = {"--note": report.note, "--found": " ".join(report.found)}
        self._write(item, Step.CONFIRMED, detail, texts, report.faults(item))
        return detail

    def close(self, item: Item, note: str = "") -> None:
        """Cross an item out after the check.

        An order whose currents do not keep the promise, and an issue with an unfinished order, need
        a note.
        """
        self._write(
            item, Step.CLOSED, _given(note=note), {"--note": note}, self._close_faults(item, note)
        )

    def reject(
        self, item: Item, reason: str, *, unit: str = "", stays: bool = True, until: str = ""
    ) -> None:
        """An item, or one unit of an order, is not to be done.

        ``stays``: the units of an order are not moved by later plans either, up to and with the day
        ``until`` where there is one.
        """
        detail: dict[str, Any] = {"reason": reason, **_given(until=until)}
        step = Step.REJECTED
        if item.kind == ORDER:
            moves = open_moves(item)
            if unit:
                step, moves = Step.UNIT_REJECTED, tuple(m for m in moves if m.unit == unit)
                detail["unit"] = unit
            held = [{"unit": m.unit, "customer_ids": list(m.customer_ids)} for m in moves]
            detail["stays"] = held if stays else []
        self._write(
            item, step, detail, {"--reason": reason}, self._reject_faults(item, reason, unit)
        )

    def reopen(self, item: Item, reason: str) -> None:
        """Take a rejection back."""
        needed = [] if reason else [Fault.of("reason", item.name, "a reason is needed", "--reason")]
        self._write(item, Step.REOPENED, {"reason": reason}, {"--reason": reason}, needed)

    def waive(self, item: Item, reason: str, until: dt.date) -> None:
        """Accept an issue up to and with a day."""
        faults = []
        if item.kind != ISSUE:
            what, remedy = "is an order", "waive issues, reject orders"
            faults.append(Fault.of("waive", item.name, what, remedy))
        if not reason:
            faults.append(Fault.of("reason", item.name, "a waiver needs a reason", "--reason TEXT"))
        day = (self.at or self.ledger.now()).astimezone(self.ledger.zone).date()
        if until < day:
            what = f"{until} is over"
            faults.append(Fault.of("until", item.name, what, "give a later --until"))
        detail = {"reason": reason, "until": until.isoformat()}
        self._write(item, Step.WAIVED, detail, {"--reason": reason}, faults)

    def promised(self, item: Item) -> Promised | None:
        """The currents that an item's plan promised."""
        work: FieldWork = checked(self.ledger.plan_work(item.plan), FieldWork, self.ledger.name)
        return work.promised

    def _write(
        self,
        item: Item,
        step: Step,
        detail: Mapping[str, Any],
        texts: Mapping[str, str],
        faults: Iterable[Fault] = (),
    ) -> None:
        """One event and what follows from it for linked issues, in one transaction."""
        found = [*faults, *text_faults({"--by": self.author, **texts})]
        if not self.author.strip():
            found.append(Fault.of("author", "--by", "is empty", "say who writes"))
        if found:
            raise LedgerError(self.ledger.name, found)
        entry = Entry(number=item.number, step=step, detail=detail, version=self.version)
        with self.ledger.connected() as connection:
            append(connection, self.ledger, [entry], author=self.author, at=self.at)
            if item.kind == ORDER:
                self._follow(connection, item)

    def _follow(self, connection: Connection, order: Item) -> None:
        """Let the issues of an order catch up with the slowest of their orders."""
        items = {other.number: other for other in read_items(connection, feeder=order.feeder)}
        for number in order.linked:
            issue = items[number]
            at = None if self.at is None else max(self.at, issue.events[-1].at)
            steps = list(_following(issue, items, order.name))
            append(connection, self.ledger, steps, author=self.author, at=at)

    def _close_faults(self, item: Item, note: str) -> Iterator[Fault]:
        if note:
            return
        if item.kind == ORDER:
            confirmed = item.last(Step.CONFIRMED)
            compared = (confirmed.detail.get("comparison") if confirmed else None) or {}
            if compared.get("verdict") == Verdict.NOT_KEPT:
                remedy = "send the crew again (start), or say with --note why it is closed"
                what = f"the measured currents do not keep the promise: {compared['reason']}"
                yield Fault.of("promise", item.name, what, remedy)
            return
        orders = [self.ledger.item(str(number)) for number in item.linked]
        unfinished = [order.name for order in orders if not order.settled]
        if unfinished:
            what = f"{', '.join(unfinished)} is not finished"
            yield Fault.of("unfinished", item.name, what, "close it before, or give --note")

    def _reject_faults(self, item: Item, reason: str, unit: str) -> Iterator[Fault]:
        if not reason:
            yield Fault.of("reason", item.name, "a rejection needs a reason", "--reason TEXT")
        if not unit:
            return
        units = [move.unit for move in open_moves(item)] if item.kind == ORDER else []
        if unit not in units:
            what = f"has no move of {unit}"
            remedy = f"it has {', '.join(units) or 'none'}"
            yield Fault.of("unknown-unit", item.name, what, remedy)
        elif len(units) == 1:
            what = f"{unit} is its only unit left"
            yield Fault.of("last-unit", item.name, what, "reject the whole order, without --unit")


def _following(issue: Item, items: Mapping[int, Item], order: str) -> Iterator[Entry]:
    """The steps by which an issue catches up with the slowest of its orders."""
    if issue.state not in PROGRESS:
        return
    states = [items[number].state for number in issue.linked]
    reached = [
        PROGRESS.index(State.VERIFY if state is State.CLOSED else state)
        for state in states
        if state is not State.REJECTED
    ]
    version = issue.version
    for state in PROGRESS[PROGRESS.index(issue.state) + 1 : min(reached, default=0) + 1]:
        detail = {"order": order}
        yield Entry(number=issue.number, step=_STEP_TO[state], detail=detail, version=version)
        version += 1


def _given(**values: str) -> dict[str, str]:
    """What was said."""
    return {name: value for name, value in values.items() if value}
