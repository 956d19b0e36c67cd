"""The sun against published values, and panels under it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridplan.demand.forecast import forecast_demand
from gridplan.demand.settings import ForecastSettings, Period, Scenario
from gridplan.demand.sunlight import (
    clear_sky_w_m2,
    cosine_of_zenith,
    declination_rad,
    equation_of_time_min,
    panel_share,
)
from tests.unit.demand.villages import customers_of, feeder_of

HOURS = (np.arange(96) + 0.5) / 4
EVE = dt.date(2027, 2, 5)


def test_the_sun_over_the_year() -> None:
    solstices = declination_rad([dt.date(2027, 6, 21), dt.date(2027, 12, 21)])
    assert np.rad2deg(solstices) == pytest.approx([23.45, -23.45], abs=0.1)
    assert abs(np.rad2deg(declination_rad([dt.date(2027, 3, 20)])[0])) < 0.6
    # almanacs: -14.2 min on 11 February, +16.4 min on 3 November
    minutes = equation_of_time_min([dt.date(2027, 2, 11), dt.date(2027, 11, 3)])
    assert minutes == pytest.approx([-14.2, 16.4], abs=0.3)


def test_clear_sky_of_the_published_formula() -> None:
    """Haurwitz as pvlib prints it for zeniths of 0, 60 and 85 degrees."""
    cosine = np.cos(np.deg2rad([0.0, 60.0, 85.0, 90.0, 120.0]))
    expected = [1035.09, 487.90, 48.63, 0.0, 0.0]
    assert clear_sky_w_m2(cosine) == pytest.approx(expected, abs=0.05)


def test_noon_at_33_degrees_north_in_february() -> None:
    cosine = cosine_of_zenith([EVE], HOURS, 33.0, 114.0)[0]
    level = clear_sky_w_m2(cosine)
    assert 600 < level.max() < 700
    assert HOURS[level.argmax()] == pytest.approx(12.63, abs=0.13)  # 24 min for 6 degrees, and 14
    up = HOURS[cosine > 0]
    assert up[0] == pytest.approx(7.3, abs=0.2)  # sunrise in Zhoukou: 7:16, without refraction 7:19
    assert up[-1] == pytest.approx(17.9, abs=0.2)


def test_equinoxes_have_twelve_hours() -> None:
    minutes = (np.arange(1440) + 0.5) / 60
    for latitude in (20.0, 33.0, 50.0):
        up = cosine_of_zenith([dt.date(2027, 3, 21)], minutes, latitude, 120.0) > 0
        assert up.sum() / 60 == pytest.approx(12.0, abs=0.1)


@given(
    day=st.dates(dt.date(2015, 1, 1), dt.date(2035, 12, 31)),
    latitude=st.floats(18, 53),
    longitude=st.floats(75, 134),
)
def test_panels_never_give_more_than_their_rating_and_sleep_at_night(
    day: dt.date, latitude: float, longitude: float
) -> None:
    share = panel_share([day], latitude_deg=latitude, longitude_deg=longitude)[0]
    dark = cosine_of_zenith([day], HOURS, latitude, longitude)[0] <= 0
    assert (share >= 0).all()
    assert (share <= 1).all()
    assert (share[dark] == 0).all()
    assert share.max() > 0.2


def test_a_clear_winter_day_gives_four_to_six_full_hours() -> None:
    share = panel_share([EVE], latitude_deg=33.0, longitude_deg=114.0)[0]
    assert 4 < share.sum() / 4 < 6
    assert 0.6 < share.max() < 0.85


def test_all_roofs_of_an_area_lie_under_one_cloud() -> None:
    study = ForecastSettings(
        period=Period(festival_year=2027, first_day=-3, last_day=6),
        draws=40,
        scenarios={"expected": Scenario()},
    )
    feeder = feeder_of(customers_of(["pv", "pv"], [-4.0, -8.0]))
    p_kw = forecast_demand(feeder, study).block(0, 40)[0][0]
    np.testing.assert_allclose(p_kw[1], 2 * p_kw[0], rtol=1e-5)
    assert p_kw.max() == 0
    clear = panel_share(study.period.dates, latitude_deg=33.0, longitude_deg=114.0)
    share = (p_kw[0] / -4.0).reshape(40, 10, 96)
    clearness = share.sum(axis=-1) / clear.sum(axis=-1)
    assert 0.1 <= clearness.min() < 0.3
    assert 0.9 < clearness.max() <= 1.0
    assert clearness.mean() == pytest.approx(0.1 + 0.9 * 2 / 3.5, abs=0.03)
