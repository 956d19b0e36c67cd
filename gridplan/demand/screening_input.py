"""The county as its station keeps it: transformers, and where there are any curves and a register.

A workbook, a CSV file or a folder of both. Sheets are known by their name (台区, 负荷曲线, 返乡; or
transformers, curves, register; for CSV the name of the file) or else by their headings. Everything
wrong is said at once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gridplan.demand.calendar import new_year_days
from gridplan.demand.meter_cells import no_readings
from gridplan.demand.screening_area import LEAST_PEAK_DAYS, Area, County, HomesListed, Winter
from gridplan.demand.screening_cells import POINTS, Row, Table, number_row, tables
from gridplan.demand.screening_curves import CurveBook
from gridplan.demand.screening_days import DayKind
from gridplan.demand.screening_faults import Faults
from gridplan.demand.screening_weather import Temperatures
from gridplan.demand.special_list import ListedLoad, listed_loads
from gridplan.demand.weather import COLDEST_C, HOTTEST_C
from gridplan.errors import InputError, StudyError
from gridplan.sheets import read_sheets

#: Connection symbols of 10/0.4 kV transformers, without commas and case; others are a warning.
VECTOR_GROUPS = ("yyn0", "dyn11", "yzn11", "dyn5", "dyn1", "yyn6", "yzn5")
MAX_KVA, MAX_HOMES = 2500.0, 5000  #: beyond these a cell is in the wrong column (assumption)
MAX_DAYS_OFF = 180  #: a date of the register further from New Year's Day is in the wrong year
#: Most missing points of a day that still says what its peak was (assumption).
MAX_MISSING_POINTS = 9
#: A highest measured load outside these shares of the rating hints at a forgotten ratio.
BELIEVABLE_LOAD = (0.02, 3.0)
_READ = (".csv", ".xlsx", ".xlsm", ".xls")


def read_screening(path: Path, year: int) -> County:
    """Read transformers, curves and register of a county for the festival of ``year``.

    Raises ``StudyError`` with every fault, each with its file and row.
    """
    faults = Faults()
    if year not in new_year_days():
        known = new_year_days()
        what = f"the calendar holds the festivals {min(known)} to {max(known)}, not {year}"
        faults.error("year", "--year", what, "choose one of them")
        raise StudyError(str(path), faults.found)
    builder = _Builder(
        faults=faults, origin=new_year_days()[year], temperatures=Temperatures(screened=year)
    )
    together, apart = _files(path, year, faults)
    found = [table for file in together for table in _tables(file, faults)]
    if all(kind != "transformers" for kind, _ in found) and not faults.refused:
        what = "no sheet 台区/transformers: headings 台区编号, 额定容量(kVA), 户数"
        faults.error("heading", path.name, what, "add the sheet, or name its columns so")
    builder.take(found)
    for file in apart:
        builder.take(_tables(file, faults))
    areas = builder.areas()
    if faults.refused:
        raise StudyError(str(path), faults.collapsed())
    return County(
        year=year,
        areas=areas,
        festival_usual_c=builder.temperatures.usual_festival_c(),
        notes=tuple(faults.collapsed()),
    )


def _tables(file: Path, faults: Faults) -> list[tuple[str, Table]]:
    """Kind and table of every sheet of a file; none, with faults, where it cannot be read."""
    try:
        return list(tables(read_sheets(file), faults))
    except InputError as error:
        faults.found += error.faults
        return []


def _files(path: Path, year: int, faults: Faults) -> tuple[list[Path], list[Path]]:
    """The file, or the tables of the folder; what else lies there is said.

    Of a folder of measured festivals (``demand/county.py``) also, to be read one by one because
    they are large, the year's register and the transformers' curves up to the year.
    """
    if not path.is_dir():
        return [path], []
    years = [str(one) for one in sorted(new_year_days()) if one <= year]
    deeper = [path / "transformer_curves" / f"{one}.csv" for one in years]
    deeper = [file for file in (path / "register" / f"{year}.csv", *deeper) if file.exists()]
    inside = [file for file in sorted(path.iterdir()) if not file.name.startswith(("~$", "."))]
    for other in inside:
        if other.suffix.casefold() not in _READ and other not in {file.parent for file in deeper}:
            faults.note("file-left-out", other.name, "not read: neither CSV nor workbook")
    found = [file for file in inside if file.suffix.casefold() in _READ]
    if not found:
        faults.error("empty", path.name, "holds no CSV file or workbook", "put them there")
    return found, deeper


@dataclass(slots=True)
class _Listed:
    """Register of an area while it is read."""

    form: str
    where: str
    returning: float = 0.0
    staying_away: float = 0.0
    stays: list[tuple[float, float]] = field(default_factory=list)
    first_row: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Builder:
    """What the sheets have said so far."""

    faults: Faults
    origin: dt.date
    temperatures: Temperatures
    plates: dict[str, Area] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    books: dict[str, CurveBook] = field(default_factory=dict)
    listed: dict[str, _Listed] = field(default_factory=dict)
    special: list[ListedLoad] = field(default_factory=list)

    def take(self, found: list[tuple[str, Table]]) -> None:
        """Some tables, transformers first, whatever their order."""
        takers = {
            "transformers": self.take_transformers,
            "curves": self.take_curves,
            "register": self.take_register,
            "temperature": self.take_temperatures,
            "special": self.take_special,
        }
        for kind, taker in takers.items():
            for other, table in found:
                if other == kind:
                    taker(table)

    def take_transformers(self, table: Table) -> None:
        """Rating, vector group and homes of every area."""
        if not table.needs(self.faults, "area", "sn_kva", "homes"):
            return
        no_group = 0
        for row in table.rows(self.faults):
            area = row["area"]
            if not area:
                row.error("area", "台区编号/area is empty", "fill it in or delete the row")
            elif area in self.places:
                what = f"area {area!r} already stands at {self.places[area]}"
                row.error("area-twice", what, "keep one row per area")
            kva = row.number("sn_kva", "额定容量/kVA", 1.0, MAX_KVA)
            homes = row.number("homes", "户数/homes", 1, MAX_HOMES, whole=True)
            lived_in = row.number("homes_lived_in", "常住户数", 0, MAX_HOMES, True, needed=False)
            group = row["vector_group"]
            no_group += not group
            if group and "".join(c for c in group if c.isalnum()).casefold() not in VECTOR_GROUPS:
                what = f"vector group {group!r} is not known"
                row.warn("vector-group", what, "write it as Yyn0 or Dyn11")
            if lived_in is not None and homes is not None and lived_in > homes:
                what = f"常住户数 {lived_in:g} is more than 户数 {homes:g}"
                row.error("homes", what, "correct one of the two")
            if not area or area in self.places:
                continue
            self.places[area] = row.where
            self.plates[area] = Area(
                area=area,
                station=row["station"] or "–",
                sn_kva=kva or np.nan,
                vector_group=group,
                homes=int(homes or 0),
                homes_lived_in=None if lived_in is None else int(lived_in),
            )
        if no_group:
            what = f"no vector group given for {no_group} area(s): Yyn0 would need more care"
            self.faults.note("vector-group", table.where, what, no_group)

    def take_curves(self, table: Table) -> None:
        """Every measured day; those that miss points or say nothing are counted."""
        if not table.needs(self.faults, "area", "date") or not table.has_points(self.faults):
            return
        short = others = still = 0
        coded: dict[str, int] = {}
        for row in table.rows(self.faults):
            if row["data_type"] not in ("", "1", "总有功", "有功功率", "总有功功率"):
                others += 1
                continue
            known, date = self._known(row), row.date("date")
            ratio = row.number("ratio", "倍率/CT ratio", 0.1, 10_000, needed=False)
            points = number_row(row, table.points)
            if not known or date is None or points is None:
                continue
            book = self.books.setdefault(row["area"], CurveBook(screened=self.origin.year))
            if date in book.seen:
                row.error("day-twice", f"{row['area']} already has a curve of {date}", "keep one")
                continue
            if (code := no_readings(points)).any():
                coded[row.where] = int(code.sum())
                points = np.where(code, np.nan, points)
            if np.isnan(points).sum() > MAX_MISSING_POINTS:
                short += 1
                continue
            if not np.nanmax(np.abs(points)) > 0:
                still += 1
                continue
            book.add(date, points * (1.0 if ratio is None else ratio))
        if coded:
            what = f"{sum(coded.values())} points in {len(coded)} rows from here on hold codes for "
            what += "no reading (9999.99 and the like): taken as missing"
            self.faults.note("no-reading", next(iter(coded)), what, sum(coded.values()))
        for count, why in (
            (others, "of other data types than total active power"),
            (short, f"that miss more than {MAX_MISSING_POINTS} of {POINTS} points"),
            (still, "without any power"),
        ):
            if count:
                self.faults.note("days", table.where, f"{count} day(s) left out {why}", count)

    def take_register(self, table: Table) -> None:
        """Homes that returnees come to: counts per area, or one row per home."""
        counts = "returning_homes" in table.columns
        if not table.needs(self.faults, "area", *(() if counts else ("customer_id",))):
            return
        form = "counts" if counts else "homes"
        for row in table.rows(self.faults):
            known = self._known(row)
            listed = self.listed.setdefault(row["area"], _Listed(form=form, where=row.where))
            if listed.form != form or (counts and listed.where != row.where):
                what = f"the register of area {row['area']!r} already stands at {listed.where}"
                row.error("register-twice", what, "keep one count, or one row per home")
                continue
            if counts:
                number = row.number("returning_homes", "返乡户数", 0, MAX_HOMES, whole=True)
                listed.returning = number or 0.0
            elif known:
                self._home(row, listed)

    def _home(self, row: Row, listed: _Listed) -> None:
        """One home of the register."""
        customer = row["customer_id"]
        if not customer:
            what = "户号/customer_id is empty: counts as one more home"
            row.warn("customer", what, "add the customer number")
        elif customer in listed.first_row:
            what = f"customer of row already stands at {listed.first_row[customer]}"
            row.error("customer-twice", what, "keep one row per home")
            return
        listed.first_row[customer] = row.where
        persons = row.number("persons", "返乡人数/persons", 0, 50, True, needed=False)
        away = row.yes("will_not_return", "不返乡/will_not_return")
        arrival = row.festival_day("arrival", self.origin, MAX_DAYS_OFF)
        departure = row.festival_day("departure", self.origin, MAX_DAYS_OFF)
        if departure < arrival:
            row.error("date-order", "离开日期 is before 返乡日期", "exchange or correct them")
        if away or persons == 0:
            listed.staying_away += 1
            return
        listed.returning += 1
        listed.stays.append((arrival, departure))

    def take_temperatures(self, table: Table) -> None:
        """Daily mean temperatures of the county."""
        if not table.needs(self.faults, "date", "mean_c"):
            return
        seen: dict[dt.date, str] = {}
        for row in table.rows(self.faults):
            date = row.date("date")
            mean_c = row.number("mean_c", "平均气温/mean_c", COLDEST_C, HOTTEST_C)
            if date in seen:
                row.error("day-twice", f"{date} already stands at {seen[date]}", "keep one row")
            elif date is not None and mean_c is not None:
                seen[date] = row.where
                self.temperatures.add(date, mean_c)

    def take_special(self, table: Table) -> None:
        """Loads that are no homes."""
        self.special += listed_loads(table, self.faults, self.places)

    def _known(self, row: Row) -> bool:
        """Whether the row's area stands among the transformers."""
        if row["area"] in self.places:
            return True
        row.stranger()
        return False

    def areas(self) -> tuple[Area, ...]:
        """All areas with what is known about them."""
        self._say_unused()
        usual = self.temperatures.usual_ordinary_c(), self.temperatures.usual_festival_c()
        return tuple(self._area(plate, usual) for plate in self.plates.values())

    def _say_unused(self) -> None:
        """Days of curves that no forecast rests on."""
        books = self.books.values()
        to_come = sum(book.unused.get(DayKind.TO_COME, 0) for book in books)
        other = sum(book.unused.get(DayKind.OTHER, 0) for book in books)
        short = sum(book.short_festivals for book in books)
        for count, what in (
            (self.temperatures.to_come, f"day(s) of temperature from ten days before the festival "
             f"of {self.origin.year} on: not used"),
            (to_come, f"day(s) of the festival of {self.origin.year} itself, and later: not used"),
            (other, "day(s) neither of a festival nor of ordinary winter: not used"),
            (short, f"festival(s) of which fewer than {LEAST_PEAK_DAYS} of the five days from the "
             "Eve on were measured: not used"),
        ):  # fmt: skip
            if count:
                self.faults.note("days-unused", "curves", f"{count} {what}", count)

    def _area(self, plate: Area, usual_c: tuple[float, float]) -> Area:
        book, listed = self.books.get(plate.area), self.listed.get(plate.area)
        winters: tuple[Winter, ...] = ()
        register = None
        if book is not None:
            winters = book.winters(self.temperatures, usual_c)
        if book is not None and np.isfinite(plate.sn_kva):
            share = book.highest_kw / plate.sn_kva
            if not BELIEVABLE_LOAD[0] <= share <= BELIEVABLE_LOAD[1]:
                what = f"area {plate.area!r}: curves reach {share:.0%} of the rating: not used"
                remedy = "check the transformer ratio (倍率) and the unit kW"
                self.faults.warn("curve-level", self.places[plate.area], what, remedy)
                winters = ()
        if listed is not None:
            total = listed.returning + listed.staying_away
            if total > plate.homes > 0:
                what = f"area {plate.area!r}: {total:g} homes in the register, {plate.homes} in all"
                remedy = "correct 户数 or the register; no more than all homes are counted"
                self.faults.warn("register-homes", listed.where, what, remedy)
            stays = np.array(listed.stays, dtype=np.float64).reshape(-1, 2)
            register = HomesListed(
                returning=min(listed.returning, float(plate.homes)),
                staying_away=listed.staying_away,
                arrival=stays[:, 0],
                departure=stays[:, 1],
            )
        special = tuple(load for load in self.special if load.area == plate.area)
        return replace(plate, winters=winters, register=register, special=special)
