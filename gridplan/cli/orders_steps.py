"""``gridplan orders start``, ``close``, ``reject``, ``reopen`` and ``waive``."""

from __future__ import annotations

import rich_click as click

from gridplan.cli.orders_options import clerk_options, items_argument, version_option


@click.command()
@items_argument
@click.option("--note", default="", metavar="TEXT", help="In words.")
@version_option
@clerk_options
def start(
    names: tuple[str, ...],
    note: str,
    version: int | None,
    author: str,
    at_text: str | None,
    ledger: str,
) -> None:
    """Say that work has begun, or begins again because the check failed.

    Example: gridplan orders start O-2 --by 1024
    """
    from gridplan.cli.orders_options import each_item

    for clerk, item in each_item(names, ledger, author, at_text, version):
        clerk.start(item, note)
        click.echo(f"{item.name} in progress")


@click.command()
@items_argument
@click.option("--note", default="", metavar="TEXT", help="In words.")
@version_option
@clerk_options
def close(
    names: tuple[str, ...],
    note: str,
    version: int | None,
    author: str,
    at_text: str | None,
    ledger: str,
) -> None:
    """Cross out what is done and checked.

    An order whose measured currents do not keep the promise, and an issue with an unfinished order,
    need --note.

    Example: gridplan orders close O-2 I-1 --by 1024
    """
    from gridplan.cli.orders_options import each_item

    for clerk, item in each_item(names, ledger, author, at_text, version):
        clerk.close(item, note)
        click.echo(f"{item.name} closed")


@click.command()
@items_argument
@click.option("--reason", required=True, metavar="TEXT", help="Why it will not be done.")
@click.option("--unit", default="", metavar="UNIT", help="Only this movable unit of an order.")
@click.option(
    "--until",
    metavar="DATE",
    help="Its units stay where they are up to this day. Left out: always.",
)
@click.option("--units-may-move", is_flag=True, help="Later plans may move its units all the same.")
@version_option
@clerk_options
def reject(  # noqa: PLR0913, PLR0917 -- one parameter per option
    names: tuple[str, ...],
    reason: str,
    unit: str,
    until: str | None,
    units_may_move: bool,
    version: int | None,
    author: str,
    at_text: str | None,
    ledger: str,
) -> None:
    """Reject issues, orders, or one unit of an order; the next plan does not move what stays.

    Example: gridplan orders reject O-2 --unit B5 --reason "wires too short" --by 1024
    """
    from gridplan.cli.orders_options import day_of, each_item

    last = day_of(until, "--until")
    for clerk, item in each_item(names, ledger, author, at_text, version):
        clerk.reject(
            item,
            reason.strip(),
            unit=unit,
            stays=not units_may_move,
            until="" if last is None else last.isoformat(),
        )
        click.echo(f"{item.name} {f'without {unit}' if unit else 'rejected'}")


@click.command()
@items_argument
@click.option("--reason", required=True, metavar="TEXT", help="Why it is to be done after all.")
@version_option
@clerk_options
def reopen(
    names: tuple[str, ...],
    reason: str,
    version: int | None,
    author: str,
    at_text: str | None,
    ledger: str,
) -> None:
    """Take the rejection of an issue or order back.

    Example: gridplan orders reopen O-2 --reason "longer wires are here" --by 1024
    """
    from gridplan.cli.orders_options import each_item

    for clerk, item in each_item(names, ledger, author, at_text, version):
        clerk.reopen(item, reason.strip())
        click.echo(f"{item.name} open")


@click.command()
@items_argument
@click.option("--reason", required=True, metavar="TEXT", help="Why it is accepted.")
@click.option("--until", required=True, metavar="DATE", help="Last day on which it is accepted.")
@version_option
@clerk_options
def waive(
    names: tuple[str, ...],
    reason: str,
    until: str,
    version: int | None,
    author: str,
    at_text: str | None,
    ledger: str,
) -> None:
    """Accept issues for some time; plans show their findings as waived, and --fail-on passes them.

    Example: gridplan orders waive I-1 --reason "new transformer in March" --until 2027-03-01 --by 7
    """
    from gridplan.cli.orders_options import day_of, each_item

    last = day_of(until, "--until")
    assert last is not None
    for clerk, item in each_item(names, ledger, author, at_text, version):
        clerk.waive(item, reason.strip(), last)
        click.echo(f"{item.name} waived until {last}")
