r"""What meters say about homes: who is there on which day, how much and when they draw.

With the power :math:`p_{mdq}` of meter m on day d in quarter hour q:

energy of a day
    :math:`E_{md} = 24\,\mathrm{h} \cdot \overline{p_{md\cdot}}`, the mean over known points; NaN
    where fewer than 90 % of them are known.
standby
    :math:`b_m` = 10 % quantile over days of the night's mean power :math:`n_{md}` from 01:00 to
    05:00 (a mean over four hours, so that a refrigerator's cycles even out).
two kinds of day
    the logarithms of :math:`E_{md}` are parted where the variance between both parts is largest
    (Otsu, IEEE Trans. SMC 9, 1979, 62-66); :math:`L_m` and :math:`H_m` are their medians. The
    lower days are quiet ones when :math:`L_m < 0.35\,H_m` and they are flat, :math:`L_m \le
    \max(0.5\,\mathrm{kWh},\; 1.4 \cdot 24\,\mathrm{h} \cdot \min(\mathrm{median}\,n_{md},
    0.15\,\mathrm{kW}))`: people do more than that, and the cap lets homes that are heated all
    night be lived in. Otherwise all days are of one kind, quiet when their median is as flat.
usual energy
    :math:`U_m` = median of E over the ordinary days that are not quiet; where there are fewer than
    five of them (a migratory home), the occupancy rule takes the median over all such days.
occupied
    :math:`E_{md} > \theta_m = \max(0.5\,\mathrm{kWh},\; 0.35\,U_m,\; 1.4\,L_m)`, without U where
    no day is lived in (then :math:`1.4^2 L_m`) and without L where none is quiet; its soft version
    is :math:`\mathrm{logistic}(\ln(E_{md}/\theta_m)/0.15)`.
ordinary days
    those further from every New Year's Day than festival days -15 to 20.

Every figure is an assumption to be calibrated (``BehaviourSettings``). A meter with rooftop PV or a
whole transformer behind it does not follow these rules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridplan.demand.calendar import festival_day
from gridplan.demand.meter_layouts import N_POINT
from gridplan.demand.metering import MeterReadings
from gridplan.demand.presence import (
    BehaviourSettings,
    median_over,
    presence_threshold,
    soft_presence,
    without_warnings,
)
from gridplan.demand.sensitivity import Slopes, fit_slopes
from gridplan.frozen import BoolArray, FloatArray, IntArray, StrArray, own_fields

NIGHT = slice(4, 20)  #: quarter hours from 01:00 to 05:00
EVENING = slice(64, N_POINT)  #: from 16:00: reunion dinners begin then (reports of 16 to 21 h)
TWO_HOURS = 8  #: quarter hours


USUAL_SETTINGS = BehaviourSettings()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Behaviour:
    """What meters say about their homes; NaN where it is not known, never a made-up value.

    Attributes
    ----------
    ids : str (meter,)
    festival_days : float (day,) -- days from the nearest New Year's Day, NaN where none is given
    ordinary : bool (day,) -- far from every festival
    energy_kwh : float (meter, day) -- [kWh]
    occupied : bool (meter, day) -- lived in; False where the energy is not known
    p_occupied : float (meter, day) -- probability of it by the soft threshold
    usual_kwh : float (meter,) -- median energy of occupied ordinary days [kWh]
    n_usual : int (meter,) -- days that it and the shape rest on
    base_kw : float (meter,) -- standby [kW]
    n_base : int (meter,) -- nights that it rests on
    ordinary_share, festival_share : float (meter,) -- share of occupied days among known ones
    n_ordinary, n_festival : int (meter,) -- known ordinary and festival days
    migratory : bool (meter,) -- lived in at the festival only; False where either was not seen
    shape : float (meter, 96) -- power of occupied ordinary days over its mean
    evening_kw : float (meter, day) -- highest two-hour mean from 16:00 on occupied days [kW]
    level_kw : float (meter,) -- its median over occupied festival days [kW]
    n_level : int (meter,) -- days that it rests on
    temperature_percent_per_c : float (meter,) -- rise of the logarithm of daily energy per degree
        colder, times 100 [%/K], shrunk towards the group
    temperature_error_percent_per_c : float (meter,) -- standard error of the meter's own estimate
    n_temperature : int (meter,) -- days that the meter's own estimate rests on
    group_percent_per_c : mean of the group [%/K]
    group_error_percent_per_c : its standard error [%/K]
    group_sd_percent_per_c : standard deviation between meters [%/K]
    """

    ids: StrArray
    festival_days: FloatArray
    ordinary: BoolArray
    energy_kwh: FloatArray
    occupied: BoolArray
    p_occupied: FloatArray
    usual_kwh: FloatArray
    n_usual: IntArray
    base_kw: FloatArray
    n_base: IntArray
    ordinary_share: FloatArray
    festival_share: FloatArray
    n_ordinary: IntArray
    n_festival: IntArray
    migratory: BoolArray
    shape: FloatArray
    evening_kw: FloatArray
    level_kw: FloatArray
    n_level: IntArray
    temperature_percent_per_c: FloatArray
    temperature_error_percent_per_c: FloatArray
    n_temperature: IntArray
    group_percent_per_c: float
    group_error_percent_per_c: float
    group_sd_percent_per_c: float

    def __post_init__(self) -> None:
        meter, both = ("meter",), ("meter", "day")
        layout: dict[str, tuple[npt.DTypeLike, tuple[str | int, ...]]] = {
            "ids": (np.str_, meter),
            "festival_days": (np.float64, ("day",)),
            "ordinary": (np.bool_, ("day",)),
            "occupied": (np.bool_, both),
            "migratory": (np.bool_, meter),
            "shape": (np.float64, ("meter", N_POINT)),
        }
        layout |= dict.fromkeys(("energy_kwh", "p_occupied", "evening_kw"), (np.float64, both))
        counts = ("usual", "base", "ordinary", "festival", "level", "temperature")
        layout |= dict.fromkeys((f"n_{name}" for name in counts), (np.int64, meter))
        floats: tuple[str, ...] = (
            "usual_kwh",
            "base_kw",
            "ordinary_share",
            "festival_share",
            "level_kw",
        )
        floats += ("temperature_percent_per_c", "temperature_error_percent_per_c")
        layout |= dict.fromkeys(floats, (np.float64, meter))
        own_fields(self, layout, {})

    def __repr__(self) -> str:
        return (
            f"<Behaviour: {len(self.ids)} meters x {len(self.ordinary)} days, "
            f"{int(self.migratory.sum())} migratory, usual {_middle(self.usual_kwh):.3g} kWh/day, "
            f"{self.group_percent_per_c:.2g} %/K colder>"
        )


def fit_behaviour(
    readings: MeterReadings,
    *,
    temperature_c: npt.ArrayLike | None = None,
    new_year_days: dt.date | Sequence[dt.date] = (),
    settings: BehaviourSettings = USUAL_SETTINGS,
) -> Behaviour:
    """Behaviour of every home, by the rules at the head of this module.

    Parameters
    ----------
    readings : of one meter per home
    temperature_c : float (day,) -- daily mean outdoor temperature of the days of the readings [°C],
        NaN where not known; without it there is no temperature sensitivity
    new_year_days : New Year's Day of each festival near the readings; without any, every day is
        ordinary and no home is known to be migratory
    """
    temperature = _temperatures(temperature_c, readings.n_day)
    day = _festival_days(readings.days, new_year_days)
    ordinary = ~_between(day, settings.around_festival)
    festival = _between(day, settings.festival)
    p_kw = readings.p_kw
    energy = 24.0 * _mean(p_kw, settings.known_share)
    night = _mean(p_kw[:, :, NIGHT], settings.known_share)
    base, n_base = _standby(night, settings)
    threshold = presence_threshold(energy, night, ordinary, settings)
    occupied = energy > threshold[:, None]
    usual, n_usual = median_over(energy, occupied & ordinary, settings.min_days)
    shares = [_share(occupied, energy, days) for days in (ordinary, festival)]
    (ordinary_share, n_ordinary), (festival_share, n_festival) = shares
    evening = np.where(occupied, _evening(p_kw), np.nan)
    level, n_level = median_over(evening, occupied & festival & np.isfinite(evening), 1)
    slopes = _temperature(energy, temperature, occupied & ordinary, settings)
    return Behaviour(
        ids=readings.ids,
        festival_days=day,
        ordinary=ordinary,
        energy_kwh=energy,
        occupied=occupied,
        p_occupied=soft_presence(energy, threshold, settings.soft_width),
        usual_kwh=usual,
        n_usual=n_usual,
        base_kw=base,
        n_base=n_base,
        ordinary_share=ordinary_share,
        festival_share=festival_share,
        n_ordinary=n_ordinary,
        n_festival=n_festival,
        migratory=_migratory(shares, settings),
        shape=_shape(p_kw, occupied & ordinary, settings.min_days),
        evening_kw=evening,
        level_kw=level,
        n_level=n_level,
        temperature_percent_per_c=slopes.shrunk,
        temperature_error_percent_per_c=slopes.own_error,
        n_temperature=slopes.n_day,
        group_percent_per_c=slopes.group,
        group_error_percent_per_c=slopes.group_error,
        group_sd_percent_per_c=slopes.group_sd,
    )


def _festival_days(
    days: Sequence[dt.date], new_year_days: dt.date | Sequence[dt.date]
) -> FloatArray:
    """Days from the nearest New Year's Day (day,)."""
    origins = [new_year_days] if isinstance(new_year_days, dt.date) else list(new_year_days)
    if not origins:
        return np.full(len(days), np.nan)
    off = [min((festival_day(day, origin) for origin in origins), key=abs) for day in days]
    return np.array(off, dtype=float)


def _temperatures(temperature_c: npt.ArrayLike | None, n_day: int) -> FloatArray:
    """One temperature per day, NaN without any."""
    found = np.full(n_day, np.nan) if temperature_c is None else np.asarray(temperature_c, float)
    if found.shape != (n_day,):
        raise ValueError(f"temperature_c has shape {found.shape}, not ({n_day},)")
    return found


def _migratory(
    shares: Sequence[tuple[FloatArray, IntArray]], settings: BehaviourSettings
) -> BoolArray:
    """Homes lived in seldom on ordinary days and often at the festival, where both were seen."""
    (ordinary, n_ordinary), (festival, n_festival) = shares
    seen = (n_ordinary >= settings.min_days) & (n_festival >= settings.min_festival_days)
    seldom = ordinary < settings.migratory_ordinary
    return np.asarray(seen & seldom & (festival >= settings.migratory_festival))


def _between(day: FloatArray, ends: tuple[int, int]) -> BoolArray:
    return np.asarray((day >= ends[0]) & (day <= ends[1]))


def _mean(p_kw: npt.NDArray[np.float32], known_share: float) -> FloatArray:
    """Mean of the known points along the last axis, NaN where too few are known."""
    known = np.isfinite(p_kw)
    count = known.sum(axis=-1)
    total = np.where(known, p_kw, 0.0).sum(axis=-1, dtype=np.float64)
    return np.where(count >= known_share * p_kw.shape[-1], total / np.maximum(count, 1), np.nan)


def _standby(night_kw: FloatArray, settings: BehaviourSettings) -> tuple[FloatArray, IntArray]:
    count = np.isfinite(night_kw).sum(axis=1)
    base = without_warnings(np.nanquantile, night_kw, 0.1)
    return np.where(count >= settings.min_days, base, np.nan), count


def _share(occupied: BoolArray, energy: FloatArray, days: BoolArray) -> tuple[FloatArray, IntArray]:
    """Share of occupied days among some known days, and the number of these."""
    known = np.isfinite(energy) & days
    count = known.sum(axis=1)
    share = (occupied & days).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, share, np.nan), count


def _shape(p_kw: npt.NDArray[np.float32], use: BoolArray, min_days: int) -> FloatArray:
    """Mean over the days to use of each quarter hour, over the mean of them (meter, 96)."""
    known = np.isfinite(p_kw) & use[:, :, None]
    count = known.sum(axis=1)
    mean = np.where(known, p_kw, 0.0).sum(axis=1, dtype=np.float64) / np.maximum(count, 1)
    enough = (use.sum(axis=1) >= min_days) & (count.min(axis=1) > 0)
    level = mean.mean(axis=1)
    enough &= level > 0
    return np.where(enough[:, None], mean / np.where(enough, level, 1.0)[:, None], np.nan)


def _evening(p_kw: npt.NDArray[np.float32]) -> FloatArray:
    """Highest two-hour mean from 16:00 (meter, day), NaN where fewer than half are known."""
    evening = np.asarray(p_kw[:, :, EVENING], dtype=np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(evening, TWO_HOURS, axis=2).mean(axis=3)
    known = np.isfinite(windows)
    highest = np.where(known, windows, -np.inf).max(axis=2)
    return np.where(2 * known.sum(axis=2) > windows.shape[2], highest, np.nan)


def _temperature(
    energy: FloatArray, temperature_c: FloatArray, use: BoolArray, settings: BehaviourSettings
) -> Slopes:
    """Rise of the logarithm of energy per degree colder [%/K]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = 100.0 * np.log(energy)
    return fit_slopes(
        logarithm,
        -temperature_c,
        use,
        min_days=settings.min_temperature_days,
        min_spread=settings.min_temperature_sd_c,
    )


def _middle(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")
