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


def line_admittance(lines: Lines) -> tuple[ComplexArray, ComplexArray]:
    """Series admittance and half of the shunt admittance of every line, (line, 3, 3) each [S]."""
    series: ComplexArray = np.linalg.inv(lines.z_ohm).astype(np.complex128)
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


def zero_sequence_ohm(trafo: Transformer) -> complex:
    """Zero-sequence impedance seen from the LV terminals with the HV side open to it [ohm].

    Dyn: T model, the delta short-circuits the HV part in parallel with the magnetising branch
    (pandapower's
    parameters ``mag0_percent``, ``mag0_rx``, ``si0_hv_partial``). Yyn: ``vk0_percent`` as measured
    from the LV side.
    """
    leakage = short_circuit_ohm(trafo, trafo.vk0_percent, trafo.vkr0_percent)
    if trafo.has_yyn_core:
        return leakage
    magnitude = abs(leakage) * trafo.mag0_percent / 100
    reactance = magnitude / math.sqrt(trafo.mag0_rx**2 + 1)
    magnetising = complex(reactance * trafo.mag0_rx, reactance)
    primary = trafo.si0_hv_partial * leakage
    parallel = primary * magnetising / (primary + magnetising) if primary else 0j
    return (1 - trafo.si0_hv_partial) * leakage + parallel


def no_load_admittance_s(trafo: Transformer) -> complex:
    """Magnetising admittance, positive sequence, LV side [S], from no-load losses and current."""
    vn_lv_kv = tap_voltages(trafo)[1]
    apparent_kva = trafo.i0_percent / 100 * trafo.sn_kva
    reactive_kva = math.sqrt(max(apparent_kva**2 - trafo.pfe_kw**2, 0.0))
    return complex(trafo.pfe_kw, -reactive_kva) * 1e-3 / vn_lv_kv**2 * trafo.parallel


def transformer_admittance(trafo: Transformer) -> ComplexArray:
    """Primitive admittance (6, 6) over the HV phases a, b, c and the LV phases a, b, c [S].

    Source: T model per sequence as in pandapower 3.5 (``trafo_model="t"``); no zero-sequence
    current
    passes a delta or an isolated star.
    """
    impedance = short_circuit_ohm(trafo, trafo.vk_percent, trafo.vkr_percent)
    primary = complex(
        impedance.real * trafo.leakage_resistance_ratio_hv,
        impedance.imag * trafo.leakage_reactance_ratio_hv,
    )
    secondary = impedance - primary
    shunt = no_load_admittance_s(trafo)
    a, d = 1 + primary * shunt, 1 + secondary * shunt
    b = primary + secondary + primary * secondary * shunt
    vn_hv_kv, vn_lv_kv = tap_voltages(trafo)
    ratio = vn_hv_kv / vn_lv_kv * np.exp(1j * np.deg2rad(trafo.shift_degree))
    ratios = np.array([1, ratio, np.conj(ratio)])
    through = np.array([0, 1, 1]) / b
    blocks = [
        [to_phases(d * through / np.abs(ratios) ** 2), to_phases(-through / np.conj(ratios))],
        [
            to_phases(-through / ratios),
            to_phases(a * through + np.array([1 / zero_sequence_ohm(trafo), 0, 0])),
        ],
    ]
    return np.block(blocks)
