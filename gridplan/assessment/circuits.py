"""The rules on the outgoing circuits: voltage at customers, current of elements in series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gridplan.assessment.breaches import Breach, Steps, Values, plain, worst_step
from gridplan.assessment.durations import lasts
from gridplan.assessment.findings import Kind
from gridplan.assessment.limits import Limit, Limits
from gridplan.assessment.weakest import Chain
from gridplan.frozen import BoolArray, IntArray, StrArray
from gridplan.network.customers import PHASES
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult

#: So many customers or elements are named in a finding, the likeliest first.
_N_NAMED = 10

#: Largest difference [V] at which the feeder's highest voltage is that of a circuit: float32.
_SAME_VOLTAGE_V = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Customers or elements that share one finding, in one scenario.

    Attributes
    ----------
    element : the finding's element
    member : int (member,) -- index into the sweep's customers or elements
    hours : (draw, member) -- longest run of the violation [h]
    value : (draw, member) -- worst value, NaN without a solution
    step : int (draw, member) -- step of ``value``, -1 where unknown
    lower : True when small values are the worst
    total_h : (draw, member) -- all hours of the violation [h]; None where only runs are known
    by_phase : (draw, member, 3) -- worst value of each phase; None where a member has one phase
    more : further evidence
    """

    element: str
    member: IntArray
    hours: Values
    value: Values
    step: Steps
    lower: bool = False
    total_h: Values | None = None
    by_phase: Values | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def broken(self, limit: Limit) -> BoolArray:
        """Which draws break the limit at which member: bool (draw, member)."""
        return lasts(self.hours, limit.min_duration_h)

    def breach(self, kind: Kind, limit: Limit, listing: str, names: _Names) -> Breach:
        """Put the members together: a draw breaks the rule where any of them does.

        The sweep keeps one step per member and draw, that of the worst value: the earliest of these
        over the draws stands for the first time of the finding.
        """
        broken = self.broken(limit)
        worst, which = worst_step(self.value, lower=self.lower)
        step = np.take_along_axis(self.step, np.maximum(which, 0)[:, None], axis=1)[:, 0]
        step = np.where(which < 0, -1, step)

        def describe(draw: int, step: int) -> tuple[str | None, dict[str, Any]]:
            del step
            likely = broken.mean(axis=0)
            extreme = np.fmin.reduce(self.value) if self.lower else np.fmax.reduce(self.value)
            # The likeliest first, among these the one with the worst value.
            order = np.lexsort((extreme if self.lower else -extreme, -likely))
            hit = [k for k in order.tolist() if likely[k] > 0]
            rows = [
                {
                    **names.row(int(self.member[k])),
                    "probability": float(likely[k]),
                    "worst": plain(extreme[k]),
                    **self._mean_hours(k),
                }
                for k in hit[:_N_NAMED]
            ]
            position = int(which[draw]) if which[draw] >= 0 else hit[0]
            phase = self._phase(draw, position, str(names.phase[self.member[position]]))
            at_once = broken.sum(axis=1)
            return phase, {
                f"n_{listing}": len(hit),
                f"{listing}_per_draw": {
                    "median": int(np.median(at_once)),
                    "most": int(at_once.max()),
                },
                listing: rows,
                **self.more,
            }

        return Breach(
            kind=kind,
            element=self.element,
            limit=limit,
            broken=np.asarray(broken.any(axis=1)),
            hours=self.hours.max(axis=1),
            value=worst,
            step=step,
            first=step,
            describe=describe,
            lower=self.lower,
        )

    def _mean_hours(self, position: int) -> dict[str, Any]:
        """Hours of the violation in a mean draw."""
        if self.total_h is None:
            return {}
        return {"mean_h": plain(self.total_h[:, position].mean())}

    def _phase(self, draw: int, position: int, stated: str) -> str | None:
        """The member's phase, or the one that is worst in a draw."""
        if stated or self.by_phase is None:
            return stated or None
        values = self.by_phase[draw, position]
        return None if np.isnan(values).all() else PHASES[int(np.nanargmax(values))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What customers or elements are called in evidence.

    Attributes
    ----------
    columns : name of each column and its values (member,)
    phase : str (member,) -- "a", "b", "c", "n" or "" where a finding has no single phase
    """

    columns: dict[str, list[Any]]
    phase: StrArray

    def row(self, index: int) -> dict[str, Any]:
        """Plain values of one customer or element."""
        return {name: values[index] for name, values in self.columns.items()}


def circuit_breaches(
    feeder: Feeder, sweep: SweepResult, scenario: int, limits: Limits, chain: Chain
) -> Iterator[Breach]:
    """Apply every rule on the outgoing circuits to one scenario.

    ``chain`` says which element in series gives way first, for the evidence.
    """
    letters = feeder.customers.phase
    customers = _Names(
        columns={"customer_id": sweep.customer_ids.tolist(), "phase": letters.tolist()},
        phase=np.where(np.char.str_len(letters) == 1, letters, ""),
    )
    for circuit, name in _circuits(feeder, sweep.customer_circuit):
        member = np.flatnonzero(sweep.customer_circuit == circuit)
        low, high = _voltage_groups(sweep, scenario, name, member)
        yield low.breach(Kind.LOW_VOLTAGE, limits.low_voltage, "customers", customers)
        yield high.breach(Kind.HIGH_VOLTAGE, limits.high_voltage, "customers", customers)
    elements = sweep.elements
    names = _Names(
        columns={"element": elements.name.tolist(), "limit_a": elements.limit_a.tolist()},
        phase=np.where(elements.kind == "neutral", "n", ""),
    )
    for circuit, name in _circuits(feeder, elements.circuit):
        for kind in np.unique(elements.kind[elements.circuit == circuit]).tolist():
            member = np.flatnonzero((elements.circuit == circuit) & (elements.kind == kind))
            group = _Group(
                element=f"{name}/{kind}",
                member=member,
                hours=sweep.element_run_h[scenario][:, member],
                value=sweep.element_max_percent[scenario][:, member],
                step=sweep.element_step[scenario][:, member],
                by_phase=sweep.element_phase_percent[scenario][:, member],
                more={"weakest_by_phase": chain.by_phase(circuit)},
            )
            yield group.breach(Kind.CURRENT_LIMIT, limits.current_limit, "elements", names)


def _circuits(feeder: Feeder, circuit: IntArray) -> list[tuple[int, str]]:
    """Index and name of the circuits that occur; -1 are customers at the busbar itself."""
    names = feeder.circuits.name.tolist()
    return [(c, names[c] if c >= 0 else "busbar") for c in np.unique(circuit).tolist()]


def _voltage_groups(
    sweep: SweepResult, scenario: int, name: str, member: IntArray
) -> tuple[_Group, _Group]:
    """Customers of one circuit against the lower and the upper end of the band."""
    low = _Group(
        element=name,
        member=member,
        hours=sweep.low_run_h[scenario][:, member],
        value=sweep.customer_v_min_v[scenario][:, member],
        step=sweep.customer_v_min_step[scenario][:, member],
        lower=True,
        total_h=sweep.low_h[scenario][:, member],
    )
    # The sweep keeps no step of the highest voltage per customer: the feeder's serves where it is
    # this customer's.
    highest = sweep.customer_v_max_v[scenario][:, member]
    top, step = worst_step(sweep.v_max_v[scenario])
    same = np.abs(highest - top[:, None]) < _SAME_VOLTAGE_V
    high = _Group(
        element=name,
        member=member,
        hours=sweep.high_run_h[scenario][:, member],
        value=highest,
        step=np.where(same, step[:, None], -1),
        total_h=sweep.high_h[scenario][:, member],
    )
    return low, high
