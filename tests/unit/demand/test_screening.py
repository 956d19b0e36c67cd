"""Screening: what the workbook says, what the model makes of it, what stays the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.screening import (
    Advice,
    Screening,
    advice,
    lasts_two_hours,
    screen,
)
from gridplan.demand.screening_days import festival_peaks, nearest_festival
from gridplan.demand.screening_input import (
    Area,
    County,
    DayPeaks,
    HomesListed,
    read_screening,
)
from gridplan.demand.screening_model import area_load, shared
from gridplan.errors import StudyError

PLATE = Area(
    area="000123", station="North", sn_kva=100.0, vector_group="Dyn11", homes=60, homes_lived_in=20
)
POINTS = [f"P{number}" for number in range(1, 97)]


def county(*areas: Area, year: int = 2027) -> County:
    return County(year=year, areas=areas)


def measured(first: str, peak_kw: Sequence[float]) -> DayPeaks:
    begin = dt.date.fromisoformat(first).toordinal()
    return DayPeaks(date=np.arange(begin, begin + len(peak_kw)), peak_kw=np.array(peak_kw))


def joined(*parts: DayPeaks) -> DayPeaks:
    return DayPeaks(
        date=np.concatenate([part.date for part in parts]),
        peak_kw=np.concatenate([part.peak_kw for part in parts]),
    )


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return path


def peaks(area: Area, draws: int = 60) -> np.ndarray[Any, Any]:
    common = shared(draws, 0)
    new_year_day = dt.date(2027, 2, 6).toordinal()
    return area_load(area, 2027, new_year_day, common, 0).max(axis=(1, 2))


# ---------------------------------------------------------------- the workbook


def test_a_workbook_with_all_sheets(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "county.xlsx",
        {
            "台区": [
                ["全县台区台账"],
                [
                    "供电所",
                    "台区编号",
                    "额定容量(kVA)",
                    "联结组标号",
                    "户数",
                    "常住户数",
                    "联系电话",
                ],
                ["南所", "000123", 100, "Y,yn0", 60, 20, "13800000000"],
                ["北所", "000124", 50, "Dyn11", 30, "", ""],
            ],
            "负荷曲线": [
                ["台区编号", "数据日期", "倍率", *POINTS],
                ["000123", dt.date(2026, 12, 1).isoformat(), 40, *[0.25] * 96],
                ["000123", "20261202", 40, *[0.25] * 80, *[0.5] * 16],
                ["000123", "2026/12/3", 40, *[""] * 20, *[0.25] * 76],
            ],
            "返乡": [
                ["台区编号", "户号", "返乡人数", "返乡日期", "离开日期", "不返乡"],
                ["000123", "1", 3, "2027-02-03", "2027-02-12", "否"],
                ["000123", "2", 0, "", "", ""],
                ["000123", "3", "", "2027-02-01~2027-02-04", "未知", ""],
                ["000123", "4", "", "", "", "是"],
            ],
            "说明": [["自由文字"]],
        },
    )
    found = read_screening(path, 2027)
    first, second = found.areas
    assert (first.station, first.sn_kva, first.homes, first.homes_lived_in) == ("南所", 100, 60, 20)
    assert (second.homes_lived_in, second.curves, second.register) == (None, None, None)
    assert first.curves is not None
    assert first.curves.peak_kw == pytest.approx([10.0, 20.0])
    assert first.register is not None
    assert (first.register.returning, first.register.staying_away) == (2, 2)
    np.testing.assert_array_equal(first.register.arrival, [-3, -4])
    np.testing.assert_array_equal(first.register.departure, [6, np.nan])
    said = "\n".join(map(str, found.notes))
    assert "联系电话" in said
    assert "personal" in said
    assert "13800000000" not in said
    assert "1 day(s) left out that miss" in said
    assert "sheet left out" in said
    assert not [note for note in found.notes if note.severity == "error"]


def test_a_folder_of_gbk_files_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "台区.csv").write_text(
        "供电所,台区编号,额定容量,户数\n南所,7,100,60\n", encoding="gb18030"
    )
    (tmp_path / "register.csv").write_text("area,returning_homes\n7,12\n", encoding="utf-8")
    (tmp_path / "readme.txt").write_text("x", encoding="utf-8")
    found = read_screening(tmp_path, 2027)
    assert found.areas[0].register is not None
    assert found.areas[0].register.returning == 12
    said = "\n".join(map(str, found.notes))
    assert "readme.txt" in said
    assert "no vector group" in said


def test_every_planted_fault_is_reported_at_once(tmp_path: Path) -> None:
    good = [1.0] * 96
    path = workbook(
        tmp_path / "c.xlsx",
        {
            "台区": [
                ["供电所", "台区编号", "额定容量(kVA)", "联结组标号", "户数", "常住户数"],
                ["A", "1", "", "Yyn0", 60, ""],  # row 2: no kVA
                ["A", "2", 100, "Yyn0", 0, ""],  # row 3: no homes
                ["A", "3", 100, "Zz9", 20, ""],  # row 4: vector group (warning)
                ["A", "3", 100, "Yyn0", 20, ""],  # row 5: area twice
                ["A", "4", "10O", "Yyn0", 20, ""],  # row 6: letter O
                ["A", "5", 100, "Yyn0", 20.5, ""],  # row 7: half a home
                ["A", "", 100, "Yyn0", 20, ""],  # row 8: no area
                ["A", "6", 100, "Yyn0", 20, 30],  # row 9: more lived in than there are
            ],
            "负荷曲线": [
                ["台区编号", "数据日期", *POINTS],
                ["99", "2026-12-01", *good],  # row 2: unknown area
                ["3", "2026-13-01", *good],  # row 3: no date
                ["3", "2026-12-01", *good[1:], "x1"],  # row 4: no number
                ["3", "2026-12-02", *good],
                ["3", "2026-12-02", *good],  # row 6: twice
            ],
            "返乡": [
                ["台区编号", "户号", "返乡人数", "返乡日期", "离开日期", "不返乡"],
                ["98", "1", 3, "", "", ""],  # row 2: unknown area
                ["3", "1", -3, "", "", ""],  # row 3: persons
                ["3", "2", 3, "2027-02-30", "", ""],  # row 4: no such day
                ["3", "3", 3, "2026-02-05", "", ""],  # row 5: wrong year
                ["3", "4", 3, "2027-02-09", "2027-02-03", ""],  # row 6: order
                ["3", "4", 3, "", "", ""],  # row 7: twice
                ["3", "5", 3, "", "", "也许"],  # row 8: maybe
            ],
        },
    )
    with pytest.raises(StudyError) as caught:
        read_screening(path, 2027)
    places = {
        (fault.where.partition("[")[2].replace("]:", " "), fault.severity)
        for fault in caught.value.faults
    }
    expected = {(f"台区 {row}", "error") for row in (2, 3, 5, 6, 7, 8, 9)}
    expected |= {(f"负荷曲线 {row}", "error") for row in (2, 3, 4, 6)}
    expected |= {(f"返乡 {row}", "error") for row in range(2, 9)}
    assert expected | {("台区 4", "warning")} <= places
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert len(errors) == len(expected)
    assert all(fault.remedy for fault in errors)


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ({"x": [["a", "b"], [1, 2]]}, "no sheet 台区"),
        ({"台区": [["台区编号", "户数"], ["1", 2]]}, "no column sn_kva"),
        (
            {"台区": [["area", "kva", "homes"], ["1", 50, 9]],
             "curves": [["area", "date", *POINTS[:95]], ["1", "2026-12-01", *[1] * 95]]},
            "95 columns of points",
        ),
        (
            {"台区": [["area", "kva", "homes"], ["1", 50, 9]],
             "返乡": [["area", "返乡户数"], ["1", 3], ["1", 4]]},
            "already stands at",
        ),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_used(tmp_path: Path, sheets: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError, match=said):
        read_screening(workbook(tmp_path / "c.xlsx", sheets), 2027)


def test_a_year_beyond_the_calendar_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="2099"):
        read_screening(tmp_path, 2099)
    with pytest.raises(StudyError, match="no such file"):
        read_screening(tmp_path / "nothing.xlsx", 2027)


def test_a_forgotten_ratio_and_a_register_too_long_are_warnings(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "c.xlsx",
        {
            "台区": [["area", "kva", "homes"], ["1", 100, 9]],
            "curves": [["area", "date", *POINTS], ["1", "2026-12-01", *[0.4] * 96]],
            "返乡": [["area", "返乡户数"], ["1", 30]],
        },
    )
    found = read_screening(path, 2027)
    codes = [note.code for note in found.notes if note.severity == "warning"]
    assert codes == ["screen-curve-level", "screen-register-homes"]
    assert found.areas[0].register is not None
    assert found.areas[0].register.returning == 9


CLOCK = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(15, 1440, 15)]
TWO_AREAS = [["area", "kva", "homes"], ["1", 100, 9], ["2", 100, 9]]


@pytest.mark.parametrize("last", ["24:00", "00:00", "1899-12-31"])
def test_curves_by_clock_time(tmp_path: Path, last: str) -> None:
    rows = [
        ["area", "date", "数据类型", *CLOCK, last],
        ["1", "2026-12-01", "1", *[5.0] * 88, *[20.0] * 8],
        ["1", "2026-12-01", "无功", *[900.0] * 96],
        ["1", "2026-12-02", "1", *[0] * 96],
    ]
    found = read_screening(
        workbook(tmp_path / "c.xlsx", {"transformers": TWO_AREAS, "x": rows}), 2027
    )
    assert found.areas[0].curves is not None
    assert found.areas[0].curves.peak_kw == pytest.approx([20.0])
    said = [note.what for note in found.notes if note.code == "screen-days"]
    assert any("1 day(s) left out of other data types" in what for what in said)
    assert any("1 day(s) left out without any power" in what for what in said)


def test_codes_for_no_reading_are_no_peak(tmp_path: Path) -> None:
    rows = [
        ["area", "date", *POINTS],
        ["1", "2026-12-01", *[20.0] * 94, 9999.99, -99999],
        ["1", "2026-12-02", *[30.0] * 80, *[65535] * 16],
        ["2", "2026-12-01", *[20.0] * 96],
    ]
    path = workbook(tmp_path / "c.xlsx", {"transformers": TWO_AREAS, "curves": rows})
    found = read_screening(path, 2027)
    assert found.areas[0].curves is not None
    assert found.areas[0].curves.peak_kw == pytest.approx([20.0])
    (note,) = [note for note in found.notes if note.code == "screen-no-reading"]
    assert (note.where, note.rows) == ("c.xlsx[curves]:2", 18)
    assert "18 points in 2 rows" in note.what


def test_what_lies_beside_a_table_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "台区.csv").write_text("area,kva,homes\n1,50,9\n2,50,9,9\n", encoding="utf-8")
    (tmp_path / "负荷曲线.csv").write_text("number,date\n1,2\n", encoding="utf-8")
    (tmp_path / "返乡.csv").write_text(
        "area,户号,返乡日期\n1,7,2027-02-05~2027-02-03\n1,,\n", encoding="utf-8"
    )
    (tmp_path / "old.xls").write_bytes(b"x")
    with pytest.raises(StudyError) as caught:
        read_screening(tmp_path, 2027)
    places = {fault.where for fault in caught.value.faults if fault.severity == "error"}
    assert places == {"台区.csv:3", "负荷曲线.csv:1", "返乡.csv:2", "old.xls"}
    warned = {fault.where for fault in caught.value.faults if fault.severity == "warning"}
    assert warned == {"返乡.csv:3"}


def test_clock_times_out_of_order_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no CSV file or workbook"):
        read_screening(tmp_path, 2027)
    rows = [["area", "date", "24:00", *CLOCK], ["1", "2026-12-01", *[1] * 96]]
    path = workbook(tmp_path / "c.xlsx", {"transformers": TWO_AREAS, "curves": rows})
    with pytest.raises(StudyError, match="not P1"):
        read_screening(path, 2027)


def test_a_thousand_faults_of_one_kind_are_listed_once_and_counted(tmp_path: Path) -> None:
    lines = ["area,kva,homes", *(f"{n},,9" for n in range(1000))]
    (tmp_path / "台区.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_screening(tmp_path / "台区.csv", 2027)
    missing = [fault for fault in caught.value.faults if fault.code == "screen-sn_kva"]
    assert len(missing) == 101
    assert sum(fault.rows for fault in missing) == 1000
    assert "台区.csv:1001" in missing[-1].what


# ---------------------------------------------------------------- the model


def mixed_areas() -> list[Area]:
    winter = measured("2026-12-01", [12.0, 14.0, 13.0, 12.5])
    festival = measured("2026-02-16", [50.0, 60.0])
    listed = HomesListed(
        returning=12.0,
        staying_away=3.0,
        arrival=np.array([-3.0, np.nan]),
        departure=np.array([5.0, 8.0]),
    )
    return [
        PLATE,
        replace(PLATE, area="b", station="South", sn_kva=50.0, homes_lived_in=None),
        replace(PLATE, area="c", curves=winter),
        replace(PLATE, area="d", curves=joined(festival, winter), homes_lived_in=None),
        replace(PLATE, area="e", register=listed, station="South"),
        replace(PLATE, area="f", register=listed, curves=winter),
    ]


def by_area(result: Screening) -> dict[str, Any]:
    return {row.area: replace(row, rank=0) for row in result.areas}


def test_same_numbers_in_any_order_and_with_any_number_of_threads() -> None:
    areas = mixed_areas()
    one = screen(county(*areas), draws=30, seed=4)
    assert screen(county(*areas), draws=30, seed=4) == one
    assert by_area(screen(county(*areas[::-1]), draws=30, seed=4, workers=3)) == by_area(one)
    alone = screen(county(areas[3]), draws=30, seed=4)
    assert by_area(alone)["d"] == by_area(one)["d"]
    assert by_area(screen(county(*areas), draws=30, seed=5)) != by_area(one)


def test_more_draws_begin_with_the_same() -> None:
    for area in mixed_areas():
        np.testing.assert_array_equal(peaks(area, 20), peaks(area, 50)[:20])


@settings(max_examples=25, deadline=None)
@given(homes=st.integers(1, 200), more=st.integers(1, 100), known=st.booleans())
def test_more_homes_never_draw_less(homes: int, more: int, known: bool) -> None:
    lived_in = homes // 3 if known else None
    few = replace(PLATE, homes=homes, homes_lived_in=lived_in)
    many = replace(few, homes=homes + more)
    assert (peaks(many, 20) >= peaks(few, 20) * (1 - 1e-5)).all()


def test_a_smaller_transformer_is_never_safer() -> None:
    sizes = [400.0, 200.0, 160.0, 100.0, 80.0, 63.0, 50.0, 30.0]
    rows = [screen(county(replace(PLATE, sn_kva=kva)), draws=60).areas[0] for kva in sizes]
    for quantity in ("p_overload", "p_heavy", "hours_over_100", "load_rate_p50_percent"):
        values = [getattr(row, quantity) for row in rows]
        assert values == sorted(values), quantity
    assert rows[0].p_overload < 0.05
    assert rows[-1].p_overload > 0.8


def test_a_curve_twice_as_high_gives_about_twice_the_load() -> None:
    once = replace(PLATE, curves=measured("2026-12-01", [10.0] * 7))
    twice = replace(PLATE, curves=measured("2026-12-01", [20.0] * 7))
    ratio = np.median(peaks(twice, 300)) / np.median(peaks(once, 300))
    assert 1.7 < ratio <= 2.0
    # without the homes lived in, a part is taken for more of them
    unknown = [replace(area, homes_lived_in=None) for area in (once, twice)]
    ratio = np.median(peaks(unknown[1], 300)) / np.median(peaks(unknown[0], 300))
    assert 1.4 < ratio <= 1.9


def test_a_past_festival_twice_as_high_gives_about_twice_the_peak() -> None:
    once, twice = (
        replace(PLATE, curves=measured("2026-02-16", [kw, kw, kw])) for kw in (40.0, 80.0)
    )
    first, second = np.median(peaks(once, 300)), np.median(peaks(twice, 300))
    assert 1.7 < second / first <= 2.0
    assert 38 < first < 55, "near what was measured, with a year's growth"


def test_what_is_measured_narrows_the_peak() -> None:
    winter = measured("2026-12-01", [15.0] * 7)
    festival = measured("2026-02-16", [55.0] * 3)
    areas = [
        replace(PLATE, homes_lived_in=None),
        replace(PLATE, homes_lived_in=None, curves=winter),
        replace(PLATE, homes_lived_in=None, curves=joined(festival, winter)),
    ]
    widths = [screen(county(area), draws=300).areas[0].width for area in areas]
    assert widths[0] > 1.15 * widths[1] > 1.15 * 1.15 * widths[2]


def test_the_register_counts() -> None:
    def listed(returning: float, away: float) -> Area:
        none = np.empty(0)
        register = HomesListed(returning=returning, staying_away=away, arrival=none, departure=none)
        return replace(PLATE, register=register)

    nobody, some, all_of_them = (peaks(listed(*pair)) for pair in ((0, 60), (20, 0), (60, 0)))
    assert np.median(some) > 1.15 * np.median(nobody)
    assert np.median(all_of_them) > 1.3 * np.median(some)


def test_dates_of_the_register_move_the_load() -> None:
    def on_day(arrival: float) -> np.ndarray[Any, Any]:
        register = HomesListed(
            returning=40.0,
            staying_away=20.0,
            arrival=np.full(40, arrival),
            departure=np.full(40, 15.0),
        )
        load = area_load(
            replace(PLATE, register=register),
            2027,
            dt.date(2027, 2, 6).toordinal(),
            shared(50, 0),
            0,
        )
        return load.mean(axis=(0, 2))

    early, late = on_day(-9.0), on_day(4.0)
    assert early[3] > 1.3 * late[3]  # festival day -7
    assert early[-3] == pytest.approx(late[-3], rel=0.01)


def test_small_areas_are_less_certain() -> None:
    def spread(homes: int) -> float:
        """How far areas of so many homes lie from the level that they share with large ones."""
        area = replace(PLATE, homes=homes, homes_lived_in=homes)
        return float(np.std(np.log(peaks(area, 300)) - level))

    level = np.log(peaks(replace(PLATE, homes=5000, homes_lived_in=5000), 300))
    assert spread(6) > 2 * spread(54) > 4 * spread(486)
    assert spread(6) > 0.1


def test_ordinary_days_of_curves_around_the_festival_do_not_count() -> None:
    january = replace(PLATE, curves=measured("2026-07-01", [500.0] * 10))
    assert screen(county(january), draws=30).areas[0].basis == "plate"
    years, days = nearest_festival(np.array([dt.date(2026, 2, 16).toordinal()]))
    assert (years[0], days[0]) == (2026, -1)
    late = replace(PLATE, curves=measured("2027-02-05", [80.0]))
    assert festival_peaks(late, 2027) == {}
    assert festival_peaks(late, 2028) == {2027: 80.0}


# ---------------------------------------------------------------- the result


def test_two_hours_together() -> None:
    above = np.zeros((4, 40), dtype=bool)
    above[1, 5:12] = True  # seven quarter hours
    above[2, 5:13] = True
    above[3, ::2] = True
    assert lasts_two_hours(above).tolist() == [False, False, True, False]
    rng = np.random.default_rng(0)
    drawn = rng.random((500, 60)) < 0.7
    runs = ["1" * 8 in "".join("01"[int(x)] for x in row) for row in drawn]
    assert lasts_two_hours(drawn).tolist() == runs


@pytest.mark.parametrize(
    ("probability", "curves", "register", "expected"),
    [
        (0.9, False, False, Advice.VISIT),
        (0.9, False, True, Advice.MODEL),
        (0.9, True, False, Advice.MODEL),
        (0.3, False, True, Advice.MEASURE),
        (0.3, True, False, Advice.MODEL),
        (0.1, True, True, Advice.LEAVE),
        (0.01, False, False, Advice.LEAVE),
    ],
)
def test_advice(probability: float, curves: bool, register: bool, expected: Advice) -> None:
    assert advice(probability, curves=curves, register=register) is expected


def test_ranks_stations_and_the_county_agree() -> None:
    areas = [
        replace(PLATE, area=f"{n}", station=f"S{n % 3}", sn_kva=30.0 + 20 * n, homes_lived_in=None)
        for n in range(9)
    ]
    done: list[tuple[int, int]] = []
    result = screen(
        county(*areas), draws=40, progress=lambda ready, total: done.append((ready, total))
    )
    assert done == [(n, 9) for n in range(1, 10)]
    assert [row.rank for row in result.areas] == list(range(1, 10))
    shares = [row.p_overload for row in result.areas]
    assert shares == sorted(shares, reverse=True)
    assert result.county.expected_overloaded == pytest.approx(sum(shares))
    assert sum(one.expected_overloaded for one in result.stations) == pytest.approx(sum(shares))
    assert sum(one.areas for one in result.stations) == result.county.areas == 9
    for one in (*result.stations, result.county):
        assert one.visit + one.model + one.measure + one.leave == one.areas
        assert one.overloaded_p5 <= one.expected_overloaded + 1
    for row in result.areas:
        assert row.p_low <= row.p_overload <= row.p_high
        assert row.p_overload <= row.p_heavy
        assert row.hours_over_100 <= row.hours_over_80
        assert result.first_date <= row.peak_at.date() <= result.last_date
