"""Wall time of a call, repeated until it can be believed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

REPEATS = 3
LEAST_S = 1.0


def once(call: Callable[[], object]) -> float:
    """Wall time of one call [s]."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def median_seconds(call: Callable[[], object], least_s: float = LEAST_S) -> float:
    """Median wall time of a call [s], over at least three calls and ``least_s`` in all."""
    times: list[float] = []
    while len(times) < REPEATS or sum(times) < least_s:
        times.append(once(call))
    return statistics.median(times)
