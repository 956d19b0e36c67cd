"""Which measured days of an area are ordinary winter days, and which a past festival's peak."""

from __future__ import annotations

import numpy as np

from gridplan.demand.calendar import new_year_days
from gridplan.demand.screening_input import Area
from gridplan.frozen import BoolArray, IntArray

#: Ordinary winter days: these months, and further than this from New Year's Day (A).
WINTER_MONTHS, ORDINARY_FROM_DAY = (11, 12, 1, 2, 3), 20
PEAK_DAYS = (-1, 3)  #: festival days of which a past festival's peak is taken


def ordinary_days(area: Area) -> BoolArray:
    """Which measured days are ordinary winter days: bool (day,)."""
    if area.curves is None:
        return np.zeros(0, dtype=bool)
    _, day = nearest_festival(area.curves.date)
    epoch = 719163  # ordinal of 1970-01-01
    month = (area.curves.date - epoch).astype("M8[D]").astype("M8[M]").astype(np.int64) % 12 + 1
    return (np.abs(day) > ORDINARY_FROM_DAY) & np.isin(month, WINTER_MONTHS)


def festival_peaks(area: Area, year: int) -> dict[int, float]:
    """Highest two hours of each festival before ``year`` with a measured day of ``PEAK_DAYS``."""
    if area.curves is None:
        return {}
    years, day = nearest_festival(area.curves.date)
    near = (day >= PEAK_DAYS[0]) & (day <= PEAK_DAYS[1]) & (years < year)
    return {
        int(one): float(area.curves.peak_kw[near & (years == one)].max())
        for one in np.unique(years[near])
    }


def nearest_festival(dates: IntArray) -> tuple[IntArray, IntArray]:
    """Year of the nearest New Year's Day and festival day of each ordinal: int (day,) both."""
    known = new_year_days()
    years = np.array(list(known))
    starts = np.array([day.toordinal() for day in known.values()])
    nearest = np.argmin(np.abs(dates[:, None] - starts), axis=1)
    return years[nearest], dates - starts[nearest]
