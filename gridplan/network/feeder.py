"""The frozen array model of one transformer area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, ComplexArray, FloatArray, IntArray, StrArray, own_fields
from gridplan.network.customers import Customers, PhaseMove
from gridplan.network.ground import Groundings, Shunts

if TYPE_CHECKING:
    import pandapower


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nodes:
    """Nodes, medium-voltage ones first, then the LV busbar, then every node after its parent.

    Attributes
    ----------
    name : str (node,)
    bus : int (node,) -- index of the (first) bus in the network file
    nominal_v : float (node,) -- nominal phase-to-neutral voltage [V]
    parent_line : int (node,) -- the line that feeds the node, -1 for the source's and the
        transformer's nodes
    x, y : float (node,) -- coordinates as the network file gives them, NaN where it gives none
    wires : bool (node, 4) -- which of a, b, c and the neutral stand at the node; one without a
        neutral has the earth for its reference
    """

    name: StrArray
    bus: IntArray
    nominal_v: FloatArray
    parent_line: IntArray
    x: FloatArray
    y: FloatArray
    wires: BoolArray

    def __post_init__(self) -> None:
        one = ("node",)
        own_fields(
            self,
            {
                "name": (np.str_, one),
                "bus": (np.int64, one),
                "nominal_v": (np.float64, one),
                "parent_line": (np.int64, one),
                "x": (np.float64, one),
                "y": (np.float64, one),
                "wires": (np.bool_, ("node", 4)),
            },
            {},
        )

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Lines, pointing away from the source (``to_node`` is the child), ordered by their children.

    Lines that close a loop come last; ``Nodes.parent_line`` knows the others.

    Attributes
    ----------
    name, std_type : str (line,)
    row : int (line,) -- row of the line table in the network file
    from_node, to_node : int (line,) -- index into ``Feeder.nodes``
    length_m : float (line,)
    z_ohm : complex (line, wire, wire) -- series impedance of the whole line [ohm]; three wires
        a, b, c with the neutral's drop folded in, or four with the neutral explicit; 0 where a line
        lacks a wire
    y_s : complex (line, wire, wire) -- shunt admittance of the whole line, half at each end [S]
    wires : bool (line, wire) -- which wires the line has
    neutral_open : bool (line,) -- the neutral is broken in this line
    ampacity_a, neutral_ampacity_a : float (line,) -- NaN where unknown
    section : str (line,) -- "main", "lateral" or "service" (service drop); "mv" before the
        transformer
    circuit : int (line,) -- outgoing circuit, -1 before the transformer
    """

    name: StrArray
    std_type: StrArray
    row: IntArray
    from_node: IntArray
    to_node: IntArray
    length_m: FloatArray
    z_ohm: ComplexArray
    y_s: ComplexArray
    wires: BoolArray
    neutral_open: BoolArray
    ampacity_a: FloatArray
    neutral_ampacity_a: FloatArray
    section: StrArray
    circuit: IntArray

    def __post_init__(self) -> None:
        one, matrix = ("line",), ("line", "wire", "wire")
        own_fields(
            self,
            {
                "name": (np.str_, one),
                "std_type": (np.str_, one),
                "row": (np.int64, one),
                "from_node": (np.int64, one),
                "to_node": (np.int64, one),
                "length_m": (np.float64, one),
                "z_ohm": (np.complex128, matrix),
                "y_s": (np.complex128, matrix),
                "wires": (np.bool_, ("line", "wire")),
                "neutral_open": (np.bool_, one),
                "ampacity_a": (np.float64, one),
                "neutral_ampacity_a": (np.float64, one),
                "section": (np.str_, one),
                "circuit": (np.int64, one),
            },
            {},
        )

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutgoingCircuits:
    """The LV circuits that leave the distribution cabinet.

    Attributes
    ----------
    name : str (circuit,)
    protection_a : float (circuit,) -- rated current of its fuse or breaker [A], NaN where unknown
    rcd_ma : float (circuit,) -- rated residual current of its residual-current device [mA], NaN
        where there is none
    leakage_ma : float (circuit,) -- standing leakage measured there [mA], NaN where nobody did
    """

    name: StrArray
    protection_a: FloatArray
    rcd_ma: FloatArray
    leakage_ma: FloatArray

    def __post_init__(self) -> None:
        one = ("circuit",)
        own_fields(
            self,
            {
                "name": (np.str_, one),
                "protection_a": (np.float64, one),
                "rcd_ma": (np.float64, one),
                "leakage_ma": (np.float64, one),
            },
            {},
        )

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformer:
    """The MV/LV transformer by its nameplate, in pandapower's terms.

    ``vk0_percent``/``vkr0_percent`` of a Yyn0 transformer are what one measures from the LV side
    with the HV side open: leakage plus zero-sequence magnetising through the tank; of Yzn what one
    measures from the LV side, the leakage between the half windings. ``mag0_*`` and
    ``si0_hv_partial`` serve Dyn and YNyn0 only. ``leakage_*_ratio_hv`` place the no-load branch of
    the T model. The LV star point stands on the neutral of ``lv_node``, on the earth where that
    node has none. ``ambient_surcharge_k``: how much warmer than outdoors it is around it [K].
    """

    name: str
    std_type: str
    hv_node: int
    lv_node: int
    sn_kva: float
    vn_hv_kv: float
    vn_lv_kv: float
    vector_group: str
    shift_degree: float
    vk_percent: float
    vkr_percent: float
    vk0_percent: float
    vkr0_percent: float
    mag0_percent: float
    mag0_rx: float
    si0_hv_partial: float
    pfe_kw: float
    i0_percent: float
    tap_side: str = "hv"
    tap_neutral: float = 0.0
    tap_pos: float = 0.0
    tap_min: float = 0.0
    tap_max: float = 0.0
    tap_step_percent: float = 0.0
    parallel: int = 1
    leakage_resistance_ratio_hv: float = 0.5
    leakage_reactance_ratio_hv: float = 0.5
    ambient_surcharge_k: float = 0.0

    @property
    def rated_a(self) -> float:
        """Rated LV line current [A]."""
        return self.parallel * self.sn_kva / (math.sqrt(3.0) * self.vn_lv_kv)

    @property
    def has_yyn_core(self) -> bool:
        """True for Yyn groups, whose zero sequence magnetises the tank."""
        return self.vector_group.lower().startswith("yyn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The supply as pandapower defines it: ``vm_pu`` holds at its node in the positive sequence.

    ``z1_ohm``, ``z2_ohm``, ``z0_ohm`` are internal impedances per sequence at its node's voltage
    [ohm];
    a pandapower ``ext_grid`` gives ``z1_ohm`` = 0.
    """

    node: int
    vm_pu: float
    va_degree: float
    z1_ohm: complex
    z2_ohm: complex
    z0_ohm: complex


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Feeder:
    """One transformer area: nodes, lines, outgoing circuits, transformer, source, customers.

    A measure never edits a feeder; the ``with_*`` methods return a new one. ``notes`` say what was
    inferred or is hard to believe. A medium-voltage feeder has no ``transformer``; its outgoing
    circuits leave the source's node.
    """

    name: str
    nodes: Nodes
    lines: Lines
    circuits: OutgoingCircuits
    transformer: Transformer | None
    source: Source
    customers: Customers
    groundings: Groundings = field(default_factory=Groundings.none)
    shunts: Shunts = field(default_factory=Shunts.none)
    f_hz: float = 50.0
    notes: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        trafo = self.transformer
        head = "no transformer" if trafo is None else f"{trafo.sn_kva:g} kVA {trafo.vector_group}"
        return (
            f"<Feeder {self.name}: {head}, "
            f"{len(self.circuits)} outgoing circuits, {len(self.lines)} lines, "
            f"{len(self.customers)} customers>"
        )

    @property
    def busbar(self) -> int:
        """The node that the outgoing circuits leave: the LV busbar, or the source's node."""
        return self.source.node if self.transformer is None else self.transformer.lv_node

    @property
    def customer_circuit(self) -> IntArray:
        """Outgoing circuit of each customer: int (customer,); -1 for one at the busbar itself."""
        line = self.nodes.parent_line[self.customers.node]
        if not len(self.lines):
            return np.full(len(line), -1)
        return np.where(line >= 0, self.lines.circuit[line], -1)

    @property
    def area_transformer(self) -> Transformer:
        """The transformer; ``InputError`` for a feeder without one."""
        if self.transformer is None:
            fault = Fault(
                code="no-transformer",
                where=self.name,
                what="this feeder has no transformer, and what was asked for is about it",
                remedy="take a feeder that begins at the medium-voltage side of a transformer",
            )
            raise InputError(self.name, [fault])
        return self.transformer

    @classmethod
    def from_pandapower(cls, net: pandapower.pandapowerNet, name: str | None = None) -> Feeder:
        """Take a pandapower net that is already in memory; it is read, never changed.

        Raises ``NetworkError`` with every fault of the net.
        """
        from gridplan.network.reader import feeder_from_net

        return feeder_from_net(net, name)

    def with_phases(self, moves: Sequence[PhaseMove]) -> Feeder:
        """The feeder with the units of ``moves`` reconnected."""
        return replace(self, customers=self.customers.moved(tuple(moves)))

    def with_fixed(self, customer_ids: Sequence[str]) -> Feeder:
        """The feeder with these customers, and so their units, kept on their phases.

        Names that it does not have change nothing.
        """
        fixed = np.isin(self.customers.id, list(customer_ids))
        customers = replace(self.customers, may_move=self.customers.may_move & ~fixed)
        return replace(self, customers=customers)

    def with_transformer(self, std_type: str) -> Feeder:
        """The feeder with another transformer of the catalogue, on the same tap if it has it."""
        from gridplan.network.catalogue import transformer_of_type

        return replace(self, transformer=transformer_of_type(std_type, self.area_transformer))

    def with_conductor(self, line_names: Sequence[str], std_type: str) -> Feeder:
        """The feeder with other conductors of the catalogue on the named lines."""
        from gridplan.network.catalogue import lines_of_type

        return replace(self, lines=lines_of_type(std_type, self.lines, line_names, self.f_hz))

    def with_tap(self, tap_pos: float) -> Feeder:
        """The feeder on another position of its off-load tap changer; ``InputError`` if none."""
        from gridplan.network.changes import tapped

        return replace(self, transformer=tapped(self.area_transformer, tap_pos))

    def with_second_line(self, line_names: Sequence[str], std_type: str) -> Feeder:
        """The feeder with a second line of the catalogue beside each of the named ones."""
        from gridplan.network.changes import with_second_line

        return replace(self, lines=with_second_line(self.lines, line_names, std_type, self.f_hz))

    def with_three_phase_service(self, customer_ids: Sequence[str], std_type: str) -> Feeder:
        """The feeder with single-phase customers on three phases, over new service drops."""
        from gridplan.network.changes import with_three_phase_service

        return with_three_phase_service(self, customer_ids, std_type)

    def with_capacitor(self, node: str, kvar: float) -> Feeder:
        """The feeder with a fixed three-phase capacitor at a node, ``kvar`` at nominal voltage."""
        from gridplan.network.changes import with_capacitor

        return with_capacitor(self, node, kvar)

    def with_source_pu(self, vm_pu: float) -> Feeder:
        """The feeder at another voltage of its medium-voltage supply."""
        return replace(self, source=replace(self.source, vm_pu=vm_pu))

    def with_open_neutral(self, line: str) -> Feeder:
        """The feeder with the neutral broken in the named line: a fault that burns appliances.

        What hangs behind it keeps its phases, but its neutral floats. ``InputError`` when there is
        no such line behind the transformer.
        """
        at = (self.lines.name == line) & (self.lines.circuit >= 0)
        if not at.any():
            fault = Fault(
                code="unknown-line",
                where=line,
                what=f"{self.name} has no such line behind its busbar",
                remedy="name one of feeder.lines.name",
            )
            raise InputError("with_open_neutral", [fault])
        lines = replace(self.lines, neutral_open=self.lines.neutral_open | at)
        return replace(self, lines=lines)

    def with_load_models(self) -> Feeder:
        """The feeder with the voltage dependence of each kind of customer, see ``load_models``.

        Without it customers draw what the network file says, by default constant power.
        """
        from gridplan.network.load_models import with_load_models

        return replace(self, customers=with_load_models(self.customers))

    def with_zero_sequence(self, vk0_percent: float) -> Feeder:
        """The feeder with another zero-sequence impedance of its transformer, same angle [%].

        For Yyn0 it is rarely measured and lies between 40 and 150 %: sweep that range.
        """
        trafo = self.area_transformer
        ratio = trafo.vkr0_percent / trafo.vk0_percent
        changed = replace(trafo, vk0_percent=vk0_percent, vkr0_percent=ratio * vk0_percent)
        return replace(self, transformer=changed)
