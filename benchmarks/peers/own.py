"""gridplan itself, by its public function."""

from __future__ import annotations

import numpy as np

import gridplan as gp
from benchmarks.timing import median_seconds, once
from gridplan.frozen import FloatArray

NAME = "gridplan"
TOLERANCE_PU = 1e-8
#: Bound on node voltages that one call gives back: case times node.
_NODE_VOLTAGES = 10_000_000
#: A timed call stays below this many times the least time [s], by fewer cases where need be.
_LONGEST_CALL = 2.0
_TRIAL_CASES = 500


class GridplanPeer:
    """The whole call of ``gp.solve``: reducing the network to its ports is part of it."""

    def __init__(self, feeder: gp.Feeder) -> None:
        self._feeder = feeder
        self.settings = ""

    def voltages(self, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
        """Voltage magnitudes (case, node, 3), phase to neutral [V]."""
        return np.asarray(self._solve(p_kw, q_kvar).vm_v)

    def seconds_per_case(
        self, p_kw: FloatArray, q_kvar: FloatArray, *, least_s: float = 1.0
    ) -> float:
        """Wall time per case [s] for load voltages and convergence."""
        return median_seconds(lambda: self._solve(p_kw, q_kvar).load_v, least_s) / len(p_kw)

    def seconds_with_nodes(
        self, p_kw: FloatArray, q_kvar: FloatArray, *, least_s: float = 1.0
    ) -> float:
        """Wall time per case [s] for every node's voltage as well."""
        p, q = p_kw[:_TRIAL_CASES], q_kvar[:_TRIAL_CASES]
        n_case = _affordable(once(lambda: self._solve(p, q).vm_v), len(p_kw), least_s)
        n_case = min(n_case, _NODE_VOLTAGES // len(self._feeder.nodes))
        p, q = p_kw[:n_case], q_kvar[:n_case]
        return median_seconds(lambda: self._solve(p, q).vm_v, least_s) / n_case

    def _solve(self, p_kw: FloatArray, q_kvar: FloatArray) -> gp.PowerFlowResult:
        return gp.solve(self._feeder, p_kw, q_kvar, tolerance_pu=TOLERANCE_PU)


def _affordable(trial_s: float, n_case: int, least_s: float) -> int:
    """Cases for one timed call, after a trial call that took ``trial_s``."""
    affordable = round(_LONGEST_CALL * least_s / trial_s * _TRIAL_CASES)
    return min(n_case, max(_TRIAL_CASES, affordable))
