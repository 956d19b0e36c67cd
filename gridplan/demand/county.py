"""A folder of measured festivals: transformers, meters, registers and temperatures of many areas.

=================================  =========================================================
file                               holds
=================================  =========================================================
``transformers.xlsx`` or ``.csv``  one row per area: 台区编号, 额定容量(kVA), 供电所
``meters/YEAR/AREA.csv``           96-point curves of the area's customers around one festival
``transformer_curves/YEAR.csv``    the same at the transformers; their numbers are the areas'
``register/YEAR.csv``              the returnees that were expected, of all areas; may be missing
``temperature.csv``                date and daily mean (``mean_c``)
``special_loads.csv`` (``.xlsx``)   customers that are no homes: area, number, kind; may be missing
=================================  =========================================================
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gridplan.celltext import shown
from gridplan.demand.area_record import AreaRecord, Festival
from gridplan.demand.calendar import festival_day, new_year_days
from gridplan.demand.headings import TRANSFORMERS
from gridplan.demand.metering import MeterReadings, read_meters
from gridplan.demand.profiles import QUARTERS
from gridplan.demand.register import Register, read_register
from gridplan.demand.special_list import FORM as SPECIAL
from gridplan.demand.special_list import fault_of
from gridplan.demand.weather import read_temperature
from gridplan.errors import Fault, InputError, StudyError
from gridplan.formfiles import read_form
from gridplan.forms import Form, Row
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.network.kind_words import kind_of

#: Special loads of measured festivals are found among the curves by their numbers.
METERED_SPECIAL = replace(SPECIAL, needed=("area", "customer_id", "kind"))
_RATINGS_KVA = (5.0, 10_000.0)
#: Days around New Year's Day that are looked at.
_FIRST_DAY, _LAST_DAY = -60, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """Areas with their festivals, and what was noted on reading.

    Attributes
    ----------
    areas : in the order of the list of transformers
    notes : what was dropped, is missing or is hard to believe
    """

    areas: tuple[AreaRecord, ...]
    notes: tuple[Fault, ...]

    def __repr__(self) -> str:
        years = sorted({one.year for area in self.areas for one in area.festivals})
        homes = sum(len(area.ids) for area in self.areas)
        span = ", ".join(map(str, years))
        return f"<County: {len(self.areas)} areas, {homes} customers, festivals {span}>"


def read_county(folder: Path) -> County:
    """Read a folder of measured festivals.

    Raises ``StudyError`` with every fault of every file.
    """
    reader = _Reader(folder)
    listed = reader.transformers()
    celsius = reader.temperatures()
    years = reader.years()
    special = reader.special(listed)
    festivals: dict[str, list[tuple[int, MeterReadings, Festival]]] = {area: [] for area in listed}
    for year in years:
        totals = reader.meters(folder / "transformer_curves" / f"{year}.csv")
        for area in listed:
            path = folder / "meters" / str(year) / f"{area}.csv"
            readings = reader.meters(path) if path.exists() else None
            if not path.exists():
                reader.missing(f"meters/{year}/{area}.csv", "the area has no such festival")
            if readings is None or totals is None:
                continue
            near = [festival_day(date, new_year_days()[year]) for date in readings.days]
            if not any(_FIRST_DAY <= day <= _LAST_DAY for day in near):
                what = (
                    f"has no day from {_FIRST_DAY} to {_LAST_DAY} around New Year's Day of {year}"
                )
                reader.fault("county-days", str(path.relative_to(folder)), what, "check the year")
                continue
            register = reader.register(year, area, readings)
            festivals[area].append(
                (year, readings, _festival(year, area, readings, totals, register, celsius))
            )
    areas = tuple(
        _record(area, *listed[area], found, special.get(area, {}))
        for area, found in festivals.items()
        if found
    )
    for area, found in festivals.items():
        metered = {str(name) for _, readings, _ in found for name in readings.ids}
        for name, where in special.get(area, {}).items():
            if found and name not in metered:
                what = f"special load {name!r} of area {area} has no curves"
                reader.doubt("county-special", where, what, "it counts for nothing")
    for area, found in festivals.items():
        if not found:
            what = "has no curves in any year"
            reader.fault("county-area", "meters", f"area {area} {what}", "add meters/YEAR/AREA.csv")
    errors = [fault for fault in reader.faults if fault.severity == "error"]
    if errors:
        raise StudyError(str(folder), errors)
    return County(areas=areas, notes=tuple(reader.faults))


class _Reader:
    """Reads the files of a folder and collects what is wrong with all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []

    def fault(self, code: str, where: str, what: str, remedy: str) -> None:
        self.faults.append(Fault(code=code, where=where, what=what, remedy=remedy))

    def doubt(self, code: str, where: str, what: str, remedy: str) -> None:
        self.faults.append(
            Fault(code=code, where=where, what=what, remedy=remedy, severity="warning")
        )

    def special(self, areas: Container[str]) -> dict[str, dict[str, str]]:
        """Customers that are no homes: place in the list by area and number."""
        paths = [self.folder / f"special_loads{kind}" for kind in (".csv", ".xlsx")]
        path = next((path for path in paths if path.exists()), None)
        found: dict[str, dict[str, str]] = {}
        if path is None:
            return found
        for row in self.rows(path, METERED_SPECIAL):
            area, name = row["area"], row["customer_id"]
            if area not in areas:
                what = f"area {shown(area)} is not among the transformers"
                row.error("area", what, "correct it, or add its transformer")
            elif not name:
                what = "customer_id is empty: its curves cannot be told from those of homes"
                row.error("customer", what, "add the customer's number")
            elif name in found.get(area, {}):
                row.error("twice", f"{shown(name)} stands there twice", "keep one row")
            elif kind_of(row["kind"]) is None:
                row.error("kind", *(fault_of(row["kind"], 1.0) or ("", "")))
            else:
                found.setdefault(area, {})[name] = row.where
        return found

    def rows(self, path: Path, form: Form) -> list[Row]:
        """Rows of a file; none, with its faults, when it cannot be used."""
        try:
            return read_form(path, form, self.faults, refuse=StudyError)
        except StudyError as error:
            self.faults += error.faults
            return []

    def missing(self, where: str, so: str) -> None:
        """Say once that a file is not there, and what follows from it."""
        fault = Fault(
            code="county-missing", where=where, what=f"is not there: {so}", severity="warning"
        )
        if fault not in self.faults:
            self.faults.append(fault)

    def years(self) -> list[int]:
        """Years that have meters."""
        folder = self.folder / "meters"
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        known = new_year_days()
        years = [int(name) for name in names if name.isdigit() and int(name) in known]
        if not years:
            what = f"has no folder of a year from {min(known)} to {max(known)}"
            self.fault("county-years", "meters", what, "put the curves into meters/YEAR/AREA.csv")
        return years

    def meters(self, path: Path) -> MeterReadings | None:
        """Curves of a file; None when it cannot be used."""
        try:
            readings = read_meters(path)
        except InputError as error:
            self.faults += _placed(error.faults, path)
            return None
        self.faults += _placed(readings.notes, path)
        return readings

    def register(self, year: int, area: str, readings: MeterReadings) -> Register:
        """The register of an area; an empty one where there is no file."""
        path = self.folder / "register" / f"{year}.csv"
        if not path.exists():
            self.missing(f"register/{year}.csv", "nobody is on a register")
            return Register.empty(len(readings.ids))
        try:
            found = read_register(path, readings.ids.tolist(), new_year_days()[year], area=area)
        except InputError as error:
            self.faults += _placed(error.faults, path)
            return Register.empty(len(readings.ids))
        self.faults += _placed(found.notes, path)
        return found

    def transformers(self) -> dict[str, tuple[str, float]]:
        """Station and rating [kVA] by area."""
        paths = [self.folder / f"transformers{kind}" for kind in (".xlsx", ".csv")]
        path = next((path for path in paths if path.exists()), paths[0])
        found: dict[str, tuple[str, float]] = {}
        for row in self.rows(path, TRANSFORMERS):
            area = row["area"]
            sn_kva = row.number("sn_kva", *_RATINGS_KVA, needed=True)
            if area in found or not area:
                what = f"area {shown(area)} is empty or stands there twice"
                row.error("area", what, "keep one row per area")
            found[area] = (row["station"], sn_kva)
        return found

    def temperatures(self) -> dict[dt.date, float]:
        """Daily means by date [°C]."""
        try:
            path = read_temperature(self.folder / "temperature.csv")
        except StudyError as error:
            self.faults += error.faults
            return {}
        self.faults += path.notes
        return path.mean_c


def _placed(faults: tuple[Fault, ...], path: Path) -> list[Fault]:
    """Faults with the folder that their file lies in: several files have the same name."""
    return [replace(fault, where=f"{path.parent.name}/{fault.where}") for fault in faults]


def _festival(
    year: int,
    area: str,
    readings: MeterReadings,
    totals: MeterReadings,
    register: Register,
    celsius: dict[dt.date, float],
) -> Festival:
    """One festival of one area, on the days that its meters saw."""
    origin = new_year_days()[year]
    number = np.array([festival_day(date, origin) for date in readings.days])
    near = (number >= _FIRST_DAY) & (number <= _LAST_DAY)
    dates = [date for date, kept in zip(readings.days, near, strict=True) if kept]
    total_kw = np.full((len(dates), QUARTERS), np.nan, dtype=np.float32)
    if area in totals.ids:
        curve = totals.of([area])
        position = {date: at for at, date in enumerate(curve.days)}
        for row, date in enumerate(dates):
            if date in position:
                total_kw[row] = curve.p_kw[0, position[date]]
    return Festival(
        year=year,
        days=number[near],
        p_kw=readings.p_kw[:, near],
        total_kw=total_kw,
        temperature_c=np.array([celsius.get(date, np.nan) for date in dates]),
        listed=register.listed,
        away=register.stays_away,
        arrival=register.arrival,
        departure=register.departure,
    )


def _record(
    area: str,
    station: str,
    sn_kva: float,
    found: list[tuple[int, MeterReadings, Festival]],
    special: Container[str],
) -> AreaRecord:
    """All festivals of an area on the same homes: those that any year has meters of.

    Customers that are ``special`` are no homes, and are the same in all festivals, too.
    """
    everybody = sorted({str(name) for _, readings, _ in found for name in readings.ids})
    ids = [name for name in everybody if name not in special]
    loads = [name for name in everybody if name in special]
    position = {name: at for at, name in enumerate(ids)}
    festivals = []
    for _, readings, festival in found:
        names = readings.ids.tolist()
        home = np.array([name not in special for name in names], dtype=bool)
        at = np.array([position[name] for name in names if name in position], dtype=np.int64)
        others = np.full((len(loads), *festival.p_kw.shape[1:]), np.nan, dtype=np.float32)
        for row, name in enumerate(loads):
            if name in names:
                others[row] = festival.p_kw[names.index(name)]
        festivals.append(_on_homes(replace(festival, special_kw=others), home, at, len(ids)))
    return AreaRecord(
        area=area,
        station=station,
        sn_kva=sn_kva,
        ids=np.array(ids),
        festivals=tuple(sorted(festivals, key=lambda one: one.year)),
    )


def _on_homes(festival: Festival, home: BoolArray, at: IntArray, n_home: int) -> Festival:
    """A festival with its homes at other places; homes without meters are NaN and not listed.

    ``home`` (customer,) are its homes, and ``at`` their places.
    """
    p_kw = np.full((n_home, *festival.p_kw.shape[1:]), np.nan, dtype=np.float32)
    p_kw[at] = festival.p_kw[home]

    def flags(values: BoolArray) -> BoolArray:
        placed = np.zeros(n_home, dtype=bool)
        placed[at] = values[home]
        return placed

    def days(values: FloatArray) -> FloatArray:
        placed = np.full(n_home, np.nan)
        placed[at] = values[home]
        return placed

    return replace(
        festival,
        p_kw=p_kw,
        listed=flags(festival.listed),
        away=flags(festival.away),
        arrival=days(festival.arrival),
        departure=days(festival.departure),
    )
