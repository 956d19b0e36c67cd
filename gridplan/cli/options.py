"""Options that several commands share, and reading what they name.

======================  =================================================
decorator               commands
======================  =================================================
``network_argument``    network check, network draw
``study_arguments``     plan, forecast, sweep, assess, rebalance, compare, check
``draws_option``        plan, forecast, sweep, assess, rebalance, compare, check
``workers_option``      plan, sweep, assess
``language_option``     plan
``format_option``       forecast, sweep, assess, rebalance, compare, screen, network check
======================  =================================================
"""

from __future__ import annotations

import os
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


def _language_here() -> str:
    """Chinese where the machine speaks it, else English; as gettext asks the environment."""
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    spoken = next((value for name in names if (value := os.environ.get(name))), "")
    return "zh" if spoken.lower().startswith("zh") else "en"


language_option = click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "zh"]),
    default=_language_here,
    show_default="that of the machine (LANG), else en",
    help="Language of what is printed for people in the field.",
)


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
