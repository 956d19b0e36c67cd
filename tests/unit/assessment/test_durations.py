"""Durations against naive loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridplan.assessment.durations import (
    above,
    first_step,
    lasts,
    rolling_mean,
    run_h,
    steps_of,
)
from gridplan.frozen import FloatArray

SERIES = arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 20)),
    elements=st.one_of(st.floats(-1e3, 1e3), st.just(math.nan)),
)


@given(SERIES, st.integers(1, 20))
def test_rolling_mean_is_the_mean_of_every_window(values: FloatArray, window: int) -> None:
    n_step = values.shape[1]
    window = min(window, n_step)
    got = rolling_mean(values, window)
    assert got.shape == (values.shape[0], n_step - window + 1)
    for row in range(values.shape[0]):
        for k in range(n_step - window + 1):
            expected = sum(values[row, k : k + window].tolist()) / window
            assert got[row, k] == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(SERIES, st.floats(-1e3, 1e3))
def test_a_case_without_a_solution_is_a_violation(values: FloatArray, limit: float) -> None:
    violated = above(values, limit)
    for index in np.ndindex(values.shape):
        assert violated[index] == (math.isnan(values[index]) or values[index] > limit)


def test_runs_are_in_hours_of_steps() -> None:
    violated = np.array([[False, True, True, True], [True, False, True, False]])
    assert run_h(violated, 15.0).tolist() == [0.75, 0.25]
    assert run_h(violated, 60.0).tolist() == [3.0, 1.0]


def test_snapshots_last_for_ever() -> None:
    hours = run_h(np.array([[True], [False]]), 0.0)
    assert hours.tolist() == [math.inf, 0.0]
    assert lasts(hours, 2.0).tolist() == [True, False]
    assert steps_of(2.0, 0.0) == 1


@pytest.mark.parametrize("step_minutes", [1.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0])
def test_two_hours_of_any_step_last_two_hours(step_minutes: float) -> None:
    steps = steps_of(2.0, step_minutes)
    assert steps * step_minutes == 120.0
    violated = np.zeros((2, 200), dtype=np.bool_)
    violated[0, :steps] = True
    violated[1, : steps - 1] = True
    hours = run_h(violated, step_minutes).astype(np.float32)
    assert lasts(hours, 2.0).tolist() == [True, False]


def test_no_run_lasts_for_no_time() -> None:
    assert lasts(np.array([0.0, 0.25]), 0.0).tolist() == [False, True]


def test_first_step_passes_over_runs_that_are_too_short() -> None:
    violated = np.array([[True, False, True, True, True, True]])
    assert first_step(violated, 1.0, 15.0).tolist() == [2]
    assert first_step(violated, 0.0, 15.0).tolist() == [0]
    assert first_step(violated, 2.0, 15.0).tolist() == [-1]
