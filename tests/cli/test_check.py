"""``gridplan check``: baselines are stored with a reason, compared by name, reported as JUnit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import Result

from gridplan.cli.exits import BAD_INPUT, DIFFERS, DONE, USAGE

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def baseline(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("baseline") / "sub" / "hongjiawan.json"
    update = ("--update", "--reason", "first run", "--draws", 2)
    stored = run("check", hongjiawan, small_study, "--baseline", path, *update)
    assert stored.exit_code == DONE, stored.output
    return path


def test_a_second_run_agrees_with_what_was_stored(
    run: Run, hongjiawan: Path, small_study: Path, baseline: Path, tmp_path: Path
) -> None:
    record = json.loads(baseline.read_text(encoding="utf-8"))
    assert (record["draws"], record["reason"]) == (2, "first run")
    layers = {row["name"].split("/")[0] for row in record["quantities"]}
    assert {"network", "forecast", "sweep", "findings", "rebalancing"} <= layers

    junit = tmp_path / "j" / "junit.xml"
    again = run("check", hongjiawan, small_study, "--baseline", baseline, "--junit", junit)
    assert again.exit_code == DONE, again.output
    suite = ET.parse(junit).getroot()[0]
    assert suite.get("failures") == "0"
    assert int(suite.get("tests", "0")) == len(record["quantities"])


def test_differences_are_named(
    run: Run, hongjiawan: Path, small_study: Path, baseline: Path, tmp_path: Path
) -> None:
    record = json.loads(baseline.read_text(encoding="utf-8"))
    changed = next(row for row in record["quantities"] if row["name"] == "network/file_load_kw")
    changed["value"] = 1234.5
    other = tmp_path / "baseline.json"
    other.write_text(json.dumps(record), encoding="utf-8")
    junit = tmp_path / "junit.xml"
    result = run("check", hongjiawan, small_study, "--baseline", other, "--junit", junit)
    assert result.exit_code == DIFFERS
    (line,) = [row for row in result.stdout.splitlines() if row.startswith("differs")]
    assert "network/file_load_kw: baseline 1234.5, now" in line
    assert "kW, tolerance" in line
    suite = ET.parse(junit).getroot()[0]
    assert suite.get("failures") == "1"


@pytest.mark.parametrize(
    "options",
    [
        ("--update",),
        ("--update", "--reason", "  "),
        ("--reason", "no update"),
        ("--draws", "3"),
        ("--update", "--reason", "x", "--junit", "j.xml"),
    ],
)
def test_wrong_usage(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    path = tmp_path / "b.json"
    result = run("check", hongjiawan, small_study, "--baseline", path, *options)
    assert result.exit_code == USAGE
    assert not path.exists()


def test_a_missing_baseline_is_bad_input(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path
) -> None:
    result = run("check", hongjiawan, small_study, "--baseline", tmp_path / "no.json")
    assert result.exit_code == BAD_INPUT
    assert "--update --reason" in result.stderr
