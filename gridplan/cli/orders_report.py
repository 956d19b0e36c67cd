"""``gridplan orders report``: daily statistics and weekly report."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import rich_click as click

from gridplan.cli.options import file_to_write, format_option, language_option
from gridplan.cli.orders_options import ledger_option


@click.command("report")
@click.option(
    "--daily/--weekly",
    "daily",
    default=False,
    help="One day, or the week from Monday to Sunday that holds it (default).",
)
@click.option("--date", "date", metavar="DATE", help="That day; left out, today.")
@click.option("--feeder", metavar="NAME", help="Only of this transformer area.")
@file_to_write("Also write a page for people, .html.", required=False)
@language_option
@ledger_option
@format_option
def report(
    daily: bool,
    date: str | None,
    feeder: str | None,
    output: Path | None,
    language: str,
    ledger: str,
    form: str,
) -> None:
    """Count what was found and closed, the close rate and what is overdue, per station.

    Example: gridplan orders report --weekly --date 2027-01-28 -o week.html
    """
    if output is not None and output.suffix.lower() != ".html":
        raise click.BadParameter(f"{output.name} does not end in .html", param_hint="--output")
    from gridplan.cli.orders_options import day_of, item_row
    from gridplan.cli.show import rows_out
    from gridplan.records.orders_ledger import open_ledger
    from gridplan.records.orders_statistics import statistics, week_of
    from gridplan.report.orders import orders_html
    from gridplan.report.write import output_folder
    from gridplan.wholefiles import replace_file

    opened = open_ledger(ledger)
    day = day_of(date, "--date") or opened.now().date()
    first, last = (day, day) if daily else week_of(day)
    found = statistics(opened.items(feeder=feeder), first, last, opened.zone)
    if output is not None:
        output_folder(output.parent)
        replace_file(output, orders_html(found, language))
    head = {
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "overdue": [item_row(item, last) for item in found.overdue],
        "broken_promises": [item_row(item, last) for item in found.broken],
    }
    if form == "table":
        click.echo(f"{first}" if daily else f"{first} to {last}")
    rows = [asdict(tally) for tally in found.tallies]
    rows_out(rows, form, "gridplan-orders-report/1", "tallies", **head)
    if form == "table":
        for item in found.overdue:
            click.echo(f"overdue since {item.known('due')}: {item.name} {item.title}")
        for item in found.broken:
            click.echo(f"promise not kept: {item.name} {item.title}")
