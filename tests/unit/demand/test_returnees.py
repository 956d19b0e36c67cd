"""Presence against the curve, the register and the coverage ratio that it is drawn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridplan.demand.register import Register
from gridplan.demand.returnees import Returnees, presence_curve
from gridplan.demand.streams import Streams

DAYS = np.arange(-30, 31)
HOMES = 40


def returnees(
    *, listed: int = 0, coverage: float = 1.0, away: int = 0, lives_in: int = 0, seed: int = 1
) -> Returnees:
    """Homes of which the first are listed with three persons, and the last of those stay away."""
    empty = Register.empty(HOMES)
    number = np.arange(HOMES)
    is_listed = number < listed
    stays_away = is_listed & (number >= listed - away)
    persons = np.where(is_listed, np.where(stays_away, 0.0, 3.0), np.nan)
    return Returnees(
        register=replace(empty, listed=is_listed, stays_away=stays_away, persons=persons),
        is_home=np.ones(HOMES, dtype=bool),
        lives_in=number >= HOMES - lives_in,
        coverage=coverage,
        streams=Streams(seed=seed),
    )


def test_unknown_dates_follow_the_presence_curve() -> None:
    sampler = returnees(listed=HOMES)
    present = np.mean([sampler.persons(draw, DAYS, 1.0) > 0 for draw in range(150)], axis=(0, 1))
    curve = presence_curve()
    expected = curve.arrived * (1 - curve.departed)
    assert np.abs(present - expected).max() < 0.03  # 6,000 homes: 2.5 standard errors are 0.016
    eve = present[DAYS == -1]
    assert eve == pytest.approx(0.96, abs=0.01)


def test_expectation_on_the_eve_agrees_with_the_draws() -> None:
    sampler = returnees(listed=20, coverage=0.8, away=4)
    comes, persons = sampler.expected_on_eve()
    drawn = [sampler.persons(draw, np.array([-1]), 1.0)[:, 0] > 0 for draw in range(2000)]
    assert np.abs(np.mean(drawn, axis=0) - comes).max() < 0.05
    assert (persons[:16] == 3).all()


def test_a_register_is_a_lower_bound() -> None:
    sampler = returnees(listed=20, coverage=0.8, away=4, lives_in=10)
    expected = 16 / 0.8
    assert sampler.probability(1.0).sum() == pytest.approx(expected)
    homes = [(sampler.persons(draw, DAYS, 1.0) > 0).any(axis=1) for draw in range(400)]
    assert np.mean(np.sum(homes, axis=1)) == pytest.approx(expected, rel=0.02)
    often = np.mean(homes, axis=0)
    assert (often[:16] == 1).all()
    assert (often[16:20] == 0).all()  # the register says that nobody comes
    assert (often[20:30] > 0).all()  # empty homes first
    assert (often[30:] == 0).all()


def test_more_unregistered_homes_than_empty_ones_spill_over() -> None:
    probability = returnees(listed=20, coverage=0.5, lives_in=10).probability(1.0)
    assert (probability[20:30] == 1).all()
    assert (probability[30:] == 1).all()
    assert returnees(listed=20, coverage=0.6, lives_in=10).probability(1.0).sum() == pytest.approx(
        20 / 0.6
    )


def test_more_returnees_are_the_same_ones_and_others() -> None:
    sampler = returnees(listed=20, coverage=0.9)
    for draw in range(20):
        few, many = (sampler.persons(draw, DAYS, factor) for factor in (1.0, 1.3))
        assert (many[few > 0] == few[few > 0]).all()
        assert (many > 0).sum() >= (few > 0).sum()


@given(
    arrival=st.one_of(st.just(np.nan), st.integers(-40, 40)),
    length=st.one_of(st.just(np.nan), st.integers(0, 40)),
    draw=st.integers(0, 50),
)
def test_stays_keep_known_dates(arrival: float, length: float, draw: int) -> None:
    sampler = returnees(listed=HOMES)
    known = np.full(HOMES, arrival, dtype=float)
    departure = np.full(HOMES, length if np.isnan(arrival) else arrival + length, dtype=float)
    sampler = replace(
        sampler, register=replace(sampler.register, arrival=known, departure=departure)
    )
    days = np.arange(-80, 121)
    present = sampler.persons(draw, days, 1.0) > 0
    first, last = days[present.argmax(axis=1)], days[::-1][present[:, ::-1].argmax(axis=1)]
    assert (present.sum(axis=1) == last - first + 1).all()  # one stay, without a gap
    if not np.isnan(arrival):
        assert (first == arrival).all()
    if not np.isnan(departure).any():
        assert (last == np.maximum(departure - 1, first)).all()
