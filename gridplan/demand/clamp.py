"""Spot measurements with a clamp meter: a crew's load test of outgoing circuits before the holiday.

They calibrate the level of the modelled demand (``clamp_level``) and test the phase labels of a
circuit (``clamp_labels``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gridplan.demand.clamp_checks import MEASURED, doubt, measured
from gridplan.demand.meter_cells import (
    UNKNOWN,
    collapsed,
    error,
    note,
    stamps,
)
from gridplan.demand.meter_layouts import HEADING_ROWS, is_personal
from gridplan.errors import Fault, InputError, StudyError
from gridplan.frozen import BoolArray, FloatArray, IntArray, StrArray, own_fields
from gridplan.sheets import Sheet, read_sheets

#: Accepted headings per column, folded; the first is the one that gridplan writes.
HEADINGS = {
    "area": ("area", "台区编号", "台区", "台区号"),
    "circuit": ("circuit", "outgoing_circuit", "出线回路", "回路", "出线", "线路名称"),
    "time": ("time", "测量时间", "时间", "测试时间"),
    "ia": ("ia", "i_a_a", "a相电流", "ia(a)"),
    "ib": ("ib", "i_b_a", "b相电流", "ib(a)"),
    "ic": ("ic", "i_c_a", "c相电流", "ic(a)"),
    "in": ("in", "i_n_a", "零线电流", "中性线电流", "n相电流", "in(a)"),
    "ua": ("ua", "u_a_v", "a相电压", "ua(v)"),
    "ub": ("ub", "u_b_v", "b相电压", "ub(v)"),
    "uc": ("uc", "u_c_v", "c相电压", "uc(v)"),
    "mean_c": ("mean_c", "日平均气温", "平均气温"),
}
REQUIRED = ("area", "circuit", "time", "ia", "ib", "ic")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClampReadings:
    """Currents and voltages measured at the head of outgoing circuits.

    Attributes
    ----------
    area, circuit : str (reading,)
    time : datetime64[m] (reading,)
    i_a : float (reading, 3) -- phase currents [A], NaN where not measured
    i_neutral_a : float (reading,) -- [A], NaN where not measured
    u_v : float (reading, 3) -- phase to neutral [V], NaN where not measured
    mean_c : float (reading,) -- mean outdoor temperature of that day, NaN where not given [°C]
    where : str (reading,) -- file and row
    notes : what was dropped or is hard to believe
    """

    area: StrArray
    circuit: StrArray
    time: npt.NDArray[np.datetime64]
    i_a: FloatArray
    i_neutral_a: FloatArray
    u_v: FloatArray
    mean_c: FloatArray
    where: StrArray
    notes: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        one, three = ("reading",), ("reading", 3)
        layout: dict[str, tuple[npt.DTypeLike, tuple[str | int, ...]]] = {
            "area": (np.str_, one),
            "circuit": (np.str_, one),
            "time": ("M8[m]", one),
            "i_a": (np.float64, three),
            "i_neutral_a": (np.float64, one),
            "u_v": (np.float64, three),
            "mean_c": (np.float64, one),
            "where": (np.str_, one),
        }
        own_fields(self, layout, {})

    def __len__(self) -> int:
        return len(self.area)

    def __repr__(self) -> str:
        circuits = len(set(zip(self.area.tolist(), self.circuit.tolist(), strict=True)))
        highest = float(np.nanmax(self.i_a)) if np.isfinite(self.i_a).any() else float("nan")
        return (
            f"<ClampReadings: {len(self)} readings of {circuits} circuits, "
            f"highest phase current {highest:.3g} A>"
        )

    def only(self, kept: BoolArray) -> ClampReadings:
        """Some of the readings, with all notes."""
        parts = {
            field.name: getattr(self, field.name)[kept]
            for field in fields(self)
            if field.name != "notes"
        }
        return replace(self, **parts)


def read_clamp(
    path: Path, *, area: str | None = None, circuits: Sequence[str] = ()
) -> ClampReadings:
    """Read spot measurements: area, circuit, time, Ia, Ib, Ic and, where measured, In, Ua, Ub, Uc.

    A column ``mean_c`` may give the day's mean temperature. Headings may be Chinese.

    Parameters
    ----------
    path : the crew's sheet, CSV or xlsx
    area : take the readings of this area only, which has the ``circuits``; the others are counted
        in a note

    Raises
    ------
    StudyError
        Every fault of the file at once, those of other areas too.
    """
    faults: list[Fault] = []
    rows = _rows(path, faults)
    texts = {name: [cells[name] for _, cells in rows] for name in HEADINGS}
    where = [place for place, _ in rows]
    minutes = _minutes(texts["time"], where, faults)
    values = np.full((len(rows), len(MEASURED)), np.nan)
    for column, name in enumerate(MEASURED):
        values[:, column] = measured(name, texts[name], where, faults)
    for name in ("area", "circuit"):
        for at in [at for at, text in enumerate(texts[name]) if not text]:
            error(faults, "clamp-place", where[at], f"{name} is empty", "say where it was measured")
    doubt(values, where, faults)
    kept = _once(texts, minutes, values, where, faults)
    here = np.array([area is None or _plain(text) == _plain(area) for text in texts["area"]])
    if area is not None and rows:
        elsewhere = {place for place, own in zip(where, here, strict=True) if not own}
        faults = [f for f in faults if f.severity == "error" or f.where not in elsewhere]
        _check_places(here, texts["circuit"], where, area, circuits, faults)
    faults = collapsed(faults)
    if any(fault.severity == "error" for fault in faults):
        raise StudyError(str(path), faults)
    kept = [at for at in kept if here[at]]
    return ClampReadings(
        area=np.array(texts["area"], dtype=np.str_)[kept],
        circuit=np.array(texts["circuit"], dtype=np.str_)[kept],
        time=minutes[kept].astype("M8[m]"),
        i_a=values[kept, :3],
        i_neutral_a=values[kept, 3],
        u_v=values[kept, 4:7],
        mean_c=values[kept, 7],
        where=np.array(where, dtype=np.str_)[kept],
        notes=tuple(faults),
    )


def _rows(path: Path, faults: list[Fault]) -> list[tuple[str, dict[str, str]]]:
    """Place and cells of every row; sheets without readings beside one with them are said."""
    try:
        sheets = read_sheets(path)
    except InputError as refused:
        raise StudyError(str(path), refused.faults) from refused
    rows: list[tuple[str, dict[str, str]]] = []
    without: list[Fault] = []
    for sheet in sheets:
        own: list[Fault] = []
        rows += _named_rows(sheet, own)
        without += [fault for fault in own if fault.code == "clamp-heading"]
        faults += [fault for fault in own if fault.code != "clamp-heading"]
    if len(without) == len(sheets):
        faults += without
    else:
        for fault in without:
            note(faults, "clamp-sheet-left-out", fault.where, f"sheet left out: {fault.what}")
    if not rows and not faults:
        error(faults, "clamp-empty", path.name, "no readings", "add a row per circuit and time")
    return rows


def _minutes(texts: Sequence[str], where: Sequence[str], faults: list[Fault]) -> IntArray:
    """Times in minutes from 1970-01-01; a day without an hour is none."""
    minutes = stamps(texts) if texts else np.zeros(0, dtype=np.int64)
    for at, text in enumerate(texts):
        if minutes[at] == UNKNOWN:
            what = f"{text!r} is not a time"
        elif ":" not in text:
            what = f"{text!r} has no time of day"
        else:
            continue
        error(faults, "clamp-time", where[at], what, "write it as 2027-02-05 18:15")
    return minutes


def _named_rows(sheet: Sheet, faults: list[Fault]) -> list[tuple[str, dict[str, str]]]:
    """Rows of a sheet by column; columns that do not enter are said."""
    for index, row in enumerate(sheet.rows[:HEADING_ROWS]):
        folded = [cell.casefold().replace(" ", "") for cell in row]
        at = {
            name: next((folded.index(text) for text in known if text in folded), None)
            for name, known in HEADINGS.items()
        }
        if any(at[name] is None for name in REQUIRED):
            continue
        for column, cell in enumerate(row):
            if cell and column not in at.values():
                why = "personal data do not enter" if is_personal(cell) else "not used"
                what = f"column {cell!r} dropped: {why}"
                note(faults, "clamp-column-dropped", sheet.where(index), what)
        found = []
        for number_of_row in range(index + 1, len(sheet.rows)):
            cells = sheet.rows[number_of_row]
            place = sheet.where(number_of_row)
            if len(cells) != len(row):
                what = f"{len(cells)} cells under {len(row)} headings"
                error(faults, "clamp-cells", place, what, "check commas and quotes")
                continue
            named = {name: "" if col is None else cells[col] for name, col in at.items()}
            found.append((place, named))
        return found
    what = f"no headings {', '.join(REQUIRED)}"
    remedy = "name the columns area, circuit, time, Ia, Ib, Ic, In, Ua, Ub, Uc"
    error(faults, "clamp-heading", f"{sheet.source}:{sheet.numbers[0]}", what, remedy)
    return []


def _plain(name: str) -> str:
    """A number or name without blanks and full-width forms."""
    return "".join(unicodedata.normalize("NFKC", name).split())


def _check_places(
    here: BoolArray,
    names: Sequence[str],
    where: Sequence[str],
    area: str,
    circuits: Sequence[str],
    faults: list[Fault],
) -> None:
    """Circuits that the area does not have are faults; rows of other areas are counted."""
    for at in np.flatnonzero(here).tolist():
        if names[at] and names[at] not in circuits:
            what = f"{area} has no outgoing circuit {names[at]!r}"
            error(faults, "clamp-circuit", where[at], what, f"name one of {', '.join(circuits)}")
    if here.all():
        return
    elsewhere = int((~here).sum())
    fault = Fault(
        code="clamp-other-areas",
        where=where[int(np.argmin(here))],
        what=f"{elsewhere} readings of other areas than {area!r} left out",
        remedy="" if here.any() else "none remains: check how the area is written",
        severity="note" if here.any() else "warning",
        rows=elsewhere,
    )
    faults.append(fault)


def _once(
    texts: dict[str, list[str]],
    minutes: IntArray,
    values: FloatArray,
    where: Sequence[str],
    faults: list[Fault],
) -> list[int]:
    """Rows to use: one per area, circuit and time."""
    first: dict[tuple[str, str, int], int] = {}
    for at, key in enumerate(zip(texts["area"], texts["circuit"], minutes.tolist(), strict=True)):
        before = first.setdefault(key, at)
        if before == at or key[2] == UNKNOWN:
            continue
        if np.array_equal(values[at], values[before], equal_nan=True):
            note(faults, "clamp-repeated", where[at], f"the same row as {where[before]}: used once")
        else:
            what = f"this circuit and time already stand at {where[before]}, with other values"
            error(faults, "clamp-duplicate", where[at], what, "keep the right one of the two")
    return list(first.values())
