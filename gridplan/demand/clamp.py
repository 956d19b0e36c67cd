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

from gridplan.demand.meter_cells import (
    UNKNOWN,
    collapsed,
    error,
    no_readings,
    note,
    number,
    stamps,
)
from gridplan.demand.meter_layouts import HEADING_ROWS, is_personal
from gridplan.demand.weather import COLDEST_C, HOTTEST_C
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
MEASURED = ("ia", "ib", "ic", "in", "ua", "ub", "uc", "mean_c")
VOLTAGE_V = (150.0, 280.0)  #: phase to neutral, beyond it a reading is hard to believe; assumption
#: Angles between the currents of two phases differ from 120 degrees by at most this: power factors
#: from 0.85 (32 degrees) to 1, and voltages a few degrees out of balance; assumption [rad]
ANGLE_SPREAD = np.deg2rad(35.0)
#: Third harmonic of a phase current, which adds up in the neutral; assumption.
HARMONIC_SHARE = 0.25
ACCURACY, ACCURACY_A = 0.05, 1.0  #: of a clamp in the field: share of reading, and amperes; A
MAX_CURRENT_A = 2_000.0  #: more than the largest transformer of a village gives


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
    try:
        sheets = read_sheets(path)
    except InputError as refused:
        raise StudyError(str(path), refused.faults) from refused
    rows: list[tuple[str, dict[str, str]]] = []
    for sheet in sheets:
        rows += _named_rows(sheet, faults)
    if not rows and not faults:
        error(faults, "clamp-empty", path.name, "no readings", "add a row per circuit and time")
    texts = {name: [cells[name] for _, cells in rows] for name in HEADINGS}
    where = [place for place, _ in rows]
    minutes = stamps(texts["time"]) if rows else np.zeros(0, dtype=np.int64)
    for at in np.flatnonzero(minutes == UNKNOWN).tolist():
        what = f"{texts['time'][at]!r} is not a time"
        error(faults, "clamp-time", where[at], what, "write it as 2027-02-05 18:15")
    for at in [at for at, text in enumerate(texts["time"]) if _no_clock(text, minutes[at])]:
        what = f"{texts['time'][at]!r} has no time of day"
        error(faults, "clamp-time", where[at], what, "write it as 2027-02-05 18:15")
    values = np.full((len(rows), len(MEASURED)), np.nan)
    for column, name in enumerate(MEASURED):
        values[:, column] = _values(name, texts[name], where, faults)
    for name in ("area", "circuit"):
        for at in [at for at, text in enumerate(texts[name]) if not text]:
            error(faults, "clamp-place", where[at], f"{name} is empty", "say where it was measured")
    _check(values, where, faults)
    here = np.array([area is None or _plain(text) == _plain(area) for text in texts["area"]])
    if area is not None and rows:
        _check_places(here, texts["circuit"], where, area, circuits, faults)
    kept = _once(texts, minutes, values, where, faults)
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


def _no_clock(text: str, minutes: int) -> bool:
    """Whether a time is a date only: demand of a day is not demand of an hour."""
    return minutes != UNKNOWN and ":" not in text


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


def _values(
    name: str, texts: Sequence[str], where: Sequence[str], faults: list[Fault]
) -> FloatArray:
    """One measured column; NaN where not measured."""
    values = np.array([number(text) for text in texts], dtype=float)
    low, high, what_for = 0.0, np.inf, "a magnitude"
    remedy = "write amperes or volts, or leave it empty"
    if name == "mean_c":
        low, high, what_for = COLDEST_C, HOTTEST_C, f"{COLDEST_C:g} to {HOTTEST_C:g} degrees"
        remedy = "write the day's mean temperature in °C, or leave it empty"
    elif name.startswith("i"):
        high = MAX_CURRENT_A
    coded = no_readings(values)
    for at in np.flatnonzero(coded).tolist():
        what = f"{name} is {texts[at]!r}, a logger's code for no reading"
        error(faults, "clamp-no-reading", where[at], what, "leave it empty, or measure it again")
    wrong = ~coded & (np.isinf(values) | (values < low))
    for at in np.flatnonzero(wrong).tolist():
        what = f"{name} is {texts[at]!r}, not {what_for}"
        error(faults, "clamp-number", where[at], what, remedy)
    large = ~coded & ~wrong & (values > high)
    for at in np.flatnonzero(large).tolist():
        what = f"{name} is {values[at]:g}, more than {high:g}"
        error(faults, "clamp-number", where[at], what, "is it in mA, or already a sum?")
    return np.where(coded | wrong | large, np.nan, values)


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


def _check(values: FloatArray, where: Sequence[str], faults: list[Fault]) -> None:
    """Warnings about values that are hard to believe."""

    def warn(code: str, at: int, what: str, remedy: str) -> None:
        faults.append(
            Fault(code=code, where=where[at], what=what, remedy=remedy, severity="warning")
        )

    low, high = neutral_bounds(values[:, :3])
    for at in np.flatnonzero(np.isnan(values[:, :3]).any(axis=1)).tolist():
        note(faults, "clamp-missing", where[at], "not all phase currents were measured")
    for at in np.flatnonzero((values[:, 3] < low) | (values[:, 3] > high)).tolist():
        currents = ", ".join(f"{value:g}" for value in values[at, :3])
        what = f"In is {values[at, 3]:g} A with Ia, Ib, Ic of {currents} A: "
        what += f"expected {low[at]:.3g} to {high[at]:.3g} A"
        remedy = "were all four measured together, and on the right conductors?"
        warn("clamp-neutral", int(at), what, remedy)
    u_v = values[:, 4:7]
    for at, phase in np.argwhere((u_v < VOLTAGE_V[0]) | (u_v > VOLTAGE_V[1])):
        voltage = values[at, 4 + phase]
        what = f"{MEASURED[4 + phase]} is {voltage:g} V, not within {VOLTAGE_V[0]:g} to "
        what += f"{VOLTAGE_V[1]:g} V"
        between = 320 < voltage < 460
        remedy = "measure phase to neutral, not phase to phase" if between else "measure it again"
        warn("clamp-voltage", int(at), what, remedy)


def neutral_bounds(i_a: FloatArray) -> tuple[FloatArray, FloatArray]:
    r"""Lowest and highest believable neutral current of phase currents ``(reading, 3)`` [A].

    At equal power factors :math:`I_0 = \sqrt{I_a^2+I_b^2+I_c^2-I_aI_b-I_bI_c-I_cI_a}`.
    Power-factor angles within a spread :math:`\delta` turn every phasor by at most
    :math:`\delta/2` from a middle one, or two of them by :math:`\delta` from the largest; a phasor
    turned by x moves by :math:`2 I \sin(x/2)`. So the fundamental lies within :math:`I_0 \pm \min(2
    \sin(\delta/4) \sum I,\; 2 \sin(\delta/2) (\sum I - \max I))`, and never above
    :math:`\sum I`; third harmonics add up in the neutral, squared onto the upper end; the clamp's
    accuracy widens both.
    """
    a, b, c = i_a.T
    total = a + b + c
    balance = np.sqrt(np.maximum(a * a + b * b + c * c - a * b - b * c - c * a, 0.0))
    turned = np.minimum(
        2.0 * np.sin(ANGLE_SPREAD / 4.0) * total,
        2.0 * np.sin(ANGLE_SPREAD / 2.0) * (total - i_a.max(axis=1)),
    )
    error_a = ACCURACY * total + ACCURACY_A
    highest = np.hypot(np.minimum(balance + turned, total), HARMONIC_SHARE * total)
    return np.maximum(balance - turned, 0.0) - error_a, np.minimum(highest, total) + error_a


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
