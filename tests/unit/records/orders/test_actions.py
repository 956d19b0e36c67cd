"""What clerks may do, what follows for the issues, and what is refused with all its reasons."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from gridplan.errors import LedgerError
from gridplan.records.orders_assign import Assignment, Team
from gridplan.records.orders_confirm import Confirmation
from gridplan.records.orders_ledger import Ledger
from gridplan.records.orders_measured import Reading
from gridplan.records.orders_standing import standing
from gridplan.records.orders_states import State, Step
from tests.unit.records.orders.village import clerk, field_work, imported, plan_record, write_plan

EVEN = Reading(a=10.0, b=10.0, c=10.0, n=0.5)
AS_BEFORE = Reading(a=18.0, b=6.0, c=6.0, n=12.0)


def service(**values: Any) -> Assignment:
    return Assignment(**{"team": Team.SERVICE, "station": "Tucheng", "manager": "77"} | values)


def codes(error: pytest.ExceptionInfo[LedgerError]) -> set[str]:
    return {fault.code for fault in error.value.faults}


def at_work(ledger: Ledger) -> None:
    """O-3 assigned on the 21st and begun on the 28th."""
    clerk(ledger, 21).assign(ledger.item("O-3"), service(date=dt.date(2027, 1, 28)))
    clerk(ledger, 28, 10).start(ledger.item("O-3"))


def test_from_assignment_to_the_closed_issue(filled: Ledger) -> None:
    at_work(filled)
    assert filled.item("I-1").state is State.IN_PROGRESS, "issues follow their order"
    report = Confirmation(after=EVEN, hour=12)
    detail = clerk(filled, 28, 13).confirm(filled.item("O-3"), report)
    assert detail["comparison"]["verdict"] == "kept"
    assert [row["left"] for row in detail["moves"]] == ["b", "c"]
    assert filled.item("I-2").state is State.VERIFY
    clerk(filled, 29).close(filled.item("O-3"))
    assert filled.item("I-1").state is State.VERIFY, "closing an issue is a decision"
    clerk(filled, 29, 10).close(filled.item("I-1"))
    assert filled.item("I-1").state is State.CLOSED
    followed = filled.item("I-1").all(Step.ASSIGNED)[0]
    assert followed.detail == {"order": "O-3"}


def test_an_assignment_is_remembered_piece_by_piece(filled: Ledger) -> None:
    clerk(filled, 21).assign(filled.item("O-3"), service(due=dt.date(2027, 1, 30)))
    clerk(filled, 22).assign(
        filled.item("O-3"), Assignment(team=Team.VANGUARD, station="", manager="")
    )
    item = filled.item("O-3")
    assert item.known("team") == "vanguard"
    assert (item.station, item.known("manager")) == ("Tucheng", "77")
    assert item.day("due") == dt.date(2027, 1, 30)


def test_somebody_must_answer_for_it(ledger: Ledger, tmp_path: Path) -> None:
    from gridplan.records.orders_import import import_plan
    from gridplan.records.orders_plan import read_plan_folder

    contents = read_plan_folder(write_plan(tmp_path / "plan"))
    import_plan(ledger, contents, author="7")
    with pytest.raises(LedgerError) as error:
        clerk(ledger, 30).assign(ledger.item("O-3"), service(station=""))
    assert "station" in codes(error)


@pytest.mark.parametrize("day", [dt.date(2027, 2, 4), dt.date(2027, 2, 12)])
def test_no_outage_is_planned_around_the_new_year(filled: Ledger, day: dt.date) -> None:
    with pytest.raises(LedgerError) as error:
        clerk(filled).assign(filled.item("O-3"), service(date=day))
    assert codes(error) == {"no-outage"}
    assert "腊月廿八" in str(error.value)
    assert filled.item("O-3").state is State.OPEN
    reason = clerk(filled).assign(filled.item("O-3"), service(date=day, despite="fault on F1"))
    assert reason is not None
    assert filled.item("O-3").known("despite") == "fault on F1"


@pytest.mark.parametrize("day", [dt.date(2027, 2, 3), dt.date(2027, 2, 13), dt.date(2050, 1, 1)])
def test_other_days_are_free(filled: Ledger, day: dt.date) -> None:
    assert clerk(filled).assign(filled.item("O-3"), service(date=day)) is None


def test_issues_have_no_outage(filled: Ledger) -> None:
    assert clerk(filled).assign(filled.item("I-1"), service(date=dt.date(2027, 2, 5))) is None


def test_every_fault_of_a_report_at_once(filled: Ledger) -> None:
    at_work(filled)
    report = Confirmation(
        after=Reading(a=1, b=1, c=1, n=9),
        before=Reading(a=-1, b=0, c=0, n=0),
        found={"B1": "ab", "9": "q"},
        left={"B1": "d", "B9": "a"},
        not_done=("B8", "B1"),
        note="call 13812345678",
    )
    with pytest.raises(LedgerError) as error:
        clerk(filled, 28, 13).confirm(filled.item("O-3"), report)
    found = [fault.code for fault in error.value.faults]
    assert sorted(found) == [
        "personal-data", *["phase"] * 4, *["reading"] * 2, *["unknown-unit"] * 2,
    ]  # fmt: skip
    assert filled.item("O-3").state is State.IN_PROGRESS


def test_moves_are_not_confirmed_without_currents(filled: Ledger) -> None:
    at_work(filled)
    with pytest.raises(LedgerError) as error:
        clerk(filled, 28, 13).confirm(filled.item("O-3"), Confirmation(note="done"))
    assert codes(error) == {"reading"}


def test_an_issue_is_confirmed_in_words(filled: Ledger) -> None:
    clerk(filled, 21).assign(filled.item("I-2"), service())
    clerk(filled, 21, 10).start(filled.item("I-2"))
    with pytest.raises(LedgerError) as error:
        clerk(filled, 21, 11).confirm(filled.item("I-2"), Confirmation(after=EVEN, hour=12))
    assert codes(error) == {"note"}
    clerk(filled, 21, 11).confirm(filled.item("I-2"), Confirmation(note="tap changed"))
    assert filled.item("I-2").state is State.VERIFY


def test_a_broken_promise_is_closed_with_a_reason_only(filled: Ledger) -> None:
    at_work(filled)
    report = Confirmation(after=AS_BEFORE, hour=12)
    detail = clerk(filled, 28, 13).confirm(filled.item("O-3"), report)
    assert detail["comparison"]["verdict"] == "not_kept"
    assert detail["comparison"]["outside"] == ("a", "b", "c", "n")
    with pytest.raises(LedgerError) as error:
        clerk(filled, 29).close(filled.item("O-3"))
    assert codes(error) == {"promise"}
    clerk(filled, 29).start(filled.item("O-3"), note="B1 was forgotten")
    clerk(filled, 30).confirm(filled.item("O-3"), Confirmation(after=EVEN, hour=12))
    clerk(filled, 30, 15).close(filled.item("O-3"))
    assert filled.item("O-3").state is State.CLOSED


def test_units_that_were_not_done_leave_the_promise_open(filled: Ledger) -> None:
    at_work(filled)
    report = Confirmation(after=EVEN, hour=12, not_done=("3",), found={"B1": "c", "44": "b"})
    detail = clerk(filled, 28, 13).confirm(filled.item("O-3"), report)
    assert detail["comparison"]["verdict"] == "undecided"
    assert detail["found"] == {"44": "b"}
    first, second = detail["moves"]
    assert (first["found"], first["left"]) == ("c", "b")
    assert (second["found"], second["left"]) == ("a", "a")


def test_an_issue_with_an_unfinished_order_is_closed_with_a_reason_only(filled: Ledger) -> None:
    clerk(filled, 21).assign(filled.item("I-1"), service())
    clerk(filled, 21, 10).start(filled.item("I-1"))
    clerk(filled, 21, 11).confirm(filled.item("I-1"), Confirmation(note="looked at"))
    with pytest.raises(LedgerError) as error:
        clerk(filled, 22).close(filled.item("I-1"))
    assert codes(error) == {"unfinished"}
    clerk(filled, 22).close(filled.item("I-1"), note="cured by the tap")
    assert filled.item("I-1").state is State.CLOSED


def test_an_issue_waits_for_the_slowest_of_its_orders(ledger: Ledger, tmp_path: Path) -> None:
    imported(ledger, write_plan(tmp_path / "plan"), scenarios=["expected", "full"])
    orders = {item.key: item for item in ledger.items(kind="order")}
    neutral = ledger.items(kind="issue")[0]
    assert neutral.linked == (orders["moves-1"].number,)
    peak = next(item for item in ledger.items(kind="issue") if item.key.startswith("phase"))
    assert peak.linked == (orders["200 m of X on F1"].number,)
    clerk(ledger, 21).assign(orders["moves-1"], service())
    assert ledger.item(peak.name).state is State.OPEN


def test_a_rejected_unit_stays_where_it_is(filled: Ledger) -> None:
    until = dt.date(2027, 3, 1)
    clerk(filled).reject(filled.item("O-3"), "wires too short", unit="B1", until=until.isoformat())
    assert filled.item("O-3").state is State.OPEN
    stands = standing(filled, "village", until)
    assert stands.fixed_ids == ("1", "2")
    assert stands.held[0].reason == "wires too short"
    assert standing(filled, "village", until + dt.timedelta(days=1)).held == ()
    assert standing(filled, "elsewhere", until).held == ()
    with pytest.raises(LedgerError) as error:
        clerk(filled).reject(filled.item("O-3"), "no", unit="B1")
    assert codes(error) == {"unknown-unit"}
    with pytest.raises(LedgerError) as error:
        clerk(filled).reject(filled.item("O-3"), "no", unit="3")
    assert codes(error) == {"last-unit"}


def test_a_rejected_order_holds_its_units_until_it_is_reopened(filled: Ledger) -> None:
    clerk(filled).reject(filled.item("O-3"), "the villagers object")
    assert standing(filled, "village").fixed_ids == ("1", "2", "3")
    clerk(filled, 22).reopen(filled.item("O-3"), "they agree now")
    assert standing(filled, "village").fixed_ids == ()
    clerk(filled, 23).reject(filled.item("O-3"), "another plan", stays=False)
    assert standing(filled, "village").fixed_ids == ()


@pytest.mark.parametrize(("reason", "code"), [("", "reason"), ("wechat: bob", "personal-data")])
def test_reasons_are_needed_and_hold_nothing_personal(
    filled: Ledger, reason: str, code: str
) -> None:
    with pytest.raises(LedgerError) as error:
        clerk(filled).reject(filled.item("O-3"), reason)
    assert codes(error) == {code}
    with pytest.raises(LedgerError) as error:
        clerk(filled).waive(filled.item("I-1"), reason, dt.date(2027, 3, 1))
    assert codes(error) == {code}


def test_a_waiver_holds_up_to_its_last_day(filled: Ledger) -> None:
    last = dt.date(2027, 2, 10)
    clerk(filled).waive(filled.item("I-1"), "new transformer in March", last)
    item = filled.item("I-1")
    assert item.state is State.OPEN
    assert not item.overdue(last), "what is accepted is not overdue"
    assert item.overdue(last + dt.timedelta(days=1))
    (waiver,) = standing(filled, "village", last).waivers
    assert waiver.key == ("neutral_overload", "expected", "transformer")
    assert (waiver.author, waiver.source, waiver.until) == ("7", "I-1", "2027-02-10")
    assert standing(filled, "village", last + dt.timedelta(days=1)).waivers == ()


def test_orders_are_not_waived_and_not_for_a_day_that_is_over(filled: Ledger) -> None:
    with pytest.raises(LedgerError) as error:
        clerk(filled).waive(filled.item("O-3"), "no", dt.date(2027, 1, 1))
    assert codes(error) == {"waive", "until"}


def test_lists_of_homes_never_enter_the_history(filled: Ledger) -> None:
    item = filled.item("O-3")
    assert "long_off" in field_work(plan_record()).to_record()["lists"]
    assert "vacant" not in filled.plan_work(item.plan)


def test_the_author_is_named(filled: Ledger) -> None:
    from gridplan.records.orders_actions import Clerk

    with pytest.raises(LedgerError) as error:
        Clerk(ledger=filled, author=" ").start(filled.item("O-3"))
    assert codes(error) == {"author"}
