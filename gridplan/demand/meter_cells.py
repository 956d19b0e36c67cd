"""Cells of meter exports and spot measurements as numbers and times, with their faults.

Collection systems write "no reading" as a number that no meter shows: nines (9999.99, -99999), or
the largest of 16 or 32 bits (65535, 2147483647), as it is or with its decimal point set. Stations
export thousands of them, so in curves they are missing points, counted per meter; a crew's sheet of
spot measurements is short and typed by hand, so there they are faults. Neither uses them as values.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray, IntArray

#: Cells that say "no value"; they are counted as missing.
MISSING = frozenset({"", "-", "--", "—", "null", "NULL", "None", "nan", "NaN", "N/A", "无"})
UNKNOWN = np.iinfo(np.int64).min  #: a date or time that cannot be read
CHINA_OFFSET_MINUTES = 480  #: the only time zone of the country, without summer time since 1992
_DATE = r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))"
_TIME = r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?)?"
_ZONE = r"(Z|[+-]\d{2}:?\d{2})?"
_STAMP = re.compile(_DATE + _TIME + _ZONE)
_EPOCH = dt.date(1970, 1, 1)
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
#: Numbers with fewer nines, and binary codes below the least value, may be readings (assumption):
#: 999 kW, 65.535 kW, 327.67 kW. A negative power of -999 kW is none.
_NINES = [float("9" * whole + "." + "9" * after + "0") for whole in range(3, 10)
          for after in range(5) if whole + after >= 4]  # fmt: skip
_BINARY = [code / 10**digits for code in (32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1)
           for digits in range(5)]  # fmt: skip
_LEAST_CODE = 600.0
_CODES = np.array(sorted({999.0, *_NINES, *(code for code in _BINARY if code > _LEAST_CODE)}))
#: Faults of one kind that are listed for one sheet; more of them are counted.
MAX_LISTED = 100


def error(faults: list[Fault], code: str, where: str, what: str, remedy: str) -> None:
    """Add a fault that refuses the file."""
    faults.append(Fault(code=code, where=where, what=what, remedy=remedy))


def note(faults: list[Fault], code: str, where: str, what: str, rows: int = 1) -> None:
    """Add a fault that says what was done."""
    faults.append(Fault(code=code, where=where, what=what, severity="note", rows=rows))


def minutes_of(text: str) -> int:
    """Minutes from 1970-01-01 00:00, ``UNKNOWN`` where the text is no date of 2000 to 2100."""
    match = _STAMP.fullmatch(text)
    if match is None:
        return UNKNOWN
    year, month, day, compact_month, compact_day, hour, minute, second, zone = match.groups()
    try:
        date = dt.date(int(year), int(month or compact_month), int(day or compact_day))
    except ValueError:
        return UNKNOWN
    clock = 60 * int(hour or 0) + int(minute or 0)
    right_zone = zone is None or zone.replace(":", "") == "+0800"
    right_clock = clock <= 1440 and int(minute or 0) < 60 and int(second or 0) == 0
    if not (right_zone and right_clock and _FIRST_YEAR <= date.year <= _LAST_YEAR):
        return UNKNOWN
    return (date - _EPOCH).days * 1440 + clock


def stamps(texts: Sequence[str]) -> IntArray:
    """Minutes from 1970-01-01 of every text; each different text is read once."""
    known = {text: minutes_of(text) for text in set(texts)}
    return np.array([known[text] for text in texts], dtype=np.int64)


def numbers(rows: Sequence[Sequence[str]], bad: Callable[[int, str, int], None]) -> FloatArray:
    """Cells as numbers (row, column), NaN where missing.

    ``bad(row, text, count)`` is called once per row that holds ``count`` cells that are no numbers.
    """
    width = len(rows[0]) if rows else 0
    flat = ["nan" if cell in MISSING else cell for row in rows for cell in row]
    try:
        found = np.array(flat, dtype=np.float64)
        if not np.isinf(found).any() and "_" not in "".join(flat):
            return found.reshape(len(rows), width)
    except ValueError:
        pass  # some cell is no number: find out which
    values = np.array([number(cell) for cell in flat]).reshape(len(rows), width)
    wrong = np.isinf(values)
    for index in np.flatnonzero(wrong.any(axis=1)):
        first = int(np.argmax(wrong[index]))
        bad(int(index), rows[int(index)][first], int(wrong[index].sum()))
    return np.where(wrong, np.nan, values)


def number(cell: str) -> float:
    """Value of a cell; infinite where it is no number."""
    if cell in MISSING or cell == "nan":
        return float("nan")
    text = unicodedata.normalize("NFKC", cell)  # full-width digits of Chinese keyboards
    try:
        value = float(text) if "_" not in text else float("inf")
    except ValueError:
        return float("inf")
    return value if np.isfinite(value) else float("inf")


def no_readings(values: FloatArray) -> BoolArray:
    """Which numbers stand for "no reading" in the exports of collection systems."""
    size = np.abs(values)
    found: BoolArray = size > _LEAST_CODE  # nearly all values end here
    if found.any():
        found[found] = np.isin(size[found], _CODES) & (values[found] != 999.0)
    return found


def collapsed(faults: Iterable[Fault]) -> list[Fault]:
    """The faults, with those beyond the first hundred of a kind and sheet in one that counts."""
    listed: list[Fault] = []
    count: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        key = fault.code, fault.where.rpartition(":")[0] or fault.where
        count[key] = count.get(key, 0) + 1
        last[key] = fault
        if count[key] <= MAX_LISTED:
            listed.append(fault)
    for (code, sheet), number in count.items():
        if number > MAX_LISTED:
            fault = last[code, sheet]
            what = f"{number - MAX_LISTED} more like these, the last at {fault.where}"
            listed.append(
                Fault(
                    code=code,
                    where=sheet,
                    what=what,
                    remedy=fault.remedy,
                    severity=fault.severity,
                    rows=number - MAX_LISTED,
                )
            )
    return listed
