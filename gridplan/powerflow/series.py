"""The current-limited elements of a feeder, and which load currents pass each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.frozen import Float32Array, IntArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.paths import customer_circuit, downstream
from gridplan.powerflow.ports import LoadPorts
from gridplan.powerflow.results import Elements


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesLimits:
    """Sums of load currents per element and phase, as matrices of zeros and ones.

    Capacitive charging of LV lines is left out: some 0.1 A per km of cable.

    Attributes
    ----------
    elements : names and limits
    flow : int (element,) -- which distinct flow passes each element
    neutral : int (neutral element,) -- elements that carry the neutral current
    sums : per phase, the ports of that phase and a float32 (flow, port of that phase)
    """

    elements: Elements
    flow: IntArray
    neutral: IntArray
    sums: tuple[tuple[IntArray, Float32Array], ...]

    def loading_percent(self, current: np.ndarray) -> Float32Array:
        """Current over limit (element, case) [%] for load currents complex64 (port, case)."""
        n_case = current.shape[1]
        flows = [
            (matrix @ np.ascontiguousarray(current[ports]).view(np.float32)).view(np.complex64)
            for ports, matrix in self.sums
        ]
        squares = [part.real**2 + part.imag**2 for part in flows]
        worst = np.maximum(np.maximum(squares[0], squares[1]), squares[2])
        scale = np.float32(100) / self.elements.limit_a.astype(np.float32)[:, None]
        loading = np.empty((len(self.flow), n_case), dtype=np.float32)
        np.take(worst, self.flow, axis=0, out=loading)
        if self.neutral.size:
            total = flows[0] + flows[1] + flows[2]
            loading[self.neutral] = (total.real**2 + total.imag**2)[self.flow[self.neutral]]
        np.sqrt(loading, out=loading)
        loading *= scale
        return loading


#: Kind, name, limit [A], outgoing circuit, and the customers behind it as bytes of a bool array.
_Row = tuple[str, str, float, int, bytes]


def series_limits(feeder: Feeder, ports: LoadPorts) -> SeriesLimits:
    """Collect circuits, lines, neutrals, service drops and meters that have a limit.

    Of lines in series with the same customers behind them only the weakest is kept.
    """
    rows = [
        row
        for row in (*_circuit_rows(feeder), *_line_rows(feeder), *_meter_rows(feeder))
        if np.isfinite(row[2])
    ]
    distinct = {key: index for index, key in enumerate(dict.fromkeys(row[4] for row in rows))}
    passes = np.array([np.frombuffer(key, dtype=bool) for key in distinct], dtype=bool)
    passes = passes.reshape(-1, len(feeder.customers))
    of_phase = [np.flatnonzero(ports.phase == phase) for phase in range(3)]
    elements = Elements(
        kind=np.array([row[0] for row in rows], dtype=np.str_),
        name=np.array([row[1] for row in rows], dtype=np.str_),
        limit_a=np.array([row[2] for row in rows], dtype=np.float64),
        circuit=np.array([row[3] for row in rows], dtype=np.int64),
    )
    return SeriesLimits(
        elements=elements,
        flow=np.array([distinct[row[4]] for row in rows], dtype=np.int64),
        neutral=np.flatnonzero(elements.kind == "neutral"),
        sums=tuple(
            (members, np.ascontiguousarray(passes[:, ports.customer[members]], dtype=np.float32))
            for members in of_phase
        ),
    )


def _circuit_rows(feeder: Feeder) -> list[_Row]:
    """Fuse or breaker of every outgoing circuit."""
    own = customer_circuit(feeder)
    circuits = feeder.circuits
    return [
        ("circuit", str(name), float(limit), circuit, (own == circuit).tobytes())
        for circuit, (name, limit) in enumerate(
            zip(circuits.name, circuits.protection_a, strict=True)
        )
    ]


def _line_rows(feeder: Feeder) -> list[_Row]:
    """Phase and neutral conductors, the weakest of those with the same customers behind them."""
    lines = feeder.lines
    behind = downstream(feeder, feeder.customers.node)
    weakest: dict[tuple[str, bytes], _Row] = {}
    for line in np.flatnonzero((lines.circuit >= 0) & behind.any(axis=1)):
        members = behind[line].tobytes()
        kind = "service" if lines.section[line] == "service" else "line"
        for element, limits in ((kind, lines.ampacity_a), ("neutral", lines.neutral_ampacity_a)):
            limit, key = float(limits[line]), (element, members)
            if np.isfinite(limit) and (key not in weakest or limit < weakest[key][2]):
                name, circuit = str(lines.name[line]), int(lines.circuit[line])
                weakest[key] = (element, name, limit, circuit, members)
    return list(weakest.values())


def _meter_rows(feeder: Feeder) -> list[_Row]:
    """Meter of every customer."""
    customers, own = feeder.customers, customer_circuit(feeder)
    only = np.eye(len(customers), dtype=bool)
    return [
        ("meter", str(name), float(limit), int(own[customer]), only[customer].tobytes())
        for customer, (name, limit) in enumerate(zip(customers.id, customers.meter_a, strict=True))
    ]
