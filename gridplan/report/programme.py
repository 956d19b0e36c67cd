"""Writing a crew programme: a page, a workbook, a table and a record."""

from __future__ import annotations

import datetime as dt
import io
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridplan.report.moves import table_csv
from gridplan.report.programme_rows import (
    LEFT_HEADINGS,
    VISIT_HEADINGS,
    left_row,
    programme_record,
    sentences,
    visit_row,
)
from gridplan.report.record import to_json
from gridplan.report.tables import number
from gridplan.report.write import output_folder
from gridplan.wholefiles import replace_file

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from gridplan.errors import Fault
    from gridplan.measures.programme import Programme

RECORD, TABLE, WORKBOOK, PAGE = (f"programme.{kind}" for kind in ("json", "csv", "xlsx", "html"))
SCHEMA_VERSION = "gridplan-programme/1"


def write_programme(
    programme: Programme, out: str | os.PathLike[str], notes: Sequence[Fault] = ()
) -> Path:
    """Write the programme into the folder ``out`` and return it; other files there stay.

    ``programme.json`` and ``programme.csv`` are for programs, ``programme.xlsx`` for stations,
    ``programme.html`` for the wall. ``notes`` say what the numbers rest on.
    """
    folder = Path(out)
    rows = [visit_row(visit) for visit in programme.visits]
    record = {
        "schema_version": SCHEMA_VERSION,
        **programme_record(programme),
        "visits": rows,
        "notes": [note.what for note in notes],
    }
    contents: dict[str, str | bytes] = {
        RECORD: to_json(record),
        TABLE: table_csv(rows, VISIT_HEADINGS).encode("utf-8-sig"),
        WORKBOOK: programme_xlsx(programme, notes),
        PAGE: programme_html(programme, notes),
    }
    output_folder(folder)
    for name, content in contents.items():
        replace_file(folder / name, content)
    return folder


def programme_html(programme: Programme, notes: Sequence[Fault] = ()) -> str:
    """The programme as one HTML page that needs nothing but itself; every text is escaped."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from gridplan.report.svg import FONT_STACK

    source = resources.files("gridplan.report").joinpath("templates/programme.html.j2")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    english, chinese = sentences(programme)
    days = [
        {"date": date, "weekday": date.strftime("%a"), "crews": _crews(list(visits))}
        for date, visits in groupby(programme.visits, key=lambda visit: visit.date)
    ]
    return environment.from_string(source.read_text(encoding="utf-8")).render(
        programme=programme,
        rules=programme.rules,
        sentence=english,
        sentence_zh=chinese,
        days=days,
        left=[
            {**left_row(left), "overload": number(left.village.overload_h)}
            for left in programme.left_out
        ],
        notes=notes,
        number=number,
        font_stack=Markup(FONT_STACK),
    )


def _crews(visits: Sequence[Any]) -> list[dict[str, Any]]:
    """One day by crew: its stops, and the hours of its day."""
    found = []
    for crew, stops in groupby(visits, key=lambda visit: visit.crew):
        own = list(stops)
        hours = sum(one.travel_h + one.work_h + one.back_h for one in own)
        found.append({"crew": crew, "stops": own, "hours": number(hours, 2)})
    return found


def programme_xlsx(programme: Programme, notes: Sequence[Fault] = ()) -> bytes:
    """The programme as a workbook of three sheets; text stays text whatever it begins with."""
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        # the same programme gives the same bytes
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        _sheet(book, "计划 programme", VISIT_HEADINGS, list(map(visit_row, programme.visits)))
        _sheet(book, "未列入 left out", LEFT_HEADINGS, list(map(left_row, programme.left_out)))
        sheet = book.add_worksheet("说明 notes")
        sheet.set_column(0, 0, 110)
        for at, line in enumerate((*sentences(programme), *(note.what for note in notes))):
            sheet.write_string(at, 0, line)
    return stream.getvalue()


def _sheet(
    book: Any, name: str, headings: dict[str, tuple[str, str]], rows: Sequence[dict[str, Any]]
) -> None:
    """One table: headings in both languages, numbers as numbers, text as text."""
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
    for at, (column, (english, chinese)) in enumerate(headings.items()):
        sheet.write_string(0, at, f"{chinese}\n{english}", head)
        wide = {"work": 60, "why": 44, "village": 22, "date": 12, "order_by": 12}
        sheet.set_column(at, at, wide.get(column, 11))
        for line, row in enumerate(rows, start=1):
            value = row[column]
            if isinstance(value, bool):
                sheet.write_string(line, at, "是 yes" if value else "")
            elif isinstance(value, int | float):
                sheet.write_number(line, at, value)
            elif value is not None:
                sheet.write_string(line, at, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(headings) - 1)
