"""Measured demand: 96-point curves of meters and transformers, read from the exports of stations.

Nothing is filled: a point that the export lacks is NaN, and every meter's missing points are said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gridplan.demand.meter_checks import believable
from gridplan.demand.meter_layouts import (
    N_POINT,
    OTHER_CURVE,
    Columns,
    MeterLayout,
    find_columns,
)
from gridplan.demand.meter_rows import Block, blocks_of
from gridplan.demand.meter_union import united
from gridplan.demand.register import pseudonym
from gridplan.errors import Fault, InputError, StudyError, collapsed, error, note, refuses, warn
from gridplan.formfiles import accepted
from gridplan.frozen import Float32Array, FloatArray, StrArray, own_fields
from gridplan.sheets import read_sheets

READ = (".csv", ".xlsx", ".xlsm", ".xls")  #: kinds of file that are opened in a folder
USUAL_LAYOUT = MeterLayout()  #: points from 00:00 or as clock columns say, mean powers in kW
MAX_DAYS = 1_500  #: readings over more than four years are a date in the wrong year


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeterReadings:
    """Measured power of some meters over consecutive days.

    Attributes
    ----------
    ids : str (meter,) -- number of each meter, or its pseudonym
    start : begin of the first quarter hour of the first day, in minutes
    p_kw : float32 (meter, day, 96) -- mean active power of each quarter hour from 00:00 [kW], drawn
        power positive, NaN where missing
    notes : what was dropped, is missing or is hard to believe
    """

    ids: StrArray
    start: np.datetime64
    p_kw: Float32Array
    notes: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        layout = {
            "ids": (np.str_, ("meter",)),
            "p_kw": (np.float32, ("meter", "day", N_POINT)),
        }
        own_fields(self, layout, {})
        object.__setattr__(self, "start", self.start.astype("M8[m]"))

    def __repr__(self) -> str:
        known = np.isfinite(self.p_kw)
        missing = 1.0 - known.mean() if known.size else 0.0
        last = f" to {self.days[-1]}" if self.n_day else ""
        return (
            f"<MeterReadings: {len(self.ids)} meters x {self.n_day} days from "
            f"{self.start.astype('M8[D]')}{last}, {missing:.1%} missing>"
        )

    @property
    def n_day(self) -> int:
        """Days from the first to the last reading, both included."""
        return self.p_kw.shape[1]

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Date of each day."""
        first: dt.date = self.start.astype("M8[D]").astype(object)
        return tuple(first + dt.timedelta(days=day) for day in range(self.n_day))

    def of(self, ids: Sequence[str], *, missing_ok: bool = False) -> MeterReadings:
        """The readings of some meters, in their order.

        Raises ``StudyError`` with every meter that has no readings; with ``missing_ok`` it stays
        NaN throughout and a note says so.
        """
        position = {str(name): at for at, name in enumerate(self.ids)}
        unknown = [
            Fault(
                code="meter-unknown",
                where=f"meter {name}",
                what="has no readings",
                remedy="" if missing_ok else "correct the number or add its export",
                severity="note" if missing_ok else "error",
            )
            for name in ids
            if str(name) not in position
        ]
        if unknown and not missing_ok:
            raise StudyError("meters", unknown)
        p_kw = np.full((len(ids), self.n_day, N_POINT), np.nan, dtype=np.float32)
        for row, name in enumerate(ids):
            if str(name) in position:
                p_kw[row] = self.p_kw[position[str(name)]]
        return MeterReadings(
            ids=np.array([str(name) for name in ids], dtype=np.str_),
            start=self.start,
            p_kw=p_kw,
            notes=(*self.notes, *unknown),
        )


def read_meters(
    path: Path, layout: MeterLayout = USUAL_LAYOUT, *, key: bytes | None = None
) -> MeterReadings:
    """Read the 96-point curves of a file, or of every CSV file and workbook of a folder.

    With ``key``, meters go by the pseudonym of their number (HMAC-SHA256, 16 hexadecimal digits)
    in the result and in every message. Points of a meter that has no total of its own are the sum
    of its phases where all of them are known.

    Raises ``StudyError`` with every fault of every file.
    """
    faults: list[Fault] = []
    blocks = read_blocks(path, layout, faults)
    names = names_of(blocks, key)
    ratios = ratios_of(blocks, layout, names, faults)
    whole = united(blocks, names, ratios, 4.0 if layout.unit == "kWh" else 1.0, faults)
    faults += believable(whole, layout.max_kw)
    notes = accepted(path, faults, StudyError)
    return MeterReadings(
        ids=whole.ids,
        start=np.datetime64(whole.first_day, "D").astype("M8[m]"),
        p_kw=whole.p_kw,
        notes=notes,
    )


def read_blocks(
    path: Path, layout: MeterLayout, faults: list[Fault], *, voltages: bool = False
) -> list[Block]:
    """The curves of power of a file or folder sheet by sheet, of voltage too where asked for.

    Raises ``StudyError`` when there are none, or when their dates cannot be of one period.
    """
    blocks = [
        block
        for file in _files(path, faults)
        for columns in _recognised(file, faults, voltages=voltages)
        for block in blocks_of(columns, layout, faults)
        if len(block.ids)
    ]
    if blocks:
        _check_days(blocks, faults)
        faults[:] = [_left_out(fault) for fault in faults]
    elif not refuses(faults):
        what, remedy = "holds no readings", "put the exports (csv or xlsx) there"
        error(faults, "meter-missing", path.name, what, remedy)
    if not blocks or any(fault.code == "meter-years" for fault in faults):
        raise StudyError(str(path), collapsed(faults))
    return blocks


def _left_out(fault: Fault) -> Fault:
    """Curves that are not asked for are no fault beside those that are."""
    if fault.code != OTHER_CURVE:
        return fault
    return replace(fault, what=f"left out: {fault.what}", remedy="", severity="note")


def _files(path: Path, faults: list[Fault]) -> list[Path]:
    """The files to read; others in the folder are said."""
    if not path.is_dir():
        return [path]
    found = sorted(path.iterdir())
    for other in found:
        if other.suffix.casefold() not in READ or other.name.startswith(("~$", ".")):
            note(faults, "meter-file-left-out", other.name, "not read: no export of meters")
    return [
        file
        for file in found
        if file.suffix.casefold() in READ and not file.name.startswith(("~$", "."))
    ]


def _recognised(path: Path, faults: list[Fault], *, voltages: bool) -> Iterator[Columns]:
    """Sheets of a file whose layout is known; one is enough in a workbook."""
    try:
        sheets = read_sheets(path)
    except InputError as refused:
        faults += refused.faults
        return
    if not sheets:
        error(faults, "meter-empty", path.name, "the file is empty", "export the period again")
    found: list[Columns] = []
    unknown: list[Fault] = []
    for sheet in sheets:
        before = len(faults)
        columns = find_columns(sheet, faults, voltages=voltages)
        if columns is not None:
            found.append(columns)
        else:
            unknown += faults[before:]
            del faults[before:]
    if found:
        for fault in [fault for fault in unknown if fault.code == "meter-layout"]:
            unknown.remove(fault)
            note(faults, "meter-sheet-left-out", fault.where, f"sheet left out: {fault.what}")
    faults += unknown
    yield from found


def _check_days(blocks: Sequence[Block], faults: list[Fault]) -> None:
    """A date in the wrong year would stretch the readings over years without any."""
    rows = [
        (int(day), where)
        for block in blocks
        for day, where in zip(block.day, block.where, strict=True)
    ]
    first, last = min(rows), max(rows)
    if last[0] - first[0] >= MAX_DAYS:
        early, late = (np.datetime64(row[0], "D") for row in (first, last))
        what = f"dates go from {early} ({first[1]}) to {late}: more than {MAX_DAYS} days"
        error(faults, "meter-years", last[1], what, "correct the year, or read each year alone")


def names_of(blocks: Sequence[Block], key: bytes | None) -> list[list[str]]:
    """Name of each row's meter, as the result gives it."""
    if key is None:
        return [list(block.ids) for block in blocks]
    known = {
        name: pseudonym(name, key) for name in {name for block in blocks for name in block.ids}
    }
    return [[known[name] for name in block.ids] for block in blocks]


def ratios_of(
    blocks: Sequence[Block],
    layout: MeterLayout,
    names: Sequence[Sequence[str]],
    faults: list[Fault],
) -> list[FloatArray]:
    """Ratio that each row's values are multiplied by, per block (row,)."""
    if isinstance(layout.ct_ratio, Mapping):
        by_meter = {str(name): float(ratio) for name, ratio in layout.ct_ratio.items()}
        places = {
            name: (shown, where)
            for block, row_names in zip(blocks, names, strict=True)
            for name, shown, where in zip(block.ids, row_names, block.where, strict=True)
        }
        for name in places.keys() - by_meter.keys():
            shown, where = places[name]
            what = f"no current transformer ratio is given for meter {shown!r}"
            error(faults, "meter-ratio", where, what, "add it to ct_ratio; 1 where it has none")
        return [np.array([by_meter.get(name, np.nan) for name in block.ids]) for block in blocks]
    if layout.ct_ratio != "column":
        for block in blocks:
            held = block.ratio[np.isfinite(block.ratio) & (block.ratio != 1.0)]
            if held.size and layout.ct_ratio == 1.0:
                what = f"the file's own ratio ({held[0]:g} and so on) is not applied"
                remedy = 'set ct_ratio to "column" unless the powers are primary ones already'
                warn(faults, "meter-ratio-unused", block.where[0], what, remedy)
        return [np.full(len(block.ids), float(layout.ct_ratio)) for block in blocks]
    for block in blocks:
        for at in np.flatnonzero(np.isnan(block.ratio)):
            what = "the current transformer ratio is empty"
            error(faults, "meter-ratio", block.where[at], what, "write 1 where it has none")
    return [block.ratio for block in blocks]
