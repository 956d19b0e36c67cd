"""The crew programme against brute force, and the laws that every programme keeps."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.no_outage import is_no_outage_day
from gridplan.measures.crew_travel import Travel
from gridplan.measures.crew_work import (
    Package,
    VillageWork,
    last_work_day,
    useful,
    work_days,
)
from gridplan.measures.programme import CrewDays, Programme, make_programme

UNTIL = dt.date(2027, 2, 3)  # 腊月廿七 before the Spring Festival 2027
DAY_H = 7.0


def package(crew_h: float, prevented_h: float, lead_days: float = 0.0) -> Package:
    return Package(
        label=f"{crew_h:g} h of work",
        action="move",
        crew_h=crew_h,
        prevented_h=prevented_h,
        lead_days=lead_days,
    )


def village(name: str, *packages: Package, why_none: str = "") -> VillageWork:
    return VillageWork(
        name=name,
        scenario="expected",
        overload_h=max((one.prevented_h for one in packages), default=1.0) + 1.0,
        harm_h=10.0,
        customers=50,
        packages=packages,
        why_none=why_none,
    )


def travel_of(spots: np.ndarray, base: np.ndarray | None) -> Travel:
    """Travel on a plane, an hour per unit of length."""
    between = np.linalg.norm(spots[:, None] - spots[None], axis=2)
    station = np.zeros(len(spots)) if base is None else np.linalg.norm(spots - base, axis=1)
    return Travel(between_h=between, station_h=station)


def shortest_h(stops: tuple[int, ...], travel: Travel) -> float:
    return min(
        travel.station_h[way[0]]
        + travel.station_h[way[-1]]
        + sum(travel.between_h[a, b] for a, b in pairwise(way))
        for way in permutations(stops)
    )


def brute_force(works: list[VillageWork], travel: Travel, rules: CrewDays) -> float:
    """Most hours prevented over every way of giving villages and packages to crew days."""
    days = rules.days
    slots = [day for day in range(len(days)) for _ in range(rules.crews)]
    choices = [[None, *product(range(len(work.packages)), range(len(slots)))] for work in works]
    best = 0.0
    for picks in product(*choices):
        by_slot: dict[int, list[tuple[int, Package]]] = defaultdict(list)
        for at, pick in enumerate(picks):
            if pick is not None:
                by_slot[pick[1]].append((at, works[at].packages[pick[0]]))
        value = sum(one.prevented_h for chosen in by_slot.values() for _, one in chosen)
        if value > best and len(by_slot) <= rules.crew_days:
            fits = all(
                sum(one.crew_h for _, one in chosen)
                + shortest_h(tuple(at for at, _ in chosen), travel)
                <= rules.day_h + 1e-9
                and all(there(one, rules) <= days[slots[slot]] for _, one in chosen)
                for slot, chosen in by_slot.items()
            )
            best = value if fits else best
    return best


def there(one: Package, rules: CrewDays) -> dt.date:
    """First day on which a package can be done."""
    if rules.ordered is None or one.lead_days == 0:
        return dt.date.min
    return rules.ordered + dt.timedelta(days=math.ceil(one.lead_days))


@pytest.mark.parametrize("seed", range(24))
def test_as_good_as_brute_force(seed: int) -> None:
    """Up to four villages with two packages each, two or three crew days, travel, lead times."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 5))
    works = [
        village(
            f"v{at}",
            *(
                package(
                    float(np.round(rng.uniform(0.5, 6.0), 1)),
                    float(np.round(rng.uniform(0.1, 20.0), 2)),
                    float(rng.integers(0, 4)),
                )
                for _ in range(int(rng.integers(1, 3)))
            ),
        )
        for at in range(n)
    ]
    spots = rng.uniform(0, 1.2, (n, 2))
    travel = travel_of(spots, rng.uniform(0, 1.2, 2) if seed % 3 else None)
    crews = 1 + seed % 2
    crew_days = int(rng.integers(1, 4))
    first = UNTIL - dt.timedelta(days=math.ceil(crew_days / crews) - 1)
    ordered = first - dt.timedelta(days=1) if seed % 2 else None
    # packages that fill more than a day are another test's: here each fits or is impossible
    room = DAY_H - 2 * travel.station_h
    works = [
        replace(work, packages=tuple(one for one in work.packages if one.crew_h <= most))
        for work, most in zip(works, room, strict=True)
    ]
    rules = CrewDays(crew_days=crew_days, crews=crews, until=UNTIL, ordered=ordered, day_h=DAY_H)
    made = make_programme(works, rules, travel)
    best = brute_force(works, travel, rules)
    assert made.prevented_h == pytest.approx(best, abs=1e-4)
    assert made.bound_h >= best - 1e-9
    assert made.gap_percent < 0.01
    assert made.priced


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[VillageWork], Travel, CrewDays]:
    n = draw(st.integers(1, 8))
    hour = st.floats(0.25, 16.0).map(lambda value: round(value, 2))
    worth = st.floats(0.0, 30.0).map(lambda value: round(value, 2))
    works = [
        village(
            f"v{at}",
            *draw(
                st.lists(st.builds(package, hour, worth, st.integers(0, 9).map(float)), max_size=3)
            ),
        )
        for at in range(n)
    ]
    spot = st.tuples(st.floats(0, 3), st.floats(0, 3))
    spots = np.array(draw(st.lists(spot, min_size=n, max_size=n)))
    base = draw(st.none() | spot)
    crews = draw(st.integers(1, 3))
    first = draw(st.none() | st.integers(0, 9).map(lambda day: UNTIL - dt.timedelta(days=day)))
    ordered = draw(st.none() | st.integers(0, 12).map(lambda day: UNTIL - dt.timedelta(days=day)))
    rules = CrewDays(
        crew_days=draw(st.integers(1, 9)),
        crews=crews,
        until=UNTIL + dt.timedelta(days=draw(st.integers(0, 3))),
        first=first,
        ordered=ordered,
        day_h=DAY_H,
    )
    return works, travel_of(spots, None if base is None else np.array(base)), rules


def check_laws(made: Programme, works: list[VillageWork], travel: Travel, rules: CrewDays) -> None:
    by_name = {work.name: at for at, work in enumerate(works)}
    by_day = defaultdict(list)
    for visit in made.visits:
        by_day[visit.date, visit.crew].append(visit)
        assert visit.date in rules.days
        assert not is_no_outage_day(visit.date)
        assert 1 <= visit.crew <= rules.crews
        assert there(visit.package, rules) <= visit.date
        assert visit.package in works[by_name[visit.village]].packages
        lead = dt.timedelta(days=math.ceil(visit.package.lead_days))
        assert visit.order_by == (visit.date - lead if lead else None)
    assert len(by_day) == made.crew_days <= rules.crew_days
    for stops in by_day.values():
        assert [one.stop for one in stops] == list(range(1, len(stops) + 1))
        hours = sum(one.travel_h + one.work_h + one.back_h for one in stops)
        assert hours <= rules.day_h + 1e-6
        way = [by_name[one.village] for one in stops]
        legs = [travel.station_h[way[0]]]
        legs += [travel.between_h[a, b] for a, b in pairwise(way)]
        assert [one.travel_h for one in stops] == pytest.approx(legs)
        assert stops[-1].back_h == pytest.approx(travel.station_h[way[-1]])
    done = defaultdict(list)
    for visit in made.visits:
        done[visit.village].append(visit)
    for visits in done.values():
        assert [one.part for one in visits] == list(range(1, visits[0].parts + 1))
        assert sum(one.work_h for one in visits) == pytest.approx(visits[0].package.crew_h)
        assert len({one.package for one in visits}) == 1
    total = sum(visit.prevented_h for visit in made.visits)
    assert made.prevented_h == pytest.approx(total)
    assert made.bound_h >= made.prevented_h - 1e-9
    assert {one.village.name for one in made.left_out} == by_name.keys() - done.keys()
    assert all(one.why for one in made.left_out)


@settings(max_examples=60)
@given(cases())
def test_laws_of_every_programme(case: tuple[list[VillageWork], Travel, CrewDays]) -> None:
    works, travel, rules = case
    made = make_programme(works, rules, travel)
    check_laws(made, works, travel, rules)
    assert made.gap_percent < 0.05
    assert make_programme(works, rules, travel) == made


@settings(max_examples=30)
@given(cases())
def test_laws_hold_when_the_search_is_cut_short(
    case: tuple[list[VillageWork], Travel, CrewDays],
) -> None:
    """With few steps the programme may be worse, and its bound must hold all the same."""
    works, travel, rules = case
    whole = make_programme(works, rules, travel)
    few = make_programme(works, rules, travel, most_steps=3)
    check_laws(few, works, travel, rules)
    assert few.bound_h >= whole.prevented_h - 1e-6


@settings(max_examples=30)
@given(cases())
def test_more_crew_days_never_prevent_less(
    case: tuple[list[VillageWork], Travel, CrewDays],
) -> None:
    works, travel, rules = case
    first = UNTIL - dt.timedelta(days=9)
    amounts = [
        make_programme(
            works, CrewDays(crew_days=days, crews=rules.crews, until=UNTIL, first=first), travel
        ).prevented_h
        for days in (1, 2, 4, 8)
    ]
    assert all(b >= a - 1e-3 for a, b in pairwise(amounts))


def test_several_crew_days_in_one_village() -> None:
    works = [village("long", package(15.0, 30.0)), village("short", package(3.0, 5.0))]
    rules = CrewDays(crew_days=3, until=UNTIL, day_h=DAY_H)
    made = make_programme(works, rules)
    parts = [(one.village, one.part, one.parts) for one in made.visits]
    assert parts == [("long", 1, 3), ("long", 2, 3), ("long", 3, 3)]
    assert [one.prevented_h for one in made.visits] == [0, 0, 30]
    assert [one.date for one in made.visits] == list(rules.days)
    assert made.left_out[0].why == "the crew days prevent more elsewhere"
    none = make_programme(works[:1], CrewDays(crew_days=2, until=UNTIL))
    assert not none.visits
    assert none.gap_percent == 0
    assert none.left_out[0].why == "its work takes 3 crew days"


def test_what_prevents_most_goes_first_and_material_is_waited_for() -> None:
    works = [
        village("small", package(6, 1.0)),
        village("large", package(6, 9.0)),
        village("late", package(6, 20.0, lead_days=2)),
    ]
    rules = CrewDays(crew_days=3, until=UNTIL, ordered=UNTIL - dt.timedelta(days=2))
    made = make_programme(works, rules)
    assert [one.village for one in made.visits] == ["large", "small", "late"]
    assert made.visits[-1].order_by == rules.ordered
    never = CrewDays(crew_days=3, until=UNTIL, ordered=UNTIL)
    left = {one.village.name: one.why for one in make_programme(works, never).left_out}
    assert left == {"late": "its material comes too late"}


def test_why_villages_are_left_out() -> None:
    works = [
        village("far", package(1, 9.0)),
        village("idle", package(1, 0.0)),
        village("none", why_none="nothing in its plan needs a crew"),
        village("done", package(1, 1.0)),
    ]
    station = np.array([4.0, 0, 0, 0])
    travel = Travel(between_h=np.abs(station[:, None] - station), station_h=station)
    made = make_programme(works, CrewDays(crew_days=1, until=UNTIL), travel)
    assert {one.village.name: one.why for one in made.left_out} == {
        "far": "too far from the station for a day",
        "idle": "nothing in its plan prevents an hour of overload",
        "none": "nothing in its plan needs a crew",
    }


def test_forty_villages_are_proven_best() -> None:
    rng = np.random.default_rng(7)
    works = [
        village(
            f"v{at:02d}",
            *(
                package(float(hours), float(worth))
                for hours, worth in zip(
                    np.sort(rng.uniform(1.5, 7, 2)), np.sort(rng.gamma(1.5, 6, 2)), strict=True
                )
            ),
        )
        for at in range(40)
    ]
    travel = travel_of(rng.uniform(0, 1.0, (40, 2)), np.array([0.5, 0.5]))
    rules = CrewDays(crew_days=12, crews=2, until=UNTIL)
    made = make_programme(works, rules, travel)
    check_laws(made, works, travel, rules)
    assert made.priced
    assert made.gap_percent < 0.01


@pytest.mark.parametrize("year", range(2016, 2036))
def test_work_stops_on_the_28th_of_the_last_month(year: int) -> None:
    from gridplan.demand.calendar import lunar_date, new_year_days

    origin = new_year_days()[year]
    for first in (-12, -1, 3):
        last = last_work_day(origin + dt.timedelta(days=first))
        lunar = lunar_date(last)
        assert (lunar.month, lunar.day) == (12, 27)
        assert 2 <= (origin - last).days <= 4
    for day in range(-2, 7):
        assert is_no_outage_day(origin + dt.timedelta(days=day))
    assert not is_no_outage_day(origin + dt.timedelta(days=7))
    days = work_days(origin + dt.timedelta(days=8), 4)
    assert days[-1] == origin + dt.timedelta(days=8)
    assert days[0] < last_work_day(origin)
    assert not any(map(is_no_outage_day, days))


def test_other_periods_end_the_day_before() -> None:
    assert last_work_day(dt.date(2027, 7, 20)) == dt.date(2027, 7, 19)
    first = dt.date(2027, 7, 10)
    assert len(work_days(dt.date(2027, 7, 19), 3, first)) == 10


def test_packages_that_another_one_replaces() -> None:
    good, dear, early = package(3, 5), package(4, 5), package(5, 5.5)
    assert useful([dear, good, early, package(1, 0)]) == (early, good)
    quick = package(9, 5, lead_days=0)
    slow = package(2, 9, lead_days=5)
    assert set(useful([quick, slow])) == {quick, slow}
