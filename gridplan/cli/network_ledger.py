"""``gridplan network import`` and ``template``: ledgers of stations."""

from __future__ import annotations

import re
from pathlib import Path

import rich_click as click

from gridplan.cli.network_exchange import refuse_existing, say
from gridplan.cli.options import PATH, file_to_write, folder_to_write

lang_option = click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Language of headings and explanations; both are read.",
)


@click.command("import")
@click.argument("ledger", metavar="LEDGER", type=PATH)
@folder_to_write("Network folder to write; one below it per area where the ledger has several.")
def import_ledger(ledger: Path, output: Path) -> None:
    """Make a network of a station's ledger: transformers, poles, sections, boxes, customers.

    LEDGER is an .xlsx workbook or a folder of CSV files (UTF-8 or GBK) with Chinese or English
    headings, see `gridplan network template`. Everything wrong is listed at once with sheet, row
    and column (exit code 3). What was assumed goes to stderr, and the folders to stdout.

    Example: gridplan network import ledger.xlsx -o networks/hongjiawan
    """
    from gridplan.network.ledger import read_ledger
    from gridplan.network.writer import write_network

    feeders = read_ledger(ledger)
    said: set[str] = set()
    for feeder in feeders:
        say(fault for fault in feeder.notes if str(fault) not in said)
        said.update(map(str, feeder.notes))
        folder = output if len(feeders) == 1 else output / _folder_name(feeder.name)
        click.echo(write_network(feeder, folder, f"Imported from the ledger `{ledger.name}`."))


def _folder_name(area: str) -> str:
    """The number of an area as the name of one folder, whatever the ledger says."""
    return re.sub(r"[^\w.-]", "_", area).strip(".") or "area"


@click.command("template")
@file_to_write("Workbook to write (.xlsx).")
@click.option("--example", is_flag=True, help="Filled with the village Hongjiawan.")
@lang_option
def template(output: Path, example: bool, lang: str) -> None:
    """Write the empty ledger workbook with drop-downs and a page of explanations.

    A FILE that exists is refused: it may be a ledger that somebody has filled in.

    Example: gridplan network template -o ledger.xlsx
    """
    if output.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"{output.name} does not end in .xlsx", param_hint="-o")
    refuse_existing(output, "-o")
    from gridplan.exchange.workbook import write_template

    click.echo(write_template(output, lang, example=example))
