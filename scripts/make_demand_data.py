"""Make the data files of ``gridplan/demand/data`` from a folder of domain facts.

    python scripts/make_demand_data.py FOLDER

FOLDER holds ``spring_festival_calendar.csv``, ``load_profiles_96.csv``, ``household_admd.csv``,
``returnee_presence_curve.csv`` and ``rural_special_loads.csv``. The day shapes of special loads
that no source gives (mill, farm, shop, public, dryers, feast), the seasons and the visitors of
National Day are assumptions and are written out here, point by point.
"""

from __future__ import annotations

import csv
import sys
from itertools import pairwise
from pathlib import Path

from calendar_facts import lunar_months, official_days

TARGET = Path(__file__).resolve().parent.parent / "gridplan" / "demand" / "data"

COPIES = {
    "spring_festival_calendar.csv": "festival_days.csv",
    "household_admd.csv": "household_levels.csv",
    "returnee_presence_curve.csv": "presence_curve.csv",
}

#: (hour, share of the rating) corner points of a day, joined by straight lines. Status A.
CORNERS: dict[str, list[tuple[float, float]]] = {
    "mill": [
        (0, 0),
        (8, 0),
        (8.5, 1),
        (11, 1),
        (11.5, 0),
        (14, 0),
        (14.5, 1),
        (17, 1),
        (17.5, 0),
        (24, 0),
    ],
    "farm": [(0, 1), (6, 1), (9, 0.6), (16, 0.6), (19, 0.9), (24, 1)],
    "shop": [(0, 0.2), (6.5, 0.2), (8, 0.6), (17, 0.7), (18, 1), (21, 1), (22.5, 0.2), (24, 0.2)],
    "public": [
        (0, 0.1),
        (7.5, 0.1),
        (8.5, 1),
        (11.5, 1),
        (12.5, 0.6),
        (14, 0.9),
        (17, 0.9),
        (18.5, 0.1),
        (24, 0.1),
    ],
    # leaves picked by day are dried from the afternoon into the night
    "tea_dryer": [(0, 0.8), (2, 0.2), (8, 0.1), (14, 0.4), (16, 1), (22, 1), (24, 0.8)],
    # a barn burns day and night for about a week
    "tobacco_dryer": [(0, 1), (24, 1)],
    # cooking in the morning for noon, and again for the evening, with lights and music
    "feast": [(0, 0), (5, 0), (6, 0.7), (10, 1), (13, 1), (14, 0.4), (16, 0.8), (17, 1), (20, 1),
              (22, 0.4), (23, 0), (24, 0)],
}  # fmt: skip

#: kind, months, activity, share of the days on which it runs: ordinary days by season (status A).
#: A kind and month without a row: idle.
YEAR = "1 2 3 4 5 6 7 8 9 10 11 12"
SEASONS = [
    ("pump", "12 1 2", 1.0, 0.3),
    ("pump", "3 4 5", 1.0, 0.4),
    ("pump", "6 7 8", 1.0, 0.7),
    ("pump", "9 10 11", 1.0, 0.3),
    ("mill", "9 10 11", 1.0, 0.9),
    ("mill", "12 1 2 3 4 5 6 7 8", 1.0, 0.3),
    ("farm", YEAR, 1.0, 1.0),
    ("shop", YEAR, 1.0, 1.0),
    ("public", YEAR, 1.0, 1.0),
    ("ebike", YEAR, 1.0, 1.0),
    ("pv", YEAR, 1.0, 1.0),
    ("three_phase", YEAR, 1.0, 1.0),
    ("tea_dryer", "3 4 5", 1.0, 0.8),
    ("tobacco_dryer", "7 8 9", 1.0, 0.8),
    ("feast", YEAR, 0.0, 0.0),
]

#: kind of day, months, level of a home relative to a usual winter day, what the weather does to it
DAY_LEVELS = [
    ("normal_winter", "12 1 2", 1.0, "heating"),
    ("spring", "3 4 5", 0.8, "none"),
    ("summer", "6 7 8", 1.1, "cooling"),
    ("autumn", "9 10 11", 0.85, "none"),
]

#: day from National Day (1 October), cumulative share arrived and departed: three days around the
#: first, gone by the eighth (status A)
NATIONAL_DAY = [
    (-3, 0.03, 0.0),
    (-2, 0.08, 0.0),
    (-1, 0.4, 0.0),
    (0, 0.8, 0.01),
    (1, 0.92, 0.05),
    (2, 0.97, 0.12),
    (3, 0.99, 0.25),
    (4, 1.0, 0.42),
    (5, 1.0, 0.65),
    (6, 1.0, 0.9),
    (7, 1.0, 0.98),
    (8, 1.0, 1.0),
]

#: kind, shape, activity before the Eve, from the Eve to day 3, after; share of the days on which it
#: runs; whether it varies from quarter hour to quarter hour; the row of ``rural_special_loads.csv``
#: with its power factor
KINDS = [
    ("pump", "pump", 1.0, 0.0, 1.0, 0.3, False, "irrigation pump, shallow well"),
    ("mill", "mill", 1.0, 0.0, 0.5, 0.3, False, "rice mill / feed mill"),
    ("farm", "farm", 1.0, 1.0, 1.0, 1.0, True, "pig farm fans, heat lamps"),
    ("shop", "shop", 1.0, 0.7, 0.9, 1.0, True, "cold store (Spring Festival goods)"),
    ("public", "public", 1.0, 0.3, 0.7, 1.0, True, "village committee / clinic / school"),
    ("ebike", "ebike", 1.0, 1.0, 1.0, 1.0, True, "e-bike charging point (per socket)"),
    ("pv", "sun", 1.0, 1.0, 1.0, 1.0, False, ""),
    ("three_phase", "three_phase", 1.0, 1.0, 1.0, 1.0, True, ""),
    ("tea_dryer", "tea_dryer", 0.0, 0.0, 0.0, 1.0, True, "tea/tobacco drying"),
    ("tobacco_dryer", "tobacco_dryer", 0.0, 0.0, 0.0, 1.0, True, "tea/tobacco drying"),
    ("feast", "feast", 0.0, 0.0, 0.0, 0.0, True, "tea/tobacco drying"),
]


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, rows: list[dict[str, object]]) -> None:
    """Write rows with the same line ends, so the same bytes, on every system."""
    with (TARGET / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def broken_line(corners: list[tuple[float, float]], hour: float) -> float:
    """Value at ``hour`` on the line through ``corners``."""
    for (h0, v0), (h1, v1) in pairwise(corners):
        if h0 <= hour <= h1:
            return v0 + (v1 - v0) * (hour - h0) / (h1 - h0)
    raise ValueError(f"{hour} h is outside the corners")


def day_shapes(profiles: list[dict[str, str]]) -> list[dict[str, object]]:
    """96 quarter hours of every shape, each relative to its own maximum."""
    rows: list[dict[str, object]] = []
    for index, source in enumerate(profiles):
        middle = index / 4 + 1 / 8
        row: dict[str, object] = {
            key: source[key] for key in source if key != "irrigation_pump_day"
        }
        row["pump"], row["ebike"] = source["irrigation_pump_day"], row.pop("ebike_evening")
        row |= {name: round(broken_line(corners, middle), 4) for name, corners in CORNERS.items()}
        row["three_phase"] = source["normal_winter_resident"]
        rows.append(row)
    return rows


def special_kinds(loads: list[dict[str, str]]) -> list[dict[str, object]]:
    """One row per kind of special load; without a power factor: as the network file has it."""
    factor = {row["load_en"]: row["power_factor"] for row in loads}
    names = (
        "kind",
        "shape",
        "before",
        "festival",
        "after",
        "running_days",
        "varies",
        "power_factor",
        "source",
    )
    return [
        dict(
            zip(
                names,
                (*kind[:6], int(kind[6]), factor.get(kind[7], ""), kind[7] or "network file"),
                strict=True,
            )
        )
        | {"status": "A"}
        for kind in KINDS
    ]


def rows_of(names: str, rows: list[tuple[object, ...]]) -> list[dict[str, object]]:
    """Rows of an assumption written out above."""
    return [dict(zip(names.split(), row, strict=True)) | {"status": "A"} for row in rows]


def main(folder: Path) -> None:
    """Write all data files."""
    festivals = read(folder / "spring_festival_calendar.csv")
    write("lunar_months.csv", lunar_months(festivals))
    write("official_days.csv", official_days(festivals))
    write("special_seasons.csv", rows_of("kind months activity running_days", [*SEASONS]))
    write("day_levels.csv", rows_of("day_type months level weather", [*DAY_LEVELS]))
    curve = rows_of("day_offset cumulative_arrived cumulative_departed", [*NATIONAL_DAY])
    write("national_day_curve.csv", curve)
    TARGET.mkdir(parents=True, exist_ok=True)
    for source, target in COPIES.items():
        write(target, [dict(row) for row in read(folder / source)])
    write("day_shapes.csv", day_shapes(read(folder / "load_profiles_96.csv")))
    write("special_kinds.csv", special_kinds(read(folder / "rural_special_loads.csv")))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
