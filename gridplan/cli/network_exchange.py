"""``gridplan network convert`` and ``export``: files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from gridplan.cli.options import PATH, network_argument, quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gridplan.errors import Fault
    from gridplan.network.feeder import Feeder


def say(faults: Iterable[Fault]) -> None:
    """What was inferred, doubted or left out, to stderr; when quiet, doubts only."""
    for fault in faults:
        if quiet() and fault.severity == "note":
            continue
        many = f" ({fault.rows} rows)" if fault.rows > 1 else ""
        click.echo(f"{fault.severity}: {fault}{many}", err=True)


def refuse_existing(path: Path, hint: str) -> None:
    """A usage error where a ledger is there already: people fill ledgers in by hand."""
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        what = f"{path} exists and may be filled in; name another one, or delete it first"
        raise click.BadParameter(what, param_hint=hint)


@click.command("convert")
@click.argument("file", metavar="FILE", type=PATH)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
def convert_network(file: Path, folder: Path) -> None:
    """Write an OpenDSS circuit or a power-grid-model dataset as a network folder.

    An OpenDSS script (needs the extra gridplan[opendss]) keeps its neutral; a .json is taken as
    the input dataset of power-grid-model. What was inferred goes to stderr, the folder to stdout.

    Example: gridplan network convert feeders/Master.dss networks/feeder-1
    """
    from gridplan.errors import Fault, InputError
    from gridplan.network.writer import write_network

    if not file.is_file():
        what = "is a folder" if file.is_dir() else "there is no such file"
        remedy = "name the script or the .json itself; for CSV ledgers: gridplan network import"
        fault = Fault(code="file-missing", where=file.name, what=what, remedy=remedy)
        raise InputError(str(file), [fault])
    if file.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".csv"):
        what = f"{file.name} is a spreadsheet; for ledgers: gridplan network import"
        raise click.BadParameter(what, param_hint="FILE")
    if file.suffix.lower() == ".json":
        from gridplan.network.power_grid_model import is_power_grid_model, read_power_grid_model
        from gridplan.network.tables import read_json

        if not is_power_grid_model(read_json(file)):
            raise click.BadParameter(f"{file.name} is a network file already, or of another kind")
        feeder, kind = read_power_grid_model(file), "power-grid-model dataset"
    else:
        from gridplan.network.opendss import read_opendss

        feeder, kind = read_opendss(file), "OpenDSS script"
    say(feeder.notes)
    click.echo(write_network(feeder, folder, f"Converted from the {kind} `{file.name}`."))


@click.command("export")
@network_argument
@click.argument("output", metavar="OUT", type=PATH)
@click.option(
    "--to",
    "kind",
    type=click.Choice(["ledger", "pandapower", "opendss", "power-grid-model", "geojson"]),
    required=True,
    help="Kind of file; OUT is a folder for opendss and for a ledger as CSV, else a file.",
)
def export_network(network_path: Path, output: Path, kind: str) -> None:
    """Write a network as a ledger, or for pandapower, OpenDSS, power-grid-model or a map.

    Each program solves what it gets to gridplan's own voltages, as far as it has the parts; what
    it lacks goes to stderr, the path of what was written to stdout. A ledger never takes the place
    of one that exists; files for other programs do.

    Example: gridplan network export networks/hongjiawan hongjiawan.json --to pandapower
    """
    if kind == "ledger":
        refuse_existing(output, "OUT")
    from gridplan.network.reader import read_feeder

    feeder = read_feeder(network_path)
    write: Callable[[Feeder, Path], tuple[Path, tuple[Fault, ...]]]
    if kind == "pandapower":
        from gridplan.exchange.pandapower_net import write_pandapower

        write = write_pandapower
    elif kind == "opendss":
        from gridplan.exchange.opendss import write_opendss

        write = write_opendss
    elif kind == "power-grid-model":
        from gridplan.exchange.power_grid_model import write_power_grid_model

        write = write_power_grid_model
    elif kind == "ledger":
        from gridplan.exchange.workbook import write_ledger

        write = write_ledger
    else:
        from gridplan.report.geojson import write_geojson

        write = write_geojson
    written, notes = write(feeder, output)
    say(notes)
    click.echo(written)
