"""Measures with reactive power: a fixed capacitor, a static generator (SVG) that balances too."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from gridplan.frozen import FloatArray
from gridplan.measures.demands import Extra, with_devices
from gridplan.measures.measure import VISIT, Area, Change, Measure, on_feeder
from gridplan.measures.situation import Situation
from gridplan.network import additions

#: Power factor that a fixed capacitor is sized for at the peak; villages are to keep 0.9 (status
#: K), more would be too much by day.
_TARGET_POWER_FACTOR = 0.98
_CAPACITOR_STEP_KVAR = 5.0  #: sizes on the market go in such steps (assumption)
_SVG_KVAR = (30.0, 50.0, 75.0, 100.0, 150.0, 200.0)  #: sizes on the market (assumption)
#: What a static generator burns, of its rating [%] (assumption; makers name 2 to 3).
SVG_LOSS_PERCENT = 2.5
SVG = "SVG"


def capacitor_measures(situation: Situation) -> tuple[Measure, ...]:
    """A fixed capacitor at the busbar, sized on the peak of the first draws."""
    feeder = situation.feeder
    p_kw, q_kvar = float(situation.peak_kw.sum()), float(situation.peak_kvar.sum())
    wanted = q_kvar - p_kw * math.tan(math.acos(_TARGET_POWER_FACTOR))
    kvar = _CAPACITOR_STEP_KVAR * math.floor(wanted / _CAPACITOR_STEP_KVAR + 0.5)
    if kvar <= 0:
        return ()
    node = str(feeder.nodes.name[feeder.busbar])
    before = p_kw / math.hypot(p_kw, q_kvar)
    after = p_kw / math.hypot(p_kw, q_kvar - kvar)
    return (
        Measure(
            kind="capacitor",
            label=f"{kvar:g} kvar capacitor at the busbar",
            place=node,
            quantity=kvar,
            unit="kvar",
            detail=f"power factor at the peak {before:.2f} to {after:.2f}",
            change=on_feeder(lambda target: target.with_capacitor(node, kvar)),
            work={VISIT: 1, "capacitor_bank": 1, "capacitor_kvar": kvar},
            customers_out=len(feeder.customers),
            needs=("switched off at light load, or it raises the voltage then",),
        ),
    )


def svg_measures(situation: Situation) -> tuple[Measure, ...]:
    """A static generator at the busbar that evens the phases out and takes their reactive power."""
    feeder = situation.feeder
    customers = feeder.customers
    p_phase = (situation.peak_kw[:, None] * customers.p_share).sum(axis=0)
    q_phase = (situation.peak_kvar[:, None] * customers.q_share).sum(axis=0)
    needed = 3 * float(np.hypot(p_phase - p_phase.mean(), q_phase).max())
    kvar = next((size for size in _SVG_KVAR if size >= needed), _SVG_KVAR[-1])
    node = str(feeder.nodes.name[feeder.busbar])
    return (
        Measure(
            kind="svg",
            label=f"{kvar:g} kvar SVG at the busbar",
            place=node,
            quantity=kvar,
            unit="kvar",
            detail=f"{needed:.0f} kvar would even out the peak; "
            "it relieves the transformer, not the lines behind it",
            change=_svg(node, kvar),
            work={VISIT: 1, "svg_cabinet": 1, "svg_kvar": kvar},
            customers_out=len(feeder.customers),
            needs=("a place for the cabinet, and its noise",),
        ),
    )


def _svg(node: str, kvar: float) -> Change:
    """Put the device at a node: what it does depends on what the customers draw."""

    def changed(areas: tuple[Area, ...]) -> tuple[Area, ...]:
        first, *others = areas
        feeder, demand = first.feeder, first.demand
        with_it = additions.with_devices(feeder, [SVG], node)
        ids = with_it.customers.id[len(feeder.customers) :].tolist()
        extra = svg_power(feeder.customers.p_share, feeder.customers.q_share, kvar)
        return (
            replace(first, feeder=with_it, demand=with_devices(demand, ids, extra)),
            *others,
        )

    return changed


def svg_power(p_share: FloatArray, q_share: FloatArray, kvar: float) -> Extra:
    """What a static generator of ``kvar`` draws beside customers with these shares (customer, 3).

    Per phase it draws what evens the active power out, in sum nothing but its losses, and gives the
    reactive power; where its rating per phase is too small, all of it in proportion. What the
    customers draw counts at nominal voltage: a controller sees currents.
    """
    loss_kw = SVG_LOSS_PERCENT / 100 * kvar / 3

    def extra(p_kw: FloatArray, q_kvar: FloatArray) -> tuple[FloatArray, FloatArray]:
        p_phase = np.einsum("sndt,np->spdt", p_kw, p_share)
        q_phase = np.einsum("sndt,np->spdt", q_kvar, q_share)
        p_more = p_phase.mean(axis=1, keepdims=True) - p_phase
        size = np.hypot(p_more, q_phase).max(axis=1, keepdims=True)
        share = np.minimum(1.0, kvar / 3 / np.maximum(size, 1e-9))
        idle = p_phase.sum(axis=1, keepdims=True) == 0
        return share * p_more + np.where(idle, 0.0, loss_kw), -share * q_phase

    return extra
