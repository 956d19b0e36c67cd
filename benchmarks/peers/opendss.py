"""OpenDSS by opendssdirect: one circuit per thread, one case after the other."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import opendssdirect

import gridplan as gp
from benchmarks.timing import REPEATS, once
from gridplan.frozen import FloatArray

NAME = "OpenDSS"
TOLERANCE_PU = 1e-8
_THREADS = 2
#: Cases per thread and repeat: enough for a median, as one case takes as long as the next.
_CASES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Port:
    """A customer's phase: one single-phase load."""

    customer: int
    phase: int


class OpenDSSPeer:
    """The feeder as OpenDSS circuits, each in an engine of its own.

    Its time is that of ``Solution.Solve`` alone, the loads set before the clock starts: setting
    them through Python's interface is not OpenDSS's work.
    """

    def __init__(self, feeder: gp.Feeder, n_engine: int = _THREADS) -> None:
        self._feeder = feeder
        customer, phase = np.nonzero(feeder.customers.connected)
        self._ports = [
            _Port(customer=int(c), phase=int(f)) for c, f in zip(customer, phase, strict=True)
        ]
        self._engines = [_engine(self._script()) for _ in range(n_engine)]
        self.settings = f"{n_engine} engines"

    def voltages(self, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
        """Voltage magnitudes (case, node, 3), phase to neutral [V]."""
        engine = self._engines[0]
        names = engine.Circuit.AllNodeNames()
        place = np.array([[int(part) for part in name[1:].split(".")] for name in names])
        result = np.full((len(p_kw), len(self._feeder.nodes), 3), np.nan)
        for case in range(len(p_kw)):
            self._set_loads(engine, p_kw[case], q_kvar[case])
            engine.Solution.Solve()
            if engine.Solution.Converged():
                result[case, place[:, 0], place[:, 1] - 1] = engine.Circuit.AllBusVMag()
        return result

    def seconds_per_case(
        self, p_kw: FloatArray, q_kvar: FloatArray, *, least_s: float = 1.0
    ) -> float:
        """Wall time per case [s], the engines at work at the same time."""
        del least_s
        n_engine, medians = len(self._engines), []

        def work(number: int) -> None:
            times = []
            for k in range(REPEATS * _CASES):
                case = (number + n_engine * k) % len(p_kw)
                self._set_loads(self._engines[number], p_kw[case], q_kvar[case])
                times.append(once(self._engines[number].Solution.Solve))
            medians.append(float(np.median(times)))

        with ThreadPoolExecutor(n_engine) as pool:
            list(pool.map(work, range(n_engine)))
        return 1 / sum(1 / median for median in medians)

    def _set_loads(self, engine: Any, p_kw: FloatArray, q_kvar: FloatArray) -> None:
        """Give every load its power, in the order in which the script made them."""
        customers, loads = self._feeder.customers, engine.Loads
        loads.First()
        for port in self._ports:
            loads.kW(float(p_kw[port.customer] * customers.p_share[port.customer, port.phase]))
            loads.kvar(float(q_kvar[port.customer] * customers.q_share[port.customer, port.phase]))
            loads.Next()

    def _script(self) -> list[str]:
        """The circuit in OpenDSS's language; node k is bus ``nk``."""
        feeder = self._feeder
        nodes, source = feeder.nodes, feeder.source
        base_kv = (nodes.nominal_v * math.sqrt(3) / 1e3).tolist()
        lines = [
            "clear",
            f"set defaultbasefrequency={feeder.f_hz!r}",
            f"new circuit.bench bus1=n{source.node} basekv={base_kv[source.node]!r} "
            f"pu={source.vm_pu!r} angle=0 z1=[0, 1e-6] z2=[0, 1e-6] z0=[0, 1e-6]",
            self._transformer(),
        ]
        for k, (above, node) in enumerate(
            zip(feeder.lines.from_node, feeder.lines.to_node, strict=True)
        ):
            z_ohm, y_s = feeder.lines.z_ohm[k], feeder.lines.y_s[k]
            c_nf = y_s.imag / (2 * math.pi * feeder.f_hz) * 1e9
            lines.append(
                f"new line.l{k} phases=3 bus1=n{above} bus2=n{node} length=1 units=none "
                f"rmatrix={_matrix(z_ohm.real)} xmatrix={_matrix(z_ohm.imag)} "
                f"cmatrix={_matrix(c_nf)}"
            )
        for k, port in enumerate(self._ports):
            node = feeder.customers.node[port.customer]
            lines.append(
                f"new load.p{k} phases=1 bus1=n{node}.{port.phase + 1} "
                f"kv={float(nodes.nominal_v[node]) / 1e3!r} kw=1 kvar=0 model=1 "
                "vminpu=0 vmaxpu=3"
            )
        bases = " ".join(repr(kv) for kv in sorted(set(base_kv)))
        return [
            *lines,
            f"set voltagebases=[{bases}]",
            "calcvoltagebases",
            f"set tolerance={TOLERANCE_PU} maxiterations=200 controlmode=off mode=snapshot",
        ]

    def _transformer(self) -> str:
        trafo = self._feeder.transformer
        assert trafo is not None
        xhl = math.sqrt(trafo.vk_percent**2 - trafo.vkr_percent**2)
        half = trafo.vkr_percent / 2
        # OpenDSS knows a Dyn1 ("lag") and a Dyn11 ("lead")
        lead = {1: "lag", 11: "lead"}[round(trafo.shift_degree / 30) % 12]
        return (
            f"new transformer.t phases=3 windings=2 buses=[n{trafo.hv_node} n{trafo.lv_node}] "
            f"conns=[delta wye] kvs=[{trafo.vn_hv_kv!r} {trafo.vn_lv_kv!r}] "
            f"kvas=[{trafo.sn_kva!r} {trafo.sn_kva!r}] %rs=[{half!r} {half!r}] xhl={xhl!r} "
            f"%noloadloss=0 %imag=0 ppm_antifloat=0 leadlag={lead}"
        )


def _engine(script: list[str]) -> Any:
    """A new OpenDSS engine with the circuit of a script."""
    engine = opendssdirect.dss.NewContext()
    for line in script:
        engine.Text.Command(line)
    return engine


def _matrix(values: FloatArray) -> str:
    return "[" + " | ".join(" ".join(repr(float(x)) for x in row) for row in values) + "]"
