"""Tables with known headings, and what their cells say. One reader for all (``formfiles``).

A form says how its columns may be called. Headings are compared without case, blanks, full-width
forms and what stands in brackets: ``额定容量（kVA）`` is ``额定容量``, its unit kVA. A title may
stand above the headings. Columns that no heading names are dropped, which is said; personal data
stop here. Everything wrong is added to one list, with file, sheet and row.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gridplan.celltext import PRIVATE, UNKNOWN, date_of, dates_of, number, plain, shown, yes_of
from gridplan.errors import Fault, error, warn
from gridplan.sheets import Sheet

HEADING_ROWS = 5  #: the headings stand in one of the first rows; ledgers have a title above them
#: Headings of personal data.
PERSONAL = re.compile(
    r"(?<!tg_)(?<!ta_)(?<!line_)(?<!subs_)name|phone|mobile|tel|addr|wechat|id.?card|姓名|户名|户主"
    r"|电话|手机|联系|微信|身份证|证件|地址|住址|门牌",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\(([^()]*)\)")
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the columns of a kind of table may be called.

    Attributes
    ----------
    code : begins the code of every fault
    columns : per column other headings beside its own name; where a table has several of them, the
        one named first is read
    needed : columns that must be there
    key : columns by which a heading row is known; none: those that are needed
    marks : of these at least one must be there too, for a sheet that is not known by its name
    sheets : names of its sheets, or of its files
    units : per column the units that may stand in brackets and what they are in gridplan's own;
        headings of columns that are not named here may have anything in brackets
    free : columns of free text, which people fill with what does not belong there
    """

    code: str
    columns: Mapping[str, Sequence[str]]
    needed: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    units: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    free: tuple[str, ...] = ()

    def names(self, column: str) -> tuple[str, ...]:
        """Folded headings of a column, in order of preference."""
        return tuple(folded(name) for name in (column, *self.columns[column]))

    def words(self, column: str) -> str:
        """A column as a message names it where the table lacks it."""
        return " or ".join((column, *self.columns[column][:1]))

    def places(self, row: Sequence[str]) -> dict[str, list[int]]:
        """Cells of a heading row by column, the preferred one first."""
        cells = [folded(cell) for cell in row]
        found = {}
        for column in self.columns:
            at = [
                at for name in self.names(column) for at, cell in enumerate(cells) if cell == name
            ]
            if at:
                found[column] = list(dict.fromkeys(at))
        return found

    def heading(self, sheet: Sheet, *, named: bool = False) -> int | None:
        """Row of a sheet that holds the headings, None where none does; see ``marks``."""
        key = self.key or self.needed
        single = max(map(len, sheet.rows), default=0) == 1
        for at, row in enumerate(sheet.rows[:HEADING_ROWS]):
            found = self.places(row)
            marked = named or not self.marks or any(name in found for name in self.marks)
            title = not single and sum(map(bool, row)) <= 1
            if marked and not title and all(name in found for name in key):
                return at
        return None

    def is_named(self, sheet: Sheet) -> bool:
        """Whether a sheet, or its file, has one of the form's names."""
        return sheet.name.casefold() in self.sheets


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    table : which it stands in
    where : file and row, sheet where there is one
    cells : plain text by column of the form, "" where the table lacks it
    """

    table: Table
    where: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def error(self, code: str, what: str, remedy: str) -> None:
        """Refuse the row; ``code`` without that of the form."""
        error(self.table.faults, f"{self.table.form.code}-{code}", self.where, what, remedy)

    def warn(self, code: str, what: str, remedy: str) -> None:
        """Doubt the row."""
        warn(self.table.faults, f"{self.table.form.code}-{code}", self.where, what, remedy)

    def text(self, column: str) -> str:
        """Text of a cell that must not be empty."""
        if not self.cells[column]:
            self.error("empty", f"{self.table.heading_of(column)} is empty", "fill it in")
        return self.cells[column]

    def number(
        self,
        column: str,
        low: float,
        high: float,
        *,
        whole: bool = False,
        needed: bool = False,
        code: str = "number",
    ) -> float:
        """A number within its ends in gridplan's unit; NaN where it is unknown or, said, wrong."""
        text, words = self.cells[column], self.table.heading_of(column)
        kind = "whole number" if whole else "number"
        factor = self.table.factors.get(column, 1.0)
        remedy = f"write a {kind} from {low / factor:g} to {high / factor:g}"
        remedy += "" if needed else ", or leave it empty"
        if text.casefold() in UNKNOWN:
            if needed:
                self.error(code, f"{words} is missing", remedy)
            return _NAN
        value = number(text) * factor
        if not low <= value <= high or (whole and value != int(value)):
            self.error(code, f"{words} is {shown(text)}", remedy)
            return _NAN
        return value

    def date(self, column: str) -> dt.date | None:
        """A date; None where it is none, which is said."""
        found = date_of(self.cells[column])
        if found is None:
            self._no_date(column, "write it as 2027-02-05")
        return found

    def dates(self, column: str) -> tuple[dt.date, dt.date] | None:
        """Ends of a date or a range of dates; None where it is unknown or, said, wrong."""
        text = self.cells[column]
        if text.casefold() in UNKNOWN:
            return None
        found = dates_of(text)
        if found is None:
            self._no_date(column, "write it as 2027-02-05, or as 2027-02-05~2027-02-08")
        elif found[0] > found[1]:
            what = f"{self.table.heading_of(column)} {shown(text)} ends before it begins"
            self.error("range-order", what, "exchange the dates or correct the year")
            return None
        return found

    def yes(self, column: str) -> bool:
        """Whether a cell says yes; an empty one says no."""
        found = yes_of(self.cells[column])
        if found is None:
            what = f"{self.table.heading_of(column)} is {shown(self.cells[column])}"
            self.error("yes-no", what, "write yes or no (是, 否)")
        return bool(found)

    def _no_date(self, column: str, remedy: str) -> None:
        text = self.cells[column]
        if re.fullmatch(r"\d{5}", text):
            remedy = f"Excel shows its day number: format the column as date, or {remedy}"
        what = f"{self.table.heading_of(column)} {shown(text)} is not a date"
        self.error("date", what, remedy)


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose headings are known.

    Attributes
    ----------
    form, sheet : what it is, and its rows
    heading : index of the row with the headings
    columns : place of each column that it has
    factors : of columns whose heading names another unit than gridplan's
    faults : where everything wrong is added
    """

    form: Form
    sheet: Sheet
    heading: int
    columns: Mapping[str, int]
    factors: Mapping[str, float]
    faults: list[Fault]

    @property
    def where(self) -> str:
        """Place of the headings."""
        return self.sheet.where(self.heading)

    def heading_of(self, column: str) -> str:
        """A column as the table calls it."""
        if column not in self.columns:
            return self.form.words(column)
        return self.sheet.rows[self.heading][self.columns[column]]

    def lines(self, *, first: int = 0, too_many: str = "cells") -> Iterator[tuple[int, list[str]]]:
        """Index and cells of the rows below the headings that have a cell under every one.

        ``first`` of them are passed over; ``too_many`` is the code of rows with more cells.
        """
        width = len(self.sheet.rows[self.heading])
        for index in range(self.heading + 1 + first, len(self.sheet.rows)):
            cells = list(self.sheet.rows[index])
            if len(cells) > width and not any(cells[width:]):
                cells = cells[:width]
            if len(cells) == width:
                yield index, cells
                continue
            code = too_many if len(cells) > width else "cells"
            what = f"{len(cells)} cells under {width} headings"
            remedy = "check commas and quotes, or export the row again"
            error(self.faults, f"{self.form.code}-{code}", self.sheet.where(index), what, remedy)

    def rows(self) -> Iterator[Row]:
        """Rows below the headings; columns that hold personal numbers are said at the end."""
        headings = self.sheet.rows[self.heading]
        read = {at for name, at in self.columns.items() if name not in self.form.free}
        free = [at for at in range(len(headings)) if at not in read]
        free = [at for at in free if not PERSONAL.search(headings[at])]
        private: dict[int, list[str]] = {}
        for index, cells in self.lines():
            for at in free:
                if PRIVATE.search(cells[at]):
                    private.setdefault(at, []).append(str(self.sheet.numbers[index]))
            cells_of = {
                name: plain(cells[self.columns[name]]) if name in self.columns else ""
                for name in self.form.columns
            }
            yield Row(self, self.sheet.where(index), cells_of)
        for at, rows in private.items():
            some = ", ".join(rows[:5]) + (", ..." if len(rows) > 5 else "")
            what = f"column {named(headings[at])} holds what looks like telephone or identity "
            what += f"numbers (row {some}); they are not read"
            remedy = "delete them from the file"
            warn(self.faults, f"{self.form.code}-private", self.where, what, remedy, len(rows))


def folded(heading: str) -> str:
    """A heading without case, blanks, full-width forms and what stands in brackets."""
    return re.sub(r"\s", "", _BRACKETS.sub("", _narrow(heading))).casefold()


def unit_of(heading: str) -> str:
    """What stands in the last brackets of a heading, folded; "" where there are none."""
    inside = _BRACKETS.findall(_narrow(heading))
    return re.sub(r"\s", "", inside[-1]).casefold() if inside else ""


def named(heading: str) -> str:
    """A heading as a message may repeat it."""
    return shown(heading) if heading else "without a heading"


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
