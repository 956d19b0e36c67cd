"""Demand: what every customer draws in every case."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gridplan.demand.ambient import Ambient
from gridplan.errors import Fault
from gridplan.frozen import FloatArray, StrArray, own

if TYPE_CHECKING:
    from gridplan.demand.clamp_evidence import ClampFit

#: ``sampler(first_draw, last_draw)`` -> active [kW] and reactive [kvar] demand, each
#: (scenario, customer, draw, step), of the draws in ``range(first_draw, last_draw)``.
Sampler = Callable[[int, int], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demand:
    """Demand of all customers over the axes scenario, draw and step, drawn block by block.

    The numbers of a draw depend on nothing but the seed: neither on the block it is asked for in,
    nor on the worker that asks. Scenarios share their random numbers, so that they can be compared
    draw by draw.

    Attributes
    ----------
    scenarios : names of the scenarios
    n_draw : number of draws per scenario
    times : datetime64[m] (step,) -- start of each step, local time
    step_minutes : length of a step [min]; 0 when the cases are snapshots without an order in time
    customer_ids : str (customer,) -- the customers of the feeder that it belongs to, in their order
    occupancy : float (scenario, customer) -- probability that somebody is at home on the evening of
        the peak day
    sampler : gives the numbers, see ``Sampler``
    notes : what was dropped from the register or is hard to believe
    clamp : what the study's clamp readings say of levels and phase labels; None without readings
    replicates : the draws belong in turn to so many independent sequences, within which they are
        not independent (quasi-random draws); None: all draws are independent
    ambient : outdoor temperature of the cases; None where it is not known
    """

    scenarios: tuple[str, ...]
    n_draw: int
    times: npt.NDArray[np.datetime64]
    step_minutes: float
    customer_ids: StrArray
    occupancy: FloatArray
    sampler: Sampler
    notes: tuple[Fault, ...] = ()
    clamp: ClampFit | None = None
    replicates: int | None = None
    ambient: Ambient | None = None

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {"scenario": len(self.scenarios)}
        object.__setattr__(
            self, "times", own(self.times, "datetime64[m]", ("step",), sizes, name="Demand.times")
        )
        object.__setattr__(
            self,
            "customer_ids",
            own(self.customer_ids, np.str_, ("customer",), sizes, name="Demand.customer_ids"),
        )
        object.__setattr__(
            self,
            "occupancy",
            own(
                self.occupancy, np.float64, ("scenario", "customer"), sizes, name="Demand.occupancy"
            ),
        )

    @property
    def n_step(self) -> int:
        """Number of steps."""
        return len(self.times)

    @property
    def n_case(self) -> int:
        """Number of cases."""
        return len(self.scenarios) * self.n_draw * self.n_step

    def __repr__(self) -> str:
        return (
            f"<Demand: {len(self.scenarios)} scenarios x {self.n_draw} draws x {self.n_step} steps "
            f"= {self.n_case:,} cases, "
            f"{len(self.customer_ids)} customers>"
        )

    def block(self, first_draw: int, last_draw: int) -> tuple[FloatArray, FloatArray]:
        """Active [kW] and reactive [kvar] demand (scenario, customer, draw, step) of some draws."""
        return self.sampler(first_draw, last_draw)

    def only(self, scenarios: Sequence[str]) -> Demand:
        """The same demand in some of its scenarios, in the order given; no number changes."""
        unknown = [name for name in scenarios if name not in self.scenarios]
        if unknown or not scenarios:
            raise ValueError(f"no scenarios {unknown} among {self.scenarios}")
        keep = [self.scenarios.index(name) for name in scenarios]
        if keep == list(range(len(self.scenarios))):
            return self
        everything = self.sampler

        def sampler(first_draw: int, last_draw: int) -> tuple[FloatArray, FloatArray]:
            p_kw, q_kvar = everything(first_draw, last_draw)
            return p_kw[keep], q_kvar[keep]

        return replace(
            self,
            scenarios=tuple(scenarios),
            occupancy=self.occupancy[keep],
            sampler=sampler,
            ambient=None if self.ambient is None else self.ambient.only(keep),
        )

    def kept(self, limit_bytes: int = 600_000_000) -> Demand:
        """The same demand that remembers its numbers, for those who sweep it more than once.

        Itself when they would take more than ``limit_bytes``. Blocks are drawn when they are first
        asked for, and kept in single precision, in which a forecast is made.
        """
        shape = (len(self.scenarios), len(self.customer_ids), self.n_draw, self.n_step)
        if 2 * np.dtype(np.float32).itemsize * math.prod(shape) > limit_bytes:
            return self
        store = [np.empty(shape, dtype=np.float32) for _ in range(2)]
        drawn = np.zeros(self.n_draw, dtype=bool)

        def sampler(first_draw: int, last_draw: int) -> tuple[FloatArray, FloatArray]:
            draws = slice(first_draw, last_draw)
            if not drawn[draws].all():
                for kept, new in zip(store, self.block(first_draw, last_draw), strict=True):
                    kept[:, :, draws] = new
                drawn[draws] = True
            p_kw, q_kvar = (kept[:, :, draws].astype(np.float64) for kept in store)
            return p_kw, q_kvar

        return replace(self, sampler=sampler)

    @classmethod
    def from_arrays(
        cls,
        p_kw: npt.ArrayLike,
        q_kvar: npt.ArrayLike | None = None,
        *,
        customer_ids: npt.ArrayLike | None = None,
    ) -> Demand:
        """Own cases ``(case, customer)`` as a demand of one scenario, each a draw of one step.

        Rules that ask for a duration take a snapshot as lasting. Without ``q_kvar`` the demand is
        active only.
        """
        p = np.atleast_2d(np.asarray(p_kw, dtype=np.float64))
        q = (
            np.zeros_like(p)
            if q_kvar is None
            else np.atleast_2d(np.asarray(q_kvar, dtype=np.float64))
        )
        if p.shape != q.shape:
            raise ValueError(
                f"p_kw has shape {p.shape} and q_kvar {q.shape}; both are (case, customer)"
            )
        if not (np.isfinite(p).all() and np.isfinite(q).all()):
            raise ValueError("p_kw and q_kvar must be finite")
        cases_p, cases_q = (np.ascontiguousarray(a.T)[None, :, :, None] for a in (p, q))
        ids = (
            np.arange(p.shape[1]).astype(np.str_)
            if customer_ids is None
            else np.asarray(customer_ids, dtype=np.str_)
        )
        return cls(
            scenarios=("cases",),
            n_draw=p.shape[0],
            times=np.array(["1970-01-01T00:00"], dtype="datetime64[m]"),
            step_minutes=0.0,
            customer_ids=ids,
            occupancy=(p > 0).mean(axis=0, keepdims=True),
            sampler=lambda first, last: (cases_p[:, :, first:last], cases_q[:, :, first:last]),
        )
