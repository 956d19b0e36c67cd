"""The programs of ``benchmarks/`` agree with gridplan where they are compared: on the same case."""

from __future__ import annotations

import numpy as np
import pytest

import gridplan as gp
from benchmarks import heuristics, sampling, split
from benchmarks.moves import currents_of, solved
from benchmarks.networks import NETWORKS, common_ground, evening_demand
from benchmarks.run import PEERS, largest_difference

SMALLEST = next(network for network in NETWORKS if network.key == "village-60")


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", PEERS)
def test_peers_give_the_same_voltages(name: str) -> None:
    feeder = common_ground(SMALLEST.build())
    p_kw, q_kvar = (values[:3] for values in evening_demand(SMALLEST, feeder))
    peer = PEERS[name](feeder)
    assert max(largest_difference(feeder, peer, p_kw, q_kvar)) <= 1e-6


def test_the_parts_of_the_time_make_up_the_whole() -> None:
    feeder = common_ground(SMALLEST.build())
    p_kw, q_kvar = (values[:50] for values in evening_demand(SMALLEST, feeder))
    part = split.measure(feeder, p_kw, q_kvar, 1e-3)
    assert part.n_port == np.count_nonzero(feeder.customers.connected)
    assert part.product_s > 0
    assert part.elementwise_s > 0
    assert part.product_s + part.elementwise_s + part.rest_s == pytest.approx(1e-3)
    assert 3 < part.n_single + part.n_double < 20


def test_lasting_loads_and_ratios_of_sampling() -> None:
    load = np.array([[1.0, 5, 4, 6, 2, 9, 1, 9], [3, 3, 3, 3, 3, 3, 3, 3]])
    assert sampling.lasting_load(load, 3).tolist() == [4, 3]
    assert sampling.lasting_load(load, 1).tolist() == [9, 3]
    rng = np.random.default_rng(1)
    independent = rng.standard_normal((400, 200))
    found = sampling.ratios(rng.standard_normal((30, 200)), independent)
    assert found == pytest.approx([1.0] * 4, abs=0.3)
    assert sampling.ratios(independent, np.sort(independent.ravel()).reshape(200, 400).T)[1] < 0.1


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", ["greedy", "annealing", "genetic"])
def test_searches_lower_the_current_and_none_is_below_the_bound(name: str) -> None:
    feeder = SMALLEST.build()
    p_kw, q_kvar = (values[:4] for values in evening_demand(SMALLEST, feeder))
    currents = currents_of(feeder, gp.Demand.from_arrays(p_kw, q_kvar), "customer")
    proof, _ = solved(currents, 3, 60.0)
    race = heuristics.Race(currents, 3, 0.5)
    if name == "greedy":
        heuristics.greedy(race)
    else:
        getattr(heuristics, name)(race, 0)
    values = [value for _, value in race.trace]
    assert values == sorted(values, reverse=True)
    assert proof.bound - 1e-6 <= race.best < currents.highest(currents.units.today)
    assert proof.value <= race.best * (1 + 0.01)
