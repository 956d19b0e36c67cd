"""Rules on the data of lines; each returns its faults."""

from __future__ import annotations

import math

import numpy as np

from gridplan.errors import Fault
from gridplan.network.assembly import UNLIMITED_KA
from gridplan.network.checks import each, shows, together
from gridplan.network.parts import Parts, circuit_names
from gridplan.network.wires import has_matrix

SECTIONS = ("main", "lateral", "service", "mv")

#: A rated current above this is written in ampere [kA]: the largest LV cables carry below 1 kA.
LARGEST_AMPACITY_KA = 10.0

_ZERO_SEQUENCE_LINE = ("r0_ohm_per_km", "x0_ohm_per_km")


def check_line_length(parts: Parts) -> list[Fault]:
    """Lines have a length."""
    line = parts.tables["line"]
    length_km = line.number["length_km"]
    return each(
        line,
        np.flatnonzero(length_km <= 0),
        "line-length",
        shows("length_km", length_km),
        "write its length in km, or join its buses by a closed switch",
    )


def check_line_impedance(parts: Parts) -> list[Fault]:
    """Impedances are there, not negative and not zero in either sequence."""
    line = parts.tables["line"]
    r, x, r0, x0 = (
        line.number[name] for name in ("r_ohm_per_km", "x_ohm_per_km", *_ZERO_SEQUENCE_LINE)
    )
    full = has_matrix(parts)
    negative = ((r < 0) | (x < 0) | (r0 < 0) | (x0 < 0)) & ~full
    faults = each(
        line,
        np.flatnonzero(negative),
        "negative-impedance",
        lambda i: f"negative impedance: r {r[i]:g}, x {x[i]:g}, r0 {r0[i]:g}, x0 {x0[i]:g} ohm/km",
        "write the conductor's values per km",
    )
    zero = (((r == 0) & (x == 0)) | ((r0 == 0) & (x0 == 0))) & ~full
    return faults + each(
        line,
        np.flatnonzero(zero & ~negative),
        "zero-impedance",
        lambda i: f"zero impedance: r {r[i]:g}, x {x[i]:g}, r0 {r0[i]:g}, x0 {x0[i]:g} ohm/km",
        "write the conductor's values per km, or join its buses by a closed switch",
    )


def check_line_zero_sequence(parts: Parts) -> list[Fault]:
    """Lines have zero-sequence data: without it nobody knows what the neutral does."""
    line, full = parts.tables["line"], has_matrix(parts)
    if full.all():
        return []
    remedy = "write r0 = r + 3 rn and x0 of the conductor (the catalogue has them)"
    absent = [name for name in _ZERO_SEQUENCE_LINE if name in line.absent]
    faults = []
    if absent:
        what = f"zero-sequence data missing: no column {', '.join(absent)}"
        rows = int((~full).sum())
        faults.append(
            Fault(code="zero-sequence", where="line", what=what, remedy=remedy, rows=rows)
        )
    empty = {
        i: [
            name
            for name in _ZERO_SEQUENCE_LINE
            if name not in absent and math.isnan(line.number[name][i]) and not line.is_bad(name, i)
        ]
        for i in np.flatnonzero(~full).tolist()
    }
    return faults + each(
        line,
        [i for i, names in empty.items() if names],
        "zero-sequence",
        lambda i: f"zero-sequence data missing: {', '.join(empty[i])} is empty",
        remedy,
    )


def check_line_numbers(parts: Parts) -> list[Fault]:
    """Counts, factors, capacitances and ratings are possible numbers."""
    line = parts.tables["line"]
    number = line.number
    rules = (
        ("parallel", (number["parallel"] < 1) | (number["parallel"] % 1 > 0), "1, 2, ..."),
        ("df", number["df"] <= 0, "a derating factor above 0, usually 1"),
        ("c_nf_per_km", number["c_nf_per_km"] < 0, "0 or more"),
        ("c0_nf_per_km", number["c0_nf_per_km"] < 0, "0 or more"),
        ("g_us_per_km", number["g_us_per_km"] < 0, "0 or more"),
        ("max_i_ka", number["max_i_ka"] <= 0, "the rated current in kA, or nothing"),
        ("neutral_max_i_ka", number["neutral_max_i_ka"] <= 0, "the rated current in kA"),
        ("protection_a", number["protection_a"] <= 0, "the rated current in A, or nothing"),
        ("rcd_ma", number["rcd_ma"] <= 0, "the residual current in mA, or nothing"),
        ("leakage_ma", number["leakage_ma"] < 0, "the measured leakage in mA, or nothing"),
    )
    faults = []
    for name, wrong, wanted in rules:
        faults += each(
            line,
            np.flatnonzero(wrong),
            "line-value",
            shows(name, number[name]),
            f"write {wanted}",
        )
    return faults


def check_ampacity_unit(parts: Parts) -> list[Fault]:
    """Rated currents are in kA."""
    line = parts.tables["line"]
    faults = []
    for name in ("max_i_ka", "neutral_max_i_ka"):
        value = line.number[name]
        wrong = np.flatnonzero((value >= LARGEST_AMPACITY_KA) & (value < UNLIMITED_KA))
        if len(wrong):
            ampere = value[wrong[0]]
            what = f"{name} is {ampere:g} kA: {ampere:g} A is {ampere / 1000:g}"
            faults += together(line, wrong, "ampacity-unit", what, "write it in kA")
    return faults


def check_line_words(parts: Parts) -> list[Fault]:
    """Sections are known, and a line names the outgoing circuit that it hangs on."""
    line = parts.tables["line"]
    section, stated = line.text["section"], line.text["outgoing_circuit"]
    faults = each(
        line,
        [i for i, text in enumerate(section) if text and text not in SECTIONS],
        "unknown-section",
        lambda i: f"section is {section[i]!r}",
        f"write one of {', '.join(SECTIONS)}",
    )
    if parts.order is None:
        return faults
    names = circuit_names(parts)
    return faults + each(
        line,
        sorted(i for i, name in names.items() if stated[i] and stated[i] != name),
        "circuit-contradiction",
        lambda i: f"outgoing_circuit is {stated[i]!r}, but it hangs on {names[i]!r}",
        "name the circuit on the line that leaves the LV busbar, or correct the buses",
    )


LINES = (
    check_line_length,
    check_line_impedance,
    check_line_zero_sequence,
    check_line_numbers,
    check_ampacity_unit,
    check_line_words,
)
