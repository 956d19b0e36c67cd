"""``gridplan rebalance``: which household goes to which phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from gridplan.cli.options import draws_option, format_option, read_inputs, study_arguments

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@study_arguments
@draws_option
@format_option
def rebalance(network_path: Path, study_path: Path, draws: int | None, form: str) -> None:
    """Propose the fewest phase moves, with their certificate; the list is in field order.

    Example: gridplan rebalance networks/hongjiawan scenarios/spring-festival-2027.yaml
    """
    from gridplan.cli.show import rows_out
    from gridplan.cli.stages import demand_of
    from gridplan.measures.rebalance import propose_rebalancing
    from gridplan.report.record import rebalancing_record

    feeder, study = read_inputs(network_path, study_path, draws)
    proposal = propose_rebalancing(
        feeder,
        demand_of(feeder, study),
        study.limits,
        max_moves=study.measures.max_moves,
        time_limit_s=study.measures.time_limit_s,
    )
    record = rebalancing_record(proposal)
    moves = record.pop("moves")
    head = {"feeder": feeder.name, "study": study.name, **record}
    rows_out(moves, form, "gridplan-rebalancing/1", "moves", **head)
    if form == "table":
        click.echo(proposal.certificate.sentence, err=True)
