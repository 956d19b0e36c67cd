"""Make the data files of ``gridplan/demand/data`` from a folder of domain facts.

    python scripts/make_demand_data.py FOLDER

FOLDER holds ``spring_festival_calendar.csv``, ``load_profiles_96.csv``, ``household_admd.csv``,
``returnee_presence_curve.csv``, ``rural_special_loads.csv`` and ``appliances.csv``. The day shapes
that no source gives (mill, farm, shop, public, dryers, feast, meals), the seasons, the visitors of
National Day, and what homes own and how they charge, are written out here, point by point.
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
    # cooking with electricity: breakfast, lunch, and most of it before and at dinner
    "meals": [(0, 0), (6, 0), (7, 0.4), (7.5, 0.4), (8.5, 0), (10.5, 0), (11.5, 0.8), (12, 0.8),
              (13, 0), (16, 0), (17.5, 1), (18.75, 1), (20, 0), (24, 0)],
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


#: column of the register, what it does, the row of ``appliances.csv``, share of the time that its
#: thermostat or hand keeps it on (status A)
APPLIANCES = [
    ("heaters", "heating", "electric heater (small sun / oil filled)", 0.75),
    ("air_conditioners", "heating", "air conditioner, heating 1.5 hp", 0.6),
    ("induction_cookers", "cooking", "induction cooker / hot pot", 0.75),
    ("electric_vehicles", "charging", "household EV charger", 1.0),
]

_NBS_2021 = "National Bureau of Statistics: rural households, China Economic Net 2022-10-12"
_NBS_2016 = "National Bureau of Statistics: rural households, China News 2017-07-06"
_CENSUS = "third agricultural census, communique 4, 2017-12-16"
#: column of the register, household, year, appliances per home, status, source. Levels contain what
#: the mean home has; a ten-kilowatt home is one because of what it has.
OWNERSHIP = [
    ("heaters", "mean", 2021, 0.5, "A", "no public figure"),
    ("air_conditioners", "mean", 2012, 0.254, "V", f"{_NBS_2021}: 89.0 is 250.8 % more"),
    ("air_conditioners", "mean", 2016, 0.48, "V", f"{_NBS_2016} (census: 0.528)"),
    ("air_conditioners", "mean", 2021, 0.89, "V", _NBS_2021),
    ("air_conditioners", "ten_kilowatt", 2019, 4.0, "V", "Weishi county, Xinhua 2019-01-24"),
    ("induction_cookers", "mean", 2016, 0.59, "A", f"homes that cook and heat mainly with "
     f"electricity: 58.6 % ({_CENSUS}), one cooker each"),
    ("electric_vehicles", "mean", 2021, 0.01, "A", f"30.2 cars per 100 homes ({_NBS_2021}), about "
     "3 % of them electric"),
]  # fmt: skip

#: name, value, unit, status, source: charging of electric vehicles at home
CHARGING = [
    ("sessions_per_day", 0.25, "1/d", "A", "with the hours below, one car in twenty charges at the "
     "Eve's peak, as appliances.csv assumes"),
    ("start_h", 20.5, "h", "A", "after dinner"),
    ("start_sd_h", 2.0, "h", "A", ""),
    ("energy_kwh", 15.0, "kWh", "A", "about 100 km"),
    ("energy_cv", 0.5, "", "A", ""),
]  # fmt: skip


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
    facts = {row["load_en"]: row for row in loads}
    names = (
        "kind",
        "shape",
        "before",
        "festival",
        "after",
        "running_days",
        "varies",
        "power_factor",
        "kw_low",
        "kw_high",
        "source",
    )
    rows: list[dict[str, object]] = []
    for kind in KINDS:
        fact = facts.get(kind[7], {})
        known = [fact.get(name, "") for name in ("power_factor", "kw_low", "kw_high")]
        values = (*kind[:6], int(kind[6]), *known, kind[7] or "network file")
        rows.append(dict(zip(names, values, strict=True)) | {"status": "A"})
    return rows


def appliances(facts: list[dict[str, str]]) -> list[dict[str, object]]:
    """One row per appliance of the register; ratings are the middle of their range."""
    by_name = {row["appliance_en"]: row for row in facts}
    rows: list[dict[str, object]] = []
    for name, effect, source, duty in APPLIANCES:
        fact = by_name[source]
        middle = (float(fact["rating_kw_low"]) + float(fact["rating_kw_high"])) / 2
        rows.append(
            {
                "appliance": name,
                "effect": effect,
                "rating_kw": round(middle, 3),
                "duty": duty,
                "on_at_eve_peak": fact["on_probability_nye_peak_given_owned"],
                "power_factor": fact["power_factor"],
                "status": "A",
                "source": f"{source}: rating and power factor K, the rest A",
            }
        )
    return rows


def charging(facts: list[dict[str, str]]) -> list[dict[str, object]]:
    """How electric vehicles charge at home: power from the facts, habits from above."""
    charger = next(row for row in facts if row["appliance_en"] == "household EV charger")
    names = ("name", "value", "unit", "status", "source")
    rows = [dict(zip(names, row, strict=True)) for row in CHARGING]
    for name, column in (("low_kw", "rating_kw_low"), ("high_kw", "rating_kw_high")):
        rows.append(dict(zip(names, (name, charger[column], "kW", "K", "nameplates"), strict=True)))
    factor = ("power_factor", charger["power_factor"], "", "K", "nameplates")
    return [*rows, dict(zip(names, factor, strict=True))]


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
    facts = read(folder / "appliances.csv")
    write("appliances.csv", appliances(facts))
    write("charging.csv", charging(facts))
    names = ("appliance", "household", "year", "per_home", "status", "source")
    owned: list[dict[str, object]] = [dict(zip(names, row, strict=True)) for row in OWNERSHIP]
    write("appliance_ownership.csv", owned)
    write("special_kinds.csv", special_kinds(read(folder / "rural_special_loads.csv")))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
