"""Files as tables of known forms: registers, ledgers, exports, lists of a study.

A title may stand above the headings. Sheets and columns that no form names are left out, which is
said; personal data stop here. Everything wrong is added to one list, with file, sheet and row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gridplan.errors import Fault, InputError, collapsed, error, note, refuses, warn
from gridplan.forms import HEADING_ROWS, PERSONAL, Form, Row, Table, folded, named, unit_of
from gridplan.sheets import Sheet, read_sheets


def read_form(
    path: Path, form: Form, faults: list[Fault], *, refuse: type[InputError] = InputError
) -> list[Row]:
    """Rows of every sheet of a file that has the form's headings; the other sheets are said.

    Where no sheet has them, that is a fault. Raises ``refuse`` when the file is missing, damaged,
    or no table.
    """
    try:
        sheets = read_sheets(path)
    except InputError as refused:
        raise refuse(str(path), refused.faults) from refused
    tables = find_tables(sheets, [form], faults)
    if not tables and not any(fault.code == f"{form.code}-heading" for fault in faults):
        _say_missing(sheets, form, path.name, faults)
    return [row for table in tables for row in table.rows()]


def accepted(source: Path, faults: Sequence[Fault], refuse: type[InputError]) -> tuple[Fault, ...]:
    """The faults when none of them refuses the input; otherwise raises ``refuse`` with them all."""
    listed = collapsed(faults)
    if refuses(listed):
        raise refuse(str(source), listed)
    return tuple(listed)


def form_of(sheet: Sheet, forms: Sequence[Form]) -> Form | None:
    """The form of a sheet: by its name, or else by its headings; None where it has none.

    Where several fit it is the one that most of the headings belong to, the first of equals.
    """
    named = [form for form in forms if form.is_named(sheet)]
    if named:
        fits = (form for form in named if form.heading(sheet, named=True) is not None)
        return next(fits, named[-1])
    headings = [(form, form.heading(sheet)) for form in forms]
    fitting = [(form, at) for form, at in headings if at is not None]
    found = max(fitting, key=lambda pair: len(pair[0].places(sheet.rows[pair[1]])), default=None)
    return None if found is None else found[0]


def find_tables(sheets: Sequence[Sheet], forms: Sequence[Form], faults: list[Fault]) -> list[Table]:
    """The tables of some sheets.

    Columns that are needed and missing are faults, so are missing headings in sheets known by their
    name; sheets that are not known are said where others are.
    """
    found: list[Table] = []
    strangers: list[Sheet] = []
    for sheet in sheets:
        form = form_of(sheet, forms)
        if form is None:
            strangers.append(sheet)
            continue
        at = form.heading(sheet, named=form.is_named(sheet))
        if at is None:
            _say_missing([sheet], form, sheet.source, faults)
            continue
        table = table_at(sheet, at, form, faults)
        if table is not None:
            found.append(table)
    if found or len(forms) > 1:
        for sheet in strangers:
            what = "sheet left out: no known headings"
            note(faults, f"{forms[0].code}-sheet-left-out", sheet.source, what)
    return found


def table_at(
    sheet: Sheet, heading: int, form: Form, faults: list[Fault], *, also: Sequence[int] = ()
) -> Table | None:
    """The table below a heading row; None where columns are missing, which is a fault.

    ``also`` are columns that are read though the form does not name them.
    """
    where, row = sheet.where(heading), sheet.rows[heading]
    places = form.places(row)
    missing = [form.words(name) for name in form.needed if name not in places]
    for words in missing:
        error(faults, f"{form.code}-heading", where, f"no column {words}", "add it, or name it so")
    if missing:
        return None
    if heading:
        what = f"{heading} row(s) above the headings left out: taken as a title"
        note(faults, f"{form.code}-title", where, what)
    columns = {name: at[0] for name, at in places.items()}
    spare = {at: name for name, places_of in places.items() for at in places_of[1:]}
    for at, name in spare.items():
        same = folded(row[at]) == folded(row[columns[name]])
        what = f"columns {named(row[columns[name]])} and {named(row[at])} both say {name}"
        add = error if same else warn
        what += "" if same else f"; only {named(row[columns[name]])} is read"
        add(faults, f"{form.code}-heading-twice", where, what, "delete one of them")
    table = Table(
        form, sheet, heading, columns, _factors(form, row, columns, where, faults), faults
    )
    _say_dropped(table, {*columns.values(), *spare, *also})
    return table


def _factors(
    form: Form, row: Sequence[str], columns: Mapping[str, int], where: str, faults: list[Fault]
) -> dict[str, float]:
    """What the units in the headings are in gridplan's own."""
    factors = {}
    for name, units in form.units.items():
        unit = unit_of(row[columns[name]]) if name in columns else ""
        known = {folded(one): factor for one, factor in units.items()}
        if unit in known:
            factors[name] = known[unit]
        elif unit:
            what = f"{named(row[columns[name]])} is in a unit that is not known"
            remedy = f"give it in {' or '.join(units)}"
            error(faults, f"{form.code}-unit", where, what, remedy)
    return factors


def _say_dropped(table: Table, read: set[int]) -> None:
    """Say which columns do not enter, and why; empty ones without a heading are no columns."""
    headings = table.sheet.rows[table.heading]
    below = table.sheet.rows[table.heading + 1 :]
    dropped = []
    for at, heading in enumerate(headings):
        filled = heading or any(at < len(cells) and cells[at] for cells in below)
        if at not in read and filled:
            dropped.append(heading)
    personal = [heading for heading in dropped if PERSONAL.search(heading)]
    others = [heading for heading in dropped if heading not in personal]
    for some, why in ((personal, "personal data do not enter"), (others, "not used")):
        if some:
            what = f"column {', '.join(map(named, some))} dropped: {why}"
            note(table.faults, f"{table.form.code}-column-dropped", table.where, what)


def _say_missing(sheets: Sequence[Sheet], form: Form, source: str, faults: list[Fault]) -> None:
    """Say which headings were looked for where no sheet has them."""
    where = sheets[0].where(0) if sheets else f"{source}:1"
    rows = [row for sheet in sheets for row in sheet.rows[:HEADING_ROWS]]
    nearest = max((form.places(row) for row in rows), key=len, default={})
    wanted = [form.words(name) for name in form.key or form.needed if name not in nearest]
    what = f"no heading {', '.join(wanted)} in the first {HEADING_ROWS} rows"
    remedy = "name the columns, separated by commas, in the first row"
    error(faults, f"{form.code}-heading", where, what, remedy)
