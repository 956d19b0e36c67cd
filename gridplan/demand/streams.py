"""Named random streams: numbers depend on the seed, the draw and the stream's name only."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np


@lru_cache(maxsize=64)
def _stream_key(name: str) -> int:
    """32 bits of the name, the same on every machine and in every process (``hash()`` is not)."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def stream(seed: int, name: str, draw: int) -> np.random.Generator:
    """Generator of one stream of one draw.

    Philox is counter-based, so that neighbouring keys give independent numbers; ``SeedSequence``
    mixes seed, name and draw into its key. A new stream never changes the numbers of the others.
    """
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(_stream_key(name), draw))
    return np.random.Generator(np.random.Philox(sequence))
