"""pandapower's ``runpp_3ph``: one case after the other, in one process per thread."""

from __future__ import annotations

import importlib.util
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from pandapower.pf.runpp_3ph import runpp_3ph

import gridplan as gp
from benchmarks.timing import once
from gridplan.frozen import FloatArray
from gridplan.powerflow.reference import reference_net, set_demand

NAME = "pandapower"
#: The mismatch at which its inner power flow stops [MVA], its default; the outer loop over the
#: sequences has a fixed bound of its own, 3e-8 MVA.
TOLERANCE_MVA = 1e-8
_PROCESSES = 2
_CASES = 7
_NUMBA = importlib.util.find_spec("numba") is not None


class PandapowerPeer:
    """The feeder as a pandapower net; bus and load indices are the feeder's nodes and customers."""

    def __init__(self, feeder: gp.Feeder) -> None:
        self._feeder = feeder
        self._net = reference_net(feeder)
        self.settings = f"{_PROCESSES} processes, {'with' if _NUMBA else 'without'} numba"

    def voltages(self, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
        """Voltage magnitudes (case, node, 3), phase to neutral [V]."""
        result = np.full((len(p_kw), len(self._feeder.nodes), 3), np.nan)
        columns = ["vm_a_pu", "vm_b_pu", "vm_c_pu"]
        for case in range(len(p_kw)):
            set_demand(self._net, self._feeder, p_kw[case], q_kvar[case])
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
            set_demand(self._net, self._feeder, p, q)
            times.append(once(self.solve))
        return float(np.median(times[1:]))

    def solve(self) -> None:
        """One power flow of the net as it stands."""
        runpp_3ph(self._net, tolerance_mva=TOLERANCE_MVA, numba=_NUMBA)


def _median_solve(feeder: gp.Feeder, p_kw: FloatArray, q_kvar: FloatArray) -> float:
    return PandapowerPeer(feeder).solve_seconds(p_kw, q_kvar)
