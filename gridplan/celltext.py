"""What the text of a spreadsheet's cell says: a number, a date, a time, yes or no.

Stations type with Chinese keyboards and export from many programs: full-width digits, Excel's mark
of text, eight digits for a date. Nothing is guessed: what cannot be read is said to be so.

Collection systems write "no reading" as a number that no meter shows: nines (9999.99, -99999), or
the largest of 16 or 32 bits (65535, 2147483647), as it is or with its decimal point set. Stations
export thousands of them, so in curves they are missing points, counted per meter; a crew's sheet of
spot measurements is short and typed by hand, so there they are faults. Neither uses them as values.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray

#: Cells that say "no value", and those by which people say that they do not know.
MISSING = frozenset({"", "-", "--", "—", "null", "NULL", "None", "nan", "NaN", "N/A", "n/a", "无"})
UNKNOWN = frozenset({"", "-", "--", "—", "未知", "unknown", "不详", "待定", "不确定"})
NO_TIME = np.iinfo(np.int64).min  #: a date or time that cannot be read
CHINA_OFFSET = "+0800"  #: the only time zone of the country, without summer time since 1992
FIRST_YEAR, LAST_YEAR = 2000, 2100  #: a date outside is a slip
_DATE = r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))"
_TIME = r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?)?"
_ZONE = r"(Z|[+-]\d{2}:?\d{2})?"
_STAMP = re.compile(_DATE + _TIME + _ZONE)
_NO_GROUPS = re.sub(r"\((?!\?)", "(?:", _DATE + _TIME)
_DATES = re.compile(rf"({_NO_GROUPS})(?:\s*(?:~|〜|至|到|to|-|–|—)+\s*({_NO_GROUPS}))?")
_EPOCH = dt.date(1970, 1, 1)
#: Numbers with fewer nines, and binary codes below the least value, may be readings (assumption):
#: 999 kW, 65.535 kW, 327.67 kW. A negative power of -999 kW is none.
_NINES = [float("9" * whole + "." + "9" * after + "0") for whole in range(3, 10)
          for after in range(5) if whole + after >= 4]  # fmt: skip
_BINARY = [code / 10**digits for code in (32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1)
           for digits in range(5)]  # fmt: skip
_LEAST_CODE = 600.0
_CODES = np.array(sorted({999.0, *_NINES, *(code for code in _BINARY if code > _LEAST_CODE)}))
_YES = frozenset({"yes", "y", "true", "1", "是"})
_NO = frozenset({"no", "n", "false", "0", "否", ""})
#: Cells that look like a mobile telephone or identity number, or an account of a messenger.
PRIVATE = re.compile(
    r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)|微信|wechat|wxid",
    re.IGNORECASE,
)
_MOST_SHOWN = 40  #: characters of a cell that a message repeats


def plain(text: str) -> str:
    """Text with full-width forms made plain, without blanks around and Excel's mark of text."""
    return unicodedata.normalize("NFKC", text).strip().lstrip("'")


def shown(text: str) -> str:
    """Text of a cell as a message may repeat it."""
    if PRIVATE.search(text):
        return "(looks like a telephone or identity number)"
    return repr(text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "...")


def number(cell: str) -> float:
    """Value of a cell, NaN where it is missing; infinite where it is no number."""
    if cell in MISSING:
        return float("nan")
    text = plain(cell)
    try:
        value = float(text) if "_" not in text else float("inf")
    except ValueError:
        return float("inf")
    return value if np.isfinite(value) else float("inf")


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


def no_readings(values: FloatArray) -> BoolArray:
    """Which numbers stand for "no reading" in the exports of collection systems."""
    size = np.abs(values)
    found: BoolArray = size > _LEAST_CODE  # nearly all values end here
    if found.any():
        found[found] = np.isin(size[found], _CODES) & (values[found] != 999.0)
    return found


def minutes_of(text: str) -> int:
    """Minutes from 1970-01-01 00:00, ``NO_TIME`` where the text is no date of 2000 to 2100."""
    match = _STAMP.fullmatch(text)
    if match is None:
        return NO_TIME
    year, month, day, compact_month, compact_day, hour, minute, second, zone = match.groups()
    try:
        date = dt.date(int(year), int(month or compact_month), int(day or compact_day))
    except ValueError:
        return NO_TIME
    clock = 60 * int(hour or 0) + int(minute or 0)
    right_zone = zone is None or zone.replace(":", "") == CHINA_OFFSET
    right_clock = clock <= 1440 and int(minute or 0) < 60 and int(second or 0) == 0
    if not (right_zone and right_clock and FIRST_YEAR <= date.year <= LAST_YEAR):
        return NO_TIME
    return (date - _EPOCH).days * 1440 + clock


def stamps(texts: Sequence[str]) -> IntArray:
    """Minutes from 1970-01-01 of every text; each different text is read once."""
    known = {text: minutes_of(text) for text in set(texts)}
    return np.array([known[text] for text in texts], dtype=np.int64)


def date_of(text: str) -> dt.date | None:
    """A date; a time of day is left out. None where the text is none."""
    minutes = minutes_of(text)
    return None if minutes == NO_TIME else _EPOCH + dt.timedelta(days=minutes // 1440)


def dates_of(text: str) -> tuple[dt.date, dt.date] | None:
    """First and last day of a date or a range such as 2027-02-05~2027-02-08; None if it is none."""
    match = _DATES.fullmatch(text)
    if match is None:
        return None
    first = date_of(match[1])
    last = first if match[2] is None else date_of(match[2])
    return None if first is None or last is None else (first, last)


def yes_of(text: str) -> bool | None:
    """True for yes, False for no and an empty cell, None for anything else."""
    folded = text.casefold()
    return True if folded in _YES else False if folded in _NO else None
