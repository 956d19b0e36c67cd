"""Facts of the Chinese calendar that ``make_demand_data.py`` writes out: months and holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

FIRST_YEAR, FIRST_DAY = 2014, dt.date(2014, 1, 31)

#: Lunar years from 2014 to 2035: the month that a leap month follows (0: none), and the length of
#: each month in order, the leap month among them, l(ong, 30 days) or s(hort, 29 days). As common
#: tables have them (S); they must agree with the festival table, and the tests compare them with
#: computed new moons and solar terms (C). For 2033 tables disagree: its leap month follows the
#: eleventh.
LUNAR_YEARS = (
    (9, "slslslsllslsl"),
    (0, "slsslslllsls"),
    (0, "lslsslsllsll"),
    (6, "slslsslslslll"),
    (0, "slslsslslsll"),
    (0, "lslslsslssll"),
    (4, "slllslsslslsl"),
    (0, "sllslslslsls"),
    (0, "lslsllslslsl"),
    (2, "slssllsllslsl"),
    (0, "slsslsllslls"),
    (6, "lslsslslsllls"),
    (0, "lslsslssllls"),
    (0, "llslsslsslls"),
    (5, "lllslsslsslls"),
    (0, "llslslslssll"),
    (0, "slsllslslsls"),
    (3, "sllslsllslsls"),
    (0, "lsslsllsllsl"),
    (11, "slsslslslllsl"),
    (0, "slsslslsllsl"),
    (0, "lslsslssllsl"),
)

#: Official holidays beside the Spring Festival's (that table has its own): per year, name, first
#: and last day off, and the days worked instead. 2015 to 2018 as a package has them (P), later ones
#: from memory of the notices (K).
HOLIDAYS: dict[int, str] = {
    2015: "new_year 01-01 01-03 01-04; qingming 04-04 04-06; labour 05-01 05-03; "
    "dragon_boat 06-20 06-22; victory 09-03 09-05 09-06; mid_autumn 09-26 09-27; "
    "national 10-01 10-07 10-10",
    2016: "new_year 01-01 01-03; qingming 04-02 04-04; labour 04-30 05-02; "
    "dragon_boat 06-09 06-11 06-12; mid_autumn 09-15 09-17 09-18; national 10-01 10-07 10-08 10-09",
    2017: "new_year 01-01 01-02; qingming 04-02 04-04 04-01; labour 04-29 05-01; "
    "dragon_boat 05-28 05-30 05-27; national 10-01 10-08 09-30",
    2018: "new_year 01-01 01-01; qingming 04-05 04-07 04-08; labour 04-29 05-01 04-28; "
    "dragon_boat 06-16 06-18; mid_autumn 09-22 09-24; national 10-01 10-07 09-29 09-30; "
    "new_year 12-30 12-31 12-29",
    2019: "new_year 01-01 01-01; qingming 04-05 04-07; labour 05-01 05-04 04-28 05-05; "
    "dragon_boat 06-07 06-09; mid_autumn 09-13 09-15; national 10-01 10-07 09-29 10-12",
    2020: "new_year 01-01 01-01; qingming 04-04 04-06; labour 05-01 05-05 04-26 05-09; "
    "dragon_boat 06-25 06-27 06-28; national 10-01 10-08 09-27 10-10",
    2021: "new_year 01-01 01-03; qingming 04-03 04-05; labour 05-01 05-05 04-25 05-08; "
    "dragon_boat 06-12 06-14; mid_autumn 09-19 09-21 09-18; national 10-01 10-07 09-26 10-09",
    2022: "new_year 01-01 01-03; qingming 04-03 04-05 04-02; labour 04-30 05-04 04-24 05-07; "
    "dragon_boat 06-03 06-05; mid_autumn 09-10 09-12; national 10-01 10-07 10-08 10-09; "
    "new_year 12-31 12-31",
    2023: "new_year 01-01 01-02; qingming 04-05 04-05; labour 04-29 05-03 04-23 05-06; "
    "dragon_boat 06-22 06-24 06-25; national 09-29 10-06 10-07 10-08",
    2024: "new_year 01-01 01-01; qingming 04-04 04-06 04-07; labour 05-01 05-05 04-28 05-11; "
    "dragon_boat 06-10 06-10; mid_autumn 09-15 09-17 09-14; national 10-01 10-07 09-29 10-12",
    2025: "new_year 01-01 01-01; qingming 04-04 04-06; labour 05-01 05-05 04-27; "
    "dragon_boat 05-31 06-02; national 10-01 10-08 09-28 10-11",
    2026: "new_year 01-01 01-03 01-04; qingming 04-04 04-06; labour 05-01 05-05 05-09; "
    "dragon_boat 06-19 06-21; mid_autumn 09-25 09-27; national 10-01 10-07 09-20 10-10",
}


def lunar_months(festivals: list[dict[str, str]]) -> list[dict[str, object]]:
    """One row per lunar month; ``ValueError`` where it disagrees with the festival table."""
    new_year_days = {int(row["year"]): dt.date.fromisoformat(row["cny_day1"]) for row in festivals}
    last_months = {int(row["year"]): int(row["days_in_layue"]) for row in festivals}
    rows: list[dict[str, object]] = []
    day = FIRST_DAY
    for year, (leap, lengths) in enumerate(LUNAR_YEARS, start=FIRST_YEAR):
        if new_year_days.get(year, day) != day:
            raise ValueError(f"the lunar year {year} begins on {day}, not {new_year_days[year]}")
        for place, letter in enumerate(lengths, start=1):
            is_leap = bool(leap) and place == leap + 1
            month = place - 1 if leap and place > leap else place
            days = 30 if letter == "l" else 29
            rows.append(
                {
                    "lunar_year": year,
                    "month": month,
                    "leap": int(is_leap),
                    "days": days,
                    "first_day": day.isoformat(),
                }
            )
            day += dt.timedelta(days=days)
        # the festival of a year ends the lunar year before it
        if last_months.get(year + 1, days) != days:
            raise ValueError(f"the last month of the lunar year {year} has {days} days")
    return rows


def official_days(festivals: list[dict[str, str]]) -> list[dict[str, object]]:
    """One row per day that a notice takes off or has worked, in the order of the dates."""
    found = {**_spring_festivals(festivals), **_others()}
    return [
        {"date": date.isoformat(), "kind": kind, "holiday": holiday, "status": status}
        for date, (kind, holiday, status) in sorted(found.items())
    ]


Entry = tuple[str, str, str]  #: kind (off or work), holiday, status


def _span(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range((last - first).days + 1):
        yield first + dt.timedelta(days=number)


def _spring_festivals(festivals: list[dict[str, str]]) -> dict[dt.date, Entry]:
    found: dict[dt.date, Entry] = {}
    for row in festivals:
        if not row["official_off_first"]:
            continue
        ends = (dt.date.fromisoformat(row[f"official_off_{end}"]) for end in ("first", "last"))
        entry = "spring_festival", row["official_status"]
        found |= {date: ("off", *entry) for date in _span(*ends)}
        for text in row["makeup_workdays"].split():
            found[dt.date.fromisoformat(text)] = ("work", *entry)
    return found


def _others() -> dict[dt.date, Entry]:
    found: dict[dt.date, Entry] = {}
    for year, text in HOLIDAYS.items():
        status = "P" if year <= 2018 else "K"
        for part in text.split(";"):
            name, *days = part.split()
            first, last, *worked = (dt.date.fromisoformat(f"{year}-{day}") for day in days)
            found |= {date: ("off", name, status) for date in _span(first, last)}
            found |= {date: ("work", name, status) for date in worked}
    return found
