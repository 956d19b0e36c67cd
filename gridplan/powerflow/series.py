"""The current-limited elements of a feeder, and which load currents pass each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridplan.frozen import BoolArray, Float32Array, IntArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.paths import downstream
from gridplan.powerflow.ports import LoadPorts, PortModel
from gridplan.powerflow.results import Elements
from gridplan.powerflow.state import line_currents

#: Decimals to which two currents are the same.
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """Currents as sums of load currents: ``matrix`` (flow, port) over some ``ports``.

    Real where every load current passes a flow whole or not at all, else complex.
    """

    ports: IntArray
    matrix: np.ndarray

    @classmethod
    def of(cls, factors: np.ndarray) -> Sums:
        """The sums of factors (flow, port), over the ports that count."""
        ports = np.flatnonzero((factors != 0).any(axis=0))
        dtype = np.complex64 if np.iscomplexobj(factors) else np.float32
        return cls(ports=ports, matrix=np.ascontiguousarray(factors[:, ports], dtype=dtype))

    def at(self, chosen: IntArray) -> Sums:
        """The same flows for ports that are ``chosen`` (port,) of the present ones."""
        place = np.full(max(self.ports.max(initial=-1), chosen.max(initial=-1)) + 1, -1)
        place[self.ports] = np.arange(len(self.ports))
        ports = np.flatnonzero(place[chosen] >= 0)
        matrix = np.ascontiguousarray(self.matrix[:, place[chosen[ports]]])
        return Sums(ports=ports, matrix=matrix)

    def squares(self, current: np.ndarray) -> Float32Array:
        """Squared magnitudes (flow, case) for load currents complex64 (port, case)."""
        own = np.ascontiguousarray(current[self.ports])
        if np.iscomplexobj(self.matrix):
            flow = self.matrix @ own
        else:
            flow = (self.matrix @ own.view(np.float32)).view(np.complex64)
        squares: Float32Array = flow.real**2 + flow.imag**2
        return squares


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesLimits:
    """Sums of load currents per element and phase.

    Capacitive charging of LV lines is left out: some 0.1 A per km of cable.

    Attributes
    ----------
    elements : names and limits
    flow : int (element,) -- which distinct flow passes each element, -1 for neutrals
    neutral : int (neutral element,) -- elements that carry the neutral current
    phases : the flows of phase a, b, c
    neutrals : the flow of each of ``neutral``
    """

    elements: Elements
    flow: IntArray
    neutral: IntArray
    phases: tuple[Sums, ...]
    neutrals: Sums

    def at(self, chosen: IntArray) -> SeriesLimits:
        """The same elements for ports that are ``chosen`` (port,) of the present ones."""
        phases = tuple(sums.at(chosen) for sums in self.phases)
        return replace(self, phases=phases, neutrals=self.neutrals.at(chosen))

    def loading_percent(self, current: np.ndarray) -> Float32Array:
        """Current over limit (element, case) [%] for load currents complex64 (port, case)."""
        return self.loading_of(self.phase_squares(current), current)

    def phase_squares(self, current: np.ndarray) -> tuple[Float32Array, ...]:
        """Squared currents of every distinct flow, per phase (flow, case) [A^2]."""
        return tuple(sums.squares(current) for sums in self.phases)

    def loading_of(self, squares: tuple[Float32Array, ...], current: np.ndarray) -> Float32Array:
        """``loading_percent`` where the squared currents are known."""
        worst = np.maximum(np.maximum(squares[0], squares[1]), squares[2])
        scale = np.float32(100) / self.elements.limit_a.astype(np.float32)[:, None]
        loading = np.empty((len(self.flow), current.shape[1]), dtype=np.float32)
        phase = np.flatnonzero(self.flow >= 0)
        loading[phase] = worst[self.flow[phase]]
        if self.neutral.size:
            loading[self.neutral] = self.neutrals.squares(current)
        np.sqrt(loading, out=loading)
        loading *= scale
        return loading

    def phase_peaks_percent(
        self, squares: tuple[Float32Array, ...], shape: tuple[int, int], bad: BoolArray
    ) -> Float32Array:
        """Highest current over limit of each phase in each draw (draw, element, 3) [%].

        NaN for neutrals, and where no case of a draw has a solution.

        Parameters
        ----------
        squares : per phase (flow, case) [A^2]
        shape : draws and steps of the cases
        bad : bool (case,) -- without a solution
        """
        carried = np.flatnonzero(self.flow >= 0)
        per_a = np.float32(100) / self.elements.limit_a[carried].astype(np.float32)
        peaks = np.full((shape[0], len(self.flow), 3), np.nan, dtype=np.float32)
        for phase, square in enumerate(squares):
            known = np.where(bad, np.float32(-1), square) if bad.any() else square
            highest = known.reshape(-1, *shape).max(axis=2)
            current_a = np.sqrt(np.where(highest < 0, np.float32(np.nan), highest))
            peaks[:, carried, phase] = (current_a[self.flow[carried]] * per_a[:, None]).T
        return peaks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One element and what passes it: factors (phase, port), or (1, port) of a neutral."""

    kind: str
    name: str
    limit_a: float
    circuit: int
    factors: np.ndarray

    @property
    def key(self) -> bytes:
        return np.ascontiguousarray(np.round(self.factors, _DECIMALS) + 0.0).tobytes()


def series_limits(model: PortModel, ports: LoadPorts) -> SeriesLimits:
    """Collect circuits, lines, neutrals, service drops and meters that have a limit.

    Of lines in series with the same currents only the weakest is kept.
    """
    phase, neutral = _line_factors(model, ports)
    feeder = model.feeder
    rows = [
        *_circuit_rows(feeder, phase),
        *_line_rows(feeder, phase, neutral),
        *_meter_rows(feeder, ports),
    ]
    rows = [row for row in rows if np.isfinite(row.limit_a)]
    is_neutral = np.array([row.kind == "neutral" for row in rows], dtype=np.bool_)
    distinct: dict[bytes, int] = {}
    flow = np.full(len(rows), -1)
    flows: list[np.ndarray] = []
    for position, row in enumerate(rows):
        if row.kind != "neutral":
            flow[position] = distinct.setdefault(row.key, len(distinct))
            if len(flows) < len(distinct):
                flows.append(row.factors)
    n_port = len(ports.site)
    stacked = np.array(flows).reshape(-1, 3, n_port)
    returning = np.array([row.factors[0] for row in rows if row.kind == "neutral"])
    return SeriesLimits(
        elements=Elements(
            kind=np.array([row.kind for row in rows], dtype=np.str_),
            name=np.array([row.name for row in rows], dtype=np.str_),
            limit_a=np.array([row.limit_a for row in rows], dtype=np.float64),
            circuit=np.array([row.circuit for row in rows], dtype=np.int64),
        ),
        flow=flow,
        neutral=np.flatnonzero(is_neutral),
        phases=tuple(Sums.of(stacked[:, k]) for k in range(3)),
        neutrals=Sums.of(returning.reshape(-1, n_port)),
    )


def _line_factors(model: PortModel, ports: LoadPorts) -> tuple[np.ndarray, np.ndarray]:
    """What one ampere drawn at a port is in each line: (line, 3, port), its neutral (line, port).

    In a radial network whose neutral is grounded at one place a load current passes a line whole or
    not at all; elsewhere it divides, as the network's equations say.
    """
    feeder = model.feeder
    radial = len(feeder.lines) == (feeder.nodes.parent_line >= 0).sum()
    one_return = len(feeder.groundings) <= 1 and not (feeder.customers.wiring == "earth").any()
    if radial and (one_return or feeder.lines.wires.shape[1] == 3):
        behind = downstream(feeder, ports.node).astype(np.float32)
        passed = behind[:, None, :] * ports.toward.astype(np.float32)
        return passed, passed.sum(axis=1)
    n_port = len(ports.site)
    unknowns = model.equations.solve(ports.terminals, np.eye(n_port, dtype=np.complex128))
    voltage_v = np.moveaxis(model.equations.voltages(unknowns), 2, 0)
    current = np.moveaxis(line_currents(feeder, voltage_v)[0], 0, 2).astype(np.complex64)
    phase = current[:, :3]
    return phase, current[:, 3] if current.shape[1] == 4 else phase.sum(axis=1)


def _circuit_rows(feeder: Feeder, phase: np.ndarray) -> list[_Row]:
    """Fuse or breaker of every outgoing circuit."""
    lines, circuits = feeder.lines, feeder.circuits
    leaving = (lines.from_node == feeder.busbar).astype(float) - (lines.to_node == feeder.busbar)
    leaving = np.where(lines.circuit >= 0, leaving, 0.0).astype(np.float32)
    rows = []
    for circuit, (name, limit_a) in enumerate(
        zip(circuits.name, circuits.protection_a, strict=True)
    ):
        own = np.flatnonzero((lines.circuit == circuit) & (leaving != 0))
        factors = (leaving[own, None, None] * phase[own]).sum(axis=0)
        rows.append(
            _Row(
                kind="circuit",
                name=str(name),
                limit_a=float(limit_a),
                circuit=circuit,
                factors=factors,
            )
        )
    return rows


def _line_rows(feeder: Feeder, phase: np.ndarray, neutral: np.ndarray) -> list[_Row]:
    """Phase and neutral conductors, the weakest of those with the same currents."""
    lines = feeder.lines
    weakest: dict[tuple[str, bytes], _Row] = {}
    for line in np.flatnonzero((lines.circuit >= 0) & (phase != 0).any(axis=(1, 2))).tolist():
        kind = "service" if lines.section[line] == "service" else "line"
        for element, limits, factors in (
            (kind, lines.ampacity_a, phase[line]),
            ("neutral", lines.neutral_ampacity_a, neutral[line][None]),
        ):
            row = _Row(
                kind=element,
                name=str(lines.name[line]),
                limit_a=float(limits[line]),
                circuit=int(lines.circuit[line]),
                factors=factors,
            )
            if not np.isfinite(row.limit_a):
                continue
            key = (element, phase[line].tobytes() if element == "neutral" else row.key)
            if key not in weakest or row.limit_a < weakest[key].limit_a:
                weakest[key] = row
    return list(weakest.values())


def _meter_rows(feeder: Feeder, ports: LoadPorts) -> list[_Row]:
    """Meter of every customer: each of its branches on its own."""
    customers, circuit = feeder.customers, feeder.customer_circuit
    rows = []
    for customer in np.flatnonzero(np.isfinite(customers.meter_a)).tolist():
        factors = np.zeros((3, len(ports.site)), dtype=np.float32)
        own = np.flatnonzero(ports.customer == customer)
        factors[ports.phase[own], own] = 1
        rows.append(
            _Row(
                kind="meter",
                name=str(customers.id[customer]),
                limit_a=float(customers.meter_a[customer]),
                circuit=int(circuit[customer]),
                factors=factors,
            )
        )
    return rows
