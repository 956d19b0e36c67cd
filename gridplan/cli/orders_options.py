"""Options that the commands on orders share, and what they name.

======================  ==================================================================
decorator               commands
======================  ==================================================================
``ledger_option``       all
``clerk_options``       import, assign, start, confirm, close, reject, reopen, waive
``items_argument``      assign, start, close, reject, reopen, waive
``version_option``      assign, start, confirm, close, reject, reopen, waive
======================  ==================================================================
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gridplan.records.orders_actions import Clerk
    from gridplan.records.orders_item import Item
    from gridplan.records.orders_ledger import Ledger

    Command = TypeVar("Command", bound="Callable[..., Any]")

ledger_option = click.option(
    "--ledger",
    envvar="GRIDPLAN_ORDERS",
    default="orders.sqlite",
    show_default=True,
    metavar="LEDGER",
    help="SQLite file or URL of SQLAlchemy; the environment's GRIDPLAN_ORDERS serves as well.",
)

items_argument = click.argument("names", metavar="ID...", nargs=-1, required=True)


def clerk_options(command: Command) -> Command:
    """Add --by, --at and --ledger."""
    by = click.option(
        "--by",
        "author",
        envvar="GRIDPLAN_BY",
        required=True,
        metavar="NUMBER",
        help="Who writes: a staff number, no name; the environment's GRIDPLAN_BY serves as well.",
    )
    at = click.option(
        "--at",
        "at_text",
        metavar="TIME",
        help="When it happened, as 2027-01-28T13:30; without a zone that of the ledger. Left out: "
        "now.",
    )
    return by(at(ledger_option(command)))


version_option = click.option(
    "--version",
    "version",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of events that you have seen (orders show); refused when there are more by now.",
)


def the_clerk(
    ledger: Ledger, author: str, at_text: str | None, version: int | None = None
) -> Clerk:
    """Who writes, when it happened, and what they have seen."""
    from gridplan.records.orders_actions import Clerk

    at = None if at_text is None else moment(at_text, ledger)
    return Clerk(ledger=ledger, author=author, at=at, version=version)


def each_item(
    names: Sequence[str], ledger: str, author: str, at_text: str | None, version: int | None
) -> Iterator[tuple[Clerk, Item]]:
    """The clerk and each item that is named, one after the other."""
    from gridplan.records.orders_ledger import open_ledger

    opened = open_ledger(ledger)
    clerk = the_clerk(opened, author, at_text, version)
    for name in names:
        yield clerk, opened.item(name)


def moment(text: str, ledger: Ledger) -> dt.datetime:
    """A time as people write it; without a zone it is that of the ledger."""
    try:
        found = dt.datetime.fromisoformat(text.strip().replace(" ", "T"))
    except ValueError as error:
        what = f"{text} is no time like 2027-01-28T13:30"
        raise click.BadParameter(what, param_hint="--at") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=ledger.zone)


def day_of(text: str | None, option: str) -> dt.date | None:
    """A date as people write it; ``option`` is where it stands, for the error."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        what = f"{text} is no date like 2027-01-28"
        raise click.BadParameter(what, param_hint=option) from error


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """What stands before and after the = of each text; phases in small letters."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, phases = text.rpartition("=")
        if not (name.strip() and equals and phases.strip()):
            raise click.BadParameter(f"{text!r} is not UNIT=PHASE", param_hint=option)
        found[name.strip()] = phases.strip().lower()
    return found


def item_row(item: Item, day: dt.date) -> dict[str, Any]:
    """An item as one row of a table."""
    return {
        "id": item.name,
        "state": item.state.value,
        "feeder": item.feeder,
        "title": item.title,
        "station": item.station,
        "team": item.known("team") or "",
        "planned": item.known("date") or "",
        "due": item.known("due") or "",
        "overdue": item.overdue(day),
        "waived": item.waiver(day) is not None,
        "version": item.version,
    }
