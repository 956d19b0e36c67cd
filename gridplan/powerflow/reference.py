"""The same cases through pandapower's ``runpp_3ph``: a second opinion, one case at a time.

It is slow (some 0.1 s per case) and only valid for transformers that pandapower knows. pandapower
can report convergence with nonsense beyond the limit of solvability, so every case is checked for
power balance and plausible voltages before it is believed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandapower as pp
from pandapower.pf.runpp_3ph import runpp_3ph

from gridplan.frozen import FloatArray
from gridplan.network.feeder import Feeder
from gridplan.network.nameplate import SOURCE_VOLTAGE_FACTOR
from gridplan.network.writer import lengths_km, net_of_tables, network_tables, sequences
from gridplan.powerflow.components import folded, short_circuit_ohm, zero_sequence_admittance

_LOSS_TABLES = ("res_line_3ph", "res_trafo_3ph")
#: pandapower ends its outer loop at a mismatch of 3e-8 pu of this base: on its usual 1 MVA a
#: village of 30 kVA would end 2e-5 pu from its voltages [MVA].
_BASE_MVA = 1e-3
_STIFF_OHM = 1e-9j  #: what stands for no impedance of an external grid


def reference_voltages(feeder: Feeder, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
    """Voltages (case, node, 3) [pu] of demands (case, customer), NaN where not believed.

    Constant-power customers only; a Yyn transformer is written as the Dyn that has its
    zero-sequence impedance.
    """
    if feeder.customers.const_z.any() or feeder.customers.const_i.any():
        raise ValueError("pandapower's three-phase power flow knows constant-power loads only")
    net = reference_net(feeder)
    result = np.full((len(p_kw), len(feeder.nodes), 3), np.nan)
    for case, (p, q) in enumerate(zip(p_kw, q_kvar, strict=True)):
        set_demand(net, feeder, p, q)
        runpp_3ph(net, tolerance_mva=1e-12, numba=False)
        voltages = net.res_bus_3ph.loc[feeder.nodes.bus, ["vm_a_pu", "vm_b_pu", "vm_c_pu"]]
        vm_pu = voltages.to_numpy(dtype=np.float64)
        if net.converged and _believable(net, vm_pu):
            result[case] = vm_pu
    return result


def set_demand(net: pp.pandapowerNet, feeder: Feeder, p_kw: FloatArray, q_kvar: FloatArray) -> None:
    """Write the demands (customer,) of one case into the net of a feeder."""
    customers = feeder.customers
    generation = np.char.endswith(customers.table, "sgen")
    for table, of, sign in (
        (net.asymmetric_load, ~generation, 1e-3),
        (net.asymmetric_sgen, generation, -1e-3),
    ):
        for column, name in enumerate("abc"):
            table[f"p_{name}_mw"] = sign * p_kw[of] * customers.p_share[of, column]
            table[f"q_{name}_mvar"] = sign * q_kvar[of] * customers.q_share[of, column]


def _believable(net: pp.pandapowerNet, vm_pu: FloatArray) -> bool:
    """Whether the source delivers what loads and losses take, at voltages that can be."""
    columns = [f"p_{name}_mw" for name in "abc"]
    drawn = net.res_asymmetric_load_3ph[columns].to_numpy().sum()
    drawn -= net.res_asymmetric_sgen_3ph[columns].to_numpy().sum()
    lost = sum(net[table][f"pl_{name}_mw"].sum() for table in _LOSS_TABLES for name in "abc")
    supplied = net.res_ext_grid_3ph[columns].to_numpy().sum()
    balanced = abs(supplied - drawn - lost) <= 1e-3 * max(abs(drawn), 1e-6)
    return bool(balanced and np.nanmin(vm_pu) > 0.6 and np.nanmax(vm_pu) < 1.2)


def reference_net(feeder: Feeder) -> pp.pandapowerNet:
    """A net that ``runpp_3ph`` solves: the feeder in the terms that pandapower has.

    Bus and line numbers are ``nodes.bus`` and ``lines.row``; customers keep their order within
    ``asymmetric_load`` and ``asymmetric_sgen``. A transformer other than YNyn0 is the Dyn that has
    its zero-sequence impedance, neutrals are folded into the phases, lines have the mean of their
    phases, a source behind an impedance is a stiff one with a line before it.
    """
    tables = network_tables(feeder)
    for name in ("line_matrix", "grounding", "node_shunt"):
        del tables[name]
    km = lengths_km(feeder)
    z1, z0 = sequences(folded(feeder.lines.z_ohm))
    tables["line"] |= {
        "r_ohm_per_km": z1.real / km,
        "x_ohm_per_km": z1.imag / km,
        "r0_ohm_per_km": z0.real / km,
        "x0_ohm_per_km": z0.imag / km,
    }
    trafo = feeder.transformer
    if trafo is not None and not trafo.vector_group.startswith("YNyn"):
        # its own zero sequence whole, pandapower's magnetising branch out of the way
        percent = 100 / (zero_sequence_admittance(trafo)[2] * short_circuit_ohm(trafo, 100, 100))
        stand_in: dict[str, Any] = {"vector_group": "Dyn", "mag0_percent": 1e12, "mag0_rx": 0.0}
        stand_in |= {
            "si0_hv_partial": 0.5,
            "vk0_percent": abs(percent),
            "vkr0_percent": percent.real,
        }
        tables["trafo"] |= {name: [value] for name, value in stand_in.items()}
    for name in ("asymmetric_load", "asymmetric_sgen"):
        wiring = tables[name]["type"]
        tables[name]["type"] = ["delta" if kind == "delta" else "wye" for kind in wiring]
    _set_source(tables, feeder)
    net = net_of_tables(tables, feeder)
    net.sn_mva = _BASE_MVA
    return net


def _set_source(tables: dict[str, dict[str, Any]], feeder: Feeder) -> None:
    """The source in pandapower's terms: what stands before it is a line of its own, 1 km long."""
    source, bus = feeder.source, feeder.nodes.bus
    vn_kv = float(feeder.nodes.nominal_v[source.node] * np.sqrt(3) / 1e3)
    z2, z0 = source.z2_ohm or _STIFF_OHM, source.z0_ohm or _STIFF_OHM
    at = int(bus[source.node])
    if source.z1_ohm:
        number, row = int(bus.max()) + 1, int(feeder.lines.row.max(initial=-1)) + 1
        _append(tables["bus"], index=number, name="source", vn_kv=vn_kv, type="b", in_service=True)
        before = {
            "r_ohm_per_km": source.z1_ohm.real,
            "x_ohm_per_km": source.z1_ohm.imag,
            "r0_ohm_per_km": source.z0_ohm.real,
            "x0_ohm_per_km": source.z0_ohm.imag,
            **dict.fromkeys(("c_nf_per_km", "c0_nf_per_km", "g_us_per_km"), 0.0),
            **dict.fromkeys(("length_km", "df", "max_i_ka", "parallel"), 1),
        }
        ends = {"index": row, "name": "source impedance", "from_bus": number, "to_bus": at}
        _append(tables["line"], **ends, **before, type="cs", in_service=True, neutral_open=False)
        z2 = z0 = _STIFF_OHM
        at = number
    tables["ext_grid"] = {
        "name": ["source"],
        "bus": [at],
        "vm_pu": [source.vm_pu],
        "va_degree": [source.va_degree],
        "s_sc_max_mva": [SOURCE_VOLTAGE_FACTOR * vn_kv**2 / abs(z2)],
        "rx_max": [z2.real / z2.imag],
        "x0x_max": [z0.imag / z2.imag],
        "r0x0_max": [z0.real / z0.imag],
        "in_service": [True],
        "slack_weight": [1.0],
    }


def _append(columns: dict[str, Any], **row: Any) -> None:
    """Add one row to columns, empty where it has nothing to say."""
    for name, values in columns.items():
        columns[name] = [*values, row.get(name)]
