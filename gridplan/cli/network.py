"""``gridplan network``: check and draw network files, and what else there is for them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from gridplan.cli.exits import BAD_INPUT
from gridplan.cli.lazy import GuidedGroup
from gridplan.cli.network_exchange import convert_network, export_network
from gridplan.cli.network_ledger import import_ledger, template
from gridplan.cli.network_phases import find_phases
from gridplan.cli.options import file_to_write, format_option, network_argument

if TYPE_CHECKING:
    from gridplan.errors import Fault


@click.group(cls=GuidedGroup)
def network() -> None:
    """Check, draw, import and export network files, and find the phases of customers."""


@network.command("check")
@network_argument
@click.option(
    "--waivers",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="YAML of accepted warnings: code, element, author, reason, expires.",
)
@format_option
@click.pass_context
def check_network(ctx: click.Context, network_path: Path, waivers: Path | None, form: str) -> None:
    """List everything that is wrong, doubtful or inferred in a network file.

    Each warning has a number. One that is accepted in FILE is a note that says by whom and until
    when; after that day it warns again. Exit code 3 when the network cannot be used;
    warnings and notes end with 0.

    Example: gridplan network check networks/hongjiawan --waivers waivers.yaml
    """
    import datetime as dt

    from gridplan.cli.show import rows_out
    from gridplan.errors import InputError
    from gridplan.network.numbers import WARNING_NUMBERS
    from gridplan.network.reader import read_feeder
    from gridplan.report.record import feeder_record

    faults: tuple[Fault, ...]
    feeder: dict[str, Any] | None = None
    try:
        found = read_feeder(network_path)
        faults, feeder = found.notes, feeder_record(found)
        summary = repr(found)
    except InputError as error:
        faults = error.faults
        summary = f"{error.source}: cannot be used"
    if waivers is not None:
        from gridplan.network.warning_waivers import accept

        faults = accept(faults, waivers, dt.date.today())
    numbers = [WARNING_NUMBERS.get(fault.code, "") for fault in faults]
    rows = [
        asdict(fault) | {"number": number, "elements": ", ".join(fault.elements)}
        for fault, number in zip(faults, numbers, strict=True)
    ]
    if form == "table":
        click.echo(summary)
        for fault, number in zip(faults, numbers, strict=True):
            many = f" ({fault.rows} rows)" if fault.rows > 1 else ""
            label = (
                f"warning {number}" if number and fault.severity == "warning" else fault.severity
            )
            click.echo(f"{label}: {fault}{many} [{fault.code}]")
    else:
        usable = feeder is not None
        head = {"network": str(network_path), "usable": usable, "feeder": feeder}
        rows_out(rows, form, "gridplan-network-check/1", "faults", **head)
    if feeder is None:
        ctx.exit(BAD_INPUT)


@network.command("draw")
@network_argument
@file_to_write("Picture to write: .svg or .png.")
def draw_network(network_path: Path, output: Path) -> None:
    """Draw the single-line picture of a village, with phases in colour.

    Example: gridplan network draw networks/hongjiawan -o hongjiawan.svg
    """
    kind = output.suffix.lower().removeprefix(".")
    if kind not in ("svg", "png"):
        what = f"{output.name} ends neither in .svg nor in .png"
        raise click.BadParameter(what, param_hint="-o")
    from gridplan.network.reader import read_feeder
    from gridplan.report.svg import drawing_style, save_figure
    from gridplan.report.village import village_figure
    from gridplan.report.write import output_folder
    from gridplan.wholefiles import replace_file

    feeder = read_feeder(network_path)
    with drawing_style():
        picture = save_figure(village_figure(feeder), kind)
    output_folder(output.parent)
    click.echo(replace_file(output, picture))


network.add_command(convert_network)
network.add_command(export_network)
network.add_command(import_ledger)
network.add_command(template)
network.add_command(find_phases)
