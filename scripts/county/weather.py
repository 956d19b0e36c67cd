"""Daily mean temperatures with cold waves, and the hours of a day."""

from __future__ import annotations

import datetime as dt

import numpy as np

from county.places import Floats, random
from county.tables import STEPS

ORIGIN = dt.date(2014, 11, 1)  #: weather begins before the calendar's first festival
#: Coldest day's long-term mean, half the range of the year [C], and its day of the year: a plain
#: at 33 degrees north (A).
COLDEST_C, HALF_RANGE_C, COLDEST_DAY = 1.5, 13.0, 20
DAY_SD_C, DAY_TO_DAY = 2.0, 0.75  #: daily deviations and their correlation (A)
#: Cold waves from November to March: how often, and the first day's drop [K] (A).
WAVES_PER_DAY, WAVE_C = 1.0 / 16.0, (2.5, 5.0)
SWING_C = 3.5  #: half of the difference between afternoon and dawn (A)


def daily_means(first: dt.date, last: dt.date, seed: int) -> tuple[list[dt.date], Floats]:
    """Dates from ``first`` to ``last`` and their mean temperatures [C].

    A day has the same weather whatever period is asked for.
    """
    rng = random(seed, "weather")
    dates = [ORIGIN + dt.timedelta(days=day) for day in range((last - ORIGIN).days + 1)]
    angle = np.array([2.0 * np.pi * (d.timetuple().tm_yday - COLDEST_DAY) / 365.25 for d in dates])
    mean_c = COLDEST_C + HALF_RANGE_C * (1.0 - np.cos(angle))
    deviation, waves = np.zeros(len(dates)), np.zeros(len(dates))
    innovation = DAY_SD_C * np.sqrt(1.0 - DAY_TO_DAY**2)
    for day in range(1, len(dates)):
        noise, chance, drop_c = rng.normal(0.0, innovation), rng.random(), rng.uniform(*WAVE_C)
        deviation[day] = DAY_TO_DAY * deviation[day - 1] + noise
        waves[day] = 0.7 * waves[day - 1]
        if dates[day].month in (11, 12, 1, 2, 3) and chance < WAVES_PER_DAY:
            waves[day] -= drop_c
    skip = (first - ORIGIN).days
    return dates[skip:], (mean_c + deviation + waves)[skip:]


def by_step(mean_c: Floats) -> Floats:
    """Temperature of every simulation step of consecutive days [C]; warmest at 15 o'clock."""
    hours = np.arange(len(mean_c) * STEPS) * 24.0 / STEPS
    noons = 12.0 + 24.0 * np.arange(len(mean_c))
    smooth = np.interp(hours, noons, mean_c)
    return smooth + SWING_C * np.cos(2.0 * np.pi * (hours - 15.0) / 24.0)
