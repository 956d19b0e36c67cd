"""Runs: how long a violation lasts without a break, along the last axis of a boolean array.

Violations are rare in a sweep, so the work is done on the edges of the runs only: rows without a
violation cost one reduction, the others one comparison of neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridplan.frozen import BoolArray, IntArray

Int32Array = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edges:
    """The runs of the rows that have any, in the order of rows and steps.

    Attributes
    ----------
    hit : int (hit,) -- the rows with at least one run
    first : int (hit,) -- index of each such row's first run in ``start`` and ``length``
    start, length : int (run,) -- first step and number of steps of every run
    """

    hit: IntArray
    first: IntArray
    start: IntArray
    length: IntArray


def _edges(rows: BoolArray) -> _Edges:
    """Find all runs of ``rows`` (row, step)."""
    hit = np.flatnonzero(rows.any(axis=1))
    width = rows.shape[1] + 1
    # One False before the first step and one after the last of every row keep runs inside their
    # row.
    padded = np.zeros(len(hit) * width + 1, dtype=np.bool_)
    padded[1:].reshape(len(hit), width)[:, :-1] = rows[hit]
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    start, length = edges[::2], edges[1::2] - edges[::2]
    row = start // width
    first = np.searchsorted(row, np.arange(len(hit)))
    return _Edges(hit=hit, first=first, start=start - row * width, length=length)


def _rows(violated: BoolArray) -> BoolArray:
    """View ``violated`` (..., step) as (row, step)."""
    array = np.asarray(violated, dtype=np.bool_)
    return array.reshape(int(np.prod(array.shape[:-1], dtype=np.int64)), array.shape[-1])


def longest_run(violated: BoolArray) -> Int32Array:
    """Longest run of True along the last axis.

    Parameters
    ----------
    violated : bool (..., step)

    Returns
    -------
    int32 (...) -- number of steps, 0 where nothing is violated
    """
    rows = _rows(violated)
    result = np.zeros(len(rows), dtype=np.int32)
    runs = _edges(rows)
    if runs.hit.size:
        result[runs.hit] = np.maximum.reduceat(runs.length, runs.first)
    return result.reshape(np.shape(violated)[:-1])


def first_run(violated: BoolArray, min_steps: int = 1) -> Int32Array:
    """First step of the first run of at least ``min_steps`` steps along the last axis.

    Parameters
    ----------
    violated : bool (..., step)
    min_steps : shorter runs do not count

    Returns
    -------
    int32 (...) -- step, -1 where no run is that long
    """
    rows = _rows(violated)
    result = np.full(len(rows), -1, dtype=np.int32)
    runs = _edges(rows)
    if runs.hit.size:
        never = rows.shape[1]
        start = np.where(runs.length >= min_steps, runs.start, never)
        earliest = np.minimum.reduceat(start, runs.first)
        result[runs.hit] = np.where(earliest < never, earliest, -1)
    return result.reshape(np.shape(violated)[:-1])
