"""Faults planted in every file of a study: all reported in one run, and nothing dropped unsaid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import gridplan as gp
from gridplan.cli.exits import BAD_INPUT, DONE
from gridplan.cli.main import cli
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.metering import read_meters
from gridplan.errors import Fault
from tests.unit.demand.test_metering import STATE_GRID, planted, power, wide, write
from tests.unit.demand.test_register_ledger import HEADING as REGISTER_HEADING
from tests.unit.demand.test_register_ledger import PLANTED as IN_REGISTER

NETWORK = Path(__file__).parents[3] / "networks" / "hongjiawan"
NAME = "hongjiawan"
#: Rows of the crew's sheet -> what is wrong there.
IN_CLAMP = {
    "hongjiawan,F9,2027-01-20 19:00,9,9,9,1,,,": ["clamp-circuit"],  # 2
    "hongjiawan,F1,20/1/2027,9,9,9,1,,,": ["clamp-time"],  # 3
    "hongjiawan,F1,2027-01-20,9,9,9,1,,,": ["clamp-time"],  # 4: no hour
    "hongjiawan,F1,2027-01-20 19:00,-9,9,9,1,,,": ["clamp-number"],  # 5
    "hongjiawan,F1,2027-01-20 19:10,9 A,9,9,1,,,": ["clamp-number"],  # 6
    "hongjiawan,F1,2027-01-20 19:20,9999.9,65535,9,1,,,": ["clamp-no-reading"] * 2,  # 7
    "hongjiawan,F1,2027-01-20 19:30,30000,9,9,1,,,": ["clamp-number"],  # 8: milliamperes
    ",F1,2027-01-20 19:40,9,9,9,1,,,": ["clamp-place"],  # 9
    "hongjiawan,,2027-01-20 19:50,9,9,9,1,,,": ["clamp-place"],  # 10
    "hongjiawan,F1,2027-01-20 20:00,9,9": ["clamp-cells"],  # 11
    "hongjiawan,F1,2027-01-20 20:10,9,9,9,1,,,": [],  # 12: right
    "hongjiawan,F1,2027-01-20 20:10,9,9,8,1,,,": ["clamp-duplicate"],  # 13
    "another,F1,2027-01-20 20:10,9,9,9,1,,,": [],  # 14: of another area
    "another,F1,2027-01-20 20:20,9,-1,9,1,,,": ["clamp-number"],  # 15: faults there count, too
}
STUDY = """name: planted
title: Planted faults
forecast:
  period: {festival_year: 2027, first_day: -1, last_day: 0}
  step_minutes: 60
  draws: 3
  registers: .
  meters: meters
  clamp: clamp.csv
  scenarios:
    expected: {}
"""


def planted_study(folder: Path) -> list[tuple[str, str]]:
    """Files of a study with all planted faults; code and place of each."""
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    rows = [row.replace("T1,", f"{NAME},", 1) for row in IN_REGISTER]
    register = "\n".join([REGISTER_HEADING, f"{NAME},HJW001,3,,,,,,,,,,,", *rows]) + "\n"
    (folder / f"{NAME}.csv").write_text(register, encoding="utf-8")
    meters = folder / "meters" / NAME
    meters.mkdir(parents=True)
    expected = [(code, f"meters/{NAME}/{where}") for code, where in planted(meters)]
    clamp = "\n".join(["area,circuit,time,Ia,Ib,Ic,In,Ua,Ub,Uc", *IN_CLAMP]) + "\n"
    (folder / "clamp.csv").write_text(clamp, encoding="utf-8")
    expected += [
        (code, f"clamp.csv:{row}")
        for row, codes in enumerate(IN_CLAMP.values(), start=2)
        for code in codes
    ]
    return expected


def registered_faults() -> set[str]:
    """Places of the register's faults; as its customers are other ones, their codes differ."""
    return {f"{NAME}.csv:{row}" for row, _ in enumerate(IN_REGISTER, start=3)}


def test_all_planted_faults_of_a_study_come_in_one_run(tmp_path: Path) -> None:
    expected = planted_study(tmp_path)
    feeder, study = gp.read_feeder(NETWORK), gp.read_study(tmp_path / "study.yaml")
    with pytest.raises(gp.StudyError) as caught:
        forecast_demand(feeder, study.forecast)
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    of_register = [fault for fault in errors if fault.code.startswith("register-")]
    others = [fault for fault in errors if fault not in of_register]
    assert sorted((fault.code, fault.where) for fault in others) == sorted(expected)
    assert {fault.where for fault in of_register} == registered_faults()
    assert len(expected) + len(registered_faults()) >= 55
    assert all(fault.remedy for fault in errors)
    assert "13812345678" not in str(caught.value)  # a telephone number in a column of persons


def test_the_command_line_shows_all_of_them(tmp_path: Path) -> None:
    expected = planted_study(tmp_path)
    result = CliRunner().invoke(cli, ["forecast", str(NETWORK), str(tmp_path / "study.yaml")])
    assert result.exit_code == BAD_INPUT
    assert "Traceback" not in result.output
    for place in {where for _, where in expected} | registered_faults():
        assert f"{place}: " in result.stderr, place


def notes_of(folder: Path, p_kw: np.ndarray, rows: list[str]) -> tuple[Fault, ...]:
    """What a study says whose files have nothing that refuses them."""
    names = gp.read_feeder(NETWORK).customers.id[: len(p_kw)].tolist()
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "meters").mkdir(exist_ok=True)
    table = [list(row) for row in wide(p_kw)]
    for row in table:
        row[0] = names[int(str(row[0])[1:])]
        row[3:] = ["" if text == "nan" else text for text in row[3:]]
    write(folder / "meters" / f"{NAME}.csv", [STATE_GRID, *table])
    register = f"area,customer_id,persons,户主\n{NAME},{names[0]},2,x\n{NAME},,3,x\n"
    (folder / f"{NAME}.csv").write_text(register, encoding="utf-8")
    text = "\n".join(["area,circuit,time,Ia,Ib,Ic,mean_c", *rows]) + "\n"
    (folder / "clamp.csv").write_text(text, encoding="utf-8")
    study = gp.read_study(folder / "study.yaml")
    return forecast_demand(gp.read_feeder(NETWORK), study.forecast).notes


def test_nothing_is_dropped_or_filled_without_a_word(tmp_path: Path) -> None:
    p_kw = power(2, 8)
    p_kw[0, 2, 5], p_kw[0, 3, 7:9], p_kw[1, 4] = 65535, 9999.99, np.nan
    rows = [
        f"{NAME},F1,2027-01-18 19:00,5,4,4,",  # 2: used
        f"{NAME},F1,2027-01-18 19:10,5,,4,",  # 3: a phase was not measured
        f"{NAME},F1,2027-01-18 19:20,0,0,0,",  # 4: nothing
        f"{NAME},F1,2026-02-17 19:00,5,4,4,",  # 5: another festival
        f"{NAME},F1,2027-01-18 19:00,5,4,4,",  # 6: the same row again
        "another,F1,2027-01-18 19:00,5,4,4,",  # 7
        f"{NAME},F2,2027-01-18 19:00,1,1,1,-3",  # 8: a temperature, and no usual_c
    ]
    notes = notes_of(tmp_path, p_kw, rows)
    said = {(note.code, note.where) for note in notes}
    assert {
        ("meter-no-reading", f"meters/{NAME}.csv:4"),
        ("meter-missing-points", f"meters/{NAME}.csv:2"),
        ("meter-missing-points", f"meters/{NAME}.csv:10"),
        ("register-column-dropped", f"{NAME}.csv:1"),
        ("register-without-home", f"{NAME}.csv:3"),
        ("clamp-missing", "clamp.csv:3"),
        ("clamp-zero", "clamp.csv:4"),
        ("clamp-other-festival", "clamp.csv:5"),
        ("clamp-repeated", "clamp.csv:6"),
        ("clamp-other-areas", "clamp.csv:7"),
    } <= said
    assert any(note.code == "clamp-temperature" for note in notes)
    (coded,) = [note for note in notes if note.code == "meter-no-reading"]
    assert coded.rows == 3
    readings = read_meters(tmp_path / "meters" / f"{NAME}.csv")
    expected = p_kw.copy()
    expected[expected > 100] = np.nan  # never used as values, nor filled
    np.testing.assert_allclose(readings.p_kw, expected, rtol=1e-6)
    missing = sum(note.rows for note in notes if note.code == "meter-missing-points")
    assert missing == np.isnan(expected).sum()


def test_the_files_without_faults_are_used(tmp_path: Path) -> None:
    notes_of(tmp_path, power(2, 8), [f"{NAME},F1,2027-01-18 19:00,5,4,4,"])
    arguments = ["forecast", str(NETWORK), str(tmp_path / "study.yaml"), "--format", "json"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == DONE, result.output
    assert "warning: hongjiawan.csv:3: customer_id is empty" in result.stderr
    study = gp.read_study(tmp_path / "study.yaml")
    bare = study.forecast.model_copy(update={"clamp": None})
    feeder = gp.read_feeder(NETWORK)
    assert forecast_demand(feeder, bare).clamp is None
    assert forecast_demand(feeder, study.forecast).clamp is not None
