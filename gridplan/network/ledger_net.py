"""The items of one transformer area as the tables of a network file."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gridplan.errors import Fault
from gridplan.network.catalogue import ConductorType, TransformerType
from gridplan.network.ledger_customers import CustomerRows
from gridplan.network.ledger_forms import LINE_NUMBERS, TRAFO_NUMBERS
from gridplan.network.ledger_places import Places
from gridplan.network.ledger_rows import Item, assumed, tap_position
from gridplan.network.tables import PlainNet, PlainTable

#: What stands for a 10 kV source that nobody has measured, and its ratios (assumption; a line of
#: some 10 km: domain defaults 80-200 MVA).
SOURCE_DEFAULTS = {
    "vm_pu": 1.0, "va_degree": 0.0, "s_sc_max_mva": 100.0, "rx_max": 0.7, "x0x_max": 1.0,
    "r0x0_max": 0.7,
}  # fmt: skip
_SOURCE_OHM = ("r1_ohm", "x1_ohm", "r0_ohm", "x0_ohm")
_BOX_TYPE, _HOME_TYPE = "BLV 2x10", "BLV 2x6"
_LINE_COLUMNS = tuple(
    one.name for one in LINE_NUMBERS if one.name not in {"ampacity_a", "neutral_ampacity_a"}
)


@dataclass(slots=True)
class Area:
    """The items of one transformer area by sheet; ``faults`` is the reader's own list."""

    name: str
    items: dict[str, list[Item]]
    faults: list[Fault]

    def of(self, sheet: str) -> list[Item]:
        """The items of a sheet."""
        return self.items.get(sheet, [])


@dataclass(slots=True)
class _Tables:
    """Rows of network tables, and where in the ledger each comes from."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    origin: dict[tuple[str, int], str] = field(default_factory=dict)

    def add(self, table: str, where: str, **values: Any) -> int:
        rows = self.rows.setdefault(table, [])
        self.origin[table, len(rows)] = where
        rows.append(values)
        return len(rows) - 1


def area_net(area: Area) -> tuple[PlainNet, dict[tuple[str, int], str]]:
    """The tables of an area, and the place in the ledger of each of their rows.

    What is wrong is added to ``area.faults``; the tables are then not complete.
    """
    tables, places = _Tables(), Places(area.items, area.faults)
    for name, vn_kv, x, y, where in places.nodes():
        tables.add("bus", where, name=name, vn_kv=vn_kv, in_service=True, geo=_geo(x, y))
    f_hz = _add_supply(area, tables, places)
    customers = CustomerRows(area.items, places, area.faults)
    numbers: dict[str, int] = {}
    for item in area.of("lines"):
        _add_section(item, tables, places, numbers)
    for item in area.of("boxes"):
        known = places.end_of(item, "pole") is not None
        if known and places.box_has_drop(item):
            _add_drop(item, item["box"], item["pole"], tables, places, _BOX_TYPE)
    for item in area.of("customers"):
        home = places.home_of(item)
        if home:
            _add_drop(item, home, customers.stands_at(item), tables, places, _HOME_TYPE)
    for item, table, values in customers.rows():
        tables.add(table, item.where, **values)
    _add_further(area, tables, places, numbers)
    plain = PlainNet(
        source=area.name,
        tables={name: _plain(rows) for name, rows in tables.rows.items()},
        f_hz=f_hz,
        faults=(),
    )
    return plain, tables.origin


def _plain(rows: Sequence[dict[str, Any]]) -> PlainTable:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [_cell(row.get(name)) for row in rows] for name in names}
    return PlainTable(index=list(range(len(rows))), columns=columns)


def _cell(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _geo(x: float, y: float) -> str | None:
    if math.isnan(x) or math.isnan(y):
        return None
    return f'{{"type": "Point", "coordinates": [{x!r}, {y!r}]}}'


def _add_supply(area: Area, tables: _Tables, places: Places) -> float:
    """Transformer and source; returns the frequency [Hz]."""
    item = area.of("transformers")[0]
    values = item.values
    stated = [values[name] for name in SOURCE_DEFAULTS]
    given = {name: values[name] for name in _SOURCE_OHM if not math.isnan(values[name])}
    source = {
        name: default if math.isnan(value) else value
        for (name, default), value in zip(SOURCE_DEFAULTS.items(), stated, strict=True)
    }
    if given:
        source = {name: source[name] for name in ("vm_pu", "va_degree")} | given
    elif math.isnan(values["s_sc_max_mva"]):
        what = f"no short-circuit power: {source['s_sc_max_mva']:g} MVA assumed at 10 kV"
        assumed(area.faults, item.where, what)
    if math.isnan(values["vm_pu"]):
        assumed(area.faults, item.where, "no source voltage: 10 kV assumed (vm_pu 1)")
    at = places.node(places.source)
    tables.add("ext_grid", item.where, name="source", bus=at, in_service=True, **source)
    kind: TransformerType | None = values["type"]
    if kind is not None or not math.isnan(values["vk_percent"]):
        tables.add("trafo", item.where, **_unit(item, kind, area, places))
    return 50.0 if math.isnan(values["f_hz"]) else float(values["f_hz"])


#: What the catalogue knows of a unit, and what stands for a unit without it.
_OF_TYPE = {
    "vn_hv_kv": 10.0, "vn_lv_kv": 0.4, "vk_percent": math.nan, "vkr_percent": math.nan,
    "vk0_percent": math.nan, "vkr0_percent": math.nan, "mag0_percent": math.nan,
    "mag0_rx": math.nan, "si0_hv_partial": math.nan, "pfe_kw": math.nan, "i0_percent": math.nan,
    "tap_min": -2.0, "tap_max": 2.0, "tap_neutral": 0.0, "tap_step_percent": 2.5,
}  # fmt: skip
_GROUP = re.compile(r"(Dyn|Yzn|Yyn|YNyn)(\d*)", re.IGNORECASE)


def _unit(item: Item, kind: TransformerType | None, area: Area, places: Places) -> dict[str, Any]:
    values = item.values
    stated = {
        one.name: values[one.name] for one in TRAFO_NUMBERS if not math.isnan(values[one.name])
    }
    own = {name: getattr(kind, name) if kind else default for name, default in _OF_TYPE.items()}
    row = own | stated
    if kind and kind.vector_group.startswith("Yyn") and "vk0_percent" not in stated:
        what = f"zero-sequence impedance of Yyn0 not measured: {row['vk0_percent']:g} % assumed"
        assumed(area.faults, item.where, f"{what} (range 40-150 %)")
    position = tap_position(values["tap"], row["tap_min"], row["tap_max"], row["tap_neutral"])
    if position is None:
        ends = f"{row['tap_min']:g} to {row['tap_max']:g}"
        what = f"{item.row.table.heading_of('tap')} {values['tap']} is outside the tap changer"
        item.row.error("tap", what, f"its positions are {ends}, I is the highest")
        position = row["tap_neutral"]
    group = values["group"].replace(",", "")
    known = kind.vector_group if kind else group
    return row | {
        "name": values["name"] or "T1",
        "std_type": kind.std_type if kind else values["model"] or None,
        "hv_bus": places.node(places.mv),
        "lv_bus": places.node(places.busbar),
        "sn_mva": (kind.sn_kva if math.isnan(values["kva"]) and kind else values["kva"]) / 1000,
        "vector_group": group if _GROUP.fullmatch(group) else known,
        "shift_degree": values["shift_degree"],
        "tap_side": values["tap_side"] or (kind.tap_side if kind else "hv"),
        "tap_pos": position,
        "tap_changer_type": "Ratio",
        "in_service": True,
    }


def _add_section(item: Item, tables: _Tables, places: Places, numbers: dict[str, int]) -> None:
    values = item.values
    ends = [places.end_of(item, column) for column in ("from_pole", "to_pole")]
    if values["name"] in numbers:
        item.row.error("twice", f"section {values['name']} stands twice", "number them apart")
        return
    length_m = values["length_m"]
    if math.isnan(length_m) and not values["length_stated"]:
        length_m = places.distance_m(item)
        if math.isnan(length_m) and None not in ends:
            what = f"no {item.row.table.heading_of('length_m')}, span or coordinates"
            item.row.error("length", what, "fill in the length in metres")
    if None in ends or math.isnan(length_m):
        return
    electrical = _electrical(item, values["type"])
    if electrical is None:
        return
    section = values["section"] or ("lateral" if values["phases"] == "1" else "main")
    numbers[values["name"]] = tables.add(
        "line",
        item.where,
        name=values["name"],
        from_bus=ends[0],
        to_bus=ends[1],
        length_km=length_m / 1000,
        section=None if section == "mv" else section,
        outgoing_circuit=values["circuit"] or None,
        neutral_open=values["neutral_open"],
        in_service=True,
        **electrical,
    )


def _electrical(item: Item, kind: ConductorType | None) -> dict[str, Any] | None:
    """Impedances and ampacities of a line: the row's own, else the type's; None where none."""
    values = item.values
    stated = {
        name: values[name]
        for name in _LINE_COLUMNS
        if name in values and not math.isnan(values[name])
    }
    if kind is None:
        if "r_ohm_per_km" not in stated:
            if not values["model"]:
                what = f"{item.row.table.heading_of('model')} is empty"
                item.row.error("model", what, "fill in the conductor, e.g. LGJ-25")
            return None
        own: dict[str, Any] = {}
        ampacity_a = neutral_a = math.nan
    else:
        own = {
            "r_ohm_per_km": kind.r_ohm_per_km, "x_ohm_per_km": kind.x_ohm_per_km,
            "r0_ohm_per_km": kind.r0_ohm_per_km, "x0_ohm_per_km": kind.x0_ohm_per_km,
        }  # fmt: skip
        ampacity_a, neutral_a = kind.ampacity_a, kind.neutral_ampacity_a
    rated = values.get("ampacity_a", math.nan), values.get("neutral_ampacity_a", math.nan)
    ampacity_a = ampacity_a if math.isnan(rated[0]) else rated[0]
    neutral_a = neutral_a if math.isnan(rated[1]) else rated[1]
    std_type = kind.std_type if kind else values["model"] or None
    zero = {"c_nf_per_km": 0.0, "c0_nf_per_km": 0.0}
    # 0 is what the export writes for an ampacity that nobody knows
    known = {
        "max_i_ka": ampacity_a / 1000 if ampacity_a else math.nan,
        "neutral_max_i_ka": neutral_a / 1000 if neutral_a else math.nan,
    }
    return {"std_type": std_type, **zero, **own, **stated, **known}


def _add_drop(
    item: Item, node: str, at: str, tables: _Tables, places: Places, default: str
) -> None:
    """The service drop of a box or a home; its line has the name of the node that it feeds."""
    from gridplan.network.catalogue import conductor_types

    kind = item["type"]
    if kind is None and not item["model"]:
        kind = conductor_types()[default]
        assumed(item.row.table.faults, item.where, f"no conductor of the drop: {default} assumed")
    if kind is None or not at or math.isnan(item["length_m"]):
        return
    tables.add(
        "line",
        item.where,
        name=node,
        from_bus=places.node(at),
        to_bus=places.node(node),
        length_km=item["length_m"] / 1000,
        section="service",
        neutral_open=False,
        in_service=True,
        **(_electrical(item, kind) or {}),
    )


def _add_further(area: Area, tables: _Tables, places: Places, numbers: dict[str, int]) -> None:
    for item in area.of("line_matrix"):
        if item["line"] not in numbers:
            item.row.error("line", f"there is no section {item['line']}", "name one of its sheet")
            continue
        rest = {k: v for k, v in item.values.items() if k not in {"line", "area"}}
        tables.add("line_matrix", item.where, line=numbers[item["line"]], **rest)
    for sheet in ("grounding", "node_shunt"):
        for item in area.of(sheet):
            bus = places.end_of(item, "pole")
            rest = {k: v for k, v in item.values.items() if k not in {"pole", "area"}}
            if bus is not None:
                tables.add(sheet, item.where, bus=bus, in_service=True, **rest)
