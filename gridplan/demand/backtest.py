"""Scoring the forecast against a festival that has happened, left out and forecast from the others.

For each area the load of the festival's days is drawn from the meters of the other festivals, later
ones too, the festival's own days before the forecast, and its register. It is compared with two
simple forecasts, both dressed with the spread that they showed in the other festivals:

- *last festival*: the same lunar day of the festival before (of the next one where there is none
  before), times the growth of ordinary days;
- *winter day*: the mean ordinary day of this winter, times the factor of past festivals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridplan.demand.area_model import Weather, draw_area, fit_area, fit_county
from gridplan.demand.area_record import ORDINARY, AreaRecord, Festival, group_of
from gridplan.demand.presence import day_means
from gridplan.demand.screening import lasts_two_hours
from gridplan.demand.streams import stream
from gridplan.frozen import FloatArray, IntArray

#: Power factor with which meters' kilowatts load a transformer (``household_levels.csv``).
POWER_FACTOR = 0.95
#: Least spread of a simple forecast, of the logarithm, and what is assumed of it where only one
#: other festival was seen.
_LEAST_SD, _UNSEEN_SD = 0.05, 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BackTest:
    """Forecasts and what was measured, areas one after the other.

    Attributes
    ----------
    areas : numbers of the areas
    days : int (day,) -- festival days
    measured_kw : float (area, day, 96) -- NaN where missing
    forecasts : by name, float (area, draw, day) -- daily peak [kW]; "gridplan" is the first
    peak_quarter : int (area, draw, day) -- when gridplan's peak is
    overload_share : float (area,) -- share of gridplan's draws in which the area is overloaded
    overloaded : float (area,) -- 1 where it was, 0 where not, NaN where it cannot be told
    """

    areas: tuple[str, ...]
    days: IntArray
    measured_kw: FloatArray
    forecasts: dict[str, FloatArray]
    peak_quarter: IntArray
    overload_share: FloatArray
    overloaded: FloatArray

    @property
    def measured_peak_kw(self) -> FloatArray:
        """Measured daily peaks (area, day), NaN on days with too many missing points."""
        known = np.isfinite(day_means(self.measured_kw))
        filled = np.where(np.isfinite(self.measured_kw), self.measured_kw, -np.inf)
        return np.where(known, filled.max(axis=-1), np.nan)


def run_backtest(
    records: Sequence[AreaRecord],
    year: int,
    *,
    first_day: int = -10,
    last_day: int = 15,
    n_draw: int = 200,
    seed: int = 0,
    weather: Weather = "usual",
) -> BackTest:
    """Forecast the festival of ``year`` in every area as if its days had not come yet.

    Raises ``KeyError`` when an area has no festival of that year.
    """
    county = fit_county(records, year)
    days = np.arange(first_day, last_day + 1)
    measured, peaks, quarters, shares, facts = [], [], [], [], []
    simple: dict[str, list[FloatArray]] = {"last festival": [], "winter day": []}
    for number, record in enumerate(records):
        target, past = record.festival(year), record.without(year)
        model = fit_area(past, target, county, first_day)
        load_kw = draw_area(
            county, model, target, days, n_draw, seed=seed + number, weather=weather
        )
        measured.append(_on(target, days))
        peaks.append(load_kw.max(axis=-1))
        quarters.append(load_kw.argmax(axis=-1))
        known_load = np.isfinite(load_kw).all()
        shares.append(overloaded(load_kw, record.sn_kva).mean() if known_load else np.nan)
        facts.append(_fact(measured[-1], record.sn_kva))
        known = target.until(first_day)
        rng = stream(seed + number, "simple", 0)
        for name, draws in _simple(past, known, days, n_draw, rng).items():
            simple[name].append(draws)
    return BackTest(
        areas=tuple(record.area for record in records),
        days=days,
        measured_kw=np.stack(measured),
        forecasts={
            "gridplan": np.stack(peaks),
            **{name: np.stack(parts) for name, parts in simple.items()},
        },
        peak_quarter=np.stack(quarters),
        overload_share=np.array(shares),
        overloaded=np.array(facts),
    )


def overloaded(load_kw: FloatArray, sn_kva: float) -> FloatArray:
    """Whether loads (…, day, 96) exceed a rating for two hours together (…,)."""
    above = (load_kw > sn_kva * POWER_FACTOR).reshape(*load_kw.shape[:-2], -1)
    rows = above.reshape(-1, above.shape[-1])
    return lasts_two_hours(rows).reshape(above.shape[:-1]).astype(np.float64)


def _fact(measured_kw: FloatArray, sn_kva: float) -> float:
    """Whether an area was overloaded; missing points count as below the rating."""
    if np.isfinite(measured_kw).mean() < 0.5:
        return float("nan")
    return float(overloaded(np.nan_to_num(measured_kw), sn_kva))


def _on(festival: Festival, days: IntArray) -> FloatArray:
    """A festival's load at the transformer on some days (day, 96), NaN where it has none."""
    found = np.full((len(days), festival.total_kw.shape[-1]), np.nan)
    at = np.searchsorted(festival.days, days)
    at = np.minimum(at, len(festival.days) - 1)
    there = festival.days[at] == days
    found[there] = festival.total_kw[at[there]]
    return found


def _daily_peaks(festival: Festival, days: IntArray) -> FloatArray:
    load_kw = _on(festival, days)
    known = np.isfinite(day_means(load_kw))
    return np.where(known, np.where(np.isfinite(load_kw), load_kw, 0.0).max(axis=-1), np.nan)


def _usual_peak(festival: Festival) -> float:
    """Mean daily peak of the ordinary days that are known."""
    ordinary = festival.days[group_of(festival.days) == ORDINARY]
    peaks = _daily_peaks(festival, ordinary)
    return float(np.nanmean(peaks)) if np.isfinite(peaks).any() else float("nan")


def _simple(
    past: tuple[Festival, ...],
    known: Festival,
    days: IntArray,
    n_draw: int,
    rng: np.random.Generator,
) -> dict[str, FloatArray]:
    """The two simple forecasts, (draw, day) each [kW]."""
    usual = _usual_peak(known)
    ratios = np.stack([_daily_peaks(one, days) / _usual_peak(one) for one in past])
    nearest = min(
        range(len(past)), key=lambda k: (past[k].year > known.year, abs(past[k].year - known.year))
    )
    mean = _filled(np.nanmean(ratios, axis=0) if len(past) > 1 else ratios[0])
    last = np.where(np.isfinite(ratios[nearest]), ratios[nearest], mean)
    spread = np.log(ratios / mean)
    sd = _UNSEEN_SD
    if len(past) > 1:
        sd = max(float(np.nanstd(spread)) * np.sqrt(len(past) / (len(past) - 1)), _LEAST_SD)
    # two single festivals differ by more than one from the mean of all
    centres = {
        "last festival": (last, sd * np.sqrt(2)),
        "winter day": (mean, sd * np.sqrt(1 + 1 / len(past))),
    }
    return {
        name: usual * centre * np.exp(width * rng.standard_normal((n_draw, len(days))))
        for name, (centre, width) in centres.items()
    }


def _filled(values: FloatArray) -> FloatArray:
    """The same with unknown values joined by straight lines."""
    known = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), known, values[known]) if known.size else values
