"""The crew's list: moves in field order as a table for Excel."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

from gridplan.report.phrases import said
from gridplan.report.record import moved_customers
from gridplan.report.tables import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridplan.measures.proposal import Proposal
    from gridplan.report.words import Words

COLUMNS = ("order", "window", "customer_id", "unit", "circuit", "node", "from_phase", "to_phase")

#: First characters that a spreadsheet takes for a formula (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def pareto_rows(proposal: Proposal, words: Words) -> list[dict[str, Any]]:
    """One row per number of moves allowed; ``bar`` is the value over today's [%]."""
    curve = proposal.pareto
    today = float(curve.value[0]) or 1.0
    return [
        {
            "max_moves": int(curve.max_moves[k]),
            "knee": k == curve.knee,
            "value": f"{number(curve.value[k])} {said(curve.value_unit, words)}",
            "bar": round(100 * float(curve.value[k]) / today) if math.isfinite(today) else 0,
            "worst": number(curve.worst_violation[k]),
            "excess": number(curve.expected_excess[k]),
            "phase_a": number(curve.peak_current_a[k]),
            "neutral_a": number(curve.peak_neutral_a[k]),
            "poles": int(curve.poles[k]),
            "hours": number(curve.crew_hours[k]),
        }
        for k in range(len(curve))
    ]


def moves_csv(proposal: Proposal) -> bytes:
    """One row per customer in field order; UTF-8 with a byte order mark, which Excel needs."""
    return table_csv(moved_customers(proposal.moves), COLUMNS).encode("utf-8-sig")


def table_csv(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> str:
    """Rows as CSV whose text cells stay text in a spreadsheet."""
    names = tuple(columns)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([text_cell(row[name]) for name in names])
    return stream.getvalue()


def text_cell(value: Any) -> Any:
    """``value``, with an apostrophe before text that a spreadsheet would run as a formula."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
