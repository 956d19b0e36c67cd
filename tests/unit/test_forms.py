"""Tables with known headings: what is found in them, and what is said about the rest."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from gridplan.errors import Fault, InputError, StudyError, refuses
from gridplan.formfiles import accepted, find_tables, read_form
from gridplan.forms import PERSONAL, Form, Row, folded, unit_of
from gridplan.sheets import read_sheets

POLES = Form(
    code="poles",
    columns={
        "pole": ("杆号", "杆塔编号"),
        "span_m": ("档距", "长度"),
        "conductor": ("导线型号",),
        "built": ("投运日期",),
        "in_service": ("在运",),
    },
    needed=("pole", "span_m"),
    sheets=("杆塔", "poles"),
    units={"span_m": {"m": 1.0, "km": 1000.0}},
    free=("conductor",),
)
HOMES = Form(
    code="homes",
    columns={"customer": ("户号",), "pole": ("杆号",)},
    needed=("customer", "pole"),
    key=("customer",),
)


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    return path


def read(folder: Path, text: str, form: Form = POLES) -> tuple[list[Row], list[Fault]]:
    path = folder / "line.csv"
    path.write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    return read_form(path, form, faults), faults


def said(faults: list[Fault]) -> list[tuple[str, str]]:
    return [(fault.code, fault.where) for fault in faults]


@pytest.mark.parametrize(
    ("heading", "name", "unit"),
    [
        ("额定容量(kVA)", "额定容量", "kva"),
        ("额定 容量（ kVA ）", "额定容量", "kva"),
        ("ＣＴ倍率", "ct倍率", ""),
        ("span_m", "span_m", ""),
        ("长度（m）[实测]", "长度[实测]", "m"),
        ("", "", ""),
    ],
)
def test_headings_are_compared_folded(heading: str, name: str, unit: str) -> None:
    assert (folded(heading), unit_of(heading)) == (name, unit)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_values_below_a_title_in_gridplans_units(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "poles.csv"
    text = "某线路,,\n杆号,长度(km),投运日期\n1,0.05,2020/5/1\n2,\uff10.04,2021年5月1日\n"
    path.write_bytes(text.encode(encoding))
    faults: list[Fault] = []
    first, second = read_form(path, POLES, faults)
    assert (first["pole"], first.number("span_m", 1, 500, needed=True)) == ("1", 50.0)
    assert second.number("span_m", 1, 500) == pytest.approx(40.0)
    built = second.date("built")
    assert built is not None
    assert built.isoformat() == "2021-05-01"
    assert second["conductor"] == ""
    assert said(faults) == [("poles-title", "poles.csv:2")]
    assert "某线路" not in str(faults)


def test_sheets_of_a_workbook_go_to_their_forms(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "line.xlsx",
        {
            "说明": [["how to"]],
            "用户": [["户号", "杆号", "户名"], ["1", "A", "x"]],
            "杆塔": [["杆号", "档距(m)"], ["A", 40]],
        },
    )
    faults: list[Fault] = []
    homes, poles = find_tables(read_sheets(path), [POLES, HOMES], faults)
    assert (homes.form, poles.form) == (HOMES, POLES)
    assert [row["customer"] for row in homes.rows()] == ["1"]
    assert [row.number("span_m", 1, 500) for row in poles.rows()] == [40]
    assert said(faults) == [
        ("homes-column-dropped", "line.xlsx[用户]:1"),
        ("poles-sheet-left-out", "line.xlsx[说明]"),
    ]


def test_a_sheet_that_its_name_promises_must_have_the_headings(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"杆塔": [["a", "b"], [1, 2]], "x": [["c", "d"]]})
    faults: list[Fault] = []
    assert find_tables(read_sheets(path), [POLES, HOMES], faults) == []
    assert said(faults)[0] == ("poles-heading", "a.xlsx[杆塔]:1")
    assert "pole or 杆号, span_m or 档距" in faults[0].what


def test_only_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    _, faults = read(tmp_path, "杆号,型号\nA,x\n")
    assert [fault.what for fault in faults] == ["no heading span_m or 档距 in the first 5 rows"]
    _, faults = read(tmp_path, "户号,b\n1,2\n", HOMES)
    assert [fault.what for fault in faults] == ["no column pole or 杆号"]
    _, faults = read(tmp_path, "")
    assert said(faults) == [("poles-heading", "line.csv:1")]


def test_every_fault_of_a_file_at_once(tmp_path: Path) -> None:
    rows = [
        "杆号,长度(m),投运日期,在运",
        ",40,2020-01-01,是",  # 2
        "B,long,2020-01-01,是",  # 3
        "C,,43831,否",  # 4: two
        "D,4000,2020-13-01,maybe",  # 5: three
        "E,40",  # 6
        "F,40,2020-01-01,是,x",  # 7
        "G,4_0,2020-01-01,是",  # 8
    ]
    found, faults = read(tmp_path, "\n".join(rows))
    for row in found:
        row.text("pole")
        row.number("span_m", 1, 500, needed=True)
        row.date("built")
        row.yes("in_service")
    assert sorted(said(faults)) == sorted(
        [
            ("poles-empty", "line.csv:2"),
            ("poles-number", "line.csv:3"),
            ("poles-number", "line.csv:4"),
            ("poles-date", "line.csv:4"),
            ("poles-number", "line.csv:5"),
            ("poles-date", "line.csv:5"),
            ("poles-yes-no", "line.csv:5"),
            ("poles-cells", "line.csv:6"),
            ("poles-cells", "line.csv:7"),
            ("poles-number", "line.csv:8"),
        ]
    )
    assert all(fault.remedy for fault in faults)
    by_code = {fault.code: fault for fault in faults}
    assert "长度(m)" in by_code["poles-number"].what  # as the file calls it
    excel = next(fault for fault in faults if fault.where == "line.csv:4" and "date" in fault.code)
    assert "format the column as date" in excel.remedy
    with pytest.raises(StudyError) as caught:
        accepted(tmp_path / "line.csv", faults, StudyError)
    assert list(caught.value.faults) == faults


def test_unknown_cells_are_unknown_and_whole_numbers_whole(tmp_path: Path) -> None:
    found, faults = read(tmp_path, "杆号,档距\nA,未知\nB,\nC,2.5\nD,3\n")
    values = [row.number("span_m", 0, 9, whole=True) for row in found]
    assert [math.isnan(value) for value in values] == [True, True, True, False]
    assert said(faults) == [("poles-number", "line.csv:4")]


def test_a_unit_that_nobody_knows_is_a_fault(tmp_path: Path) -> None:
    _, faults = read(tmp_path, "杆号,档距(里)\nA,1\n")
    assert said(faults) == [("poles-unit", "line.csv:1")]
    assert "m or km" in faults[0].remedy
    _, faults = read(tmp_path, "杆号(自编),档距\nA,1\n")  # no units belong there
    assert faults == []


def test_columns_of_one_meaning(tmp_path: Path) -> None:
    found, faults = read(tmp_path, "杆塔编号,杆号,档距\nX,A,1\n")
    assert found[0]["pole"] == "A"
    assert [(fault.code, fault.severity) for fault in faults] == [
        ("poles-heading-twice", "warning")
    ]
    _, faults = read(tmp_path, "杆号,杆号,档距\nX,A,1\n")
    assert refuses(faults)


def test_personal_data_stop_at_the_door(tmp_path: Path) -> None:
    text = "杆号,档距,联系电话,备注,导线型号,\nA,1,13912345678,问 139-1234-5678,JKLYJ,x\n"
    text += "B,1,,,微信13712345678,\n"
    _, faults = read(tmp_path, text)
    assert [(fault.code, fault.severity) for fault in faults] == [
        ("poles-column-dropped", "note"),
        ("poles-column-dropped", "note"),
        ("poles-private", "warning"),
        ("poles-private", "warning"),
    ]
    assert "139" not in str(faults)
    assert "137" not in str(faults)
    assert "without a heading" in faults[1].what


@pytest.mark.parametrize("heading", ["tg_name", "line_name", "杆塔", "台区名称"])
def test_names_of_things_are_not_personal(heading: str) -> None:
    assert not PERSONAL.search(heading)


def test_a_title_of_one_cell_is_no_heading(tmp_path: Path) -> None:
    one = replace(POLES, needed=("pole",))
    found, faults = read(tmp_path, "杆号,\n杆号,档距\nA,3\n", one)
    assert [row["pole"] for row in found] == ["A"]
    assert said(faults) == [("poles-title", "line.csv:2")]
    found, _ = read(tmp_path, "杆号\nA\n", one)
    assert [row["pole"] for row in found] == ["A"]


def test_a_file_that_cannot_be_read_is_refused_as_asked(tmp_path: Path) -> None:
    for refuse in (InputError, StudyError):
        with pytest.raises(refuse, match="no such file"):
            read_form(tmp_path / "none.csv", POLES, [], refuse=refuse)


CELL = st.one_of(st.text(max_size=8), st.sampled_from(["40", "是", "2027-02-05", "杆号", "nan"]))


@given(rows=st.lists(st.lists(CELL, min_size=4, max_size=4), max_size=6))
def test_any_text_gives_values_or_faults(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.xlsx"
    heading = ["杆号", "长度(m)", "投运日期", "在运"]
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for number, row in enumerate([heading, *rows]):
            for column, cell in enumerate(row):
                page.write_string(number, column, cell)
    faults: list[Fault] = []
    for row in read_form(path, POLES, faults):
        before = len(faults)
        value = row.number("span_m", 1, 500, needed=True)
        assert (len(faults) > before) == math.isnan(value)
        before = len(faults)
        assert (row.date("built") is None) == (len(faults) > before)
        row.yes("in_service")
    assert all(fault.where and fault.what for fault in faults)
