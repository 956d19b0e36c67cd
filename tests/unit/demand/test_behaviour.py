"""What meters say about homes, against homes whose behaviour is known because it was made up."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.behaviour import Behaviour, fit_behaviour
from gridplan.demand.metering import MeterReadings
from gridplan.demand.sensitivity import fit_slopes

ORIGIN = dt.date(2027, 2, 6)
N_DAY = 60  # festival days -40 to 19
FIRST = -40
DAYS = np.arange(FIRST, FIRST + N_DAY)
ORDINARY = DAYS < -15
#: Low at night, meals, a long evening; its mean is 1.
QUARTERS = np.arange(96)
SHAPE = 0.3 + np.exp(-(((QUARTERS - 78) / 10) ** 2)) + 0.6 * np.exp(-(((QUARTERS - 48) / 5) ** 2))
SHAPE /= SHAPE.mean()


def readings_of(p_kw: np.ndarray) -> MeterReadings:
    ids = np.array([f"M{meter}" for meter in range(len(p_kw))])
    start = np.datetime64(ORIGIN, "D") + FIRST
    return MeterReadings(ids=ids, start=start, p_kw=np.asarray(p_kw, dtype=np.float32))


def village(
    present: np.ndarray,
    *,
    seed: int = 0,
    usual_kwh: float = 6.0,
    percent_per_c: float | np.ndarray = 0.0,
    temperature_c: np.ndarray | None = None,
) -> MeterReadings:
    """Homes with a refrigerator, lived in on the days that ``present (meter, day)`` says."""
    random = np.random.default_rng(seed)
    fridge = 0.09 * (random.random((*present.shape, 96)) < 0.35)
    colder = 0.0 if temperature_c is None else -(temperature_c - temperature_c.mean())
    rise = np.exp(np.broadcast_to(percent_per_c, (len(present),))[:, None] / 100 * colder)
    noise = np.exp(0.12 * random.standard_normal(present.shape))
    level = np.where(present, usual_kwh / 24 * rise * noise, 0.0)
    return readings_of(level[:, :, None] * SHAPE + fridge * ~present[:, :, None])


def fit(readings: MeterReadings, temperature_c: np.ndarray | None = None) -> Behaviour:
    return fit_behaviour(readings, temperature_c=temperature_c, new_year_days=ORIGIN)


def kinds(seed: int = 0) -> np.ndarray:
    """Ten homes lived in all year, ten migratory ones, one that is empty throughout."""
    random = np.random.default_rng(seed)
    present = np.ones((21, N_DAY), dtype=bool)
    for meter in range(10, 20):
        arrival, departure = random.integers(-12, -2), random.integers(4, 15)
        present[meter] = (arrival <= DAYS) & (departure >= DAYS)
    present[20] = False
    return present


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_presence_is_found_day_by_day(seed: int) -> None:
    present = kinds(seed)
    found = fit(village(present, seed=seed))
    np.testing.assert_array_equal(found.occupied, present)
    assert found.migratory.tolist() == [False] * 10 + [True] * 10 + [False]
    assert (found.p_occupied[present] > 0.5).all()
    assert (found.p_occupied[~present] < 0.5).all()


def test_a_festive_home_is_still_lived_in_on_ordinary_days() -> None:
    readings = village(np.ones((1, N_DAY), dtype=bool), usual_kwh=5.0)
    p_kw = readings.p_kw.copy()
    p_kw[0, (DAYS >= -2) & (DAYS <= 6)] *= 6
    found = fit(readings_of(p_kw))
    assert found.occupied.all()
    assert not found.migratory[0]
    assert found.usual_kwh[0] == pytest.approx(5.0, rel=0.1)


def test_a_home_heated_all_night_is_lived_in() -> None:
    found = fit(readings_of(np.full((1, N_DAY, 96), 0.9)))
    assert found.occupied.all()
    assert found.base_kw[0] == pytest.approx(0.9)


def test_figures_and_the_days_they_rest_on() -> None:
    found = fit(village(kinds()))
    np.testing.assert_allclose(found.usual_kwh[:10], 6.0, rtol=0.1)
    np.testing.assert_allclose(found.shape[:10], np.tile(SHAPE, (10, 1)), rtol=1e-3)
    np.testing.assert_allclose(found.shape[:10].mean(axis=1), 1.0)
    assert np.isnan(found.usual_kwh[10:]).all()
    assert np.isnan(found.shape[10:]).all()
    assert found.n_usual.tolist() == [int(ORDINARY.sum())] * 10 + [0] * 11
    np.testing.assert_array_equal(found.n_base, N_DAY)
    np.testing.assert_array_equal(found.n_festival, 4)
    np.testing.assert_allclose(found.festival_share[:20], 1.0, atol=0.3)
    hours = SHAPE[64:]
    peak = max(hours[k : k + 8].mean() for k in range(25)) * 6 / 24
    np.testing.assert_allclose(found.level_kw[:10], peak, rtol=0.2)
    assert np.isnan(found.level_kw[20])
    assert found.n_level[20] == 0
    assert np.isnan(found.evening_kw[~found.occupied]).all()
    assert "21 meters x 60 days, 10 migratory" in repr(found)


def test_missing_points_leave_days_unknown() -> None:
    p_kw = village(np.ones((2, N_DAY), dtype=bool)).p_kw.copy()
    p_kw[0, 3, :20] = np.nan
    p_kw[0, 4, :5] = np.nan
    p_kw[1] = np.nan
    found = fit(readings_of(p_kw))
    assert np.isnan(found.energy_kwh[0, 3])
    assert np.isnan(found.p_occupied[0, 3])
    assert not found.occupied[0, 3]
    assert found.energy_kwh[0, 4] == pytest.approx(24 * np.nanmean(p_kw[0, 4]), rel=1e-5)
    assert found.n_ordinary.tolist() == [int(ORDINARY.sum()) - 1, 0]
    for values in (found.usual_kwh, found.base_kw, found.ordinary_share, found.level_kw):
        assert np.isfinite(values[0])
        assert np.isnan(values[1])
    assert not found.migratory[1]


def test_without_a_festival_nobody_is_known_to_be_migratory() -> None:
    found = fit_behaviour(village(kinds()))
    assert found.ordinary.all()
    assert np.isnan(found.festival_days).all()
    assert np.isnan(found.festival_share).all()
    assert not found.migratory.any()
    assert np.isnan(found.temperature_percent_per_c).all()
    assert np.isnan(found.group_percent_per_c)


def test_days_count_from_the_nearest_of_several_festivals() -> None:
    readings = readings_of(np.ones((1, 400, 96)))
    found = fit_behaviour(readings, new_year_days=[ORIGIN, dt.date(2028, 1, 26)])
    assert found.festival_days[40] == 0
    assert found.festival_days[40 + (dt.date(2028, 1, 26) - ORIGIN).days] == 0
    assert not found.ordinary[40 + 354 + 5]


def cold_winter(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return 4.0 + np.cumsum(random.standard_normal(N_DAY)) * 1.5


def test_temperature_sensitivity_comes_back_and_is_shrunk() -> None:
    random = np.random.default_rng(5)
    truth = 3.0 + 1.5 * random.standard_normal(60)
    present = np.ones((60, N_DAY), dtype=bool)
    present[50:] = DAYS >= -20  # few ordinary days: the group's value
    temperature = cold_winter(3)
    readings = village(present, seed=7, percent_per_c=truth, temperature_c=temperature)
    found = fit(readings, temperature)
    error = found.temperature_error_percent_per_c
    assert found.group_percent_per_c == pytest.approx(
        truth[:50].mean(), abs=3 * found.group_error_percent_per_c
    )
    assert found.group_sd_percent_per_c == pytest.approx(1.5, rel=0.5)
    assert (np.abs(found.temperature_percent_per_c[:50] - truth[:50]) < 3.5 * error[:50]).all()
    np.testing.assert_allclose(found.temperature_percent_per_c[50:], found.group_percent_per_c)
    assert np.isnan(error[50:]).all()
    assert (found.n_temperature[50:] < 8).all()


def test_alike_homes_share_one_sensitivity() -> None:
    temperature = cold_winter(4)
    readings = village(
        np.ones((40, N_DAY), dtype=bool), seed=8, percent_per_c=4.0, temperature_c=temperature
    )
    found = fit(readings, temperature)
    own_spread = found.temperature_error_percent_per_c.mean()
    assert np.std(found.temperature_percent_per_c) < 0.7 * own_spread
    assert found.group_percent_per_c == pytest.approx(4.0, abs=3 * found.group_error_percent_per_c)


@settings(max_examples=30, deadline=None)
@given(slope=st.floats(-5, 5), seed=st.integers(0, 2**32 - 1))
def test_a_slope_is_not_moved_by_wild_days(slope: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random.standard_normal(40)
    y = slope * x + 0.01 * random.standard_normal((1, 40))
    y[0, :4] += 50.0
    use = np.ones((1, 40), dtype=bool)
    found = fit_slopes(y, x, use, min_days=8, min_spread=0.1)
    assert found.shrunk[0] == pytest.approx(slope, abs=0.1)
    assert found.n_day[0] == 40


def test_constant_temperature_says_nothing() -> None:
    found = fit(village(np.ones((3, N_DAY), dtype=bool)), np.full(N_DAY, 5.0))
    assert np.isnan(found.temperature_percent_per_c).all()


def test_temperature_must_fit_the_days() -> None:
    with pytest.raises(ValueError, match=r"\(3,\), not \(60,\)"):
        fit(village(np.ones((1, N_DAY), dtype=bool)), np.zeros(3))
