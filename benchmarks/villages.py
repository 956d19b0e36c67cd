"""Synthetic villages: a transformer, a few outgoing circuits of poles, homes along them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandapower as pp

import gridplan as gp
from gridplan.network.catalogue import conductor_types, transformer_types

#: Share of new poles that open a side street instead of prolonging the street they stand in.
_BRANCHING = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class VillagePlan:
    """What a synthetic village is made of; the same plan gives the same village.

    ``nodes`` counts everything from the medium-voltage node on. Streets are overhead lines of
    ``main_type``; where homes have a node of their own (``drops``), it hangs on its pole by a
    service drop of ``drop_type``, else they are connected at the pole.
    """

    nodes: int
    homes: int
    circuits: int
    transformer: str
    main_type: str
    drops: int
    seed: int
    drop_type: str = "BLV 2x16"
    span_m: tuple[float, float] = (30.0, 50.0)
    drop_m: tuple[float, float] = (10.0, 25.0)


def village(plan: VillagePlan) -> gp.Feeder:
    """The feeder of a plan."""
    return gp.Feeder.from_pandapower(_net(plan), f"village-{plan.nodes}-{plan.homes}")


def _net(plan: VillagePlan) -> pp.pandapowerNet:
    rng = np.random.default_rng(plan.seed)
    net = pp.create_empty_network(f_hz=50.0, add_stdtypes=False)
    grid, busbar = pp.create_bus(net, 10.0, name="MV"), pp.create_bus(net, 0.4, name="LV")
    pp.create_ext_grid(
        net, grid, vm_pu=1.0, s_sc_max_mva=100.0, rx_max=0.5, x0x_max=1.0, r0x0_max=0.5
    )
    _add_transformer(net, grid, busbar, plan.transformer)
    poles: list[int] = []
    circuit_ends: list[list[int]] = [[busbar] for _ in range(plan.circuits)]
    for number in range(plan.nodes - 2 - plan.drops):
        street = circuit_ends[number % plan.circuits]
        branches = len(street) > 2 and rng.random() < _BRANCHING
        above = street[int(rng.integers(1, len(street)))] if branches else street[-1]
        poles.append(_add_line(net, above, plan.main_type, rng.uniform(*plan.span_m)))
        street.append(poles[-1])
    at = [*poles]
    for pole in rng.choice(poles, plan.drops, replace=plan.drops > len(poles)):
        at.append(_add_line(net, int(pole), plan.drop_type, rng.uniform(*plan.drop_m)))
    _add_homes(net, at[::-1], plan.homes, rng)
    return net


def _add_homes(net: pp.pandapowerNet, at: list[int], homes: int, rng: np.random.Generator) -> None:
    """One home at each place in turn, service drops first; phases in equal numbers, shuffled."""
    phases = rng.permutation(np.arange(homes) % 3)
    for home, phase in enumerate(phases):
        letter = "abc"[phase]
        name = f"H{home:03d}"
        power = {f"p_{letter}_mw": 1.5e-3, f"q_{letter}_mvar": 0.5e-3}
        bus = at[home % len(at)]
        pp.create_asymmetric_load(net, bus, name=name, customer_id=name, phase=letter, **power)


def _add_line(net: pp.pandapowerNet, above: int, std_type: str, length_m: float) -> int:
    """A new node at the end of a new line."""
    kind = conductor_types()[std_type]
    node = int(pp.create_bus(net, 0.4, name=f"N{len(net.bus)}"))
    pp.create_line_from_parameters(
        net,
        above,
        node,
        length_km=round(length_m) / 1e3,
        r_ohm_per_km=kind.r_ohm_per_km,
        x_ohm_per_km=kind.x_ohm_per_km,
        c_nf_per_km=0.0,
        max_i_ka=kind.ampacity_a / 1e3,
        r0_ohm_per_km=kind.r0_ohm_per_km,
        x0_ohm_per_km=kind.x0_ohm_per_km,
        c0_nf_per_km=0.0,
        name=f"L{node}",
        section="service" if kind.family == "BLV" else "main",
    )
    return node


def _add_transformer(net: pp.pandapowerNet, hv: int, lv: int, std_type: str) -> None:
    kind = transformer_types()[std_type]
    pp.create_transformer_from_parameters(
        net,
        hv,
        lv,
        name="T1",
        sn_mva=kind.sn_kva / 1e3,
        vn_hv_kv=kind.vn_hv_kv,
        vn_lv_kv=kind.vn_lv_kv,
        vector_group="Dyn",
        shift_degree=kind.shift_degree,
        vk_percent=kind.vk_percent,
        vkr_percent=kind.vkr_percent,
        pfe_kw=kind.pfe_kw,
        i0_percent=kind.i0_percent,
        vk0_percent=kind.vk0_percent,
        vkr0_percent=kind.vkr0_percent,
        mag0_percent=kind.mag0_percent,
        mag0_rx=kind.mag0_rx,
        si0_hv_partial=kind.si0_hv_partial,
        tap_side=kind.tap_side,
        tap_neutral=kind.tap_neutral,
        tap_min=kind.tap_min,
        tap_max=kind.tap_max,
        tap_step_percent=kind.tap_step_percent,
        tap_pos=0,
        tap_changer_type="Ratio",
    )
