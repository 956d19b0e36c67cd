"""A probe customer at every node asked about, and what its load breaks in the deciding cases.

All probes share one reduction of the feeder to its load ports, so that a node and a phase are a
choice of ports; all cases of a load are solved at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridplan.assessment.limits import Limits
from gridplan.demand.pending import PendingConnection, with_pending
from gridplan.demand.profiles import tan_phi
from gridplan.frozen import BoolArray, FloatArray
from gridplan.measures.hostingcases import (
    NEUTRAL,
    PEAK,
    PHASE,
    RATE,
    DecidingCases,
)
from gridplan.network.additions import taken
from gridplan.network.customers import PHASES, Customers
from gridplan.network.feeder import Feeder
from gridplan.powerflow.ports import LoadPorts, PortModel, build_ports, load_ports
from gridplan.powerflow.series import SeriesLimits, series_limits
from gridplan.powerflow.solver import Flows, port_flows

#: The first load tried; loads are found to within this share of them, and this much [kW].
_FIRST_KW, _RESOLUTION, _LEAST_KW = 2.0, 0.01, 0.05
#: Pieces into which the range that is left is cut, all of whose ends are tried at once.
_PARTS = 5
#: Shares of the draws that count as the same.
_SAME = 1e-12
#: Voltages of these flows are exact to this [pu].
_TOLERANCE_PU = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probes:
    """A feeder with a probe at every node asked about.

    Attributes
    ----------
    feeder, model : with all probes after its customers
    n_customer : of its own
    tangent : reactive over active power of the load
    cases, limits, accepted : what decides
    allowed : per rule and place, share of the draws that may break it (scenario,)
    """

    feeder: Feeder
    model: PortModel
    n_customer: int
    tangent: float
    cases: DecidingCases
    limits: Limits
    accepted: float
    allowed: dict[str, FloatArray]

    @classmethod
    def of(
        cls,
        feeder: Feeder,
        names: Sequence[str],
        like: PendingConnection,
        cases: DecidingCases,
        limits: Limits,
        accepted: float,
    ) -> Probes:
        """Reduce the feeder with its probes, and count what is broken today."""
        probes = []
        for number, name in enumerate(names):
            wires = feeder.nodes.wires[feeder.nodes.name.tolist().index(name), :3]
            phases = "".join(np.array(PHASES)[wires]) if wires.all() else PHASES[wires.argmax()]
            probes.append(replace(like, name=f"probe {number}", node=name, phases=phases))
        probed = with_pending(feeder, probes)
        made = cls(
            feeder=probed,
            model=build_ports(probed),
            n_customer=len(feeder.customers),
            tangent=float(tan_phi(np.array([like.power_factor]))[0]),
            cases=cases,
            limits=limits,
            accepted=accepted,
            allowed={},
        )
        today = made.probabilities(*made.ports(0, PHASES[0], with_it=False), None)
        return replace(made, allowed={key: np.maximum(p[0], accepted) for key, p in today.items()})

    def possible(self, at: int, phases: str) -> bool:
        """Whether the node of a probe has the phases."""
        node = self.feeder.customers.node[self.n_customer + at]
        wanted = [PHASES.index(letter) for letter in phases]
        return bool(self.feeder.nodes.wires[node, wanted].all())

    def ports(
        self, at: int, phases: str, *, with_it: bool = True
    ) -> tuple[LoadPorts, SeriesLimits]:
        """Ports of the customers and one probe on some phases, and the elements in series."""
        own = np.arange(self.n_customer)
        rows = np.append(own, self.n_customer + at) if with_it else own
        customers = _some(self.feeder.customers, rows, phases if with_it else None)
        model = replace(
            self.model,
            feeder=replace(self.feeder, customers=customers),
            customer_site=self.model.customer_site[rows],
        )
        ports = load_ports(model, customers)
        return ports, series_limits(model, ports)

    def largest(self, at: int, phases: str, max_kw: float) -> tuple[float, str]:
        """The largest load on some phases of a node [kW], and the rule that ends it.

        Loads are doubled until one is too large, then the range is cut: far beyond its limit a
        network has no solution, and to find that out takes long.
        """
        ports, series = self.ports(at, phases)
        low, high, limited_by = 0.0, max_kw, ""
        while not limited_by:
            if low >= max_kw:
                return max_kw, ""
            larger = min(2 * low or _FIRST_KW, max_kw)
            low, high, limited_by = self._between(ports, series, (low, larger))
        while high - low > max(_RESOLUTION * high, _LEAST_KW):
            sizes = np.linspace(low, high, _PARTS + 1)
            low, high, limited_by = self._between(ports, series, tuple(sizes.tolist()), limited_by)
        return low, limited_by

    def _between(
        self, ports: LoadPorts, series: SeriesLimits, sizes: tuple[float, ...], last: str = ""
    ) -> tuple[float, float, str]:
        """The neighbours among rising sizes between which a rule begins to be broken, and which.

        The first is known to be small enough; where ``last`` is given, the last to be too large
        because of it. Without any that is too large both are the last one.
        """
        asked = sizes[1:-1] if last else sizes[1:]
        found = [*self.broken(ports, series, np.array(asked)), *([last] if last else [])]
        for small, large, rule in zip(sizes, sizes[1:], found, strict=False):
            if rule:
                return small, large, rule
        return sizes[-1], sizes[-1], ""

    def broken(self, ports: LoadPorts, series: SeriesLimits, kw: FloatArray) -> list[str]:
        """Per load (size,) the rule that it breaks in most draws more than allowed; "" when none.

        All cases of all loads are solved at once.
        """
        found = self.probabilities(ports, series, kw)
        keys = list(found)
        beyond = np.full(found[keys[0]].shape[1], self.accepted)
        excess = np.array(
            [(found[key] - self.allowed.get(key, beyond)).max(axis=1) for key in keys]
        )
        worst = excess.argmax(axis=0)
        return [keys[row] if excess[row, size] > _SAME else "" for size, row in enumerate(worst)]

    def unsolved(self, at: int, phases: str, kw: float) -> FloatArray:
        """Share of the draws (scenario,) in which the network cannot deliver a load: at least."""
        ports, _ = self.ports(at, phases)
        flows = self._flows(ports, np.array([kw]))
        return self.cases.probability(~flows.converged)

    def probabilities(
        self, ports: LoadPorts, series: SeriesLimits, kw: FloatArray | None
    ) -> dict[str, FloatArray]:
        """Share of the draws that break each rule (size, scenario), with loads (size,) or none."""
        flows = self._flows(ports, kw)
        n_size, n_case = 1 if kw is None else len(kw), len(self.cases)
        roles = {role: np.tile(cases, n_size) for role, cases in self.cases.roles.items()}
        broken = {
            **self._transformer(flows, roles),
            **self._behind(flows, series),
            "no solution": ~flows.converged,
        }
        return {
            key: np.array([self.cases.probability(row) for row in rows.reshape(n_size, n_case)])
            for key, rows in broken.items()
        }

    def _flows(self, ports: LoadPorts, kw: FloatArray | None) -> Flows:
        """Exact power flows of all cases, size by size, or of the cases as they are."""
        p_kw, q_kvar = self.cases.p_kw, self.cases.q_kvar
        if kw is not None:
            own_kw = np.repeat(kw, len(self.cases))
            p_kw = np.vstack([np.tile(p_kw, len(kw)), own_kw])
            q_kvar = np.vstack([np.tile(q_kvar, len(kw)), own_kw * self.tangent])
        return port_flows(ports, p_kw, q_kvar, tolerance_pu=_TOLERANCE_PU)

    def _transformer(self, flows: Flows, roles: dict[str, BoolArray]) -> dict[str, BoolArray]:
        """Rules to act on at the transformer, broken (case,)."""
        limits, trafo = self.limits, self.feeder.area_transformer
        phase_a = np.abs(flows.i_phase)
        of_phase = np.where([roles[role] for role in PHASE], phase_a, 0.0).max(axis=0)
        yyn = trafo.has_yyn_core
        s_kva = np.abs((flows.bus_v * np.conj(flows.i_phase)).sum(axis=0)) / 1e3
        per_a, per_kva = 100 / trafo.rated_a, 100 / (trafo.parallel * trafo.sn_kva)
        rules = (
            ("phase load", of_phase * per_a, limits.phase_overload, True),
            ("load rate", s_kva * per_kva, limits.overload, roles[RATE]),
            ("neutral", flows.i_neutral_a * per_a, limits.neutral(yyn=yyn), roles[NEUTRAL]),
            ("phase peak", phase_a.max(axis=0) * per_a, limits.phase_peak, roles[PEAK]),
        )
        return {
            name: (values > limit.value) & looked_at
            for name, values, limit, looked_at in rules
            if limit is not None and limit.tier == "act"
        }

    def _behind(self, flows: Flows, series: SeriesLimits) -> dict[str, BoolArray]:
        """Low voltages and elements in series per outgoing circuit, broken (case,)."""
        found: dict[str, BoolArray] = {}
        names = [*self.feeder.circuits.name.tolist(), "busbar"]
        limits, ports = self.limits, flows.ports
        if limits.low_voltage.tier == "act":
            lines, parent = self.feeder.lines, self.feeder.nodes.parent_line[ports.node]
            circuit = np.where(parent >= 0, lines.circuit[parent], -1)
            idle = (flows.p_kw == 0) & (flows.q_kvar == 0)
            too_low = (np.abs(flows.v) < limits.low_voltage.value) & ~idle[ports.customer]
            for number in np.unique(circuit).tolist():
                key = f"low voltage, {names[number]}"
                found[key] = self.cases.lasting(too_low[circuit == number])
        elements = series.elements
        if limits.current_limit.tier == "act" and len(elements):
            loading = series.loading_percent(flows.i.astype(np.complex64))
            above = loading > limits.current_limit.value
            keys = set(zip(elements.circuit.tolist(), elements.kind.tolist(), strict=True))
            for number, kind in sorted(keys):
                own = (elements.circuit == number) & (elements.kind == kind)
                found[f"{kind}, {names[number]}"] = self.cases.lasting(above[own])
        return found


def _some(customers: Customers, rows: np.ndarray, phases: str | None) -> Customers:
    """Some customers, the last of them on some phases where they are given."""
    chosen = taken(customers, rows)
    if phases is None:
        return chosen
    share = np.array([letter in phases for letter in PHASES], dtype=np.float64) / len(phases)
    shares = []
    for column in (chosen.p_share, chosen.q_share):
        changed = column.copy()
        changed[-1] = share
        shares.append(changed)
    return replace(chosen, p_share=shares[0], q_share=shares[1])
