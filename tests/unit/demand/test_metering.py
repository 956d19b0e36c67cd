"""Meter exports of every layout give the same readings; what is wrong with them is said at once."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.celltext import no_readings
from gridplan.demand.meter_layouts import MeterLayout
from gridplan.demand.metering import MeterReadings, read_meters
from gridplan.demand.register import pseudonym
from gridplan.errors import InputError, StudyError

KEY = b"sixteen bytes or more"
POINTS = [f"P{number}" for number in range(1, 97)]
CLOCKS = [f"{quarter // 4:02d}:{15 * (quarter % 4):02d}" for quarter in range(97)]
DAY = dt.date(2027, 2, 5)
Row = Sequence[object]


def power(meters: int = 2, days: int = 3) -> np.ndarray:
    """Distinct powers (meter, day, 96) with few digits."""
    count = meters * days * 96
    return (0.1 + np.arange(count) % 997 / 1000).reshape(meters, days, 96)


def date(day: int) -> str:
    return (DAY + dt.timedelta(days=day)).isoformat()


def wide(p_kw: np.ndarray, kind: str = "1") -> list[Row]:
    return [
        (f"M{meter}", date(day), kind, *(f"{value:.3f}" for value in p_kw[meter, day]))
        for meter in range(p_kw.shape[0])
        for day in range(p_kw.shape[1])
    ]


def write(path: Path, rows: Sequence[Row], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def codes(readings: MeterReadings) -> list[str]:
    return [fault.code for fault in readings.notes]


STATE_GRID = ("ID", "DATA_DATE", "DATA_TYPE", *POINTS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_state_grid_wide(tmp_path: Path, encoding: str) -> None:
    p_kw = power()
    readings = read_meters(write(tmp_path / "a.csv", [STATE_GRID, *wide(p_kw)], encoding))
    assert readings.ids.tolist() == ["M0", "M1"]
    assert readings.start == np.datetime64("2027-02-05T00:00")
    assert (readings.n_day, readings.days[2]) == (3, dt.date(2027, 2, 7))
    np.testing.assert_allclose(readings.p_kw, p_kw, rtol=1e-6)
    assert readings.p_kw.dtype == np.float32
    assert readings.notes == ()
    assert repr(readings) == (
        "<MeterReadings: 2 meters x 3 days from 2027-02-05 to 2027-02-07, 0.0% missing>"
    )


@pytest.mark.parametrize("first", [0, 1])
def test_workbook_with_clock_columns(tmp_path: Path, first: int) -> None:
    p_kw = power()
    path = tmp_path / "负荷导出.xlsx"
    clocks = [dt.time(*map(int, text.split(":"))) for text in CLOCKS[:-1]][first:]
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").write(0, 0, "导出说明")
        page = book.add_worksheet("负荷")
        hours = book.add_format({"num_format": "hh:mm"})
        page.write(0, 0, "某供电所负荷数据")
        page.write_row(1, 0, ["户号", "户名", "数据日期", "数据类型"])
        for at, clock in enumerate(clocks):
            page.write_datetime(1, 4 + at, clock, hours)
        if first:
            page.write_string(1, 4 + 95, "24:00")
        for at, row in enumerate(wide(p_kw, "总有功")):
            page.write_row(2 + at, 0, [row[0], "x", row[1], row[2], *map(float, row[3:])])
    readings = read_meters(path)
    np.testing.assert_allclose(readings.p_kw, p_kw, rtol=1e-6)
    assert sorted(codes(readings)) == [
        "meter-column-dropped", "meter-sheet-left-out", "meter-title",
    ]  # fmt: skip
    dropped = next(note for note in readings.notes if note.code == "meter-column-dropped")
    assert "户名" in dropped.what
    assert "personal" in dropped.what


def long_rows(p_kw: np.ndarray, later: int = 0) -> list[Row]:
    rows: list[Row] = [
        ("RUN_METER_ID", "DATA_TIME", "P_ACT", "AREA_CODE"),
        ("运行电能表标识", "数据时间", "有功功率", "地区编码"),
    ]
    begin = dt.datetime.combine(DAY, dt.time())
    for meter, values in enumerate(p_kw.reshape(len(p_kw), -1)):
        for quarter, value in enumerate(values):
            stamp = begin + dt.timedelta(minutes=15 * (quarter + later))
            rows.append((f"M{meter}", f"{stamp:%Y-%m-%d %H:%M:%S}", f"{value:.3f}", "0515"))
    return rows


@pytest.mark.parametrize(("first_point", "later"), [(None, 0), ("00:00", 0), ("00:15", 1)])
def test_china_southern_long(tmp_path: Path, first_point: str | None, later: int) -> None:
    p_kw = power()
    path = write(tmp_path / "a.csv", long_rows(p_kw, later), "utf-8-sig")
    readings = read_meters(path, MeterLayout(first_point=first_point))  # type: ignore[arg-type]
    np.testing.assert_allclose(readings.p_kw, p_kw, rtol=1e-6)
    assert codes(readings) == ["meter-column-dropped", "meter-second-heading"]


def test_long_phases_and_a_day_in_two_files(tmp_path: Path) -> None:
    heading = ("RUN_METER_ID", "DATA_TIME", "P_ACT_A", "P_ACT_B", "P_ACT_C")
    rows = [("M0", f"{date(0)} {clock}:00", "0.1", "0.2", "0.3") for clock in CLOCKS[:96]]
    write(tmp_path / "a.csv", [heading, *rows[:40]])
    write(tmp_path / "b.csv", [heading, *rows[40:]])
    readings = read_meters(tmp_path)
    np.testing.assert_allclose(readings.p_kw, np.full((1, 1, 96), 0.6), rtol=1e-6)
    assert codes(readings) == ["meter-phases-summed"]


def test_phases_stand_in_for_a_missing_total(tmp_path: Path) -> None:
    p_kw = power(1, 2)
    total = [list(row) for row in wide(p_kw)]
    total[0][3 + 10] = ""
    total[1][3:] = [""] * 96
    shares = [wide(p_kw * share, kind) for share, kind in ((0.5, "2"), (0.3, "3"), (0.2, "4"))]
    shares[2][1] = (*shares[2][1][:3], *["NULL"] * 96)  # phase c of the second day
    reactive = wide(p_kw, "5")
    rows = [STATE_GRID, *total, *(row for part in shares for row in part), *reactive]
    readings = read_meters(write(tmp_path / "a.csv", rows))
    np.testing.assert_allclose(readings.p_kw[0, 0], p_kw[0, 0], atol=2e-3)
    assert np.isnan(readings.p_kw[0, 1]).all()
    assert sorted(codes(readings)) == [
        "meter-missing-points", "meter-phases-summed", "meter-type-left-out",
    ]  # fmt: skip


def test_phases_that_do_not_fit_the_total(tmp_path: Path) -> None:
    rows = [STATE_GRID, *wide(power(1, 1)), *wide(power(1, 1) / 20, "2")]
    readings = read_meters(write(tmp_path / "a.csv", rows))
    assert codes(readings) == ["meter-phases-differ"]


@pytest.mark.parametrize(
    ("first_point", "stamp", "shift"),
    [("00:00", "begin", 0), ("00:15", "end", 0), ("00:00", "end", -1), ("00:15", "begin", 1)],
)
def test_the_meaning_of_a_point_is_a_setting(
    tmp_path: Path, first_point: str, stamp: str, shift: int
) -> None:
    p_kw = power()
    layout = MeterLayout(first_point=first_point, stamp=stamp)  # type: ignore[arg-type]
    readings = read_meters(write(tmp_path / "a.csv", [STATE_GRID, *wide(p_kw)]), layout)
    first = np.datetime64("2027-02-05T00:00") + np.timedelta64(15 * shift, "m")
    at = int((first - readings.start) / np.timedelta64(15, "m"))
    found = readings.p_kw.reshape(2, -1)
    np.testing.assert_allclose(found[:, at : at + 288], p_kw.reshape(2, -1), rtol=1e-6)
    assert np.isfinite(found).sum() == p_kw.size


def test_energy_and_ratio(tmp_path: Path) -> None:
    p_kw = power()
    path = write(tmp_path / "a.csv", [STATE_GRID, *wide(p_kw)])
    by_meter = MeterLayout(unit="kWh", ct_ratio={"M0": 1, "M1": 20})
    readings = read_meters(path, by_meter)
    np.testing.assert_allclose(readings.p_kw[0], 4 * p_kw[0], rtol=1e-5)
    np.testing.assert_allclose(readings.p_kw[1], 80 * p_kw[1], rtol=1e-5)
    np.testing.assert_allclose(
        read_meters(path, MeterLayout(ct_ratio=30)).p_kw, 30 * p_kw, rtol=1e-5
    )
    with pytest.raises(StudyError, match="no current transformer ratio is given for meter 'M1'"):
        read_meters(path, MeterLayout(ct_ratio={"M0": 1}))


def test_ratio_column(tmp_path: Path) -> None:
    rows = [(*row[:3], "20", *row[3:]) for row in wide(power())]
    path = write(tmp_path / "a.csv", [("ID", "DATA_DATE", "DATA_TYPE", "倍率", *POINTS), *rows])
    readings = read_meters(path, MeterLayout(ct_ratio="column"))
    np.testing.assert_allclose(readings.p_kw, 20 * power(), rtol=1e-5)
    unused = read_meters(path)
    assert codes(unused) == ["meter-ratio-unused"]
    np.testing.assert_allclose(unused.p_kw, power(), rtol=1e-6)


def test_missing_points_are_counted_and_never_filled(tmp_path: Path) -> None:
    rows = [list(row) for row in wide(power(2, 4))]
    rows[1][10], rows[1][11] = "", "--"
    del rows[2]
    readings = read_meters(write(tmp_path / "a.csv", [STATE_GRID, *rows]))
    assert np.isnan(readings.p_kw[0]).sum() == 98
    assert np.isfinite(readings.p_kw[1]).all()
    (note,) = readings.notes
    assert note.what.startswith("meter M0: 98 of 384 points missing")
    assert "1 whole days" in note.what


def test_what_is_hard_to_believe(tmp_path: Path) -> None:
    p_kw = np.full((5, 8, 96), 0.5)
    p_kw[0, 2, 5] = -0.4
    p_kw[1, 3, 5] = 900.0
    p_kw[2, 4] = 0.0
    p_kw[3, 4:] *= 20
    p_kw[4, 4:] *= 4  # somebody came home
    readings = read_meters(write(tmp_path / "a.csv", [STATE_GRID, *wide(p_kw)]))
    found = {(fault.code, fault.where, fault.severity) for fault in readings.notes}
    assert found == {
        ("meter-negative", "a.csv:4", "warning"),
        ("meter-huge", "a.csv:13", "warning"),
        ("meter-zero-day", "a.csv:22", "warning"),
        ("meter-step", "a.csv:30", "warning"),
    }
    huge = next(fault for fault in readings.notes if fault.code == "meter-huge")
    assert "unit" in huge.remedy
    np.testing.assert_allclose(readings.p_kw, p_kw, rtol=1e-6)


def test_who_comes_home_is_no_ratio(tmp_path: Path) -> None:
    """Days, nights and peaks rise 20 times and more; what is on when nothing is used stays."""
    quarter = np.arange(96)
    standby = np.where(quarter % 8 < 3, 0.1, 0.014)  # a refrigerator beside 14 W
    lived_in = np.where((quarter > 24) & (quarter % 8 != 5), 1.5, 0.014)
    lived_in[4:20] = 0.9  # an electric blanket and a heater at night
    p_kw = np.tile(standby, (2, 16, 1))
    p_kw[0, 6:] = lived_in
    p_kw[0, 6:, [70, 74, 78]] = 2.4
    p_kw[1] = 20 * p_kw[0]
    p_kw[1, :10] = p_kw[0, :10]  # the same home, but from the eleventh day on in primary power
    readings = read_meters(write(tmp_path / "a.csv", [STATE_GRID, *wide(p_kw)]))
    steps = [fault for fault in readings.notes if fault.code == "meter-step"]
    assert [(fault.where, fault.what.split(":")[0]) for fault in steps] == [
        ("a.csv:28", "meter M1")
    ]
    assert "factor of 20" in steps[0].what


def test_a_step_of_the_known_ratio(tmp_path: Path) -> None:
    p_kw = np.full((1, 8, 96), 0.5)
    p_kw[0, 4:] *= 10
    path = write(tmp_path / "a.csv", [STATE_GRID, *wide(p_kw)])
    assert codes(read_meters(path)) == []
    assert codes(read_meters(path, MeterLayout(ct_ratio=10))) == ["meter-step"]


def test_pseudonyms_hide_numbers_everywhere(tmp_path: Path) -> None:
    p_kw = power()
    p_kw[1, 0, 0] = -1.0
    path = write(tmp_path / "a.csv", [STATE_GRID, *wide(p_kw)])
    readings = read_meters(path, MeterLayout(ct_ratio={"M0": 1, "M1": 1}), key=KEY)
    assert set(readings.ids) == {pseudonym("M0", KEY), pseudonym("M1", KEY)}
    assert "M1" not in str(readings.notes)
    np.testing.assert_allclose(readings.of([pseudonym("M1", KEY)]).p_kw[0], p_kw[1], rtol=1e-6)


def test_numbers_of_persons_are_not_repeated(tmp_path: Path) -> None:
    rows = [list(row) for row in wide(power(1, 3))]
    rows[0][0] = "13912345678"
    readings = read_meters(write(tmp_path / "a.csv", [STATE_GRID, *rows]))
    (phone,) = [note for note in readings.notes if note.code == "meter-phone"]
    assert phone.severity == "warning"
    assert "139" not in str(phone)
    rows[1][0] = "11010119900101123X"
    with pytest.raises(StudyError, match="identity number") as caught:
        read_meters(write(tmp_path / "a.csv", [STATE_GRID, *rows]))
    assert "11010119900101123" not in str(caught.value)


@pytest.mark.parametrize("last", ["[hh]:mm", "hh:mm", "00:00"])
def test_midnight_at_the_end_of_the_day_in_a_workbook(tmp_path: Path, last: str) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page, hours = book.add_worksheet("a"), book.add_format({"num_format": last})
        page.write_row(0, 0, ["台区编号", "数据日期", *CLOCKS[1:96]])
        if last != "00:00":
            page.write_number(0, 97, 1.0, hours)
        else:
            page.write_string(0, 97, "00:00")
        page.write_row(1, 0, ["0012", date(0), *range(96)])
    readings = read_meters(path)
    np.testing.assert_array_equal(readings.p_kw[0, 0], np.arange(96))


def test_selection(tmp_path: Path) -> None:
    readings = read_meters(write(tmp_path / "a.csv", [STATE_GRID, *wide(power())]))
    chosen = readings.of(["M1", "X", "M0"], missing_ok=True)
    np.testing.assert_array_equal(chosen.p_kw[[2, 0]], readings.p_kw)
    assert np.isnan(chosen.p_kw[1]).all()
    assert codes(chosen) == ["meter-unknown"]
    with pytest.raises(StudyError) as caught:
        readings.of(["X", "Y"])
    assert [fault.where for fault in caught.value.faults] == ["meter X", "meter Y"]


def test_repeated_rows(tmp_path: Path) -> None:
    rows = wide(power())
    readings = read_meters(write(tmp_path / "a.csv", [STATE_GRID, *rows, rows[0]]))
    assert codes(readings) == ["meter-repeated"]
    twice = long_rows(power(1, 1))
    readings = read_meters(write(tmp_path / "b.csv", [*twice, twice[-1]]))
    assert "meter-repeated" in codes(readings)


def planted(folder: Path) -> list[tuple[str, str]]:
    """Files with twenty planted faults; code and place of each."""
    good = [list(row) for row in wide(power(1, 14))]

    def changed(day: int, **cells: object) -> list[object]:
        row = list(good[day])
        for name, value in cells.items():
            row[STATE_GRID.index(name)] = value
        return row

    rows = [
        STATE_GRID,
        good[0],  # 2
        changed(1, DATA_DATE="2027-02-30"),  # 3
        changed(2, DATA_DATE="soon"),  # 4
        changed(3, DATA_DATE="1027-02-05"),  # 5
        changed(4, P7="1.2.3"),  # 6
        changed(5, P1="1,5", P96="inf"),  # 7
        changed(6, P2="1_0"),  # 8
        changed(7, DATA_TYPE="9"),  # 9
        changed(8, ID=""),  # 10
        changed(9, ID="1.23457E+12"),  # 11
        [*good[10], "0.5"],  # 12: a 97th point
        good[11][:50],  # 13: cells missing
        changed(0, P3="9"),  # 14: the first day again
        changed(12, DATA_DATE=f"{date(12)} 06:00"),  # 15
    ]
    write(folder / "a.csv", rows)
    write(folder / "b.csv", [("ID", "DATA_DATE", *POINTS, "P97"), ["M0", date(0), *["1"] * 97]])
    swapped = [*CLOCKS[:4], CLOCKS[5], CLOCKS[4], *CLOCKS[6:96]]
    write(folder / "c.csv", [("户号", "数据日期", *swapped), ["M0", date(0), *["1"] * 96]])
    write(folder / "d.csv", [("id", "kVA"), ("T1", "100")])
    write(folder / "e.csv", [("ID", "DATA_DATE", "I_MAX")])
    times = [f"{date(0)} 02:00:00", f"{date(0)} 02:07:00", f"{date(0)} 02:00:00"]
    heading = ("RUN_METER_ID", "DATA_TIME", "P_ACT")
    write(folder / "f.csv", [heading, *(("M5", t, k) for k, t in enumerate(times))])
    (folder / "g.xls").write_bytes(b"\xd0\xcf")
    return [
        *[("meter-date", f"a.csv:{row}") for row in (3, 4, 5, 15)],
        *[("meter-number", f"a.csv:{row}") for row in (6, 7, 8)],
        ("meter-type", "a.csv:9"),
        *[("meter-id", f"a.csv:{row}") for row in (10, 11)],
        ("meter-points", "a.csv:12"),
        ("meter-cells", "a.csv:13"),
        ("meter-duplicate", "a.csv:14"),
        ("meter-points", "b.csv:1"),
        ("meter-points", "c.csv:1"),
        ("meter-layout", "d.csv:1"),
        ("meter-layout", "e.csv:1"),
        ("meter-time", "f.csv:3"),
        ("meter-duplicate", "f.csv:4"),
        ("file-kind", "g.xls"),
    ]


def test_twenty_planted_faults_at_once(tmp_path: Path) -> None:
    expected = planted(tmp_path)
    with pytest.raises(StudyError) as caught:
        read_meters(tmp_path)
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert len(expected) == 20
    assert sorted((fault.code, fault.where) for fault in errors) == sorted(expected)
    assert all(fault.remedy for fault in errors)
    seventh = next(fault for fault in errors if fault.where == "a.csv:7")
    assert "'1,5' and 1 more" in seventh.what


CODES = ["9999", "9999.99", "-99999", "65535", "6553.5", "-32768", "4294967295", "999.9"]


@pytest.mark.parametrize("form", ["wide", "long"])
def test_codes_for_no_reading_are_missing_points(tmp_path: Path, form: str) -> None:
    p_kw = power(2, 2)
    rows = [list(row) for row in (wide(p_kw) if form == "wide" else long_rows(p_kw))]
    places = []
    for at, code in enumerate(CODES):
        quarter = 4 * at + 1
        row, column = (1, 3 + quarter) if form == "wide" else (2 + 2 * 96 + 96 + quarter, 2)
        if form == "wide":
            row = 3  # M1, second day
        rows[row][column] = code
        places.append(quarter)
    heading = [STATE_GRID] if form == "wide" else []
    readings = read_meters(write(tmp_path / "a.csv", [*heading, *rows]))
    assert np.isnan(readings.p_kw[1, 1, places]).all()
    expected = p_kw.copy()
    expected[1, 1, places] = np.nan
    np.testing.assert_allclose(readings.p_kw, expected, rtol=1e-6)
    (note,) = [fault for fault in readings.notes if fault.code == "meter-no-reading"]
    assert note.what.startswith(f"meter M1: {len(CODES)} points hold")
    assert note.rows == len(CODES)
    assert note.where == ("a.csv:5" if form == "wide" else "a.csv:291")  # its day's first row
    missing = next(fault for fault in readings.notes if fault.code == "meter-missing-points")
    assert missing.what.startswith(f"meter M1: {len(CODES)} of 192 points missing")
    assert not any(fault.severity == "warning" for fault in readings.notes)


def test_a_code_is_known_as_written_before_ratio_and_unit(tmp_path: Path) -> None:
    rows = [list(row) for row in wide(power(1, 2))]
    rows[0][3 + 95] = "9999.99"
    path = write(tmp_path / "a.csv", [STATE_GRID, *rows])
    layout = MeterLayout(first_point="00:15", stamp="begin", ct_ratio=30, unit="kWh")
    readings = read_meters(path, layout)
    assert np.nanmax(readings.p_kw) == pytest.approx(120 * power(1, 2).max(), rel=1e-5)
    (note,) = [fault for fault in readings.notes if fault.code == "meter-no-reading"]
    assert note.rows == 1


@settings(max_examples=200, deadline=None)
@given(value=st.floats(-500, 500))
def test_no_possible_reading_of_a_home_is_taken_for_a_code(value: float) -> None:
    assert not no_readings(np.array([value])).any()


def test_clock_columns_against_the_setting(tmp_path: Path) -> None:
    rows = [("户号", "数据日期", *CLOCKS[1:]), ["M0", date(0), *["1"] * 96]]
    path = write(tmp_path / "a.csv", rows)
    assert read_meters(path).n_day == 1
    with pytest.raises(StudyError, match="first clock column is 00:15"):
        read_meters(path, MeterLayout(first_point="00:00"))


def test_a_wrong_year_is_said_and_not_stretched_over(tmp_path: Path) -> None:
    rows = [list(row) for row in wide(power(1, 3))]
    rows[1][1] = "2072-02-06"
    with pytest.raises(StudyError, match="correct the year") as caught:
        read_meters(write(tmp_path / "a.csv", [STATE_GRID, *rows]))
    assert caught.value.faults[0].where == "a.csv:3"


def test_many_faults_of_a_kind_are_counted(tmp_path: Path) -> None:
    rows = [("ID", "DATA_DATE", *POINTS), *(("M0", "never", *["1"] * 96) for _ in range(150))]
    with pytest.raises(StudyError) as caught:
        read_meters(write(tmp_path / "a.csv", rows))
    assert len(caught.value.faults) == 101
    assert caught.value.faults[-1].what == "50 more like these, the last at a.csv:151"
    assert caught.value.faults[-1].rows == 50


@pytest.mark.parametrize("name", ["missing.csv", "folder"])
def test_nothing_to_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "README.md").write_text("about", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_meters(tmp_path / name)
    assert [f.code for f in caught.value.faults if f.severity == "error"] in (
        ["file-missing"], ["meter-missing"],
    )  # fmt: skip


def test_wrong_settings() -> None:
    with pytest.raises(ValueError, match="unit is 'W'"):
        MeterLayout(unit="W")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ct_ratio is 0"):
        MeterLayout(ct_ratio=0)
    with pytest.raises(ValueError, match="ct_ratio is 'row'"):
        MeterLayout(ct_ratio="row")  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    missing=st.floats(0, 0.6),
    form=st.sampled_from(["wide", "long"]),
)
def test_readings_come_back(
    tmp_path_factory: pytest.TempPathFactory, seed: int, missing: float, form: str
) -> None:
    random = np.random.default_rng(seed)
    p_kw = np.round(random.gamma(1.0, 1.0, (2, 2, 96)), 3)
    p_kw[random.random(p_kw.shape) < missing] = np.nan
    p_kw[:, [0, -1], [0, -1]] = 1.0  # the first and last day are there
    rows = [STATE_GRID, *wide(p_kw)] if form == "wide" else long_rows(p_kw)
    rows = [rows[0], *(rows[1 + at] for at in random.permutation(len(rows) - 1))]
    if form == "long":  # the second heading stays where it was
        rows = [rows[0], *(row for row in rows[1:] if row[0] != "运行电能表标识")]
    path = write(tmp_path_factory.mktemp("meters") / "a.csv", rows)
    np.testing.assert_allclose(read_meters(path).p_kw, p_kw, rtol=1e-6)
