"""Who came home to past festivals, and what that says beside this year's register."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.register import Register
from gridplan.demand.returnees import PresenceCurve
from gridplan.frozen import BoolArray, FloatArray, own_fields

#: Least and most that being on no register leaves of a home's odds (assumption).
_LEAST_ODDS, _MOST_ODDS = 0.1, 1.0
_HALVINGS = 50  #: of the interval in which the factor on the odds lies


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comers:
    """What past festivals say of the homes that are not lived in.

    Attributes
    ----------
    share : float (customer,) -- share of the homes with the same past that came
    listed_come : share of the homes on a register that come
    told : registers of past festivals were there: ``share`` is that of homes on none
    curve : when they came and left
    """

    share: FloatArray
    listed_come: float
    told: bool
    curve: PresenceCurve

    def __post_init__(self) -> None:
        own_fields(self, {"share": (np.float64, ("customer",))}, {})

    def probability(
        self,
        register: Register,
        free: BoolArray,
        returnees_factor: float,
        *,
        told: FloatArray,
        least: float,
    ) -> FloatArray:
        """Chance that somebody comes to each home (customer,).

        ``free`` (customer,): homes that are not lived in. On a register: ``listed_come`` times what
        the register itself leaves open, ``told`` (customer,). On none:
        what the past saw of such homes; without registers of the past what it saw of all homes,
        less those on the register; ``least`` homes at least. Above 1 ``returnees_factor`` adds
        homes that are on none.
        """
        listed = register.listed & ~register.stays_away
        others = free & ~register.listed
        chance = np.where(listed, self.listed_come * told, 0.0)
        odds = self.share[others] / np.maximum(1.0 - self.share[others], 1e-9)
        if self.told:
            beyond = float(self.share[others].sum())
        else:
            beyond = float(self.share[free].sum()) - float(chance[free].sum())
            beyond = min(max(beyond, _sum(odds, _LEAST_ODDS)), _sum(odds, _MOST_ODDS))
        beyond = max(beyond, least)
        beyond += (returnees_factor - 1.0) * (beyond + float(chance[free].sum()))
        chance[others] = _raised(odds, min(beyond, 0.999 * len(odds)))
        return chance


def _sum(odds: FloatArray, factor: float) -> float:
    """Expected homes when all odds are multiplied by a factor."""
    return float((factor * odds / (1.0 + factor * odds)).sum())


def _raised(odds: FloatArray, expected: float) -> FloatArray:
    """Chances whose sum is ``expected``, all odds multiplied by one factor."""
    low, high = -20.0, 20.0  # of its logarithm
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _sum(odds, np.exp(middle)) < expected else (low, middle)
    factor = np.exp((low + high) / 2)
    return np.asarray(factor * odds / (1.0 + factor * odds))
