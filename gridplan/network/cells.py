"""Typed tables: every cell that gridplan reads is a finite number, a text or a flag, or a fault."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.network.columns import COLUMNS, NAN, Columns
from gridplan.network.tables import PlainNet, PlainTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows in service of one table with typed columns.

    Attributes
    ----------
    index : int (row,) -- row numbers in the file
    number : float (row,) each -- NaN where missing or faulty
    flag : bool (row,) each
    stated : bool (row,) each -- whether the file fills a flag's cell
    text : texts per row, "" where missing
    bus : int (row,) each -- row number of the bus or element, -1 where missing, -2 where faulty
    absent : columns that the file lacks
    bad : (column, position) of the cells that are faults already
    """

    name: str
    index: IntArray
    number: dict[str, FloatArray]
    flag: dict[str, BoolArray]
    stated: dict[str, BoolArray]
    text: dict[str, list[str]]
    bus: dict[str, IntArray]
    absent: frozenset[str]
    bad: frozenset[tuple[str, int]]

    def __len__(self) -> int:
        return len(self.index)

    def where(self, position: int) -> str:
        """Place of a row for messages: ``line[12] (L-F1-03)``."""
        label = self.text["name"][position]
        return f"{self.name}[{self.index[position]}]" + (f" ({label})" if label else "")

    def label(self, position: int) -> str:
        """Name of a row, or its place where it has none."""
        return self.text["name"][position] or self.where(position)

    def is_bad(self, column: str, position: int) -> bool:
        """Whether this cell is reported already, so that rules on its value keep quiet."""
        return (column, position) in self.bad


def typed_tables(plain: PlainNet) -> tuple[dict[str, Table], list[Fault]]:
    """All tables that count, rows out of service left out, and the faults of their cells."""
    faults: list[Fault] = []
    empty = PlainTable(index=[], columns={})
    tables = {
        name: _Typing(name, plain.tables.get(name, empty), columns, faults).table()
        for name, columns in COLUMNS.items()
    }
    return tables, faults


def rows_in_service(table: PlainTable) -> list[int]:
    """Positions of the rows in service; a missing flag counts as in service, as in pandapower."""
    flags = table.columns.get("in_service", [True] * len(table.index))
    return [position for position, flag in enumerate(flags) if flag not in (False, 0)]


class _Typing:
    """Types the cells of one table and collects their faults."""

    def __init__(self, name: str, plain: PlainTable, columns: Columns, faults: list[Fault]) -> None:
        self.name, self.plain, self.columns, self.faults = name, plain, columns, faults
        self.rows = rows_in_service(plain)
        self.bad: set[tuple[str, int]] = set()
        self.names = [_label(cell) for cell in self._cells("name")]

    def table(self) -> Table:
        columns = self.columns
        number = {name: self._numbers(name, NAN) for name in columns.needed}
        number |= {name: self._numbers(name, default) for name, default in columns.number.items()}
        defaults = {"in_service": True, **columns.flag}
        flag = {name: self._flags(name, default) for name, default in defaults.items()}
        text = {name: self._texts(name) for name in columns.text}
        bus = {name: self._buses(name) for name in columns.bus}
        self._needed(number)
        known = (*columns.needed, *columns.number, *columns.flag, *columns.text, *columns.bus)
        return Table(
            name=self.name,
            index=np.array([self.plain.index[row] for row in self.rows], dtype=np.int64),
            number=number,
            flag=flag,
            stated={
                name: np.array([cell is not None for cell in self._cells(name)], dtype=np.bool_)
                for name in columns.flag
            },
            text=text,
            bus=bus,
            absent=frozenset(name for name in known if name not in self.plain.columns),
            bad=frozenset(self.bad),
        )

    def _cells(self, column: str) -> Sequence[Any]:
        cells = self.plain.columns.get(column)
        return [None] * len(self.rows) if cells is None else [cells[row] for row in self.rows]

    def _fault(self, column: str, position: int, what: str, remedy: str) -> None:
        self.bad.add((column, position))
        label = self.names[position]
        place = f"{self.name}[{self.plain.index[self.rows[position]]}]"
        where = f"{place} ({label})" if label else place
        fault = Fault(code="bad-cell", where=where, what=f"{column} {what}", remedy=remedy)
        self.faults.append(fault)

    def _numbers(self, column: str, default: float) -> FloatArray:
        values = np.full(len(self.rows), default)
        for position, cell in enumerate(self._cells(column)):
            if cell is None:
                continue
            number = _number(cell)
            if number is None:
                what = f"is {_shown(cell)}, not a number"
                self._fault(column, position, what, "write a plain number in the column's unit")
            elif not math.isfinite(number):
                self._fault(column, position, "is not finite", "write a plain number")
            values[position] = NAN if number is None or not math.isfinite(number) else number
        return values

    def _flags(self, column: str, default: bool) -> BoolArray:
        values = np.full(len(self.rows), default)
        for position, cell in enumerate(self._cells(column)):
            if cell is None:
                continue
            if cell in (True, False, 0, 1) and not isinstance(cell, str):
                values[position] = bool(cell)
            else:
                self._fault(column, position, f"is {_shown(cell)}", "write true or false")
        return values

    def _texts(self, column: str) -> list[str]:
        values = []
        for position, cell in enumerate(self._cells(column)):
            if cell is None or isinstance(cell, str | int | float) or column == "geo":
                values.append(_label(cell) if column != "geo" else _geo_text(cell))
            else:
                self._fault(column, position, f"is {_shown(cell)}, not a text", "write a text")
                values.append("")
        return values

    def _buses(self, column: str) -> IntArray:
        values = np.full(len(self.rows), -1, dtype=np.int64)
        for position, cell in enumerate(self._cells(column)):
            if cell is None:
                continue
            number = _number(cell)
            if number is None or number != math.floor(number) or not 0 <= number < 2**53:
                self._fault(column, position, f"is {_shown(cell)}", "write the row number it means")
                values[position] = -2
            else:
                values[position] = int(number)
        return values

    def _needed(self, number: dict[str, FloatArray]) -> None:
        """Needed columns that are missing are one fault per table, missing cells one per row."""
        if not self.rows:
            return
        absent = [name for name in self.columns.needed if name not in self.plain.columns]
        if absent:
            what = f"the table has no column {', '.join(absent)}"
            fault = Fault(
                code="missing-column",
                where=self.name,
                what=what,
                remedy="fill it in pandapower and save the net again",
                rows=len(self.rows),
            )
            self.faults.append(fault)
            self.bad |= {(name, row) for name in absent for row in range(len(self.rows))}
        for position in range(len(self.rows)):
            gaps = [
                name
                for name in self.columns.needed
                if math.isnan(number[name][position]) and (name, position) not in self.bad
            ]
            if gaps:
                self._fault(", ".join(gaps), position, "is empty", "write the value")
                self.bad |= {(name, position) for name in gaps}


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    try:
        return float(cell)
    except (ValueError, OverflowError):
        return None


def _label(cell: Any) -> str:
    """A text cell on one line; a whole number written as a float loses its fraction."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split()) if isinstance(cell, str | int | float) else ""


def _geo_text(cell: Any) -> str:
    return cell if isinstance(cell, str) else ""


def _shown(cell: Any) -> str:
    text = " ".join(repr(cell).split())
    return text if len(text) <= 40 else text[:37] + "..."
