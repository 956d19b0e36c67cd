"""Phases of customers as somebody has recorded them: by HPLC modules, by hand, in a ledger."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gridplan.demand.csvrows import Rows, read_rows
from gridplan.demand.meter_cells import UNKNOWN, minutes_of
from gridplan.errors import Fault

USUAL_SOURCE = "HPLC"  #: of records that name none: modules on the line are what exports phases
HEADINGS = {
    "customer_id": ("customer_id", "户号", "用户编号", "cons_no", "yhbh", "run_meter_id", "id"),
    "phase": ("phase", "相别", "相位", "相序", "phase_code", "phase_flag"),
    "date": ("date", "日期", "识别日期", "识别时间", "data_date", "data_time"),
    "source": ("source", "来源"),
    "confidence": ("confidence", "置信度", "可信度"),
}
#: Folded text of a phase: letters, Chinese, and the codes of China Southern's archive of meters.
PHASE_TEXTS = {
    text: letter
    for number, letter in enumerate("abc", start=1)
    for text in (letter, f"{letter}相", str(number))
} | dict.fromkeys(("abc", "abc相", "三相"), "abc")
NOT_KNOWN = frozenset({"", "0", "-", "--", "未知", "无", "unknown", "null", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRecord:
    """One customer's phase as one source has recorded it.

    Attributes
    ----------
    customer_id : customer's number
    phase : "a", "b", "c" or "abc"
    date : when it was found, None where that is not known
    source : who says so, e.g. "HPLC"
    confidence : of this record, 0 to 1
    where : place in the file
    """

    customer_id: str
    phase: str
    date: dt.date | None = None
    source: str = USUAL_SOURCE
    confidence: float = 1.0
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseLedger:
    """The recorded phases of a file.

    Attributes
    ----------
    records : in the order of the file; a customer may have several, of other days and sources
    notes : what was left out
    """

    records: tuple[PhaseRecord, ...]
    notes: tuple[Fault, ...] = ()


def read_phase_records(path: Path) -> PhaseLedger:
    """Read a table of recorded phases: CSV (UTF-8 or GBK) or the first sheet of a workbook.

    Columns: customer's number and phase (户号, 相别; A, A相 or 1, 三相 or ABC), perhaps date,
    source and confidence (日期, 来源, 置信度; 0.95 or 95%). Rows whose phase is not known are left
    out and counted.

    Raises ``StudyError`` with every fault of the file.
    """
    rows = read_rows(path, "phase", HEADINGS, ("customer_id", "phase"))
    found: list[PhaseRecord] = []
    unknown: list[str] = []
    for where, cells in rows:
        text = _folded(cells["phase"])
        if text in NOT_KNOWN:
            unknown.append(where)
            continue
        record = _record(rows, where, cells, text)
        if record is not None:
            found.append(record)
    _find_contradictions(rows, found)
    rows.refuse()
    if unknown:
        what = f"{len(unknown)} customers have no known phase: left out"
        rows.notes.append(
            Fault(
                code="phase-unknown",
                where=unknown[0],
                what=what,
                severity="note",
                rows=len(unknown),
            )
        )
    return PhaseLedger(records=tuple(found), notes=tuple(rows.notes))


def _record(rows: Rows, where: str, cells: dict[str, str], text: str) -> PhaseRecord | None:
    """One row; None, with its faults, where it cannot be used."""
    before = len(rows.faults)
    if not cells["customer_id"]:
        rows.fault(where, "id", "the customer's number is empty", "write it or delete the row")
    if text not in PHASE_TEXTS:
        remedy = "write A, B, C or ABC (A相, B相, C相, 三相; 1, 2, 3)"
        rows.fault(where, "phase", f"phase {cells['phase']!r} is not known", remedy)
    date = None
    if cells["date"]:
        minutes = minutes_of(cells["date"])
        if minutes == UNKNOWN:
            what = f"date {cells['date']!r} is not a date"
            rows.fault(where, "date", what, "write it as 2027-02-05")
        else:
            date = dt.date(1970, 1, 1) + dt.timedelta(minutes=minutes)
    confidence = _confidence(rows, where, cells["confidence"])
    if len(rows.faults) > before:
        return None
    return PhaseRecord(
        customer_id=cells["customer_id"],
        phase=PHASE_TEXTS[text],
        date=date,
        source=cells["source"] or USUAL_SOURCE,
        confidence=confidence,
        where=where,
    )


def _confidence(rows: Rows, where: str, text: str) -> float:
    """A share from 0 to 1, or a percentage with its sign; 1 where the cell is empty."""
    if not text:
        return 1.0
    plain = unicodedata.normalize("NFKC", text)
    scale = 100.0 if plain.endswith("%") else 1.0
    return rows.number(where, "confidence", plain.removesuffix("%"), (0.0, scale)) / scale


def _find_contradictions(rows: Rows, records: Iterable[PhaseRecord]) -> None:
    """One source that names two phases for one customer on one day."""
    first: dict[tuple[str, str, dt.date | None], PhaseRecord] = {}
    for record in records:
        known = first.setdefault((record.customer_id, record.source, record.date), record)
        if known.phase != record.phase:
            what = f"{record.customer_id} is on {record.phase} here, on {known.phase} at "
            what += f"{known.where}, with the same source and date"
            rows.fault(record.where, "twice", what, "keep the right one, or write their dates")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "").replace("、", "")
