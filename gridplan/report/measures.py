"""The comparison of measures as rows of ready text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gridplan.report.tables import KIND_WORDS, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridplan.measures.choice import MeasureTable
    from gridplan.measures.trial import MeasureResult

#: Findings that one cell names, those that change most first.
_MAX_NAMED = 4


def measure_rows(comparison: MeasureTable, scenarios: Iterable[str]) -> list[dict[str, Any]]:
    """One row per option: what it does per scenario, what it takes, whether it may stay."""
    names = tuple(scenarios)
    chosen: dict[str, list[str]] = {}
    for choice in comparison.choices:
        if choice.label is not None:
            chosen.setdefault(choice.label, []).append(choice.scenario.replace("_", " "))
    return [
        {
            "label": item.label,
            "action": item.action,
            "details": [part.detail for part in item.parts],
            "recommended": ", ".join(chosen.get(item.label, [])),
            "dominated_by": item.dominated_by,
            "cells": [_cell(item, name) for name in names],
            **_takes(item),
            "stays": _stays(item),
            "stay_notes": list(item.year_round or ()),
            "open_question": item.open_question,
        }
        for item in comparison
    ]


def recommendation_rows(comparison: MeasureTable) -> list[dict[str, str]]:
    """One row per scenario: the option and why."""
    return [
        {
            "scenario": choice.scenario.replace("_", " "),
            "option": choice.label or "none",
            "reason": choice.reason,
        }
        for choice in comparison.choices
    ]


def cost_rows(comparison: MeasureTable) -> list[dict[str, str]]:
    """Every price that was used, once, with its date and source."""
    rows: dict[str, dict[str, str]] = {}
    for item in comparison:
        for name, quantity, unit, price_cny, status, dated, source in item.outlay.items:
            each = price_cny / quantity if quantity else 0.0
            rows.setdefault(
                name,
                {
                    "item": name.replace("_", " "),
                    "price": f"{number(each, 4)} CNY/{unit}",
                    "dated": dated,
                    "status": "placeholder" if status == "A" else status,
                    "source": source,
                },
            )
    return sorted(rows.values(), key=lambda row: row["item"])


def _takes(item: MeasureResult) -> dict[str, str]:
    """Cost, work, time and interruption."""
    outlay = item.outlay
    return {
        "cost": f"{outlay.cost_cny:,.0f}",
        "placeholder": f"{outlay.placeholder_percent:.0f}",
        "crew_h": number(outlay.crew_h),
        "lead_days": f"{outlay.lead_days:.0f}",
        "outage": f"{outlay.outage_min:.0f} min, {number(outlay.outage_customer_h)} customer h"
        if outlay.outage_customer_h
        else "none",
        "order_by": item.order_by or "–",
    }


def _stays(item: MeasureResult) -> str:
    """Whether an option may stay after the festival."""
    if not item.label or item.action == "none":
        return "–"
    if item.revert_by:
        return f"back by {item.revert_by}"
    if not item.lasts:
        return "this festival"
    return "stays" if item.year_round is not None else "stays (ordinary week not swept)"


def _cell(item: MeasureResult, scenario: str) -> dict[str, Any]:
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
        "text": f"{number(figures['peak_loading_percent'])} %, "
        f"{number(figures['lowest_voltage_v'])} V, "
        f"neutral {number(figures['peak_neutral_percent'])} %{_hot_spot(figures)}",
        "changes": [
            f"{KIND_WORDS.get(kind, kind).split(' (')[0]}, {element}: "
            f"{percent(before)} → {percent(after)}"
            for before, after, kind, element in changes[:_MAX_NAMED]
        ],
        "more": max(0, len(changes) - _MAX_NAMED),
    }


def _hot_spot(figures: dict[str, float]) -> str:
    """The hot spot in words, "" where it was not assessed."""
    known = figures.get("hot_spot_c", math.nan)
    return "" if math.isnan(known) else f", hot spot {number(known)} °C"
