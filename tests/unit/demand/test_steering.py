"""Quasi-random draws: the same distributions, evenly spread where the peak is decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from gridplan.demand.cases import Demand
from gridplan.demand.causes import GROUPS, N_CAUSE, Causes
from gridplan.demand.forecast import _village, forecast_demand, with_pending_of
from gridplan.demand.quasi import DIMENSIONS, REPLICATES
from gridplan.demand.settings import ForecastSettings, Scenario, Variation
from gridplan.demand.steering import CHANCES, FIRST_EVENT, FIRST_PENDING, steered
from gridplan.demand.study_files import read_study_files
from gridplan.demand.village import Village
from gridplan.network.feeder import Feeder
from tests.unit.demand.villages import customers_of, feeder_of

KINDS = ["resident"] * 8 + ["vacant"] * 16 + ["ten_kilowatt", "mill", "pump", "shop", "pv"]
FEEDER = feeder_of(customers_of(KINDS))
REGISTER = "customer_id,persons,arrival,departure,will_not_return,source,updated\n" + "".join(
    f"H{home},{2 + home % 4},,,no,,\n" for home in range(4, 16)
)
HOMES = 25
DRAWS = 64
EVE = 2  #: days from the beginning
JULY = {"start": dt.date(2026, 7, 10), "end": dt.date(2026, 7, 13)}
NATIONAL_DAY = {
    "start": dt.date(2026, 9, 29),
    "end": dt.date(2026, 10, 3),
    "holiday": "national_day",
}
DAYS = {"festival_year": 2027, "first_day": -3, "last_day": 1}


def settings(folder: Path, **changes: Any) -> ForecastSettings:
    """Five days around the Eve, half of the homes in a register that knows two of three."""
    (folder / "village.csv").write_text(REGISTER, encoding="utf-8")
    values: dict[str, Any] = {
        "period": DAYS,
        "draws": DRAWS,
        "seed": 3,
        "scenarios": {
            "expected": {},
            "cold": {"temperature_offset_c": -6.0},
            "full": {"returnees_factor": 1.2, "persons_factor": 1.5},
        },
        "registers": ".",
        "coverage": {"default": 0.7},
        "sampling": "quasi_random",
    }
    return ForecastSettings.model_validate({**values, **changes}, context={"folder": folder})


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., ForecastSettings]:
    return lambda **changes: settings(tmp_path, **changes)


def village_of(study: ForecastSettings, feeder: Feeder = FEEDER) -> Village:
    """The village of a study before it is steered."""
    return _village(feeder, study, read_study_files(feeder, study))


def peaks(demand: Demand, draws: int = DRAWS) -> np.ndarray:
    """Highest two-hour mean of the village (scenario, draw) [kW]."""
    total = demand.block(0, draws)[0].sum(axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(total, 8, axis=-1)
    return windows.mean(axis=-1).max(axis=-1)


def test_the_same_bits_in_every_block_order_and_thread(study) -> None:
    demand = forecast_demand(FEEDER, study())
    assert demand.replicates == REPLICATES
    whole = demand.block(0, DRAWS)
    blocks = [(40, DRAWS), (7, 8), (0, 7), (8, 40)]
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda ends: demand.block(*ends), blocks))
    for (first, last), part in zip(blocks, parts, strict=True):
        for values, expected in zip(part, whole, strict=True):
            np.testing.assert_array_equal(values, expected[:, :, first:last])


@pytest.mark.parametrize("draws", [1, 5, 33, 150])
def test_more_draws_leave_the_others_alone(study, draws: int) -> None:
    one, other = (forecast_demand(FEEDER, study(draws=n)) for n in (DRAWS, draws))
    both = min(draws, DRAWS)
    np.testing.assert_array_equal(one.block(0, both)[0], other.block(0, both)[0])


def test_scenarios_share_their_numbers_whatever_their_order(study) -> None:
    scenarios = study().scenarios
    usual = forecast_demand(FEEDER, study()).block(0, 9)
    turned = forecast_demand(
        FEEDER, study().model_copy(update={"scenarios": dict(reversed(scenarios.items()))})
    )
    alone = forecast_demand(FEEDER, study().model_copy(update={"scenarios": {"x": Scenario()}}))
    for values, expected in zip(turned.block(0, 9), usual, strict=True):
        np.testing.assert_array_equal(values[::-1], expected)
    np.testing.assert_array_equal(alone.block(0, 9)[0][0], usual[0][0])
    ratio = usual[0][1] / np.where(usual[0][0] == 0, 1, usual[0][0])
    assert ratio[:HOMES].mean() == pytest.approx(1.18, abs=0.01)


def test_events_and_pending_connections_leave_the_others_alone(study, tmp_path: Path) -> None:
    usual = forecast_demand(FEEDER, study()).block(0, 9)[0]
    event = {"kind": "feast", "start": dt.date(2027, 2, 5), "guests": 80, "probability": 0.4}
    with_event = forecast_demand(FEEDER, study(events={"feast": {**event, "at": "H1"}}))
    rest = np.delete(np.arange(len(KINDS)), 1)
    np.testing.assert_array_equal(with_event.block(0, 9)[0][:, rest], usual[:, rest])
    (tmp_path / "pending.csv").write_text(
        "name,network,node,kw,phases,probability\nfarm,village,bus,9,abc,0.5\n", encoding="utf-8"
    )
    applied = study(pending="pending.csv")
    wider = forecast_demand(with_pending_of(FEEDER, applied), applied).block(0, 9)[0]
    assert wider.shape[1] == len(KINDS) + 1
    np.testing.assert_array_equal(wider[:, :-1], usual)


def test_the_village_is_spread_evenly(study) -> None:
    """Sequences of 2^m draws have their village peaks in order: the strata of the first number."""
    spreads = []
    for seed in range(8):  # of one seed it is uncertain by a quarter
        demand = forecast_demand(FEEDER, study(draws=16 * REPLICATES, seed=seed))
        for one in peaks(demand, 16 * REPLICATES):
            median = np.median(one)
            above = [(one[k::REPLICATES] > median).sum() for k in range(REPLICATES)]
            spreads.append(np.std(above))
    # of 16 independent draws 8 +- 2 are above the median
    assert np.mean(spreads) < 1.4


@pytest.mark.slow
def test_answers_vary_less_from_seed_to_seed(study) -> None:
    """Mean and upper quantile of the Eve's peak over 24 seeds."""
    eve = {"festival_year": 2027, "first_day": -1, "last_day": -1}
    spread = {}
    for sampling in ("random", "quasi_random"):
        found = [
            peaks(forecast_demand(FEEDER, study(seed=seed, sampling=sampling, period=eve)))[0]
            for seed in range(24)
        ]
        spread[sampling] = np.mean(found, axis=1).var(), np.quantile(found, 0.8, axis=1).var()
    assert spread["quasi_random"][0] < spread["random"][0] / 2.5
    assert spread["quasi_random"][1] < spread["random"][1] / 1.5


def steered_and_random(study: ForecastSettings, draws: int) -> tuple[Village, Village]:
    village = village_of(study)
    return steered(village, FEEDER.customers, draws), village


def test_single_numbers_keep_their_distribution(study) -> None:
    """Levels, temperature and time of single homes: standard normal and independent."""
    draws = 1500
    village, _ = steered_and_random(study(), draws)
    streams = village.streams
    level = np.array([streams.normal("home level", draw, len(KINDS)) for draw in range(draws)])
    warmth = np.array([streams.normal("temperature", draw, 7) for draw in range(draws)])
    evening = (EVE * 96 + 80, EVE * 96 + 81)
    shape = (len(KINDS), 5 * 96)
    field = [streams.normal_field("variation in time", draw, shape) for draw in range(draws)]
    in_time = np.array([one[:HOMES, evening].ravel() for one in field])
    numbers = np.concatenate([level[:, :HOMES], warmth, in_time], axis=1)
    size = numbers.shape[1]
    # homes of a group with 100 or more others would hide a dependence: these have eight
    covariance = np.cov(numbers.T)
    assert np.abs(covariance - np.eye(size)).max() < 5.5 * np.sqrt(2 / draws)
    worst = min(stats.kstest(column, "norm").pvalue for column in numbers.T)
    assert worst > 0.01 / size


def test_homes_come_as_likely_as_before_and_each_by_itself(study) -> None:
    draws = 1500
    village, random = steered_and_random(study(), draws)
    days, likely = np.array([-1]), random.homes.returnees.probability(1.0)[:HOMES]
    there = np.array(
        [village.homes.returnees.persons(draw, days, 1.0)[:HOMES, 0] > 0 for draw in range(draws)]
    )
    before = np.array(
        [random.homes.returnees.persons(draw, days, 1.0)[:HOMES, 0] > 0 for draw in range(draws)]
    )
    open_ = (likely > 0) & (likely < 1)
    assert open_.sum() >= 6
    error = np.sqrt(0.25 / draws)
    assert np.abs(there.mean(axis=0) - before.mean(axis=0)).max() < 5 * error
    assert np.abs(there[:, open_].mean(axis=0) - likely[open_] * 0.96).max() < 5 * error
    together = np.corrcoef(there[:, open_].T) - np.eye(open_.sum())
    assert np.abs(together).max() < 4.5 / np.sqrt(draws)


def test_causes_are_turned_without_a_stretch(study) -> None:
    causes = Causes.of(village_of(study()), FEEDER.customers)
    turned = causes.turned(np.eye(N_CAUSE))
    np.testing.assert_allclose(turned @ turned.T, np.eye(N_CAUSE), atol=1e-12)
    village = causes.influence.sum(axis=0)
    heaviest = causes.influence[causes.heaviest]
    np.testing.assert_allclose(
        turned @ village, np.linalg.norm(village) * np.eye(N_CAUSE)[0], atol=1e-12
    )
    np.testing.assert_allclose((turned @ heaviest)[2:], 0, atol=1e-12)


def test_the_influence_of_the_causes_is_what_the_draws_show(study) -> None:
    """Standard deviation of the village's peak by the causes, without what is left random."""
    village, _ = steered_and_random(study(), 400)
    causes = Causes.of(village_of(study()), FEEDER.customers)
    total = village.sample(0, 400)[0][0].sum(axis=0)
    windows = np.lib.stride_tricks.sliding_window_view(total, 8, axis=-1)
    spread = windows.mean(axis=-1).max(axis=-1).std()
    assert np.linalg.norm(causes.influence.sum(axis=0)) == pytest.approx(spread, rel=0.25)


def test_coordinates_do_not_overlap() -> None:
    assert N_CAUSE == 1 + 3 * len(GROUPS) <= FIRST_EVENT
    assert FIRST_EVENT + CHANCES <= FIRST_PENDING
    assert FIRST_PENDING + CHANCES <= DIMENSIONS


def test_an_event_that_may_fail_takes_place_in_its_share_of_every_sequence(study) -> None:
    event = {"kind": "feast", "start": dt.date(2027, 2, 5), "guests": 80, "at": "H3"}
    events = {"sure": event, "feast": {**event, "at": "H2", "probability": 0.25}}
    draws = 16 * REPLICATES
    with_it, without = (
        forecast_demand(FEEDER, study(draws=draws, events=some)).block(0, draws)[0][0]
        for some in (events, {"sure": event})
    )
    takes_place = (with_it[2] != without[2]).any(axis=-1)
    assert [takes_place[k::REPLICATES].sum() for k in range(REPLICATES)] == [4] * REPLICATES


@pytest.mark.parametrize(
    "changes",
    [
        {
            "period": {"start": dt.date(2026, 7, 10), "end": dt.date(2026, 7, 13)},
            "registers": "none",
        },
        {
            "period": {
                "start": dt.date(2026, 9, 29),
                "end": dt.date(2026, 10, 3),
                "holiday": "national_day",
            }
        },
        {"variation": Variation(home_cv=0, time_cv=0, temperature_sd_c=0, dinner_delay_h=0)},
        {"step_minutes": 60},
        {"period": {"festival_year": 2027, "first_day": 9, "last_day": 9}},
    ],
)
def test_every_kind_of_study_can_be_steered(study, changes: dict[str, Any]) -> None:
    changed = study(**changes)
    demand = forecast_demand(FEEDER, changed)
    random = forecast_demand(FEEDER, changed.model_copy(update={"sampling": "random"}))
    p_kw, expected = demand.block(0, DRAWS)[0], random.block(0, DRAWS)[0]
    assert np.isfinite(p_kw).all()
    assert p_kw.mean() == pytest.approx(expected.mean(), rel=0.05)
    np.testing.assert_allclose(demand.occupancy, random.occupancy, atol=0.3)


@pytest.mark.parametrize("kinds", [["mill"], ["pv"], ["vacant"], ["pump", "resident"]])
def test_villages_without_a_peak_or_homes(study, kinds: list[str]) -> None:
    feeder = feeder_of(customers_of(kinds, 0.0))
    demand = forecast_demand(feeder, study(registers="none", draws=20))
    assert np.isfinite(demand.block(0, 20)[0]).all()


def test_random_draws_are_told_apart(study) -> None:
    assert forecast_demand(FEEDER, study(sampling="random")).replicates is None
    assert forecast_demand(FEEDER, study()).only(["cold"]).replicates == REPLICATES
    assert forecast_demand(FEEDER, study()).kept().replicates == REPLICATES
