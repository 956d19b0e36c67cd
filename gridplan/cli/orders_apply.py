"""``gridplan orders apply``: confirmed phases as a new version of the network."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from gridplan.cli.options import folder_to_write, network_argument
from gridplan.cli.orders_options import ledger_option


@click.command()
@network_argument
@folder_to_write(
    "New folder for the version; give it the network's name, by which registers, levels and "
    "the ledger know it.",
)
@ledger_option
def apply(network_path: Path, output: Path, ledger: str) -> None:
    """Write a new version of a network, its customers on the phases as crews found and left them.

    Orders count that are confirmed or closed. NETWORK is never changed; what it already holds is
    not applied again.

    Example: gridplan orders apply networks/hongjiawan -o versions/2027-02/hongjiawan
    """
    from gridplan.network.reader import read_feeder
    from gridplan.records.orders_apply import write_version
    from gridplan.records.orders_ledger import open_ledger
    from gridplan.records.orders_phases import field_phases, phase_changes

    opened = open_ledger(ledger)
    feeder = read_feeder(network_path)
    field = field_phases(opened.items(feeder=feeder.name, kind="order"))
    changes = phase_changes(feeder, field, opened.name)
    if not changes:
        click.echo(f"{feeder.name} stands as its {len(field)} confirmed units do: nothing to apply")
        return
    for change in changes:
        click.echo(
            f"{change.order}: {change.unit} ({', '.join(change.customer_ids)}) "
            f"{change.from_phase} -> {change.to_phase}"
        )
    if output.resolve().name != feeder.name:
        click.echo(
            f"warning: the folder is not called {feeder.name}: registers, levels and the ledger go "
            "by that name",
            err=True,
        )
    click.echo(write_version(network_path, changes, output, opened.name))
