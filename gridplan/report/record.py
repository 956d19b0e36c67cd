"""The plan as plain values: what ``plan.json`` holds."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from gridplan.plan import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridplan.measures.proposal import Move, Proposal
    from gridplan.network.feeder import Feeder
    from gridplan.plan import Plan


def plan_record(plan: Plan) -> dict[str, Any]:
    """Everything a program needs to know about a plan; unknown numbers are ``None``."""
    record = {
        "schema_version": SCHEMA_VERSION,
        "feeder": feeder_record(plan.feeder),
        "sweep": _sweep_record(plan),
        "precision": plan.precision.to_record(),
        "before": plan.before.to_record(),
        "after": plan.after.to_record(),
        "rebalancing": rebalancing_record(plan.proposal),
        "verdict": plan.verdict,
        "verdicts": [asdict(verdict) for verdict in plan.verdicts],
        **plan.measures.to_record(),
        "clamp": [] if plan.clamp is None else plan.clamp.to_records(),
        "waived": [waiver.to_record() for waiver in plan.waivers],
        "notes": [asdict(note) for note in (*plan.feeder.notes, *plan.notes)],
        "provenance": plan.provenance,
        "seconds": plan.seconds,
    }
    return {name: plain(value) for name, value in record.items()}


def feeder_record(feeder: Feeder) -> dict[str, Any]:
    """Name and size of a feeder; no rating where it has no transformer."""
    trafo = feeder.transformer
    return {
        "name": feeder.name,
        "transformer_kva": None if trafo is None else trafo.parallel * trafo.sn_kva,
        "vector_group": None if trafo is None else trafo.vector_group,
        "customers": len(feeder.customers),
    }


def rebalancing_record(proposal: Proposal) -> dict[str, Any]:
    """The proposal with one row per customer that changes phase."""
    record = proposal.to_record()
    return {
        **record,
        "moves": moved_customers(proposal.moves),
        "baseline": {**record["baseline"], "moves": moved_customers(proposal.baseline_moves)},
    }


def moved_customers(moves: Iterable[Move]) -> list[dict[str, Any]]:
    """One row per customer that changes phase, in field order."""
    return [
        {
            "order": move.order,
            "window": move.window,
            "customer_id": customer_id,
            "unit": move.unit,
            "node": move.node,
            "circuit": move.circuit,
            "from_phase": move.from_phase,
            "to_phase": move.to_phase,
            "permutation": list(move.permutation),
        }
        for move in sorted(moves, key=lambda move: move.order)
        for customer_id in move.customer_ids
    ]


def plain(value: Any) -> Any:
    """``value`` as JSON knows it: no numpy, no tuples, ``None`` for numbers that are not finite."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.astype(str).tolist() if value.dtype.kind in "Mm" else value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def to_json(record: Any) -> str:
    """Strict JSON (no NaN), readable by people and programs."""
    return json.dumps(plain(record), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _sweep_record(plan: Plan) -> dict[str, Any]:
    sweep, again = plan.before.sweep, plan.after.sweep
    return {
        "scenarios": list(sweep.scenarios),
        "draws": sweep.n_draw,
        "steps": len(sweep.times),
        "first": sweep.times[0],
        "last": sweep.times[-1],
        "cases": sweep.n_case,
        "not_converged": sweep.not_converged,
        "seconds": sweep.seconds,
        "max_residual_pu": sweep.max_residual_pu,
        "after_not_converged": again.not_converged,
        "after_seconds": again.seconds,
        "after_max_residual_pu": again.max_residual_pu,
    }
