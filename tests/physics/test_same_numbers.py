"""From the study to the findings: the same numbers whatever the blocks, workers and orders.

A village of thirty customers, two days around New Year's Eve, three scenarios, both ways of
sampling. What is drawn is the same to the bit, and so is a sweep by one or two workers and in any
order of the scenarios. With other blocks of cases the power flow stops its iterations at other
places within the tolerance: what is judged is the same, series agree to the last bit or two of
single precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gridplan as gp
from gridplan.demand.period import Period
from gridplan.powerflow import sweep as sweep_module
from gridplan.powerflow.results import OF_CUSTOMER, OF_ELEMENT, SERIES
from gridplan.records import quantities

ROOT = Path(__file__).parents[2]
DRAWS = 24
SCENARIOS = ("expected", "cold_snap", "full_house")
#: Two of the last bits of single precision; the tolerance of 1e-8 pu at 230 V and 100 A.
LAST_BITS = {"rtol": 3e-7, "atol": 3e-6}


@pytest.fixture(scope="module")
def feeder() -> gp.Feeder:
    return gp.read_feeder(ROOT / "networks" / "hongjiawan")


@pytest.fixture(scope="module", params=["random", "quasi_random"])
def study(request: pytest.FixtureRequest) -> gp.Study:
    study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml")
    days = Period(festival_year=2027, first_day=-1, last_day=0)
    update = {"period": days, "draws": DRAWS, "sampling": request.param}
    return study.model_copy(update={"forecast": study.forecast.model_copy(update=update)})


@pytest.fixture(scope="module")
def usual(feeder: gp.Feeder, study: gp.Study) -> gp.SweepResult:
    return swept(feeder, study)


def swept(
    feeder: gp.Feeder, study: gp.Study, *, workers: int = 1, order: Sequence[str] = SCENARIOS
) -> gp.SweepResult:
    """The sweep of a study with its scenarios in another order; the result keeps that order."""
    scenarios = {name: study.forecast.scenarios[name] for name in order}
    forecast = study.forecast.model_copy(update={"scenarios": scenarios})
    return gp.run_sweep(feeder, gp.forecast_demand(feeder, forecast), workers=workers)


def arrays(sweep: gp.SweepResult) -> dict[str, np.ndarray]:
    """Everything that a sweep keeps, by scenario in the usual order."""
    at = [sweep.scenarios.index(name) for name in SCENARIOS]
    names = ("i_phase_a", "status", *SERIES, *OF_CUSTOMER, *OF_ELEMENT)
    return {name: getattr(sweep, name)[at] for name in names}


def judged(feeder: gp.Feeder, sweep: gp.SweepResult) -> dict[Any, Any]:
    """Probability, interval, times and hours of every finding."""
    return {
        one.key: (one.probability, one.probability_low, one.probability_high, one.first,
                  one.worst_at, one.longest_h, one.phase, one.tier)
        for one in gp.assess(feeder, sweep)
    }  # fmt: skip


def test_what_is_drawn_is_the_same_in_any_block(monkeypatch, feeder, study) -> None:
    demand = gp.forecast_demand(feeder, study.forecast)
    whole = demand.block(0, DRAWS)
    for size in (1, 5, 12):
        parts = [demand.block(at, min(at + size, DRAWS)) for at in range(0, DRAWS, size)]
        for kind in range(2):
            joined = np.concatenate([part[kind] for part in parts], axis=2)
            np.testing.assert_array_equal(joined, whole[kind])
    total = quantities.village_kw(demand)
    for share in (0.5, 2.0):
        block = round(share * whole[0][:, :, 0].size)
        monkeypatch.setattr(quantities, "_BLOCK_VALUES", block)
        np.testing.assert_array_equal(quantities.village_kw(demand), total)


def test_workers_and_orders_give_the_same_bits(feeder, study, usual) -> None:
    expected, findings = arrays(usual), judged(feeder, usual)
    assert len(findings) > 5
    assert any(0 < one[0] < 1 for one in findings.values())
    for changes in (
        {"workers": 2},
        {"order": SCENARIOS[::-1]},
        {"order": ("cold_snap", "expected", "full_house"), "workers": 2},
    ):
        other = swept(feeder, study, **changes)
        for name, values in arrays(other).items():
            np.testing.assert_array_equal(values, expected[name], err_msg=f"{changes} {name}")
        assert judged(feeder, other) == findings


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_half_and_twice_the_block_give_the_same_answer(
    monkeypatch, feeder, study, usual, share: float
) -> None:
    block = sweep_module._BLOCK_CASES
    assert block * share < usual.n_case / len(SCENARIOS), "the whole sweep is one block"
    monkeypatch.setattr(sweep_module, "_BLOCK_CASES", round(share * block))
    other, expected = swept(feeder, study), arrays(usual)
    assert judged(feeder, other) == judged(feeder, usual)
    for name, values in arrays(other).items():
        exact = values.dtype.kind in "iu" or name.endswith("_h")
        bounds = {"rtol": 0.0, "atol": 0.0} if exact else LAST_BITS
        np.testing.assert_allclose(values, expected[name], err_msg=name, **bounds)
