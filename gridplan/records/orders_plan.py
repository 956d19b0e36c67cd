"""What a plan's folder means for the ledger: findings become issues, crew days orders.

The only place that knows the names of ``plan.json``; those of the crews' work are in
``field_types``.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridplan.errors import Fault, LedgerError
from gridplan.records.field_types import FIELDWORK_FILE, CrewDay, FieldWork, read_fieldwork
from gridplan.records.fieldwork import plan_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PLAN_FILE = "plan.json"
_SCHEMA = "gridplan-plan/"

Key = tuple[str, str, str]  #: kind, scenario, element: identity of a finding


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedIssue:
    """A finding as the ledger records it.

    Attributes
    ----------
    key : identity of the finding
    title : one line
    due : day by which it must be cured (ISO), None where it has no time
    detail : tier, probability, worst value with its unit and limit
    """

    key: Key
    title: str
    due: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrder:
    """A crew day as the ledger records it; ``due`` is that of the most urgent issue it cures."""

    day: CrewDay
    due: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContents:
    """A plan as the ledger takes it in.

    Attributes
    ----------
    work : crew days, promised currents
    made : when the plan was made
    issues, orders : of the chosen scenarios
    """

    work: FieldWork
    made: str
    issues: tuple[PlannedIssue, ...]
    orders: tuple[PlannedOrder, ...]


def read_plan_folder(
    folder: Path, *, scenarios: Sequence[str] = (), tier: str = "act"
) -> PlanContents:
    """Read ``plan.json`` and ``fieldwork.json`` of a run.

    Parameters
    ----------
    folder : OUT of ``gridplan plan``
    scenarios : whose findings and measures count, default the first one
    tier : "act": findings to act on that are likelier than the study accepts; "watch": all

    Raises
    ------
    LedgerError
        when a file is missing or damaged, the two do not belong together, or a scenario is unknown
    """
    record = _read(folder / PLAN_FILE)
    work = read_fieldwork(folder / FIELDWORK_FILE)
    if plan_hash(record) != work.plan:
        what = f"belongs to another plan than {PLAN_FILE}"
        remedy = "run gridplan plan again"
        fault = Fault(code="fieldwork-plan", where=FIELDWORK_FILE, what=what, remedy=remedy)
        raise LedgerError(str(folder), [fault])
    try:
        known = list(record["sweep"]["scenarios"])
        wanted = list(scenarios) or known[:1]
        if missing := [name for name in wanted if name not in known]:
            raise _unknown_scenarios(folder, missing, known)
        issues = tuple(_issues(record, wanted, tier, work.last_day))
        made = str(record["provenance"]["made"])
    except (KeyError, IndexError, TypeError) as error:
        raise _not_a_plan(folder / PLAN_FILE, f"lacks {error}") from error
    due = {issue.key: issue.due for issue in issues if issue.due is not None}
    orders = tuple(
        PlannedOrder(
            day=day, due=min((due[key] for key in day.cures if key in due), default=work.last_day)
        )
        for day in work.days
        if set(day.scenarios) & set(wanted)
    )
    return PlanContents(work=work, made=made, issues=issues, orders=orders)


def _issues(
    record: dict[str, Any], scenarios: Sequence[str], tier: str, last_day: str | None
) -> Iterator[PlannedIssue]:
    """Findings of some scenarios, worst first."""
    accepted = float(record["measures"][0]["accept_probability"]) if record["measures"] else 0.0
    for finding in record["before"]["findings"]:
        acts = finding["tier"] == "act" and finding["probability"] > accepted
        if finding["scenario"] not in scenarios or not (acts or tier == "watch"):
            continue
        limit = finding["limit"]
        kind = finding["kind"].replace("_", " ")
        yield PlannedIssue(
            key=(finding["kind"], finding["scenario"], finding["element"]),
            title=(
                f"{kind} at {finding['element']} in {finding['scenario']}, "
                f"probability {finding['probability']:.2g}"
            ),
            due=_due(finding["first"], last_day),
            detail={
                "tier": finding["tier"],
                "probability": finding["probability"],
                "phase": finding["phase"],
                "worst": finding["worst"],
                "limit": limit["value"],
                "unit": limit["unit"],
            },
        )


def _due(first: str | None, last_day: str | None) -> str | None:
    """The day before it may first happen, or the last day on which outages are planned."""
    if first is None:
        return last_day
    before = dt.datetime.fromisoformat(first).date() - dt.timedelta(days=1)
    return min(before.isoformat(), last_day or before.isoformat())


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _not_a_plan(path, "there is no such file") from error
    except (OSError, ValueError, RecursionError) as error:
        raise _not_a_plan(path, f"cannot be read: {error}") from error
    schema = record.get("schema_version") if isinstance(record, dict) else None
    if not isinstance(schema, str) or not schema.startswith(_SCHEMA):
        raise _not_a_plan(path, f"is no plan (schema_version {schema!r})")
    found: dict[str, Any] = record
    return found


def _not_a_plan(path: Path, what: str) -> LedgerError:
    remedy = "give the folder that gridplan plan has written (-o OUT)"
    fault = Fault(code="plan-file", where=str(path), what=what, remedy=remedy)
    return LedgerError(str(path), [fault])


def _unknown_scenarios(folder: Path, missing: Sequence[str], known: Sequence[str]) -> LedgerError:
    faults = [
        Fault(
            code="unknown-scenario",
            where=name,
            what="the plan has no such scenario",
            remedy=f"use {', '.join(known)}",
        )
        for name in missing
    ]
    return LedgerError(str(folder), faults)
