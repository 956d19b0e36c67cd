"""Pending connections: loads that are applied for and may be there by the time of the study."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gridplan.celltext import shown
from gridplan.demand.headings import AREA, CUSTOMER, KW
from gridplan.demand.profiles import QUARTERS, tan_phi
from gridplan.errors import Fault, StudyError
from gridplan.formfiles import accepted, read_form
from gridplan.forms import Form, Row
from gridplan.frozen import FloatArray
from gridplan.network.connections import KINDS
from gridplan.network.customers import PHASES, Customers
from gridplan.network.feeder import Feeder

TABLE = "pending"  #: in ``Customers.table``: no row of the network file holds the customer
FORM = Form(
    code="pending",
    columns={
        "name": ("customer_id", "名称", *CUSTOMER, "申请编号"),
        "network": ("area", *AREA),
        "node": ("节点", "杆号"),
        "kw": ("容量", "功率"),
        "phases": ("phase", "相别"),
        "from": ("开始时间",),
        "to": ("结束时间",),
        "power_factor": ("功率因数",),
        "probability": ("概率",),
        "kind": ("用电类别",),
    },
    needed=("name", "network", "node", "kw", "phases"),
    units={"kw": KW},
)
ALLOWED_PHASES = (*PHASES, "abc")
ALLOWED_KINDS = tuple(kind for kind in KINDS if kind not in ("resident", "vacant", "ten_kilowatt"))
MAX_KW = 1000.0
MAX_NOMINAL_V = 1000.0  #: low voltage ends here, phase to neutral too
DEFAULT_POWER_FACTOR = 0.9
_CLOCK = re.compile(r"([01]?\d|2[0-3]):(00|15|30|45)|24:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingConnection:
    """One connection that is applied for.

    Attributes
    ----------
    name : customer number that it will have
    network : name of its network
    node : name of the node that it will hang on
    kw : demand while it runs [kW]
    phases : "a", "b", "c" or "abc"
    first, last : quarter hours of the day between which it runs, the last one not included; a last
        one before the first lies on the next day
    power_factor : lagging
    probability : that it is there in the study's period
    kind : kind of load, for its dependence on the voltage
    where : place in the file
    """

    name: str
    network: str
    node: str
    kw: float
    phases: str
    first: int = 0
    last: int = QUARTERS
    power_factor: float = DEFAULT_POWER_FACTOR
    probability: float = 1.0
    kind: str = "three_phase"
    where: str = ""

    @property
    def running(self) -> FloatArray:
        """1 in the quarter hours of a day in which it runs, else 0: float (96,)."""
        quarter = np.arange(QUARTERS)
        if self.first < self.last:
            runs = (quarter >= self.first) & (quarter < self.last)
        else:
            runs = (quarter >= self.first) | (quarter < self.last)
        return runs.astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingList:
    """The pending connections of a file, and notes on what was left out of it."""

    connections: tuple[PendingConnection, ...] = ()
    notes: tuple[Fault, ...] = ()

    def of(self, network: str) -> tuple[PendingConnection, ...]:
        """Those of one network."""
        return tuple(one for one in self.connections if one.network == network)

    def connected(self, feeder: Feeder) -> dict[str, PendingConnection]:
        """Those of a feeder by number; ``StudyError`` when they are not its customers already."""
        own = {one.name: one for one in self.of(feeder.name)}
        customers = feeder.customers
        added = set(customers.id[customers.table == TABLE].tolist())
        if added == own.keys():
            return own
        differ = ", ".join(sorted(added ^ own.keys()))
        fault = Fault(
            code="pending-feeder",
            where=feeder.name,
            what=f"the feeder and the study differ in their pending connections: {differ}",
            remedy="take the feeder with_pending() of the same study",
        )
        raise StudyError(feeder.name, [fault])


def read_pending(path: Path) -> PendingList:
    """Read pending connections.

    Columns: ``name, network, node, kw, phases`` and perhaps ``from`` and ``to`` (hours as 08:00),
    ``power_factor``, ``probability``, ``kind``.

    Raises
    ------
    StudyError
        The file is missing or wrong; every fault of it at once.
    """
    faults: list[Fault] = []
    found: list[PendingConnection] = []
    seen: set[tuple[str, str]] = set()
    for row in read_form(path, FORM, faults, refuse=StudyError):
        connection = _connection(row)
        key = (connection.network, connection.name)
        if key in seen:
            row.error("duplicate", f"{connection.name} stands there twice", "keep one row")
        seen.add(key)
        found.append(connection)
    return PendingList(connections=tuple(found), notes=accepted(path, faults, StudyError))


def _connection(row: Row) -> PendingConnection:
    """One row; what is wrong with it is written down."""
    name, network, node, _, written = (row.text(column) for column in FORM.needed)
    phases = "".join(sorted(written.casefold()))
    if phases and phases not in ALLOWED_PHASES:
        what = f"phases is {shown(written)}"
        row.error("phases", what, f"write one of {', '.join(ALLOWED_PHASES)}")
    kind = row["kind"] or "three_phase"
    if kind not in ALLOWED_KINDS:
        row.error("kind", f"kind is {shown(kind)}", f"write one of {', '.join(ALLOWED_KINDS)}")
    first, last = (_quarter(row, column) for column in ("from", "to"))
    if (first is None) != (last is None):
        row.error("hours", "from or to is empty", "give both, or none for the whole day")
    elif first is not None and first == last:
        row.error("hours", "from and to are the same", "leave both empty for all day")
    return PendingConnection(
        name=name,
        network=network,
        node=node,
        kw=row.number("kw", 0.01, MAX_KW),
        phases=phases,
        first=first or 0,
        last=QUARTERS if last is None else last,
        power_factor=_share(row, "power_factor", DEFAULT_POWER_FACTOR, 0.3),
        probability=_share(row, "probability", 1.0, 0.0),
        kind=kind,
        where=row.where,
    )


def _share(row: Row, column: str, default: float, low: float) -> float:
    found = row.number(column, low, 1.0)
    return default if math.isnan(found) else found


def _quarter(row: Row, column: str) -> int | None:
    """Quarter hour of a clock time; None where there is none."""
    text = row[column]
    if not text:
        return None
    if not _CLOCK.fullmatch(text):
        row.error("hours", f"{column} is {shown(text)}", "write whole quarter hours as 08:00")
        return None
    hour, minute = text.split(":")
    return 4 * int(hour) + int(minute) // 15


def with_pending(feeder: Feeder, connections: Sequence[PendingConnection]) -> Feeder:
    """The feeder with the pending connections as customers, after its own.

    Each is a movable unit of its own; three-phase ones share their demand evenly and stay.

    Raises
    ------
    StudyError
        A node is not in the feeder or lacks a phase, or a number is taken; all at once.
    """
    if not connections:
        return feeder
    nodes = {name: at for at, name in enumerate(feeder.nodes.name.tolist())}
    taken = set(feeder.customers.id.tolist())
    faults: list[Fault] = []
    for one in connections:
        needed = [PHASES.index(letter) for letter in one.phases]
        what = ""
        if one.node not in nodes:
            what, remedy = f"{feeder.name} has no node {one.node!r}", "name one of its nodes"
        elif not feeder.nodes.wires[nodes[one.node], needed].all():
            what, remedy = f"node {one.node} lacks phase {one.phases}", "choose its phases"
        elif feeder.nodes.nominal_v[nodes[one.node]] > MAX_NOMINAL_V:
            what, remedy = f"node {one.node} is of medium voltage", "name a node behind the busbar"
        elif one.name in taken:
            what, remedy = f"{one.name} is a customer already", "give another name"
        if what:
            place = one.where or one.name
            faults.append(Fault(code="pending-feeder", where=place, what=what, remedy=remedy))
        taken.add(one.name)
    if faults:
        raise StudyError(feeder.name, faults)
    at = np.array([nodes[one.node] for one in connections])
    return replace(feeder, customers=_appended(feeder.customers, connections, at))


def _appended(
    customers: Customers, connections: Sequence[PendingConnection], node: FloatArray
) -> Customers:
    """The customers and, after them, the pending connections."""
    count = len(connections)
    names = np.array([one.name for one in connections])
    share = np.array([[letter in one.phases for letter in PHASES] for one in connections], float)
    share /= share.sum(axis=1, keepdims=True)
    kw = np.array([one.kw for one in connections])
    tangent = tan_phi(np.array([one.power_factor for one in connections]))
    nothing = np.zeros(count)
    new = {
        "id": names,
        "node": node,
        "p_share": share,
        "q_share": share,
        "wiring": np.full(count, "wye"),
        "kind": np.array([one.kind for one in connections]),
        "p_kw": kw,
        "q_kvar": kw * tangent,
        "const_z": nothing,
        "const_i": nothing,
        "unit": len(customers.unit_names) + np.arange(count),
        "unit_names": names,
        "may_move": np.array([len(one.phases) == 1 for one in connections]),
        "phase_confidence": np.ones(count),
        "priority": np.zeros(count, dtype=bool),
        "meter_a": np.full(count, np.nan),
        "table": np.full(count, TABLE),
        "row": np.arange(count),
    }
    joined = {name: np.concatenate([getattr(customers, name), more]) for name, more in new.items()}
    return replace(customers, **joined)
