"""Plans as work for crews: what each version of ``plan.json`` says, and what is wrong."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from gridplan.errors import InputError
from gridplan.records.plan_works import MOVE_H, VISIT_H, read_works


def finding(kind: str, probability: float, scenario: str = "expected") -> dict[str, Any]:
    return {
        "kind": kind,
        "scenario": scenario,
        "element": "T",
        "probability": probability,
        "first": "2027-02-05T17:00",
    }


def measure(label: str, action: str, left: list[tuple[str, float]], **more: Any) -> dict[str, Any]:
    remaining = [{"kind": kind, "element": "T", "p": p} for kind, p in left]
    scenarios = {"expected": {"clears": not left, "remaining": remaining}}
    return {"label": label, "action": action, "scenarios": scenarios, **more}


PLAN: dict[str, Any] = {
    "schema_version": "gridplan-plan/1",
    "feeder": {"name": "hill", "customers": 40},
    "sweep": {"scenarios": ["expected", "cold_snap"], "first": "2027-01-27T00:00"},
    "before": {
        "by_scenario": {
            "expected": {"overload_h": 8.0, "harm_h": 320.0},
            "cold_snap": {"overload_h": 20.0, "harm_h": None},
        },
        "findings": [finding("phase_overload", 0.8), finding("low_voltage", 1.0)],
    },
    "after": {"by_scenario": {"expected": {"overload_h": 3.0}, "cold_snap": {"overload_h": 15.0}}},
    "rebalancing": {"moves": [{"order": 1}, {"order": 1}, {"order": 2}]},
    "measures": [
        measure("nothing", "none", [("phase_overload", 0.8)]),
        measure("2 moves", "move", [("phase_overload", 0.3)]),
        measure("2 moves + 50 kVA", "uprate", [("phase_overload", 0.1)]),
    ],
}


def write(folder: Path, record: Any, name: str = "plan") -> Path:
    out = folder / name
    out.mkdir()
    (out / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    return out


def changed(**more: Any) -> dict[str, Any]:
    return {**copy.deepcopy(PLAN), **more}


def test_moves_without_crew_hours(tmp_path: Path) -> None:
    """Today's plans: hours of moves are assumed, other measures have none and are said."""
    (work,) = read_works([write(tmp_path, PLAN)])
    assert (work.name, work.scenario, work.overload_h, work.harm_h, work.customers) == (
        "hill", "expected", 8.0, 320.0, 40,
    )  # fmt: skip
    assert work.first_day == dt.date(2027, 1, 27)
    (moves,) = work.packages
    assert (moves.label, moves.prevented_h, moves.assumed) == ("2 moves", 5.0, True)
    assert moves.crew_h == VISIT_H + 2 * MOVE_H
    assert work.unpriced == ("2 moves + 50 kVA",)


def test_outlays_of_measures(tmp_path: Path) -> None:
    """A plan whose measures have crew hours, and probabilities with and without each."""
    record = changed()
    for item, hours in zip(record["measures"], (0.0, 2.0, 9.0), strict=True):
        item["outlay"] = {"crew_h": hours, "lead_days": 10.0 if hours == 9 else 0.0}
    record["measures"][2]["probabilities"] = [
        {"kind": "phase_overload", "scenario": "expected", "element": "T", "today": 0.8, "with": q}
        for q in (0.2, 0.1)
    ]
    open_one = measure("tap", "tap", [], outlay={"crew_h": 1.0}, open_question="which tap is it on")
    record["measures"] += [open_one, measure("later heating", "stagger", [])]
    (work,) = read_works([write(tmp_path, record) / "plan.json"])
    moves, uprate = work.packages
    assert (moves.crew_h, moves.assumed, moves.lead_days) == (2.0, False, 0.0)
    assert uprate.prevented_h == pytest.approx(8.0 * (1 - 0.2 / 0.8))
    assert (uprate.action, uprate.crew_h, uprate.lead_days) == ("uprate", 9.0, 10.0)
    assert work.unpriced == ()


def test_hours_that_the_record_gives_count(tmp_path: Path) -> None:
    record = changed()
    record["measures"][2]["scenarios"]["expected"]["overload_h"] = 0.5
    record["measures"][2]["outlay"] = {"crew_h": 6.0}
    record["rebalancing"]["crew_h"] = 2.25
    moves, uprate = read_works([write(tmp_path, record)])[0].packages
    assert uprate.prevented_h == 7.5
    assert (moves.crew_h, moves.assumed) == (2.25, False)


def test_another_scenario(tmp_path: Path) -> None:
    """A measure that was not tried there leaves no more than the lesser one that was enough."""
    record = changed()
    record["measures"][1]["scenarios"]["cold_snap"] = {"remaining": []}
    record["measures"][2]["outlay"] = {"crew_h": 6.0}
    (work,) = read_works([write(tmp_path, record)], "cold_snap")
    assert (work.overload_h, work.harm_h) == (20.0, None)
    assert [one.prevented_h for one in work.packages] == [5.0, 5.0]


def test_nothing_for_a_crew(tmp_path: Path) -> None:
    quiet = changed(measures=PLAN["measures"][:1])
    beyond = changed(measures=[measure("50 kVA", "uprate", [])])
    works = read_works([write(tmp_path, quiet, "a")])
    assert works[0].why_none == "nothing in its plan needs a crew"
    works = read_works([write(tmp_path, beyond, "b")])
    assert works[0].why_none == "its plan gives no crew hours of: 50 kVA"


def test_the_period_of_older_plans(tmp_path: Path) -> None:
    record = changed(sweep={"scenarios": ["expected"]})
    assert read_works([write(tmp_path, record)])[0].first_day == dt.date(2027, 2, 5)
    record["before"]["findings"] = []
    assert read_works([write(tmp_path, record, "b")])[0].first_day is None


def test_every_bad_plan_is_named_at_once(tmp_path: Path) -> None:
    no_feeder = changed()
    del no_feeder["feeder"]
    text = changed()
    text["before"]["by_scenario"]["expected"]["overload_h"] = "eight"
    unknown = changed()
    unknown["before"]["by_scenario"]["expected"]["overload_h"] = None
    bad = {
        "list": [1, 2],
        "other": {"schema_version": "gridplan-screen/1"},
        "feeder": no_feeder,
        "text": text,
        "unknown": unknown,
        "scenario": changed(sweep={"scenarios": ["cold"]}, before={"by_scenario": {}}),
        "measure": changed(measures=[{"label": "x"}]),
    }
    paths = [write(tmp_path, record, name) for name, record in bad.items()]
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "plan.json").write_text('{"schema_version": "gridplan-pl', "utf-8")
    paths += [tmp_path / "torn", tmp_path / "gone", write(tmp_path, PLAN, "good")]
    paths += [write(tmp_path, PLAN, "again")]
    with pytest.raises(InputError) as caught:
        read_works(paths)
    found = {Path(one.where).parent.name: one for one in caught.value.faults}
    assert found.keys() == {*bad, "torn", tmp_path.name, "again"}
    assert found["feeder"].what == "does not hold feeder"
    assert found["again"].code == "plan-twice"
    assert "gone" in found[tmp_path.name].where
    assert found["torn"].code == "plan-damaged"
    with pytest.raises(InputError, match="no scenario full_house, but expected, cold_snap"):
        read_works([tmp_path / "good"], "full_house")
