"""The transformer of an OpenDSS circuit by its nameplate, held against its admittance."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.frozen import ComplexArray
from gridplan.network.feeder import Transformer
from gridplan.network.opendss_parts import Element, Parts
from gridplan.network.opendss_source import to_sequence

#: What stands for "no magnetising branch in the zero sequence" [% of the leakage].
NO_MAGNETISING_PERCENT = 1e12

#: OpenDSS ties windings that float to the earth by this share of the rated admittance
#: (``ppm_antifloat`` 1, half of it at each end of a winding). Only the isolated star of a Yyn0 unit
#: needs it: without a no-load branch nothing else holds its zero sequence.
ANTIFLOAT_PU = 0.5e-6

_PHASES = (1, 2, 3)

#: Terminals that are named one or two further are how a Dyn5 or Dyn7 is written.
_TURNS = (_PHASES, (2, 3, 1), (3, 1, 2))
_REMEDY = "gridplan reads three-phase units of two windings, star on the low-voltage side"


@dataclass(frozen=True, slots=True, kw_only=True)
class Winding:
    """One winding as the engine has it: rated voltage [kV], tap [pu], resistance [%]."""

    kv: float
    tap: float
    r_percent: float
    is_delta: bool
    step_percent: float
    tap_min: float
    tap_max: float
    neutral_ohm: complex | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What the engine's own model is made of: leakage in series, no-load branch at winding 2.

    Attributes
    ----------
    order : numbers of the high-voltage and the low-voltage terminal
    leakage, no_load : impedance and admittance over the rated ones [pu]
    """

    hv: Winding
    lv: Winding
    order: tuple[int, int]
    sn_kva: float
    leakage: complex
    no_load: complex

    def base_ohm(self, winding: Winding) -> float:
        """Rated impedance at the present tap of a winding [ohm]."""
        return (winding.kv * winding.tap) ** 2 / self.sn_kva * 1000

    @property
    def last(self) -> int:
        """The side of winding 2: 0 for HV, 1 for LV."""
        return self.order.index(1)

    def block(self, element: Element, row: int, column: int) -> ComplexArray:
        """Admittance (3, 3) between the phases of two sides, 0 for HV and 1 for LV [S]."""
        one, other = (_phase_rows(element, self.order[side]) for side in (row, column))
        return element.y_s[np.ix_(one, other)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The transformer before it has nodes: ``transformer`` has 0 and 1 for them.

    ``hv_bus`` and ``lv_bus`` are where it stands, ``neutral`` is the node number of its star point,
    ``neutral_ohm`` what joins that to the earth inside the unit, None for nothing.
    """

    transformer: Transformer
    hv_bus: str
    lv_bus: str
    neutral: int
    neutral_ohm: complex | None


def read_transformer(engine: Any, parts: Parts) -> Unit | None:
    """The circuit's transformer, None where it has none or one that cannot be taken."""
    for element in parts.transformers[1:]:
        what = f"the circuit has {len(parts.transformers)} transformers"
        parts.fault(element.name, what, "cut out one transformer area per script")
    if not parts.transformers:
        return None
    element = parts.transformers[0]
    problem = _form_problem(engine, element)
    if not problem:
        windings = [_winding(engine, element, number) for number in (1, 2)]
        order = (0, 1) if windings[0].kv >= windings[1].kv else (1, 0)
        sides = (windings[order[0]], windings[order[1]])
        problem = _winding_problem(element, sides, order)
    if problem:
        parts.fault(element.name, problem, _REMEDY)
        return None
    design = _design(engine, element, sides, order)
    if not _fits(element, design):
        what = "gridplan's model of it differs from OpenDSS's primitive admittance"
        parts.fault(element.name, what, "leave out what is not a plain two-winding unit")
        return None
    neutral = element.conductors[order[1]][3]
    return Unit(
        transformer=_nameplate(element, design),
        hv_bus=element.buses[order[0]],
        lv_bus=element.buses[order[1]],
        neutral=neutral,
        neutral_ohm=design.lv.neutral_ohm if neutral else None,
    )


def _phase_rows(element: Element, terminal: int) -> list[int]:
    """Rows of the phases a, b, c at one terminal in the element's admittance."""
    numbers = element.conductors[terminal]
    return [len(numbers) * terminal + numbers.index(phase) for phase in _PHASES]


def _winding_problem(
    element: Element, sides: tuple[Winding, Winding], order: tuple[int, int]
) -> str:
    """What keeps a three-phase unit of two windings from being a Dyn or a star-star."""
    hv, lv = sides
    if lv.is_delta:
        return "its low-voltage winding is in delta"
    star = 0 if hv.is_delta else element.conductors[order[0]][3]
    if star in _PHASES or element.conductors[order[1]][3] in _PHASES:
        return "its star point stands on a phase"
    if star and hv.neutral_ohm is not None:
        return "its high-voltage star is grounded by an impedance"
    return ""


def _form_problem(engine: Any, element: Element) -> str:
    engine.Circuit.SetActiveElement(element.name)
    phases = int(engine.CktElement.NumPhases())
    if phases != 3:
        return f"it has {phases} phase{'s' if phases != 1 else ''}"
    if len(element.buses) != 2:
        return f"it has {len(element.buses)} windings"
    if any(numbers[:3] not in _TURNS for numbers in element.conductors):
        return "its phases are not on the nodes 1, 2, 3 of its buses, in this sequence"
    return ""


def _winding(engine: Any, element: Element, number: int) -> Winding:
    unit = engine.Transformers
    unit.Name(element.own_name)
    unit.Wdg(number)
    low, high, steps = float(unit.MinTap()), float(unit.MaxTap()), int(unit.NumTaps())
    step = (high - low) / steps if steps else 0.0
    r_neutral, x_neutral = float(unit.Rneut()), float(unit.Xneut())
    return Winding(
        kv=float(unit.kV()),
        tap=float(unit.Tap()),
        r_percent=float(unit.R()),
        is_delta=bool(unit.IsDelta()),
        step_percent=step * 100,
        tap_min=(low - 1) / step if step else 0.0,
        tap_max=(high - 1) / step if step else 0.0,
        neutral_ohm=complex(r_neutral, x_neutral) if r_neutral >= 0 else None,
    )


def _design(
    engine: Any, element: Element, sides: tuple[Winding, Winding], order: tuple[int, int]
) -> Design:
    unit = engine.Transformers
    unit.Name(element.own_name)
    unit.Wdg(1)
    sn_kva, reactance = float(unit.kVA()), float(unit.Xhl())
    engine.Circuit.SetActiveElement(element.name)
    loss, current, basis = (
        float(engine.Properties.Value(name)) for name in ("%noloadloss", "%imag", "basefreq")
    )
    hv, lv = sides
    reactance *= float(engine.Solution.Frequency()) / basis
    return Design(
        hv=hv,
        lv=lv,
        order=order,
        sn_kva=sn_kva,
        leakage=complex(hv.r_percent + lv.r_percent, reactance) / 100,
        no_load=complex(loss, -current) / 100,
    )


def _fits(element: Element, design: Design) -> bool:
    """Whether the engine has the same positive sequence: no-load branch, leakage, a clock."""
    winding = (design.hv, design.lv)[design.last]
    own = to_sequence(design.block(element, design.last, design.last))[1, 1]
    no_load = own * design.base_ohm(winding) - 1 / design.leakage
    turn = _turn(element, design)
    hour = math.degrees(cmath.phase(turn)) / 30
    return (
        abs(no_load - design.no_load) < 1e-4 * max(abs(design.no_load), 0.1)
        and abs(abs(turn) - 1) < 1e-6
        and abs(hour - round(hour)) < 1e-5
    )


def _turn(element: Element, design: Design) -> complex:
    """Phase shift from HV to LV as the engine has it, of length 1 where the leakage agrees."""
    mutual = to_sequence(design.block(element, 1, 0))[1, 1]
    base = math.sqrt(design.base_ohm(design.hv) * design.base_ohm(design.lv))
    return complex(-1 / (design.leakage * mutual * base))


def _nameplate(element: Element, design: Design) -> Transformer:
    hv, lv, leakage = design.hv, design.lv, 100 * design.leakage
    hour = round(math.degrees(cmath.phase(_turn(element, design))) / 30) % 12
    if hv.is_delta:
        group = f"Dyn{hour}"
    else:
        group = "Yyn0" if element.conductors[design.order[0]][3] else "YNyn0"
    zero, magnetising = leakage, NO_MAGNETISING_PERCENT
    if group == "Yyn0":
        zero = 100 / (design.no_load or -1j * ANTIFLOAT_PU) + (1 - design.last) * leakage
    elif design.no_load:
        magnetising = 100 / abs(design.no_load * design.leakage)
    loss, current = design.no_load.real, -design.no_load.imag
    side, moved, fixed = ("lv", lv, hv) if lv.tap != 1 else ("hv", hv, lv)
    step = moved.step_percent or 1.0
    return Transformer(
        name=element.own_name,
        std_type="",
        hv_node=0,
        lv_node=1,
        sn_kva=design.sn_kva,
        vn_hv_kv=hv.kv * (fixed.tap if fixed is hv else 1),
        vn_lv_kv=lv.kv * (fixed.tap if fixed is lv else 1),
        vector_group=group,
        shift_degree=30.0 * hour,
        vk_percent=abs(leakage),
        vkr_percent=leakage.real,
        vk0_percent=abs(zero),
        vkr0_percent=zero.real,
        mag0_percent=magnetising,
        mag0_rx=loss / current if current else (1e9 if loss else 0.0),
        si0_hv_partial=float(design.last),
        pfe_kw=loss * design.sn_kva,
        i0_percent=100 * abs(design.no_load),
        tap_side=side,
        tap_pos=(moved.tap - 1) * 100 / step,
        tap_min=moved.tap_min,
        tap_max=moved.tap_max,
        tap_step_percent=step,
        leakage_resistance_ratio_hv=float(design.last),
        leakage_reactance_ratio_hv=float(design.last),
    )
