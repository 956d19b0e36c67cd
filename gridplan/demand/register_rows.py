"""Rows of a register as text: headings, and what a cell may say; everything wrong is a fault.

Personal data stop here: columns that no heading below names are never read, and no message repeats
a cell that looks like a telephone or identity number.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path

from gridplan.demand.calendar import festival_day
from gridplan.errors import Fault, InputError, StudyError
from gridplan.sheets import Sheet, read_sheets

#: Accepted headings per column; the first is the one that gridplan writes. Where a table has
#: several of them, the one named first here is read.
HEADINGS = {
    "station": ("station", "供电所", "所属供电所", "供电所名称"),
    "area": ("area", "台区编号", "台区号", "台区"),
    "customer_id": ("customer_id", "户号", "用户编号", "用户号", "客户编号", "用电户号"),
    "persons": ("persons", "返乡人数", "返乡人口", "人数"),
    "persons_p10": ("persons_p10", "返乡人数p10", "人数p10", "最少返乡人数", "最少人数"),
    "persons_p50": ("persons_p50", "返乡人数p50", "人数p50", "最可能返乡人数", "最可能人数"),
    "persons_p90": ("persons_p90", "返乡人数p90", "人数p90", "最多返乡人数", "最多人数"),
    "arrival": ("arrival", "返乡日期", "返乡时间", "预计返乡日期", "预计返乡时间"),
    "arrival_first": ("arrival_first", "最早返乡日期", "最早返乡时间", "返乡日期最早", "最早返乡"),
    "arrival_last": ("arrival_last", "最晚返乡日期", "最晚返乡时间", "返乡日期最晚", "最晚返乡"),
    "departure": ("departure", "离开日期", "返程日期", "返程时间", "离开时间", "预计离开日期"),
    "departure_first": (
        "departure_first",
        "最早离开日期",
        "最早返程日期",
        "离开日期最早",
        "最早离开",
    ),
    "departure_last": (
        "departure_last",
        "最晚离开日期",
        "最晚返程日期",
        "离开日期最晚",
        "最晚离开",
    ),
    "will_not_return": ("will_not_return", "不返乡", "是否不返乡"),
    "heaters": ("heaters", "取暖器", "电暖器", "取暖器数量", "取暖器台数"),
    "air_conditioners": ("air_conditioners", "空调", "空调数量", "空调台数"),
    "induction_cookers": ("induction_cookers", "电磁炉", "电磁炉数量", "电磁炉台数"),
    "electric_vehicles": ("electric_vehicles", "电动汽车", "电动汽车数量", "新能源汽车"),
    "source": ("source", "来源", "信息来源"),
    "updated": ("updated", "更新日期", "更新时间", "登记日期"),
}
#: Columns of ``Register.appliances``, in its order.
APPLIANCES = ("heaters", "air_conditioners", "induction_cookers", "electric_vehicles")
#: Headings of personal data: such columns are dropped, and that is said.
PERSONAL = re.compile(
    r"name|phone|mobile|tel|address|wechat|id.?card|姓名|户名|户主|电话|手机|联系|微信|身份证|证件|地址|住址"
    r"|门牌",
    re.IGNORECASE,
)
#: Cells that look like a mobile telephone or identity number, or an account of a messenger.
PRIVATE = re.compile(
    r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)|微信|wechat|wxid",
    re.IGNORECASE,
)
_ONE_DATE = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.0+)?)?)?"
_DATES = re.compile(rf"({_ONE_DATE})(?:\s*(?:~|〜|至|到|to|-|–|—)+\s*({_ONE_DATE}))?")
_STAY = ("arrival", "departure")
_UNKNOWN = {"", "未知", "unknown", "不详", "待定", "不确定"}
_YES_NO = {"yes": True, "y": True, "true": True, "1": True, "是": True}
_YES_NO |= {"no": False, "n": False, "false": False, "0": False, "否": False, "": False}

HEADING_ROWS = 5  #: the heading stands in one of the first rows; ledgers have a title above it
MAX_PERSONS = 50  #: more than any home holds: a telephone or customer number in the wrong column
MAX_APPLIANCES = 20  #: more than any home holds of one kind
MAX_DAYS_OFF = 180  #: a date further from New Year's Day is in the wrong year
_MAX_SHOWN = 40  #: characters of a cell that a message repeats
_NAN = float("nan")


def shown(text: str) -> str:
    """Text of a cell as a message may repeat it."""
    if PRIVATE.search(text):
        return "(looks like a telephone or identity number)"
    return repr(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "...")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read.

    Attributes
    ----------
    where : file and row
    cells : normalised text by column, "" where the table lacks it
    has_area : whether the table has a column of areas
    faults : of the file so far
    """

    where: str
    cells: dict[str, str]
    has_area: bool
    faults: list[Fault]

    def fault(self, code: str, what: str, remedy: str, severity: str = "error") -> None:
        """Add a fault at this row; ``code`` without its prefix."""
        fault = Fault(
            code=f"register-{code}", where=self.where, what=what, remedy=remedy, severity=severity
        )
        self.faults.append(fault)

    @property
    def has_time(self) -> bool:
        """Whether a date of the stay comes with a time of day other than midnight."""
        cells = (text for name, text in self.cells.items() if name.startswith(_STAY))
        return any(":" in text.replace("00:00", "") for text in cells)

    def count(self, column: str, code: str, limit: int) -> float:
        """A whole number from 0 to ``limit``; NaN where it is unknown or wrong."""
        text = self.cells[column]
        if text.casefold() in _UNKNOWN:
            return _NAN
        try:
            value = float(text)
        except ValueError:
            value = _NAN
        if not (0 <= value <= limit and value == int(value)):
            remedy = f"write a whole number from 0 to {limit}, or leave it empty"
            self.fault(code, f"{column} is {shown(text)}", remedy)
            return _NAN
        return value

    def persons(self) -> tuple[float, float, float]:
        """Persons as (p10, p50, p90); all the same where one number is given, NaN where none."""
        columns = ("persons_p10", "persons", "persons_p50", "persons_p90")
        before = len(self.faults)
        low, one, middle, high = (self.count(name, "persons", MAX_PERSONS) for name in columns)
        if len(self.faults) > before:
            return _NAN, _NAN, _NAN
        if not isnan(one) and not isnan(middle) and one != middle:
            what = f"persons is {one:g} but persons_p50 is {middle:g}"
            self.fault("persons", what, "keep one of the two")
        middle = one if isnan(middle) else middle
        if isnan(low) and isnan(high):
            return middle, middle, middle
        if any(map(isnan, (low, middle, high))):
            what = "of persons p10, p50 and p90 some are empty"
            self.fault("quantiles", what, "give all three, or one number")
        elif not low <= middle <= high:
            what = f"persons p10 {low:g}, p50 {middle:g}, p90 {high:g} do not rise"
            self.fault("quantiles", what, "write them as p10 <= p50 <= p90")
        else:
            return low, middle, high
        return _NAN, _NAN, _NAN

    def days(self, column: str, origin: dt.date) -> tuple[float, float]:
        """First and last festival day of a date or a range of dates; NaN where unknown."""
        day = self._range(column, origin)
        first_column, last_column = f"{column}_first", f"{column}_last"
        before = len(self.faults)
        first, last = (self._range(name, origin) for name in (first_column, last_column))
        if len(self.faults) > before:
            return _NAN, _NAN
        if isnan(first[0]) and isnan(last[0]):
            return day
        if isnan(first[0]) or isnan(last[0]):
            what = f"of {first_column} and {last_column} one is empty"
            self.fault("range-end", what, "give both ends, or neither")
            return _NAN, _NAN
        both = first[0], last[1]
        if both[0] > both[1]:
            what = (
                f"{first_column} {self.cells[first_column]} is after {self.cells[last_column]}, "
                f"which is {last_column}"
            )
            self.fault("range-order", what, "exchange them or correct the year")
            return _NAN, _NAN
        if not isnan(day[0]) and day != both:
            what = f"{column} {self.cells[column]} is not what its first and last day say"
            self.fault("range-twice", what, f"keep {column}, or its first and last day")
            return _NAN, _NAN
        return both

    def updated(self, origin: dt.date) -> float:
        """Festival day of the last change; NaN where unknown."""
        return self._range("updated", origin)[1]

    def stays_away(self) -> bool:
        """Whether the home says that nobody comes."""
        text = self.cells["will_not_return"].casefold()
        if text not in _YES_NO:
            what = f"will_not_return is {shown(self.cells['will_not_return'])}"
            self.fault("yes-no", what, "write yes or no")
        return _YES_NO.get(text, False)

    def _range(self, column: str, origin: dt.date) -> tuple[float, float]:
        """Days of one cell."""
        text = self.cells[column]
        if text.casefold() in _UNKNOWN:
            return _NAN, _NAN
        match = _DATES.fullmatch(text)
        found = [_date(part) for part in match.groups() if part] if match else [None]
        dates = [date for date in found if date is not None]
        if len(dates) < len(found):
            remedy = "write it as 2027-02-05, or as 2027-02-05~2027-02-08"
            if re.fullmatch(r"\d{5}", text):
                remedy = f"Excel shows its day number: format the column as date, or {remedy}"
            self.fault("date", f"{column} {shown(text)} is not a date", remedy)
            return _NAN, _NAN
        days = [festival_day(date, origin) for date in dates]
        off = max(map(abs, days))
        if off > MAX_DAYS_OFF and column != "updated":
            self.fault(
                "date", f"{column} {text} is {off} days from New Year's Day", "check the year"
            )
            return _NAN, _NAN
        if days[0] > days[-1]:
            what = f"{column} {text} ends before it begins"
            self.fault("range-order", what, "exchange the dates or correct the year")
            return _NAN, _NAN
        return float(days[0]), float(days[-1])


def _date(text: str) -> dt.date | None:
    """A date whose form is right; a time of day is left out, the model counts whole days."""
    year, month, day = map(int, re.findall(r"\d+", text)[:3])
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def read_rows(path: Path, faults: list[Fault]) -> Iterator[Row]:
    """Rows of every sheet that has a heading for customer numbers; the others are said.

    Raises ``StudyError`` when the file is missing or no table.
    """
    try:
        sheets = read_sheets(path)
    except InputError as error:
        raise StudyError(str(path), [_renamed(path, fault) for fault in error.faults]) from error
    tables = [(sheet, _heading_row(sheet)) for sheet in sheets]
    if all(at is None for _, at in tables):
        what = f"no heading customer_id or 户号 in its first {HEADING_ROWS} rows"
        remedy = "name the columns, separated by commas, in the first row"
        faults.append(
            Fault(code="register-heading", where=f"{path.name}:1", what=what, remedy=remedy)
        )
        return
    for sheet, at in tables:
        if at is None:
            _note(faults, "sheet-dropped", sheet.source, "sheet dropped: it has no heading 户号")
            continue
        if at:
            what = f"{at} row(s) above the heading left out: taken as a title"
            _note(faults, "title", sheet.where(at), what)
        yield from _table_rows(sheet, at, faults)


def _renamed(path: Path, fault: Fault) -> Fault:
    """A fault of a file as one of a register, with what to do in a study."""
    code, remedy, where = fault.code.replace("file-", "register-"), fault.remedy, fault.where
    if code == "register-missing":
        where, remedy = str(path), "put the register there, or set registers: none in the study"
    return Fault(code=code, where=where, what=fault.what, remedy=remedy)


def _note(faults: list[Fault], code: str, where: str, what: str) -> None:
    faults.append(Fault(code=f"register-{code}", where=where, what=what, severity="note"))


def _heading(cell: str) -> str:
    """A heading without units in brackets, blanks and full-width forms."""
    plain = re.sub(r"\(.*?\)|\s", "", unicodedata.normalize("NFKC", cell))
    return plain.casefold()


def _heading_row(sheet: Sheet) -> int | None:
    for at, cells in enumerate(sheet.rows[:HEADING_ROWS]):
        if any(_heading(cell) in HEADINGS["customer_id"] for cell in cells):
            return at
    return None


def _table_rows(sheet: Sheet, heading_at: int, faults: list[Fault]) -> Iterator[Row]:
    headings, where = sheet.rows[heading_at], sheet.where(heading_at)
    below = sheet.rows[heading_at + 1 :]
    filled = [any(at < len(cells) and cells[at] for cells in below) for at in range(len(headings))]
    columns = _columns(headings, filled, where, faults)
    private: dict[int, list[str]] = {}
    free_text = [
        at
        for at, heading in enumerate(headings)
        if at not in columns.values() and not PERSONAL.search(heading)
    ]
    free_text += [columns[name] for name in ("station", "source") if name in columns]
    for index in range(heading_at + 1, len(sheet.rows)):
        cells = sheet.rows[index]
        if len(cells) < len(headings) or any(cells[len(headings) :]):
            what = f"{len(cells)} cells under {len(headings)} headings"
            remedy = "check commas and quotes"
            faults.append(
                Fault(code="register-cells", where=sheet.where(index), what=what, remedy=remedy)
            )
            continue
        for at in free_text:
            if PRIVATE.search(cells[at]):
                private.setdefault(at, []).append(str(sheet.numbers[index]))
        named = {name: cells[columns[name]] if name in columns else "" for name in HEADINGS}
        normal = {name: unicodedata.normalize("NFKC", text).strip() for name, text in named.items()}
        yield Row(sheet.where(index), normal, "area" in columns, faults)
    faults += [_private(headings[at], where, rows) for at, rows in private.items()]


def _private(heading: str, where: str, rows: list[str]) -> Fault:
    """Personal data in a column of another kind: said without repeating them."""
    some = ", ".join(rows[:5]) + (", ..." if len(rows) > 5 else "")
    return Fault(
        code="register-private",
        where=where,
        what=f"column {shown(heading)} holds what looks like telephone or identity numbers "
        f"(row {some}); they are not read",
        remedy="delete them from the file",
        severity="warning",
        rows=len(rows),
    )


def _columns(
    headings: Sequence[str], filled: Sequence[bool], where: str, faults: list[Fault]
) -> dict[str, int]:
    """Position of each known column; what is dropped is said, but for columns without anything."""
    plain = [_heading(cell) for cell in headings]
    columns: dict[str, int] = {}
    spare: dict[int, str] = {}
    for name, known in HEADINGS.items():
        found = [at for alias in known for at, cell in enumerate(plain) if cell == alias]
        if found:
            columns[name] = found[0]
            spare |= dict.fromkeys(found[1:], name)
    for at, cell in enumerate(headings):
        if at in spare:
            same = plain[at] == plain[columns[spare[at]]]
            other = shown(headings[columns[spare[at]]])
            fault = Fault(
                code="register-heading-twice",
                where=where,
                what=f"columns {other} and {shown(cell)} both say {spare[at]}"
                + ("" if same else f"; only {other} is read"),
                remedy="delete one of them",
                severity="error" if same else "warning",
            )
            faults.append(fault)
        elif (cell or filled[at]) and at not in columns.values():
            why = "personal data do not enter" if PERSONAL.search(cell) else "not known to gridplan"
            _note(faults, "column-dropped", where, f"column {shown(cell)} dropped: {why}")
    return columns
