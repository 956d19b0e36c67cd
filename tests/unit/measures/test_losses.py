"""The least losses: the published benchmark, and systems nobody has tuned the search for."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gridplan as gp
from gridplan.measures.linear import spread_over_phases
from gridplan.network.customers import PERMUTATIONS
from gridplan.powerflow.ports import build_ports, load_ports
from gridplan.powerflow.solver import port_flows
from tests import villages

BENCHMARK = Path(__file__).parents[2] / "validation" / "cases" / "phase-balancing-8" / "Master.dss"


def test_the_benchmark_of_eight_nodes_comes_to_the_published_optimum():
    """Cortés-Caicedo, Montoya et al., Electricity 2025, 6(1), 9: 13.9925 kW to 10.5869 kW."""
    feeder = gp.read_opendss(BENCHMARK)
    proposal = gp.propose_rebalancing(feeder, objective="losses", units="node", rotation="any")
    assert proposal.before.objective == pytest.approx(13.9925, abs=1e-4)
    assert proposal.after.objective == pytest.approx(10.5869, abs=1e-4)
    assert proposal.bound <= proposal.after.objective
    assert "no transformer" in proposal.certificate.sentence


def radial_system(seed: int, n_pole: int) -> tuple[gp.Feeder, np.ndarray]:
    """Poles in a tree behind a transformer, at each a load on one to three phases [kW]."""
    rng = np.random.default_rng([seed, 7])
    parent = [1, *(int(rng.integers(1, k + 2)) for k in range(1, n_pole))]
    share = rng.dirichlet([1, 1, 1], n_pole) * (rng.random((n_pole, 3)) < 0.7)
    share[:, 0] += 0.05
    homes = villages.customers(range(2, n_pole + 2), share / share.sum(axis=1, keepdims=True))
    length_m = rng.uniform(20, 150, n_pole).tolist()
    feeder = villages.feeder(parent, length_m, homes, villages.transformer("Dyn11"))
    return feeder, rng.uniform(2, 12, n_pole)


def least_loss_kw(feeder: gp.Feeder, p_kw: np.ndarray, q_kvar: np.ndarray) -> float:
    """The least losses over all six permutations of all customers [kW], each solved."""
    share, n = feeder.customers.p_share, len(p_kw)
    ports = load_ports(build_ports(feeder), spread_over_phases(feeder.customers))
    after = np.empty((len(PERMUTATIONS), n, 3))
    for k, target in enumerate(PERMUTATIONS):
        after[k][:, list(target)] = share
    chosen = np.array(list(itertools.product(range(len(PERMUTATIONS)), repeat=n)))
    weight = after[chosen[:, ports.customer], ports.customer, ports.phase].T
    n_port = len(ports.customer)
    own = replace(
        ports, customer=np.arange(n_port), p_share=np.ones(n_port), q_share=np.ones(n_port)
    )
    p, q = (weight * demand[ports.customer][:, None] for demand in (p_kw, q_kvar))
    flows = port_flows(own, p, q)
    return float(flows.loss_kw[flows.converged].min())


@pytest.mark.parametrize(("seed", "n_pole"), [(0, 4), (1, 4), (2, 5), (3, 5), (4, 5), (5, 6)])
def test_unseen_radial_systems_come_to_what_enumeration_finds(seed, n_pole):
    feeder, p_kw = radial_system(seed, n_pole)
    demand = gp.Demand.from_arrays(p_kw[None], 0.3 * p_kw[None])
    proposal = gp.propose_rebalancing(
        feeder, demand, objective="losses", units="node", rotation="any"
    )
    least = least_loss_kw(feeder, p_kw, 0.3 * p_kw)
    assert proposal.after.objective == pytest.approx(least, rel=1e-5)
    assert proposal.bound <= least
    assert proposal.after.objective < proposal.before.objective
