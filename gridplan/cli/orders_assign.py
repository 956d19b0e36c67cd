"""``gridplan orders assign``: who does it, who answers for it, and when."""

from __future__ import annotations

import rich_click as click

from gridplan.cli.orders_options import clerk_options, items_argument, version_option


@click.command()
@items_argument
@click.option(
    "--team",
    type=click.Choice(["service", "publicity", "vanguard"]),
    required=True,
    help="service: balancing and repair; publicity: advice; vanguard: people who need help.",
)
@click.option(
    "--station", default="", metavar="NAME", help="Supply station; needed where there is none yet."
)
@click.option("--manager", default="", metavar="NUMBER", help="Staff number of the area's manager.")
@click.option("--date", "date", metavar="DATE", help="Planned day of the work, as 2027-01-28.")
@click.option("--due", metavar="DATE", help="Another last day.")
@click.option(
    "--despite",
    default="",
    metavar="REASON",
    help="Plan an outage on a day on which none should be, for this reason.",
)
@version_option
@clerk_options
def assign(  # noqa: PLR0913, PLR0917 -- one parameter per option
    names: tuple[str, ...],
    team: str,
    station: str,
    manager: str,
    date: str | None,
    due: str | None,
    despite: str,
    version: int | None,
    author: str,
    at_text: str | None,
    ledger: str,
) -> None:
    """Assign issues or orders to a team, a station and a manager.

    An order that needs an outage is refused a day from the 28th of the last lunar month to the 7th
    of the first.

    Example: gridplan orders assign O-2 --team service --station Tucheng --date 2027-01-28 --by 1024
    """
    from gridplan.cli.orders_options import day_of, the_clerk
    from gridplan.records.orders_assign import Assignment, Team
    from gridplan.records.orders_ledger import open_ledger

    opened = open_ledger(ledger)
    clerk = the_clerk(opened, author, at_text, version)
    assignment = Assignment(
        team=Team(team),
        station=station,
        manager=manager,
        date=day_of(date, "--date"),
        due=day_of(due, "--due"),
        despite=despite,
    )
    for name in names:
        item = opened.item(name)
        if (reason := clerk.assign(item, assignment)) is not None:
            click.echo(f"warning: {item.name}: {reason}; planned because: {despite}", err=True)
        click.echo(f"{item.name} assigned to {team}")
