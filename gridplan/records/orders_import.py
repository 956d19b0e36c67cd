"""Taking a plan into the ledger: once per plan, whatever is called how often."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from gridplan.records import orders_schema as tables
from gridplan.records.orders_item import ISSUE, ORDER, Item
from gridplan.records.orders_ledger import Entry, Ledger, append, read_items
from gridplan.records.orders_states import State, Step

if TYPE_CHECKING:
    from gridplan.records.orders_plan import Key, PlanContents, PlannedIssue, PlannedOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import added.

    Attributes
    ----------
    issues, orders : names of new ones
    seen : names of issues that an earlier plan had found already
    earlier : names of unfinished orders of earlier plans for the same feeder
    """

    issues: tuple[str, ...]
    orders: tuple[str, ...]
    seen: tuple[str, ...]
    earlier: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    """One import within its transaction."""

    connection: Connection
    ledger: Ledger
    contents: PlanContents
    known: tuple[Item, ...]
    author: str
    at: dt.datetime
    station: str
    numbers: dict[Key, int] = field(default_factory=dict)

    @property
    def plan(self) -> str:
        """Hash of the plan."""
        return self.contents.work.plan

    def find(self, kind: str, key: str) -> Item | None:
        """An issue that is not closed, whichever plan found it, or an order of this plan."""
        for item in self.known:
            again = kind == ISSUE and item.state is not State.CLOSED
            if item.kind == kind and item.key == key and (item.plan == self.plan or again):
                return item
        return None

    def create(self, kind: str, key: str, title: str, due: str | None, detail: Any) -> int:
        """A new item with its first event; gives its number."""
        values = {
            "kind": kind,
            "feeder": self.contents.work.feeder,
            "plan": self.plan,
            "key": key,
            "title": title,
            "detail": json.dumps(detail, ensure_ascii=False, allow_nan=False),
        }
        made = self.connection.execute(insert(tables.items), values)
        (number,) = made.inserted_primary_key or (0,)
        first = {"station": self.station} if self.station else {}
        if due is not None:
            first["due"] = due
        self.add(int(number), Step.CREATED, first)
        return int(number)

    def add(self, number: int, step: Step, detail: dict[str, Any]) -> None:
        """One event."""
        entry = Entry(number=number, step=step, detail=detail)
        append(self.connection, self.ledger, [entry], author=self.author, at=self.at)

    def issue(self, issue: PlannedIssue) -> tuple[int, bool, bool]:
        """Number of the issue, whether it is new, and whether it is seen again by a new plan."""
        key = "|".join(issue.key)
        item = self.find(ISSUE, key)
        if item is None:
            return self.create(ISSUE, key, issue.title, issue.due, issue.detail), True, False
        plans = {item.plan, *(event.detail["plan"] for event in item.all(Step.SEEN))}
        again = self.plan not in plans
        if again:
            self.add(item.number, Step.SEEN, {"plan": self.plan, **issue.detail})
        return item.number, False, again

    def order(self, order: PlannedOrder) -> tuple[int, bool]:
        """Number of the order, and whether it is new; linked to the issues that it cures."""
        item = self.find(ORDER, order.day.key)
        if item is not None:
            return item.number, False
        detail = asdict(order.day)
        title = f"{order.day.kind}: {order.day.label}"
        number = self.create(ORDER, order.day.key, title, order.due, detail)
        for key in dict.fromkeys(order.day.cures):
            if key in self.numbers:
                link = {"order_number": number, "issue_number": self.numbers[key]}
                self.connection.execute(insert(tables.links), link)
        return number, True


def import_plan(
    ledger: Ledger,
    contents: PlanContents,
    *,
    author: str,
    at: dt.datetime | None = None,
    station: str = "",
) -> Imported:
    """Record the issues and orders of a plan that are not there yet.

    An issue that an earlier plan found and that is not closed is the same issue, seen again; a
    closed one that is found again is a new issue. Everything is recorded, or nothing.

    Parameters
    ----------
    ledger, contents : where, and what
    author : who imports
    at : when, default now
    station : that answers for the transformer area
    """
    feeder = contents.work.feeder
    with ledger.connected() as connection:
        known = read_items(connection, feeder=feeder)
        _record_plan(connection, contents)
        run = _Import(
            connection=connection,
            ledger=ledger,
            contents=contents,
            known=known,
            author=author,
            at=at or dt.datetime.now(dt.UTC),
            station=station,
        )
        issues, seen, orders = [], [], []
        for issue in contents.issues:
            number, new, again = run.issue(issue)
            run.numbers[issue.key] = number
            issues += [f"I-{number}"] if new else []
            seen += [f"I-{number}"] if again else []
        for order in contents.orders:
            number, new = run.order(order)
            orders += [f"O-{number}"] if new else []
    earlier = [
        item.name
        for item in known
        if item.kind == ORDER and item.plan != run.plan and not item.settled
    ]
    return Imported(
        issues=tuple(issues), orders=tuple(orders), seen=tuple(seen), earlier=tuple(earlier)
    )


def _record_plan(connection: Connection, contents: PlanContents) -> None:
    """The plan's crew days and promised currents; lists of homes stay out of the history."""
    work = contents.work
    same = select(tables.plans.c.id).where(tables.plans.c.id == work.plan)
    if connection.execute(same).first() is not None:
        return
    kept = {**work.to_record(), "lists": {}, "days": []}
    values = {
        "id": work.plan,
        "feeder": work.feeder,
        "study": work.study,
        "made": contents.made,
        "recorded": dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        "work": json.dumps(kept, ensure_ascii=False, allow_nan=False),
    }
    connection.execute(insert(tables.plans), values)
