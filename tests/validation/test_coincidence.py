"""What homes do together, on data of others: the process of a forecast against homes left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gridplan.demand.coincidence import demand_factors, time_variation
from gridplan.demand.settings import Variation
from gridplan.demand.variation import autoregressive, lognormal
from gridplan.frozen import FloatArray

DATA = Path(__file__).parents[2] / "notebooks" / "data"
#: What these data ask for: a compromise of their own figures.
ASKED_FOR = Variation(home_cv=0.45, time_cv=0.9, time_correlation_h=0.5)
#: What a study had before: nearly everybody at once.
TOO_TAME = Variation(home_cv=0.2, time_cv=0.25, time_correlation_h=1.5)


def enwl(season: str) -> FloatArray:
    return np.loadtxt(DATA / "enwl" / f"{season}_w.csv", delimiter=",", skiprows=1).T / 1e3


def smooth_shape(p_kw: FloatArray) -> FloatArray:
    mean = p_kw.mean(axis=0) / p_kw.mean()
    return np.mean([np.roll(mean, step) for step in (-1, 0, 1)], axis=0)


def drawn_days(p_kw: FloatArray, n_day: int, n_home: int, variation: Variation) -> FloatArray:
    """Days (day, home, step) of homes of the metered ones' shape and mean, as a forecast draws."""
    random = np.random.default_rng(0)
    n_step = p_kw.shape[1]
    level = lognormal(random.standard_normal((n_day, n_home, 1)), variation.home_cv)
    stays = float(np.exp(-24 / n_step / variation.time_correlation_h))
    noise = autoregressive(random.standard_normal((n_day, n_home, n_step)), stays)
    return p_kw.mean() * smooth_shape(p_kw) * level * lognormal(noise, variation.time_cv)


def peaks_of_others(p_kw: FloatArray, size: int, variation: Variation) -> tuple[float, float]:
    """Median of drawn peaks over that of homes left out, and share below the 95 % quantile."""
    random = np.random.default_rng(1)
    below, ratio = [], []
    for _ in range(40):
        order = random.permutation(len(p_kw))
        known, others = p_kw[order[:50]], p_kw[order[50 : 50 + size]]
        drawn = drawn_days(known, 100, size, variation).sum(axis=1).max(axis=1)
        peak = others.sum(axis=0).max()
        below.append(peak <= np.quantile(drawn, 0.95))
        ratio.append(np.median(drawn) / peak)
    return float(np.median(ratio)), float(np.mean(below))


@pytest.mark.parametrize("season", ["winter", "summer"])
@pytest.mark.parametrize("size", [6, 12, 24])
def test_process_forecasts_the_peaks_of_homes_left_out(season: str, size: int) -> None:
    ratio, below = peaks_of_others(enwl(season), size, ASKED_FOR)
    assert 0.88 < ratio < 1.12
    assert below >= 0.9
    ratio, below = peaks_of_others(enwl(season), size, TOO_TAME)
    assert ratio < 0.9
    assert below < 0.6


def test_demand_factors_are_those_reported() -> None:
    spanish = np.loadtxt(DATA / "spanish" / "hourly_w.csv", delimiter=",", skiprows=1).T / 1e3
    spanish = spanish.reshape(-1, 20, 24)
    usual = spanish.sum(axis=2).mean(axis=1)
    homes = spanish[(usual > 1) & (usual < 25)].swapaxes(0, 1)
    sizes = (1, 6, 24, 96)
    # docs/method.md 5 names them
    np.testing.assert_allclose(demand_factors(homes, sizes).mean, [1, 0.61, 0.48, 0.43], atol=0.02)
    for season, seen in (("winter", [1, 0.53, 0.40, 0.34]), ("summer", [1, 0.48, 0.34, 0.30])):
        found = demand_factors(enwl(season)[None], sizes).mean
        np.testing.assert_allclose(found, seen, atol=0.02)
        drawn = demand_factors(drawn_days(enwl(season), 20, 100, ASKED_FOR), sizes).mean
        np.testing.assert_allclose(drawn, seen, atol=0.09)


def test_variation_of_homes_is_that_reported() -> None:
    for season, cv, hours in (("winter", 0.96, 0.38), ("summer", 1.08, 0.35)):
        p_kw = enwl(season)
        found = time_variation(p_kw[:, None], smooth_shape(p_kw))
        assert found.cv == pytest.approx(cv, abs=0.02)
        assert found.correlation_h == pytest.approx(hours, abs=0.02)
