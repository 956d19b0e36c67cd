"""Invented registers of returning people, spread over the days as the presence curve says."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sample_net import ROOT

STUDY = "spring-festival-2027"
NEW_YEARS_DAY = datetime.date(2027, 2, 6)
FIRST_UPDATE = datetime.date(2027, 1, 12)
CURVE = ROOT / "gridplan" / "demand" / "data" / "presence_curve.csv"
COLUMNS = (
    "customer_id",
    "persons",
    "arrival",
    "departure",
    "will_not_return",
    "source",
    "updated",
)
#: How the village's clerks hear of returning people, with invented shares.
SOURCES = {"survey": 0.55, "phone call": 0.3, "village committee": 0.15}


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What a register knows.

    Attributes
    ----------
    persons : returning persons of the whole register; None: as they fall
    resident_share : share of lived-in homes that expect returning people
    refusal_share : share of the homes that stay empty and say so; the others are not on it
    unknown_share : share of entries without one of the two dates
    all_there_on_eve : everybody has arrived on New Year's Eve, and said when
    """

    persons: int | None
    resident_share: float
    refusal_share: float
    unknown_share: float
    all_there_on_eve: bool = False


def write_register(
    name: str,
    homes: Sequence[tuple[str, str]],
    habits: Habits,
    rng: np.random.Generator,
    root: Path,
) -> Path:
    """Write ``scenarios/<study>/<name>.csv`` for homes given as (customer_id, role).

    The roles are those of ``village.MeterBox``.
    """
    expecting = [home for home, role in homes if role == "v"]
    lived_in = [home for home, role in homes if role in {"r", "t"}]
    expecting += _some(lived_in, habits.resident_share, rng)
    refusing = set(_some([h for h, role in homes if role == "e"], habits.refusal_share, rng))
    persons = dict(zip(expecting, _persons(len(expecting), habits.persons, rng), strict=True))
    dates = dict(zip(expecting, _dates(len(expecting), habits, rng), strict=True))
    rows = []
    for home, _ in homes:
        if home in persons or home in refusing:
            arrival, departure = dates.get(home, ("", ""))
            source = rng.choice(list(SOURCES), p=list(SOURCES.values()))
            updated = FIRST_UPDATE + datetime.timedelta(days=int(rng.integers(0, 8)))
            refusal = "yes" if home in refusing else "no"
            rows.append(
                (home, persons.get(home, 0), arrival, departure, refusal, str(source), updated)
            )
    path = root / "scenarios" / STUDY / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    part.replace(path)
    return path


def _some(homes: Sequence[str], share: float, rng: np.random.Generator) -> list[str]:
    chosen = rng.permutation(len(homes))[: round(share * len(homes))]
    return [homes[index] for index in sorted(chosen)]


def _persons(count: int, total: int | None, rng: np.random.Generator) -> list[int]:
    """Two to five persons per home, 3.1 on average; then one more or less here and there."""
    persons = rng.choice([2, 3, 4, 5], p=[0.3, 0.4, 0.2, 0.1], size=count)
    if total is not None:
        if not count <= total <= 6 * count:
            raise ValueError(f"{total} persons do not fit into {count} homes")
        while persons.sum() != total:
            step = int(np.sign(total - persons.sum()))
            open_homes = np.flatnonzero((persons + step >= 1) & (persons + step <= 6))
            persons[rng.choice(open_homes)] += step
    return [int(number) for number in persons]


def _dates(count: int, habits: Habits, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Arrival and departure per home at evenly spread quantiles of the presence curve."""
    days, arrived, departed = _curve()
    latest = float(arrived[days == -1][0]) if habits.all_there_on_eve else 1.0
    steps = (np.arange(count) + 0.5) / count
    arrival = days[np.searchsorted(arrived, rng.permutation(steps) * latest)]
    departure = days[np.searchsorted(departed, rng.permutation(steps))]
    departure = np.maximum(departure, arrival + 1)
    unknown = set(_some([str(i) for i in range(count)], habits.unknown_share, rng))
    rows = []
    for index in range(count):
        texts = [
            (NEW_YEARS_DAY + datetime.timedelta(days=int(day))).isoformat()
            for day in (arrival[index], departure[index])
        ]
        if str(index) in unknown:
            forgotten = 1 if habits.all_there_on_eve else int(rng.integers(0, 2))
            texts[forgotten] = ""
        rows.append((texts[0], texts[1]))
    return rows


def _curve() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Day from New Year's Day and the shares of returning people arrived and departed by then."""
    with CURVE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ("day_offset_from_cny", "cumulative_arrived", "cumulative_departed")
    day, arrived, departed = (np.array([float(row[name]) for row in rows]) for name in columns)
    return day.astype(np.int64), arrived, departed
