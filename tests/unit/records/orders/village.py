"""A plan's folder made by hand: two crew days of moves, one new conductor, three findings."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from gridplan.records.field_types import (
    SCHEMA_VERSION,
    CrewDay,
    FieldCustomer,
    FieldLists,
    FieldMove,
    FieldWork,
    ListedHome,
    Outage,
    Promised,
    PromisedHour,
)
from gridplan.records.fieldwork import plan_hash
from gridplan.records.orders_actions import Clerk
from gridplan.records.orders_import import Imported, import_plan
from gridplan.records.orders_ledger import Ledger
from gridplan.records.orders_plan import read_plan_folder

NEUTRAL = ("neutral_overload", "expected", "transformer")
LOW = ("low_voltage", "expected", "F1")
PEAK = ("phase_overload", "full", "transformer")
#: Shares of a, b, c, n: before the moves all on a, afterwards even.
BEFORE = ((0.55, 0.6, 0.65), (0.18, 0.2, 0.22), (0.18, 0.2, 0.22), (0.35, 0.4, 0.45))
AFTER = ((0.3, 0.34, 0.38), (0.29, 0.33, 0.37), (0.29, 0.33, 0.37), (0.0, 0.02, 0.1))

START = dt.datetime(2027, 1, 20, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def moment(day: int, hour: int = 9) -> dt.datetime:
    """A time in January 2027, in China."""
    return START.replace(day=day, hour=hour)


def finding(key: tuple[str, str, str], probability: float, first: str | None) -> dict[str, Any]:
    kind, scenario, element = key
    return {
        "kind": kind,
        "scenario": scenario,
        "element": element,
        "phase": "a",
        "tier": "act",
        "probability": probability,
        "first": first,
        "worst": 120.0,
        "limit": {"value": 100.0, "unit": "%"},
    }


def plan_record(**changes: Any) -> dict[str, Any]:
    return {
        "schema_version": "gridplan-plan/1",
        "sweep": {"scenarios": ["expected", "full"], "seconds": 1.5},
        "before": {
            "findings": [
                finding(NEUTRAL, 0.9, "2027-02-01T19:00"),
                finding(LOW, 0.4, None),
                finding(("overload", "expected", "transformer"), 0.01, "2027-02-05T19:00"),
                finding(PEAK, 0.8, "2027-02-05T18:00"),
                {**finding(("unbalance", "expected", "transformer"), 0.7, None), "tier": "watch"},
            ]
        },
        "measures": [{"accept_probability": 0.05}],
        "provenance": {"made": "2027-01-19T08:00:00+00:00"},
        **changes,
    }


def move(order: int, unit: str, from_phase: str, to_phase: str, *ids: str) -> FieldMove:
    return FieldMove(
        order=order,
        unit=unit,
        circuit="F1",
        at="P1",
        from_phase=from_phase,
        to_phase=to_phase,
        permutation=(1, 2, 0),
        customers=tuple(
            FieldCustomer(customer_id=name, pole="P1", box="B1", meter_a=60.0) for name in ids
        ),
    )


def outage(minutes: int = 90) -> Outage:
    return Outage(
        circuit="F1", minutes=minutes, customer_ids=("1", "2", "3", "4"), priority_ids=("4",)
    )


def crew_days() -> tuple[CrewDay, ...]:
    both = (NEUTRAL, LOW)
    first = CrewDay(
        key="moves-1",
        kind="moves",
        label="B1 a -> b, 3 a -> c",
        scenarios=("expected", "full"),
        moves=(move(1, "B1", "a", "b", "1", "2"), move(2, "3", "a", "c", "3")),
        outages=(outage(),),
        minutes=90,
        cures=both,
    )
    wire = CrewDay(
        key="200 m of X on F1",
        kind="reconductor",
        label="200 m of X on F1",
        scenarios=("full",),
        outages=(outage(210),),
        minutes=210,
        cures=(PEAK,),
    )
    return first, wire


def promised() -> Promised:
    hours = tuple(
        PromisedHour(hour=hour, total_a=(20.0, 30.0, 40.0), before=BEFORE, after=AFTER)
        for hour in (12, 19)
    )
    return Promised(
        scenario="expected",
        first_day="2027-01-27",
        last_day="2027-02-03",
        rated_a=43.3,
        hours=hours,
    )


def home(number: str) -> ListedHome:
    return ListedHome(
        customer_id=number,
        pole="P1",
        box="B1",
        circuit="F1",
        phase="a",
        confidence=0.5,
        kind="vacant",
    )


def field_work(record: dict[str, Any], **changes: Any) -> FieldWork:
    values: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "plan": plan_hash(record),
        "feeder": "village",
        "study": "festival",
        "last_day": "2027-02-03",
        "days": crew_days(),
        "promised": promised(),
        "lists": FieldLists(long_off=(home("1"),), doubtful_phase=(home("=1+1"),)),
        **changes,
    }
    return FieldWork(**values)


def write_plan(folder: Path, record: dict[str, Any] | None = None, **changes: Any) -> Path:
    """``plan.json`` and ``fieldwork.json`` that belong together."""
    record = plan_record() if record is None else record
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    work = json.dumps(field_work(record, **changes).to_record())
    (folder / "fieldwork.json").write_text(work, encoding="utf-8")
    return folder


def imported(ledger: Ledger, folder: Path, **options: Any) -> Imported:
    """Take a plan's folder into the ledger."""
    contents = read_plan_folder(folder, **options)
    return import_plan(ledger, contents, author="7", at=START, station="Tucheng")


def clerk(ledger: Ledger, day: int = 21, hour: int = 9, version: int | None = None) -> Clerk:
    return Clerk(ledger=ledger, author="7", at=moment(day, hour), version=version)
