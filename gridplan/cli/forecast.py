"""``gridplan forecast``: what people will draw."""

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
def forecast(network_path: Path, study_path: Path, draws: int | None, form: str) -> None:
    """Forecast the village's demand: energy, peak and when, per scenario.

    Example: gridplan forecast networks/hongjiawan scenarios/spring-festival-2027.yaml
    """
    import numpy as np

    from gridplan.cli.show import rows_out
    from gridplan.demand.forecast import forecast_demand
    from gridplan.records.quantities import village_kw

    feeder, study = read_inputs(network_path, study_path, draws)
    demand = forecast_demand(feeder, study.forecast)
    total = village_kw(demand)
    rows = []
    for row, scenario in enumerate(demand.scenarios):
        peaks = total[row].max(axis=-1)
        mean = total[row].mean(axis=0)
        rows.append(
            {
                "scenario": scenario,
                "occupied_homes": float(demand.occupancy[row].sum()),
                "energy_kwh_per_day": float(mean.mean() * 24),
                "mean_peak_kw": float(peaks.mean()),
                "peak_kw_p95": float(np.quantile(peaks, 0.95)),
                "peak_of_the_mean_at": str(demand.times[int(np.argmax(mean))]).replace("T", " "),
            }
        )
    head = {"feeder": feeder.name, "study": study.name, "draws": demand.n_draw}
    rows_out(rows, form, "gridplan-forecast/1", "scenarios", **head)
