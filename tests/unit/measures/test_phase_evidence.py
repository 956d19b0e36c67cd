"""The laws by which curves tell their phase, on curves that are made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridplan.measures.phase_evidence import (
    LEAST_BLOCK,
    MOST_BLOCKS,
    NONE,
    block_of,
    clock_lags,
    likeness,
    load_evidence,
    rounding_step,
    shifted,
    voltage_evidence,
)

POINTS = 4 * 96
SEEDS = st.integers(0, 10_000)


def transformer(seed: int) -> np.ndarray:
    """Three phase voltages (3, point) that move in common and each on its own [V]."""
    rng = np.random.default_rng(seed)
    common = np.cumsum(rng.normal(0, 0.3, POINTS))
    return 230 + common + np.cumsum(rng.normal(0, 0.2, (3, POINTS)), axis=1)


def meters(seed: int, volts: np.ndarray, phases: list[int]) -> np.ndarray:
    """Meters on given phases: a gain of each, noise, and neighbours that switch now and then."""
    rng = np.random.default_rng([seed, 1])
    n = len(phases)
    switched = -3.0 * (rng.random((n, POINTS)) < 0.05)
    gain = 1 + rng.uniform(-0.01, 0.01, (n, 1))
    return np.round(gain * (volts[phases] + switched + rng.normal(0, 0.05, (n, POINTS))), 1)


@given(SEEDS)
def test_a_meter_stands_out_on_its_own_phase(seed: int) -> None:
    phases = [0, 1, 2, 2]
    volts = transformer(seed)
    block = voltage_evidence(meters(seed, volts, phases), volts).block
    assert block.sum(axis=2).argmax(axis=1).tolist() == phases


@given(SEEDS, st.permutations([0, 1, 2]))
def test_other_names_of_the_phases_are_other_names_of_the_evidence(
    seed: int, order: list[int]
) -> None:
    volts = transformer(seed)
    curves = meters(seed, volts, [0, 1, 2])
    as_it_is = voltage_evidence(curves, volts).block
    renamed = voltage_evidence(curves, volts[order]).block
    np.testing.assert_allclose(renamed[:, :NONE], as_it_is[:, order], atol=1e-8)
    np.testing.assert_allclose(renamed[:, NONE], as_it_is[:, NONE], atol=1e-8)


@given(SEEDS, st.floats(-5, 5))
def test_a_constant_error_of_a_meter_is_nothing(seed: int, volts_more: float) -> None:
    volts = transformer(seed)
    curves = meters(seed, volts, [0, 1, 2])
    one, other = (voltage_evidence(curves + more, volts).block for more in (0.0, volts_more))
    np.testing.assert_allclose(one, other, atol=1e-6)


@given(SEEDS, st.floats(0.05, 0.4))
def test_missing_points_are_left_out(seed: int, share: float) -> None:
    phases = [0, 1, 2]
    volts = transformer(seed)
    curves = meters(seed, volts, phases)
    gone = np.random.default_rng([seed, 2]).random(curves.shape) < share
    block = voltage_evidence(np.where(gone, np.nan, curves), volts).block
    assert np.isfinite(block).all()
    assert block.sum(axis=2).argmax(axis=1).tolist() == phases


def test_a_curve_without_any_point_says_nothing() -> None:
    volts = transformer(1)
    evidence = voltage_evidence(np.full((1, POINTS), np.nan), volts)
    assert (evidence.block == 0).all()
    assert all((left == 0).all() for left in evidence.left)


def test_points_that_the_transformer_lacks_do_not_count() -> None:
    volts = transformer(2)
    curves = meters(2, volts, [0, 1, 2])
    gone = volts.copy()
    gone[0, 100:180] = np.nan
    block = voltage_evidence(curves, gone).block
    within = np.unique(block_of(POINTS)[104:180])[1:-1]
    assert (block[:, :, within] == 0).all()
    assert block.sum(axis=2).argmax(axis=1).tolist() == [0, 1, 2]


def test_what_stands_still_is_seen() -> None:
    volts = transformer(3)
    curves = np.stack([meters(3, volts, [0])[0], np.full(POINTS, 230.0)])
    moves = voltage_evidence(curves, volts).moves
    assert moves[0] > 0.9
    assert moves[1] == 0


@given(SEEDS, st.integers(-2, 2))
def test_clocks_are_compared(seed: int, lag: int) -> None:
    volts = transformer(seed)
    late = shifted(volts, np.full(3, -lag))  # what is read at a point happened lag points before
    found = clock_lags(late, volts.mean(axis=0))
    assert found.tolist() == [lag] * 3
    right = shifted(late, found)
    known = np.isfinite(right)
    np.testing.assert_array_equal(right[known], volts[known])


def test_a_clock_stays_where_nothing_speaks_against_it() -> None:
    noise = np.random.default_rng(1).normal(0, 1, (20, POINTS))
    assert (np.abs(clock_lags(noise, transformer(1).mean(axis=0))) <= 2).all()
    assert clock_lags(np.full((1, POINTS), 230.0), transformer(1).mean(axis=0)).tolist() == [0]


def test_a_load_is_part_of_its_phase() -> None:
    rng = np.random.default_rng(5)
    homes = np.zeros((3, POINTS))
    for home, begin in enumerate((10, 20, 30)):
        for day in range(4):
            at = 96 * day + begin
            homes[home, at : at + 5] += 1.5
    phases = homes + np.cumsum(rng.normal(0, 0.02, (3, POINTS)), axis=1) + 5
    block = load_evidence(homes, phases)
    assert block.sum(axis=2).argmax(axis=1).tolist() == [0, 1, 2]


def test_a_load_that_never_changes_says_nothing() -> None:
    phases = 5 + np.random.default_rng(6).normal(0, 1, (3, POINTS))
    nothing = np.stack([np.zeros(POINTS), np.full(POINTS, 0.03), np.full(POINTS, np.nan)])
    np.testing.assert_allclose(load_evidence(nothing, phases), 0, atol=1e-12)
    unknown = np.full((3, POINTS), np.nan)
    np.testing.assert_array_equal(load_evidence(phases, unknown), 0)


def test_last_digits() -> None:
    rng = np.random.default_rng(7)
    volts = rng.uniform(200, 240, (3, 50))
    curves = np.stack([np.round(volts[0]), np.round(volts[1], 1), volts[2]])
    curves[:, 3] = np.nan
    assert rounding_step(curves).tolist() == [1.0, 0.1, 0.01]


@pytest.mark.parametrize("days", [1, 3, 7, 30])
def test_blocks_are_hours_or_longer(days: int) -> None:
    block = block_of(96 * days)
    sizes = np.bincount(block)
    assert len(sizes) <= MOST_BLOCKS
    assert (sizes[:-1] >= LEAST_BLOCK).all()
    assert (np.diff(block) >= 0).all()


def test_meters_behind_one_line_are_alike() -> None:
    volts = transformer(8)
    rng = np.random.default_rng(8)
    local = np.cumsum(rng.normal(0, 0.3, (2, POINTS)), axis=1)
    curves = volts[[0, 0, 1, 1, 2, 2]] + rng.normal(0, 0.05, (6, POINTS))
    curves[0:2] += local[0]
    curves[2:4] += local[1]
    alike = likeness(voltage_evidence(curves, volts).left, np.array([0, 0, 1, 1, 2, 2]))
    np.testing.assert_allclose(alike, alike.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(alike), 1)
    assert alike[0, 1] > 0.8
    assert alike[2, 3] > 0.8
    assert alike[0, 2:].max() < 0.5
