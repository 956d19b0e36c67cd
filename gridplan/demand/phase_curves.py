"""Voltages and powers of meters phase by phase, as 96-point curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.meter_layouts import N_POINT
from gridplan.errors import Fault
from gridplan.frozen import BoolArray, Float32Array, StrArray, own_fields


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhaseCurves:
    """Voltages and powers of some meters over consecutive days, phase by phase.

    The phases are the meter's own terminals, whatever they are connected to. The one voltage of a
    single-phase meter stands where the export has it, most often on a, and says nothing.

    Attributes
    ----------
    ids : str (meter,) -- number of each meter, or its pseudonym
    start : begin of the first day, in minutes
    u_v : float32 (meter, 3, day, 96) -- voltage to the neutral on terminals a, b, c at each quarter
        hour [V], NaN where missing
    p_kw : float32 (meter, 4, day, 96) -- active power: total, on terminals a, b, c [kW], drawn
        power positive, NaN where missing
    notes : what was dropped, is missing or is hard to believe
    """

    ids: StrArray
    start: np.datetime64
    u_v: Float32Array
    p_kw: Float32Array
    notes: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        layout = {
            "ids": (np.str_, ("meter",)),
            "u_v": (np.float32, ("meter", 3, "day", N_POINT)),
            "p_kw": (np.float32, ("meter", 4, "day", N_POINT)),
        }
        own_fields(self, layout, {})
        object.__setattr__(self, "start", self.start.astype("M8[m]"))

    def __repr__(self) -> str:
        three = int(self.three_phase.sum())
        return (
            f"<PhaseCurves: {len(self.ids)} meters ({three} with three voltages) x "
            f"{self.u_v.shape[2]} days from {self.start.astype('M8[D]')}>"
        )

    @property
    def three_phase(self) -> BoolArray:
        """Whether each meter has voltages on all three terminals: bool (meter,)."""
        terminals: BoolArray = np.asarray(np.isfinite(self.u_v).any(axis=(2, 3)))
        return np.asarray(terminals.all(axis=1))
