"""The electrician's rule, the baseline of every proposal: equal numbers of occupied homes."""

from __future__ import annotations

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import PERMUTATIONS, Customers


def equal_homes(
    customers: Customers, units: MovableUnits, occupancy: FloatArray, max_moves: int
) -> IntArray:
    """Level the expected number of occupied homes per phase by as few moves as possible.

    Greedy: the move that brings the three counts closest together, until none brings them closer by
    a tenth of a home. Three-phase customers load all phases alike and do not count.

    Parameters
    ----------
    occupancy : float (customer,) -- probability that somebody is at home

    Returns
    -------
    labelling : int (unit,) of choices
    """
    homes = customers.connected & (customers.connected.sum(axis=1) == 1)[:, None]
    counts = np.zeros((len(units.choice_unit), 3))
    for choice, unit in enumerate(units.choice_unit):
        members = units.members(int(unit))
        today = (homes[members] * occupancy[members, None]).sum(axis=0)
        counts[choice, list(PERMUTATIONS[int(units.choice_permutation[choice])])] = today
    labelling = units.today.copy()
    total = counts[labelling].sum(axis=0)
    for _ in range(max_moves):
        trial = total - counts[labelling[units.choice_unit]] + counts
        spread = ((trial - trial.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        moved = labelling != units.today
        spread[moved[units.choice_unit]] = np.inf
        best = int(np.argmin(spread))
        now = ((total - total.mean()) ** 2).sum()
        if np.sqrt(now) - np.sqrt(spread[best]) < 0.1:
            break
        labelling[units.choice_unit[best]] = best
        total = trial[best]
    return labelling
