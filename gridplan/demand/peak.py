"""The peak that is expected: where in the period it lies, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.homes import Homes
from gridplan.demand.profiles import HomeState
from gridplan.demand.settings import Scenario
from gridplan.frozen import FloatArray, own_fields

#: Draws that no study asks for, from which the expected presence is taken.
PILOT = range(2**20, 2**20 + 16)
#: Rules on loads speak of two hours. Near the peak are the steps whose two-hour mean is above this
#: share of the highest.
PEAK_MINUTES, NEAR_PEAK = 120, 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Peak:
    """The expected peak of a village.

    Attributes
    ----------
    weight : float (delay, step) -- weights of the steps near the peak, by the delay of the evening;
        their sum is 1
    homes_kw : float (step,) -- all homes together, with the usual delay [kW]
    special_kw : float (special,) -- special loads at the peak [kW]
    """

    weight: FloatArray
    homes_kw: FloatArray
    special_kw: FloatArray

    def __post_init__(self) -> None:
        layout = {
            "weight": (np.float64, ("delay", "step")),
            "homes_kw": (np.float64, ("step",)),
            "special_kw": (np.float64, ("special",)),
        }
        own_fields(self, layout, {})

    @property
    def usual(self) -> FloatArray:
        """Weights with the usual delay (step,)."""
        return self.weight[usual_delay(len(self.weight))]


def usual_delay(delays: int) -> int:
    """The middle one of so many delays."""
    return delays // 2


def expected_peak(homes: Homes, special_kw: FloatArray, step_minutes: int) -> Peak | None:
    """Find the peak of homes and special loads (special, step) [kW]; None where nothing is drawn.

    No scenario has a part in it: a study may add and drop them without a change in its draws.
    """
    homes_kw = _expected_homes(homes)
    village = homes_kw + special_kw.sum(axis=0)
    width = PEAK_MINUTES // step_minutes
    mean = np.array([np.convolve(row, np.full(width, 1 / width), "same") for row in village])
    highest = mean.max(axis=1, keepdims=True)
    if highest.min() <= 0:
        return None
    weight = np.maximum(mean / highest - NEAR_PEAK, 0.0)
    weight /= weight.sum(axis=1, keepdims=True)
    usual = usual_delay(len(weight))
    return Peak(
        weight=weight, homes_kw=homes_kw[usual], special_kw=(special_kw * weight[usual]).sum(axis=1)
    )


def _expected_homes(homes: Homes) -> FloatArray:
    """Mean demand of all homes together (delay, step) [kW]."""
    coming = [homes.returnees.persons(draw, homes.days, 1.0)[homes.index] for draw in PILOT]
    returned = np.array(coming)
    size = homes.level[:, None] * homes.size(returned, Scenario(), homes.mean_size())
    state = homes.state(returned)
    # homes in each state, by their size (state, day)
    number = np.array([(size * (state == one)).sum(axis=1).mean(axis=0) for one in HomeState])
    by_day = (number[:, None, :, None] * homes.series.p_kw).sum(axis=0)
    return np.asarray(by_day.reshape(homes.series.delays, -1))
