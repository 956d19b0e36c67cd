"""``gridplan compare``: what each measure would buy."""

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
def compare(network_path: Path, study_path: Path, draws: int | None, form: str) -> None:
    """Try every measure on the same draws and say which scenarios it clears.

    Example: gridplan compare networks/hongjiawan scenarios/spring-festival-2027.yaml
    """
    from gridplan.cli.show import rows_out
    from gridplan.cli.stages import today
    from gridplan.measures.compare import compare_measures
    from gridplan.report.tables import measure_rows

    feeder, study = read_inputs(network_path, study_path, draws)
    found = today(feeder, study, keep=True)
    demand = found.demand
    measures = compare_measures(feeder, demand, study.limits, study.measures, before=found.outcome)
    head = {"feeder": feeder.name, "study": study.name}
    if form == "json":
        rows = [measure.to_record() for measure in measures]
    else:
        words = {True: "clears: ", False: "does not clear: ", None: ""}
        rows = [
            {
                "measure": row["label"],
                **{
                    name: words[cell["clears"]] + cell["text"]
                    for name, cell in zip(demand.scenarios, row["cells"], strict=True)
                },
            }
            for row in measure_rows(measures, demand.scenarios)
        ]
    rows_out(rows, form, "gridplan-measures/1", "measures", **head)
