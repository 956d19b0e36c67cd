"""Runs along the last axis against a naive loop."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gridplan.frozen import BoolArray
from gridplan.powerflow.runs import first_run, longest_run

BOOLEANS = arrays(np.bool_, array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=12))


def naive_runs(row: BoolArray) -> list[tuple[int, int]]:
    """Start and length of every run of one row, by walking along it."""
    runs, step = [], 0
    for value, group in groupby(row.tolist()):
        length = len(list(group))
        if value:
            runs.append((step, length))
        step += length
    return runs


@given(BOOLEANS)
def test_longest_run_equals_a_walk_along_each_row(violated: BoolArray) -> None:
    got = longest_run(violated)
    assert got.dtype == np.int32
    assert got.shape == violated.shape[:-1]
    for index in np.ndindex(violated.shape[:-1]):
        assert got[index] == max((length for _, length in naive_runs(violated[index])), default=0)


@given(BOOLEANS, st.integers(1, 5))
def test_first_run_equals_a_walk_along_each_row(violated: BoolArray, min_steps: int) -> None:
    got = first_run(violated, min_steps)
    for index in np.ndindex(violated.shape[:-1]):
        starts = [start for start, length in naive_runs(violated[index]) if length >= min_steps]
        assert got[index] == (starts[0] if starts else -1)


def test_runs_do_not_cross_from_one_row_to_the_next() -> None:
    violated = np.array([[False, True, True], [True, True, False]])
    assert longest_run(violated).tolist() == [2, 2]
    assert longest_run(np.ones((2, 3), dtype=np.bool_)).tolist() == [3, 3]


def test_arrays_that_are_not_contiguous_are_read_as_they_look() -> None:
    violated = np.moveaxis(np.arange(24).reshape(4, 2, 3) % 5 < 3, 0, -1)
    assert np.array_equal(longest_run(violated), longest_run(violated.copy()))
