"""``gridplan plan``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from gridplan.cli.exits import FINDINGS, UNSOLVED
from gridplan.cli.options import (
    draws_option,
    language_option,
    machine_language,
    quiet,
    read_inputs,
    study_arguments,
    workers_option,
)

if TYPE_CHECKING:
    from gridplan.plan import Plan

#: Tiers that count for each choice of --fail-on.
_FAILING = {"act": ("act",), "watch": ("act", "watch"), "never": ()}


@click.command()
@study_arguments
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="OUT",
    help="Folder for plan.json, report.html, moves.csv, fieldwork.json and work-orders.xlsx; other "
    "files in it stay.",
)
@click.option(
    "--orders",
    "ledger",
    metavar="LEDGER",
    help="Ledger of orders: rejected units stay where they are, waived findings are shown as such.",
)
@language_option
@click.option(
    "--pdf",
    is_flag=True,
    help="Write report.pdf as well; needs the extra gridplan[pdf]. Any browser prints report.html, "
    "too.",
)
@draws_option
@workers_option
@click.option(
    "--fail-on",
    type=click.Choice(list(_FAILING)),
    default="never",
    show_default=True,
    help="End with code 1 when, after the moves, a finding of this tier or above is likelier "
    "than the study accepts.",
)
@click.option(
    "--max-unsolved",
    type=click.FloatRange(0, 100),
    default=5.0,
    show_default=True,
    metavar="PERCENT",
    help="End with code 4 when, after the moves, more of the cases have no solution.",
)
@click.pass_context
def plan(  # noqa: PLR0913, PLR0917 -- one parameter per option
    ctx: click.Context,
    network_path: Path,
    study_path: Path,
    output: Path,
    draws: int | None,
    workers: int,
    fail_on: str,
    max_unsolved: float,
    ledger: str | None,
    language: str | None,
    pdf: bool,
) -> None:
    """Forecast, sweep, assess, rebalance and compare; write the report.

    NETWORK is a folder with network.json (or the file), STUDY a study file.

    Example: gridplan plan networks/hongjiawan scenarios/spring-festival-2027.yaml -o out/hongjiawan
    """
    from gridplan.cli.orders_standing import with_standing
    from gridplan.cli.show import progress_bars, show_notes
    from gridplan.cli.summary import print_summary
    from gridplan.plan import make_plan
    from gridplan.report.pdf import weasyprint_here
    from gridplan.report.write import output_folder, write_report

    feeder, study = read_inputs(network_path, study_path, draws)
    output_folder(output)
    feeder, mark = with_standing(feeder, ledger)
    if pdf:
        weasyprint_here()
    with progress_bars() as report:
        made = mark(make_plan(feeder, study, workers=workers, progress=report))
    show_notes(made.notes)
    folder = write_report(made, output, language=language or machine_language(), pdf=pdf)
    if not quiet():
        print_summary(made, folder)
    ctx.exit(_exit_code(made, fail_on, max_unsolved))


def _exit_code(made: Plan, fail_on: str, max_unsolved: float) -> int:
    """What the states after the moves mean for the caller; unsolved cases come first."""
    after = made.after.sweep
    if 100 * after.not_converged > max_unsolved * after.n_case:
        share = 100 * after.not_converged / after.n_case
        click.echo(
            f"error: {share:.3g} % of the cases have no solution after the moves, more than "
            f"--max-unsolved {max_unsolved:g} %: the network cannot deliver this demand",
            err=True,
        )
        return UNSOLVED
    accepted = made.study.measures.accept_probability
    failing = [
        finding
        for finding in made.after.findings
        if finding.tier in _FAILING[fail_on]
        and finding.probability > accepted
        and not any(waiver.covers(finding) for waiver in made.waivers)
    ]
    return FINDINGS if failing else 0
