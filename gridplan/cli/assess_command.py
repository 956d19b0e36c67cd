"""``gridplan assess``: what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from gridplan.cli.options import (
    draws_option,
    format_option,
    read_inputs,
    study_arguments,
    workers_option,
)

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@study_arguments
@draws_option
@workers_option
@format_option
def assess(
    network_path: Path, study_path: Path, draws: int | None, workers: int, form: str
) -> None:
    """Sweep the study and list the findings, worst first.

    Example: gridplan assess networks/hongjiawan scenarios/spring-festival-2027.yaml --format csv
    """
    from gridplan.cli.show import rows_out
    from gridplan.cli.stages import today
    from gridplan.report.tables import finding_rows

    feeder, study = read_inputs(network_path, study_path, draws)
    found = today(feeder, study, workers=workers)
    findings = found.outcome.findings
    head = {
        "feeder": feeder.name,
        "study": study.name,
        "draws": found.demand.n_draw,
        "precision": found.precision.to_record(),
        "not_assessed": list(findings.not_assessed),
    }
    columns = (
        *("tier", "kind", "scenario", "element", "phase"),
        *("probability", "worst_at", "longest", "worst", "limit"),
    )
    short = [{name: row[name] for name in columns} for row in finding_rows(findings)]
    rows = short if form == "table" else findings.to_records()
    rows_out(rows, form, "gridplan-findings/1", "findings", **head)
    if form == "table":
        for sentence in findings.not_assessed:
            click.echo(f"not assessed: {sentence}", err=True)
