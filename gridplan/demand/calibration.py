"""What the meters of a feeder's homes change in its forecast: levels, who lives there, heating.

A home's level is its usual day's energy over that of the mean home of its kind in the study's year.
Of homes with few such days, and of homes without a meter, the group decides:

    ln(level) = group + n / (n + 5) (own - group),    group = median of ln(own)

with n the occupied ordinary days. The level holds for all days: who draws more in ordinary weeks is
taken to celebrate with more as well (assumption).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from gridplan.demand.area_record import Festival
from gridplan.demand.base_model import fit_base_model
from gridplan.demand.metering import MeterReadings, read_meters
from gridplan.demand.past_festivals import PastFestivals, fit_past_festivals, saw_festival
from gridplan.demand.period import Period
from gridplan.demand.profiles import day_shapes, ten_kilowatt_ratio, usual_kw
from gridplan.demand.register import Register
from gridplan.demand.weather import TemperaturePath, read_temperature
from gridplan.demand.winters import winters_of
from gridplan.errors import Fault, InputError, StudyError
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.network.customers import Customers

#: Days of the group that a home's own days weigh against.
_GROUP_DAYS = 5.0
LIVED_IN = ("resident", "ten_kilowatt")  #: kinds of customer that are homes with people all year
HOMES = (*LIVED_IN, "vacant")  #: kinds of customer that are dwellings
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
    winters : of the meters
    meter : int (customer,) -- meter of each customer, -1 where it has none
    """

    level: FloatArray
    at_home: BoolArray
    metered: BoolArray
    heating_percent_per_c: float | None
    notes: tuple[Fault, ...]
    winters: tuple[Festival, ...]
    meter: IntArray

    def festivals(self, period: Period) -> tuple[int, ...]:
        """Years of the other festivals that the meters have seen; none outside a festival."""
        if period.festival_year is None:
            return ()
        seen = (one.year for one in self.winters if saw_festival(one))
        return tuple(year for year in seen if year != period.festival_year)


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
    weather, notes = folder / TEMPERATURE, readings.notes
    celsius = None
    if weather.exists():
        found = _read(folder.name, lambda: read_temperature(weather))
        celsius = found.mean_c
        notes += found.notes
    winters = winters_of(readings, celsius)
    position = {str(name): at for at, name in enumerate(readings.ids)}
    at = np.array([position.get(str(name), -1) for name in customers.id])
    return _calibration(winters, at, customers, year, notes)


def _kind_ratio(customers: Customers) -> FloatArray:
    """Demand of each home's kind over that of a mean home (customer,)."""
    return np.where(customers.kind == "ten_kilowatt", ten_kilowatt_ratio(), 1.0)


def past_festivals(
    measured: Calibration,
    customers: Customers,
    period: Period,
    is_home: BoolArray,
    lives_in: BoolArray,
    registers: Mapping[int, Register],
) -> PastFestivals:
    """What festivals of other years say of the homes (customer,) for the festival of a study."""
    homes = np.flatnonzero(is_home)
    return fit_past_festivals(
        measured.winters,
        measured.meter[homes],
        int(period.festival_year or 0),
        period.days[0],
        registers={year: register.of(homes) for year, register in registers.items()},
        lives_in=lives_in[homes],
        ratio=_kind_ratio(customers)[homes],
    )


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
    winters: tuple[Festival, ...],
    at: IntArray,
    customers: Customers,
    year: float,
    notes: tuple[Fault, ...],
) -> Calibration:
    """What the meters ``at (customer,)`` say of the customers, -1 where one has none."""
    base = fit_base_model(winters)
    metered, home = at >= 0, np.isin(customers.kind, HOMES)
    mean_kw = usual_kw(year) * float(day_shapes()["normal_winter_resident"].mean())
    days = np.where(metered, base.n_usual[at], 0)
    mean = _kind_ratio(customers)
    known = home & metered & np.isfinite(base.usual_kw[at])
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.log(base.usual_kw[at] / (mean_kw * mean))
    level = np.full(len(customers), np.nan)
    if known.any():
        group = float(np.median(own[known]))
        weight = np.where(known, days / (days + _GROUP_DAYS), 0.0)
        found = mean * np.exp(group + weight * np.where(known, own - group, 0.0))
        level = np.where(home, found, np.nan)
    slope = base.percent_per_c
    said = f"{int(known.sum())} of {int(home.sum())} homes have a usual day by their meters"
    return Calibration(
        level=level,
        at_home=metered & base.lives_in[at],
        metered=known,
        heating_percent_per_c=100 * float(np.expm1(slope / 100)) if np.isfinite(slope) else None,
        winters=winters,
        meter=at,
        notes=(*notes, Fault(code="meters-used", where="meters", what=said, severity="note")),
    )
