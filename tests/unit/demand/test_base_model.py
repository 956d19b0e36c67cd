"""The base model of homes, against days that were made up."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from gridplan.demand.base_model import fit_base_model
from gridplan.demand.metering import MeterReadings
from gridplan.demand.winters import winters_of
from tests.unit.demand.test_presence import DAYS, ORIGIN, SHAPE, kinds, readings_of, village

ORDINARY = DAYS < -12


def test_figures_of_homes_that_are_lived_in() -> None:
    base = fit_base_model(winters_of(readings_of(village(kinds(), fridge_kw=0.0))))
    assert base.lives_in.tolist() == [True] * 10 + [False] * 11
    np.testing.assert_allclose(base.usual_kw[:10], 0.255, rtol=0.15)
    np.testing.assert_allclose(base.shape[:10], np.tile(SHAPE, (10, 1)), atol=0.05)
    np.testing.assert_allclose(base.shape[:10].mean(axis=1), 1.0)
    assert base.n_usual.tolist() == [int(ORDINARY.sum())] * 10 + [0] * 11
    np.testing.assert_allclose(base.standby_kw[10:], 0.005, rtol=1e-3)
    assert np.isnan(base.shape[10:]).all()


def test_the_last_winter_says_who_lives_there() -> None:
    present = np.ones((1, 60), dtype=bool)
    years = (dt.date(2026, 2, 17), ORIGIN)
    curves = village(present), village(~present)
    winters = [
        winters_of(readings_of(p_kw, year))[0] for p_kw, year in zip(curves, years, strict=True)
    ]
    assert not fit_base_model(tuple(winters)).lives_in[0]
    assert fit_base_model(tuple(winters[:1])).lives_in[0]


def test_the_temperature_comes_back() -> None:
    random = np.random.default_rng(1)
    celsius = 4 + 3 * random.standard_normal(60)
    level = 0.4 * np.exp(-0.03 * (celsius - 4) + 0.05 * random.standard_normal((20, 60)))
    readings = readings_of(level[:, :, None] * SHAPE)
    mean_c = dict(zip(readings.days, celsius, strict=True))
    base = fit_base_model(winters_of(readings, mean_c))
    assert base.percent_per_c == pytest.approx(3.0, abs=0.3)
    assert np.isnan(fit_base_model(winters_of(readings)).percent_per_c)


def test_festival_days_only_are_no_base() -> None:
    p_kw = np.full((1, 5, 96), 0.4, dtype=np.float32)
    readings = MeterReadings(ids=np.array(["a"]), start=np.datetime64("2027-02-05"), p_kw=p_kw)
    base = fit_base_model(winters_of(readings))
    assert np.isnan(base.usual_kw[0])
    assert np.isnan(base.standby_kw[0])
    assert not base.lives_in[0]
