"""Layouts of 96-point meter exports: what their headings say, and what a point means.

Three layouts are recognised from their headings, in the first rows of a sheet:

* *wide*, State Grid: ``ID, DATA_DATE, DATA_TYPE, P1 ... P96``, one row per meter, day and type;
* *wide with clock columns*, workbooks of stations: 台区编号 or 户号, 数据日期, 数据类型 and
  the times 00:00 to 23:45, or 00:15 to 24:00;
* *long*, China Southern: ``RUN_METER_ID, DATA_TIME, P_ACT`` (or ``P_ACT_A .. P_ACT_C``), one row
  per meter and quarter hour, a second row with Chinese headings below the first.

Curves of voltage come in the same three: ``ID, DATA_DATE, PHASE_FLAG, U1 ... U96``; clock columns
of the type A相电压; ``P_VOLT_A .. P_VOLT_C``.

Layouts and column names were seen in open code of both grid companies; ``P_ACT`` and the workbook's
headings are own knowledge, not confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gridplan.demand.headings import AREA, CUSTOMER, DATE, KW
from gridplan.errors import Fault, error
from gridplan.formfiles import table_at
from gridplan.forms import HEADING_ROWS, Form, Table, folded
from gridplan.sheets import Sheet

N_POINT = 96  #: quarter hours of a day
TOTAL, PHASES = 0, (1, 2, 3)  #: kinds of curve: total active power, and that of phases a, b, c
VOLTAGES = (4, 5, 6)  #: kinds of curve: voltage of phases a, b, c to the neutral

#: Columns of the long layout by kind of curve.
LONG_POWER = {TOTAL: "p_act", 1: "p_act_a", 2: "p_act_b", 3: "p_act_c"}
LONG_VOLTAGE = {4: "p_volt_a", 5: "p_volt_b", 6: "p_volt_c"}
LONG = LONG_POWER | LONG_VOLTAGE
FORM = Form(
    code="meter",
    columns={
        "customer_id": (*CUSTOMER, "id", "台区编号/户号"),
        "meter": (
            "meter_id", "run_meter_id", "表号", "资产号", "表号/资产号", "资产编号", "assets_no",
            "测量点标识", "计量点编号", "jldbh",
        ),
        "area": AREA,
        "date": DATE,
        "time": ("data_time", "数据时间", "时间"),
        "type": ("data_type", "数据类型", "类型"),
        "flag": ("phase_flag", "相别", "相位"),
        "ratio": ("ct_ratio", "倍率", "综合倍率", "total_factor", "ct", "ct倍率", "zhbl"),
        "p_act": ("总有功", "有功功率", "总有功功率", "p_kw"),
        "p_act_a": ("a相有功", "a相有功功率"),
        "p_act_b": ("b相有功", "b相有功功率"),
        "p_act_c": ("c相有功", "c相有功功率"),
        "p_volt_a": ("a相电压", "电压", "u_v"),
        "p_volt_b": ("b相电压",),
        "p_volt_c": ("c相电压",),
        "point": ("p1", "p01", "p001", "p_1", "23:45"),
    },
    marks=("p_act", "p_act_a", "point"),
    sheets=("curves", "负荷曲线", "曲线"),
    units=dict.fromkeys(LONG_POWER.values(), KW),
)  # fmt: skip
#: Columns that number a meter, in order of preference.
_NUMBERS = ("customer_id", "meter", "area")
#: Meaning of a data type, folded: codes of State Grid's power curve, or Chinese text.
TYPES = {str(kind + 1): kind for kind in LONG_POWER} | {
    name: kind for kind, column in LONG_POWER.items() for name in FORM.names(column)
}
VOLTAGE_TYPES = {name: kind for kind, column in LONG_VOLTAGE.items() for name in FORM.names(column)}
#: Meaning of a voltage curve's phase flag, folded.
PHASE_FLAGS = VOLTAGE_TYPES | {
    text: kind
    for kind, letter in zip(VOLTAGES, "abc", strict=True)
    for text in (str(kind - 3), letter, f"{letter}相")
}
#: Types that are no active power: they are left out and counted.
OTHER_TYPES = re.compile(r"[5-8]|.*(无功|电流|电压|功率因数|视在|示值).*")
_POINT = re.compile(r"(p|i|u)_?0*(\d{1,3})", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：]00)?")
_SPREADSHEET_24 = re.compile(r"1899-12-3[01]|1900-01-0[01]|1day,0:00:00")  # 24:00 of a workbook
_OTHER_CURVES = {"i": "currents", "u": "voltages"}
_OTHER_HEADING = frozenset({f"p_{kind}_{phase}" for kind in ("volt", "curr") for phase in "abc"})
OTHER_CURVE = "meter-other-curve"  #: code of sheets with curves that are not asked for

FirstPoint = Literal["00:00", "00:15"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterLayout:
    """What the headings of an export do not say.

    A point is the mean power of one quarter hour, stamped with the time at which it begins or ends.

    Attributes
    ----------
    first_point : clock time of the first point of a day, P1; none: as the clock columns say, and
        00:00 where there are none
    stamp : whether a point's time is the begin or the end of its quarter hour; none: the begin
        where the first point is 00:00 and the end where it is 00:15, so that a day's points are
        the quarter hours of that day
    unit : of the values: mean power [kW], or energy of the quarter hour [kWh]
    ct_ratio : current transformer ratio that values have still to be multiplied by: one number,
        numbers by meter, or "column" for the file's own column 倍率 or TOTAL_FACTOR
    max_kw : powers beyond it are hard to believe for one home [kW]; assumption, 500
    """

    first_point: FirstPoint | None = None
    stamp: Literal["begin", "end"] | None = None
    unit: Literal["kW", "kWh"] = "kW"
    ct_ratio: float | Mapping[str, float] | Literal["column"] = 1.0
    max_kw: float = 500.0

    def __post_init__(self) -> None:
        known = {
            "first_point": (None, "00:00", "00:15"),
            "stamp": (None, "begin", "end"),
            "unit": ("kW", "kWh"),
        }
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not one of {values}")
        ratio = self.ct_ratio
        if ratio == "column":
            return
        if isinstance(ratio, str):
            raise ValueError(f'ct_ratio is {ratio!r}: give numbers or "column"')
        for value in ratio.values() if isinstance(ratio, Mapping) else (ratio,):
            if not 0 < value < 1e5:
                raise ValueError(f"ct_ratio is {value}, expected a positive number")

    def shift(self, first_point: str | None = None) -> int:
        """Quarter hours by which a day's first point lies after 00:00: -1, 0 or 1."""
        first = first_point or self.first_point or "00:00"
        return (first == "00:15") - self.stamped_at_end(first)

    def stamped_at_end(self, first_point: str | None = None) -> bool:
        """Whether a point's time is the end of its quarter hour."""
        first = first_point or self.first_point or "00:00"
        return (self.stamp or ("begin" if first == "00:00" else "end")) == "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where the columns of one sheet stand.

    Attributes
    ----------
    table : the sheet
    id : place of the column with the meters' numbers
    at : places of the columns date or time, and type and ratio where they exist
    points : positions of the 96 points in order; empty in the long layout
    power : position of each kind of curve in the long layout
    first_point : clock time of the first point where the headings say it
    types : kind of curve by the text of the column type, folded
    usual : kind of curve without such a column
    """

    table: Table
    id: int
    at: Mapping[str, int]
    points: tuple[int, ...] = ()
    power: Mapping[int, int]
    first_point: str | None = None
    types: Mapping[str, int] = field(default_factory=lambda: TYPES)
    usual: int = TOTAL


def find_columns(sheet: Sheet, faults: list[Fault], *, voltages: bool = False) -> Columns | None:
    """Recognise a sheet's layout; None, with the reason in ``faults``, where that fails.

    Curves of voltage are recognised where ``voltages`` asks for them, beside those of power.
    """
    for index, row in enumerate(sheet.rows[:HEADING_ROWS]):
        at = {name: places[0] for name, places in FORM.places(row).items()}
        number = next((name for name in _NUMBERS if name in at), None)
        if number is not None and ("date" in at or "time" in at):
            return _layout(sheet, index, at, at[number], faults, voltages=voltages)
    what = "layout not known: no headings with a meter's number and a date"
    remedy = "name the columns ID, DATA_DATE, P1 ... P96, or RUN_METER_ID, DATA_TIME, P_ACT"
    error(faults, "meter-layout", sheet.where(0), what, remedy)
    return None


def _layout(
    sheet: Sheet,
    index: int,
    at: dict[str, int],
    number: int,
    faults: list[Fault],
    *,
    voltages: bool,
) -> Columns | None:
    """Points by number or by clock time; otherwise the long layout."""
    cells = [folded(cell) for cell in sheet.rows[index]]
    numbered = [(i, m) for i, cell in enumerate(cells) if (m := _POINT.fullmatch(cell))]
    clocks = [(i, q) for i, cell in enumerate(cells) if (q := _quarter(cell)) is not None]
    known = LONG if voltages else LONG_POWER
    curves = {kind: at[column] for kind, column in known.items() if column in at}
    types, usual = TYPES | (VOLTAGE_TYPES if voltages else {}), TOTAL
    what = remedy = ""
    points: tuple[int, ...] = ()
    if "date" in at and clocks:
        what, remedy, points = _clock_points(clocks)
    elif "date" in at and numbered:
        letters = {match[1] for _, match in numbered}
        if letters == {"u"} and voltages:
            types, usual = PHASE_FLAGS, VOLTAGES[0]
            at = at | ({"type": at["flag"]} if "flag" in at else {})
        elif letters != {"p"}:
            _say_other_curves(letters, sheet.where(index), faults)
            return None
        what, remedy, points = _numbered_points(numbered)
    elif "time" not in at or not curves:
        if "time" in at and _OTHER_HEADING.intersection(cells):
            _say_other_curves({"u", "i"}, sheet.where(index), faults)
            return None
        what = "layout not known: a meter's number and a date, but no columns of power"
        what += " or voltage" if voltages else ""
        remedy = "add P1 ... P96, clock times from 00:00, or DATA_TIME with P_ACT"
    if what:
        code = "meter-layout" if "layout" in what else "meter-points"
        error(faults, code, sheet.where(index), what, remedy)
        return None
    table = table_at(sheet, index, FORM, faults, also=points)
    if table is None:
        return None
    first = ("00:00" if clocks[0][1] == 0 else "00:15") if points and clocks else None
    return Columns(
        table=table, id=number, at=at, points=points, power={} if points else curves,
        first_point=first, types=types, usual=usual,
    )  # fmt: skip


def _say_other_curves(letters: set[str], where: str, faults: list[Fault]) -> None:
    """Say that a sheet holds curves that are not asked for."""
    names = " and ".join(_OTHER_CURVES.get(letter, "powers") for letter in sorted(letters))
    what, remedy = f"a curve of {names}, not power alone", "export the power curve (功率曲线)"
    error(faults, OTHER_CURVE, where, what, remedy)


def _quarter(cell: str) -> int | None:
    """Quarter hours from midnight of a clock heading, 96 for 24:00."""
    if _SPREADSHEET_24.fullmatch(cell):
        return N_POINT
    match = _CLOCK.fullmatch(cell)
    if match is None:
        return None
    minutes = 60 * int(match[1]) + int(match[2])
    return minutes // 15 if minutes % 15 == 0 and minutes <= 1440 else -1


def _clock_points(clocks: Sequence[tuple[int, int]]) -> tuple[str, str, tuple[int, ...]]:
    quarters = [quarter for _, quarter in clocks]
    if quarters[0] == 1 and quarters[-1] == 0:  # 24:00 written as 00:00 of the next day
        quarters[-1] = N_POINT
    expected = list(range(quarters[0], quarters[0] + N_POINT))
    remedy = "export 96 quarter hours from 00:00 to 23:45, or from 00:15 to 24:00"
    if len(quarters) != N_POINT:
        return f"{len(quarters)} clock columns, not {N_POINT}", remedy, ()
    if quarters != expected or quarters[0] not in (0, 1):
        wrong = next((k for k in range(N_POINT) if quarters[k] != expected[k]), 0)
        what = f"clock columns out of order at the {wrong + 1}th of them"
        return what, remedy, ()
    return "", "", tuple(position for position, _ in clocks)


def _numbered_points(
    numbered: Sequence[tuple[int, re.Match[str]]],
) -> tuple[str, str, tuple[int, ...]]:
    """Points of one letter, which the messages name as P1 ... P96 or U1 ... U96."""
    by_number = {int(match[2]): position for position, match in numbered}
    letter = numbered[0][1][1].upper()
    beyond = sorted(set(by_number) - set(range(1, N_POINT + 1)))
    if beyond:
        what = f"more points than {N_POINT}: column {letter}{beyond[0]}"
        remedy = "export quarter hours; no day has more, for China keeps no summer time"
        return what, remedy, ()
    absent = sorted(set(range(1, N_POINT + 1)) - set(by_number))
    if absent or len(numbered) != N_POINT:
        twice = f"a column {letter}1 ... {letter}96 stands twice"
        what = f"column {letter}{absent[0]} is missing" if absent else twice
        return what, f"export all of {letter}1 ... {letter}{N_POINT} once", ()
    return "", "", tuple(by_number[number] for number in range(1, N_POINT + 1))
