"""Curves of many sheets as one array: duplicates found, phases summed, ratios applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridplan.demand.meter_layouts import N_POINT, PHASES, TOTAL
from gridplan.demand.meter_rows import Block
from gridplan.errors import Fault, error, note, warn
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray, StrArray

#: A total and the sum of its phases further apart than this are not of one meter or ratio.
MAX_PHASE_GAP = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """All curves on the same days, with the place of each.

    Attributes
    ----------
    ids : str (meter,)
    first_day : days from 1970-01-01
    p_kw : float32 (meter, day, 96) -- [kW], NaN where missing
    ratio : float (meter,) -- largest current transformer ratio known of the meter, 1 without
    row : int (meter, day) -- index into ``where`` of the first row of that day, -1 without
    where : place of each row
    """

    ids: StrArray
    first_day: int
    p_kw: Float32Array
    ratio: FloatArray
    row: IntArray
    where: tuple[str, ...]

    def place(self, meter: int, day: int | None = None) -> str:
        """Place of a meter's day, or of its first one."""
        rows = self.row[meter] if day is None else self.row[meter, day : day + 1]
        held = rows[rows >= 0]
        return self.where[int(held[0])] if held.size else f"meter {self.ids[meter]}"


def united(
    blocks: Sequence[Block],
    names: Sequence[Sequence[str]],
    ratios: Sequence[FloatArray],
    kw_per_unit: float,
    faults: list[Fault],
) -> Union:
    """Put all rows on one grid of meters and days; ``names`` and ``ratios`` go with the rows.

    A day that stands twice is an error unless both are identical; rows that each hold a part of a
    day complete each other.
    """
    ids, meter = np.unique([name for row in names for name in row], return_inverse=True)
    day = np.concatenate([block.day for block in blocks])
    kind = np.concatenate([block.kind for block in blocks])
    first_day, n_day = int(day.min()), int(day.max() - day.min()) + 1
    values = np.concatenate([block.values for block in blocks])
    where = tuple(place for block in blocks for place in block.where)
    pieces = np.concatenate([np.full(len(block.ids), block.pieces) for block in blocks])
    cell = (kind * len(ids) + meter) * n_day + day - first_day
    order = np.argsort(cell, kind="stable")
    start = np.flatnonzero(np.diff(cell[order], prepend=-1))
    for begin, end in zip(start, np.append(start[1:], len(order)), strict=True):
        if end - begin > 1:
            _complete(values, order[begin:end], pieces, where, faults)
    kept = order[start]
    _say_codes(blocks, ids, meter, where, faults)
    row = np.full((len(ids), n_day), -1, dtype=np.int64)
    row[meter[kept[::-1]], day[kept[::-1]] - first_day] = kept[::-1]
    applied = np.concatenate(list(ratios))
    values *= kw_per_unit * applied[:, None]
    planes: dict[int, Float32Array] = {}
    for number in np.unique(kind):
        rows = kept[kind[kept] == number]
        plane = np.full((len(ids), n_day, N_POINT), np.nan, dtype=np.float32)
        plane[meter[rows], day[rows] - first_day] = values[rows]
        planes[int(number)] = plane
    held = np.concatenate([block.ratio for block in blocks])
    ratio = np.ones(len(ids))
    np.maximum.at(ratio, meter, np.fmax(np.fmax(applied, held), 1.0))
    whole = Union(
        ids=ids,
        first_day=first_day,
        p_kw=planes.pop(TOTAL, np.full((*row.shape, N_POINT), np.nan, dtype=np.float32)),
        ratio=ratio,
        row=row,
        where=where,
    )
    return _with_phases(whole, planes, faults) if planes else whole


def _say_codes(
    blocks: Sequence[Block],
    ids: StrArray,
    meter: IntArray,
    where: Sequence[str],
    faults: list[Fault],
) -> None:
    """One note per meter whose export holds codes for "no reading"."""
    n_code, code = (
        np.concatenate([getattr(block, name) for block in blocks]) for name in ("n_code", "code")
    )
    points = np.bincount(meter, n_code, minlength=len(ids)).astype(np.int64)
    for one in np.flatnonzero(points).tolist():
        rows = np.flatnonzero((meter == one) & (n_code > 0))
        what = f"meter {ids[one]}: {points[one]} points hold {code[rows[0]]:.12g} or the like, "
        what += "codes for no reading: taken as missing"
        note(faults, "meter-no-reading", where[int(rows[0])], what, int(points[one]))


def _complete(
    values: FloatArray,
    rows: IntArray,
    pieces: BoolArray,
    where: Sequence[str],
    faults: list[Fault],
) -> None:
    """Rows of one meter, day and kind: the first takes what the others add, or they conflict."""
    first, others = rows[0], rows[1:]
    for other in others:
        here, there = values[first], values[other]
        identical = bool(np.array_equal(here, there, equal_nan=True))
        part = pieces[first] and pieces[other]
        conflict = np.isfinite(here) & np.isfinite(there) & (here != there)
        if identical and not part:
            note(
                faults, "meter-repeated", where[other], f"the same row as {where[first]}: used once"
            )
        elif conflict.any() or not (identical or part):
            what = f"the meter's day already stands at {where[first]}, with other values"
            error(faults, "meter-duplicate", where[other], what, "keep the right one of the two")
        values[first] = np.where(np.isnan(here), there, here)


def _with_phases(whole: Union, planes: dict[int, Float32Array], faults: list[Fault]) -> Union:
    """The total where it is known, elsewhere the sum of all phases that the meter has."""
    phases = [planes[number] for number in PHASES if number in planes]
    has = np.array([np.isfinite(plane).any(axis=(1, 2)) for plane in phases])
    parts = [np.where(own[:, None, None], plane, 0) for own, plane in zip(has, phases, strict=True)]
    none = np.broadcast_to(~has.any(axis=0), (len(whole.ids),))
    summed = np.where(none[:, None, None], np.float32(np.nan), np.sum(parts, axis=0))
    total = whole.p_kw
    filled = np.isnan(total) & np.isfinite(summed)
    for meter in np.flatnonzero(filled.any(axis=(1, 2))):
        count = int(filled[meter].sum())
        what = f"meter {whole.ids[meter]}: {count} points are the sum of its phases"
        note(faults, "meter-phases-summed", whole.place(int(meter)), what, count)
    both: BoolArray = np.asarray(np.isfinite(total) & np.isfinite(summed))
    for meter in np.flatnonzero(np.any(both, axis=(1, 2))):
        of_total = float(total[meter].sum(where=both[meter]))
        of_phases = float(summed[meter].sum(where=both[meter]))
        if abs(of_phases - of_total) > MAX_PHASE_GAP * abs(of_total):
            what = f"meter {whole.ids[meter]}: total {of_total:.4g}, its phases {of_phases:.4g}"
            remedy = "check the phases' current transformer ratio and unit"
            warn(faults, "meter-phases-differ", whole.place(int(meter)), what, remedy)
    return replace(whole, p_kw=np.where(filled, summed, total))
