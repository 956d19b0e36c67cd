"""Write docs/cli.md from the commands themselves; a test holds the page to them.

python scripts/make_cli_docs.py
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from gridplan.cli.main import cli
from gridplan.records.baseline import TOLERANCES

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"

HEAD = """# Command line

Written by `scripts/make_cli_docs.py` from the commands; `--help` of each says the same.

NETWORK is a folder that holds `network.json`, or the file itself; STUDY is a study file; COUNTY is
a workbook or folder of transformer areas; ID is an issue or order of the ledger, as I-1 or O-3
([orders](orders.md)). Data goes to stdout, everything else to stderr; progress
bars appear on a terminal only. JSON carries a `schema_version`.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | after the moves, findings at or above `--fail-on` that are likelier than the study accepts |
| 2 | wrong usage |
| 3 | bad input: every fault is listed on stderr |
| 4 | after the moves, more than `--max-unsolved` of the cases have no solution |
| 5 | `check`: this run differs from the baseline |
| 130 | interrupted |
"""

TAIL = """## Regression runs of a repository of networks

`gridplan check` compares headline quantities in layers (network, forecast, sweep, findings,
rebalancing), so that the first layer that differs says what changed. Tolerances:

| kind | absolute | relative | in draws | why |
|---|---|---|---|---|
{tolerances}

A ready workflow for a repository of networks is [networks-workflow.yml](networks-workflow.yml): it
checks every network file, compares every network that has a baseline, and publishes the JUnit
files. When a change is meant, run
`gridplan check NETWORK STUDY --baseline FILE --update --reason "why"` and commit the baseline with
it: the file holds one quantity per line, so that a review shows what moved.
"""


def page() -> str:
    """Text of docs/cli.md."""
    rows = [
        f"| {kind} | {item.absolute:g} | {item.relative:g} | {item.draws:g} | {item.reason} |"
        for kind, item in TOLERANCES.items()
    ]
    sections = [_section(path, command) for path, command in _commands(cli, "gridplan")]
    return "\n".join([HEAD, *sections, TAIL.format(tolerances="\n".join(rows))])


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise LookupError(name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _section(path: str, command: click.Command) -> str:
    arguments = [item for item in command.params if isinstance(item, click.Argument)]
    options = [item for item in command.params if isinstance(item, click.Option)]
    names = " ".join(item.make_metavar(click.Context(command)) for item in arguments)
    text, _, example = inspect.cleandoc(command.help or "").partition("Example: ")
    lines = [f"## `{path}`", "", text.strip(), "", f"    {path} {names} [OPTIONS]", ""]
    if example:
        lines += ["Example:", "", f"    {example.strip()}", ""]
    if options:
        lines += ["| option | meaning |", "|---|---|", *map(_option_row, options), ""]
    return "\n".join(lines)


def _option_row(option: click.Option) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    if not option.is_flag:
        names += f" {_value_name(option)}"
    default = ""
    if option.show_default:
        default = f" Default: {option.default:g}." if _is_number(option) else ""
        default = default or f" Default: {option.default}."
    required = " Required." if option.required else ""
    return f"| `{names}` | {option.help}{default}{required} |"


def _value_name(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return "\\|".join(option.type.choices)
    return "N"


def _is_number(option: click.Option) -> bool:
    return isinstance(option.default, int | float)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
