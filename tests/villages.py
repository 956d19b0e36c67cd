"""Villages put together from the types alone, without a network file, for the physics tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridplan.network.customers import Customers
from gridplan.network.feeder import (
    Feeder,
    Groundings,
    Lines,
    Nodes,
    OutgoingCircuits,
    Source,
    Transformer,
)

PHASE_V = 400 / math.sqrt(3)  #: nominal phase voltage of a 0.4 kV node [V]
MV_PHASE_V = 10_000 / math.sqrt(3)
FORTESCUE = np.exp(2j * np.pi / 3 * np.array([[0, 0, 0], [0, 2, 1], [0, 1, 2]]))


def phase_matrix(z0: complex, z1: complex) -> np.ndarray:
    """Phase impedances (3, 3) of a symmetric element [ohm]: (z0 + 2 z1) / 3 and (z0 - z1) / 3."""
    return (z0 - z1) / 3 * np.ones((3, 3)) + z1 * np.eye(3)


def transformer(vector_group: str = "Yyn0", **changes: object) -> Transformer:
    """100 kVA without a no-load branch, so that the textbook formulas of the tests are exact."""
    plate: dict[str, object] = {
        "name": "T1", "std_type": "test-100", "hv_node": 0, "lv_node": 1, "sn_kva": 100.0,
        "vn_hv_kv": 10.0, "vn_lv_kv": 0.4, "vector_group": vector_group,
        "shift_degree": 30.0 * int("".join(filter(str.isdigit, vector_group))),
        "vk_percent": 4.0, "vkr_percent": 1.5,
        "vk0_percent": 60.0 if vector_group == "Yyn0" else 4.0,
        "vkr0_percent": 12.0 if vector_group == "Yyn0" else 1.5,
        # a magnetising branch of 1e9 % leaves the Dyn zero sequence at vk0
        "mag0_percent": 1e9, "mag0_rx": 0.0, "si0_hv_partial": 0.5,
        "pfe_kw": 0.0, "i0_percent": 0.0,
    }  # fmt: skip
    return Transformer(**{**plate, **changes})


def transformer_ohm(trafo: Transformer) -> tuple[complex, complex]:
    """Zero- and positive-sequence short-circuit impedance on the LV side [ohm]."""

    def ohm(vk_percent: float, vkr_percent: float) -> complex:
        base_ohm = (1e3 * trafo.vn_lv_kv) ** 2 / (1e3 * trafo.sn_kva)
        return complex(vkr_percent, math.sqrt(vk_percent**2 - vkr_percent**2)) / 100 * base_ohm

    return ohm(trafo.vk0_percent, trafo.vkr0_percent), ohm(trafo.vk_percent, trafo.vkr_percent)


def customers(
    node: Sequence[int], p_share: np.ndarray, *, const_z: float = 0.0, const_i: float = 0.0
) -> Customers:
    """Customers at nodes with the given shares per phase (customer, 3)."""
    n = len(node)
    return Customers(
        id=[f"H{k:02d}" for k in range(n)], node=node, p_share=p_share, q_share=p_share,
        wiring=["wye"] * n, kind=["resident"] * n, p_kw=np.ones(n),
        q_kvar=np.zeros(n), const_z=np.full(n, const_z),
        const_i=np.full(n, const_i), unit=np.arange(n), unit_names=[f"U{k:02d}" for k in range(n)],
        may_move=np.ones(n, bool), phase_confidence=np.ones(n), priority=np.zeros(n, bool),
        meter_a=np.full(n, np.nan), table=["asymmetric_load"] * n, row=np.arange(n),
    )  # fmt: skip


def feeder(
    parent: Sequence[int], length_m: Sequence[float], homes: Customers, trafo: Transformer
) -> Feeder:
    """Node ``k + 2`` hangs on node ``parent[k]``; node 0 is the source, node 1 the busbar."""
    n = len(parent)
    length = np.asarray(length_m, dtype=np.float64)
    # LGJ-35 with a neutral of its own section: r0 = 4 r, x0 about 4 x [ohm/km]
    z_ohm = length[:, None, None] / 1e3 * phase_matrix(3.4 + 1.4j, 0.85 + 0.38j)
    circuit = np.empty(n, dtype=np.int64)
    for k, above in enumerate(parent):
        circuit[k] = circuit[above - 2] if above > 1 else (circuit[:k].max(initial=-1) + 1)
    n_circuit = int(circuit.max(initial=-1)) + 1
    return Feeder(
        name="village",
        nodes=Nodes(
            name=["MV", "LV", *(f"P{k}" for k in range(n))],
            bus=np.arange(n + 2),
            nominal_v=[MV_PHASE_V, *([PHASE_V] * (n + 1))],
            parent_line=[-1, -1, *range(n)],
            x=np.full(n + 2, np.nan),
            y=np.full(n + 2, np.nan),
            wires=np.tile([True, True, True, False], (n + 2, 1)),
        ),
        lines=Lines(
            name=[f"L{k}" for k in range(n)],
            std_type=["LGJ-35"] * n,
            row=np.arange(n),
            from_node=parent,
            to_node=np.arange(n) + 2,
            length_m=length,
            z_ohm=z_ohm,
            y_s=np.zeros((n, 3, 3)),
            wires=np.ones((n, 3), dtype=bool),
            neutral_open=np.zeros(n, dtype=bool),
            ampacity_a=np.full(n, 170.0),
            neutral_ampacity_a=np.full(n, 170.0),
            section=["main"] * n,
            circuit=circuit,
        ),
        circuits=OutgoingCircuits(
            name=[f"F{k + 1}" for k in range(n_circuit)],
            protection_a=np.full(n_circuit, 160.0),
            rcd_ma=np.full(n_circuit, np.nan),
            leakage_ma=np.full(n_circuit, np.nan),
        ),
        transformer=trafo,
        source=Source(node=0, vm_pu=1.02, va_degree=0.0, z1_ohm=0j, z2_ohm=0j, z0_ohm=0j),
        customers=homes,
    )


def random_village(
    seed: int, vector_group: str, *, n_pole: int = 8, n_home: int = 12, const_z: float = 0.0
) -> Feeder:
    """A random radial village of single-phase homes; the same seed gives the same village."""
    rng = np.random.default_rng(seed)
    parent = [1, *(int(rng.integers(1, k + 2)) for k in range(1, n_pole))]
    homes = customers(
        rng.integers(2, n_pole + 2, n_home).tolist(),
        np.eye(3)[rng.integers(0, 3, n_home)],
        const_z=const_z,
    )
    return feeder(parent, rng.uniform(10, 60, n_pole).tolist(), homes, transformer(vector_group))


def random_demand(seed: int, n_case: int, n_home: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Demand (case, customer) of light village evenings [kW, kvar]; some homes feed in."""
    rng = np.random.default_rng([seed, 1])
    p_kw = rng.uniform(-0.5, 2.5, (n_case, n_home))
    return p_kw, 0.3 * p_kw * rng.uniform(-0.2, 1.0, p_kw.shape)


#: Every vector group that a village transformer may have here.
VECTOR_GROUPS = ("Yyn0", "YNyn0", "Dyn1", "Dyn5", "Dyn11", "Yzn11")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a random village is like.

    Attributes
    ----------
    vector_group : of the transformer
    n_wire : 3 (neutral folded in, on the earth) or 4 (explicit, grounded at the busbar and poles)
    symmetric : lines look the same to all phases
    meshed : lines close loops, one of them beside another line
    wirings : what customers draw from: "wye", "delta", "earth"
    zip_loads : shares of constant impedance and current, else constant power
    charging : lines have a capacitance
    """

    vector_group: str = "Yyn0"
    n_wire: int = 3
    symmetric: bool = False
    meshed: bool = False
    wirings: tuple[str, ...] = ("wye",)
    zip_loads: bool = False
    charging: bool = False


def any_village(seed: int, kind: Kind, *, balanced: bool = False) -> Feeder:
    """A random village of some kind: 3 to 6 poles, 3 to 8 customers; seed and kind decide all.

    ``balanced``: all customers draw the same from every phase.
    """
    rng = np.random.default_rng([seed, 2])
    n_pole, n_home = int(rng.integers(3, 7)), int(rng.integers(3, 9))
    parent = [1, *(int(rng.integers(1, k + 2)) for k in range(1, n_pole))]
    share = np.eye(3)[rng.integers(0, 3, n_home)]
    three_phase = rng.random(n_home) < 0.25
    share[three_phase] = rng.dirichlet([3, 3, 3], int(three_phase.sum()))
    if balanced:
        share[:] = 1 / 3
    homes = customers(rng.integers(1, n_pole + 2, n_home).tolist(), share)
    zip_share = 0.9 * rng.dirichlet([1, 1, 1], n_home) * (rng.random((n_home, 1)) < 0.7)
    homes = replace(
        homes,
        wiring=rng.choice(kind.wirings, n_home),
        const_z=zip_share[:, 0] * kind.zip_loads,
        const_i=zip_share[:, 1] * kind.zip_loads,
    )
    radial = feeder(
        parent, rng.uniform(10, 60, n_pole).tolist(), homes, transformer(kind.vector_group)
    )
    village = _meshed(radial, rng) if kind.meshed else radial
    village = _four_wire(village, rng) if kind.n_wire == 4 else village
    return replace(village, lines=_uneven(village.lines, kind, rng))


def _meshed(village: Feeder, rng: np.random.Generator) -> Feeder:
    """Two more lines behind the busbar, one beside a line and one between any two nodes."""
    lines, n_node = village.lines, len(village.nodes)
    ends = np.array(
        [
            [lines.from_node[-1], lines.to_node[-1]],
            rng.choice(np.arange(1, n_node), 2, replace=False),
        ]
    )
    n = len(ends)
    length_m = rng.uniform(10, 60, n)
    more = {
        "name": [f"M{k}" for k in range(n)],
        "std_type": ["LGJ-35"] * n,
        "row": len(lines) + np.arange(n),
        "from_node": ends[:, 0],
        "to_node": ends[:, 1],
        "length_m": length_m,
        "z_ohm": length_m[:, None, None] / lines.length_m[0] * lines.z_ohm[0],
        "circuit": lines.circuit[ends.max(axis=1) - 2],
    }
    kept = ("y_s", "wires", "neutral_open", "ampacity_a", "neutral_ampacity_a", "section")
    more |= {name: getattr(lines, name)[[0] * n] for name in kept}
    whole = {name: np.concatenate([getattr(lines, name), part]) for name, part in more.items()}
    return replace(village, lines=replace(lines, **whole))


def _four_wire(village: Feeder, rng: np.random.Generator) -> Feeder:
    """The same with explicit neutrals, grounded at the busbar and at some poles."""
    lines, n_node = village.lines, len(village.nodes)
    n, km = len(lines), village.lines.length_m[:, None, None] / 1e3
    # 35 mm2 phases and a 25 mm2 neutral over 100 ohm m of earth [ohm/km], about Carson's values
    per_km = np.full((4, 4), 0.049 + 0.5j) + np.diag([0.85 + 0.31j] * 3 + [1.2 + 0.32j])
    wires = village.nodes.wires.copy()
    wires[1:, 3] = True
    poles = 2 + rng.permutation(n_node - 2)[: rng.integers(0, 3)]
    at_busbar = rng.choice([0.0, 0.5, 4.0])
    return replace(
        village,
        nodes=replace(village.nodes, wires=wires),
        lines=replace(
            lines, z_ohm=km * per_km, y_s=np.zeros((n, 4, 4)), wires=np.ones((n, 4), dtype=bool)
        ),
        groundings=Groundings(
            node=[1, *poles], z_ohm=[at_busbar, *rng.choice([0.0, 10.0, 30.0], len(poles))]
        ),
    )


def _uneven(lines: Lines, kind: Kind, rng: np.random.Generator) -> Lines:
    """Line matrices that differ from phase to phase, and capacitances, as the kind has them."""
    shape = lines.z_ohm.shape
    if not kind.symmetric:
        factor = rng.uniform(0.9, 1.1, shape)
        lines = replace(lines, z_ohm=lines.z_ohm * (factor + np.swapaxes(factor, 1, 2)) / 2)
    if kind.charging:
        # a hundred times a cable's, so that it shows
        between = -np.ones(shape[1:]) + np.diag([shape[1] + 1.0] * shape[1])
        y_s = 3e-6j * lines.length_m[:, None, None] * between
        lines = replace(lines, y_s=y_s)
    return lines


def evenings(seed: int, n_case: int, n_home: int) -> tuple[np.ndarray, np.ndarray]:
    """Demand (case, customer) that every ``any_village`` can deliver [kW, kvar]; some feed in."""
    rng = np.random.default_rng([seed, 3])
    p_kw = rng.uniform(-0.4, 1.6, (n_case, n_home))
    return p_kw, p_kw * rng.uniform(-0.1, 0.4, p_kw.shape)
