"""``gridplan network``: check, draw and convert network files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from gridplan.cli.exits import BAD_INPUT
from gridplan.cli.lazy import GuidedGroup
from gridplan.cli.options import format_option, network_argument

if TYPE_CHECKING:
    from gridplan.errors import Fault


@click.group(cls=GuidedGroup)
def network() -> None:
    """Check, draw and convert network files."""


@network.command("check")
@network_argument
@format_option
@click.pass_context
def check_network(ctx: click.Context, network_path: Path, form: str) -> None:
    """List everything that is wrong, doubtful or inferred in a network file.

    Exit code 3 when it cannot be used; warnings and notes end with 0.

    Example: gridplan network check networks/hongjiawan
    """
    from gridplan.cli.show import rows_out
    from gridplan.errors import InputError
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
    rows = [asdict(fault) for fault in faults]
    if form == "table":
        click.echo(summary)
        for fault in faults:
            many = f" ({fault.rows} rows)" if fault.rows > 1 else ""
            click.echo(f"{fault.severity}: {fault}{many} [{fault.code}]")
    else:
        usable = feeder is not None
        head = {"network": str(network_path), "usable": usable, "feeder": feeder}
        rows_out(rows, form, "gridplan-network-check/1", "faults", **head)
    if feeder is None:
        ctx.exit(BAD_INPUT)


@network.command("draw")
@network_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="Picture to write: .svg or .png.",
)
def draw_network(network_path: Path, output: Path) -> None:
    """Draw the single-line picture of a village, with phases in colour.

    Example: gridplan network draw networks/hongjiawan -o hongjiawan.svg
    """
    kind = output.suffix.lower().removeprefix(".")
    if kind not in ("svg", "png"):
        raise click.BadParameter(f"{output.name} ends neither in .svg nor in .png")
    from gridplan.network.reader import read_feeder
    from gridplan.records.files import replace_file
    from gridplan.report.svg import drawing_style, save_figure
    from gridplan.report.village import village_figure
    from gridplan.report.write import output_folder

    feeder = read_feeder(network_path)
    with drawing_style():
        picture = save_figure(village_figure(feeder), kind)
    output_folder(output.parent)
    click.echo(replace_file(output, picture))


@network.command("convert")
@click.argument("script", metavar="SCRIPT", type=click.Path(path_type=Path))
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
def convert_network(script: Path, folder: Path) -> None:
    """Write an OpenDSS circuit as a network folder, its neutral included.

    Needs the extra gridplan[opendss]. What was inferred goes to stderr, the folder to stdout.

    Example: gridplan network convert feeders/Master.dss networks/feeder-1
    """
    if script.suffix.lower() == ".json":
        raise click.BadParameter(f"{script.name} is a network file already, not an OpenDSS script")
    from gridplan.network.opendss import read_opendss
    from gridplan.network.writer import write_network

    feeder = read_opendss(script)
    for fault in feeder.notes:
        click.echo(f"{fault.severity}: {fault}", err=True)
    click.echo(write_network(feeder, folder, f"Converted from the OpenDSS script `{script.name}`."))
