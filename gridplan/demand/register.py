"""Reading a register of returnees: one row per home, no names, no phones, no addresses."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridplan.demand.calendar import festival_day
from gridplan.errors import Fault, StudyError
from gridplan.frozen import BoolArray, FloatArray, own_fields

#: Accepted headings per column; the first is the one that gridplan writes.
HEADINGS = {
    "customer_id": ("customer_id", "户号", "用户编号"),
    "persons": ("persons", "返乡人数", "人数"),
    "arrival": ("arrival", "返乡日期", "返乡时间"),
    "departure": ("departure", "离开日期", "返程日期", "返程时间"),
    "will_not_return": ("will_not_return", "不返乡"),
    "source": ("source", "来源"),
    "updated": ("updated", "更新日期"),
}
_PERSONAL = re.compile(
    r"name|phone|mobile|tel|address|wechat|id.?card|姓名|户名|电话|手机|微信|身份证|地址|住址",
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]00:00(?::00)?)?")
_YES_NO = {"yes": True, "y": True, "true": True, "1": True, "是": True}
_YES_NO |= {"no": False, "n": False, "false": False, "0": False, "否": False, "": False}

MAX_BYTES = 20_000_000  #: a register of a transformer area has a few hundred rows
MAX_PERSONS = 50  #: more than any home holds: a telephone or customer number in the wrong column
MAX_DAYS_OFF = 180  #: a date further from New Year's Day is in the wrong year


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Register:
    """What is known about the returnees of one feeder, aligned with its customers.

    Attributes
    ----------
    listed : bool (customer,) -- somebody has asked this home
    stays_away : bool (customer,) -- nobody comes back
    persons : float (customer,) -- returning persons, NaN where unknown, 0 where nobody comes back
    arrival, departure : float (customer,) -- festival days, NaN where unknown
    notes : what was dropped or is hard to believe
    """

    listed: BoolArray
    stays_away: BoolArray
    persons: FloatArray
    arrival: FloatArray
    departure: FloatArray
    notes: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        one = ("customer",)
        layout = {
            "listed": (np.bool_, one),
            "stays_away": (np.bool_, one),
            "persons": (np.float64, one),
        }
        own_fields(
            self, {**layout, "arrival": (np.float64, one), "departure": (np.float64, one)}, {}
        )

    @classmethod
    def empty(cls, n_customer: int) -> Register:
        """A register that nobody has filled."""
        no, unknown = np.zeros(n_customer, dtype=bool), np.full(n_customer, np.nan)
        return cls(listed=no, stays_away=no, persons=unknown, arrival=unknown, departure=unknown)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row as read: raw text by column, and the faults found in it."""

    where: str
    cells: dict[str, str]
    faults: list[Fault]

    def fault(self, code: str, what: str, remedy: str) -> None:
        self.faults.append(Fault(code=code, where=self.where, what=what, remedy=remedy))

    def persons(self) -> float:
        text = self.cells["persons"]
        if not text:
            return float("nan")
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not (0 <= value <= MAX_PERSONS and value == int(value)):
            self.fault(
                "register-persons",
                f"persons is {text!r}",
                f"write a whole number from 0 to {MAX_PERSONS}",
            )
            return float("nan")
        return value

    def day(self, column: str, new_year_day: dt.date) -> float:
        text = self.cells[column]
        if not text:
            return float("nan")
        match = _DATE.fullmatch(text)
        try:
            date = dt.date(*map(int, match.groups())) if match else None
        except ValueError:
            date = None
        if date is None:
            self.fault(
                "register-date", f"{column} {text!r} is not a date", "write it as 2027-02-05"
            )
            return float("nan")
        day = festival_day(date, new_year_day)
        if abs(day) > MAX_DAYS_OFF and column != "updated":
            self.fault(
                "register-date",
                f"{column} {text} is {abs(day)} days from New Year's Day",
                "check the year",
            )
            return float("nan")
        return float(day)

    def stays_away(self) -> bool:
        text = self.cells["will_not_return"].casefold()
        if text not in _YES_NO:
            self.fault("register-yes-no", f"will_not_return is {text!r}", "write yes or no")
        return _YES_NO.get(text, False)


def read_register(path: Path, customer_ids: Sequence[str], new_year_day: dt.date) -> Register:
    """Read a register CSV (UTF-8 or GBK) for the customers of a feeder.

    Raises ``StudyError`` with every fault of the file.
    """
    faults: list[Fault] = []
    position = {name: index for index, name in enumerate(customer_ids)}
    values = {name: np.full(len(position), np.nan) for name in ("persons", "arrival", "departure")}
    listed, away = np.zeros(len(position), dtype=bool), np.zeros(len(position), dtype=bool)
    first_row: dict[str, str] = {}
    for row in _rows(path, faults):
        customer = row.cells["customer_id"]
        persons, stays_away = row.persons(), row.stays_away()
        arrival, departure = row.day("arrival", new_year_day), row.day("departure", new_year_day)
        row.day("updated", new_year_day)
        if departure < arrival:
            what = f"departure {row.cells['departure']} is before arrival {row.cells['arrival']}"
            row.fault("register-date-order", what, "exchange them or correct the year")
        index = position.get(customer)
        if customer in first_row:
            what = f"customer {customer!r} already stands at {first_row[customer]}"
            row.fault("register-duplicate", what, "keep one row per customer")
        elif index is None:
            what = (
                f"customer {customer!r} is not in the network"
                if customer
                else "customer_id is empty"
            )
            row.fault("register-unknown-customer", what, "correct the number or delete the row")
        else:
            listed[index], away[index] = True, stays_away or persons == 0
            values["persons"][index] = 0.0 if stays_away else persons
            values["arrival"][index], values["departure"][index] = arrival, departure
        first_row.setdefault(customer, row.where)
    if any(fault.severity == "error" for fault in faults):
        raise StudyError(str(path), faults)
    return Register(listed=listed, stays_away=away, notes=tuple(faults), **values)


def _text(path: Path) -> str:
    """Content of the file as text; Excel on a Chinese system writes GBK."""
    try:
        size, data = path.stat().st_size, path.read_bytes()
    except OSError as error:
        what = (
            "there is no such file"
            if isinstance(error, FileNotFoundError)
            else f"cannot be read: {error.strerror}"
        )
        remedy = "put the register there, or set registers: none in the study"
        raise StudyError(
            str(path), [Fault(code="register-missing", where=str(path), what=what, remedy=remedy)]
        ) from error
    what = (
        f"the file has {size} bytes, more than {MAX_BYTES}"
        if size > MAX_BYTES
        else "neither UTF-8 nor GBK text"
    )
    if size <= MAX_BYTES:
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    fault = Fault(
        code="register-encoding", where=path.name, what=what, remedy="save it as CSV UTF-8"
    )
    raise StudyError(str(path), [fault])


def _rows(path: Path, faults: list[Fault]) -> Iterator[_Row]:
    """Rows of the file with known columns only; others are dropped and said."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        heading = [cell.strip() for cell in next(reader, [])]
        columns = _columns(path, heading, faults)
        if columns is None:
            return
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            where = f"{path.name}:{reader.line_num}"
            if len(cells) != len(heading):
                what = f"{len(cells)} cells under {len(heading)} headings"
                faults.append(
                    Fault(
                        code="register-cells",
                        where=where,
                        what=what,
                        remedy="check commas and quotes",
                    )
                )
                continue
            named = {
                name: cells[at].strip() if at is not None else "" for name, at in columns.items()
            }
            yield _Row(where, named, faults)
    except csv.Error as error:
        where = f"{path.name}:{reader.line_num}"
        faults.append(
            Fault(
                code="register-csv",
                where=where,
                what=f"not CSV: {error}",
                remedy="save it as CSV again",
            )
        )


def _columns(path: Path, heading: list[str], faults: list[Fault]) -> dict[str, int | None] | None:
    """Position of each known column; None when the file has no customer numbers."""
    columns: dict[str, int | None] = {}
    for name, known in HEADINGS.items():
        columns[name] = next(
            (at for at, cell in enumerate(heading) if cell.casefold() in known), None
        )
    where = f"{path.name}:1"
    if columns["customer_id"] is None:
        what = f"no column customer_id among {', '.join(heading) or 'nothing'}"
        faults.append(
            Fault(
                code="register-heading",
                where=where,
                what=what,
                remedy="name the columns in the first row",
            )
        )
        return None
    for at, cell in enumerate(heading):
        if at not in columns.values():
            why = (
                "personal data do not enter" if _PERSONAL.search(cell) else "not known to gridplan"
            )
            what = f"column {cell!r} dropped: {why}"
            faults.append(
                Fault(code="register-column-dropped", where=where, what=what, severity="note")
            )
    return columns
