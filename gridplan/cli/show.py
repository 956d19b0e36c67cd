"""Printing: tables for people, JSON and CSV for programs, progress on a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import rich_click as click

from gridplan.cli.options import quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import Console

    from gridplan.errors import Fault
    from gridplan.outcome import StageProgress

    Row = Mapping[str, Any]

_FEW_NOTES = 4  #: of one kind, that are shown in full


def rows_out(rows: Sequence[Row], form: str, schema: str, key: str, **head: Any) -> None:
    """Write rows that share their columns to stdout as a table, JSON or CSV.

    ``schema`` becomes the JSON's ``schema_version``; ``head`` are values beside the rows.
    """
    from gridplan.report.moves import table_csv
    from gridplan.report.record import to_json

    if form == "json":
        click.echo(to_json({"schema_version": schema, **head, key: rows}), nl=False)
    elif form == "csv":
        columns = list(rows[0]) if rows else []
        flat = [{name: _cell(row[name]) for name in columns} for row in rows]
        click.echo(table_csv(flat, columns) if rows else "", nl=False)
    else:
        print_table(rows)


def show_notes(notes: Iterable[Fault]) -> None:
    """Warnings in full on stderr, and notes: in full where there are few of a kind."""
    kinds: dict[str, list[Fault]] = {}
    quietly = quiet()
    for fault in notes:
        if fault.severity == "warning":
            click.echo(f"warning: {fault}", err=True)
        elif not quietly:
            kinds.setdefault(fault.code, []).append(fault)
    for code, found in kinds.items():
        if len(found) <= _FEW_NOTES:
            for fault in found:
                click.echo(f"note: {fault}", err=True)
        else:
            click.echo(f"note: {code}: {sum(fault.rows for fault in found)} times", err=True)


def print_table(rows: Sequence[Row]) -> None:
    """Rows as a table without decoration."""
    from rich import box
    from rich.table import Table

    if not rows:
        click.echo("none")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in rows[0]:
        number = all(isinstance(row[name], int | float | None) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if number else "left")
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    stdout_console().print(table)


def stdout_console() -> Console:
    """Rich on stdout; names from files are text, never markup; wide when nobody watches."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 160
    return Console(
        file=sys.stdout, markup=False, highlight=False, emoji=False, width=width, soft_wrap=False
    )


@contextmanager
def progress_bars() -> Iterator[StageProgress | None]:
    """Give what takes (stage, done, total) and draws a bar per stage.

    None off a terminal, and when the command is quiet.
    """
    if quiet() or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskID,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True, markup=False), transient=True) as bars:

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


def _shown(value: Any) -> str:
    from gridplan.report.tables import number

    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value, 4)
    return str(_cell(value))


def _cell(value: Any) -> Any:
    """A value as one cell: lists joined, mappings as name=value."""
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}={_cell(item)}" for key, item in value.items())
    return value
