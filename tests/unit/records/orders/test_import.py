"""A plan is taken in once; what does not belong together is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gridplan.errors import LedgerError
from gridplan.records.fieldwork import plan_hash
from gridplan.records.orders_confirm import Confirmation
from gridplan.records.orders_ledger import Ledger
from gridplan.records.orders_measured import Reading
from gridplan.records.orders_plan import read_plan_folder
from gridplan.records.orders_states import State, Step
from tests.unit.records.orders.test_actions import at_work
from tests.unit.records.orders.village import (
    LOW,
    NEUTRAL,
    clerk,
    finding,
    imported,
    plan_record,
    write_plan,
)


def test_issues_are_the_findings_to_act_on(tmp_path: Path) -> None:
    contents = read_plan_folder(write_plan(tmp_path))
    assert [issue.key for issue in contents.issues] == [NEUTRAL, LOW]
    assert [issue.due for issue in contents.issues] == ["2027-01-31", "2027-02-03"]
    assert [order.day.key for order in contents.orders] == ["moves-1"]
    assert contents.orders[0].due == "2027-01-31", "that of its most urgent issue"


def test_all_findings_if_asked(tmp_path: Path) -> None:
    contents = read_plan_folder(write_plan(tmp_path), tier="watch")
    assert [issue.key[0] for issue in contents.issues] == [
        "neutral_overload", "low_voltage", "overload", "unbalance",
    ]  # fmt: skip


def test_other_scenarios_bring_their_own_orders(tmp_path: Path) -> None:
    contents = read_plan_folder(write_plan(tmp_path), scenarios=["full"])
    assert [issue.key[0] for issue in contents.issues] == ["phase_overload"]
    assert [order.day.kind for order in contents.orders] == ["moves", "reconductor"]


def test_the_same_plan_twice_is_one(filled: Ledger, tmp_path: Path) -> None:
    before = filled.items()
    again = imported(filled, tmp_path / "plan")
    assert (again.issues, again.orders, again.seen, again.earlier) == ((), (), (), ())
    assert filled.items() == before


def test_a_second_run_of_the_same_plan_is_the_same(filled: Ledger, tmp_path: Path) -> None:
    record = plan_record(seconds={"today": 3.0})
    record["sweep"]["seconds"] = 9.9
    record["provenance"]["made"] = "2027-01-21T08:00:00+00:00"
    assert plan_hash(record) == plan_hash(plan_record())
    assert imported(filled, write_plan(tmp_path / "again", record)).issues == ()


def test_more_scenarios_of_the_same_plan_are_added(filled: Ledger, tmp_path: Path) -> None:
    more = imported(filled, tmp_path / "plan", scenarios=["expected", "full"])
    assert (more.issues, more.orders) == (("I-4",), ("O-5",))


def test_an_issue_that_is_found_again_is_the_same(filled: Ledger, tmp_path: Path) -> None:
    later = plan_record()
    later["before"]["findings"][0]["probability"] = 0.7
    folder = write_plan(tmp_path / "later", later)
    done = imported(filled, folder)
    assert (done.issues, done.seen) == ((), ("I-1", "I-2"))
    assert (done.orders, done.earlier) == (("O-4",), ("O-3",))
    assert filled.item("I-1").last(Step.SEEN).detail["probability"] == 0.7  # type: ignore[union-attr]
    assert filled.item("I-1").linked == (3, 4)
    assert imported(filled, folder).seen == ()


def test_a_closed_issue_that_is_found_again_is_a_new_one(filled: Ledger, tmp_path: Path) -> None:
    at_work(filled)
    even = Confirmation(after=Reading(a=10, b=10, c=10, n=0), hour=12)
    clerk(filled, 28, 13).confirm(filled.item("O-3"), even)
    clerk(filled, 29).close(filled.item("O-3"))
    clerk(filled, 29).close(filled.item("I-1"))
    later = plan_record()
    later["before"]["findings"] = [finding(NEUTRAL, 0.3, None)]
    with pytest.raises(LedgerError, match="before its last event"):
        imported(filled, write_plan(tmp_path / "seen", {**plan_record(), "verdict": "later"}))
    done = imported(filled, write_plan(tmp_path / "later", later))
    assert done.issues == ("I-4",)
    assert filled.item("I-4").state is State.OPEN
    assert filled.item("I-1").state is State.CLOSED


def test_files_of_different_plans_are_refused(tmp_path: Path) -> None:
    folder = write_plan(tmp_path)
    record = plan_record(verdict="another")
    (folder / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(LedgerError, match="belongs to another plan"):
        read_plan_folder(folder)


def test_unknown_scenarios_are_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as error:
        read_plan_folder(write_plan(tmp_path), scenarios=["x", "expected", "y"])
    assert [fault.where for fault in error.value.faults] == ["x", "y"]
    assert "expected, full" in error.value.faults[0].remedy


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("plan.json", None, "no such file"),
        ("plan.json", "{", "cannot be read"),
        ("plan.json", "[" * 100_000, "cannot be read"),
        ("plan.json", "[1]", "is no plan"),
        ("plan.json", '{"schema_version": "gridplan-screen/1"}', "is no plan"),
        ("fieldwork.json", None, "no such file"),
        ("fieldwork.json", "{", "JSON"),
        ("fieldwork.json", '{"feeder": 3}', "schema_version"),
    ],
)
def test_files_that_are_no_plan(tmp_path: Path, name: str, text: str | None, says: str) -> None:
    folder = write_plan(tmp_path)
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(LedgerError, match=says):
        read_plan_folder(folder)


def test_a_plan_that_lacks_something_is_refused(tmp_path: Path) -> None:
    record = plan_record()
    del record["before"]
    with pytest.raises(LedgerError, match="lacks"):
        read_plan_folder(write_plan(tmp_path, record))
