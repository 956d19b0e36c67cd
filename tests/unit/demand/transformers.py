"""Curves of transformers that tests make up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gridplan.demand.screening_area import Winter
from gridplan.demand.screening_curves import CurveBook
from gridplan.demand.screening_weather import Temperatures

Curves = tuple[str, npt.NDArray[np.float32]]


def flat(first: str, kw: Sequence[float]) -> Curves:
    """Days one after the other, each of the same power all day long."""
    return first, np.repeat(np.array(kw, dtype=np.float32)[:, None], 96, axis=1)


def winters(
    *parts: Curves, year: int = 2027, temperatures: Temperatures | None = None
) -> tuple[Winter, ...]:
    """Winters of one transformer from days that begin at some dates."""
    book = CurveBook(screened=year)
    for first, curves in parts:
        for at, points in enumerate(curves):
            book.add(dt.date.fromisoformat(first) + dt.timedelta(days=at), points)
    known = temperatures or Temperatures(screened=year)
    return book.winters(known, (known.usual_ordinary_c(), known.usual_festival_c()))
