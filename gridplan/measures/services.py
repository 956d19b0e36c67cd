"""Measures at customers: three phases for large homes, devices that switch a box between phases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridplan.demand.cases import Demand
from gridplan.errors import InputError
from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.demands import of_customers, reshaped
from gridplan.measures.measure import VISIT, Area, Change, Measure, on_feeder
from gridplan.measures.situation import Situation
from gridplan.network.additions import taken
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder

#: Four-wire service cable of a home with three phases.
SERVICE_CABLE = "JKLYJ-1kV 4x16"
#: A controller decides this often, on the mean currents of the interval before [min] (assumption:
#: makers name 15 to 30 minutes).
SWITCH_MINUTES = 30.0


def three_phase_measures(situation: Situation) -> tuple[Measure, ...]:
    """Three phases for the single-phase homes that draw most at the peak, where poles have them."""
    feeder, wanted = situation.feeder, situation.settings.three_phase_homes
    customers = feeder.customers
    single = (customers.connected.sum(axis=1) == 1) & customers.may_move & ~customers.priority
    chosen: list[str] = []
    for at in np.argsort(-situation.peak_kw, kind="stable").tolist():
        if len(chosen) == wanted or situation.peak_kw[at] <= 0:
            break
        name = str(customers.id[at])
        if single[at] and _can_have_three(feeder, name):
            chosen.append(name)
    if not chosen:
        return ()
    after = feeder.with_three_phase_service(chosen, SERVICE_CABLE)
    changed = (after.lines.std_type != feeder.lines.std_type).nonzero()[0]
    cable_m = float(after.lines.length_m[changed].sum())
    kw = situation.peak_kw[np.isin(customers.id, chosen)].sum()
    return (
        Measure(
            kind="three_phase",
            label=f"three phases for {len(chosen)} large home{'s' if len(chosen) > 1 else ''}",
            place=", ".join(chosen),
            quantity=len(chosen),
            unit="home",
            detail=f"{', '.join(chosen)}: {kw:.1f} kW at the peak, spread evenly; "
            f"{cable_m:.0f} m of {SERVICE_CABLE}",
            change=on_feeder(lambda target: target.with_three_phase_service(chosen, SERVICE_CABLE)),
            work={VISIT: 1, "three_phase_service": len(chosen), "service_cable": cable_m},
            customers_out=len(chosen),
            one_by_one=True,
            needs=(
                "the owner's consent, and wiring inside the house that can be divided",
                "a three-phase residual-current device",
            ),
        ),
    )


def _can_have_three(feeder: Feeder, name: str) -> bool:
    try:
        feeder.with_three_phase_service([name], SERVICE_CABLE)
    except InputError:
        return False
    return True


def switching_measures(situation: Situation) -> tuple[Measure, ...]:
    """Phase-switching devices at the movable units that draw most at the peak.

    A controller at the transformer reads the mean phase currents of an interval and, for the next
    one, puts the units one after the other, the largest first, on the phase that then carries
    least. It knows nothing of the future.
    """
    customers = situation.feeder.customers
    kw = np.bincount(customers.unit, weights=situation.peak_kw, minlength=len(customers.unit_names))
    units = [
        unit
        for unit in np.argsort(-kw, kind="stable").tolist()
        if kw[unit] > 0 and _switchable(customers, unit)
    ][: situation.settings.switching_units]
    if not units:
        return ()
    names = customers.unit_names[units].tolist()
    on_devices = int(np.isin(customers.unit, units).sum())
    return (
        Measure(
            kind="switching",
            label=f"phase-switching devices at {len(units)} units",
            place=", ".join(names),
            quantity=len(units),
            unit="piece",
            detail=f"{', '.join(names)}: {kw[units].sum():.1f} kW at the peak; the controller acts "
            f"every {SWITCH_MINUTES:g} min on the interval before",
            change=_devices(names),
            work={VISIT: 1, "switching_device": len(units), "switching_controller": 1},
            customers_out=on_devices,
            one_by_one=True,
            needs=("three phases and space at each box", "a way for the controller to reach them"),
        ),
    )


def _switchable(customers: Customers, unit: int) -> bool:
    """Whether a unit may move and hangs on one phase."""
    members = customers.unit_members(unit)
    phases = customers.connected[members].any(axis=0)
    wye = (customers.wiring[members] != "delta").all()
    return bool(customers.may_move[members].all() and phases.sum() == 1 and wye)


def _devices(units: list[str]) -> Change:
    """Put devices at units: each customer of them three times, once per phase it may be on."""

    def changed(areas: tuple[Area, ...]) -> tuple[Area, ...]:
        first, *others = areas
        feeder, demand = with_switching(first.feeder, first.demand, units)
        return (replace(first, feeder=feeder, demand=demand), *others)

    return changed


def with_switching(feeder: Feeder, demand: Demand, units: list[str]) -> tuple[Feeder, Demand]:
    """Feeder and demand with phase-switching devices at some movable units.

    The customers behind the devices stand three times in both, on their own phase and on the two
    others; in each step one of the three draws what the customer draws, the others nothing.
    """
    customers = feeder.customers
    numbers = [customers.unit_names.tolist().index(name) for name in units]
    switched = np.flatnonzero(np.isin(customers.unit, numbers))
    n = len(customers)
    order = np.concatenate([np.arange(n), switched, switched])
    turned = np.concatenate([np.zeros(n, int), np.ones(len(switched), int),
                             np.full(len(switched), 2)])  # fmt: skip
    ids = np.array(
        [
            f"{name}~{turn}" if turn else name
            for name, turn in zip(customers.id[order].tolist(), turned.tolist(), strict=True)
        ]
    )
    shares = {
        name: np.array([np.roll(row, turn) for row, turn in zip(share[order], turned, strict=True)])
        for name, share in (("p_share", customers.p_share), ("q_share", customers.q_share))
    }
    fixed = customers.may_move[order] & ~np.isin(order, switched)
    many = taken(customers, order, id=ids, may_move=fixed, **shares)
    unit_at = np.searchsorted(np.sort(numbers), customers.unit[switched])
    share = customers.p_share
    starts = _starts(demand)

    def split(p_kw: FloatArray, q_kvar: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Numbers of the customers, then of their copies."""
        turn = _turns(p_kw[:, :n], share, switched, unit_at, starts)
        parts = []
        for part in (p_kw, q_kvar):
            copies = part.copy()
            for way in range(3):
                at = switched if way == 0 else n + (way - 1) * len(switched) + np.arange(
                    len(switched)
                )  # fmt: skip
                copies[:, at] = part[:, switched] * (turn[:, unit_at] == way)
            parts.append(copies)
        return parts[0], parts[1]

    copied = of_customers(demand, order)
    copied = replace(copied, customer_ids=ids)
    return replace(feeder, customers=many), reshaped(copied, split)


def _starts(demand: Demand) -> IntArray:
    """Steps with which the controller's intervals begin, by the clock."""
    if demand.step_minutes == 0:
        return np.arange(demand.n_step)
    minutes = demand.times.astype("datetime64[m]").astype(np.int64)
    number = minutes // round(max(SWITCH_MINUTES, demand.step_minutes))
    return np.flatnonzero(np.diff(number, prepend=number[0] - 1))


def _turns(
    p_kw: FloatArray, share: FloatArray, switched: IntArray, unit_at: IntArray, starts: IntArray
) -> IntArray:
    """How far each unit is turned from its own phase (scenario, unit, draw, step): 0, 1 or 2.

    In the first interval nothing is known, so all stay on their own phases.
    """
    n_step, n_interval = p_kw.shape[-1], len(starts)
    fixed = share.copy()
    fixed[switched] = 0
    base = np.einsum("sndt,np->sdtp", p_kw, fixed)
    base = np.add.reduceat(base, starts, axis=2)[:, :, :-1]
    n_unit = int(unit_at.max()) + 1
    units = np.zeros((p_kw.shape[0], n_unit, *p_kw.shape[2:]))
    for at, unit in zip(switched.tolist(), unit_at.tolist(), strict=True):
        units[:, unit] += p_kw[:, at]
    units = np.add.reduceat(units, starts, axis=3)[..., :-1]
    home = np.zeros(n_unit, dtype=np.int64)
    home[unit_at] = share[switched].argmax(axis=1)
    turn = np.zeros((p_kw.shape[0], n_unit, p_kw.shape[2], n_interval), dtype=np.int64)
    rank = np.argsort(-units, axis=1, kind="stable")
    for place in range(n_unit):
        unit = rank[:, place]
        kw = np.take_along_axis(units, unit[:, None], axis=1)[:, 0]
        phase = base.argmin(axis=-1)
        np.put_along_axis(
            base,
            phase[..., None],
            np.take_along_axis(base, phase[..., None], axis=-1) + kw[..., None],
            axis=-1,
        )
        way = (phase - home[unit]) % 3
        np.put_along_axis(turn[..., 1:], unit[:, None], way[:, None], axis=1)
    return np.repeat(turn, np.diff(starts, append=n_step), axis=-1)
