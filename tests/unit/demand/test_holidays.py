"""Official days off, as notices have them, and override files with everything wrong at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from gridplan.demand.holidays import official_holidays, read_holidays
from gridplan.demand.tables import table
from gridplan.errors import StudyError


def write(folder: Path, text: str) -> Path:
    path = folder / "holidays.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("date", "off"),
    [
        ("2026-02-15", True),  # the notice of 2025-11-04: 15 to 23 February,
        ("2026-02-23", True),
        ("2026-02-14", False),  # Saturdays worked instead
        ("2026-02-28", False),
        ("2017-10-08", True),  # the notice of 2016-12-01
        ("2017-09-30", False),
        ("2024-02-09", False),  # the Eve of 2024 was no holiday
        ("2025-01-28", True),
        ("2023-06-17", True),  # an ordinary Saturday
        ("2023-06-19", False),
    ],
)
def test_days_of_notices(date: str, off: bool) -> None:
    assert official_holidays().is_off(dt.date.fromisoformat(date)) is off


def test_shipped_days_are_possible() -> None:
    rows = table("official_days.csv")
    dates = [dt.date.fromisoformat(row["date"]) for row in rows]
    assert len(set(dates)) == len(dates)
    for row, date in zip(rows, dates, strict=True):
        assert row["kind"] == "off" or date.weekday() >= 5, date
    holidays = official_holidays()
    for year in range(2015, 2027):
        assert all(holidays.is_off(dt.date(year, 10, day)) for day in (1, 2, 3))
        assert holidays.is_off(dt.date(year, 5, 1))


def test_unknown_years_are_said_not_guessed() -> None:
    holidays = official_holidays()
    assert holidays.notes_on([dt.date(2026, 10, 1)]) == ()
    (note,) = holidays.notes_on([dt.date(2027, 10, 1), dt.date(2027, 10, 2)])
    assert note.severity == "note"
    assert note.where == "2027"
    assert not holidays.is_off(dt.date(2027, 10, 1))  # a Friday that nobody has told about


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_an_override_file(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(
        "日期,类型,备注\n2027-10-01,放假,国庆\n2027/10/9,上班,\n2026-10-10,off,\n".encode(encoding)
    )
    holidays = read_holidays(path)
    assert holidays.is_off(dt.date(2027, 10, 1))
    assert not holidays.is_off(dt.date(2027, 10, 9))
    assert holidays.is_off(dt.date(2026, 10, 10))  # worked, as shipped
    assert holidays.notes_on([dt.date(2027, 5, 1)]) == ()


def test_all_faults_at_once(tmp_path: Path) -> None:
    text = (
        "date,kind,phone\n2027-10-01,off,1\n2027-02-30,off,1\n2027-10-01,work,1\n"
        "2027-10-02,maybe,1\nsoon,perhaps,1\n2027-10-03,off,1,2\n"
    )
    with pytest.raises(StudyError) as caught:
        read_holidays(write(tmp_path, text))
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert sorted((fault.where, fault.code) for fault in errors) == [
        ("holidays.csv:3", "holidays-date"),
        ("holidays.csv:4", "holidays-duplicate"),
        ("holidays.csv:5", "holidays-kind"),
        ("holidays.csv:6", "holidays-date"),
        ("holidays.csv:6", "holidays-kind"),
        ("holidays.csv:7", "holidays-cells"),
    ]


def test_what_is_dropped_or_hard_to_believe_is_said(tmp_path: Path) -> None:
    holidays = read_holidays(write(tmp_path, "date,kind,电话\n2027-10-06,work,13800000000\n"))
    column, weekday = holidays.notes
    assert "电话" in column.what
    assert "13800000000" not in str(holidays.notes)
    assert weekday.severity == "warning"
    assert weekday.where == "holidays.csv:2"


@pytest.mark.parametrize("text", ["", "day,kind\n", "date,date,kind\n"])
def test_files_that_are_no_holidays(tmp_path: Path, text: str) -> None:
    with pytest.raises(StudyError, match=r"holidays\.csv"):
        read_holidays(write(tmp_path, text))
    with pytest.raises(StudyError, match="no such file"):
        read_holidays(tmp_path / "none.csv")
