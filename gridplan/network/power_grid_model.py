"""Read the input of power-grid-model, its JSON, as a feeder; the library is not needed."""

from __future__ import annotations

import cmath
import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gridplan.errors import Fault, NetworkError
from gridplan.network.feeder import Feeder
from gridplan.network.reader import feeder_of_tables
from gridplan.network.tables import PlainNet, PlainTable, read_json
from gridplan.network.writer import SHORTEST_KM

Row = dict[str, Any]

#: What power-grid-model takes where a source says nothing: 10 GVA, R/X 0.1, Z0/Z1 1.
_SOURCE_DEFAULTS = {"sk": 1e10, "rx_ratio": 0.1, "z01_ratio": 1.0}
#: The dataset has no lengths: the whole impedance stands on this one, see ``network.writer`` [km].
_KM = SHORTEST_KM
_PLACEHOLDER_A = 5000.0  #: no low-voltage line carries this [A]
_WIRES = "abcn"
_GROUPS = {(2, 1): "Dyn", (0, 1): "Yyn", (1, 1): "YNyn", (2, 3): "Dzn"}
_SHARES = {0: (0.0, 0.0), 1: (100.0, 0.0), 2: (0.0, 100.0)}
_READ = frozenset(
    {"node", "line", "asym_line", "link", "transformer", "source", "shunt"}
    | {"sym_load", "asym_load", "sym_gen", "asym_gen"}
)


def is_power_grid_model(content: Any) -> bool:
    """Whether the content of a JSON file is a dataset of power-grid-model."""
    return isinstance(content, dict) and "data" in content and "is_batch" in content


def read_power_grid_model(path: str | Path, *, f_hz: float = 50.0) -> Feeder:
    """Read an input dataset; ``NetworkError`` with everything that is wrong or cannot be taken.

    Components are known by their numbers, or by the names of ``....names.csv`` beside the file, as
    gridplan writes it. The pi circuit of its transformers becomes the T circuit with the same two
    ports; a load is a customer of its own. The dataset does not tell the frequency: ``f_hz``.
    """
    file = Path(path)
    content = read_json(file)
    faults: list[Fault] = []
    if not is_power_grid_model(content):
        what = "this JSON is not a dataset of power-grid-model"
        faults.append(
            Fault.of("pgm-dataset", file.name, what, "save it with json_serialize_to_file")
        )
    elif content["is_batch"] or content.get("type") != "input":
        what = "it is not one input dataset but a batch, an update or an output"
        faults.append(Fault.of("pgm-dataset", file.name, what, "give the input dataset"))
    if faults:
        raise NetworkError(str(file), faults)
    try:
        rows = _components(content)
        tables = _tables(rows, _names(file), f_hz, faults)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        ZeroDivisionError,
    ) as error:
        what = f"the dataset is malformed: {type(error).__name__} {error}"
        faults.append(Fault.of("pgm-dataset", file.name, what, "validate it with power-grid-model"))
    if faults:
        raise NetworkError(str(file), faults)
    plain = PlainNet(source=str(file), tables=tables, f_hz=f_hz, faults=(_no_lengths(tables),))
    return feeder_of_tables(plain, file.stem)


def _no_lengths(tables: dict[str, PlainTable]) -> Fault:
    what = "power-grid-model's lines have no lengths: 1 m stands for each"
    count = len(tables["line"].index)
    return Fault(code="pgm-length", where="line", what=what, severity="note", rows=count)


def _components(content: Row) -> dict[str, list[Row]]:
    """Components by kind; rows written as lists get the dataset's attribute names."""
    result = {}
    for kind, rows in content["data"].items():
        names = content.get("attributes", {}).get(kind, [])
        result[str(kind)] = [
            dict(row) if isinstance(row, dict) else dict(zip(names, row, strict=True))
            for row in rows
        ]
    return result


def _names(file: Path) -> dict[int, str]:
    beside = file.with_suffix(".names.csv")
    if not beside.is_file():
        return {}
    with beside.open(encoding="utf-8", newline="") as handle:
        return {int(row["id"]): str(row["name"]) for row in csv.DictReader(handle)}


def _tables(
    rows: dict[str, list[Row]], names: dict[int, str], f_hz: float, faults: list[Fault]
) -> dict[str, PlainTable]:
    for kind in sorted(set(rows) - _READ):
        if rows[kind] and not kind.endswith("_sensor"):
            what = f"{len(rows[kind])} components of the kind {kind} cannot be taken"
            faults.append(Fault.of("pgm-unsupported", kind, what, "leave them out of the dataset"))
    units = rows.get("transformer", [])
    busbars = {int(unit["to_node"]) for unit in units}
    shunts = [shunt for shunt in rows.get("shunt", []) if shunt.get("status", 1)]
    lines = [*rows.get("line", []), *rows.get("asym_line", [])]

    def named(row: Row, stem: str) -> str:
        return names.get(int(row["id"]), f"{stem}{row['id']}")

    zero_s = {at: _zero_at(shunts, at) for at in busbars}
    return {
        "bus": _table(
            rows["node"],
            name=lambda row: named(row, "n"),
            vn_kv=lambda row: row["u_rated"] / 1000,
            in_service=lambda _: True,
        ),
        "line": _line_table(lines, named, f_hz),
        "line_matrix": _matrix_table(rows.get("asym_line", [])),
        "switch": _table(
            rows.get("link", []),
            bus=lambda row: row["from_node"],
            element=lambda row: row["to_node"],
            et=lambda _: "b",
            closed=lambda row: bool(row["from_status"] and row["to_status"]),
        ),
        "trafo": PlainTable(
            index=list(range(len(units))),
            columns=_columns([_unit(row, zero_s[int(row["to_node"])], faults) for row in units]),
        ),
        "ext_grid": PlainTable(
            index=list(range(len(rows["source"]))),
            columns=_columns([_source(row, rows["node"]) for row in rows["source"]]),
        ),
        "node_shunt": _shunt_table(shunts, units),
        "load": _balanced(rows.get("sym_load", []), named),
        "sgen": _balanced(rows.get("sym_gen", []), named),
        "asymmetric_load": _per_phase(rows.get("asym_load", []), named),
        "asymmetric_sgen": _per_phase(rows.get("asym_gen", []), named),
    }


def _table(rows: list[Row], **columns: Callable[[Row], Any]) -> PlainTable:
    """A table with the components' own numbers for row numbers."""
    return PlainTable(
        index=[int(row["id"]) for row in rows],
        columns={name: [make(row) for row in rows] for name, make in columns.items()},
    )


def _columns(rows: list[Row]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def _line_table(lines: list[Row], named: Callable[[Row, str], str], f_hz: float) -> PlainTable:
    def per_phase(row: Row, name: str) -> float:
        """A matrix's line has the mean of its phases here, its full matrix in ``line_matrix``."""
        kind, sequence = name[0], name[1]
        if name in row:
            return float(row[name])
        own = sum(row[f"{kind}_{x}{x}"] for x in "abc") / 3
        mutual = sum(row[f"{kind}_{pair}"] for pair in ("ba", "ca", "cb")) / 3
        return float(own - mutual if sequence == "1" else own + 2 * mutual)

    def of(name: str) -> Callable[[Row], float]:
        return lambda row: per_phase(row, name) / _KM

    def capacitance(name: str) -> Callable[[Row], float]:
        return lambda row: 1e9 * row.get(name, 0.0) / _KM

    return _table(
        lines,
        name=lambda row: named(row, "l"),
        from_bus=lambda row: row["from_node"],
        to_bus=lambda row: row["to_node"],
        length_km=lambda _: _KM,
        r_ohm_per_km=of("r1"),
        x_ohm_per_km=of("x1"),
        r0_ohm_per_km=of("r0"),
        x0_ohm_per_km=of("x0"),
        c_nf_per_km=capacitance("c1"),
        c0_nf_per_km=capacitance("c0"),
        g_us_per_km=lambda row: (
            2e6 * math.pi * f_hz * row.get("c1", 0.0) * (row.get("tan1", 0.0) or 0.0) / _KM
        ),
        max_i_ka=lambda row: _rated_ka(row.get("i_n")),
        in_service=lambda row: bool(row["from_status"] and row["to_status"]),
    )


def _rated_ka(i_n: float | None) -> float | None:
    """Ampacity [kA]; a placeholder of thousands of amperes, or none, is unknown."""
    return None if not i_n or math.isnan(i_n) or i_n >= _PLACEHOLDER_A else i_n / 1000


def _matrix_table(lines: list[Row]) -> PlainTable:
    rows = []
    for line in lines:
        c1, c0 = line.get("c1", 0.0), line.get("c0", 0.0)
        for i, one in enumerate(_WIRES):
            for j, other in enumerate(_WIRES[: i + 1]):
                r, x = line.get(f"r_{one}{other}"), line.get(f"x_{one}{other}")
                if r is None or x is None:
                    continue
                charge = 0.0 if i == 3 else ((c0 + 2 * c1) / 3 if i == j else (c0 - c1) / 3)
                rows.append(
                    {
                        **{"line": line["id"], "i": one, "j": other},
                        **{"r_ohm_per_km": r / _KM, "x_ohm_per_km": x / _KM},
                        **{"g_us_per_km": 0.0, "c_nf_per_km": 1e9 * charge / _KM},
                    }
                )
    return PlainTable(index=list(range(len(rows))), columns=_columns(rows))


def _zero_at(shunts: list[Row], node: int) -> complex:
    """Zero-sequence admittance of the shunts at a node [S]."""
    return sum((_zero(row) for row in shunts if int(row["node"]) == node), 0j)


def _zero(shunt: Row) -> complex:
    return complex(shunt.get("g0") or 0.0, shunt.get("b0") or 0.0)


def _unit(row: Row, zero_s: complex, faults: list[Fault]) -> Row:
    """A transformer's pi circuit as the T circuit with the same two ports, per unit of its rating.

    Leakage z and shunt y, half of it at each end, are a T of arms z / (2 + z y / 2) and a shunt
    y (1 + z y / 4). The zero sequence of a Dyn is z and y side by side; that of a Yyn is its shunt
    (``i0_zero_sequence`` where given) and whatever shunt stands at the busbar.
    """
    sn_kva, base_ohm = row["sn"] / 1000, row["u2"] ** 2 / row["sn"]
    resistance = row["pk"] / row["sn"]
    z = complex(resistance, math.sqrt(max(row["uk"] ** 2 - resistance**2, 0.0)))
    y = _no_load(row.get("i0") or 0.0, (row.get("p0") or 0.0) / row["sn"])
    group = _GROUPS.get((int(row["winding_from"]), int(row["winding_to"])), "")
    clock = int(row["clock"]) % 12
    where = f"transformer {row['id']}"
    if group not in {"Dyn", "Yyn", "YNyn"} or row["u1"] < row["u2"]:
        what = f"windings {row['winding_from']} and {row['winding_to']} cannot be taken"
        remedy = "gridplan reads Dyn, Yyn0 and YNyn0, the high-voltage side first"
        faults.append(Fault.of("pgm-transformer", where, what, remedy))
    leakage, shunt = z / (1 + z * y / 4), y * (1 + z * y / 4)
    zero, magnetising = z, y
    if group == "Yyn":
        own = _zero_own(row, y) + zero_s * base_ohm
        zero = 1 / own if own else complex(1e9)
    ratio = 100 / abs(magnetising * z) if magnetising and group != "Yyn" else 1e12
    return {
        "name": f"T{row['id']}",
        "hv_bus": row["from_node"],
        "lv_bus": row["to_node"],
        "sn_mva": sn_kva / 1000,
        "vn_hv_kv": row["u1"] / 1000,
        "vn_lv_kv": row["u2"] / 1000,
        "vector_group": group,
        "shift_degree": 30.0 * clock,
        "vk_percent": 100 * abs(leakage),
        "vkr_percent": 100 * leakage.real,
        "vk0_percent": 100 * abs(zero),
        "vkr0_percent": 100 * zero.real,
        "mag0_percent": ratio,
        "mag0_rx": -y.real / y.imag if y.imag else 0.0,
        "si0_hv_partial": 1.0,
        "pfe_kw": sn_kva * shunt.real,
        "i0_percent": 100 * abs(shunt),
        **_tap(row),
        "in_service": bool(row["from_status"] and row["to_status"]),
    }


def _no_load(current: float, loss: float) -> complex:
    return complex(loss, -math.sqrt(max(current**2 - loss**2, 0.0)))


def _zero_own(row: Row, y: complex) -> complex:
    current, loss = row.get("i0_zero_sequence"), row.get("p0_zero_sequence")
    if current is None or math.isnan(current):
        return y
    return _no_load(current, (loss or 0.0) / row["sn"])


def _tap(row: Row) -> Row:
    side = int(row.get("tap_side") or 0)
    position, neutral = float(row.get("tap_pos") or 0), float(row.get("tap_nom") or 0)
    step = 100 * float(row.get("tap_size") or 0.0) / row["u1" if side == 0 else "u2"]
    return {
        "tap_side": "hv" if side == 0 else "lv",
        "tap_pos": position,
        "tap_neutral": neutral,
        "tap_min": float(min(row.get("tap_min") or 0, row.get("tap_max") or 0)),
        "tap_max": float(max(row.get("tap_min") or 0, row.get("tap_max") or 0)),
        "tap_step_percent": step,
        "tap_changer_type": "Ratio",
    }


def _source(row: Row, nodes: list[Row]) -> Row:
    u_rated = next(node["u_rated"] for node in nodes if node["id"] == row["node"])
    sk, rx, z01 = (row.get(name) or default for name, default in _SOURCE_DEFAULTS.items())
    z1 = cmath.rect(u_rated**2 / sk, math.atan2(1.0, rx))
    return {
        "name": "source",
        "bus": row["node"],
        "vm_pu": row["u_ref"],
        "va_degree": math.degrees(row.get("u_ref_angle") or 0.0),
        "r1_ohm": z1.real,
        "x1_ohm": z1.imag,
        "r0_ohm": z1.real * z01,
        "x0_ohm": z1.imag * z01,
        "in_service": bool(row.get("status", 1)),
    }


def _shunt_table(shunts: list[Row], units: list[Row]) -> PlainTable:
    """Shunts between phases and earth; the zero sequence of a Yyn's busbar is in the Yyn."""
    stars = {int(unit["to_node"]) for unit in units if unit["winding_from"] == 0}
    rows = []
    for shunt in shunts:
        y1 = complex(shunt.get("g1") or 0.0, shunt.get("b1") or 0.0)
        y0 = 0j if int(shunt["node"]) in stars else _zero(shunt)
        for i in range(3):
            for j in range(i + 1):
                y = (y0 + 2 * y1) / 3 if i == j else (y0 - y1) / 3
                rows.append(
                    {
                        **{"name": f"shunt{shunt['id']}", "bus": shunt["node"]},
                        **{"i": _WIRES[i], "j": _WIRES[j]},
                        **{"g_us": 1e6 * y.real, "b_us": 1e6 * y.imag},
                    }
                )
    return PlainTable(index=list(range(len(rows))), columns=_columns(rows))


def _balanced(rows: list[Row], named: Callable[[Row, str], str]) -> PlainTable:
    return _table(
        rows,
        **_customer(named),
        p_mw=lambda row: row["p_specified"] / 1e6,
        q_mvar=lambda row: row["q_specified"] / 1e6,
    )


def _per_phase(rows: list[Row], named: Callable[[Row, str], str]) -> PlainTable:
    def power(name: str, phase: int) -> Callable[[Row], float]:
        return lambda row: row[name][phase] / 1e6

    split = {f"p_{x}_mw": power("p_specified", k) for k, x in enumerate("abc")}
    split |= {f"q_{x}_mvar": power("q_specified", k) for k, x in enumerate("abc")}
    return _table(rows, **_customer(named), **split)


def _customer(named: Callable[[Row, str], str]) -> dict[str, Callable[[Row], Any]]:
    return {
        "name": lambda row: named(row, "u"),
        "customer_id": lambda row: named(row, "u"),
        "bus": lambda row: row["node"],
        "const_z_percent": lambda row: _SHARES[int(row["type"])][0],
        "const_i_percent": lambda row: _SHARES[int(row["type"])][1],
        "in_service": lambda row: bool(row.get("status", 1)),
    }
