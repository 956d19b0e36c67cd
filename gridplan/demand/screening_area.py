"""What a county's workbook says about each transformer area that is screened."""

from __future__ import annotations

from dataclasses import dataclass

from gridplan.errors import Fault
from gridplan.frozen import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayPeaks:
    """Measured days of a transformer.

    Attributes
    ----------
    date : int (day,) -- proleptic ordinal of each day, ascending
    peak_kw : float (day,) -- highest mean power over two hours together [kW]
    """

    date: IntArray
    peak_kw: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HomesListed:
    """What the register says about one area.

    Attributes
    ----------
    returning : homes that somebody comes back to
    staying_away : homes to which nobody comes
    arrival, departure : float (home,) -- festival days of the returning homes listed one by one,
        NaN where unknown; a range counts by its middle day
    """

    returning: float
    staying_away: float
    arrival: FloatArray
    departure: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Area:
    """One transformer area.

    Attributes
    ----------
    area, station : numbers or names as the workbook has them
    sn_kva : rating [kVA]
    vector_group : as written, "" where unknown
    homes : dwellings of the area
    homes_lived_in : of these lived in all year, None where unknown
    curves, register : None where there are none
    """

    area: str
    station: str
    sn_kva: float
    vector_group: str
    homes: int
    homes_lived_in: int | None = None
    curves: DayPeaks | None = None
    register: HomesListed | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class County:
    """All areas of a workbook.

    Attributes
    ----------
    year : calendar year in which the festival to be screened begins
    areas : in the order of the workbook
    notes : what was dropped, inferred or is hard to believe
    """

    year: int
    areas: tuple[Area, ...]
    notes: tuple[Fault, ...] = ()
