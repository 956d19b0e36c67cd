"""Events of a study: a feast, drought pumping, drying, on top of what is drawn anyway."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field, field_validator, model_validator

from gridplan.demand.period import Settings
from gridplan.demand.profiles import QUARTERS, day_shapes, special_kinds, step_means, tan_phi
from gridplan.demand.streams import Streams, event_stream
from gridplan.errors import Fault, StudyError
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray
from gridplan.network.customers import Customers

AREA = "area"  #: in place of a customer: all homes that are lived in
#: Cookers, steamers, lights and music of a feast per guest [kW] (assumption).
KW_PER_GUEST = 0.12
_HOURS = re.compile(r"([01]\d|2[0-3]):(00|15|30|45)-(?:([01]\d|2[0-3]):(00|15|30|45)|24:(00))")


class Event(Settings):
    """A load that comes on top on some days.

    Attributes
    ----------
    kind : kind of load, as special loads have it ("feast", "pump", "tobacco_dryer", ...); gives the
        power factor, and the hours where none are given
    at : number of the customer, or "area": shared evenly by all homes that are lived in
    network : the network that it belongs to; None: every network of the study
    start, end : first and last day; without an end one day
    hours : "18:00-22:00", whole quarter hours; past midnight: "20:00-02:00"
    kw : demand while it lasts, in total [kW]
    guests : in place of kw, of a feast
    phases : of an area: only homes on this phase ("a", "b", "c"); None: all
    probability : that it takes place
    scenarios : the scenarios that have it; empty: all
    """

    kind: str
    at: str = AREA
    network: str | None = None
    start: dt.date
    end: dt.date | None = None
    hours: str | None = None
    kw: float | None = Field(default=None, gt=0, le=1000)
    guests: int | None = Field(default=None, gt=0, le=2000)
    phases: str | None = Field(default=None, pattern="^[abc]$")
    probability: float = Field(default=1.0, gt=0, le=1)
    scenarios: list[str] = Field(default_factory=list)

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        known = [name for name, special in special_kinds().items() if special.shape in day_shapes()]
        if kind not in known:
            raise ValueError(f"there is no kind {kind!r}; known are {', '.join(known)}")
        return kind

    @field_validator("hours")
    @classmethod
    def _quarter_hours(cls, hours: str | None) -> str | None:
        if hours is not None and not _HOURS.fullmatch(hours):
            raise ValueError(f"hours are {hours!r}; write whole quarter hours as 18:00-22:00")
        return hours

    @model_validator(mode="after")
    def _one_size(self) -> Event:
        if (self.kw is None) == (self.guests is None):
            raise ValueError("give kw or guests")
        if self.guests is not None and self.kind != "feast":
            raise ValueError("guests belong to a feast")
        if self.last < self.start:
            raise ValueError("the event ends before it begins")
        if self.phases is not None and self.at != AREA:
            raise ValueError("a customer has its own phases: leave phases out")
        return self

    @property
    def last(self) -> dt.date:
        """Last day."""
        return self.end or self.start

    @property
    def p_kw(self) -> float:
        """Demand while it lasts [kW]."""
        return self.kw if self.kw is not None else KW_PER_GUEST * (self.guests or 0)

    def share(self) -> FloatArray:
        """Share of the demand in each quarter hour of two days, from the event's midnight."""
        share = np.zeros(2 * QUARTERS)
        if self.hours is None:
            share[:QUARTERS] = day_shapes()[special_kinds()[self.kind].shape]
            return share
        first, last = (_quarter(text) for text in self.hours.split("-"))
        share[first : last if last > first else last + QUARTERS] = 1.0
        return share


def _quarter(clock: str) -> int:
    return 4 * int(clock[:2]) + int(clock[3:]) // 15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventLoads:
    """The events of a study on one feeder.

    Attributes
    ----------
    names : of the events that concern it
    p_kw : float (event, step) -- in total [kW]
    weight : float (event, customer) -- share of each customer; rows sum to 1
    tan_phi : float (event,) -- reactive over active power
    probability : float (event,) -- that it takes place
    active : bool (scenario, event)
    streams : of random numbers
    """

    names: tuple[str, ...]
    p_kw: FloatArray
    weight: FloatArray
    tan_phi: FloatArray
    probability: FloatArray
    active: BoolArray
    streams: Streams

    @classmethod
    def of(
        cls,
        events: Mapping[str, Event],
        customers: Customers,
        lives_in: BoolArray,
        *,
        network: str,
        dates: Sequence[dt.date],
        step_minutes: int,
        scenarios: Sequence[str],
        streams: Streams,
    ) -> EventLoads:
        """Take the events of a network; ``StudyError`` names all that find no customer."""
        own = {name: event for name, event in events.items() if event.network in (None, network)}
        ids = customers.id.tolist()
        phase = customers.phase
        weights, faults = [], []
        for name, event in own.items():
            members = _members(event, ids, lives_in, phase)
            if members.size == 0:
                what = f"{network} has no such customer or homes: at {event.at!r}"
                remedy = "give the number of a customer of the network, and name the network"
                place = f"events.{name}"
                faults.append(Fault(code="event-at", where=place, what=what, remedy=remedy))
                continue
            weight = np.zeros(len(customers))
            weight[members] = 1.0 / members.size
            weights.append(weight)
        if faults:
            raise StudyError(network, faults)
        kinds = [special_kinds()[event.kind] for event in own.values()]
        n_step = len(dates) * 24 * 60 // step_minutes
        return cls(
            names=tuple(own),
            p_kw=np.array([_series(event, dates, step_minutes) for event in own.values()]).reshape(
                len(own), n_step
            ),
            weight=np.array(weights).reshape(len(own), len(customers)),
            tan_phi=np.array([float(tan_phi(kind.power_factor or 1.0)) for kind in kinds]),
            probability=np.array([event.probability for event in own.values()]),
            active=np.array(
                [
                    [not event.scenarios or scenario in event.scenarios for event in own.values()]
                    for scenario in scenarios
                ],
                dtype=bool,
            ).reshape(len(scenarios), len(own)),
            streams=streams,
        )

    def add(self, draw: int, in_time: Float32Array, p_kw: FloatArray, q_kvar: FloatArray) -> None:
        """Add the events of one draw to its demand (scenario, customer, step) [kW, kvar].

        ``in_time`` varies the customers in time (customer, step).
        """
        for number, name in enumerate(self.names):
            if self.streams.uniform(event_stream(name), draw, (1,))[0] >= self.probability[number]:
                continue
            at = np.flatnonzero(self.weight[number])
            extra = self.weight[number, at, None] * self.p_kw[number] * in_time[at]
            for scenario in np.flatnonzero(self.active[:, number]):
                p_kw[scenario, at] += extra
                q_kvar[scenario, at] += extra * self.tan_phi[number]


def _members(event: Event, ids: list[str], lives_in: BoolArray, phase: np.ndarray) -> IntArray:
    """Customers that share an event."""
    if event.at != AREA:
        return np.array([ids.index(event.at)] if event.at in ids else [], dtype=np.int64)
    on_phase = np.ones(len(ids), dtype=bool) if event.phases is None else phase == event.phases
    return np.flatnonzero(lives_in & on_phase)


def _series(event: Event, dates: Sequence[dt.date], step_minutes: int) -> FloatArray:
    """Demand over the period (step,) [kW]; an evening may go on into the next day."""
    share = event.share().reshape(2, QUARTERS)
    total = np.zeros((len(dates), QUARTERS))
    for at, date in enumerate(dates):
        if event.start <= date <= event.last:
            total[at] += share[0]
        if event.start <= date - dt.timedelta(days=1) <= event.last:
            total[at] += share[1]
    return step_means(event.p_kw * total, step_minutes).ravel()
