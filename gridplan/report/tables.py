"""What the report's tables show: rows of ready text, so that the template only places it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gridplan.report.record import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridplan.assessment.findings import Finding, Findings
    from gridplan.measures.compare import MeasureResult
    from gridplan.measures.proposal import Metrics, Proposal
    from gridplan.plan import Plan

#: The rules in words; the keys are the values of ``Kind``.
KIND_WORDS = {
    "overload": "Overload (load rate S/Sn)",
    "heavy_load": "Heavy load (load rate S/Sn)",
    "serious_overload": "Serious overload (load rate S/Sn)",
    "mean_load": "Mean load rate of the period",
    "light_load": "Light load (mean load rate)",
    "phase_overload": "Phase overload (worst phase current)",
    "phase_peak": "Phase load at its peak",
    "hot_spot": "Hot spot of the transformer",
    "top_oil": "Top oil of the transformer",
    "ageing": "Ageing of the insulation",
    "neutral_overload": "Neutral current",
    "unbalance": "Load unbalance",
    "low_voltage": "Low voltage",
    "high_voltage": "High voltage",
    "voltage_unbalance": "Voltage unbalance (negative sequence)",
    "rcd_leakage": "Standing leakage of a residual-current device",
    "current_limit": "Current limit of an element",
    "no_solution": "Demand that cannot be delivered",
}

#: Entries of a list that a table shows; ``plan.json`` holds all of them.
_MAX_LISTED = 6

HEADLINES = (
    ("peak_loading_percent", "Phase load (worst phase current over rated)", "%"),
    ("peak_load_rate_percent", "Load rate S/Sn", "%"),
    ("peak_neutral_percent", "Neutral current over rated", "%"),
    ("lowest_voltage_v", "Lowest customer voltage", "V"),
    ("hot_spot_c", "Hot spot of the transformer", "°C"),
    ("loss_of_life_h", "Life used up, hours at normal ageing", "h"),
    ("harm_h", "Expected harm, customer hours", "h"),
)


def number(value: float | None, digits: int = 3) -> str:
    """A number with a few significant digits, a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:g}"


def percent(share: float) -> str:
    """A share between 0 and 1 as a percentage; never 0 % or 100 % by rounding alone."""
    value = 100 * share
    if 0 < value < 0.95:
        return "<1 %"
    if 99.05 < value < 100:
        return ">99 %"
    return f"{value:.0f} %"


def clock(stamp: str | None) -> str:
    """An ISO time as people read it."""
    return stamp.replace("T", " ")[:16] if stamp else "–"


def headline_rows(plan: Plan) -> list[dict[str, str]]:
    """The key figures of the worst scenario, before and after."""
    rows = []
    for name, words, unit in HEADLINES:
        before, after = getattr(plan.before.headline, name), getattr(plan.after.headline, name)
        rows.append(
            {"words": words, "unit": unit, "before": number(before), "after": number(after)}
        )
    return rows


def verdict_rows(plan: Plan) -> list[dict[str, str]]:
    """One row per scenario: what to do, and its key figures before and after."""
    rows = []
    for verdict in plan.verdicts:
        before = plan.before.headline.by_scenario.get(verdict.scenario, {})
        after = plan.after.headline.by_scenario.get(verdict.scenario, {})
        pairs = {
            name: f"{number(before.get(name))} → {number(after.get(name))}"
            for name, _, _ in HEADLINES
        }
        rows.append(
            {
                "scenario": verdict.scenario.replace("_", " "),
                "action": verdict.action,
                "sentence": verdict.sentence,
                **pairs,
            }
        )
    return rows


#: Figures of a scenario's condition in words, with their units.
CONDITIONS = (
    ("hot_spot_c", "Hot spot [°C]"),
    ("hot_spot_margin_k", "Margin to the limit of the hot spot [K]"),
    ("hot_spot_above_min", "Time above that limit [min]"),
    ("loss_of_life_h", "Life used up [h at normal ageing]"),
    ("max_min_percent", "Load unbalance (Imax − Imin) / Imax [%]"),
    ("max_mean_percent", "Load unbalance max|I − Imean| / Imean [%]"),
    ("overload_h", "Phase overload or no solution [h]"),
    ("low_voltage_h", "Low voltage [customer h]"),
    ("harm_h", "Expected harm [customer h]"),
)


def condition_rows(plan: Plan) -> list[dict[str, Any]]:
    """One row per figure with a cell per scenario: temperatures, unbalance, harm."""
    states = (plan.before.findings.conditions, plan.after.findings.conditions)
    pairs = tuple(zip(*states, strict=True))
    return [
        {
            "words": words,
            "cells": [
                " → ".join(number(getattr(one, name)) for one in (before, after))
                for before, after in pairs
            ],
        }
        for name, words in CONDITIONS
    ]


def finding_rows(findings: Findings) -> list[dict[str, str]]:
    """Findings in the order of the assessment: worst first."""
    return [_finding_row(finding) for finding in findings]


def _finding_row(finding: Finding) -> dict[str, str]:
    limit = finding.limit
    low, high = percent(finding.probability_low), percent(finding.probability_high)
    lasting = f" for {limit.min_duration_h:g} h" if limit.min_duration_h else ""
    return {
        "tier": finding.tier,
        "kind": KIND_WORDS.get(finding.kind.value, finding.kind.value),
        "scenario": finding.scenario.replace("_", " "),
        "element": finding.element,
        "phase": finding.phase or "–",
        "probability": percent(finding.probability),
        "interval": f"{low} – {high}",
        "first": clock(finding.first),
        "worst_at": clock(finding.worst_at),
        "longest": "lasting" if math.isinf(finding.longest_h) else f"{finding.longest_h:.3g} h",
        "worst": number(finding.worst),
        "typical": number(finding.typical),
        "limit": f"{limit.value:g} {limit.unit}{lasting}",
        "source": f"{limit.source} [{limit.status}]",
        "evidence": evidence_text(finding.evidence),
    }


def evidence_text(evidence: dict[str, Any]) -> str:
    """Evidence in one line: names with their values."""
    return "; ".join(f"{key.replace('_', ' ')}: {_text(item)}" for key, item in evidence.items())


def measure_rows(
    measures: Iterable[MeasureResult], scenarios: Iterable[str]
) -> list[dict[str, Any]]:
    """One row per measure that was tried: what it clears and what it leaves, by scenario."""
    names = tuple(scenarios)
    rows = []
    for measure in measures:
        cells = [_measure_cell(measure, name) for name in names]
        rows.append({"label": measure.label, "action": measure.action, "cells": cells})
    return rows


def _measure_cell(measure: MeasureResult, scenario: str) -> dict[str, Any]:
    figures = measure.headline.get(scenario)
    if figures is None:
        return {"clears": None, "text": "not tried: a lesser measure clears it"}
    text = (
        f"{number(figures['peak_loading_percent'])} %, {number(figures['lowest_voltage_v'])} V, "
        f"neutral {number(figures['peak_neutral_percent'])} %"
    )
    return {"clears": measure.clears(scenario), "text": text}


def clamp_rows(plan: Plan) -> list[dict[str, Any]]:
    """One row per outgoing circuit: what the crew's clamp readings say of it."""
    rows = []
    for one in () if plan.clamp is None else plan.clamp.circuits:
        order, likely = max(one.exchanged.items(), key=lambda pair: pair[1], default=("", 0.0))
        other = "–"
        if one.doubted:
            exchanged = f"a, b, c are on {', '.join(order)}: {percent(likely)}"
            some = one.some_wrong or 0.0
            other = exchanged if likely > some else f"single labels are wrong: {percent(some)}"
        rows.append(
            {
                "circuit": one.circuit,
                "readings": one.readings,
                "level": number(one.level),
                "interval": f"{number(one.level_low)} – {number(one.level_high)}",
                "hold": "–" if one.labels_hold is None else percent(one.labels_hold),
                "doubted": one.doubted,
                "other": other,
            }
        )
    return rows


def metrics_rows(proposal: Proposal) -> list[dict[str, str]]:
    """Today, the electrician's rule and the proposal, on the same cases."""
    states: tuple[tuple[str, Metrics, int], ...] = (
        ("Today", proposal.before, 0),
        (
            "Electrician's rule: equal occupied homes",
            proposal.baseline,
            len(proposal.baseline_moves),
        ),
        ("This proposal", proposal.after, len(proposal.moves)),
    )
    return [
        {
            "state": name,
            "moves": str(moves),
            "objective": f"{number(metrics.objective, 4)} {metrics.objective_unit}",
            "peak_current_a": number(metrics.peak_current_a),
            "peak_neutral_a": number(metrics.peak_neutral_a),
            "lowest_v": number(metrics.lowest_v),
            "loss_kw": number(metrics.loss_kw),
            "unsolved": f"{metrics.unsolved:,}",
        }
        for name, metrics, moves in states
    ]


def provenance_rows(record: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested provenance as flat rows of name and value."""
    rows: list[tuple[str, str]] = []
    for key, value in plain(record).items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            rows += provenance_rows(value, f"{name} · ")
        else:
            rows.append((name, _text(value)))
    return rows


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, float):
        return number(value, 4)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_listed(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        shown = ", ".join(_listed(item) for item in value[:_MAX_LISTED])
        more = len(value) - _MAX_LISTED
        return f"{shown} and {more} more" if more > 0 else shown
    return str(value)


def _listed(item: Any) -> str:
    """One entry of a list; a mapping by its first value, with the others in brackets."""
    if not isinstance(item, dict) or not item:
        return _text(item)
    (_, first), *others = item.items()
    rest = ", ".join(f"{key.replace('_', ' ')} {_text(value)}" for key, value in others)
    return f"{_text(first)} ({rest})" if rest else _text(first)
