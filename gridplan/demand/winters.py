"""Curves of meters cut into winters: the half year on both sides of each New Year's Day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from gridplan.demand.area_record import Festival
from gridplan.demand.calendar import nearest_festival
from gridplan.demand.metering import MeterReadings
from gridplan.demand.profiles import QUARTERS
from gridplan.demand.register import Register


def winters_of(
    readings: MeterReadings, mean_c: Mapping[dt.date, float] | None = None
) -> tuple[Festival, ...]:
    """The winters of some meters, ascending; all have the meters of ``readings``, in its order.

    Days on which no meter has a reading are left out. Nobody is on a register, and nothing is known
    of the transformer. ``mean_c``: daily mean temperature by date [°C].
    """
    seen = np.isfinite(readings.p_kw).any(axis=(0, 2))
    years, days = np.array([nearest_festival(date) for date in readings.days]).T
    celsius = np.array([(mean_c or {}).get(date, np.nan) for date in readings.days])
    nobody = Register.empty(len(readings.ids))
    winters = []
    for year in np.unique(years[seen]).tolist():
        own = seen & (years == year)
        winters.append(
            Festival(
                year=year,
                days=days[own],
                p_kw=readings.p_kw[:, own],
                total_kw=np.full((int(own.sum()), QUARTERS), np.nan, dtype=np.float32),
                temperature_c=celsius[own],
                listed=nobody.listed,
                away=nobody.stays_away,
                arrival=nobody.arrival,
                departure=nobody.departure,
            )
        )
    return tuple(winters)
