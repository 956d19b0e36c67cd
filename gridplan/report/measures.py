"""The comparison of measures as rows of ready text."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from gridplan.report.phrases import said
from gridplan.report.tables import ENGLISH, number, percent, rule_words, scenario_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridplan.measures.choice import MeasureTable
    from gridplan.measures.trial import MeasureResult
    from gridplan.report.words import Words

#: Findings that one cell names, those that change most first.
_MAX_NAMED = 4


def measure_rows(
    comparison: MeasureTable, scenarios: Iterable[str], *, words: Words = ENGLISH
) -> list[dict[str, Any]]:
    """One row per option: what it does per scenario, what it takes, whether it may stay."""
    names = tuple(scenarios)
    chosen: dict[str, list[str]] = {}
    for choice in comparison.choices:
        if choice.label is not None:
            chosen.setdefault(choice.label, []).append(scenario_words(choice.scenario, words))
    return [
        {
            "label": said(item.label, words),
            "action": item.action,
            "recommended": ", ".join(chosen.get(item.label, [])),
            "dominated_by": item.dominated_by and said(item.dominated_by, words),
            "cells": [_cell(item, name, words) for name in names],
            **_takes(item, words),
            "stays": _stays(item, words),
            "stay_notes": [said(note, words) for note in item.year_round or ()],
            "open_question": said(item.open_question, words),
        }
        for item in comparison
    ]


def recommendation_rows(comparison: MeasureTable, words: Words) -> list[dict[str, str]]:
    """One row per scenario: the option and why."""
    return [
        {
            "scenario": scenario_words(choice.scenario, words),
            "option": said(choice.label, words) if choice.label else words("none_word"),
            "reason": said(choice.reason, words),
        }
        for choice in comparison.choices
    ]


def step_rows(comparison: MeasureTable, words: Words) -> list[tuple[str, str]]:
    """Every step of the options once, with what is replaced by what and looked at before."""
    parts = {part.label: part.detail for item in comparison for part in item.parts}
    return [(said(label, words), said(detail, words)) for label, detail in parts.items()]


def cost_rows(comparison: MeasureTable, words: Words) -> list[dict[str, str]]:
    """Every price that was used, once, with its date and source."""
    rows: dict[str, dict[str, str]] = {}
    for item in comparison:
        for name, quantity, unit, price_cny, status, dated, source in item.outlay.items:
            each = price_cny / quantity if quantity else 0.0
            rows.setdefault(
                name,
                {
                    "item": said(name.replace("_", " "), words),
                    "price": words("price_value", price=number(each, 4), unit=said(unit, words)),
                    "dated": dated,
                    "status": words("placeholder") if status == "A" else status,
                    "source": source,
                },
            )
    return sorted(rows.values(), key=lambda row: row["item"])


def _takes(item: MeasureResult, words: Words) -> dict[str, str]:
    """Cost, work, time and interruption."""
    outlay = item.outlay
    out = {"min": f"{outlay.outage_min:.0f}", "h": number(outlay.outage_customer_h)}
    return {
        "cost": f"{outlay.cost_cny:,.0f}",
        "placeholder": words("placeholder_share", p=f"{outlay.placeholder_percent:.0f}"),
        "crew_h": number(outlay.crew_h),
        "lead_days": f"{outlay.lead_days:.0f}",
        "outage": words("without_supply_value", **out)
        if outlay.outage_customer_h
        else words("none_word"),
        "order_by": item.order_by or "–",
    }


def _stays(item: MeasureResult, words: Words) -> str:
    """Whether an option may stay after the festival."""
    if not item.label or item.action == "none":
        return "–"
    if item.revert_by:
        return words("back_by", date=item.revert_by)
    if not item.lasts:
        return words("this_festival")
    return words("stays") if item.year_round is not None else words("stays_unswept")


def _cell(item: MeasureResult, scenario: str, words: Words) -> dict[str, Any]:
    """One scenario of one option: verdict, figures, and how probabilities change."""
    figures = item.headline[scenario]
    changes = [
        (before, after, kind, element)
        for (kind, at, element), (before, after) in item.probabilities.items()
        if at == scenario and before != after
    ]
    changes.sort(key=lambda change: -abs(change[0] - change[1]))
    return {
        "clears": item.clears(scenario),
        "left": number(item.broken_rules(scenario), 2),
        "text": words(
            "cell_text",
            load=number(figures["peak_loading_percent"]),
            v=number(figures["lowest_voltage_v"]),
            neutral=number(figures["peak_neutral_percent"]),
            hot=_hot_spot(figures, words),
        ),
        "changes": [
            words(
                "change",
                kind=re.split(r"[（(]", rule_words(kind, words))[0].strip(),
                element=said(element, words),
                before=percent(before),
                after=percent(after),
            )
            for before, after, kind, element in changes[:_MAX_NAMED]
        ],
        "more": max(0, len(changes) - _MAX_NAMED),
    }


def _hot_spot(figures: dict[str, float], words: Words) -> str:
    """The hot spot in words, "" where it was not assessed."""
    known = figures.get("hot_spot_c", math.nan)
    return "" if math.isnan(known) else words("cell_hot", c=number(known))
