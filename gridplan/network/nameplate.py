"""Transformer and source from their rows: vector group, zero sequence, taps, source impedance."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from gridplan.errors import Fault
from gridplan.network.cells import Table
from gridplan.network.feeder import Source, Transformer

#: Clock numbers of Dyn and Yzn; 3 and 9 o'clock cannot be wound on a common core.
ODD_CLOCKS = (1, 5, 7, 11)

_SUPPORTED = "supported are Dyn and Yzn with 1, 5, 7, 11, Yyn0 and YNyn0"

#: Zero-sequence impedance of a Yyn0 unit where the file has none, with its active part [%]: the
#: value of the catalogue's old three-limb units (assumption). It is seldom measured and lies
#: between 40 and 150 %, see ``Feeder.with_zero_sequence``.
YYN0_PERCENT = (60.0, 18.0)

#: pandapower's voltage factor of the source's short-circuit impedance in the three-phase power flow
#: (``pd2ppc_zero._add_ext_grid_sc_impedance_zero``).
SOURCE_VOLTAGE_FACTOR = 1.1

#: What stands in where a source has a short-circuit power but not its ratios: a mainly inductive
#: medium-voltage network (assumption; it acts on the negative and zero sequence only).
SOURCE_RATIOS = {"rx_max": 0.1, "x0x_max": 1.0, "r0x0_max": 0.1}

#: Columns that put the source's voltage behind an impedance [ohm].
SOURCE_OHM = ("r1_ohm", "x1_ohm", "r0_ohm", "x0_ohm")

#: Zero-sequence magnetising of a Dyn unit where the file has none: so large beside the delta that
#: it does not count. 10000 % is the value of the catalogue (right for pandapower 3.4 and later).
DYN_MAGNETISING = {"mag0_percent": 10000.0, "mag0_rx": 0.0, "si0_hv_partial": 0.9}


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorGroup:
    """A vector group in gridplan's words, or what is wrong with it.

    ``stand_in`` marks pandapower's usual way to write Yyn0 (Dyn without phase shift), ``assumed``
    a Dyn whose clock number the file does not tell.
    """

    name: str = ""
    shift_degree: float = 0.0
    stand_in: bool = False
    assumed: bool = False
    problem: str = ""


def vector_group(text: str, shift_degree: float) -> VectorGroup:
    """Read "Dyn" with its shift, "Dyn11", "Yyn0"; what contradicts or is unknown is a problem."""
    match = re.fullmatch(r"(dyn|yzn|yyn|ynyn)(\d*)", text.strip().lower())
    if not match:
        what = f"vector group {text!r} is not supported in this version"
        return VectorGroup(problem=f"{what if text else 'vector_group is empty'}; {_SUPPORTED}")
    kind, digits = match.groups()
    hour = None if math.isnan(shift_degree) else shift_degree % 360 / 30
    if hour is not None and abs(hour - round(hour)) > 1e-6:
        return VectorGroup(problem=f"shift_degree {shift_degree:g} is not a multiple of 30")
    shifted = None if hour is None else round(hour) % 12
    clock = int(digits) if digits else shifted
    if shifted is not None and clock != shifted:
        return VectorGroup(problem=f"{text} disagrees with shift_degree {shift_degree:g}")
    return _star(kind, clock) if kind in {"yyn", "ynyn"} else _shifting(kind, clock)


def _star(kind: str, clock: int | None) -> VectorGroup:
    name = {"yyn": "Yyn", "ynyn": "YNyn"}[kind]
    if clock in {None, 0}:
        return VectorGroup(name=f"{name}0")
    return VectorGroup(problem=f"{name}{clock} is not supported in this version; {_SUPPORTED}")


def _shifting(kind: str, clock: int | None) -> VectorGroup:
    name = kind.capitalize()
    if clock is None:
        return VectorGroup(name=f"{name}11", shift_degree=330.0, assumed=True)
    if clock == 0 and kind == "dyn":
        return VectorGroup(name="Yyn0", stand_in=True)
    if clock in ODD_CLOCKS:
        return VectorGroup(name=f"{name}{clock}", shift_degree=30.0 * clock)
    return VectorGroup(problem=f"there is no {name}{clock}; {_SUPPORTED}")


def zero_sequence_percent(table: Table) -> tuple[complex, bool]:
    """Zero-sequence short-circuit voltage (active + j reactive) [%] and whether it was borrowed.

    As in pandapower, a value of zero means the positive-sequence one; borrowed tells that this
    happened.
    """
    vk0, vkr0 = (float(table.number[name][0]) for name in ("vk0_percent", "vkr0_percent"))
    borrowed = abs(vk0) <= 1e-8
    if borrowed:
        vk0 = float(table.number["vk_percent"][0])
    if abs(vkr0) <= 1e-8:
        vkr0, borrowed = float(table.number["vkr_percent"][0]), True
    return complex(vkr0, math.sqrt(max(vk0**2 - vkr0**2, 0.0))), borrowed


def build_transformer(table: Table, hv_node: int, lv_node: int) -> tuple[Transformer, list[Fault]]:
    """The transformer of a table that the checks have passed, and notes on what was inferred."""
    notes: list[Fault] = []

    def number(name: str) -> float:
        return float(table.number[name][0])

    def note(code: str, what: str) -> None:
        notes.append(Fault(code=code, where=table.where(0), what=what, severity="note"))

    group = vector_group(table.text["vector_group"][0], number("shift_degree"))
    zero, borrowed = zero_sequence_percent(table)
    if group.name == "Yyn0" and math.isnan(number("vk0_percent")):
        size, active = YYN0_PERCENT
        zero, borrowed = complex(active, math.sqrt(size**2 - active**2)), False
        note("yyn0-assumed", f"vk0_percent missing: {size:g} % assumed for Yyn0 (range 40-150 %)")
    if borrowed:
        note("vk0-borrowed", "vk0_percent or vkr0_percent is 0: taken as vk_percent, vkr_percent")
    magnetising = {name: number(name) for name in DYN_MAGNETISING}
    if group.assumed:
        note("group-assumed", f"{group.name[:3]} without shift_degree: {group.name} assumed")
    gaps = [name for name, value in magnetising.items() if math.isnan(value)]
    if gaps and (group.stand_in or group.name.startswith(("Dyn", "YNyn"))):
        note("mag0-assumed", f"{', '.join(gaps)} missing: magnetising current neglected")
    magnetising |= {name: DYN_MAGNETISING[name] for name in gaps}
    if group.stand_in:
        zero = stand_in_percent(zero, **magnetising)
        note("yyn0-stand-in", f"Dyn with shift 0 read as Yyn0, zero sequence {abs(zero):.3g} %")
    step, neutral, position = active_tap(table)
    return Transformer(
        name=table.label(0),
        std_type=table.text["std_type"][0],
        hv_node=hv_node,
        lv_node=lv_node,
        sn_kva=number("sn_mva") * 1000,
        vn_hv_kv=number("vn_hv_kv"),
        vn_lv_kv=number("vn_lv_kv"),
        vector_group=group.name,
        shift_degree=group.shift_degree,
        vk_percent=number("vk_percent"),
        vkr_percent=number("vkr_percent"),
        vk0_percent=abs(zero),
        vkr0_percent=zero.real,
        mag0_percent=magnetising["mag0_percent"],
        mag0_rx=magnetising["mag0_rx"],
        si0_hv_partial=magnetising["si0_hv_partial"],
        pfe_kw=number("pfe_kw"),
        i0_percent=number("i0_percent"),
        tap_side=table.text["tap_side"][0] or "hv",
        tap_neutral=neutral,
        tap_pos=position,
        tap_min=_or(number("tap_min"), position),
        tap_max=_or(number("tap_max"), position),
        tap_step_percent=step,
        parallel=int(number("parallel")),
        leakage_resistance_ratio_hv=number("leakage_resistance_ratio_hv"),
        leakage_reactance_ratio_hv=number("leakage_reactance_ratio_hv"),
        ambient_surcharge_k=number("ambient_surcharge_k"),
    ), notes


def stand_in_percent(
    leakage: complex, *, mag0_percent: float, mag0_rx: float, si0_hv_partial: float
) -> complex:
    """Zero-sequence impedance [%] that pandapower gives a Dyn transformer, seen from the LV side.

    The LV part of the leakage, then its HV part (short-circuited by the delta) beside the
    magnetising branch, which ``mag0_percent`` relates to the leakage. Source: pandapower 3.5.6,
    ``pd2ppc_zero._add_trafo_sc_impedance_zero``.
    """
    reactance = abs(leakage) * mag0_percent / 100 / math.sqrt(mag0_rx**2 + 1)
    magnetising = complex(reactance * mag0_rx, reactance)
    primary = si0_hv_partial * leakage
    if not primary:
        return leakage
    return leakage - primary + primary * magnetising / (primary + magnetising)


def _or(value: float, default: float) -> float:
    return default if math.isnan(value) else value


def active_tap(table: Table, row: int = 0) -> tuple[float, float, float]:
    """Step [%], neutral and present position of the tap changer; zeros where there is none."""
    step, neutral, position = (
        float(table.number[name][row]) for name in ("tap_step_percent", "tap_neutral", "tap_pos")
    )
    if any(math.isnan(value) for value in (step, neutral, position)):
        return 0.0, 0.0, 0.0
    if not table.text["tap_side"][row]:
        return 0.0, neutral, position
    return step, neutral, position


def build_source(table: Table, node: int, vn_kv: float) -> tuple[Source, list[Fault]]:
    """The supply as pandapower's three-phase power flow takes an ``ext_grid``.

    Columns ``r1_ohm``, ``x1_ohm``, ``r0_ohm``, ``x0_ohm``, which pandapower does not have, put the
    voltage behind an impedance in every sequence instead.
    """
    notes: list[Fault] = []
    ohm = [float(table.number[name][0]) for name in SOURCE_OHM]
    if not any(math.isnan(value) for value in ohm):
        z1, z0 = complex(ohm[0], ohm[1]), complex(ohm[2], ohm[3])
        return _source(table, node, z1, z1, z0), notes
    power_mva = float(table.number["s_sc_max_mva"][0])
    z2 = z0 = 0j
    if math.isnan(power_mva):
        what = "no s_sc_max_mva: the source is stiff in the negative and zero sequence too"
        notes.append(Fault(code="stiff-source", where=table.where(0), what=what, severity="note"))
    else:
        ratios = {name: float(table.number[name][0]) for name in SOURCE_RATIOS}
        gaps = [name for name, value in ratios.items() if math.isnan(value)]
        ratios |= {name: SOURCE_RATIOS[name] for name in gaps}
        if gaps:
            used = ", ".join(f"{name} = {SOURCE_RATIOS[name]:g}" for name in gaps)
            what = f"source ratios missing, assumed: {used}"
            notes.append(
                Fault(code="source-ratios", where=table.where(0), what=what, severity="note")
            )
        magnitude = SOURCE_VOLTAGE_FACTOR * vn_kv**2 / power_mva
        reactance = magnitude / math.hypot(1, ratios["rx_max"])
        z2 = complex(ratios["rx_max"] * reactance, reactance)
        z0 = complex(ratios["r0x0_max"], 1) * ratios["x0x_max"] * reactance
    return _source(table, node, 0j, z2, z0), notes


def _source(table: Table, node: int, z1: complex, z2: complex, z0: complex) -> Source:
    return Source(
        node=node,
        vm_pu=float(table.number["vm_pu"][0]),
        va_degree=float(table.number["va_degree"][0]),
        z1_ohm=z1,
        z2_ohm=z2,
        z0_ohm=z0,
    )
