"""A connection that is asked for: when it draws, and the feeder and demand with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gridplan.demand.cases import Demand
from gridplan.demand.pending import DEFAULT_POWER_FACTOR, PendingConnection, with_pending
from gridplan.demand.profiles import QUARTERS, tan_phi
from gridplan.frozen import BoolArray, FloatArray
from gridplan.measures.demands import hour_of_day, with_devices
from gridplan.measures.measure import Area
from gridplan.network.customers import PHASES
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult

THREE_PHASE = "abc"
#: What a request is called until it has a customer number.
NEW_CUSTOMER = "new connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadProfile:
    """When a kind of load draws its full power, for want of anything better.

    Attributes
    ----------
    first, last : quarter hours of the day, the last one not included
    power_factor : lagging
    """

    first: int
    last: int
    power_factor: float


#: Kinds of load by name (assumptions): every hour; a car put on charge after dinner, done by
#: morning; a heater from dusk to bedtime.
LOAD_PROFILES: Mapping[str, LoadProfile] = {
    "flat": LoadProfile(first=0, last=QUARTERS, power_factor=DEFAULT_POWER_FACTOR),
    "ev": LoadProfile(first=4 * 18, last=4 * 7, power_factor=0.98),
    "heater": LoadProfile(first=4 * 17, last=4 * 23, power_factor=1.0),
}


def load_profile(
    name: str, hours: tuple[int, int] | None = None, power_factor: float | None = None
) -> LoadProfile:
    """A profile by name, with other hours (quarters of the day) or another power factor."""
    known = LOAD_PROFILES[name]
    first, last = (known.first, known.last) if hours is None else hours
    return LoadProfile(first=first, last=last, power_factor=power_factor or known.power_factor)


def drawing(demand: Demand, connection: PendingConnection) -> BoolArray:
    """Steps (step,) of a demand in which a connection draws; all of snapshots."""
    if demand.step_minutes == 0:
        return np.ones(demand.n_step, dtype=bool)
    quarter = np.floor(4 * hour_of_day(demand)).astype(np.int64)
    width = max(1, round(demand.step_minutes / 15))
    running = connection.running
    return np.asarray(
        np.any([running[(quarter + part) % QUARTERS] > 0 for part in range(width)], axis=0)
    )


def with_connection(area: Area, connection: PendingConnection) -> Area:
    """The area with one more customer, who draws the full power in all hours asked for.

    Every draw has it: what is asked for must be there when it is wanted. A step that it draws in
    part counts whole.

    Raises ``StudyError`` where the node or one of its phases is not there.
    """
    feeder = with_pending(area.feeder, [connection])
    active = drawing(area.demand, connection) * connection.kw
    tangent = float(tan_phi(np.array([connection.power_factor]))[0])

    def extra(p_kw: FloatArray, _: FloatArray) -> tuple[FloatArray, FloatArray]:
        shape = (p_kw.shape[0], 1, *p_kw.shape[2:])
        own = np.broadcast_to(active, shape)
        return own, own * tangent

    demand = with_devices(area.demand, [connection.name], extra)
    return replace(area, feeder=feeder, demand=demand)


def phases_to_try(
    feeder: Feeder, sweep: SweepResult, node: str, wanted: str | None
) -> tuple[str, ...]:
    """Phases that a request is tried on, in this order: the wanted one, then the lightest.

    Three phases are tried as they are asked for. Without a wish every phase that the node has.
    """
    if wanted == THREE_PHASE:
        return (THREE_PHASE,)
    at = np.flatnonzero(feeder.nodes.name == node)
    there = feeder.nodes.wires[at[0], :3] if at.size else np.zeros(3, dtype=bool)
    peak_a = np.nan_to_num(sweep.i_phase_a, nan=0.0).max(axis=2).mean(axis=(0, 1))
    own = [PHASES[phase] for phase in np.argsort(peak_a, kind="stable") if there[phase]]
    first = [wanted] if wanted is not None else []
    return tuple(dict.fromkeys([*first, *own])) or tuple(PHASES[:1])
