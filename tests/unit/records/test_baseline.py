"""Baselines: what is stored comes back, what differs is found, what is broken is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridplan.errors import InputError, RegressionError
from gridplan.records.baseline import (
    TOLERANCES,
    Baseline,
    Comparison,
    compare,
    read_baseline,
    write_baseline,
)
from gridplan.records.junit import junit_xml
from gridplan.records.quantities import Quantity
from gridplan.wholefiles import replace_file


def quantity(name: str, value: float | None, kind: str, unit: str = "") -> Quantity:
    return Quantity(name=name, value=value, unit=unit, kind=kind)


def baseline(*quantities: Quantity, draws: int = 20) -> Baseline:
    return Baseline(
        network="village",
        study="festival",
        draws=draws,
        reason="first <run>",
        date="2027-01-01",
        version="0.1.0",
        quantities=quantities,
    )


def outcome(old: Baseline, *now: Quantity) -> tuple[Comparison, ...]:
    return compare(old, now, network="village", study="festival")


def test_a_baseline_comes_back_as_it_was(tmp_path: Path) -> None:
    stored = baseline(quantity("a/村", 1.25, "flow", "kW"), quantity("b", None, "sweep"))
    path = write_baseline(tmp_path / "deep" / "b.json", stored)
    assert read_baseline(path) == stored
    assert path.read_text(encoding="utf-8").count('{"name"') == 2, "one line per quantity"


@pytest.mark.parametrize(
    ("kind", "old", "now", "passed"),
    [
        ("count", 28, 28, True),
        ("count", 28, 29, False),
        ("flow", 100.0, 100.00005, True),
        ("flow", 100.0, 100.001, False),
        ("forecast", 100.0, 100.0005, True),
        ("forecast", 100.0, 100.01, False),
        ("sweep", 100.0, 100.005, True),
        ("sweep", 100.0, 100.05, False),
        ("unsolved", 1000, 1005, True),
        ("unsolved", 0, 3, False),
        ("probability", 0.5, 0.55, True),
        ("probability", 0.5, 0.601, False),
        ("objective", 50.0, 50.4, True),
        ("objective", 50.0, 51.0, False),
    ],
)
def test_each_kind_has_its_tolerance(kind: str, old: float, now: float, passed: bool) -> None:
    (row,) = outcome(baseline(quantity("q", old, kind)), quantity("q", now, kind))
    assert row.passed is passed
    assert TOLERANCES[kind].reason


def test_a_finding_that_vanishes_or_appears_is_a_change_of_its_probability() -> None:
    old = baseline(quantity("findings/gone", 0.5, "probability"))
    rows = outcome(old, quantity("findings/rare", 0.05, "probability"))
    assert {row.name: (row.baseline, row.now, row.passed) for row in rows} == {
        "findings/rare": (0.0, 0.05, True),
        "findings/gone": (0.5, 0.0, False),
    }


def test_a_quantity_that_appears_vanishes_or_loses_its_value_differs() -> None:
    old = baseline(quantity("gone", 1.0, "flow"), quantity("none", 1.0, "sweep"))
    rows = outcome(old, quantity("new", 1.0, "flow"), quantity("none", None, "sweep"))
    assert [row.passed for row in rows] == [False, False, False]
    assert "new: baseline none, now 1" in str(rows[0])


def test_undefined_on_both_sides_agrees() -> None:
    (row,) = outcome(baseline(quantity("q", None, "sweep")), quantity("q", None, "sweep"))
    assert row.passed


@given(st.floats(min_value=-1e9, max_value=1e9), st.sampled_from(sorted(TOLERANCES)))
def test_a_run_agrees_with_itself(value: float, kind: str) -> None:
    (row,) = outcome(baseline(quantity("q", value, kind)), quantity("q", value, kind))
    assert row.passed


def test_a_baseline_of_something_else_is_refused() -> None:
    with pytest.raises(RegressionError, match="this run is of 'other'"):
        compare(baseline(), (), network="other", study="festival")


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"schema_version": "other/1"}',
        "[" * 100_000,
        json.dumps(
            {
                "schema_version": "gridplan-baseline/1",
                "network": "v",
                "study": "s",
                "draws": 0,
                "reason": "",
                "date": "",
                "version": "",
                "quantities": [],
            }
        ),
    ],
)
def test_a_broken_baseline_is_bad_input(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.json"):
        read_baseline(path)


def test_an_unknown_kind_is_bad_input(tmp_path: Path) -> None:
    path = write_baseline(tmp_path / "b.json", baseline(quantity("q", 1.0, "mood")))
    with pytest.raises(InputError, match="unknown kind 'mood'"):
        read_baseline(path)


def test_junit_escapes_and_counts() -> None:
    good, bad = outcome(
        baseline(quantity("a/<&>", 1.0, "flow"), quantity("a/\x00村", 1.0, "count")),
        quantity("a/<&>", 1.0, "flow"),
        quantity("a/\x00村", 2.0, "count"),
    )
    root = ET.fromstring(junit_xml([good, bad], "village <1>", 1.5))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["<&>", "\N{REPLACEMENT CHARACTER}村"]
    assert suite[1].find("failure") is not None
    assert suite[0].find("failure") is None


def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = replace_file(tmp_path / "f.txt", "old")

    def no_rename(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("gridplan.wholefiles.os.replace", no_rename)
    with pytest.raises(OSError, match="disk full"):
        replace_file(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["f.txt"], "no draft is left"


def test_tolerance_is_the_largest_bound() -> None:
    tolerance = replace(TOLERANCES["flow"], absolute=0.1, relative=0.01, draws=1.0)
    assert tolerance.allowed(5.0, 100) == pytest.approx(0.1)
    assert tolerance.allowed(50.0, 100) == pytest.approx(0.5)
    assert tolerance.allowed(5.0, 2) == pytest.approx(0.5)
