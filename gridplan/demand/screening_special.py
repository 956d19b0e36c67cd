"""Special loads in the load of a whole area: by their rating, days and hours.

They are drawn as a study draws those of a network: machines run on some days, at their hours, and
rest over the festival as their kind does. A rating that the ledger does not give lies evenly
between those that are usual.
"""

from __future__ import annotations

import numpy as np

from gridplan.demand.profiles import QUARTERS, special_day, special_kinds, special_series
from gridplan.demand.special_list import ListedLoad
from gridplan.demand.streams import stream
from gridplan.frozen import Float32Array, FloatArray, IntArray

EVENING = slice(68, 88)  #: quarter hours from 17:00 to 22:00, in which homes peak


def special_load(
    loads: tuple[ListedLoad, ...], days: IntArray, n_draw: int, *, area: str, seed: int
) -> Float32Array:
    """Power of an area's special loads on festival days: float32 (draw, day, 96) [kW].

    Each load has a stream of its own: another one changes none of its numbers.
    """
    total = np.zeros((n_draw, len(days), QUARTERS), dtype=np.float32)
    for number, load in enumerate(loads):
        kind, name = special_kinds()[load.kind], f"screening: {area} special {number}"
        runs = stream(seed, name, 1).random((n_draw, len(days))) < kind.running_days
        share = special_series(kind, days, 15)
        kw = _rating_kw(load, stream(seed, name, 0).random(n_draw))
        total += ((kw[:, None] * runs)[..., None] * share).astype(np.float32)
    return total


def usual_evening_kw(
    loads: tuple[ListedLoad, ...], n_draw: int, *, area: str, seed: int
) -> FloatArray:
    """What the special loads draw on the evenings of ordinary winter days, on average (draw,) [kW].

    The ratings are those of ``special_load``.
    """
    total = np.zeros(n_draw)
    for number, load in enumerate(loads):
        kind, name = special_kinds()[load.kind], f"screening: {area} special {number}"
        share = kind.before * kind.running_days * float(special_day(kind, 15)[EVENING].mean())
        total += _rating_kw(load, stream(seed, name, 0).random(n_draw)) * share
    return total


def _rating_kw(load: ListedLoad, uniform: FloatArray) -> FloatArray:
    """Rating in every draw (draw,) [kW]."""
    low, high = load.usual_kw
    return low + (high - low) * uniform
