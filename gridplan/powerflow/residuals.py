"""Independent check of solved cases by Kirchhoff's laws. It shares no code with the solver.

The solver gets its impedances by factorising the admittance matrix of the whole network in phase
quantities. Here they are added up along the paths of the radial network, source and transformer as
a
Thevenin equivalent per sequence, and the currents follow from the voltages by the customers' own
law.
What is compared is each customer's voltage: as solved, and as the path gives it.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np

from gridplan.frozen import ComplexArray, Float32Array, FloatArray, IntArray
from gridplan.network.feeder import Feeder, Transformer
from gridplan.powerflow.paths import downstream

_A = cmath.exp(2j * math.pi / 3)
_FROM_SEQUENCE = np.array([[1, 1, 1], [1, _A * _A, _A], [1, _A, _A * _A]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KirchhoffCheck:
    """The path equations of a feeder with its customers on their phases.

    Attributes
    ----------
    customer, phase : int (port,)
    emf_v : complex (port, 1) -- voltage that the path gives without load [V]
    drop_ohm : complex (port, port) -- drop along the path of a row per current drawn at a column
        [ohm]
    nominal_v, p_share, q_share, const_z, const_i : float (port, 1)
    """

    customer: IntArray
    phase: IntArray
    emf_v: ComplexArray
    drop_ohm: ComplexArray
    nominal_v: FloatArray
    p_share: FloatArray
    q_share: FloatArray
    const_z: FloatArray
    const_i: FloatArray

    def residual_pu(self, v: ComplexArray, p_kw: FloatArray, q_kvar: FloatArray) -> Float32Array:
        """Largest violation of Kirchhoff's voltage law per case (case,), over the nominal voltage.

        ``v`` are voltages (port, case) [V]; demands are (customer, case).
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            level = np.abs(v) / self.nominal_v
            share = 1 - self.const_z - self.const_i + level * (self.const_i + level * self.const_z)
            p_w = p_kw[self.customer] * (self.p_share * share * 1e3)
            q_var = q_kvar[self.customer] * (self.q_share * share * 1e3)
            current = (p_w - 1j * q_var) / np.conj(v)
            expected = self.emf_v - self.drop_ohm @ current
            worst: Float32Array = (
                (np.abs(v - expected) / self.nominal_v).max(axis=0).astype(np.float32)
            )
        return worst


def kirchhoff_check(feeder: Feeder) -> KirchhoffCheck:
    """Add up the path equations of a feeder."""
    customers = feeder.customers
    customer, phase = np.nonzero(customers.connected)
    node = customers.node[customer]
    emf, internal = _thevenin(feeder)
    drop = _path_drop(feeder, node, phase) + internal[:, phase][None]
    lv = np.flatnonzero(feeder.nodes.parent_line >= 0)
    lv = np.union1d(
        lv[feeder.lines.circuit[feeder.nodes.parent_line[lv]] >= 0], [feeder.transformer.lv_node]
    )
    shunt = _node_shunt(feeder)
    no_load = np.broadcast_to(emf, (len(feeder.nodes), 3)).copy()
    if shunt.any():
        # Charging currents to first order: their square is below 1e-9 of the voltage in LV
        # networks.
        every_node, every_phase = np.repeat(lv, 3), np.tile(np.arange(3), len(lv))
        reach = _path_drop(feeder, every_node, every_phase) + internal[:, every_phase][None]
        no_load = no_load - (reach @ np.einsum("nfg,g->nf", shunt[lv], emf).ravel())
        charging = np.einsum("nfg,ngp->nfp", shunt[lv], drop[lv]).reshape(-1, len(node))
        drop = drop - reach @ charging
    return KirchhoffCheck(
        customer=customer,
        phase=phase,
        emf_v=no_load[node, phase][:, None],
        drop_ohm=drop[node, phase],
        nominal_v=feeder.nodes.nominal_v[node][:, None],
        p_share=customers.p_share[customer, phase][:, None],
        q_share=customers.q_share[customer, phase][:, None],
        const_z=customers.const_z[customer][:, None],
        const_i=customers.const_i[customer][:, None],
    )


def _path_drop(feeder: Feeder, node: IntArray, phase: IntArray) -> ComplexArray:
    """Drop (node, 3, port) from the LV busbar per current drawn at (node, phase) of a port."""
    lines = feeder.lines
    behind = downstream(feeder, node)
    drop = np.zeros((len(feeder.nodes), 3, len(node)), dtype=np.complex128)
    for line in range(len(lines)):
        if lines.circuit[line] >= 0:
            own = lines.z_ohm[line][:, phase] * behind[line]
            drop[lines.to_node[line]] = drop[lines.from_node[line]] + own
    return drop


def _node_shunt(feeder: Feeder) -> ComplexArray:
    """Shunt admittance of the LV lines lumped at their ends (node, 3, 3) [S]."""
    shunt = np.zeros((len(feeder.nodes), 3, 3), dtype=np.complex128)
    lv = feeder.lines.circuit >= 0
    for end in (feeder.lines.from_node, feeder.lines.to_node):
        np.add.at(shunt, end[lv], feeder.lines.y_s[lv] / 2)
    return shunt


def _thevenin(feeder: Feeder) -> tuple[ComplexArray, ComplexArray]:
    """What feeds the LV busbar: emf (3,) [V] and internal impedance (3, 3) [ohm]."""
    trafo, source = feeder.transformer, feeder.source
    turns = _rated_kv(trafo)[0] / _rated_kv(trafo)[1]
    line_to_neutral = source.vm_pu * float(feeder.nodes.nominal_v[source.node])
    emf = cmath.rect(line_to_neutral, math.radians(source.va_degree))
    impedance = [source.z1_ohm, source.z2_ohm]
    for line in _medium_voltage_path(feeder):
        matrix, half = feeder.lines.z_ohm[line], feeder.lines.y_s[line] / 2
        series = complex(matrix[0, 0] - matrix[0, 1])
        shunt = complex(half[0, 0] - half[0, 1])
        emf /= 1 + impedance[0] * shunt
        impedance = [z / (1 + z * shunt) + series for z in impedance]
        emf /= 1 + impedance[0] * shunt
        impedance = [z / (1 + z * shunt) for z in impedance]
    leak, shunt = _leakage(trafo)
    near = complex(
        leak.real * trafo.leakage_resistance_ratio_hv, leak.imag * trafo.leakage_reactance_ratio_hv
    )
    emf = emf / turns / cmath.exp(1j * math.radians(trafo.shift_degree))
    referred = [z / turns**2 + near for z in impedance]
    emf /= 1 + referred[0] * shunt
    positive, negative = (z / (1 + z * shunt) + leak - near for z in referred)
    sequence = np.array([_zero_sequence(trafo), positive, negative])
    back = np.conj(_FROM_SEQUENCE).T / 3
    return _FROM_SEQUENCE[:, 1] * emf, (_FROM_SEQUENCE * sequence) @ back


def _medium_voltage_path(feeder: Feeder) -> list[int]:
    """Lines from the source to the transformer, in that order."""
    path = []
    node = feeder.transformer.hv_node
    while (line := int(feeder.nodes.parent_line[node])) >= 0:
        path.append(line)
        node = int(feeder.lines.from_node[line])
    return path[::-1]


def _rated_kv(trafo: Transformer) -> tuple[float, float]:
    """Rated voltages of both windings at the present tap [kV]."""
    step = (trafo.tap_pos - trafo.tap_neutral) * trafo.tap_step_percent / 100
    on_hv = trafo.tap_side != "lv"
    return trafo.vn_hv_kv * (1 + step * on_hv), trafo.vn_lv_kv * (1 + step * (not on_hv))


def _base_ohm(trafo: Transformer) -> float:
    """Rated impedance of all parallel units on the LV side [ohm]."""
    return _rated_kv(trafo)[1] ** 2 * 1000 / (trafo.sn_kva * trafo.parallel)


def _leakage(trafo: Transformer) -> tuple[complex, complex]:
    """Positive-sequence leakage [ohm] and no-load admittance [S] on the LV side."""
    base_ohm = _base_ohm(trafo)
    angle = math.acos(min(1.0, trafo.vkr_percent / trafo.vk_percent))
    leak = cmath.rect(trafo.vk_percent / 100 * base_ohm, angle)
    active_pu = trafo.pfe_kw / trafo.sn_kva
    reactive_pu = math.sqrt(max(0.0, (trafo.i0_percent / 100) ** 2 - active_pu**2))
    return leak, complex(active_pu, -reactive_pu) / base_ohm


def _zero_sequence(trafo: Transformer) -> complex:
    """Zero-sequence impedance on the LV side [ohm]."""
    base_ohm = _base_ohm(trafo)
    angle = math.acos(min(1.0, trafo.vkr0_percent / trafo.vk0_percent))
    whole = cmath.rect(trafo.vk0_percent / 100 * base_ohm, angle)
    if trafo.vector_group.lower().startswith("yyn"):
        return whole
    core = cmath.rect(abs(whole) * trafo.mag0_percent / 100, math.atan2(1.0, trafo.mag0_rx))
    hv_part = whole * trafo.si0_hv_partial
    return whole - hv_part + 1 / (1 / hv_part + 1 / core)
