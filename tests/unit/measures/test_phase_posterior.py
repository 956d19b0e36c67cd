"""Odds from evidence, how right records are, and Bayes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridplan.measures.phase_posterior import (
    CHANGED_PER_YEAR,
    MOST_SURE,
    TEMPER,
    Records,
    combined,
    judged,
    log_odds,
    normalised,
    other_area,
    with_neighbours,
)
from gridplan.network.customers import PERMUTATIONS


def records(phase: np.ndarray, **changes: object) -> Records:
    n = len(phase)
    plain = Records(
        name="HPLC",
        phase=np.asarray(phase),
        trust=np.ones(n),
        age_years=np.zeros(n),
        right=19.0,
        wrong=1.0,
    )
    return replace(plain, **changes)


def sayings(phase: np.ndarray, sure: float) -> np.ndarray:
    """What meters say (curve, 3) that are so sure of given phases."""
    said = np.full((len(phase), 3), (1 - sure) / 2)
    said[np.arange(len(phase)), phase] = sure
    return said


def mistaken(phase: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """The same phases, right with a given share."""
    wrong = rng.random(len(phase)) > share
    return np.where(wrong, (phase + rng.integers(1, 3, len(phase))) % 3, phase)


def test_odds_are_those_of_the_sign() -> None:
    """Whatever the effect, of all with 80 % about 80 % are right: two hypotheses, any strength."""
    rng = np.random.default_rng(1)
    drift = rng.normal(0, 0.5, 40_000)
    ahead = drift[:, None] + rng.normal(0, 1, (len(drift), 24))
    block = np.stack([ahead, np.zeros_like(ahead)], axis=1)
    first = normalised(log_odds(block))[:, 0]
    for low in (0.5, 0.7, 0.8, 0.9, 0.97):
        of = (first >= low) & (first < low + 0.03)
        right = (drift > 0)[of].mean()
        assert abs(right - first[of].mean()) < 3 * 0.5 / np.sqrt(of.sum()) + 0.02


def test_one_large_event_is_one_event() -> None:
    block = np.zeros((1, 3, 24))
    block[0, 0, 5] = 1000.0
    assert normalised(log_odds(block))[0, 0] < 0.75  # z is 1 over each of the others


def test_no_evidence_gives_even_odds() -> None:
    np.testing.assert_allclose(normalised(log_odds(np.zeros((2, 3, 10)))), 1 / 3)
    assert other_area(np.zeros((1, 4, 10)))[0] < 0.01


def test_neighbours_help_who_has_no_evidence_and_do_not_outvote_who_has() -> None:
    rng = np.random.default_rng(2)
    n = 9
    block = np.zeros((n, 3, 28))
    block[:7, 1] = rng.uniform(0.5, 1.5, (7, 28))  # seven homes of a box on b
    block[7, 0] = rng.uniform(0.5, 1.5, 28)  # one on a, one without evidence
    alike = np.full((n, n), 0.9)
    odds = with_neighbours(block, alike)
    assert odds[:7].argmax(axis=1).tolist() == [1] * 7
    assert odds[7].argmax() == 0
    assert odds[8].argmax() == 1
    assert 0.8 < normalised(odds)[8, 1] < 0.95  # a witness, not a proof
    apart = with_neighbours(block, np.eye(n))
    np.testing.assert_allclose(normalised(apart)[8], 1 / 3)


def test_a_single_curve_has_no_neighbours() -> None:
    block = np.zeros((1, 3, 12))
    block[0, 2] = 1.0
    np.testing.assert_array_equal(with_neighbours(block, np.ones((1, 1))), log_odds(block))


@pytest.mark.parametrize("share", [0.6, 0.8, 0.95])
def test_meters_judge_records(share: float) -> None:
    rng = np.random.default_rng(3)
    true = rng.integers(0, 3, 400)
    written = mistaken(true, share, rng)
    likeliest = mistaken(true, 0.95, rng)
    found = judged(records(written), sayings(likeliest, 0.95))
    assert found.accuracy == pytest.approx((written == true).mean(), abs=0.03)
    assert found.names == 0
    assert (found.n, found.agree) == (400, int((written == likeliest).sum()))


@pytest.mark.parametrize("names", range(6))
def test_other_names_are_found(names: int) -> None:
    rng = np.random.default_rng(4)
    true = rng.integers(0, 3, 30)
    back = np.argsort(PERMUTATIONS[names])
    found = judged(records(back[true]), sayings(true, 0.95))
    assert found.names == names
    assert found.agree == 30
    assert (found.like.argmax(axis=1) == true).all()


def test_few_records_do_not_rename_the_phases() -> None:
    true = np.array([0, 1])
    assert judged(records((true + 1) % 3), sayings(true, 0.99)).names == 0


def test_a_source_without_a_meter_keeps_its_first_accuracy() -> None:
    found = judged(records([0, 1, 2]), np.full((3, 3), 1 / 3))
    assert found.accuracy == pytest.approx(0.95)
    assert found.n == 0


def test_bayes_by_hand() -> None:
    odds = np.log([[0.5, 0.3, 0.2]]) / TEMPER
    source = judged(records([1]), np.full((1, 3), 1 / 3))  # right with 0.95
    weights = np.array([0.5 * 0.025, 0.3 * 0.95, 0.2 * 0.025])
    expected = MOST_SURE * weights / weights.sum() + (1 - MOST_SURE) / 3
    np.testing.assert_allclose(combined(odds, [source])[0], expected)


def test_age_doubt_and_silence_of_records() -> None:
    none = np.full((4, 3), 1 / 3)
    source = records(
        [0, 0, 0, -1], trust=np.array([1, 1, 0.5, 1]), age_years=np.array([0.0, 10, 0, 0])
    )
    like = np.exp(judged(source, none).like)
    assert like[0].tolist() == pytest.approx([0.95, 0.025, 0.025])
    kept = (1 - CHANGED_PER_YEAR) ** 10
    assert like[1, 0] == pytest.approx(1 / 3 + kept * (0.95 - 1 / 3))
    assert like[2].tolist() == pytest.approx([0.5, 0.25, 0.25])
    assert like[3].tolist() == pytest.approx([1 / 3] * 3)
    np.testing.assert_allclose(like.sum(axis=1), 1)


def test_nothing_is_surer_than_it_may_be() -> None:
    odds = np.array([[0.0, -500.0, -500.0]])
    found = combined(odds, [])[0]
    assert found[0] <= MOST_SURE + (1 - MOST_SURE) / 3
    assert found.sum() == pytest.approx(1)


def test_another_transformer() -> None:
    rng = np.random.default_rng(5)
    stranger = rng.normal(-2, 0.5, (1, 3, 28))  # no phase is better than the others
    block = np.concatenate([stranger, np.zeros((1, 1, 28))], axis=1)
    assert other_area(block)[0] > 0.9
    own = block.copy()
    own[0, 1] += 2.0  # no better than no phase at all, but far better than the other two
    assert other_area(own)[0] < 0.01


def test_records_that_say_nothing_do_not_rename_the_phases() -> None:
    """All of them on a, as a ledger has it that nobody filled in."""
    true = np.random.default_rng(6).choice(3, 300, p=[0.2, 0.5, 0.3])
    found = judged(records(np.zeros(300, dtype=np.int64)), sayings(true, 0.95))
    assert found.names == 0
    assert found.accuracy < 0.4
