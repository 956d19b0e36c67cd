"""What the chord iteration does to every port of every case, beside its products.

Each kernel is one numpy statement or two over a whole block. Where numba is installed (extra
``fast``) the same formulas run in compiled loops that read a block once, without the interpreter
lock: with numpy's many short calls two threads wait for each other longer than they work.

Blocks have the shape (2, cluster, place, width), planes of real and imaginary parts; of a block the
first ``n_case`` columns count.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.powerflow.law import Weight, chord_current


@cache
def loops() -> ModuleType | None:
    """The compiled loops, None without numba."""
    try:
        from gridplan.powerflow import loops as compiled
    except ImportError:
        return None
    return compiled


def arrange(
    demand: FloatArray,
    customer: IntArray,
    share: FloatArray,
    double: np.ndarray,
    single: np.ndarray,
) -> None:
    """Spread demands (customer, case) over the ports: ``share`` of ``customer`` (cluster, place).

    Into one plane (cluster, place, case) of each precision.
    """
    if (compiled := loops()) is not None:
        compiled.arrange(demand, customer, share, double, single)
        return
    np.multiply(demand[customer], share, out=double)
    single[...] = double


def currents(
    weight: Weight,
    slope: np.ndarray,
    u: np.ndarray,
    power: np.ndarray,
    work: np.ndarray,
    n_case: int,
    change: np.ndarray | None = None,
) -> None:
    """``j - T u`` into ``work`` (cluster, row, width), what that changes there into ``change``."""
    if (compiled := loops()) is not None:
        parts = weight.power, weight.current, weight.impedance
        compiled.currents(parts, weight.plain, slope, u, power, work, n_case, change)
        return
    places = u.shape[2]
    real, imag = u[..., :n_case]
    drawn = power[..., :n_case] * weight.at(real, imag)
    planes = chord_current(real, imag, *drawn, *slope[0], *slope[1])
    for plane, value in enumerate(planes):
        rows = slice(plane * places, (plane + 1) * places)
        if change is not None:
            change[:, rows, :n_case] = value - work[:, rows, :n_case]
        work[:, rows, :n_case] = value


def distance(old: np.ndarray, new: np.ndarray, n_case: int) -> FloatArray:
    """Largest change of any part of a block (case,)."""
    if (compiled := loops()) is not None:
        step: FloatArray = compiled.distance(old, new, n_case)
        return step
    change = new[..., :n_case] - old[..., :n_case]
    np.abs(change, out=change)
    return np.asarray(change.max(axis=(0, 1, 2)), dtype=np.float64)


def advance(u: np.ndarray, change: np.ndarray, n_case: int) -> FloatArray:
    """Add a change to a block; the largest of any part (case,)."""
    if (compiled := loops()) is not None:
        step: FloatArray = compiled.advance(u, change, n_case)
        return step
    u[..., :n_case] += change[..., :n_case]
    return np.asarray(np.abs(change[..., :n_case]).max(axis=(0, 1, 2)), dtype=np.float64)


def hand_over(u: np.ndarray, slot: IntArray, out: np.ndarray) -> None:
    """Voltages ``conj(u)`` (port, case) from their flat places."""
    n_case = out.shape[1]
    if (compiled := loops()) is not None:
        compiled.hand_over(u, slot, out)
        return
    real, imag = u[..., :n_case].reshape(2, -1, n_case)
    out.real = real[slot]
    np.negative(imag[slot], out=out.imag)
