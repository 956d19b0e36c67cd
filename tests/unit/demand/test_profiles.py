"""Day shapes, levels and the data files behind them."""

from __future__ import annotations

import numpy as np
import pytest

from gridplan.demand.profiles import (
    USUAL_KW_BY_YEAR,
    HomeState,
    day_shapes,
    home_series,
    level_factor,
    special_kinds,
    special_series,
    tan_phi,
    usual_kw,
)
from gridplan.demand.tables import table

DAYS = np.arange(-10, 16)


def test_shapes_are_relative_to_their_maximum() -> None:
    for name, shape in day_shapes().items():
        assert shape.shape == (96,), name
        assert shape.min() >= 0
        assert shape.max() == pytest.approx(1.0, abs=0.02), name


def test_levels_by_year() -> None:
    assert level_factor(2015) * 2.2 == pytest.approx(0.52)
    assert level_factor(2018) == pytest.approx((0.52 / 2.2 + 1) / 2)
    assert level_factor(2010) == level_factor(2015)
    assert level_factor(2027) == 1.0
    row = next(row for row in table("household_levels.csv") if row["day_type"] == "normal_winter")
    for level in USUAL_KW_BY_YEAR.values():
        assert float(row["admd_kw_low"]) <= level <= float(row["admd_kw_high"])


def test_home_series_has_the_levels_of_the_table() -> None:
    series = home_series(DAYS, year=2021, step_minutes=15, delays=8)
    assert series.p_kw.shape == (3, 9, 26, 96)
    eve, day1, day5, before = (list(DAYS).index(day) for day in (-1, 0, 4, -5))
    peak = series.p_kw[HomeState.RETURNED, 0].max(axis=-1)
    assert peak[[before, eve, day1, day5]] == pytest.approx([1.3, 2.2, 1.9, 1.3])
    usual = series.p_kw[HomeState.USUAL, 0].max(axis=-1)
    assert usual[[before, eve, day5]] == pytest.approx([usual_kw(2021), 2.2, usual_kw(2021)])
    assert series.p_kw[HomeState.EMPTY] == pytest.approx(0.03)
    assert series.tan_phi[HomeState.RETURNED, eve] == pytest.approx(np.tan(np.arccos(0.96)))


def test_a_delayed_evening_is_the_same_evening_later() -> None:
    series = home_series(DAYS, year=2021, step_minutes=15, delays=8).p_kw[HomeState.RETURNED]
    flat = series.reshape(9, -1)
    for delay in (1, 8):
        np.testing.assert_array_equal(flat[delay, delay:], flat[0, :-delay])


@pytest.mark.parametrize("step_minutes", [15, 30, 60])
def test_steps_keep_the_energy(step_minutes: int) -> None:
    fine = home_series(DAYS, year=2021, step_minutes=15, delays=2).p_kw
    coarse = home_series(DAYS, year=2021, step_minutes=step_minutes, delays=2).p_kw
    assert coarse.shape[-1] == 24 * 60 // step_minutes
    np.testing.assert_allclose(coarse.mean(axis=-1), fine.mean(axis=-1), rtol=1e-12)


def test_machines_rest_over_the_festival() -> None:
    for name in ("mill", "pump"):
        series = special_series(special_kinds()[name], DAYS, 15)
        resting = (DAYS >= -1) & (DAYS <= 3)
        assert (series[resting] == 0).all()
        assert (series[~resting].max(axis=1) > 0).all()


def test_tangent_of_the_power_factor() -> None:
    assert tan_phi(0.8) == pytest.approx(0.75)
