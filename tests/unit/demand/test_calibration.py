"""A study with meters: levels, who lives there and heating are those of the meters."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

import gridplan as gp
from gridplan.demand.calibration import HOMES, read_calibration
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.profiles import day_shapes, usual_kw
from gridplan.demand.settings import ForecastSettings

NETWORK = Path(__file__).parents[3] / "networks" / "hongjiawan"
YEAR, PER_C, N_DAY = 2021.0, 0.03, 45


def write_meters(folder: Path, feeder: gp.Feeder, factors: np.ndarray) -> np.ndarray:
    """Curves of ordinary days: every home has the mean home's shape at its own level.

    A factor of 0 is a home where nobody lives. Returns the temperatures.
    """
    rng = np.random.default_rng(0)
    celsius = rng.normal(3, 4, N_DAY)
    shape = usual_kw(YEAR) * day_shapes()["normal_winter_resident"]
    dates = [dt.date(2025, 11, 20) + dt.timedelta(days=k) for k in range(N_DAY)]
    rows = ["ID,DATA_DATE,DATA_TYPE," + ",".join(f"P{k}" for k in range(1, 97))]
    for name, factor in zip(feeder.customers.id, factors, strict=True):
        for date, degree in zip(dates, celsius, strict=True):
            p_kw = factor * shape * np.exp(-PER_C * (degree - 3)) if factor else 0 * shape + 0.01
            rows.append(f"{name},{date},1," + ",".join(f"{value:.4f}" for value in p_kw))
    (folder / f"{feeder.name}.csv").write_text("\n".join(rows), encoding="utf-8")
    lines = [f"{date},{degree:.3f}" for date, degree in zip(dates, celsius, strict=True)]
    (folder / "temperature.csv").write_text("\n".join(["date,mean_c", *lines]), encoding="utf-8")
    return celsius


@pytest.fixture
def feeder() -> gp.Feeder:
    return gp.read_feeder(NETWORK)


def settings_with(folder: Path, meters: str | None) -> ForecastSettings:
    return ForecastSettings.model_validate(
        {
            "period": {"festival_year": 2026, "first_day": -2, "last_day": 1},
            "draws": 40,
            "scenarios": {"expected": {}},
            "meters": meters,
        },
        context={"folder": folder},
    )


def test_levels_presence_and_heating_come_back(tmp_path: Path, feeder: gp.Feeder) -> None:
    factors = np.where(np.arange(30) % 3 == 0, 0.0, np.linspace(0.5, 2.0, 30))
    write_meters(tmp_path, feeder, factors)
    found = read_calibration(tmp_path, feeder.name, feeder.customers, YEAR)
    homes = np.isin(feeder.customers.kind, HOMES)
    assert found.at_home.tolist() == (factors > 0).tolist()
    lived = (factors > 0) & homes
    group = np.median(np.log(factors[lived]))
    weight = N_DAY / (N_DAY + 5)
    expected = np.exp(group + weight * (np.log(factors[lived]) - group))
    np.testing.assert_allclose(found.level[lived], expected, rtol=0.05)
    np.testing.assert_allclose(found.level[homes & ~lived], np.exp(group), rtol=0.05)
    assert np.isnan(found.level[~homes]).all()  # machines follow their ratings
    assert found.heating_percent_per_c == pytest.approx(100 * PER_C, abs=0.5)
    assert any(f"{lived.sum()} of {homes.sum()} homes" in note.what for note in found.notes)


def test_a_forecast_follows_its_meters(tmp_path: Path, feeder: gp.Feeder) -> None:
    (tmp_path / "meters").mkdir()
    homes, energy = np.isin(feeder.customers.kind, HOMES), []
    for factor in (1.0, 2.0):
        write_meters(tmp_path / "meters", feeder, np.full(30, factor))
        demand = forecast_demand(feeder, settings_with(tmp_path, "meters"))
        p_kw, _ = demand.block(0, 40)
        energy.append(p_kw[:, homes].mean())
        assert (demand.occupancy[:, homes] == 1).all()
    assert energy[1] == pytest.approx(2 * energy[0], rel=0.02)


def test_without_meters_nothing_changes(tmp_path: Path, feeder: gp.Feeder) -> None:
    settings = settings_with(tmp_path, None)
    before = forecast_demand(feeder, settings).block(0, 3)[0]
    (tmp_path / "meters").mkdir()
    write_meters(tmp_path / "meters", feeder, np.ones(30))
    np.testing.assert_array_equal(forecast_demand(feeder, settings).block(0, 3)[0], before)
    measured = forecast_demand(feeder, settings_with(tmp_path, "meters")).block(0, 3)[0]
    assert (measured != before).any()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder 'curves'"):
        settings_with(tmp_path, "curves")


def test_a_feeder_without_its_meters_is_refused(tmp_path: Path, feeder: gp.Feeder) -> None:
    (tmp_path / "meters").mkdir()
    with pytest.raises(gp.StudyError, match=r"hongjiawan\.csv"):
        forecast_demand(feeder, settings_with(tmp_path, "meters"))
