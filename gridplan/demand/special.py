"""Special loads: machines, shops, public buildings, charging points, photovoltaics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gridplan.demand.holidays import Holidays
from gridplan.demand.pending import TABLE, PendingConnection
from gridplan.demand.profiles import (
    special_day,
    special_kinds,
    special_series,
    step_means,
    tan_phi,
)
from gridplan.demand.seasons import ordinary_activity
from gridplan.demand.settings import ForecastSettings
from gridplan.demand.streams import PENDING, Streams
from gridplan.demand.sunlight import panel_share
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray
from gridplan.network.customers import Customers

SUN = "sun"  #: shape of photovoltaics
#: Daily yield of photovoltaics relative to a clear day, the same for all of a draw: the least, and
#: the two parameters of the beta distribution of what lies above it (assumptions; mean 0.61).
DARKEST, CLEARNESS_BETA = 0.1, (2.0, 1.5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpecialLoads:
    """Special loads of a feeder; they follow the rating that the network file carries.

    Attributes
    ----------
    index : int (special,) -- customers
    n_customer : number of all customers
    p_kw : float (special, day, step of day) -- demand on the days that they run [kW]
    tan_phi : float (special,) -- reactive over active power
    running_days : float (special, day) -- probability of running on that day
    there : float (special,) -- probability of being there at all (pending connections)
    varies : bool (special,) -- vary from quarter hour to quarter hour
    by_sun : bool (special,) -- follow the clearness of the day
    streams : of random numbers
    """

    index: IntArray
    n_customer: int
    p_kw: FloatArray
    tan_phi: FloatArray
    running_days: FloatArray
    there: FloatArray
    varies: BoolArray
    by_sun: BoolArray
    streams: Streams

    @classmethod
    def of(
        cls,
        customers: Customers,
        index: IntArray,
        settings: ForecastSettings,
        *,
        holidays: Holidays,
        pending: Mapping[str, PendingConnection],
        streams: Streams,
    ) -> SpecialLoads:
        """Take the customers ``index``; power factors of the file where no source gives one.

        Customers that ``with_pending`` has added follow their entry in ``pending``.
        """
        settled = {
            kind: _program(kind, settings, holidays) for kind in set(customers.kind[index].tolist())
        }
        applied = [
            pending.get(name) if table == TABLE else None
            for name, table in zip(
                customers.id[index].tolist(), customers.table[index].tolist(), strict=True
            )
        ]
        kinds = [special_kinds()[kind] for kind in customers.kind[index].tolist()]
        n_day, step_minutes = len(settings.period.dates), settings.step_minutes
        share = np.zeros((len(index), n_day, 24 * 60 // step_minutes))
        running = np.ones((len(index), n_day))
        for at, (kind, one) in enumerate(zip(customers.kind[index].tolist(), applied, strict=True)):
            if one is None:
                share[at], running[at] = settled[kind]
            else:
                share[at] = step_means(one.running, step_minutes)
        rating = customers.p_kw[index]
        of_file = np.divide(
            customers.q_kvar[index], rating, out=np.zeros(len(index)), where=rating != 0
        )
        of_kind = [
            float(tan_phi(kind.power_factor)) if kind.power_factor and one is None else None
            for kind, one in zip(kinds, applied, strict=True)
        ]
        own = np.array([one is None for one in applied], dtype=bool)
        return cls(
            index=index,
            n_customer=len(customers),
            p_kw=rating[:, None, None] * share,
            tan_phi=np.array(
                [
                    file if kind is None else kind
                    for file, kind in zip(of_file, of_kind, strict=True)
                ]
            ),
            running_days=running,
            there=np.array(
                [1.0 if one is None else one.probability for one in applied], dtype=float
            ),
            varies=np.array([kind.varies for kind in kinds], dtype=bool) & own,
            by_sun=np.array([kind.shape == SUN for kind in kinds], dtype=bool) & own,
            streams=streams,
        )

    def expected_kw(self) -> FloatArray:
        """Mean demand over the draws (special, step) [kW]."""
        share = self.running_days.clip(max=1.0) * self.there[:, None]
        n_step = self.p_kw.shape[1] * self.p_kw.shape[2]
        return np.asarray((self.p_kw * share[..., None]).reshape(len(self.index), n_step))

    def demand(
        self, draw: int, in_time: Float32Array, running_days_factor: float = 1.0
    ) -> tuple[Float32Array, Float32Array]:
        """Demand of one draw (special, step) [kW, kvar]; ``in_time`` varies all customers."""
        n_day = self.p_kw.shape[1]
        uniform = self.streams.uniform("running days", draw, (self.n_customer, n_day))[self.index]
        share = (uniform < self.running_days * running_days_factor).astype(np.float64)
        share[self.by_sun] = self._clearness(draw, n_day)
        if (self.there < 1).any():
            there = self.streams.uniform(PENDING, draw, (self.n_customer,))[self.index]
            share *= (there < self.there)[:, None]
        p_kw = (self.p_kw * share[..., None]).astype(np.float32)
        p_kw = p_kw.reshape(len(self.index), n_day * self.p_kw.shape[2])
        p_kw[self.varies] *= in_time[self.index[self.varies]]
        return p_kw, p_kw * self.tan_phi[:, None].astype(np.float32)

    def _clearness(self, draw: int, n_day: int) -> FloatArray:
        """Yield relative to a clear day (day,): one cloud over all roofs of an area."""
        beta = self.streams.generator("clearness", draw).beta(*CLEARNESS_BETA, n_day)
        return DARKEST + (1.0 - DARKEST) * beta


def _program(
    kind: str, settings: ForecastSettings, holidays: Holidays
) -> tuple[FloatArray, FloatArray]:
    """Share of the rating (day, step of day) and probability of running (day,) of a kind."""
    period, special, step_minutes = settings.period, special_kinds()[kind], settings.step_minutes
    dates = period.dates
    if special.shape == SUN:
        quarters = panel_share(
            dates, latitude_deg=settings.latitude_deg, longitude_deg=settings.longitude_deg
        )
        return step_means(quarters, step_minutes), np.ones(len(dates))
    first, last = period.days
    if period.festival_year is not None:
        share = special_series(special, np.arange(first, last + 1), step_minutes)
        return share, np.full(len(dates), special.running_days)
    activity, running = ordinary_activity(kind, dates, holidays)
    return activity[:, None] * special_day(special, step_minutes), running
