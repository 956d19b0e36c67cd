"""Measures are judged by every kind of rule: temperatures, ageing, peaks, means of the period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridplan.assessment.findings import Kind
from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.ambient import Ambient
from gridplan.demand.cases import Demand
from gridplan.frozen import FloatArray
from gridplan.measures.compare import compare_measures
from gridplan.measures.judging import judged
from gridplan.measures.measure import Area
from gridplan.measures.nearness import judges_whole_period, nearness
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.worstdays import worst_days
from gridplan.powerflow.sweep import run_sweep
from tests.unit.measures.festival import LIMITS, N_DAY, PER_DAY, demand, village


def warm(drawn: Demand, mean_c: float) -> Demand:
    """The demand with air around the transformer; every draw a little warmer than the last."""
    steps = np.arange(drawn.n_step)
    mean = np.tile(mean_c + 3 * np.sin(steps / 15.0), (len(drawn.scenarios), 1))

    def deviation_c(draw: int) -> FloatArray:
        return np.full(drawn.n_step, 0.1 * draw)

    return replace(drawn, ambient=Ambient(mean_c=mean, deviation_c=deviation_c))


def with_rule(name: str, **changes: float) -> Limits:
    """The usual rules with one changed or, from those of heavy load, added."""
    old = getattr(LIMITS, name) or LIMITS.heavy_load
    return replace(LIMITS, **{name: replace(old, **changes)})


def test_the_air_of_kept_days_is_that_of_their_steps() -> None:
    today = village()
    drawn = warm(demand(today, {"s": 2.5}), 20.0)
    kept = worst_days([run_sweep(today, drawn)], today.area_transformer, LIMITS, 2)
    assert kept is not None
    short = kept.of(drawn)
    assert short.ambient is not None
    assert drawn.ambient is not None
    all_c, some_c = drawn.ambient.block(1, 4), short.ambient.block(1, 4)
    assert some_c.shape == (1, 3, kept.step.shape[1])
    for draw in range(3):
        own = kept.step[1 + draw]
        assert np.array_equal(some_c[0, draw, own >= 0], all_c[0, draw, own[own >= 0]])
    assert np.isfinite(some_c).all()


def test_every_rule_that_a_finding_may_come_from_is_near_where_it_is_broken() -> None:
    """No kind is broken while all series say that it is far from its limit."""
    today = village()
    drawn = warm(demand(today, {"s": 3.2}), 30.0)
    sweep = run_sweep(today, drawn)
    trafo = today.area_transformer
    kinds = {item.kind for item in judged((Area(feeder=today, demand=drawn),), LIMITS).findings}
    assert {Kind.HOT_SPOT, Kind.PHASE_PEAK, Kind.PHASE_OVERLOAD, Kind.UNBALANCE} <= kinds
    with_heat = list(nearness(sweep, trafo, LIMITS))
    without = list(nearness(replace(sweep, demand=replace(drawn, ambient=None)), trafo, LIMITS))
    assert len(with_heat) == len(without) + 3, "hot spot, top oil, ageing"
    assert all(rule.value.shape == sweep.status.shape for rule in with_heat)
    none = replace(LIMITS, phase_peak=None, serious_overload=None, voltage_unbalance=None)
    assert len(list(nearness(sweep, trafo, none))) == len(with_heat) - 3
    hot = with_rule("hot_spot", value=60.0)
    found = judged((Area(feeder=today, demand=drawn),), hot).findings
    assert found.probability(("hot_spot", "s", "transformer")) == 1.0
    assert any(rule.value.max() > 1.5 and rule.hours == 0 for rule in nearness(sweep, trafo, hot))


@pytest.mark.parametrize("value", [60.0, 75.0])
def test_kept_days_show_the_hot_spot_that_all_days_show(value: float) -> None:
    today = village()
    drawn = warm(demand(today, {"s": 2.2}, n_draw=12), 25.0)
    limits = with_rule("hot_spot", value=value)
    sweep = run_sweep(today, drawn)
    days = worst_days([sweep], today.area_transformer, limits, 3)
    assert days is not None
    whole = judged((Area(feeder=today, demand=drawn),), limits).findings
    short = judged((Area(feeder=today, demand=days.of(drawn)),), limits, days).findings
    key = ("hot_spot", "s", "transformer")
    assert abs(whole.probability(key) - short.probability(key)) <= 1 / 12


def test_a_rule_on_the_whole_period_needs_all_days() -> None:
    today = village()
    drawn = demand(today, {"s": 2.5})
    sweep = run_sweep(today, drawn)
    period_h = N_DAY * PER_DAY / 4
    short = with_rule("mean_load", value=5.0, min_duration_h=period_h)
    assert judges_whole_period(sweep, short)
    assert worst_days([sweep], today.area_transformer, short, 3) is None
    longer = with_rule("mean_load", value=5.0, min_duration_h=period_h + 1)
    assert not judges_whole_period(sweep, longer)
    assert worst_days([sweep], today.area_transformer, longer, 3) is not None


def test_a_hot_transformer_alone_makes_measures_be_tried_and_a_larger_one_heals_it() -> None:
    """Nothing else is to act on: the finding is of one of the new kinds."""
    today = village(sn_kva=30.0)
    drawn = warm(demand(today, {"s": 1.2}, n_draw=4), 40.0)
    limits = replace(limits_named("cn-default"), hot_spot=replace(LIMITS.hot_spot, value=59.0))
    before = judged((Area(feeder=today, demand=drawn),), limits).findings
    assert {item.kind for item in before.of("s", "act")} == {Kind.HOT_SPOT}
    settings = MeasureSettings(max_moves=0, time_limit_s=5, worst_days=3)
    table = compare_measures(today, drawn, limits, settings)
    assert not table.result("nothing").clears("s")
    larger = [item for item in table if item.action == "uprate"]
    assert larger
    assert larger[0].clears("s")
    assert larger[0].headline["s"]["hot_spot_c"] < 59.0
