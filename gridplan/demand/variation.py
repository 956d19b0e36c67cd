"""Random variation around the mean: between homes, between quarter hours, with the weather."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from gridplan.demand.settings import Variation
from gridplan.demand.streams import IN_TIME, TEMPERATURE, Streams
from gridplan.frozen import Float32Array, FloatArray


def lognormal(normal: npt.NDArray[Any], cv: float) -> npt.NDArray[Any]:
    """Numbers of mean 1 and coefficient of variation ``cv`` from standard normal ones."""
    variance = np.log1p(cv * cv)
    kind = normal.dtype.type
    return np.asarray(np.exp(normal * kind(np.sqrt(variance)) - kind(variance / 2)))


def log_deviation(cv: float) -> float:
    """Standard deviation of the logarithm of lognormal numbers."""
    return float(np.sqrt(np.log1p(cv * cv)))


def autoregressive(noise: npt.NDArray[Any], correlation: float) -> npt.NDArray[Any]:
    """Stationary first-order autoregressive series of unit variance along the last axis."""
    kind = noise.dtype.type
    innovation = noise * kind(np.sqrt(1.0 - correlation * correlation))
    innovation[..., 0] = noise[..., 0]
    series: npt.NDArray[Any] = lfilter(
        np.ones(1, kind), np.array([1.0, -correlation], kind), innovation, axis=-1
    )
    return series


def autoregressive_weight(weight: FloatArray, correlation: float) -> FloatArray:
    """What a weighted sum (step,) of an autoregressive series takes of each number of its noise."""
    reach = lfilter(np.ones(1), np.array([1.0, -correlation]), weight[::-1])[::-1]
    scale = np.full(len(weight), np.sqrt(1.0 - correlation * correlation))
    scale[0] = 1.0
    return np.asarray(reach * scale)


def variation_in_time(
    variation: Variation,
    streams: Streams,
    draw: int,
    *,
    n_customer: int,
    n_step: int,
    step_minutes: int,
) -> Float32Array:
    """Variation of every customer from quarter hour to quarter hour (customer, step), mean 1."""
    noise = streams.normal_field(IN_TIME, draw, (n_customer, n_step))
    correlation = correlation_in_time(variation, step_minutes)
    return lognormal(autoregressive(noise, correlation), variation.time_cv)


def correlation_in_time(variation: Variation, step_minutes: int) -> float:
    """Correlation of one step's variation with the step before."""
    return float(np.exp(-step_minutes / 60 / variation.time_correlation_h))


def temperature_deviation(
    variation: Variation, streams: Streams, draw: int, *, n_day: int, step_minutes: int
) -> FloatArray:
    """Deviation from the scenario's temperature (step,) [K], daily values joined at noon."""
    noise = streams.normal(TEMPERATURE, draw, n_day + 2)
    return temperature_of(variation, noise, step_minutes)


def temperature_of(variation: Variation, noise: FloatArray, step_minutes: int) -> FloatArray:
    """Temperature deviation (step,) [K], linear in standard normal numbers (day + 2,)."""
    n_day = len(noise) - 2
    daily = variation.temperature_sd_c * autoregressive(noise, variation.temperature_day_to_day)
    hours = (np.arange(n_day * 24 * 60 // step_minutes) + 0.5) * step_minutes / 60
    noons = 12.0 + 24.0 * np.arange(-1, n_day + 1)
    return np.interp(hours, noons, daily)
