"""A group whose commands are imported when asked for, and that turns errors into exit codes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

import rich_click as click

from gridplan.cli.exits import BAD_INPUT, INTERRUPTED, UNSOLVED
from gridplan.errors import GridplanError, InputError, NoSolutionError

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(click.RichGroup):
    """Commands by name and place (``"module:object"``), in the order of the journey.

    ``--help`` loads all command modules, which import nothing heavy at their top; a run
    loads its own.
    """

    def __init__(self, *args: Any, commands_at: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_at = dict(commands_at)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order they were given, which is that of the work."""
        del ctx
        return list(self.commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        del ctx
        if cmd_name not in self.commands_at:
            return None
        module, _, name = self.commands_at[cmd_name].partition(":")
        return cast("click.Command", getattr(importlib.import_module(module), name))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors that gridplan raises on purpose end without a traceback."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            show_error(error)
            ctx.exit(BAD_INPUT)
        except NoSolutionError as error:
            show_error(error)
            ctx.exit(UNSOLVED)
        except GridplanError as error:
            show_error(error)
            ctx.exit(BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("interrupted: no file was changed half way", err=True)
            ctx.exit(INTERRUPTED)


def show_error(error: GridplanError) -> None:
    """Say what is wrong on stderr, all faults at once."""
    click.echo(f"error: {error}", err=True)
