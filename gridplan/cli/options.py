"""Options that several commands share, and reading what they name.

======================  =================================================
decorator               commands
======================  =================================================
``network_argument``    network check, network draw, network phases
``study_arguments``     plan, forecast, sweep, assess, rebalance, compare, connect, hosting, check
``draws_option``        the same
``workers_option``      plan, sweep, assess
``format_option``       forecast, sweep, assess, rebalance, compare, connect, hosting, screen,
                        programme, network check, network phases, doctor, compare-runs,
                        orders list, orders report
``language_option``     plan, orders print, orders report
``load_options``        connect, hosting
``file_to_write``       hosting, network draw, network template, orders print, orders report
``folder_to_write``     network import, network phases, orders apply
``scenario_option``     connect, hosting
``with_quiet``          every command: ``LazyGroup`` adds it
======================  =================================================
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridplan.network.feeder import Feeder
    from gridplan.study import Study

    Command = TypeVar("Command", bound="Callable[..., Any]")

#: Not checked by click: a missing file is bad input (exit code 3), not wrong usage.
PATH = click.Path(path_type=Path)


def file_to_write(text: str, *, required: bool = True) -> Callable[[Command], Command]:
    """Add -o FILE, told by ``text``."""
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option("-o", "--output", type=kind, required=required, metavar="FILE", help=text)


def folder_to_write(
    text: str, *, required: bool = True, metavar: str = "FOLDER"
) -> Callable[[Command], Command]:
    """Add -o FOLDER, told by ``text``."""
    kind = click.Path(path_type=Path, file_okay=False)
    return click.option("-o", "--output", type=kind, required=required, metavar=metavar, help=text)


network_argument = click.argument("network_path", metavar="NETWORK", type=PATH)

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


def machine_language() -> str:
    """Chinese where the machine speaks it, English elsewhere; it is asked as gettext does."""
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    spoken = next((value for name in names if (value := os.environ.get(name))), "")
    return "zh" if spoken.lower().startswith("zh") else "en"


def _language(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """What was asked for, else what the machine speaks."""
    del ctx, param
    return value or machine_language()


language_option = click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "zh"]),
    default=None,
    callback=_language,
    help="Language of what people read on paper and page; without it that of the machine (LANG).",
)


def _quarters(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """Clock times like 18:00-23:00 as quarter hours of the day, the last one not included."""
    del ctx, param
    if value is None:
        return None
    found = _HOURS.fullmatch(value)
    if found is None:
        raise click.BadParameter(f"{value!r}: write whole quarter hours as 18:00-23:00")
    hour, quarter, last_hour, last_quarter = (int(text) for text in found.groups())
    first, last = 4 * hour + quarter // 15, 4 * last_hour + last_quarter // 15
    if max(first, last) > _QUARTERS or first in (last, _QUARTERS):
        raise click.BadParameter(f"{value!r}: write two different times of a day")
    return first, last


_HOURS = re.compile(r"(\d{1,2}):(00|15|30|45)-(\d{1,2}):(00|15|30|45)")
_QUARTERS = 96

scenario_option = click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME",
    help="Judge only this scenario of the study; may be given again.",
)


def load_options(command: Command) -> Command:
    """Add what a new load is like: its profile, own hours, own power factor."""
    for option in (
        click.option(
            "--power-factor",
            type=click.FloatRange(0.3, 1.0),
            help="Lagging, instead of the profile's.",
        ),
        click.option(
            "--hours",
            callback=_quarters,
            metavar="FROM-TO",
            help="When it draws, as 18:00-23:00, instead of the profile's hours.",
        ),
        click.option(
            "--profile",
            type=click.Choice(["flat", "ev", "heater"]),
            default="flat",
            show_default=True,
            help="flat: all day; ev: 18:00-07:00; heater: 17:00-23:00.",
        ),
    ):
        command = option(command)
    return command


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
    return network_argument(click.argument("study_path", metavar="STUDY", type=PATH)(command))


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
