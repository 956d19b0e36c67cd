"""The area model finds what was put into a made county, and its draws are honest about it."""

from __future__ import annotations

import numpy as np
import pytest

from gridplan.demand.area_model import draw_area, fit_area, fit_county
from gridplan.demand.area_record import AreaRecord, group_of, occupied
from gridplan.demand.backtest import overloaded, run_backtest
from tests.unit.demand import counties

N_AREA = 8


@pytest.fixture(scope="module")
def records() -> list[AreaRecord]:
    return [counties.area(number) for number in range(N_AREA)]


def test_trend_temperature_and_presence_are_those_of_the_county(records: list[AreaRecord]) -> None:
    county = fit_county(records, 2026)
    np.testing.assert_allclose(county.trend.per_year, counties.TREND, atol=0.04)
    np.testing.assert_allclose(county.trend.per_c, counties.PER_C, atol=0.015)
    presence = county.presence
    assert presence.listed_come == pytest.approx(0.9, abs=0.05)
    assert presence.others_come == pytest.approx(0.4, abs=0.2)
    assert presence.live_share > 0.95
    assert presence.stay_share > 0.9
    assert np.abs(presence.errors).max() <= 1  # the made registers are right


def test_homes_that_are_lived_in_are_told_from_those_that_wait(records: list[AreaRecord]) -> None:
    record, county = records[0], fit_county(records, 2026)
    model = fit_area(record.without(2026), record.festival(2026), county.trend, -10)
    assert model.lives_in.tolist() == [home < 15 for home in range(40)]
    assert model.extra == pytest.approx(1.03, abs=0.01)
    hours = np.concatenate(model.shapes).argmax(axis=1) / 4
    assert hours.std() < 1.0


def test_nothing_of_the_days_to_forecast_is_looked_at(records: list[AreaRecord]) -> None:
    record, county = records[1], fit_county(records, 2026)
    target = record.festival(2026)
    days = np.arange(-10, 16)
    forecasts = []
    for known in (target, target.until(-10)):
        model = fit_area(record.without(2026), known, county.trend, -10)
        forecasts.append(draw_area(county, model, known, days, 5, seed=3))
    np.testing.assert_array_equal(*forecasts)
    assert np.isnan(target.until(-10).p_kw[:, target.days >= -10]).all()


def test_what_other_areas_saw_of_the_year_is_not_looked_at(records: list[AreaRecord]) -> None:
    seen = fit_county(records, 2025)
    assert seen.trend.per_year.tolist() != fit_county(records, 2026).trend.per_year.tolist()
    cut = [
        AreaRecord(
            area=one.area,
            station=one.station,
            sn_kva=one.sn_kva,
            ids=one.ids,
            festivals=one.without(2025),
        )
        for one in records
    ]
    assert fit_county(cut, 2025).trend.per_year.tolist() == seen.trend.per_year.tolist()


def test_intervals_cover_and_the_forecast_beats_the_simple_ones(records: list[AreaRecord]) -> None:
    test = run_backtest(records, 2026, n_draw=100)
    measured = test.measured_peak_kw
    assert np.isfinite(measured).all()
    low, high = np.quantile(test.forecasts["gridplan"], [0.05, 0.95], axis=1)
    assert 0.75 <= ((measured >= low) & (measured <= high)).mean() <= 0.99
    miss = {
        name: np.abs(np.median(draws, axis=1) - measured).mean()
        for name, draws in test.forecasts.items()
    }
    assert miss["gridplan"] < miss["last festival"]
    again = run_backtest(records, 2026, n_draw=20)
    np.testing.assert_array_equal(again.forecasts["gridplan"], test.forecasts["gridplan"][:, :20])


def test_overload_is_two_hours_together() -> None:
    load_kw = np.zeros((3, 2, 96))
    load_kw[0, 0, 92:], load_kw[0, 1, :4] = 100.0, 100.0  # over midnight
    load_kw[1, 0, 40:47], load_kw[1, 1, 0] = 100.0, 100.0  # a quarter hour too short
    load_kw[2, 0, 40:48] = 94.0  # at power factor 0.95 below 100 kVA
    assert overloaded(load_kw, 100.0).tolist() == [1.0, 0.0, 0.0]
    assert overloaded(load_kw * 1.02, 100.0).tolist() == [1.0, 0.0, 1.0]


def test_kinds_of_day_and_the_rule_of_the_days_energy() -> None:
    days = np.array([-30, -13, -12, -8, -7, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 15])
    kinds = [0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10]
    assert group_of(days).tolist() == kinds
    mean_kw = np.array([[0.5, 0.3, 0.01, np.nan], [0.05, 0.02, 0.0, 0.07]])
    found = occupied(mean_kw, np.array([0.6, 0.05]))
    np.testing.assert_array_equal(found, [[1, 1, 0, np.nan], [0, 0, 0, 1]])
