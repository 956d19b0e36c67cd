"""Batched power flow over load ports: ``v = e - Z i(v)`` for all cases of a block at once.

The chord iteration is cheap and contracts at the loads that networks are built for. Close to the
nose of the PV curve it does not; the cases that it leaves open are finished by Newton's method,
which tells the nose from a slow case.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from gridplan.frozen import BoolArray, ComplexArray, FloatArray, IntArray
from gridplan.network.customers import Customers
from gridplan.powerflow import kernels
from gridplan.powerflow.chord import (
    FINE_ITERATIONS,
    ROUGH_ITERATIONS,
    Chord,
    Workspace,
    fine,
    rough,
)
from gridplan.powerflow.law import Weight, drawn_current, net_current
from gridplan.powerflow.newton import newton
from gridplan.powerflow.ports import LoadPorts, PortModel, load_ports
from gridplan.powerflow.threads import one_blas_thread

#: Convergence: estimated error at any port, over the nominal voltage.
TOLERANCE_PU = 1e-8
#: Elements (port, case) of one work array: few calls for the interpreter, little for the caches.
_ELEMENTS = 150_000
#: Most cases in a block.
_WIDTH = 4096
#: Cases per batch of Newton's method, a bound on memory.
_NEWTON_CASES = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flows:
    """Power flows of a block of cases with one assignment of customers to phases.

    Unsolved cases are NaN.

    Attributes
    ----------
    ports : the ports
    p_kw, q_kvar : float (customer, case) -- demand at nominal voltage
    v : complex (port, case) -- voltage between the terminals [V]
    bus_v, i_phase : complex (3, case) -- LV busbar voltage [V], LV line current of the transformer
        [A]
    loss_kw : float (case,) -- lines and transformer
    converged : bool (case,); n_iter : int (case,)
    """

    ports: LoadPorts
    p_kw: FloatArray
    q_kvar: FloatArray
    v: ComplexArray
    bus_v: ComplexArray
    i_phase: ComplexArray
    loss_kw: FloatArray
    converged: BoolArray
    n_iter: IntArray

    @property
    def i(self) -> ComplexArray:
        """Currents drawn (port, case) [A]."""
        return self.drawn(slice(None))

    def drawn(self, cases: slice | IntArray) -> ComplexArray:
        """Currents drawn in some cases (port, case) [A]."""
        power = self.ports.power_va(self.p_kw[:, cases], self.q_kvar[:, cases])
        with np.errstate(invalid="ignore"):  # cases without a solution
            return drawn_current(self.ports, power, self.v[:, cases])

    def into_network(self, cases: slice | IntArray) -> ComplexArray:
        """Currents for the network's equations (port, case) [A].

        Those drawn, less what the equations count as drawn already behind a broken neutral.
        """
        return self.drawn(cases) - self.ports.stand_in_s * self.v[:, cases]

    @property
    def i_neutral_a(self) -> FloatArray:
        """LV neutral current of the transformer (case,) [A]."""
        return np.abs(self.i_phase.sum(axis=0))

    @property
    def v_low_v(self) -> FloatArray:
        """Lowest voltage at a connected customer (case,) [V]."""
        return np.abs(self.v).min(axis=0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Solved:
    """What blocks fill: port voltages and outputs (…, case), drawn power, convergence (case,)."""

    v: ComplexArray
    outputs: ComplexArray
    drawn_w: FloatArray
    converged: BoolArray
    n_iter: IntArray


class PortSolver:
    """Ports made ready to solve many blocks of cases; several threads may use it at once.

    Each thread has work arrays of its own, which it uses again and again. ``p_kw`` and ``q_kvar``
    (customer, case) are typical demands, ``n_case`` says how many cases are to come.
    """

    def __init__(self, ports: LoadPorts, p_kw: FloatArray, q_kvar: FloatArray, n_case: int) -> None:
        self.ports = ports
        self.chord = Chord.of(ports, p_kw, q_kvar, n_case)
        product = self.chord.fine
        self._customer = product.placed(ports.customer)
        self._shares = tuple(
            product.placed(1e3 * share[:, None]) for share in (ports.p_share, ports.q_share)
        )
        self.width = max(1, min(_WIDTH, _ELEMENTS // max(self._customer.size, 1), n_case))
        self._own = threading.local()

    def flows(
        self,
        p_kw: FloatArray,
        q_kvar: FloatArray,
        *,
        tolerance_pu: float = TOLERANCE_PU,
        workers: int = 1,
    ) -> Flows:
        """Exact power flows of demands (customer, case), blocks of cases shared by threads."""
        n_port, n_case = len(self.ports.site), p_kw.shape[1]
        solved = _Solved(
            v=np.empty((n_port, n_case), dtype=np.complex128),
            outputs=np.empty((len(self.ports.outputs), n_case), dtype=np.complex128),
            drawn_w=np.empty(n_case),
            converged=np.zeros(n_case, dtype=np.bool_),
            n_iter=np.zeros(n_case, dtype=np.int64),
        )
        blocks = [slice(k, min(k + self.width, n_case)) for k in range(0, n_case, self.width)]

        def solve(block: slice) -> None:
            self._solve(p_kw, q_kvar, block, solved, tolerance_pu)

        if min(workers, len(blocks)) > 1:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(solve, blocks))
        else:
            for block in blocks:
                solve(block)
        bus_v, i_phase, feed_v, feed_a = solved.outputs[:12].reshape(4, 3, -1)
        lost_w = (feed_v * np.conj(feed_a)).real.sum(axis=0) - solved.drawn_w
        if len(solved.outputs) > 12:
            sink_v = solved.outputs[12:]
            lost_w -= (sink_v * np.conj(self.ports.sink_s @ sink_v)).real.sum(axis=0)
        return Flows(
            ports=self.ports,
            p_kw=p_kw,
            q_kvar=q_kvar,
            v=solved.v,
            bus_v=bus_v,
            i_phase=i_phase,
            loss_kw=lost_w / 1e3,
            converged=solved.converged,
            n_iter=solved.n_iter,
        )

    def _spaces(self) -> tuple[Workspace, Workspace]:
        """Work arrays of this thread in single and double precision."""
        if not hasattr(self._own, "spaces"):
            self._own.spaces = self.workspaces()
        spaces: tuple[Workspace, Workspace] = self._own.spaces
        return spaces

    def workspaces(self) -> tuple[Workspace, Workspace]:
        """New work arrays for blocks of ``width`` cases in single and double precision."""
        rough_space, fine_space = (
            Workspace(self.chord, product, Weight.of(self.ports, product), self.width)
            for product in (self.chord.rough, self.chord.fine)
        )
        return rough_space, fine_space

    def _solve(
        self,
        p_kw: FloatArray,
        q_kvar: FloatArray,
        block: slice,
        solved: _Solved,
        tolerance_pu: float,
    ) -> None:
        """Solve one block of cases."""
        single, double = self._spaces()
        n_case = block.stop - block.start
        for plane, demand in enumerate((p_kw, q_kvar)):
            planes = (space.power[plane, ..., :n_case] for space in (double, single))
            kernels.arrange(demand[:, block], self._customer, self._shares[plane], *planes)
        demand_kw = p_kw[:, block].sum(axis=0)
        ratio, n_iter, lost = rough(self.chord, single, demand_kw, tolerance_pu)
        np.add(single.u[..., :n_case], self.chord.constant, out=double.u[..., :n_case])
        double.u[..., np.flatnonzero(lost)] = self.chord.start[..., :1]
        spaces = single, double
        for columns, done, iterations in fine(self.chord, spaces, n_case, ratio, tolerance_pu):
            self._store(double, columns, block, solved)
            solved.converged[block.start + columns] = done
            solved.n_iter[block.start + columns] = n_iter[columns] + iterations
        self._finish(p_kw, q_kvar, block, solved, tolerance_pu)

    def _store(self, double: Workspace, columns: IntArray, block: slice, solved: _Solved) -> None:
        """Store cases of a block, the first columns of the work arrays."""
        n, every = len(columns), len(columns) == block.stop - block.start
        cases = block if every else block.start + columns
        v = solved.v[:, block] if every else np.empty((len(solved.v), n), dtype=np.complex128)
        kernels.hand_over(double.u, self.chord.fine.slot, v)
        if not every:
            solved.v[:, cases] = v
        outputs = self.chord.outputs @ double.work[..., :n].reshape(-1, n)
        n_output = len(solved.outputs)
        solved.outputs.real[:, cases] = outputs[:n_output]
        solved.outputs.imag[:, cases] = np.negative(outputs[n_output:])
        active = double.power[0, ..., :n]
        if not double.weight.plain:
            real, imag = double.u[..., :n]
            active = active * double.weight.at(real, imag) * (real**2 + imag**2)
        solved.drawn_w[cases] = active.sum(axis=(0, 1))

    def _finish(
        self,
        p_kw: FloatArray,
        q_kvar: FloatArray,
        block: slice,
        solved: _Solved,
        tolerance_pu: float,
    ) -> None:
        """Newton's method for what the iteration has left open; NaN where it fails too."""
        stubborn = block.start + np.flatnonzero(~solved.converged[block])
        ports = self.ports
        for first in range(0, stubborn.size, _NEWTON_CASES):
            cases = stubborn[first : first + _NEWTON_CASES]
            power = ports.power_va(p_kw[:, cases], q_kvar[:, cases])
            v, good = newton(ports, power, tolerance_pu)
            with np.errstate(invalid="ignore", divide="ignore"):
                drawn = drawn_current(ports, power, v)
                current = net_current(ports, power, v)
            solved.v[:, cases], solved.converged[cases] = v, good
            solved.outputs[:, cases] = ports.outputs0 + ports.outputs @ current
            solved.drawn_w[cases] = (v * np.conj(drawn)).real.sum(axis=0)
            solved.n_iter[cases] = ROUGH_ITERATIONS + FINE_ITERATIONS


def solve_flows(
    model: PortModel,
    customers: Customers,
    p_kw: FloatArray,
    q_kvar: FloatArray,
    *,
    tolerance_pu: float = TOLERANCE_PU,
    workers: int = 1,
) -> Flows:
    """Exact power flows of demands (customer, case) with ``customers`` on their phases.

    ``customers`` are those of the model's feeder, on the same nodes, on any phases.
    """
    ports = load_ports(model, customers)
    return port_flows(ports, p_kw, q_kvar, tolerance_pu=tolerance_pu, workers=workers)


def port_flows(
    ports: LoadPorts,
    p_kw: FloatArray,
    q_kvar: FloatArray,
    *,
    tolerance_pu: float = TOLERANCE_PU,
    workers: int = 1,
) -> Flows:
    """Exact power flows of demands (customer, case) on ports that were selected before."""
    p, q = (np.asarray(demand, dtype=np.float64) for demand in (p_kw, q_kvar))
    with one_blas_thread():
        solver = PortSolver(ports, p, q, p.shape[1])
        return solver.flows(p, q, tolerance_pu=tolerance_pu, workers=workers)
