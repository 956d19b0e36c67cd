"""Temperatures that a scenario gives day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridplan.demand.headings import DATE
from gridplan.demand.settings import ForecastSettings
from gridplan.errors import Fault, StudyError
from gridplan.formfiles import accepted, read_form
from gridplan.forms import Form
from gridplan.frozen import FloatArray

FORM = Form(
    code="weather",
    columns={
        "date": DATE,
        "mean_c": ("平均气温", "日平均气温"),
        "min_c": ("最低气温", "日最低气温"),
    },
    needed=("date", "mean_c"),
)
COLDEST_C, HOTTEST_C = -55.0, 50.0  #: daily means of China's villages lie between


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperaturePath:
    """Daily mean temperatures of one file.

    Attributes
    ----------
    source : name of the file
    mean_c : by date [°C]
    notes : what was left out
    """

    source: str
    mean_c: dict[dt.date, float]
    notes: tuple[Fault, ...] = ()

    def deviation_c(self, dates: Sequence[dt.date], usual_c: float) -> FloatArray:
        """Difference to the usual daily mean (day,) [K]; ``StudyError`` names all missing days."""
        missing = [date for date in dates if date not in self.mean_c]
        if missing:
            shown = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
            fault = Fault(
                code="weather-missing",
                where=self.source,
                what=f"{len(missing)} days of the period are missing: {shown}",
                remedy="add them; nothing is filled in",
                rows=len(missing),
            )
            raise StudyError(self.source, [fault])
        return np.array([self.mean_c[date] for date in dates]) - usual_c


def read_temperature(path: Path) -> TemperaturePath:
    """Read columns ``date``, ``mean_c`` and perhaps ``min_c`` [°C].

    The sensitivities of homes are per degree of the daily mean: ``min_c`` is only checked.

    Raises
    ------
    StudyError
        The file is missing or wrong; every fault of it at once.
    """
    faults: list[Fault] = []
    found: dict[dt.date, float] = {}
    for row in read_form(path, FORM, faults, refuse=StudyError):
        date = row.date("date")
        mean_c = row.number("mean_c", COLDEST_C, HOTTEST_C, needed=True)
        min_c = row.number("min_c", COLDEST_C, HOTTEST_C)
        if min_c > mean_c:
            row.error("order", f"min_c {min_c:g} is above mean_c {mean_c:g}", "exchange them")
        if date is not None and date in found:
            row.error("duplicate", f"{date} stands there twice", "keep one row")
        elif date is not None:
            found[date] = mean_c
    notes = accepted(path, faults, StudyError)
    return TemperaturePath(source=path.name, mean_c=found, notes=notes)


def joined_at_noon(daily_c: FloatArray, step_minutes: int) -> FloatArray:
    """Daily values (day,) joined at noon (step,) [K]; flat before the first and after the last."""
    n_day = len(daily_c)
    hours = (np.arange(n_day * 24 * 60 // step_minutes) + 0.5) * step_minutes / 60
    return np.interp(hours, 12.0 + 24.0 * np.arange(n_day), daily_c)


def warmer_than_usual(
    settings: ForecastSettings,
) -> tuple[tuple[FloatArray | float, ...], tuple[Fault, ...]]:
    """How much warmer than usual each scenario is, (step,) [K], with notes on its file.

    Raises ``StudyError`` as ``read_temperature`` does, and for missing days.
    """
    warmer: list[FloatArray | float] = []
    notes: dict[str, tuple[Fault, ...]] = {}
    for name in settings.scenarios:
        scenario = settings.scenario(name)
        offset_c, file = scenario.temperature_offset_c, scenario.temperature_path
        if file is None or settings.usual_c is None:
            warmer.append(offset_c)
            continue
        path = read_temperature(settings.file(file))
        notes[file] = path.notes
        daily = path.deviation_c(settings.period.dates, settings.usual_c)
        warmer.append(offset_c + joined_at_noon(daily, settings.step_minutes))
    return tuple(warmer), tuple(note for some in notes.values() for note in some)
