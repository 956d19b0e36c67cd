"""What a reader of identified phases should know: doubts, exchanged names, strange meters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridplan.demand.phase_ledger import PhaseRecord
from gridplan.errors import Fault
from gridplan.frozen import BoolArray, StrArray
from gridplan.measures.phase_meters import MeterVerdict
from gridplan.measures.phase_result import PhaseIdentification, RecordAccuracy
from gridplan.network.feeder import Feeder

SURE = 0.9  #: confidence from which a finding is called sure in a note
FEW_DAYS = 3  #: fewer leave many homes undecided


def remarks_of(meters: MeterVerdict, single: BoolArray) -> StrArray:
    """What is peculiar of each customer, "" where nothing is."""
    remarks = []
    for k in range(len(single)):
        said = []
        if not meters.read[k]:
            said.append("no readings")
        elif meters.stuck[k]:
            said.append("voltage stands still")
        elif meters.other_area[k] > 0.5:
            said.append("fits no phase of this transformer")
        if meters.read[k] and bool(meters.three_phase[k]) == bool(single[k]):
            said.append("reads several phases" if single[k] else "reads one phase only")
        remarks.append("; ".join(said))
    return np.array(remarks, dtype=np.str_)


def notes_of(feeder: Feeder, found: PhaseIdentification, meters: MeterVerdict) -> tuple[Fault, ...]:
    """Notes and warnings, the warnings first."""
    notes = [*_names(found), *_strange(found, meters), *_terminals(found, meters)]
    notes += [*_boxes(feeder, found), *_clocks(found, meters), *_disagreements(found)]
    unread = int((~meters.read).sum())
    if unread:
        what = f"{unread} customers have no readings: their phases are those of the records"
        notes.append(_fault("phases-unread", found.feeder_name, what, severity="note", rows=unread))
    if found.n_day < FEW_DAYS:
        what = f"readings of {found.n_day} days leave many homes undecided"
        remedy = "seven days find nearly all"
        notes.append(_fault("phases-few-days", found.feeder_name, what, remedy))
    return tuple(sorted(notes, key=lambda note: note.severity != "warning"))


def strangers(feeder: Feeder, records: Sequence[PhaseRecord]) -> list[Fault]:
    """A note on records of nobody in this network, which say nothing."""
    known = set(feeder.customers.id.tolist())
    others = [record for record in records if record.customer_id not in known]
    if not others:
        return []
    what = f"{len(others)} of {len(records)} recorded phases are of no customer of "
    what += f"{feeder.name}: left out, the first {others[0].customer_id}"
    where = others[0].where or "records"
    return [_fault("phases-records-left-out", where, what, severity="note", rows=len(others))]


def _fault(
    code: str, where: str, what: str, remedy: str = "", *, severity: str = "warning", rows: int = 1
) -> Fault:
    return Fault(code=code, where=where, what=what, remedy=remedy, severity=severity, rows=rows)


def _names(found: PhaseIdentification) -> list[Fault]:
    """Sources that name the phases otherwise than the transformer's meter, or than the network."""
    network = found.records[0]
    notes = []
    for source in found.records:
        if source.names == "abc":
            continue
        other = "the transformer's meter"
        what = f"a, b, c of the {source.source} are {_spelled(source)} of {other}: "
        what += f"{source.agree} of {source.n} phases agree so"
        cyclic = source.names in {"bca", "cab"}
        what += "; voltages cannot tell which of the two is shifted" if cyclic else ""
        remedy = "check the phases at the transformer's meter, and its current transformers"
        if source is network:
            what += "; phases are given in the names of the network file"
        notes.append(_fault("phases-names", source.source, what, remedy, rows=source.n))
    return notes


def _spelled(source: RecordAccuracy) -> str:
    return ", ".join(source.names)


def _strange(found: PhaseIdentification, meters: MeterVerdict) -> list[Fault]:
    """Meters that fit no phase, and those that do not move with the area at all."""
    notes = []
    for k in np.flatnonzero(meters.read & meters.strange):
        name = str(found.customer_ids[k])
        if meters.stuck[k]:
            what = "its voltage stands still while the transformer's moves"
            remedy = "check the meter, and what the export fills gaps with"
        else:
            what = f"fits no phase of this transformer (probability {meters.other_area[k]:.2f})"
            remedy = "check to which transformer area (台区) it belongs"
        notes.append(_fault("phases-other-area", name, what, remedy))
    return notes


def _terminals(found: PhaseIdentification, meters: MeterVerdict) -> list[Fault]:
    """Three-phase meters with exchanged terminals; numbers of phases that differ."""
    notes = []
    several = np.char.str_len(found.recorded) > 1
    for k in np.flatnonzero(meters.read & ~meters.strange):
        name = str(found.customer_ids[k])
        if meters.three_phase[k] != several[k]:
            reads = "several phases" if meters.three_phase[k] else "one phase"
            what = f"its meter reads {reads}, the network file has it on {found.recorded[k]}"
            remedy = "correct the network file, or export all phases of the meter"
            notes.append(_fault("phases-terminals", name, what, remedy))
        elif found.order[k] not in ("", "abc"):
            what = f"terminals a, b, c of its meter stand on {', '.join(found.order[k])}"
            remedy = "check the connections if its powers by phase are used"
            notes.append(_fault("phases-terminals", name, what, remedy))
    return notes


def _boxes(feeder: Feeder, found: PhaseIdentification) -> list[Fault]:
    """Movable units whose members stand on several phases, surely, against the record."""
    sure = (found.confidence >= SURE) & (np.char.str_len(found.found) == 1)
    notes = []
    for unit, name in enumerate(feeder.customers.unit_names.tolist()):
        members = np.flatnonzero((feeder.customers.unit == unit) & sure)
        phases = sorted(set(found.found[members].tolist()))
        if len(phases) < 2 or found.agrees[members].all():
            continue
        counted = ", ".join(f"{p}: {int((found.found[members] == p).sum())}" for p in phases)
        what = f"its homes stand on several phases ({counted})"
        remedy = "give each phase of the box a movable unit of its own"
        notes.append(_fault("phases-unit", name, what, remedy, severity="note", rows=len(members)))
    return notes


def _clocks(found: PhaseIdentification, meters: MeterVerdict) -> list[Fault]:
    late = meters.read & (meters.lag != 0)
    if not late.any():
        return []
    what = f"{int(late.sum())} meters are read up to {15 * int(np.abs(meters.lag).max())} minutes "
    what += "before or after the transformer's: taken into account"
    return [_fault("phases-clock", found.feeder_name, what, severity="note", rows=int(late.sum()))]


def _disagreements(found: PhaseIdentification) -> list[Fault]:
    differ = ~found.agrees
    if not differ.any():
        return []
    sure = differ & (found.confidence >= SURE)
    what = (
        f"{int(differ.sum())} customers are not on the recorded phase, {int(sure.sum())} of them "
    )
    what += f"surely (confidence from {SURE:g})"
    severity, rows = "note", int(differ.sum())
    return [_fault("phases-differ", found.feeder_name, what, severity=severity, rows=rows)]
