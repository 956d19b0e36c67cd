"""How loads draw: currents and their derivatives, for arrays of ports and cases."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weight:
    """The factor g of ``j = s u g(|u|^2)`` at the places of a product, in its precision.

    Attributes
    ----------
    power, current, impedance : float (cluster, place, 1) -- its parts; None where no port has one,
        ``power`` also where all have it alone
    """

    power: np.ndarray | None
    current: np.ndarray | None
    impedance: np.ndarray | None

    @classmethod
    def of(cls, ports: LoadPorts, product: Product) -> Weight:
        """The factors of ports."""
        constant_p = 1 - ports.const_z - ports.const_i
        current, impedance = ports.const_i / ports.nominal_v, ports.const_z / ports.nominal_v**2

        def part(values: FloatArray) -> np.ndarray:
            return product.placed(values).astype(product.dtype)

        return cls(
            power=None if (constant_p == 1).all() else part(constant_p),
            current=part(current) if current.any() else None,
            impedance=part(impedance) if impedance.any() else None,
        )

    @property
    def constant_power(self) -> bool:
        """Whether all loads draw constant power."""
        return self.power is None

    def write(
        self, real: np.ndarray, imag: np.ndarray, weight: np.ndarray, spare: np.ndarray
    ) -> None:
        """Write g (cluster, place, case) at voltages into ``weight``."""
        np.square(real, out=weight)
        np.square(imag, out=spare)
        np.add(weight, spare, out=weight)
        if self.current is not None:
            np.sqrt(weight, out=spare)
            np.divide(self.current, spare, out=spare)
        if self.power is None:
            np.reciprocal(weight, out=weight)
        else:
            np.divide(self.power, weight, out=weight)
        if self.current is not None:
            np.add(weight, spare, out=weight)
        if self.impedance is not None:
            np.add(weight, self.impedance, out=weight)
