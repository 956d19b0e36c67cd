"""Batched power flow over load ports: ``v = e - Z i(v)`` for all cases of a block at once. Arrays only.

The fixed point contracts wherever the high-voltage solution exists: for constant-power loads the map is
conjugate-linear around the solution, its eigenvalues come in all phases, so its spectral radius reaches 1
exactly where the Jacobian becomes singular, at the nose of the PV curve. Shares of constant impedance can
break that for extreme loads; cases that the iteration leaves open are then finished by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.frozen import BoolArray, ComplexArray, FloatArray, IntArray
from gridplan.network.customers import Customers
from gridplan.powerflow.ports import LoadPorts, PortModel, load_ports

#: Convergence: the last step at any port, over the nominal voltage.
TOLERANCE_PU = 1e-8
#: Fixed-point iterations; at 99 % of the deliverable power about 90 are needed, at 99.9 % about 300.
MAX_ITERATIONS = 400
NEWTON_ITERATIONS = 30
#: Cases per Newton batch, a bound on memory.
_NEWTON_CASES = 64
#: Size of one complex work array that stays in a core's cache [bytes].
_CACHE_BYTES = 400_000
#: Iterations between two looks at which cases are done.
_LOOK_EVERY = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PortSolution:
    """Port voltages and currents (port, case), number of iterations and convergence (case,)."""

    v: ComplexArray
    i: ComplexArray
    converged: BoolArray
    n_iter: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flows:
    """Power flows of a block of cases with one assignment of customers to phases.

    Unsolved cases are NaN.

    Attributes
    ----------
    ports : the ports
    v, i : complex (port, case) -- phase-to-neutral voltage [V] and current drawn [A]
    bus_v, i_phase : complex (3, case) -- LV busbar voltage [V], LV line current of the transformer [A]
    loss_kw : float (case,) -- lines and transformer
    converged : bool (case,); n_iter : int (case,)
    """

    ports: LoadPorts
    v: ComplexArray
    i: ComplexArray
    bus_v: ComplexArray
    i_phase: ComplexArray
    loss_kw: FloatArray
    converged: BoolArray
    n_iter: IntArray

    @property
    def i_neutral_a(self) -> FloatArray:
        """LV neutral current of the transformer (case,) [A]."""
        return np.abs(self.i_phase.sum(axis=0))

    @property
    def v_low_v(self) -> FloatArray:
        """Lowest voltage at a connected customer (case,) [V]."""
        return np.abs(self.v).min(axis=0)


def load_current(ports: LoadPorts, power_conj: ComplexArray, v: ComplexArray) -> ComplexArray:
    """Current drawn (port, case) [A] at voltages ``v`` [V] by loads of conjugate power ``power_conj`` at nominal voltage [VA].

    Constant impedance, current and power shares: i = conj(s) v (z/Vn^2 + c/(Vn |v|) + p/|v|^2).
    """
    square = v.real**2 + v.imag**2
    weight = (1 - ports.const_z - ports.const_i) / square
    if ports.const_z.any():
        weight += ports.const_z / ports.nominal_v**2
    if ports.const_i.any():
        weight += ports.const_i / (ports.nominal_v * np.sqrt(square))
    current = power_conj * v
    current *= weight
    return current


def _iterate(ports: LoadPorts, power_conj: ComplexArray, tolerance_pu: float) -> PortSolution:
    """Fixed point for one block of cases; finished cases leave the block."""
    n_port, n_case = power_conj.shape
    v = np.empty((n_port, n_case), dtype=np.complex128)
    n_iter = np.full(n_case, MAX_ITERATIONS, dtype=np.int64)
    converged = np.zeros(n_case, dtype=bool)
    open_cases = np.arange(n_case)
    power = power_conj
    old = np.broadcast_to(ports.e_v, (n_port, n_case)).copy()
    limit = (tolerance_pu * ports.nominal_v) ** 2
    with np.errstate(all="ignore"):
        for iteration in range(1, MAX_ITERATIONS + 1):
            new = ports.e_v - ports.z_ohm @ load_current(ports, power, old)
            if iteration % _LOOK_EVERY and iteration < MAX_ITERATIONS:
                old = new
                continue
            step = new - old
            done = ((step.real**2 + step.imag**2) <= limit).all(axis=0)
            old = new
            if not done.any():
                continue
            finished = open_cases[done]
            v[:, finished] = new[:, done]
            converged[finished], n_iter[finished] = True, iteration
            open_cases = open_cases[~done]
            if not open_cases.size:
                break
            old, power = new[:, ~done], power[:, ~done]
    v[:, open_cases] = np.nan
    return PortSolution(v=v, i=v, converged=converged, n_iter=n_iter)


def _newton(ports: LoadPorts, power_conj: ComplexArray, tolerance_pu: float) -> tuple[ComplexArray, BoolArray]:
    """Newton's method from the no-load voltages for a few cases; returns voltages (port, case) and convergence.

    A solution counts only where the Jacobian has the sign that it has without load: the other sign is the
    low-voltage branch.
    """
    n_port, n_case = power_conj.shape
    v = np.broadcast_to(ports.e_v, (n_port, n_case)).copy()
    converged = np.zeros(n_case, dtype=bool)
    with np.errstate(all="ignore"):
        for _ in range(NEWTON_ITERATIONS):
            mismatch = v - ports.e_v + ports.z_ohm @ load_current(ports, power_conj, v)
            jacobian = _jacobian(ports, power_conj, v)
            rhs = np.concatenate([mismatch.real, mismatch.imag]).T[:, :, None]
            usable = np.isfinite(jacobian).all(axis=(1, 2)) & np.isfinite(rhs).all(axis=(1, 2))
            jacobian[~usable] = np.eye(2 * n_port)
            rhs[~usable] = 0
            sign = np.linalg.slogdet(jacobian)[0]
            jacobian[sign == 0] = np.eye(2 * n_port)
            step = np.linalg.solve(jacobian, rhs)[:, :, 0].T
            change = step[:n_port] + 1j * step[n_port:]
            longest = (np.abs(change) / ports.nominal_v).max(axis=0)
            v = v - change * np.minimum(1.0, 0.3 / np.maximum(longest, 1e-300))
            converged = usable & (sign > 0) & (longest <= tolerance_pu)
            if converged.all():
                break
    return v, converged


def _jacobian(ports: LoadPorts, power_conj: ComplexArray, v: ComplexArray) -> FloatArray:
    """Real Jacobian (case, 2 port, 2 port) of v + Z i(v) in (Re v, Im v)."""
    magnitude = np.abs(v)
    constant_p = 1 - ports.const_z - ports.const_i
    direct = power_conj * (ports.const_z / ports.nominal_v**2 + ports.const_i / (2 * ports.nominal_v * magnitude))
    conjugate = -power_conj * (
        constant_p / np.conj(v) ** 2 + ports.const_i * v**2 / (2 * ports.nominal_v * magnitude**3)
    )
    by_v = (ports.z_ohm[None] * direct.T[:, None, :]) + np.eye(len(v))
    by_conj = ports.z_ohm[None] * conjugate.T[:, None, :]
    top = np.concatenate([(by_v + by_conj).real, -(by_v - by_conj).imag], axis=2)
    bottom = np.concatenate([(by_v + by_conj).imag, (by_v - by_conj).real], axis=2)
    return np.concatenate([top, bottom], axis=1)


def solve_ports(ports: LoadPorts, power_va: ComplexArray, tolerance_pu: float = TOLERANCE_PU) -> PortSolution:
    """Port voltages and currents for powers at nominal voltage (port, case) [VA]; unsolved cases are NaN."""
    n_port, n_case = power_va.shape
    power_conj = np.conj(power_va)
    width = max(16, _CACHE_BYTES // (16 * max(n_port, 1)))
    parts = [
        _iterate(ports, power_conj[:, first : first + width], tolerance_pu)
        for first in range(0, n_case, width)
    ]
    if not parts:
        empty = np.empty((n_port, 0), dtype=np.complex128)
        return PortSolution(v=empty, i=empty, converged=np.empty(0, bool), n_iter=np.empty(0, np.int64))
    v = np.concatenate([part.v for part in parts], axis=1)
    converged = np.concatenate([part.converged for part in parts])
    n_iter = np.concatenate([part.n_iter for part in parts])
    stubborn = np.flatnonzero(~converged)
    if stubborn.size and (ports.const_z.any() or ports.const_i.any()):
        for first in range(0, stubborn.size, _NEWTON_CASES):
            cases = stubborn[first : first + _NEWTON_CASES]
            found, good = _newton(ports, power_conj[:, cases], tolerance_pu)
            v[:, cases[good]] = found[:, good]
            converged[cases[good]] = True
    with np.errstate(invalid="ignore"):
        current = load_current(ports, power_conj, v)
    return PortSolution(v=v, i=current, converged=converged, n_iter=n_iter)


def solve_flows(
    model: PortModel,
    customers: Customers,
    p_kw: FloatArray,
    q_kvar: FloatArray,
    *,
    tolerance_pu: float = TOLERANCE_PU,
) -> Flows:
    """Exact power flows of demands (customer, case) with ``customers`` on their phases.

    ``customers`` are those of the model's feeder, on the same nodes, on any phases.
    """
    return port_flows(load_ports(model, customers), p_kw, q_kvar, tolerance_pu=tolerance_pu)


def port_flows(
    ports: LoadPorts, p_kw: FloatArray, q_kvar: FloatArray, *, tolerance_pu: float = TOLERANCE_PU
) -> Flows:
    """Exact power flows of demands (customer, case) on ports that were selected before."""
    power = ports.power_va(np.asarray(p_kw, np.float64), np.asarray(q_kvar, np.float64))
    solution = solve_ports(ports, power, tolerance_pu)
    outputs = ports.outputs0 + ports.outputs @ solution.i
    bus_v, i_phase, feed_v, feed_a = outputs.reshape(4, 3, -1)
    drawn_va = (solution.v * np.conj(solution.i)).real.sum(axis=0)
    loss_kw = ((feed_v * np.conj(feed_a)).real.sum(axis=0) - drawn_va) / 1e3
    return Flows(
        ports=ports, v=solution.v, i=solution.i, bus_v=bus_v, i_phase=i_phase, loss_kw=loss_kw,
        converged=solution.converged, n_iter=solution.n_iter,
    )
