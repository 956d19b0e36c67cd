"""Recorded phases as evidence: who says so, since when, and how far a source is believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from gridplan.demand.phase_ledger import PhaseRecord
from gridplan.frozen import FloatArray, IntArray, StrArray
from gridplan.measures.phase_posterior import Records
from gridplan.network.customers import PHASES

NETWORK_FILE = "network file"
#: Records taken to have been right and wrong before any meter has spoken (assumptions): nine of ten
#: of a network file, nineteen of twenty of those that modules on the line have measured.
BEFORE = {NETWORK_FILE: (9.0, 1.0)}
BEFORE_MEASURED = (19.0, 1.0)
DAYS_PER_YEAR = 365.25


def records_of_network(phase: StrArray, confidence: FloatArray) -> Records:
    """The phases of the network file (curve,); those that it calls doubtful to the utmost are none.

    Their age is not known; it is part of how right they turn out to be.
    """
    known = confidence > 1 / 3
    letters = [PHASES.index(name) if name in PHASES else -1 for name in phase.tolist()]
    right, wrong = BEFORE[NETWORK_FILE]
    return Records(
        name=NETWORK_FILE,
        phase=np.where(known, letters, -1),
        trust=np.where(known, confidence, 1 / 3),
        age_years=np.zeros(len(phase)),
        right=right,
        wrong=wrong,
    )


def records_by_source(
    records: Sequence[PhaseRecord], customer_ids: StrArray, today: dt.date
) -> list[Records]:
    """Records of single-phase customers by source, the latest of each customer."""
    position = {name: at for at, name in enumerate(customer_ids.tolist())}
    found: dict[str, list[PhaseRecord | None]] = {}
    for record in records:
        at = position.get(record.customer_id)
        if at is None or record.phase not in PHASES:
            continue
        own = found.setdefault(record.source, [None] * len(customer_ids))
        before = own[at]
        if before is None or _day(record) >= _day(before):
            own[at] = record
    return [_of_source(name, own, today) for name, own in found.items()]


def _of_source(name: str, own: Sequence[PhaseRecord | None], today: dt.date) -> Records:
    phase: IntArray = np.array([-1 if one is None else PHASES.index(one.phase) for one in own])
    right, wrong = BEFORE.get(name, BEFORE_MEASURED)
    age = [0.0 if one is None or one.date is None else (today - one.date).days for one in own]
    return Records(
        name=name,
        phase=phase,
        trust=np.array([1.0 if one is None else one.confidence for one in own]),
        age_years=np.maximum(age, 0.0) / DAYS_PER_YEAR,
        right=right,
        wrong=wrong,
    )


def _day(record: PhaseRecord) -> dt.date:
    return record.date or dt.date.min
