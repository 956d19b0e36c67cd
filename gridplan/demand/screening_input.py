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
from gridplan.demand.screening_area import Area, County, DayPeaks, HomesListed
from gridplan.errors import Fault, InputError, StudyError, error, note, refuses, warn
from gridplan.formfiles import accepted, find_tables, form_of
from gridplan.forms import Form, Row, Table
from gridplan.frozen import FloatArray
from gridplan.sheets import Sheet, read_sheets

#: Connection symbols of 10/0.4 kV transformers, without commas and case; others are a warning.
VECTOR_GROUPS = ("yyn0", "dyn11", "yzn11", "dyn5", "dyn1", "yyn6", "yzn5")
MAX_KVA, MAX_HOMES = 2500.0, 5000  #: beyond these a cell is in the wrong column (assumption)
#: Most missing points of a day that still says what its peak was (assumption).
MAX_MISSING_POINTS = 9
RULE_POINTS = 8  #: quarter hours of the two hours that the overload rule speaks of
#: A measured peak outside these shares of the rating hints at a forgotten transformer ratio.
BELIEVABLE_LOAD = (0.02, 3.0)
_EPOCH = dt.date(1970, 1, 1).toordinal()
_STAY = ("arrival", "departure")
_READ = (".csv", ".xlsx", ".xlsm", ".xls")


_SHEETS = ("register", "返乡", "返乡登记", "返乡台账")
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
    sheets=_SHEETS,
)
HOMES = replace(
    REGISTER,
    code="screen",
    marks=("persons", "arrival", "will_not_return"),
    needed=("area", "customer_id"),
    sheets=_SHEETS,
)


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
    sheets: list[Sheet] = []
    for file in _files(path, year, faults):
        try:
            sheets += read_sheets(file)
        except InputError as refused:
            faults += refused.faults
    builder = _Builder(faults=faults, year=year, origin=new_year_days()[year])
    tables, curves = _tables(sheets, faults)
    plates = [table for table in tables if table.form is PLATES]
    for table in plates:
        builder.take_transformers(table)
    if not plates and not refuses(faults):
        what = "no sheet 台区/transformers: headings 台区编号, 额定容量(kVA), 户数"
        error(faults, "screen-heading", path.name, what, "add the sheet, or name its columns so")
    for columns in curves:
        for block in blocks_of(columns, MeterLayout(), faults):
            builder.take_curves(block)
    for table in tables:
        if table.form is not PLATES:
            builder.take_register(table)
    areas = builder.areas()
    return County(year=year, areas=areas, notes=accepted(path, faults, StudyError))


def _tables(sheets: Sequence[Sheet], faults: list[Fault]) -> tuple[list[Table], list[Columns]]:
    """Tables of areas and homes, and where the columns of curves stand."""
    forms = (PLATES, CURVES, COUNTS, HOMES)
    is_curves = [form_of(sheet, forms) is CURVES for sheet in sheets]
    rest = [sheet for sheet, curve in zip(sheets, is_curves, strict=True) if not curve]
    tables = find_tables(rest, forms, faults)
    curves = []
    for sheet in (sheet for sheet, curve in zip(sheets, is_curves, strict=True) if curve):
        columns = find_columns(sheet, faults)
        if columns is not None:  # of the numbers in it, that of the area
            curves.append(replace(columns, id=columns.at.get("area", columns.id)))
    return tables, curves


def _files(path: Path, year: int, faults: list[Fault]) -> list[Path]:
    """The file, or the tables of the folder; what else lies there is said.

    Of a folder of measured festivals (``demand/county.py``) also the year's register and the
    transformers' curves up to the year.
    """
    if not path.is_dir():
        return [path]
    years = [str(one) for one in sorted(new_year_days()) if one <= year]
    deeper = [path / "transformer_curves" / f"{one}.csv" for one in years]
    deeper = [file for file in (path / "register" / f"{year}.csv", *deeper) if file.exists()]
    inside = [file for file in sorted(path.iterdir()) if not file.name.startswith(("~$", "."))]
    for other in inside:
        if other.suffix.casefold() not in _READ and other not in {file.parent for file in deeper}:
            what = "not read: neither CSV nor workbook"
            note(faults, "screen-file-left-out", other.name, what)
    found = [file for file in inside if file.suffix.casefold() in _READ] + deeper
    if not found:
        error(faults, "screen-empty", path.name, "holds no CSV file or workbook", "put them there")
    return found


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
    year: int
    origin: dt.date
    plates: dict[str, Area] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    days: dict[str, dict[int, float]] = field(default_factory=dict)
    listed: dict[str, _Listed] = field(default_factory=dict)

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

    def take_curves(self, block: Block) -> None:
        """Peaks of every measured day; days that miss points are left out and counted."""
        peak_kw = highest_two_hours(block.values) * np.where(
            np.isnan(block.ratio), 1.0, block.ratio
        )
        missing = np.isnan(block.values).sum(axis=1)
        idle = ~(np.nan_to_num(np.abs(block.values)).max(axis=1, initial=0.0) > 0)
        left_out: dict[str, int] = {}
        for at, area in enumerate(block.ids):
            if block.kind[at] == TOTAL and not self._known(area, block.where[at]):
                continue
            seen, day = self.days.setdefault(area, {}), int(block.day[at]) + _EPOCH
            why = ""
            if block.kind[at] != TOTAL:
                why = "of single phases"
            elif day in seen:
                what = f"{shown(area)} already has a curve of {dt.date.fromordinal(day)}"
                error(self.faults, "screen-day-twice", block.where[at], what, "keep one")
            elif missing[at] > MAX_MISSING_POINTS:
                why = f"that miss more than {MAX_MISSING_POINTS} of {N_POINT} points"
            elif idle[at]:
                why = "without any power"
            else:
                seen[day] = float(peak_kw[at])
            if why:
                left_out[why] = left_out.get(why, 0) + 1
        for why, count in left_out.items():
            source = block.where[0].rpartition(":")[0]
            what = f"{count} day(s) left out {why}"
            note(self.faults, "screen-days", source, what, count)

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

    def _known(self, area: str, where: str) -> bool:
        """Whether an area stands among the transformers."""
        if area in self.places:
            return True
        what = f"area {shown(area)} is not among the transformers"
        remedy = "add it to the sheet 台区, or correct the number"
        error(self.faults, "screen-unknown-area", where, what, remedy)
        return False

    def areas(self) -> tuple[Area, ...]:
        """All areas with what is known about them."""
        return tuple(self._area(plate) for plate in self.plates.values())

    def _area(self, plate: Area) -> Area:
        days, listed = self.days.get(plate.area), self.listed.get(plate.area)
        curves = register = None
        if days:
            dates = sorted(days)
            curves = DayPeaks(
                date=np.array(dates, dtype=np.int64),
                peak_kw=np.array([days[date] for date in dates]),
            )
            share = float(curves.peak_kw.max()) / plate.sn_kva
            if not BELIEVABLE_LOAD[0] <= share <= BELIEVABLE_LOAD[1] and np.isfinite(share):
                what = f"area {shown(plate.area)}: curves reach {share:.0%} of the rating"
                remedy = "check the transformer ratio (倍率) and the unit kW"
                warn(self.faults, "screen-curve-level", self.places[plate.area], what, remedy)
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
        return Area(
            area=plate.area,
            station=plate.station,
            sn_kva=plate.sn_kva,
            vector_group=plate.vector_group,
            homes=plate.homes,
            homes_lived_in=plate.homes_lived_in,
            curves=curves,
            register=register,
        )


def highest_two_hours(values: FloatArray) -> FloatArray:
    """Highest mean over two hours together of each day (day,) of values (day, 96).

    Missing points lie between their neighbours; NaN without any point.
    """
    known = np.isfinite(values)
    at = np.arange(values.shape[1])
    whole = values.copy()
    for row in np.flatnonzero(~known.all(axis=1) & known.any(axis=1)):
        whole[row] = np.interp(at, at[known[row]], values[row, known[row]])
    total = np.cumsum(whole, axis=1)
    first = total[:, RULE_POINTS - 1 :]
    first[:, 1:] -= total[:, :-RULE_POINTS].copy()
    return np.asarray(first.max(axis=1) / RULE_POINTS, dtype=np.float64)


def _middle(days: tuple[float, float]) -> float:
    """The middle one of a range of days."""
    return float(np.floor((days[0] + days[1]) / 2))
