"""Tables of a study, such as weather or holidays: a heading, rows, and every fault at once."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gridplan.errors import Fault, InputError, StudyError
from gridplan.sheets import read_sheets

#: Columns that may hold who somebody is: dropped at the door.
PERSONAL = re.compile(
    r"phone|mobile|tel|address|wechat|id.?card|姓名|户名|电话|手机|微信|身份证|地址|住址",
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")


@dataclass(slots=True)
class Rows:
    """The rows of a table as text by column, with the faults found so far.

    ``code`` begins the code of every fault.
    """

    path: Path
    code: str
    cells: list[dict[str, str]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[str, dict[str, str]]]:
        return iter(zip(self.places, self.cells, strict=True))

    def fault(self, where: str, code: str, what: str, remedy: str) -> None:
        """Write down what is wrong."""
        fault = Fault(code=f"{self.code}-{code}", where=where, what=what, remedy=remedy)
        self.faults.append(fault)

    def date(self, where: str, column: str, text: str) -> dt.date | None:
        """A date; None where it is a fault."""
        match = _DATE.fullmatch(text)
        try:
            date = dt.date(*map(int, match.groups())) if match else None
        except ValueError:
            date = None
        if date is None:
            self.fault(where, "date", f"{column} {text!r} is not a date", "write it as 2027-02-05")
        return date

    def number(self, where: str, column: str, text: str, ends: tuple[float, float]) -> float:
        """A number between ``ends``; NaN where it is a fault."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not ends[0] <= value <= ends[1]:
            remedy = f"write a number from {ends[0]:g} to {ends[1]:g}"
            self.fault(where, "number", f"{column} is {text!r}", remedy)
            return math.nan
        return value

    def refuse(self) -> None:
        """Raise ``StudyError`` when anything is wrong."""
        if self.faults:
            raise StudyError(str(self.path), self.faults)


def read_rows(
    path: Path, code: str, headings: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> Rows:
    """Read the first sheet of a CSV file or workbook.

    Parameters
    ----------
    path : the file
    code : begins the code of every fault
    headings : per column the headings that name it; other columns are left out with a note
    needed : columns that must be there

    Raises
    ------
    StudyError
        The file cannot be read, or its heading misses a column.
    """
    try:
        sheets = read_sheets(path)
    except InputError as error:
        raise StudyError(str(path), error.faults) from error
    rows = Rows(path=path, code=code)
    known = {name.casefold(): column for column, names in headings.items() for name in names}
    heading = sheets[0].rows[0] if sheets else ()
    columns = [known.get(cell.casefold()) for cell in heading]
    where = sheets[0].where(0) if sheets else path.name
    for column in headings:
        if columns.count(column) > 1:
            rows.fault(where, "heading", f"{column} stands there twice", "keep one")
        elif column in needed and column not in columns:
            rows.fault(where, "heading", f"no column {column}", f"headings: {', '.join(headings)}")
    rows.refuse()
    _say_left_out(rows, where, heading, columns)
    sheet = sheets[0]
    for index, cells in enumerate(sheet.rows[1:], start=1):
        if len(cells) > len(columns):
            remedy = "quote cells that hold a comma"
            rows.fault(
                sheet.where(index), "cells", f"{len(cells)} cells, not {len(columns)}", remedy
            )
        padded = (*cells, *[""] * len(columns))
        taken = {name: padded[at] for at, name in enumerate(columns) if name is not None}
        rows.cells.append({column: taken.get(column, "") for column in headings})
        rows.places.append(sheet.where(index))
    return rows


def _say_left_out(
    rows: Rows, where: str, heading: Sequence[str], columns: Sequence[str | None]
) -> None:
    """Notes on columns that are not used."""
    unknown = [cell for cell, column in zip(heading, columns, strict=True) if column is None]
    personal = [cell for cell in unknown if PERSONAL.search(cell)]
    others = [cell for cell in unknown if cell and cell not in personal]
    for names, why in ((personal, "personal, not read"), (others, "not used")):
        if names:
            what = f"column{'s' if len(names) > 1 else ''} {', '.join(names)}: {why}"
            rows.notes.append(
                Fault(code=f"{rows.code}-column", where=where, what=what, severity="note")
            )
