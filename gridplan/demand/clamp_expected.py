"""What the model expects of every customer at the moment of a clamp reading, with its spread.

A reading is a moment, and a model of quarter hours for a sweep is too smooth for it: single homes
switch. Between moments of one home the spread is that of measured households; the weather of a day
that nobody wrote down is as uncertain as a winter day's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gridplan.demand.calendar import festival_day, festival_near
from gridplan.demand.clamp import ClampReadings
from gridplan.demand.homes import Homes
from gridplan.demand.period import FIRST_DAY, LAST_DAY, Period
from gridplan.demand.settings import ForecastSettings, Scenario
from gridplan.demand.special import SpecialLoads
from gridplan.demand.streams import Streams, stream
from gridplan.demand.variation import lognormal
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray, own_fields

N_DRAW = 300
STEP_MINUTES = 15
#: Coefficient of variation of one home's demand at one moment around what is usual at that hour, in
#: the evening and at other hours, and the time in which it is forgotten to 1/e [h]. Source: winter
#: profiles of 100 households in steps of five minutes, Electricity North West, Low Voltage Network
#: Solutions (all homes at one moment 1.08 and 1.92, of which their levels are 0.45; a correlation
#: of 0.2 after 30 minutes).
MOMENT_CV = {True: 1.0, False: 1.8}
EVENING_H = (17, 22)
MOMENT_CORRELATION_H = 0.35
#: Chance that a home lives on those days as some other home of the village does: that somebody is
#: away who lives there, or that somebody has come whom nobody has written down; assumption.
OTHERWISE = 0.1
#: Standard deviation of a day's mean temperature where the sheet does not give it, and of a home's
#: response to one that it does [K]; assumptions.
UNKNOWN_C, KNOWN_C = 3.0, 1.0

#: Homes and special loads of a feeder on the days of some settings.
Build = Callable[[ForecastSettings], tuple[Homes, SpecialLoads]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expected:
    """Demand at the readings, of homes of equal level.

    Attributes
    ----------
    p_kw, q_kvar : float32 (draw, reading, customer) -- [kW, kvar]; 0 of pending connections
    is_home : bool (customer,)
    """

    p_kw: Float32Array
    q_kvar: Float32Array
    is_home: BoolArray

    def __post_init__(self) -> None:
        shape = ("draw", "reading", "customer")
        layout = {
            "p_kw": (np.float32, shape),
            "q_kvar": (np.float32, shape),
            "is_home": (np.bool_, ("customer",)),
        }
        own_fields(self, layout, {})


def settings_on(date: dt.date, settings: ForecastSettings) -> ForecastSettings | None:
    """The study's settings for one day of readings; None for a day of another festival.

    Days near the study's festival or holiday have its register; any other day is an ordinary one,
    on which nobody has come home.
    """
    period = settings.period
    variation = settings.variation.model_copy(update={"home_cv": 0.0, "temperature_sd_c": 0.0})
    changes: dict[str, object] = {
        "step_minutes": STEP_MINUTES,
        "variation": variation,
        "scenarios": {"reading": Scenario()},
        "events": {},
    }
    if period.festival_year is not None:
        if FIRST_DAY <= festival_day(date, period.origin) <= LAST_DAY:
            own = Period(festival_year=period.festival_year, start=date, end=date)
            return settings.model_copy(update={**changes, "period": own})
    elif period.holiday is not None and (date.year, date.month) in (
        (period.origin.year, 9),
        (period.origin.year, 10),
    ):
        own = Period(start=date, end=date, holiday=period.holiday)
        return settings.model_copy(update={**changes, "period": own})
    if festival_near(date) is not None:
        return None
    own = Period(start=date, end=date)
    return settings.model_copy(update={**changes, "period": own, "registers": "none"})


def expected(
    readings: ClampReadings, settings: ForecastSettings, build: Build, n_customer: int
) -> Expected:
    """Draw the demand of all customers at every reading.

    Parameters
    ----------
    readings : of days for which ``settings_on`` has settings
    settings : of the study
    build : gives the homes and special loads of the days of some settings
    n_customer : of the feeder
    """
    dates, on_date = np.unique(readings.time.astype("M8[D]"), return_inverse=True)
    moments, moment = np.unique(readings.time.astype(np.int64) // STEP_MINUTES, return_inverse=True)
    shape = (N_DRAW, len(readings), n_customer)
    p_kw, q_kvar = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    is_home = np.zeros(n_customer, dtype=bool)
    for number, date in enumerate(dates.astype(object).tolist()):
        on = settings_on(date, settings)
        assert on is not None, "readings of such days are left out before"
        homes, special = build(on)
        is_home[homes.index] = True
        day = _Day(
            homes=homes,
            # machines run or rest on each day anew, with other numbers than the study's own days
            special=replace(special, streams=Streams(seed=settings.seed + 1 + number)),
            rows=np.flatnonzero(on_date == number),
            warmer_c=_warmer_c(readings, on_date == number, settings, number),
            number=number,
        )
        day.draw(moments, moment, settings, p_kw, q_kvar)
    _live_otherwise(np.flatnonzero(is_home), settings.seed, p_kw, q_kvar)
    return Expected(p_kw=p_kw, q_kvar=q_kvar, is_home=is_home)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Day:
    """One day of readings.

    Attributes
    ----------
    rows : int (row,) -- readings of the day
    warmer_c : float (draw,) -- than usual [K]
    number : of the day
    """

    homes: Homes
    special: SpecialLoads
    rows: IntArray
    warmer_c: FloatArray
    number: int

    def draw(
        self,
        moments: IntArray,
        moment: IntArray,
        settings: ForecastSettings,
        p_kw: Float32Array,
        q_kvar: Float32Array,
    ) -> None:
        """Fill in the day's readings (draw, reading, customer)."""
        step = moments[moment[self.rows]] % (24 * 60 // STEP_MINUTES)
        root = _root_of_correlation(moments)
        n_customer, mean_size = p_kw.shape[2], self.homes.mean_size()
        cv = np.array([MOMENT_CV[_is_evening(one)] for one in moments], dtype=np.float32)
        for draw in range(len(p_kw)):
            normal = (
                stream(settings.seed, "clamp: moments", draw).standard_normal(
                    (n_customer, len(moments)), dtype=np.float32
                )
                @ root.T
            )
            in_time = np.ones((2, n_customer, 24 * 60 // STEP_MINUTES), dtype=np.float32)
            for at, own in zip(step, moment[self.rows], strict=True):
                in_time[0, :, at] = lognormal(normal[:, own], float(cv[own]))
                in_time[1, :, at] = lognormal(normal[:, own], settings.variation.time_cv)
            fields = self.homes.fields(draw, in_time[0])
            homes = self.homes.demand(
                draw, fields, Scenario(), mean_size=mean_size, warmer_c=float(self.warmer_c[draw])
            )
            special = self.special.demand(draw, in_time[1])
            for target, home, other in zip((p_kw, q_kvar), homes, special, strict=True):
                target[draw][np.ix_(self.rows, self.homes.index)] = home[:, step].T
                target[draw][np.ix_(self.rows, self.special.index)] = other[:, step].T


def _live_otherwise(homes: IntArray, seed: int, p_kw: Float32Array, q_kvar: Float32Array) -> None:
    """Let some homes of each draw live as others (draw, reading, customer), on all its days."""
    for draw in range(len(p_kw)):
        uniform = stream(seed, "clamp: presence", draw).random((2, p_kw.shape[2]))[:, homes]
        other = homes[(uniform[1] * len(homes)).astype(np.int64)]
        source = np.where(uniform[0] < OTHERWISE, other, homes)
        for power in (p_kw, q_kvar):
            power[draw][:, homes] = power[draw][:, source]


def _is_evening(moment: int) -> bool:
    hour = moment * STEP_MINUTES // 60 % 24
    return bool(EVENING_H[0] <= hour < EVENING_H[1])


def _root_of_correlation(moments: IntArray) -> Float32Array:
    """Cholesky factor of the correlation between moments of one home (moment, moment)."""
    apart_h = np.abs(moments[:, None] - moments) * STEP_MINUTES / 60
    correlation = np.exp(-apart_h / MOMENT_CORRELATION_H) + 1e-9 * np.eye(len(moments))
    return np.linalg.cholesky(correlation).astype(np.float32)


def _warmer_c(
    readings: ClampReadings, rows: BoolArray, settings: ForecastSettings, number: int
) -> FloatArray:
    """How much warmer than usual a day of readings was (draw,) [K]."""
    normal = np.array(
        [
            stream(settings.seed, "clamp: temperature", draw).standard_normal(number + 1)[-1]
            for draw in range(N_DRAW)
        ]
    )
    known = readings.mean_c[rows]
    known = known[np.isfinite(known)]
    if not known.size or settings.usual_c is None:
        return UNKNOWN_C * normal
    return float(known.mean()) - settings.usual_c + KNOWN_C * normal
