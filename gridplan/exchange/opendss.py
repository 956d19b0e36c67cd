"""Write a feeder as an OpenDSS circuit: a folder of scripts that solves to the same voltages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from gridplan.errors import Fault, InputError
from gridplan.exchange.electrical import plain_names
from gridplan.exchange.opendss_customers import customer_statements
from gridplan.exchange.opendss_lines import line_statements
from gridplan.exchange.opendss_transformer import transformer_statements
from gridplan.network.feeder import Feeder, Source
from gridplan.wholefiles import replace_file

#: What stands for no impedance at all: OpenDSS inverts the impedances of source and groundings
#: [ohm at the source, ohm of a grounding].
NO_SOURCE_OHM, NO_GROUNDING_OHM = 1e-6, 1e-7

MASTER = "Master.dss"


def write_opendss(feeder: Feeder, folder: str | Path) -> tuple[Path, tuple[Fault, ...]]:
    """Write ``Master.dss`` and the scripts that it names; returns it and what was changed.

    ``gp.read_opendss`` reads the folder back to the same voltages. Kinds, movable units,
    confidences, meters and circuit breakers have no place there and are left out. The parts of
    the transformer that OpenDSS's own model lacks (zero sequence of its vector group, half of the
    no-load branch) stand beside it as reactors. Raises ``InputError`` for what cannot be written.
    """
    bus = plain_names(feeder.nodes.name.tolist(), "n")
    line = plain_names(feeder.lines.name.tolist(), "l")
    load = plain_names(feeder.customers.id.tolist(), "u")
    faults: list[Fault] = []
    unit = transformer_statements(feeder, bus, faults)
    lines = line_statements(feeder, bus, line, faults)
    customers = customer_statements(feeder, bus, load)
    if any(fault.severity == "error" for fault in faults):
        raise InputError(feeder.name, faults)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    given = [
        *feeder.nodes.name.tolist(),
        *feeder.lines.name.tolist(),
        *feeder.customers.id.tolist(),
    ]
    renamed = [
        (new, old) for new, old in zip((*bus, *line, *load), given, strict=True) if new != old
    ]
    if renamed:
        quoted = [f'{new},"{old.replace(chr(34), chr(34) * 2)}"' for new, old in renamed]
        _write(target / "names.csv", ["opendss,name", *quoted])
        what = "names that OpenDSS cannot have are in names.csv"
        faults.append(_note("dss-names", what, len(renamed)))
    places = _places(feeder, bus)
    if places:
        _write(target / "Buscoords.csv", places)
    _write(target / "Transformer.dss", unit)
    _write(target / "Lines.dss", lines)
    _write(target / "Earth.dss", [*_groundings(feeder, bus), *_shunts(feeder, bus)])
    _write(target / "Loads.dss", customers)
    _write(target / MASTER, _master(feeder, bus, bool(places)))
    left = "kind, movable unit, confidence, meter, breakers and neutral ampacity"
    faults.append(_note("dss-left-out", f"OpenDSS has no place for {left}: left out"))
    return target / MASTER, tuple(faults)


def _note(code: str, what: str, rows: int = 1) -> Fault:
    return Fault(code=code, where="circuit", what=what, severity="note", rows=rows)


def _write(path: Path, statements: Iterable[str]) -> None:
    replace_file(path, "".join(f"{statement}\n" for statement in statements))


def _master(feeder: Feeder, bus: list[str], placed: bool) -> list[str]:
    levels = sorted({round(v * math.sqrt(3) / 1000, 9) for v in feeder.nodes.nominal_v.tolist()})
    return [
        "! Written by gridplan; solve it with: redirect Master.dss",
        "Clear",
        f"Set DefaultBaseFrequency={feeder.f_hz:g}",
        *_source(feeder.source, feeder, bus),
        "Redirect Transformer.dss",
        "Redirect Lines.dss",
        "Redirect Earth.dss",
        "Redirect Loads.dss",
        f"Set VoltageBases=[{', '.join(f'{level:.10g}' for level in levels)}]",
        "CalcVoltageBases",
        *(["BusCoords Buscoords.csv"] if placed else []),
        "Set Tolerance=1e-9 MaxIterations=200",
        "Solve",
    ]


def _source(source: Source, feeder: Feeder, bus: list[str]) -> list[str]:
    name = plain_names([feeder.name], "feeder")[0]
    vn_kv = float(feeder.nodes.nominal_v[source.node]) * math.sqrt(3) / 1000
    z1, z2, z0 = (z or complex(0, NO_SOURCE_OHM) for z in _sequences(source))
    return [
        f"New Circuit.{name} bus1={bus[source.node]}.1.2.3 phases=3 basekv={vn_kv:.10g} "
        f"pu={source.vm_pu:.12g} angle={source.va_degree:.12g} {_pair('Z1', z1)} "
        f"{_pair('Z2', z2)} {_pair('Z0', z0)}"
    ]


def _sequences(source: Source) -> tuple[complex, complex, complex]:
    return source.z1_ohm, source.z2_ohm, source.z0_ohm


def _pair(name: str, z: complex) -> str:
    return f"{name}=[{z.real:.12g}, {z.imag:.12g}]"


def _groundings(feeder: Feeder, bus: list[str]) -> list[str]:
    """Reactors between neutral and earth."""
    return [
        f"New Reactor.ground{number} bus1={bus[node]}.4 bus2={bus[node]}.0 phases=1 "
        f"R={(z.real if z else NO_GROUNDING_OHM):.12g} X={z.imag:.12g}"
        for number, (node, z) in enumerate(
            zip(feeder.groundings.node.tolist(), feeder.groundings.z_ohm.tolist(), strict=True), 1
        )
    ]


def _shunts(feeder: Feeder, bus: list[str]) -> list[str]:
    """Each admittance between two wires, or a wire and the earth, as a reactor of its own."""
    statements = []
    for number, (node, y_s) in enumerate(
        zip(feeder.shunts.node.tolist(), feeder.shunts.y_s, strict=True), 1
    ):
        for i in range(4):
            for j in (-1, *range(i)):
                y = complex(y_s[i].sum() if j < 0 else -y_s[i, j])
                if abs(y) > 1e-12 * np.abs(y_s).max():
                    z = 1 / y
                    statements.append(
                        f"New Reactor.shunt{number}_{i + 1}{j + 1} bus1={bus[node]}.{i + 1} "
                        f"bus2={bus[node]}.{j + 1} phases=1 R={z.real:.12g} X={z.imag:.12g}"
                    )
    return statements


def _places(feeder: Feeder, bus: list[str]) -> list[str]:
    nodes = feeder.nodes
    return [
        f"{name}, {x:.12g}, {y:.12g}"
        for name, x, y in zip(bus, nodes.x.tolist(), nodes.y.tolist(), strict=True)
        if math.isfinite(x) and math.isfinite(y)
    ]
