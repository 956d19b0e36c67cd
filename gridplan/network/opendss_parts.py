"""What stands in an OpenDSS circuit, as plain values: conductors and admittances."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import ComplexArray

NEUTRAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of the circuit.

    Attributes
    ----------
    name : with its class, "line.l1"
    buses : one per terminal
    conductors : per terminal the number of each conductor at its bus; 0 earth, 1 to 3 phases, 4
        neutral
    y_s : complex (end, end) -- primitive admittance, terminal after terminal [S]
    """

    name: str
    buses: tuple[str, ...]
    conductors: tuple[tuple[int, ...], ...]
    y_s: ComplexArray

    @property
    def kind(self) -> str:
        """Its class."""
        return self.name.partition(".")[0]

    @property
    def own_name(self) -> str:
        """Its name without the class."""
        return self.name.partition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """What joins two buses wire by wire: a line, a series reactor or capacitor.

    Attributes
    ----------
    wires : of both ends together, as positions in a, b, c, neutral
    at : per end the wires that stand at the bus; the neutral is on the earth where it is missing
    z_ohm, y_s : complex (4, 4) -- 0 where a wire is missing; see ``Lines``
    """

    name: str
    buses: tuple[str, str]
    wires: tuple[int, ...]
    at: tuple[tuple[int, ...], tuple[int, ...]]
    z_ohm: ComplexArray
    y_s: ComplexArray
    neutral_open: bool = False
    std_type: str = ""
    length_m: float = 0.0
    ampacity_a: float = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shunt:
    """What stands between the wires of one bus and the earth: ``y_s`` complex (4, 4) [S]."""

    name: str
    bus: str
    y_s: ComplexArray

    @property
    def is_grounding(self) -> bool:
        """It joins nothing but the neutral to the earth."""
        return bool(self.y_s[3, 3]) and np.count_nonzero(self.y_s) == 1


@dataclass(slots=True, kw_only=True)
class Parts:
    """The circuit taken apart, and everything in it that gridplan cannot take."""

    branches: list[Branch] = field(default_factory=list)
    shunts: list[Shunt] = field(default_factory=list)
    transformers: list[Element] = field(default_factory=list)
    sources: list[Element] = field(default_factory=list)
    consumers: list[Element] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, where: str, what: str, remedy: str) -> None:
        """Note down something that cannot be taken."""
        self.faults.append(Fault(code="dss-unsupported", where=where, what=what, remedy=remedy))
