"""Measures compared on the same draws, with the real power flow on small villages."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from gridplan.assessment.findings import Findings, Kind
from gridplan.assessment.limits import limits_named
from gridplan.assessment.rules import assess
from gridplan.demand.cases import Demand
from gridplan.frozen import FloatArray
from gridplan.measures.compare import compare_measures
from gridplan.measures.pareto import Pareto
from gridplan.measures.proposal import Certificate, Metrics, Move, Proposal
from gridplan.measures.settings import MeasureSettings
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult
from gridplan.powerflow.sweep import run_sweep
from tests.villages import customers, feeder, transformer

N_STEP = 16
SETTINGS = MeasureSettings()


def village(vector_group: str = "Dyn11") -> Feeder:
    """One circuit of ten poles of 40 m; six homes, four of them on phase a."""
    homes = customers([5, 7, 9, 11, 11, 11], np.eye(3)[[0, 0, 0, 0, 1, 2]])
    today = feeder([1, *range(2, 11)], [40.0] * 10, homes, transformer(vector_group))
    # 0.99 pu of 230.9 V: the busbar stays below the highest voltage allowed
    return replace(today, source=replace(today.source, vm_pu=0.99))


def demand_of(levels_kw: dict[str, float], feeder: Feeder, *, n_draw: int = 8) -> Demand:
    """Evenings in which every home draws a level for three hours, a few per cent apart per draw."""
    n_home = len(feeder.customers)
    shape = np.full(N_STEP, 0.2)
    shape[2:14] = 1.0
    spread = 1.0 + 0.02 * np.linspace(-1.0, 1.0, n_draw)
    level = np.array(list(levels_kw.values()))
    p_kw = level[:, None, None, None] * spread[None, None, :, None] * shape
    p_kw = np.broadcast_to(p_kw, (len(level), n_home, n_draw, N_STEP))

    def sampler(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        return p_kw[:, :, first:last], 0.2 * p_kw[:, :, first:last]

    return Demand(
        scenarios=tuple(levels_kw),
        n_draw=n_draw,
        times=np.datetime64("2027-02-05T17:00", "m") + np.arange(N_STEP) * np.timedelta64(15, "m"),
        step_minutes=15.0,
        customer_ids=feeder.customers.id,
        occupancy=np.ones((len(level), n_home)),
        sampler=sampler,
    )


#: The curve of no search at all: today alone.
NO_CURVE = Pareto(
    value_unit="A", knee=0,
    **{
        name: [0] for name in (
            "max_moves", "value", "worst_violation", "expected_excess", "peak_current_a",
            "peak_neutral_a", "moves", "poles", "windows", "crew_hours",
        )
    },
)  # fmt: skip


def proposal_of(feeder: Feeder, targets: dict[str, str]) -> Proposal:
    """Moves of single homes from phase a, with the numbers of no search at all."""
    metrics = Metrics(
        objective=0.0, objective_unit="A", peak_current_a=0.0, peak_neutral_a=0.0, lowest_v=0.0,
        loss_kw=0.0, unsolved=0,
    )  # fmt: skip
    moves = tuple(
        Move(
            order=number, window=1, unit=unit, customer_ids=(unit.replace("U", "H"),),
            node="P", circuit="F1", from_phase="a", to_phase=phase,
            permutation=(1, 2, 0) if phase == "b" else (2, 0, 1),
        )
        for number, (unit, phase) in enumerate(targets.items(), start=1)
    )  # fmt: skip
    certificate = Certificate(
        bound=0.0, mip_gap_percent=0.0, linearisation_gap_percent=0.0, scenario_gap_percent=0.0,
        bound_gap_percent=0.0, cannot_help=False, shortfall_kva=0.0, floor_unbalance_percent=0.0,
        sentence="",
    )  # fmt: skip
    moved = feeder.with_phases([move.phase_move for move in moves])
    return Proposal(
        objective="violations", phases=moved.customers.phase, moves=moves, before=metrics,
        after=metrics, certificate=certificate, baseline=metrics, baseline_moves=(),
        pareto=NO_CURVE,
    )  # fmt: skip


@dataclass(frozen=True)
class State:
    sweep: SweepResult
    findings: Findings


def state_of(feeder: Feeder, demand: Demand) -> State:
    sweep = run_sweep(feeder, demand)
    return State(sweep=sweep, findings=assess(feeder, sweep))


def test_a_village_in_order_needs_nothing() -> None:
    today = village()
    results = compare_measures(today, demand_of({"mild": 0.3}, today))
    assert [item.action for item in results] == ["none"]
    assert results[0].clears("mild")
    assert results[0].sweep_cases == 8 * N_STEP


def test_each_scenario_gets_its_least_measure() -> None:
    """Levels found by hand: mild is fine, moves cure cold, conductors full, a transformer none."""
    today = village()
    demand = demand_of({"mild": 0.5, "cold": 4.0, "full": 6.0}, today)
    proposal = proposal_of(today, {"U02": "b", "U03": "c"})
    results = compare_measures(today, demand, proposal=proposal)
    assert results[0].clears("mild")
    assert not results[0].clears("cold")
    by_label = {item.label: item for item in results}
    moves = by_label["move U02 a -> b, U03 a -> c"]
    assert moves.scenarios == ("mild", "cold", "full")
    assert moves.clears("cold")
    assert not moves.clears("full")
    assert ("low_voltage", "cold", "F1") in moves.cleared["cold"]
    # what moves have cleared is not swept again
    later = results[results.index(moves) + 1 :]
    assert later
    assert {item.scenarios for item in later} == {("full",)}
    assert {item.sweep_cases for item in later} == {8 * N_STEP}
    both = later[0]
    assert both.action == "reconductor"
    assert len(both.steps) == 2
    full_v = [item.headline["full"]["lowest_voltage_v"] for item in (results[0], moves, both)]
    assert full_v == sorted(full_v)


def test_a_small_transformer_ends_with_the_rating_that_clears_it() -> None:
    today = village()
    plate = replace(today.transformer, sn_kva=30.0)
    today = replace(today, transformer=plate)
    # 6 homes of 5.5 kW on a 30 kVA transformer: overloaded by about 13 % whatever the phases
    demand = demand_of({"full": 5.5}, today)
    limits = limits_named("cn-default").with_values(low_voltage_v=150.0)
    proposal = proposal_of(today, {"U02": "b", "U03": "c"})
    results = compare_measures(today, demand, limits, proposal=proposal)
    assert [item.action for item in results] == ["none", "move", "uprate"]
    last = results[-1]
    assert last.clears("full")
    assert "50 kVA transformer" in last.label
    assert ("overload", "full", "transformer") in last.cleared["full"]
    small, large = results[1].headline["full"], last.headline["full"]
    assert large["peak_load_rate_percent"] == pytest.approx(
        small["peak_load_rate_percent"] * 30 / 50, rel=0.05
    )


def test_sweeps_that_exist_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    today = village()
    demand = demand_of({"mild": 0.5, "cold": 4.0}, today)
    proposal = proposal_of(today, {"U02": "b", "U03": "c"})
    before = state_of(today, demand)
    after = state_of(today.with_phases(proposal.phase_moves), demand)
    fresh = compare_measures(today, demand, proposal=proposal)

    def no_sweep(*_: object, **__: object) -> SweepResult:
        raise AssertionError("swept again")

    monkeypatch.setattr("gridplan.measures.compare.run_sweep", no_sweep)
    reused = compare_measures(today, demand, proposal=proposal, before=before, after=after)
    assert [item.to_record() for item in reused] == [item.to_record() for item in fresh]


def test_without_moves_nothing_is_tried_twice() -> None:
    today = village()
    results = compare_measures(
        today, demand_of({"full": 6.0}, today), proposal=proposal_of(today, {})
    )
    labels = [item.label for item in results]
    assert len(set(labels)) == len(labels)
    assert "move" not in {item.action for item in results}


def test_what_a_measure_makes_likelier_is_named() -> None:
    today = village()
    share = np.eye(3)[[0, 0, 2, 2, 1, 1]]
    balanced = replace(today, customers=replace(today.customers, p_share=share, q_share=share))
    # the homes of phase a join those of phase b, at a level where one draw in eight is low today
    spoiled = proposal_of(balanced, {"U00": "b", "U01": "b"})
    results = compare_measures(balanced, demand_of({"cold": 5.5}, today), proposal=spoiled)
    key = ("low_voltage", "cold", "F1")
    assert [item.probability for item in results[0].remaining["cold"] if item.key == key] == [1 / 8]
    moves = next(item for item in results if item.action == "move")
    assert key in moves.rises
    assert key not in moves.cleared["cold"]


def test_accepted_probability_decides_what_remains() -> None:
    today = village()
    demand = demand_of({"edge": 2.0}, today, n_draw=20)
    sweep = run_sweep(today, demand)
    lows = np.sort(sweep.v_min_v[0].min(axis=-1))
    # a limit between the lowest and the second lowest draw: broken in one draw of twenty
    limit = float(lows[:2].mean())
    limits = limits_named("cn-default").with_values(low_voltage_v=limit)
    strict = compare_measures(
        today,
        demand,
        limits,
        MeasureSettings(accept_probability=0.0),
        proposal=proposal_of(today, {}),
    )[0]
    loose = compare_measures(
        today,
        demand,
        limits,
        MeasureSettings(accept_probability=0.05),
        proposal=proposal_of(today, {}),
    )
    (finding,) = strict.remaining["edge"]
    assert (finding.kind, finding.probability) == (Kind.LOW_VOLTAGE, 0.05)
    assert not strict.clears("edge")
    assert loose[0].clears("edge")


def test_a_scenario_that_was_not_swept_is_not_claimed() -> None:
    today = village()
    result = compare_measures(today, demand_of({"mild": 0.3}, today))[0]
    assert not result.clears("cold")


def test_records_are_plain_json() -> None:
    today = village()
    results = compare_measures(
        today, demand_of({"full": 6.0}, today), proposal=proposal_of(today, {})
    )
    text = json.dumps([item.to_record() for item in results], allow_nan=False)
    assert "lowest_voltage_v" in text


def test_a_demand_in_some_scenarios_keeps_its_numbers() -> None:
    demand = demand_of({"mild": 0.3, "cold": 1.0, "full": 2.0}, village())
    some = demand.only(["full", "mild"])
    assert some.scenarios == ("full", "mild")
    whole, part = demand.block(2, 5), some.block(2, 5)
    for all_rows, rows in zip(whole, part, strict=True):
        assert np.array_equal(rows, all_rows[[2, 0]])
    assert demand.only(demand.scenarios) is demand
    with pytest.raises(ValueError, match="frost"):
        demand.only(["frost"])
