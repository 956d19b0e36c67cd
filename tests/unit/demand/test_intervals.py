"""Intervals hold the true share as often as they say, also where draws are not independent."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from gridplan.demand.intervals import share_interval, wilson_interval

REPLICATES, DRAWS, STUDIES = 16, 208, 500


def loads(explained: float, seed: int) -> np.ndarray:
    """Loads (study, draw) of which one scrambled coordinate explains a share of the variance."""
    sequence = qmc.Sobol(REPLICATES * STUDIES, rng=np.random.default_rng(seed))
    point = sequence.random_base2(4)[: DRAWS // REPLICATES] + 2.0**-31
    point = point.reshape(-1, STUDIES, REPLICATES).swapaxes(0, 1).reshape(STUDIES, DRAWS)
    noise = np.random.default_rng(seed + 1).standard_normal((STUDIES, DRAWS))
    return np.sqrt(explained) * stats.norm.ppf(point) + np.sqrt(1 - explained) * noise


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("explained", [0.0, 0.5, 0.9, 1.0])
def test_95_of_100_intervals_hold_the_share(explained: float, share: float) -> None:
    """Whatever the coordinate explains: nothing (Wilson's would do), much, or all of it."""
    hit = loads(explained, seed=3) > stats.norm.isf(share)
    ends = np.array([share_interval(one, REPLICATES) for one in hit])
    held = ((ends[:, 0] <= share) & (share <= ends[:, 1])).mean()
    assert held > 0.95 - 2.5 * np.sqrt(0.95 * 0.05 / STUDIES)
    # and they are no wider than they need be
    wilson = np.array([wilson_interval(int(one.sum()), DRAWS) for one in hit])
    width = np.diff(ends, axis=1).mean() / np.diff(wilson, axis=1).mean()
    if share == 0.5:
        assert width < {0.0: 1.1, 0.5: 0.95, 0.9: 0.75, 1.0: 0.65}[explained]
    assert width < 1.15


def test_unequal_sequences_count_by_their_draws() -> None:
    """Twenty draws in sixteen sequences: four of them have two."""
    hit = np.zeros(20, dtype=bool)
    hit[[0, 16]] = True  # both draws of one sequence
    together = share_interval(hit, REPLICATES)
    hit[:] = False
    hit[[0, 17]] = True
    apart = share_interval(hit, REPLICATES)
    assert np.diff(together)[0] > np.diff(apart)[0]
