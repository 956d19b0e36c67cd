"""``gridplan orders list`` and ``show``: what stands in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from gridplan.cli.options import format_option
from gridplan.cli.orders_options import ledger_option

if TYPE_CHECKING:
    from gridplan.records.orders_item import Item
    from gridplan.records.orders_ledger import Ledger

#: What a terminal shows of an item; JSON and CSV have everything.
_SHOWN = ("id", "state", "title", "station", "planned", "due", "overdue", "waived", "version")


@click.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["open", "assigned", "in_progress", "verify", "closed", "rejected"]),
    help="Only these, may be repeated.",
)
@click.option("--kind", type=click.Choice(["issue", "order"]), help="Only issues or orders.")
@click.option("--feeder", metavar="NAME", help="Only of this transformer area.")
@click.option("--station", metavar="NAME", help="Only of this supply station.")
@click.option("--overdue", is_flag=True, help="Only what is overdue today.")
@ledger_option
@format_option
def list_orders(
    states: tuple[str, ...],
    kind: str | None,
    feeder: str | None,
    station: str | None,
    overdue: bool,
    ledger: str,
    form: str,
) -> None:
    """List issues and orders with their states, numbers and dates.

    Example: gridplan orders list --state open --kind order
    """
    from gridplan.cli.orders_options import item_row
    from gridplan.cli.show import rows_out
    from gridplan.records.orders_ledger import open_ledger

    opened = open_ledger(ledger)
    today = opened.now().date()
    rows = [
        item_row(item, today)
        for item in opened.items(feeder=feeder, kind=kind)
        if (not states or item.state.value in states)
        and station in (None, item.station)
        and (not overdue or item.overdue(today))
    ]
    if form == "table":
        rows = [{name: row[name] for name in _SHOWN} for row in rows]
    rows_out(rows, form, "gridplan-orders/1", "items")


@click.command("show")
@click.argument("name", metavar="ID")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What is written to stdout.",
)
@ledger_option
def show_order(name: str, form: str, ledger: str) -> None:
    """Show an issue or order with its whole history.

    Example: gridplan orders show O-2
    """
    from gridplan.records.orders_ledger import open_ledger
    from gridplan.report.record import to_json

    opened = open_ledger(ledger)
    item = opened.item(name)
    record = _record(item, opened)
    if form == "json":
        click.echo(to_json({"schema_version": "gridplan-order/1", **record}), nl=False)
        return
    click.echo(f"{item.name} {item.title}")
    events = "1 event" if item.version == 1 else f"{item.version} events"
    click.echo(f"{item.feeder}, {item.state}, {events}")
    for key in ("station", "team", "manager", "date", "due"):
        if (value := item.known(key)) is not None:
            click.echo(f"  {key}: {value}")
    if record["linked"]:
        click.echo(
            f"  {'issues' if item.kind == 'order' else 'orders'}: {', '.join(record['linked'])}"
        )
    for event in record["events"]:
        said = ", ".join(f"{key} {value}" for key, value in event["detail"].items())
        click.echo(f"  {event['version']}. {event['at']} {event['step']} by {event['author']}")
        if said:
            click.echo(f"     {said}")


def _record(item: Item, ledger: Ledger) -> dict[str, Any]:
    """Everything of an item, times in the ledger's zone."""
    prefix = "I" if item.kind == "order" else "O"
    return {
        "id": item.name,
        "kind": item.kind,
        "feeder": item.feeder,
        "plan": item.plan,
        "key": item.key,
        "title": item.title,
        "state": item.state.value,
        "version": item.version,
        "linked": [f"{prefix}-{number}" for number in item.linked],
        "detail": item.detail,
        "events": [
            {
                "version": event.version,
                "step": event.step.value,
                "at": event.at.astimezone(ledger.zone).isoformat(timespec="seconds"),
                "recorded": event.recorded.astimezone(ledger.zone).isoformat(timespec="seconds"),
                "author": event.author,
                "detail": event.detail,
            }
            for event in item.events
        ],
    }
