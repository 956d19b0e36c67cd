"""Lines as OpenDSS statements: a line code per type and a line per section."""

from __future__ import annotations

import math

import numpy as np

from gridplan.errors import Fault
from gridplan.exchange.electrical import plain_names
from gridplan.frozen import FloatArray
from gridplan.network.feeder import Feeder
from gridplan.network.writer import lengths_km

#: Where impedances per kilometre agree to this many digits, lines share a line code.
_DIGITS = 11


def line_statements(
    feeder: Feeder, bus: list[str], names: list[str], faults: list[Fault]
) -> list[str]:
    """Line codes, then lines; the neutral is node 4. A conductance along a line is left out."""
    lines = feeder.lines
    km = lengths_km(feeder)
    nano = 1e9 / (2 * math.pi * feeder.f_hz)
    codes: dict[tuple[str, str], str] = {}
    count: dict[str, int] = {}
    statements = []
    for line, name in enumerate(names):
        wires = np.flatnonzero(lines.wires[line])
        if lines.neutral_open[line]:
            wires = wires[wires < 3]
        at = np.ix_(wires, wires)
        z, c = lines.z_ohm[line][at] / km[line], lines.y_s[line].imag[at] * nano / km[line]
        body = (
            f"nphases={len(wires)} basefreq={feeder.f_hz:g} units=km rmatrix={_lower(z.real)} "
            f"xmatrix={_lower(z.imag)} cmatrix={_lower(c)}"
        )
        std_type = str(lines.std_type[line])
        if (std_type, body) not in codes:
            stem = plain_names(["".join(x if x.isalnum() else "_" for x in std_type)], "line")[0]
            count[stem] = count.get(stem, 0) + 1
            codes[std_type, body] = f"{stem}_{count[stem]}"
        nodes = "".join(f".{wire + 1}" for wire in wires)
        amps = lines.ampacity_a[line]
        rated = f" normamps={amps:.10g} emergamps={amps:.10g}" if math.isfinite(amps) else ""
        statements.append(
            f"New Line.{name} bus1={bus[lines.from_node[line]]}{nodes} "
            f"bus2={bus[lines.to_node[line]]}{nodes} linecode={codes[std_type, body]} "
            f"length={km[line]:.12g} units=km{rated}"
        )
    leaking = int((np.abs(lines.y_s.real).sum(axis=(1, 2)) > 0).sum())
    if leaking:
        what = "conductance along lines is left out: OpenDSS has none"
        faults.append(
            Fault(code="dss-conductance", where="lines", what=what, severity="note", rows=leaking)
        )
    heads = [f"New LineCode.{code} {body}" for (_, body), code in codes.items()]
    return [*heads, *statements]


def _lower(matrix: FloatArray) -> str:
    rows = (
        " ".join(f"{x:.{_DIGITS}g}" for x in row[: k + 1]) for k, row in enumerate(matrix.tolist())
    )
    return f"({' | '.join(rows)})"
