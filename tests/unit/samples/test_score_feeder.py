"""Who is found at home, and a feeder's forecast, are scored on a small synthetic county."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gridplan.demand.scores import crps
from tests.unit.samples.figures import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scripts() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module


@pytest.fixture(scope="module")
def county(scripts: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("county")
    scripts("make_county").make_county(
        out, n_area=2, years=(2025, 2026, 2027), seed=5, mean_homes=30
    )
    return out


def test_who_is_at_home_is_found(scripts: Any) -> None:
    script: ModuleType = scripts("score_presence")
    places, weather = scripts("county.places"), scripts("county.weather")
    mean_c = dict(zip(*weather.daily_means(script.FIRST, script.LAST, 5), strict=True))
    area = places.make_area(0, 5, 40)
    both = np.concatenate(list(script.judged(area, script.YEARS, mean_c)), axis=1)
    assert (both[0] == both[1]).mean() > 0.985
    away = ~both[0]
    assert both[1][away].mean() < 0.03


def test_past_festivals_beat_ordinary_days(scripts: Any, county: Path) -> None:
    script: ModuleType = scripts("score_feeder_forecast")
    area = sorted(path.stem for path in (county / "meters" / "2027").iterdir())[0]
    ways = {"without": ([], False), "with": ([2025, 2026], False), "told": ([2025, 2026], True)}
    village, homes = {}, {}
    for way, (past, registers) in ways.items():
        found = script.forecast(county, area, 2027, past, registers=registers, n_draw=60)
        village[way] = np.nanmean(crps(*found.village))
        homes[way] = np.nanmean(crps(*found.homes))
    for way in ("with", "told"):
        assert village[way] < 0.6 * village["without"]
        assert homes[way] < min(1.0, 0.9 * homes["without"])  # kW
