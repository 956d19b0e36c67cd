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


def series_limits(feeder: Feeder, ports: LoadPorts) -> SeriesLimits:
    """Collect circuits, lines, neutrals, service drops and meters that have a limit.

    Of lines in series with the same customers behind them only the weakest is kept.
    """
    lines, customers = feeder.lines, feeder.customers
    behind = downstream(feeder, customers.node)
    rows: list[tuple[str, str, float, int, bytes]] = []
    for circuit in range(len(feeder.circuits)):
        members = customer_circuit(feeder) == circuit
        rows.append(
            (
                "circuit",
                str(feeder.circuits.name[circuit]),
                float(feeder.circuits.protection_a[circuit]),
                circuit,
                members.tobytes(),
            )
        )
    weakest: dict[tuple[str, bytes], tuple[str, str, float, int, bytes]] = {}
    for line in range(len(lines)):
        if lines.circuit[line] < 0:
            continue
        members_key = behind[line].tobytes()
        kind = "service" if lines.section[line] == "service" else "line"
        for element, limit in (
            (kind, lines.ampacity_a[line]),
            ("neutral", lines.neutral_ampacity_a[line]),
        ):
            key = (element, members_key)
            if (
                np.isfinite(limit)
                and behind[line].any()
                and (key not in weakest or limit < weakest[key][2])
            ):
                weakest[key] = (
                    element,
                    str(lines.name[line]),
                    float(limit),
                    int(lines.circuit[line]),
                    members_key,
                )
    rows += weakest.values()
    own_circuit = customer_circuit(feeder)
    for customer in range(len(customers)):
        only = np.arange(len(customers)) == customer
        rows.append(
            (
                "meter",
                str(customers.id[customer]),
                float(customers.meter_a[customer]),
                int(own_circuit[customer]),
                only.tobytes(),
            )
        )
    rows = [row for row in rows if np.isfinite(row[2])]

    distinct = {key: index for index, key in enumerate(dict.fromkeys(row[4] for row in rows))}
    passes = np.array([np.frombuffer(key, dtype=bool) for key in distinct], dtype=bool).reshape(
        -1, len(customers)
    )
    sums = []
    for phase in range(3):
        of_phase = np.flatnonzero(ports.phase == phase)
        sums.append(
            (of_phase, np.ascontiguousarray(passes[:, ports.customer[of_phase]], dtype=np.float32))
        )
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
        sums=tuple(sums),
    )
