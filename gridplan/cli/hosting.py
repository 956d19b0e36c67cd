"""``gridplan hosting``: how much more every node can take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from gridplan.cli.options import (
    draws_option,
    file_to_write,
    format_option,
    load_options,
    read_inputs,
    scenario_option,
    study_arguments,
)


@click.command()
@study_arguments
@click.option(
    "--at",
    "nodes",
    multiple=True,
    metavar="NODE",
    help="Only this node; may be given again. Without it the busbar and all poles.",
)
@click.option(
    "--max-kw",
    type=click.FloatRange(0.1, 1000.0),
    default=100.0,
    show_default=True,
    help="The largest load asked about.",
)
@file_to_write("Picture to write too: .svg or .png.", required=False)
@load_options
@scenario_option
@draws_option
@format_option
def hosting(
    network_path: Path, study_path: Path, draws: int | None, form: str, **asked: Any
) -> None:
    """Work out how much more each node can take, on each phase and on three [kW].

    Larger loads break some rule to act on in more draws than today and than the study accepts.

    Example: gridplan hosting networks/wanfota scenarios/spring-festival-2027.yaml -o wanfota.svg
    """
    output: Path | None = asked["output"]
    kind = "svg" if output is None else output.suffix.lower().removeprefix(".")
    if output is not None and kind not in ("svg", "png"):
        what = f"{output.name} ends neither in .svg nor in .png"
        raise click.BadParameter(what, param_hint="-o")
    from gridplan.cli.show import rows_out
    from gridplan.cli.stages import today_in
    from gridplan.demand.pending import PendingConnection
    from gridplan.measures.hosting import hosting_capacity
    from gridplan.measures.request import load_profile

    load = load_profile(asked["profile"], asked["hours"], asked["power_factor"])
    feeder, study = read_inputs(network_path, study_path, draws)
    state = today_in(feeder, study, asked["scenarios"])
    found = hosting_capacity(
        feeder,
        state.demand,
        study.limits,
        accept_probability=study.measures.accept_probability,
        nodes=asked["nodes"] or None,
        like=PendingConnection(
            name="probe",
            network=feeder.name,
            node="",
            kw=asked["max_kw"],
            phases="a",
            first=load.first,
            last=load.last,
            power_factor=load.power_factor,
        ),
        max_kw=asked["max_kw"],
        before=state.outcome,
    )
    rows = found.to_records()
    rows_out(rows, form, "gridplan-hosting/1", "nodes", feeder=feeder.name, study=study.name,
             max_kw=found.max_kw, cases=found.n_case)  # fmt: skip
    if output is not None:
        from gridplan.report.hosting import hosting_figure
        from gridplan.report.svg import drawing_style, save_figure
        from gridplan.report.write import output_folder
        from gridplan.wholefiles import replace_file

        with drawing_style():
            picture = save_figure(hosting_figure(feeder, found), kind)
        output_folder(output.parent)
        click.echo(replace_file(output, picture), err=True)
