"""Phases of customers as somebody has recorded them: by HPLC modules, by hand, in a ledger."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gridplan.celltext import UNKNOWN, date_of, number, shown
from gridplan.demand.headings import CUSTOMER, DATE
from gridplan.errors import Fault, StudyError, error, note
from gridplan.formfiles import accepted, read_form
from gridplan.forms import Form, Row

USUAL_SOURCE = "HPLC"  #: of records that name none: modules on the line are what exports phases
FORM = Form(
    code="phase",
    columns={
        "customer_id": (*CUSTOMER, "run_meter_id", "id"),
        "phase": ("相别", "相位", "相序", "phase_code", "phase_flag"),
        "date": (*DATE, "识别日期", "识别时间", "data_time"),
        "source": ("来源",),
        "confidence": ("置信度", "可信度"),
    },
    needed=("customer_id", "phase"),
)
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
    faults: list[Fault] = []
    found: list[PhaseRecord] = []
    unknown: list[Row] = []
    for row in read_form(path, FORM, faults, refuse=StudyError):
        text = _folded(row["phase"])
        if text in NOT_KNOWN:
            unknown.append(row)
            continue
        before = len(faults)
        record = _record(row, text)
        if len(faults) == before:
            found.append(record)
    _find_contradictions(found, faults)
    if unknown:
        what = f"{len(unknown)} customers have no known phase: left out"
        note(faults, "phase-unknown", unknown[0].where, what, len(unknown))
    return PhaseLedger(records=tuple(found), notes=accepted(path, faults, StudyError))


def _record(row: Row, text: str) -> PhaseRecord:
    """One row; what is wrong with it is said."""
    if text not in PHASE_TEXTS:
        remedy = "write A, B, C or ABC (A相, B相, C相, 三相; 1, 2, 3)"
        row.error("phase", f"phase {shown(row['phase'])} is not known", remedy)
    date = None
    if row["date"].casefold() not in UNKNOWN:
        day = row["date"].replace("T", " ").split(" ")[0]  # modules write seconds, too
        date = date_of(day) or row.date("date")
    return PhaseRecord(
        customer_id=row.text("customer_id"),
        phase=PHASE_TEXTS.get(text, ""),
        date=date,
        source=row["source"] or USUAL_SOURCE,
        confidence=_confidence(row),
        where=row.where,
    )


def _confidence(row: Row) -> float:
    """A share from 0 to 1, or a percentage with its sign; 1 where the cell is empty."""
    text = row["confidence"]
    if text.casefold() in UNKNOWN:
        return 1.0
    value = number(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    if not 0.0 <= value <= 1.0:
        row.error("number", f"confidence is {shown(text)}", "write 0.95, or 95%")
    return value


def _find_contradictions(records: Iterable[PhaseRecord], faults: list[Fault]) -> None:
    """One source that names two phases for one customer on one day."""
    first: dict[tuple[str, str, dt.date | None], PhaseRecord] = {}
    for record in records:
        known = first.setdefault((record.customer_id, record.source, record.date), record)
        if known.phase != record.phase:
            what = f"{record.customer_id} is on {record.phase} here, on {known.phase} at "
            what += f"{known.where}, with the same source and date"
            remedy = "keep the right one, or write their dates"
            error(faults, "phase-twice", record.where, what, remedy)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "").replace("、", "")
