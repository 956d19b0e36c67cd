"""The linear model, its integer program and the bound, against enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridplan as gp
from gridplan.assessment.limits import limits_named
from gridplan.measures.certificate import worst_phase_bound_a
from gridplan.measures.linear import linear_model, loss_form
from gridplan.measures.milp import composite, joined, neutral_rows, phase_rows, solve_milp
from gridplan.measures.peaks import peak_cases
from gridplan.measures.search import improve, steps_from, take
from gridplan.measures.units import movable_units
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


@model_test
@given(seeds, st.integers(1, 4))
def test_the_integer_program_finds_the_best_labelling_of_the_linear_model(seed, max_moves):
    _, _, units, _, linear = linear_village(seed)
    cases, group, rated_a = np.arange(3), np.zeros(3, int), 40.0
    rows = joined(
        [
            phase_rows(linear, cases, group, rated_a),
            neutral_rows(linear, cases, group + 1, rated_a),
        ]
    )
    hinged = np.array([True, True])
    found = solve_milp(
        rows, units, hinged, max_moves=max_moves, hint=units.today, seconds=20.0, seed=0
    )
    allowed = labellings(units)
    allowed = allowed[(allowed != units.today).sum(axis=1) <= max_moves]
    levels = np.array([rows.levels_of(units, one, 2) for one in allowed])
    values = composite(levels, hinged, (allowed != units.today).sum(axis=1))
    assert found.proven
    assert found.value == pytest.approx(values.min(), rel=5e-3, abs=2e-3)
    assert found.bound <= values.min() * (1 + 1e-3)
    # projections come close to the magnitudes, from below
    phase = [np.abs(linear.phase_currents(one)).max() / rated_a for one in allowed]
    assert (levels[:, 0] <= np.array(phase) * (1 + 1e-9)).all()
    assert levels[:, 0] == pytest.approx(phase, rel=0.01)


@model_test
@given(seeds)
def test_steps_reach_every_neighbour_once_and_levels_follow_them(seed):
    _, _, units, _, linear = linear_village(seed)
    rows = phase_rows(linear, np.arange(3), np.arange(3), 40.0)
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
    levels = rows.levels(units, labelling, steps, 3)
    direct = np.array([rows.levels_of(units, one, 3) for one in reached])
    np.testing.assert_allclose(levels, direct, rtol=1e-9)


@model_test
@given(seeds)
def test_improving_ends_where_no_step_is_better(seed):
    _, _, units, _, linear = linear_village(seed)
    rows = phase_rows(linear, np.arange(3), np.zeros(3, int), 40.0)
    hinged = np.array([False])
    best = improve(rows, units, hinged, units.today, 3)
    assert (best != units.today).sum() <= 3
    level = rows.levels_of(units, best, 1)[0]
    around = rows.levels(units, best, steps_from(units, best, 3), 1)
    assert level <= around.min() + 0.01
    assert level <= rows.levels_of(units, units.today, 1)[0] + 1e-9


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
