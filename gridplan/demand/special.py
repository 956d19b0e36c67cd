"""Special loads: machines, shops, public buildings, charging points, photovoltaics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.profiles import special_kinds, special_series, tan_phi
from gridplan.demand.streams import stream
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray
from gridplan.network.customers import Customers

#: Daily yield of photovoltaics relative to a clear day: evenly between these, the same for all of a
#: draw (assumption).
CLEARNESS = (0.1, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpecialLoads:
    """Special loads of a feeder; they follow the rating that the network file carries.

    Attributes
    ----------
    index : int (special,) -- customers
    n_customer : number of all customers
    p_kw : float (special, day, step of day) -- demand on the days that they run [kW]
    tan_phi : float (special,) -- reactive over active power
    running_days : float (special,) -- share of the days on which they run
    varies : bool (special,) -- vary from quarter hour to quarter hour
    by_sun : bool (special,) -- follow the clearness of the day
    seed : of the random numbers
    """

    index: IntArray
    n_customer: int
    p_kw: FloatArray
    tan_phi: FloatArray
    running_days: FloatArray
    varies: BoolArray
    by_sun: BoolArray
    seed: int

    @classmethod
    def of(
        cls, customers: Customers, index: IntArray, days: IntArray, *, step_minutes: int, seed: int
    ) -> SpecialLoads:
        """Take the customers ``index``; power factors of the file where no source gives one."""
        kinds = [special_kinds()[kind] for kind in customers.kind[index].tolist()]
        rating = customers.p_kw[index]
        series = [special_series(kind, days, step_minutes) for kind in kinds]
        of_file = np.divide(
            customers.q_kvar[index], rating, out=np.zeros(len(index)), where=rating != 0
        )
        of_kind = [kind.power_factor and float(tan_phi(kind.power_factor)) for kind in kinds]
        return cls(
            index=index,
            n_customer=len(customers),
            p_kw=rating[:, None, None]
            * np.array(series).reshape(len(index), len(days), 24 * 60 // step_minutes),
            tan_phi=np.array(
                [own if kind is None else kind for own, kind in zip(of_file, of_kind, strict=True)]
            ),
            running_days=np.array([kind.running_days for kind in kinds], dtype=np.float64),
            varies=np.array([kind.varies for kind in kinds], dtype=bool),
            by_sun=np.array([kind.shape == "pv" for kind in kinds], dtype=bool),
            seed=seed,
        )

    def demand(self, draw: int, in_time: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Demand of one draw (special, step) [kW, kvar]; ``in_time`` varies all customers."""
        n_day = self.p_kw.shape[1]
        uniform = stream(self.seed, "running days", draw).random((self.n_customer, n_day))[
            self.index
        ]
        share = (uniform < self.running_days[:, None]).astype(np.float64)
        share[self.by_sun] = stream(self.seed, "clearness", draw).uniform(*CLEARNESS, n_day)
        p_kw = (self.p_kw * share[..., None]).astype(np.float32)
        p_kw = p_kw.reshape(len(self.index), n_day * self.p_kw.shape[2])
        p_kw[self.varies] *= in_time[self.index[self.varies]]
        return p_kw, p_kw * self.tan_phi[:, None].astype(np.float32)
