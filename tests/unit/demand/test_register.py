"""Registers as people write them, and everything that is wrong with one at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from gridplan.demand.register import read_register
from gridplan.errors import StudyError

ORIGIN = dt.date(2027, 2, 6)
IDS = ("H0", "H1", "H2", "H3")
HEADING = "customer_id,persons,arrival,departure,will_not_return,source,updated\n"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "village.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_values_and_unknowns(tmp_path: Path) -> None:
    rows = "H0,3,2027-02-01,2027-02-12,no,survey,2027-01-15\nH2,,,,no,,\nH3,2,,,yes,,\n"
    register = read_register(write(tmp_path, HEADING + rows), IDS, ORIGIN)
    assert register.listed.tolist() == [True, False, True, True]
    assert register.stays_away.tolist() == [False, False, False, True]
    np.testing.assert_array_equal(register.persons, [3, np.nan, np.nan, 0])
    np.testing.assert_array_equal(register.arrival, [-5, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(register.departure, [6, np.nan, np.nan, np.nan])
    (note,) = register.notes  # H3 stays away, but with two persons
    assert (note.where, note.code) == ("village.csv:4", "register-stays-away")
    assert note.severity == "warning"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_chinese_headings_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = "户号,户主姓名,返乡人数,返乡日期,返程日期,不返乡\nH1,张三,4,2027/2/3,2027/2/11,否\n"
    register = read_register(write(tmp_path, text, encoding), IDS, ORIGIN)
    assert register.persons[1] == 4
    assert (register.arrival[1], register.departure[1]) == (-3, 5)
    (note,) = register.notes
    assert note.severity == "note"
    assert "户主姓名" in note.what
    assert "personal" in note.what
    assert "张三" not in str(register.notes)


def test_all_faults_at_once_with_their_rows(tmp_path: Path) -> None:
    rows = [
        "H0,3,2027-02-01,2027-02-12,no,,",  # 2: right
        "H9,3,,,no,,",  # 3: unknown customer
        "H0,1,,,no,,",  # 4: twice
        "H1,-2,,,no,,",  # 5: negative persons
        "H2,2,2027-02-31,,no,,",  # 6: no such day
        "H3,2,2027-02-10,2027-02-01,no,,",  # 7: departure before arrival
        "H3,2.5,soon,2021-02-01,maybe,,",  # 8: five at once, H3 a second time
        "H1,2",  # 9: cells missing
    ]
    path = write(tmp_path, HEADING + "\n".join(rows) + "\n")
    with pytest.raises(StudyError) as caught:
        read_register(path, IDS, ORIGIN)
    found = [(fault.where, fault.code) for fault in caught.value.faults]
    assert sorted(found) == [
        ("village.csv:3", "register-unknown-customer"),
        ("village.csv:4", "register-duplicate"),
        ("village.csv:5", "register-persons"),
        ("village.csv:6", "register-date"),
        ("village.csv:7", "register-date-order"),
        ("village.csv:8", "register-date"),
        ("village.csv:8", "register-date"),
        ("village.csv:8", "register-duplicate"),
        ("village.csv:8", "register-persons"),
        ("village.csv:8", "register-yes-no"),
        ("village.csv:9", "register-cells"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "register-heading"),
        (b"id;persons\n", "register-heading"),
        (b"\xff\xff\xff\xff", "register-encoding"),
        (b'customer_id,persons\n"H0,1\n', "register-csv"),
        (b"customer_id,persons\nH0,1e999\n", "register-persons"),
    ],
)
def test_files_that_are_no_register(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "village.csv"
    path.write_bytes(content)
    with pytest.raises(StudyError) as caught:
        read_register(path, IDS, ORIGIN)
    assert [fault.code for fault in caught.value.faults] == [code]


def test_missing_register_says_where_it_was_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "village.csv"
    with pytest.raises(StudyError, match=r"village\.csv: there is no such file"):
        read_register(path, IDS, ORIGIN)


def test_some_customers_of_a_register(tmp_path: Path) -> None:
    rows = "H0,3,2027-02-01,2027-02-12,no,survey,2027-01-15\nH3,2,,,yes,,\n"
    register = read_register(write(tmp_path, HEADING + rows), IDS, ORIGIN)
    some = register.of(np.array([3, 1, 0]))
    assert some.listed.tolist() == [True, False, True]
    np.testing.assert_array_equal(some.persons, [0, np.nan, 3])
    np.testing.assert_array_equal(some.arrival, [np.nan, np.nan, -5])
    assert some.notes == register.notes


def test_customers_that_are_gone_are_left_out_of_a_past_register(tmp_path: Path) -> None:
    path = write(tmp_path, HEADING + "H0,3,,,no,,\nH9,3,,,no,,\n")
    register = read_register(path, IDS, ORIGIN, past=True)
    assert register.listed.tolist() == [True, False, False, False]
    (warning,) = register.notes
    assert (warning.code, warning.severity) == ("register-unknown-customer", "warning")
