"""Newton's method on the load ports, for the cases that the fixed point leaves open."""

from __future__ import annotations

import numpy as np

from gridplan.frozen import BoolArray, ComplexArray, FloatArray
from gridplan.powerflow.law import net_current
from gridplan.powerflow.ports import LoadPorts

ITERATIONS = 30
#: Longest step [pu].
_STEP_PU = 0.3
#: Times that a case may meet the low-voltage side of the Jacobian.
_STRIKES = 3


def newton(
    ports: LoadPorts, power_va: ComplexArray, tolerance_pu: float
) -> tuple[ComplexArray, BoolArray]:
    """Newton's method from the no-load voltages: voltages (port, case) and convergence (case,).

    A solution counts only where the Jacobian has the sign that it has without load: the other sign
    is the low-voltage branch. Cases that meet it twice are given up.
    """
    power_conj = np.conj(power_va)
    n_port, n_case = power_conj.shape
    result = np.full((n_port, n_case), np.nan + 0j)
    converged = np.zeros(n_case, dtype=bool)
    cases, v = np.arange(n_case), np.broadcast_to(ports.e_v, (n_port, n_case)).copy()
    strikes = np.zeros(n_case, dtype=np.int64)
    with np.errstate(all="ignore"):
        for _ in range(ITERATIONS):
            power = power_conj[:, cases]
            mismatch = v - ports.e_v + ports.z_ohm @ net_current(ports, np.conj(power), v)
            jacobian = _jacobian(ports, power, v)
            rhs = np.concatenate([mismatch.real, mismatch.imag]).T[:, :, None]
            lost = ~(np.isfinite(jacobian).all(axis=(1, 2)) & np.isfinite(rhs).all(axis=(1, 2)))
            jacobian[lost], rhs[lost] = np.eye(2 * n_port), 0
            sign = np.linalg.slogdet(jacobian)[0]
            jacobian[sign == 0] = np.eye(2 * n_port)
            step = np.linalg.solve(jacobian, rhs)[:, :, 0].T
            change = step[:n_port] + 1j * step[n_port:]
            longest = (np.abs(change) / ports.nominal_v).max(axis=0)
            v = v - change * np.minimum(1.0, _STEP_PU / np.maximum(longest, 1e-300))
            done = ~lost & (sign > 0) & (longest <= tolerance_pu)
            result[:, cases[done]], converged[cases[done]] = v[:, done], True
            strikes += sign <= 0
            stay = ~done & ~lost & (strikes < _STRIKES)
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
