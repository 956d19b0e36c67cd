"""Scores of a forecast's quantiles, level by level: what each costs, and how often it holds.

A planner acts on a high quantile: "above this only once in a hundred". A mean score hides whether
that one is honest, so the levels stand side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridplan.demand.scores import LEVELS, pinball
from gridplan.frozen import FloatArray, own_fields


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuantileScores:
    """How quantiles of a forecast did, over the cases with a measurement.

    Attributes
    ----------
    level : float (level,) -- share of measurements that should lie at or below the quantile
    pinball : float (level,) -- mean quantile score, in the unit of the forecast; lower is better
    below : float (level,) -- share of measurements at or below the quantile; an honest one has its
        level, or more where many measurements equal it (an empty home draws nothing)
    under : float (level,) -- share of measurements below it: the level lies between both
    error : float (level,) -- standard error of ``below`` were all cases independent; cases of one
        day are not, so it is too small
    n_case, n_missing : cases with a measurement and a forecast, and cases left out
    """

    level: FloatArray
    pinball: FloatArray
    below: FloatArray
    under: FloatArray
    error: FloatArray
    n_case: int
    n_missing: int

    def __post_init__(self) -> None:
        names = ("level", "pinball", "below", "under", "error")
        own_fields(self, dict.fromkeys(names, (np.float64, ("level",))), {})

    def rows(self) -> list[dict[str, float]]:
        """One row per level: level, pinball, below, under, error."""
        names = ("level", "pinball", "below", "under", "error")
        columns = (getattr(self, name).tolist() for name in names)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def score_quantiles(
    ensemble: npt.ArrayLike, observed: npt.ArrayLike, levels: Sequence[float] = LEVELS
) -> QuantileScores:
    """Score the quantiles of draws against measurements.

    Parameters
    ----------
    ensemble : float (case, draw)
    observed : float (case,) -- NaN where nothing was measured
    levels : between 0 and 1
    """
    draws, values = np.asarray(ensemble, float), np.asarray(observed, float)
    cost = pinball(draws, values, levels)
    known = np.isfinite(cost).all(axis=1)
    n_case = int(known.sum())
    quantiles = np.quantile(draws[known], levels, axis=1)
    share = np.full((2, len(levels)), np.nan)
    if n_case:
        # what differs by rounding only is equal
        slack = 1e-9 * np.maximum(np.abs(quantiles), 1.0)
        share = np.array(
            [
                (values[known] <= quantiles + slack).mean(1),
                (values[known] < quantiles - slack).mean(1),
            ]
        )
    return QuantileScores(
        level=np.asarray(levels, dtype=np.float64),
        pinball=cost[known].mean(axis=0) if n_case else np.full(len(levels), np.nan),
        below=share[0],
        under=share[1],
        error=np.sqrt(share[0] * (1.0 - share[0]) / max(n_case, 1)),
        n_case=n_case,
        n_missing=len(values) - n_case,
    )
