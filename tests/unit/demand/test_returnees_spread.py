"""Persons by quantiles, dates by ranges, homes without a number, and what meters show already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridplan.demand.register import Register
from gridplan.demand.returnees import RETURNING_PERSONS, Returnees, presence_curve
from gridplan.demand.streams import Streams

DAYS = np.arange(-60, 61)
HOMES = 30
DRAWS = 300


def register_of(
    *,
    persons: tuple[float, float, float] = (3, 3, 3),
    arrival: tuple[float, float] = (np.nan, np.nan),
    departure: tuple[float, float] = (np.nan, np.nan),
    listed: int = HOMES,
) -> Register:
    """A register in which the first homes all say the same."""
    number = np.arange(HOMES)
    values = {
        "persons_low": persons[0],
        "persons": persons[1],
        "persons_high": persons[2],
        "arrival": arrival[0],
        "arrival_last": arrival[1],
        "departure": departure[0],
        "departure_last": departure[1],
    }
    return Register(
        listed=number < listed,
        stays_away=np.zeros(HOMES, dtype=bool),
        **{name: np.where(number < listed, value, np.nan) for name, value in values.items()},
    )


def returnees(register: Register, *, coverage: float = 1.0) -> Returnees:
    return Returnees(
        register=register,
        is_home=np.ones(HOMES, dtype=bool),
        lives_in=np.zeros(HOMES, dtype=bool),
        coverage=coverage,
        streams=Streams(seed=3),
    )


def drawn(sampler: Returnees, draws: int = DRAWS) -> np.ndarray:
    """Persons (draw, home, day)."""
    return np.array([sampler.persons(draw, DAYS, 1.0) for draw in range(draws)])


@pytest.mark.parametrize("persons", [(2, 3, 5), (1, 4, 6), (2, 2, 4), (1, 1, 2)])
def test_persons_have_the_quantiles_of_the_register(persons: tuple[float, float, float]) -> None:
    sampler = returnees(register_of(persons=persons, arrival=(-9, -9), departure=(9, 9)))
    number = drawn(sampler)[..., DAYS == 0].ravel()
    assert (number >= 1).all()
    assert (number == np.round(number)).all()
    for share, quantile in zip((0.1, 0.5, 0.9), persons, strict=True):
        assert (number <= quantile).mean() > share - 0.02
        assert (number < quantile).mean() < share + 0.02
    assert sampler.expected_on_eve()[1] == pytest.approx(number.mean(), abs=0.05)


def test_a_tenth_with_nobody_is_a_chance_that_nobody_comes() -> None:
    sampler = returnees(register_of(persons=(0, 2, 4), arrival=(-9, -9), departure=(9, 9)))
    number = drawn(sampler)[..., DAYS == 0].ravel()
    comes, persons = sampler.expected_on_eve()
    assert comes == pytest.approx(0.8)
    assert (number > 0).mean() == pytest.approx(0.8, abs=0.02)
    assert persons == pytest.approx(number[number > 0].mean(), abs=0.05)


def test_ranges_lie_between_their_ends_and_lean_to_the_travel_peak() -> None:
    sampler = returnees(register_of(arrival=(-12, -3), departure=(2, 8)))
    present = drawn(sampler) > 0
    first, away = DAYS[present.argmax(-1)], DAYS[-1 - present[..., ::-1].argmax(-1)] + 1
    assert (first.min(), first.max()) == (-12, -3)
    assert (away.min(), away.max()) == (2, 8)
    curve = presence_curve()
    shares = np.diff(curve.arrived[(curve.day >= -13) & (curve.day <= -3)]) + 0.01
    seen = [(first == day).mean() for day in range(-12, -2)]
    np.testing.assert_allclose(seen, shares / shares.sum(), atol=0.02)
    assert seen[-1] > 2 * seen[0]


@pytest.mark.parametrize("days", [(-50, -45), (20, 24)])
def test_ranges_beyond_the_curve_are_even(days: tuple[float, float]) -> None:
    sampler = returnees(register_of(arrival=days, departure=(60, 60)))
    first = DAYS[(drawn(sampler) > 0).argmax(-1)]
    width = days[1] - days[0] + 1
    shares = [(first == day).mean() for day in np.arange(days[0], days[1] + 1)]
    np.testing.assert_allclose(shares, 1 / width, atol=0.02)


@pytest.mark.parametrize(
    ("arrival", "departure"),
    [((-5, 2), (10, 10)), ((-8, -8), (-4, 6)), ((-4, -1), (np.nan, np.nan)), ((-20, -16), (0, 9))],
)
def test_expectation_on_the_eve_agrees_with_the_draws(
    arrival: tuple[float, float], departure: tuple[float, float]
) -> None:
    sampler = returnees(register_of(arrival=arrival, departure=departure))
    seen = (drawn(sampler)[..., DAYS == -1] > 0).mean()
    assert sampler.expected_on_eve()[0] == pytest.approx(seen, abs=0.03)


RANGE = st.tuples(st.integers(-30, 30), st.integers(0, 15)).map(lambda r: (r[0], r[0] + r[1]))
UNKNOWN = st.just((np.nan, np.nan))


@given(
    arrival=st.one_of(RANGE, UNKNOWN), departure=st.one_of(RANGE, UNKNOWN), draw=st.integers(0, 99)
)
def test_stays_keep_their_ranges_whatever_is_known(
    arrival: tuple[float, float], departure: tuple[float, float], draw: int
) -> None:
    if departure[1] < arrival[0]:
        departure = (arrival[0], arrival[1])
    sampler = returnees(register_of(arrival=arrival, departure=departure))
    days = np.arange(-90, 91)
    present = sampler.persons(draw, days, 1.0) > 0
    first, last = days[present.argmax(1)], days[-1 - present[:, ::-1].argmax(1)]
    assert (present.sum(1) == last - first + 1).all()  # one stay, without a gap
    if not np.isnan(arrival[0]):
        assert ((first >= arrival[0]) & (first <= arrival[1])).all()
    if not np.isnan(departure[0]):  # whoever comes late stays for a day at least
        assert (last + 1 <= np.maximum(departure[1], first + 1)).all()
        assert (last + 1 >= departure[0]).all()


def test_one_home_with_ranges_does_not_change_the_others() -> None:
    exact = register_of(arrival=(-6, -6), listed=20)
    one = np.arange(HOMES) == 4
    spread = replace(
        exact,
        persons_high=np.where(one, 6, exact.persons_high),
        arrival_last=np.where(one, -2, exact.arrival_last),
    )
    before, after = (drawn(returnees(register), 20) for register in (exact, spread))
    assert (before[:, ~one] == after[:, ~one]).all()
    assert (before[:, one] != after[:, one]).any()


def test_persons_without_a_home_bring_more_homes() -> None:
    register = replace(register_of(listed=10), without_home=6.0)
    probability = returnees(register, coverage=0.8).probability(1.0)
    assert probability.sum() == pytest.approx((10 + 6 / 3) / 0.8)
    assert (probability[:10] == 1).all()
    nobody_listed = replace(Register.empty(HOMES), without_home=6.0)
    assert returnees(nobody_listed).probability(1.0).sum() == pytest.approx(6 / RETURNING_PERSONS)


def test_homes_that_meters_show_occupied_get_nobody_beyond_the_register() -> None:
    sampler = returnees(register_of(listed=10), coverage=0.5)
    number = np.arange(HOMES)
    metered = replace(sampler, at_home=(number >= 5) & (number < 15))
    probability = metered.probability(1.0)
    assert (probability[:10] == 1).all()  # the register still holds
    assert (probability[10:15] == 0).all()
    assert probability[15:].sum() == pytest.approx(10)
    everybody_there = replace(sampler, at_home=np.ones(HOMES, dtype=bool))
    assert everybody_there.probability(1.0).sum() == 10
