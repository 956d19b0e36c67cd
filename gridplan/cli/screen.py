"""``gridplan screen``: a whole county without feeder models."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING

import rich_click as click

from gridplan.cli.options import format_option

if TYPE_CHECKING:
    from pathlib import Path

    from gridplan.demand.screening import Screening

_SHOWN = 20  #: areas of the table on a terminal; the workbook holds all
_WARNINGS = 10


@click.command()
@click.argument("county_path", metavar="COUNTY", type=click.Path(path_type=pathlib.Path))
@click.option(
    "--year", type=int, required=True, help="Calendar year in which the festival's New Year falls."
)
@click.option(
    "-o",
    "--output",
    "out",
    metavar="OUT",
    type=click.Path(path_type=pathlib.Path),
    required=True,
    help="Folder for screening.html and screening.xlsx; other files in it stay.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=20),
    default=200,
    show_default=True,
    help="Draws per area.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of all random numbers.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Threads; the numbers do not depend on them.",
)
@click.option(
    "--colder",
    "colder_c",
    metavar="K",
    type=click.FloatRange(min=-20, max=20),
    help="Take the days from the Eve on so much colder than usual (a forecast, a cold snap; "
    "negative: warmer). Left out, it is drawn.",
)
@format_option
def screen(
    county_path: Path,
    year: int,
    out: Path,
    draws: int,
    seed: int,
    workers: int,
    colder_c: float | None,
    form: str,
) -> None:
    """Rank all areas of a county by how surely they will be overloaded, without feeder models.

    COUNTY is a workbook (or a folder of CSV files) with the sheets 台区 (station, area, kVA, homes)
    and, where there are any, 负荷曲线 (96-point days, past winters too), 返乡 (register) and 气温
    (date, mean_c).

    Example: gridplan screen county.xlsx --year 2027 -o out/county
    """
    from functools import partial

    from gridplan.cli.show import progress_bars, rows_out
    from gridplan.demand.screening import screen as screened
    from gridplan.demand.screening_input import read_screening
    from gridplan.report.screening import write_screening
    from gridplan.report.screening_rows import area_record, level_record, station_record
    from gridplan.report.write import output_folder

    county = read_screening(county_path, year)
    output_folder(out)
    with progress_bars() as report:
        found = screened(
            county,
            draws=draws,
            seed=seed,
            workers=workers,
            colder_c=colder_c,
            progress=None if report is None else partial(report, "screen"),
        )
    folder = write_screening(found, out)
    _warn(found)
    if form == "table":
        _print(found, folder)
        return
    head = {
        "year": found.year,
        "first_date": str(found.first_date),
        "last_date": str(found.last_date),
        "draws": found.draws,
        "seed": found.seed,
        "colder_c": found.colder_c,
        "level": level_record(found),
        "county": station_record(found.county),
        "stations": [station_record(row) for row in found.stations],
    }
    rows_out([area_record(row) for row in found.areas], form, "gridplan-screen/1", "areas", **head)


def _warn(found: Screening) -> None:
    """What is hard to believe about the input, on stderr."""
    warnings = [note for note in found.notes if note.severity == "warning"]
    for note in warnings[:_WARNINGS]:
        click.echo(f"warning: {note}", err=True)
    if len(warnings) > _WARNINGS:
        more = len(warnings) - _WARNINGS
        click.echo(f"warning: and {more} more, see sheet 假设 of the workbook", err=True)


def _print(found: Screening, folder: Path) -> None:
    """The county in a sentence, its first areas, a line per station, and where the rest lies."""
    from gridplan.cli.show import print_table
    from gridplan.report.screening_rows import (
        level_line,
        short_area,
        station_record,
        verdict,
        verdict_zh,
    )

    click.echo(f"{verdict(found)}\n{verdict_zh(found)}\n{level_line(found)}")
    click.echo(f"{found.first_date} to {found.last_date}, {found.draws} draws, seed {found.seed}")
    print_table([short_area(row) for row in found.areas[:_SHOWN]])
    if len(found.areas) > _SHOWN:
        click.echo(f"and {len(found.areas) - _SHOWN:,} more areas, see the workbook\n")
    print_table([station_record(row) for row in found.stations])
    click.echo(f"Page and workbook: {folder / 'screening.html'}, {folder / 'screening.xlsx'}")
