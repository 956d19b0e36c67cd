"""Curves of voltage are read from every layout beside those of power, with every fault at once."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from gridplan.demand.meter_layouts import MeterLayout
from gridplan.demand.metering import read_meters
from gridplan.demand.phase_curves import PhaseCurves, read_phase_curves
from gridplan.errors import StudyError

DAY = dt.date(2027, 1, 10)
STATE_GRID = ("ID", "DATA_DATE", "PHASE_FLAG", *(f"U{k}" for k in range(1, 97)))
POWER = ("ID", "DATA_DATE", "DATA_TYPE", *(f"P{k}" for k in range(1, 97)))
CLOCKS = [f"{quarter // 4:02d}:{15 * (quarter % 4):02d}" for quarter in range(96)]
#: Voltages of a home on its one terminal and of the transformer on three (meter, 3, day, 96).
U_V = np.round(220 + np.random.default_rng(1).normal(0, 3, (2, 3, 2, 96)), 1)
U_V[0, 1:] = np.nan
P_KW = np.round(np.random.default_rng(2).uniform(0.1, 3, (2, 2, 96)), 3)


def date(day: int) -> str:
    return (DAY + dt.timedelta(days=day)).isoformat()


def write(path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def voltage_rows(flags: Sequence[str] = ("1", "2", "3")) -> list[list[object]]:
    return [
        [name, date(day), flags[phase], *U_V[meter, phase, day]]
        for meter, name in enumerate(("H1", "T1"))
        for phase in range(3)
        for day in range(2)
        if np.isfinite(U_V[meter, phase]).all()
    ]


def check(curves: PhaseCurves) -> None:
    assert curves.ids.tolist() == ["H1", "T1"]
    assert curves.start == np.datetime64(DAY)
    np.testing.assert_allclose(curves.u_v, U_V, atol=1e-4)
    assert curves.three_phase.tolist() == [False, True]


@pytest.mark.parametrize("flags", [("1", "2", "3"), ("A", "B", "C"), ("A相", "B相", "C相")])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_state_grid(tmp_path: Path, flags: Sequence[str], encoding: str) -> None:
    write(tmp_path / "E_MP_VOL_CURVE.csv", [STATE_GRID, *voltage_rows(flags)], encoding)
    curves = read_phase_curves(tmp_path)
    check(curves)
    assert np.isnan(curves.p_kw).all()


def test_china_southern(tmp_path: Path) -> None:
    heading = ("RUN_METER_ID", "DATA_TIME", "P_VOLT_A", "P_VOLT_B", "P_VOLT_C", "P_CURR_A")
    words = ("运行电能表标识", "数据时间", "A相电压", "B相电压", "C相电压", "A相电流")
    rows: list[Sequence[object]] = [heading, words]
    for meter, name in enumerate(("H1", "T1")):
        for point in range(192):
            stamp = dt.datetime.combine(DAY, dt.time()) + dt.timedelta(minutes=15 * point)
            volts = U_V[meter, :, point // 96, point % 96]
            cells = ["" if np.isnan(value) else value for value in volts]
            rows.append((name, stamp.isoformat(sep=" "), *cells, 1.0))
    write(tmp_path / "MK_1_16.csv", rows, "utf-8-sig")
    check(read_phase_curves(tmp_path))


def test_a_workbook_with_powers_beside_voltages(tmp_path: Path) -> None:
    words = {0: "A相电压", 1: "B相电压", 2: "C相电压"}
    with xlsxwriter.Workbook(tmp_path / "curves.xlsx") as book:
        sheet = book.add_worksheet("曲线")
        rows: list[Sequence[object]] = [("户号", "数据日期", "数据类型", *CLOCKS)]
        rows += [
            (name, date(day), words[phase], *U_V[meter, phase, day])
            for meter, name in enumerate(("H1", "T1"))
            for phase in range(3)
            for day in range(2)
            if np.isfinite(U_V[meter, phase]).all()
        ]
        rows += [("H1", date(day), "总有功", *P_KW[0, day]) for day in range(2)]
        rows.append(("H1", date(0), "A相电流", *P_KW[0, 0]))
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    curves = read_phase_curves(tmp_path)
    check(curves)
    np.testing.assert_allclose(curves.p_kw[0, 0], P_KW[0], atol=1e-5)
    assert np.isnan(curves.p_kw[1]).all()
    # the same workbook is read for its powers alone
    np.testing.assert_allclose(read_meters(tmp_path).p_kw[0], P_KW[0], atol=1e-5)


def test_files_of_other_days_and_meters_stand_side_by_side(tmp_path: Path) -> None:
    rows = voltage_rows()
    write(tmp_path / "day0.csv", [STATE_GRID, *[row for row in rows if row[1] == date(0)]])
    write(tmp_path / "day1.csv", [STATE_GRID, *[row for row in rows if row[1] == date(1)]])
    phases = [("T1", date(1), str(kind), *P_KW[0, 0]) for kind in (2, 3, 4)]
    write(tmp_path / "power.csv", [POWER, *phases])
    currents = ("ID", "DATA_DATE", "PHASE_FLAG", *(f"I{k}" for k in range(1, 97)))
    write(tmp_path / "currents.csv", [currents, ["H1", date(0), "1", *P_KW[0, 0]]])
    curves = read_phase_curves(tmp_path, MeterLayout(ct_ratio=30.0))
    check(curves)  # the ratio is one of currents
    np.testing.assert_allclose(curves.p_kw[1, 1:, 1], 30 * P_KW[[0, 0, 0], 0], rtol=1e-6)
    assert np.isnan(curves.p_kw[1, 1:, 0]).all()
    other = [note for note in curves.notes if note.code == "meter-other-curve"]
    assert [(note.where, note.severity) for note in other] == [("currents.csv:1", "note")]
    # a study's reader of powers leaves voltages out of the same folder
    assert read_meters(tmp_path).ids.tolist() == ["T1"]


def test_codes_for_no_reading_are_gaps(tmp_path: Path) -> None:
    rows = voltage_rows()
    rows[0][10] = "65535"
    rows[1][20] = ""
    write(tmp_path / "u.csv", [STATE_GRID, *rows])
    curves = read_phase_curves(tmp_path)
    gaps = np.isnan(curves.u_v[0, 0])
    assert np.argwhere(gaps).tolist() == [[0, 7], [1, 17]]


def test_all_faults_at_once(tmp_path: Path) -> None:
    rows = voltage_rows()
    rows[1][1] = "10 January"
    rows[2][2] = "4"
    rows[3][5] = "2o0"
    rows.append([*rows[4][:3], *(value + 1.0 for value in U_V[1, 2, 0])])
    write(tmp_path / "a.csv", [STATE_GRID, *rows])
    write(tmp_path / "b.csv", [STATE_GRID[:-1], ["H1", date(0), "1", *U_V[0, 0, 0, :-1]]])
    with pytest.raises(StudyError) as caught:
        read_phase_curves(tmp_path)
    found = sorted((one.code, one.where) for one in caught.value.faults if one.severity == "error")
    assert found == [
        ("meter-date", "a.csv:3"),
        ("meter-duplicate", "a.csv:10"),
        ("meter-number", "a.csv:5"),
        ("meter-points", "b.csv:1"),
        ("meter-type", "a.csv:4"),
    ]
    assert "column U96 is missing" in str(caught.value)
    assert "1, 2 or 3 (A, B, C相)" in str(caught.value)


def test_powers_alone_tell_no_phases(tmp_path: Path) -> None:
    write(tmp_path / "p.csv", [POWER, ["H1", date(0), "1", *P_KW[0, 0]]])
    with pytest.raises(StudyError, match="phases are told by voltages"):
        read_phase_curves(tmp_path)


def test_currents_alone_are_refused(tmp_path: Path) -> None:
    heading = ("RUN_METER_ID", "DATA_TIME", "P_CURR_A")
    write(tmp_path / "i.csv", [heading, ["H1", f"{date(0)} 00:00:00", 3.0]])
    for read in (read_phase_curves, read_meters):
        with pytest.raises(StudyError, match="a curve of currents and voltages"):
            read(tmp_path)


def test_voltages_in_another_unit_are_said(tmp_path: Path) -> None:
    rows = [[*row[:3], *(10 * float(str(v)) for v in row[3:])] for row in voltage_rows()[:2]]
    write(tmp_path / "u.csv", [STATE_GRID, *rows, *voltage_rows()[2:]])
    notes = read_phase_curves(tmp_path).notes
    assert [(note.code, note.where) for note in notes] == [("meter-voltage", "H1")]
