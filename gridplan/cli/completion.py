"""``gridplan completion``: the lines that teach a shell to complete commands and options."""

from __future__ import annotations

import rich_click as click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    Bash wants it in a file that starts with the shell, zsh and fish alike; then Tab completes
    commands, options and choices.

    Example: gridplan completion bash > ~/.local/share/bash-completion/completions/gridplan
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:  # the choice above names only shells that click knows
        raise LookupError(shell)
    click.echo(found(ctx.find_root().command, {}, "gridplan", "_GRIDPLAN_COMPLETE").source())
