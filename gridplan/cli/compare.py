"""``gridplan compare``: what each measure would buy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from gridplan.cli.options import draws_option, format_option, read_inputs, study_arguments


@click.command()
@study_arguments
@click.option(
    "--costs",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Own prices and hours, instead of the study's; `gridplan schema costs` prints the table.",
)
@draws_option
@format_option
def compare(
    network_path: Path, study_path: Path, costs: Path | None, draws: int | None, form: str
) -> None:
    """Try every measure on the same draws, price it, and recommend one per scenario.

    Example: gridplan compare networks/hongjiawan scenarios/spring-festival-2027.yaml
    """
    from gridplan.cli.show import rows_out
    from gridplan.cli.stages import today
    from gridplan.measures.around import surroundings_of
    from gridplan.measures.compare import compare_measures
    from gridplan.measures.costs import read_costs
    from gridplan.report.measures import measure_rows

    feeder, study = read_inputs(network_path, study_path, draws)
    settings = study.measures
    if costs is not None:
        read_costs(costs)  # its faults before any work
        settings = settings.model_copy(update={"costs": str(costs.resolve())})
    found = today(feeder, study, keep=True)
    demand = found.demand
    around = surroundings_of(found.outcome.feeder, study.forecast, settings)
    measures = compare_measures(
        found.outcome.feeder,
        demand,
        study.limits,
        settings,
        before=found.outcome,
        around=around,
    )
    record = measures.to_record()
    rows = record["measures"]
    if form != "json":
        rows = [_row(row, demand.scenarios) for row in measure_rows(measures, demand.scenarios)]
    rows_out(
        rows,
        form,
        "gridplan-measures/2",
        "measures",
        feeder=feeder.name,
        study=study.name,
        recommendations=record["recommendations"],
    )
    for choice in measures.choices if form == "table" else ():
        click.echo(f"{choice.scenario}: {choice.label or 'nothing'} - {choice.reason}")


def _row(row: dict[str, Any], scenarios: tuple[str, ...]) -> dict[str, Any]:
    """One option as a line of a table."""
    return {
        "option": row["label"],
        "cost_cny": row["cost"],
        "crew_h": row["crew_h"],
        "lead_days": row["lead_days"],
        "after": row["stays"],
        **{
            name: ("clears" if cell["clears"] else f"leaves {cell['left']}") + f": {cell['text']}"
            for name, cell in zip(scenarios, row["cells"], strict=True)
        },
        "dominated": bool(row["dominated_by"]),
        "recommended": row["recommended"],
    }
