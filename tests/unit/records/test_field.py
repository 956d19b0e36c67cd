"""Places, days, lists and promised currents of a plan for the crews."""

from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

import gridplan as gp
from gridplan.measures.conductors import reconductoring_measures
from gridplan.measures.transformers import uprating_measures
from gridplan.records.field_currents import promised_currents
from gridplan.records.field_days import DAY_MIN, _minutes, crew_days, split_by_time
from gridplan.records.field_lists import field_lists, stays_away
from gridplan.records.field_places import Places
from gridplan.records.field_types import CrewDay, FieldWork
from tests.unit.records.orders.village import field_work, plan_record

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def places() -> Places:
    return Places.of(gp.read_feeder(ROOT / "networks" / "hongjiawan"))


@pytest.mark.parametrize(
    ("unit", "at", "wire"),
    [
        ("HJW001", "B1", "BLV 2x6"),  # one home of a box with others: in the box
        ("B5", "F1-P09", "BLV 2x10"),  # a whole box: at its pole
        ("F1-L", "F1-P06", "JL/G1A-16/3 4w"),  # a lateral: where it leaves the main line
        ("HJW-mill", "F2-P03", "JKLYJ-1kV 4x16"),
    ],
)
def test_where_units_are_reconnected(places: Places, unit: str, at: str, wire: str) -> None:
    feeder = places.feeder
    index = feeder.customers.unit_names.tolist().index(unit)
    members = feeder.customers.unit_members(index)
    assert places.reconnected_at(members) == at
    assert feeder.lines.std_type[places.reconnected_line(members)] == wire


def test_boxes_and_poles(places: Places) -> None:
    meters = {item.customer_id: item for item in places.customers(range(30))}
    assert (meters["HJW013"].pole, meters["HJW013"].box) == ("F1-P09", "B5")
    assert (meters["HJW022"].pole, meters["HJW022"].box) == ("F1-L03", "B8")
    assert (meters["HJW-mill"].pole, meters["HJW-mill"].box) == ("F2-P03", "mill")
    assert meters["HJW013"].meter_a == 30.0


def test_every_customer_is_behind_the_busbar(places: Places) -> None:
    assert places.behind[places.feeder.busbar] == len(places.feeder.customers)


@given(st.lists(st.sampled_from(["F1", "F2", "F3"]), max_size=40))
def test_days_hold_all_moves_in_their_order_and_are_not_too_long(circuits: list[str]) -> None:
    days = split_by_time(circuits)
    assert [index for day in days for index in day] == list(range(len(circuits)))
    for day in days:
        names = [circuits[index] for index in day]
        minutes = sum(_minutes(names.count(name)) for name in set(names))
        assert minutes <= DAY_MIN or len(day) == 1
    for one, other in pairwise(days):
        names = [circuits[index] for index in (*one, other[0])]
        assert sum(_minutes(names.count(name)) for name in set(names)) > DAY_MIN


def test_lists_of_the_study(places: Places) -> None:
    feeder = places.feeder
    study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml")
    away = stays_away(feeder, study.forecast)
    lists = field_lists(feeder, places, away)
    empty = set(feeder.customers.id[feeder.customers.kind == "vacant"].tolist())
    long_off = {home.customer_id for home in lists.long_off}
    not_coming = {home.customer_id for home in lists.not_coming}
    register = (ROOT / "scenarios" / "spring-festival-2027" / "hongjiawan.csv").read_text()
    says_no = {line.split(",")[0] for line in register.splitlines() if ",yes," in line}
    assert not_coming == says_no
    assert long_off == empty - not_coming
    assert long_off
    assert not_coming
    assert [home.circuit for home in lists.long_off] == sorted(h.circuit for h in lists.long_off)
    assert lists.doubtful_phase == ()


def test_doubtful_phases_and_priorities_are_listed(places: Places) -> None:
    from dataclasses import replace

    customers = places.feeder.customers
    n = len(customers)
    doubtful = replace(
        customers,
        phase_confidence=np.where(np.arange(n) == 3, 1 / 3, customers.phase_confidence),
        priority=np.arange(n) == 5,
    )
    feeder = replace(places.feeder, customers=doubtful)
    lists = field_lists(feeder, Places.of(feeder), np.zeros(n, dtype=bool))
    assert [home.customer_id for home in lists.doubtful_phase] == [str(customers.id[3])]
    assert [home.customer_id for home in lists.priority] == [str(customers.id[5])]


def made_plan(feeder: gp.Feeder, steps: tuple[str, ...], action: str) -> Any:
    """A plan in which one option clears the only scenario."""
    option = SimpleNamespace(
        label=" + ".join(steps), action=action, steps=steps, scenarios=("expected",),
        cleared={"expected": (("overload", "expected", "transformer"),)},
    )  # fmt: skip
    return SimpleNamespace(
        feeder=feeder,
        verdicts=(SimpleNamespace(scenario="expected", action=action, sentence=option.label),),
        measures=(option,),
        proposal=SimpleNamespace(moves=()),
    )


def test_equipment_is_known_by_the_words_of_the_measures(places: Places) -> None:
    """The labels of ``upgrades`` are what the crew days read."""
    feeder = places.feeder
    wire = reconductoring_measures(feeder, "JKLYJ-1kV 4x50")[0]
    larger = uprating_measures(feeder)[0]
    plan = made_plan(feeder, (wire.label, larger.label, "something new"), "uprate")
    days = crew_days(plan, places)
    assert [day.kind for day in days] == ["reconductor", "uprate", "other"]
    assert days[0].outages[0].circuit == wire.place
    amounts = {item.item: item.quantity for item in days[0].material}
    assert amounts["conductor"] == pytest.approx(4 * 1.05 * wire.quantity, abs=1)
    assert amounts["insulators"] == 4 * (wire.quantity / 40 + 1), "spans of 40 m"
    assert {outage.circuit for outage in days[1].outages} == {"F1", "F2"}
    told = [name for outage in days[1].outages for name in outage.customer_ids]
    assert sorted(told) == sorted(feeder.customers.id.tolist()), "everybody is told"
    assert days[1].material[0].detail == f"{larger.quantity:g} kVA"
    assert days[2].needs_outage, "what is not known is taken to need one"
    assert not days[2].outages


def sweep(i_phase_a: np.ndarray, i_neutral_a: np.ndarray, times: np.ndarray, minutes: int) -> Any:
    return SimpleNamespace(
        scenarios=("expected", "full"),
        times=times,
        step_minutes=minutes,
        i_phase_a=i_phase_a,
        i_neutral_a=i_neutral_a,
    )


def test_promises_are_shares_by_the_hour_before_the_festival() -> None:
    times = np.arange("2027-02-02T00:00", "2027-02-06T00:00", 60, dtype="datetime64[m]")
    phase = np.zeros((2, 3, len(times), 3))
    phase[0] = [6.0, 3.0, 1.0]
    phase[0, :, 48:] = 100.0  # from 4 February on nobody measures
    phase[0, 0, 12] = np.nan  # a case without a solution
    neutral = np.full((2, 3, len(times)), 4.4)
    after = sweep(np.where(phase > 90, 90.0, 2.0), np.zeros_like(neutral), times, 60)
    found = promised_currents(sweep(phase, neutral, times, 60), after, 43.3, dt.date(2027, 2, 3))
    assert found is not None
    assert (found.first_day, found.last_day) == ("2027-02-02", "2027-02-03")
    assert [hour.hour for hour in found.hours] == list(range(24))
    noon = found.at(12)
    assert noon is not None
    assert noon.total_a == (10.0, 10.0, 10.0)
    assert [band[1] for band in noon.before] == [0.6, 0.3, 0.1, 0.44]
    assert [band[1] for band in noon.after] == pytest.approx([1 / 3] * 3 + [0], abs=1e-4)


def test_snapshots_and_unsolved_sweeps_promise_nothing() -> None:
    times = np.arange("2027-02-02T00:00", "2027-02-02T03:00", 60, dtype="datetime64[m]")
    nothing = sweep(np.full((2, 1, 3, 3), np.nan), np.full((2, 1, 3), np.nan), times, 60)
    assert promised_currents(nothing, nothing, 43.3, None) is None
    snapshot = sweep(np.ones((2, 1, 3, 3)), np.ones((2, 1, 3)), times, 0)
    assert promised_currents(snapshot, snapshot, 43.3, None) is None


def test_records_are_read_as_they_were_written() -> None:
    work = field_work(plan_record())
    text = json.dumps(work.to_record())
    assert TypeAdapter(FieldWork).validate_json(text) == work
    day = work.days[0]
    assert TypeAdapter(CrewDay).validate_json(json.dumps(work.to_record()["days"][0])) == day
