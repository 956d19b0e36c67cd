"""The kernels as loops, compiled by numba; see ``kernels``. Importing this needs numba.

The innermost loops run over the cases of one port, which lie side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit

from gridplan.frozen import FloatArray, IntArray
from gridplan.powerflow import law

F = TypeVar("F", bound=Callable[..., object])


def _compiled(function: F) -> F:
    return cast(F, njit(nogil=True, cache=True, error_model="numpy")(function))


_factor = _compiled(law.factor)
_chord_current = _compiled(law.chord_current)


@_compiled
def arrange(
    demand: FloatArray,
    customer: IntArray,
    share: FloatArray,
    double: np.ndarray,
    single: np.ndarray,
) -> None:
    """See ``kernels.arrange``."""
    clusters, places, n_case = double.shape
    for cluster in range(clusters):
        for place in range(places):
            given, part = demand[customer[cluster, place]], share[cluster, place, 0]
            wide, narrow = double[cluster, place], single[cluster, place]
            for case in range(n_case):
                value = given[case] * part
                wide[case] = value
                narrow[case] = value


@_compiled
def currents(
    parts: tuple[np.ndarray, np.ndarray, np.ndarray],
    plain: bool,
    slope: np.ndarray,
    u: np.ndarray,
    power: np.ndarray,
    work: np.ndarray,
    n_case: int,
    change: np.ndarray | None,
) -> None:
    """See ``kernels.currents``; ``parts`` and ``plain`` are those of a ``Weight``."""
    power_part, current_part, impedance_part = parts
    clusters, places = u.shape[1], u.shape[2]
    for cluster in range(clusters):
        for place in range(places):
            real, imag = u[0, cluster, place, :n_case], u[1, cluster, place, :n_case]
            p, q = power[0, cluster, place, :n_case], power[1, cluster, place, :n_case]
            left = work[cluster, place, :n_case]
            right = work[cluster, places + place, :n_case]
            by_power = power_part[cluster, place, 0]
            by_current = current_part[cluster, place, 0]
            by_impedance = impedance_part[cluster, place, 0]
            t00, t01 = slope[0, 0, cluster, place, 0], slope[0, 1, cluster, place, 0]
            t10, t11 = slope[1, 0, cluster, place, 0], slope[1, 1, cluster, place, 0]
            for case in range(n_case):
                square = real[case] * real[case] + imag[case] * imag[case]
                if plain:
                    factor = by_power / square
                else:
                    factor = _factor(square, by_power, by_current, by_impedance)
                new_left, new_right = _chord_current(
                    real[case], imag[case], p[case] * factor, q[case] * factor, t00, t01, t10, t11
                )
                if change is not None:
                    change[cluster, place, case] = new_left - left[case]
                    change[cluster, places + place, case] = new_right - right[case]
                left[case] = new_left
                right[case] = new_right


@_compiled
def distance(old: np.ndarray, new: np.ndarray, n_case: int) -> FloatArray:
    """See ``kernels.distance``."""
    step = np.zeros(n_case)
    for plane in range(2):
        for cluster in range(old.shape[1]):
            for place in range(old.shape[2]):
                before = old[plane, cluster, place, :n_case]
                after = new[plane, cluster, place, :n_case]
                for case in range(n_case):
                    change = abs(after[case] - before[case])
                    # NaN counts as the largest
                    stays = change <= step[case] or step[case] != step[case]
                    step[case] = step[case] if stays else change
    return step


@_compiled
def advance(u: np.ndarray, change: np.ndarray, n_case: int) -> FloatArray:
    """See ``kernels.advance``."""
    step = np.zeros(n_case)
    for plane in range(2):
        for cluster in range(u.shape[1]):
            for place in range(u.shape[2]):
                moved, by = (
                    u[plane, cluster, place, :n_case],
                    change[plane, cluster, place, :n_case],
                )
                for case in range(n_case):
                    moved[case] += by[case]
                    length = abs(by[case])
                    stays = length <= step[case] or step[case] != step[case]
                    step[case] = step[case] if stays else length
    return step


@_compiled
def hand_over(u: np.ndarray, slot: IntArray, out: np.ndarray) -> None:
    """See ``kernels.hand_over``."""
    places, n_case = u.shape[2], out.shape[1]
    for port in range(len(slot)):
        cluster, place = slot[port] // places, slot[port] % places
        real, imag = u[0, cluster, place, :n_case], u[1, cluster, place, :n_case]
        for case in range(n_case):
            out[port, case] = complex(real[case], -imag[case])
