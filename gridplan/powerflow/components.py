"""Admittances of lines and transformers from their own data.

Sequence quantities are written in the order (0, 1, 2). A transformer is a two-port per sequence,
turned into phase quantities by Fortescue's matrix; its vector group shows only in the phase shift
of the positive and negative sequence and in the zero sequence.
"""

from __future__ import annotations

import math

import numpy as np

from gridplan.frozen import ComplexArray
from gridplan.network.feeder import Lines, Transformer

_ALPHA = np.exp(2j * np.pi / 3)

#: Fortescue: phase quantities (a, b, c) = FORTESCUE @ sequence quantities (0, 1, 2).
FORTESCUE: ComplexArray = np.array(
    [[1, 1, 1], [1, _ALPHA**2, _ALPHA], [1, _ALPHA, _ALPHA**2]], dtype=np.complex128
)
FORTESCUE_INVERSE: ComplexArray = np.asarray(np.conj(FORTESCUE).T / 3, dtype=np.complex128)


def to_phases(sequence: ComplexArray) -> ComplexArray:
    """Phase matrix (..., 3, 3) of a diagonal sequence matrix, entries (..., 3) in order 0, 1, 2."""
    return (FORTESCUE * sequence[..., None, :]) @ FORTESCUE_INVERSE


def folded(matrices: ComplexArray) -> ComplexArray:
    """Matrices (line, 3, 3) from phase to neutral of (line, wire, wire), the neutral the return.

    Exact for voltages to the neutral as long as the neutral carries the whole return current.
    """
    if matrices.shape[1] == 3:
        return matrices
    phase, across = matrices[:, :3, :3], matrices[:, :3, 3]
    back = matrices[:, 3, :3]
    loop = phase - across[:, :, None] - back[:, None, :] + matrices[:, 3:, 3:]
    there = np.abs(np.einsum("lii->li", phase)) > 0
    return np.where(there[:, :, None] & there[:, None, :], loop, 0)


def line_admittance(lines: Lines) -> tuple[ComplexArray, ComplexArray]:
    """Series admittance and half of the shunt admittance of every line, (line, wire, wire) [S].

    A broken neutral carries no current. Where the neutral is explicit, its row and column are
    taken out before the inversion; where it is folded in, the sum of the phase currents is held at
    zero, which leaves the phases a common voltage that only the loads decide.
    """
    wires, broken = lines.wires.copy(), lines.neutral_open
    n_wire = wires.shape[1]
    if n_wire == 4:
        wires[broken, 3] = False
    pairs = wires[:, :, None] & wires[:, None, :]
    series = np.where(pairs, np.linalg.inv(np.where(pairs, lines.z_ohm, np.eye(n_wire))), 0)
    if n_wire == 3 and broken.any():
        along = series[broken].sum(axis=2)
        whole = along.sum(axis=1)[:, None, None]
        series[broken] -= along[:, :, None] * series[broken].sum(axis=1)[:, None, :] / whole
    return series, lines.y_s / 2


def tap_voltages(trafo: Transformer) -> tuple[float, float]:
    """Rated voltages (HV, LV) at the present tap [kV], as pandapower's ratio tap changer."""
    factor = 1 + (trafo.tap_pos - trafo.tap_neutral) * trafo.tap_step_percent / 100
    if trafo.tap_side == "lv":
        return trafo.vn_hv_kv, trafo.vn_lv_kv * factor
    return trafo.vn_hv_kv * factor, trafo.vn_lv_kv


def short_circuit_ohm(trafo: Transformer, vk_percent: float, vkr_percent: float) -> complex:
    """Impedance of all parallel units on the LV side [ohm] from short-circuit voltages."""
    base_ohm = tap_voltages(trafo)[1] ** 2 / (trafo.sn_kva * 1e-3)
    reactive = math.sqrt(max(vk_percent**2 - vkr_percent**2, 0.0))
    return complex(vkr_percent, reactive) / 100 * base_ohm / trafo.parallel


def zero_sequence_admittance(trafo: Transformer) -> tuple[complex, complex, complex]:
    """Zero-sequence two-port on the LV side [S]: own HV, mutual, own LV.

    Dyn and Yzn: the HV side carries none, see below. Yyn: ``vk0_percent`` as measured from the LV
    side with an isolated HV star. YNyn: T model through. The T model has the leakage in the parts
    ``si0_hv_partial`` and the rest, between them the magnetising branch ``mag0_percent``,
    ``mag0_rx`` (pandapower's parameters); the delta of a Dyn short-circuits its HV part.
    """
    leakage = short_circuit_ohm(trafo, trafo.vk0_percent, trafo.vkr0_percent)
    if trafo.has_yyn_core or trafo.vector_group.startswith("Yzn"):
        return 0j, 0j, 1 / leakage
    magnitude = abs(leakage) * trafo.mag0_percent / 100
    reactance = magnitude / math.sqrt(trafo.mag0_rx**2 + 1)
    magnetising = 1 / complex(reactance * trafo.mag0_rx, reactance)
    primary = trafo.si0_hv_partial * leakage
    secondary = leakage - primary
    through = primary + secondary + primary * secondary * magnetising
    own_hv = (1 + secondary * magnetising) / through
    own_lv = (1 + primary * magnetising) / through
    if trafo.vector_group.startswith("YNyn"):
        return own_hv, -1 / through, own_lv
    return 0j, 0j, own_lv


def no_load_admittance_s(trafo: Transformer) -> complex:
    """Magnetising admittance, positive sequence, LV side [S], from no-load losses and current."""
    vn_lv_kv = tap_voltages(trafo)[1]
    apparent_kva = trafo.i0_percent / 100 * trafo.sn_kva
    reactive_kva = math.sqrt(max(apparent_kva**2 - trafo.pfe_kw**2, 0.0))
    return complex(trafo.pfe_kw, -reactive_kva) * 1e-3 / vn_lv_kv**2 * trafo.parallel


def transformer_admittance(trafo: Transformer) -> ComplexArray:
    """Primitive admittance (7, 7) over HV a, b, c and LV a, b, c, neutral [S].

    Source: T model per sequence as in pandapower 3.5 (``trafo_model="t"``); no zero-sequence
    current passes a delta or an isolated star.
    """
    impedance = short_circuit_ohm(trafo, trafo.vk_percent, trafo.vkr_percent)
    primary = complex(
        impedance.real * trafo.leakage_resistance_ratio_hv,
        impedance.imag * trafo.leakage_reactance_ratio_hv,
    )
    secondary = impedance - primary
    shunt = no_load_admittance_s(trafo)
    through = primary + secondary + primary * secondary * shunt
    own_hv, mutual, own_lv = zero_sequence_admittance(trafo)
    hv, lv = (1 + secondary * shunt) / through, (1 + primary * shunt) / through
    vn_hv_kv, vn_lv_kv = tap_voltages(trafo)
    turns = vn_hv_kv / vn_lv_kv
    ratio = turns * np.exp(1j * np.deg2rad(trafo.shift_degree))
    hv_hv = to_phases(np.array([own_hv, hv, hv], dtype=np.complex128) / turns**2)
    hv_lv = to_phases(
        np.array([mutual / turns, -1 / through / np.conj(ratio), -1 / through / ratio])
    )
    lv_hv = to_phases(
        np.array([mutual / turns, -1 / through / ratio, -1 / through / np.conj(ratio)])
    )
    lv_lv = to_phases(np.array([own_lv, lv, lv], dtype=np.complex128))
    to_neutral = np.hstack([np.eye(3), -np.ones((3, 1))])
    return np.block(
        [[hv_hv, hv_lv @ to_neutral], [to_neutral.T @ lv_hv, to_neutral.T @ lv_lv @ to_neutral]]
    )
