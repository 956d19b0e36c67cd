"""Rebalancing against all labellings of small villages, solved one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridplan as gp
from gridplan.assessment.limits import limits_named
from gridplan.measures import yardstick
from gridplan.network.customers import PERMUTATIONS
from tests import villages
from tests.unit.measures.enumeration import every_labelling

small = settings(max_examples=7, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)
groups = st.sampled_from(["Yyn0", "Dyn11"])
shares = st.sampled_from([0.0, 0.5, 1.0])
N_HOME = 6
#: How far local search on the exact flows may end above the best labelling of all [share]: in Yyn0
#: villages the currents themselves depend on the labelling through the shifted neutral.
LOCAL_TOLERANCE = 0.025


def village(seed: int, group: str, const_z: float = 0.0) -> tuple[gp.Feeder, np.ndarray]:
    feeder = villages.random_village(seed, group, n_home=N_HOME, const_z=const_z)
    rng = np.random.default_rng(seed)
    return feeder, rng.uniform(1.0, 8.0, (1, N_HOME))


def phases_after(feeder: gp.Feeder, proposal: gp.Proposal) -> list[str]:
    return feeder.with_phases(proposal.phase_moves).customers.phase.tolist()


@small
@given(seeds, groups, shares)
def test_with_all_moves_the_worst_phase_is_the_best_there_is_and_not_below_the_bound(
    seed, group, const_z
):
    feeder, p_kw = village(seed, group, const_z)
    demand = gp.Demand.from_arrays(p_kw, 0.3 * p_kw)
    proposal = gp.propose_rebalancing(feeder, demand, objective="peak_current", max_moves=N_HOME)
    best = every_labelling(feeder, p_kw[0], 0.3 * p_kw[0]).worst_a.min()
    assert proposal.bound <= best
    assert proposal.after.peak_current_a <= proposal.before.peak_current_a
    if not proposal.moves:
        return
    assert proposal.after.objective == pytest.approx(best, rel=LOCAL_TOLERANCE)


@small
@given(seeds, groups, shares)
def test_losses_are_the_least_there_are_and_not_below_the_bound(seed, group, const_z):
    feeder, p_kw = village(seed, group, const_z)
    demand = gp.Demand.from_arrays(p_kw, 0.2 * p_kw)
    proposal = gp.propose_rebalancing(feeder, demand, objective="losses", max_moves=N_HOME)
    least = every_labelling(feeder, p_kw[0], 0.2 * p_kw[0]).loss_kw.min()
    assert proposal.bound <= least
    assert proposal.after.objective == pytest.approx(least, rel=2e-3)


@small
@given(seeds, groups)
def test_the_answer_is_what_the_power_flow_of_the_moved_feeder_says(seed, group):
    feeder, p_kw = village(seed, group)
    demand = gp.Demand.from_arrays(p_kw, 0.1 * p_kw)
    proposal = gp.propose_rebalancing(feeder, demand, max_moves=3)
    for metrics, moves in ((proposal.before, ()), (proposal.after, proposal.phase_moves)):
        result = gp.solve(feeder.with_phases(moves), p_kw, 0.1 * p_kw)
        if not result.converged.all():
            assert metrics.unsolved == 1
            continue
        assert metrics.peak_current_a == pytest.approx(result.i_transformer_a.max(), rel=1e-6)
        assert metrics.peak_neutral_a == pytest.approx(result.i_neutral_a.max(), rel=1e-5, abs=1e-6)
        assert metrics.lowest_v == pytest.approx(np.nanmin(np.abs(result.customer_v)), rel=1e-6)
        assert metrics.loss_kw == pytest.approx(result.loss_kw.mean(), rel=1e-5, abs=1e-7)
    assert proposal.phases.tolist() == phases_after(feeder, proposal)
    assert len(proposal.moves) <= 3


@small
@given(seeds, groups)
def test_no_move_when_nothing_is_wrong_and_none_when_none_is_allowed(seed, group):
    feeder, p_kw = village(seed, group)
    light = gp.propose_rebalancing(feeder, gp.Demand.from_arrays(p_kw / 40))
    assert light.moves == ()
    assert light.after == light.before
    assert gp.propose_rebalancing(feeder, gp.Demand.from_arrays(3 * p_kw), max_moves=0).moves == ()


@pytest.mark.parametrize("scale", [0.002, 0.1, 0.4])
def test_where_little_is_near_a_limit_there_is_still_an_answer(scale):
    """The cases that decide may all be of voltages, or none may be near anything."""
    feeder = at_nominal(villages.random_village(3, "Yyn0", n_home=N_HOME))
    proposal = gp.propose_rebalancing(feeder, steps_of_a_day(3, scale), max_moves=2)
    assert proposal.after.objective <= proposal.before.objective + 1e-9


def test_what_was_refused_and_why_is_said(monkeypatch):
    """Where every move makes something likelier there is none, and the reader hears of the best."""
    feeder = at_nominal(villages.random_village(5, "Yyn0", n_home=N_HOME))
    demand = steps_of_a_day(5, 2.0)
    good = gp.propose_rebalancing(feeder, demand, max_moves=2)
    assert good.moves
    assert not good.note
    monkeypatch.setattr(yardstick.Yardstick, "worth", dearer(yardstick.Yardstick.worth))
    none = gp.propose_rebalancing(feeder, demand, max_moves=2)
    assert not none.moves
    assert "moves would leave" in none.note


def dearer(worth):
    """The same worth, with a rise in every state that is better than today's."""

    def one_more(self, ratio, rows=None):
        value, rises = worth(self, ratio, rows)
        return value, rises + 1

    return one_more


def at_nominal(feeder: gp.Feeder) -> gp.Feeder:
    """The same feeder fed at nominal voltage, so that no customer is above the band at night."""
    return replace(feeder, source=replace(feeder.source, vm_pu=1.0))


def steps_of_a_day(seed: int, scale: float) -> gp.Demand:
    """Two scenarios of 20 draws over a day of quarter hours, every home with its own evening."""
    rng = np.random.default_rng(seed)
    hours = np.arange(96) / 4
    evening = np.exp(-(((hours - 19) / 2) ** 2))
    level = rng.lognormal(0, 0.3, (1, N_HOME, 20, 1)) * rng.uniform(1, 6, (1, N_HOME, 1, 1))
    p_kw = scale * level * (0.1 + evening) * np.array([1.0, 1.3])[:, None, None, None]
    return gp.Demand(
        scenarios=("usual", "cold"),
        n_draw=20,
        times=np.datetime64("2027-02-05T00:00") + 15 * np.arange(96).astype("timedelta64[m]"),
        step_minutes=15.0,
        customer_ids=[f"H{k:02d}" for k in range(N_HOME)],
        occupancy=np.ones((2, N_HOME)),
        sampler=lambda first, last: (p_kw[:, :, first:last], 0.2 * p_kw[:, :, first:last]),
    )


@settings(max_examples=4, deadline=None, derandomize=True)
@given(seeds, groups)
def test_in_a_full_sweep_no_finding_is_likelier_than_before(seed, group):
    feeder = at_nominal(villages.random_village(seed, group, n_home=N_HOME))
    demand = steps_of_a_day(seed, 2.0)
    proposal = gp.propose_rebalancing(feeder, demand, max_moves=2)
    before, after = (
        gp.assess(one, gp.run_sweep(one, demand))
        for one in (feeder, feeder.with_phases(proposal.phase_moves))
    )
    assert not [
        item.key for item in after if item.probability > before.probability(item.key) + 1e-12
    ]
    assert proposal.after.objective <= proposal.before.objective


def test_the_same_input_gives_the_same_proposal_whatever_the_time_limit():
    feeder = at_nominal(villages.random_village(5, "Yyn0", n_home=N_HOME))
    demand = steps_of_a_day(5, 2.0)
    first, second, third = (
        gp.propose_rebalancing(feeder, demand, max_moves=2, seed=3, time_limit_s=limit).to_record()
        for limit in (600, 600, 3000)
    )
    assert first == second == third
    assert first["moves"]
    assert not first["note"]


def test_the_hard_stop_is_said():
    feeder = at_nominal(villages.random_village(5, "Yyn0", n_home=N_HOME))
    proposal = gp.propose_rebalancing(feeder, steps_of_a_day(5, 2.0), time_limit_s=1e-6)
    assert "time limit" in proposal.note


def test_the_curve_never_rises_and_its_points_keep_to_their_moves():
    feeder = at_nominal(villages.random_village(5, "Yyn0", n_home=N_HOME))
    for objective in ("violations", "peak_current", "neutral_current"):
        proposal = gp.propose_rebalancing(
            feeder, steps_of_a_day(5, 2.0), objective=objective, max_moves=4
        )
        curve = proposal.pareto
        assert curve.max_moves.tolist() == [0, 1, 2, 3, 4]
        assert (curve.value[1:] <= curve.value[:-1]).all()
        assert (curve.moves <= curve.max_moves).all()
        assert curve.value[-1] < curve.value[0]
        if objective == "violations":
            assert len(proposal.moves) == curve.moves[curve.knee]
            assert proposal.poles == curve.poles[curve.knee]


def test_a_finding_that_a_sweep_shows_to_rise_is_searched_around():
    """A check that refuses the first proposal, as if it made low voltage likelier."""
    feeder = at_nominal(villages.random_village(5, "Yyn0", n_home=N_HOME))
    demand = steps_of_a_day(5, 2.0)
    finding = next(
        one for one in gp.assess(feeder, gp.run_sweep(feeder, demand)) if one.kind == "low_voltage"
    )
    asked = []

    def check(moves):
        asked.append({move.unit: move.permutation for move in moves})
        return (finding,) if len(asked) == 1 else ()

    proposal = gp.propose_rebalancing(feeder, demand, max_moves=2, check=check)
    assert len(asked) >= 1
    if proposal.moves:
        assert len(asked) == 2
        assert asked[1] == {move.unit: move.permutation for move in proposal.phase_moves}
    made = {move.unit: move.permutation for move in proposal.phase_moves}
    assert made != asked[0]


def test_doubtful_records_are_sampled_and_the_meters_to_verify_named():
    feeder = at_nominal(villages.random_village(5, "Yyn0", n_home=N_HOME))
    confidence = np.array([1.0, 0.6, 1.0, 0.7, 1.0, 1.0])
    doubtful = replace(feeder, customers=replace(feeder.customers, phase_confidence=confidence))
    demand = steps_of_a_day(5, 2.0)
    sure = gp.propose_rebalancing(feeder, demand, max_moves=2)
    proposal = gp.propose_rebalancing(doubtful, demand, max_moves=2)
    assert sure.doubt is None
    assert proposal.phases.tolist() == sure.phases.tolist()  # planned on the likeliest labels
    doubt = proposal.doubt
    assert {one.customer_ids for one in doubt.verify} == {("H01",), ("H03",)}
    assert [one.value for one in doubt.verify] == sorted(
        (one.value for one in doubt.verify), reverse=True
    )
    assert 0.5 <= doubt.probability_helps <= 1
    assert doubt.expected_after < doubt.expected_before


def test_blocks_of_draws_do_not_matter(monkeypatch):
    feeder = at_nominal(villages.random_village(5, "Yyn0", n_home=N_HOME))
    whole = gp.propose_rebalancing(feeder, steps_of_a_day(5, 2.0), max_moves=2).to_record()
    monkeypatch.setattr("gridplan.measures.peaks._BLOCK_CASES", 300)
    assert gp.propose_rebalancing(feeder, steps_of_a_day(5, 2.0), max_moves=2).to_record() == whole


def test_a_full_house_is_said_to_be_beyond_any_re_phasing():
    feeder = villages.random_village(1, "Dyn11", n_home=N_HOME, const_z=0.5)
    p_kw = np.full((1, N_HOME), 24.0)  # 144 kW on 100 kVA
    proposal = gp.propose_rebalancing(feeder, gp.Demand.from_arrays(p_kw))
    certificate = proposal.certificate
    assert certificate.cannot_help
    assert certificate.cannot_help_scenarios == ("cases",)
    assert certificate.sentence.startswith("no re-phasing can help in cases (short by")
    # currents of half constant-impedance loads are smallest at nominal voltage
    assert certificate.shortfall_kva == pytest.approx(44.0, abs=1.0)


@small
@given(seeds, groups, shares)
def test_where_no_re_phasing_can_help_no_labelling_keeps_the_limit(seed, group, const_z):
    """The lightest of several loads at which the certificate gives up, solved on all labellings."""
    feeder, p_kw = village(seed, group, const_z)
    rated_a = feeder.area_transformer.rated_a
    for level in np.geomspace(1.0, 8.0, 16):
        scaled = level * p_kw
        demand = gp.Demand.from_arrays(scaled, 0.3 * scaled)
        proposal = gp.propose_rebalancing(feeder, demand, objective="peak_current", max_moves=0)
        if proposal.certificate.cannot_help:
            break
    else:
        pytest.fail("the certificate never gives up")
    best = every_labelling(feeder, scaled[0], 0.3 * scaled[0]).worst_a.min(initial=np.inf)
    assert best > limits_named("cn-default").phase_overload.value / 100 * rated_a


def test_the_electricians_rule_levels_occupied_homes():
    feeder, _ = village(0, "Yyn0")
    share = np.eye(3)[[0, 0, 0, 0, 0, 1]]
    feeder = replace(feeder, customers=replace(feeder.customers, p_share=share, q_share=share))
    p_kw = np.array([[2.0, 2.0, 2.0, 2.0, 0.0, 2.0]])
    proposal = gp.propose_rebalancing(feeder, gp.Demand.from_arrays(p_kw))
    moved = {customer for move in proposal.baseline_moves for customer in move.customer_ids}
    after = {"a": 0, "b": 0, "c": 0}
    targets = {c: m.to_phase for m in proposal.baseline_moves for c in m.customer_ids}
    for home, phase in enumerate("aaaaab"):
        if home != 4:
            after[targets.get(f"H{home:02d}", phase)] += 1
    assert sorted(after.values()) == [1, 2, 2]
    assert len(moved) == 2
    assert "H04" not in moved


@settings(max_examples=4, deadline=None, derandomize=True)
@given(seeds, groups)
def test_moves_stand_in_field_order_and_no_state_between_windows_is_worse_than_today(seed, group):
    feeder = at_nominal(villages.random_village(seed, group, n_home=N_HOME))
    demand = steps_of_a_day(seed, 2.0)
    proposal = gp.propose_rebalancing(feeder, demand, max_moves=4)
    windows = [move.window for move in proposal.moves]
    assert [move.order for move in proposal.moves] == list(range(1, len(proposal.moves) + 1))
    assert windows == sorted(windows)
    if proposal.between:
        return
    before = gp.assess(feeder, gp.run_sweep(feeder, demand))
    for done in sorted(set(windows)):
        made = [move.phase_move for move in proposal.moves if move.window <= done]
        state = feeder.with_phases(made)
        after = gp.assess(state, gp.run_sweep(state, demand))
        assert not [
            one.key for one in after if one.probability > before.probability(one.key) + 1e-12
        ]


def test_every_fault_of_the_arguments_is_named():
    feeder, _ = village(0, "Yyn0")
    with pytest.raises(gp.InputError) as caught:
        gp.propose_rebalancing(feeder, objective="beauty", max_moves=-1, time_limit_s=0)
    assert [fault.code for fault in caught.value.faults] == ["objective", "max-moves", "time-limit"]


def test_every_permutation_moves_a_customer_as_it_says():
    feeder, p_kw = village(7, "Yyn0")
    proposal = gp.propose_rebalancing(
        feeder, gp.Demand.from_arrays(p_kw), objective="peak_current", max_moves=4
    )
    for move in proposal.moves:
        assert move.permutation in PERMUTATIONS[:3]
        assert "abc"[move.permutation["abc".index(move.from_phase)]] == move.to_phase
