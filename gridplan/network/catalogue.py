"""Chinese 10/0.4 kV transformers and low-voltage conductors, each row with its source.

The tables in ``data/`` are made by ``scripts/make_catalogue.py``. Status letters: S second-hand
page, K own knowledge that nobody has verified, A assumption, C computed.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.errors import CatalogueError, Fault
from gridplan.frozen import ComplexArray
from gridplan.network.feeder import Lines, Transformer

#: The series that answers for a transformer whose series the catalogue does not know: the oldest
#: one that is still bought second-hand and that has every rating as Yyn0 and as Dyn11.
COMMON_SERIES = "S11"

#: Frequency at which the reactances of the conductor table were computed [Hz].
CATALOGUE_F_HZ = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerType:
    """One nameplate of the catalogue.

    ``vk0_percent`` of a Yyn0 type (60 %, vkr0 18 %) is an assumption for three-limb cores, whose
    measured values spread over 40-150 %; replace it where the unit was measured.
    ``zero_seq_status`` says so.
    """

    std_type: str
    series: str
    vector_group: str
    shift_degree: float
    sn_kva: float
    vn_hv_kv: float
    vn_lv_kv: float
    vk_percent: float
    vkr_percent: float
    vk0_percent: float
    vkr0_percent: float
    mag0_percent: float
    mag0_rx: float
    si0_hv_partial: float
    pfe_kw: float
    i0_percent: float
    tap_side: str
    tap_neutral: float
    tap_min: float
    tap_max: float
    tap_step_percent: float
    zero_seq_status: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductorType:
    """One circuit of three phases and a neutral; impedances per km at 20 C and 50 Hz."""

    std_type: str
    alias: str
    family: str
    phase_mm2: float
    neutral_mm2: float
    r_ohm_per_km: float
    x_ohm_per_km: float
    r0_ohm_per_km: float
    x0_ohm_per_km: float
    ampacity_a: float
    neutral_ampacity_a: float
    source: str


def _rows(file_name: str) -> Iterator[dict[str, str]]:
    text = files("gridplan.network").joinpath("data", file_name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())


@cache
def transformer_types() -> dict[str, TransformerType]:
    """All transformer types by name, in the order of the table."""
    types = (_transformer_type(row) for row in _rows("transformers.csv"))
    return {item.std_type: item for item in types}


def _transformer_type(row: dict[str, str]) -> TransformerType:
    group = row["vector_group_cn"]
    return TransformerType(
        std_type=row["std_type"],
        series=row["series"],
        vector_group=group,
        shift_degree=0.0 if group.startswith("Yyn") else float(row["pp_shift_degree"]),
        sn_kva=float(row["sn_kva"]),
        vn_hv_kv=float(row["vn_hv_kv"]),
        vn_lv_kv=float(row["vn_lv_kv"]),
        vk_percent=float(row["uk_percent"]),
        vkr_percent=float(row["vkr_percent"]),
        vk0_percent=float(row["vk0_percent"]),
        vkr0_percent=float(row["vkr0_percent"]),
        mag0_percent=float(row["mag0_percent"]),
        mag0_rx=float(row["mag0_rx"]),
        si0_hv_partial=float(row["si0_hv_partial"]),
        pfe_kw=float(row["p0_w"]) / 1000,
        i0_percent=float(row["i0_percent"]),
        tap_side=row["tap_side"],
        tap_neutral=float(row["tap_neutral"]),
        tap_min=float(row["tap_min"]),
        tap_max=float(row["tap_max"]),
        tap_step_percent=float(row["tap_step_percent"]),
        zero_seq_status=row["zero_seq_status"],
        source=row["source"],
    )


@cache
def conductor_types() -> dict[str, ConductorType]:
    """All conductor types by name and by alias (LGJ-25 for JL/G1A-25/4 4w)."""
    rows = list(_rows("conductors.csv"))
    ampacity_a = {(row["family"], row["phase_mm2"]): float(row["max_i_a"]) for row in rows}
    types: dict[str, ConductorType] = {}
    for row in rows:
        item = _conductor_type(row, ampacity_a.get((row["family"], row["neutral_mm2"]), math.nan))
        types[item.std_type] = item
        if item.alias:
            types[item.alias] = item
    return types


def _conductor_type(row: dict[str, str], neutral_ampacity_a: float) -> ConductorType:
    return ConductorType(
        std_type=row["std_type"],
        alias=row["alias"],
        family=row["family"],
        phase_mm2=float(row["phase_mm2"]),
        neutral_mm2=float(row["neutral_mm2"]),
        r_ohm_per_km=float(row["r20_ohm_per_km"]),
        x_ohm_per_km=float(row["x_ohm_per_km"]),
        r0_ohm_per_km=float(row["r0_ohm_per_km"]),
        x0_ohm_per_km=float(row["x0_ohm_per_km"]),
        ampacity_a=float(row["max_i_a"]),
        neutral_ampacity_a=neutral_ampacity_a,
        source=row["source"],
    )


def _unknown(what: str, name: str, known: Sequence[str]) -> CatalogueError:
    close = get_close_matches(name, known, n=3, cutoff=0.3)
    remedy = f"closest: {', '.join(close)}" if close else f"known are e.g. {', '.join(known[:3])}"
    fault = Fault(code=f"unknown-{what}", where=what, what=f"there is no {name!r}", remedy=remedy)
    return CatalogueError("catalogue", [fault])


def transformer_of_type(std_type: str, old: Transformer) -> Transformer:
    """The nameplate of a type at the nodes of the transformer that it replaces.

    Rated voltages stay those of the old unit: a replacement is ordered for the voltages of its
    network, and a changed ratio would hide in the comparison what the rating does. The tap goes to
    the position nearest to the old tap voltage. The zero sequence is the type's own, for Yyn0 an
    assumption.
    """
    types = transformer_types()
    if std_type not in types:
        raise _unknown("transformer", std_type, list(types))
    new = types[std_type]
    return Transformer(
        name=old.name,
        std_type=new.std_type,
        hv_node=old.hv_node,
        lv_node=old.lv_node,
        sn_kva=new.sn_kva,
        vn_hv_kv=old.vn_hv_kv,
        vn_lv_kv=old.vn_lv_kv,
        vector_group=new.vector_group,
        shift_degree=new.shift_degree,
        vk_percent=new.vk_percent,
        vkr_percent=new.vkr_percent,
        vk0_percent=new.vk0_percent,
        vkr0_percent=new.vkr0_percent,
        mag0_percent=new.mag0_percent,
        mag0_rx=new.mag0_rx,
        si0_hv_partial=new.si0_hv_partial,
        pfe_kw=new.pfe_kw,
        i0_percent=new.i0_percent,
        tap_side=new.tap_side,
        tap_neutral=new.tap_neutral,
        tap_pos=_nearest_tap(new, old),
        tap_min=new.tap_min,
        tap_max=new.tap_max,
        tap_step_percent=new.tap_step_percent,
        ambient_surcharge_k=old.ambient_surcharge_k,
    )


def _nearest_tap(new: TransformerType, old: Transformer) -> float:
    """Position of the new tap changer whose ratio is nearest to the old one's."""
    percent = (old.tap_pos - old.tap_neutral) * old.tap_step_percent
    if old.tap_side != new.tap_side:
        percent = -percent
    position = new.tap_neutral + round(percent / new.tap_step_percent)
    return min(max(position, new.tap_min), new.tap_max)


def next_rating(transformer: Transformer, n: int) -> list[str]:
    """The next ``n`` types above the transformer's rating, smallest first.

    Same series and same kind of vector group (Yyn0 for Yyn, Dyn11 for Dyn); a transformer of a
    series that the catalogue does not know, or not with that group, is followed by
    ``COMMON_SERIES``.
    """
    group = "Yyn0" if transformer.has_yyn_core else "Dyn11"
    types = [item for item in transformer_types().values() if item.vector_group == group]
    known = transformer_types().get(transformer.std_type)
    named = re.match(r"[A-Za-z]+\d+", transformer.std_type.strip())
    series = known.series if known else named.group().upper() if named else COMMON_SERIES
    if not any(item.series == series for item in types):
        series = COMMON_SERIES
    rating_kva = transformer.sn_kva * transformer.parallel
    larger = [item for item in types if item.series == series and item.sn_kva > rating_kva]
    return [item.std_type for item in sorted(larger, key=lambda item: item.sn_kva)[:n]]


def phase_matrices(positive: npt.NDArray[Any], zero: npt.NDArray[Any]) -> ComplexArray:
    """Phase matrices (..., 3, 3) of balanced impedances or admittances per sequence (...)."""
    own, mutual = (zero + 2 * positive) / 3, (zero - positive) / 3
    eye = np.eye(3)
    matrices: ComplexArray = own[..., None, None] * eye + mutual[..., None, None] * (1 - eye)
    return matrices


def four_wire_matrix(positive: npt.NDArray[Any], zero: npt.NDArray[Any]) -> ComplexArray:
    """Impedances (4, 4) of a, b, c, neutral that have the same sequence impedances.

    Exact for voltages to neutral as long as the neutral carries the whole return current; what
    flows through the earth sees no mutual impedance.
    """
    return np.diag([positive, positive, positive, (zero - positive) / 3]).astype(np.complex128)


def lines_of_type(
    std_type: str, lines: Lines, line_names: Sequence[str], f_hz: float = CATALOGUE_F_HZ
) -> Lines:
    """The lines with other conductors on the named ones: same route, no shunt admittance.

    Raises ``CatalogueError`` for an unknown type or line name.
    """
    types = conductor_types()
    if std_type not in types:
        raise _unknown("conductor", std_type, list(types))
    names = lines.name.tolist()
    for name in line_names:
        if name not in names:
            raise _unknown("line", name, names)
    new = types[std_type]
    changed = np.isin(lines.name, list(line_names))
    if (lines.section[changed] == "mv").any():
        fault = Fault(
            code="conductor-on-mv",
            where=", ".join(lines.name[changed & (lines.section == "mv")].tolist()),
            what=f"{new.std_type} is a low-voltage conductor, the line is before the transformer",
            remedy="name lines behind the transformer only",
        )
        raise CatalogueError("catalogue", [fault])
    reactance = f_hz / CATALOGUE_F_HZ * 1j
    z1 = np.array(new.r_ohm_per_km + reactance * new.x_ohm_per_km)
    z0 = np.array(new.r0_ohm_per_km + reactance * new.x0_ohm_per_km)
    per_km = phase_matrices(z1, z0) if lines.z_ohm.shape[1] == 3 else four_wire_matrix(z1, z0)
    longs = lines.length_m[:, None, None] / 1000
    mask = changed[:, None, None]
    there = lines.wires[:, :, None] & lines.wires[:, None, :]
    return replace(
        lines,
        std_type=np.where(changed, new.std_type, lines.std_type),
        z_ohm=np.where(mask, per_km * longs * there, lines.z_ohm),
        y_s=np.where(mask, 0, lines.y_s),
        neutral_open=lines.neutral_open & ~changed,
        ampacity_a=np.where(changed, new.ampacity_a, lines.ampacity_a),
        neutral_ampacity_a=np.where(changed, new.neutral_ampacity_a, lines.neutral_ampacity_a),
    )
