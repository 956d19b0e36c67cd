"""The stages of the main job, network commands and help."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import gridplan
from gridplan.cli.exits import BAD_INPUT, DONE, USAGE
from gridplan.cli.main import COMMANDS

Run = Callable[..., Result]
STAGES = {
    "forecast": "scenarios",
    "sweep": "quantities",
    "assess": "findings",
    "rebalance": "moves",
    "compare": "measures",
}


@pytest.mark.parametrize(("stage", "key"), STAGES.items())
def test_stages_give_json_that_says_its_schema(
    run: Run, hongjiawan: Path, small_study: Path, stage: str, key: str
) -> None:
    result = run(stage, hongjiawan, small_study, "--format", "json", "--draws", 2)
    assert result.exit_code == DONE, result.output
    record = json.loads(result.stdout)
    assert record["schema_version"].startswith("gridplan-")
    assert record["feeder"] == "hongjiawan"
    assert isinstance(record[key], list)


@pytest.mark.parametrize("stage", ["forecast", "sweep", "assess", "compare"])
def test_stages_give_tables_and_csv(
    run: Run, hongjiawan: Path, small_study: Path, stage: str
) -> None:
    result = run(stage, hongjiawan, small_study, "--format", "csv", "--draws", 2)
    assert result.exit_code == DONE, result.output
    rows = list(csv.reader(result.stdout.splitlines()))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows) > 1
    result = run(stage, hongjiawan, small_study, "--draws", 2)
    assert result.exit_code == DONE, result.output
    assert "expected" in result.stdout


@pytest.fixture(scope="module")
def doubted(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study with a crew's readings that contradict the labels of circuit F1."""
    folder = tmp_path_factory.mktemp("clamp")
    rows = ["area,circuit,time,Ia,Ib,Ic"]
    for day in (15, 18):
        rows += [f"hongjiawan,F1,2027-01-{day} {h}:30,0.5,0.5,22" for h in (12, 18, 19, 20)]
    (folder / "clamp.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    text = small_study.read_text(encoding="utf-8")
    path = folder / "study.yaml"
    path.write_text(text.replace("  seed: 1\n", "  seed: 1\n  clamp: clamp.csv\n"), "utf-8")
    return path


def test_clamp_readings_are_shown(run: Run, hongjiawan: Path, doubted: Path) -> None:
    result = run("forecast", hongjiawan, doubted, "--format", "json")
    assert result.exit_code == DONE, result.output
    first, second = json.loads(result.stdout)["clamp"]
    assert (first["circuit"], first["readings"], second["readings"]) == ("F1", 8, 0)
    assert first["labels_doubted"] is True
    assert "warning: circuit F1: the currents contradict the phase labels" in result.stderr
    table = run("forecast", hongjiawan, doubted)
    assert "labels hold" in table.stdout
    assert "warning: circuit F1" in run("sweep", hongjiawan, doubted).stderr


def test_a_plan_says_what_clamp_readings_say(
    run: Run, hongjiawan: Path, doubted: Path, tmp_path: Path
) -> None:
    result = run("plan", hongjiawan, doubted, "-o", tmp_path)
    assert result.exit_code == DONE, result.output
    assert "warning: circuit F1: the currents contradict the phase labels" in result.stderr
    record = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert record["clamp"][0]["labels_doubted"] is True
    assert record["provenance"]["sha256"]["clamp"]
    assert any(note["code"] == "clamp-labels" for note in record["notes"])
    assert "What the load test says" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def precise_study(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study, drawn until overloads are known to 0.05, at most 40 times."""
    path = tmp_path_factory.mktemp("precise") / "precise.yaml"
    text = small_study.read_text(encoding="utf-8")
    asked = "  precision: 0.05\n  max_draws: 40\n"
    path.write_text(text.replace("  seed: 1\n", f"  seed: 1\n{asked}"), encoding="utf-8")
    return path


@pytest.mark.parametrize("stage", ["sweep", "assess"])
def test_stages_draw_until_the_precision_is_reached(
    run: Run, hongjiawan: Path, precise_study: Path, stage: str
) -> None:
    """The study's three draws are not enough; forty are where no overload shows."""
    record = json.loads(run(stage, hongjiawan, precise_study, "--format", "json").stdout)
    precision = record["precision"]
    assert record["draws"] == precision["draws"]
    assert 3 < precision["draws"] <= 40
    assert precision["reached"] == (precision["half_width"] <= 0.05)
    table = run(stage, hongjiawan, precise_study)
    assert precision["sentence"] in table.stderr
    assert ("warning" in table.stderr) == (not precision["reached"])


def test_moves_and_measures_are_judged_on_the_same_draws(
    run: Run, hongjiawan: Path, precise_study: Path
) -> None:
    draws = json.loads(run("assess", hongjiawan, precise_study, "--format", "json").stdout)["draws"]
    for stage in ("rebalance", "compare"):
        result = run(stage, hongjiawan, precise_study)
        assert result.exit_code == DONE, result.output
        assert f"after {draws} draws" in result.stderr


def test_a_forecast_says_that_it_does_not_look_at_the_precision(
    run: Run, hongjiawan: Path, precise_study: Path, small_study: Path
) -> None:
    result = run("forecast", hongjiawan, precise_study)
    assert "precision: not looked at, 3 draws" in result.stderr
    assert "precision" not in run("forecast", hongjiawan, small_study).stderr


def test_network_check_accepts_a_sample(run: Run, hongjiawan: Path) -> None:
    result = run("network", "check", hongjiawan)
    assert result.exit_code == DONE
    assert "hongjiawan" in result.stdout


def test_network_check_lists_every_fault(run: Run, broken_network: Path) -> None:
    result = run("network", "check", broken_network, "--format", "json")
    assert result.exit_code == BAD_INPUT
    record = json.loads(result.stdout)
    assert record["usable"] is False
    errors = [row for row in record["faults"] if row["severity"] == "error"]
    assert len(errors) >= 2
    assert all(row["where"] and row["what"] for row in errors)
    table = run("network", "check", broken_network)
    assert table.exit_code == BAD_INPUT
    assert "Traceback" not in table.output


@pytest.mark.parametrize(("name", "start"), [("v.svg", b"<?xml"), ("v.png", b"\x89PNG")])
def test_network_draw(run: Run, hongjiawan: Path, tmp_path: Path, name: str, start: bytes) -> None:
    target = tmp_path / "pictures" / name
    result = run("network", "draw", hongjiawan, "-o", target)
    assert result.exit_code == DONE, result.output
    assert result.stdout.strip() == str(target)
    assert target.read_bytes().startswith(start)
    assert [path.name for path in target.parent.iterdir()] == [name]


def test_network_draw_wants_a_picture_name(run: Run, hongjiawan: Path, tmp_path: Path) -> None:
    result = run("network", "draw", hongjiawan, "-o", tmp_path / "v.pdf")
    assert result.exit_code == USAGE


def test_schema_is_json(run: Run) -> None:
    result = run("schema", "study")
    assert result.exit_code == DONE
    assert "forecast" in json.loads(result.stdout)["properties"]


def test_every_command_has_help_with_an_example(run: Run) -> None:
    for name in COMMANDS:
        result = run(name, "--help")
        assert result.exit_code == DONE, name
        assert "Usage:" in result.stdout
    assert "NETWORK STUDY" in run("plan", "-h").stdout


def test_version(run: Run) -> None:
    assert gridplan.__version__ in run("--version").stdout


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from gridplan.cli.main import cli\n"
        "try:\n"
        "    cli(['--help'])\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'pandapower', 'pandas', 'numpy', 'scipy', 'matplotlib', 'networkx', 'ortools'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    code += "import time; print(time.process_time(), file=sys.stderr)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, seconds = done.stderr.split("\n")[:2]
    assert loaded == "[]"
    # of the processor: what else the machine does is not the command's
    assert float(seconds) < 0.5
