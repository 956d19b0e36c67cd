"""What sources report about villages at the festival, on the sample networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gridplan as gp
from gridplan.demand.settings import Period, Scenario

ROOT = Path(__file__).resolve().parents[3]
DRAWS = 30


def mean_village(feeder: gp.Feeder, study: gp.Study) -> tuple[np.ndarray, np.ndarray]:
    """Times, and the village's demand as a mean over the draws (scenario, step) [kW]."""
    demand = gp.forecast_demand(feeder, study.forecast)
    return demand.times, demand.block(0, study.draws)[0].sum(axis=1).mean(axis=1)


@pytest.mark.parametrize("name", ["hongjiawan", "wanfota"])
def test_the_eve_is_the_peak_and_two_to_six_usual_evenings(name: str) -> None:
    """18-21 h on New Year's Eve; 2-3 times (Nanning 2013) to 5-6 times (State Grid 2021)."""
    feeder = gp.read_feeder(ROOT / "networks" / name)
    study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml").with_draws(DRAWS)
    times, village = mean_village(feeder, study)
    at = times[village.argmax(axis=1)]
    assert (at.astype("datetime64[D]") == np.datetime64("2027-02-05")).all()
    hour = (at - at.astype("datetime64[D]")) / np.timedelta64(1, "h")
    assert ((hour >= 18) & (hour <= 21)).all()

    before = Period(festival_year=2027, first_day=-30, last_day=-28)
    changes = {"registers": "none", "period": before, "scenarios": {"usual": Scenario()}}
    usual = study.model_copy(update={"forecast": study.forecast.model_copy(update=changes)})
    _, evening = mean_village(feeder, usual)
    rise = village[0].max() / evening[0].max()
    assert 2 <= rise <= 6


def test_hongjiawan_as_its_story_has_it() -> None:
    """24 occupied homes at 0.52, 0.61 and 0.76 kW: the levels that lead to three verdicts."""
    feeder = gp.read_feeder(ROOT / "networks" / "hongjiawan")
    study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml").with_draws(DRAWS)
    demand = gp.forecast_demand(feeder, study.forecast)
    assert demand.occupancy.sum(axis=1) == pytest.approx(24, abs=0.5)
    _, village = mean_village(feeder, study)
    per_home = village.max(axis=1) / demand.occupancy.sum(axis=1)
    assert per_home == pytest.approx([0.52, 0.61, 0.76], rel=0.05)
