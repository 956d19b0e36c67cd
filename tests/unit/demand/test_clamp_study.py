"""Clamp readings in a study: what they change in a forecast, and what they never change."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gridplan as gp
from gridplan.demand.area_model import CARRIED
from gridplan.demand.clamp_evidence import CircuitEvidence, label_notes
from gridplan.demand.clamp_expected import settings_on
from gridplan.demand.clamp_fit import MOST_READINGS
from gridplan.demand.forecast import HOMES, forecast_demand
from gridplan.demand.settings import ForecastSettings
from tests.unit.demand.test_calibration import write_meters

NETWORK = Path(__file__).parents[3] / "networks" / "hongjiawan"
HEADING = "area,circuit,time,Ia,Ib,Ic,In,Ua,Ub,Uc\n"


@pytest.fixture(scope="module")
def feeder() -> gp.Feeder:
    return gp.read_feeder(NETWORK)


def study(folder: Path, *rows: str, heading: str = HEADING, **changes: Any) -> ForecastSettings:
    """Two days of the festival, three draws, with the rows of a crew's sheet."""
    values: dict[str, Any] = {
        "period": {"festival_year": 2027, "first_day": -2, "last_day": 0},
        "draws": 3,
        "levels": {"default": 2015.0},
        "scenarios": {"expected": {}, "cold": {"temperature_offset_c": -6}},
    }
    if rows:
        (folder / "clamp.csv").write_text(heading + "\n".join(rows) + "\n", encoding="utf-8")
        values["clamp"] = "clamp.csv"
    return ForecastSettings.model_validate(values | changes, context={"folder": folder})


def reading(circuit: str, amperes: str, time: str = "2027-01-18 19:00", area: str = "") -> str:
    return f"{area or 'hongjiawan'},{circuit},{time},{amperes},,,,"


def energy(feeder: gp.Feeder, settings: ForecastSettings) -> np.ndarray:
    """Energy of each customer's days (customer, day) over all draws."""
    p_kw = forecast_demand(feeder, settings).block(0, settings.draws)[0][0]
    return p_kw.reshape(len(p_kw), settings.draws, -1, 96).sum(axis=(1, 3))


def codes(demand: gp.Demand, severity: str = "warning") -> list[str]:
    return [note.code for note in demand.notes if note.severity == severity]


def test_the_homes_of_a_circuit_follow_its_readings(tmp_path: Path, feeder: gp.Feeder) -> None:
    hours = ("18:30", "19:30", "20:30")
    rows = [reading("F1", "8,6,5", f"2027-01-18 {hour}") for hour in hours]
    demand = forecast_demand(feeder, study(tmp_path, *rows))
    assert demand.clamp is not None
    first, second = demand.clamp.circuits
    assert (first.readings, second.readings) == (3, 0)
    assert first.level > second.level > 1.0
    assert first.level_low < first.level < first.level_high
    assert second.labels_hold is None
    assert not second.doubted
    before = energy(feeder, study(tmp_path))
    after = energy(feeder, study(tmp_path, *rows))
    homes = np.isin(feeder.customers.kind, HOMES)
    resident = feeder.customers.kind == "resident"
    for number, one in enumerate(demand.clamp.circuits):
        own = (feeder.customer_circuit == number) & resident
        # without a register a day before the Eve is an ordinary one, the Eve is celebrated
        ratio = after[own] / before[own]
        np.testing.assert_allclose(ratio[:, 0], one.level, rtol=1e-5)
        np.testing.assert_allclose(ratio[:, 1], one.level**CARRIED, rtol=1e-5)
    np.testing.assert_array_equal(after[~homes], before[~homes])


def test_without_readings_not_a_bit_changes(tmp_path: Path, feeder: gp.Feeder) -> None:
    before = forecast_demand(feeder, study(tmp_path)).block(0, 3)[0]
    elsewhere = study(tmp_path, reading("F1", "8,6,5", area="another"))
    demand = forecast_demand(feeder, elsewhere)
    np.testing.assert_array_equal(demand.block(0, 3)[0], before)
    (note,) = demand.notes
    assert (note.code, note.severity) == ("clamp-other-areas", "warning")
    assert "none remains" in note.remedy


def test_more_draws_and_other_scenarios_leave_the_levels_alone(
    tmp_path: Path, feeder: gp.Feeder
) -> None:
    rows = [reading("F1", "8,6,5"), reading("F2", "3,3,2")]
    one = forecast_demand(feeder, study(tmp_path, *rows)).clamp
    more = study(tmp_path, *rows, draws=40, scenarios={"cold": {"temperature_offset_c": -9}})
    other = forecast_demand(feeder, more).clamp
    assert one is not None
    assert other is not None
    assert one.to_records() == other.to_records()


def test_meters_set_the_levels_and_readings_test_the_labels(
    tmp_path: Path, feeder: gp.Feeder
) -> None:
    (tmp_path / "meters").mkdir()
    write_meters(tmp_path / "meters", feeder, np.ones(30))
    rows = [reading("F1", "30,20,25", f"2027-01-18 {hour}:00") for hour in (18, 19, 20)]
    meters = {"meters": "meters", "levels": {"default": 2021.0}}
    with_both = forecast_demand(feeder, study(tmp_path, *rows, **meters))
    alone = forecast_demand(feeder, study(tmp_path, **meters))
    np.testing.assert_array_equal(with_both.block(0, 3)[0], alone.block(0, 3)[0])
    assert with_both.clamp is not None
    assert not with_both.clamp.applied
    assert (with_both.clamp.level(feeder) == 1).all()
    assert with_both.clamp.circuits[0].labels_hold is not None
    said = [note.what for note in with_both.notes if note.code == "clamp-level"]
    assert all("meters set the levels" in what for what in said)


def test_no_phase_changes_by_itself(tmp_path: Path, feeder: gp.Feeder) -> None:
    """Labels that the currents contradict: a warning and data, and the feeder as it was."""
    hours = ("12:00", "18:30", "19:30", "20:30")
    rows = [reading("F1", "0.5,0.5,22", f"2027-01-1{day} {h}") for day in (5, 8) for h in hours]
    settings = study(tmp_path, *rows)
    demand = forecast_demand(feeder, settings)
    assert demand.clamp is not None
    one = demand.clamp.circuits[0]
    assert one.doubted
    total = (one.labels_hold or 0) + sum(one.exchanged.values()) + (one.some_wrong or 0)
    assert total == pytest.approx(1.0)
    assert "clamp-labels" in codes(demand)
    record = demand.clamp.to_records()[0]
    assert record["labels_doubted"] is True
    assert set(record["exchanged"]) == {"bca", "cab", "acb", "cba", "bac"}


def test_what_is_said_of_labels_goes_with_how_sure_it_is() -> None:
    said = []
    for hold in (0.999, 0.9, 0.3, 0.05, 0.001):
        one = CircuitEvidence(
            circuit="F1", readings=1, level=1.0, level_low=0.8, level_high=1.2, labels_hold=hold,
            exchanged={"bca": 0.9 * (1 - hold)}, some_wrong=0.1 * (1 - hold),
        )  # fmt: skip
        (note,) = label_notes([one])
        said.append((note.severity, note.what.split(":")[0]))
    assert said == [
        ("note", "the phase labels agree with the currents (confidence over 99%)"),
        ("note", "the phase labels are not contradicted by the currents (confidence 90%)"),
        ("note", "the currents speak rather against the phase labels (70%), not surely"),
        ("warning", "the currents contradict the phase labels (confidence 95%)"),
        ("warning", "the currents contradict the phase labels (confidence over 99%)"),
    ]


def test_a_visitor_whom_nobody_wrote_down_is_no_wrong_label(
    tmp_path: Path, feeder: gp.Feeder
) -> None:
    """On F2 only phase c is lived in; b has two empty homes, and a has nobody at all."""
    seen = []
    for amperes in ("0.1,2,5", "2,0.1,5"):
        clamp = forecast_demand(feeder, study(tmp_path, reading("F2", amperes))).clamp
        assert clamp is not None
        seen.append(clamp.circuits[1].labels_hold)
    assert seen[0] is not None
    assert seen[1] is not None
    assert seen[0] > 0.5
    assert seen[1] < 0.1


def test_every_circuit_that_is_not_there_is_named(tmp_path: Path, feeder: gp.Feeder) -> None:
    rows = [
        reading("F1", "8,6,5"),
        reading("F9", "8,6,5"),
        reading("总", "8,6,5"),
        reading("F7", "8,6,5", area="another"),
    ]
    with pytest.raises(gp.StudyError) as caught:
        forecast_demand(feeder, study(tmp_path, *rows))
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert [fault.where for fault in errors] == ["clamp.csv:3", "clamp.csv:4"]
    assert all("F1, F2" in fault.remedy for fault in errors)


def test_readings_that_cannot_be_used_are_said(tmp_path: Path, feeder: gp.Feeder) -> None:
    rows = [
        reading("F1", "0,0,0"),  # 2
        reading("F1", "8,,5", "2027-01-18 19:10"),  # 3
        reading("F1", "8,6,5", "2026-02-17 19:00"),  # 4: New Year's Day of the year before
        reading("F1", "80,60,50", "2027-01-18 20:30"),  # 5: ten times too much
        *[reading("F1", "5,4,4", f"2027-01-{day} 19:00") for day in (12, 13, 14, 15)],
    ]
    demand = forecast_demand(feeder, study(tmp_path, *rows))
    found = {(note.code, note.where) for note in demand.notes}
    assert ("clamp-zero", "clamp.csv:2") in found
    assert ("clamp-missing", "clamp.csv:3") in found
    assert ("clamp-other-festival", "clamp.csv:4") in found
    assert ("clamp-surprise", "clamp.csv:5") in found
    assert demand.clamp is not None
    assert demand.clamp.circuits[0].readings == 5
    on_first = replace(
        feeder.customers, node=np.where(feeder.customer_circuit == 0, feeder.customers.node, 1)
    )
    bare = replace(feeder, customers=on_first)
    demand = forecast_demand(bare, study(tmp_path, reading("F2", "8,6,5")))
    assert codes(demand) == ["clamp-no-customers"]


def test_a_level_beyond_belief_is_a_warning(tmp_path: Path, feeder: gp.Feeder) -> None:
    rows = [reading("F1", "90,80,80", f"2027-01-{day} 19:00") for day in range(12, 18)]
    demand = forecast_demand(feeder, study(tmp_path, *rows))
    where = [note.where for note in demand.notes if note.code == "clamp-level"]
    assert "clamp-level" in codes(demand)
    assert where == ["circuit F1", "circuit F2"]


def test_ordinary_days_and_other_seasons_have_no_returnees(
    tmp_path: Path, feeder: gp.Feeder
) -> None:
    settings = study(tmp_path, reading("F1", "8,6,5"), registers="none")
    winter = settings_on(dt.date(2026, 12, 1), settings)
    assert winter is not None
    assert winter.period.festival_year is None
    near = settings_on(dt.date(2027, 1, 20), settings)
    assert near is not None
    assert near.period.festival_year == 2027
    assert settings_on(dt.date(2026, 2, 17), settings) is None
    summer = study(
        tmp_path,
        reading("F1", "8,6,5", "2027-07-01 20:00"),
        period={"start": dt.date(2027, 7, 10), "end": dt.date(2027, 7, 12)},
    )
    demand = forecast_demand(feeder, summer)
    assert demand.clamp is not None
    assert demand.clamp.circuits[0].readings == 1
    national = study(
        tmp_path,
        reading("F1", "3,2,2", "2026-09-28 20:00"),
        reading("F1", "3,2,2", "2026-06-28 20:00"),
        period={
            "start": dt.date(2026, 9, 30), "end": dt.date(2026, 10, 2), "holiday": "national_day"
        },
    )  # fmt: skip
    days = [settings_on(dt.date(2026, month, 28), national) for month in (9, 6)]
    assert [day.period.holiday for day in days if day is not None] == ["national_day", None]
    clamp = forecast_demand(feeder, national).clamp
    assert clamp is not None
    assert clamp.circuits[0].readings == 2


def test_a_cold_day_explains_part_of_a_high_reading(tmp_path: Path, feeder: gp.Feeder) -> None:
    heading = HEADING.strip() + ",mean_c\n"
    row = reading("F1", "9,7,6")
    cold = study(tmp_path, f"{row},-8", heading=heading, usual_c=3.0)
    levels = [forecast_demand(feeder, cold).clamp]
    mild = study(tmp_path, f"{row},6", heading=heading, usual_c=3.0)
    levels.append(forecast_demand(feeder, mild).clamp)
    assert levels[0] is not None
    assert levels[1] is not None
    assert levels[0].circuits[0].level < levels[1].circuits[0].level
    unused = forecast_demand(feeder, study(tmp_path, f"{row},-8", heading=heading))
    assert "clamp-temperature" in codes(unused, "note")


def test_hundreds_of_readings_are_thinned_evenly(tmp_path: Path, feeder: gp.Feeder) -> None:
    rows = [
        reading("F1", "5,4,4", f"2027-01-{day} {hour:02d}:{minute:02d}")
        for day in (12, 13)
        for hour in range(10, 22)
        for minute in (0, 20, 40)
    ]
    demand = forecast_demand(feeder, study(tmp_path, *rows))
    assert demand.clamp is not None
    assert demand.clamp.circuits[0].readings == MOST_READINGS
    assert "clamp-many" in codes(demand, "note")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no file 'clamp\.csv'"):
        study(tmp_path, clamp="clamp.csv")
