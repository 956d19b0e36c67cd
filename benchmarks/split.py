"""Where gridplan's time goes, and how far it is from the bare matrix product.

An iteration over a block of cases is one product of the port impedances with the load currents and
some elementwise work. Both are replayed here on arrays of the same shapes, over the same number of
threads, as often as the solver iterates; what is left of the solver's time is the rest (reducing
the network, arranging the loads, looking who is done, Newton's method, results).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

import gridplan as gp
from benchmarks.timing import median_seconds, once
from gridplan.frozen import ComplexArray, FloatArray
from gridplan.powerflow.ports import LoadPorts, build_ports, load_ports

THREADS = 2
#: Cases of one block; the fastest counts.
WIDTHS = (256, 512, 1024, 2048)
#: Step at which single precision hands over to double [pu].
_ROUGH_PU = 3e-6
_TOLERANCE_PU = 1e-8
_COUNTED_CASES = 500
_LIMIT = 100
#: How long one kernel is repeated before the clock is read [s].
_KERNEL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """gridplan's time per case for load voltages, in parts.

    Attributes
    ----------
    n_port : rows of the matrix
    n_single, n_double : mean iterations per case in single and in double precision
    product_s, elementwise_s : replayed kernels, per case [s]
    total_s : the whole call of ``gp.solve``, per case [s]
    build_s : reducing the network to its ports, once per call [s]
    """

    n_port: int
    n_single: float
    n_double: float
    product_s: float
    elementwise_s: float
    total_s: float
    build_s: float

    @property
    def rest_s(self) -> float:
        """What neither kernel explains, per case [s]; below zero where the solver does better."""
        return self.total_s - self.product_s - self.elementwise_s


def measure(
    feeder: gp.Feeder,
    p_kw: FloatArray,
    q_kvar: FloatArray,
    total_s: float,
    widths: Sequence[int] = WIDTHS,
) -> Split:
    """Replay the kernels for demands (case, customer) that took ``total_s`` per case."""
    build_s = median_seconds(lambda: build_ports(feeder), 0.0)
    ports = load_ports(build_ports(feeder), feeder.customers)
    p, q = p_kw[:_COUNTED_CASES], q_kvar[:_COUNTED_CASES]
    power_conj = np.conj(ports.power_va(p.T, q.T))
    counted_double = _iterations(ports, power_conj)[1]
    n_iter = float(gp.solve(feeder, p, q).n_iter.mean())
    n_double = min(counted_double, n_iter)
    n_single = n_iter - n_double
    with threadpool_limits(1, "blas"):
        seconds = {
            (kernel, dtype): min(
                _per_case(make(ports.z_ohm.astype(dtype), width), width) for width in widths
            )
            for kernel, make in (("product", _product), ("elementwise", _elementwise))
            for dtype in (np.complex64, np.complex128)
        }
    return Split(
        n_port=len(ports.z_ohm),
        n_single=n_single,
        n_double=n_double,
        product_s=n_single * seconds["product", np.complex64]
        + n_double * seconds["product", np.complex128],
        elementwise_s=n_single * seconds["elementwise", np.complex64]
        + n_double * seconds["elementwise", np.complex128],
        total_s=total_s,
        build_s=build_s,
    )


def _iterations(ports: LoadPorts, power_conj: ComplexArray) -> tuple[float, float]:
    """Mean iterations per case of the plain fixed point in single, then in double precision."""
    v = np.broadcast_to(ports.e_v, power_conj.shape)
    counts = []
    for dtype, tolerance_pu in ((np.complex64, _ROUGH_PU), (np.complex128, _TOLERANCE_PU)):
        z_ohm, e_v, power = (x.astype(dtype) for x in (ports.z_ohm, ports.e_v, power_conj))
        v = v.astype(dtype)
        count = np.full(v.shape[1], _LIMIT)
        for iteration in range(1, _LIMIT + 1):
            new = e_v - z_ohm @ (power / np.conj(v))
            done = (np.abs(new - v) <= tolerance_pu * ports.nominal_v).all(axis=0)
            count[done] = np.minimum(count[done], iteration)
            v = new
            if (count <= iteration).all():
                break
        counts.append(float(count.mean()))
    return counts[0], counts[1]


def _random(shape: tuple[int, int], dtype: type[np.complexfloating]) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.normal(230, 5, shape) + 1j * rng.normal(0, 5, shape)).astype(dtype)


#: Makes the work of one thread on its own arrays.
_Kernel = Callable[[], Callable[[], None]]


def _product(z_ohm: np.ndarray, width: int) -> _Kernel:
    """The bare product of port impedances and load currents."""

    def make() -> Callable[[], None]:
        current = _random((len(z_ohm), width), z_ohm.dtype.type)
        drop = np.empty_like(current)

        def run() -> None:
            np.matmul(z_ohm, current, out=drop)

        return run

    return make


def _elementwise(z_ohm: np.ndarray, width: int) -> _Kernel:
    """Currents from voltages and powers, new voltages, and every second time the step."""

    def make() -> Callable[[], None]:
        shape, dtype = (len(z_ohm), width), z_ohm.dtype.type
        voltage, power = _random(shape, dtype), _random(shape, dtype)
        current, new = np.empty_like(voltage), np.empty_like(voltage)
        square, other = np.empty_like(voltage.real), np.empty_like(voltage.real)
        no_load = voltage[:, :1].copy()
        parity = [False]

        def run() -> None:
            np.multiply(voltage.real, voltage.real, out=square)
            np.multiply(voltage.imag, voltage.imag, out=other)
            np.add(square, other, out=square)
            np.multiply(power, voltage, out=current)
            np.divide(current, square, out=current)
            np.subtract(no_load, current, out=new)
            parity[0] = not parity[0]
            if parity[0]:
                np.subtract(new, voltage, out=current)
                np.multiply(current.real, current.real, out=square)
                np.multiply(current.imag, current.imag, out=other)
                np.add(square, other, out=square)
                (square <= 1e-12).all(axis=0)

        return run

    return make


def _per_case(make: _Kernel, width: int) -> float:
    """Wall time of a kernel per case [s], all threads at work on blocks of ``width`` cases."""
    runs = [make() for _ in range(THREADS)]
    runs[0]()
    repeats = max(4, 2 * round(_KERNEL_S / max(once(runs[0]), 1e-7) / 2))

    def work(run: Callable[[], None]) -> None:
        for _ in range(repeats):
            run()

    with ThreadPoolExecutor(THREADS) as pool:
        seconds = median_seconds(lambda: list(pool.map(work, runs)), 0.0)
    return seconds / (THREADS * repeats * width)
