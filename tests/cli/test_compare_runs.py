"""``gridplan compare-runs``: new, worsened, improved and fixed findings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gridplan.cli.exits import BAD_INPUT, DONE, FINDINGS

Run = Callable[..., Result]


def finding(kind: str, probability: float, spread: float = 0.05) -> dict[str, Any]:
    return {
        "kind": kind,
        "scenario": "expected",
        "element": "transformer",
        "tier": "act",
        "probability": probability,
        "probability_low": max(probability - spread, 0.0),
        "probability_high": min(probability + spread, 1.0),
        "worst": 120.0,
        "limit": {"unit": "%"},
    }


def write_run(folder: Path, *found: dict[str, Any], seed: int = 1, draws: int = 100) -> Path:
    folder.mkdir()
    record = {
        "feeder": {"name": "village"},
        "sweep": {"draws": draws, "scenarios": ["expected"]},
        "provenance": {"seed": seed, "sampling": "random"},
        "before": {"findings": found},
        "after": {"findings": []},
    }
    (folder / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    found = [("overload", 0.5), ("unbalance", 0.2), ("low_voltage", 0.4), ("hot_spot", 0.3)]
    return write_run(tmp_path / "monday", *(finding(*one) for one in found))


def changes(done: Result) -> dict[str, str]:
    return {row["kind"]: row["change"] for row in json.loads(done.stdout)["changes"]}


def test_every_finding_says_what_became_of_it(run: Run, monday: Path, tmp_path: Path) -> None:
    found = [("overload", 0.52), ("unbalance", 0.18), ("hot_spot", 0.31), ("ageing", 0.1)]
    friday = write_run(tmp_path / "friday", *(finding(*one) for one in found))
    done = run("compare-runs", monday, friday, "--format", "json", "--all")
    assert done.exit_code == DONE, done.output
    assert changes(done) == {
        "ageing": "new",
        "overload": "worsened",
        "unbalance": "improved",
        "low_voltage": "fixed",
        "hot_spot": "unchanged",  # one draw of a hundred
    }
    assert next(iter(changes(done).values())) == "new", "worst first"
    shown = run("compare-runs", monday, friday)
    assert "hot_spot" not in shown.stdout
    assert "1 new, 1 worsened, 1 improved, 1 fixed, 1 unchanged" in shown.stdout
    assert run("compare-runs", monday, friday, "--fail-on-worse").exit_code == FINDINGS
    better = run("compare-runs", friday, monday, "--state", "after", "--fail-on-worse")
    assert (better.exit_code, better.stdout.split()[-1]) == (DONE, "run")


def test_with_other_draws_only_what_lies_beyond_the_intervals_counts(
    run: Run, monday: Path, tmp_path: Path
) -> None:
    found = [("overload", 0.58), ("unbalance", 0.5), ("low_voltage", 0.2), ("hot_spot", 0.3)]
    friday = write_run(tmp_path / "friday", *(finding(*one) for one in found), seed=2)
    done = run("compare-runs", monday, friday, "--format", "json", "--all")
    assert changes(done) == {
        "unbalance": "worsened",
        "low_voltage": "improved",
        "overload": "unchanged",
        "hot_spot": "unchanged",
    }
    assert "other draws" in done.stderr


def test_a_run_is_the_same_as_itself(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path
) -> None:
    assert run("plan", hongjiawan, small_study, "-o", tmp_path, "--draws", 2).exit_code == DONE
    for state in ("today", "after"):
        done = run("compare-runs", tmp_path, tmp_path / "plan.json", "--state", state, "--all")
        assert done.exit_code == DONE, done.output
        assert re.fullmatch(r"\d+ unchanged|no findings.*", done.stdout.splitlines()[-1])
        assert done.stderr == ""


def test_what_is_no_run_is_named(run: Run, monday: Path, tmp_path: Path) -> None:
    nothing = run("compare-runs", monday, tmp_path)
    assert nothing.exit_code == BAD_INPUT
    assert str(tmp_path / "plan.json") in nothing.stderr
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    old = run("compare-runs", tmp_path, monday)
    assert old.exit_code == BAD_INPUT
    assert "run gridplan plan again" in old.stderr
