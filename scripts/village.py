"""A village along its streets: circuits of poles, meter boxes at the poles, homes at the boxes.

The plane has its origin at the transformer; x runs east, y north, in metres. Poles stand along
their street, a box hangs to one side of it, its homes fan out behind the box, so that service drops
never lie on the street. Lengths of service drops are the distances of that plane.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from sample_net import Node, Span, conductor

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Poles in a row, one span apart, fed from a node.

    ``types`` are pairs (last pole of the stretch, conductor). ``heading_degree`` counts from east
    towards north.
    """

    circuit: str
    prefix: str
    from_node: str
    poles: int
    span_m: float
    heading_degree: float
    types: Sequence[tuple[int, str]]
    section: str = "main"
    protection_a: float = math.nan
    rcd_ma: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterBox:
    """A box at a pole: one letter of ``phases`` and of ``roles`` per home.

    Roles: "r" resident; "v" vacant, filled by returnees; "e" vacant, stays empty; "t" ten-kilowatt.
    A box on two wires hangs on one phase and moves as a whole; on four, every meter moves alone.
    """

    name: str
    pole: str
    circuit: str
    wires: int
    phases: str
    roles: str
    side: int
    drop_m: float
    box_type: str
    home_type: str
    unit: str = ""

    def __post_init__(self) -> None:
        if len(self.phases) != len(self.roles):
            raise ValueError(f"{self.name}: {len(self.phases)} phases, {len(self.roles)} roles")
        if self.wires == 2 and len(set(self.phases)) > 1:
            raise ValueError(f"{self.name} has two wires and phases {self.phases}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One home of a box."""

    node: str
    box: str
    phase: str
    role: str
    unit: str


@dataclass(slots=True)
class Village:
    """Collects nodes, spans and homes while the village is walked from the transformer outwards."""

    nodes: list[Node] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    heading_degree: dict[str, float] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._add_node("MV", (0.0, -12.0), vn_kv=10.0)
        self._add_node("LV", (0.0, 0.0))

    def _add_node(self, name: str, point: Point, vn_kv: float = 0.4) -> None:
        self.points[name] = point
        self.nodes.append(Node(name=name, vn_kv=vn_kv, x_m=point[0], y_m=point[1]))

    def add_run(self, run: Run) -> None:
        """Poles ``<prefix>01`` ... and the spans of the same names that lead to them."""
        before = run.from_node
        for pole in range(1, run.poles + 1):
            name = f"{run.prefix}{pole:02d}"
            point = _shifted(self.points[before], run.heading_degree, run.span_m)
            self._add_node(name, point)
            self.heading_degree[name] = run.heading_degree
            std_type = next(kind for last, kind in run.types if pole <= last)
            at_cabinet = pole == 1 and run.from_node == "LV"
            self.spans.append(
                Span(
                    name=name,
                    from_node=before,
                    to_node=name,
                    length_m=run.span_m,
                    conductor=conductor(std_type),
                    section=run.section,
                    outgoing_circuit=run.circuit,
                    protection_a=run.protection_a if at_cabinet else math.nan,
                    rcd_ma=run.rcd_ma if at_cabinet else math.nan,
                )
            )
            before = name

    def add_box(self, box: MeterBox) -> None:
        """The box beside its pole and the homes behind it."""
        outward = self.heading_degree[box.pole] + 90.0 * box.side
        self.add_drop(box.name, box.pole, box.circuit, (outward, box.drop_m), box.box_type)
        for number, (phase, role) in enumerate(zip(box.phases, box.roles, strict=True), start=1):
            home = f"{box.name}-{number}"
            offset = _fan(number - 1, len(box.phases), outward)
            self.add_drop(home, box.name, box.circuit, offset, box.home_type)
            unit = box.unit or (box.name if box.wires == 2 else "")
            self.homes.append(Home(node=home, box=box.name, phase=phase, role=role, unit=unit))

    def add_drop(
        self, name: str, from_node: str, circuit: str, offset: tuple[float, float], std_type: str
    ) -> None:
        """A service drop to a new node, ``offset`` = (heading in degrees, metres)."""
        self._add_node(name, _shifted(self.points[from_node], *offset))
        self.spans.append(
            Span(
                name=name,
                from_node=from_node,
                to_node=name,
                length_m=round(offset[1], 1),
                conductor=conductor(std_type),
                section="service",
                outgoing_circuit=circuit,
            )
        )


def _shifted(point: Point, heading_degree: float, length_m: float) -> Point:
    angle = math.radians(heading_degree)
    return point[0] + length_m * math.cos(angle), point[1] + length_m * math.sin(angle)


def _fan(index: int, count: int, outward_degree: float) -> tuple[float, float]:
    """Heading and length of a home's drop: rows of five homes, 8 m apart, behind the box."""
    per_row = 5
    row, place = divmod(index, per_row)
    in_row = min(per_row, count - row * per_row)
    aside = 8.0 * (place - (in_row - 1) / 2.0)
    back = 11.0 + 9.0 * row
    return outward_degree - math.degrees(math.atan2(aside, back)), math.hypot(aside, back)
