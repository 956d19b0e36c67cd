"""A feeder in the terms that other programs share: pi circuits, three-wire matrices, names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gridplan.errors import Fault
from gridplan.network.feeder import Feeder, Transformer
from gridplan.powerflow.components import (
    no_load_admittance_s,
    short_circuit_ohm,
    tap_voltages,
    zero_sequence_admittance,
)

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAsPi:
    """A transformer as two shunts and a series branch, all parallel units, seen from the LV side.

    Attributes
    ----------
    series_ohm : leakage of the positive sequence [ohm]
    hv_s, lv_s : what the no-load branch of the T circuit leaves at each end [S]
    zero_s : own admittances of the zero sequence at HV and LV end, and the mutual one [S]
    hv_kv, lv_kv : rated voltages at the present tap
    """

    series_ohm: complex
    hv_s: complex
    lv_s: complex
    zero_s: tuple[complex, complex, complex]
    hv_kv: float
    lv_kv: float


def unit_as_pi(trafo: Transformer) -> UnitAsPi:
    """The two ports of gridplan's transformer, which is a T circuit, as a pi circuit; exact."""
    leakage = short_circuit_ohm(trafo, trafo.vk_percent, trafo.vkr_percent)
    primary = complex(
        leakage.real * trafo.leakage_resistance_ratio_hv,
        leakage.imag * trafo.leakage_reactance_ratio_hv,
    )
    secondary, shunt = leakage - primary, no_load_admittance_s(trafo)
    series = leakage + primary * secondary * shunt
    own_hv, mutual, own_lv = zero_sequence_admittance(trafo)
    hv_kv, lv_kv = tap_voltages(trafo)
    return UnitAsPi(
        series_ohm=series,
        hv_s=secondary * shunt / series,
        lv_s=primary * shunt / series,
        zero_s=(own_hv, own_lv, mutual),
        hv_kv=hv_kv,
        lv_kv=lv_kv,
    )


def folding_notes(feeder: Feeder) -> list[Fault]:
    """What a program without neutral conductors cannot know of this feeder."""
    notes = []
    if feeder.nodes.wires[:, 3].any():
        what = "the neutral conductor is folded into the phases: exact where it returns all current"
        notes.append(export_note("neutral-folded", "lines", what))
        elsewhere = set(feeder.groundings.node.tolist()) - {feeder.busbar}
        if elsewhere:
            what = "the neutral is earthed elsewhere too; those earth currents are left out"
            notes.append(export_note("grounding-left-out", "grounding", what, len(elsewhere)))
    if feeder.lines.neutral_open.any():
        count = int(feeder.lines.neutral_open.sum())
        notes.append(
            export_note("open-neutral-left-out", "lines", "a broken neutral is closed", count)
        )
    if len(feeder.shunts):
        what = "capacitors and reactors are left out"
        notes.append(export_note("shunt-left-out", "node_shunt", what, len(feeder.shunts)))
    earthed = int((feeder.customers.wiring == "earth").sum())
    if earthed:
        what = "customers between a phase and the earth are put to the neutral"
        notes.append(export_note("earth-as-neutral", "customers", what, earthed))
    return notes


def export_note(code: str, where: str, what: str, rows: int = 1) -> Fault:
    """What another program cannot say, and what was written in its place."""
    return Fault(code=code, where=where, what=what, severity="note", rows=rows)


def plain_names(names: Iterable[str], stem: str) -> list[str]:
    """Names of letters, digits, "-" and "_", unlike each other without case; the others numbered.

    What has another name gets ``stem`` and its number from 1, so that every program takes it.
    """
    given = list(names)
    taken: set[str] = {name.casefold() for name in given}
    used: set[str] = set()
    result = []
    for number, name in enumerate(given, 1):
        key = name.casefold()
        if _PLAIN_NAME.fullmatch(name) and key not in used:
            result.append(name)
        else:
            fresh = f"{stem}{number}"
            while fresh in taken or fresh in used:
                fresh += "x"
            result.append(fresh)
        used.add(result[-1].casefold())
    return result
