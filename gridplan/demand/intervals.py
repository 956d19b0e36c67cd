"""How surely a share of draws is known."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from gridplan.frozen import BoolArray

#: Two-sided 95 % quantile of the normal distribution.
_Z_95 = 1.959963984540054
#: Independent sequences may agree by chance: the variance that they show counts with that of
#: independent draws, which weighs as much as so many sequences (assumption, tested by simulation).
_PRIOR = 2


def wilson_interval(count: int, n_draw: int) -> tuple[float, float]:
    """Wilson score interval (95 %) of a share of independent draws.

    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212.
    """
    return _score_interval(count, n_draw, n_draw, _Z_95)


def share_interval(hit: BoolArray, replicates: int | None = None) -> tuple[float, float]:
    """Interval (95 %) of the share of draws that are hit.

    Parameters
    ----------
    hit : bool (draw,)
    replicates : None: the draws are independent, and the interval is Wilson's. Else they belong in
        turn to so many independent sequences, whose shares tell how surely that of all is known:
        Wilson's interval for as many independent draws as would be as sure, with Student's quantile
        in place of the normal one.

    Source: P. L'Ecuyer, M. K. Nakayama, A. B. Owen, B. Tuffin, Winter Simulation Conference (2023):
    Student's interval of replicates; C. Franco, R. J. A. Little, T. A. Louis, E. V. Slud, J. Survey
    Statistics and Methodology 7 (2019) 334-364: Wilson's at the effective number of draws.
    """
    count, n_draw = int(hit.sum()), len(hit)
    if replicates is None:
        return wilson_interval(count, n_draw)
    sequences = min(replicates, n_draw)
    freedom = sequences - 1 + _PRIOR
    critical = float(stdtrit(freedom, 0.975))
    return _score_interval(count, n_draw, n_draw / _design_effect(hit, sequences), critical)


def _design_effect(hit: BoolArray, sequences: int) -> float:
    """Variance of the share by its sequences, over that of as many independent draws."""
    n_draw, share = len(hit), hit.mean()
    independent = share * (1 - share) / n_draw
    if independent == 0:
        return 1.0
    sequence = np.arange(n_draw) % sequences
    beyond = np.bincount(sequence, weights=hit - share)
    seen = (beyond**2).sum() * sequences / max(sequences - 1, 1) / n_draw**2
    weight = sequences - 1
    return float((weight * seen / independent + _PRIOR) / (weight + _PRIOR))


def _score_interval(
    count: int, n_draw: int, n_effective: float, critical: float
) -> tuple[float, float]:
    """Score interval of a share, known as surely as from ``n_effective`` independent draws."""
    share, z2 = count / n_draw, critical**2
    centre = (share + z2 / (2 * n_effective)) / (1 + z2 / n_effective)
    spread = math.sqrt(share * (1 - share) / n_effective + z2 / (4 * n_effective**2))
    half = critical * spread / (1 + z2 / n_effective)
    # At 0 and n of n draws the interval touches 0 and 1; rounding must not push it beyond.
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == n_draw else min(1.0, centre + half)
    return low, high
