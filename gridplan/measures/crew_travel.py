"""Travel of crews between villages: great circles, a detour, a speed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridplan.errors import Fault, StudyError
from gridplan.formfiles import accepted, read_form
from gridplan.forms import Form
from gridplan.frozen import FloatArray

EARTH_KM = 6371.0  #: mean radius
STATION = ("station", "供电所")  #: names of the row from which crews set out
USUAL_DETOUR, USUAL_KM_H = 1.4, 30.0  #: road over great circle, mean speed (assumptions)
FORM = Form(
    code="place",
    columns={
        "village": ("network", "name", "台区", "台区名称", "台区编号"),
        "lat": ("纬度", "latitude"),
        "lon": ("经度", "lng", "longitude"),
    },
    needed=("village", "lat", "lon"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where villages lie, and the station that crews set out from.

    Attributes
    ----------
    villages : latitude and longitude by name [degrees]
    station : of the supply station; None: travel is counted between villages only
    where : the file
    notes : what was left out
    """

    villages: Mapping[str, tuple[float, float]]
    station: tuple[float, float] | None
    where: str
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Travel:
    """Hours of travel.

    Attributes
    ----------
    between_h : float (village, village) -- [h]
    station_h : float (village,) -- from the station, and back [h]
    """

    between_h: FloatArray
    station_h: FloatArray

    @property
    def nowhere(self) -> bool:
        """Whether nothing takes any time."""
        return not (self.between_h.any() or self.station_h.any())


def no_travel(n_village: int) -> Travel:
    """Travel that is not known, and not counted."""
    return Travel(between_h=np.zeros((n_village, n_village)), station_h=np.zeros(n_village))


def read_places(path: Path) -> Places:
    """Read a table of village, lat, lon (台区, 纬度, 经度); a row "station" (供电所) is the base.

    Raises ``StudyError`` with every fault of the file.
    """
    faults: list[Fault] = []
    found: dict[str, tuple[float, float]] = {}
    for row in read_form(path, FORM, faults, refuse=StudyError):
        lat = row.number("lat", -90.0, 90.0, needed=True)
        lon = row.number("lon", -180.0, 180.0, needed=True)
        name = row.text("village")
        key = STATION[0] if name.casefold() in STATION else name
        if name and key in found:
            row.error("twice", f"{name} stands there twice", "keep one")
        found[key] = (lat, lon)
    notes = accepted(path, faults, StudyError)
    station = found.pop(STATION[0], None)
    return Places(villages=found, station=station, where=str(path), notes=notes)


def travel_between(
    places: Places,
    names: Sequence[str],
    *,
    detour: float = USUAL_DETOUR,
    km_h: float = USUAL_KM_H,
) -> Travel:
    """Hours between some villages; raises ``StudyError`` with all of them that have no place."""
    missing = [
        Fault(
            code="place-missing",
            where=f"village {name}",
            what="has no row",
            remedy="add its latitude and longitude",
        )
        for name in names
        if name not in places.villages
    ]
    if missing:
        raise StudyError(places.where, missing)
    spots = [places.villages[name] for name in names]
    hours_per_km = detour / km_h
    between = [[hours_per_km * great_circle_km(one, two) for two in spots] for one in spots]
    base = places.station
    station = [0.0 if base is None else hours_per_km * great_circle_km(base, one) for one in spots]
    return Travel(
        between_h=np.array(between).reshape(len(spots), len(spots)), station_h=np.array(station)
    )


def great_circle_km(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Distance of two places on the sphere by the haversine formula [km]."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, place)) for place in (one, two))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
