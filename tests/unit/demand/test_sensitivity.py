"""How demand follows the temperature, against slopes that were put in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.sensitivity import Slopes, fit_slopes

N_DAY = 25


def fitted(truth: np.ndarray, celsius: np.ndarray, use: np.ndarray, seed: int) -> Slopes:
    """Slopes of homes whose days differ by 12 % beside the temperature."""
    noise = 12 * np.random.default_rng(seed).standard_normal((len(truth), len(celsius)))
    y = -truth[:, None] * (celsius - celsius.mean()) + noise
    return fit_slopes(y, -celsius, use, min_days=8, min_spread=1.0)


def cold_winter(seed: int) -> np.ndarray:
    return 4.0 + np.cumsum(np.random.default_rng(seed).standard_normal(N_DAY)) * 1.5


def test_slopes_come_back_and_are_shrunk() -> None:
    truth = 3.0 + 1.5 * np.random.default_rng(5).standard_normal(60)
    use = np.ones((60, N_DAY), dtype=bool)
    use[50:, 5:] = False  # few days: the group's value
    found = fitted(truth, cold_winter(3), use, seed=7)
    assert found.group == pytest.approx(truth[:50].mean(), abs=3 * found.group_error)
    assert found.group_sd == pytest.approx(1.5, rel=0.5)
    assert (np.abs(found.shrunk[:50] - truth[:50]) < 3.5 * found.own_error[:50]).all()
    np.testing.assert_allclose(found.shrunk[50:], found.group)
    assert np.isnan(found.own_error[50:]).all()
    assert (found.n_day[50:] < 8).all()


def test_alike_homes_share_one_slope() -> None:
    use = np.ones((40, N_DAY), dtype=bool)
    found = fitted(np.full(40, 4.0), cold_winter(4), use, seed=8)
    assert np.std(found.shrunk) < 0.7 * found.own_error.mean()
    assert found.group == pytest.approx(4.0, abs=3 * found.group_error)


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
    use = np.ones((3, N_DAY), dtype=bool)
    assert np.isnan(fitted(np.ones(3), np.full(N_DAY, 5.0), use, seed=1).shrunk).all()
