"""A feeder as a net that pandapower's ``runpp_3ph`` solves: for a second opinion, and to export.

Only what pandapower knows: constant-power loads, neutrals folded into the phases.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandapower as pp

from gridplan.frozen import FloatArray
from gridplan.network.feeder import Feeder
from gridplan.network.nameplate import SOURCE_VOLTAGE_FACTOR
from gridplan.network.writer import lengths_km, net_of_tables, network_tables, sequences
from gridplan.powerflow.components import folded, short_circuit_ohm, zero_sequence_admittance

#: pandapower ends its outer loop at a mismatch of 3e-8 pu of this base: on its usual 1 MVA a
#: village of 30 kVA would end 2e-5 pu from its voltages [MVA].
_BASE_MVA = 1e-3
_STIFF_OHM = 1e-9j  #: what stands for no impedance of an external grid


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
