"""Laws that any solution must obey, whatever the village."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridplan as gp
from gridplan.network.customers import PhaseMove
from tests import villages

seeds = st.integers(0, 10_000)
groups = st.sampled_from(["Yyn0", "Dyn11", "Dyn5", "Dyn1"])
#: The solver stops at steps of 1e-8 pu; what is left may be a few times that.
CLOSE = 5e-8
law = settings(max_examples=15, deadline=None, derandomize=True)


def drawn_a(feeder: gp.Feeder, result: gp.PowerFlowResult, p_kw, q_kvar) -> np.ndarray:
    """Currents (case, customer, 3) that the customers draw at the voltages found [A]."""
    homes = feeder.customers
    s_va = 1e3 * (p_kw[:, :, None] * homes.p_share + 1j * q_kvar[:, :, None] * homes.q_share)
    v = result.customer_v
    z = homes.const_z[None, :, None]
    shape = (1 - z) + z * (np.abs(v) / villages.PHASE_V) ** 2
    with np.errstate(invalid="ignore"):
        return np.where(homes.connected, np.conj(s_va * shape / v), 0)


def line_currents(feeder: gp.Feeder, current: np.ndarray) -> np.ndarray:
    """Currents (case, line, 3) by summing what is drawn downstream [A]."""
    total = np.zeros((len(current), len(feeder.nodes), 3), dtype=complex)
    np.add.at(total, (slice(None), feeder.customers.node), current)
    for line in reversed(range(len(feeder.lines))):
        total[:, feeder.lines.from_node[line]] += total[:, feeder.lines.to_node[line]]
    return total[:, feeder.lines.to_node]


@law
@given(seeds, groups, st.sampled_from([0.0, 0.5]))
def test_every_rotation_of_the_labels_rotates_the_results(seed, group, const_z):
    feeder = villages.random_village(seed, group, const_z=const_z)
    p_kw, q_kvar = villages.random_demand(seed, 4)
    turn = (1, 2, 0)
    moves = [PhaseMove(unit=str(u), permutation=turn) for u in feeder.customers.unit_names]
    here = gp.solve(feeder, p_kw, q_kvar)
    there = gp.solve(feeder.with_phases(moves), p_kw, q_kvar)
    assert here.converged.all()
    # what was on phase f is on phase turn[f] now
    np.testing.assert_allclose(there.vm_v[:, :, turn], here.vm_v, rtol=CLOSE)
    np.testing.assert_allclose(
        there.i_transformer_a[:, turn], here.i_transformer_a, rtol=1e-6, atol=1e-5
    )
    np.testing.assert_allclose(there.i_neutral_a, here.i_neutral_a, rtol=1e-6, atol=1e-5)


@law
@given(seeds, groups)
def test_balanced_load_leaves_the_neutral_empty(seed, group):
    village = villages.random_village(seed, group)
    n = len(village.customers)
    third = np.full((n, 3), 1 / 3)
    feeder = replace(village, customers=villages.customers(village.customers.node.tolist(), third))
    p_kw, q_kvar = villages.random_demand(seed, 4)
    result = gp.solve(feeder, p_kw, q_kvar)
    assert result.converged.all()
    assert np.abs(result.i_neutral_a).max() < 1e-6
    assert np.ptp(result.vm_pu, axis=2).max() < 1e-9
    v = result.customer_v
    turn = np.exp(2j * np.pi / 3)
    negative = v @ np.array([1, turn**2, turn]) / 3
    positive = v @ np.array([1, turn, turn**2]) / 3
    assert (np.abs(negative) / np.abs(positive)).max() < 1e-9


@law
@given(seeds, groups)
def test_without_load_the_voltage_is_the_sources(seed, group):
    feeder = villages.random_village(seed, group)
    zero = np.zeros((2, len(feeder.customers)))
    result = gp.solve(feeder, zero, zero)
    assert result.converged.all()
    np.testing.assert_allclose(result.vm_pu, feeder.source.vm_pu, rtol=1e-10)
    assert result.i_transformer_a.max() < 1e-6
    assert np.abs(result.loss_kw).max() < 1e-9


@pytest.mark.parametrize("group", ["Yyn0", "Dyn11"])
def test_no_load_losses_are_the_nameplates(group):
    village = villages.random_village(1, group)
    plate = replace(village.transformer, pfe_kw=0.29, i0_percent=1.6)
    zero = np.zeros((1, len(village.customers)))
    result = gp.solve(replace(village, transformer=plate), zero, zero)
    # the drop of the no-load current over half the leakage is below 0.1 %
    assert result.loss_kw[0] == pytest.approx(0.29 * village.source.vm_pu**2, rel=2e-3)


@law
@given(seeds, groups, st.sampled_from([0.0, 0.5]))
def test_energy_and_kirchhoffs_laws_by_hand(seed, group, const_z):
    feeder = villages.random_village(seed, group, const_z=const_z)
    p_kw, q_kvar = villages.random_demand(seed, 3)
    result = gp.solve(feeder, p_kw, q_kvar)
    assert result.converged.all()
    current = line_currents(feeder, drawn_a(feeder, result, p_kw, q_kvar))
    trunk = np.zeros((len(p_kw), 3), dtype=complex)
    for line in np.flatnonzero(feeder.lines.from_node == 1):
        trunk += current[:, line]
    np.testing.assert_allclose(np.abs(trunk), result.i_transformer_a, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(np.abs(trunk.sum(axis=1)), result.i_neutral_a, rtol=1e-6, atol=1e-5)

    z_trafo = villages.phase_matrix(*villages.transformer_ohm(feeder.transformer))
    # voltages: down from the source, through the transformer, along each line
    angle = np.deg2rad(-feeder.transformer.shift_degree + np.array([0, -120, 120]))
    emf = feeder.source.vm_pu * villages.PHASE_V * np.exp(1j * angle)
    v = np.empty((len(p_kw), len(feeder.nodes), 3), dtype=complex)
    v[:, 0] = np.nan
    v[:, 1] = emf - trunk @ z_trafo.T
    drop = np.einsum("lij,clj->cli", feeder.lines.z_ohm, current)
    for line, (above, below) in enumerate(
        zip(feeder.lines.from_node, feeder.lines.to_node, strict=True)
    ):
        v[:, below] = v[:, above] - drop[:, line]
    np.testing.assert_allclose(np.abs(v[:, 1:]), result.vm_v[:, 1:], rtol=2 * CLOSE)
    assert result.residual_pu.max() < 1e-6

    # losses: I^2 R of every line and of the transformer
    lost_w = (np.conj(current) * drop).real.sum(axis=(1, 2))
    lost_w += (np.conj(trunk) * (trunk @ z_trafo.T)).real.sum(axis=1)
    np.testing.assert_allclose(result.loss_kw, lost_w / 1e3, rtol=1e-6, atol=1e-6)


@law
@given(seeds, groups)
def test_one_by_one_equals_all_at_once(seed, group):
    feeder = villages.random_village(seed, group)
    p_kw, q_kvar = villages.random_demand(seed, 5)
    batch = gp.solve(feeder, p_kw, q_kvar)
    for case in range(len(p_kw)):
        alone = gp.solve(feeder, p_kw[case : case + 1], q_kvar[case : case + 1])
        np.testing.assert_allclose(alone.vm_v[0], batch.vm_v[case], rtol=CLOSE)
        np.testing.assert_allclose(alone.loss_kw[0], batch.loss_kw[case], rtol=1e-5, atol=1e-6)


@law
@given(seeds, groups)
def test_more_impedance_means_less_voltage(seed, group):
    """Longer lines, all loads drawing on one phase: that phase sinks at every customer."""
    village = villages.random_village(seed, group)
    n = len(village.customers)
    nodes = village.customers.node.tolist()
    homes = villages.customers(nodes, np.eye(3)[np.zeros(n, dtype=int)])
    near = replace(village, customers=homes)
    far = replace(near, lines=replace(near.lines, z_ohm=1.5 * near.lines.z_ohm))
    p_kw = np.full((1, n), 0.8)
    low, lower = (gp.solve(f, p_kw, 0.2 * p_kw).customer_v[0, :, 0] for f in (near, far))
    assert (np.abs(lower) < np.abs(low)).all()
