"""Quantiles of forecasts: cost and honesty by level."""

from __future__ import annotations

import numpy as np
import pytest

from gridplan.demand.quantile_scores import score_quantiles

LEVELS = (0.05, 0.5, 0.95, 0.99)


def test_an_honest_forecast_holds_its_levels_and_a_shifted_one_does_not() -> None:
    random = np.random.default_rng(0)
    draws, seen = random.normal(size=(3000, 400)), random.normal(size=3000)
    honest = score_quantiles(draws, seen, LEVELS)
    np.testing.assert_allclose(honest.below, LEVELS, atol=0.02)
    assert (np.abs(honest.below - LEVELS) < 4 * honest.error + 0.005).all()
    np.testing.assert_array_equal(honest.below, honest.under)
    low = score_quantiles(draws - 1.0, seen, LEVELS)
    assert (low.below < honest.below).all()
    assert (low.pinball > honest.pinball).all()
    assert low.below[3] == pytest.approx(0.91, abs=0.03)  # P(x < 2.33 - 1)


def test_cost_is_the_pinball_loss_by_hand() -> None:
    # quantile 0.5 of draws 1, 2, 3 is 2: off by 2 above and by 1 below
    found = score_quantiles([[1.0, 2.0, 3.0]] * 2, [4.0, 1.0], (0.5,))
    assert found.pinball[0] == pytest.approx((0.5 * 2 + 0.5 * 1) / 2)
    assert found.below[0] == 0.5


def test_measurements_that_equal_the_quantile_are_between_under_and_below() -> None:
    found = score_quantiles(np.zeros((10, 5)), np.zeros(10), (0.9,))
    assert (found.under[0], found.below[0], found.pinball[0]) == (0.0, 1.0, 0.0)


def test_unknown_cases_are_left_out_and_counted() -> None:
    draws = np.array([[1.0, 2.0], [np.nan, 2.0], [1.0, 2.0]])
    found = score_quantiles(draws, [1.5, 1.5, np.nan], (0.5,))
    assert (found.n_case, found.n_missing) == (1, 2)
    nothing = score_quantiles(draws[:1], [np.nan], (0.5,))
    assert nothing.n_case == 0
    assert np.isnan(nothing.pinball).all()
    assert np.isnan(nothing.below).all()


def test_rows_hold_one_level_each() -> None:
    rows = score_quantiles([[1.0, 2.0]], [1.0], (0.5, 0.9)).rows()
    assert [row["level"] for row in rows] == [0.5, 0.9]
    assert set(rows[0]) == {"level", "pinball", "below", "under", "error"}
