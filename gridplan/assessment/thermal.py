"""Hot spot, top oil and ageing of an oil-immersed transformer in every draw.

The exponential equations of the loading guide (IEC 60076-7:2018, GB/T 1094.7), for distribution
transformers cooled by oil and air of themselves (ONAN), in steps of any length h:

    oil     follows  ambient + rise ((P0 + Pk k2) / (P0 + Pk))^x   by  1 - e^(-h / (k11 tau_o))
    g1      follows  k21 H g K^y                                   by  1 - e^(-h / (k22 tau_w))
    g2      follows  (k21 - 1) H g K^y                             by  1 - e^(-h k22 / tau_o)
    hot spot = oil + g1 - g2                        ageing = 2^((hot spot - 98) / 6)

"a follows b by s" is a_(t+1) = a_t + s (b_t - a_t).
k2 is the mean over the phases of (I / In)^2, because all windings heat the same oil; K is I / In of
one winding, and the hottest winding is the transformer's. Time is the only recursion: a first-order
filter along the steps, over all draws at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from gridplan.assessment.limits import ThermalModel
from gridplan.frozen import Float32Array
from gridplan.network.feeder import Transformer

#: The transformer begins at rest with the mean load of so much of the period [min].
_SETTLING_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Temperatures:
    """Temperatures at the end of every step.

    Attributes
    ----------
    top_oil_c : float32 (draw, step) [degC]
    winding_c : float32 (draw, step, 3) -- hot spot of each phase's windings [degC]
    """

    top_oil_c: Float32Array
    winding_c: Float32Array

    @property
    def hot_spot_c(self) -> Float32Array:
        """The hottest of the windings (draw, step) [degC]."""
        winding = self.winding_c
        return np.maximum(np.maximum(winding[..., 0], winding[..., 1]), winding[..., 2])


def temperatures(
    model: ThermalModel,
    transformer: Transformer,
    i_phase_a: npt.NDArray[np.floating],
    ambient_c: npt.NDArray[np.floating],
    step_minutes: float,
) -> Temperatures:
    """Temperatures of a transformer under given currents.

    A step without a solution counts with the highest current that its draw has a solution for: the
    demand is higher there, so the temperature is a lower bound. Without any it is NaN.

    Parameters
    ----------
    model : constants of the loading guide
    transformer : its losses and rated current count, and how much warmer than outdoors it stands
    i_phase_a : (draw, step, 3) -- LV line currents [A]
    ambient_c : (draw, step) -- outdoors [degC]
    step_minutes : length of a step, above 0 [min]
    """
    square = (i_phase_a / np.float32(transformer.rated_a)) ** 2
    square = _filled(np.asarray(square, dtype=np.float32))
    oil_c = _top_oil(model, transformer, square, ambient_c, step_minutes)
    factor = model.hot_spot_factor.value * model.gradient_k.value
    target = np.float32(factor) * square ** np.float32(model.winding_exponent.value / 2)
    k21, k22 = model.k21.value, model.k22.value
    winding_min = k22 * model.winding_minutes.value
    settling = _settling(step_minutes)
    gradient = _lagged(np.float32(k21) * target, step_minutes / winding_min, settling)
    if k21 != 1.0:
        slow = np.float32(k21 - 1.0) * target
        gradient -= _lagged(slow, step_minutes * k22 / model.oil_minutes.value, settling)
    gradient += oil_c[..., None]
    return Temperatures(top_oil_c=oil_c, winding_c=gradient)


def ageing_rate(model: ThermalModel, hot_spot_c: npt.NDArray[np.floating]) -> Float32Array:
    """Ageing of kraft paper over normal ageing (...)."""
    colder = hot_spot_c - np.float32(model.reference_c.value)
    rate: Float32Array = np.exp2(colder / np.float32(model.doubling_k.value))
    return rate


def _top_oil(
    model: ThermalModel,
    transformer: Transformer,
    square: Float32Array,
    ambient_c: npt.NDArray[np.floating],
    step_minutes: float,
) -> Float32Array:
    """Top-oil temperature (draw, step) for (I / In)^2 of each phase (draw, step, 3) [degC]."""
    load_kw = transformer.vkr_percent / 100.0 * transformer.sn_kva
    all_kw = transformer.pfe_kw + load_kw
    by_load = load_kw / all_kw if all_kw > 0 else 1.0
    total = square[..., 0] + square[..., 1] + square[..., 2]
    loss = np.float32(1.0 - by_load) + np.float32(by_load / 3.0) * total
    rise = np.float32(model.top_oil_rise_k.value) * loss ** np.float32(model.oil_exponent.value)
    around_c = ambient_c.astype(np.float32) + np.float32(transformer.ambient_surcharge_k)
    oil_min = model.k11.value * model.oil_minutes.value
    return _lagged(around_c + rise, step_minutes / oil_min, _settling(step_minutes))


def _lagged(target: Float32Array, steps: float, settling: int) -> Float32Array:
    """What follows a target with a time constant of ``1 / steps`` steps, along the steps.

    It begins at the mean of the first ``settling`` steps.
    """
    share = np.float32(-np.expm1(-steps))
    first = target[:, :settling].mean(axis=1, keepdims=True)
    kept = np.float32(1.0) - share
    lagged, _ = lfilter(
        np.array([share]), np.array([np.float32(1.0), -kept]), target, axis=1, zi=kept * first
    )
    return np.asarray(lagged, dtype=np.float32)


def _settling(step_minutes: float) -> int:
    return max(1, round(_SETTLING_MINUTES / step_minutes))


def _filled(square: Float32Array) -> Float32Array:
    """Steps without a solution at the highest of their draw (draw, step, 3)."""
    unsolved = np.isnan(square)
    if not unsolved.any():
        return square
    highest = np.fmax.reduce(square, axis=(1, 2))[:, None, None]
    return np.where(unsolved, highest, square)
