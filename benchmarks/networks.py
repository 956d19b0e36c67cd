"""The networks of the comparison, reduced to what every program can model, and their loads."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandapower.networks

import gridplan as gp
from benchmarks.villages import VillagePlan, village
from gridplan.frozen import FloatArray

ROOT = Path(__file__).resolve().parents[1]
POWER_FACTOR = 0.95
#: Spread of a home's demand about its level: sigma of the logarithm.
SPREAD = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One network of the comparison.

    Attributes
    ----------
    key, title : short name for the command line, name in the table
    build : makes the feeder
    level_kw : mean evening demand of a customer [kW]
    n_case : cases that gridplan is timed with
    goal : times faster than power-grid-model for load voltages, None where no goal is set
    """

    key: str
    title: str
    build: Callable[[], gp.Feeder]
    level_kw: float
    n_case: int
    goal: float | None = None


def _sample(name: str) -> Callable[[], gp.Feeder]:
    return lambda: gp.read_feeder(ROOT / "networks" / name)


def _european() -> gp.Feeder:
    net = pandapower.networks.ieee_european_lv_asymmetric()
    return gp.Feeder.from_pandapower(net, "european-lv")


VILLAGE_60 = VillagePlan(
    nodes=60, homes=80, circuits=4, transformer="S11-200/10 Dyn11", main_type="LGJ-35",
    drops=20, seed=60,
)  # fmt: skip
VILLAGE_120 = VillagePlan(
    nodes=120, homes=150, circuits=4, transformer="S11-400/10 Dyn11", main_type="LGJ-70",
    drops=50, seed=120,
)  # fmt: skip
VILLAGE_300 = VillagePlan(
    nodes=300, homes=300, circuits=4, transformer="S11-400/10 Dyn11",
    main_type="JKLYJ-1kV 4x150", drops=220, seed=300,
)  # fmt: skip

NETWORKS = (
    Network(
        key="european-lv", title="IEEE European LV", build=_european, level_kw=1.5,
        n_case=50_000, goal=150.0,
    ),
    Network(
        key="hongjiawan", title="hongjiawan", build=_sample("hongjiawan"), level_kw=0.35,
        n_case=50_000,
    ),
    Network(
        key="wanfota", title="wanfota", build=_sample("wanfota"), level_kw=0.6, n_case=50_000
    ),
    Network(
        key="enwl-2-4", title="ENWL 2/4", build=_sample("enwl-2-4"), level_kw=0.5, n_case=30_000
    ),
    Network(
        key="village-60", title="village 60/80", build=lambda: village(VILLAGE_60),
        level_kw=1.0, n_case=50_000, goal=25.0,
    ),
    Network(
        key="village-120", title="village 120/150", build=lambda: village(VILLAGE_120),
        level_kw=1.0, n_case=50_000, goal=20.0,
    ),
    Network(
        key="village-300", title="village 300/300", build=lambda: village(VILLAGE_300),
        level_kw=1.0, n_case=50_000, goal=15.0,
    ),
    Network(
        key="enwl-5-3", title="ENWL 5/3", build=_sample("enwl-5-3"), level_kw=0.6, n_case=20_000
    ),
)  # fmt: skip


def common_ground(feeder: gp.Feeder) -> gp.Feeder:
    """The feeder in terms that mean the same in every program, on the same equations.

    Customers draw constant power; the source is stiff; the transformer is a Dyn (11 in the place of
    Yyn0) whose zero-sequence impedance is its short-circuit impedance, without a no-load branch,
    its tap folded into the rated voltage. None of this changes the size of the task.
    """
    trafo, n_customer = feeder.transformer, len(feeder.customers)
    if trafo is None:
        raise ValueError(f"{feeder.name} has no transformer")
    tap = 1 + (trafo.tap_pos - trafo.tap_neutral) * trafo.tap_step_percent / 100
    on_lv = trafo.tap_side == "lv"
    plain = replace(
        trafo,
        vector_group="Dyn11" if trafo.has_yyn_core else trafo.vector_group,
        shift_degree=330.0 if trafo.has_yyn_core else trafo.shift_degree,
        sn_kva=trafo.sn_kva * trafo.parallel,
        parallel=1,
        vn_hv_kv=trafo.vn_hv_kv * (1 if on_lv else tap),
        vn_lv_kv=trafo.vn_lv_kv * (tap if on_lv else 1),
        tap_pos=trafo.tap_neutral,
        vk0_percent=trafo.vk_percent,
        vkr0_percent=trafo.vkr_percent,
        mag0_percent=1e12,
        mag0_rx=0.0,
        si0_hv_partial=0.5,
        pfe_kw=0.0,
        i0_percent=0.0,
    )
    none = np.zeros(n_customer)
    return replace(
        feeder,
        transformer=plain,
        source=replace(feeder.source, va_degree=0.0, z1_ohm=0j, z2_ohm=0j, z0_ohm=0j),
        customers=replace(feeder.customers, const_z=none, const_i=none),
    )


def evening_demand(network: Network, feeder: gp.Feeder) -> tuple[FloatArray, FloatArray]:
    """Random evening demand (case, customer) [kW, kvar]; the same network gives the same cases."""
    rng = np.random.default_rng([2027, *network.key.encode()])
    shape = (network.n_case, len(feeder.customers))
    p_kw = network.level_kw * rng.lognormal(-(SPREAD**2) / 2, SPREAD, shape)
    return p_kw, p_kw * math.tan(math.acos(POWER_FACTOR))


def sequence_impedances(feeder: gp.Feeder) -> tuple[np.ndarray, np.ndarray]:
    """Positive- and zero-sequence impedance (line,) [ohm] of lines that are symmetric."""
    z_ohm = np.asarray(feeder.lines.z_ohm)
    own, mutual = z_ohm[:, 0, 0], z_ohm[:, 0, 1]
    symmetric = own[:, None, None] * np.eye(3) + mutual[:, None, None] * (1 - np.eye(3))
    if z_ohm.shape[1:] != (3, 3) or not np.allclose(z_ohm, symmetric, rtol=1e-9):
        raise ValueError(f"{feeder.name} has lines whose phases differ")
    return own - mutual, own + 2 * mutual
