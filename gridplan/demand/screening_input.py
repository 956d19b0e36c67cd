"""The county as its station keeps it: transformers, and where there are any curves and a register.

A workbook, a CSV file or a folder of both. Sheets are known by their name (台区, 负荷曲线, 返乡; or
transformers, curves, register; for CSV the name of the file) or else by their headings. Everything
wrong is said at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gridplan.celltext import shown
from gridplan.demand.calendar import new_year_days
from gridplan.demand.headings import AREA, TRANSFORMERS
from gridplan.demand.meter_layouts import FORM as CURVES
from gridplan.demand.meter_layouts import N_POINT, TOTAL, Columns, MeterLayout, find_columns
from gridplan.demand.meter_rows import Block, blocks_of
from gridplan.demand.register_rows import FORM as REGISTER
from gridplan.demand.register_rows import days_of, persons_of
from gridplan.demand.screening_area import LEAST_PEAK_DAYS, Area, County, HomesListed, Winter
from gridplan.demand.screening_curves import CurveBook
from gridplan.demand.screening_days import DayKind
from gridplan.demand.screening_weather import Temperatures
from gridplan.demand.special_list import FORM as LOADS
from gridplan.demand.special_list import ListedLoad, listed_loads, stranger
from gridplan.demand.weather import COLDEST_C, HOTTEST_C
from gridplan.demand.weather import FORM as TEMPERATURE
from gridplan.errors import Fault, InputError, StudyError, error, note, refuses, warn
from gridplan.formfiles import accepted, find_tables, form_of
from gridplan.forms import Form, Row, Table
from gridplan.sheets import Sheet, read_sheets

#: Connection symbols of 10/0.4 kV transformers, without commas and case; others are a warning.
VECTOR_GROUPS = ("yyn0", "dyn11", "yzn11", "dyn5", "dyn1", "yyn6", "yzn5")
MAX_KVA, MAX_HOMES = 2500.0, 5000  #: beyond these a cell is in the wrong column (assumption)
#: Most missing points of a day that still says what its peak was (assumption).
MAX_MISSING_POINTS = 9
#: A highest measured load outside these shares of the rating hints at a forgotten ratio.
BELIEVABLE_LOAD = (0.02, 3.0)
_READ = (".csv", ".xlsx", ".xlsm", ".xls")
_STAY = ("arrival", "departure")
_EPOCH = dt.date(1970, 1, 1)
SINGLE_PHASE = "of single phases"  #: why a curve is left out
_REGISTERS = ("register", "返乡", "返乡登记", "返乡台账")
PLATES = replace(
    TRANSFORMERS,
    code="screen",
    key=("area",),
    marks=("sn_kva",),
    needed=("area", "sn_kva", "homes"),
)
#: A register that counts the homes of each area, and one with a row per home.
COUNTS = Form(
    code="screen",
    columns={"area": AREA, "returning_homes": ("返乡户数",)},
    needed=("area", "returning_homes"),
    sheets=_REGISTERS,
)
HOMES = replace(
    REGISTER,
    code="screen",
    marks=("persons", "arrival", "will_not_return"),
    needed=("area", "customer_id"),
    sheets=_REGISTERS,
)
SPECIAL = replace(LOADS, code="screen", key=("area",), marks=("kind",))
DAYS = replace(TEMPERATURE, code="screen", sheets=("temperature", "气温", "平均气温"))


def read_screening(path: Path, year: int) -> County:
    """Read transformers, curves and register of a county for the festival of ``year``.

    Raises ``StudyError`` with every fault, each with its file and row.
    """
    faults: list[Fault] = []
    if year not in new_year_days():
        known = new_year_days()
        what = f"the calendar holds the festivals {min(known)} to {max(known)}, not {year}"
        error(faults, "screen-year", "--year", what, "choose one of them")
        raise StudyError(str(path), faults)
    builder = _Builder(
        faults=faults, origin=new_year_days()[year], temperatures=Temperatures(screened=year)
    )
    together, apart = _files(path, year, faults)
    builder.take([sheet for file in together for sheet in _sheets(file, faults)])
    if not builder.has_plates and not refuses(faults):
        what = "no sheet 台区/transformers: headings 台区编号, 额定容量(kVA), 户数"
        error(faults, "screen-heading", path.name, what, "add the sheet, or name its columns so")
    for file in apart:
        builder.take(_sheets(file, faults))
    areas = builder.areas()
    return County(
        year=year,
        areas=areas,
        festival_usual_c=builder.temperatures.usual_festival_c(),
        notes=accepted(path, faults, StudyError),
    )


def _sheets(file: Path, faults: list[Fault]) -> tuple[Sheet, ...]:
    """Sheets of a file; none, with faults, where it cannot be read."""
    try:
        return read_sheets(file)
    except InputError as refused:
        faults += refused.faults
        return ()


def _files(path: Path, year: int, faults: list[Fault]) -> tuple[list[Path], list[Path]]:
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
            what = "not read: neither CSV nor workbook"
            note(faults, "screen-file-left-out", other.name, what)
    found = [file for file in inside if file.suffix.casefold() in _READ]
    if not found:
        error(faults, "screen-empty", path.name, "holds no CSV file or workbook", "put them there")
    return found, deeper


@dataclass(slots=True)
class _Listed:
    """Register of an area while it is read."""

    form: Form
    where: str
    returning: float = 0.0
    staying_away: float = 0.0
    stays: list[tuple[float, float]] = field(default_factory=list)
    first_row: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Builder:
    """What the sheets have said so far."""

    faults: list[Fault]
    origin: dt.date
    temperatures: Temperatures
    has_plates: bool = False
    plates: dict[str, Area] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    books: dict[str, CurveBook] = field(default_factory=dict)
    listed: dict[str, _Listed] = field(default_factory=dict)
    special: list[ListedLoad] = field(default_factory=list)

    def take(self, sheets: Sequence[Sheet]) -> None:
        """Some sheets, transformers first, whatever their order."""
        forms = (PLATES, CURVES, COUNTS, HOMES, DAYS, SPECIAL)
        is_curves = [form_of(sheet, forms) is CURVES for sheet in sheets]
        rest = [sheet for sheet, curve in zip(sheets, is_curves, strict=True) if not curve]
        tables = find_tables(rest, forms, self.faults)
        for table in [table for table in tables if table.form is PLATES]:
            self.has_plates = True
            self.take_transformers(table)
        for sheet in (sheet for sheet, curve in zip(sheets, is_curves, strict=True) if curve):
            columns = find_columns(sheet, self.faults)
            if columns is not None:
                self.take_curves(columns)
        for table in tables:
            if table.form is DAYS:
                self.take_temperatures(table)
            elif table.form is SPECIAL:
                self.special += listed_loads(table, self.places)
            elif table.form is not PLATES:
                self.take_register(table)

    def take_transformers(self, table: Table) -> None:
        """Rating, vector group and homes of every area."""
        no_group = 0
        for row in table.rows():
            area = row["area"]
            if not area:
                row.error("area", "台区编号/area is empty", "fill it in or delete the row")
            elif area in self.places:
                what = f"area {shown(area)} already stands at {self.places[area]}"
                row.error("area-twice", what, "keep one row per area")
            kva = row.number("sn_kva", 1.0, MAX_KVA, needed=True, code="sn_kva")
            homes = row.number("homes", 1, MAX_HOMES, whole=True, needed=True, code="homes")
            lived_in = row.number("homes_lived_in", 0, MAX_HOMES, whole=True, code="homes_lived_in")
            group = row["vector_group"]
            no_group += not group
            if group and "".join(c for c in group if c.isalnum()).casefold() not in VECTOR_GROUPS:
                what = f"vector group {shown(group)} is not known"
                row.warn("vector-group", what, "write it as Yyn0 or Dyn11")
            if lived_in > homes:
                what = f"常住户数 {lived_in:g} is more than 户数 {homes:g}"
                row.error("homes", what, "correct one of the two")
            if not area or area in self.places:
                continue
            self.places[area] = row.where
            self.plates[area] = Area(
                area=area,
                station=row["station"] or "–",
                sn_kva=kva,
                vector_group=group,
                homes=0 if np.isnan(homes) else int(homes),
                homes_lived_in=None if np.isnan(lived_in) else int(lived_in),
            )
        if no_group:
            what = f"no vector group given for {no_group} area(s): Yyn0 would need more care"
            note(self.faults, "screen-vector-group", table.where, what, no_group)

    def take_curves(self, columns: Columns) -> None:
        """Every measured day; those that miss points or say nothing are counted."""
        # of the numbers in a sheet, that of the area
        columns = replace(columns, id=columns.at.get("area", columns.id))
        left_out: dict[str, int] = {}
        coded: dict[str, int] = {}
        for block in blocks_of(columns, MeterLayout(), self.faults):
            for at in range(len(block.ids)):
                why = self._day(block, at)
                if why:
                    left_out[why] = left_out.get(why, 0) + 1
                if block.n_code[at] and why != SINGLE_PHASE:
                    coded[block.where[at]] = int(block.n_code[at])
        if coded:
            what = f"{sum(coded.values())} points in {len(coded)} rows from here on hold codes for "
            what += "no reading (9999.99 and the like): taken as missing"
            note(self.faults, "screen-no-reading", next(iter(coded)), what, sum(coded.values()))
        for why, count in left_out.items():
            what = f"{count} day(s) left out {why}"
            note(self.faults, "screen-days", columns.table.where, what, count)

    def _day(self, block: Block, at: int) -> str:
        """One measured day; says why it is left out, "" where it is not."""
        area, where, points = block.ids[at], block.where[at], block.values[at]
        if block.kind[at] != TOTAL:
            return SINGLE_PHASE
        if not self._known(area, where):
            return ""
        book = self.books.setdefault(area, CurveBook(screened=self.origin.year))
        date = _EPOCH + dt.timedelta(days=int(block.day[at]))
        if date in book.seen:
            what = f"{shown(area)} already has a curve of {date}"
            error(self.faults, "screen-day-twice", where, what, "keep one")
            return ""
        if np.isnan(points).sum() > MAX_MISSING_POINTS:
            return f"that miss more than {MAX_MISSING_POINTS} of {N_POINT} points"
        if not np.nanmax(np.abs(points)) > 0:
            return "without any power"
        book.add(date, points * (block.ratio[at] if np.isfinite(block.ratio[at]) else 1.0))
        return ""

    def take_register(self, table: Table) -> None:
        """Homes that returnees come to: counts per area, or one row per home."""
        counts = table.form is COUNTS
        for row in table.rows():
            known = self._known(row["area"], row.where)
            listed = self.listed.setdefault(row["area"], _Listed(form=table.form, where=row.where))
            if listed.form is not table.form or (counts and listed.where != row.where):
                what = f"the register of area {shown(row['area'])} already stands at {listed.where}"
                row.error("register-twice", what, "keep one count, or one row per home")
                continue
            if counts:
                number = row.number(
                    "returning_homes", 0, MAX_HOMES, whole=True, needed=True, code="returning_homes"
                )
                listed.returning = 0.0 if np.isnan(number) else number
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
        most = persons_of(row)[2]
        away = row.yes("will_not_return")
        arrival, departure = (_middle(days_of(row, name, self.origin)) for name in _STAY)
        if departure < arrival:
            row.error("date-order", "离开日期 is before 返乡日期", "exchange or correct them")
        if away or most == 0:
            listed.staying_away += 1
            return
        listed.returning += 1
        listed.stays.append((arrival, departure))

    def take_temperatures(self, table: Table) -> None:
        """Daily mean temperatures of the county."""
        seen: dict[dt.date, str] = {}
        for row in table.rows():
            date = row.date("date")
            mean_c = row.number("mean_c", COLDEST_C, HOTTEST_C, needed=True, code="mean_c")
            if date in seen:
                row.error("day-twice", f"{date} already stands at {seen[date]}", "keep one row")
            elif date is not None and not np.isnan(mean_c):
                seen[date] = row.where
                self.temperatures.add(date, mean_c)

    def _known(self, area: str, where: str) -> bool:
        """Whether an area stands among the transformers."""
        if area in self.places:
            return True
        error(self.faults, "screen-unknown-area", where, *stranger(area))
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
                note(self.faults, "screen-days-unused", "curves", f"{count} {what}", count)

    def _area(self, plate: Area, usual_c: tuple[float, float]) -> Area:
        book, listed = self.books.get(plate.area), self.listed.get(plate.area)
        winters: tuple[Winter, ...] = ()
        register = None
        if book is not None:
            winters = book.winters(self.temperatures, usual_c)
        if book is not None and np.isfinite(plate.sn_kva):
            share = book.highest_kw / plate.sn_kva
            if not BELIEVABLE_LOAD[0] <= share <= BELIEVABLE_LOAD[1]:
                what = f"area {shown(plate.area)}: curves reach {share:.0%} of the rating: not used"
                remedy = "check the transformer ratio (倍率) and the unit kW"
                warn(self.faults, "screen-curve-level", self.places[plate.area], what, remedy)
                winters = ()
        if listed is not None:
            total = listed.returning + listed.staying_away
            if total > plate.homes > 0:
                what = f"area {shown(plate.area)}: {total:g} homes in the register, "
                what += f"{plate.homes} in all"
                remedy = "correct 户数 or the register; no more than all homes are counted"
                warn(self.faults, "screen-register-homes", listed.where, what, remedy)
            stays = np.array(listed.stays, dtype=np.float64).reshape(-1, 2)
            register = HomesListed(
                returning=min(listed.returning, float(plate.homes)),
                staying_away=listed.staying_away,
                arrival=stays[:, 0],
                departure=stays[:, 1],
            )
        special = tuple(load for load in self.special if load.area == plate.area)
        return replace(plate, winters=winters, register=register, special=special)


def _middle(days: tuple[float, float]) -> float:
    """The middle one of a range of days."""
    return float(np.floor((days[0] + days[1]) / 2))
