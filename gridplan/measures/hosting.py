"""Hosting capacity: how much more each node can take, on each phase and on three.

Every node gets a probe customer; all probes share one reduction of the feeder to its load ports, so
that a node and a phase are a choice of ports. For each the load is bisected over the exact power
flows of the study's deciding cases, all cases of a size at once. Temperatures and rules to watch
are left out: ``answer_connection`` sweeps one load over everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.cases import Demand
from gridplan.demand.pending import PendingConnection, with_pending
from gridplan.demand.profiles import tan_phi
from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, FloatArray, StrArray, own_fields
from gridplan.measures.compare import Judged
from gridplan.measures.hostingcases import (
    NEUTRAL,
    PEAK,
    PHASE,
    RATE,
    VOLTAGE,
    DecidingCases,
    deciding_cases,
)
from gridplan.measures.judging import swept
from gridplan.measures.measure import Area
from gridplan.measures.request import LOAD_PROFILES, THREE_PHASE, drawing
from gridplan.network.additions import taken
from gridplan.network.customers import PHASES, Customers
from gridplan.network.feeder import Feeder
from gridplan.powerflow.ports import LoadPorts, PortModel, build_ports, load_ports
from gridplan.powerflow.series import SeriesLimits, series_limits
from gridplan.powerflow.solver import Flows, port_flows

#: Ways to connect: a column each.
WAYS = (*PHASES, THREE_PHASE)
#: The first load tried; loads are found to within this share of them, and this much [kW].
_FIRST_KW, _RESOLUTION, _LEAST_KW = 2.0, 0.01, 0.05
#: Voltages of these flows are exact to this [pu].
_TOLERANCE_PU = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hosting:
    """How much more the nodes of a feeder can take.

    Attributes
    ----------
    feeder_name : of what
    node : str (node,) -- names
    phases : ways to connect: "a", "b", "c", "abc"
    kw : float (node, way) -- largest load that keeps the rules, NaN where the node lacks a phase
        [kW]; ``max_kw`` means that or more
    limited_by : str (node, way) -- the rule that more load would break, "" at ``max_kw``
    max_kw : the largest load that was asked about [kW]
    n_case : cases that decided
    """

    feeder_name: str
    node: StrArray
    phases: tuple[str, ...]
    kw: FloatArray
    limited_by: StrArray
    max_kw: float
    n_case: int

    def __post_init__(self) -> None:
        way = ("node", "way")
        own_fields(
            self,
            {
                "node": (np.str_, ("node",)),
                "kw": (np.float64, way),
                "limited_by": (np.str_, way),
            },
            {"way": len(self.phases)},
        )

    def __len__(self) -> int:
        return len(self.node)

    def __repr__(self) -> str:
        known = self.kw[:, -1][np.isfinite(self.kw[:, -1])]
        reach = f"{known.min():.1f} to {known.max():.1f} kW" if known.size else "none"
        return f"<Hosting {self.feeder_name}: {len(self)} nodes, {reach} on three phases>"

    def to_records(self) -> list[dict[str, Any]]:
        """One row per node, plain values; None where the node lacks a phase."""
        rows = []
        for at, name in enumerate(self.node.tolist()):
            row: dict[str, Any] = {"node": name}
            for way, phases in enumerate(self.phases):
                kw = float(self.kw[at, way])
                row[f"kw_{phases}"] = kw if np.isfinite(kw) else None
            for way, phases in enumerate(self.phases):
                row[f"limited_by_{phases}"] = str(self.limited_by[at, way])
            rows.append(row)
        return rows


def hosting_capacity(
    feeder: Feeder,
    demand: Demand,
    limits: Limits | None = None,
    *,
    accept_probability: float = 0.05,
    nodes: Sequence[str] | None = None,
    like: PendingConnection | None = None,
    max_kw: float = 100.0,
    before: Judged | None = None,
) -> Hosting:
    """Work out how much more each node can take on phase a, b, c and on three phases.

    A load is too large where more draws than today, and more than the study accepts, break a rule
    to act on in the deciding cases: phase load, load rate, neutral, a winding's peak, low voltages
    and every element in series with a rating.

    Parameters
    ----------
    feeder, demand : today's feeder and what its customers draw
    limits : rule set, default "cn-default"
    accept_probability : share of the draws that may break a rule
    nodes : names; None: the busbar and all poles
    like : gives hours and power factor of the load; None: all day, 0.9
    max_kw : the largest load asked about [kW]
    before : today's sweep, where it exists already

    Raises
    ------
    InputError
        a node is not there
    """
    rules = limits if limits is not None else limits_named("cn-default")
    sweep = before.sweep if before is not None else swept(Area(feeder=feeder, demand=demand), rules)
    flat = LOAD_PROFILES["flat"]
    probe = like or PendingConnection(
        name="probe", network=feeder.name, node="", kw=1.0, phases="a",
        power_factor=flat.power_factor,
    )  # fmt: skip
    cases = deciding_cases(
        sweep,
        feeder.area_transformer,
        rules,
        accepted=accept_probability,
        drawing=drawing(demand, probe),
    )
    names = poles(feeder) if nodes is None else _known(feeder, nodes)
    bench = _Probes.of(feeder, names, probe, cases, rules, accept_probability)
    kw = np.full((len(names), len(WAYS)), np.nan)
    limited_by = np.full(kw.shape, "", dtype=object)
    for at in range(len(names)):
        for way, phases in enumerate(WAYS):
            if bench.possible(at, phases):
                kw[at, way], limited_by[at, way] = bench.largest(at, phases, max_kw)
    return Hosting(
        feeder_name=feeder.name,
        node=np.array(names, dtype=np.str_),
        phases=WAYS,
        kw=kw,
        limited_by=limited_by.astype(np.str_),
        max_kw=max_kw,
        n_case=len(cases),
    )


def poles(feeder: Feeder) -> list[str]:
    """The busbar and every low-voltage node that is no end of a service line."""
    ends = set(feeder.lines.to_node[feeder.lines.section == "service"].tolist())
    lv = range(feeder.busbar, len(feeder.nodes))
    return [str(feeder.nodes.name[node]) for node in lv if node not in ends]


def _known(feeder: Feeder, nodes: Sequence[str]) -> list[str]:
    """The names, or ``InputError`` with all that are not there."""
    there = set(feeder.nodes.name[feeder.busbar :].tolist())
    faults = [
        Fault(
            code="node",
            where=name,
            what=f"{feeder.name} has no such low-voltage node",
            remedy="name one of its nodes",
        )
        for name in nodes
        if name not in there
    ]
    if faults:
        raise InputError("hosting", faults)
    return list(nodes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Probes:
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
    ) -> _Probes:
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
        today = made.probabilities(*made.ports(0, PHASES[0], with_it=False), kw=None)
        return replace(made, allowed={key: np.maximum(p, accepted) for key, p in today.items()})

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

        Loads are doubled until one is too large, then halved in between: far beyond its limit a
        network has no solution, and to find that out takes long.
        """
        ports, series = self.ports(at, phases)
        low, high = 0.0, min(_FIRST_KW, max_kw)
        limited_by = self.broken(ports, series, high)
        while not limited_by:
            if high >= max_kw:
                return max_kw, ""
            low, high = high, min(2 * high, max_kw)
            limited_by = self.broken(ports, series, high)
        while high - low > max(_RESOLUTION * high, _LEAST_KW):
            middle = (low + high) / 2
            found = self.broken(ports, series, middle)
            low, high, limited_by = (low, middle, found) if found else (middle, high, limited_by)
        return low, limited_by

    def broken(self, ports: LoadPorts, series: SeriesLimits, kw: float) -> str:
        """The rule that a load breaks in most draws more than are allowed; "" when none."""
        excess = {
            key: float((p - self.allowed.get(key, np.full_like(p, self.accepted))).max())
            for key, p in self.probabilities(ports, series, kw=kw).items()
        }
        worst = max(excess, key=lambda key: excess[key])
        return worst if excess[worst] > 1e-12 else ""

    def probabilities(
        self, ports: LoadPorts, series: SeriesLimits, *, kw: float | None
    ) -> dict[str, FloatArray]:
        """Share of the draws (scenario,) that break each rule, with a load of the probe or none."""
        p_kw, q_kvar = self.cases.p_kw, self.cases.q_kvar
        if kw is not None:
            p_kw = np.vstack([p_kw, np.full(len(self.cases), kw)])
            q_kvar = np.vstack([q_kvar, np.full(len(self.cases), kw * self.tangent)])
        flows = port_flows(ports, p_kw, q_kvar, tolerance_pu=_TOLERANCE_PU)
        broken = {**self._transformer(flows), **self._behind(flows, series)}
        roles, unsolved = self.cases.roles, ~flows.converged
        return {
            key: self.cases.probability((values | unsolved) & roles.get(key, roles[VOLTAGE]))
            for key, values in broken.items()
        }

    def _transformer(self, flows: Flows) -> dict[str, BoolArray]:
        """Rules to act on at the transformer, broken (case,)."""
        limits, trafo = self.limits, self.feeder.area_transformer
        highest_a = np.abs(flows.i_phase).max(axis=0)
        s_kva = np.abs((flows.bus_v * np.conj(flows.i_phase)).sum(axis=0)) / 1e3
        per_a, per_kva = 100 / trafo.rated_a, 100 / (trafo.parallel * trafo.sn_kva)
        rules = (
            (PHASE, highest_a * per_a, limits.phase_overload),
            (RATE, s_kva * per_kva, limits.overload),
            (NEUTRAL, flows.i_neutral_a * per_a, limits.neutral(yyn=trafo.has_yyn_core)),
            (PEAK, highest_a * per_a, limits.phase_peak),
        )
        return {
            role: values > limit.value
            for role, values, limit in rules
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
                found[key] = too_low[circuit == number].any(axis=0)
        elements = series.elements
        if limits.current_limit.tier == "act" and len(elements):
            loading = series.loading_percent(flows.i.astype(np.complex64))
            above = loading > limits.current_limit.value
            keys = set(zip(elements.circuit.tolist(), elements.kind.tolist(), strict=True))
            for number, kind in sorted(keys):
                own = (elements.circuit == number) & (elements.kind == kind)
                found[f"{kind}, {names[number]}"] = above[own].any(axis=0)
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
