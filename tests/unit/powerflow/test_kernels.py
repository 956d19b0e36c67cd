"""Kernels in numpy and compiled: the same numbers, and the same answers of the whole solver."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gridplan as gp
from gridplan.powerflow import kernels
from gridplan.powerflow.law import Weight

PLANES, CLUSTERS, PLACES, WIDTH, CASES = 2, 3, 5, 9, 7
SHAPE = (PLANES, CLUSTERS, PLACES, WIDTH)
NETWORK = Path(__file__).parents[3] / "networks" / "hongjiawan"

needs_numba = pytest.mark.skipif(kernels.loops() is None, reason="numba is not installed")


@pytest.fixture(params=["numpy", pytest.param("compiled", marks=needs_numba)])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "numpy":
        monkeypatch.setattr(kernels, "loops", lambda: None)
    return str(request.param)


def block(seed: int, dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.5, 1.5, SHAPE).astype(dtype)


def weight(*, plain: bool, dtype: type = np.float64) -> Weight:
    power, current, impedance = (
        np.random.default_rng(k).uniform(0.1, 0.4, (CLUSTERS, PLACES, 1)).astype(dtype)
        for k in range(3)
    )
    if plain:
        power, current, impedance = np.ones_like(power), 0 * current, 0 * impedance
    return Weight(power=power, current=current, impedance=impedance, plain=plain)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.usefixtures("way")
def test_currents_follow_the_law_of_the_loads(*, plain: bool, dtype: type) -> None:
    u, power, law = block(1, dtype), block(2, dtype), weight(plain=plain, dtype=dtype)
    slope = np.random.default_rng(3).uniform(size=(2, 2, CLUSTERS, PLACES, 1)).astype(dtype)
    work = np.full((CLUSTERS, 2 * PLACES + 1, WIDTH), 0.25, dtype=dtype)
    change = np.zeros(work.shape, dtype=np.float32)

    kernels.currents(law, slope, u, power, work, CASES, change)

    wide = u.astype(np.float64)[..., :CASES]
    volt, drawn = wide[0] + 1j * wide[1], power[0] + 1j * power[1]
    level = np.abs(volt)
    g = law.power / level**2 + law.current / level + law.impedance
    moved = np.einsum("ijcpk,jcpn->icpn", slope.astype(np.float64), wide)
    expected = drawn[..., :CASES] * volt * g - (moved[0] + 1j * moved[1])
    planes = np.concatenate([expected.real, expected.imag], axis=1)
    rounding = 20 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(work[:, : 2 * PLACES, :CASES], planes, rtol=0, atol=rounding)
    np.testing.assert_allclose(change[:, : 2 * PLACES, :CASES], planes - 0.25, rtol=0, atol=1e-5)
    assert (work[:, : 2 * PLACES, CASES:] == 0.25).all()
    assert (work[:, -1] == 0.25).all()


@pytest.mark.usefixtures("way")
def test_distance_is_the_largest_change_and_nan_stays() -> None:
    old, new = block(4), block(5)
    new[1, 1, 2, 3] = np.nan
    step = kernels.distance(old, new, CASES)
    expected = np.abs(new - old)[..., :CASES].max(axis=(0, 1, 2))
    np.testing.assert_array_equal(step, expected)
    assert np.flatnonzero(np.isnan(step)).tolist() == [3]


@pytest.mark.usefixtures("way")
def test_advance_adds_the_change_to_the_cases_that_count() -> None:
    u, change = block(6), block(7, np.float32) - 1
    change[0, 0, 0, 2] = np.nan
    before = u.copy()
    step = kernels.advance(u, change, CASES)
    expected = np.abs(change)[..., :CASES].max(axis=(0, 1, 2))
    np.testing.assert_array_equal(step, expected.astype(np.float64))
    np.testing.assert_array_equal(u[..., :CASES], (before + change)[..., :CASES])
    np.testing.assert_array_equal(u[..., CASES:], before[..., CASES:])


@pytest.mark.usefixtures("way")
def test_demands_are_spread_over_ports_and_voltages_come_back() -> None:
    demand = np.random.default_rng(8).uniform(size=(4, CASES))
    customer = np.random.default_rng(9).integers(0, 4, (CLUSTERS, PLACES))
    share = np.random.default_rng(10).uniform(size=(CLUSTERS, PLACES, 1))
    double, single = np.empty((CLUSTERS, PLACES, CASES)), np.empty((CLUSTERS, PLACES, CASES), "f4")
    kernels.arrange(demand, customer, share, double, single)
    np.testing.assert_array_equal(double, demand[customer] * share)
    np.testing.assert_array_equal(single, double.astype(np.float32))

    u, slot = block(11), np.array([14, 0, 7])
    out = np.empty((3, CASES), dtype=np.complex128)
    kernels.hand_over(u, slot, out)
    flat = u.reshape(2, -1, WIDTH)[:, slot, :CASES]
    np.testing.assert_array_equal(out, flat[0] - 1j * flat[1])


@needs_numba
@pytest.mark.parametrize("tolerance_pu", [1e-8, 1e-12])
@pytest.mark.parametrize("models", [False, True])
def test_compiled_solver_gives_the_voltages_of_numpy(
    monkeypatch: pytest.MonkeyPatch, *, tolerance_pu: float, models: bool
) -> None:
    feeder = gp.read_feeder(NETWORK)
    if models:
        feeder = feeder.with_load_models()
    # the heaviest cases are beyond what the transformer can deliver
    rng = np.random.default_rng(12)
    p_kw = rng.lognormal(0, 0.5, (3000, len(feeder.customers)))
    p_kw[::500] *= 40
    compiled = gp.solve(feeder, p_kw, 0.3 * p_kw, tolerance_pu=tolerance_pu)
    found = compiled.load_v, compiled.converged
    monkeypatch.setattr(kernels, "loops", lambda: None)
    plain = gp.solve(feeder, p_kw, 0.3 * p_kw, tolerance_pu=tolerance_pu)
    np.testing.assert_array_equal(found[1], plain.converged)
    apart = np.nanmax(np.abs(found[0] - plain.load_v)) / 230
    assert apart <= 2 * tolerance_pu
    assert models or not plain.converged.all()


def test_cases_far_beyond_the_nose_do_not_hold_up_the_others() -> None:
    """More of them than may lag behind: the others still come to rest in the iteration."""
    feeder = gp.read_feeder(NETWORK)
    rng = np.random.default_rng(13)
    p_kw = 0.4 * rng.lognormal(0, 0.5, (2000, len(feeder.customers)))
    lost = rng.random(2000) < 0.3
    p_kw[lost] *= 250
    result = gp.solve(feeder, p_kw)
    np.testing.assert_array_equal(result.converged, ~lost)
    assert result.n_iter[~lost].max() < 30
