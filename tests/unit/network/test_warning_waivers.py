"""Accepted warnings: by whom, why, until when."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import gridplan as gp
from gridplan.errors import Fault
from gridplan.network.warning_waivers import accept

TODAY = dt.date(2027, 1, 20)
DROPS = Fault(
    code="long-service", where="line[3] (S1) and 1 more", what="a service drop of 900 m",
    remedy="check", severity="warning", rows=2, elements=("line[3] (S1)", "line[4] (S2)"),
)  # fmt: skip
ONE_PHASE = Fault(
    code="one-phase", where="customers", what="all 9 on phase a", severity="warning", rows=9
)
BROKEN = Fault(code="zero-length-line", where="line[1]", what="length_km is 0")


def file_of(folder: Path, **changes: object) -> Path:
    entry = {
        "code": "W301", "element": "S1", "author": "station engineer",
        "reason": "the drop to the water tower, measured", "expires": "2027-03-01",
    }  # fmt: skip
    entry |= changes
    path = folder / "waivers.yaml"
    rows = [f"{name}: {value}" for name, value in entry.items() if value is not None]
    path.write_text("waivers:\n  - " + "\n    ".join(rows) + "\n", encoding="utf-8")
    return path


def test_an_element_is_taken_out(tmp_path: Path) -> None:
    found = accept([DROPS, BROKEN], file_of(tmp_path), TODAY)
    assert [(f.severity, f.code, f.rows) for f in found] == [
        ("warning", "long-service", 1),
        ("note", "long-service", 1),
        ("error", "zero-length-line", 1),
    ]
    assert found[0].where == "line[4] (S2)"
    assert "station engineer until 2027-03-01: the drop to the water tower" in found[1].what


@pytest.mark.parametrize("element", ["line[3] (S1)", "line[3]", "S1"])
def test_names_of_an_element(element: str, tmp_path: Path) -> None:
    found = accept([DROPS], file_of(tmp_path, element=f'"{element}"'), TODAY)
    assert [f.severity for f in found] == ["warning", "note"]


def test_all_elements(tmp_path: Path) -> None:
    found = accept([DROPS, ONE_PHASE], file_of(tmp_path, element="all"), TODAY)
    assert [(f.severity, f.code) for f in found] == [
        ("note", "long-service"),
        ("warning", "one-phase"),
    ]


def test_an_entry_whose_day_is_past_warns_again(tmp_path: Path) -> None:
    found = accept([DROPS], file_of(tmp_path, expires="2027-01-19"), TODAY)
    assert [(f.severity, f.code) for f in found] == [
        ("warning", "long-service"),
        ("warning", "accepted-warning"),
    ]
    assert "until 2027-01-19" in found[1].what
    assert found[1].where == "waivers.yaml:2"


def test_the_last_day_counts(tmp_path: Path) -> None:
    found = accept([ONE_PHASE], file_of(tmp_path, code="W401", element="all", expires=TODAY), TODAY)
    assert [f.severity for f in found] == ["note"]


def test_an_entry_that_covers_nothing_is_said(tmp_path: Path) -> None:
    found = accept([DROPS], file_of(tmp_path, element="S9"), TODAY)
    assert [(f.severity, f.code) for f in found] == [
        ("warning", "long-service"),
        ("note", "accepted-warning"),
    ]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"code": "W999"}, "no warning W999"),
        ({"author": "'13812345678'"}, "role or an office"),
        ({"reason": None}, "reason is missing"),
        ({"expires": "soon"}, "expires"),
        ({"until": "2027"}, "unknown key"),
    ],
)
def test_mistakes_of_the_file(change: dict[str, object], word: str, tmp_path: Path) -> None:
    with pytest.raises(gp.InputError, match=word):
        accept([DROPS], file_of(tmp_path, **change), TODAY)
