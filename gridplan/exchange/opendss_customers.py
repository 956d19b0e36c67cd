"""Customers as OpenDSS loads and generators."""

from __future__ import annotations

import math

import numpy as np

from gridplan.network.feeder import Feeder

#: OpenDSS keeps a load's model between these voltages only [pu].
_BAND = "vminpu=0.1 vmaxpu=1.9"
_BRANCHES = ((1, 2), (2, 3), (3, 1))


def customer_statements(feeder: Feeder, bus: list[str], names: list[str]) -> list[str]:
    """One statement per customer, or per phase where the power is split unequally."""
    customers = feeder.customers
    statements = []
    for k, name in enumerate(names):
        used = np.flatnonzero(customers.connected[k])
        if not len(used):
            used = np.arange(3)
        p = customers.p_kw[k] * customers.p_share[k, used]
        q = customers.q_kvar[k] * customers.q_share[k, used]
        equal = np.ptp(p) <= 1e-12 * abs(p[0]) and np.ptp(q) <= 1e-12 * max(abs(q[0]), 1e-12)
        whole = len(used) == 1 or (equal and (len(used) == 3 or customers.wiring[k] != "delta"))
        parts = [(name, used)] if whole else [(f"{name}_{'abc'[f]}", used[j : j + 1])
                                              for j, f in enumerate(used.tolist())]  # fmt: skip
        for label, phases in parts:
            of = np.isin(used, phases)
            kva = float(p[of].sum()), float(q[of].sum())
            statements.append(_statement(feeder, bus, k, label, phases, kva))
    return statements


def _statement(
    feeder: Feeder, bus: list[str], k: int, name: str, phases: np.ndarray, kva: tuple[float, float]
) -> str:
    customers = feeder.customers
    node = int(customers.node[k])
    delta = customers.wiring[k] == "delta"
    if delta and len(phases) == 3:
        ends = ".1.2.3"
    elif delta:
        ends = "".join(f".{wire}" for wire in _BRANCHES[int(phases[0])])
    else:
        to_neutral = customers.wiring[k] == "wye" and feeder.nodes.wires[node, 3]
        ends = "".join(f".{phase + 1}" for phase in phases) + (".4" if to_neutral else ".0")
    kv = float(feeder.nodes.nominal_v[node]) / 1000
    kv *= math.sqrt(3) if delta or len(phases) > 1 else 1
    conn = "delta" if delta else "wye"
    p_kw, q_kvar = kva
    impedance, current = float(customers.const_z[k]), float(customers.const_i[k])
    generation = customers.table[k].endswith("sgen") and not (impedance or current)
    kind, sign = ("Generator", -1.0) if generation else ("Load", 1.0)
    return (
        f"New {kind}.{name} bus1={bus[node]}{ends} phases={len(phases)} conn={conn} kv={kv:.12g} "
        f"kw={sign * p_kw:.12g} kvar={sign * q_kvar:.12g} {_model(impedance, current)} {_BAND}"
    )


def _model(impedance: float, current: float) -> str:
    """Load model: 1 constant power, 2 impedance, 5 current, 8 a mixture of them."""
    plain = {(0.0, 0.0): 1, (1.0, 0.0): 2, (0.0, 1.0): 5}.get((impedance, current))
    if plain:
        return f"model={plain}"
    shares = f"{impedance:.12g} {current:.12g} {1 - impedance - current:.12g}"
    return f"model=8 zipv=({shares} {shares} 0)"
