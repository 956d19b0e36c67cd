"""What the meters of an area say of each customer, before any record is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.phase_evidence import (
    NONE,
    likeness,
    load_evidence,
    voltage_evidence,
)
from gridplan.measures.phase_posterior import (
    by_meters,
    log_odds,
    other_area,
    with_neighbours,
)
from gridplan.measures.phase_readings import SINGLE, Readings
from gridplan.network.customers import PERMUTATIONS

STANDS_STILL = 0.5  #: of what the transformer's voltages change in common
#: Prior probability that terminals a, b, c of a three-phase meter stand on phases a, b, c
#: (assumption).
IN_ORDER = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterVerdict:
    """What meters say, in the names of the transformer's meter.

    Attributes
    ----------
    odds : float (customer, 3) -- log-odds of phases a, b, c, of single-phase meters; 0 without any
    read : bool (customer,) -- which customers have readings
    three_phase : bool (customer,) -- which of them have meters with several terminals
    stuck : bool (customer,) -- its voltage stands still
    other_area : float (customer,) -- probability of another transformer, NaN without readings
    order : int (customer,) -- index into ``PERMUTATIONS``: terminal t stands on phase ``order[t]``;
        -1 for meters without three terminals
    lag : int (customer,) -- quarter hours by which the meter is read late
    """

    odds: FloatArray
    read: BoolArray
    three_phase: BoolArray
    stuck: BoolArray
    other_area: FloatArray
    order: IntArray
    lag: IntArray

    @property
    def strange(self) -> BoolArray:
        """Meters that are not of this area, or of no area: their evidence is none."""
        return self.stuck | (np.nan_to_num(self.other_area) > 0.5)


def ask_meters(readings: Readings, n_customer: int) -> MeterVerdict:
    """Gather the evidence of all curves by customer."""
    voltage = voltage_evidence(readings.u_v, readings.transformer_v)
    of, homes = readings.customer, readings.terminal == SINGLE
    block = voltage.block.copy()
    block[homes, :NONE] += load_evidence(readings.p_kw[homes], readings.transformer_kw)
    odds, elsewhere = np.zeros((n_customer, 3)), np.full(n_customer, np.nan)
    if homes.any():
        phase = block[homes, :NONE]
        alike = likeness([left[homes] for left in voltage.left], phase.sum(axis=2).argmax(axis=1))
        odds[of[homes]] = with_neighbours(phase, alike)
        elsewhere[of[homes]] = other_area(block[homes])
    order = np.full(n_customer, -1)
    three_phase = np.isin(np.arange(n_customer), of[~homes])
    for customer in np.flatnonzero(three_phase):
        own = of == customer
        found = _order_of(block[own], readings.terminal[own])
        order[customer], elsewhere[customer] = found
    stuck = np.zeros(n_customer, dtype=np.bool_)
    np.logical_or.at(stuck, of, voltage.moves < STANDS_STILL)
    lag = np.zeros(n_customer, dtype=np.int64)
    lag[of] = readings.lag
    verdict = MeterVerdict(
        odds=odds,
        read=np.isin(np.arange(n_customer), of),
        three_phase=three_phase,
        stuck=stuck,
        other_area=elsewhere,
        order=order,
        lag=lag,
    )
    odds[verdict.strange] = 0.0
    return verdict


def _order_of(block: FloatArray, terminal: IntArray) -> tuple[int, float]:
    """Which phases the terminals of one meter stand on, and the probability of no phase at all.

    ``block`` (terminal, 4, block); a meter that lacks a terminal has an order of its others.
    """
    each = [
        sum(block[row, names[t]] for row, t in enumerate(terminal.tolist()))
        for names in PERMUTATIONS
    ]
    evidence = np.array([[*each, block[:, NONE].sum(axis=0)]])
    prior = np.log([IN_ORDER, *[(1 - IN_ORDER) / 5] * 5])
    found = by_meters(log_odds(evidence[:, :-1]), prior)[0]
    return int(np.argmax(found)), float(other_area(evidence)[0])
