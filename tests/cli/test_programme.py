"""``gridplan programme``: from plans to the days of crews."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from python_calamine import CalamineWorkbook

from tests.cli.conftest import HONGJIAWAN
from tests.unit.records.test_plan_works import changed, measure, write

Run = Callable[..., Result]


def plan_of(name: str, today_h: float, left_h: float, crew_h: float) -> dict[str, Any]:
    """A plan of one package."""
    moves = measure("2 moves", "move", [], outlay={"crew_h": crew_h})
    moves["scenarios"]["expected"]["overload_h"] = left_h
    record = changed(feeder={"name": name, "customers": 40}, measures=[moves])
    record["before"]["by_scenario"]["expected"] = {"overload_h": today_h, "harm_h": 40 * today_h}
    return record


@pytest.fixture
def plans(tmp_path: Path) -> list[Path]:
    """Three villages of half a day, one of a whole day."""
    figures = {"hill": (9, 1, 3), "river": (5, 0, 3), "wood": (4, 1, 3), "<b>": (6, 0, 7)}
    return [
        write(tmp_path, plan_of(name, *of), f"p-{at}")
        for at, (name, of) in enumerate(figures.items())
    ]


def test_days_of_crews(run: Run, plans: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "programme"
    result = run("programme", *plans, "--crew-days", 2, "-o", out)
    assert result.exit_code == 0
    assert "19 of 24 expected overload hours prevented" in result.stdout
    assert "no other programme prevents more" in result.stdout
    record = json.loads((out / "programme.json").read_text(encoding="utf-8"))
    visits = [(one["date"], one["stop"], one["village"]) for one in record["visits"]]
    # the last day is 腊月廿七; the fuller day goes first
    assert [one[0] for one in visits] == ["2027-02-02", "2027-02-02", "2027-02-03"]
    assert {one[2] for one in visits[:2]} == {"hill", "river"}
    assert visits[2][2] == "<b>"
    assert [one["village"] for one in record["left_out"]] == ["wood"]
    assert record["left_out"][0]["harm_h"] == 160
    assert record["schema_version"] == "gridplan-programme/1"
    page = (out / "programme.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert not re.search(r"https?://", page)
    book = CalamineWorkbook.from_path(str(out / "programme.xlsx"))
    rows = book.get_sheet_by_name("计划 programme").to_python()
    assert [row[3] for row in rows[1:]] == [one[2] for one in visits]
    text = (out / "programme.csv").read_text(encoding="utf-8-sig")
    assert [row["village"] for row in csv.DictReader(io.StringIO(text))] == [v[2] for v in visits]


def test_the_same_call_writes_the_same_bytes(run: Run, plans: list[Path], tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        run("programme", *plans, "--crew-days", 2, "--crews", 2, "-o", tmp_path / name)
        files = sorted((tmp_path / name).iterdir())
        contents.append([(file.name, file.read_bytes()) for file in files])
    assert contents[0] == contents[1]
    assert len(contents[0]) == 4


def test_formats(run: Run, plans: list[Path], tmp_path: Path) -> None:
    arguments = ("programme", *plans, "--crew-days", 1, "-o", tmp_path / "out", "--format")
    record = json.loads(run(*arguments, "json").stdout)
    assert record["crew_days_used"] == 1
    rows = list(csv.DictReader(io.StringIO(run(*arguments, "csv").stdout)))
    assert [row["village"] for row in rows] == [one["village"] for one in record["visits"]]


def test_quiet_shows_the_rows_alone(run: Run, plans: list[Path], tmp_path: Path) -> None:
    result = run("programme", *plans, "--crew-days", 1, "-o", tmp_path / "out", "--quiet")
    assert result.exit_code == 0
    assert "hill" in result.stdout
    assert "no other programme" not in result.stdout
    assert "Page and workbook" not in result.stdout
    assert result.stderr == ""


def test_travel_makes_days_shorter(run: Run, plans: list[Path], tmp_path: Path) -> None:
    places = tmp_path / "places.csv"
    lines = ["hill,27.0,108.0", "river,27.0,109.0", "wood,27.0,108.01", "<b>,28.0,108.0"]
    places.write_text("\n".join(["village,lat,lon", *lines]), encoding="utf-8")
    arguments = ("programme", *plans, "--crew-days", 1, "-o", tmp_path / "out", "--format", "json")
    record = json.loads(run(*arguments, "--places", places).stdout)
    assert {one["village"] for one in record["visits"]} == {"hill", "wood"}
    places.write_text("village,lat,lon\nhill,27,108\n", encoding="utf-8")
    missing = run(*arguments, "--places", places)
    assert missing.exit_code == 3
    assert "river" in missing.stderr
    assert "places.csv" in missing.stderr


def test_days_before_the_eve(run: Run, plans: list[Path], tmp_path: Path) -> None:
    """No day from 腊月廿八 (4 February 2027) on, even if it is asked for."""
    arguments = ("programme", *plans, "-o", tmp_path / "out", "--format", "json")
    late = run(*arguments, "--crew-days", 9, "--from", "2027-02-02", "--until", "2027-02-12")
    record = json.loads(late.stdout)
    assert record["days"] == ["2027-02-02", "2027-02-03"]
    assert "hold fewer crew days than 9" in late.stderr
    early = run(*arguments, "--crew-days", 2, "--until", "2027-01-20")
    assert json.loads(early.stdout)["days"] == ["2027-01-19", "2027-01-20"]


def test_wrong_calls(run: Run, plans: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("programme", "--crew-days", 2, "-o", out).exit_code == 2
    assert run("programme", *plans, "-o", out).exit_code == 2
    assert run("programme", *plans, "--crew-days", 0, "-o", out).exit_code == 2
    after = run("programme", *plans, "--crew-days", 1, "-o", out, "--from", "2027-02-10")
    assert after.exit_code == 2
    gone = run("programme", plans[0], tmp_path / "gone", "--crew-days", 1, "-o", out)
    assert gone.exit_code == 3
    assert "gone" in gone.stderr
    silent = plan_of("silent", 3, 0, 3)
    del silent["sweep"]["first"]
    silent["before"]["findings"] = []
    path = write(tmp_path, silent, "silent")
    result = run("programme", path, "--crew-days", 1, "-o", out)
    assert result.exit_code == 3
    assert "give --until" in result.stderr
    assert str(path) in result.stderr
    assert not out.exists()


def test_a_plan_as_gridplan_writes_it(run: Run, small_study: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    assert run("plan", HONGJIAWAN, small_study, "-o", plan).exit_code == 0
    result = run("programme", plan, "--crew-days", 1, "-o", tmp_path / "out", "--format", "json")
    assert result.exit_code == 0
    record = json.loads(result.stdout)
    made = json.loads((plan / "plan.json").read_text(encoding="utf-8"))
    today, after = (made[state]["by_scenario"]["expected"] for state in ("before", "after"))
    assert made["sweep"]["first"] == "2027-02-05T00:00"
    assert record["overload_h"] == pytest.approx(today["overload_h"])
    assert record["prevented_h"] == pytest.approx(today["overload_h"] - after["overload_h"])
