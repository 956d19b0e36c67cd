"""Score ``gridplan screen`` against counties whose festivals were measured.

Every area of every festival is screened with more and more knowledge, and what was said is held
against what happened: was the transformer above its rating for two hours together?

=============  ====================================================================
knows          of every area
=============  ====================================================================
plate          name plate, homes, register
neighbours     the same, and of every second other area all curves
winter         plate, and its transformer's curves of this winter until ten days before
festivals      winter, and its transformer's curves of the winters before
=============  ====================================================================

"+ weather": and how cold the festival was, as if the forecast of the weather had been right.

A county is a folder as ``make_county.py`` makes it. On such counties this is a rehearsal.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gridplan.demand.calendar import new_year_days
from gridplan.demand.scores import classify, reliability
from gridplan.demand.screening import LIKELY, WORTH_A_MODEL, Advice, ScreenedArea, screen
from gridplan.demand.screening_area import Area, County, Winter
from gridplan.demand.screening_input import read_screening
from gridplan.demand.screening_model import POWER_FACTOR
from gridplan.demand.weather import read_temperature

Floats = npt.NDArray[np.float64]
WEATHER = " + weather"
KNOWS = ("plate", "neighbours", "winter", "festivals", "plate + weather", "festivals + weather")
EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One area in one festival: what was said, and what was measured.

    Attributes
    ----------
    festival : county and year
    said : of the screening
    load_kva : two-hour load that was measured
    hours : above the rating
    """

    festival: str
    said: ScreenedArea
    load_kva: float
    hours: float

    @property
    def overloaded(self) -> bool:
        return self.load_kva > self.said.sn_kva


def known(area: Area, year: int, knows: str) -> Area:
    """An area with what a level of knowledge has of its curves."""
    kept: dict[str, tuple[Winter, ...]] = {
        "plate": (),
        "winter": tuple(winter for winter in area.winters if winter.year == year),
        "festivals": area.winters,
    }
    return replace(area, winters=kept[knows.removesuffix(WEATHER)])


def colder(folder: Path, county: County) -> float:
    """How much colder than usual the festival was, from the Eve to the fourth day [K]."""
    mean_c = read_temperature(folder / "temperature.csv").mean_c
    eve = new_year_days()[county.year] - dt.timedelta(days=1)
    days = [mean_c[eve + dt.timedelta(days=day)] for day in range(5)]
    return county.festival_usual_c - sum(days) / len(days)


def screened(folder: Path, year: int, knows: str, draws: int, seed: int) -> list[ScreenedArea]:
    """Results of all areas."""
    county = read_screening(folder, year)
    if knows != "neighbours":
        areas = tuple(known(area, year, knows) for area in county.areas)
        colder_c = colder(folder, county) if knows.endswith(WEATHER) else None
        county = replace(county, areas=areas)
        return list(screen(county, draws=draws, seed=seed, colder_c=colder_c).areas)
    found = []
    for half in (0, 1):
        areas = tuple(
            known(area, year, "plate" if at % 2 == half else "festivals")
            for at, area in enumerate(county.areas)
        )
        blind = {area.area for area in areas[half::2]}
        result = screen(replace(county, areas=areas), draws=draws, seed=seed)
        found += [row for row in result.areas if row.area in blind]
    return found


def cases(folder: Path, year: int, knows: str, draws: int, seed: int) -> list[Case]:
    """One festival of one county."""
    # seen from a year later the festival is over, and measured
    later = {area.area: area for area in read_screening(folder, year + 1).areas}
    found = []
    for row in screened(folder, year, knows, draws, seed):
        festival = [one for one in later[row.area].festivals if one.year == year]
        if festival:
            load_kva = festival[0].p_kw / POWER_FACTOR
            found.append(
                Case(
                    festival=f"{folder.name} {year}",
                    said=row,
                    load_kva=festival[0].festival_kw / POWER_FACTOR,
                    hours=float((load_kva > row.sn_kva).sum() / 4),
                )
            )
    return found


def area_under_curve(p: Floats, happened: npt.NDArray[np.bool_]) -> float:
    """Chance that an overloaded area was given a higher probability than another one."""
    yes, no = p[happened][:, None], p[~happened]
    return float(((yes > no) + 0.5 * (yes == no)).mean())


def among_first(found: Sequence[Case]) -> float:
    """Share of the overloaded areas among as many first of each festival's ranking."""
    hits = count = 0
    for festival in {case.festival for case in found}:
        ranked = sorted((c for c in found if c.festival == festival), key=lambda c: c.said.rank)
        number = sum(case.overloaded for case in ranked)
        hits += sum(case.overloaded for case in ranked[:number])
        count += number
    return hits / count


def score_lines(knows: str, found: Sequence[Case]) -> list[str]:
    """What a level of knowledge was worth."""
    p = np.array([case.said.p_overload for case in found])
    happened = np.array([case.overloaded for case in found])
    load = np.array([case.load_kva for case in found])
    middle, high = (
        np.array([getattr(case.said, name) for case in found])
        for name in ("load_p50_kva", "load_p95_kva")
    )
    low = high - middle * np.array([case.said.width for case in found])
    hours = sum(case.said.hours_over_100 for case in found), sum(case.hours for case in found)
    usual = happened.mean() * (1 - happened.mean())
    inside = ((low <= load) & (load <= high)).mean()
    lines = [
        f"{knows}: {len(found)} areas, {happened.sum()} overloaded, {p.sum():.1f} expected",
        f"  Brier {classify(p, happened).brier:.4f} (always the usual share: {usual:.4f}), "
        f"AUC {area_under_curve(p, happened):.3f}, "
        f"{among_first(found):.0%} of the overloaded among as many first",
        f"  two-hour load: p50 over measured {np.median(middle / load):.2f}, 90 % interval holds "
        f"{inside:.0%}, width {np.median((high - low) / middle):.2f}; "
        f"hours above the rating {hours[0]:.0f} expected, {hours[1]:.0f} measured",
    ]  # fmt: skip
    for threshold in (0.2, WORTH_A_MODEL, LIKELY):
        at = classify(p, happened, threshold=threshold)
        lines.append(
            f"  from {threshold:.0%}: {at.hits + at.false_alarms} announced, precision "
            f"{at.precision:.2f}, recall {at.recall:.2f}"
        )
    bins = reliability(p, happened, EDGES)
    lines += [
        f"  said {forecast:.0%}: happened {share:.0%} of {number}"
        for forecast, share, number in zip(
            bins.forecast, bins.observed, bins.n_case.tolist(), strict=True
        )
        if number
    ]
    for kind in Advice:
        rows = [case for case in found if case.said.advice is kind]
        if rows:
            overloaded = sum(case.overloaded for case in rows)
            lines.append(f"  {kind.value}: {len(rows)} areas, {overloaded} of them overloaded")
    return lines


def worth_lines(before: Sequence[Case], after: Sequence[Case]) -> list[str]:
    """Whether measuring pays where it is advised first: homes of areas that were judged wrongly."""
    later = {(case.festival, case.said.area): case.said.p_overload for case in after}
    halves = np.zeros((2, 3))
    for festival in {case.festival for case in before}:
        advised = [
            case
            for case in before
            if case.festival == festival and case.said.advice is Advice.MEASURE
        ]
        advised.sort(key=lambda case: case.said.turn)
        for at, case in enumerate(advised):
            wrong = (case.said.p_overload >= LIKELY) != case.overloaded
            still = (later[festival, case.said.area] >= LIKELY) != case.overloaded
            half = int(at >= len(advised) / 2)
            halves[half] += case.said.homes * np.array([1, wrong, still])
    return [
        f"  measure, {name} half of the turns: {homes:.0f} homes, {wrong:.0f} judged wrongly, "
        f"{still:.0f} with festival curves"
        for name, (homes, wrong, still) in zip(("first", "second"), halves, strict=True)
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counties", type=Path, nargs="+")
    parser.add_argument("--years", default="2025,2026,2027")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    years = [int(year) for year in given.years.split(",")]
    said: dict[str, list[Case]] = {}
    for knows in KNOWS:
        said[knows] = [
            case
            for folder in given.counties
            for year in years
            for case in cases(folder, year, knows, given.draws, given.seed)
        ]
        print("\n".join(score_lines(knows, said[knows])))
    known_weather = [said[knows + WEATHER] for knows in ("plate", "festivals")]
    print("\n".join(["worth of measuring, weather known:", *worth_lines(*known_weather)]))


if __name__ == "__main__":
    main()
