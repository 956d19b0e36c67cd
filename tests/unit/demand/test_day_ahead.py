"""Tomorrow from past days: what must hold whatever the meters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.day_ahead import day_ahead


def village(n_meter: int, n_day: int, n_step: int = 24, seed: int = 0) -> np.ndarray:
    """Homes of their own size with an evening peak, independent from day to day."""
    random = np.random.default_rng(seed)
    shape = 0.5 + np.exp(-(((np.arange(n_step) / n_step * 24 - 19) / 3) ** 2))
    size = random.lognormal(0, 0.5, (n_meter, 1, 1))
    return size * shape * random.lognormal(-0.08, 0.4, (n_meter, n_day, n_step))


def test_draws_are_the_same_for_the_same_seed_and_differ_for_another() -> None:
    p_kw = village(6, 8)
    kinds = np.zeros(9)
    again = [day_ahead(p_kw, kinds, 40, seed=seed) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(again[0], again[1])
    assert (again[0] != again[2]).any()


@settings(max_examples=25, deadline=None)
@given(
    n_meter=st.integers(1, 12),
    n_day=st.integers(2, 15),
    factor=st.floats(0.01, 100),
    seed=st.integers(0, 99),
)
def test_draws_are_finite_not_negative_and_follow_the_unit(
    n_meter: int, n_day: int, factor: float, seed: int
) -> None:
    p_kw, kinds = village(n_meter, n_day, seed=seed), np.arange(n_day + 1) % 7 > 4
    draws = day_ahead(p_kw, kinds, 30)
    assert draws.shape == (n_meter, 30, 24)
    assert np.isfinite(draws).all()
    assert (draws >= 0).all()
    np.testing.assert_allclose(day_ahead(factor * p_kw, kinds, 30), factor * draws, rtol=1e-9)


def test_a_home_that_stands_empty_stays_empty() -> None:
    p_kw = village(8, 10)
    p_kw[2] = 0.0
    draws = day_ahead(p_kw, np.zeros(11), 50)
    assert (draws[2] == 0).all()
    assert (draws[[0, 1, 3]].max(axis=(1, 2)) > 0).all()


def test_a_home_that_has_just_gone_quiet_is_expected_lower_than_by_its_mean() -> None:
    p_kw = village(30, 20)
    p_kw[:5, 8:] *= 0.1  # five homes left after eight days
    draws = day_ahead(p_kw, np.zeros(21), 100)
    assert (draws[:5].mean(axis=(1, 2)) < 0.6 * p_kw[:5].mean(axis=(1, 2))).all()
    np.testing.assert_allclose(draws[5:].mean(), p_kw[5:].mean(), rtol=0.1)


def test_the_level_of_all_meters_is_followed() -> None:
    steps = np.exp(np.repeat(np.linspace(-0.4, 0.4, 10), 4))  # rises by a factor 2.2 in 40 days
    p_kw = village(40, 40) * steps[None, :, None]
    mean = day_ahead(p_kw, np.zeros(41), 100).mean()
    last = p_kw[:, -3:].mean()
    assert mean == pytest.approx(last, rel=0.1)
    weighted = np.average(p_kw.mean(axis=(0, 2)), weights=np.exp(-np.arange(40)[::-1] / 14))
    assert abs(mean - last) < 0.5 * abs(weighted - last)


def test_days_of_tomorrows_kind_count_more() -> None:
    p_kw, kinds = village(20, 28), np.arange(29) % 7 > 4
    p_kw[:, kinds[:-1], :12] *= 3.0  # mornings at home
    weekend = day_ahead(p_kw[:, :26], kinds[:27], 100)[:, :, :12].mean()
    monday = day_ahead(p_kw, kinds[:29], 100)[:, :, :12].mean()
    assert kinds[26]
    assert not kinds[28]
    assert weekend > 1.8 * monday


def test_few_days_do_not_end_the_quantiles_at_their_highest_day() -> None:
    p_kw = village(200, 6, seed=1)
    p_kw, truth = p_kw[:, :5], p_kw[:, 5]
    draws = day_ahead(p_kw, np.zeros(6), 200)
    highest = p_kw.max(axis=1)
    assert (truth > highest).mean() > 0.1  # one day in six is the highest of six
    assert (truth > np.quantile(draws, 0.99, axis=1)).mean() < 0.05


def test_an_outage_is_no_demand() -> None:
    p_kw = village(10, 10)
    p_kw[:, 4, 6:20] = 0.0
    p_kw[:, 5] = 0.0
    draws = day_ahead(p_kw, np.zeros(11), 100)
    assert draws.min() > 0
    assert draws.mean() == pytest.approx(
        village(10, 10)[:, [0, 1, 2, 3, 6, 7, 8, 9]].mean(), rel=0.15
    )
    # hours at which nobody ever draws are no outage
    p_kw[:, :, 1:4] = 0.0
    assert (day_ahead(p_kw, np.zeros(11), 100)[:, :, 2] == 0).mean() > 0.6
    # a single meter may well be off: its zeros are its own
    assert day_ahead(p_kw[:1], np.zeros(11), 100).min() == 0


def test_missing_points_take_no_part_and_nothing_else_changes() -> None:
    p_kw = village(30, 14)
    whole = day_ahead(p_kw, np.zeros(15), 100)
    some = p_kw.copy()
    some[3, 5, 7] = np.nan
    draws = day_ahead(some, np.zeros(15), 100)
    assert np.isfinite(draws).all()
    others = np.arange(30) != 3
    np.testing.assert_allclose(draws[others].mean(), whole[others].mean(), rtol=0.02)
    # hours that a meter has never shown come from homes of like size, or stay unknown
    some[3, :, 4:11] = np.nan
    assert np.isfinite(day_ahead(some, np.zeros(15), 100)).all()
    alone = day_ahead(some[3:4], np.zeros(15), 100)
    assert np.isnan(alone[:, :, 7]).all()
    assert np.isfinite(alone[:, :, 12:]).all()


@pytest.mark.parametrize("days", [0, 1])
def test_too_few_days_are_said(days: int) -> None:
    with pytest.raises(ValueError, match="two days"):
        day_ahead(village(2, max(days, 1))[:, :days], np.zeros(days + 1))


def test_wrong_number_of_kinds_is_said() -> None:
    with pytest.raises(ValueError, match="one kind more"):
        day_ahead(village(2, 5), np.zeros(5))
