"""What the report's tables show: rows of ready text, so that the template only places it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gridplan.report.phrases import said
from gridplan.report.record import plain
from gridplan.report.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridplan.assessment.findings import Finding, Findings
    from gridplan.assessment.waivers import Waiver
    from gridplan.measures.proposal import Certificate, Metrics, Proposal
    from gridplan.plan import Plan

#: Texts where no language is asked for: tables on a terminal are English.
ENGLISH = Words("en")

#: Entries of a list that a table shows; ``plan.json`` holds all of them.
_MAX_LISTED = 6

#: Headline figures with their units; ``headline_<name>`` are their words.
HEADLINES = (
    ("peak_loading_percent", "%"),
    ("peak_load_rate_percent", "%"),
    ("peak_neutral_percent", "%"),
    ("lowest_voltage_v", "V"),
    ("hot_spot_c", "°C"),
    ("loss_of_life_h", "h"),
    ("harm_h", "h"),
)
#: Figures of a scenario's condition; ``condition_<name>`` are their words, with the unit.
CONDITIONS = (
    "hot_spot_c", "hot_spot_margin_k", "hot_spot_above_min", "loss_of_life_h", "max_min_percent",
    "max_mean_percent", "overload_h", "low_voltage_h", "harm_h",
)  # fmt: skip


def rule_words(kind: str, words: Words) -> str:
    """A kind of finding in words."""
    return words(f"rule_{kind}")


def scenario_words(name: str, words: Words) -> str:
    """A scenario's name as people read it; those of the sample studies are translated."""
    return said(name, words).replace("_", " ")


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


def headline_rows(plan: Plan, words: Words) -> list[dict[str, str]]:
    """The key figures of the worst scenario, before and after."""
    return [
        {
            "words": words(f"headline_{name}"),
            "unit": unit,
            "before": number(getattr(plan.before.headline, name)),
            "after": number(getattr(plan.after.headline, name)),
        }
        for name, unit in HEADLINES
    ]


def condition_rows(plan: Plan, words: Words) -> list[dict[str, Any]]:
    """One row per figure with a cell per scenario: temperatures, unbalance, harm."""
    states = (plan.before.findings.conditions, plan.after.findings.conditions)
    pairs = tuple(zip(*states, strict=True))
    return [
        {
            "words": words(f"condition_{name}"),
            "cells": [
                " → ".join(number(getattr(one, name)) for one in (before, after))
                for before, after in pairs
            ],
        }
        for name in CONDITIONS
    ]


def finding_rows(
    findings: Findings, waivers: Sequence[Waiver] = (), *, words: Words = ENGLISH
) -> list[dict[str, str]]:
    """Findings in the order of the assessment: worst first; accepted ones say so."""
    rows = []
    for finding in findings:
        row = _finding_row(finding, words)
        for waiver in (item for item in waivers if item.covers(finding)):
            row["tier"] = "waived"
            accepted = words(
                "waived_until", date=waiver.until, author=waiver.author, reason=waiver.reason
            )
            row["evidence"] = f"{accepted}; {row['evidence']}"
        rows.append(row)
    return rows


def _finding_row(finding: Finding, words: Words) -> dict[str, str]:
    limit = finding.limit
    low, high = percent(finding.probability_low), percent(finding.probability_high)
    lasting = words("lasts_for", h=f"{limit.min_duration_h:g}") if limit.min_duration_h else ""
    run = f"{finding.longest_h:.3g}"
    return {
        "tier": finding.tier,
        "kind": rule_words(finding.kind.value, words),
        "scenario": scenario_words(finding.scenario, words),
        "element": said(finding.element, words),
        "phase": finding.phase or "–",
        "probability": percent(finding.probability),
        "interval": f"{low} – {high}",
        "first": clock(finding.first),
        "worst_at": clock(finding.worst_at),
        "longest": words("lasting") if math.isinf(finding.longest_h) else words("hours", h=run),
        "worst": number(finding.worst),
        "typical": number(finding.typical),
        "limit": f"{limit.value:g} {said(limit.unit, words)}{lasting}",
        "source": f"{limit.source} [{limit.status}]",
        "evidence": evidence_text(finding.evidence, words),
    }


def evidence_text(evidence: dict[str, Any], words: Words = ENGLISH) -> str:
    """Evidence in one line: names with their values."""
    return "; ".join(
        f"{said(key.replace('_', ' '), words)}: {_text(item, words)}"
        for key, item in evidence.items()
    )


def clamp_rows(plan: Plan, words: Words) -> list[dict[str, Any]]:
    """One row per outgoing circuit: what the crew's clamp readings say of it."""
    rows = []
    for one in () if plan.clamp is None else plan.clamp.circuits:
        order, likely = max(one.exchanged.items(), key=lambda pair: pair[1], default=("", 0.0))
        other = "–"
        if one.doubted:
            some = one.some_wrong or 0.0
            other = (
                words("labels_exchanged", order=", ".join(order), p=percent(likely))
                if likely > some
                else words("labels_single", p=percent(some))
            )
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


def metrics_rows(proposal: Proposal, words: Words) -> list[dict[str, str]]:
    """Today, the electrician's rule and the proposal, on the same cases."""
    states: tuple[tuple[str, Metrics, int], ...] = (
        ("state_today", proposal.before, 0),
        ("state_electrician", proposal.baseline, len(proposal.baseline_moves)),
        ("state_proposal", proposal.after, len(proposal.moves)),
    )
    return [
        {
            "state": words(name),
            "moves": str(moves),
            "objective": f"{number(metrics.objective, 4)} {said(metrics.objective_unit, words)}",
            "peak_current_a": number(metrics.peak_current_a),
            "peak_neutral_a": number(metrics.peak_neutral_a),
            "lowest_v": number(metrics.lowest_v),
            "loss_kw": number(metrics.loss_kw),
            "unsolved": f"{metrics.unsolved:,}",
        }
        for name, metrics, moves in states
    ]


def gap_rows(certificate: Certificate, words: Words) -> list[tuple[str, str]]:
    """How good the moves are, each gap by itself."""
    return [
        (words("gap_bound"), f"{certificate.bound:.4g}"),
        (words("gap_mip"), f"{number(certificate.mip_gap_percent)} %"),
        (words("gap_linear"), f"{number(certificate.linearisation_gap_percent)} %"),
        (words("gap_scenario"), f"{number(certificate.scenario_gap_percent)} %"),
        (words("gap_above"), f"{number(certificate.bound_gap_percent)} %"),
        (words("gap_floor"), f"{number(certificate.floor_unbalance_percent)} %"),
        (words("gap_shortfall"), f"{number(certificate.shortfall_kva)} kVA"),
    ]


def provenance_rows(
    record: dict[str, Any], words: Words, prefix: str = ""
) -> list[tuple[str, str]]:
    """Nested provenance as flat rows of name and value."""
    rows: list[tuple[str, str]] = []
    for key, value in plain(record).items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            rows += provenance_rows(value, words, f"{name} · ")
        else:
            rows.append((name, _text(value, words)))
    return rows


def _text(value: Any, words: Words) -> str:
    if isinstance(value, bool) or value is None:
        return {True: words("yes"), False: words("no"), None: "–"}[value]
    if isinstance(value, float):
        return number(value, 4)
    if isinstance(value, dict):
        return ", ".join(
            f"{said(key, words)} {_listed(item, words)}" for key, item in value.items()
        )
    if isinstance(value, list | tuple):
        shown = ", ".join(_listed(item, words) for item in value[:_MAX_LISTED])
        more = len(value) - _MAX_LISTED
        return f"{shown} {words('more', n=more)}" if more > 0 else shown
    return said(str(value), words)


def _listed(item: Any, words: Words) -> str:
    """One entry of a list; a mapping by its first value, with the others in brackets."""
    if not isinstance(item, dict) or not item:
        return _text(item, words)
    (_, first), *others = item.items()
    rest = ", ".join(
        f"{said(key.replace('_', ' '), words)} {_text(value, words)}" for key, value in others
    )
    return f"{_text(first, words)} ({rest})" if rest else _text(first, words)
