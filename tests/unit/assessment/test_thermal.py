"""Temperatures of a transformer: what is known without any model, and the rules on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.assessment.condition import Condition
from gridplan.assessment.findings import Finding, Findings, Kind
from gridplan.assessment.heat import HeatRun
from gridplan.assessment.limits import limits_named
from gridplan.assessment.rules import assess
from gridplan.assessment.thermal import temperatures
from gridplan.demand.ambient import Ambient
from gridplan.demand.cases import Demand
from gridplan.network.feeder import Feeder
from tests.unit.assessment.sweeps import quiet, sweep_of, unsolved
from tests.villages import customers, feeder, transformer

LIMITS = limits_named("cn-default")
TRAFO = replace(transformer("Yyn0"), pfe_kw=0.25)
DAY = 96


@pytest.fixture(scope="module")
def village() -> Feeder:
    share = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    return feeder([1, 2, 1], [40.0, 40.0, 40.0], customers([2, 3, 4], share), TRAFO)


def fields_of(village: Feeder, load: np.ndarray, outdoors_c: float) -> dict[str, Any]:
    """A sweep of given loads over rated current (draw, step, 3) at one temperature outdoors."""
    n_draw, n_step, _ = load.shape
    fields = quiet(village, n_draw=n_draw, n_step=n_step)
    fields["i_phase_a"] = (load * TRAFO.rated_a).astype(np.float32)[None]
    fields["demand"] = Demand(
        scenarios=fields["scenarios"],
        n_draw=n_draw,
        times=fields["times"],
        step_minutes=15.0,
        customer_ids=village.customers.id,
        occupancy=np.ones((1, len(village.customers))),
        sampler=lambda _first, _last: (np.zeros(0), np.zeros(0)),
        ambient=Ambient(
            mean_c=np.full((1, n_step), outdoors_c), deviation_c=lambda _draw: np.zeros(n_step)
        ),
    )
    return fields


def judged(village: Feeder, fields: dict[str, Any]) -> Findings:
    return assess(village, sweep_of(fields), LIMITS)


def of_kind(findings: Findings, kind: Kind) -> Finding:
    return next(item for item in findings if item.kind is kind)


def condition_of(findings: Findings) -> Condition:
    (condition,) = findings.conditions
    return condition


def flat(n_step: int, value: float, n_draw: int = 1) -> np.ndarray:
    return np.full((n_draw, n_step, 3), value)


def test_rated_load_for_days_is_the_guide_s_reference() -> None:
    """20 degrees outdoors and rated current: a hot spot of 98 degrees, where ageing is normal."""
    found = temperatures(LIMITS.thermal, TRAFO, flat(2 * DAY, 1.0) * TRAFO.rated_a,
                         np.full((1, 2 * DAY), 20.0), 15.0)  # fmt: skip
    np.testing.assert_allclose(found.top_oil_c, 75.0, atol=0.01)
    np.testing.assert_allclose(found.hot_spot_c, 98.0, atol=0.02)


def test_a_step_of_load_follows_the_closed_formula() -> None:
    """Oil and winding each approach their end exponentially, from rest at 30 % load."""
    load = flat(DAY + 16, 0.3)
    load[:, DAY:] = 1.2
    found = temperatures(LIMITS.thermal, TRAFO, load * TRAFO.rated_a,
                         np.zeros((1, DAY + 16)), 15.0)  # fmt: skip
    ratio = TRAFO.vkr_percent / 100 * TRAFO.sn_kva / TRAFO.pfe_kw
    before, after = (55 * ((1 + ratio * k**2) / (1 + ratio)) ** 0.8 for k in (0.3, 1.2))
    minutes = 15 * np.arange(1, 17)
    oil = after + (before - after) * np.exp(-minutes / 180)
    gradient = [1.1 * 20.9 * k**1.6 for k in (0.3, 1.2)]
    winding = gradient[1] + (gradient[0] - gradient[1]) * np.exp(-minutes / 8)
    np.testing.assert_allclose(found.top_oil_c[0, DAY:], oil, atol=0.01)
    np.testing.assert_allclose(found.hot_spot_c[0, DAY:], oil + winding, atol=0.02)


def test_a_short_overload_in_the_frost_is_told_from_a_long_one(village: Feeder) -> None:
    """120 % for 40 minutes at -3 degrees, and 105 % all evening, look alike to the ammeter only."""
    load = flat(2 * DAY, 0.3, n_draw=2)
    load[0, DAY + 76 : DAY + 79] = 1.2  # three quarter hours, so at least forty minutes
    load[1, DAY + 64 : DAY + 88] = 1.05
    findings = judged(village, fields_of(village, load, -3.0))
    assert of_kind(findings, Kind.PHASE_OVERLOAD).probability == 0.5  # only the long one lasts
    run = HeatRun.maybe(TRAFO, sweep_of(fields_of(village, load, -3.0)), LIMITS)
    assert run is not None
    (heat,) = run.all()
    short, long = heat.hot_spot.value
    assert short < 60
    assert long > short + 15
    assert heat.loss_of_life_h[1] > 5 * heat.loss_of_life_h[0]
    assert condition_of(findings).hot_spot_margin_k > 40  # and neither comes near the limit


def test_hot_spot_is_of_the_worst_winding_while_all_phases_heat_the_oil() -> None:
    one, all_three = flat(4 * DAY, 0.0), flat(4 * DAY, 1.5)
    one[..., 1] = 1.5
    outdoors = np.zeros((1, 4 * DAY))
    single = temperatures(LIMITS.thermal, TRAFO, one * TRAFO.rated_a, outdoors, 15.0)
    triple = temperatures(LIMITS.thermal, TRAFO, all_three * TRAFO.rated_a, outdoors, 15.0)
    gradient = [np.ptp([c.hot_spot_c[0, -1], c.top_oil_c[0, -1]]) for c in (single, triple)]
    assert gradient[0] == pytest.approx(gradient[1], abs=0.05)
    assert triple.top_oil_c[0, -1] > single.top_oil_c[0, -1] + 30
    assert single.winding_c[0, -1].argmax() == 1


def test_findings_on_a_summer_overload(village: Feeder) -> None:
    load = flat(3 * DAY, 0.5, n_draw=4)
    load[1, DAY:] = 1.5
    load[1, DAY:, 2] = 1.6
    findings = judged(village, fields_of(village, load, 35.0))
    kinds = {item.kind for item in findings}
    assert {Kind.HOT_SPOT, Kind.TOP_OIL, Kind.AGEING, Kind.PHASE_PEAK} <= kinds
    spot = of_kind(findings, Kind.HOT_SPOT)
    assert (spot.probability, spot.phase, spot.element) == (0.25, "c", "transformer")
    assert spot.limit.value == 120.0
    assert "60076-7" in spot.limit.source
    assert spot.evidence["outdoors_c"] == pytest.approx(35.0)
    assert spot.evidence["hot_spot_c"] == pytest.approx(spot.worst, abs=0.01)
    assert spot.evidence["minutes_above_hot_spot_limit"] == pytest.approx(60 * spot.longest_h)
    ageing = of_kind(findings, Kind.AGEING)
    assert ageing.worst > 10
    assert ageing.longest_h >= 24
    assert condition_of(findings).hot_spot_above_min == pytest.approx(60 * spot.longest_h / 4)


def test_steps_without_a_solution_are_beyond_every_temperature(village: Feeder) -> None:
    fields = fields_of(village, flat(DAY, 0.4, n_draw=2), 0.0)
    unsolved(fields, np.s_[0, 1, 40:44])
    findings = judged(village, fields)
    spot = of_kind(findings, Kind.HOT_SPOT)
    assert (spot.probability, spot.longest_h) == (0.5, 1.0)
    assert "without a solution" in spot.evidence["note"]
    assert np.isfinite(condition_of(findings).hot_spot_c)
    unsolved(fields, np.s_[0, 1])
    assert of_kind(judged(village, fields), Kind.HOT_SPOT).probability == 0.5


def test_blocks_of_draws_change_nothing(village: Feeder, monkeypatch: pytest.MonkeyPatch) -> None:
    load = np.random.default_rng(1).uniform(0.2, 1.6, (7, DAY, 3))
    sweep = sweep_of(fields_of(village, load, 5.0))
    runs = []
    for size in (1, 3 * DAY, 10_000_000):
        monkeypatch.setattr("gridplan.assessment.heat._BLOCK_CASES", size)
        runs.append(HeatRun(transformer=TRAFO, sweep=sweep, limits=LIMITS).all()[0])
    for other in runs[1:]:
        np.testing.assert_array_equal(runs[0].hot_spot.value, other.hot_spot.value)
        np.testing.assert_allclose(runs[0].loss_of_life_h, other.loss_of_life_h, rtol=1e-6)


def test_without_air_or_order_nothing_is_said(village: Feeder) -> None:
    fields = fields_of(village, flat(DAY, 1.9), 30.0)
    fields["demand"] = replace(fields["demand"], ambient=None)
    findings = judged(village, fields)
    assert not {item.kind for item in findings} & {Kind.HOT_SPOT, Kind.TOP_OIL, Kind.AGEING}
    assert any("usual_c" in sentence for sentence in findings.not_assessed)
    assert np.isnan(condition_of(findings).hot_spot_c)
    assert np.isfinite(condition_of(findings).harm_h)


@settings(max_examples=40, deadline=None)
@given(
    load=st.floats(0.0, 2.0),
    more=st.floats(0.0, 0.5),
    outdoors=st.floats(-30.0, 40.0),
    minutes=st.sampled_from([15.0, 30.0, 60.0]),
)
def test_more_load_or_warmer_air_is_never_cooler(
    load: float, more: float, outdoors: float, minutes: float
) -> None:
    generator = np.random.default_rng(7)
    shape = flat(DAY, load) * generator.uniform(0.5, 1.0, (1, DAY, 3))
    air = np.full((1, DAY), outdoors)
    base, loaded, warmer = (
        temperatures(LIMITS.thermal, TRAFO, current * TRAFO.rated_a, around, minutes).hot_spot_c
        for current, around in ((shape, air), (shape + more, air), (shape, air + 5.0))
    )
    assert (loaded >= base - 1e-3).all()
    np.testing.assert_allclose(warmer, base + 5.0, atol=1e-3)
