"""The chord iteration for blocks of cases: single precision first, then double.

With ``u = conj(v)`` and ``j = conj(i)`` the ports obey ``u = e - Z (j(u) - Y u)``. What a typical
case draws changes with the voltage by a known tangent T; moved to the network's side,

    u = b - Zc (j(u) - T u),    Zc = (1 + Z (T - Y))^-1 Z,    b = (1 + Z (T - Y))^-1 e,

the iteration contracts by how much a case differs from the typical one, not by how heavily it is
loaded. T joins real and imaginary parts, so all is real: two planes, one product per iteration.
Each case shows its contraction in the ratio of its steps (the worse of two, as ratios swing), so
that the last iteration is not repeated to see that it was the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gridplan.frozen import BoolArray, ComplexArray, FloatArray, IntArray
from gridplan.powerflow import kernels
from gridplan.powerflow.clusters import Product, split, whole
from gridplan.powerflow.law import LEAST_PU, Weight, net_current, tangent
from gridplan.powerflow.newton import newton
from gridplan.powerflow.ports import LoadPorts

#: Iterations before a case is left to Newton's method, in single and in double precision.
ROUGH_ITERATIONS, FINE_ITERATIONS = 30, 60
#: Single precision stops where one more contraction brings the error below this [pu].
_ROUGH_PU = 3e-8
#: Steps of single precision below the first tell nothing about the contraction; below the second
#: they are rounding [pu]. The same of double precision.
_NOISE_PU, _FLOOR_PU, _ROUNDING_PU = 2e-6, 3e-7, 2e-15
#: Cases that need longer do not keep the block: this share of it goes on in double precision.
_STRAGGLERS = 0.5
#: Contraction that is assumed at least, the most that is believed in, and how much worse it may be
#: than it was seen: with less, some errors were above the tolerance (thousand random villages).
_LEAST_RATIO, _MOST_RATIO, _SAFETY = 0.02, 0.9, 4.0
#: The least that is assumed where it decides that a case has converged: two steps of single
#: precision may show a smaller one by chance.
_LEAST_AT_END = 0.05
#: A demand above so many times the median has no part in the typical case.
_OUTLYING = 10.0
#: The others of a block are iterated once more for the sake of more than this share, as long as
#: that brings some of them to rest.
_LAGGING = 0.1
#: Changes in single precision may add up to this many tolerances: their rounding is 1e-7 of them.
_ROUNDED_AFTER = 1e6
#: Cases that a typical case is taken from, at random where there are more.
_SAMPLE = 2000
#: Ports that the steps of single precision are watched at.
_WATCHED = 12
#: Cases per port from which on a tangent is worth its matrices, and cases from which on clusters
#: are.
_CHORD_CASES, _SPLIT_CASES = 2, 2000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chord:
    """Ports made ready for the iteration; arrays (cluster, place) as in ``Product``.

    Attributes
    ----------
    rough, fine : products in single and double precision
    outputs : (2 output, cluster * work row) -- the network's outputs from the work array: real
        parts, then imaginary
    tangent : (2, 2, cluster, place, 1) -- T [S]
    start : (2, cluster, place, 2) -- real and imaginary part of the no-load voltages and of their
        change in the typical case
    constant : (2, cluster, place, 1) -- real and imaginary part of b
    typical_kw : demand of the typical case
    watched : int (watched,) -- flat places of the ports whose steps are watched
    nominal_v : lowest nominal voltage [V]
    """

    rough: Product
    fine: Product
    outputs: FloatArray
    tangent: FloatArray
    start: FloatArray
    constant: FloatArray
    typical_kw: float
    watched: IntArray
    nominal_v: float

    @classmethod
    def of(cls, ports: LoadPorts, p_kw: FloatArray, q_kvar: FloatArray, n_case: int) -> Chord:
        """Make ports ready for ``n_case`` cases like those of demands (customer, case)."""
        n_port = len(ports.site)
        if p_kw.shape[1] > _SAMPLE:
            columns = np.random.default_rng(0).integers(p_kw.shape[1], size=_SAMPLE)
            p_kw, q_kvar = p_kw[:, columns], q_kvar[:, columns]
        weight = _ordinary(p_kw)
        power = ports.power_va(p_kw @ weight, q_kvar @ weight)
        e, u = np.conj(ports.e_v[:, 0]), np.conj(ports.e_v[:, 0])
        slope = np.zeros((n_port, 2, 2))
        slope[:, [0, 1], [0, 1]] = ports.stand_in_s
        moved = np.zeros_like(slope)
        if n_case >= _CHORD_CASES * n_port:
            v = _typical(ports, power)
            if v is not None:
                u = np.conj(v)
                moved = tangent(ports, power[:, 0], u) - slope
                slope = slope + moved
        z, b = _moved(ports.z_ohm, e, moved)
        cut = split(z, ports.node, ports.parent) if n_case >= _SPLIT_CASES else whole(n_port)
        fine = cut.product(z, b)
        real, imag = (
            fine.placed(np.stack([plane(e), plane(u - e)], axis=1)) for plane in (np.real, np.imag)
        )
        start = np.stack([real, imag])
        empty = fine.placed(np.ones(n_port)) == 0
        start[:, empty, 0] = 1
        constant = [fine.placed(part[:, None], 1.0) for part in np.split(b, 2)]
        own = np.abs(np.diagonal(ports.z_ohm))
        return cls(
            rough=fine.single(),
            fine=fine,
            outputs=fine.over_work(*_outputs(ports, z, b, moved)),
            tangent=np.moveaxis(fine.placed(slope), (2, 3), (0, 1))[..., None],
            start=start,
            constant=np.stack(constant),
            typical_kw=float((p_kw @ weight).sum()),
            watched=fine.slot[np.argsort(own)[-_WATCHED:]],
            nominal_v=float(ports.nominal_v.min()),
        )


def _ordinary(p_kw: FloatArray) -> FloatArray:
    """Weights (case, 1) whose sum is 1 and which leave out cases that outweigh all others.

    One case beyond the nose would else make a tangent along which no other case converges.
    """
    total = np.abs(p_kw.sum(axis=0))
    ordinary = total <= _OUTLYING * np.median(total)
    weight: FloatArray = ordinary[:, None] / ordinary.sum()
    return weight


def _typical(ports: LoadPorts, power: ComplexArray) -> ComplexArray | None:
    """Voltages (port,) of one case roughly, None where it has no solution.

    A port without a voltage, alone behind a broken neutral, has no tangent: None as well.
    """
    v, solved = ports.e_v, False
    with np.errstate(all="ignore"):
        for _ in range(ROUGH_ITERATIONS):
            old, v = v, ports.e_v - ports.z_ohm @ net_current(ports, power, v)
            if solved := bool(np.abs(v - old).max() <= 1e-4 * ports.nominal_v.min()):
                break
    if not solved:
        v, converged = newton(ports, power, 1e-4)
        solved = bool(converged[0])
    return v[:, 0] if solved and (np.abs(v) > LEAST_PU * ports.nominal_v).all() else None


def _real(matrix: ComplexArray) -> FloatArray:
    """A complex matrix (row, column) acting on real planes: (2 row, 2 column)."""
    return np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])


def _times(matrix: FloatArray, slope: FloatArray) -> FloatArray:
    """A real matrix (row, 2 port) times real 2x2 matrices per port (port, 2, 2)."""
    by_real, by_imag = np.split(matrix, 2, axis=1)
    columns = [by_real * slope[:, 0, k] + by_imag * slope[:, 1, k] for k in range(2)]
    return np.concatenate(columns, axis=1)


def _moved(
    z_ohm: ComplexArray, e: ComplexArray, moved: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Zc (2 port, 2 port) and b (2 port,) with the tangent ``moved`` to the network's side."""
    z, constant = _real(np.conj(z_ohm)), np.concatenate([e.real, e.imag])
    if not moved.any():
        return z, constant
    left = _times(z, moved)
    left[np.diag_indices_from(left)] += 1
    solved: FloatArray = np.linalg.solve(left, np.hstack([z, constant[:, None]]))
    return solved[:, :-1], solved[:, -1]


def _outputs(
    ports: LoadPorts, z: FloatArray, b: FloatArray, moved: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Matrix (2 output, 2 port) and constant (2 output,) of the outputs by ``j - T u``.

    The network's current is that and ``(T - Y) u``, and u follows from it.
    """
    matrix, constant = _real(np.conj(ports.outputs)), np.conj(ports.outputs0[:, 0])
    by_voltage = _times(matrix, moved)
    flat = np.concatenate([constant.real, constant.imag])
    return matrix - by_voltage @ z, flat + by_voltage @ b


class Workspace:
    """Arrays for blocks of at most ``width`` cases in one precision, used again and again."""

    def __init__(self, chord: Chord, product: Product, weight: Weight, width: int) -> None:
        self.product, self.weight = product, weight
        shape = (2, *product.shape, width)
        self.u, self.new, self.power = (np.empty(shape, dtype=product.dtype) for _ in range(3))
        self.work, self.joints = product.work(width)
        self.slope = chord.tangent.astype(product.dtype)

    def currents(self, n_case: int, change: Workspace | None = None) -> None:
        """``j - T u`` of the first ``n_case`` columns into the work array.

        What that changes there goes into the work array of ``change``.
        """
        other = None if change is None else change.work
        kernels.currents(self.weight, self.slope, self.u, self.power, self.work, n_case, other)

    def voltages(self, n_case: int, out: np.ndarray, *, constant: bool = True) -> None:
        """Voltages (2, cluster, place, case), without the constant the change from b."""
        work, joints = self.work[..., :n_case], self.joints[..., :n_case]
        self.product.apply(work, joints, out[..., :n_case], constant=constant)

    def keep(self, columns: IntArray) -> None:
        """Move the given columns to the front."""
        n = len(columns)
        for array in (self.u, self.power, self.work):
            array[..., :n] = array[..., columns]


def rough(
    chord: Chord, space: Workspace, demand_kw: FloatArray, tolerance_pu: float
) -> tuple[FloatArray, IntArray, BoolArray]:
    """Iterate in single precision from ``space.power``, whose cases draw ``demand_kw`` (case,).

    Leaves the change from b in ``space.u``. Returns per case the contraction seen, the number of
    iterations, and whether it has run out of all numbers; a case that does not come to rest is left
    where it is.
    """
    n_case = len(demand_kw)
    u = space.u[..., :n_case]
    watched = (slice(None), *np.divmod(chord.watched, chord.rough.shape[1]))
    scale = np.ones((2, n_case), dtype=np.float32)
    np.divide(demand_kw, chord.typical_kw or 1.0, out=scale[1], casting="unsafe")
    np.clip(scale[1], 0, 2, out=scale[1])
    np.matmul(chord.start.astype(np.float32), scale, out=u)
    ratio, before = np.full(n_case, _MOST_RATIO), np.full(n_case, np.inf)
    last = np.zeros(n_case)
    done = np.zeros(n_case, dtype=np.bool_)
    n_iter = np.zeros(n_case, dtype=np.int64)
    goal = max(_ROUGH_PU, 0.1 * tolerance_pu)
    limit = max(_STRAGGLERS * n_case, 1) if n_case > 1 else 0
    with np.errstate(all="ignore"):
        new = u[watched][:, None]
        for _ in range(ROUGH_ITERATIONS):
            space.currents(n_case)
            space.voltages(n_case, space.u)
            old, new = new, u[watched][:, None]
            step = kernels.distance(old, new, n_case) / chord.nominal_v
            n_iter += ~done
            known = ~done & (before > _NOISE_PU) & (before < np.inf)
            seen = (step / before)[known]
            ratio[known] = np.clip(np.maximum(seen, last[known]), _LEAST_RATIO, _MOST_RATIO)
            last[known] = seen
            done |= (ratio**2 / (1 - ratio) * step <= goal) | (step <= _FLOOR_PU)
            before = step
            if n_case - done.sum() <= limit:
                break
        space.currents(n_case)
        space.voltages(n_case, space.u, constant=False)
    return ratio, n_iter + 1, ~np.isfinite(before)


def fine(
    chord: Chord,
    spaces: tuple[Workspace, Workspace],
    n_case: int,
    ratio: FloatArray,
    tolerance_pu: float,
) -> Iterator[tuple[IntArray, BoolArray, int]]:
    """Iterate the first ``n_case`` columns of double precision to the tolerance.

    ``spaces`` are the work arrays in single and in double precision. The first iteration has its
    product in double precision. What follows are changes, whose products may be in single precision
    until so many of them add up to its rounding.

    Yields columns of the block, which of them have converged, and the number of iterations so far;
    for as long as the caller holds them, they are the first columns of ``double``. Columns that
    have not converged come again, at most until ``FINE_ITERATIONS``.
    """
    single, double = spaces
    columns, before = np.arange(n_case), np.full(n_case, np.inf)
    last = np.where(ratio < _MOST_RATIO, ratio, 0.0)  # 0: not known yet
    moved, done, n_done = np.full(n_case, np.inf), np.zeros(n_case, dtype=np.bool_), 0
    with np.errstate(all="ignore"):
        for iteration in range(1, FINE_ITERATIONS + 1):
            n_open = len(columns)
            exact = (moved[~done] > _ROUNDED_AFTER * tolerance_pu).any()
            if exact:
                double.currents(n_open)
                double.voltages(n_open, double.new)
                step = kernels.distance(double.u, double.new, n_open) / chord.nominal_v
                double.u, double.new = double.new, double.u
                moved = np.zeros(n_open)
            else:
                double.currents(n_open, single)
                single.voltages(n_open, single.u, constant=False)
                step = kernels.advance(double.u, single.u, n_open) / chord.nominal_v
                moved += step
            seen = step / before
            worse = np.clip(np.maximum(seen, last), _LEAST_RATIO, _MOST_RATIO)
            ratio, last = np.where(before < np.inf, worse, ratio), seen
            done &= (step <= before) | (step <= tolerance_pu)  # one that moves away again is open
            sure = np.maximum(ratio, _LEAST_AT_END)
            done |= (_SAFETY * sure / (1 - sure) * step <= tolerance_pu) | (step <= _ROUNDING_PU)
            before = step
            n_before, n_done = n_done, int(done.sum())
            many_lag = n_open - n_done > _LAGGING * n_open and n_done > n_before
            if not n_done or (many_lag and iteration < FINE_ITERATIONS):
                continue
            yield columns, done, iteration
            rest = np.flatnonzero(~done)
            if not rest.size:
                return
            double.keep(rest)
            columns, before, moved = columns[rest], before[rest], moved[rest]
            ratio, last, done, n_done = ratio[rest], last[rest], done[rest], 0
