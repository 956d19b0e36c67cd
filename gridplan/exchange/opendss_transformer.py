"""The transformer as OpenDSS statements: its own model, and reactors for what that lacks."""

from __future__ import annotations

import numpy as np

from gridplan.errors import Fault
from gridplan.exchange.electrical import UnitAsPi, plain_names, unit_as_pi
from gridplan.network.feeder import Feeder, Transformer

#: A zero-sequence reactor has this many times its impedance in the other sequences: enough to
#: be nothing there, and not so much that OpenDSS loses digits when it inverts the matrix.
_ONLY_ZERO = 1e7
_AS_LEAKAGE = 1e-6  #: a YNyn0 may differ by this share from having one leakage for all sequences

#: OpenDSS winds a delta 30 degrees after or before; the other odd clocks are the same unit with the
#: low-voltage terminals named one further: order of its phases and ``LeadLag`` per clock.
_CLOCKS = {
    1: ((1, 2, 3), "Lag"),
    11: ((1, 2, 3), "Lead"),
    5: ((3, 1, 2), "Lag"),
    7: ((2, 3, 1), "Lead"),
}


def transformer_statements(feeder: Feeder, bus: list[str], faults: list[Fault]) -> list[str]:
    """Statements of the transformer; what cannot be written, and what is not as it was, is said."""
    trafo = feeder.transformer
    if trafo is None:
        return []
    pi = unit_as_pi(trafo)
    lv_neutral = 4 if feeder.nodes.wires[trafo.lv_node, 3] else 0
    base_s = trafo.sn_kva * trafo.parallel / 1000 / pi.lv_kv**2
    if trafo.pfe_kw < 0 or pi.lv_s.imag > 0 or pi.lv_s.real < 0:
        faults.append(_fault(trafo, "its no-load branch is capacitive or negative"))
    hv, lv = bus[trafo.hv_node], bus[trafo.lv_node]
    zero = _zero_sequence(trafo, pi, faults)
    statements = [_unit(trafo, pi, base_s, (hv, lv), lv_neutral)]
    if abs(pi.hv_s) > 1e-12 * base_s:
        turns = pi.hv_kv / pi.lv_kv
        through = trafo.vector_group.startswith("YNyn")
        z = turns**2 / pi.hv_s * (1 if through else 3)
        ends = f"bus1={hv}.1.2.3 phases=3"
        conn = "wye" if through else "delta"
        statements.append(
            f"New Reactor.no_load_hv {ends} conn={conn} R={z.real:.12g} X={z.imag:.12g}"
        )
    at_hv, at_lv = zero
    for name, y, where in (
        (
            "zero_sequence_hv",
            at_hv * (pi.lv_kv / pi.hv_kv) ** 2,
            f"bus1={hv}.1.2.3 bus2={hv}.0.0.0",
        ),
        ("zero_sequence_lv", at_lv, f"bus1={lv}.1.2.3 bus2={lv}" + f".{lv_neutral}" * 3),
    ):
        if abs(y) > 1e-9 / abs(pi.series_ohm) * (1 if name.endswith("lv") else 1e-6):
            statements.append(f"New Reactor.{name} {where} phases=3 {_only_zero(1 / y)}")
    if trafo.vector_group.startswith("Yzn"):
        what = f"OpenDSS has no zigzag: {trafo.vector_group} is a Dyn with its zero sequence"
        faults.append(
            Fault(code="dss-zigzag", where=f"trafo ({trafo.name})", what=what, severity="note")
        )
    return statements


def _fault(trafo: Transformer, what: str) -> Fault:
    remedy = "correct the nameplate, or export to another format"
    return Fault(code="dss-transformer", where=f"trafo ({trafo.name})", what=what, remedy=remedy)


def _zero_sequence(
    trafo: Transformer, pi: UnitAsPi, faults: list[Fault]
) -> tuple[complex, complex]:
    """What the zero sequence wants beside OpenDSS's own at the HV and the LV end [S]."""
    own_hv, own_lv, mutual = pi.zero_s
    if trafo.has_yyn_core:
        return 0j, own_lv - pi.lv_s
    if trafo.vector_group.startswith("YNyn"):
        through = 1 / pi.series_ohm
        if abs(mutual + through) > _AS_LEAKAGE * abs(through):
            faults.append(
                _fault(trafo, "a YNyn0 whose zero-sequence leakage is not its short-circuit one")
            )
        return own_hv - through - pi.hv_s, own_lv - through - pi.lv_s
    return 0j, own_lv - 1 / pi.series_ohm - pi.lv_s


def _unit(
    trafo: Transformer, pi: UnitAsPi, base_s: float, ends: tuple[str, str], lv_neutral: int
) -> str:
    leakage, no_load = 100 * pi.series_ohm * base_s, 100 * pi.lv_s / base_s
    group = trafo.vector_group.lower()
    order, leadlag = ((1, 2, 3), "Lag")
    if not group.startswith("y") or group.startswith("yzn"):
        order, leadlag = _CLOCKS[round(trafo.shift_degree / 30) % 12]
    star = {"yyn": ".1.2.3.4", "yny": ".1.2.3.0"}.get(group[:3], ".1.2.3")
    conns = "wye wye" if len(star) > len(".1.2.3") else "delta wye"
    factor = 1 + (trafo.tap_pos - trafo.tap_neutral) * trafo.tap_step_percent / 100
    taps = (1.0, factor) if trafo.tap_side == "lv" else (factor, 1.0)
    steps = _steps(trafo)
    name = plain_names([trafo.name], "T")[0]
    return (
        f"New Transformer.{name} phases=3 windings=2 xhl={leakage.imag:.12g} "
        f"%noloadloss={no_load.real:.12g} %imag={-no_load.imag:.12g} ppm_antifloat=0 "
        f"LeadLag={leadlag} conns=({conns}) kVs=({trafo.vn_hv_kv:.10g} {trafo.vn_lv_kv:.10g}) "
        f"kVAs=({trafo.sn_kva * trafo.parallel:.10g} {trafo.sn_kva * trafo.parallel:.10g}) "
        f"%Rs=({leakage.real / 2:.12g} {leakage.real / 2:.12g})\n"
        f"~ wdg=1 bus={ends[0]}{star}{steps if trafo.tap_side != 'lv' else ''} tap={taps[0]:.12g}\n"
        f"~ wdg=2 bus={ends[1]}.{order[0]}.{order[1]}.{order[2]}.{lv_neutral}"
        f"{steps if trafo.tap_side == 'lv' else ''} tap={taps[1]:.12g}"
    )


def _steps(trafo: Transformer) -> str:
    """Range of the tap changer, where it has one."""
    count = round(trafo.tap_max - trafo.tap_min)
    if not trafo.tap_step_percent or count < 1:
        return ""
    low, high = (
        1 + (end - trafo.tap_neutral) * trafo.tap_step_percent / 100
        for end in (trafo.tap_min, trafo.tap_max)
    )
    return f" mintap={low:.10g} maxtap={high:.10g} numtaps={count}"


def _only_zero(zero_ohm: complex) -> str:
    """Matrices of a reactor that only the zero sequence sees."""
    other = _ONLY_ZERO * abs(zero_ohm)
    own, mutual = (zero_ohm + 2 * other) / 3, (zero_ohm - other) / 3
    z = np.full((3, 3), mutual) + (own - mutual) * np.eye(3)
    return f"Rmatrix={_lower(z.real)} Xmatrix={_lower(z.imag)}"


def _lower(matrix: np.ndarray) -> str:
    return "(" + " | ".join(" ".join(f"{x:.17g}" for x in row) for row in matrix) + ")"
