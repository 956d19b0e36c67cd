"""The tables of a ledger of issues and orders, and the triggers that keep its history.

Nothing in a ledger is ever changed or deleted: rows are only added. In SQLite triggers refuse the
rest, ``INSERT OR REPLACE`` included; on a server, grant the role of the clerks INSERT and SELECT
only.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.engine import Connection

SCHEMA_VERSION = "1"

metadata = MetaData()

#: name, value: ``schema_version``, ``zone``
meta = Table(
    "gridplan_meta",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)

#: A plan that was imported; ``id`` is its hash, ``work`` its crew days as JSON.
plans = Table(
    "gridplan_plan",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("feeder", String(200), nullable=False),
    Column("study", String(200), nullable=False),
    Column("made", String(40), nullable=False),
    Column("recorded", String(40), nullable=False),
    Column("work", Text, nullable=False),
)

#: An issue (a finding) or an order (a crew day); ``key`` names it within its feeder and plan.
items = Table(
    "gridplan_item",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(10), nullable=False),
    Column("feeder", String(200), nullable=False),
    Column("plan", String(64), ForeignKey("gridplan_plan.id"), nullable=False),
    Column("key", String(300), nullable=False),
    Column("title", String(500), nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("kind", "feeder", "plan", "key"),
)

#: Which order works on which issue.
links = Table(
    "gridplan_link",
    metadata,
    Column("order_number", Integer, ForeignKey("gridplan_item.number"), primary_key=True),
    Column("issue_number", Integer, ForeignKey("gridplan_item.number"), primary_key=True),
)

#: What happened, one row per step; ``version`` counts the events of an item from 1. Times are ISO
#: 8601 in UTC with their offset: ``at`` when it happened, ``recorded`` when it was written down.
events = Table(
    "gridplan_event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("item", Integer, ForeignKey("gridplan_item.number"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("step", String(20), nullable=False),
    Column("at", String(40), nullable=False),
    Column("recorded", String(40), nullable=False),
    Column("author", String(100), nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("item", "version"),
)

#: What identifies a row of each table: a second one with it would replace the first.
_IDENTITY = {
    meta: ("name",),
    plans: ("id",),
    items: ("number",),
    links: ("order_number", "issue_number"),
    events: ("id",),
}


def _keep(table: Table, identity: tuple[str, ...]) -> None:
    """Let SQLite refuse changes of rows that are there."""
    name = table.name
    for action in ("UPDATE", "DELETE"):
        trigger = (
            f"CREATE TRIGGER {name}_no_{action.lower()} BEFORE {action} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{name}: history is never rewritten'); END"
        )
        _create(table, trigger)
    known = [" AND ".join(f"{column} = NEW.{column}" for column in identity)]
    known += [
        " AND ".join(f"{column.name} = NEW.{column.name}" for column in constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    same = " OR ".join(f"({text})" for text in known)
    trigger = (
        f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "
        f"WHEN EXISTS (SELECT 1 FROM {name} WHERE {same}) "
        f"BEGIN SELECT RAISE(ABORT, '{name}: this row is there already'); END"
    )
    _create(table, trigger)


def _create(table: Table, trigger: str) -> None:
    """Have a trigger made with its table, in SQLite."""

    def make(target: Table, connection: Connection, **_: object) -> None:
        del target
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(trigger)

    event.listen(table, "after_create", make)


for _table, _columns in _IDENTITY.items():
    _keep(_table, _columns)
