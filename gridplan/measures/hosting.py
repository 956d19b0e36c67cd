"""Hosting capacity: how much more each node can take, on each phase and on three.

Every node gets a probe. On each of its phases the load is bisected over the exact power flows of
the study's deciding cases. Temperatures and rules to watch are left out: ``answer_connection``
sweeps one load over everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.cases import Demand
from gridplan.demand.pending import PendingConnection
from gridplan.errors import Fault, InputError
from gridplan.frozen import FloatArray, StrArray, own_fields
from gridplan.measures.compare import Judged
from gridplan.measures.hostingcases import deciding_cases
from gridplan.measures.judging import swept
from gridplan.measures.measure import Area
from gridplan.measures.probes import Probes
from gridplan.measures.request import THREE_PHASE, drawing
from gridplan.network.customers import PHASES
from gridplan.network.feeder import Feeder

#: Ways to connect: a column each.
WAYS = (*PHASES, THREE_PHASE)


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
    probe = like or PendingConnection(name="probe", network="", node="", kw=1.0, phases="a")
    cases = deciding_cases(
        sweep,
        feeder.area_transformer,
        rules,
        accepted=accept_probability,
        drawing=drawing(demand, probe),
    )
    names = poles(feeder) if nodes is None else _known(feeder, nodes)
    bench = Probes.of(feeder, names, probe, cases, rules, accept_probability)
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
