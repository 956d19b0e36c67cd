"""Clamp readings: what stands in a crew's sheet, and what is impossible in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.clamp import read_clamp
from gridplan.demand.clamp_checks import neutral_bounds
from gridplan.errors import StudyError

HEADING = "area,circuit,time,Ia,Ib,Ic,In,Ua,Ub,Uc\n"
ROW = "T1,F1,2027-01-20 19:10,31,12,20.5,18,221,230,228\n"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "clamp.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_values_and_what_was_not_measured(tmp_path: Path) -> None:
    rows = "T1,F1,2027-01-20 19:10,31,12,20.5,18,221,230,228\nT1,F2,2027/1/20 19:20,10,10,10,,,,\n"
    clamp = read_clamp(write(tmp_path, HEADING + rows))
    assert clamp.circuit.tolist() == ["F1", "F2"]
    assert clamp.time[0] == np.datetime64("2027-01-20T19:10")
    np.testing.assert_array_equal(clamp.i_a, [[31, 12, 20.5], [10, 10, 10]])
    np.testing.assert_array_equal(clamp.i_neutral_a, [18, np.nan])
    np.testing.assert_array_equal(clamp.u_v[0], [221, 230, 228])
    assert np.isnan(clamp.u_v[1]).all()
    assert clamp.notes == ()
    assert clamp.where.tolist() == ["clamp.csv:2", "clamp.csv:3"]
    assert np.isnan(clamp.mean_c).all()
    assert clamp.only(clamp.circuit == "F2").i_a.tolist() == [[10, 10, 10]]
    assert repr(clamp) == ("<ClampReadings: 2 readings of 2 circuits, highest phase current 31 A>")


def test_chinese_headings_below_a_title(tmp_path: Path) -> None:
    text = "负荷测试记录,,,,,,,\n台区编号,出线回路,测量时间,测试人姓名,"
    text += "A相电流,B相电流,C相电流,零线电流\n"
    text += "0012,F1,2027-01-20 19:10,张三,31,12,20,17\n"
    clamp = read_clamp(write(tmp_path, text, "gbk"))
    assert clamp.area.tolist() == ["0012"]
    assert clamp.i_neutral_a[0] == 17
    title, note = clamp.notes
    assert title.code == "clamp-title"
    assert "personal" in note.what
    assert "张三" not in str(clamp.notes)


def test_currents_in_another_unit_are_refused(tmp_path: Path) -> None:
    assert read_clamp(write(tmp_path, HEADING.replace("Ia", "Ia(A)") + ROW)).i_a[0, 0] == 31
    with pytest.raises(StudyError, match="unit") as caught:
        read_clamp(write(tmp_path, HEADING.replace("Ia", "Ia(mA)") + ROW))
    assert [fault.code for fault in caught.value.faults] == ["clamp-unit"]


def test_faults_and_warnings_at_once(tmp_path: Path) -> None:
    rows = [
        "T1,F1,2027-01-20 19:00,30,30,30,5,220,220,220",  # 2: right
        "T1,F1,2027-01-20 19:00,30,30,31,5,220,220,220",  # 3: another value
        "T1,F1,2027-01-20 19:00,30,30,30,5,220,220,220",  # 4: the same again
        "T1,F2,19 o'clock,30,30,30,5,220,220,220",  # 5
        "T1,F2,2027-01-20 19:00,-3,30,x,5,220,220,220",  # 6: two
        ",,2027-01-20 19:00,30,30,30,5,220,220,220",  # 7: two
        "T1,F3,2027-01-20 19:00,30,30,30,95,220,220,220",  # 8: neutral above the sum
        "T1,F3,2027-01-20 19:10,40,0,0,5,220,220,220",  # 9: neutral too small
        "T1,F3,2027-01-20 19:20,30,30,30,5,381,120,220",  # 10: two voltages
        "T1,F3,2027-01-20 19:30,30,30,30",  # 11: cells
        "T1,F3,2027-01-20 19:40,30,,30,5,220,220,220",  # 12: a note
        "T1,F3,2027-01-20 19:50,30000,30000,30000,,,,",  # 13: milliamperes
        "T1,F4,2027-01-20,30,30,30,5,220,220,220",  # 14: a day, no hour
        "T1,F4,2027-01-20 19:00,9999,-99999,65535,5,220,220,220",  # 15: codes for no reading
        "T1,F4,2027-01-20 19:10,30,30,30,999.9,6553.5,220,220",  # 16: the same of In and Ua
    ]
    with pytest.raises(StudyError) as caught:
        read_clamp(write(tmp_path, HEADING + "\n".join(rows) + "\n"))
    found = sorted((f.code, f.where, f.severity) for f in caught.value.faults)
    assert found == sorted(
        [
            ("clamp-duplicate", "clamp.csv:3", "error"),
            ("clamp-repeated", "clamp.csv:4", "note"),
            ("clamp-time", "clamp.csv:5", "error"),
            *[("clamp-number", "clamp.csv:6", "error")] * 2,
            ("clamp-missing", "clamp.csv:6", "note"),
            *[("clamp-place", "clamp.csv:7", "error")] * 2,
            ("clamp-neutral", "clamp.csv:8", "warning"),
            ("clamp-neutral", "clamp.csv:9", "warning"),
            *[("clamp-voltage", "clamp.csv:10", "warning")] * 2,
            ("clamp-cells", "clamp.csv:11", "error"),
            ("clamp-missing", "clamp.csv:12", "note"),
            *[("clamp-number", "clamp.csv:13", "error")] * 3,
            ("clamp-missing", "clamp.csv:13", "note"),
            ("clamp-time", "clamp.csv:14", "error"),
            *[("clamp-no-reading", "clamp.csv:15", "error")] * 3,
            ("clamp-missing", "clamp.csv:15", "note"),
            *[("clamp-no-reading", "clamp.csv:16", "error")] * 2,
        ]
    )
    phase_to_phase = next(f for f in caught.value.faults if "381" in f.what)
    assert "phase to neutral" in phase_to_phase.remedy
    assert all(fault.remedy for fault in caught.value.faults if fault.severity == "error")


def test_the_temperature_of_the_day(tmp_path: Path) -> None:
    head = HEADING.strip() + ",日平均气温\n"
    row = "T1,F1,2027-01-20 19:10,31,12,20,18,221,230,228,"
    assert read_clamp(write(tmp_path, head + row + "-3.5\n")).mean_c.tolist() == [-3.5]
    with pytest.raises(StudyError, match="not -55 to 50 degrees"):
        read_clamp(write(tmp_path, head + row + "-99\n"))


@pytest.mark.parametrize("text", ["area,Ia\nT1,3\n", "", HEADING])
def test_no_table_of_measurements(tmp_path: Path, text: str) -> None:
    with pytest.raises(StudyError) as caught:
        read_clamp(write(tmp_path, text))
    assert caught.value.faults[0].code in ("clamp-heading", "clamp-empty")


def test_a_workbook_with_a_page_of_words(tmp_path: Path) -> None:
    path = tmp_path / "clamp.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").write(0, 0, "how it was measured")
        page = book.add_worksheet("负荷测试")
        page.write_row(0, 0, HEADING.strip().split(","))
        page.write_row(1, 0, ["T1", "F1", "2027-01-20 19:10", 31, 12, 20.5, 18, 221, 230, 228])
    clamp = read_clamp(path)
    assert clamp.where.tolist() == ["clamp.xlsx[负荷测试]:2"]
    assert [note.code for note in clamp.notes] == ["clamp-sheet-left-out"]


def test_one_area_of_a_sheet_of_many(tmp_path: Path) -> None:
    rows = [
        "T1,F1,2027-01-20 19:00,30,30,30,5,220,220,220",
        "T 2,F9,2027-01-20 19:00,30,30,30,95,381,220,220",
        "T2,F1,2027-01-20 19:10,,30,30,5,220,220,220",
    ]
    path = write(tmp_path, HEADING + "\n".join(rows) + "\n")
    clamp = read_clamp(path, area="T1", circuits=["F1"])
    assert clamp.area.tolist() == ["T1"]
    (note,) = clamp.notes  # what is odd in other areas is theirs to say
    assert (note.code, note.rows, note.where) == ("clamp-other-areas", 2, "clamp.csv:3")
    with pytest.raises(StudyError) as caught:
        read_clamp(path, area="T2", circuits=["F1"])
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert [(fault.code, fault.where) for fault in errors] == [("clamp-circuit", "clamp.csv:3")]


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="there is no such file"):
        read_clamp(tmp_path / "clamp.csv")


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_real_phasors_are_always_believed(seed: int) -> None:
    random = np.random.default_rng(seed)
    i_a = random.uniform(0, 100, (50, 3)) * (random.random((50, 3)) > 0.2)
    lag = np.arccos(random.uniform(0.85, 1.0, (50, 3)))
    angle = np.deg2rad([0, -120, 120]) - lag
    fundamental = np.abs((i_a * np.exp(1j * angle)).sum(axis=1))
    third = (i_a * random.uniform(0, 0.2, (50, 3))).sum(axis=1)
    neutral = np.minimum(np.hypot(fundamental, third), i_a.sum(axis=1))
    low, high = neutral_bounds(i_a)
    assert (low <= neutral).all()
    assert (neutral <= high).all()


def test_bounds_of_one_loaded_phase_are_tight() -> None:
    low, high = neutral_bounds(np.array([[100.0, 0.0, 0.0]]))
    assert 90 < low[0] < 100 < high[0] < 110


def test_circuits_take_the_name_that_the_feeder_gives_them(tmp_path: Path) -> None:
    path = write(tmp_path, HEADING + ROW.replace("F1", "一号线 (东)"))
    assert read_clamp(path, area="T1", circuits=["一号线（东）"]).circuit.tolist() == [
        "一号线（东）"
    ]
