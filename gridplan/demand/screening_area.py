"""What a county's station knows of its transformer areas: the types that screening works on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gridplan.demand.profiles import QUARTERS
from gridplan.demand.special_list import ListedLoad
from gridplan.errors import Fault
from gridplan.frozen import Float32Array, FloatArray, IntArray, own_fields

_Float = TypeVar("_Float", np.float32, np.float64)

RULE_STEPS = 8  #: quarter hours of the two hours together that the overload rule speaks of
#: Festival days that are screened, as the studies of single villages have them.
FIRST_DAY, LAST_DAY = -10, 15
#: Ordinary winter days: these months, and further than this from New Year's Day (A).
WINTER_MONTHS, ORDINARY_FROM_DAY = (11, 12, 1, 2, 3), 20
PEAK_DAYS = (-1, 3)  #: among these lies the highest load of a festival
_BLOCK_ROWS = 16  #: rows that are looked at together: they stay in the processor's cache
LEAST_PEAK_DAYS = 3  #: of them that must be measured before a festival counts as measured (A)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Winter:
    """What a transformer's curves say of one winter.

    Attributes
    ----------
    year : calendar year of the New Year's Day that it leads to
    ordinary_kw : float (ordinary,) -- two-hour load of each ordinary winter day [kW]
    days : int (day,) -- festival days that were measured, ascending, from ``FIRST_DAY`` to
        ``LAST_DAY``; none for a festival that does not count as measured
    p_kw : float32 (day, 96) -- their curves, without gaps [kW]
    ordinary_colder_c, festival_colder_c : how much colder its ordinary days, and the days from the
        Eve on, were than usual [K]; NaN where unknown
    """

    year: int
    ordinary_kw: FloatArray
    days: IntArray
    p_kw: Float32Array
    ordinary_colder_c: float = math.nan
    festival_colder_c: float = math.nan

    def __post_init__(self) -> None:
        own_fields(
            self,
            {
                "ordinary_kw": (np.float64, ("ordinary",)),
                "days": (np.int64, ("day",)),
                "p_kw": (np.float32, ("day", QUARTERS)),
            },
            {},
        )

    @property
    def festival_kw(self) -> float:
        """Two-hour load of its festival [kW]; NaN where that was not measured."""
        if not len(self.days):
            return float("nan")
        return float(two_hour_load(self.p_kw.reshape(1, -1))[0])


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
    winters : measured winters by year, ascending; of the one before the festival to be screened
        only what is known ten days before
    register : None where there is none
    special : loads that are no homes, as the ledger names them
    """

    area: str
    station: str
    sn_kva: float
    vector_group: str
    homes: int
    homes_lived_in: int | None = None
    winters: tuple[Winter, ...] = ()
    register: HomesListed | None = None
    special: tuple[ListedLoad, ...] = ()

    @property
    def has_ordinary(self) -> bool:
        """Whether an ordinary winter day was measured."""
        return any(len(winter.ordinary_kw) for winter in self.winters)

    @property
    def festivals(self) -> tuple[Winter, ...]:
        """Winters whose festival was measured."""
        return tuple(winter for winter in self.winters if len(winter.days))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class County:
    """All areas of a workbook.

    Attributes
    ----------
    year : calendar year in which the festival to be screened begins
    areas : in the order of the workbook
    festival_usual_c : mean temperature that is usual from the Eve on; NaN where unknown [°C]
    notes : what was dropped, inferred or is hard to believe
    """

    year: int
    areas: tuple[Area, ...]
    festival_usual_c: float = math.nan
    notes: tuple[Fault, ...] = ()


def two_hour_load(load: npt.NDArray[_Float]) -> npt.NDArray[_Float]:
    """Highest load that two hours together reach, of each row of (row, step).

    The overload rule's own quantity: a rating below it is exceeded for eight quarter hours in a
    row. It lies below the highest mean of two hours, and that below the highest quarter hour.
    """
    found = np.empty(len(load), dtype=load.dtype)
    for first in range(0, len(load), _BLOCK_ROWS):
        run, length = load[first : first + _BLOCK_ROWS], 1
        while length < RULE_STEPS:
            run = np.minimum(run[:, length:], run[:, :-length])
            length *= 2
        found[first : first + _BLOCK_ROWS] = run.max(axis=1)
    return found
