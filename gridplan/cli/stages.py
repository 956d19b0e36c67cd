"""The sweep that several stage commands begin with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gridplan.network.feeder import Feeder
    from gridplan.powerflow.results import SweepResult
    from gridplan.study import Study


def swept(feeder: Feeder, study: Study, workers: int, parquet: Path | None = None) -> SweepResult:
    """Sweep a study with the voltage band of its limits and a progress bar."""
    from gridplan.cli.show import progress_bars, show_notes
    from gridplan.demand.forecast import forecast_demand
    from gridplan.powerflow.sweep import Watch, run_sweep

    low, high = study.limits.voltage_band_v
    demand = forecast_demand(feeder, study.forecast)
    show_notes(demand.notes)
    with progress_bars() as report:
        return run_sweep(
            feeder,
            demand,
            watch=Watch(v_low_v=low, v_high_v=high),
            workers=workers,
            progress=None if report is None else partial(report, "sweep"),
            parquet=parquet,
        )
