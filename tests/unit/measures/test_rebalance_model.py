"""The linear model, its integer program and the bound, against enumeration."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridplan as gp
from gridplan.assessment.limits import limits_named
from gridplan.measures.certificate import worst_phase_bound_a
from gridplan.measures.currents import Currents
from gridplan.measures.effort import Effort
from gridplan.measures.linear import linear_model, loss_form
from gridplan.measures.minmax import GAP, solve_minmax
from gridplan.measures.peaks import peak_cases
from gridplan.measures.response import Response
from gridplan.measures.scoring import Scorer
from gridplan.measures.search import steps_from, take
from gridplan.measures.units import movable_units
from gridplan.measures.walk import Walk
from gridplan.powerflow.ports import build_ports
from gridplan.powerflow.solver import solve_flows
from tests import villages
from tests.unit.measures.enumeration import every_labelling

N_HOME = 7
model_test = settings(max_examples=10, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def linear_village(seed: int, const_z: float = 0.3):
    feeder = villages.random_village(seed, "Yyn0", n_home=N_HOME, const_z=const_z)
    rng = np.random.default_rng(seed)
    p_kw = rng.uniform(0.5, 6, (N_HOME, 3))
    model, units = build_ports(feeder), movable_units(feeder)
    return (
        feeder,
        model,
        units,
        p_kw,
        linear_model(model, feeder.customers, units, p_kw, 0.2 * p_kw),
    )


def labellings(units) -> np.ndarray:
    return np.array(list(itertools.product(*(units.choices(k) for k in range(len(units))))))


def currents_of(units, linear) -> Currents:
    return Currents(units=units, constant=linear.trafo0_a, of_choice=linear.trafo_a)


def effort() -> Effort:
    return Effort(left=1e9, deadline=time.process_time() + 600)


@model_test
@given(seeds, st.integers(1, 4))
def test_the_exact_model_finds_the_lowest_highest_current_and_proves_it(seed, max_moves):
    _, _, units, _, linear = linear_village(seed)
    currents = currents_of(units, linear)
    found = solve_minmax(currents, max_moves, units.today, effort=effort(), seed=0)
    allowed = labellings(units)
    allowed = allowed[(allowed != units.today).sum(axis=1) <= max_moves]
    best = min(currents.highest(one) for one in allowed)
    assert found.value == pytest.approx(currents.highest(found.labelling))
    assert found.bound <= best * (1 + 1e-9)
    assert best <= found.value <= best * (1 + 2 * GAP)
    assert found.gap_percent <= 100 * GAP
    assert (found.labelling != units.today).sum() <= max_moves


@pytest.mark.slow
def test_brute_force_on_two_hundred_villages_of_eight_units():
    """Optimal in the linear model in every one, and the bound is never above the true optimum."""
    everything = np.array(list(itertools.product(range(3), repeat=8)))
    for seed in range(200):
        group = "Yyn0" if seed % 2 else "Dyn11"
        feeder = villages.random_village(seed, group, n_home=8, const_z=0.3)
        p_kw = np.random.default_rng(seed).uniform(0.5, 6, (8, 3))
        units = movable_units(feeder)
        linear = linear_model(build_ports(feeder), feeder.customers, units, p_kw, 0.2 * p_kw)
        currents = currents_of(units, linear)
        most = 1 + seed % 8
        found = solve_minmax(currents, most, units.today, effort=effort(), seed=0)
        allowed = everything[(everything > 0).sum(axis=1) <= most] + units.today
        added = currents.of_choice[allowed].sum(axis=1) + currents.constant[:, None]
        best = float(np.abs(added).max(axis=(1, 2)).min())
        assert found.value <= best * (1 + GAP), seed
        assert found.bound <= best * (1 + 1e-9), seed


def test_units_that_draw_alike_do_not_multiply_the_work():
    """Twelve equal homes on one phase: without broken symmetry 3^12 labellings are alike."""
    feeder = villages.random_village(3, "Dyn11", n_home=12)
    share = np.tile(np.eye(3)[0], (12, 1))
    homes = replace(feeder.customers, p_share=share, q_share=share)
    feeder = replace(feeder, customers=homes)
    units = movable_units(feeder)
    one_home = np.zeros((3, 3, 1), complex)
    one_home[[0, 1, 2], [0, 1, 2], 0] = np.exp(-2j * np.pi / 3 * np.arange(3))
    currents = Currents(
        units=units, constant=np.zeros(3, complex), of_choice=np.tile(one_home, (12, 1, 1))
    )
    found = solve_minmax(currents, 8, units.today, effort=effort(), seed=0)
    assert found.value == pytest.approx(4)
    assert found.bound >= 4 * (1 - GAP)


@model_test
@given(seeds)
def test_steps_reach_every_neighbour_once_and_currents_follow_them(seed):
    _, _, units, _, linear = linear_village(seed)
    currents = currents_of(units, linear)
    rng = np.random.default_rng(seed)
    labelling = labellings(units)[rng.integers(3**N_HOME)]
    moved = len(units.moved(labelling))
    steps = steps_from(units, labelling, moved)
    reached = np.array([take(units, labelling, step) for step in steps])
    everything = labellings(units)
    near = (everything != labelling).sum(axis=1)
    few = (everything != units.today).sum(axis=1) <= moved
    expected = everything[(near >= 1) & (near <= 2) & few]
    assert len(reached) == len(expected)
    assert {one.tobytes() for one in reached} == {one.tobytes() for one in expected}
    direct = np.array([currents.highest(one) for one in reached])
    np.testing.assert_allclose(currents.after(labelling, steps), direct, rtol=1e-9)


@model_test
@given(seeds)
def test_the_walk_ends_where_no_further_move_and_no_exchange_is_better(seed):
    _, _, units, _, linear = linear_village(seed)
    currents = currents_of(units, linear)
    walk = Walk(currents, 3, np.random.default_rng(seed), effort())
    end, level = walk.descend(units.today)
    assert level == pytest.approx(currents.highest(end))
    assert level <= currents.highest(units.today)
    everything = labellings(units)
    moves = (everything != units.today).sum(axis=1)
    made, kept = everything != units.today, everything == end
    of_end = end != units.today
    # of the moves of the end all but one at most are kept
    exchanged = (of_end & ~kept).sum(axis=1) <= 1
    near = everything[(moves <= 3) & exchanged & ((made & ~kept).sum(axis=1) <= 1)]
    assert level <= min(currents.highest(one) for one in near) * (1 + 1e-4)
    best, value = walk.run(units.today, 20)
    assert value <= level
    assert (best != units.today).sum() <= 3


@model_test
@given(seeds, st.sampled_from(["Yyn0", "Dyn11"]))
def test_the_response_ranks_as_the_exact_flows_do(seed, group):
    """Ratios after one move, for light loads where currents hardly depend on voltages."""
    feeder = villages.random_village(seed, group, n_home=N_HOME)
    p_kw = np.random.default_rng(seed).uniform(0.1, 0.6, (1, N_HOME))
    limits, model = limits_named("cn-default"), build_ports(feeder)
    cases = peak_cases(model, feeder.customers, gp.Demand.from_arrays(p_kw), limits)
    scorer, units = Scorer.of(model, limits, cases, "violations"), movable_units(feeder)
    response = Response.of(scorer, units, feeder.customers, units.today)
    steps = steps_from(units, units.today, 1)
    ratios = response.ratios(steps)
    for step, ratio in zip(steps, ratios, strict=True):
        after = take(units, units.today, step)
        exact = scorer.score(units.apply(feeder.customers, after))
        at = [exact.rows.index(row) for row in response.rows[:2]]
        np.testing.assert_allclose(ratio[:2], exact.ratio[at], rtol=0.02, atol=2e-3)
        np.testing.assert_allclose(response.ratios_at(after[None])[0], ratio, rtol=1e-5)


def test_the_linear_model_is_exact_for_constant_currents():
    """With constant-current loads near nominal voltage only the voltages' angles are neglected."""
    feeder = villages.random_village(3, "Dyn11", n_home=N_HOME)
    homes = villages.customers(feeder.customers.node, feeder.customers.p_share, const_i=1.0)
    model, units = build_ports(feeder), movable_units(feeder)
    p_kw = np.random.default_rng(3).uniform(0.5, 3, (N_HOME, 2))
    linear = linear_model(model, homes, units, p_kw, 0 * p_kw)
    for labelling in labellings(units)[::97]:
        exact = solve_flows(model, units.apply(homes, labelling), p_kw, 0 * p_kw)
        np.testing.assert_allclose(
            np.abs(linear.phase_currents(labelling)), np.abs(exact.i_phase), rtol=2e-3, atol=1e-3
        )


def test_the_loss_form_is_the_loss_of_the_power_flow():
    feeder, model, units, p_kw, _ = linear_village(4)
    light = p_kw / 20  # so that the base point's currents are those of the power flow
    gram = loss_form(model, linear_model(model, feeder.customers, units, light, 0 * light))
    for labelling in labellings(units)[::211]:
        flows = solve_flows(model, units.apply(feeder.customers, labelling), light, 0 * light)
        assert gram[np.ix_(labelling, labelling)].sum() == pytest.approx(
            flows.loss_kw.mean(), rel=0.02
        )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seeds,
    st.sampled_from(["Yyn0", "Dyn11"]),
    st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    st.sampled_from([3.0, 9.0, 18.0]),
)
def test_no_labelling_carries_less_than_the_bound(seed, group, const_z, most_kw):
    feeder = villages.random_village(seed, group, n_home=5, const_z=const_z)
    rng = np.random.default_rng(seed)
    p_kw = rng.uniform(0.2, 1, (1, 5)) * most_kw
    q_kvar = p_kw * rng.uniform(0, 0.6, (1, 5))
    model = build_ports(feeder)
    demand = gp.Demand.from_arrays(p_kw, q_kvar)
    cases = peak_cases(model, feeder.customers, demand, limits_named("cn-default"))
    bound_a = worst_phase_bound_a(model, feeder.customers, cases)[0]

    found = every_labelling(feeder, p_kw[0], q_kvar[0])
    if not len(found.worst_a):
        return
    assert bound_a <= found.worst_a.min()
    # ... and says something: it is above the current of the same demand at 1.2 times the voltage
    assert bound_a > abs((p_kw - 1j * q_kvar).sum()) * 1e3 / villages.PHASE_V / 3 / 1.2
