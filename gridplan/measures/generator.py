"""A generator truck: it carries a whole area, or one outgoing circuit, as an island.

The incomer is locked open, so nothing of the transformer is shared: the set is sized on the full
load, its worst phase and the start of the largest motor. It is connected once before the trouble
begins and disconnected once after it ends, two short interruptions. Frequency is the governor's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gridplan.demand.cases import Demand
from gridplan.frozen import BoolArray, FloatArray
from gridplan.measures.demands import of_ids
from gridplan.measures.measure import VISIT, Area, Change, Measure
from gridplan.measures.situation import Situation, hours_of
from gridplan.network.cutting import island_of, without_circuit
from gridplan.network.feeder import Feeder, Source

#: Power factor on the plate of a set.
SET_POWER_FACTOR = 0.8
#: Share of the rating that the expected peak may take: the rest is for what no draw has shown and
#: for an old engine (assumption).
LOADED_PERCENT = 80.0
#: Reactances of a salient-pole set with damper winding on its own rating [%]: transient, negative
#: and zero sequence (assumptions, the middle of what makers print; the regulator holds the
#: positive sequence at the terminals).
TRANSIENT_PERCENT, NEGATIVE_PERCENT, ZERO_PERCENT = 20.0, 15.0, 5.0
#: Deepest dip of the voltage while a motor starts [%]; contactors drop out near 30 (assumption).
DIP_PERCENT = 20.0
#: Apparent power of a squirrel-cage motor that starts direct, over its rated active power: six
#: times the rated current at an efficiency and power factor of 0.85 each (assumption).
START_FACTOR = 6.0 / (0.85 * 0.85)
#: Least load of a diesel [% of its rating]; below it soots up (assumption).
LEAST_PERCENT = 30.0
#: Kinds of customer with a motor.
MOTOR_KINDS = ("pump", "mill", "three_phase", "farm")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSize:
    """What a set must deliver, by each of its limits [kVA].

    Attributes
    ----------
    load_kva : 95th percentile over the draws of the highest load while it runs, with its reserve
    phase_kva : three times the worst phase, likewise
    motor_kva : what keeps the voltage up while the largest motor starts on top of the mean load
    mean_kw : mean load while it runs [kW], for the fuel
    """

    load_kva: float
    phase_kva: float
    motor_kva: float
    mean_kw: float

    @property
    def needed_kva(self) -> float:
        """The largest of them."""
        return max(self.load_kva, self.phase_kva, self.motor_kva)


def generator_source(sn_kva: float, nominal_v: float, vm_pu: float = 1.0) -> Source:
    """A set as a source: its regulator holds the positive sequence at the terminals.

    Its unbalanced currents meet the negative- and zero-sequence reactance. ``nominal_v`` is phase
    to neutral [V]; the star point is on the neutral of the busbar, earthed there.
    """
    base_ohm = 3 * nominal_v**2 / (sn_kva * 1e3)
    return Source(
        node=0,
        vm_pu=vm_pu,
        va_degree=0.0,
        z1_ohm=0j,
        z2_ohm=1j * NEGATIVE_PERCENT / 100 * base_ohm,
        z0_ohm=1j * ZERO_PERCENT / 100 * base_ohm,
    )


def motor_start_kva(start_kva: float, running_kva: float) -> float:
    """Rating that keeps the dip within ``DIP_PERCENT`` while a motor starts [kVA].

    Behind the transient reactance x' a motor that would draw ``start_kva`` at full voltage leaves
    U = 1 / (1 + x' S_start / S_n), so S_n = x' S_start (1 - dip) / dip; what runs already is added.
    """
    dip = DIP_PERCENT / 100
    return TRANSIENT_PERCENT / 100 * start_kva * (1 - dip) / dip + running_kva


def generator_measures(situation: Situation) -> tuple[Measure, ...]:
    """A truck for the whole area, and one for the worst circuit alone where there are several.

    None is proposed where no set at hand is large enough, or where no truck gets there.
    """
    if situation.demand.step_minutes == 0 or not situation.settings.truck_access:
        return ()
    stay = _stay(situation)
    if stay is None:
        return ()
    feeder, worst = situation.feeder, situation.worst_circuit()
    wholes: list[str | None] = [None]
    if len(feeder.circuits) > 1:
        wholes.append(str(feeder.circuits.name[worst]))
    measures = (_truck(situation, stay, circuit) for circuit in wholes)
    return tuple(measure for measure in measures if measure is not None)


def _stay(situation: Situation) -> BoolArray | None:
    """Steps (step,) from the connection to the disconnection; None where nothing is broken.

    The shortest run of days outside which no pending scenario keeps more trouble than is accepted;
    where that is longer than a truck may stay, the one that leaves least, in as many scenarios as
    can be served, the mildest first.
    """
    broken, days = situation.broken(), situation.days()
    hours = hours_of(situation, broken)
    if hours is None:
        return None
    padded = np.append(broken, np.zeros((*broken.shape[:2], 1), dtype=bool), axis=-1)
    by_day: BoolArray = np.logical_or.reduce(padded[..., days.steps], axis=-1)
    mildest = by_day[np.argsort(by_day.sum(axis=(1, 2)), kind="stable")]
    accepted = situation.settings.accept_probability
    longest = min(situation.settings.generator_days, days.n_day)
    for served in range(len(mildest), 0, -1):
        for length in range(1, longest + 1):
            for first in range(days.n_day - length + 1):
                if (_outside(mildest[:served], first, length) <= accepted).all():
                    return _steps_between(situation, first, first + length - 1, hours)
    first = int(
        np.argmin([_outside(by_day, at, longest).sum() for at in range(days.n_day - longest + 1)])
    )
    return _steps_between(situation, first, first + longest - 1, hours)


def _outside(by_day: BoolArray, first: int, length: int) -> FloatArray:
    """Share of the draws of each scenario with trouble outside a run of days (scenario,)."""
    outside = np.delete(by_day, np.s_[first : first + length], axis=-1).any(axis=-1)
    return np.asarray(outside.mean(axis=-1), dtype=np.float64)


def _steps_between(
    situation: Situation, first: int, last: int, hours: tuple[float, float]
) -> BoolArray:
    """Steps from the first hour of trouble on day ``first`` to the last one on day ``last``."""
    days, width = situation.days(), situation.sweep.step_minutes / 60
    begin = round((hours[0] - days.cut_h) / width)
    end = round((hours[1] - days.cut_h) / width)
    active = np.zeros(situation.demand.n_step + 1, dtype=bool)
    for day in range(first, last + 1):
        rows = days.steps[day, begin if day == first else 0 : end if day == last else None]
        active[rows] = True
    return active[:-1]


def set_size(situation: Situation, stay: BoolArray, members: BoolArray) -> SetSize:
    """What a set must deliver for some customers (customer,) while it stays."""
    customers = situation.feeder.customers
    rows = [situation.demand.scenarios.index(name) for name in situation.pending]
    total, phase, mean, mean_kw = [], [], [], []
    for first in range(0, situation.demand.n_draw, 8):
        block = situation.demand.block(first, min(first + 8, situation.demand.n_draw))
        p_kw, q_kvar = (part[rows][:, members][..., stay] for part in block)
        per_phase = [
            np.einsum("sndt,np->psdt", part, share[members])
            for part, share in ((p_kw, customers.p_share), (q_kvar, customers.q_share))
        ]
        s_phase = np.hypot(*per_phase)
        s_kva = np.hypot(p_kw.sum(axis=1), q_kvar.sum(axis=1))
        total.append(s_kva.max(axis=-1))
        phase.append(s_phase.max(axis=(0, -1)))
        mean.append(s_kva.mean(axis=-1))
        mean_kw.append(p_kw.sum(axis=1).mean(axis=-1))
    reserve = 100 / LOADED_PERCENT
    peak, worst = (_covered(np.concatenate(part, axis=1)) for part in (total, phase))
    running = float(np.concatenate(mean, axis=1).mean())
    motors = members & np.isin(customers.kind, MOTOR_KINDS) & (customers.connected.all(axis=1))
    rated_kw = float(customers.p_kw[motors].max(initial=0.0))
    return SetSize(
        load_kva=reserve * peak,
        phase_kva=reserve * 3 * worst,
        motor_kva=motor_start_kva(START_FACTOR * rated_kw, running) if rated_kw else 0.0,
        mean_kw=float(np.concatenate(mean_kw, axis=1).mean()),
    )


def _covered(peaks: FloatArray) -> float:
    """95th percentile over the draws (scenario, draw), of the worst scenario."""
    return float(np.percentile(peaks, 95, axis=1).max())


def _truck(situation: Situation, stay: BoolArray, circuit: str | None) -> Measure | None:
    """A truck for the area or one circuit; None where no set at hand is large enough."""
    feeder, demand = situation.feeder, situation.demand
    members = np.ones(len(feeder.customers), dtype=bool)
    if circuit is not None:
        members = situation.circuit_of == feeder.circuits.name.tolist().index(circuit)
    if not members.any() or (circuit is not None and members.all()):
        return None
    size = set_size(situation, stay, members)
    sizes_kw = sorted(situation.settings.generators_kw)
    kw = next((one for one in sizes_kw if one / SET_POWER_FACTOR >= size.needed_kva), None)
    if kw is None:
        return None
    kva = kw / SET_POWER_FACTOR
    first, last = (demand.times[index] for index in np.flatnonzero(stay)[[0, -1]])
    hours = float(stay.sum()) * demand.step_minutes / 60
    what = "the whole area" if circuit is None else circuit
    days = math.ceil(hours / 24)
    low = size.mean_kw < LEAST_PERCENT / 100 * kw
    return Measure(
        kind="generator",
        label=f"{kw:g} kW generator truck for {what}",
        place=str(feeder.nodes.name[feeder.busbar]) if circuit is None else circuit,
        quantity=kw,
        unit="kW",
        detail=f"island from {_clock(first)} to {_clock(last)} ({hours:.0f} h); needs "
        f"{size.needed_kva:.0f} kVA: load {size.load_kva:.0f}, worst phase "
        f"{size.phase_kva:.0f}, motor start {size.motor_kva:.0f}; connected at "
        f"{'the busbar' if circuit is None else f'the cabinet, on {circuit}'}"
        + ("; a load bank or a smaller set, the load is low" if low else ""),
        change=_island(kva, stay, circuit),
        work={
            VISIT: 1,
            "generator_connection": 1,
            "generator_kw_day": kw * days,
            "generator_kwh": size.mean_kw * hours,
        },
        customers_out=int(members.sum()),
        lasts=False,
        needs=GENERATOR_NEEDS,
    )


#: What a crew checks with a truck; the first is what keeps the neighbours' line workers alive.
GENERATOR_NEEDS = (
    "incomer open, locked and tagged before the truck is connected; never two sources",
    "neutral of the set joined to the neutral of the cabinet and earthed",
    "phase sequence of the set as that of the transformer, measured at the cabinet",
    "residual-current devices tested on the set",
    "road and standing ground for the truck, cable to the cabinet, exhaust and noise",
)


def _clock(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="m")).replace("T", " ")


def _island(kva: float, stay: BoolArray, circuit: str | None) -> Change:
    """States in turn: fed as today outside the stay, by the set (and the rest) inside it.

    They are the same circuits, so their findings go by the same names.
    """

    def changed(areas: tuple[Area, ...]) -> tuple[Area, ...]:
        first, *others = areas
        feeder = first.feeder
        source = generator_source(kva, float(feeder.nodes.nominal_v[feeder.busbar]))
        island = island_of(feeder, source, circuit)
        fed = Area(feeder=island, demand=_of(first, island), set_kva=kva, active=stay)
        as_today = replace(first, active=~stay)
        if circuit is None:
            return (as_today, fed, *others)
        rest = without_circuit(feeder, circuit)
        beside = replace(first, feeder=rest, demand=_of(first, rest), active=stay)
        return (as_today, fed, beside, *others)

    return changed


def _of(area: Area, part: Feeder) -> Demand:
    """Demand of the customers of a part."""
    return of_ids(area.demand, part.customers.id.tolist())
