"""The data files that come with this room (made by ``scripts/make_demand_data.py``)."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=8)
def table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of one file of ``gridplan/demand/data``."""
    text = (files("gridplan.demand") / "data" / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
