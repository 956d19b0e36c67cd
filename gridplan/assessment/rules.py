"""``gp.assess``: every rule of a rule set on every scenario of a sweep."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gridplan.assessment.breaches import Breach
from gridplan.assessment.circuits import circuit_breaches
from gridplan.assessment.condition import Condition
from gridplan.assessment.findings import Finding, Findings, Kind
from gridplan.assessment.harm import condition_of
from gridplan.assessment.heat import Heat, HeatRun, why_not
from gridplan.assessment.limits import Limits, limits_named
from gridplan.assessment.supply import (
    can_judge_voltage_unbalance,
    leakage_findings,
    voltage_unbalance,
)
from gridplan.assessment.transformer import TransformerSeries, transformer_breaches
from gridplan.assessment.unbalance import Unbalance, can_judge_unbalance
from gridplan.assessment.weakest import Chain
from gridplan.errors import Fault, InputError
from gridplan.frozen import FloatArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult


def assess(feeder: Feeder, sweep: SweepResult, limits: Limits | None = None) -> Findings:
    """Find what breaks the rules, with its probability over the draws.

    Cases without a solution count as a violation in every rule that asks for a duration.

    Parameters
    ----------
    feeder : the feeder that was swept
    sweep : its cases, watched against the voltage band of ``limits``
    limits : rule set; default: "cn-default"

    Returns
    -------
    Findings
        act before watch, then the likeliest, then the furthest beyond the limit

    Raises
    ------
    InputError
        when the sweep belongs to another feeder or watched another voltage band
    """
    rules = limits if limits is not None else limits_named("cn-default")
    _check_fit(feeder, sweep, rules)
    heat = HeatRun.maybe(feeder.area_transformer, sweep, rules)
    heats = (None,) * len(sweep.scenarios) if heat is None else heat.all()
    found: list[Finding] = []
    conditions: list[Condition] = []
    for index in range(len(sweep.scenarios)):
        judged = _Judged.of(feeder, sweep, index, rules, heats[index])
        conditions.append(judged.condition())
        found.extend(judged.findings(heat))
    return Findings(
        feeder_name=feeder.name,
        items=tuple(sorted(found, key=_rank)),
        not_assessed=not_assessed(feeder, sweep, rules),
        conditions=tuple(conditions),
    )


def not_assessed(feeder: Feeder, sweep: SweepResult, limits: Limits) -> tuple[str, ...]:
    """Say which rules could not be judged, and for want of what."""
    lines, circuits = feeder.lines, feeder.circuits
    in_lv = lines.circuit >= 0
    guarded = ~np.isnan(circuits.rcd_ma)
    sentences = [
        _unknown("ampacity", lines.ampacity_a[in_lv], "line"),
        _unknown("neutral ampacity", lines.neutral_ampacity_a[in_lv], "line"),
        _unknown("fuse or breaker", circuits.protection_a, "outgoing circuit"),
        _unknown("rated current of the meter", feeder.customers.meter_a, "customer"),
    ]
    if limits.rcd_leakage is not None:
        sentences += [
            _unknown("residual-current device", circuits.rcd_ma, "outgoing circuit"),
            _unknown("standing leakage", circuits.leakage_ma[guarded], "residual-current device"),
        ]
    sentences += _too_short(feeder, sweep, limits)
    return tuple(sentence for sentence in sentences if sentence)


def _too_short(feeder: Feeder, sweep: SweepResult, limits: Limits) -> Iterator[str]:
    """Rules for which the period is too short or its cases have no order."""
    yyn = feeder.area_transformer.has_yyn_core
    n_step = sweep.status.shape[-1]
    if not can_judge_unbalance(n_step, sweep.step_minutes, limits, yyn=yyn):
        yield "load unbalance: the period is shorter than the hours that the rule asks"
    thermal = (limits.hot_spot, limits.top_oil, limits.ageing)
    if any(limit is not None for limit in thermal):
        yield why_not(sweep)
    if limits.voltage_unbalance is not None and not can_judge_voltage_unbalance(sweep):
        yield "voltage unbalance: its limit is for whole days, the period has none"
    period_h = n_step * sweep.step_minutes / 60.0
    if sweep.step_minutes == 0:
        for name in ("mean_load", "light_load"):
            if getattr(limits, name) is not None:
                yield f"{name.replace('_', ' ')}: snapshots have no mean over a period"
        return
    for what, limit in (
        ("load rate", limits.overload),
        ("ageing", limits.ageing),
        ("mean load", limits.mean_load),
        ("light load", limits.light_load),
    ):
        if limit is not None and period_h < limit.min_duration_h:
            asked_h = limit.min_duration_h
            yield f"{what}: the period of {period_h:g} h is shorter than {asked_h:g} h"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judged:
    """One scenario, with what several rules share."""

    feeder: Feeder
    sweep: SweepResult
    scenario: int
    limits: Limits
    series: TransformerSeries
    heat: Heat | None
    unbalance: Unbalance | None

    @classmethod
    def of(
        cls, feeder: Feeder, sweep: SweepResult, scenario: int, limits: Limits, heat: Heat | None
    ) -> _Judged:
        """Take one scenario of a sweep."""
        transformer = feeder.area_transformer
        series = TransformerSeries.of(transformer, sweep, scenario)
        yyn, n_step = transformer.has_yyn_core, sweep.status.shape[-1]
        long_enough = can_judge_unbalance(n_step, sweep.step_minutes, limits, yyn=yyn)
        return cls(
            feeder=feeder,
            sweep=sweep,
            scenario=scenario,
            limits=limits,
            series=series,
            heat=heat,
            unbalance=Unbalance.of(series, limits, yyn=yyn) if long_enough else None,
        )

    def condition(self) -> Condition:
        """Figures whether rules are broken or not."""
        return condition_of(
            self.sweep, self.scenario, self.series, self.limits, self.heat, self.unbalance
        )

    def findings(self, run: HeatRun | None) -> list[Finding]:
        """Apply every rule."""
        name, limits = self.sweep.scenarios[self.scenario], self.limits
        made = (breach.finding(self.sweep, name) for breach in self._breaches(run))
        found = [finding for finding in made if finding is not None]
        if limits.rcd_leakage is not None:
            found += leakage_findings(self.feeder, name, limits.rcd_leakage)
        return found

    def _breaches(self, run: HeatRun | None) -> Iterator[Breach]:
        feeder, sweep, limits = self.feeder, self.sweep, self.limits
        chain = Chain.of(self.series, sweep, self.scenario)
        yyn = feeder.area_transformer.has_yyn_core
        weakest = chain.by_phase()
        yield from transformer_breaches(self.series, limits, yyn=yyn, weakest=weakest)
        if self.unbalance is not None:
            yield self.unbalance.breach()
        if limits.voltage_unbalance is not None and can_judge_voltage_unbalance(sweep):
            yield voltage_unbalance(sweep, self.scenario, limits.voltage_unbalance)
        if run is not None and self.heat is not None:
            yield from run.breaches(self.heat, self.scenario)
        yield from circuit_breaches(feeder, sweep, self.scenario, limits, chain)


def _rank(finding: Finding) -> tuple[bool, float, bool, float]:
    """Order of findings: what to act on, the likeliest, no solution, the furthest beyond."""
    solvable = finding.kind is not Kind.NO_SOLUTION
    return (finding.tier != "act", -finding.probability, solvable, -_severity(finding))


#: Kinds whose small values are the worst.
_LOWER = (Kind.LOW_VOLTAGE, Kind.LIGHT_LOAD)


def _severity(finding: Finding) -> float:
    """How far a finding is beyond its limit, as a ratio; infinite without a number."""
    if finding.limit.value == 0 or not math.isfinite(finding.worst):
        return math.inf
    if finding.kind in _LOWER:
        return finding.limit.value / max(finding.worst, np.finfo(np.float64).tiny)
    return finding.worst / finding.limit.value


def _unknown(what: str, values: FloatArray, thing: str) -> str:
    """Say for how many things a rating is unknown; empty when none."""
    count = int(np.isnan(values).sum())
    if count == 0:
        return ""
    plural = "" if count == 1 else "s"
    return f"{what} unknown for {count} of {len(values)} {thing}s: {count} {thing}{plural} unjudged"


def _check_fit(feeder: Feeder, sweep: SweepResult, limits: Limits) -> None:
    """Refuse a sweep of another feeder or against another voltage band."""
    faults: list[Fault] = []
    if not np.array_equal(feeder.customers.id, sweep.customer_ids):
        faults.append(
            Fault(
                code="another-feeder",
                where=f"sweep of {sweep.feeder_name}",
                what=f"its customers are not those of {feeder.name}",
                remedy="sweep this feeder",
            )
        )
    watched, band = (sweep.v_low_v, sweep.v_high_v), limits.voltage_band_v
    if not np.allclose(watched, band, rtol=0.0, atol=1e-6):
        faults.append(
            Fault(
                code="another-band",
                where=f"sweep of {sweep.feeder_name}",
                what="it watched customers against {:g}-{:g} V, the limits are {:g}-{:g} V".format(
                    *watched, *band
                ),
                remedy="sweep again with the voltage band of these limits",
            )
        )
    if faults:
        raise InputError("assessment", faults)
