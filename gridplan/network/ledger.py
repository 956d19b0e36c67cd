"""Utility ledgers as feeders: a workbook of transformers, poles, sections, boxes and customers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gridplan.errors import Fault, InputError, NetworkError
from gridplan.formfiles import accepted, find_tables
from gridplan.network.feeder import Feeder
from gridplan.network.ledger_forms import FURTHER_SHEETS, READING, SHEETS
from gridplan.network.ledger_net import Area, area_net
from gridplan.network.ledger_rows import Item, items
from gridplan.network.reader import feeder_of_tables
from gridplan.sheets import WORKBOOKS, Sheet, read_sheets

#: Sheets without which there is no network.
NEEDED = ("transformers", "lines", "customers")
#: A village's ledger has some hundred kilobytes; a county's some megabytes.
_LIMITS = {"most_bytes": 20_000_000, "most_unpacked": 40_000_000}
_PLACE = re.compile(r"(\w+)\[(\d+)\](?: \([^)]*\))?")


def read_ledger(path: str | Path) -> tuple[Feeder, ...]:
    """Read the feeders of a ledger: an xlsx workbook, or a folder of CSV files named as its sheets.

    One feeder per transformer area, with its number as name (of a single area without one, the
    file's). Models are matched to the catalogue; ``notes`` say what was assumed. Raises
    ``NetworkError`` with every fault of the whole ledger, each with sheet, row and column.
    """
    source = Path(path)
    if source.is_file() and source.suffix.casefold() not in (*WORKBOOKS, ".xls"):
        what = "is no workbook, and one file of text cannot hold all sheets of a ledger"
        remedy = "give an .xlsx, or the folder of the CSV files"
        fault = Fault(code="file-kind", where=source.name, what=what, remedy=remedy)
        raise NetworkError(str(source), [fault])
    faults: list[Fault] = []
    areas = _areas(_items(_sheets(source), faults), source, faults)
    feeders = [found for area in areas if (found := _feeder(area, faults)) is not None]
    kept = accepted(source, faults, NetworkError)
    return tuple(replace(one, notes=(*kept, *one.notes)) for one in feeders)


def _sheets(source: Path) -> list[Sheet]:
    try:
        if not source.is_dir():
            return list(read_sheets(source, **_LIMITS))
        files = sorted(one for one in source.iterdir() if one.suffix.lower() == ".csv")
        return [sheet for file in files for sheet in read_sheets(file, **_LIMITS)]
    except InputError as refused:
        raise NetworkError(str(source), refused.faults) from refused


def _items(sheets: Sequence[Sheet], faults: list[Fault]) -> dict[str, list[Item]]:
    """Typed rows by sheet of the ledger."""
    known = {sheet.form.code: sheet.name for sheet in (*SHEETS, *FURTHER_SHEETS)}
    forms = [sheet.form for sheet in (*SHEETS, *FURTHER_SHEETS)]
    data = [sheet for sheet in sheets if sheet.name.casefold() not in READING]
    found: dict[str, list[Item]] = {}
    for table in find_tables(data, forms, faults):
        found.setdefault(known[table.form.code], []).extend(items(table))
    return found


def _areas(found: dict[str, list[Item]], source: Path, faults: list[Fault]) -> list[Area]:
    """The items by transformer area."""
    missing = [name for name in NEEDED if not found.get(name)]
    titles = {sheet.name: sheet.zh for sheet in SHEETS}
    for name in missing:
        # a sheet whose headings were found stands in ``found``, without rows
        there = name in found
        what = f"the sheet {titles[name]} ({name}) {'has no rows' if there else 'is missing'}"
        remedy = "see a filled one: gridplan network template --example -o example.xlsx"
        if not there:
            remedy = "add it, or fill in the one of: gridplan network template -o ledger.xlsx"
        faults.append(Fault(code="ledger-sheet", where=source.name, what=what, remedy=remedy))
    if missing:
        return []
    numbers: dict[str, Item] = {}
    for item in found["transformers"]:
        name = item["area"] or (source.stem if len(found["transformers"]) == 1 else "")
        if not name or name in numbers:
            what = f"area {name} stands twice" if name else "the area has no number"
            item.row.error("area", what, "one row per area: two units alike are parallel = 2")
            continue
        numbers[name] = item
    areas = {name: Area(name, {"transformers": [item]}, faults) for name, item in numbers.items()}
    for sheet, rows in found.items():
        if sheet == "transformers":
            continue
        for item in rows:
            name = item["area"] or (next(iter(areas)) if len(areas) == 1 else "")
            if name in areas:
                areas[name].items.setdefault(sheet, []).append(item)
            else:
                what = f"area {name} has no transformer" if name else "the area is missing"
                item.row.error("area", what, "write the number of an area of the sheet 台区")
    return list(areas.values())


def _feeder(area: Area, faults: list[Fault]) -> Feeder | None:
    """The feeder of an area, None where something is wrong, which is said at its row."""
    before = sum(fault.severity == "error" for fault in faults)
    plain, origin = area_net(area)
    broken = sum(fault.severity == "error" for fault in faults) > before
    if broken or any(name not in plain.tables for name in ("trafo", "line", "bus")):
        return None
    try:
        return feeder_of_tables(plain, area.name)
    except NetworkError as refused:
        faults += [_at_row(fault, origin) for fault in refused.faults]
        return None


def _at_row(fault: Fault, origin: dict[tuple[str, int], str]) -> Fault:
    """A fault of the network's tables at the ledger's row that it comes from."""
    match = _PLACE.match(fault.where)
    place = origin.get((match[1], int(match[2]))) if match else None
    if place is None or match is None:
        return fault
    rest = fault.where[match.end() :]
    label = fault.where[: match.end()].partition("(")[2].removesuffix(")")
    what = f"{label}: {fault.what}" if label else fault.what
    return replace(fault, where=f"{place}{rest}", what=what)
