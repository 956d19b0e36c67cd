"""Writing a screening: a page for the manager, a workbook for the stations."""

from __future__ import annotations

import datetime as dt
import io
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridplan.demand.screening import Advice
from gridplan.report.screening_rows import (
    ADVICE_WORDS,
    AREA_HEADINGS,
    STATION_HEADINGS,
    area_record,
    assumption_rows,
    basis_words,
    level_line,
    level_line_zh,
    shown_area,
    station_record,
    verdict,
    verdict_zh,
)
from gridplan.report.tables import number
from gridplan.report.write import output_folder
from gridplan.wholefiles import replace_file

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from gridplan.demand.screening import ScreenedStation, Screening

PAGE, WORKBOOK = "screening.html", "screening.xlsx"
#: What the page shows of a long list; the workbook holds all.
_MOST_AREAS, _MOST_FIRST, _MOST_NOTES, _MOST_STATIONS = 40, 8, 40, 60
#: Number formats of the workbook by column; others are whole or text.
_FORMATS = {
    **dict.fromkeys(("p_overload", "p_low", "p_high", "p_heavy"), "0%"),
    **dict.fromkeys(("hours_over_100", "hours_over_80", "expected_overloaded"), "0.0"),
    **dict.fromkeys(("load_p50_kva", "load_p95_kva", "overloaded_p5", "overloaded_p95"), "0"),
    **dict.fromkeys(("load_rate_p50_percent", "load_rate_p95_percent"), "0"),
    "width": "0.00",
    "stake_homes": "0",
}


def write_screening(screening: Screening, out: str | os.PathLike[str]) -> Path:
    """Write ``screening.html`` and ``screening.xlsx`` into the folder ``out`` and return it.

    Other files there stay; both are replaced whole, and only after both could be made.
    """
    folder = Path(out)
    contents: dict[str, str | bytes] = {
        PAGE: screening_html(screening),
        WORKBOOK: screening_xlsx(screening),
    }
    output_folder(folder)
    for name, content in contents.items():
        replace_file(folder / name, content)
    return folder


def screening_html(screening: Screening) -> str:
    """The screening as one HTML page that needs nothing but itself; every text is escaped."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from gridplan.report.svg import FONT_STACK

    source = resources.files("gridplan.report").joinpath("templates/screening.html.j2")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(source.read_text(encoding="utf-8"))
    return template.render(
        screening=screening,
        verdict=verdict(screening),
        verdict_zh=verdict_zh(screening),
        level=level_line(screening),
        level_zh=level_line_zh(screening),
        areas=[shown_area(row) for row in screening.areas[:_MOST_AREAS]],
        stations=[_shown_station(row) for row in screening.stations[:_MOST_STATIONS]],
        first=[_first(screening, kind) for kind in Advice if kind is not Advice.LEAVE],
        assumptions=assumption_rows(),
        notes=screening.notes[:_MOST_NOTES],
        expected=number(screening.county.expected_overloaded, 2),
        font_stack=Markup(FONT_STACK),
    )


def _first(screening: Screening, kind: Advice) -> dict[str, Any]:
    """The areas of one kind of advice that come first."""
    rows = sorted((row for row in screening.areas if row.advice is kind), key=lambda row: row.turn)
    name, chinese, why, why_zh = ADVICE_WORDS[kind]
    return {
        "name": name,
        "chinese": chinese,
        "why": why,
        "why_zh": why_zh,
        "count": len(rows),
        "rows": [shown_area(row) for row in rows[:_MOST_FIRST]],
        "more": max(len(rows) - _MOST_FIRST, 0),
    }


def _shown_station(row: ScreenedStation) -> dict[str, Any]:
    """A station with the widths of its bars [%]."""
    return {
        **station_record(row),
        "expected": number(row.expected_overloaded, 2),
        "range": f"{row.overloaded_p5:.0f}–{row.overloaded_p95:.0f}",
        "bars": [
            (
                kind.value,
                getattr(row, kind.value),
                f"{100 * getattr(row, kind.value) / row.areas:.2f}",
            )
            for kind in Advice
        ],
    }


def screening_xlsx(screening: Screening) -> bytes:
    """The screening as a workbook of three sheets; text stays text whatever it begins with."""
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        # the same screening gives the same bytes
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        areas = []
        for row in screening.areas:
            record = area_record(row)
            record["basis"] = f"{row.basis} {basis_words(row.basis)}"
            record["advice"] = f"{row.advice.value} {ADVICE_WORDS[row.advice][1]}"
            areas.append(record)
        _sheet(book, "排名 ranking", AREA_HEADINGS, areas)
        stations = [station_record(row) for row in (*screening.stations, screening.county)]
        _sheet(book, "供电所 stations", STATION_HEADINGS, stations)
        _assumption_sheet(book, screening)
    return stream.getvalue()


def _sheet(
    book: Any,
    name: str,
    headings: dict[str, tuple[str, str]],
    rows: Sequence[dict[str, Any]],
) -> None:
    """One table: headings in both languages, numbers as numbers, text as text."""
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
    styles = {form: book.add_format({"num_format": form}) for form in set(_FORMATS.values())}
    for at, (column, (english, chinese)) in enumerate(headings.items()):
        sheet.write_string(0, at, f"{chinese}\n{english}", head)
        style = styles.get(_FORMATS.get(column, ""))
        texts = column in ("station", "area", "first", "basis", "advice", "peak_at")
        sheet.set_column(at, at, 20 if texts else 11)
        for line, row in enumerate(rows, start=1):
            value = row[column]
            if isinstance(value, str):
                sheet.write_string(line, at, value)
            else:
                sheet.write_number(line, at, value, style)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(headings) - 1)


def _assumption_sheet(book: Any, screening: Screening) -> None:
    """What the numbers rest on, and what the input gave rise to."""
    sheet = book.add_worksheet("假设 assumptions")
    head = book.add_format({"bold": True, "bottom": 1})
    lines: list[tuple[str, ...]] = [
        (f"{verdict(screening)}",),
        (f"{verdict_zh(screening)}",),
        (level_line(screening),),
        (level_line_zh(screening),),
        (
            f"{screening.first_date} to {screening.last_date}, {screening.draws} draws, "
            f"seed {screening.seed}",
        ),
        (),
        ("Assumption", "假设", "Value 取值", "Status 状态"),
        *assumption_rows(),
        (),
        ("Notes of the input", "说明", "Where 位置", "Remedy 处理"),
        *((note.what, note.severity, note.where, note.remedy) for note in screening.notes),
    ]
    for at, line in enumerate(lines):
        bold = line[1:2] in (("假设",), ("说明",))
        for column, text in enumerate(line):
            sheet.write_string(at, column, text, head if bold else None)
    for column, width in enumerate((72, 22, 34, 40)):
        sheet.set_column(column, column, width)
