"""What people expect of a command line: doctor, demo, completion, quiet, a hint for a slip."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from gridplan.cli import doctor
from gridplan.cli.exits import BAD_INPUT, DONE, FINDINGS, USAGE
from gridplan.cli.main import COMMANDS

Run = Callable[..., Result]


def test_doctor_solves_a_village_and_says_what_is_there(run: Run) -> None:
    done = run("doctor", "--format", "json")
    assert done.exit_code == DONE, done.output
    checks = {row["what"]: row for row in json.loads(done.stdout)["checks"]}
    assert checks["numpy"]["verdict"] == checks["self-test: Kirchhoff's laws"]["verdict"] == "ok"
    assert "20,000 power flows" in checks["self-test: Kirchhoff's laws"]["found"]
    assert all(row["remedy"] for row in checks.values() if row["verdict"] != "ok")


def test_doctor_ends_with_1_where_the_sample_cannot_be_solved(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("gridplan.cli.demo.samples", lambda: tmp_path)
    done = run("doctor")
    assert done.exit_code == FINDINGS
    assert "self-test" in done.stderr


def test_doctor_names_a_library_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.metadata.requires", lambda _: ["no-such-library>=1"])
    checks = doctor._libraries()
    assert checks[0].verdict == "wrong"
    assert "no-such-library>=1" in checks[0].remedy


def test_demo_plans_files_that_are_the_users_own(run: Run, tmp_path: Path) -> None:
    study = tmp_path / "scenarios" / "spring-festival-2027.yaml"
    done = run("demo", "-o", tmp_path, "--draws", 1)
    assert done.exit_code == DONE, done.output
    assert done.stdout.startswith("$ gridplan plan ")
    assert (tmp_path / "out" / "report.html").exists()
    study.write_text("name: mine\n", encoding="utf-8")
    assert run("demo", "-o", tmp_path, "--draws", 1).exit_code == BAD_INPUT, "the user's file"
    assert study.read_text(encoding="utf-8") == "name: mine\n"


def test_a_quiet_plan_writes_its_files_and_says_nothing(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path
) -> None:
    done = run("plan", hongjiawan, small_study, "-o", tmp_path, "--draws", 1, "--quiet")
    assert (done.exit_code, done.stdout) == (DONE, "")
    assert "note:" not in done.stderr
    assert (tmp_path / "plan.json").exists()


def test_quiet_leaves_the_data(run: Run, hongjiawan: Path, small_study: Path) -> None:
    loud, quiet = (
        run("sweep", hongjiawan, small_study, "--draws", 1, "--format", "csv", *extra)
        for extra in ((), ("-q",))
    )
    assert quiet.stdout == loud.stdout != ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_program(run: Run, shell: str) -> None:
    done = run("completion", shell)
    assert done.exit_code == DONE
    assert "_GRIDPLAN_COMPLETE" in done.stdout


def test_what_bash_completes(tmp_path: Path) -> None:
    environment = {
        "_GRIDPLAN_COMPLETE": "bash_complete",
        "COMP_WORDS": "gridplan comp",
        "COMP_CWORD": "1",
    }
    call = "from gridplan.cli.main import cli; cli(prog_name='gridplan')"
    path = {"PYTHONPATH": ":".join(sys.path)}
    answer = subprocess.run(
        [sys.executable, "-c", call],
        env=environment | path,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    names = {line.partition(",")[2] for line in answer.stdout.splitlines()}
    assert names == {name for name in COMMANDS if name.startswith("comp")}


def test_a_slip_is_answered_with_what_was_meant(run: Run) -> None:
    done = run("pln")
    assert done.exit_code == USAGE
    assert "Did you mean plan" in done.stderr
    assert "Did you mean check" in run("network", "chek").stderr
