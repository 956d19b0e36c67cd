"""``gridplan connect`` and ``gridplan hosting``: answers, exit codes, pictures."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from gridplan.cli.exits import BAD_INPUT, DONE, FINDINGS, USAGE
from gridplan.measures.costs import shipped_costs

Run = Callable[..., Result]
ONE = ("--scenario", "expected", "--draws", 4)


def test_a_small_load_is_granted(run: Run, hongjiawan: Path, small_study: Path) -> None:
    result = run("connect", hongjiawan, small_study, "--at", "LV", "--kw", 0.05, *ONE)
    assert result.exit_code == DONE, result.output
    assert result.stdout.startswith("yes on phase ")
    assert "0.05 kW at LV" in result.stdout


def test_a_large_one_is_refused_with_what_is_lacking(
    run: Run, hongjiawan: Path, small_study: Path
) -> None:
    asked = ("--at", "F1-P05", "--kw", 60, "--three-phase", "--format", "json", *ONE)
    result = run("connect", hongjiawan, small_study, *asked)
    assert result.exit_code == FINDINGS, result.output
    record = json.loads(result.stdout)
    assert record["schema_version"] == "gridplan-connection/1"
    assert record["granted"] is False
    assert record["sentence"].startswith("no: with 60 kW at F1-P05 on three phases")
    assert record["trials"][0]["lacks"][0]["short"] > 0
    assert 0 <= record["room_kw"]["abc"] < 60


def test_a_phase_that_is_asked_for_is_tried_first(
    run: Run, hongjiawan: Path, small_study: Path
) -> None:
    asked = ("--at", "LV", "--kw", 0.05, "--phase", "b", "--moves", 0, "--format", "csv", *ONE)
    result = run("connect", hongjiawan, small_study, *asked, "--profile", "heater")
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert rows[0]["way"] == "on phase b"


def test_capacity_of_nodes_as_table_csv_and_picture(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "hosting.svg"
    nodes = ("--at", "LV", "--at", "F1-P05", "--hours", "18:00-22:30", "--max-kw", 5)
    result = run("hosting", hongjiawan, small_study, *nodes, *ONE, "--format", "csv", "-o", picture)
    assert result.exit_code == DONE, result.output
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert [row["node"] for row in rows] == ["LV", "F1-P05"]
    assert all(0 <= float(row["kw_abc"]) <= 5 for row in rows)
    text = picture.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "three phases" in text
    result = run("hosting", hongjiawan, small_study, "--at", "LV", *ONE, "--format", "json")
    record = json.loads(result.stdout)
    assert record["schema_version"] == "gridplan-hosting/1"
    assert record["nodes"][0]["node"] == "LV"


@pytest.mark.parametrize(
    "asked",
    [
        ("--kw", 3),
        ("--at", "LV", "--kw", 0),
        ("--at", "LV", "--kw", 3, "--three-phase", "--phase", "a"),
        ("--at", "LV", "--kw", 3, "--hours", "18:00"),
        ("--at", "LV", "--kw", 3, "--hours", "18:00-18:00"),
        ("--at", "LV", "--kw", 3, "--scenario", "nowhere"),
    ],
)
def test_wrong_usage(
    run: Run, hongjiawan: Path, small_study: Path, asked: tuple[object, ...]
) -> None:
    assert run("connect", hongjiawan, small_study, *asked).exit_code == USAGE


def test_a_node_that_is_not_there_is_bad_input(
    run: Run, hongjiawan: Path, small_study: Path
) -> None:
    for command in (("connect", "--kw", 1), ("hosting",)):
        name, *asked = command
        result = run(name, hongjiawan, small_study, *asked, "--at", "nowhere", *ONE)
        assert result.exit_code == BAD_INPUT, result.output
        assert "nowhere" in result.stderr


def test_the_shipped_costs_can_be_changed_and_given_to_a_comparison(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path
) -> None:
    table = run("schema", "costs").stdout
    rows = list(csv.DictReader(table.splitlines()))
    assert {row["item"] for row in rows} == set(shipped_costs())
    own = tmp_path / "costs.csv"
    own.write_text(
        "item,unit,price_cny,crew_h,outage_min,lead_days\nvisit,visit,12345,0.5,0,1\n",
        encoding="utf-8",
    )
    study = tmp_path / "study.yaml"
    text = small_study.read_text(encoding="utf-8").replace("2015", "2017")
    study.write_text(text + "measures: {max_moves: 0, without: [battery, generator, stagger]}\n")
    asked = ("compare", hongjiawan, study, "--draws", 2, "--format", "json", "--costs")
    result = run(*asked, own)
    assert result.exit_code == DONE, result.output
    visits = [
        item
        for measure in json.loads(result.stdout)["measures"]
        for item in measure["outlay"]["items"]
        if item["item"] == "visit"
    ]
    assert visits
    assert all(item["price_cny"] == 12345 * item["quantity"] for item in visits)
    own.write_text("item,unit,price_cny,crew_h,outage_min,lead_days\nx,y,z,1,1,1\n")
    result = run(*asked, own)
    assert result.exit_code == BAD_INPUT
    assert "no measure takes 'x'" in result.stderr
