"""``gridplan orders print``: orders of the ledger as a workbook to print."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from gridplan.cli.options import file_to_write, language_option
from gridplan.cli.orders_options import ledger_option


@click.command("print")
@click.argument("names", metavar="[ID...]", nargs=-1)
@click.option("--feeder", metavar="NAME", help="Of this transformer area.")
@file_to_write("Workbook to write, .xlsx.")
@click.option(
    "--plan",
    "plan_folder",
    type=click.Path(path_type=Path),
    metavar="PLAN_DIR",
    help="Add the lists of homes from this plan: the ledger does not hold them.",
)
@language_option
@ledger_option
def print_orders(
    names: tuple[str, ...],
    feeder: str | None,
    output: Path,
    plan_folder: Path | None,
    language: str,
    ledger: str,
) -> None:
    """Write orders as sheets to print and sign; without ID all that are not closed or rejected.

    Example: gridplan orders print O-2 -o orders.xlsx --lang zh
    """
    if output.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"{output.name} does not end in .xlsx", param_hint="--output")
    from gridplan.records.field_types import FIELDWORK_FILE, read_fieldwork
    from gridplan.records.orders_ledger import open_ledger
    from gridplan.report.orders_sheets import ledger_book
    from gridplan.report.workorders import work_orders_xlsx
    from gridplan.report.write import output_folder
    from gridplan.wholefiles import replace_file

    opened = open_ledger(ledger)
    if names:
        chosen = [opened.item(name) for name in names]
    else:
        open_orders = opened.items(feeder=feeder, kind="order")
        chosen = [item for item in open_orders if not item.settled]
    lists = None
    if plan_folder is not None:
        lists = read_fieldwork(plan_folder / FIELDWORK_FILE).lists
    book = ledger_book(opened, chosen, lists)
    output_folder(output.parent)
    click.echo(replace_file(output, work_orders_xlsx(book, language)))
