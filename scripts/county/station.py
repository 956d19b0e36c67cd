"""The files that stations keep: meter curves, registers, the ledger of transformers."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import xlsxwriter

from county.people import Presence
from county.places import CLOSED, Area, Floats, random
from county.tables import POINTS

METER_HEADINGS = ("ID", "DATA_DATE", "DATA_TYPE", *(f"P{point}" for point in range(1, POINTS + 1)))
TOTAL_ACTIVE = "1"  #: DATA_TYPE of total active power
REGISTER_HEADINGS = (
    "供电所", "台区编号", "户号", "返乡人数", "返乡日期", "离开日期", "不返乡", "更新日期",
)  # fmt: skip
SPECIAL_HEADINGS = ("台区编号", "户号", "用电类别", "容量(kW)")
LEDGER_HEADINGS = ("供电所", "台区编号", "额定容量(kVA)", "联结组标号", "户数")
#: Shares of single points, of runs of up to two hours, and of whole days that are missing (A).
MISSING_POINTS, MISSING_RUNS, MISSING_DAYS = 0.006, 0.0008, 0.003
#: Of the families that stay away, the share that said they would come (A).
NO_SHOWS = 0.4
#: Of the entries: persons off by one, dates off by one or two days, dates not told (A).
WRONG_PERSONS, WRONG_DATES, NO_DATES = 0.1, 0.12, 0.15
#: Of the empty homes that clerks know, the share that says nobody comes; of the families that
#: come, the share that had said no (A).
REFUSALS, CHANGED_MINDS = 0.5, 0.03


def write_rows(path: Path, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file (UTF-8) of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(rows)


def with_gaps(p_kw: Floats, rng: np.random.Generator) -> Floats:
    """Copy of curves (meter, day, point) with NaN where the meter was not read."""
    p_kw = p_kw.copy()
    p_kw[rng.random(p_kw.shape) < MISSING_POINTS] = np.nan
    flat = p_kw.reshape(len(p_kw), -1)
    meters, starts = np.nonzero(rng.random(flat.shape) < MISSING_RUNS)
    for meter, start, points in zip(meters, starts, rng.integers(2, 9, len(meters)), strict=True):
        flat[meter, start : start + points] = np.nan
    p_kw[rng.random(p_kw.shape[:2]) < MISSING_DAYS] = np.nan
    return p_kw


def curve_lines(ids: Sequence[str], dates: Sequence[dt.date], p_kw: Floats) -> Iterable[str]:
    """Rows of the wide layout; a day without a point has no row, a missing point is blank."""
    form = ",".join(["%.3f"] * POINTS)
    seen = ~np.isnan(p_kw).all(axis=2)
    for at, number in enumerate(ids):
        for day, date in enumerate(dates):
            if seen[at, day]:
                points = (form % tuple(p_kw[at, day].tolist())).replace("nan", "")
                yield f"{number},{date},{TOTAL_ACTIVE},{points}\n"


def write_curves(path: Path, lines: Iterable[str]) -> None:
    """Write rows of ``curve_lines`` below their headings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(METER_HEADINGS) + "\n")
        file.writelines(lines)


def register_rows(
    area: Area, presence: Presence, year: int, new_year_day: dt.date
) -> Iterable[tuple[object, ...]]:
    """What the station's clerks heard about an area before the festival, faults included."""
    rng = random(area.seed, area.number, year, "register")
    homes, n_home = area.homes, len(area.homes)
    known, chance = rng.random(n_home) < area.coverage, rng.random((4, n_home))
    shift = rng.choice([-2, -1, 1, 2], (3, n_home))
    told = [new_year_day - dt.timedelta(days=int(day)) for day in rng.integers(8, 26, n_home)]
    said_so = np.where(presence.comes, chance[3] >= CHANGED_MINDS, chance[3] < NO_SHOWS)
    expected = known & (homes.family > 0) & said_so
    empty = known & (homes.residents == 0) & (homes.kind != CLOSED) & ~expected
    refuses = empty & (presence.comes | (chance[3] >= 1.0 - REFUSALS))
    for home in np.flatnonzero(expected | refuses):
        persons, dates = 0, ["", ""]
        if expected[home]:
            off = np.sign(shift[2, home]) if chance[2, home] < WRONG_PERSONS else 0
            persons = max(1, int(homes.family[home] + off))
            days = presence.arrival[home], presence.departure[home]
            for at, day in enumerate(days):
                wrong = shift[at, home] if chance[at, home] < WRONG_DATES else 0
                if chance[at, home] < 1.0 - NO_DATES:
                    dates[at] = str(new_year_day + dt.timedelta(days=int(day + wrong)))
            if all(dates) and dates[0] >= dates[1]:
                dates[1] = ""
        no = "是" if refuses[home] else "否"
        number = homes.customer_id[home]
        yield area.station, area.number, number, persons, *dates, no, told[home]


def special_rows(areas: Sequence[Area]) -> Iterable[tuple[object, ...]]:
    """The special loads that the ledger names."""
    for area in areas:
        if area.special:
            yield area.number, area.special_id, area.special.name, f"{area.special_kw:.1f}"


def write_ledger(path: Path, areas: Sequence[Area], kva: Sequence[float]) -> None:
    """Write the workbook of transformers."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": dt.datetime(2027, 1, 1)})
        sheet = book.add_worksheet("台区")
        sheet.write_row(0, 0, LEDGER_HEADINGS)
        for row, (area, size) in enumerate(zip(areas, kva, strict=True), start=1):
            sheet.write_row(
                row, 0, (area.station, area.number, size, area.vector_group, len(area.meter_ids))
            )
