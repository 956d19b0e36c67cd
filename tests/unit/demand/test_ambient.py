"""Outdoor temperature of the cases: the weather that the homes' heating follows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gridplan.demand.forecast import forecast_demand
from gridplan.demand.settings import ForecastSettings
from tests.unit.demand.test_forecast import settings
from tests.unit.demand.villages import customers_of, feeder_of

FEEDER = feeder_of(customers_of(["resident"] * 6))


def outdoors(changed: ForecastSettings, first: int = 0, last: int = 6) -> np.ndarray:
    demand = forecast_demand(FEEDER, changed)
    assert demand.ambient is not None
    return demand.ambient.block(first, last)


def test_nothing_is_known_without_a_usual_temperature() -> None:
    assert forecast_demand(FEEDER, settings()).ambient is None


def test_offset_range_and_deviation() -> None:
    usual = settings(usual_c=2.0, usual_range_c=8.0)
    air = outdoors(usual)
    assert air.shape == (2, 6, 5 * 96)
    np.testing.assert_allclose(air[1], air[0] - 6.0, atol=1e-4)  # the cold scenario
    assert not np.array_equal(air[0, 0], air[0, 1])  # draws differ
    still = outdoors(settings(usual_c=2.0, usual_range_c=8.0, variation=usual.variation.model_copy(
        update={"temperature_sd_c": 0.0})))[0, 0].reshape(5, 96)  # fmt: skip
    np.testing.assert_allclose(still.mean(axis=1), 2.0, atol=1e-4)
    np.testing.assert_allclose(np.ptp(still, axis=1), 8.0, atol=0.01)
    assert (abs(still.argmax(axis=1) - 60) <= 1).all()  # 15:00
    np.testing.assert_array_equal(outdoors(usual, 3, 5), air[:, 3:5])


def test_the_homes_heating_follows_the_same_deviation() -> None:
    """At 3 % per degree the load tells the deviation that the transformer's air has."""
    quiet = {"home_cv": 0, "time_cv": 0, "dinner_delay_h": 0}
    base = settings(usual_c=2.0, usual_range_c=0.0).variation
    varied = settings(usual_c=2.0, usual_range_c=0.0, variation=base.model_copy(update=quiet))
    calm = varied.variation.model_copy(update={"temperature_sd_c": 0.0})
    loads = [
        forecast_demand(FEEDER, one).block(0, 4)[0][0].sum(axis=0)
        for one in (varied, varied.model_copy(update={"variation": calm}))
    ]
    colder = (loads[0] / loads[1] - 1) / 0.03
    np.testing.assert_allclose(-colder, outdoors(varied, 0, 4)[0] - 2.0, atol=1e-3)


def test_a_path_sets_the_daily_means(tmp_path: Path) -> None:
    rows = [
        f"2027-02-{day:02d},{mean}"
        for day, mean in zip(range(3, 8), (5, 4, -3, -8, 0), strict=True)
    ]
    (tmp_path / "cold.csv").write_text("date,mean_c\n" + "\n".join(rows), encoding="utf-8")
    values = settings(usual_c=2.0, usual_range_c=0.0).model_dump()
    values["scenarios"] = {"path": {"temperature_path": "cold.csv"}}
    values["variation"]["temperature_sd_c"] = 0.0
    changed = ForecastSettings.model_validate(values, context={"folder": tmp_path})
    noons = outdoors(changed)[0, 0].reshape(5, 96)[:, 47:49].mean(axis=1)
    np.testing.assert_allclose(noons, (5, 4, -3, -8, 0), atol=0.05)


def test_some_scenarios_keep_their_air() -> None:
    demand = forecast_demand(FEEDER, settings(usual_c=2.0))
    cold = demand.only(["cold"])
    assert demand.ambient is not None
    assert cold.ambient is not None
    np.testing.assert_array_equal(cold.ambient.block(0, 3)[0], demand.ambient.block(0, 3)[1])
    kept = demand.kept()
    assert kept.ambient is demand.ambient


@pytest.mark.parametrize("minutes", [30, 60])
def test_longer_steps(minutes: int) -> None:
    air = outdoors(settings(usual_c=2.0, step_minutes=minutes))
    assert air.shape[-1] == 5 * 24 * 60 // minutes
