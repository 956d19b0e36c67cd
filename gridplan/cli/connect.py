"""``gridplan connect``: whether a load may be connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from gridplan.cli.exits import FINDINGS
from gridplan.cli.options import (
    draws_option,
    format_option,
    load_options,
    read_inputs,
    scenario_option,
    study_arguments,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gridplan.measures.connection import ConnectionAnswer


@click.command()
@study_arguments
@click.option("--at", "node", required=True, metavar="NODE", help="Node that it would hang on.")
@click.option(
    "--kw",
    required=True,
    type=click.FloatRange(0.01, 1000.0),
    help="Power that it draws in its hours.",
)
@click.option("--three-phase", is_flag=True, help="Spread evenly over three phases.")
@click.option(
    "--phase",
    type=click.Choice(["a", "b", "c"]),
    help="Try this phase first; without it, and after it, the lightest first.",
)
@click.option(
    "--moves",
    type=click.IntRange(0, 20),
    default=2,
    show_default=True,
    help="Units that may change phase to make room; 0: none.",
)
@load_options
@scenario_option
@draws_option
@format_option
@click.pass_context
def connect(
    ctx: click.Context,
    /,
    network_path: Path,
    study_path: Path,
    draws: int | None,
    form: str,
    **asked: Any,
) -> None:
    """Say whether a load may be connected: yes, on which phase, after which moves, or no.

    The load is a customer more in every draw of the study. It is granted where it breaks no rule to
    act on in more draws than today, or than the study accepts. Exit code 1: no.

    Example: gridplan connect networks/wanfota scenarios/spring-festival-2027.yaml --at P3 --kw 11
    --three-phase
    """
    if asked["three_phase"] and asked["phase"]:
        raise click.UsageError("give --three-phase or --phase, not both")
    from gridplan.cli.stages import today_in
    from gridplan.demand.pending import PendingConnection
    from gridplan.measures.connection import answer_connection
    from gridplan.measures.request import NEW_CUSTOMER, THREE_PHASE, load_profile, phases_to_try

    load = load_profile(asked["profile"], asked["hours"], asked["power_factor"])
    feeder, study = read_inputs(network_path, study_path, draws)
    state = today_in(feeder, study, asked["scenarios"])
    wish = THREE_PHASE if asked["three_phase"] else asked["phase"]
    phases = phases_to_try(feeder, state.outcome.sweep, asked["node"], wish)
    answer = answer_connection(
        feeder,
        state.demand,
        PendingConnection(
            name=NEW_CUSTOMER,
            network=feeder.name,
            node=asked["node"],
            kw=asked["kw"],
            phases=phases[0],
            first=load.first,
            last=load.last,
            power_factor=load.power_factor,
        ),
        study.limits,
        study.measures,
        phases=phases,
        max_moves=asked["moves"],
        before=state.outcome,
    )
    _show(answer, form, feeder=feeder.name, study=study.name)
    if not answer.granted:
        ctx.exit(FINDINGS)


def _show(answer: ConnectionAnswer, form: str, **head: str) -> None:
    """The answer as JSON, or its trials as rows with the sentence before them."""
    from gridplan.cli.show import rows_out

    record = answer.to_record()
    trials = record.pop("trials")
    if form == "json":
        rows_out(trials, form, "gridplan-connection/1", "trials", **head, **record)
        return
    rows = [
        {
            "way": trial["way"],
            "granted": trial["granted"],
            "lacks": "; ".join(lack["sentence"] for lack in trial["lacks"]) or "nothing",
        }
        for trial in trials
    ]
    if form == "table":
        click.echo(answer.sentence)
        for move in answer.chosen.moves if answer.chosen is not None else ():
            click.echo(f"{move.order}. {move.unit} at {move.node}: {move.from_phase} -> "
                       f"{move.to_phase}")  # fmt: skip
    rows_out(rows, form, "gridplan-connection/1", "trials")
