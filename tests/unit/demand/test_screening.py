"""Screening: what the workbook says, what the model makes of it, what stays the same."""

from __future__ import annotations

import datetime as dt
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
    at_stake,
    lasts_two_hours,
    screen,
)
from gridplan.demand.screening_area import Area, County, HomesListed, two_hour_load
from gridplan.demand.screening_input import read_screening
from gridplan.demand.screening_judge import judge
from gridplan.demand.screening_levels import county_levels
from gridplan.demand.screening_model import (
    GROUP_HOMES,
    HOME_LEVEL,
    LEVEL_YEAR,
    POWER_FACTOR,
    TIME_CV,
    area_draws,
    shared,
)
from gridplan.errors import StudyError
from tests.unit.demand.transformers import flat, winters

PLATE = Area(
    area="000123", station="North", sn_kva=100.0, vector_group="Dyn11", homes=60, homes_lived_in=20
)
POINTS = [f"P{number}" for number in range(1, 97)]


def county(*areas: Area, year: int = 2027) -> County:
    return County(year=year, areas=areas)


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return path


def loads(area: Area, draws: int = 60) -> np.ndarray[Any, Any]:
    """Two-hour load of an area without curves, at the assumed level of its county [kW]."""
    return np.exp(area_draws(area, shared(draws, 0, 2027), 0).festival)


def levelled(area: Area, draws: int = 300) -> np.ndarray[Any, Any]:
    """Two-hour load of an area that is the only one of its county [kW]."""
    found = screen(county(area), draws=draws).areas[0]
    assert found.area == area.area
    return np.array([found.load_p50_kva, found.load_p95_kva]) * POWER_FACTOR


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
    assert (second.homes_lived_in, second.winters, second.register) == (None, (), None)
    (winter,) = first.winters
    assert (winter.year, len(winter.days)) == (2027, 0)
    assert winter.ordinary_kw == pytest.approx([10.0, 20.0])
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
            "column P96 is missing",
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
    assert found.areas[0].winters == (), "what is not believed is not used, and that is said"
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
    assert found.areas[0].winters[0].ordinary_kw == pytest.approx([20.0])
    said = [note.what for note in found.notes]
    assert any("1 rows of type '无功' left out" in what for what in said)
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
    assert found.areas[0].winters[0].ordinary_kw == pytest.approx([20.0])
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
    with pytest.raises(StudyError, match="out of order"):
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
    winter = winters(flat("2026-12-01", [12.0, 14.0, 13.0, 12.5]))
    both = winters(flat("2026-12-01", [12.0, 14.0]), flat("2026-02-16", [50.0, 60.0, 40.0]))
    listed = HomesListed(
        returning=12.0,
        staying_away=3.0,
        arrival=np.array([-3.0, np.nan]),
        departure=np.array([5.0, 8.0]),
    )
    return [
        PLATE,
        replace(PLATE, area="b", station="South", sn_kva=50.0, homes_lived_in=None),
        replace(PLATE, area="c", winters=winter),
        replace(PLATE, area="d", winters=both, homes_lived_in=None),
        replace(PLATE, area="e", register=listed, station="South"),
        replace(PLATE, area="f", register=listed, winters=winter),
    ]


def by_area(result: Screening) -> dict[str, Any]:
    return {row.area: replace(row, rank=0) for row in result.areas}


def test_same_numbers_in_any_order_and_with_any_number_of_threads() -> None:
    areas = mixed_areas()
    one = screen(county(*areas), draws=30, seed=4)
    assert screen(county(*areas), draws=30, seed=4) == one
    assert by_area(screen(county(*areas[::-1]), draws=30, seed=4, workers=3)) == by_area(one)
    plain = [replace(area, winters=()) for area in areas]
    alone = screen(county(plain[3]), draws=30, seed=4)
    assert by_area(alone)["d"] == by_area(screen(county(*plain), draws=30, seed=4))["d"]
    assert by_area(screen(county(*areas), draws=30, seed=5)) != by_area(one)


def test_more_draws_begin_with_the_same() -> None:
    for area in mixed_areas():
        np.testing.assert_array_equal(loads(area, 20), loads(area, 50)[:20])


@settings(max_examples=25, deadline=None)
@given(homes=st.integers(1, 200), more=st.integers(1, 100), known=st.booleans())
def test_more_homes_never_draw_less(homes: int, more: int, known: bool) -> None:
    lived_in = homes // 3 if known else None
    few = replace(PLATE, homes=homes, homes_lived_in=lived_in)
    many = replace(few, homes=homes + more)
    assert (loads(many, 20) >= loads(few, 20) * (1 - 1e-5)).all()


def test_a_smaller_transformer_is_never_safer() -> None:
    sizes = [400.0, 200.0, 160.0, 100.0, 80.0, 63.0, 50.0, 30.0]
    rows = [screen(county(replace(PLATE, sn_kva=kva)), draws=60).areas[0] for kva in sizes]
    for quantity in ("p_overload", "p_heavy", "hours_over_100", "load_rate_p50_percent"):
        values = [getattr(row, quantity) for row in rows]
        assert values == sorted(values), quantity
    assert rows[0].p_overload < 0.05
    assert rows[-1].p_overload > 0.8


def test_a_curve_twice_as_high_gives_a_higher_load_and_less_than_twice() -> None:
    """A county of one area: the surplus may be its homes', its county's or the winter's."""
    once = replace(PLATE, winters=winters(flat("2026-12-01", [10.0] * 7)))
    twice = replace(PLATE, winters=winters(flat("2026-12-01", [20.0] * 7)))
    ratio = levelled(twice)[0] / levelled(once)[0]
    assert 1.3 < ratio < 1.9
    # without the homes lived in, a part is taken for more of them
    unknown = [replace(area, homes_lived_in=None) for area in (once, twice)]
    assert 1.15 < levelled(unknown[1])[0] / levelled(unknown[0])[0] < ratio


def test_a_past_festival_twice_as_high_gives_about_twice_the_load() -> None:
    once, twice = (
        replace(PLATE, winters=winters(flat("2026-02-16", [kw] * 3))) for kw in (40.0, 80.0)
    )
    first, second = levelled(once)[0], levelled(twice)[0]
    assert 1.5 < second / first <= 2.0
    assert 38 < first < 55, "near what was measured, with a year's growth"


def test_what_is_measured_narrows_the_load() -> None:
    ordinary = flat("2026-12-01", [15.0] * 7)
    festivals = [flat(day, [55.0] * 3) for day in ("2024-02-09", "2025-01-28", "2026-02-16")]
    areas = [
        replace(PLATE, homes_lived_in=None),
        replace(PLATE, homes_lived_in=None, winters=winters(ordinary)),
        replace(PLATE, homes_lived_in=None, winters=winters(ordinary, *festivals)),
    ]
    widths = [screen(county(area), draws=300).areas[0].width for area in areas]
    assert widths[0] > 1.1 * widths[1] > 1.1 * 1.1 * widths[2]


def test_the_register_counts() -> None:
    def listed(returning: float, away: float) -> Area:
        none = np.empty(0)
        register = HomesListed(returning=returning, staying_away=away, arrival=none, departure=none)
        return replace(PLATE, register=register)

    nobody, some, all_of_them = (loads(listed(*pair)) for pair in ((0, 60), (20, 0), (60, 0)))
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
        drawn = area_draws(replace(PLATE, register=register), shared(50, 0, 2027), 0)
        load = drawn.load_kw.reshape(50, -1, 96)
        return load.mean(axis=(0, 2))

    early, late = on_day(-9.0), on_day(4.0)
    assert early[3] > 1.3 * late[3]  # festival day -7
    assert early[-3] == pytest.approx(late[-3], rel=0.01)


def test_small_areas_are_less_certain() -> None:
    def spread(homes: int) -> float:
        """How far areas of so many homes lie from the level that they share with large ones."""
        area = replace(PLATE, homes=homes, homes_lived_in=homes)
        return float(np.std(np.log(loads(area, 300)) - level))

    level = np.log(loads(replace(PLATE, homes=5000, homes_lived_in=5000), 300))
    assert spread(6) > 2 * spread(54) > 4 * spread(486)
    assert spread(6) > 0.1


def test_a_group_of_homes_peaks_at_the_documented_level() -> None:
    """The levels are peaks of a group, single homes coincide as JGJ 242 says, two hours lie lower.

    Without growth, weather and what sets areas apart, the peak of 50 homes is their number times
    the after-diversity maximum demand.
    """
    common = shared(1, 0, LEVEL_YEAR)
    eve = common.celebrating_kw[0].max(axis=0).astype(float)
    group = eve * (1 + TIME_CV / np.sqrt(GROUP_HOMES) * common.paths)
    assert group.max(axis=1).mean() == pytest.approx(HOME_LEVEL * 2.2, rel=0.01)
    home = eve * np.maximum(1 + TIME_CV * common.paths, 0.0)
    peaks = [days.reshape(-1, 4 * 96).max(axis=1).mean() for days in (group, home)]
    assert peaks[0] / peaks[1] == pytest.approx(0.43, abs=0.01)
    sustained = two_hour_load(group).mean() / group.max(axis=1).mean()
    assert 0.75 < sustained < 0.9


# ---------------------------------------------------------------- the result


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.9))
def test_the_two_hour_load_is_what_the_rule_judges(seed: int, share: float) -> None:
    load = np.random.default_rng(seed).random((20, 40))
    limit = np.quantile(load, share)
    judged = two_hour_load(load) > limit
    np.testing.assert_array_equal(judged, lasts_two_hours(load > limit))
    windows = np.lib.stride_tricks.sliding_window_view(load, 8, axis=1).min(axis=-1)
    np.testing.assert_array_equal(two_hour_load(load), windows.max(axis=1))


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
        (0.2, True, True, Advice.LEAVE),
        (0.2, False, False, Advice.MEASURE),
        (0.01, False, False, Advice.LEAVE),
    ],
)
def test_advice(probability: float, curves: bool, register: bool, expected: Advice) -> None:
    assert advice(probability, curves=curves, register=register) is expected


def test_what_is_undecided_and_large_is_measured_first() -> None:
    assert at_stake(80, 0.5, Advice.MEASURE) == 40
    assert at_stake(80, 0.9, Advice.MEASURE) == pytest.approx(8)
    assert at_stake(80, 0.9, Advice.VISIT) == 72
    areas = [
        replace(PLATE, area=f"{n}", homes=20 + 10 * (n % 5), sn_kva=25.0 + 9 * n) for n in range(20)
    ]
    rows = screen(county(*areas), draws=100).areas
    for kind in Advice:
        same = sorted((row for row in rows if row.advice is kind), key=lambda row: row.turn)
        assert [row.turn for row in same] == list(range(1, len(same) + 1))
        stakes = [row.stake_homes for row in same]
        assert stakes == sorted(stakes, reverse=True)
    assert sum(row.advice is Advice.MEASURE for row in rows) > 3


def test_hours_are_those_of_the_measured_days() -> None:
    """Each draw takes one of the measured festivals, brought to its level."""
    rng = np.random.default_rng(2)
    curves = [
        (dt.date(year, 1, 1), 20 + 30 * rng.random((26, 96)).astype(np.float32))
        for year in (2025, 2026)
    ]
    starts = {2025: "2025-01-19", 2026: "2026-02-07"}
    past = winters(*((starts[date.year], curve) for date, curve in curves))
    area = replace(PLATE, winters=past, sn_kva=40.0)
    common = shared(400, 0, 2027)
    levels = county_levels([], 2027, 400, 0)
    found = judge(replace(area), common, replace(levels, winters=np.array([2025, 2026, 2027]),
                  drawn=np.zeros((400, 11)), colder_c=np.zeros(400)), 0)  # fmt: skip
    shapes = [winter.p_kw.ravel() / winter.festival_kw for winter in past]
    hours = np.mean(
        [
            np.mean([(level * POWER_FACTOR * shape > 40 * POWER_FACTOR).sum() / 4
                     for shape in shapes])
            for level in found.load_kva
        ]
    )  # fmt: skip
    assert found.hours_over_100 == pytest.approx(hours, rel=0.1)
    assert found.hours_over_100 > 1
    np.testing.assert_array_equal(found.overloaded, found.load_kva > 40)


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
