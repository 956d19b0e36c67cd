"""Batched power flow over load ports: ``v = e - Z i(v)`` for all cases of a block at once.

The fixed point is cheap and contracts at the loads that networks are built for. Close to the nose
of the PV curve, and for balanced loads behind a large zero-sequence impedance, it does not; the
cases that it leaves open are finished by Newton's method, which tells the nose from a slow case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.frozen import BoolArray, ComplexArray, FloatArray, IntArray
from gridplan.network.customers import Customers
from gridplan.powerflow.ports import LoadPorts, PortModel, load_ports

#: Convergence: the last step at any port, over the nominal voltage.
TOLERANCE_PU = 1e-8
#: Fixed-point iterations before a case is left to Newton's method.
MAX_ITERATIONS = 100
NEWTON_ITERATIONS = 30
#: Cases per Newton batch, a bound on memory.
_NEWTON_CASES = 64
#: Longest Newton step [pu].
_NEWTON_STEP_PU = 0.3
#: Times that a case may meet the low-voltage side of the Jacobian.
_NEWTON_STRIKES = 3
#: Size of one complex work array [bytes]: inside the shared cache; smaller ones stay closer to the
#: core, but then two threads wait for the interpreter more than they calculate (measured).
_CACHE_BYTES = 6_000_000
#: Iterations between two looks at which cases are done.
_LOOK_EVERY = 2
#: Single-precision iterations stop at this step [pu], safely above their rounding, or after so
#: many.
_ROUGH_PU = 3e-6
_ROUGH_ITERATIONS = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PortSolution:
    """Port voltages and currents (port, case), number of iterations and convergence (case,).

    ``i_net`` are the currents of the network's equations: those drawn, less what the equations
    count as drawn already behind a broken neutral.
    """

    v: ComplexArray
    i: ComplexArray
    i_net: ComplexArray
    converged: BoolArray
    n_iter: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flows:
    """Power flows of a block of cases with one assignment of customers to phases.

    Unsolved cases are NaN.

    Attributes
    ----------
    ports : the ports
    v, i : complex (port, case) -- voltage between the terminals [V] and current drawn [A]
    i_net : complex (port, case) -- current for the network's equations, see ``PortSolution`` [A]
    bus_v, i_phase : complex (3, case) -- LV busbar voltage [V], LV line current of the transformer
        [A]
    loss_kw : float (case,) -- lines and transformer
    converged : bool (case,); n_iter : int (case,)
    """

    ports: LoadPorts
    v: ComplexArray
    i: ComplexArray
    i_net: ComplexArray
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Law:
    """The equations in one precision: v = e - Z i, i = conj(s) v (z + c/|v| + p/|v|^2)."""

    e_v: np.ndarray
    z_ohm: np.ndarray
    by_power: np.ndarray
    by_current: np.ndarray | None
    by_impedance: np.ndarray | None
    stand_in_s: np.ndarray | None
    nominal_v: np.ndarray

    def net_current(self, power_conj: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Current for the network's equations (port, case) [A]."""
        current = self.current(power_conj, v)
        if self.stand_in_s is not None:
            current -= self.stand_in_s * v
        return current

    def current(self, power_conj: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Current drawn (port, case) [A] at voltages [V], for conjugate powers [VA]."""
        square = v.real**2
        square += v.imag**2
        weight = self.by_power / square
        if self.by_impedance is not None:
            weight += self.by_impedance
        if self.by_current is not None:
            weight += self.by_current / np.sqrt(square)
        current = power_conj * v
        current *= weight
        return current


def _law(ports: LoadPorts, dtype: type[np.complexfloating]) -> _Law:
    """The ports' equations with complex numbers of ``dtype``."""
    real = np.zeros(0, dtype=dtype).real.dtype
    by_current = (ports.const_i / ports.nominal_v).astype(real)
    by_impedance = (ports.const_z / ports.nominal_v**2).astype(real)
    return _Law(
        e_v=ports.e_v.astype(dtype),
        z_ohm=ports.z_ohm.astype(dtype),
        by_power=(1 - ports.const_z - ports.const_i).astype(real),
        by_current=by_current if by_current.any() else None,
        by_impedance=by_impedance if by_impedance.any() else None,
        stand_in_s=ports.stand_in_s.astype(real) if ports.stand_in_s.any() else None,
        nominal_v=ports.nominal_v.astype(real),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Iterated:
    """Voltages (port, case) after the fixed point, convergence and iterations (case,)."""

    v: np.ndarray
    converged: BoolArray
    n_iter: IntArray


def _iterate(
    law: _Law, power_conj: np.ndarray, start: np.ndarray, tolerance_pu: float, limit: int
) -> _Iterated:
    """Fixed point from ``start`` for one block of cases; finished cases leave the block."""
    n_case = power_conj.shape[1]
    v = np.array(start)
    n_iter = np.full(n_case, limit, dtype=np.int64)
    converged = np.zeros(n_case, dtype=bool)
    open_cases, old, power = np.arange(n_case), v, power_conj
    bound = (tolerance_pu * law.nominal_v) ** 2
    with np.errstate(all="ignore"):
        for iteration in range(1, limit + 1):
            new = law.z_ohm @ law.net_current(power, old)
            np.subtract(law.e_v, new, out=new)
            if iteration % _LOOK_EVERY and iteration < limit:
                old = new
                continue
            step = new - old
            done = (step.real**2 + step.imag**2 <= bound).all(axis=0)
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
    v[:, open_cases] = old if open_cases.size else v[:, open_cases]
    return _Iterated(v=v, converged=converged, n_iter=n_iter)


def _fixed_point(
    single: _Law, double: _Law, power_conj: ComplexArray, tolerance_pu: float
) -> _Iterated:
    """First iterations in single precision, half the cost, then in double from where they stand."""
    start = np.broadcast_to(single.e_v, power_conj.shape)
    rough = _iterate(single, power_conj.astype(np.complex64), start, _ROUGH_PU, _ROUGH_ITERATIONS)
    good = np.isfinite(rough.v).all(axis=0)
    v = np.where(good, rough.v.astype(np.complex128), double.e_v)
    fine = _iterate(double, power_conj, v, tolerance_pu, MAX_ITERATIONS)
    fine.v[:, ~fine.converged] = np.nan
    return _Iterated(v=fine.v, converged=fine.converged, n_iter=rough.n_iter + fine.n_iter)


def _newton(
    ports: LoadPorts, law: _Law, power_conj: ComplexArray, tolerance_pu: float
) -> tuple[ComplexArray, BoolArray]:
    """Newton's method from the no-load voltages: voltages (port, case) and convergence (case,).

    A solution counts only where the Jacobian has the sign that it has without load: the other sign
    is the low-voltage branch. Cases that meet it twice are given up.
    """
    n_port, n_case = power_conj.shape
    result = np.full((n_port, n_case), np.nan + 0j)
    converged = np.zeros(n_case, dtype=bool)
    cases, v = np.arange(n_case), np.broadcast_to(ports.e_v, (n_port, n_case)).copy()
    strikes = np.zeros(n_case, dtype=np.int64)
    with np.errstate(all="ignore"):
        for _ in range(NEWTON_ITERATIONS):
            power = power_conj[:, cases]
            mismatch = v - ports.e_v + ports.z_ohm @ law.net_current(power, v)
            jacobian = _jacobian(ports, power, v)
            rhs = np.concatenate([mismatch.real, mismatch.imag]).T[:, :, None]
            lost = ~(np.isfinite(jacobian).all(axis=(1, 2)) & np.isfinite(rhs).all(axis=(1, 2)))
            jacobian[lost], rhs[lost] = np.eye(2 * n_port), 0
            sign = np.linalg.slogdet(jacobian)[0]
            jacobian[sign == 0] = np.eye(2 * n_port)
            step = np.linalg.solve(jacobian, rhs)[:, :, 0].T
            change = step[:n_port] + 1j * step[n_port:]
            longest = (np.abs(change) / ports.nominal_v).max(axis=0)
            v = v - change * np.minimum(1.0, _NEWTON_STEP_PU / np.maximum(longest, 1e-300))
            done = ~lost & (sign > 0) & (longest <= tolerance_pu)
            result[:, cases[done]], converged[cases[done]] = v[:, done], True
            strikes += sign <= 0
            stay = ~done & ~lost & (strikes < _NEWTON_STRIKES)
            cases, v, strikes = cases[stay], v[:, stay], strikes[stay]
            if not cases.size:
                break
    return result, converged


def _jacobian(ports: LoadPorts, power_conj: ComplexArray, v: ComplexArray) -> FloatArray:
    """Real Jacobian (case, 2 port, 2 port) of v + Z i(v) in (Re v, Im v)."""
    magnitude = np.abs(v)
    constant_p = 1 - ports.const_z - ports.const_i
    direct = power_conj * (
        ports.const_z / ports.nominal_v**2 + ports.const_i / (2 * ports.nominal_v * magnitude)
    )
    conjugate = -power_conj * (
        constant_p / np.conj(v) ** 2 + ports.const_i * v**2 / (2 * ports.nominal_v * magnitude**3)
    )
    direct = direct - ports.stand_in_s
    by_v = (ports.z_ohm[None] * direct.T[:, None, :]) + np.eye(len(v))
    by_conj = ports.z_ohm[None] * conjugate.T[:, None, :]
    top = np.concatenate([(by_v + by_conj).real, -(by_v - by_conj).imag], axis=2)
    bottom = np.concatenate([(by_v + by_conj).imag, (by_v - by_conj).real], axis=2)
    return np.concatenate([top, bottom], axis=1)


def solve_ports(
    ports: LoadPorts, power_va: ComplexArray, tolerance_pu: float = TOLERANCE_PU
) -> PortSolution:
    """Solve for powers at nominal voltage (port, case) [VA]; unsolved cases are NaN."""
    n_port, n_case = power_va.shape
    power_conj = np.conj(power_va)
    width = max(16, _CACHE_BYTES // (16 * max(n_port, 1)))
    single, double = _law(ports, np.complex64), _law(ports, np.complex128)
    v = np.empty((n_port, n_case), dtype=np.complex128)
    converged = np.zeros(n_case, dtype=bool)
    n_iter = np.zeros(n_case, dtype=np.int64)
    for first in range(0, n_case, width):
        part = slice(first, first + width)
        solved = _fixed_point(single, double, power_conj[:, part], tolerance_pu)
        v[:, part], converged[part], n_iter[part] = solved.v, solved.converged, solved.n_iter
    stubborn = np.flatnonzero(~converged)
    for first in range(0, stubborn.size, _NEWTON_CASES):
        cases = stubborn[first : first + _NEWTON_CASES]
        v[:, cases], converged[cases] = _newton(ports, double, power_conj[:, cases], tolerance_pu)
    with np.errstate(invalid="ignore"):
        current = double.current(power_conj, v)
        net = current
        if double.stand_in_s is not None:
            net = current - double.stand_in_s * v
    return PortSolution(v=v, i=current, i_net=net, converged=converged, n_iter=n_iter)


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
    outputs = ports.outputs0 + ports.outputs @ solution.i_net
    bus_v, i_phase, feed_v, feed_a = outputs.reshape(4, 3, -1)
    drawn_va = (solution.v * np.conj(solution.i)).real.sum(axis=0)
    loss_kw = ((feed_v * np.conj(feed_a)).real.sum(axis=0) - drawn_va) / 1e3
    return Flows(
        ports=ports,
        v=solution.v,
        i=solution.i,
        i_net=solution.i_net,
        bus_v=bus_v,
        i_phase=i_phase,
        loss_kw=loss_kw,
        converged=solution.converged,
        n_iter=solution.n_iter,
    )
