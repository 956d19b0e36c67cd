"""Generator trucks: when they stay, how large they are, what they carry, what they need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridplan.measures.bench import Bench
from gridplan.measures.costs import shipped_costs
from gridplan.measures.generator import (
    GENERATOR_NEEDS,
    LOADED_PERCENT,
    SET_POWER_FACTOR,
    START_FACTOR,
    generator_measures,
    motor_start_kva,
    set_size,
)
from gridplan.measures.judging import GENERATOR, judged
from gridplan.measures.measure import Area, Measure
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.worstdays import worst_days
from gridplan.network.feeder import Feeder
from tests.unit.measures.festival import FEAST, LIMITS, PER_DAY, demand, situation, village


def trucks(level_kw: float = 2.6, **settings: object) -> tuple[Measure, ...]:
    today = village()
    found, _ = situation(today, demand(today, {"s": level_kw}), MeasureSettings(**settings))
    return generator_measures(found)


def stay_of(truck: Measure, today: Feeder, level_kw: float = 2.6) -> np.ndarray:
    """Steps in which the island is fed by the set."""
    areas = truck.change((Area(feeder=today, demand=demand(today, {"s": level_kw})),))
    (island,) = (area for area in areas if area.set_kva is not None)
    assert island.active is not None
    return island.active


def test_a_truck_for_the_area_and_one_for_the_worst_circuit() -> None:
    whole, part = trucks()
    assert (whole.place, part.place) == ("LV", "F1")
    assert "whole area" in whole.label
    assert whole.needs == GENERATOR_NEEDS
    assert "incomer open, locked" in whole.needs[0]
    assert not whole.lasts
    assert whole.customers_out == 9
    assert part.customers_out == 6


def test_it_stays_over_the_feast_and_is_connected_once() -> None:
    today = village()
    active = stay_of(trucks()[0], today)
    on = np.flatnonzero(active)
    assert np.array_equal(on, np.arange(on[0], on[-1] + 1)), "two interruptions, no more"
    assert FEAST * PER_DAY + 76 in on
    assert on.size < 2 * PER_DAY


def test_a_longer_trouble_is_served_as_long_as_a_truck_may_stay() -> None:
    today = village()
    long = stay_of(trucks(4.0)[0], today, 4.0)
    short = stay_of(trucks(4.0, generator_days=2)[0], today, 4.0)
    assert short.sum() <= 2 * PER_DAY < long.sum()


def test_it_is_sized_on_load_worst_phase_and_motor_start() -> None:
    today = village()
    drawn = demand(today, {"s": 2.6})
    found, _ = situation(today, drawn)
    stay = stay_of(trucks()[0], today)
    everybody = np.ones(9, dtype=bool)
    size = set_size(found, stay, everybody)
    p_kw, q_kvar = (part[0][..., stay] for part in drawn.block(0, 6))
    s_kva = np.hypot(p_kw.sum(axis=0), q_kvar.sum(axis=0)).max(axis=-1)
    assert size.load_kva == pytest.approx(np.percentile(s_kva, 95) * 100 / LOADED_PERCENT)
    on_a = today.customers.p_share[:, 0] == 1
    phase = np.hypot(p_kw[on_a].sum(axis=0), q_kvar[on_a].sum(axis=0)).max(axis=-1)
    assert size.phase_kva == pytest.approx(3 * np.percentile(phase, 95) * 100 / LOADED_PERCENT)
    assert size.phase_kva > size.load_kva, "five of nine homes are on phase a"
    assert size.motor_kva == 0.0
    assert size.needed_kva == size.phase_kva
    assert size.mean_kw == pytest.approx(p_kw.sum(axis=0).mean())


def test_a_motor_may_decide_the_size() -> None:
    today = village()
    three = np.full((1, 3), 1 / 3)
    pump = replace(
        today.customers,
        kind=np.array(["resident"] * 8 + ["pump"]),
        p_share=np.vstack([today.customers.p_share[:8], three]),
        q_share=np.vstack([today.customers.q_share[:8], three]),
        p_kw=np.array([1.0] * 8 + [11.0]),
    )
    today = replace(today, customers=pump)
    found, _ = situation(today, demand(today, {"s": 2.6}))
    stay = np.ones(found.demand.n_step, dtype=bool)
    size = set_size(found, stay, np.ones(9, dtype=bool))
    alone_kva = motor_start_kva(START_FACTOR * 11.0, 0.0)
    assert alone_kva < size.motor_kva < alone_kva + size.load_kva


def test_no_truck_without_a_road_or_a_set_that_is_large_enough() -> None:
    assert trucks(truck_access=False) == ()
    assert trucks(generators_kw=[5.0]) == ()
    size = trucks(generators_kw=[400.0, 60.0])[0]
    assert size.quantity == 60.0


def test_what_it_carries_is_no_more_on_the_transformer_and_the_set_is_judged() -> None:
    today = village()
    drawn = demand(today, {"s": 2.6})
    found, _ = situation(today, drawn)
    area = Area(feeder=today, demand=drawn)
    before = found.findings.probability(("phase_overload", "s", "transformer"))
    assert before > 0.5
    for truck in generator_measures(found):
        after = judged(truck.change((area,)), LIMITS)
        assert after.findings.probability(("phase_overload", "s", "transformer")) < before
        assert not [item for item in after.findings if item.element == GENERATOR]
    # a set that is too small is found out
    areas = [
        replace(one, set_kva=5.0) if one.set_kva is not None else one
        for one in generator_measures(found)[0].change((area,))
    ]
    kinds = {item.kind for item in judged(areas, LIMITS).findings if item.element == GENERATOR}
    assert kinds == {"overload", "serious_overload", "phase_overload", "phase_peak"}


def test_a_set_is_never_loaded_beyond_its_power_factor() -> None:
    for truck in trucks():
        needed = float(truck.detail.split("needs ")[1].split(" ")[0])
        assert truck.quantity / SET_POWER_FACTOR >= needed


def test_states_in_turn_cover_every_step_once() -> None:
    today = village()
    area = Area(feeder=today, demand=demand(today, {"s": 2.6}))
    for truck in trucks():
        served = np.zeros((len(today.customers), area.demand.n_step), dtype=int)
        ids = today.customers.id.tolist()
        for state in truck.change((area,)):
            assert state.active is not None
            rows = [ids.index(name) for name in state.feeder.customers.id.tolist()]
            served[rows] += state.active
        assert (served == 1).all()


def test_on_kept_days_it_is_there_on_the_same_dates() -> None:
    today = village()
    drawn = demand(today, {"s": 2.6})
    found, sweep = situation(today, drawn)
    days = worst_days([sweep], today.transformer, LIMITS, 3)
    assert days is not None
    bench = Bench(
        feeder=today, demand=drawn, short=days.of(drawn), days=days, today=found.findings,
        limits=LIMITS, settings=MeasureSettings(), costs=shipped_costs(), week=None,
    )  # fmt: skip
    for truck in generator_measures(found):
        some = bench.tried((truck,))
        whole = replace(bench, short=drawn, days=None, judgements={}).tried((truck,))
        for key, (_, q) in some.probabilities.items():
            if key[0] in ("low_voltage", "phase_overload", "overload"):
                assert q <= whole.probabilities[key][1] + 1e-9
        assert some.outlay == whole.outlay
