"""``gridplan sweep``: what the grid does."""

from __future__ import annotations

import pathlib
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
@click.option(
    "--parquet",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="Write the metrics of every case to this Parquet file.",
)
@format_option
def sweep(
    network_path: Path,
    study_path: Path,
    draws: int | None,
    workers: int,
    parquet: Path | None,
    form: str,
) -> None:
    """Solve all cases of the study: quantiles of loading, neutral current and voltage.

    Example: gridplan sweep networks/hongjiawan scenarios/spring-festival-2027.yaml --format json
    """
    from gridplan.cli.show import rows_out
    from gridplan.cli.stages import today
    from gridplan.records.quantities import sweep_quantities

    feeder, study = read_inputs(network_path, study_path, draws)
    found = today(feeder, study, workers=workers, parquet=parquet)
    result = found.outcome.sweep
    rows = [
        {"quantity": row.name.removeprefix("sweep/"), "value": row.value, "unit": row.unit}
        for row in sweep_quantities(feeder, result, "sweep")
    ]
    head = {
        "feeder": feeder.name,
        "study": study.name,
        "draws": result.n_draw,
        "cases": result.n_case,
        "not_converged": result.not_converged,
        "max_residual_pu": result.max_residual_pu,
        "seconds": result.seconds,
        "precision": found.precision.to_record(),
    }
    rows_out(rows, form, "gridplan-sweep/1", "quantities", **head)
