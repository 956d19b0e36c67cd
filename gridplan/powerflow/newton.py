"""Newton's method on the load ports, for the cases that the chord iteration leaves open.

Close to the nose of the PV curve Newton's method from the no-load voltages may overshoot to the
low-voltage side although there is a solution. Such a case is followed from no load upwards, in
steps along its own curve, so that what is given up lies within a percent of the nose or beyond it.
"""

from __future__ import annotations

import numpy as np

from gridplan.frozen import BoolArray, ComplexArray, FloatArray
from gridplan.powerflow.law import LEAST_PU, net_current
from gridplan.powerflow.ports import LoadPorts

ITERATIONS = 30
#: Longest step [pu]; twice that overshoots solutions near the nose behind a broken neutral.
_STEP_PU = 0.15
#: Times that a case may meet the low-voltage side of the Jacobian.
_STRIKES = 3
#: Along the curve: first step and shortest one that is tried (share of the demand), iterations at
#: each point and their tolerance [pu].
_FIRST, _SHORTEST, _AT_POINT, _ROUGH_PU = 0.5, 0.002, 8, 1e-6
#: A nose is foreseen from points beyond this share of it.
_NEAR = 0.7


def newton(
    ports: LoadPorts, power_va: ComplexArray, tolerance_pu: float
) -> tuple[ComplexArray, BoolArray]:
    """Solve powers (port, case) [VA]: voltages (port, case) and convergence (case,).

    A solution counts only where the Jacobian has the sign that it has without load: the other sign
    is the low-voltage branch.
    """
    start = np.broadcast_to(ports.e_v, power_va.shape)
    v, good = _from(ports, power_va, start, tolerance_pu)
    stubborn = np.flatnonzero(~good)
    if stubborn.size:
        with np.errstate(all="ignore"):  # a port without a voltage leads nowhere
            near = _followed(ports, power_va[:, stubborn])
        found = np.isfinite(near).all(axis=0)
        cases = stubborn[found]
        v[:, cases], good[cases] = _from(ports, power_va[:, cases], near[:, found], tolerance_pu)
    return v, good


def _from(
    ports: LoadPorts,
    power_va: ComplexArray,
    start: ComplexArray,
    tolerance_pu: float,
    iterations: int = ITERATIONS,
) -> tuple[ComplexArray, BoolArray]:
    """Newton's method from voltages ``start`` (port, case).

    Cases that have met the low-voltage side too often are given up.
    """
    n_port, n_case = power_va.shape
    result = np.full((n_port, n_case), np.nan + 0j)
    converged = np.zeros(n_case, dtype=bool)
    cases, v = np.arange(n_case), start.copy()
    strikes = np.zeros(n_case, dtype=np.int64)
    with np.errstate(all="ignore"):
        for _ in range(iterations):
            power = power_va[:, cases]
            mismatch = v - ports.e_v + ports.z_ohm @ net_current(ports, power, v)
            jacobian = _jacobian(ports, np.conj(power), v)
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


def _followed(ports: LoadPorts, power_va: ComplexArray) -> ComplexArray:
    """Rough voltages (port, case) at powers (port, case), reached from no load by small steps.

    NaN where the curve turns back before. Along a curve the square of 1 / |dv/dshare| falls about
    linearly to zero at the nose, which tells a case far beyond it without going there.
    """
    n_case = power_va.shape[1]
    result = np.full(power_va.shape, np.nan + 0j)
    cases, v = np.arange(n_case), np.broadcast_to(ports.e_v, power_va.shape).copy()
    share, step = np.zeros(n_case), np.full(n_case, _FIRST)
    along = _tangent(ports, power_va, share, v)
    while cases.size:
        goal = np.minimum(share + step, 1.0)
        ahead, good = _from(
            ports, goal * power_va[:, cases], v + (goal - share) * along, _ROUGH_PU, _AT_POINT
        )
        turned = np.full(along.shape, np.nan + 0j)
        turned[:, good] = _tangent(ports, power_va[:, cases[good]], goal[good], ahead[:, good])
        flat, steep = (1 / _length(ports, part) ** 2 for part in (along, turned))
        with np.errstate(all="ignore"):
            nose = goal + (goal - share) * steep / (flat - steep)
        # the nearer the nose, the nearer to the whole demand it may be and still be believed
        hopeless = good & (flat > steep) & (goal > _NEAR * nose) & (2 * nose < 1 + goal / nose)
        step = np.where(good, 1.5 * step, step / 3)
        v, along = np.where(good, ahead, v), np.where(good, turned, along)
        share = np.where(good, goal, share)
        there = share == 1
        result[:, cases[there]] = v[:, there]
        stay = ~there & ~hopeless & (step >= _SHORTEST)
        cases, v, along = cases[stay], v[:, stay], along[:, stay]
        share, step = share[stay], step[stay]
    return result


def _length(ports: LoadPorts, change: ComplexArray) -> FloatArray:
    """Largest change at any port (case,) [pu]."""
    longest: FloatArray = (np.abs(change) / ports.nominal_v).max(axis=0)
    return np.maximum(longest, 1e-12)


def _tangent(
    ports: LoadPorts, power_va: ComplexArray, share: FloatArray, v: ComplexArray
) -> ComplexArray:
    """Change of the voltages (port, case) with the share of the powers that is drawn [V].

    NaN where it has no direction: a power that has no way back.
    """
    drawn = net_current(ports, power_va, v) - net_current(ports, 0 * power_va, v)
    drop = ports.z_ohm @ drawn
    rhs = np.concatenate([drop.real, drop.imag]).T[:, :, None]
    jacobian = _jacobian(ports, np.conj(share * power_va), v)
    lost = ~np.isfinite(jacobian).all(axis=(1, 2))
    jacobian[lost] = np.eye(2 * len(v))
    lost |= np.linalg.slogdet(jacobian)[0] == 0
    jacobian[lost], rhs[lost] = np.eye(2 * len(v)), np.nan
    solved = np.linalg.solve(jacobian, rhs)[:, :, 0].T
    change: ComplexArray = -(solved[: len(v)] + 1j * solved[len(v) :])
    return change


def _jacobian(ports: LoadPorts, power_conj: ComplexArray, v: ComplexArray) -> FloatArray:
    """Real Jacobian (case, 2 port, 2 port) of v + Z i(v) in (Re v, Im v)."""
    magnitude = np.maximum(np.abs(v), LEAST_PU * ports.nominal_v)
    constant_p = 1 - ports.const_z - ports.const_i
    direct = power_conj * (
        ports.const_z / ports.nominal_v**2 + ports.const_i / (2 * ports.nominal_v * magnitude)
    )
    conjugate = -power_conj * (
        constant_p * v**2 / magnitude**4
        + ports.const_i * v**2 / (2 * ports.nominal_v * magnitude**3)
    )
    direct = direct - ports.stand_in_s
    by_v = (ports.z_ohm[None] * direct.T[:, None, :]) + np.eye(len(v))
    by_conj = ports.z_ohm[None] * conjugate.T[:, None, :]
    top = np.concatenate([(by_v + by_conj).real, -(by_v - by_conj).imag], axis=2)
    bottom = np.concatenate([(by_v + by_conj).imag, (by_v - by_conj).real], axis=2)
    return np.concatenate([top, bottom], axis=1)
