"""How surely a share of draws is known."""

from __future__ import annotations

import math

#: Two-sided 95 % quantile of the normal distribution.
_Z_95 = 1.959963984540054


def wilson_interval(count: int, n_draw: int) -> tuple[float, float]:
    """Wilson score interval (95 %) of a share.

    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212.
    """
    share, z2 = count / n_draw, _Z_95**2
    centre = (share + z2 / (2 * n_draw)) / (1 + z2 / n_draw)
    spread = math.sqrt(share * (1 - share) / n_draw + z2 / (4 * n_draw**2))
    half = _Z_95 * spread / (1 + z2 / n_draw)
    # At 0 and n of n draws the interval touches 0 and 1; rounding must not push it beyond.
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == n_draw else min(1.0, centre + half)
    return low, high
