"""Voltages and powers of meters phase by phase, as 96-point curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gridplan.demand.meter_layouts import N_POINT, PHASES, TOTAL, VOLTAGES, MeterLayout
from gridplan.demand.meter_rows import Block
from gridplan.demand.meter_union import Union, united
from gridplan.demand.metering import USUAL_LAYOUT, names_of, ratios_of, read_blocks
from gridplan.errors import Fault, StudyError, error, warn
from gridplan.formfiles import accepted
from gridplan.frozen import BoolArray, Float32Array, FloatArray, StrArray, own_fields

POSSIBLE_V = 80.0, 320.0  #: the voltage of a phase that is in service lies between these


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


def read_phase_curves(
    path: Path, layout: MeterLayout = USUAL_LAYOUT, *, key: bytes | None = None
) -> PhaseCurves:
    """Read the curves of voltage, and of power where there are any, of a file or a folder.

    The layouts are those of ``read_meters``; voltages come as State Grid's E_MP_VOL_CURVE
    (PHASE_FLAG, U1 ... U96), as China Southern's MK_1_16 (P_VOLT_A, P_VOLT_B, P_VOLT_C), or as
    clock columns of the type A相电压. Ratios of current transformers apply to powers only; ``key``
    is that of ``read_meters``.

    Raises ``StudyError`` with every fault of every file, or when there is no voltage at all.
    """
    faults: list[Fault] = []
    blocks = read_blocks(path, layout, faults, voltages=True)
    names = names_of(blocks, key)
    ratios = ratios_of(blocks, layout, names, faults)
    planes: dict[int, Union] = {}
    for kind in (TOTAL, *PHASES, *VOLTAGES):
        scale = 4.0 if layout.unit == "kWh" and kind not in VOLTAGES else 1.0
        whole = _of_kind(kind, blocks, names, ratios, scale, faults)
        if whole is not None:
            planes[kind] = whole
    if not planes.keys() & {*VOLTAGES}:
        what = "holds powers only: phases are told by voltages"
        error(faults, "meter-no-voltage", path.name, what, "export the voltage curve (电压曲线)")
    return _side_by_side(planes, accepted(path, faults, StudyError))


def _of_kind(
    kind: int,
    blocks: Sequence[Block],
    names: Sequence[Sequence[str]],
    ratios: Sequence[FloatArray],
    scale: float,
    faults: list[Fault],
) -> Union | None:
    """The curves of one kind on one grid of meters and days; None where there are none."""
    parts, part_names, part_ratios = [], [], []
    for block, own_names, own_ratios in zip(blocks, names, ratios, strict=True):
        at = np.flatnonzero(block.kind == kind).tolist()
        if not at:
            continue
        rows = {name: getattr(block, name)[at] for name in ("day", "values", "n_code", "code")}
        nothing = np.full(len(at), np.nan)
        parts.append(
            replace(
                block,
                ids=tuple(block.ids[k] for k in at),
                kind=np.full(len(at), TOTAL),
                ratio=nothing if kind in VOLTAGES else block.ratio[at],
                where=tuple(block.where[k] for k in at),
                **rows,
            )
        )
        part_names.append([own_names[k] for k in at])
        part_ratios.append(np.ones(len(at)) if kind in VOLTAGES else own_ratios[at])
    return united(parts, part_names, part_ratios, scale, faults) if parts else None


def _side_by_side(planes: dict[int, Union], notes: Sequence[Fault]) -> PhaseCurves:
    """All kinds of curve on the meters and days that any of them has."""
    ids = np.unique(np.concatenate([whole.ids for whole in planes.values()]))
    first = min(whole.first_day for whole in planes.values())
    last = max(whole.first_day + whole.p_kw.shape[1] for whole in planes.values())
    values = np.full((1 + VOLTAGES[-1], len(ids), last - first, N_POINT), np.nan, np.float32)
    for kind, whole in planes.items():
        begin = whole.first_day - first
        meters = np.searchsorted(ids, whole.ids)
        values[kind, meters, begin : begin + whole.p_kw.shape[1]] = whole.p_kw
    u_v = np.moveaxis(values[list(VOLTAGES)], 0, 1)
    return PhaseCurves(
        ids=ids,
        start=np.datetime64(first, "D"),
        u_v=u_v,
        p_kw=np.moveaxis(values[[TOTAL, *PHASES]], 0, 1),
        notes=(*notes, *_impossible(ids, u_v)),
    )


def _impossible(ids: StrArray, u_v: Float32Array) -> list[Fault]:
    """Warnings on meters most of whose voltages no phase in service can have."""
    known = np.isfinite(u_v) & (u_v != 0.0)  # 0 is an outage, or what some exports call missing
    wrong = known & ((u_v < POSSIBLE_V[0]) | (u_v > POSSIBLE_V[1]))
    found: list[Fault] = []
    for meter in np.flatnonzero(2 * wrong.sum(axis=(1, 2, 3)) > known.sum(axis=(1, 2, 3))):
        typical = float(np.median(u_v[meter][known[meter]]))
        what = f"meter {ids[meter]}: voltages are about {typical:.4g}, not those of a phase in V"
        remedy = "check unit, decimal point and voltage transformer"
        warn(found, "meter-voltage", str(ids[meter]), f"{what}: left out", remedy)
    return found
