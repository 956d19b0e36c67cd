"""What the rows of a register say: persons, days, appliances; everything wrong is a fault."""

from __future__ import annotations

import datetime as dt
from math import isnan
from pathlib import Path

from gridplan.demand.calendar import festival_day
from gridplan.demand.headings import AREA, CUSTOMER, STATION
from gridplan.errors import Fault, StudyError
from gridplan.formfiles import read_form
from gridplan.forms import Form, Row

#: One row per home that clerks have asked.
FORM = Form(
    code="register",
    columns={
        "station": STATION,
        "area": AREA,
        "customer_id": CUSTOMER,
        "persons": ("返乡人数", "返乡人口", "人数"),
        "persons_p10": ("返乡人数p10", "人数p10", "最少返乡人数", "最少人数"),
        "persons_p50": ("返乡人数p50", "人数p50", "最可能返乡人数", "最可能人数"),
        "persons_p90": ("返乡人数p90", "人数p90", "最多返乡人数", "最多人数"),
        "arrival": ("返乡日期", "返乡时间", "预计返乡日期", "预计返乡时间"),
        "arrival_first": ("最早返乡日期", "最早返乡时间", "返乡日期最早", "最早返乡"),
        "arrival_last": ("最晚返乡日期", "最晚返乡时间", "返乡日期最晚", "最晚返乡"),
        "departure": ("离开日期", "返程日期", "返程时间", "离开时间", "预计离开日期"),
        "departure_first": ("最早离开日期", "最早返程日期", "离开日期最早", "最早离开"),
        "departure_last": ("最晚离开日期", "最晚返程日期", "离开日期最晚", "最晚离开"),
        "will_not_return": ("不返乡", "是否不返乡"),
        "heaters": ("取暖器", "电暖器", "取暖器数量", "取暖器台数"),
        "air_conditioners": ("空调", "空调数量", "空调台数"),
        "induction_cookers": ("电磁炉", "电磁炉数量", "电磁炉台数"),
        "electric_vehicles": ("电动汽车", "电动汽车数量", "新能源汽车"),
        "source": ("来源", "信息来源"),
        "updated": ("更新日期", "更新时间", "登记日期"),
    },
    needed=("customer_id",),
    free=("station", "source"),
)
#: Columns of ``Register.appliances``, in its order.
APPLIANCES = ("heaters", "air_conditioners", "induction_cookers", "electric_vehicles")

MAX_PERSONS = 50  #: more than any home holds: a telephone or customer number in the wrong column
MAX_APPLIANCES = 20  #: more than any home holds of one kind
MAX_DAYS_OFF = 180  #: a date further from New Year's Day is in the wrong year
_STAY = ("arrival", "departure")
_NAN = float("nan")


def has_time(row: Row) -> bool:
    """Whether a date of the stay comes with a time of day other than midnight."""
    cells = (text for name, text in row.cells.items() if name.startswith(_STAY))
    return any(":" in text.replace("00:00", "") for text in cells)


def count_of(row: Row, column: str, code: str, limit: int) -> float:
    """A whole number from 0 to ``limit``; NaN where it is unknown or wrong."""
    return row.number(column, 0, limit, whole=True, code=code)


def persons_of(row: Row) -> tuple[float, float, float]:
    """Persons as (p10, p50, p90); all the same where one number is given, NaN where none."""
    columns = ("persons_p10", "persons", "persons_p50", "persons_p90")
    before = len(row.table.faults)
    low, one, middle, high = (count_of(row, name, "persons", MAX_PERSONS) for name in columns)
    if len(row.table.faults) > before:
        return _NAN, _NAN, _NAN
    if not isnan(one) and not isnan(middle) and one != middle:
        what = f"persons is {one:g} but persons_p50 is {middle:g}"
        row.error("persons", what, "keep one of the two")
    middle = one if isnan(middle) else middle
    if isnan(low) and isnan(high):
        return middle, middle, middle
    if any(map(isnan, (low, middle, high))):
        what = "of persons p10, p50 and p90 some are empty"
        row.error("quantiles", what, "give all three, or one number")
    elif not low <= middle <= high:
        what = f"persons p10 {low:g}, p50 {middle:g}, p90 {high:g} do not rise"
        row.error("quantiles", what, "write them as p10 <= p50 <= p90")
    else:
        return low, middle, high
    return _NAN, _NAN, _NAN


def days_of(row: Row, column: str, origin: dt.date) -> tuple[float, float]:
    """First and last festival day of a date or a range of dates; NaN where unknown."""
    day = _range(row, column, origin)
    first_column, last_column = f"{column}_first", f"{column}_last"
    before = len(row.table.faults)
    first, last = (_range(row, name, origin) for name in (first_column, last_column))
    if len(row.table.faults) > before:
        return _NAN, _NAN
    if isnan(first[0]) and isnan(last[0]):
        return day
    if isnan(first[0]) or isnan(last[0]):
        what = f"of {first_column} and {last_column} one is empty"
        row.error("range-end", what, "give both ends, or neither")
        return _NAN, _NAN
    both = first[0], last[1]
    if both[0] > both[1]:
        what = f"{first_column} {row[first_column]} is after {row[last_column]}, "
        what += f"which is {last_column}"
        row.error("range-order", what, "exchange them or correct the year")
        return _NAN, _NAN
    if not isnan(day[0]) and day != both:
        what = f"{column} {row[column]} is not what its first and last day say"
        row.error("range-twice", what, f"keep {column}, or its first and last day")
        return _NAN, _NAN
    return both


def updated_of(row: Row, origin: dt.date) -> float:
    """Festival day of the last change; NaN where unknown."""
    return _range(row, "updated", origin)[1]


def _range(row: Row, column: str, origin: dt.date) -> tuple[float, float]:
    """Festival days of one cell."""
    found = row.dates(column)
    if found is None:
        return _NAN, _NAN
    days = [festival_day(date, origin) for date in found]
    off = max(map(abs, days))
    if off > MAX_DAYS_OFF and column != "updated":
        what = f"{row.table.heading_of(column)} {row[column]} is {off} days from New Year's Day"
        row.error("date", what, "check the year")
        return _NAN, _NAN
    return float(days[0]), float(days[1])


def read_rows(path: Path, faults: list[Fault]) -> list[Row]:
    """Rows of every sheet that has a heading for customer numbers; the others are said.

    Raises ``StudyError`` when the file is missing or no table.
    """
    try:
        return read_form(path, FORM, faults, refuse=StudyError)
    except StudyError as error:
        raise StudyError(str(path), [_renamed(path, fault) for fault in error.faults]) from error


def _renamed(path: Path, fault: Fault) -> Fault:
    """A fault of a file as one of a register, with what to do in a study."""
    code, remedy, where = fault.code.replace("file-", "register-"), fault.remedy, fault.where
    if code == "register-missing":
        where, remedy = str(path), "put the register there, or set registers: none in the study"
    return Fault(code=code, where=where, what=fault.what, remedy=remedy)
