"""Demand as measures change it: customers chosen, added, moved in time; never the numbers kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from gridplan.demand.cases import Demand
from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, FloatArray, IntArray

#: ``extra(p_kw, q_kvar)`` -> demand of devices (scenario, device, draw, step) [kW, kvar] beside
#: that of the customers (scenario, customer, draw, step).
Extra = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
#: ``change(p_kw, q_kvar)`` -> the same shapes, changed.
Reshape = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


def reshaped(demand: Demand, change: Reshape) -> Demand:
    """The demand with the numbers of every draw changed."""
    before = demand.sampler
    return replace(demand, sampler=lambda first, last: change(*before(first, last)))


def of_customers(demand: Demand, index: IntArray) -> Demand:
    """The demand of some customers, in the order of ``index``."""
    before = demand.sampler

    def sampler(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        p_kw, q_kvar = before(first, last)
        return p_kw[:, index], q_kvar[:, index]

    return replace(
        demand,
        customer_ids=demand.customer_ids[index],
        occupancy=demand.occupancy[:, index],
        sampler=sampler,
    )


def of_ids(demand: Demand, ids: Sequence[str]) -> Demand:
    """The demand of the customers with these numbers, in their order."""
    place = {name: at for at, name in enumerate(demand.customer_ids.tolist())}
    return of_customers(demand, np.array([place[name] for name in ids], dtype=np.int64))


def with_devices(demand: Demand, ids: Sequence[str], extra: Extra) -> Demand:
    """The demand with that of devices after its customers, worked out from what they draw."""
    before = demand.sampler

    def sampler(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        own = before(first, last)
        more = extra(*own)
        p_kw, q_kvar = (np.concatenate(pair, axis=1) for pair in zip(own, more, strict=True))
        return p_kw, q_kvar

    n_scenario = len(demand.scenarios)
    return replace(
        demand,
        customer_ids=np.append(demand.customer_ids, list(ids)),
        occupancy=np.concatenate([demand.occupancy, np.zeros((n_scenario, len(ids)))], axis=1),
        sampler=sampler,
    )


def joined(first: Demand, second: Demand) -> Demand:
    """The demand of two areas over the same draws, one after the other.

    Raises ``InputError`` where scenarios, draws or steps differ.
    """
    same = (
        first.scenarios == second.scenarios
        and first.n_draw == second.n_draw
        and np.array_equal(first.times, second.times)
    )
    if not same:
        what = f"{first!r} and {second!r} have different axes"
        remedy = "forecast both areas with the same study"
        fault = Fault(code="demand-axes", where="demand", what=what, remedy=remedy)
        raise InputError("joined", [fault])

    def sampler(first_draw: int, last_draw: int) -> tuple[FloatArray, FloatArray]:
        parts = first.block(first_draw, last_draw), second.block(first_draw, last_draw)
        p_kw, q_kvar = (np.concatenate(pair, axis=1) for pair in zip(*parts, strict=True))
        return p_kw, q_kvar

    return replace(
        first,
        customer_ids=np.concatenate([first.customer_ids, second.customer_ids]),
        occupancy=np.concatenate([first.occupancy, second.occupancy], axis=1),
        sampler=sampler,
    )


def only_when(demand: Demand, active: BoolArray) -> Demand:
    """The demand in some steps, nothing in all others.

    ``active`` is (step,), or (draw, step) where the draws stand for different days.
    """
    per_draw = np.broadcast_to(active, (demand.n_draw, demand.n_step))
    before = demand.sampler

    def sampler(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        p_kw, q_kvar = before(first, last)
        return p_kw * per_draw[first:last], q_kvar * per_draw[first:last]

    return replace(demand, sampler=sampler)


def hour_of_day(demand: Demand) -> FloatArray:
    """Hour at which each step begins (step,) [h]."""
    minutes = demand.times - demand.times.astype("datetime64[D]")
    return minutes.astype("timedelta64[m]").astype(np.float64) / 60


def day_from(demand: Demand, hour: float) -> IntArray:
    """Number of the day of each step (step,), days counted from ``hour`` to ``hour``."""
    shifted = demand.times - np.timedelta64(round(hour * 60), "m")
    days = shifted.astype("datetime64[D]").astype(np.int64)
    return days - days.min()


def per_day(values: FloatArray, day: IntArray) -> FloatArray:
    """Sum over the steps of each day (..., day)."""
    starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    return np.add.reduceat(values, starts, axis=-1)


def so_far(values: FloatArray, day: IntArray) -> FloatArray:
    """Sum since the day began, the step itself included (..., step)."""
    total = np.cumsum(values, axis=-1)
    starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    before = np.where(starts > 0, total[..., starts - 1], 0.0)
    number = np.cumsum(np.diff(day, prepend=day[0] - 1) != 0) - 1
    return np.asarray(total - before[..., number], dtype=np.float64)
