"""Demand factors and variation in time, against series whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from gridplan.demand.coincidence import demand_factors, time_variation
from gridplan.demand.variation import autoregressive, lognormal


def test_homes_that_do_the_same_coincide_and_turns_do_not() -> None:
    day = np.tile([0.5, 1.0, 2.0, 1.0], (12, 1))[None]
    np.testing.assert_allclose(demand_factors(day, (1, 3, 12)).mean, 1.0)
    turns = np.eye(12)[None]  # each home peaks alone
    found = demand_factors(turns, (1, 3, 12))
    np.testing.assert_allclose(found.mean, [1, 1 / 3, 1 / 12])
    np.testing.assert_allclose(found.low, found.high)


def test_empty_homes_and_days_with_too_few_homes_are_left_out() -> None:
    p_kw = np.ones((2, 5, 4))
    p_kw[:, 3:] = 0.05
    p_kw[1, 0, 2] = np.nan
    found = demand_factors(p_kw, (2, 3, 4))
    np.testing.assert_allclose(found.mean[:2], 1.0)
    assert np.isnan(found.mean[2])
    assert found.size.tolist() == [2, 3, 4]


def test_factors_lie_between_one_home_and_all_of_them() -> None:
    p_kw = np.random.default_rng(0).lognormal(0, 0.8, (3, 40, 96))
    found = demand_factors(p_kw, (1, 5, 20, 40))
    assert (np.diff(found.mean) < 0).all()
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()
    whole = p_kw.sum(axis=1).max(axis=1) / p_kw.max(axis=2).sum(axis=1)
    assert found.mean[-1] == pytest.approx(whole.mean())


@pytest.mark.parametrize(("cv", "correlation_h"), [(0.3, 0.5), (0.3, 2.0), (0.6, 1.0)])
def test_variation_in_time_is_found_again(cv: float, correlation_h: float) -> None:
    noise = np.random.default_rng(1).standard_normal((2000, 96))
    series = lognormal(autoregressive(noise, float(np.exp(-0.25 / correlation_h))), cv)
    shape = 1.0 + 0.6 * np.sin(np.arange(96) / 96 * 2 * np.pi)
    found = time_variation((3.0 * shape * series)[:, None], 7.0 * shape)
    # each day's own mean is taken out, so a little of it is lost, more of slow variation
    assert 0.8 * cv < found.cv < 1.05 * cv
    assert found.correlation_h == pytest.approx(correlation_h, rel=0.35)


def test_days_without_demand_take_no_part_and_endless_memory_is_unknown() -> None:
    half = np.concatenate([np.full(48, 2.0), np.zeros(48)])
    p_kw = np.stack([half, np.zeros(96)])[:, None]
    found = time_variation(p_kw, np.ones(96))
    assert found.cv == pytest.approx(1.0)
    assert found.correlation_h > 5
    slow = time_variation(np.full((1, 1, 4), 1.0) + 1e-3 * np.eye(4)[:1], np.ones(4))
    assert np.isfinite(slow.cv)
