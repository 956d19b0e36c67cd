"""A group whose commands are imported when asked for, and that turns errors into exit codes."""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING, Any, cast

import rich_click as click

from gridplan.cli.exits import BAD_INPUT, INTERRUPTED, UNSOLVED
from gridplan.cli.options import with_quiet
from gridplan.errors import GridplanError, InputError, NoSolutionError

if TYPE_CHECKING:
    from collections.abc import Mapping


class GuidedGroup(click.RichGroup):
    """A group that answers a slip, and whose commands can be quiet."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, with the option --quiet."""
        command = super().get_command(ctx, cmd_name)
        return None if command is None else with_quiet(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it; a name that is not there is answered with those that resemble it."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
            did_you = f"Did you mean {' or '.join(near)}? " if near else ""
            ctx.fail(f"No such command '{name}'. {did_you}There are: {', '.join(known)}")
        return super().resolve_command(ctx, args)


class LazyGroup(GuidedGroup):
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
        return with_quiet(cast("click.Command", getattr(importlib.import_module(module), name)))

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
