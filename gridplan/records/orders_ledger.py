"""The ledger: opening it, reading items with their history, adding events.

SQLite in a file by default, any URL that SQLAlchemy knows. Two clerks may work at once: an event
carries the number that follows the history its author has seen, and a second event of that number
is refused.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from gridplan.errors import Fault, LedgerError
from gridplan.records import orders_schema as tables
from gridplan.records.orders_item import PREFIX, Event, Item
from gridplan.records.orders_states import TRANSITIONS, Step, state_of, steps_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Where days begin and end in a new ledger, unless it is said otherwise.
DEFAULT_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event to add.

    ``version`` is that of the history its author has seen, the number of its events; None: whatever
    stands in the ledger now.
    """

    number: int
    step: Step
    detail: Mapping[str, Any]
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """An open ledger.

    Attributes
    ----------
    name : file or URL, without password
    engine : of SQLAlchemy
    zone : in which days begin and end
    """

    name: str
    engine: Engine
    zone: ZoneInfo

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """One transaction; what the database refuses becomes a ``LedgerError``."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except IntegrityError as error:
            raise _changed_meanwhile(self.name, str(error.orig)) from error
        except SQLAlchemyError as error:
            raise _unusable(self.name, error) from error

    def items(self, *, feeder: str | None = None, kind: str | None = None) -> tuple[Item, ...]:
        """Items with their history, in the order of their numbers."""
        with self.connected() as connection:
            return read_items(connection, feeder=feeder, kind=kind)

    def item(self, name: str) -> Item:
        """One item by its name (I-3, O-4) or number; ``LedgerError`` when there is none."""
        text = name.strip().upper()
        head, _, tail = text.rpartition("-")
        if tail.isdecimal() and head in ("", *PREFIX.values()):
            with self.connected() as connection:
                found = read_items(connection, number=int(tail))
            if found and head in ("", PREFIX[found[0].kind]):
                return found[0]
        fault = Fault(
            code="unknown-item",
            where=name,
            what="the ledger has no such issue or order",
            remedy="see the first column of: gridplan orders list",
        )
        raise LedgerError(self.name, [fault])

    def add(self, entries: Sequence[Entry], *, author: str, at: dt.datetime | None = None) -> None:
        """Add events in one transaction: all of them or none.

        Raises
        ------
        LedgerError
            when a state does not allow a step, when ``at`` lies before the item's last event, or
            when somebody else has added an event since
        """
        with self.connected() as connection:
            append(connection, self, entries, author=author, at=at)

    def now(self) -> dt.datetime:
        """The present moment in the ledger's zone."""
        return dt.datetime.now(dt.UTC).astimezone(self.zone)

    def plan_work(self, plan: str) -> str:
        """The crew days of an imported plan as JSON."""
        with self.connected() as connection:
            work = tables.plans.c.work
            return str(connection.execute(select(work).where(tables.plans.c.id == plan)).scalar())


def open_ledger(where: str, *, create: bool = False, zone: str | None = None) -> Ledger:
    """Open a ledger: a file for SQLite, or a URL of SQLAlchemy.

    Parameters
    ----------
    where : file or URL
    create : make the tables where there are none
    zone : of a new ledger, default ``DEFAULT_ZONE``; a ledger that exists keeps its own

    Raises
    ------
    LedgerError
        when there is no ledger, it has another version, or the database cannot be reached
    """
    engine, name = _engine(where, create=create)
    try:
        with engine.begin() as connection:
            if not inspect(connection).has_table(tables.meta.name):
                if not create:
                    raise _missing(name)
                _check_zone(name, zone or DEFAULT_ZONE)
                tables.metadata.create_all(connection)
                values = {"schema_version": tables.SCHEMA_VERSION, "zone": zone or DEFAULT_ZONE}
                rows = [{"name": key, "value": value} for key, value in values.items()]
                connection.execute(insert(tables.meta), rows)
            known = {row.name: row.value for row in connection.execute(select(tables.meta))}
    except SQLAlchemyError as error:
        raise _unusable(name, error) from error
    if (found := known.get("schema_version")) != tables.SCHEMA_VERSION:
        what = f"has version {found!r}, this gridplan knows {tables.SCHEMA_VERSION!r}"
        remedy = "use the gridplan that wrote it, or begin a new ledger"
        raise LedgerError(
            name, [Fault(code="ledger-version", where=name, what=what, remedy=remedy)]
        )
    return Ledger(name=name, engine=engine, zone=ZoneInfo(known["zone"]))


def read_items(
    connection: Connection,
    *,
    feeder: str | None = None,
    kind: str | None = None,
    number: int | None = None,
) -> tuple[Item, ...]:
    """Items with their history, by number."""
    query = select(tables.items).order_by(tables.items.c.number)
    wanted = {"feeder": feeder, "kind": kind, "number": number}
    for column, value in wanted.items():
        if value is not None:
            query = query.where(tables.items.c[column] == value)
    rows = connection.execute(query).all()
    history: dict[int, list[Event]] = defaultdict(list)
    events = select(tables.events).order_by(tables.events.c.item, tables.events.c.version)
    if number is not None:
        events = events.where(tables.events.c.item == number)
    for row in connection.execute(events):
        history[row.item].append(_event(row))
    linked: dict[int, list[int]] = defaultdict(list)
    for row in connection.execute(select(tables.links)):
        linked[row.order_number].append(row.issue_number)
        linked[row.issue_number].append(row.order_number)
    return tuple(
        Item(
            number=row.number,
            kind=row.kind,
            feeder=row.feeder,
            plan=row.plan,
            key=row.key,
            title=row.title,
            detail=json.loads(row.detail),
            events=tuple(history[row.number]),
            linked=tuple(sorted(linked[row.number])),
        )
        for row in rows
    )


def append(
    connection: Connection,
    ledger: Ledger,
    entries: Sequence[Entry],
    *,
    author: str,
    at: dt.datetime | None = None,
) -> None:
    """Check and insert events within a transaction; see ``Ledger.add``."""
    recorded = dt.datetime.now(dt.UTC)
    moment = (at or recorded).astimezone(dt.UTC)
    faults: list[Fault] = []
    for entry in entries:
        history = _history(connection, entry.number)
        seen = len(history) if entry.version is None else entry.version
        faults += _refused(connection, ledger, entry, history, seen, moment)
        if faults:
            continue
        values = {
            "item": entry.number,
            "version": seen + 1,
            "step": entry.step.value,
            "at": moment.isoformat(timespec="microseconds"),
            "recorded": recorded.isoformat(timespec="microseconds"),
            "author": author,
            "detail": json.dumps(dict(entry.detail), ensure_ascii=False, allow_nan=False),
        }
        connection.execute(insert(tables.events), values)
    if faults:
        raise LedgerError(ledger.name, faults)


def _history(connection: Connection, number: int) -> list[Event]:
    query = select(tables.events).where(tables.events.c.item == number)
    return [_event(row) for row in connection.execute(query.order_by(tables.events.c.version))]


def _refused(
    connection: Connection,
    ledger: Ledger,
    entry: Entry,
    history: list[Event],
    seen: int,
    moment: dt.datetime,
) -> Iterator[Fault]:
    """Why a step is not possible."""
    kind = select(tables.items.c.kind).where(tables.items.c.number == entry.number)
    name = f"{PREFIX[str(connection.execute(kind).scalar())]}-{entry.number}"
    if seen != len(history):
        what = f"has {len(history)} events by now, you have seen {seen}"
        remedy = f"look at it again: gridplan orders show {name}"
        yield Fault(code="changed-meanwhile", where=name, what=what, remedy=remedy)
        return
    if not history:
        if entry.step is not Step.CREATED:
            yield Fault(code="state", where=name, what="has not been created", remedy="import it")
        return
    state = state_of(item.step for item in history)
    if (state, entry.step) not in TRANSITIONS:
        steps = ", ".join(steps_from(state)) or "nothing"
        what = f"is {state}: {entry.step.replace('_', ' ')} is not possible"
        yield Fault(code="state", where=name, what=what, remedy=f"possible now: {steps}")
    if moment < history[-1].at:
        last = history[-1].at.astimezone(ledger.zone).isoformat(timespec="seconds")
        what = f"{moment.astimezone(ledger.zone).isoformat(timespec='seconds')} is before its last"
        remedy = "give the time at which it happened (--at)"
        yield Fault(code="time", where=name, what=f"{what} event, {last}", remedy=remedy)


def _event(row: Any) -> Event:
    return Event(
        version=row.version,
        step=Step(row.step),
        at=dt.datetime.fromisoformat(row.at),
        recorded=dt.datetime.fromisoformat(row.recorded),
        author=row.author,
        detail=json.loads(row.detail),
    )


def is_url(where: str) -> bool:
    """Tell a URL of SQLAlchemy from a file."""
    return "://" in where


def _engine(where: str, *, create: bool) -> tuple[Engine, str]:
    """Engine and printable name; a missing SQLite file is no empty ledger."""
    if not is_url(where):
        if not create and not Path(where).is_file():
            raise _missing(where)
        # no connection outlives its transaction: the file is free for others in between
        engine = create_engine(f"sqlite:///{Path(where).absolute()}", poolclass=NullPool)
        name = where
    else:
        try:
            url = make_url(where)
            engine, name = create_engine(url), url.render_as_string(hide_password=True)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise _unusable("the ledger's URL", error) from error
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _foreign_keys(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA foreign_keys = ON")

    return engine, name


def _check_zone(name: str, zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        remedy = f"give one like {DEFAULT_ZONE}"
        fault = Fault(code="zone", where=zone, what="is not a time zone", remedy=remedy)
        raise LedgerError(name, [fault]) from error


def _missing(name: str) -> LedgerError:
    remedy = "make it with: gridplan orders import PLAN_DIR --ledger LEDGER"
    what = "there is no ledger of orders"
    return LedgerError(name, [Fault(code="ledger-missing", where=name, what=what, remedy=remedy)])


def _changed_meanwhile(name: str, text: str) -> LedgerError:
    what = f"somebody else has written to the ledger meanwhile ({text})"
    remedy = "look at it again and repeat the command"
    return LedgerError(
        name, [Fault(code="changed-meanwhile", where=name, what=what, remedy=remedy)]
    )


def _unusable(name: str, error: Exception) -> LedgerError:
    text = str(getattr(error, "orig", None) or error).splitlines()[0]
    remedy = "check path, address and rights; a URL needs the driver that it names"
    fault = Fault(code="ledger", where=name, what=f"cannot be used: {text}", remedy=remedy)
    return LedgerError(name, [fault])
