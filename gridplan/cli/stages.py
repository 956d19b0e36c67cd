"""What the stages of the main job share: today's state, as a plan looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridplan.demand.cases import Demand
    from gridplan.network.feeder import Feeder
    from gridplan.outcome import Today
    from gridplan.study import Study


def today(
    feeder: Feeder,
    study: Study,
    *,
    workers: int | None = None,
    keep: bool = False,
    parquet: Path | None = None,
) -> Today:
    """Sweep a study with a progress bar; where it asks for a precision, say what was reached."""
    from gridplan.cli.show import progress_bars, show_notes
    from gridplan.outcome import Runner

    with progress_bars() as report:
        runner = Runner(feeder=feeder, study=study, workers=workers, progress=report)
        found = runner.today(keep=keep, parquet=parquet)
    show_notes(found.demand.notes)
    if found.precision.wanted is not None:
        prefix = "" if found.precision.reached else "warning: "
        click.echo(prefix + found.precision.sentence, err=True)
    return found


def today_in(feeder: Feeder, study: Study, scenarios: Sequence[str]) -> Today:
    """Today in some scenarios of a study, in all where none is named."""
    if not scenarios:
        return today(feeder, study, keep=True)
    from gridplan.outcome import Precision, Runner, Today

    unknown = [name for name in scenarios if name not in study.forecast.scenarios]
    if unknown:
        known = ", ".join(study.forecast.scenarios)
        what = f"there is no scenario {unknown[0]!r}; known are {known}"
        raise click.BadParameter(what, param_hint="--scenario")
    demand = demand_of(feeder, study).only(tuple(dict.fromkeys(scenarios))).kept()
    outcome = Runner(feeder=feeder, study=study).outcome(feeder, demand, "today")
    precision = Precision.of(study.forecast, outcome.findings, demand)
    return Today(study=study, demand=demand, outcome=outcome, precision=precision)


def demand_of(feeder: Feeder, study: Study) -> Demand:
    """The demand that a plan of the study works on, for a stage that needs no sweep of its own."""
    from gridplan.cli.show import show_notes
    from gridplan.demand.forecast import forecast_demand

    if study.forecast.precision is None:
        demand = forecast_demand(feeder, study.forecast)
        show_notes(demand.notes)
        return demand
    return today(feeder, study, keep=True).demand
