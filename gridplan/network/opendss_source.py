"""The source of an OpenDSS circuit: a voltage behind its impedance."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from gridplan.frozen import ComplexArray
from gridplan.network.feeder import Source
from gridplan.network.opendss_parts import Parts

_ALPHA = cmath.exp(2j * math.pi / 3)
_FORTESCUE = np.array([[1, 1, 1], [1, _ALPHA**2, _ALPHA], [1, _ALPHA, _ALPHA**2]])

_PHASES = (1, 2, 3)


def to_sequence(block: ComplexArray) -> ComplexArray:
    """Sequence matrix (3, 3) in the order 0, 1, 2 of a phase matrix."""
    return np.asarray(np.linalg.inv(_FORTESCUE) @ block @ _FORTESCUE, dtype=np.complex128)


def source_bus(parts: Parts) -> str:
    """Bus of the circuit's one source, "" with a fault where there is none that can be taken."""
    for element in parts.sources[1:]:
        what = f"the circuit has {len(parts.sources)} sources"
        parts.fault(element.name, what, "leave one source; write others as generators")
    if not parts.sources:
        parts.fault("circuit", "it has no source", "start the script with: new circuit.name")
        return ""
    element = parts.sources[0]
    numbers = element.conductors[0]
    if numbers != _PHASES or any(element.conductors[1]):
        remedy = "gridplan reads a source on nodes 1, 2, 3 against the earth"
        shown = ", ".join(str(number) for terminal in element.conductors for number in terminal)
        parts.fault(element.name, f"it stands on the nodes {shown}", remedy)
        return ""
    return element.buses[0]


def read_source(engine: Any, parts: Parts, nominal_v: float) -> Source:
    """The circuit's source behind its impedance, at node 0 of that nominal phase voltage [V]."""
    element = parts.sources[0]
    sequence = to_sequence(np.linalg.inv(element.y_s[:3, :3]).astype(np.complex128))
    z0_ohm, z1_ohm, z2_ohm = (complex(sequence[k, k]) for k in range(3))
    vsource = engine.Vsources
    vsource.Name(element.own_name)
    phase_v = float(vsource.BasekV()) * 1000 / math.sqrt(3)
    return Source(
        node=0,
        vm_pu=round(float(vsource.PU()) * phase_v / nominal_v, 12),
        va_degree=float(vsource.AngleDeg()),
        z1_ohm=z1_ohm,
        z2_ohm=z2_ohm,
        z0_ohm=z0_ohm,
    )
