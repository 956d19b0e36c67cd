"""The curves of one transformer area side by side, by customer, with their clocks compared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from gridplan.demand.phase_curves import POSSIBLE_V, PhaseCurves
from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.phase_evidence import clock_lags, shifted
from gridplan.network.feeder import Feeder

LEAST_POINTS = 24  #: a curve with fewer points beside the transformer's says nothing
#: Homes that draw more than this share of what the transformer delivers: some ratio is missing.
TOO_MUCH = 1.3
SINGLE = -1  #: terminal of a single-phase meter


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The curves of one area, customer by customer.

    Attributes
    ----------
    customer : int (curve,) -- the customer of each curve
    terminal : int (curve,) -- 0 to 2 of a three-phase meter, ``SINGLE`` of a single-phase one
    u_v : float (curve, point) -- voltage, clocks put right, NaN where missing [V]
    p_kw : float (curve, point) -- power of a single-phase home, NaN where not known [kW]
    lag : int (curve,) -- quarter hours by which it was read later than the transformer's meter
    transformer_v, transformer_kw : float (3, point) -- NaN where not known
    last_day, n_day : of the readings
    notes : what was left out
    """

    customer: IntArray
    terminal: IntArray
    u_v: FloatArray
    p_kw: FloatArray
    lag: IntArray
    transformer_v: FloatArray
    transformer_kw: FloatArray
    last_day: dt.date
    n_day: int
    notes: tuple[Fault, ...]


def readings_of(
    feeder: Feeder, curves: PhaseCurves, transformer_meter: str | None, ct_ratio: float
) -> Readings:
    """Take the curves of a feeder's customers and of its transformer out of all that were read.

    Raises ``InputError`` when the transformer's meter is not known or reads fewer than three
    phases, or when no customer has readings.
    """
    n_meter, n_day = len(curves.ids), curves.u_v.shape[2]
    u_v = curves.u_v.reshape(n_meter, 3, -1).astype(np.float64)
    u_v[(u_v < POSSIBLE_V[0]) | (u_v > POSSIBLE_V[1])] = np.nan
    p_kw = curves.p_kw.reshape(n_meter, 4, -1).astype(np.float64)
    transformer = _transformer(feeder, curves, u_v, transformer_meter)
    transformer_v = u_v[transformer]
    position = {name: at for at, name in enumerate(feeder.customers.id.tolist())}
    own = np.array([position.get(name, -1) for name in curves.ids.tolist()], dtype=np.int64)
    own[transformer] = -1
    both = np.isfinite(u_v) & np.isfinite(transformer_v).all(axis=0)
    spoken: BoolArray = (both.sum(axis=2) >= LEAST_POINTS) & (own >= 0)[:, None]
    meter, place = np.nonzero(spoken)
    if not len(meter):
        what = "no meter of the readings is a customer's of this network"
        remedy = "are the meters named by the customers' numbers of the network file?"
        fault = Fault(code="phases-no-customers", where=feeder.name, what=what, remedy=remedy)
        raise InputError("identify_phases", [fault])
    terminal = np.where(spoken.sum(axis=1)[meter] > 1, place, SINGLE)
    lag = clock_lags(u_v[meter, place], transformer_v.mean(axis=0))
    lag = _one_clock(lag, meter)
    power = np.where((terminal == SINGLE)[:, None], p_kw[meter, 0], np.nan)
    transformer_kw = ct_ratio * p_kw[transformer, 1:]
    notes = _left_out(curves, own, transformer)
    notes += _ratio_faults(feeder, power, transformer_kw)
    if any(fault.code == "phases-ratio" for fault in notes):
        transformer_kw = np.full_like(transformer_kw, np.nan)
    last: dt.date = curves.start.astype("M8[D]").astype(object) + dt.timedelta(days=n_day - 1)
    return Readings(
        customer=own[meter],
        terminal=terminal,
        u_v=shifted(u_v[meter, place], lag),
        p_kw=power,
        lag=lag,
        transformer_v=transformer_v,
        transformer_kw=transformer_kw,
        last_day=last,
        n_day=n_day,
        notes=tuple(notes),
    )


def _transformer(feeder: Feeder, curves: PhaseCurves, u_v: FloatArray, named: str | None) -> int:
    """The row of the transformer's meter."""
    three = (np.isfinite(u_v).sum(axis=2) >= LEAST_POINTS).all(axis=1)
    customers = set(feeder.customers.id.tolist())
    ids = curves.ids.tolist()
    code, where, remedy = "phases-transformer", named or feeder.name, "name the transformer's meter"
    if named is not None:
        if named in ids and three[ids.index(named)]:
            return ids.index(named)
        what = "has no readings of three voltages" if named in ids else "is not among the readings"
        remedy = "export the voltage curves of the transformer's meter (台区总表)"
    else:
        found = [at for at, name in enumerate(ids) if three[at] and name not in customers]
        if len(found) == 1:
            return found[0]
        what = "several meters with three voltages are no customer's: "
        what += ", ".join(ids[at] for at in found[:5])
        if not found:
            what = "no meter with three voltages beside those of customers"
            remedy = "export the voltage curves of the transformer's meter (台区总表)"
    raise InputError("identify_phases", [Fault(code=code, where=where, what=what, remedy=remedy)])


def _one_clock(lag: IntArray, meter: IntArray) -> IntArray:
    """The terminals of one meter share its clock: the middle of what they say."""
    result = lag.copy()
    for number in np.unique(meter[np.bincount(meter)[meter] > 1]):
        of = meter == number
        result[of] = int(np.median(lag[of]))
    return result


def _left_out(curves: PhaseCurves, own: IntArray, transformer: int) -> list[Fault]:
    others = np.flatnonzero(own < 0)
    others = others[others != transformer]
    if not len(others):
        return []
    what = f"{len(others)} meters are no customers of this network: left out, "
    what += f"the first {curves.ids[others[0]]}"
    return [
        Fault(
            code="phases-meters-left-out",
            where="readings",
            what=what,
            severity="note",
            rows=len(others),
        )
    ]


def _ratio_faults(feeder: Feeder, p_kw: FloatArray, transformer_kw: FloatArray) -> list[Fault]:
    """A warning where homes draw more than the transformer is said to deliver."""
    known = np.isfinite(transformer_kw).all(axis=0)
    if not known.any():
        return []
    homes = np.nansum(p_kw[:, known], axis=0)
    delivered = transformer_kw[:, known].sum(axis=0)
    if homes.mean() <= TOO_MUCH * delivered.mean():
        return []
    what = f"homes draw {homes.mean():.3g} kW, the transformer's meter has {delivered.mean():.3g}"
    return [
        Fault(
            code="phases-ratio",
            where=feeder.name,
            what=f"{what}: its powers are left out",
            remedy="give the ratio of its current transformers",
            severity="warning",
        )
    ]
