"""The one rule of who is there, against homes whose days are known because they were made up."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.area_record import ORDINARY, group_of, usual_day_kw
from gridplan.demand.metering import MeterReadings
from gridplan.demand.presence import day_means, median_over, occupied, usual_days
from gridplan.demand.winters import winters_of

ORIGIN = dt.date(2027, 2, 6)
N_DAY = 60  # festival days -40 to 19
FIRST = -40
DAYS = np.arange(FIRST, FIRST + N_DAY)
#: Low at night, meals, a long evening; its mean is 1.
QUARTERS = np.arange(96)
SHAPE = 0.3 + np.exp(-(((QUARTERS - 78) / 10) ** 2)) + 0.6 * np.exp(-(((QUARTERS - 48) / 5) ** 2))
SHAPE /= SHAPE.mean()


def readings_of(p_kw: np.ndarray, origin: dt.date = ORIGIN) -> MeterReadings:
    ids = np.array([f"M{meter}" for meter in range(len(p_kw))])
    start = np.datetime64(origin, "D") + FIRST
    return MeterReadings(ids=ids, start=start, p_kw=np.asarray(p_kw, dtype=np.float32))


def village(present: np.ndarray, *, seed: int = 0, fridge_kw: float = 0.09) -> np.ndarray:
    """Curves of homes with a refrigerator, lived in when ``present (meter, day)`` says so."""
    random = np.random.default_rng(seed)
    duty = 0.35 + 0.03 * random.standard_normal((*present.shape, 1))
    turn = 2 * np.pi * (random.random((*present.shape, 1)) + np.arange(96) / 4.6)
    fridge = fridge_kw * duty * (1 + 0.8 * np.sin(turn))
    level = 0.25 * np.exp(0.2 * random.standard_normal(present.shape))
    return np.where(present, level, 0.0)[:, :, None] * SHAPE + fridge + 0.005


def kinds(seed: int = 0) -> np.ndarray:
    """Ten homes lived in all year, ten migratory ones, one that is empty throughout."""
    random = np.random.default_rng(seed)
    present = np.ones((21, N_DAY), dtype=bool)
    for meter in range(10, 20):
        arrival, departure = random.integers(-12, -2), random.integers(4, 15)
        present[meter] = (arrival <= DAYS) & (departure >= DAYS)
    present[20] = False
    return present


def found_in(*curves: np.ndarray) -> list[np.ndarray]:
    """Who was there in each winter, judged together."""
    years = [dt.date(2026, 2, 17), ORIGIN][-len(curves) :]
    winters = [
        winters_of(readings_of(p_kw, year))[0] for p_kw, year in zip(curves, years, strict=True)
    ]
    usual = usual_day_kw(tuple(winters))
    return [occupied(one.mean_kw, usual) for one in winters]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_presence_is_found_day_by_day(seed: int) -> None:
    present = kinds(seed)
    np.testing.assert_array_equal(found_in(village(present, seed=seed))[0], present)


@pytest.mark.parametrize("seed", [10, 1322, 2901])
def test_a_refrigerator_that_varies_by_chance_is_nobody(seed: int) -> None:
    """These were taken for thrifty homes when quiet days had to be alike within 15 %."""
    test_presence_is_found_day_by_day.hypothesis.inner_test(seed)


def test_a_refrigerator_left_on_in_one_winter_only_is_nobody() -> None:
    present = kinds(3)
    off = village(present, seed=1, fridge_kw=0.0)
    on = village(present, seed=2, fridge_kw=0.18)
    for found in found_in(off, on):
        np.testing.assert_array_equal(found, present)


def test_a_thrifty_home_is_lived_in_though_it_draws_no_more_than_a_refrigerator() -> None:
    random = np.random.default_rng(4)
    days = 0.1 * np.exp(0.35 * random.standard_normal((1, N_DAY)))
    found = found_in(days[:, :, None] * np.ones(96))[0]
    assert found.mean() > 0.9
    alike = 0.1 * np.exp(0.03 * random.standard_normal((1, N_DAY)))
    assert found_in(alike[:, :, None] * np.ones(96))[0].sum() == 0


def test_a_festive_home_is_still_lived_in_on_ordinary_days() -> None:
    p_kw = village(np.ones((1, N_DAY), dtype=bool))
    p_kw[0, (DAYS >= -2) & (DAYS <= 6)] *= 6
    assert (found_in(p_kw)[0] == 1).all()
    usual = usual_day_kw(winters_of(readings_of(p_kw)))
    assert usual[0] == pytest.approx(0.29, rel=0.1)


def test_a_home_heated_all_night_is_lived_in() -> None:
    assert (found_in(np.full((1, N_DAY, 96), 0.9))[0] == 1).all()


def test_a_home_that_is_never_there_has_no_usual_day() -> None:
    usual = usual_day_kw(winters_of(readings_of(village(kinds()))))
    assert np.isfinite(usual[:20]).all()  # migratory homes: of the days with somebody
    assert np.isnan(usual[20])


def test_missing_points_leave_days_unknown() -> None:
    p_kw = village(np.ones((2, N_DAY), dtype=bool))
    p_kw[0, 3, :30] = np.nan
    p_kw[0, 4, :5] = np.nan
    p_kw[1] = np.nan
    found = found_in(p_kw)[0]
    assert np.isnan(found[0, 3])
    assert np.isnan(found[1]).all()
    assert np.isfinite(np.delete(found[0], 3)).all()
    assert day_means(p_kw)[0, 4] == pytest.approx(np.nanmean(p_kw[0, 4]))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), least=st.integers(1, 8))
def test_medians_leave_out_what_is_unknown(seed: int, least: int) -> None:
    random = np.random.default_rng(seed)
    values = np.where(random.random((5, 12)) < 0.3, np.nan, random.standard_normal((5, 12)))
    use = random.random((5, 12)) < 0.6
    median, count = median_over(values, use, least)
    for row in range(5):
        known = values[row, use[row] & np.isfinite(values[row])]
        assert count[row] == len(known)
        expected = np.median(known) if len(known) >= least else np.nan
        np.testing.assert_allclose(median[row], expected)


def test_winters_begin_half_a_year_before_their_new_year() -> None:
    readings = readings_of(np.ones((2, 400, 96)))
    first, second = winters_of(readings, {ORIGIN: 3.5})
    assert (first.year, second.year) == (2027, 2028)
    assert first.days[0] == FIRST
    assert second.days[-1] == 400 + FIRST - 1 - (dt.date(2028, 1, 26) - ORIGIN).days
    assert len(first.days) + len(second.days) == 400
    assert first.temperature_c[first.days == 0].tolist() == [3.5]
    assert np.isnan(second.temperature_c).all()
    ordinary = group_of(first.days) == ORDINARY
    assert first.days[~ordinary].tolist() == list(range(-12, 21))


def test_days_without_any_reading_are_no_days() -> None:
    p_kw = np.ones((2, 50, 96))
    p_kw[:, 10:20] = np.nan
    (winter,) = winters_of(readings_of(p_kw))
    assert len(winter.days) == 40


@pytest.mark.parametrize("n_day", [0, 1, 3])
def test_few_days_say_little_and_break_nothing(n_day: int) -> None:
    mean_kw = np.full((2, n_day), 0.4)
    usual, count = usual_days([(mean_kw, np.ones(n_day, dtype=bool))])
    assert count.tolist() == [n_day, n_day]
    np.testing.assert_array_equal(occupied(mean_kw, usual), np.ones((2, n_day)))
