"""How loads draw: currents and their derivatives, for arrays of ports and cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.frozen import ComplexArray, FloatArray
from gridplan.powerflow.clusters import Product
from gridplan.powerflow.ports import LoadPorts

#: Voltages below this are taken as this where one divides by them [pu].
LEAST_PU = 1e-9


def drawn_current(ports: LoadPorts, power_va: ComplexArray, v: ComplexArray) -> ComplexArray:
    """Currents that loads draw (port, case) [A] at voltages [V], powers at nominal voltage [VA]."""
    # a lone load behind a broken neutral has no voltage, and draws nothing as an impedance
    magnitude = np.maximum(np.abs(v), LEAST_PU * ports.nominal_v)
    level = magnitude / ports.nominal_v
    share = 1 - ports.const_z - ports.const_i + level * (ports.const_i + level * ports.const_z)
    current: ComplexArray = np.conj(power_va) * (share / magnitude**2) * v
    return current


def net_current(ports: LoadPorts, power_va: ComplexArray, v: ComplexArray) -> ComplexArray:
    """The same without what the network's equations count as drawn already."""
    current: ComplexArray = drawn_current(ports, power_va, v) - ports.stand_in_s * v
    return current


def tangent(ports: LoadPorts, power_va: ComplexArray, u: ComplexArray) -> FloatArray:
    """Derivative (port, 2, 2) of the conjugate current by the conjugate voltage ``u`` (port,).

    Rows and columns are the real and imaginary part. With ``j = s u g(|u|^2)``:
    dj = s (g + g' |u|^2) du + s g' u^2 conj(du).
    """
    nominal_v, z, i = (part[:, 0] for part in (ports.nominal_v, ports.const_z, ports.const_i))
    square = np.abs(u) ** 2
    g = (1 - z - i) / square + i / (nominal_v * np.sqrt(square)) + z / nominal_v**2
    slope = -(1 - z - i) / square**2 - i / (2 * nominal_v * square**1.5)
    direct, conjugate = power_va * (g + slope * square), power_va * slope * u**2
    by_real, by_imag = direct + conjugate, 1j * (direct - conjugate)
    return np.stack(
        [
            np.stack([by_real.real, by_imag.real], axis=1),
            np.stack([by_real.imag, by_imag.imag], axis=1),
        ],
        axis=1,
    )


def factor(square: Any, power: Any, current: Any, impedance: Any) -> Any:
    """The factor g of ``j = s u g(|u|^2)`` from |u|^2 and the load's parts, numbers or arrays."""
    return (power + current * np.sqrt(square)) / square + impedance


def chord_current(
    real: Any, imag: Any, p: Any, q: Any, t00: Any, t01: Any, t10: Any, t11: Any
) -> tuple[Any, Any]:
    """Both parts of ``j - T u``, numbers or arrays, from u, s g(|u|^2) and T."""
    return (p - t00) * real - (q + t01) * imag, (p - t11) * imag + (q - t10) * real


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weight:
    """The parts of the factor g at the places of a product, in its precision.

    Attributes
    ----------
    power, current, impedance : float (cluster, place, 1) -- g is ``power / |u|^2 + current / |u| +
        impedance``
    plain : whether all loads draw constant power
    """

    power: np.ndarray
    current: np.ndarray
    impedance: np.ndarray
    plain: bool

    @classmethod
    def of(cls, ports: LoadPorts, product: Product) -> Weight:
        """The factors of ports."""
        power = 1 - ports.const_z - ports.const_i
        parts = power, ports.const_i / ports.nominal_v, ports.const_z / ports.nominal_v**2
        placed = [product.placed(part[:, 0]).astype(product.dtype)[..., None] for part in parts]
        return cls(
            power=placed[0],
            current=placed[1],
            impedance=placed[2],
            plain=bool((power == 1).all()),
        )

    def at(self, real: np.ndarray, imag: np.ndarray) -> np.ndarray:
        """The factor (cluster, place, case) at voltages."""
        square = real * real
        square += imag * imag
        if self.plain:
            return np.divide(self.power, square, out=square)
        weight: np.ndarray = factor(square, self.power, self.current, self.impedance)
        return weight
