"""Writing a plan to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridplan.errors import Fault, InputError
from gridplan.records.field_types import FIELDWORK_FILE
from gridplan.records.fieldwork import field_work
from gridplan.report.html import report_html
from gridplan.report.moves import moves_csv
from gridplan.report.pdf import report_pdf
from gridplan.report.record import plan_record, to_json
from gridplan.report.workorders import WorkBook, work_orders_xlsx
from gridplan.wholefiles import replace_file

if TYPE_CHECKING:
    import os

    from gridplan.plan import Plan


def write_report(
    plan: Plan, out: str | os.PathLike[str], *, language: str = "en", pdf: bool = False
) -> Path:
    """Write the files of a plan into the folder ``out`` and return it.

    ``plan.json``, ``report.html`` and ``moves.csv`` say what was found and proposed;
    ``fieldwork.json`` and ``work-orders.xlsx`` are for the station and its crews, and name homes
    that are empty. The folder may exist: only these files are replaced, and only after all of them
    could be made. ``language`` ("en", "zh") is that of the page and of the work orders, which hold
    what the study's first scenario needs; ``pdf`` adds ``report.pdf`` (extra ``pdf``).

    Raises ``InputError`` where the folder cannot be written to, or no PDF can be made.
    """
    folder = Path(out)
    record = plan_record(plan)
    work = field_work(plan, record)
    orders = WorkBook.of_plan(work, plan.before.sweep.scenarios[0])
    contents: dict[str, str | bytes] = {
        "plan.json": to_json(record),
        FIELDWORK_FILE: to_json(work.to_record()),
        "work-orders.xlsx": work_orders_xlsx(orders, language),
        "moves.csv": moves_csv(plan.proposal),
        "report.html": report_html(plan, language=language),
    }
    if pdf:
        contents["report.pdf"] = report_pdf(plan, language=language)
    output_folder(folder)
    for name, content in contents.items():
        replace_file(folder / name, content)
    return folder


def output_folder(folder: Path) -> Path:
    """The folder, made if need be; ``InputError`` when it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"cannot be made into a folder: {error.strerror}"
        fault = Fault(
            code="output-folder", where=str(folder), what=what, remedy="choose another OUT"
        )
        raise InputError(str(folder), [fault]) from error
    return folder
