"""pandapower's ``runpp_3ph``: one case after the other, in one process per thread."""

from __future__ import annotations

import importlib.util
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandapower as pp
from pandapower.pf.runpp_3ph import runpp_3ph

import gridplan as gp
from benchmarks.networks import sequence_impedances
from benchmarks.timing import once
from gridplan.frozen import FloatArray

NAME = "pandapower"
#: The mismatch at which its inner power flow stops [MVA], its default; the outer loop over the
#: sequences has a fixed bound of its own, 3e-8 MVA.
TOLERANCE_MVA = 1e-8
_PROCESSES = 2
_CASES = 7
#: Short-circuit power that makes the source stiff [MVA].
_STIFF_MVA = 1e9
_NUMBA = importlib.util.find_spec("numba") is not None


class PandapowerPeer:
    """The feeder as a pandapower net; bus and load indices are the feeder's nodes and customers."""

    def __init__(self, feeder: gp.Feeder) -> None:
        self._feeder = feeder
        self._net = _net(feeder)
        self.settings = f"{_PROCESSES} processes, {'with' if _NUMBA else 'without'} numba"

    def voltages(self, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
        """Voltage magnitudes (case, node, 3), phase to neutral [V]."""
        result = np.full((len(p_kw), len(self._feeder.nodes), 3), np.nan)
        columns = ["vm_a_pu", "vm_b_pu", "vm_c_pu"]
        for case in range(len(p_kw)):
            self._set_loads(p_kw[case], q_kvar[case])
            self.solve()
            if self._net.converged:
                result[case] = self._net.res_bus_3ph[columns].to_numpy(dtype=np.float64)
        return result * self._feeder.nodes.nominal_v[:, None]

    def seconds_per_case(
        self, p_kw: FloatArray, q_kvar: FloatArray, *, least_s: float = 1.0
    ) -> float:
        """Wall time per case [s] of ``runpp_3ph`` alone, both processes at work at once."""
        del least_s
        with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
            parts = [(self._feeder, p_kw[k::2][:_CASES], q_kvar[k::2][:_CASES]) for k in range(2)]
            each = list(pool.map(_median_solve, *zip(*parts, strict=True)))
        return 1 / sum(1 / seconds for seconds in each)

    def solve_seconds(self, p_kw: FloatArray, q_kvar: FloatArray) -> float:
        """Median time of one power flow in this process [s], a first one not counted."""
        times = []
        for p, q in zip(p_kw, q_kvar, strict=True):
            self._set_loads(p, q)
            times.append(once(self.solve))
        return float(np.median(times[1:]))

    def solve(self) -> None:
        """One power flow of the net as it stands."""
        runpp_3ph(self._net, tolerance_mva=TOLERANCE_MVA, numba=_NUMBA)

    def _set_loads(self, p_kw: FloatArray, q_kvar: FloatArray) -> None:
        customers, loads = self._feeder.customers, self._net.asymmetric_load
        for column, name in enumerate("abc"):
            loads[f"p_{name}_mw"] = p_kw * customers.p_share[:, column] / 1e3
            loads[f"q_{name}_mvar"] = q_kvar * customers.q_share[:, column] / 1e3


def _median_solve(feeder: gp.Feeder, p_kw: FloatArray, q_kvar: FloatArray) -> float:
    return PandapowerPeer(feeder).solve_seconds(p_kw, q_kvar)


def _net(feeder: gp.Feeder) -> pp.pandapowerNet:
    net = pp.create_empty_network(f_hz=feeder.f_hz, add_stdtypes=False)
    nodes, source, lines = feeder.nodes, feeder.source, feeder.lines
    pp.create_buses(net, len(nodes), vn_kv=nodes.nominal_v * np.sqrt(3) / 1e3)
    pp.create_ext_grid(
        net, source.node, vm_pu=source.vm_pu, s_sc_max_mva=_STIFF_MVA, rx_max=0.1, x0x_max=1.0,
        r0x0_max=0.1,
    )  # fmt: skip
    _add_transformer(net, feeder)
    z1_ohm, z0_ohm = sequence_impedances(feeder)
    y_s, nano = np.asarray(lines.y_s), 1e9 / (2 * np.pi * feeder.f_hz)
    pp.create_lines_from_parameters(
        net,
        lines.from_node.tolist(),
        lines.to_node.tolist(),
        length_km=1.0,
        r_ohm_per_km=z1_ohm.real,
        x_ohm_per_km=z1_ohm.imag,
        c_nf_per_km=(y_s[:, 0, 0] - y_s[:, 0, 1]).imag * nano,
        max_i_ka=1.0,
        r0_ohm_per_km=z0_ohm.real,
        x0_ohm_per_km=z0_ohm.imag,
        c0_nf_per_km=(y_s[:, 0, 0] + 2 * y_s[:, 0, 1]).imag * nano,
    )
    for node in feeder.customers.node:
        pp.create_asymmetric_load(net, int(node))
    return net


def _add_transformer(net: pp.pandapowerNet, feeder: gp.Feeder) -> None:
    trafo = feeder.transformer
    assert trafo is not None
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
        mag0_percent=trafo.mag0_percent,
        mag0_rx=trafo.mag0_rx,
        si0_hv_partial=trafo.si0_hv_partial,
    )
