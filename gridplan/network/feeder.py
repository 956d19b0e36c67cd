"""The frozen array model of one transformer area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import ComplexArray, FloatArray, IntArray, StrArray, own_fields
from gridplan.network.customers import Customers, PhaseMove

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
    """

    name: StrArray
    bus: IntArray
    nominal_v: FloatArray
    parent_line: IntArray
    x: FloatArray
    y: FloatArray

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
            },
            {},
        )

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Lines, pointing away from the source (``to_node`` is the child), ordered by their children.

    Attributes
    ----------
    name, std_type : str (line,)
    row : int (line,) -- row of the line table in the network file
    from_node, to_node : int (line,) -- index into ``Feeder.nodes``
    length_m : float (line,)
    z_ohm : complex (line, 3, 3) -- series impedance of the whole line, the neutral's drop folded in
        [ohm]
    y_s : complex (line, 3, 3) -- shunt admittance of the whole line, half at each end [S]
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
    ampacity_a: FloatArray
    neutral_ampacity_a: FloatArray
    section: StrArray
    circuit: IntArray

    def __post_init__(self) -> None:
        one, matrix = ("line",), ("line", 3, 3)
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
    """

    name: StrArray
    protection_a: FloatArray
    rcd_ma: FloatArray

    def __post_init__(self) -> None:
        one = ("circuit",)
        own_fields(
            self,
            {
                "name": (np.str_, one),
                "protection_a": (np.float64, one),
                "rcd_ma": (np.float64, one),
            },
            {},
        )

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformer:
    """The MV/LV transformer by its nameplate, in pandapower's terms.

    ``vk0_percent``/``vkr0_percent`` of a Yyn0 transformer are what one measures from the LV side
    with the
    HV side open: leakage plus zero-sequence magnetising through the tank; ``mag0_*`` and
    ``si0_hv_partial``
    serve Dyn only. ``leakage_*_ratio_hv`` place the no-load branch of the T model.
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
    inferred
    or is hard to believe.
    """

    name: str
    nodes: Nodes
    lines: Lines
    circuits: OutgoingCircuits
    transformer: Transformer
    source: Source
    customers: Customers
    f_hz: float = 50.0
    notes: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        trafo = self.transformer
        return (
            f"<Feeder {self.name}: {trafo.sn_kva:g} kVA {trafo.vector_group}, "
            f"{len(self.circuits)} outgoing circuits, {len(self.lines)} lines, "
            f"{len(self.customers)} customers>"
        )

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

    def with_transformer(self, std_type: str) -> Feeder:
        """The feeder with another transformer of the catalogue, on the same tap if it has it."""
        from gridplan.network.catalogue import transformer_of_type

        return replace(self, transformer=transformer_of_type(std_type, self.transformer))

    def with_conductor(self, line_names: Sequence[str], std_type: str) -> Feeder:
        """The feeder with other conductors of the catalogue on the named lines."""
        from gridplan.network.catalogue import lines_of_type

        return replace(self, lines=lines_of_type(std_type, self.lines, line_names, self.f_hz))
