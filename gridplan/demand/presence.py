"""Days on which a home is lived in, from its daily energies; the rules stand in ``behaviour``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray

LEAST_KWH = 0.02  #: days below it are alike: the last digit of a meter [kWh]
LEAST_DAYS = 2  #: days of a kind


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourSettings:
    """Figures of the rules in ``behaviour``; all of them assumptions.

    Attributes
    ----------
    known_share : least share of a day's points that must be known
    occupied_share : of the usual energy, beyond which a day is lived in
    standby_factor : a quiet day's energy over that of its night's mean, at most; also how far
        above the usual quiet day a day must be to be lived in
    standby_max_kw : more than this at night is no standby [kW]
    quiet_kwh : more than this in a day is drawn by people [kWh]
    soft_width : of the soft threshold, in the logarithm of energy
    festival : first and last festival day on which migratory homes are looked for: Eve to third day
    around_festival : first and last festival day that is not ordinary
    min_days : fewest days that a usual energy, a shape or a standby rests on
    migratory_ordinary : share of ordinary days below which a home is lived in seldom
    migratory_festival : share of festival days from which a home is lived in then
    min_festival_days : fewest known festival days for that
    min_temperature_days : fewest days that a meter's own temperature sensitivity rests on
    min_temperature_sd_c : least standard deviation of their temperatures [K]
    """

    known_share: float = 0.9
    occupied_share: float = 0.35
    standby_factor: float = 1.4
    standby_max_kw: float = 0.15
    quiet_kwh: float = 0.5
    soft_width: float = 0.15
    festival: tuple[int, int] = (-1, 2)
    around_festival: tuple[int, int] = (-15, 20)
    min_days: int = 5
    migratory_ordinary: float = 0.2
    migratory_festival: float = 0.5
    min_festival_days: int = 3
    min_temperature_days: int = 8
    min_temperature_sd_c: float = 1.0


def without_warnings(
    function: Callable[..., Any], values: FloatArray, *arguments: float
) -> FloatArray:
    """A numpy function that leaves NaN out, along the last axis; NaN where nothing is left."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(function(values, *arguments, axis=1))


def median_over(values: FloatArray, use: BoolArray, min_days: int) -> tuple[FloatArray, IntArray]:
    """Median over the days to use and their number, NaN where there are too few (meter,)."""
    count = use.sum(axis=1)
    median = without_warnings(np.nanmedian, np.where(use, values, np.nan))
    return np.where(count >= min_days, median, np.nan), count


def presence_threshold(
    energy: FloatArray, night_kw: FloatArray, ordinary: BoolArray, settings: BehaviourSettings
) -> FloatArray:
    """Energy beyond which a day is lived in (meter,) [kWh]."""
    lower = energy <= _parting(energy)[:, None]
    upper = (energy > 0) & ~lower
    low, high = median_over(energy, lower, 1)[0], median_over(energy, upper, 1)[0]
    parted = (low < settings.occupied_share * high) & _flat(low, lower, night_kw, settings)
    known = np.isfinite(energy)
    every = median_over(energy, known, 1)[0]
    empty = ~parted & _flat(every, known, night_kw, settings)
    lived = np.where(parted[:, None], upper, known) & ~empty[:, None]
    usual = median_over(energy, lived & ordinary, settings.min_days)[0]
    usual = np.where(np.isfinite(usual), usual, median_over(energy, lived, 1)[0])
    quiet = np.where(parted, low, np.nan) * settings.standby_factor
    quiet = np.where(empty, every * settings.standby_factor**2, quiet)
    return np.fmax(np.fmax(settings.quiet_kwh, settings.occupied_share * usual), quiet)


def _flat(
    energy: FloatArray, days: BoolArray, night_kw: FloatArray, settings: BehaviourSettings
) -> BoolArray:
    """Whether an energy of some days is no more than their nights' standby all day (meter,)."""
    night, _ = median_over(night_kw, days & np.isfinite(night_kw), 1)
    standby = settings.standby_factor * 24.0 * np.minimum(night, settings.standby_max_kw)
    return np.asarray(energy <= np.fmax(settings.quiet_kwh, standby))


def _parting(energy: FloatArray) -> FloatArray:
    """Energy between two kinds of day by Otsu's rule (meter,), -inf with fewer than four days."""
    n = np.isfinite(energy).sum(axis=1)[:, None]
    known = np.arange(energy.shape[1]) < n
    ordered = np.sort(np.log(np.where(np.isfinite(energy), np.maximum(energy, LEAST_KWH), np.inf)))
    total = np.cumsum(np.where(known, ordered, 0.0), axis=1)
    below = np.arange(1, energy.shape[1] + 1)
    above = n - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (total / below - (total[:, -1:] - total) / above) ** 2 * below * above
    between = np.where((below >= LEAST_DAYS) & (above >= LEAST_DAYS), between, -1.0)
    best = np.argmax(between, axis=1)[:, None]
    cut = np.exp(np.take_along_axis(ordered, best, axis=1)[:, 0])
    return np.where(n[:, 0] >= 2 * LEAST_DAYS, cut * (1 + 1e-9), -np.inf)


def soft_presence(energy: FloatArray, threshold: FloatArray, width: float) -> FloatArray:
    """Probability that somebody is there (meter, day), one half at the threshold."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.log(np.maximum(energy, 0.0)) - np.log(threshold)[:, None]
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(distance / width, -500, 500))))
