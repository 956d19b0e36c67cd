"""``gridplan check``: regression against a stored baseline."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from gridplan import __version__
from gridplan.cli.exits import DIFFERS
from gridplan.cli.options import draws_option, read_inputs, study_arguments

if TYPE_CHECKING:
    from gridplan.network.feeder import Feeder
    from gridplan.records.baseline import Comparison
    from gridplan.records.quantities import Quantity
    from gridplan.study import Study


@click.command()
@study_arguments
@click.option(
    "--baseline",
    "baseline_path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="Baseline to compare with, or to write with --update.",
)
@click.option("--update", is_flag=True, help="Store this run as the baseline; needs --reason.")
@click.option(
    "--reason", metavar="TEXT", help="Why the new numbers are right; kept in the baseline."
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write JUnit XML, one test case per quantity.",
)
@draws_option
@click.pass_context
def check(
    ctx: click.Context,
    network_path: Path,
    study_path: Path,
    baseline_path: Path,
    update: bool,
    reason: str | None,
    junit: Path | None,
    draws: int | None,
) -> None:
    """Compare a study's headline quantities with a stored baseline; code 5 when they differ.

    A check takes the draws of the baseline; --draws serves --update only.

    Example: gridplan check networks/hongjiawan study.yaml --baseline hongjiawan.json
    """
    _check_usage(update, reason, junit, draws)
    if update:
        feeder, study = read_inputs(network_path, study_path, draws)
        count = _store(feeder, study, baseline_path, str(reason).strip())
        click.echo(f"{baseline_path}: {count} quantities stored, {study.draws} draws")
        return
    from gridplan.records.baseline import compare, read_baseline
    from gridplan.records.junit import junit_xml
    from gridplan.wholefiles import replace_file

    baseline = read_baseline(baseline_path)
    feeder, study = read_inputs(network_path, study_path, baseline.draws)
    started = time.perf_counter()
    now = _quantities(feeder, study)
    rows = compare(baseline, now, network=feeder.name, study=study.name)
    if junit is not None:
        junit.parent.mkdir(parents=True, exist_ok=True)
        suite = f"gridplan.{feeder.name}"
        replace_file(junit, junit_xml(rows, suite, time.perf_counter() - started))
    ctx.exit(_report(rows, baseline_path))


def _check_usage(update: bool, reason: str | None, junit: Path | None, draws: int | None) -> None:
    if update and not (reason or "").strip():
        raise click.UsageError("--update needs --reason TEXT: why are the new numbers right?")
    if update and junit is not None:
        raise click.UsageError("--junit reports a comparison, and --update makes none")
    if not update and reason is not None:
        raise click.UsageError("--reason belongs to --update")
    if not update and draws is not None:
        raise click.UsageError("--draws belongs to --update: a check takes the baseline's draws")


def _quantities(feeder: Feeder, study: Study) -> tuple[Quantity, ...]:
    from gridplan.cli.show import progress_bars
    from gridplan.demand.forecast import forecast_demand
    from gridplan.plan import make_plan
    from gridplan.records.quantities import plan_quantities

    with progress_bars() as report:
        made = make_plan(feeder, study, progress=report)
    return plan_quantities(made, forecast_demand(feeder, made.study.forecast))


def _store(feeder: Feeder, study: Study, path: Path, reason: str) -> int:
    from gridplan.records.baseline import Baseline, write_baseline

    quantities = _quantities(feeder, study)
    baseline = Baseline(
        network=feeder.name,
        study=study.name,
        draws=study.draws,
        reason=reason,
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        version=__version__,
        quantities=quantities,
    )
    write_baseline(path, baseline)
    return len(quantities)


def _report(rows: tuple[Comparison, ...], path: Path) -> int:
    different = [row for row in rows if not row.passed]
    for row in different:
        click.echo(f"differs: {row}")
    click.echo(f"{len(rows) - len(different)} of {len(rows)} quantities agree with {path}")
    if different:
        click.echo("if the change is meant, run again with --update --reason TEXT", err=True)
        return DIFFERS
    return 0
