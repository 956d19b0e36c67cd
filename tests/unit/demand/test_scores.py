"""Scores against what can be worked out by hand, and laws that every score obeys."""

from __future__ import annotations

import math

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.scores import (
    classify,
    coverage,
    crps,
    peak_errors,
    peaks,
    pinball,
    reliability,
    skill,
    summarise,
)

# the library compiles what it can when it is first loaded: no test is timed
untimed = settings(deadline=None)

# to a thousandth of a kW, as meters give them: no case turns on the last bit
KW = st.integers(min_value=0, max_value=1_000_000).map(lambda watt: watt / 1000.0)
ENSEMBLES = hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 12)), elements=KW)


def crps_by_definition(draws: np.ndarray, value: float) -> float:
    """Mean distance to the measurement less half the mean distance of two draws."""
    spread = np.abs(draws[:, None] - draws[None, :]).mean()
    return float(np.abs(draws - value).mean() - spread / 2.0)


@untimed
@given(ENSEMBLES, KW)
def test_crps_is_that_of_the_draws(draws: np.ndarray, value: float) -> None:
    expected = [crps_by_definition(row, value) for row in draws]
    assert crps(draws, np.full(len(draws), value)) == pytest.approx(expected, abs=1e-8)


@untimed
@given(KW, KW)
def test_crps_of_one_draw_is_the_absolute_error(draw: float, value: float) -> None:
    assert crps([[draw]], [value])[0] == pytest.approx(abs(draw - value), abs=1e-9)


@untimed
@given(ENSEMBLES, KW, st.randoms(use_true_random=False))
def test_order_of_draws_does_not_matter(draws: np.ndarray, value: float, random: object) -> None:
    order = np.random.default_rng(random.randrange(2**32)).permutation(draws.shape[1])  # type: ignore[attr-defined]
    observed = np.full(len(draws), value)
    assert crps(draws[:, order], observed) == pytest.approx(crps(draws, observed), abs=1e-8)
    assert pinball(draws[:, order], observed) == pytest.approx(pinball(draws, observed), abs=1e-8)


def test_crps_rewards_the_true_distribution() -> None:
    """Too wide, too narrow and biased forecasts score worse than the one that data came from."""
    rng = np.random.default_rng(7)
    truth = rng.normal(50.0, 5.0, 3000)
    noise = rng.normal(size=(3000, 100))
    score = {
        (mean, sd): summarise(crps(mean + sd * noise, truth)).mean
        for mean, sd in ((50.0, 5.0), (50.0, 12.0), (50.0, 1.5), (54.0, 5.0))
    }
    assert min(score, key=lambda key: score[key]) == (50.0, 5.0)
    # CRPS of a normal distribution about its own values: sd / sqrt(pi)
    assert score[50.0, 5.0] == pytest.approx(5.0 / math.sqrt(math.pi), rel=0.05)


def test_many_cases_are_scored_as_few_are() -> None:
    rng = np.random.default_rng(1)
    draws, observed = rng.random((45_000, 3)), rng.random(45_000)
    assert np.array_equal(crps(draws, observed)[-5:], crps(draws[-5:], observed[-5:]))


def test_missing_measurements_are_left_out_and_counted() -> None:
    draws = np.array([[1.0, 3.0], [2.0, 4.0], [np.nan, 1.0]])
    scores = crps(draws, [2.0, np.nan, 1.0])
    assert np.isnan(scores).tolist() == [False, True, True]
    summary = summarise(scores)
    assert (summary.mean, summary.n_case, summary.n_missing) == (pytest.approx(0.5), 1, 2)
    assert np.isnan(pinball(draws, [2.0, np.nan, 1.0])[1:]).all()
    nothing = summarise([np.nan])
    assert math.isnan(nothing.mean)
    assert (nothing.n_case, nothing.n_missing) == (0, 1)


def test_pinball_punishes_the_rare_side_ninety_nine_times_more() -> None:
    draws = np.full((2, 5), 10.0)
    score = pinball(draws, [12.0, 8.0], levels=(0.5, 0.99))
    assert score == pytest.approx(np.array([[1.0, 1.98], [1.0, 0.02]]))


def test_coverage_by_festival_day() -> None:
    draws = np.tile(np.arange(101.0), (5, 1))
    observed = [5.0, 96.0, 50.0, np.nan, 4.0]
    found = coverage(draws, observed, share=0.9, group=[-1, -1, 0, 0, 0])
    assert found.group.tolist() == [-1, 0]
    assert found.inside.tolist() == [0.5, 0.5]
    assert found.n_case.tolist() == [2, 2]
    assert found.n_missing.tolist() == [0, 1]
    assert found.overall == 0.5
    unknown = coverage(draws[:1], [np.nan])
    assert np.isnan(unknown.inside[0])
    assert math.isnan(unknown.overall)


def test_coverage_of_an_honest_forecast_is_its_share() -> None:
    rng = np.random.default_rng(3)
    found = coverage(rng.normal(size=(4000, 300)), rng.normal(size=4000), share=0.8)
    assert found.overall == pytest.approx(0.8, abs=0.025)


def test_peak_of_a_day() -> None:
    day = np.zeros(96)
    day[74] = 40.0
    day[80] = np.nan
    assert [float(value) for value in peaks(day)] == [40.0, 18.625]
    day[:10] = np.nan
    assert np.isnan(peaks(day)).all()


def test_errors_of_size_and_time() -> None:
    forecast, measured = np.zeros((2, 3, 96)), np.zeros((2, 96))
    forecast[:, 0, 72], forecast[:, 1, 76], forecast[:, 2, 80] = 30.0, 45.0, 60.0
    measured[0, 72] = 50.0
    size_percent, late_h = peak_errors(forecast, measured)
    assert size_percent[0] == pytest.approx(-10.0)
    assert late_h[0] == pytest.approx(1.0)
    assert np.isnan([size_percent[1], late_h[1]]).all(), "a day without demand has no peak"


def test_announced_overloads() -> None:
    chance = [0.9, 0.6, 0.5, 0.2, 0.1, 0.4]
    happened = [1.0, 0.0, 1.0, 1.0, 0.0, np.nan]
    found = classify(chance, happened, threshold=0.5)
    assert (found.hits, found.false_alarms, found.misses, found.correct_rejections) == (2, 1, 1, 1)
    assert found.n_missing == 1
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(2 / 3)
    assert found.brier == pytest.approx((0.01 + 0.36 + 0.25 + 0.64 + 0.01) / 5)


def test_shares_of_nothing_are_unknown() -> None:
    found = classify([0.1, 0.2], np.array([False, False]))
    assert math.isnan(found.precision)
    assert math.isnan(found.recall)
    empty = classify([0.1], [np.nan])
    assert math.isnan(empty.brier)
    assert empty.n_missing == 1


def test_reliability_table() -> None:
    found = reliability([0.0, 0.04, 0.6, 0.5, 1.0, 0.3], [0, 0, 1, 0, 1, np.nan], (0.0, 0.5, 1.0))
    assert found.n_case.tolist() == [2, 3]
    assert found.forecast == pytest.approx([0.02, 0.7])
    assert found.observed == pytest.approx([0.0, 2 / 3])
    assert found.n_missing == 1
    holes = reliability([0.05], [0])
    assert np.isnan(holes.forecast[1:]).all()


def test_skill_against_a_baseline() -> None:
    rng = np.random.default_rng(5)
    area = np.repeat([f"area {n}" for n in range(15)], 20)
    baseline = rng.gamma(4.0, 1.0, 300) * np.repeat(rng.uniform(0.5, 3.0, 15), 20)
    better = baseline * rng.uniform(0.4, 0.8, 300)
    better[:7] = np.nan
    found = skill(better, baseline, area)
    assert found.value == pytest.approx(0.4, abs=0.05)
    assert found.low < found.value < found.high
    assert found.high - found.low < 0.1
    assert (found.n_group, found.n_case, found.n_missing) == (15, 293, 7)
    assert skill(better, baseline, area) == found, "the same seed gives the same interval"
    same = skill(baseline, baseline, area)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_bootstrap_is_over_groups_not_cases() -> None:
    """Days of one area that say the same narrow nothing: a copied day adds no certainty."""
    rng = np.random.default_rng(6)
    own, other = rng.uniform(0.5, 1.5, 8), np.ones(8)
    once = skill(own, other, np.arange(8))
    copied = skill(np.repeat(own, 50), np.repeat(other, 50), np.repeat(np.arange(8), 50))
    assert copied.low == pytest.approx(once.low)
    assert copied.high == pytest.approx(once.high)


def test_no_skill_without_a_fallible_baseline() -> None:
    found = skill([1.0, 2.0], [0.0, 0.0], ["a", "b"])
    assert math.isnan(found.value)
    assert math.isnan(found.low)


@pytest.mark.parametrize(
    ("draws", "observed"),
    [(np.zeros((2, 3)), np.zeros(3)), (np.zeros(3), np.zeros(3)), (np.zeros((2, 0)), np.zeros(2))],
)
def test_shapes_that_do_not_fit_are_refused(draws: np.ndarray, observed: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"give \(case, draw\) and \(case,\)"):
        crps(draws, observed)


def test_other_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        classify([1.2], [1])
    with pytest.raises(ValueError, match="outcomes are 0, 1 or NaN"):
        classify([0.2], [2])
    with pytest.raises(ValueError, match="edges rise"):
        reliability([0.2], [1], (0.5, 0.2))
    with pytest.raises(ValueError, match="groups have shape"):
        coverage([[1.0]], [1.0], group=[1, 2])
    with pytest.raises(ValueError, match="do not fit"):
        peak_errors(np.zeros((1, 2, 96)), np.zeros((1, 95)))
    with pytest.raises(ValueError, match="twice"):
        skill([1.0], [1.0, 2.0], ["a"])
