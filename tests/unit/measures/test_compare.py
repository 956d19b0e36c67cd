"""Measures compared on the same draws, with the real power flow on small villages."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from gridplan.assessment.findings import Findings, Kind
from gridplan.assessment.limits import Limits, limits_named
from gridplan.assessment.rules import assess
from gridplan.demand.cases import Demand
from gridplan.frozen import FloatArray
from gridplan.measures import bench
from gridplan.measures.choice import MeasureTable
from gridplan.measures.compare import compare_measures
from gridplan.measures.judging import Judgement
from gridplan.measures.measure import Area
from gridplan.measures.pareto import Pareto
from gridplan.measures.proposal import Certificate, Metrics, Move, Proposal
from gridplan.measures.settings import OFFERED, MeasureSettings
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


def demand_of(
    levels_kw: dict[str, float], feeder: Feeder, *, n_draw: int = 8, quiet: int = 2
) -> Demand:
    """Evenings in which every home draws a level for three hours, a few per cent apart per draw.

    It begins after ``quiet`` steps, and ends early where these are many.
    """
    n_home = len(feeder.customers)
    shape = np.full(N_STEP, 0.2 if quiet == 2 else 0.02)
    shape[quiet:14] = 1.0
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


def compared(
    today: Feeder,
    demand: Demand,
    limits: Limits | None = None,
    settings: MeasureSettings = SETTINGS,
    **more: object,
) -> MeasureTable:
    """A comparison whose moves are given."""
    more.setdefault("proposal", proposal_of(today, {"U02": "b", "U03": "c"}))
    return compare_measures(today, demand, limits, settings, **more)


def test_a_village_in_order_needs_nothing() -> None:
    today = village()
    table = compare_measures(today, demand_of({"mild": 0.3}, today))
    assert [item.action for item in table] == ["none"]
    (choice,) = table.choices
    assert (choice.label, choice.action) == ("nothing", "none")
    assert table.result("nothing").sweep_cases == 8 * N_STEP


def test_each_scenario_gets_its_own_option() -> None:
    """Levels found by hand: mild is fine, moves cure cold, moves and a conductor full."""
    today = village()
    demand = demand_of({"mild": 0.5, "cold": 4.0, "full": 6.0}, today)
    table = compared(today, demand)
    nothing, moves = table.result("nothing"), table.result("move U02 a -> b, U03 a -> c")
    assert nothing.clears("mild")
    assert not nothing.clears("cold")
    assert moves.clears("cold")
    assert not moves.clears("full")
    assert ("low_voltage", "cold", "F1") in moves.cleared["cold"]
    chosen = {choice.scenario: choice for choice in table.choices}
    assert chosen["mild"].action == "none"
    assert (chosen["cold"].label, chosen["cold"].action) == (moves.label, "move")
    full = table.result(chosen["full"].label)
    assert full.steps[0] == moves.label, "everything comes on top of the moves"
    assert full.clears("full")
    assert "cheapest" in chosen["full"].reason


def with_taps(feeder: Feeder) -> Feeder:
    """The same with a tap changer of +-2 x 2.5 %."""
    plate = replace(feeder.transformer, tap_step_percent=2.5, tap_min=-2.0, tap_max=2.0)
    return replace(feeder, transformer=plate)


def test_there_are_many_kinds_and_each_is_swept_for_all_scenarios() -> None:
    today = with_taps(village())
    table = compared(today, demand_of({"cold": 4.0, "full": 6.0}, today))
    kinds = {item.action for item in table}
    assert len(kinds) >= 10, kinds
    assert {"none", "move", "tap", "reconductor", "parallel", "uprate", "split"} <= kinds
    assert all(item.scenarios == ("cold", "full") for item in table)
    alone = [item for item in table if item.steps and not item.steps[0].startswith("move")]
    assert {item.action for item in alone} == {"tap", "reconductor", "uprate"}


def test_the_tap_is_tried_before_a_transformer_is_bought() -> None:
    """At 0.98 pu a step of 2.5 % leaves the busbar below 235.4 V: it may be recommended."""
    today = with_taps(village())
    today = replace(today, source=replace(today.source, vm_pu=0.98))
    table = compared(today, demand_of({"full": 5.6}, today))
    (choice,) = table.choices
    assert choice.action == "tap"
    assert table.result(choice.label).steps[0].startswith("move")


def test_a_tap_that_lifts_the_night_above_the_band_is_not_recommended() -> None:
    """Homes of three phases alike at 1.01 pu: low in the evening, near the upper limit before."""
    today = with_taps(village())
    share = np.eye(3)[[0, 1, 2, 0, 1, 2]]
    today = replace(
        today,
        source=replace(today.source, vm_pu=1.01),
        customers=replace(today.customers, p_share=share, q_share=share),
    )
    without = [kind for kind in OFFERED if kind not in ("tap", "parallel")]
    table = compared(
        today,
        demand_of({"full": 8.2}, today, quiet=6),
        settings=MeasureSettings(without=without),
        proposal=proposal_of(today, {}),
    )
    taps = [item for item in table if item.action == "tap" and item.clears("full")]
    assert taps, "it would be enough for the evening"
    assert {key[0] for item in taps for key in item.rises} == {"high_voltage"}
    assert table.choices[0].action != "tap"


def test_options_of_the_same_effect_are_swept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    today = village()
    types: list[str] = []
    judge = bench.judged

    def counted(areas: tuple[Area, ...], *rest: object) -> Judgement:
        trafo = areas[0].feeder.transformer
        types.append("" if trafo is None else trafo.std_type)
        return judge(areas, *rest)

    monkeypatch.setattr(bench, "judged", counted)
    without = [kind for kind in OFFERED if kind not in ("rotate", "uprate")]
    table = compared(
        today, demand_of({"full": 9.0}, today), settings=MeasureSettings(without=without)
    )
    swap = next(item for item in table if item.action == "rotate")
    new = next(
        item for item in table
        if item.action == "uprate" and item.remaining == swap.remaining and len(item.steps) == 2
    )  # fmt: skip
    assert swap.outlay.cost_cny < new.outlay.cost_cny
    assert swap.open_question
    # two ratings, each with the moves and without; the swap has the first one's sweep
    assert len(types) == 4
    assert len(set(types)) == 2


def test_sweeps_that_exist_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    today = village()
    demand = demand_of({"mild": 0.5, "cold": 4.0}, today)
    proposal = proposal_of(today, {"U02": "b", "U03": "c"})
    before = state_of(today, demand)
    after = state_of(today.with_phases(proposal.phase_moves), demand)
    fresh = compared(today, demand)

    def no_sweep(*_: object, **__: object) -> None:
        raise AssertionError("swept again")

    monkeypatch.setattr("gridplan.measures.compare.swept", no_sweep)
    reused = compared(today, demand, proposal=proposal, before=before, after=after)
    assert reused.to_record() == fresh.to_record()


def test_without_moves_nothing_is_tried_twice() -> None:
    today = village()
    table = compared(today, demand_of({"full": 6.0}, today), proposal=proposal_of(today, {}))
    labels = [item.label for item in table]
    assert len(set(labels)) == len(labels)
    assert "move" not in {item.action for item in table}


def test_what_a_measure_makes_likelier_is_named_and_not_recommended() -> None:
    today = village()
    share = np.eye(3)[[0, 0, 2, 2, 1, 1]]
    balanced = replace(today, customers=replace(today.customers, p_share=share, q_share=share))
    # the homes of phase a join those of phase b, at a level where one draw in eight is low today
    spoiled = proposal_of(balanced, {"U00": "b", "U01": "b"})
    table = compared(balanced, demand_of({"cold": 5.5}, today), proposal=spoiled)
    key = ("low_voltage", "cold", "F1")
    nothing = table.result("nothing")
    assert [item.probability for item in nothing.remaining["cold"] if item.key == key] == [1 / 8]
    moves = next(item for item in table if item.action == "move")
    assert key in moves.rises
    assert key not in moves.cleared["cold"]
    assert moves.probabilities[key] == (1 / 8, 1.0)
    assert table.choices[0].label != moves.label


def test_accepted_probability_decides_what_remains() -> None:
    today = village()
    demand = demand_of({"edge": 2.0}, today, n_draw=20)
    sweep = run_sweep(today, demand)
    lows = np.sort(sweep.v_min_v[0].min(axis=-1))
    # a limit between the lowest and the second lowest draw: broken in one draw of twenty
    limits = limits_named("cn-default").with_values(low_voltage_v=float(lows[:2].mean()))
    none = proposal_of(today, {})
    strict = compared(
        today, demand, limits, MeasureSettings(accept_probability=0.0), proposal=none
    ).result("nothing")
    loose = compared(
        today, demand, limits, MeasureSettings(accept_probability=0.05), proposal=none
    ).result("nothing")
    (finding,) = strict.remaining["edge"]
    assert (finding.kind, finding.probability) == (Kind.LOW_VOLTAGE, 0.05)
    assert not strict.clears("edge")
    assert loose.clears("edge")


def test_a_study_may_leave_kinds_out_and_run_out_of_days() -> None:
    today = village()
    demand = demand_of({"full": 6.0}, today)
    few = compared(today, demand, settings=MeasureSettings(without=["split", "uprate", "svg"]))
    assert not {"split", "uprate", "svg"} & {item.action for item in few}
    hurried = compared(today, demand, settings=MeasureSettings(lead_time_days=0.5))
    (choice,) = hurried.choices
    assert choice.action == "beyond"
    assert "days" in choice.reason


def test_records_are_plain_json() -> None:
    today = village()
    table = compared(today, demand_of({"full": 6.0}, today))
    text = json.dumps(table.to_record(), allow_nan=False)
    assert "lowest_voltage_v" in text
    assert "placeholder" in text


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
