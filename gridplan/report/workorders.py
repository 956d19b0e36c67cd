"""``work-orders.xlsx``: one printable sheet per crew day, and the lists beside them."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridplan.records import field_days
from gridplan.report.words import Words
from gridplan.report.workorders_day import NOTICE_DAYS, OrderSheet, write_day
from gridplan.report.workorders_style import Pen, Styles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridplan.records.field_types import CrewDay, FieldLists, FieldWork, ListedHome

#: What stands in the empty columns of each list, to be filled in by hand.
_BY_HAND = {
    "long_off": ("wiring_tested", "rcd_tested"),
    "not_coming": ("seen_on", "by"),
    "priority": ("seen_on", "by"),
    "doubtful_phase": ("found_phase", "by"),
}
#: Lists that tell which homes are empty.
_PRIVATE = ("long_off", "not_coming")
_LONGEST_NAME = 31  #: of a sheet, in Excel


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkBook:
    """What a workbook holds.

    Attributes
    ----------
    feeder, study : names
    sheets : orders, one sheet each
    further : crew days that other scenarios need
    lists : of homes; None: they are not known here
    """

    feeder: str
    study: str
    sheets: tuple[OrderSheet, ...]
    further: tuple[CrewDay, ...] = ()
    lists: FieldLists | None = None

    @classmethod
    def of_plan(cls, work: FieldWork, scenario: str) -> WorkBook:
        """The crew days that one scenario needs, the lists, and what other scenarios need."""
        mine = [day for day in work.days if scenario in day.scenarios]
        return cls(
            feeder=work.feeder,
            study=work.study,
            sheets=tuple(
                OrderSheet(
                    name=str(number),
                    feeder=work.feeder,
                    study=work.study,
                    day=day,
                    promised=work.promised,
                    due=None if work.last_day is None else dt.date.fromisoformat(work.last_day),
                )
                for number, day in enumerate(mine, start=1)
            ),
            further=tuple(day for day in work.days if day not in mine),
            lists=work.lists,
        )


def work_orders_xlsx(content: WorkBook, language: str = "en") -> bytes:
    """The workbook; the same content gives the same bytes, and text stays text."""
    import xlsxwriter

    words = Words(language)
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        styles, taken = Styles(book), set[str]()
        footer = f"gridplan · {content.feeder}"
        _overview(
            Pen.on(book, styles, words, _sheet_name(words("overview"), taken), footer), content
        )
        for sheet in content.sheets:
            name = _sheet_name(f"{sheet.name} {words(f'kind_{sheet.day.kind}')}", taken)
            write_day(Pen.on(book, styles, words, name, f"{footer} · {sheet.name}"), sheet)
        if content.lists is not None:
            for kind in _BY_HAND:
                name = _sheet_name(words(f"list_{kind}"), taken)
                pen = Pen.on(book, styles, words, name, footer)
                _list(pen, kind, getattr(content.lists, kind))
    return stream.getvalue()


def _sheet_name(text: str, taken: set[str]) -> str:
    """A name that Excel takes, and that no other sheet has."""
    plain = re.sub(r"[\[\]:*?/\\']", "-", text)[:_LONGEST_NAME]
    name, number = plain, 2
    while name.lower() in taken:
        tail = f" ({number})"
        name, number = plain[: _LONGEST_NAME - len(tail)] + tail, number + 1
    taken.add(name.lower())
    return name


def _overview(pen: Pen, content: WorkBook) -> None:
    """What there is to do, what it rests on, and who may see it."""
    words = pen.words
    pen.line(f"{words('orders')} · {words('area')} {content.feeder}", "title")
    pen.line(f"{words('study')}: {content.study}", "subtitle")
    if content.lists is not None:
        pen.line(words("private"), "warning")
    pen.section("orders")
    if not content.sheets:
        pen.line(words("no_orders"))
    else:
        head = (("name", 0, 0), ("what", 1, 4), ("circuits", 5, 6), ("minutes", 7, 7))
        last = (("planned_day", 8, 8), ("due", 9, 9))
        pen.cells([(words(name), a, b, "head") for name, a, b in (*head, *last)])
    for sheet in content.sheets:
        day = sheet.day
        pen.cells(
            [
                (sheet.name, 0, 0, "cell"),
                (f"{words(f'kind_{day.kind}')}: {day.label}", 1, 4, "cell"),
                (", ".join(outage.circuit for outage in day.outages), 5, 6, "cell"),
                (str(day.minutes or ""), 7, 7, "cell"),
                (_day(sheet.date), 8, 8, "cell"),
                (_day(sheet.due), 9, 9, "cell"),
            ]
        )
    if content.further:
        pen.section("further")
        for day in content.further:
            pen.line(f"{day.label} ({words('scenarios')}: {', '.join(day.scenarios)})")
    pen.section("assumptions")
    pen.line(words("no_outage"))
    for text in _assumptions(words):
        pen.line(text, "small")


def _assumptions(words: Words) -> tuple[str, ...]:
    return (
        words(
            "assumption_times",
            setup=field_days.SETUP_MIN,
            restore=field_days.RESTORE_MIN,
            move=field_days.MOVE_MIN,
            day=field_days.DAY_MIN,
        ),
        words(
            "assumption_material",
            wire=f"{field_days.MOVE_WIRE_M:g}",
            clamps=field_days.MOVE_CLAMPS,
        ),
        words("assumption_notice", days=NOTICE_DAYS),
    )


def _list(pen: Pen, kind: str, homes: Sequence[ListedHome]) -> None:
    """One list, by circuit, pole and box, with cells to fill in."""
    words = pen.words
    pen.line(words(f"list_{kind}"), "title")
    pen.line(words(f"list_{kind}_what"))
    if kind in _PRIVATE:
        pen.line(words("private"), "warning")
    pen.row += 1
    if not homes:
        pen.line(words("list_empty"))
        return
    names = ("circuit", "pole", "box", "customer", "phase", "kind", *_BY_HAND[kind])
    spans = ((0, 0), (1, 1), (2, 2), (3, 4), (5, 5), (6, 7), (8, 8), (9, 9))
    pen.cells([(words(name), *span, "head") for name, span in zip(names, spans, strict=True)])
    pen.sheet.repeat_rows(pen.row - 1)
    for home in homes:
        sure = "" if home.confidence >= 1 else f" ({100 * home.confidence:.0f} %)"
        values = (
            home.circuit,
            home.pole,
            home.box,
            home.customer_id,
            home.phase.upper() + sure,
            words(f"customer_{home.kind}") if f"customer_{home.kind}" in words else home.kind,
            "",
            "",
        )
        pen.cells([(text, *span, "cell") for text, span in zip(values, spans, strict=True)])


def _day(day: Any) -> str:
    return "" if day is None else str(day)
