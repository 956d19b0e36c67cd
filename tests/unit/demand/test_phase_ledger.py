"""Recorded phases are read with date, source and confidence, every fault at once."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest

from gridplan.demand.phase_ledger import PhaseRecord, read_phase_records
from gridplan.errors import StudyError


def write(path: Path, *rows: Sequence[object], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_stations_table(tmp_path: Path) -> None:
    path = write(
        tmp_path / "hplc.csv",
        ("户号", "户名", "相别", "识别时间", "置信度"),
        ("0012", "x", "A相", "2026-11-02 03:15:07", "95%"),
        ("0013", "x", "三相", "2026-11-02", "0.8"),
        ("0014", "x", "未知", "", ""),
        ("0015", "x", "c", "", ""),
        encoding="gbk",
    )
    ledger = read_phase_records(path)
    day = dt.date(2026, 11, 2)
    assert ledger.records == (
        PhaseRecord(customer_id="0012", phase="a", date=day, confidence=0.95, where="hplc.csv:2"),
        PhaseRecord(customer_id="0013", phase="abc", date=day, confidence=0.8, where="hplc.csv:3"),
        PhaseRecord(customer_id="0015", phase="c", where="hplc.csv:5"),
    )
    assert {one.source for one in ledger.records} == {"HPLC"}
    assert sorted(note.code for note in ledger.notes) == ["phase-column-dropped", "phase-unknown"]


def test_an_archive_of_meters(tmp_path: Path) -> None:
    path = write(
        tmp_path / "MK_1_3.csv",
        ("RUN_METER_ID", "PHASE_CODE", "source"),
        ("M1", "1", "archive"),
        ("M2", "3", "archive"),
        ("M3", "0", "archive"),
    )
    ledger = read_phase_records(path)
    assert [(one.customer_id, one.phase, one.source) for one in ledger.records] == [
        ("M1", "a", "archive"),
        ("M2", "c", "archive"),
    ]


def test_all_faults_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.csv",
        ("customer_id", "phase", "date", "confidence", "source"),
        ("", "a", "", "", ""),
        ("H1", "d", "", "", ""),
        ("H2", "a", "in May", "", ""),
        ("H3", "a", "2026-05-01", "95", ""),
        ("H4", "a", "2026-05-01", "", "crew"),
        ("H4", "b", "2026-05-01", "", "crew"),
        ("H4", "b", "2026-06-01", "", "crew"),
        ("H4", "b", "2026-05-01", "", "HPLC"),
    )
    with pytest.raises(StudyError) as caught:
        read_phase_records(path)
    assert [(one.code, one.where) for one in caught.value.faults] == [
        ("phase-empty", "p.csv:2"),
        ("phase-phase", "p.csv:3"),
        ("phase-date", "p.csv:4"),
        ("phase-number", "p.csv:5"),
        ("phase-twice", "p.csv:7"),
    ]


def test_columns_that_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no heading phase"):
        read_phase_records(write(tmp_path / "p.csv", ("户号", "日期"), ("1", "2026-05-01")))
    with pytest.raises(StudyError, match=r"gone\.csv"):
        read_phase_records(tmp_path / "gone.csv")
