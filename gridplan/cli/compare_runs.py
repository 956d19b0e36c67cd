"""``gridplan compare-runs``: what is new, worsened, improved or fixed between two runs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from gridplan.cli.exits import DONE, FINDINGS
from gridplan.cli.options import format_option

if TYPE_CHECKING:
    from gridplan.records.run_changes import State


@click.command("compare-runs")
@click.argument("earlier", metavar="EARLIER", type=click.Path(path_type=Path))
@click.argument("later", metavar="LATER", type=click.Path(path_type=Path))
@click.option(
    "--state",
    type=click.Choice(["today", "after"]),
    default="today",
    show_default=True,
    help="Compare the feeders as they stand, or as they would be after the moves.",
)
@click.option("--all", "everything", is_flag=True, help="Show what is unchanged as well.")
@click.option("--fail-on-worse", is_flag=True, help="End with code 1 when a finding is worse.")
@format_option
@click.pass_context
def compare_runs(
    ctx: click.Context,
    earlier: Path,
    later: Path,
    state: State,
    everything: bool,
    fail_on_worse: bool,
    form: str,
) -> None:
    """Compare the findings of two runs: new, worsened, improved, fixed.

    EARLIER and LATER are folders that gridplan plan wrote. With the same draws a change of more
    than one draw counts; with other draws only what differs beyond its 95 % intervals.

    Example: gridplan compare-runs out/monday out/friday
    """
    from gridplan.cli.show import rows_out
    from gridplan.records.run_changes import WORSE, compare_findings, differences, read_run

    first, second = read_run(earlier, state), read_run(later, state)
    notes = differences(first, second)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    changes = compare_findings(first, second)
    worse = [one for one in changes if one.change in WORSE]
    shown = [one for one in changes if everything or one.change != "unchanged"]
    rows = [asdict(one) for one in shown]
    rows_out(rows, form, "gridplan-run-changes/1", "changes", state=state, notes=list(notes))
    if form == "table":
        counts = {one.change: 0 for one in changes}
        for one in changes:
            counts[one.change] += 1
        summary = ", ".join(f"{count} {name}" for name, count in counts.items())
        click.echo(summary or "no findings in either run")
    ctx.exit(FINDINGS if fail_on_worse and worse else DONE)
