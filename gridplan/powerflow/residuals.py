"""Independent check of solved cases by Kirchhoff's laws. It shares no code with the solver.

The solver reduces the network to its ports by factorising admittances in sequence and phase
quantities. Here nothing is reduced or factorised: from the voltages of all conductors every element
gives its current by its own law (a line by solving its impedances for the drop, the transformer by
the star point of its equivalent T circuit, a load by its power), and at every conductor of every
node the currents must cancel; at the source the voltage behind its impedance must be the given one.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np

from gridplan.frozen import ComplexArray, FloatArray, IntArray
from gridplan.network.feeder import Feeder, Lines, Transformer

_A = cmath.exp(2j * math.pi / 3)
_FROM_SEQUENCE = np.array([[1, 1, 1], [1, _A * _A, _A], [1, _A, _A * _A]])
_TO_SEQUENCE = np.array([[1, 1, 1], [1, _A, _A * _A], [1, _A * _A, _A]]) / 3


def residual_pu(
    feeder: Feeder, voltage_v: ComplexArray, p_kw: FloatArray, q_kvar: FloatArray
) -> FloatArray:
    """Largest violation of Kirchhoff's laws per case (case,).

    A missing current counts as power at nominal voltage over the rated power of one phase of the
    transformer (without one: over a third of the case's demand); a missing voltage at the source
    over its nominal voltage.

    Parameters
    ----------
    feeder : the network and its customers on their phases
    voltage_v : complex (case, node, 4) -- a, b, c, neutral to earth, NaN where there is none [V]
    p_kw, q_kvar : float (customer, case) -- demands [kW, kvar]
    """
    check = _Check(feeder=feeder, v=np.moveaxis(voltage_v, 0, 2))
    missing = check.loads(p_kw, q_kvar)
    check.lines(missing)
    check.shunts(missing)
    if feeder.transformer is not None:
        check.transformer(feeder.transformer, missing)
    law = check.source(missing)
    base_va: FloatArray = np.maximum(1e3 * np.hypot(p_kw, q_kvar).sum(axis=0), 1e3) / 3
    if feeder.transformer is not None:
        trafo = feeder.transformer
        base_va = np.full(p_kw.shape[1], 1e3 * trafo.sn_kva * trafo.parallel / 3)
    missing[check.held] = 0
    power_va = np.abs(missing) * feeder.nodes.nominal_v[:, None, None]
    worst: FloatArray = np.maximum(power_va.max(axis=(0, 1)) / base_va, law)
    return worst


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Check:
    """Currents out of every conductor (node, 4, case), element by element.

    ``v`` are voltages (node, 4, case); ``held`` marks conductors (node, 4) that are earth or absent
    and take any current.
    """

    feeder: Feeder
    v: ComplexArray

    @property
    def held(self) -> np.ndarray:
        held = ~self.feeder.nodes.wires
        grounds = self.feeder.groundings
        held[grounds.node[grounds.z_ohm == 0], 3] = True
        return held

    def loads(self, p_kw: FloatArray, q_kvar: FloatArray) -> ComplexArray:
        """Currents that the customers draw by their own law."""
        feeder, out = self.feeder, np.zeros_like(self.v)
        customers = feeder.customers
        for branch in range(3):
            for wiring, end in (("wye", 3), ("delta", (branch + 1) % 3), ("earth", -1)):
                who = np.flatnonzero((customers.wiring == wiring) & customers.connected[:, branch])
                node = customers.node[who]
                across = self.v[node, branch] - (self.v[node, end] if end >= 0 else 0)
                level = np.abs(across) / feeder.nodes.nominal_v[node, None]
                level /= math.sqrt(3) if wiring == "delta" else 1
                z, i = customers.const_z[who, None], customers.const_i[who, None]
                factor = 1e3 * (1 - z - i + level * (i + level * z))
                p_w = factor * customers.p_share[who, branch, None] * p_kw[who]
                q_var = factor * customers.q_share[who, branch, None] * q_kvar[who]
                # a load without a voltage draws nothing
                with np.errstate(invalid="ignore"):  # cases without a solution
                    square = np.maximum(np.abs(across) ** 2, 1e-12)
                    current = (p_w - 1j * q_var) * across / square
                np.add.at(out[:, branch], node, current)
                if end >= 0:
                    np.add.at(out[:, end], node, -current)
        return out

    def lines(self, out: ComplexArray) -> None:
        """Currents into lines: what drives the drop through their impedances, and charging."""
        lines = self.feeder.lines
        n_wire = lines.wires.shape[1]
        start, end = self.v[lines.from_node, :n_wire], self.v[lines.to_node, :n_wire]
        absent = ~lines.wires
        start, end = (np.where(absent[:, :, None], 0, side) for side in (start, end))
        current = _series_current(lines, start - end)
        for side, node, sign in ((start, lines.from_node, 1), (end, lines.to_node, -1)):
            charging = (lines.y_s / 2) @ side
            np.add.at(out[:, :n_wire], node, sign * current + charging)

    def shunts(self, out: ComplexArray) -> None:
        """Currents into shunts, and from the neutral into the earth."""
        shunts, grounds = self.feeder.shunts, self.feeder.groundings
        np.add.at(out, shunts.node, shunts.y_s @ np.nan_to_num(self.v[shunts.node]))
        for node, z_ohm in zip(grounds.node, grounds.z_ohm, strict=True):
            if z_ohm:
                out[node, 3] += self.v[node, 3] / z_ohm

    def transformer(self, trafo: Transformer, out: ComplexArray) -> None:
        """Currents into the transformer, sequence by sequence through its T circuit."""
        hv = _TO_SEQUENCE @ self.v[trafo.hv_node, :3]
        lv = _TO_SEQUENCE @ (self.v[trafo.lv_node, :3] - self.v[trafo.lv_node, 3])
        rated_hv, rated_lv = _rated_kv(trafo)
        into_hv, into_lv = np.zeros_like(hv), np.zeros_like(lv)
        near, far, shunt = _positive_branches(trafo)
        for sequence, sign in ((1, 1), (2, -1)):
            turns = rated_hv / rated_lv * cmath.exp(sign * 1j * math.radians(trafo.shift_degree))
            seen = hv[sequence] / turns
            left, right = _t_currents(near, far, shunt, seen, lv[sequence])
            into_hv[sequence], into_lv[sequence] = left / turns.conjugate(), right
        near, far, shunt, open_hv = _zero_branches(trafo)
        turns_zero = rated_hv / rated_lv
        seen = np.zeros_like(hv[0]) if open_hv else hv[0] / turns_zero
        left, right = _t_currents(near, far, shunt, seen, lv[0])
        into_lv[0] = right
        if not open_hv:
            into_hv[0] = left / turns_zero
        out[trafo.hv_node, :3] += _FROM_SEQUENCE @ into_hv
        phases = _FROM_SEQUENCE @ into_lv
        out[trafo.lv_node, :3] += phases
        out[trafo.lv_node, 3] -= phases.sum(axis=0)

    def source(self, out: ComplexArray) -> FloatArray:
        """Take the source's current out; violation of its voltage law (case,) [pu]."""
        source = self.feeder.source
        current = _TO_SEQUENCE @ out[source.node, :3]
        out[source.node, :3] = 0
        nominal_v = float(self.feeder.nodes.nominal_v[source.node])
        emf = cmath.rect(source.vm_pu * nominal_v, math.radians(source.va_degree))
        found = _TO_SEQUENCE @ self.v[source.node, :3]
        found += np.array([[source.z0_ohm], [source.z1_ohm], [source.z2_ohm]]) * current
        found[1] -= emf
        law: FloatArray = np.abs(found).max(axis=0) / nominal_v
        return law


def _series_current(lines: Lines, drop: ComplexArray) -> ComplexArray:
    """Currents (line, wire, case) that cause the drops (line, wire, case).

    A broken neutral: explicit, its wire carries nothing; folded in, the phases carry nothing in
    sum and have an unknown common voltage.
    """
    n_line, n_wire = lines.wires.shape
    size = n_wire + 1
    system = np.zeros((n_line, size, size), dtype=np.complex128)
    system[:, :n_wire, :n_wire] = lines.z_ohm
    system[:, n_wire, n_wire] = 1
    used: IntArray = np.arange(n_wire)
    dead = ~lines.wires
    if n_wire == 4:
        dead = dead | (lines.neutral_open[:, None] & (used == 3))
    else:
        folded = np.flatnonzero(lines.neutral_open)
        system[folded, :n_wire, n_wire] = system[folded, n_wire, :n_wire] = 1
        system[folded, n_wire, n_wire] = 0
    line, wire = np.nonzero(dead)
    system[line, wire, :] = system[line, :, wire] = 0
    system[line, wire, wire] = 1
    right = np.zeros((n_line, size, drop.shape[2]), dtype=np.complex128)
    right[:, :n_wire] = np.where(dead[:, :, None], 0, drop)
    return np.asarray(np.linalg.solve(system, right)[:, :n_wire], dtype=np.complex128)


def _t_currents(
    near: complex, far: complex, shunt: complex, left: ComplexArray, right: ComplexArray
) -> tuple[ComplexArray, ComplexArray]:
    """Currents into both ends of a T circuit with voltages ``left`` and ``right``.

    An arm without impedance puts the shunt branch at its end.
    """
    if not near or not far:
        through = (left - right) / (near + far)
        at_left = shunt * left if not near else 0
        at_right = shunt * right if near else 0
        return through + at_left, at_right - through
    star = (left / near + right / far) / (1 / near + 1 / far + shunt)
    return (left - star) / near, (right - star) / far


def _rated_kv(trafo: Transformer) -> tuple[float, float]:
    """Rated voltages of both windings at the present tap [kV]."""
    step = (trafo.tap_pos - trafo.tap_neutral) * trafo.tap_step_percent / 100
    on_hv = trafo.tap_side != "lv"
    return trafo.vn_hv_kv * (1 + step * on_hv), trafo.vn_lv_kv * (1 + step * (not on_hv))


def _base_ohm(trafo: Transformer) -> float:
    """Rated impedance of all parallel units on the LV side [ohm]."""
    return _rated_kv(trafo)[1] ** 2 * 1000 / (trafo.sn_kva * trafo.parallel)


def _positive_branches(trafo: Transformer) -> tuple[complex, complex, complex]:
    """Arms [ohm] on the HV and LV side and no-load branch [S], seen from the LV side."""
    base_ohm = _base_ohm(trafo)
    angle = math.acos(min(1.0, trafo.vkr_percent / trafo.vk_percent))
    leak = cmath.rect(trafo.vk_percent / 100 * base_ohm, angle)
    active_pu = trafo.pfe_kw / trafo.sn_kva
    reactive_pu = math.sqrt(max(0.0, (trafo.i0_percent / 100) ** 2 - active_pu**2))
    near = complex(
        leak.real * trafo.leakage_resistance_ratio_hv, leak.imag * trafo.leakage_reactance_ratio_hv
    )
    return near, leak - near, complex(active_pu, -reactive_pu) / base_ohm


def _zero_branches(trafo: Transformer) -> tuple[complex, complex, complex, bool]:
    """The same for the zero sequence, and whether the HV side takes none of it."""
    angle = math.acos(min(1.0, trafo.vkr0_percent / trafo.vk0_percent))
    whole = cmath.rect(trafo.vk0_percent / 100 * _base_ohm(trafo), angle)
    group = trafo.vector_group.lower()
    if group.startswith(("yyn", "yzn")):
        return whole, 0j, 0j, True
    core = cmath.rect(abs(whole) * trafo.mag0_percent / 100, math.atan2(1.0, trafo.mag0_rx))
    near = whole * trafo.si0_hv_partial
    return near, whole - near, 1 / core, not group.startswith("ynyn")
