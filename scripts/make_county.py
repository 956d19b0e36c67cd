"""Make a synthetic county: four festivals of meters, registers and temperatures of 20 areas.

A rehearsal ground for the back-test of the forecast, since no measured village festival is
public. Homes are simulated appliance by appliance on 5-minute steps (after the idea of RAMP:
ownership, windows of use, durations, switch-ons), which is not how gridplan forecasts, and much of
what drives them stands in no file: thrift, families that no register knows, the village's hour for
the reunion dinner. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from county.heating import heated
from county.people import Presence, Waves, make_presence, make_waves
from county.places import Area, Floats, Ints, make_area, random
from county.station import (
    REGISTER_HEADINGS,
    SPECIAL_HEADINGS,
    curve_lines,
    register_rows,
    special_rows,
    with_gaps,
    write_curves,
    write_ledger,
    write_rows,
)
from county.summary import (
    area_lines,
    choose_kva,
    diversity,
    diversity_lines,
    eve_growth,
    sustained_kw,
)
from county.tables import POINTS, STEPS_PER_POINT
from county.use import switched
from county.weather import by_step, daily_means

CALENDAR = Path(__file__).parents[1] / "gridplan" / "demand" / "data" / "festival_days.csv"
#: Losses of the area as a share of its demand: fixed, and more at its own peak (A).
LOSS_FIXED, LOSS_AT_PEAK = 0.01, 0.03

README = """# A synthetic county

**Nothing here was measured.** No village's festival is public, so `scripts/make_county.py` invented
these areas. A back-test on them is a rehearsal: it shows that the machinery works and how a
forecast copes with a world that differs from its own model. It proves nothing about a real county.

Mechanism: every home owns appliances and switches them on (after the idea of RAMP), in 5-minute
steps averaged to quarter hours: cooking at its own meals, air conditioners by room with
thermostats and hysteresis, the reunion dinner at the village's hour, gala and lights on the Eve,
visits from home to home on days 1 to 5, a special load here and there. Hidden from every file:
thrift, families that the register does not know, registered ones that stay away, waves of arrivals,
growing numbers of air conditioners and cars, customs. All numbers are assumptions
(`scripts/county/tables.py`).

| file | content |
|---|---|
| `transformers.xlsx` | ledger: station, area, rating, vector group, customers |
| `meters/<year>/<area>.csv` | curves of customers [kW]; P1 begins at 00:00, blank: missing |
| `transformer_curves/<year>.csv` | the same of the transformers, losses included |
| `register/<year>.csv` | returnees as clerks heard of them before the festival |
| `temperature.csv` | daily mean temperature [C] |
| `special_loads.csv` | customers that are no homes: kind, rating |

Made with: {arguments}. About 1 % of the points and a few whole days are missing. Overload is
judged at a power factor of 0.95.

## Areas

{areas}

## Diversity from the Eve to day 2, occupied homes

{diversity}

The demand factor here is the peak of a group over the sum of its homes' own highest quarter hours.
JGJ 242-2011, a planning table of urban dwellings, refers to an assumed load per dwelling, which few
homes reach: small groups lie below it, large ones that dine together above.
"""


def new_year_days() -> dict[int, dt.date]:
    """New Year's Day by year, from the calendar that ships with gridplan."""
    with CALENDAR.open(encoding="utf-8", newline="") as file:
        return {
            int(row["year"]): dt.date.fromisoformat(row["cny_day1"]) for row in csv.DictReader(file)
        }


def simulate(
    area: Area, year: int, days: Ints, waves: Waves, mean_c: Floats
) -> tuple[Presence, Floats]:
    """Who was there, and the curves of all customers (customer, day, point) [kW]."""
    presence = make_presence(area, year, days, waves)
    p_kw = switched(area, presence, year, mean_c)
    p_kw += heated(area, presence, year, mean_c, by_step(mean_c))
    curves = p_kw.reshape(len(p_kw), len(days), POINTS, STEPS_PER_POINT).mean(axis=-1)
    if area.special:
        curves = np.concatenate([curves, _special(area, year, days)[None]])
    return presence, curves


def _special(area: Area, year: int, days: Ints) -> Floats:
    """Curve of the area's special load (day, point) [kW]."""
    kind = area.special
    rng = random(area.seed, area.number, year, "special")
    hours = np.arange(POINTS) / 4.0
    open_h = (hours >= kind.hours[0]) & (hours < kind.hours[1])
    runs = (days >= kind.days[0]) & (days <= kind.days[1])
    share = np.clip(rng.normal(kind.share, 0.2, (len(days), POINTS)), 0.0, 1.0)
    return area.special_kw * (0.02 + 0.98 * share * open_h * runs[:, None])


@dataclass(frozen=True, kw_only=True, eq=False)
class Festival:
    """Figures of all areas in one festival: growth to the Eve, demand of two hours, diversity.

    Attributes
    ----------
    growth, sustained_kw : float (area,)
    diversity : float (area, group, sample, 2) -- as ``summary.diversity`` gives it
    """

    growth: Floats
    sustained_kw: Floats
    diversity: Floats


def write_festival(
    out: Path, areas: Sequence[Area], new_year_day: dt.date, days: Ints, mean_c: Floats
) -> Festival:
    """Simulate one festival and write its meters and its register."""
    year, seed = new_year_day.year, areas[0].seed
    dates = [new_year_day + dt.timedelta(days=int(day)) for day in days]
    waves = make_waves(seed, year)
    registered: list[tuple[object, ...]] = []
    totals: list[str] = []
    figures = []
    for area in areas:
        presence, curves = simulate(area, year, days, waves, mean_c)
        total = curves.sum(axis=0)
        total *= 1.0 + LOSS_FIXED + LOSS_AT_PEAK * total / total.max()
        occupied = np.flatnonzero(presence.dinner[:, days == -1].any(axis=1))
        groups = diversity(curves, days, occupied, random(seed, area.number, year, "groups"))
        figures.append((eve_growth(total, days), sustained_kw(total), groups))
        rng = random(seed, area.number, year, "gaps")
        lines = curve_lines(area.meter_ids, dates, with_gaps(curves, rng))
        write_curves(out / "meters" / str(year) / f"{area.number}.csv", lines)
        totals += curve_lines([area.number], dates, with_gaps(total[None], rng))
        registered += register_rows(area, presence, year, new_year_day)
    write_curves(out / "transformer_curves" / f"{year}.csv", totals)
    write_rows(out / "register" / f"{year}.csv", REGISTER_HEADINGS, registered)
    growth, sustained, groups = (np.array(part) for part in zip(*figures, strict=True))
    return Festival(growth=growth, sustained_kw=sustained, diversity=groups)


def make_county(
    out: Path,
    *,
    n_area: int = 20,
    years: Sequence[int] = (2024, 2025, 2026, 2027),
    seed: int = 1,
    mean_homes: int = 60,
    days_before: int = 40,
    days_after: int = 16,
) -> str:
    """Write the county below ``out`` and return its summary."""
    new_year, days = new_year_days(), np.arange(-days_before, days_after + 1)
    dates, mean_c = daily_means(dt.date(min(years) - 1, 11, 1), dt.date(max(years), 4, 30), seed)
    areas = [make_area(index, seed, mean_homes) for index in range(n_area)]
    found = []
    for year in years:
        first = dates.index(new_year[year] - dt.timedelta(days=days_before))
        year_c = mean_c[first : first + len(days)]
        found.append(write_festival(out, areas, new_year[year], days, year_c))
    growth = np.array([festival.growth for festival in found]).T
    sustained = np.array([festival.sustained_kw for festival in found]).T
    kva = choose_kva(areas, sustained.max(axis=1))
    write_ledger(out / "transformers.xlsx", areas, kva)
    write_rows(out / "special_loads.csv", SPECIAL_HEADINGS, special_rows(areas))
    rows = [(date, f"{value:.1f}") for date, value in zip(dates, mean_c, strict=True)]
    write_rows(out / "temperature.csv", ("date", "mean_c"), rows)
    by_area = "\n".join(area_lines(areas, kva, growth, sustained, np.array(years)))
    by_size = "\n".join(diversity_lines(np.concatenate([f.diversity for f in found])))
    arguments = f"{n_area} areas, festivals {', '.join(map(str, years))}, seed {seed}"
    text = README.format(arguments=arguments, areas=by_area, diversity=by_size)
    (out / "README.md").write_text(text, encoding="utf-8")
    return f"{by_area}\n\n{by_size}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--areas", type=int, default=20)
    parser.add_argument("--homes", type=int, default=60, help="mean number of homes of an area")
    parser.add_argument("--festivals", default="2024,2025,2026,2027")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days-before", type=int, default=40)
    parser.add_argument("--days-after", type=int, default=16)
    given = parser.parse_args()
    summary = make_county(
        given.out,
        n_area=given.areas,
        years=[int(year) for year in given.festivals.split(",")],
        seed=given.seed,
        mean_homes=given.homes,
        days_before=given.days_before,
        days_after=given.days_after,
    )
    print(summary)


if __name__ == "__main__":
    main()
