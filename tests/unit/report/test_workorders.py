"""The printed orders, read back cell by cell."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from gridplan.network.connections import phase_letters
from gridplan.records.field_types import CrewDay, FieldWork
from gridplan.report.words import Words
from gridplan.report.workorders import WorkBook, work_orders_xlsx
from gridplan.report.workorders_day import OrderSheet
from gridplan.report.workorders_style import PHASE_FILLS, shown_width
from tests.unit.records.orders.village import crew_days, field_work, move, plan_record, promised


def read(data: bytes) -> dict[str, list[list[str]]]:
    """Texts of all sheets."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {
        name: [[str(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()]
        for name in book.sheet_names
    }


def text_of(rows: list[list[str]]) -> str:
    return "\n".join(" | ".join(row) for row in rows)


def sheet(day: CrewDay, **values: Any) -> OrderSheet:
    known = {"name": "O-3", "feeder": "village", "study": "festival", "promised": promised()}
    return OrderSheet(**{**known, "day": day, **values})


def book(*sheets: OrderSheet) -> WorkBook:
    return WorkBook(feeder="village", study="festival", sheets=sheets)


@pytest.fixture(scope="module")
def work() -> FieldWork:
    return field_work(plan_record())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sheet_per_day_and_a_list_per_kind(work: FieldWork, language: str) -> None:
    words = Words(language)
    sheets = read(work_orders_xlsx(WorkBook.of_plan(work, "expected"), language))
    assert list(sheets) == [
        words("overview"),
        f"1 {words('kind_moves')}",
        *(words(f"list_{name}") for name in
          ("long_off", "not_coming", "priority", "doubtful_phase")),
    ]  # fmt: skip
    overview = text_of(sheets[words("overview")])
    assert "200 m of X on F1" in overview, "what other scenarios need is named"
    assert words("private") in overview
    full = read(work_orders_xlsx(WorkBook.of_plan(work, "full"), language))
    assert f"2 {words('kind_reconductor')}" in full


def test_the_moves_stand_in_field_order_with_empty_cells_beside() -> None:
    rows = read(work_orders_xlsx(book(sheet(crew_days()[0]))))["O-3 phase moves"]
    table = [row for row in rows if row[0] in ("1", "2") and row[1] == "P1"]
    assert [row[:7] for row in table] == [
        ["1", "P1", "P1", "B1", "1", "A", "B"],
        ["1", "P1", "P1", "B1", "2", "A", "B"],
        ["2", "P1", "P1", "B1", "3", "A", "C"],
    ]
    assert all(row[7:10] == ["", "", ""] for row in table)


def test_what_must_stand_on_a_sheet_stands_there() -> None:
    day = dt.date(2027, 1, 28)
    values = {"date": day, "due": day, "team": "service", "station": "Tucheng", "manager": "77"}
    text = text_of(read(work_orders_xlsx(book(sheet(crew_days()[0], **values))))["O-3 phase moves"])
    for said in (
        "2027-01-28", "service", "Tucheng", "77", "F1: about 90 min",
        "by 2027-01-21 (7 days before)", "F1 (4): 1, 2, 3, 4", "must not lose supply: 4",
        "Verify dead", "disconnect the phase first", "Reconnect the neutral first",
        "residual-current device", "clamp meter", "go back to the phases before",
        "Work leader", "28th of the last lunar month",
    ):  # fmt: skip
        assert said in text, said


def test_currents_are_the_promised_ones_with_empty_rows_to_fill() -> None:
    rows = read(work_orders_xlsx(book(sheet(crew_days()[0]))))["O-3 phase moves"]
    after = next(row for row in rows if row[0] == "after, expected 12:00")
    assert [cell for cell in after if cell][1:] == [
        "10.2 A (34 %)", "9.9 A (33 %)", "9.9 A (33 %)", "0.6 A (2 %)", "30.0",
    ]  # fmt: skip
    measured = [row for row in rows if row[0] == "after, measured"]
    assert len(measured) == 2
    assert all(not any(row[1:]) for row in measured)


def test_an_order_without_promises_has_rows_to_fill() -> None:
    rows = read(work_orders_xlsx(book(sheet(crew_days()[0], promised=None))))["O-3 phase moves"]
    assert [row[0] for row in rows if row[0].endswith(", measured")] == [
        "before, measured", "after, measured",
    ]  # fmt: skip


def test_equipment_has_no_steps_of_moves() -> None:
    rows = read(work_orders_xlsx(book(sheet(crew_days()[1]))))["O-3 reconductoring"]
    text = text_of(rows)
    assert "restore the equipment as it was" in text
    assert "Reconnect the neutral first" not in text
    assert "Verify dead" in text


def test_rejected_units_are_not_to_be_done() -> None:
    rows = read(work_orders_xlsx(book(sheet(crew_days()[0], rejected=("B1",)))))
    text = text_of(rows["O-3 phase moves"])
    assert "Not to be done: B1" in text
    assert not [row for row in rows["O-3 phase moves"] if row[4:5] == ["2"]]


EVIL = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "http://x.example/a", "<b>&amp;")


def test_text_stays_text_whatever_it_begins_with() -> None:
    moves = tuple(move(k, name, "a", "b", name) for k, name in enumerate(EVIL, start=1))
    day = replace(crew_days()[0], moves=moves, label=EVIL[0], detail=EVIL[3])
    data = work_orders_xlsx(book(sheet(day, name="=1/0", feeder=EVIL[1], station=EVIL[2])))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = "".join(
            archive.read(name).decode() for name in archive.namelist() if "worksheets/" in name
        )
    assert "<f>" not in xml, "no formula"
    assert "hyperlink" not in xml
    texts = {cell for rows in read(data).values() for row in rows for cell in row}
    assert set(EVIL) <= texts


def test_phases_are_filled_in_their_colours() -> None:
    data = work_orders_xlsx(book(sheet(crew_days()[0])))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        styles = archive.read("xl/styles.xml").decode()
    for fill, letter in PHASE_FILLS.values():
        assert fill.lstrip("#") in styles
        assert letter.lstrip("#") in styles
    assert phase_letters("abc") == "abc" == "".join(PHASE_FILLS)


def test_units_with_several_phases_are_written_out() -> None:
    day = replace(crew_days()[0], moves=(move(1, "M", "abc", "bca", "M"),))
    rows = read(work_orders_xlsx(book(sheet(day))))["O-3 phase moves"]
    (row,) = (row for row in rows if row[4:5] == ["M"])
    assert row[5:7] == ["ABC", "BCA"]


def test_sheets_of_the_same_name_are_told_apart_and_odd_names_are_taken() -> None:
    day = crew_days()[0]
    names = list(read(work_orders_xlsx(book(*[sheet(day, name="[a]:*?/\\" * 9)] * 3))))
    assert len(set(names)) == 4
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)


def test_an_empty_plan_gives_a_workbook_that_says_so() -> None:
    rows = read(work_orders_xlsx(book()))["Overview"]
    assert "asks for no work" in text_of(rows)


def test_the_same_content_gives_the_same_bytes(work: FieldWork) -> None:
    content = WorkBook.of_plan(work, "expected")
    assert work_orders_xlsx(content, "zh") == work_orders_xlsx(content, "zh")


def test_pages_are_a4_and_short_orders_fit_on_one() -> None:
    data = work_orders_xlsx(book(sheet(crew_days()[0])))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read("xl/worksheets/sheet2.xml").decode()
    (setup,) = re.findall(r"<pageSetup[^>]*>", xml)
    assert 'paperSize="9"' in setup
    assert 'fitToHeight="0"' not in setup


def test_chinese_letters_are_twice_as_wide() -> None:
    assert shown_width("ab 调相") == 3 + 4
