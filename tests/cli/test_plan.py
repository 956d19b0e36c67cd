"""``gridplan plan``: files, summary and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import Result

from gridplan.cli.exits import BAD_INPUT, DONE, FINDINGS, INTERRUPTED, UNSOLVED, USAGE
from gridplan.cli.plan import _exit_code
from gridplan.plan import Plan

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def planned(run: Run, hongjiawan: Path, small_study: Path, out: Path) -> Result:
    return run("plan", hongjiawan, small_study, "-o", out, "--draws", 2)


def test_plan_writes_the_report_and_says_where(planned: Result, out: Path) -> None:
    assert planned.exit_code == DONE, planned.output
    lines = planned.stdout.splitlines()
    record = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert record["sweep"]["draws"] == 2
    assert record["sweep"]["cases"] == 2 * record["sweep"]["steps"]
    assert record["verdict"] in planned.stdout
    assert planned.stdout.index(record["verdict"]) < planned.stdout.index("today")
    assert lines[-1] == f"Report: {out / 'report.html'}"
    assert len(lines) < 40, "read in ten seconds"
    assert "Traceback" not in planned.stderr
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "hongjiawan" in page
    assert {path.name for path in out.iterdir()} == {
        "plan.json", "report.html", "moves.csv", "fieldwork.json", "work-orders.xlsx",
    }  # fmt: skip


def test_the_report_speaks_the_language_that_is_asked_for_or_the_machines(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr("gridplan.plan.make_plan", lambda *_, **__: SimpleNamespace(notes=()))
    monkeypatch.setattr("gridplan.cli.show.show_notes", lambda _: None)
    monkeypatch.setattr("gridplan.cli.summary.print_summary", lambda *_: None)
    monkeypatch.setattr("gridplan.cli.plan._exit_code", lambda *_: DONE)
    monkeypatch.setattr(
        "gridplan.report.write.write_report", lambda *_, **named: seen.append(named)
    )
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for spoken, asked in (("zh_CN.UTF-8", ()), ("de_DE", ()), ("zh_CN.UTF-8", ("--lang", "en"))):
        monkeypatch.setenv("LANG", spoken)
        result = run("plan", hongjiawan, small_study, "-o", tmp_path / "out", *asked)
        assert result.exit_code == DONE, result.output
    assert [named["language"] for named in seen] == ["zh", "en", "en"]


def test_temperatures_and_harm_are_shown_where_the_study_gives_the_air(
    run: Run, hongjiawan: Path, small_study: Path, planned: Result, out: Path, tmp_path: Path
) -> None:
    assert planned.exit_code == DONE
    bare = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert bare["before"]["hot_spot_c"] is None
    assert any("usual_c" in sentence for sentence in bare["before"]["not_assessed"])
    study, folder = tmp_path / "study.yaml", tmp_path / "out"
    text = small_study.read_text(encoding="utf-8")
    study.write_text(text.replace("  seed: 1\n", "  seed: 1\n  usual_c: -3\n"), encoding="utf-8")
    done = run("plan", hongjiawan, study, "-o", folder, "--draws", 2)
    assert done.exit_code == DONE, done.output
    record = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    state = record["before"]
    figures = state["by_scenario"]["expected"]
    assert state["hot_spot_c"] == figures["hot_spot_c"] > 0
    assert figures["hot_spot_margin_k"] == pytest.approx(120 - figures["hot_spot_c"])
    assert state["harm_h"] == pytest.approx(
        figures["customers"] * (figures["overload_h"] + figures["loss_of_life_h"])
        + figures["low_voltage_h"]
    )
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Temperatures, unbalance and harm" in page
    assert "limit of the hot spot" in page  # of the picture
    assert "Hot spot of the transformer" in done.stdout


def test_a_plan_that_ends_before_its_precision_says_so(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path
) -> None:
    study, out = tmp_path / "study.yaml", tmp_path / "out"
    text = small_study.read_text(encoding="utf-8")
    asked = "  precision: 0.02\n  max_draws: 5\n  sampling: quasi_random\n"
    study.write_text(text.replace("  seed: 1\n", f"  seed: 1\n{asked}"), encoding="utf-8")
    done = run("plan", hongjiawan, study, "-o", out)
    assert done.exit_code == DONE, done.output
    record = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert record["sweep"]["draws"] == record["precision"]["draws"] == 5
    assert record["precision"]["reached"] is False
    assert record["precision"]["half_width"] > 0.02
    assert record["provenance"]["sampling"] == "quasi_random"
    assert record["precision"]["sentence"] in done.stdout
    assert "max_draws 5 ended the draws before precision 0.02 was reached" in done.stdout


@pytest.mark.usefixtures("planned")
def test_no_probability_rises_by_the_moves(out: Path) -> None:
    record = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    before = {
        (row["kind"], row["scenario"], row["element"]): row["probability"]
        for row in record["before"]["findings"]
    }
    for row in record["after"]["findings"]:
        key = (row["kind"], row["scenario"], row["element"])
        assert row["probability"] <= before.get(key, 0.0), key


def test_all_faults_of_both_files_without_a_traceback(
    run: Run, broken_network: Path, tmp_path: Path
) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("name: x\ntitel: typo\nforecast: 3\n", encoding="utf-8")
    result = run("plan", broken_network, study, "-o", tmp_path / "out")
    assert result.exit_code == BAD_INPUT
    assert result.stdout == ""
    assert "study.yaml:2" in result.stderr
    assert "study.yaml:3" in result.stderr
    assert "trafo" in result.stderr
    assert "length" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists(), "nothing is written for bad input"


def test_missing_files_are_bad_input(run: Run, tmp_path: Path) -> None:
    result = run("plan", tmp_path / "no", tmp_path / "no.yaml", "-o", tmp_path / "out")
    assert result.exit_code == BAD_INPUT
    assert "no.yaml" in result.stderr


def test_files_of_another_kind_are_named_with_the_way_on(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path
) -> None:
    swapped = run("plan", small_study, hongjiawan, "-o", tmp_path / "out")
    assert swapped.exit_code == BAD_INPUT
    assert "name the network first, then the study" in swapped.stderr
    assert "is a network -> name the network first" in swapped.stderr
    (tmp_path / "ledger.xlsx").write_bytes(b"PK\x03\x04\xff")
    others = run("plan", tmp_path / "ledger.xlsx", tmp_path, "-o", tmp_path / "out")
    assert others.exit_code == BAD_INPUT
    assert "gridplan network import makes a network of a ledger" in others.stderr
    assert "is a folder -> name the YAML file itself" in others.stderr
    assert not (tmp_path / "out").exists()


def test_a_file_as_output_is_bad_input_before_any_work(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("mine", encoding="utf-8")
    result = run("plan", hongjiawan, small_study, "-o", blocked)
    assert result.exit_code == BAD_INPUT
    assert blocked.read_text(encoding="utf-8") == "mine"


def test_wrong_usage(run: Run, hongjiawan: Path, small_study: Path) -> None:
    assert run("plan", hongjiawan, small_study).exit_code == USAGE
    assert run("plan", hongjiawan, small_study, "-o", "x", "--draws", 0).exit_code == USAGE
    assert run("nonsense").exit_code == USAGE


def test_interrupt_ends_with_130(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gridplan.plan.make_plan", interrupted)
    result = run("plan", hongjiawan, small_study, "-o", tmp_path / "out")
    assert result.exit_code == INTERRUPTED


@pytest.mark.parametrize(
    ("fail_on", "max_unsolved", "code"),
    [
        ("never", 5.0, DONE),
        ("act", 5.0, FINDINGS),
        ("watch", 5.0, FINDINGS),
        ("never", 0.1, UNSOLVED),
        ("act", 0.1, UNSOLVED),
    ],
)
def test_exit_codes_after_the_moves(
    hand_made_plan: Callable[..., Plan], fail_on: str, max_unsolved: float, code: int
) -> None:
    made = hand_made_plan(act=0.5, watch=0.5, unsolved=0.01)
    assert _exit_code(made, fail_on, max_unsolved) == code


def test_what_the_study_accepts_does_not_fail(hand_made_plan: Callable[..., Plan]) -> None:
    made = hand_made_plan(act=0.04, watch=0.5, unsolved=0.0)
    assert _exit_code(made, "act", 5.0) == DONE
    assert _exit_code(made, "watch", 5.0) == FINDINGS
