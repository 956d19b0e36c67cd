"""What the meters of a feeder's homes change in its forecast: levels, who lives there, heating.

A home's level is its usual day's energy over that of the mean home of its kind in the study's year.
Of homes with few such days, and of homes without a meter, the group decides:

    ln(level) = group + n / (n + 5) (own - group),    group = median of ln(own)

with n the occupied ordinary days. The level holds for all days: who draws more in ordinary weeks is
taken to celebrate with more as well (assumption).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from gridplan.demand.behaviour import Behaviour, fit_behaviour
from gridplan.demand.calendar import new_year_days
from gridplan.demand.metering import MeterReadings, read_meters
from gridplan.demand.profiles import day_shapes, ten_kilowatt_ratio, usual_kw
from gridplan.demand.weather import TemperaturePath, read_temperature
from gridplan.errors import Fault, InputError, StudyError
from gridplan.frozen import BoolArray, FloatArray
from gridplan.network.customers import Customers

#: Days of the group that a home's own days weigh against.
_GROUP_DAYS = 5.0
HOMES = ("resident", "ten_kilowatt", "vacant")  #: kinds of customer that are dwellings
#: A home is lived in when it is occupied on this share of its ordinary days.
_LIVED_IN = 0.5
Found = TypeVar("Found", MeterReadings, TemperaturePath)
TEMPERATURE = "temperature.csv"  #: beside the meters: date, mean_c


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """What meters say about the customers of a feeder.

    Attributes
    ----------
    level : float (customer,) -- factor of each home's demand on a mean home; NaN of customers that
        are no homes, and of all where no home has a usual day
    at_home : bool (customer,) -- meters show the home lived in on ordinary days
    metered : bool (customer,) -- the level is that of the home's own meter, which has seen what it
        owns
    heating_percent_per_c : rise per degree colder [%/K], None where it cannot be told
    notes : on the meters, and how many homes they cover
    """

    level: FloatArray
    at_home: BoolArray
    metered: BoolArray
    heating_percent_per_c: float | None
    notes: tuple[Fault, ...]


def read_calibration(folder: Path, network: str, customers: Customers, year: float) -> Calibration:
    """Learn from the meters ``folder/network`` (or ``.csv``, ``.xlsx``) of a feeder's customers.

    Parameters
    ----------
    folder : of a study's meters; a temperature file may lie beside them
    network : name of the feeder
    customers : whose numbers the meters carry
    year : level year of the study, whose mean home has level 1

    Raises
    ------
    StudyError
        The meters cannot be read; every fault of every file at once.
    """
    paths = [folder / f"{network}{kind}" for kind in ("", ".csv", ".xlsx")]
    path = next((one for one in paths if one.exists()), paths[1])
    place = f"{folder.name}/{network}" if path.is_dir() else folder.name
    readings = _read(place, lambda: read_meters(path))
    weather = folder / TEMPERATURE
    celsius, notes = None, readings.notes
    if weather.exists():
        found = _read(folder.name, lambda: read_temperature(weather))
        celsius = np.array([found.mean_c.get(date, np.nan) for date in readings.days])
        notes += found.notes
    behaviour = fit_behaviour(
        readings, temperature_c=celsius, new_year_days=tuple(new_year_days().values())
    )
    return _calibration(readings, behaviour, customers, year, notes)


def _read(place: str, read: Callable[[], Found]) -> Found:
    """What is read from a folder; places of faults and notes name it: registers have such names."""

    def placed(faults: Iterable[Fault]) -> tuple[Fault, ...]:
        return tuple(replace(fault, where=f"{place}/{fault.where}") for fault in faults)

    try:
        found = read()
    except InputError as error:
        raise StudyError(error.source, placed(error.faults)) from error
    return replace(found, notes=placed(found.notes))


def _calibration(
    readings: MeterReadings,
    behaviour: Behaviour,
    customers: Customers,
    year: float,
    notes: tuple[Fault, ...],
) -> Calibration:
    position = {str(name): at for at, name in enumerate(readings.ids)}
    at = np.array([position.get(str(name), -1) for name in customers.id])
    metered = at >= 0
    mean_kwh = 24 * usual_kw(year) * float(day_shapes()["normal_winter_resident"].mean())
    days = np.where(metered, behaviour.n_usual[at], 0)
    home = np.isin(customers.kind, HOMES)
    mean = np.where(customers.kind == "ten_kilowatt", ten_kilowatt_ratio(), 1.0)
    known = home & metered & np.isfinite(behaviour.usual_kwh[at])
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.log(behaviour.usual_kwh[at] / (mean_kwh * mean))
    level = np.full(len(customers), np.nan)
    if known.any():
        group = float(np.median(own[known]))
        weight = np.where(known, days / (days + _GROUP_DAYS), 0.0)
        found = mean * np.exp(group + weight * np.where(known, own - group, 0.0))
        level = np.where(home, found, np.nan)
    share = np.where(metered, behaviour.ordinary_share[at], np.nan)
    slope = behaviour.group_percent_per_c
    said = f"{int(known.sum())} of {int(home.sum())} homes have a usual day by their meters"
    return Calibration(
        level=level,
        at_home=np.nan_to_num(share) >= _LIVED_IN,
        metered=known,
        heating_percent_per_c=100 * float(np.expm1(slope / 100)) if np.isfinite(slope) else None,
        notes=(*notes, Fault(code="meters-used", where="meters", what=said, severity="note")),
    )
