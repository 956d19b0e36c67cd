"""Temperature paths: values, faults, and what homes make of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gridplan.demand.forecast import forecast_demand
from gridplan.demand.settings import ForecastSettings
from gridplan.demand.weather import joined_at_noon, read_temperature
from gridplan.errors import StudyError
from tests.unit.demand.villages import customers_of, feeder_of

STILL = {"home_cv": 0.0, "time_cv": 0.0, "temperature_sd_c": 0.0, "dinner_delay_h": 0.0}
DAYS = [dt.date(2027, 2, day) for day in range(3, 8)]


def write(folder: Path, text: str) -> Path:
    path = folder / "cold.csv"
    path.write_text(text, encoding="utf-8")
    return path


def settings(folder: Path, period: dict[str, Any], **changes: Any) -> ForecastSettings:
    values = {
        "period": period,
        "draws": 2,
        "usual_c": 4.0,
        "scenarios": {"usual": {}, "path": {"temperature_path": "cold.csv"}},
        "variation": STILL,
    }
    return ForecastSettings.model_validate({**values, **changes}, context={"folder": folder})


FESTIVAL = {"festival_year": 2027, "first_day": -3, "last_day": 1}


def test_values_of_a_path(tmp_path: Path) -> None:
    path = read_temperature(write(tmp_path, "日期,日平均气温,最低气温\n2027-02-03,1,-3\n"))
    assert path.mean_c == {DAYS[0]: 1.0}
    assert path.deviation_c(DAYS[:1], 4.0).tolist() == [-3]


def test_days_are_joined_at_noon() -> None:
    steps = joined_at_noon(np.array([0.0, -6.0]), 60)
    assert steps.shape == (48,)
    assert steps[:12].tolist() == [0.0] * 12
    assert steps[36:].tolist() == [-6.0] * 12
    assert steps[23] + steps[24] == pytest.approx(-6.0)
    assert (np.diff(steps) <= 0).all()


def test_all_faults_at_once(tmp_path: Path) -> None:
    text = (
        "date,mean_c,min_c\n2027-02-03,1,2\n2027-02-31,1,\n2027-02-05,cold,\n2027-02-06,nan,\n"
        "2027-02-07,400,\n2027-02-03,1,\n2027-02-08,,\n"
    )
    with pytest.raises(StudyError) as caught:
        read_temperature(write(tmp_path, text))
    assert [(fault.where, fault.code) for fault in caught.value.faults] == [
        ("cold.csv:2", "weather-order"),
        ("cold.csv:3", "weather-date"),
        ("cold.csv:4", "weather-number"),
        ("cold.csv:5", "weather-number"),
        ("cold.csv:6", "weather-number"),
        ("cold.csv:7", "weather-duplicate"),
        ("cold.csv:8", "weather-number"),
    ]


def test_missing_days_are_faults(tmp_path: Path) -> None:
    write(tmp_path, "date,mean_c\n2027-02-04,1\n")
    with pytest.raises(StudyError, match="4 days of the period are missing: 2027-02-03") as caught:
        forecast_demand(feeder_of(customers_of(["resident"])), settings(tmp_path, FESTIVAL))
    assert caught.value.faults[0].rows == 4


def test_cold_days_draw_more_in_winter(tmp_path: Path) -> None:
    write(tmp_path, "date,mean_c\n" + "".join(f"{day},-6\n" for day in DAYS))
    demand = forecast_demand(feeder_of(customers_of(["resident"])), settings(tmp_path, FESTIVAL))
    p_kw, _ = demand.block(0, 2)
    assert p_kw[1] / p_kw[0] == pytest.approx(1.30, rel=1e-5)  # 10 K at 3 %/K


def test_hot_days_draw_more_in_summer_and_none_in_autumn(tmp_path: Path) -> None:
    for month, ratio in ((7, 1.2), (10, 1.0)):
        days = [f"2027-{month:02}-{day}" for day in (20, 21)]
        write(tmp_path, "date,mean_c\n" + "".join(f"{day},9\n" for day in days))
        period = {"start": dt.date(2027, month, 20), "end": dt.date(2027, month, 21)}
        demand = forecast_demand(feeder_of(customers_of(["resident"])), settings(tmp_path, period))
        p_kw, _ = demand.block(0, 2)
        assert p_kw[1] / p_kw[0] == pytest.approx(ratio, rel=1e-5)  # 5 K at 4 %/K


def test_a_path_as_an_offset_gives_the_same_numbers(tmp_path: Path) -> None:
    write(tmp_path, "date,mean_c\n" + "".join(f"{day},-2\n" for day in DAYS))
    scenarios = {
        "offset": {"temperature_offset_c": -6.0},
        "path": {"temperature_path": "cold.csv"},
        "both": {"based_on": "path", "temperature_offset_c": 6.0},
        "usual": {},
    }
    study = settings(tmp_path, FESTIVAL, scenarios=scenarios, variation={})
    p_kw, _ = forecast_demand(feeder_of(customers_of(["resident"] * 3)), study).block(0, 2)
    np.testing.assert_array_equal(p_kw[0], p_kw[1])
    np.testing.assert_array_equal(p_kw[2], p_kw[3])


def test_a_path_needs_the_usual_temperature(tmp_path: Path) -> None:
    write(tmp_path, "date,mean_c\n")
    with pytest.raises(ValueError, match="give usual_c"):
        settings(tmp_path, FESTIVAL, usual_c=None)
    with pytest.raises(ValueError, match=r"no file 'hot\.csv'"):
        settings(tmp_path, FESTIVAL, scenarios={"a": {"temperature_path": "hot.csv"}})
