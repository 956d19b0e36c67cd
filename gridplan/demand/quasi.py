"""Quasi-random numbers: scrambled Sobol points, in independent sequences that take turns.

Draw k is point k // R of the sequence k % R. Each of the R sequences has a scramble of its own, so
that how far their shares differ tells how precise the share of all draws is; more draws go on where
fewer stopped.

Source: A. B. Owen, Scrambling Sobol' and Niederreiter-Xing points, J. Complexity 14 (1998) 466-489;
the scramble is that of scipy: random linear matrices and a digital shift.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from gridplan.demand.streams import stream
from gridplan.frozen import FloatArray

#: Independent sequences R: fewer leave the precision doubtful, more leave each with few points.
REPLICATES = 16
#: Dimensions of every sequence, more than are used: with another number all would change.
DIMENSIONS = 32
_BITS = 30


def quasi_random(seed: int, n_draw: int) -> FloatArray:
    """Uniform numbers between 0 and 1, both excluded (draw, dimension)."""
    per_sequence = -(-n_draw // REPLICATES)
    log2 = int(per_sequence - 1).bit_length()
    points = np.empty((per_sequence, REPLICATES, DIMENSIONS))
    for number in range(REPLICATES):
        generator = stream(seed, "quasi-random", number)
        sequence = qmc.Sobol(DIMENSIONS, scramble=True, bits=_BITS, rng=generator)
        points[:, number] = sequence.random_base2(log2)[:per_sequence]
    # the points are the lower corners of cells of 2^-30: taken at their centres, none is 0
    return points.reshape(-1, DIMENSIONS)[:n_draw] + 0.5 * 2.0**-_BITS
