"""The rules on the LV busbar and on what protects against leakage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gridplan.assessment.breaches import Breach, Values, worst_step
from gridplan.assessment.findings import Finding, Kind
from gridplan.assessment.limit import Limit
from gridplan.frozen import Float32Array
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult

#: Share of a day that must stay within the limit of the voltage unbalance.
_COVERED = 0.95
_DAY_MINUTES = 24 * 60


def can_judge_voltage_unbalance(sweep: SweepResult) -> bool:
    """Tell whether there is a whole day."""
    n_step = sweep.status.shape[-1]
    return sweep.step_minutes > 0 and n_step * sweep.step_minutes >= _DAY_MINUTES


def voltage_unbalance(sweep: SweepResult, scenario: int, limit: Limit) -> Breach:
    """Each day's 95 % value of U2/U1 at the LV busbar; the period's whole days, from its start."""
    per_day = round(_DAY_MINUTES / sweep.step_minutes)
    daily = _daily(sweep.vuf_percent[scenario], per_day)
    worst, day = worst_step(daily)
    broken = ~(daily <= limit.value)
    first = np.where(broken.any(axis=-1), broken.argmax(axis=-1) * per_day, -1)
    hours = broken.sum(axis=-1) * 24.0

    def describe(draw: int, step: int) -> tuple[str | None, dict[str, Any]]:
        del step
        return None, {
            "covers": "95 % of the steps of the worst day",
            "days_above": int(broken[draw].sum()),
        }

    return Breach(
        kind=Kind.VOLTAGE_UNBALANCE,
        element="busbar",
        limit=limit,
        broken=np.asarray(broken.any(axis=-1)),
        hours=hours,
        value=worst,
        step=np.where(day >= 0, day * per_day, -1),
        first=first,
        describe=describe,
    )


def _daily(percent: Float32Array, per_day: int) -> Values:
    """95 % value of each whole day (draw, day); NaN where too many steps have no solution."""
    n_day = percent.shape[-1] // per_day
    days = percent[:, : n_day * per_day].reshape(len(percent), n_day, per_day)
    rank = int(np.ceil(_COVERED * per_day)) - 1
    # a case without a solution sorts last, as the worst
    return np.partition(days, rank, axis=-1)[..., rank]


def leakage_findings(feeder: Feeder, scenario: str, limit: Limit) -> Iterator[Finding]:
    """Standing leakage near what trips a residual-current device: measured, so it is certain."""
    circuits = feeder.circuits
    share = 100.0 * circuits.leakage_ma / circuits.rcd_ma
    for circuit in np.flatnonzero(share > limit.value).tolist():
        yield Finding(
            kind=Kind.RCD_LEAKAGE,
            scenario=scenario,
            element=str(circuits.name[circuit]),
            phase=None,
            tier=limit.tier,
            probability=1.0,
            probability_low=1.0,
            probability_high=1.0,
            first=None,
            worst_at=None,
            longest_h=np.inf,
            worst=float(share[circuit]),
            typical=float(share[circuit]),
            limit=limit,
            evidence={
                "leakage_ma": float(circuits.leakage_ma[circuit]),
                "rcd_ma": float(circuits.rcd_ma[circuit]),
                "note": "measured once; more homes and wet weather leak more",
            },
        )
