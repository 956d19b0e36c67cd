"""``gp.assess``: every rule of a rule set on every scenario of a sweep."""

from __future__ import annotations

import math

import numpy as np

from gridplan.assessment.circuits import circuit_breaches
from gridplan.assessment.findings import Finding, Findings, Kind
from gridplan.assessment.limits import Limits, limits_named
from gridplan.assessment.transformer import (
    TransformerSeries,
    can_judge_unbalance,
    transformer_breaches,
)
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
    found = [
        finding
        for index, scenario in enumerate(sweep.scenarios)
        for finding in _findings_of(feeder, sweep, index, scenario, rules)
    ]
    return Findings(
        feeder_name=feeder.name,
        items=tuple(sorted(found, key=_rank)),
        not_assessed=not_assessed(feeder, sweep, rules),
    )


def not_assessed(feeder: Feeder, sweep: SweepResult, limits: Limits) -> tuple[str, ...]:
    """Say which rules could not be judged, and for want of what."""
    lines = feeder.lines
    in_lv = lines.circuit >= 0
    sentences = [
        _unknown("ampacity", lines.ampacity_a[in_lv], "line"),
        _unknown("neutral ampacity", lines.neutral_ampacity_a[in_lv], "line"),
        _unknown("fuse or breaker", feeder.circuits.protection_a, "outgoing circuit"),
        _unknown("rated current of the meter", feeder.customers.meter_a, "customer"),
    ]
    yyn = feeder.area_transformer.has_yyn_core
    n_step = sweep.status.shape[-1]
    if not can_judge_unbalance(n_step, sweep.step_minutes, limits, yyn=yyn):
        sentences.append("load unbalance: the period is shorter than the hours that the rule asks")
    period_h = n_step * sweep.step_minutes / 60.0
    longest_h = limits.overload.min_duration_h
    if sweep.step_minutes > 0 and period_h < longest_h:
        sentences.append(f"load rate: the period of {period_h:g} h is shorter than {longest_h:g} h")
    return tuple(sentence for sentence in sentences if sentence)


def _findings_of(
    feeder: Feeder, sweep: SweepResult, index: int, scenario: str, limits: Limits
) -> list[Finding]:
    """Findings of one scenario."""
    series = TransformerSeries.of(feeder.area_transformer, sweep, index)
    breaches = [
        *transformer_breaches(series, limits, yyn=feeder.area_transformer.has_yyn_core),
        *circuit_breaches(feeder, sweep, index, limits),
    ]
    findings = (breach.finding(sweep, scenario) for breach in breaches)
    return [finding for finding in findings if finding is not None]


def _rank(finding: Finding) -> tuple[bool, float, bool, float]:
    """Order of findings: what to act on, the likeliest, no solution, the furthest beyond."""
    solvable = finding.kind is not Kind.NO_SOLUTION
    return (finding.tier != "act", -finding.probability, solvable, -_severity(finding))


def _severity(finding: Finding) -> float:
    """How far a finding is beyond its limit, as a ratio; infinite without a number."""
    if finding.limit.value == 0 or not math.isfinite(finding.worst):
        return math.inf
    if finding.kind is Kind.LOW_VOLTAGE:
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
