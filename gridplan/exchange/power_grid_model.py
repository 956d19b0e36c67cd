"""Write a feeder as the input of power-grid-model: its JSON, without that library."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from gridplan.errors import Fault, InputError
from gridplan.exchange.electrical import UnitAsPi, export_note, folding_notes, unit_as_pi
from gridplan.frozen import ComplexArray
from gridplan.network.feeder import Feeder, Transformer
from gridplan.powerflow.components import FORTESCUE, FORTESCUE_INVERSE, folded
from gridplan.wholefiles import replace_file

#: A stiff source: power-grid-model wants a short-circuit power, and loses digits where it is out of
#: all proportion [VA]. At 10 kV it is 10 microohms.
_STIFF_VA = 1e13
_AS_LEAKAGE = 1e-6  #: a YNyn0 may differ by this share from having one leakage for all sequences
_ALIKE = 1e-9  #: share of a line's impedance up to which its phases are alike
_CONSTANT_POWER, _CONSTANT_IMPEDANCE, _CONSTANT_CURRENT = 0, 1, 2
_WYE, _WYE_N, _DELTA = 0, 1, 2
_PAIRS = (("aa", 0, 0), ("ba", 1, 0), ("bb", 1, 1), ("ca", 2, 0), ("cb", 2, 1), ("cc", 2, 2))

Component = dict[str, Any]


def write_power_grid_model(feeder: Feeder, path: str | Path) -> tuple[Path, tuple[Fault, ...]]:
    """Write the JSON file of an input dataset; returns it and what was changed.

    power-grid-model knows components by numbers: nodes, lines and customers have the numbers of
    their order in the feeder, one after the other, and a table of names stands beside the file
    (``....names.csv``). What its transformer lacks (the zero sequence of the vector group, a
    no-load branch off the middle) is a shunt at the busbar. Raises ``InputError`` for what it
    cannot hold: customers between phases, an YNyn0 whose zero sequence is not its leakage.
    """
    faults = folding_notes(feeder)
    delta = np.flatnonzero(feeder.customers.wiring == "delta")
    for k in delta.tolist():
        what, remedy = "power-grid-model has no loads between phases", "export to OpenDSS"
        where = f"customer {feeder.customers.id[k]}"
        faults.append(Fault(code="pgm-delta", where=where, what=what, remedy=remedy))
    numbers = _Numbers(feeder)
    data: dict[str, list[Component]] = {
        "node": [
            {"id": k, "u_rated": float(v) * math.sqrt(3)}
            for k, v in enumerate(feeder.nodes.nominal_v)
        ],
        "line": [],
        "asym_line": [],
        "transformer": [],
        "shunt": [],
        "source": [],
        "asym_load": _loads(feeder, numbers),
        "asym_gen": [],
    }
    _add_lines(feeder, data, numbers, faults)
    _add_source(feeder, data, numbers)
    if feeder.transformer is not None:
        _add_transformer(feeder.transformer, feeder, data, numbers, faults)
    if any(fault.severity == "error" for fault in faults):
        raise InputError(feeder.name, faults)
    content = {
        "version": "1.0",
        "type": "input",
        "is_batch": False,
        "attributes": {},
        "data": {name: rows for name, rows in data.items() if rows},
    }
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, json.dumps(content, indent=1))
    replace_file(target.with_suffix(".names.csv"), numbers.table(feeder))
    return target, tuple(faults)


class _Numbers:
    """Numbers of the components: nodes, lines, customers, then what the export adds."""

    def __init__(self, feeder: Feeder) -> None:
        self.line = len(feeder.nodes)
        self.customer = self.line + len(feeder.lines)
        self._next = self.customer + len(feeder.customers)

    def fresh(self) -> int:
        self._next += 1
        return self._next - 1

    def table(self, feeder: Feeder) -> str:
        rows = ["id,component,name"]
        for start, kind, names in (
            (0, "node", feeder.nodes.name),
            (self.line, "line", feeder.lines.name),
            (self.customer, "customer", feeder.customers.id),
        ):
            quoted = (name.replace('"', '""') for name in names.tolist())
            rows += [f'{start + k},{kind},"{name}"' for k, name in enumerate(quoted)]
        return "".join(f"{row}\n" for row in rows)


def _loads(feeder: Feeder, numbers: _Numbers) -> list[Component]:
    """One load per customer, further ones for its shares of constant impedance and current."""
    customers, rows = feeder.customers, []
    for k in range(len(customers)):
        z, i = float(customers.const_z[k]), float(customers.const_i[k])
        shares = {_CONSTANT_POWER: 1 - z - i, _CONSTANT_IMPEDANCE: z, _CONSTANT_CURRENT: i}
        kept = {model: share for model, share in shares.items() if abs(share) > 1e-12}
        for n, (model, share) in enumerate(kept.items()):
            p_w = 1e3 * share * customers.p_kw[k] * customers.p_share[k]
            q_var = 1e3 * share * customers.q_kvar[k] * customers.q_share[k]
            rows.append(
                {
                    "id": numbers.customer + k if n == 0 else numbers.fresh(),
                    "node": int(customers.node[k]),
                    "status": 1,
                    "type": model,
                    "p_specified": p_w.tolist(),
                    "q_specified": q_var.tolist(),
                }
            )
    return rows


def _add_lines(
    feeder: Feeder, data: dict[str, list[Component]], numbers: _Numbers, faults: list[Fault]
) -> None:
    """Lines by their sequences where the phases are alike, else by their matrix."""
    lines, omega = feeder.lines, 2 * math.pi * feeder.f_hz
    z_ohm, y_s = folded(lines.z_ohm), lines.y_s[:, :3, :3]
    # a missing phase is a wire of the same kind: no customer hangs on it, so it carries nothing
    whole = _all_phases(z_ohm)
    uneven_charge = 0
    for k in range(len(lines)):
        charge = _sequence(y_s[k]).imag / omega
        ends = {
            "id": numbers.line + k,
            "from_node": int(lines.from_node[k]),
            "to_node": int(lines.to_node[k]),
            "from_status": 1,
            "to_status": 1,
            "i_n": float(np.nan_to_num(lines.ampacity_a[k], nan=1e4)),
            "c1": float(charge[1]),
            "c0": float(charge[0]),
        }
        uneven_charge += not _even(y_s[k])
        if _even(whole[k]):
            z0, z1 = _sequence(whole[k])[:2].tolist()
            own = {"r1": z1.real, "x1": z1.imag, "r0": z0.real, "x0": z0.imag}
            data["line"].append({**ends, **own, "tan1": 0.0, "tan0": 0.0})
        else:
            own = {f"r_{name}": float(whole[k][i, j].real) for name, i, j in _PAIRS}
            own |= {f"x_{name}": float(whole[k][i, j].imag) for name, i, j in _PAIRS}
            data["asym_line"].append({**ends, **own})
    if uneven_charge:
        what = "capacitances that differ between phases have their mean"
        faults.append(export_note("pgm-capacitance", "lines", what, uneven_charge))
    leaking = int((np.abs(y_s.real).sum(axis=(1, 2)) > 0).sum())
    if leaking:
        what = "conductance along lines is left out"
        faults.append(export_note("pgm-conductance", "lines", what, leaking))


def _all_phases(z_ohm: ComplexArray) -> ComplexArray:
    """Matrices with the phases that a line lacks filled by the mean of those that it has."""
    diagonal = np.einsum("lii->li", z_ohm)
    missing = diagonal == 0
    mean = diagonal.sum(axis=1) / np.maximum((~missing).sum(axis=1), 1)
    filled = z_ohm.copy()
    for phase in range(3):
        filled[missing[:, phase], phase, phase] = mean[missing[:, phase]]
    return filled


def _sequence(matrix: ComplexArray) -> ComplexArray:
    """Diagonal (3,) of the sequence matrix, order 0, 1, 2."""
    return np.asarray(np.diag(FORTESCUE_INVERSE @ matrix @ FORTESCUE), dtype=np.complex128)


def _even(matrix: ComplexArray) -> bool:
    """Whether a matrix (3, 3) looks the same to all phases."""
    size = np.abs(matrix).max()
    own, mutual = np.diag(matrix), matrix[np.triu_indices(3, 1)]
    apart = max(np.ptp(own.real), np.ptp(own.imag), np.ptp(mutual.real), np.ptp(mutual.imag))
    return bool(apart <= _ALIKE * size)


def _add_source(feeder: Feeder, data: dict[str, list[Component]], numbers: _Numbers) -> None:
    """A stiff source, its impedance as a line before it."""
    source, at = feeder.source, feeder.source.node
    if source.z1_ohm:
        node = numbers.fresh()
        data["node"].append({"id": node, "u_rated": data["node"][at]["u_rated"]})
        z1, z0 = source.z1_ohm, source.z0_ohm
        data["line"].append(
            {
                **{"id": numbers.fresh(), "from_node": node, "to_node": at},
                **{"from_status": 1, "to_status": 1, "i_n": 1e4},
                **{"r1": z1.real, "x1": z1.imag, "r0": z0.real, "x0": z0.imag},
                **dict.fromkeys(("c1", "c0", "tan1", "tan0"), 0.0),
            }
        )
        at = node
    data["source"].append(
        {
            "id": numbers.fresh(),
            "node": at,
            "status": 1,
            "u_ref": source.vm_pu,
            "u_ref_angle": math.radians(source.va_degree),
            "sk": _STIFF_VA,
        }
    )


def _add_transformer(
    trafo: Transformer,
    feeder: Feeder,
    data: dict[str, list[Component]],
    numbers: _Numbers,
    faults: list[Fault],
) -> None:
    """The unit at its present tap, and a shunt at each end for what it lacks."""
    pi = unit_as_pi(trafo)
    windings = {"yyn": (_WYE, _WYE_N), "yny": (_WYE_N, _WYE_N)}
    star = windings.get(trafo.vector_group.lower()[:3])
    data["transformer"].append(_unit(trafo, pi, star or (_DELTA, _WYE_N), numbers.fresh()))
    own_hv, own_lv, mutual = pi.zero_s
    through = 1 / pi.series_ohm
    if star == (_WYE_N, _WYE_N):
        if abs(mutual + through) > _AS_LEAKAGE * abs(through):
            what = "a YNyn0 whose zero-sequence leakage is not its short-circuit one"
            remedy = "correct the nameplate, or export to another format"
            where = f"trafo ({trafo.name})"
            faults.append(Fault(code="pgm-transformer", where=where, what=what, remedy=remedy))
        zero_hv, zero_lv = own_hv - through, own_lv - through
    else:
        zero_hv, zero_lv = 0j, own_lv - (0 if star else through)
    turns = pi.hv_kv / pi.lv_kv
    for node, y1, y0 in (
        (trafo.hv_node, pi.hv_s / turns**2, zero_hv / turns**2),
        (trafo.lv_node, pi.lv_s, zero_lv),
    ):
        if y1 or y0:
            own = {"g1": y1.real, "b1": y1.imag, "g0": y0.real, "b0": y0.imag}
            data["shunt"].append({"id": numbers.fresh(), "node": node, "status": 1, **own})
    faults += _supply_notes(trafo, feeder)


def _unit(trafo: Transformer, pi: UnitAsPi, windings: tuple[int, int], number: int) -> Component:
    """The leakage alone; its no-load branch stands beside it."""
    sn_va = 1e3 * trafo.sn_kva * trafo.parallel
    series = pi.series_ohm * sn_va / (1e3 * pi.lv_kv) ** 2
    return {
        "id": number,
        "from_node": trafo.hv_node,
        "to_node": trafo.lv_node,
        "from_status": 1,
        "to_status": 1,
        "u1": 1e3 * pi.hv_kv,
        "u2": 1e3 * pi.lv_kv,
        "sn": sn_va,
        "uk": abs(series),
        "pk": series.real * sn_va,
        "i0": 0.0,
        "p0": 0.0,
        "winding_from": windings[0],
        "winding_to": windings[1],
        "clock": round(trafo.shift_degree / 30) % 12,
        "tap_side": 0,
        **dict.fromkeys(("tap_pos", "tap_min", "tap_max", "tap_nom"), 0),
        "tap_size": 0.0,
    }


def _supply_notes(trafo: Transformer, feeder: Feeder) -> list[Fault]:
    """What is written otherwise than the feeder has it."""
    notes = []
    if trafo.vector_group.startswith("Yzn"):
        what = f"{trafo.vector_group} is written as a Dyn with its zero sequence"
        notes.append(export_note("pgm-zigzag", f"trafo ({trafo.name})", what))
    if not feeder.source.z1_ohm and feeder.source.z2_ohm:
        what = (
            f"the source's {abs(feeder.source.z2_ohm):.3g} ohm against the negative sequence is "
            "left out: power-grid-model has the positive one's in both"
        )
        notes.append(export_note("pgm-source", "source", what))
    return notes
