"""``gridplan orders`` from the plan to the closed order, by exit codes and what is printed."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gridplan.cli.exits import BAD_INPUT, DONE, USAGE
from tests.unit.records.orders.village import write_plan

Run = Callable[..., Result]


class Desk:
    """A clerk with a ledger."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder = run, folder
        self.ledger = folder / "orders.sqlite"

    def __call__(self, command: str, *arguments: Any, code: int = DONE) -> Result:
        writes = command not in ("list", "show", "report", "print", "apply")
        by = ("--by", "7") if writes else ()
        done = self.run("orders", command, *arguments, *by, "--ledger", self.ledger)
        assert done.exit_code == code, done.output
        assert "Traceback" not in done.output
        return done

    def states(self) -> dict[str, str]:
        record = json.loads(self("list", "--format", "json").stdout)
        return {item["id"]: item["state"] for item in record["items"]}


@pytest.fixture
def desk(run: Run, tmp_path: Path) -> Desk:
    made = Desk(run, tmp_path)
    plan = write_plan(tmp_path / "plan")
    made("import", plan, "--station", "Tucheng", "--at", "2027-01-20T09:00")
    return made


SERVICE = ("--team", "service", "--date", "2027-01-28", "--at", "2027-01-21")


def test_the_whole_way(desk: Desk) -> None:
    assert desk.states() == {"I-1": "open", "I-2": "open", "O-3": "open"}
    desk("assign", "O-3", *SERVICE)
    desk("start", "O-3", "--at", "2027-01-28T10:00")
    done = desk("confirm", "O-3", "--measured", "10,10,10,0.5", "--at", "2027-01-28T12:40")
    assert "promise kept" in done.stdout
    assert "at 12:00" in done.stdout
    assert desk.states() == {"I-1": "verify", "I-2": "verify", "O-3": "verify"}
    desk("close", "O-3", "I-1", "I-2", "--at", "2027-01-29T08:00")
    assert set(desk.states().values()) == {"closed"}
    shown = desk("show", "O-3").stdout
    assert "2027-01-28T12:40:00+08:00 confirmed by 7" in shown
    record = json.loads(desk("show", "O-3", "--format", "json").stdout)
    assert [event["step"] for event in record["events"]] == [
        "created", "assigned", "started", "confirmed", "closed",
    ]  # fmt: skip
    assert record["linked"] == ["I-1", "I-2"]


def test_the_same_plan_twice_is_one(desk: Desk) -> None:
    done = desk("import", desk.folder / "plan", "--at", "2027-01-20T09:00")
    assert "0 issues, 0 orders new" in done.stdout


def test_a_later_plan_names_what_is_unfinished(desk: Desk) -> None:
    from tests.unit.records.orders.village import plan_record

    later = write_plan(desk.folder / "later", plan_record(verdict="later"))
    done = desk("import", later, "--at", "2027-01-22T09:00")
    assert "seen again: I-1, I-2" in done.stdout
    assert "not finished: O-3" in done.stderr


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        (("assign", "O-3", "--team", "service", "--date", "2027-02-05"), BAD_INPUT, "腊月廿八"),
        (("assign", "O-3", "--team", "service", "--date", "28.1."), USAGE, "no date"),
        (("assign", "O-3", "--team", "firemen"), USAGE, "firemen"),
        (("assign", "O-9", "--team", "service"), BAD_INPUT, "no such issue or order"),
        (("start", "O-3"), BAD_INPUT, "is open: started is not possible"),
        (("close", "O-3"), BAD_INPUT, "possible now: "),
        (("confirm", "O-3", "--measured", "1,2,3"), USAGE, "3 currents"),
        (("confirm", "O-3", "--measured", "1,2,x,4"), USAGE, "is not Ia,Ib,Ic,In"),
        (("confirm", "O-3", "--measured", "1,1,1,9"), BAD_INPUT, "more than the phases together"),
        (("confirm", "O-3", "--found", "B1"), USAGE, "is not UNIT=PHASE"),
        (("reject", "O-3", "--reason", " "), BAD_INPUT, "needs a reason"),
        (("reject", "O-3", "--unit", "B9", "--reason", "x"), BAD_INPUT, "has no move of B9"),
        (("waive", "O-3", "--reason", "x", "--until", "2040-01-01"), BAD_INPUT, "reject orders"),
        (("waive", "I-1", "--reason", "x", "--until", "2020-01-01"), BAD_INPUT, "is over"),
        (("start", "O-3", "--at", "yesterday"), USAGE, "no time"),
        (("reopen", "O-3", "--reason", "x"), BAD_INPUT, "is not possible"),
        (("start", "O-3", "--version", "5"), BAD_INPUT, "you have seen 5"),
    ],
)
def test_what_is_refused_leaves_the_ledger_as_it_was(
    desk: Desk, command: tuple[str, ...], code: int, says: str
) -> None:
    before = sqlite3.connect(desk.ledger).execute("SELECT * FROM gridplan_event").fetchall()
    done = desk(*command, code=code)
    assert says in " ".join(done.output.split())
    after = sqlite3.connect(desk.ledger).execute("SELECT * FROM gridplan_event").fetchall()
    assert before == after


def test_who_writes_must_be_said(run: Run, tmp_path: Path) -> None:
    done = run("orders", "start", "O-3", "--ledger", tmp_path / "x.sqlite")
    assert done.exit_code == USAGE
    assert "--by" in done.output


def test_reading_does_not_make_a_ledger(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    done = run("orders", "list", "--ledger", path)
    assert done.exit_code == BAD_INPUT
    assert "gridplan orders import" in done.output
    assert not path.exists()


def test_an_outage_in_the_festival_needs_a_reason(desk: Desk) -> None:
    words = ("--team", "service", "--date", "2027-02-05", "--at", "2027-01-21")
    done = desk("assign", "O-3", *words, "--despite", "fuse of F1 burnt")
    assert "fuse of F1 burnt" in done.stderr
    assert desk.states()["O-3"] == "assigned"


def test_reject_reopen_and_waive(desk: Desk) -> None:
    at = ("--at", "2027-01-21")
    desk("reject", "O-3", "--unit", "B1", "--reason", "wires too short", *at)
    desk("reject", "O-3", "--reason", "no crew", *at)
    assert desk.states()["O-3"] == "rejected"
    desk("reopen", "O-3", "--reason", "there is one", *at)
    desk("waive", "I-1", "--reason", "in March", "--until", "2040-03-01", *at)
    rows = {row["id"]: row for row in json.loads(desk("list", "--format", "json").stdout)["items"]}
    assert rows["O-3"]["state"] == "open"
    assert rows["I-1"]["waived"] is True


def test_lists_are_filtered(desk: Desk) -> None:
    table = desk("list", "--kind", "order", "--state", "open", "--format", "csv").stdout
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["id"], row["station"], row["due"]) == ("O-3", "Tucheng", "2027-01-31")
    assert "none" in desk("list", "--station", "elsewhere").stdout
    assert "none" in desk("list", "--feeder", "elsewhere", "--overdue").stdout


def test_reports_as_table_json_csv_and_page(desk: Desk) -> None:
    page = desk.folder / "reports" / "week.html"
    words = ("--weekly", "--date", "2027-02-03")
    table = desk("report", *words, "-o", page, "--lang", "zh").stdout
    assert "2027-02-01 to 2027-02-07" in table
    assert "overdue since 2027-01-31: I-1" in table
    assert "周汇报" in page.read_text(encoding="utf-8")
    record = json.loads(desk("report", *words, "--format", "json").stdout)
    assert record["schema_version"] == "gridplan-orders-report/1"
    assert [item["id"] for item in record["overdue"]] == ["I-1", "O-3", "I-2"]
    total = next(row for row in record["tallies"] if row["station"] == "total")
    assert (total["found_ever"], total["closed_ever"], total["overdue"]) == (2, 0, 2)
    daily = desk("report", "--daily", "--date", "2027-01-20", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(daily)))
    assert [row["found"] for row in rows if row["station"] == "total"] == ["2", "1"]
    desk("report", "-o", "week.pdf", code=USAGE)


def test_orders_are_printed_with_lists_if_asked(desk: Desk) -> None:
    desk("assign", "O-3", *SERVICE, "--manager", "77")
    alone, all_ = desk.folder / "one.xlsx", desk.folder / "all.xlsx"
    desk("print", "O-3", "-o", alone)
    desk("print", "-o", all_, "--plan", desk.folder / "plan", "--lang", "zh")
    from python_calamine import CalamineWorkbook

    assert CalamineWorkbook.from_path(alone).sheet_names == ["Overview", "O-3 phase moves"]
    sheets = CalamineWorkbook.from_path(all_).sheet_names
    assert sheets[:3] == ["总览", "O-3 调相", "久未用电户"]
    desk("print", "I-1", "-o", alone, code=BAD_INPUT)
    desk("print", "-o", "orders.ods", code=USAGE)


@pytest.fixture(scope="module")
def planned(run: Run, hongjiawan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of two evenings with few draws; the level of 2021 makes the village need moves."""
    folder = tmp_path_factory.mktemp("planned")
    study = folder / "study.yaml"
    study.write_text(
        "name: two-days\n"
        "title: Two days\n"
        "forecast:\n"
        "  period: {festival_year: 2027, first_day: -4, last_day: 0}\n"
        "  step_minutes: 60\n"
        "  draws: 2\n"
        "  seed: 1\n"
        f"  registers: {hongjiawan.parents[1] / 'scenarios' / 'spring-festival-2027'}\n"
        "  levels: {default: 2016}\n"
        "  scenarios:\n"
        "    expected: {}\n"
        "measures: {max_moves: 2}\n",
        encoding="utf-8",
    )
    done = run("plan", hongjiawan, study, "-o", folder / "out")
    assert done.exit_code == DONE, done.output
    return folder


def test_round_trip_on_hongjiawan(
    run: Run, hongjiawan: Path, planned: Path, tmp_path: Path
) -> None:
    """Plan, orders, confirmed, closed, weekly report, new network, a plan that respects it."""
    import gridplan as gp

    desk = Desk(run, tmp_path)
    desk("import", planned / "out", "--station", "Tucheng", "--at", "2027-01-20T09:00")
    orders = [name for name in desk.states() if name.startswith("O-")]
    assert orders, "the village needs work"
    order = orders[0]
    record = json.loads(desk("show", order, "--format", "json").stdout)
    moves = record["detail"]["moves"]
    held = moves[-1]["unit"]
    assert len(moves) > 1
    desk("reject", order, "--unit", held, "--reason", "wires too short", "--at", "2027-01-21")
    desk("assign", order, "--team", "service", "--date", "2027-01-28", "--at", "2027-01-22")
    desk("start", order, "--at", "2027-01-28T10:00")
    measured = ("--measured", "5.2,5.9,5.4,1.9", "--at", "2027-01-28T13:00")
    done = desk("confirm", order, *measured)
    assert "promise undecided" in done.stdout or "promise not kept" in done.stdout
    desk("close", order, "--note", "checked at noon", "--at", "2027-01-29")
    week = desk("report", "--weekly", "--date", "2027-01-29", "--format", "json").stdout
    tallies = {(t["kind"], t["station"]): t for t in json.loads(week)["tallies"]}
    assert tallies["order", "Tucheng"]["closed"] == 1
    version = tmp_path / "v2" / "hongjiawan"
    desk("apply", hongjiawan, "-o", version)
    old, new = gp.read_feeder(hongjiawan).customers, gp.read_feeder(version).customers
    changed = set(old.id[old.phase != new.phase].tolist())
    done_ids = {c["customer_id"] for m in moves[:-1] for c in m["customers"]}
    assert changed == done_ids
    for move in moves[:-1]:
        for customer in move["customers"]:
            assert new.phase[new.id.tolist().index(customer["customer_id"])] == move["to_phase"]
    assert "nothing to apply" in desk("apply", version, "-o", tmp_path / "v3").stdout
    desk("apply", hongjiawan, "-o", version, code=BAD_INPUT)
    _next_plan(run, desk, version, planned / "study.yaml", held)


def _next_plan(run: Run, desk: Desk, network: Path, study: Path, held: str) -> None:
    """Rejected units stay, waived findings are shown as waived and do not fail."""
    issue = next(name for name in desk.states() if name.startswith("I-"))
    desk("waive", issue, "--reason", "in March", "--until", "2040-01-01", "--at", "2027-01-29")
    out = desk.folder / "next"
    done = run("plan", network, study, "-o", out, "--orders", desk.ledger)
    assert done.exit_code == DONE, done.output
    record = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert held not in {move["unit"] for move in record["rebalancing"]["moves"]}
    assert any(note["code"] == "held-unit" and held in note["what"] for note in record["notes"])
    key = json.loads(desk("show", issue, "--format", "json").stdout)["key"].split("|")
    assert [[w["kind"], w["scenario"], w["element"]] for w in record["waived"]] == [key]
    assert "wires too short" in done.stderr


def test_a_plan_with_a_ledger_that_is_not_there(
    run: Run, hongjiawan: Path, small_study: Path, tmp_path: Path
) -> None:
    done = run(
        "plan", hongjiawan, small_study, "-o", tmp_path / "out", "--orders", tmp_path / "no.sqlite"
    )
    assert done.exit_code == BAD_INPUT
    assert "there is no ledger" in done.output


@pytest.mark.parametrize(
    ("option", "value"), [("--date", "28.01.2027"), ("--due", "tomorrow"), ("--at", "noon")]
)
def test_a_day_or_time_that_is_none_is_named_by_its_option(
    desk: Desk, option: str, value: str
) -> None:
    said = dict(zip(SERVICE[::2], SERVICE[1::2], strict=True)) | {option: value}
    asked = [text for pair in said.items() for text in pair]
    done = desk("assign", "O-3", *asked, code=USAGE)
    assert f"Invalid value for {option}: {value} is no" in " ".join(done.stderr.split())
