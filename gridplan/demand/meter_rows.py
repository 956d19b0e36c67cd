"""Rows of meter exports as curves of whole days, on the quarter hours they stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridplan.celltext import NO_TIME, no_readings, number, numbers, stamps
from gridplan.demand.meter_layouts import (
    LONG,
    N_POINT,
    OTHER_TYPES,
    TOTAL,
    Columns,
    MeterLayout,
)
from gridplan.errors import Fault, error, note, warn
from gridplan.frozen import FloatArray, IntArray
from gridplan.sheets import Sheet

_FAR = 2**32  #: more than the quarter hours since 1970: makes one key of meter and time
#: Numbers of persons, which do not belong in meter files.
_PHONE, _IDENTITY = re.compile(r"1[3-9]\d{9}"), re.compile(r"\d{17}[\dXx]")
_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Curves of one sheet, one row per meter, day and kind of curve.

    Attributes
    ----------
    ids : meter of each row, as written
    day : int (row,) -- days from 1970-01-01
    kind : int (row,) -- power: 0 total, 1 to 3 phases a to c; voltage: 4 to 6 phases a to c
    ratio : float (row,) -- the file's own current transformer ratio, NaN where it has none
    values : float (row, 96) -- as written, NaN where missing
    n_code : int (row,) -- points that hold a code for "no reading": missing, too
    code : float (row,) -- the last of these codes, NaN without any
    where : place of each row
    pieces : rows may hold a part of a day that another row completes
    """

    ids: tuple[str, ...]
    day: IntArray
    kind: IntArray
    ratio: FloatArray
    values: FloatArray
    n_code: IntArray
    code: FloatArray
    where: tuple[str, ...]
    pieces: bool


def blocks_of(columns: Columns, layout: MeterLayout, faults: list[Fault]) -> list[Block]:
    """The curves of one sheet, on the quarter hours of their days."""
    table, sheet = columns.table, columns.table.sheet
    first = table.heading + 1
    stated = columns.first_point
    if stated and layout.first_point and stated != layout.first_point:
        what = f"the first clock column is {stated}, the setting first_point {layout.first_point}"
        remedy = "leave first_point out: clock columns say it themselves"
        error(faults, "meter-first-point", table.where, what, remedy)
    at_time = columns.at["date" if columns.points else "time"]
    if first < len(sheet.rows) and _is_second_heading(sheet.rows[first], at_time, columns):
        what = "second heading row left out"
        note(faults, "meter-second-heading", sheet.where(first), what)
        first += 1
    rows = _numbered_rows(columns, first - table.heading - 1, faults)
    if not rows:
        what, remedy = "no rows of readings", "export the period again"
        error(faults, "meter-empty", sheet.source, what, remedy)
        return []
    if columns.points:
        return _wide_blocks(sheet, columns, layout, rows, faults)
    return _long_blocks(sheet, columns, layout, rows, faults)


def _is_second_heading(row: Sequence[str], at_time: int, columns: Columns) -> bool:
    """Words where the time and all values should stand; a wrong date before values is none."""
    places = [at for at in (*columns.points, *columns.power.values()) if at < len(row)]
    words = at_time < len(row) and not any(sign.isdigit() for sign in row[at_time])
    return words and all(row[at] and number(row[at]) == np.inf for at in places)


def _numbered_rows(
    columns: Columns, first: int, faults: list[Fault]
) -> list[tuple[int, Sequence[str]]]:
    """Rows that have a cell under every heading and a meter's number."""
    sheet, at_id = columns.table.sheet, columns.id
    whole: list[tuple[int, Sequence[str]]] = []
    too_many = "points" if columns.points else "cells"
    for index, row in columns.table.lines(first=first, too_many=too_many):
        if not row[at_id]:
            what = "the meter's number is empty"
            error(faults, "meter-id", sheet.where(index), what, "write it or delete the row")
        elif _LOST_DIGITS.fullmatch(row[at_id]):
            what = f"meter {row[at_id]!r} has lost digits"
            error(faults, "meter-id", sheet.where(index), what, "format the column as text")
        elif _IDENTITY.fullmatch(row[at_id]):
            what = "the meter's number looks like a person's identity number"
            error(faults, "meter-id", sheet.where(index), what, "write the customer's number")
        else:
            whole.append((index, row))
    phones = [index for index, row in whole if _PHONE.fullmatch(row[at_id])]
    if phones:
        what = f"{len(phones)} meter numbers look like mobile phones"
        remedy = "if they are, write customer numbers: phones do not belong here"
        warn(faults, "meter-phone", sheet.where(phones[0]), what, remedy, len(phones))
    return whole


def _wide_blocks(
    sheet: Sheet,
    columns: Columns,
    layout: MeterLayout,
    rows: list[tuple[int, Sequence[str]]],
    faults: list[Fault],
) -> list[Block]:
    minutes = stamps([row[columns.at["date"]] for _, row in rows])
    kinds = _kinds_of(sheet, columns, rows, faults)
    for place in np.flatnonzero((minutes == NO_TIME) | (minutes % 1440 != 0)):
        index, row = rows[place]
        what = f"{row[columns.at['date']]!r} is not a date"
        error(faults, "meter-date", sheet.where(index), what, "write it as 2027-02-05")
    right = (minutes != NO_TIME) & (minutes % 1440 == 0) & (kinds >= 0)
    rows = [row for row, keep in zip(rows, right, strict=True) if keep]
    values = _point_values(sheet, rows, columns.points, faults)
    values, n_code, code = _without_codes(values)
    block = Block(
        ids=tuple(row[columns.id] for _, row in rows),
        day=minutes[right] // 1440,
        kind=kinds[right],
        ratio=_ratios_of(sheet, columns, rows, faults),
        values=values,
        n_code=n_code,
        code=code,
        where=tuple(sheet.where(index) for index, _ in rows),
        pieces=False,
    )
    return _shifted(block, layout.shift(columns.first_point))


def _kinds_of(
    sheet: Sheet, columns: Columns, rows: list[tuple[int, Sequence[str]]], faults: list[Fault]
) -> IntArray:
    """Kind of curve of each row; -1 for rows that are left out, which is said."""
    if "type" not in columns.at:
        return np.full(len(rows), columns.usual)
    texts = [row[columns.at["type"]].casefold() for _, row in rows]
    left_out: dict[str, int] = {}
    for (index, _), text in zip(rows, texts, strict=True):
        if text in columns.types:
            continue
        if OTHER_TYPES.fullmatch(text):
            left_out[text] = left_out.get(text, 0) + 1
        else:
            what = f"data type {text!r} is not known"
            power = "write 1 (总有功) or 2, 3, 4 (A, B, C相有功)"
            remedy = power if columns.usual == TOTAL else "write 1, 2 or 3 (A, B, C相)"
            error(faults, "meter-type", sheet.where(index), what, remedy)
    for text, count in left_out.items():
        what = f"{count} rows of type {text!r} left out: not active power"
        note(faults, "meter-type-left-out", sheet.source, what, count)
    return np.array([columns.types.get(text, -1) for text in texts], dtype=np.int64)


def _point_values(
    sheet: Sheet,
    rows: list[tuple[int, Sequence[str]]],
    positions: Sequence[int],
    faults: list[Fault],
) -> FloatArray:
    """Values of some columns (row, column); cells that are no numbers are faults."""

    def bad(place: int, text: str, count: int) -> None:
        more = f" and {count - 1} more cells of the row" if count > 1 else ""
        what = f"{text!r}{more} is not a number"
        remedy = "correct it, or leave it empty where the point is missing"
        error(faults, "meter-number", sheet.where(rows[place][0]), what, remedy)

    low, high = min(positions), max(positions) + 1
    if tuple(positions) == tuple(range(low, high)):  # the usual order: take slices
        return numbers([row[low:high] for _, row in rows], bad).reshape(-1, len(positions))
    cells = [[row[at] for at in positions] for _, row in rows]
    return numbers(cells, bad).reshape(-1, len(positions))


def _ratios_of(
    sheet: Sheet, columns: Columns, rows: list[tuple[int, Sequence[str]]], faults: list[Fault]
) -> FloatArray:
    """The file's own current transformer ratio of each row."""
    if "ratio" not in columns.at:
        return np.full(len(rows), np.nan)
    ratio = _point_values(sheet, rows, (columns.at["ratio"],), faults)[:, 0]
    for place in np.flatnonzero(ratio <= 0):
        what = f"current transformer ratio {ratio[place]:g}"
        error(faults, "meter-ratio", sheet.where(rows[place][0]), what, "write 1 where it has none")
    return ratio


def _shifted(block: Block, shift: int) -> list[Block]:
    """The rows of points that begin ``shift`` quarter hours after 00:00; one changes its day."""
    if shift == 0:
        return [block]
    own, neighbour = np.roll(block.values, shift, axis=1), np.full(block.values.shape, np.nan)
    at = 0 if shift > 0 else N_POINT - 1
    neighbour[:, at] = own[:, at]
    own[:, at] = np.nan
    return [
        replace(block, values=own, pieces=True),
        replace(
            block,
            values=neighbour,
            day=block.day + shift,
            n_code=np.zeros_like(block.n_code),
            pieces=True,
        ),
    ]


def _without_codes(values: FloatArray) -> tuple[FloatArray, IntArray, FloatArray]:
    """Values without codes for "no reading", how many a row had of them, and the last of them."""
    coded = no_readings(values)
    last = np.full(len(values), np.nan)
    row, column = np.nonzero(coded)
    last[row] = values[row, column]
    return np.where(coded, np.nan, values), coded.sum(axis=1), last


def _long_blocks(
    sheet: Sheet,
    columns: Columns,
    layout: MeterLayout,
    rows: list[tuple[int, Sequence[str]]],
    faults: list[Fault],
) -> list[Block]:
    minutes = stamps([row[columns.at["time"]] for _, row in rows])
    right = (minutes != NO_TIME) & (minutes % 15 == 0)
    for place in np.flatnonzero(~right):
        index, row = rows[place]
        text = row[columns.at["time"]]
        what = f"{text!r} is not a quarter hour of China's time"
        remedy = "write it as 2027-02-05 18:15:00, of the zone +08:00"
        error(faults, "meter-time", sheet.where(index), what, remedy)
    rows = [row for row, keep in zip(rows, right, strict=True) if keep]
    if not rows:
        return []
    kinds = sorted(columns.power)
    written = _point_values(sheet, rows, [columns.power[kind] for kind in kinds], faults)
    factors = [columns.table.factors.get(LONG[kind], 1.0) for kind in kinds]
    values = _without_codes(written)[0] * factors
    quarter = minutes[right] // 15 - layout.stamped_at_end()
    names = [row[columns.id] for _, row in rows]
    code = {name: at for at, name in enumerate(dict.fromkeys(names))}
    meter = np.array([code[name] for name in names], dtype=np.int64)
    keep = _once(sheet, rows, meter, quarter, values, faults)
    ratio = _ratios_of(sheet, columns, rows, faults)
    day = quarter // N_POINT
    _, first, curve = np.unique(meter * _FAR + day, return_index=True, return_inverse=True)
    where = tuple(sheet.where(rows[index][0]) for index in first)
    blocks = []
    for column, kind in enumerate(kinds):
        points = np.full((len(first), N_POINT), np.nan)
        points[curve[keep], quarter[keep] % N_POINT] = values[keep, column]
        coded = no_readings(written[:, column])
        last = np.full(len(first), np.nan)
        last[curve[coded]] = written[coded, column]
        blocks.append(
            Block(
                ids=tuple(names[at] for at in first),
                day=day[first],
                kind=np.full(len(first), kind),
                ratio=ratio[first],
                values=points,
                n_code=np.bincount(curve[coded], minlength=len(first)),
                code=last,
                where=where,
                pieces=True,
            )
        )
    return blocks


def _once(
    sheet: Sheet,
    rows: list[tuple[int, Sequence[str]]],
    meter: IntArray,
    quarter: IntArray,
    values: FloatArray,
    faults: list[Fault],
) -> IntArray:
    """Rows to use: the first of each meter and quarter hour; others are said."""
    _, first, group = np.unique(meter * _FAR + quarter, return_index=True, return_inverse=True)
    again = np.setdiff1d(np.arange(len(rows)), first)
    earlier = first[group[again]]
    here, there = values[again], values[earlier]
    same = ((here == there) | (np.isnan(here) & np.isnan(there))).all(axis=1)
    for place, before in zip(again[~same], earlier[~same], strict=True):
        what = (
            f"this quarter hour already stands at {sheet.where(rows[before][0])}, with other values"
        )
        remedy = "keep one; a clock set back an hour is impossible, China keeps no summer time"
        error(faults, "meter-duplicate", sheet.where(rows[place][0]), what, remedy)
    if same.any():
        what = f"{int(same.sum())} rows stand twice with the same values: used once"
        note(faults, "meter-repeated", sheet.where(rows[again[same][0]][0]), what, int(same.sum()))
    return first
