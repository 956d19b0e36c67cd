"""Appliances of the register: only what differs from the mean home counts, and it is plausible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridplan as gp
from gridplan.demand import study_files
from gridplan.demand.appliances import (
    CHARGING,
    COOKING,
    HEATING,
    ApplianceEffects,
    appliance_notes,
    appliances,
    mean_ownership,
)
from gridplan.demand.charging import charging, mean_day_kw, session_kw
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.profiles import home_series
from gridplan.demand.register import Register
from gridplan.demand.settings import ForecastSettings, Variation
from tests.unit.demand.test_calibration import write_meters
from tests.unit.demand.villages import customers_of, feeder_of

STILL = Variation(home_cv=0, time_cv=0, temperature_sd_c=0, dinner_delay_h=0)
HEADING = "customer_id,persons,arrival,departure,will_not_return,"
HEADING += "heaters,air_conditioners,induction_cookers,electric_vehicles\n"
STAYS = ",3,2027-02-01,2027-02-10,no,"
YEAR = 2021.0


def study(folder: Path, *rows: str, **changes: Any) -> ForecastSettings:
    """Four days around the Eve; one row of appliances per home: "H0: 1,2,,"."""
    text = "".join(f"{row.split(':')[0]}{STAYS}{row.split(': ')[1]}\n" for row in rows)
    (folder / "village.csv").write_text(HEADING + text, encoding="utf-8")
    values: dict[str, Any] = {
        "period": {"festival_year": 2027, "first_day": -3, "last_day": 1},
        "draws": 8,
        "seed": 4,
        "scenarios": {"usual": {}, "cold": {"temperature_offset_c": -6}},
        "registers": ".",
        "variation": STILL,
    }
    return ForecastSettings.model_validate(values | changes, context={"folder": folder})


def demand_of(folder: Path, *rows: str, n_home: int = 4, **changes: Any) -> np.ndarray:
    """Active and reactive (2, scenario, customer, draw, step) of vacant homes [kW, kvar]."""
    feeder = feeder_of(customers_of(["vacant"] * n_home))
    demand = forecast_demand(feeder, study(folder, *rows, **changes))
    return np.array(demand.block(0, demand.n_draw))


def eve_peak(p_kw: np.ndarray) -> np.ndarray:
    """Highest demand on the Eve of the mean over draws (scenario, customer) [kW]."""
    return p_kw.mean(axis=2)[..., 2 * 96 : 3 * 96].max(axis=-1)


# ---------------------------------------------------------------- no double counting


def test_blank_cells_are_mean_homes_to_the_last_bit(tmp_path: Path) -> None:
    blank = demand_of(tmp_path, "H0: ,,,", "H1: ,,,")
    settings_ = study(tmp_path)
    (tmp_path / "village.csv").write_text(
        f"customer_id,persons,arrival,departure,will_not_return\nH0{STAYS[:-1]}\nH1{STAYS[:-1]}\n",
        encoding="utf-8",
    )
    without = forecast_demand(feeder_of(customers_of(["vacant"] * 4)), settings_)
    np.testing.assert_array_equal(blank, np.array(without.block(0, 8)))


def test_the_homes_of_others_keep_every_bit(tmp_path: Path) -> None:
    spread = {"variation": Variation()}
    blank = demand_of(tmp_path, "H0: ,,,", "H1: ,,,", **spread)
    some = demand_of(tmp_path, "H0: ,,,", "H1: 1,2,1,2", **spread)
    np.testing.assert_array_equal(some[:, :, [0, 2, 3]], blank[:, :, [0, 2, 3]])
    assert (some[:, :, 1] != blank[:, :, 1]).any()
    more = demand_of(tmp_path, "H0: ,,,3", "H1: 1,2,1,2", **spread)
    np.testing.assert_array_equal(more[:, :, 1], some[:, :, 1])


def test_a_register_of_mean_homes_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mean ownership is no whole number: no file says it, but a register can."""
    count = 6
    mean = np.tile(mean_ownership(YEAR), (count, 1))
    feeder = feeder_of(customers_of(["vacant"] * 4 + ["resident", "mill"]))
    found = []
    for owned in (mean, np.full_like(mean, np.nan)):
        register = Register(
            listed=np.ones(count, bool),
            stays_away=np.zeros(count, bool),
            persons=np.full(count, 3.0),
            arrival=np.full(count, -5.0),
            departure=np.full(count, 9.0),
            appliances=owned,
        )
        monkeypatch.setattr(study_files, "register_of", lambda *_, r=register: r)
        values: dict[str, Any] = {
            "period": {"festival_year": 2027, "first_day": -1, "last_day": 0},
            "draws": 3,
            "scenarios": {"expected": {}},
            "levels": {"default": YEAR},
        }
        demand = forecast_demand(feeder, ForecastSettings.model_validate(values))
        found.append(np.array(demand.block(0, 3)))
    np.testing.assert_array_equal(*found)


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.integers(0, 5), min_size=4, max_size=4),
    year=st.sampled_from([2015.0, 2018.5, 2021.0]),
)
def test_effects_are_linear_so_the_mean_of_a_village_decides(
    counts: list[int], year: float
) -> None:
    """Homes with n and with 2 m - n appliances together are two mean homes."""
    mean = mean_ownership(year)
    owned = np.array([counts, 2 * mean - counts])
    effects = effects_of(owned, year)
    if effects is None:
        assert np.allclose(counts, mean)
        return
    for name in ("heating", "heating_q", "cooking", "cooking_q"):
        assert getattr(effects, name).sum() == pytest.approx(0.0, abs=1e-12)


def effects_of(owned: np.ndarray, year: float = YEAR) -> ApplianceEffects | None:
    """Effects of homes that own so many heaters, air conditioners, cookers and cars."""
    days = np.array([-2, -1])
    n = len(owned)
    unknown = np.full(n, np.nan)
    register = Register(
        listed=np.ones(n, bool), stays_away=np.zeros(n, bool), persons=unknown,
        arrival=unknown, departure=unknown, appliances=owned,
    )  # fmt: skip
    return ApplianceEffects.of(
        register, np.arange(n), ["mean"] * n, year=year,
        series=home_series(days, year=year, step_minutes=15, delays=2),
        heated=np.ones(2, bool), step_minutes=15, seed=0,
    )  # fmt: skip


def test_ten_kilowatt_homes_have_their_appliances_in_their_level() -> None:
    mean, large = mean_ownership(YEAR), mean_ownership(YEAR, "ten_kilowatt")
    assert large[1] == 4.0
    np.testing.assert_array_equal(np.delete(large, 1), np.delete(mean, 1))
    assert (mean_ownership(2015.0) <= mean).all()
    assert mean_ownership(2015.0)[1] == pytest.approx(0.254 + 0.75 * (0.48 - 0.254))


def test_a_home_whose_meter_has_seen_them_is_not_changed(tmp_path: Path) -> None:
    feeder = gp.read_feeder(Path(__file__).parents[3] / "networks" / "hongjiawan")
    (tmp_path / "meters").mkdir()
    seen = np.where(feeder.customers.kind == "vacant", 0.0, 1.0)
    write_meters(tmp_path / "meters", feeder, seen)
    resident = feeder.customers.id[feeder.customers.kind == "resident"][0]
    vacant = feeder.customers.id[feeder.customers.kind == "vacant"][0]
    found = []
    for owned in (",,,", "2,3,1,1"):
        row = f"\n{resident}{STAYS}{owned}\n{vacant}{STAYS}{owned}\n"
        (tmp_path / f"{feeder.name}.csv").write_text(HEADING.strip() + row, encoding="utf-8")
        values = study(tmp_path).model_dump() | {"registers": ".", "meters": "meters"}
        demand = forecast_demand(
            feeder, ForecastSettings.model_validate(values, context={"folder": tmp_path})
        )
        found.append(demand.block(0, 2)[0])
    changed = (found[0] != found[1]).any(axis=(0, 2, 3))
    assert feeder.customers.id[changed].tolist() == [vacant]


# ---------------------------------------------------------------- effects


def test_heating_raises_level_and_sensitivity(tmp_path: Path) -> None:
    none, some, many = (
        eve_peak(demand_of(tmp_path, f"H0: {owned},,")[0])[:, 0] for owned in ("0,0", "1,1", "2,3")
    )
    mean = eve_peak(demand_of(tmp_path, "H0: ,,,")[0])[:, 0]
    assert none[0] < mean[0] < many[0]
    assert none[0] < some[0] < many[0]
    rise = [home[1] / home[0] - 1 for home in (none, mean, some, many)]
    assert rise[0] == pytest.approx(0.0, abs=1e-6)  # nothing heats: the cold changes nothing
    assert rise[1] == pytest.approx(0.18, abs=1e-3)  # the mean home: 3 %/K
    assert rise[0] < rise[1] < rise[2] < rise[3]
    # a home with four air conditioners is about the documented ten-kilowatt home: 4.0 for 2.2 kW
    large = eve_peak(demand_of(tmp_path, "H0: ,4,,")[0])[0, 0]
    assert large / mean[0] == pytest.approx(4.0 / 2.2, rel=0.2)


def test_heaters_draw_no_reactive_power(tmp_path: Path) -> None:
    base, heaters, air = (
        demand_of(tmp_path, f"H0: {owned}")[:, 0, 0, 0] for owned in (",,,", "3,,,", ",3,,")
    )
    np.testing.assert_allclose(heaters[1], base[1], rtol=1e-5)
    more = air - base
    there = more[0] > 0.1
    np.testing.assert_allclose(more[1][there] / more[0][there], np.tan(np.arccos(0.95)), rtol=1e-3)


def test_cookers_cook_at_meals(tmp_path: Path) -> None:
    base, cookers = (demand_of(tmp_path, f"H0: ,,{n},")[0, 0, 0, 0] for n in ("", "2"))
    more = (cookers - base).reshape(5, 96)
    hours = np.arange(96) / 4
    assert (more[2] > 0.01).any()
    meals = (
        ((hours >= 6) & (hours < 9))
        | ((hours >= 10.5) & (hours < 13))
        | ((hours >= 16) & (hours < 20))
    )
    assert (np.abs(more[:, ~meals]) < 1e-6).all()
    assert hours[more[2].argmax()] == pytest.approx(17.5, abs=0.3)
    # 0.74 kW for each of 1.41 cookers beyond the mean, in a home of the mean size
    assert more[2].max() == pytest.approx(1.41 * 0.3375 * 2.2, rel=0.1)


def test_nothing_of_all_never_makes_demand_negative(tmp_path: Path) -> None:
    changes = {"scenarios": {"mild": {"temperature_offset_c": 12}, "cold": {
        "temperature_offset_c": -25}}, "variation": Variation()}  # fmt: skip
    p_kw, _ = demand_of(tmp_path, "H0: 0,0,0,0", "H1: ,,,", **changes)
    assert (p_kw[:, 0] > 0.01).all()
    assert (p_kw[:, 0] < p_kw[:, 1]).mean() > 0.5


def test_empty_homes_do_not_cook_or_heat(tmp_path: Path) -> None:
    row = "H0,0,,,yes,3,3,3,3\n"
    settings_ = study(tmp_path)
    (tmp_path / "village.csv").write_text(HEADING + row, encoding="utf-8")
    demand = forecast_demand(feeder_of(customers_of(["vacant", "vacant"])), settings_)
    p_kw = demand.block(0, 3)[0]
    np.testing.assert_allclose(p_kw[:, 0], p_kw[:, 1], rtol=1e-6)


def test_kinds_are_those_of_the_register() -> None:
    assert [one.effect for one in appliances()] == [HEATING, HEATING, COOKING, CHARGING]
    share = np.array([one.share for one in appliances()])
    mean = mean_ownership(YEAR)
    # of the mean home's Eve, what is heated and cooked with electricity is the smaller half
    assert 0.3 < (mean * share)[:3].sum() < 0.6


# ---------------------------------------------------------------- electric vehicles


def test_a_session_delivers_its_energy_whatever_the_step() -> None:
    rng = np.random.default_rng(1)
    uniform = rng.random((3, 400))
    energy = [session_kw(*uniform, step).sum(axis=1) * step / 60 for step in (15, 30, 60)]
    np.testing.assert_allclose(energy[0], energy[1])
    np.testing.assert_allclose(energy[0], energy[2])
    assert energy[0].mean() == pytest.approx(charging().energy_kwh, rel=0.08)
    kw = session_kw(*uniform, 15).max(axis=1)
    assert kw.min() >= charging().low_kw * 0.99
    assert kw.max() <= charging().high_kw


def test_one_car_in_twenty_charges_at_the_eves_peak() -> None:
    """As ``appliances.csv`` of the sources assumes for 19 h."""
    mean_kw = (charging().low_kw + charging().high_kw) / 2
    assert mean_day_kw(15)[76] / mean_kw == pytest.approx(0.05, abs=0.02)
    daily = mean_day_kw(15).sum() / 4
    assert daily == pytest.approx(charging().sessions_per_day * charging().energy_kwh, rel=0.02)


def test_cars_charge_while_their_families_are_there(tmp_path: Path) -> None:
    rows = [f"H{k}: ,,,{2 if k < 20 else ''}" for k in range(40)]
    changes = {"draws": 60, "scenarios": {"usual": {}, "cold": {"temperature_offset_c": -6}},
               "period": {"festival_year": 2027, "first_day": -8, "last_day": 6}}  # fmt: skip
    with_cars = demand_of(tmp_path, *rows, n_home=40, **changes)
    none = demand_of(tmp_path, *[f"H{k}: ,,," for k in range(40)], n_home=40, **changes)
    more_kw, more_kvar = (with_cars - none)[:, 0]
    assert np.abs(more_kw[20:]).max() == 0
    days = more_kw[:20].reshape(20, 60, 15, 96)
    # they come on 1 February, festival day -5, and leave on the fourth day after New Year's Day
    assert np.abs(days[:, :, :3]).max() == 0
    assert np.abs(days[:, :, 13:, 80:]).max() == 0
    expected = mean_day_kw(15) * (2 - mean_ownership(YEAR)[3])
    curve = days[:, :, 5:12].mean(axis=(0, 1, 2))
    np.testing.assert_allclose(curve, expected, atol=0.12 * expected.max())
    there = more_kw[:20] > 0.5
    np.testing.assert_allclose(
        more_kvar[:20][there] / more_kw[:20][there], np.tan(np.arccos(0.98)), rtol=1e-3
    )
    # coincidence comes out: forty cars never charge all together
    together = more_kw.sum(axis=0)[:, 5 * 96 :].max()
    assert together < 0.5 * 40 * charging().high_kw
    # another scenario has the same sessions
    np.testing.assert_allclose(
        with_cars[0, 1] - none[0, 1], with_cars[0, 0] - none[0, 0], atol=2e-6
    )


def test_sessions_pass_midnight(tmp_path: Path) -> None:
    rows = [f"H{k}: ,,,3" for k in range(30)]
    more = demand_of(tmp_path, *rows, n_home=30) - demand_of(
        tmp_path, *[f"H{k}: ,,," for k in range(30)], n_home=30
    )
    nights = more[0, 0].reshape(30, 8, 5, 96)[..., :8]
    assert (nights[:, :, 0] > 1.0).any()  # begun on the evening before the first day
    assert (nights[:, :, 3] > 1.0).any()


# ---------------------------------------------------------------- what is said


def test_a_column_without_a_zero_is_said(tmp_path: Path) -> None:
    feeder = feeder_of(customers_of(["vacant"] * 8))
    rows = [f"H{k}: {1 if k < 5 else ''},,," for k in range(8)]
    (note,) = forecast_demand(feeder, study(tmp_path, *rows)).notes
    assert (note.code, note.severity, note.rows) == ("register-appliances-blank", "warning", 3)
    assert "heaters: 5 homes" in note.what
    rows[7] = "H7: 0,,,"
    assert forecast_demand(feeder, study(tmp_path, *rows)).notes == ()
    assert appliance_notes(Register.empty(3), "x") == []
