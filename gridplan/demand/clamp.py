"""Spot measurements with a clamp meter: a crew's load test of outgoing circuits before the holiday.

They calibrate the level of the modelled demand (``clamp_level``) and test the phase labels of a
circuit (``clamp_labels``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gridplan.celltext import NO_TIME, plain, shown, stamps
from gridplan.demand.clamp_checks import MEASURED, doubt, measured
from gridplan.demand.headings import AREA
from gridplan.errors import Fault, StudyError, error, note
from gridplan.formfiles import accepted, read_form
from gridplan.forms import Form
from gridplan.frozen import BoolArray, FloatArray, IntArray, StrArray, own_fields

FORM = Form(
    code="clamp",
    columns={
        "area": AREA,
        "circuit": ("outgoing_circuit", "出线回路", "回路", "出线", "线路名称"),
        "time": ("测量时间", "时间", "测试时间"),
        "ia": ("i_a_a", "a相电流"),
        "ib": ("i_b_a", "b相电流"),
        "ic": ("i_c_a", "c相电流"),
        "in": ("i_n_a", "零线电流", "中性线电流", "n相电流"),
        "ua": ("u_a_v", "a相电压"),
        "ub": ("u_b_v", "b相电压"),
        "uc": ("u_c_v", "c相电压"),
        "mean_c": ("日平均气温", "平均气温"),
    },
    needed=("area", "circuit", "time", "ia", "ib", "ic"),
    units={f"i{letter}": {"A": 1.0} for letter in "abcn"} | {f"u{x}": {"V": 1.0} for x in "abc"},
)


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
    rows = read_form(path, FORM, faults, refuse=StudyError)
    if not rows and not faults:
        error(faults, "clamp-empty", path.name, "no readings", "add a row per circuit and time")
    texts = {name: [row[name] for row in rows] for name in FORM.columns}
    where = [row.where for row in rows]
    texts["circuit"] = _own_names(texts["circuit"], circuits)
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
    notes = accepted(path, faults, StudyError)
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
        notes=notes,
    )


def _minutes(texts: Sequence[str], where: Sequence[str], faults: list[Fault]) -> IntArray:
    """Times in minutes from 1970-01-01; a day without an hour is none."""
    minutes = stamps(texts) if texts else np.zeros(0, dtype=np.int64)
    for at, text in enumerate(texts):
        if minutes[at] == NO_TIME:
            what = f"{shown(text)} is not a time"
        elif ":" not in text:
            what = f"{shown(text)} has no time of day"
        else:
            continue
        error(faults, "clamp-time", where[at], what, "write it as 2027-02-05 18:15")
    return minutes


def _own_names(texts: Sequence[str], circuits: Sequence[str]) -> list[str]:
    """Circuits as the feeder writes them, where blanks and full-width forms are all that differ."""
    known = {_plain(name): name for name in circuits}
    return [known.get(_plain(text), text) for text in texts]


def _plain(name: str) -> str:
    """A number or name without blanks and full-width forms."""
    return "".join(plain(name).split())


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
        if before == at or key[2] == NO_TIME:
            continue
        if np.array_equal(values[at], values[before], equal_nan=True):
            note(faults, "clamp-repeated", where[at], f"the same row as {where[before]}: used once")
        else:
            what = f"this circuit and time already stand at {where[before]}, with other values"
            error(faults, "clamp-duplicate", where[at], what, "keep the right one of the two")
    return list(first.values())
