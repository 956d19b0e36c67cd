"""Options that several commands share, and reading what they name.

======================  =================================================
decorator               commands
======================  =================================================
``network_argument``    network check, network draw
``study_arguments``     plan, forecast, sweep, assess, rebalance, compare, check
``draws_option``        plan, forecast, sweep, assess, rebalance, compare, check
``workers_option``      plan, sweep, assess
``format_option``       forecast, sweep, assess, rebalance, compare, screen, network check, doctor,
                        compare-runs
``with_quiet``          every command: ``LazyGroup`` adds it
======================  =================================================
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gridplan.network.feeder import Feeder
    from gridplan.study import Study

    Command = TypeVar("Command", bound="Callable[..., Any]")

#: Not checked by click: a missing file is bad input (exit code 3), not wrong usage.
_PATH = click.Path(path_type=Path)

network_argument = click.argument("network_path", metavar="NETWORK", type=_PATH)

draws_option = click.option(
    "--draws",
    type=click.IntRange(min=1),
    help="Draws per scenario, instead of the study's; a precision in the study adds to them.",
)

workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Threads of the sweep.",
)

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="What is written to stdout.",
)


#: Where a context keeps that its command was called with --quiet.
_QUIET = "gridplan.quiet"


def with_quiet(command: click.Command) -> click.Command:
    """Give a command that does something the option --quiet."""
    if not isinstance(command, click.Group) and not any(
        one.name == "quiet" for one in command.params
    ):
        command.params.append(
            click.Option(
                ["-q", "--quiet"],
                is_flag=True,
                expose_value=False,
                callback=_be_quiet,
                help="Data, warnings and errors only: no progress, notes and summary.",
            )
        )
    return command


def _be_quiet(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value:
        ctx.meta[_QUIET] = True


def quiet() -> bool:
    """Whether the command that runs was called with --quiet."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_QUIET))


def study_arguments(command: Command) -> Command:
    """Add the arguments NETWORK and STUDY."""
    return network_argument(click.argument("study_path", metavar="STUDY", type=_PATH)(command))


def read_inputs(
    network_path: Path, study_path: Path, draws: int | None = None
) -> tuple[Feeder, Study]:
    """Read study and network, with its pending connections; all faults of both are shown."""
    from gridplan.demand.forecast import with_pending_of
    from gridplan.errors import InputError
    from gridplan.network.reader import read_feeder
    from gridplan.study import read_study

    errors: list[InputError] = []
    feeder, study = None, None
    try:
        feeder = read_feeder(network_path)
    except InputError as error:
        errors.append(error)
    try:
        study = read_study(study_path)
    except InputError as error:
        errors.append(error)
    if feeder is None or study is None:
        for fault in errors[:-1]:
            click.echo(f"error: {fault}", err=True)
        raise errors[-1]
    study = study if draws is None else study.with_draws(draws)
    return with_pending_of(feeder, study.forecast), study
