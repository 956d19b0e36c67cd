"""One run of the comparison: every program on every network, one after the other."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

import gridplan as gp
from benchmarks import split
from benchmarks.networks import Network, common_ground, evening_demand
from benchmarks.peers import Peer, opendss, own, pgm, runpp
from gridplan.frozen import FloatArray

#: The programs that gridplan is compared with, in the order of the tables.
PEERS: dict[str, Callable[[gp.Feeder], Peer]] = {
    pgm.NAME: pgm.PowerGridModelPeer,
    opendss.NAME: opendss.OpenDSSPeer,
    runpp.NAME: runpp.PandapowerPeer,
}
#: Cases whose voltages are compared; pandapower, which takes far longer, gets fewer.
COMMON_CASES = 20
SLOW_COMMON_CASES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerResult:
    """One peer on one network.

    Attributes
    ----------
    seconds : wall time per case [s]
    load_pu, node_pu : largest voltage difference from gridplan at the customers and at any node
    settings : what the peer was run with
    """

    seconds: float
    load_pu: float
    node_pu: float
    settings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkResult:
    """All programs on one network.

    Attributes
    ----------
    n_node, n_customer, n_case : size of the network, cases that gridplan was timed with
    lowest_pu : mean over the cases of the lowest voltage at a customer
    unsolved : cases without a solution
    load_s, node_s : gridplan's wall time per case [s], load voltages only and every node's too
    """

    network: Network
    n_node: int
    n_customer: int
    n_case: int
    lowest_pu: float
    unsolved: int
    load_s: float
    node_s: float
    split: split.Split
    peers: dict[str, PeerResult] = field(default_factory=dict)

    @property
    def times_faster(self) -> float:
        """How much faster than power-grid-model, for load voltages."""
        return self.peers[pgm.NAME].seconds / self.load_s


def run(networks: Sequence[Network], *, quick: bool = False) -> list[NetworkResult]:
    """Measure the networks one by one; ``quick`` takes a tenth of the cases and of the time."""
    results = []
    for network in networks:
        print(f"{network.title} ...", end=" ", file=sys.stderr, flush=True)
        start = time.perf_counter()
        with warnings.catch_warnings():
            # what pandas and pandapower say of each other's next versions
            warnings.simplefilter("ignore")
            results.append(_measure(network, quick))
        print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return results


def _measure(network: Network, quick: bool) -> NetworkResult:
    feeder = common_ground(network.build())
    p_kw, q_kvar = evening_demand(network, feeder)
    if quick:
        p_kw, q_kvar = (values[: len(values) // 10] for values in (p_kw, q_kvar))
    least_s = 0.1 if quick else 1.0
    ours = own.GridplanPeer(feeder)
    load_s = ours.seconds_per_case(p_kw, q_kvar, least_s=least_s)
    solved = gp.solve(feeder, p_kw, q_kvar)
    per_customer_v = feeder.nodes.nominal_v[feeder.customers.node][:, None]
    lowest = np.nanmin(np.abs(solved.customer_v) / per_customer_v, axis=(1, 2))
    return NetworkResult(
        network=network,
        n_node=len(feeder.nodes),
        n_customer=len(feeder.customers),
        n_case=len(p_kw),
        lowest_pu=float(np.nanmean(lowest)),
        unsolved=int((~solved.converged).sum()),
        load_s=load_s,
        node_s=ours.seconds_with_nodes(p_kw, q_kvar, least_s=least_s),
        split=split.measure(feeder, p_kw, q_kvar, load_s),
        peers={name: _peer(name, feeder, p_kw, q_kvar, least_s=least_s) for name in PEERS},
    )


def _peer(
    name: str, feeder: gp.Feeder, p_kw: FloatArray, q_kvar: FloatArray, *, least_s: float
) -> PeerResult:
    peer = PEERS[name](feeder)
    seconds = peer.seconds_per_case(p_kw, q_kvar, least_s=least_s)
    n_case = SLOW_COMMON_CASES if name == runpp.NAME else COMMON_CASES
    load_pu, node_pu = largest_difference(feeder, peer, p_kw[:n_case], q_kvar[:n_case])
    return PeerResult(seconds=seconds, load_pu=load_pu, node_pu=node_pu, settings=peer.settings)


def largest_difference(
    feeder: gp.Feeder, peer: Peer, p_kw: FloatArray, q_kvar: FloatArray
) -> tuple[float, float]:
    """Largest voltage difference from gridplan [pu], at the customers' phases and at any node.

    NaN where one of the two has no solution.
    """
    solved = gp.solve(feeder, p_kw, q_kvar, tolerance_pu=own.TOLERANCE_PU)
    theirs_v = peer.voltages(p_kw, q_kvar)
    nominal_v = feeder.nodes.nominal_v[:, None]
    at_node = np.abs(theirs_v - solved.vm_v) / nominal_v
    customer, phase = np.nonzero(feeder.customers.connected)
    node = feeder.customers.node[customer]
    ours_v = np.abs(solved.customer_v[:, customer, phase])
    at_load = np.abs(theirs_v[:, node, phase] - ours_v) / nominal_v[node, 0]
    return float(at_load.max()), float(at_node.max())
