"""Studies that are not about the Spring Festival: seasons, events, National Day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import gridplan as gp
from gridplan.demand.calendar import DayType
from gridplan.demand.cases import Demand
from gridplan.demand.events import KW_PER_GUEST
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.profiles import special_kinds, usual_kw
from gridplan.demand.seasons import day_levels, special_seasons
from gridplan.demand.settings import ForecastSettings, Period
from gridplan.demand.visits import national_day_curve
from gridplan.errors import StudyError
from tests.unit.demand.villages import customers_of, feeder_of

ROOT = Path(__file__).resolve().parents[3]
STILL = {"home_cv": 0.0, "time_cv": 0.0, "temperature_sd_c": 0.0}
JULY = {"start": dt.date(2026, 7, 10), "end": dt.date(2026, 7, 20)}


def settings(period: dict[str, Any] = JULY, **changes: Any) -> ForecastSettings:
    values = {"period": period, "draws": 20, "scenarios": {"usual": {}}, "variation": STILL}
    return ForecastSettings.model_validate({**values, **changes})


def forecast(kinds: list[str], study: ForecastSettings, p_kw: float = 1.0) -> Demand:
    return forecast_demand(feeder_of(customers_of(kinds, p_kw)), study)


def days_of(demand: Demand, draws: int = 20) -> np.ndarray:
    """Demand (customer, draw, day, quarter hour) of the first scenario [kW]."""
    p_kw = demand.block(0, draws)[0][0]
    return p_kw.reshape(p_kw.shape[0], draws, -1, 96)


def test_every_month_has_a_kind_of_day_and_every_kind_a_season() -> None:
    assert sorted(day_levels()) == list(range(1, 13))
    assert {level.type for level in day_levels().values()} == {
        DayType.NORMAL_WINTER,
        DayType.SPRING,
        DayType.SUMMER,
        DayType.AUTUMN,
    }
    assert {kind for kind, _ in special_seasons()} == set(special_kinds())
    for activity, running in special_seasons().values():
        assert 0 <= activity <= 1
        assert 0 <= running <= 1


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_homes_live_an_ordinary_day_at_the_level_of_the_season(month: int) -> None:
    period = {"start": dt.date(2026, month, 10), "end": dt.date(2026, month, 12)}
    demand = forecast(["resident", "vacant"], settings(period))
    resident, vacant = days_of(demand)
    peak = usual_kw(2021) * day_levels()[month].level
    assert resident.max(axis=-1) == pytest.approx(peak, rel=1e-5)
    assert vacant == pytest.approx(0.03, rel=1e-5)
    assert (demand.occupancy == [1, 0]).all()
    assert demand.times[0] == np.datetime64(f"2026-{month:02}-10T00:00")
    assert demand.notes == ()


def test_an_ordinary_winter_day_is_that_of_a_festival_study_long_before_it() -> None:
    """The two ways to ask for 7 January 2027 agree."""
    kinds = ["resident", "vacant", "mill", "shop"]
    ordinary = settings({"start": dt.date(2027, 1, 7), "end": dt.date(2027, 1, 8)})
    festival = settings({"festival_year": 2027, "first_day": -30, "last_day": -29})
    one, other = (forecast(kinds, study) for study in (ordinary, festival))
    np.testing.assert_array_equal(one.times, other.times)
    np.testing.assert_array_equal(one.block(0, 20)[0], other.block(0, 20)[0])


def test_pumps_run_in_summer_and_dryers_in_their_months() -> None:
    share = {}
    for month in (1, 4, 7, 9):
        period = {"start": dt.date(2026, month, 1), "end": dt.date(2026, month, 12)}
        if month == 1:
            period = {"start": dt.date(2026, 1, 10), "end": dt.date(2026, 1, 21)}
        runs = days_of(forecast(["pump", "tea_dryer", "tobacco_dryer", "mill"], settings(period)))
        share[month] = (runs.max(axis=-1) > 0).mean(axis=(1, 2))
    assert share[7][0] == pytest.approx(0.7, abs=0.1)
    assert share[1][0] == pytest.approx(0.3, abs=0.1)
    assert share[4][1] == pytest.approx(0.8, abs=0.1)
    assert share[7][1] == share[1][1] == 0
    assert share[7][2] == pytest.approx(0.8, abs=0.1)
    assert share[4][2] == 0
    assert share[9][3] == pytest.approx(0.9, abs=0.1)  # the harvest is milled


def test_offices_rest_on_days_off_only() -> None:
    period = {"start": dt.date(2026, 5, 1), "end": dt.date(2026, 5, 9)}
    peak = days_of(forecast(["public"], settings(period)))[0, 0].max(axis=-1)
    # 1 to 5 May are off, Saturday 9 May is worked
    assert peak == pytest.approx([0.3] * 5 + [1.0] * 4, rel=1e-5)
    (note,) = forecast(
        ["public"], settings({"start": dt.date(2028, 5, 1), "end": dt.date(2028, 5, 2)})
    ).notes
    assert "2028" in note.where


def test_a_drought_runs_every_pump_every_day_in_its_scenario_only() -> None:
    scenarios = {"usual": {}, "drought": {"running_days_factor": 2.0}}
    demand = forecast(["pump", "resident"], settings(scenarios=scenarios), 5.5)
    p_kw = demand.block(0, 20)[0].reshape(2, 2, 20, 11, 96)
    runs = p_kw[:, 0].max(axis=-1) > 0
    assert runs[1].all()
    assert 0.5 < runs[0].mean() < 0.9
    np.testing.assert_array_equal(p_kw[0, 0][runs[0]], p_kw[1, 0][runs[0]])
    np.testing.assert_array_equal(p_kw[0, 1], p_kw[1, 1])


def feast(**changes: Any) -> dict[str, Any]:
    return {"kind": "feast", "at": "H1", "start": dt.date(2026, 7, 12), **changes}


def test_a_feast_comes_on_top_at_its_home_and_hours() -> None:
    quiet = days_of(forecast(["resident"] * 3, settings()))
    events = {"wedding": feast(hours="17:00-02:00", kw=15.0)}
    loud = days_of(forecast(["resident"] * 3, settings(events=events)))
    extra = (loud - quiet).astype(float)
    assert (extra[[0, 2]] == 0).all()
    expected = np.zeros((11, 96))
    expected[2, 68:] = 15.0
    expected[3, :8] = 15.0
    assert extra[1] == pytest.approx(np.broadcast_to(expected, (20, 11, 96)), abs=1e-5)


def test_guests_shape_and_power_factor_of_a_feast() -> None:
    study = settings(events={"wedding": feast(guests=100)})
    demand = forecast(["vacant", "vacant"], study)
    p_kw, q_kvar = (values[0] for values in demand.block(0, 1))
    standby = 0.03
    extra = p_kw[1, 0] - standby
    assert extra.max() == pytest.approx(100 * KW_PER_GUEST, rel=1e-4)
    at = extra.argmax()
    q_extra = q_kvar[1, 0, at] - q_kvar[0, 0, at]
    assert q_extra / extra[at] == pytest.approx(np.tan(np.arccos(0.95)), rel=1e-4)


def test_an_area_shares_an_event_over_its_homes_and_phases() -> None:
    kinds = ["resident", "vacant", "resident", "resident", "shop"]  # on a, b, c, a, b
    for phases, members in ((None, [0, 2, 3]), ("a", [0, 3])):
        event = {"kind": "pump", "start": dt.date(2026, 7, 12), "end": dt.date(2026, 7, 13)}
        event |= {"hours": "05:00-09:00", "kw": 12.0, "phases": phases}
        quiet = days_of(forecast(kinds, settings()))
        extra = days_of(forecast(kinds, settings(events={"dry": event}))) - quiet
        inside = extra[members][:, :, 2:4, 20:36]
        assert inside == pytest.approx(12.0 / len(members), abs=1e-4)
        assert extra.sum(axis=0).sum() == pytest.approx(12.0 * 16 * 2 * 20, rel=1e-4)


def test_an_event_takes_place_by_its_probability_and_scenario() -> None:
    scenarios = {"usual": {}, "dry": {}}
    event = {"kind": "pump", "start": dt.date(2026, 7, 12), "kw": 9.0, "hours": "05:00-09:00"}
    events = {"dry": {**event, "scenarios": ["dry"], "probability": 0.5}}
    p_kw = forecast(["vacant", "resident"], settings(scenarios=scenarios, events=events)).block(
        0, 20
    )[0]
    extra = (p_kw[1] - p_kw[0])[1].max(axis=-1)
    assert set(np.round(extra, 3).tolist()) == {0.0, 9.0}
    more = {**events, "other": {**event, "at": "H0"}}
    again = forecast(["vacant", "resident"], settings(scenarios=scenarios, events=more)).block(
        0, 20
    )[0]
    np.testing.assert_array_equal(p_kw[:, 1], again[:, 1])


def test_events_of_other_networks_and_without_customers() -> None:
    elsewhere = {"wedding": feast(kw=15.0, network="elsewhere")}
    quiet = forecast(["resident"], settings()).block(0, 2)[0]
    np.testing.assert_array_equal(
        quiet, forecast(["resident"], settings(events=elsewhere)).block(0, 2)[0]
    )
    nowhere = {"one": feast(kw=15.0, at="H7"), "two": feast(kw=1.0, at="area")}
    with pytest.raises(StudyError) as caught:
        forecast(["vacant"], settings(events=nowhere))
    assert [fault.where for fault in caught.value.faults] == ["events.one", "events.two"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (feast(), "kw or guests"),
        (feast(kw=1.0, guests=3), "kw or guests"),
        (feast(kw=1.0, kind="pump", guests=None, hours="5-9"), "quarter hours"),
        ({**feast(guests=3), "kind": "pump"}, "guests belong to a feast"),
        (feast(kw=1.0, kind="dance"), "no kind 'dance'"),
        (feast(kw=1.0, end=dt.date(2026, 7, 11)), "ends before"),
        (feast(kw=1.0, phases="a"), "its own phases"),
        (feast(kw=1.0, scenarios=["wet"]), "names no scenario"),
        ({**feast(kw=1.0), "start": dt.date(2026, 8, 1)}, "outside the period"),
    ],
)
def test_wrong_events(event: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(events={"wedding": event})


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ({"start": dt.date(2027, 2, 1), "end": dt.date(2027, 2, 3)}, "give festival_year: 2027"),
        ({"start": dt.date(2036, 7, 1), "end": dt.date(2036, 7, 2)}, "2015 to 2035"),
        ({"start": dt.date(2026, 3, 15), "end": dt.date(2027, 4, 1)}, "more than 366"),
        ({"start": dt.date(2026, 7, 2), "end": dt.date(2026, 7, 1)}, "ends before"),
        ({"first_day": 1, "last_day": 2}, "give start and end"),
        ({**JULY, "holiday": "national_day"}, "September or October"),
        (
            {
                "start": dt.date(2026, 10, 1),
                "end": dt.date(2027, 1, 2),
                "holiday": "national_day",
            },
            "days of one year",
        ),
        ({"festival_year": 2027, "first_day": 1, "last_day": 2, "holiday": "national_day"}, "one"),
    ],
)
def test_wrong_periods(period: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Period.model_validate(period)


def test_registers_belong_to_those_who_come_home() -> None:
    with pytest.raises(ValidationError, match="set registers: none"):
        settings(registers="somewhere")


def test_national_day_visitors_are_short(tmp_path: Path) -> None:
    heading = "customer_id,persons,arrival,departure,will_not_return\n"
    rows = "".join(f"H{home},3,,,no\n" for home in range(38))
    rows += "H38,2,2026-10-03,2026-10-05,no\nH39,0,,,yes\n"
    (tmp_path / "village.csv").write_text(heading + rows, encoding="utf-8")
    period = {"start": dt.date(2026, 9, 27), "end": dt.date(2026, 10, 10)}
    study = ForecastSettings.model_validate(
        {
            "period": {**period, "holiday": "national_day"},
            "draws": 50,
            "scenarios": {"usual": {}},
            "variation": STILL,
            "registers": ".",
        },
        context={"folder": tmp_path},
    )
    demand = forecast(["vacant"] * 40, study)
    at_home = days_of(demand, 50).max(axis=-1) > 0.1  # (customer, draw, day)
    curve = national_day_curve()
    expected = curve.arrived - curve.departed
    for day, share in zip(curve.day, expected, strict=True):
        found = at_home[:38, :, day + 4].mean()
        assert found == pytest.approx(share, abs=0.06), day
    assert at_home[38].mean(axis=0).tolist() == [0.0] * 6 + [1.0] * 2 + [0.0] * 6
    assert not at_home[39].any()
    assert demand.occupancy[0, :38].mean() == pytest.approx(0.79, abs=0.05)
    longest = at_home[:38].sum(axis=-1)
    assert longest.max() <= 12
    assert 3 < longest.mean() < 7


def test_the_irrigation_study() -> None:
    study = gp.read_study(ROOT / "scenarios" / "irrigation-2027.yaml").with_draws(10)
    demand = gp.forecast_demand(gp.read_feeder(ROOT / "networks" / "wanfota"), study.forecast)
    peak = demand.block(0, 10)[0].sum(axis=1).max(axis=-1).mean(axis=-1)
    assert peak[0] < peak[1] < peak[2]
    assert [note.code for note in demand.notes] == ["holidays-unknown"]


@pytest.mark.parametrize("step_minutes", [15, 60])
def test_the_same_bits_in_every_block(step_minutes: int) -> None:
    scenarios = {"usual": {}, "dry": {"running_days_factor": 1.3}}
    events = {"wedding": feast(guests=80, probability=0.5)}
    study = settings(scenarios=scenarios, events=events, variation={}, step_minutes=step_minutes)
    demand = forecast(["resident", "vacant", "pump", "pv", "public"], study)
    whole = demand.block(0, 20)
    for first, last in ((13, 20), (0, 1), (1, 13)):
        for part, values in zip(demand.block(first, last), whole, strict=True):
            np.testing.assert_array_equal(part, values[:, :, first:last])


@given(
    first=st.integers(0, 95),
    length=st.integers(1, 95),
    step_minutes=st.sampled_from([15, 30, 60]),
    kw=st.floats(0.1, 100),
)
def test_an_event_has_its_energy(first: int, length: int, step_minutes: int, kw: float) -> None:
    last = (first + length) % 96
    clock = [f"{quarter // 4:02}:{15 * (quarter % 4):02}" for quarter in (first, last)]
    event = feast(kw=kw, hours="-".join(clock))
    study = settings(events={"wedding": event}, draws=1, step_minutes=step_minutes)
    p_kw = forecast(["vacant", "vacant"], study).block(0, 1)[0][0, :, 0]
    energy_kwh = (p_kw[1] - p_kw[0]).sum() * step_minutes / 60
    assert energy_kwh == pytest.approx(kw * length / 4, rel=1e-4)
