"""The same cases through pandapower's ``runpp_3ph``: a second opinion, one case at a time.

It is slow (some 0.1 s per case) and only valid for transformers that pandapower knows. pandapower
can report convergence with nonsense beyond the limit of solvability, so every case is checked for
power balance and plausible voltages before it is believed.
"""

from __future__ import annotations

import numpy as np
import pandapower as pp
from pandapower.pf.runpp_3ph import runpp_3ph

from gridplan.frozen import FloatArray
from gridplan.network.feeder import Feeder

_LOSS_TABLES = ("res_line_3ph", "res_trafo_3ph")
_C_FACTOR = 1.1  # pandapower's voltage factor in the impedance of an external grid


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
        vm_pu = net.res_bus_3ph[["vm_a_pu", "vm_b_pu", "vm_c_pu"]].to_numpy(dtype=np.float64)
        if net.converged and _believable(net, vm_pu):
            result[case] = vm_pu
    return result


def set_demand(net: pp.pandapowerNet, feeder: Feeder, p_kw: FloatArray, q_kvar: FloatArray) -> None:
    """Write the demands (customer,) of one case into the net of a feeder."""
    for column, name in enumerate("abc"):
        net.asymmetric_load[f"p_{name}_mw"] = p_kw * feeder.customers.p_share[:, column] / 1e3
        net.asymmetric_load[f"q_{name}_mvar"] = q_kvar * feeder.customers.q_share[:, column] / 1e3


def _believable(net: pp.pandapowerNet, vm_pu: FloatArray) -> bool:
    """Whether the source delivers what loads and losses take, at voltages that can be."""
    columns = [f"p_{name}_mw" for name in "abc"]
    drawn = net.res_asymmetric_load_3ph[columns].to_numpy().sum()
    lost = sum(net[table][f"pl_{name}_mw"].sum() for table in _LOSS_TABLES for name in "abc")
    supplied = net.res_ext_grid_3ph[columns].to_numpy().sum()
    balanced = abs(supplied - drawn - lost) <= 1e-3 * max(abs(drawn), 1e-6)
    return bool(balanced and np.nanmin(vm_pu) > 0.6 and np.nanmax(vm_pu) < 1.2)


def reference_net(feeder: Feeder) -> pp.pandapowerNet:
    """A pandapower net with the feeder's own data; bus, line and load indices are the feeder's."""
    net = pp.create_empty_network(f_hz=feeder.f_hz)
    for name, nominal_v in zip(feeder.nodes.name, feeder.nodes.nominal_v, strict=True):
        pp.create_bus(net, vn_kv=nominal_v * np.sqrt(3) / 1e3, name=str(name))
    _add_source(net, feeder)
    _add_transformer(net, feeder)
    omega = 2 * np.pi * feeder.f_hz
    for line in range(len(feeder.lines)):
        z, y = feeder.lines.z_ohm[line], feeder.lines.y_s[line]
        z1, z0, y1, y0 = (
            z[0, 0] - z[0, 1],
            z[0, 0] + 2 * z[0, 1],
            y[0, 0] - y[0, 1],
            y[0, 0] + 2 * y[0, 1],
        )
        pp.create_line_from_parameters(
            net,
            int(feeder.lines.from_node[line]),
            int(feeder.lines.to_node[line]),
            length_km=1.0,
            r_ohm_per_km=z1.real,
            x_ohm_per_km=z1.imag,
            c_nf_per_km=y1.imag / omega * 1e9,
            max_i_ka=1.0,
            r0_ohm_per_km=z0.real,
            x0_ohm_per_km=z0.imag,
            c0_nf_per_km=y0.imag / omega * 1e9,
        )
    for node in feeder.customers.node:
        pp.create_asymmetric_load(net, int(node))
    return net


def _add_source(net: pp.pandapowerNet, feeder: Feeder) -> None:
    source = feeder.source
    z2, z0 = source.z2_ohm or 1e-9j, source.z0_ohm or 1e-9j
    vn_kv = feeder.nodes.nominal_v[source.node] * np.sqrt(3) / 1e3
    pp.create_ext_grid(
        net,
        source.node,
        vm_pu=source.vm_pu,
        va_degree=source.va_degree,
        s_sc_max_mva=_C_FACTOR * vn_kv**2 / abs(z2),
        rx_max=z2.real / z2.imag,
        x0x_max=z0.imag / z2.imag,
        r0x0_max=z0.real / z0.imag,
    )


def _add_transformer(net: pp.pandapowerNet, feeder: Feeder) -> None:
    trafo = feeder.area_transformer
    yyn = trafo.has_yyn_core
    pp.create_transformer_from_parameters(
        net,
        trafo.hv_node,
        trafo.lv_node,
        sn_mva=trafo.sn_kva / 1e3,
        vn_hv_kv=trafo.vn_hv_kv,
        vn_lv_kv=trafo.vn_lv_kv,
        vk_percent=trafo.vk_percent,
        vkr_percent=trafo.vkr_percent,
        pfe_kw=trafo.pfe_kw,
        i0_percent=trafo.i0_percent,
        shift_degree=trafo.shift_degree,
        vector_group="Dyn",
        vk0_percent=trafo.vk0_percent,
        vkr0_percent=trafo.vkr0_percent,
        mag0_percent=1e12 if yyn else trafo.mag0_percent,
        mag0_rx=0.0 if yyn else trafo.mag0_rx,
        si0_hv_partial=0.5 if yyn else trafo.si0_hv_partial,
        tap_side=trafo.tap_side,
        tap_neutral=trafo.tap_neutral,
        tap_pos=trafo.tap_pos,
        tap_step_percent=trafo.tap_step_percent,
        tap_changer_type="Ratio",
        parallel=trafo.parallel,
    )
    net.trafo["leakage_resistance_ratio_hv"] = trafo.leakage_resistance_ratio_hv
    net.trafo["leakage_reactance_ratio_hv"] = trafo.leakage_reactance_ratio_hv
