"""Official holidays: which days are off, and which weekends are worked instead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gridplan.celltext import shown
from gridplan.demand.headings import DATE
from gridplan.demand.tables import table
from gridplan.errors import Fault, StudyError
from gridplan.formfiles import accepted, read_form
from gridplan.forms import Form

FORM = Form(
    code="holidays",
    columns={"date": DATE, "kind": ("类型", "性质"), "note": ("备注",)},
    needed=("date", "kind"),
    free=("note",),
)
_OFF, _WORK = ("off", "放假", "休"), ("work", "上班", "班")
SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """Days that notices take off or have worked.

    Attributes
    ----------
    off, work : the days
    years : calendar years whose notices are known; in others only weekends are off
    notes : what was left out of an override file
    """

    off: frozenset[dt.date]
    work: frozenset[dt.date]
    years: frozenset[int]
    notes: tuple[Fault, ...] = ()

    def is_off(self, date: dt.date) -> bool:
        """Whether offices are closed; in a year without a known notice: at weekends."""
        if date in self.off:
            return True
        return date.weekday() >= SATURDAY and date not in self.work

    def notes_on(self, dates: Iterable[dt.date]) -> tuple[Fault, ...]:
        """The notes, and one on the years of ``dates`` whose notices are not known."""
        unknown = sorted({date.year for date in dates} - self.years)
        if not unknown:
            return self.notes
        note = Fault(
            code="holidays-unknown",
            where=", ".join(map(str, unknown)),
            what="official holidays are not known; only weekends are taken as off",
            remedy="give them in the study as holidays: FILE.csv with date and kind (off, work)",
            severity="note",
        )
        return (*self.notes, note)


@lru_cache(maxsize=1)
def official_holidays() -> Holidays:
    """The holidays of ``data/official_days.csv``, 2015 to 2026."""
    days: dict[str, set[dt.date]] = {"off": set(), "work": set()}
    for row in table("official_days.csv"):
        days[row["kind"]].add(dt.date.fromisoformat(row["date"]))
    return Holidays(
        off=frozenset(days["off"]),
        work=frozenset(days["work"]),
        years=frozenset(date.year for date in days["off"]),
    )


def read_holidays(path: Path) -> Holidays:
    """Official holidays with an override file: columns ``date``, ``kind`` ("off" or "work").

    A day of the file takes the place of what is shipped for it, and a year that the file names
    counts as known.

    Raises
    ------
    StudyError
        The file is missing or wrong; every fault of it at once.
    """
    faults: list[Fault] = []
    found: dict[dt.date, bool] = {}
    for row in read_form(path, FORM, faults, refuse=StudyError):
        date, kind = row.date("date"), row["kind"].casefold()
        if kind not in (*_OFF, *_WORK):
            row.error("kind", f"kind is {shown(row['kind'])}", "write off or work")
        elif date is not None and date in found:
            row.error("duplicate", f"{date} stands there twice", "keep one row")
        elif date is not None:
            found[date] = kind in _OFF
            if kind in _WORK and date.weekday() < SATURDAY:
                row.warn("weekday", f"{date} is worked, and no weekend", "check the date")
    notes = accepted(path, faults, StudyError)
    shipped = official_holidays()
    return Holidays(
        off=frozenset(shipped.off - found.keys() | {date for date, off in found.items() if off}),
        work=frozenset(
            shipped.work - found.keys() | {date for date, off in found.items() if not off}
        ),
        years=shipped.years | {date.year for date in found},
        notes=notes,
    )
