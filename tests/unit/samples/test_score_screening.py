"""Screening is scored on a small synthetic county: what is known must show in the scores."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.unit.samples.figures import ROOT

pytestmark = pytest.mark.slow
YEARS = (2026, 2027)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        return importlib.import_module("score_screening")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("county")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        making = importlib.import_module("make_county")
    making.make_county(out, n_area=14, years=(2024, 2025, 2026, 2027), seed=6, mean_homes=45)
    return out


def test_the_more_is_known_the_nearer_and_surer(script: ModuleType, county: Path) -> None:
    spread, width, inside = {}, {}, {}
    for knows in script.KNOWS:
        found = [case for year in YEARS for case in script.cases(county, year, knows, 200, 0)]
        assert len(found) == 28
        miss = np.log([case.said.load_p50_kva / case.load_kva for case in found])
        assert abs(np.median(miss)) < 0.25, knows
        # each festival has its own common error, the weather's
        centred = miss.reshape(2, -1) - miss.reshape(2, -1).mean(axis=1, keepdims=True)
        spread[knows] = centred.std()
        width[knows] = np.median([case.said.width for case in found])
        inside[knows] = np.mean(
            [
                case.said.load_p95_kva - case.said.width * case.said.load_p50_kva
                <= case.load_kva
                <= case.said.load_p95_kva
                for case in found
            ]
        )
        lines = script.score_lines(knows, found)
        assert lines[0].startswith(f"{knows}: 28 areas")
    assert spread["festivals"] < 0.8 * spread["plate"]
    assert width["festivals + weather"] < width["festivals"] < width["winter"] < width["plate"]
    assert min(inside.values()) > 0.7


def with_special(basis: str, area: str, listed: set[str]) -> str:
    """What an area's forecast rests on, with the special loads that the county lists of it."""
    return f"{basis} + special loads" if area in listed else basis


def test_an_area_is_scored_blind(script: ModuleType, county: Path) -> None:
    """Of neighbours' areas none is scored with its own curves."""
    with (county / "special_loads.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = {row["台区编号"] for row in csv.DictReader(file)}
    assert listed
    for knows, basis in (
        ("neighbours", "register"),
        ("plate", "register"),
        ("festivals", "register + curves + festival curves"),
    ):
        found = script.cases(county, 2027, knows, 50, 0)
        assert len({case.said.area for case in found}) == 14
        for case in found:
            assert case.said.basis == with_special(basis, case.said.area, listed), knows
    assert 0.0 <= script.area_under_curve(
        np.array([0.1, 0.9, 0.5]), np.array([False, True, True])
    ) == 1.0  # fmt: skip
