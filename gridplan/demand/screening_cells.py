"""Sheets of a county's workbook as tables of named cells, with everything wrong in one list."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridplan.demand.register_rows import PERSONAL, shown
from gridplan.demand.screening_faults import Faults
from gridplan.frozen import FloatArray
from gridplan.sheets import Sheet

POINTS = 96  #: quarter hours of a day
HEADING_ROWS = 5  #: titles may stand above the headings

#: Accepted headings per column, without units in brackets, blanks and case.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "station": ("station", "供电所", "所属供电所", "供电所名称"),
    "area": (
        "area",
        "area_id",
        "台区编号",
        "台区号",
        "台区编码",
        "台区",
        "transformer",
        "tg_no",
        "id",
    ),
    "sn_kva": ("sn_kva", "kva", "额定容量", "容量", "配变容量", "变压器容量", "额定容量kva"),
    "vector_group": ("vector_group", "联结组标号", "联结组别", "联结组", "接线组别"),
    "homes": ("homes", "户数", "总户数", "用户数", "居民户数"),
    "homes_lived_in": ("homes_lived_in", "常住户数", "常住户"),
    "date": ("date", "data_date", "数据日期", "日期"),
    "ratio": ("ct_ratio", "ratio", "倍率", "综合倍率", "ct", "ct倍率", "total_factor"),
    "data_type": ("data_type", "数据类型", "类型"),
    "returning_homes": ("returning_homes", "返乡户数"),
    "customer_id": ("customer_id", "户号", "用户编号", "用户号", "客户编号", "用电户号"),
    "persons": ("persons", "返乡人数", "返乡人口", "人数"),
    "arrival": ("arrival", "返乡日期", "返乡时间", "预计返乡日期", "预计返乡时间"),
    "departure": ("departure", "离开日期", "返程日期", "返程时间", "离开时间", "预计离开日期"),
    "will_not_return": ("will_not_return", "不返乡", "是否不返乡"),
    "mean_c": ("mean_c", "平均气温", "日平均气温"),
    "kind": ("kind", "类别", "用电类别", "负荷类别", "负荷名称"),
    "kw": ("kw", "功率", "额定功率", "合同容量", "负荷容量"),
}
_NAMES = {
    "transformers": ("transformers", "台区", "台区台账", "配变", "变压器"),
    "curves": ("curves", "负荷曲线", "曲线"),
    "register": ("register", "返乡", "返乡登记", "返乡台账"),
    "temperature": ("temperature", "气温", "平均气温"),
    "special": ("special_loads", "特殊负荷", "专用负荷"),
}
_MISSING = frozenset({"", "-", "--", "—", "null", "nan", "n/a", "无"})
_UNKNOWN = frozenset({"", "未知", "unknown", "不详", "待定", "不确定"})
_YES_NO = {"yes": True, "y": True, "true": True, "1": True, "是": True, "不返乡": True}
_YES_NO |= {"no": False, "n": False, "false": False, "0": False, "否": False, "": False}
_DATE = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
)
_RANGE = re.compile(r"\s*(?:~|〜|至|到| to |–|—)\s*")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its place, its cells by column and all of its cells."""

    where: str
    cells: Mapping[str, str]
    raw: Sequence[str]
    faults: Faults

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def error(self, code: str, what: str, remedy: str) -> None:
        """Refuse the row."""
        self.faults.error(code, self.where, what, remedy)

    def warn(self, code: str, what: str, remedy: str) -> None:
        """Doubt the row."""
        self.faults.warn(code, self.where, what, remedy)

    def stranger(self) -> None:
        """Refuse the row's area: no transformer is known of it."""
        what = f"area {self['area']!r} is not among the transformers"
        self.error("unknown-area", what, "add it to the sheet 台区, or correct the number")

    def number(
        self,
        column: str,
        words: str,
        low: float,
        high: float,
        whole: bool = False,
        *,
        needed: bool = True,
    ) -> float | None:
        """A number within its ends; None where it is empty or, with a fault, wrong."""
        text = self[column]
        kind = "whole number" if whole else "number"
        if text.casefold() in _MISSING | _UNKNOWN:
            if needed:
                self.error(column, f"{words} is missing", f"fill in a {kind}")
            return None
        try:
            value = float(text) if "_" not in text else float("nan")
        except ValueError:
            value = float("nan")
        if not low <= value <= high or (whole and value != int(value)):
            remedy = f"write a {kind} from {low:g} to {high:g}"
            self.error(column, f"{words} is {shown(text)}", remedy)
            return None
        return value

    def date(self, column: str) -> dt.date | None:
        """A date; None, with a fault, where it is none."""
        found = date_of_text(self[column])
        if found is None:
            what = f"{column} {shown(self[column])} is not a date"
            self.error("date", what, "write it as 2027-02-05")
        return found

    def festival_day(self, column: str, origin: dt.date, limit: int) -> float:
        """Festival day of a date, the middle one of a range; NaN where it is unknown or wrong."""
        text = self[column]
        if text.casefold() in _UNKNOWN:
            return float("nan")
        dates = [date_of_text(part) for part in _RANGE.split(text, maxsplit=1)]
        days = [float((date - origin).days) for date in dates if date is not None]
        if len(days) < len(dates):
            remedy = "write it as 2027-02-05, or as 2027-02-05~2027-02-08"
            self.error("date", f"{column} {shown(text)} is not a date", remedy)
        elif days[0] > days[-1]:
            self.error("date", f"{column} {shown(text)} ends before it begins", "exchange them")
        elif max(map(abs, days)) > limit:
            off = max(map(abs, days))
            what = f"{column} {shown(text)} is {off:.0f} days from New Year's Day"
            self.error("date", what, "check the year")
        else:
            return float(np.floor((days[0] + days[-1]) / 2))
        return float("nan")

    def yes(self, column: str, words: str) -> bool:
        """Whether a cell says yes."""
        text = self[column].casefold()
        if text not in _YES_NO:
            self.error("yes-no", f"{words} is {shown(self[column])}", "write yes or no (是, 否)")
        return _YES_NO.get(text, False)


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose headings are known.

    Attributes
    ----------
    sheet, heading : rows, and the index of the one with the headings
    columns : position by name
    points : positions of the 96 points of a curve, empty where there are none
    n_point : columns that look like points
    """

    sheet: Sheet
    heading: int
    columns: Mapping[str, int]
    points: tuple[int, ...]
    n_point: int

    @property
    def where(self) -> str:
        """Place of the headings."""
        return self.sheet.where(self.heading)

    def needs(self, faults: Faults, *names: str) -> bool:
        """Whether all of some columns are there; what is missing is a fault."""
        missing = [name for name in names if name not in self.columns]
        for name in missing:
            words = " or ".join(HEADINGS[name][:3])
            faults.error("heading", self.where, f"no column {words}", "add it, or name it so")
        return not missing

    def has_points(self, faults: Faults) -> bool:
        """Whether the 96 points are there."""
        if not self.points:
            what = f"{self.n_point} columns of points, not P1 ... P96 or 00:00 ... 23:45 in order"
            faults.error("points", self.where, what, "export all 96 quarter hours")
        return bool(self.points)

    def rows(self, faults: Faults) -> Iterator[Row]:
        """Rows below the headings; those with more cells than headings are faults."""
        width = len(self.sheet.rows[self.heading])
        for index in range(self.heading + 1, len(self.sheet.rows)):
            cells, where = self.sheet.rows[index], self.sheet.where(index)
            if len(cells) > width and any(cells[width:]):
                what = f"{len(cells)} cells under {width} headings"
                faults.error("cells", where, what, "check commas and quotes")
                continue
            padded = (*cells, *[""] * (width - len(cells)))
            named = {
                name: unicodedata.normalize("NFKC", padded[at]).strip().lstrip("'")
                for name, at in self.columns.items()
            }
            yield Row(where, named, padded, faults)


def tables(sheets: Sequence[Sheet], faults: Faults) -> Iterator[tuple[str, Table]]:
    """Kind and table of every sheet that is known; others are said."""
    for sheet in sheets:
        heading = next(
            (at for at, row in enumerate(sheet.rows[:HEADING_ROWS]) if _is_heading(row)), None
        )
        kind = _kind_by_name(sheet.source)
        if heading is None:
            if kind is not None:
                what = (
                    f"no heading 台区编号/area (for temperatures: date, mean_c) in the first "
                    f"{HEADING_ROWS} rows"
                )
                faults.error("heading", sheet.where(0), what, "name the columns in the first row")
            else:
                what = "sheet left out: no heading 台区编号/area"
                faults.note("sheet-left-out", sheet.source, what)
            continue
        table = _table(sheet, heading)
        kind = kind or _kind_by_headings(table)
        if kind is None:
            what = "sheet left out: neither kVA, nor points, nor returnees, nor temperatures"
            faults.note("sheet-left-out", sheet.source, what)
            continue
        if heading:
            what = f"{heading} row(s) above the headings left out: taken as a title"
            faults.note("title", sheet.where(heading), what)
        _say_dropped(table, faults)
        yield kind, table


def number_row(row: Row, points: Sequence[int]) -> FloatArray | None:
    """The points of a row (96,) [as written], NaN where missing; None, with a fault, if wrong."""
    cells = [row.raw[at] for at in points]
    texts = ["nan" if cell.casefold() in _MISSING else cell for cell in cells]
    try:
        found = np.array(texts, dtype=np.float64)
        if not np.isinf(found).any() and "_" not in "".join(texts):
            return found
    except ValueError:
        pass
    wrong = next(cell for cell in texts if not _is_number(cell))
    row.error(
        "number", f"a point is {shown(wrong)}", "write numbers in kW, leave missing ones empty"
    )
    return None


def date_of_text(text: str) -> dt.date | None:
    """A date of 2000 to 2100 as stations write it; a time of day is left out."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, compact_month, compact_day = match.groups()
    try:
        date = dt.date(int(year), int(month or compact_month), int(day or compact_day))
    except ValueError:
        return None
    return date if 2000 <= date.year <= 2100 else None


def _is_number(text: str) -> bool:
    try:
        return "_" not in text and not np.isinf(float(text))
    except ValueError:
        return False


def _plain(heading: str) -> str:
    return re.sub(r"\(.*?\)|\s", "", unicodedata.normalize("NFKC", heading)).casefold()


def _is_heading(row: Sequence[str]) -> bool:
    """Whether a row names areas and something else, or days and temperatures."""
    cells = {_plain(cell) for cell in row}

    def has(name: str) -> bool:
        return not cells.isdisjoint(HEADINGS[name])

    return (has("area") and sum(map(bool, row)) > 1) or (has("date") and has("mean_c"))


def _kind_by_name(source: str) -> str | None:
    """Kind by the sheet's name, or by the file's where that has no sheets."""
    name = source.rpartition("[")[2].rstrip("]") if source.endswith("]") else Path(source).stem
    return next((kind for kind, names in _NAMES.items() if name.casefold() in names), None)


def _kind_by_headings(table: Table) -> str | None:
    if "kind" in table.columns and "homes" not in table.columns:
        return "special"
    if "sn_kva" in table.columns:
        return "transformers"
    if "date" in table.columns and table.n_point:
        return "curves"
    if {"returning_homes", "persons", "arrival", "will_not_return"} & table.columns.keys():
        return "register"
    return "temperature" if "mean_c" in table.columns else None


def _table(sheet: Sheet, heading: int) -> Table:
    plain = [_plain(cell) for cell in sheet.rows[heading]]
    columns = {}
    for name, known in HEADINGS.items():
        found = [plain.index(alias) for alias in known if alias in plain]
        if found:
            columns[name] = found[0]
    numbered = {int(m[1]): at for at, cell in enumerate(plain) if (m := _POINT.fullmatch(cell))}
    clock = [at for at, cell in enumerate(plain) if _CLOCK.fullmatch(cell)]
    points: tuple[int, ...] = ()
    if sorted(numbered) == list(range(1, POINTS + 1)):
        points = tuple(numbered[number] for number in range(1, POINTS + 1))
    elif _in_order([plain[at] for at in clock]):
        points = tuple(clock)
    return Table(sheet, heading, columns, points, len(numbered) or len(clock))


_POINT = re.compile(r"p_?0*(\d{1,3})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?|1899-12-3[01]|1900-01-0[01]")


def _in_order(clock: Sequence[str]) -> bool:
    """Whether clock headings are the 96 quarter hours from 00:00, or from 00:15 to midnight."""
    if len(clock) != POINTS:
        return False
    quarters = [int(m[1]) * 4 + int(m[2]) / 15 if (m := _CLOCK.fullmatch(c)) and m[1] else 96.0
                for c in clock]  # fmt: skip
    if quarters[0] == 1 and quarters[-1] == 0:
        quarters[-1] = 96.0
    return quarters[0] in (0, 1) and bool(np.all(np.diff(quarters) == 1))


def _say_dropped(table: Table, faults: Faults) -> None:
    """Say which columns are not read, and that personal ones never are."""
    headings = table.sheet.rows[table.heading]
    used = {*table.columns.values(), *table.points}
    rest = [cell for at, cell in enumerate(headings) if at not in used and cell]
    personal = [cell for cell in rest if PERSONAL.search(cell)]
    others = [cell for cell in rest if cell not in personal and not _POINT.fullmatch(_plain(cell))]
    for cells, why in ((personal, "personal data do not enter"), (others, "not used")):
        if cells:
            what = f"column {', '.join(map(shown, cells))} dropped: {why}"
            faults.note("column-dropped", table.where, what)
