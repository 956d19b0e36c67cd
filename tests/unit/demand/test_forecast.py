"""The forecast's promises: reproducible bits, the levels of the tables, shared random numbers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gridplan.demand.cases import Demand
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.settings import ForecastSettings, Period, Scenario, Variation
from gridplan.demand.variation import autoregressive
from gridplan.errors import StudyError
from tests.unit.demand.villages import customers_of, feeder_of

MIXED = ["resident"] * 8 + ["vacant"] * 8 + ["ten_kilowatt", "mill", "pump", "shop", "public", "pv"]
EVE = np.datetime64("2027-02-05")
STILL = Variation(home_cv=0, time_cv=0, temperature_sd_c=0, dinner_delay_h=0)


def settings(**changes: Any) -> ForecastSettings:
    """Four days around the Eve, few draws."""
    values: dict[str, Any] = {
        "period": Period(festival_year=2027, first_day=-3, last_day=1),
        "draws": 12,
        "seed": 2027,
        "scenarios": {"expected": Scenario(), "cold": Scenario(temperature_offset_c=-6.0)},
    }
    return ForecastSettings(**{**values, **changes})


def registered(folder: Path, rows: str, **changes: Any) -> ForecastSettings:
    """Settings with a register for the feeder named village."""
    heading = "customer_id,persons,arrival,departure,will_not_return,source,updated\n"
    (folder / "village.csv").write_text(heading + rows, encoding="utf-8")
    values = settings(**changes).model_dump() | {"registers": "."}
    return ForecastSettings.model_validate(values, context={"folder": folder})


def on_eve(demand: Demand) -> np.ndarray:
    return np.flatnonzero(demand.times.astype("datetime64[D]") == EVE)


def test_axes_and_times() -> None:
    demand = forecast_demand(feeder_of(customers_of(MIXED)), settings())
    p_kw, q_kvar = demand.block(0, 3)
    assert p_kw.shape == q_kvar.shape == (2, len(MIXED), 3, 5 * 96)
    assert p_kw.dtype == np.float64
    assert demand.times[0] == np.datetime64("2027-02-03T00:00")
    assert demand.times[-1] == np.datetime64("2027-02-07T23:45")
    assert demand.step_minutes == 15
    assert np.isfinite(p_kw).all()


def test_the_same_bits_in_every_block_order_and_thread() -> None:
    demand = forecast_demand(feeder_of(customers_of(MIXED)), settings())
    whole = demand.block(0, 12)
    blocks = [(9, 12), (4, 5), (0, 4), (5, 9)]
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda ends: demand.block(*ends), blocks))
    for (first, last), part in zip(blocks, parts, strict=True):
        for values, expected in zip(part, whole, strict=True):
            np.testing.assert_array_equal(values, expected[:, :, first:last])


def test_more_draws_leave_the_first_ones_alone_and_seeds_differ() -> None:
    feeder = feeder_of(customers_of(MIXED))
    few, many = (forecast_demand(feeder, settings(draws=draws)) for draws in (2, 12))
    np.testing.assert_array_equal(few.block(0, 2)[0], many.block(0, 2)[0])
    other = forecast_demand(feeder, settings(seed=1))
    assert not np.array_equal(few.block(0, 2)[0], other.block(0, 2)[0])


def test_numbers_are_those_of_the_first_release() -> None:
    """Written down once: a changed stream would break every baseline in silence."""
    first = Variation(home_cv=0.2, time_cv=0.25, time_correlation_h=1.5)
    changed = settings(variation=first)
    demand = forecast_demand(feeder_of(customers_of(["resident", "vacant"])), changed)
    total = demand.block(3, 4)[0].sum(axis=(1, 2, 3))
    assert total == pytest.approx([424.905, 503.194], abs=0.01)


def test_scenarios_share_their_random_numbers() -> None:
    demand = forecast_demand(feeder_of(customers_of(["resident"] * 5)), settings())
    p_kw, _ = demand.block(0, 12)
    ratio = p_kw[1] / p_kw[0]
    assert ratio.mean() == pytest.approx(1.18, abs=0.005)
    assert ratio.std() < 0.02


def test_mean_home_on_the_eve_is_the_after_diversity_level(tmp_path: Path) -> None:
    rows = "".join(f"H{home},{1 + home % 6},,,no,,\n" for home in range(30))
    changes: dict[str, Any] = {"variation": STILL, "draws": 150, "levels": {"default": 2015.0}}
    for kinds in (["vacant"] * 40, ["resident"] * 40, ["vacant"] * 20 + ["resident"] * 20):
        demand = forecast_demand(
            feeder_of(customers_of(kinds)), registered(tmp_path, rows, **changes)
        )
        p_kw = demand.block(0, 150)[0][0][..., on_eve(demand)]
        standby = 0.03 * (40 - demand.occupancy[0].sum())
        peak = (p_kw.sum(axis=0).mean(axis=0).max() - standby) / demand.occupancy[0].sum()
        assert peak == pytest.approx(0.52, rel=0.02), kinds[0]


def test_variation_has_mean_one_and_its_spread() -> None:
    feeder = feeder_of(customers_of(["resident"] * 60))
    spread = Variation(temperature_sd_c=0, dinner_delay_h=0)
    still, alive = (
        forecast_demand(feeder, settings(variation=variation, draws=60)).block(0, 60)[0][0]
        for variation in (STILL, spread)
    )
    ratio = alive / still
    assert ratio.mean() == pytest.approx(1.0, abs=0.02)
    both = (1 + spread.home_cv**2) * (1 + spread.time_cv**2) - 1
    assert ratio.std() == pytest.approx(np.sqrt(both), rel=0.05)
    assert ratio.mean(axis=-1).std() == pytest.approx(spread.home_cv, rel=0.2)


def test_autoregressive_noise_is_stationary() -> None:
    noise = np.random.default_rng(0).standard_normal((20_000, 8))
    series = autoregressive(noise, 0.8)
    assert series.std(axis=0) == pytest.approx(np.ones(8), abs=0.03)
    lag = (series[:, :-1] * series[:, 1:]).mean(axis=0)
    assert lag == pytest.approx(np.full(7, 0.8), abs=0.03)


def test_returnees_make_a_home_draw_more_while_they_are_there(tmp_path: Path) -> None:
    rows = "H0,4,2027-02-05,2027-02-07,no,,\nH1,4,2027-02-05,2027-02-07,no,,\nH3,0,,,yes,,\n"
    feeder = feeder_of(customers_of(["vacant", "resident", "resident", "vacant"]))
    demand = forecast_demand(feeder, registered(tmp_path, rows, variation=STILL))
    by_day = demand.block(0, 1)[0][0, :, 0].reshape(4, 5, 96).max(axis=-1)
    assert by_day[0, 0] == by_day[0, 1] == by_day[0, 4] == pytest.approx(0.03, rel=1e-5)
    assert by_day[0, 2] > 1
    assert by_day[1, 2] / by_day[2, 2] == pytest.approx((6 / 2) ** 0.4, rel=1e-5)
    assert by_day[3] == pytest.approx(0.03, rel=1e-5)
    assert demand.occupancy[0].tolist() == [1, 1, 1, 0]


def test_diversity_is_plausible() -> None:
    """15-minute maxima of 30 homes coincide to 40-60 %: meters of ordinary days, simulated Eves."""
    demand = forecast_demand(feeder_of(customers_of(["resident"] * 30)), settings(draws=40))
    p_kw = demand.block(0, 40)[0][0][..., on_eve(demand)]
    coincidence = p_kw.sum(axis=0).max(axis=-1) / p_kw.max(axis=-1).sum(axis=0)
    assert 0.4 < coincidence.mean() < 0.6


def test_special_loads_follow_their_rating() -> None:
    ratings = [0.0, 5.5, 10.0, -4.0, 6.0]
    kinds = ["mill", "pump", "shop", "pv", "three_phase"]
    days = Period(festival_year=2027, first_day=-10, last_day=15)
    feeder = feeder_of(customers_of(kinds, ratings, q_kvar=1.5))
    demand = forecast_demand(feeder, settings(variation=STILL, period=days))
    p_kw, q_kvar = (values[0] for values in demand.block(0, 12))
    assert (p_kw[0] == 0).all()
    assert (p_kw[1][:, on_eve(demand)] == 0).all()
    assert p_kw[1].max() == pytest.approx(5.5)
    running = (p_kw[1].reshape(12, 26, 96).max(axis=-1) > 0)[:, :9].mean()
    assert 0.1 < running < 0.5
    assert p_kw[2].max() == pytest.approx(10.0, rel=1e-5)
    assert -4.0 <= p_kw[3].min() < -2
    assert p_kw[3].max() == 0
    assert q_kvar[4] / p_kw[4] == pytest.approx(1.5 / 6.0, rel=1e-5)
    assert q_kvar[2] / p_kw[2] == pytest.approx(np.tan(np.arccos(0.85)), rel=1e-5)
    assert (demand.occupancy == 0).all()


def test_a_village_without_registers_just_works() -> None:
    demand = forecast_demand(feeder_of(customers_of(["resident"] * 3 + ["vacant"])), settings())
    assert demand.occupancy.tolist() == [[1, 1, 1, 0]] * 2
    assert demand.notes == ()


def test_missing_register_and_unknown_kind_are_input_errors(tmp_path: Path) -> None:
    study = registered(tmp_path, "")
    with pytest.raises(StudyError, match=r"elsewhere\.csv"):
        forecast_demand(feeder_of(customers_of(["vacant"]), "elsewhere"), study)
    with pytest.raises(StudyError, match=r"windmill.*use one of"):
        forecast_demand(feeder_of(customers_of(["windmill"])), settings())


def test_a_row_of_a_pump_is_said_to_change_nothing(tmp_path: Path) -> None:
    feeder = feeder_of(customers_of(["vacant", "pump"]))
    study = registered(tmp_path, "H0,3,,,no,,\nH1,3,,,no,,\n")
    demand = forecast_demand(feeder, study)
    (note,) = demand.notes
    assert (note.code, note.where) == ("register-no-home", "village.csv:3")
    assert "'pump'" in note.what
    alone = registered(tmp_path, "H0,3,,,no,,\n")
    np.testing.assert_array_equal(
        demand.block(0, 3)[0], forecast_demand(feeder, alone).block(0, 3)[0]
    )


def test_faults_of_all_files_come_together(tmp_path: Path) -> None:
    study = registered(tmp_path, "H0,-3,,,no,,\nH9,3,,,no,,\n")
    (tmp_path / "meters").mkdir()
    (tmp_path / "meters" / "village.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "clamp.csv").write_text(
        "area,circuit,time,Ia,Ib,Ic\nvillage,F1,soon,1,1,1\n", encoding="utf-8"
    )
    (tmp_path / "off.csv").write_text("date,kind\n2027-02-30,off\n", encoding="utf-8")
    more = {"meters": "meters", "clamp": "clamp.csv", "holidays": "off.csv"}
    study = ForecastSettings.model_validate(study.model_dump() | more, context={"folder": tmp_path})
    with pytest.raises(StudyError) as caught:
        forecast_demand(feeder_of(customers_of(["vacant"])), study)
    errors = {fault.where for fault in caught.value.faults if fault.severity == "error"}
    assert errors == {"meters/village.csv:1", "village.csv:2", "village.csv:3"} | {
        "clamp.csv:2",
        "off.csv:2",
    }
    assert "files of the study: 6 faults" in str(caught.value)


def test_dropped_columns_are_said(tmp_path: Path) -> None:
    study = registered(tmp_path, "")
    (tmp_path / "village.csv").write_text("customer_id,phone\nH0,13800000000\n", encoding="utf-8")
    (note,) = forecast_demand(feeder_of(customers_of(["vacant"])), study).notes
    assert "phone" in note.what
    assert "13800000000" not in str(note)
