"""Named random streams: numbers depend on the seed, the draw and the stream's name only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from gridplan.frozen import Float32Array, FloatArray, IntArray, own_fields

#: Names of the streams that quasi-random points steer.
TEMPERATURE, HOME_LEVEL, IN_TIME = "temperature", "home level", "variation in time"
RETURNEES, PENDING = "returnees", "pending"


def event_stream(name: str) -> str:
    """Stream of an event by its name: with random draws no other event changes anything of it."""
    return f"event {name}"


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Along:
    """The component of a stream's normal numbers along a direction, given for every draw.

    The numbers of a draw, as a matrix (row, column), keep all that is at right angles to the
    direction; their component along it becomes the draw's value. Independent standard normal
    numbers stay such if the values are standard normal and independent of them.

    Attributes
    ----------
    value : float (draw,)
    rows, columns : float (row,), (way, column) -- the direction is their outer product; each has
        the length 1
    way : int (draw,) -- which of the columns a draw takes
    """

    value: FloatArray
    rows: FloatArray
    columns: FloatArray
    way: IntArray

    def __post_init__(self) -> None:
        layout = {
            "value": (np.float64, ("draw",)),
            "rows": (np.float64, ("row",)),
            "columns": (np.float64, ("way", "column")),
            "way": (np.int64, ("draw",)),
        }
        own_fields(self, layout, {})

    def steer(self, noise: npt.NDArray[np.floating], draw: int) -> None:
        """Give the numbers of a draw (row * column in any shape) their component, in place."""
        column = self.columns[self.way[draw]]
        touched = np.flatnonzero(column)
        span = slice(touched[0], touched[-1] + 1)
        part = noise.reshape(len(self.rows), -1)[:, span]
        # no product of BLAS: its sums depend on the number of its threads
        seen = np.einsum("i,ij,j->", self.rows, part, column[span])
        part += (self.rows[:, None] * ((self.value[draw] - seen) * column[span])).astype(part.dtype)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """Some of a stream's uniform numbers, given for every draw.

    Attributes
    ----------
    place : int (number,) -- which of the numbers
    value : float (draw, number)
    """

    place: IntArray
    value: FloatArray

    def __post_init__(self) -> None:
        layout = {"place": (np.int64, ("number",)), "value": (np.float64, ("draw", "number"))}
        own_fields(self, layout, {})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streams:
    """All random numbers of a study, by the names of their streams.

    Attributes
    ----------
    seed : of the study
    along : components of normal numbers that are given
    candidate : int (draw, number) -- which of its successive drawings each of a draw's uniform
        numbers (the last axis) is taken from; without an entry from the first
    given : uniform numbers that are given
    """

    seed: int
    along: Mapping[str, tuple[Along, ...]] = field(default_factory=lambda: MappingProxyType({}))
    candidate: Mapping[str, IntArray] = field(default_factory=lambda: MappingProxyType({}))
    given: Mapping[str, Given] = field(default_factory=lambda: MappingProxyType({}))

    def generator(self, name: str, draw: int) -> np.random.Generator:
        """Generator of one stream of one draw, for numbers that are never given."""
        return stream(self.seed, name, draw)

    def normal(self, name: str, draw: int, n: int) -> FloatArray:
        """Standard normal numbers (n,)."""
        noise = stream(self.seed, name, draw).standard_normal(n)
        for component in self.along.get(name, ()):
            component.steer(noise, draw)
        return noise

    def normal_field(self, name: str, draw: int, shape: tuple[int, int]) -> Float32Array:
        """Standard normal numbers (row, column) in single precision."""
        noise = stream(self.seed, name, draw).standard_normal(shape, dtype=np.float32)
        for component in self.along.get(name, ()):
            component.steer(noise, draw)
        return noise

    def uniform(self, name: str, draw: int, shape: tuple[int, ...]) -> FloatArray:
        """Uniform numbers of a shape, at least 0 and below 1."""
        chosen = self.candidate.get(name)
        if chosen is None:
            numbers = stream(self.seed, name, draw).random(shape)
        else:
            drawings = self.candidates(name, draw, shape, int(chosen[draw].max()) + 1)
            places = np.arange(shape[-1])
            numbers = np.moveaxis(drawings[chosen[draw], ..., places], 0, -1)
        if name in self.given:
            given = self.given[name]
            numbers.flat[given.place] = given.value[draw]
        return numbers

    def candidates(self, name: str, draw: int, shape: tuple[int, ...], count: int) -> FloatArray:
        """The first drawings of a stream of uniform numbers (candidate, *shape)."""
        return stream(self.seed, name, draw).random((count, *shape))
