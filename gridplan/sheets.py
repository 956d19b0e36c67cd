"""Spreadsheets of stations as rows of text: CSV (UTF-8 or GBK) and xlsx, opened safely.

A cell is text whatever the program that wrote it took it for: dates are ``2027-02-05`` or
``2027-02-05 18:15``, whole numbers have no point, empty cells are empty. Formulas give the value
that was saved with them; nothing is ever calculated.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridplan.archives import HostileError, check_workbook
from gridplan.errors import Fault, InputError

#: Largest files: text as it is, workbooks as they are and unpacked [bytes].
MAX_BYTES, MAX_UNPACKED_BYTES = 200_000_000, 800_000_000
#: Workbooks that unpack to more than this many times their size are bombs, not ledgers.
MAX_RATIO = 200
#: Most rows and columns of a sheet: what Excel can hold, and what a ledger may have.
MAX_ROWS, MAX_COLUMNS = 1_048_576, 1_000
ENCODINGS = ("utf-8-sig", "gb18030")  #: Excel on a Chinese system writes GBK
WORKBOOKS = (".xlsx", ".xlsm")  #: endings of workbooks that are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of a CSV file or of one sheet of a workbook, without the empty ones.

    Attributes
    ----------
    source : name of the file, and of the sheet where it has one
    numbers : line (CSV) or row (xlsx) of each row, counted from 1
    rows : stripped text of each cell
    """

    source: str
    numbers: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def name(self) -> str:
        """Name of the sheet, or of the file without its ending where that has no sheets."""
        book, bracket, sheet = self.source.partition("[")
        return sheet.removesuffix("]") if bracket and sheet.endswith("]") else Path(book).stem

    def where(self, index: int) -> str:
        """Place of a row, as a fault names it."""
        return f"{self.source}:{self.numbers[index]}"


def read_sheets(
    path: Path, *, most_bytes: int = MAX_BYTES, most_unpacked: int = MAX_UNPACKED_BYTES
) -> tuple[Sheet, ...]:
    """All sheets of a file that have rows; a CSV file has one.

    Raises ``InputError`` when the file is missing, too large, damaged, or of another kind.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        what = "there is no such file" if missing else f"cannot be read: {error.strerror}"
        raise _refused(path, "file-missing", what, "check the path") from error
    if size > most_bytes:
        what = f"has {size:,} bytes, more than {most_bytes:,}"
        raise _refused(path, "file-size", what, "split the file")
    suffix = path.suffix.casefold()
    if suffix == ".xls":
        what = "is a workbook of the old format"
        raise _refused(path, "file-kind", what, "save it as .xlsx or as CSV UTF-8")
    found = _workbook(path, most_unpacked) if suffix in WORKBOOKS else _text_sheet(path)
    return tuple(sheet for sheet in found if sheet.rows)


def _refused(path: Path, code: str, what: str, remedy: str) -> InputError:
    fault = Fault(code=code, where=path.name, what=what, remedy=remedy)
    return InputError(str(path), [fault])


def _text_sheet(path: Path) -> Iterator[Sheet]:
    data = path.read_bytes()
    text = next((t for t in (_decoded(data, code) for code in ENCODINGS) if t is not None), None)
    if text is None or "\0" in text:
        what = "is neither UTF-8 nor GBK text"
        raise _refused(path, "file-encoding", what, "save it as CSV UTF-8")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    numbered: list[tuple[int, Sequence[str]]] = []
    try:
        for cells in reader:
            numbered.append((reader.line_num, cells))
    except csv.Error as error:
        fault = Fault(
            code="file-csv",
            where=f"{path.name}:{reader.line_num}",
            what=f"is not CSV: {error}",
            remedy="check quotes, or save it as CSV again",
        )
        raise InputError(str(path), [fault]) from error
    yield _sheet(path.name, numbered)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _workbook(path: Path, most_unpacked: int) -> Iterator[Sheet]:
    """Sheets of a workbook, which is looked through before anything is parsed."""
    from python_calamine import CalamineError, CalamineWorkbook

    damaged = "is damaged or not a workbook", "save it again as .xlsx, or as CSV UTF-8"
    try:
        check_workbook(path, most_bytes=most_unpacked, most_ratio=MAX_RATIO)
    except (zipfile.BadZipFile, OSError) as error:
        raise _refused(path, "file-workbook", *damaged) from error
    except HostileError as error:
        remedy = "copy the table alone into a new workbook, or save it as CSV UTF-8"
        raise _refused(path, "file-bomb", str(error), remedy) from error
    try:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            wide = max(map(len, rows), default=0)
            if len(rows) > MAX_ROWS or wide > MAX_COLUMNS:
                what = f"sheet {name!r} has {len(rows):,} rows and {wide:,} columns"
                raise _refused(path, "file-extent", what, "delete what lies outside the table")
            numbered = [(at, [_cell(value) for value in row]) for at, row in enumerate(rows, 1)]
            yield _sheet(f"{path.name}[{name}]", numbered)
    except (CalamineError, ValueError) as error:
        raise _refused(path, "file-workbook", *damaged) from error


def _sheet(source: str, numbered: Sequence[tuple[int, Sequence[str]]]) -> Sheet:
    """A sheet without its empty rows."""
    stripped = [(number, tuple(cell.strip() for cell in cells)) for number, cells in numbered]
    kept = [(number, cells) for number, cells in stripped if any(cells)]
    return Sheet(
        source=source,
        numbers=tuple(number for number, _ in kept),
        rows=tuple(cells for _, cells in kept),
    )


def _cell(value: object) -> str:
    """Text of a workbook's cell."""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
