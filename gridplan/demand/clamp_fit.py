"""What spot measurements say about modelled currents: their level and their phase labels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from gridplan.demand.clamp import ClampReadings
from gridplan.frozen import FloatArray, IntArray, own_fields

MAD_TO_SD = 1.4826  #: standard deviation over median absolute deviation of normal numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFactor:
    """How far measured currents lie from modelled ones.

    Attributes
    ----------
    factor : measured over modelled, median over readings; NaN without any
    spread : standard deviation of the ratio's logarithm between readings (from the median absolute
        deviation), NaN with fewer than three
    low, high : 90 % interval of the factor by that spread, NaN with fewer than three readings
    n_reading : readings with all phases measured and a modelled current
    """

    factor: float
    spread: float
    low: float
    high: float
    n_reading: int


def level_factor(clamp: ClampReadings, modelled_a: npt.ArrayLike) -> LevelFactor:
    """Factor on modelled phase currents ``(reading, 3)`` [A] that meets the measured ones.

    The ratio of a reading is that of the sums over the phases, so that it does not depend on phase
    labels; the median over readings does not follow single wild ones. Interval: plus and minus
    1.645 standard errors of the median, 1.2533 times the spread over the root of their number.
    """
    modelled = _same_shape(clamp.i_a, modelled_a)
    measured_sum, modelled_sum = clamp.i_a.sum(axis=1), modelled.sum(axis=1)
    good = (measured_sum > 0) & (modelled_sum > 0)
    n_reading = int(good.sum())
    nan = float("nan")
    if not n_reading:
        return LevelFactor(factor=nan, spread=nan, low=nan, high=nan, n_reading=0)
    ratio = np.log(measured_sum[good] / modelled_sum[good])
    middle = float(np.median(ratio))
    factor = float(np.exp(middle))
    if n_reading < 3:
        return LevelFactor(factor=factor, spread=nan, low=nan, high=nan, n_reading=n_reading)
    spread = MAD_TO_SD * float(np.median(np.abs(ratio - middle)))
    reach = 1.645 * 1.2533 * spread / n_reading**0.5
    low, high = np.exp([middle - reach, middle + reach])
    return LevelFactor(
        factor=factor, spread=spread, low=float(low), high=float(high), n_reading=n_reading
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhaseMismatch:
    """How well each assignment of phase labels explains measured currents.

    Attributes
    ----------
    permutations : int (6, 3) -- modelled phase (0 a, 1 b, 2 c) that stands for measured a, b, c;
        the first is the identity
    misfit : float (6,) -- root mean square of measured less scaled modelled current, over the mean
        measured one
    best : index of the least misfit, 0 with no reading
    gain : misfit of the identity less that of the best
    gain_sigma : the gain in squared misfit over its standard error between readings, NaN with fewer
        than three
    n_reading : readings with all phases measured
    """

    permutations: IntArray
    misfit: FloatArray
    best: int
    gain: float
    gain_sigma: float
    n_reading: int

    def __post_init__(self) -> None:
        layout = {
            "permutations": (np.int64, ("permutation", 3)),
            "misfit": (np.float64, ("permutation",)),
        }
        own_fields(self, layout, {})


def phase_mismatch(clamp_a: npt.ArrayLike, modelled_a: npt.ArrayLike) -> PhaseMismatch:
    """Misfit of measured ``(reading, 3)`` to modelled phase currents [A] for each permutation.

    The modelled currents are scaled to the measured sum over all readings, the same for every
    permutation, so that the level plays no part; readings with a phase missing are left out. A
    circuit whose phases are loaded alike gives a small gain: that says nothing about its labels.
    """
    measured = np.asarray(clamp_a, dtype=float)
    modelled = _same_shape(measured, modelled_a)
    good = np.isfinite(measured).all(axis=1) & np.isfinite(modelled).all(axis=1)
    measured, modelled = measured[good], modelled[good]
    orders = np.array(list(permutations(range(3))), dtype=np.int64)
    nan = float("nan")
    if not modelled.sum() > 0 or not measured.sum() > 0:
        return PhaseMismatch(
            permutations=orders, misfit=np.full(6, nan), best=0, gain=nan, gain_sigma=nan,
            n_reading=len(measured),
        )  # fmt: skip
    scaled = modelled * (measured.sum() / modelled.sum())
    off = measured[:, None, :] - scaled[:, orders]  # (reading, permutation, phase)
    square = (off**2).mean(axis=2) / measured.mean() ** 2
    misfit = np.sqrt(square.mean(axis=0))
    best = int(np.argmin(misfit))
    gains = square[:, 0] - square[:, best]
    sigma = nan
    if len(gains) >= 3 and best:
        error_of_mean = float(gains.std(ddof=1)) / len(gains) ** 0.5
        sigma = float(gains.mean()) / error_of_mean if error_of_mean > 0 else float("inf")
    elif len(gains) >= 3:
        sigma = 0.0
    return PhaseMismatch(
        permutations=orders,
        misfit=misfit,
        best=best,
        gain=float(misfit[0] - misfit[best]),
        gain_sigma=sigma,
        n_reading=len(measured),
    )


def _same_shape(measured: FloatArray, modelled_a: npt.ArrayLike) -> FloatArray:
    modelled = np.asarray(modelled_a, dtype=float)
    if modelled.shape != measured.shape or measured.ndim != 2 or measured.shape[1] != 3:
        shapes = f"measured {measured.shape} and modelled {modelled.shape} currents"
        raise ValueError(f"{shapes}, expected (reading, 3)")
    return modelled
