"""``gridplan network phases``: on which phase each customer hangs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from gridplan.cli.options import PATH, folder_to_write, format_option, network_argument, quiet

if TYPE_CHECKING:
    from gridplan.measures.phase_result import PhaseIdentification


@click.command("phases")
@network_argument
@click.option(
    "--meters",
    "meters_path",
    metavar="DIR",
    type=PATH,
    required=True,
    help="Curves of voltage, and of power if there are any, of homes and transformer: folder or "
    "file.",
)
@click.option(
    "--records",
    "records_path",
    metavar="FILE",
    type=PATH,
    help="Phases that others have recorded, e.g. HPLC modules: customer, phase, date, confidence.",
)
@click.option(
    "--transformer-meter",
    metavar="ID",
    help="Number of the transformer's meter; left out, the only one with three voltages that is no "
    "customer's.",
)
@click.option(
    "--ct-ratio",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Ratio that powers of the transformer's meter have still to be multiplied by.",
)
@folder_to_write(
    "New folder for the network with the phases found; NETWORK itself is never changed.",
    required=False,
    metavar="NEWNETWORK",
)
@format_option
def find_phases(
    network_path: Path,
    meters_path: Path,
    records_path: Path | None,
    transformer_meter: str | None,
    ct_ratio: float,
    output: Path | None,
    form: str,
) -> None:
    """Find the phase of every customer from meters' curves, and how sure that is.

    Customers that are not where the network file has them come first, then the least sure. Both
    network and records are asked, too, as far as the meters show them to be right.

    Example: gridplan network phases networks/wanfota --meters export -o networks/wanfota-2027
    """
    from gridplan.cli.show import rows_out, show_notes
    from gridplan.demand.phase_curves import read_phase_curves
    from gridplan.demand.phase_ledger import PhaseLedger, read_phase_records
    from gridplan.measures.phases import identify_phases
    from gridplan.network.reader import read_feeder
    from gridplan.records.phase_version import check_target, write_phase_version

    if output is not None:
        check_target(network_path, output)
    feeder = read_feeder(network_path)
    curves = read_phase_curves(meters_path)
    ledger = PhaseLedger(records=()) if records_path is None else read_phase_records(records_path)
    found = identify_phases(
        feeder,
        curves,
        records=ledger.records,
        transformer_meter=transformer_meter,
        ct_ratio=ct_ratio,
    )
    show_notes((*ledger.notes, *found.notes))
    if form == "table":
        rows_out(_table(found), form, "", "")
        if not quiet():
            click.echo(_sentence(found), err=True)
    else:
        head = {
            "feeder": feeder.name,
            "days": found.n_day,
            "sources": [source.to_record() for source in found.records],
        }
        rows_out(found.rows(), form, "gridplan-phases/1", "customers", **head)
    if output is not None:
        folder = write_phase_version(network_path, feeder, found, output)
        if not quiet():
            click.echo(f"new version of {feeder.name}: {folder}", err=True)


def _table(found: PhaseIdentification) -> list[dict[str, Any]]:
    """What a person wants to see first: customers elsewhere than recorded, then the least sure."""
    rows = sorted(found.rows(), key=lambda row: (row["agrees"], row["confidence"]))
    return [
        {
            "customer": row["customer"],
            "phase today": row["recorded"],
            "phase found": row["found"],
            "confidence": row["confidence"],
            "agree": row["agrees"],
            "remark": row["remark"],
        }
        for row in rows
    ]


def _sentence(found: PhaseIdentification) -> str:
    """How right each source of records is, as far as the meters can tell."""
    parts = [
        f"{source.source}: {source.agree} of {source.n} as found"
        for source in found.records
        if source.n
    ]
    return "; ".join(parts) or "no record could be compared with a meter"
