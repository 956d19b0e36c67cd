"""``gridplan orders import``: a plan's findings and crew days into the ledger."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from gridplan.cli.orders_options import clerk_options


@click.command("import")
@click.argument("folder", metavar="PLAN_DIR", type=click.Path(path_type=Path))
@click.option("--station", default="", metavar="NAME", help="Supply station that answers for it.")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME",
    help="Whose findings and measures count, may be repeated. Left out: the study's first.",
)
@click.option(
    "--tier",
    type=click.Choice(["act", "watch"]),
    default="act",
    show_default=True,
    help="act: findings to act on that are likelier than the study accepts; watch: all findings.",
)
@click.option(
    "--zone",
    metavar="ZONE",
    help="Time zone of a new ledger, default Asia/Shanghai; one that exists keeps its own.",
)
@clerk_options
def import_orders(
    folder: Path,
    station: str,
    scenarios: tuple[str, ...],
    tier: str,
    zone: str | None,
    author: str,
    at_text: str | None,
    ledger: str,
) -> None:
    """Take a plan into the ledger: findings as issues, crew days as orders.

    PLAN_DIR is the folder that gridplan plan has written. The ledger is made where there is none;
    the same plan is taken in once, however often this is called. An issue that an earlier plan
    found already is the same issue, seen again.

    Example: gridplan orders import out/hongjiawan --station Tucheng --by 1024
    """
    from gridplan.cli.orders_options import the_clerk
    from gridplan.errors import LedgerError
    from gridplan.records.orders_import import import_plan
    from gridplan.records.orders_ledger import open_ledger
    from gridplan.records.orders_plan import read_plan_folder
    from gridplan.records.orders_privacy import text_faults

    if faults := list(text_faults({"--by": author, "--station": station})):
        raise LedgerError(ledger, faults)
    contents = read_plan_folder(folder, scenarios=scenarios, tier=tier)
    opened = open_ledger(ledger, create=True, zone=zone)
    clerk = the_clerk(opened, author, at_text)
    done = import_plan(opened, contents, author=author, at=clerk.at, station=station)
    new = [*done.issues, *done.orders]
    click.echo(f"{contents.work.feeder}: {len(done.issues)} issues, {len(done.orders)} orders new")
    if new:
        click.echo(f"new: {', '.join(new)}")
    if done.seen:
        click.echo(f"seen again: {', '.join(done.seen)}")
    if done.earlier:
        click.echo(
            f"warning: orders of an earlier plan are not finished: {', '.join(done.earlier)} -> "
            "finish them, or reject them with --units-may-move",
            err=True,
        )
