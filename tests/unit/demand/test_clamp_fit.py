"""What clamp readings say: of levels no more than they can, of labels only what is contradicted."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.clamp_labels import label_probabilities, prior
from gridplan.demand.clamp_level import AREA_SD, CIRCUIT_SD, Levels, Modelled, fit_levels
from gridplan.network.customers import PERMUTATIONS

N_DRAW = 300


def model(sd: float, n: int, *, seed: int = 0, alike: float = 0.0, others: float = 0.0) -> Modelled:
    """Readings of 30 A, with a spread of which a part is common to all of them."""
    rng = np.random.default_rng(seed)
    common, own = rng.standard_normal((N_DRAW, 1)), rng.standard_normal((N_DRAW, n))
    spread = np.exp(sd * (np.sqrt(alike) * common + np.sqrt(1 - alike) * own))
    share = np.array([0.5, 0.3, 0.2])
    homes = 30.0 * spread[..., None] * share
    return Modelled(homes_a=homes + 0j, others_a=np.full_like(homes, others) + 0j)


def fit(
    factor: float | np.ndarray,
    modelled: Modelled,
    circuit: list[int] | None = None,
    homes: tuple[int, ...] = (30, 30),
) -> Levels:
    n = modelled.homes_a.shape[1]
    middle = np.exp(np.log(modelled.total_a(np.zeros(n))).mean(axis=0))
    return fit_levels(
        middle * factor, np.full(n, 0.05), np.array(circuit or [0] * n), modelled, np.array(homes)
    )


def share_of_truth(levels: Levels, factor: float) -> float:
    """How much of a deviation from the model is believed."""
    return float(levels.theta[0] / np.log(factor))


@settings(max_examples=60, deadline=None)
@given(factor=st.floats(0.6, 1.7), seed=st.integers(0, 1000))
def test_many_sharp_readings_give_the_level_back(factor: float, seed: int) -> None:
    levels = fit(factor, model(0.1, 12, seed=seed))
    assert np.exp(levels.theta[0]) == pytest.approx(factor, rel=0.05)
    assert levels.sd[0] < 0.06


def test_a_reading_that_says_little_is_shrunk_more() -> None:
    believed = [share_of_truth(fit(1.4, model(sd, 1)), 1.4) for sd in (0.05, 0.3, 1.0)]
    assert believed[0] > 0.95
    assert believed[0] > believed[1] > believed[2]
    assert believed[2] < 0.2


def test_readings_of_the_same_moment_count_once() -> None:
    one = share_of_truth(fit(1.4, model(0.4, 1)), 1.4)
    same = share_of_truth(fit(1.4, model(0.4, 4, alike=1.0)), 1.4)
    apart = share_of_truth(fit(1.4, model(0.4, 4, alike=0.0)), 1.4)
    assert same == pytest.approx(one, abs=0.03)
    assert apart > one + 0.2


def test_a_circuit_without_readings_follows_the_area_in_part() -> None:
    levels = fit(1.5, model(0.05, 3))
    area = AREA_SD**2 / (AREA_SD**2 + CIRCUIT_SD**2 + np.log1p(0.45**2) / 30)
    assert levels.theta[1] / levels.theta[0] == pytest.approx(area, rel=0.02)
    assert levels.area == pytest.approx(levels.theta[1])
    assert levels.sd[1] > 2 * levels.sd[0]


def test_circuits_of_few_homes_may_differ_more() -> None:
    few, many = (fit(np.array([1.5, 0.7]), model(0.05, 2), [0, 1], homes=(n, n)) for n in (5, 5000))
    assert few.theta[0] - few.theta[1] > many.theta[0] - many.theta[1]


def test_without_a_surprise_nothing_moves() -> None:
    levels = fit(1.0, model(0.3, 3))
    np.testing.assert_allclose(levels.theta, 0.0, atol=0.02)
    assert np.abs(levels.surprise).max() < 0.5


def test_machines_are_no_homes() -> None:
    """The level is that of the homes, where machines draw twice as much beside them, too."""
    modelled = model(0.05, 4, others=20.0)  # 60 A of machines beside 30 A
    n = 4
    measured = np.log(modelled.total_a(np.full(n, np.log(1.5)))).mean(axis=0)
    levels = fit_levels(
        np.exp(measured), np.full(n, 0.02), np.zeros(n, dtype=int), modelled, np.array([30])
    )
    assert np.exp(levels.theta[0]) == pytest.approx(1.5, rel=0.05)


@pytest.mark.parametrize("wild", [0.1, 10.0])
def test_one_wild_reading_counts_less_and_is_named(wild: float) -> None:
    factor = np.array([1.2, 1.2, 1.2, 1.2, 1.2 * wild])
    levels = fit(factor, model(0.15, 5))
    assert np.exp(levels.theta[0]) == pytest.approx(1.2, rel=0.12)
    assert np.argmax(np.abs(levels.surprise)) == 4
    assert abs(levels.surprise[4]) > 3
    assert np.abs(levels.surprise[:4]).max() < 2
    low, middle, high = levels.expected_a[4]
    assert low < middle < high
    assert not low < 30 * 1.2 * wild < high


# ---------------------------------------------------------------- labels


def circuit_of(loads: tuple[int, int, int], *, seed: int = 0, readings: int = 3) -> tuple:
    """Homes on a, b, c in boxes of two, their power in draws, and a measured reality."""
    rng = np.random.default_rng(seed)
    phase = np.repeat([0, 1, 2], loads)
    units = np.arange(len(phase)) // 2 + 100 * phase
    level = np.exp(0.4 * rng.standard_normal((N_DRAW + 1, 1, len(phase))))
    moment = np.exp(0.8 * rng.standard_normal((N_DRAW + 1, readings, len(phase))))
    power = 0.6 * level * moment * (1 + 0.3j)
    share = np.eye(3)[phase]
    volts = np.full((readings, 3), 220.0)
    measured = 1.3 * np.abs(power[-1] @ share) / 0.22  # the village draws more than expected
    return measured, power[:-1] * 1000, share, volts, units


def probabilities(
    case: tuple, order: tuple[int, ...] = (0, 1, 2), confidence: float = 1.0
) -> np.ndarray:
    measured, power, share, volts, units = case
    seen = np.empty_like(measured)
    seen[:, list(order)] = measured  # what is recorded as f is on order[f]
    rng = np.random.default_rng(5)
    return label_probabilities(
        seen, power, share, volts, units, np.full(len(units), confidence),
        lambda draws, boxes: rng.random((draws, boxes)),
    )  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_exchange_of_whole_phases_is_found(order: tuple[int, int, int]) -> None:
    found = probabilities(circuit_of((16, 6, 2)), order)
    assert found.sum() == pytest.approx(1.0)
    assert PERMUTATIONS[int(np.argmax(found[:-1]))] == order
    if order == (0, 1, 2):
        assert found[0] > 0.9
    else:
        assert found[0] < 0.1


def test_labels_do_not_depend_on_the_level() -> None:
    case = circuit_of((16, 6, 2))
    louder = (2.0 * case[0], *case[1:])
    # the clamp's own accuracy is a little better at twice the current
    np.testing.assert_allclose(probabilities(case), probabilities(louder), atol=0.02)


def test_phases_loaded_alike_say_nothing_of_an_exchange() -> None:
    case = circuit_of((10, 10, 10), seed=3)
    for order in PERMUTATIONS[1:]:
        assert probabilities(case, order)[0] > 0.5
    assert prior().sum() == pytest.approx(1.0)


def test_single_wrong_labels_are_told_from_an_exchange() -> None:
    measured, power, share, volts, units = circuit_of((12, 12, 12), readings=6)
    recorded = share.copy()
    wrong = np.isin(units, np.unique(units)[:4])  # four boxes recorded on c that are on a
    recorded[wrong] = [0.0, 0.0, 1.0]
    found = probabilities((measured, power, recorded, volts, units))
    assert found[0] < 0.2
    assert found[-1] == found.max()
    # three-phase customers have no label that could be wrong
    even = np.full_like(share, 1 / 3)
    same = np.repeat(measured.mean(axis=1, keepdims=True), 3, axis=1)
    held = probabilities((same, power, even, volts, units))
    np.testing.assert_allclose(held, prior(), atol=0.02)


def test_doubtful_records_make_more_wrong_labels_possible() -> None:
    """Ten of eighteen boxes are wrong: more than a record without doubts lets expect."""
    measured, power, share, volts, units = circuit_of((12, 12, 12), readings=6)
    recorded = share.copy()
    recorded[np.isin(units, np.unique(units)[:10])] = [0.0, 0.0, 1.0]
    case = (measured, power, recorded, volts, units)
    sure, doubtful = (probabilities(case, confidence=confidence) for confidence in (1.0, 0.4))
    assert doubtful[-1] / doubtful[1:-1].sum() > 2 * sure[-1] / sure[1:-1].sum()


def test_false_alarms_are_rare_where_the_model_is_right() -> None:
    held = [probabilities(circuit_of((9, 6, 3), seed=seed))[0] for seed in range(60)]
    assert np.mean(np.array(held) < 0.1) <= 0.05
