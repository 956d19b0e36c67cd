"""What the files of a study say about one feeder; what is wrong in any of them is said at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from gridplan.demand.appliances import appliance_notes
from gridplan.demand.calendar import new_year_days
from gridplan.demand.calibration import HOMES, Calibration, read_calibration
from gridplan.demand.clamp import ClampReadings, read_clamp
from gridplan.demand.holidays import Holidays, official_holidays, read_holidays
from gridplan.demand.pending import TABLE, PendingList, read_pending
from gridplan.demand.register import Register, read_register
from gridplan.demand.settings import COUNTY, ForecastSettings
from gridplan.demand.weather import warmer_than_usual
from gridplan.errors import Fault, StudyError
from gridplan.frozen import FloatArray
from gridplan.network.feeder import Feeder

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudyFiles:
    """What is known about one feeder.

    Attributes
    ----------
    register : of its own customers, without pending connections
    past_registers : those of past festivals that the meters have seen, by year
    holidays, pending : of the study
    meters : what its homes' meters say; None where the study has none
    clamp : its own clamp readings; None where the study has none
    warmer_c : how much warmer than usual each scenario is, per scenario a number or (step,) [K]
    notes : what was dropped, is missing or is hard to believe
    """

    register: Register
    past_registers: dict[int, Register]
    holidays: Holidays
    pending: PendingList
    meters: Calibration | None
    clamp: ClampReadings | None
    warmer_c: tuple[FloatArray | float, ...]
    notes: tuple[Fault, ...]

    def on(self, settings: ForecastSettings) -> StudyFiles:
        """The same for other days of the feeder, on which the weather is usual."""
        register = self.register
        if settings.registers == "none":
            register = Register.empty(len(register.listed))
        return replace(self, register=register, warmer_c=(0.0,) * len(settings.scenarios))


def read_study_files(feeder: Feeder, settings: ForecastSettings) -> StudyFiles:
    """Read every file that a study names, as far as it concerns a feeder.

    Raises ``StudyError`` with every fault of every file.
    """
    faults: list[Fault] = []
    sources: list[str] = []

    def tried(read: Callable[[], Found]) -> Found | None:
        try:
            return read()
        except StudyError as error:
            faults.extend(error.faults)
            sources.append(error.source)
            return None

    meters = tried(lambda: _meters(feeder, settings))
    register = tried(lambda: register_of(feeder, settings))
    seen = () if meters is None else meters.festivals(settings.period)
    past = {year: tried(partial(_past_register, feeder, settings, year)) for year in seen}
    holidays = tried(lambda: _holidays(settings))
    pending = tried(lambda: pending_of(settings))
    clamp = tried(lambda: _clamp(feeder, settings))
    warmer = tried(lambda: warmer_than_usual(settings))
    if register is None or holidays is None or pending is None or warmer is None or faults:
        raise StudyError(sources[0] if len(sources) == 1 else "files of the study", faults)
    past_registers = {year: one for year, one in past.items() if one is not None}
    earlier = (note for one in past_registers.values() for note in one.notes)
    notes = (
        *register.notes,
        *earlier,
        *appliance_notes(register, feeder.name),
        *warmer[1],
        *pending.notes,
    )
    if meters is not None:
        notes = (*notes, *meters.notes)
    if settings.period.festival_year is None:
        notes = (*notes, *holidays.notes_on(settings.period.dates))
    return StudyFiles(
        register=register,
        past_registers=past_registers,
        holidays=holidays,
        pending=pending,
        meters=meters,
        clamp=clamp,
        warmer_c=warmer[0],
        notes=notes,
    )


def pending_of(settings: ForecastSettings) -> PendingList:
    """Pending connections of a study; ``StudyError`` with every fault of their file."""
    name = settings.pending
    return PendingList() if name is None else read_pending(settings.file(name))


def _meters(feeder: Feeder, settings: ForecastSettings) -> Calibration | None:
    """What the meters of the study say; None where it has none."""
    if settings.meters is None:
        return None
    folder, year = settings.file(settings.meters), settings.level_of(feeder.name)
    return read_calibration(folder, feeder.name, feeder.customers, year)


def _clamp(feeder: Feeder, settings: ForecastSettings) -> ClampReadings | None:
    """Clamp readings of the feeder; None where the study has none."""
    if settings.clamp is None:
        return None
    path, circuits = settings.file(settings.clamp), feeder.circuits.name.tolist()
    return read_clamp(path, area=feeder.name, circuits=circuits)


def register_of(feeder: Feeder, settings: ForecastSettings) -> Register:
    """Register of the feeder's own customers; an empty one where the study has none."""
    path = settings.register_path(feeder.name)
    if path is None:
        return Register.empty(int((feeder.customers.table != TABLE).sum()))
    return _read_register(feeder, settings, path, None)


def _past_register(feeder: Feeder, settings: ForecastSettings, year: int) -> Register | None:
    """Register of a past festival; None where the study has none."""
    path = settings.register_path(feeder.name, year)
    if path is None or not path.exists():
        return None
    try:
        register = _read_register(feeder, settings, path, year)
    except StudyError as error:
        raise StudyError(error.source, _placed(error.faults, year)) from error
    return replace(register, notes=_placed(register.notes, year))


def _placed(faults: Iterable[Fault], year: int) -> tuple[Fault, ...]:
    """Faults with the folder that their file lies in: registers of all years have one name."""
    return tuple(replace(fault, where=f"{year}/{fault.where}") for fault in faults)


def _read_register(
    feeder: Feeder, settings: ForecastSettings, path: Path, past_year: int | None
) -> Register:
    """A register of the study's festival, or of a past one."""
    own = feeder.customers.table != TABLE
    kinds, secret = feeder.customers.kind[own], settings.register_key
    return read_register(
        path,
        feeder.customers.id[own].tolist(),
        settings.period.origin if past_year is None else new_year_days()[past_year],
        area=feeder.name if path.stem == COUNTY else None,
        key=None if secret is None else settings.file(secret).read_bytes(),
        kinds=np.where(np.isin(kinds, HOMES), "", kinds).tolist(),
        past=past_year is not None,
    )


def _holidays(settings: ForecastSettings) -> Holidays:
    """Official holidays, with those of the study."""
    name = settings.holidays
    return official_holidays() if name is None else read_holidays(settings.file(name))
