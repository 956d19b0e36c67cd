"""Where gridplan's time goes, and how far it is from the bare matrix product.

An iteration over a block of cases is one product of the port matrix with the load currents and some
elementwise work. Both are replayed here by the solver's own kernels on its own work arrays, over
the same number of threads, as often as the solver calls them; what is left of the solver's time is
the rest (reducing the network, arranging the loads, looking who is done, handing results over).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from unittest import mock

import gridplan as gp
from benchmarks.timing import median_seconds
from gridplan.frozen import FloatArray
from gridplan.powerflow.chord import Workspace
from gridplan.powerflow.ports import build_ports, load_ports
from gridplan.powerflow.solver import PortSolver
from gridplan.powerflow.threads import one_blas_thread

THREADS = 2
#: How long one kernel is repeated before the clock is read [s].
_KERNEL_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """gridplan's time per case for load voltages, in parts.

    Attributes
    ----------
    n_port, n_cluster : ports, and the clusters that the matrix is cut into
    n_single, n_double : products per case in single and in double precision
    product_s, elementwise_s : replayed kernels, per case [s]
    total_s : the whole call of ``gp.solve``, per case [s]
    build_s : reducing the network to its ports, once per call [s]
    """

    n_port: int
    n_cluster: int
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


def measure(feeder: gp.Feeder, p_kw: FloatArray, q_kvar: FloatArray, total_s: float) -> Split:
    """Replay the kernels for demands (case, customer) that took ``total_s`` per case."""
    build_s = median_seconds(lambda: build_ports(feeder, moves=False), 0.0)
    ports = load_ports(build_ports(feeder, moves=False), feeder.customers)
    with one_blas_thread():
        solver = PortSolver(ports, p_kw.T, q_kvar.T, len(p_kw))
        counted = _iterations(solver, p_kw, q_kvar)
        product_s, elementwise_s = (
            sum(number * _per_case(solver, k, kernel) for k, number in enumerate(numbers))
            for numbers, kernel in zip(counted, (_product, Workspace.currents), strict=True)
        )
    return Split(
        n_port=len(ports.z_ohm),
        n_cluster=solver.chord.fine.shape[0],
        n_single=counted[0][0],
        n_double=counted[0][1],
        product_s=product_s,
        elementwise_s=elementwise_s,
        total_s=total_s,
        build_s=build_s,
    )


def _product(space: Workspace, width: int) -> None:
    """The bare product of one iteration."""
    space.voltages(width, space.new[..., :width])


def _iterations(
    solver: PortSolver, p_kw: FloatArray, q_kvar: FloatArray
) -> tuple[tuple[float, float], ...]:
    """Products, then elementwise parts, per case in single and in double precision.

    Cases that wait for others of their block are counted with them.
    """
    counted = [{"float32": 0, "float64": 0} for _ in range(2)]

    def counting(kernel: Callable[..., None], counts: dict[str, int]) -> Callable[..., None]:
        def counted_kernel(space: Workspace, n_case: int, *args: Any, **kwargs: Any) -> None:
            counts[space.product.dtype.name] += n_case
            kernel(space, n_case, *args, **kwargs)

        return counted_kernel

    kernels = {
        name: counting(getattr(Workspace, name), counts)
        for name, counts in zip(("voltages", "currents"), counted, strict=True)
    }
    with mock.patch.multiple(Workspace, **kernels):
        solver.flows(p_kw.T, q_kvar.T)
    n_case = len(p_kw)
    return tuple((counts["float32"] / n_case, counts["float64"] / n_case) for counts in counted)


def _per_case(
    solver: PortSolver, precision: int, kernel: Callable[[Workspace, int], None]
) -> float:
    """Wall time of a kernel per case [s], all threads at work on blocks of the solver's width."""
    spaces = [solver.workspaces()[precision] for _ in range(THREADS)]
    width = solver.width
    for space in spaces:
        for array in (space.u, space.power, space.work):
            array[...] = 1
    start = time.perf_counter()
    kernel(spaces[0], width)
    repeats = max(4, round(_KERNEL_S / max(time.perf_counter() - start, 1e-7)))

    def work(space: Workspace) -> None:
        for _ in range(repeats):
            kernel(space, width)

    with ThreadPoolExecutor(THREADS) as pool:
        seconds = median_seconds(lambda: list(pool.map(work, spaces)), 0.0)
    return seconds / (THREADS * repeats * width)
