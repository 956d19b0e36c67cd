"""Score the rule of who is at home against a synthetic county, which knows it.

Somebody is there on a day when anybody sleeps or eats in the home; a family that visits others from
morning to late evening counts as being there, though its meter hardly can tell.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
from county.people import make_waves
from county.places import CLOSED, LIVED_IN, MIGRATORY, Area, Bools, Ints, make_area, random
from county.station import with_gaps
from county.weather import daily_means
from make_county import new_year_days, simulate

from gridplan.demand.area_record import ORDINARY, group_of
from gridplan.demand.presence import day_means, occupied, usual_days

DAYS = np.arange(-40, 17)
YEARS = (2024, 2025, 2026, 2027)
FIRST, LAST = dt.date(min(YEARS) - 1, 11, 1), dt.date(max(YEARS), 4, 30)  #: of the weather
KINDS = {"lived in all year": LIVED_IN, "migratory": MIGRATORY, "closed": CLOSED}


def judged(area: Area, years: Sequence[int], mean_c: dict[dt.date, float]) -> Iterator[Bools]:
    """Per year who was there and who was found there, (2, home, day); unknown days are right."""
    origins, truth, means = new_year_days(), [], []
    for year in years:
        dates = [origins[year] + dt.timedelta(days=int(day)) for day in DAYS]
        celsius = np.array([mean_c[date] for date in dates])
        presence, curves = simulate(area, year, DAYS, make_waves(area.seed, year), celsius)
        curves = with_gaps(curves, random(area.seed, area.number, year, "gaps"))
        means.append(day_means(curves[: len(area.homes)]))
        truth.append((presence.night > 0) | (presence.lunch > 0) | (presence.dinner > 0))
    usual, _ = usual_days([(mean_kw, group_of(DAYS) == ORDINARY) for mean_kw in means])
    for there, mean_kw in zip(truth, means, strict=True):
        found = occupied(mean_kw, usual)
        yield np.stack([there, np.where(np.isnan(found), there, found == 1)])


def score(seed: int, n_area: int) -> None:
    """Print the shares of days that are right, missed and false, by kind of home."""
    mean_c = dict(zip(*daily_means(FIRST, LAST, seed), strict=True))
    kinds: list[Ints] = []
    days: list[Bools] = []
    for index in range(n_area):
        area = make_area(index, seed, 60)
        for both in judged(area, YEARS, mean_c):
            kinds.append(area.homes.kind)
            days.append(both)
    kind, (there, found) = np.concatenate(kinds), np.concatenate(days, axis=1)
    print(f"seed {seed}: {there.size} days of homes")
    for name, number in {"all": None, **KINDS}.items():
        own = slice(None) if number is None else kind == number
        t, f = there[own], found[own]
        missed, false = (t & ~f).sum() / max(t.sum(), 1), (~t & f).sum() / max((~t).sum(), 1)
        print(f"  {name:18s} right {(t == f).mean():.1%}  missed {missed:.1%}  false {false:.1%}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--areas", type=int, default=20)
    parser.add_argument("--seeds", default="2,4,6")
    given = parser.parse_args()
    for seed in given.seeds.split(","):
        score(int(seed), given.areas)


if __name__ == "__main__":
    main()
