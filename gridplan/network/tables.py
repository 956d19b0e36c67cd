"""A pandapower net as plain tables, from its JSON file or from memory; nothing in it is executed.

Files are data, not programs: pandapower's own reader imports the modules that a file names and
restores ``user_pf_options`` and controllers, so it is never called. Whatever gridplan does not
know is dropped and named.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridplan.errors import Fault, InputError, NetworkError

#: Tables that gridplan reads.
KNOWN_TABLES = (
    "bus",
    "line",
    "trafo",
    "ext_grid",
    "load",
    "asymmetric_load",
    "sgen",
    "asymmetric_sgen",
    "switch",
    "line_matrix",
    "grounding",
    "node_shunt",
)

#: Elements that carry power or impedance: in service, they would change every answer.
UNSUPPORTED_TABLES = (
    "gen",
    "shunt",
    "storage",
    "trafo3w",
    "impedance",
    "ward",
    "xward",
    "dcline",
    "motor",
    "svc",
    "ssc",
    "vsc",
    "vsc_stacked",
    "vsc_bipolar",
    "tcsc",
    "bus_dc",
    "line_dc",
    "load_dc",
    "source_dc",
)

#: Entries of every pandapower net that describe the file itself.
_HEADER = {
    "version",
    "format_version",
    "converged",
    "OPF_converged",
    "name",
    "f_hz",
    "sn_mva",
    "std_types",
}

#: A village network is well below 1 MB and a net of 3,000 lines 2 MB; pandapower's deepest own
#: structure has about ten levels. Anything beyond is refused before it is parsed.
MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 40

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTable:
    """One table as the source holds it: row numbers and columns of plain values or ``None``."""

    index: list[int]
    columns: dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainNet:
    """The tables that count, the frequency, and what was found on the way.

    Attributes
    ----------
    source : what messages call it: the path or the name of the net
    tables : by name, only those of ``KNOWN_TABLES`` and ``UNSUPPORTED_TABLES``
    f_hz : nominal frequency [Hz]
    faults : malformed tables (errors) and everything dropped by name (notes)
    """

    source: str
    tables: dict[str, PlainTable]
    f_hz: float
    faults: tuple[Fault, ...]


#: What a file of another kind is, and how a network comes of it, by its ending.
_OTHERS = {
    ".xlsx": ("this is a workbook", "gridplan network import makes a network of a ledger"),
    ".dss": ("this is an OpenDSS script", "gridplan network convert makes a network of it"),
    ".yaml": ("this is a YAML file, as studies are", "name the network first, then the study"),
}
_OTHERS |= {".xlsm": _OTHERS[".xlsx"], ".yml": _OTHERS[".yaml"]}


def read_plain(path: Path) -> PlainNet:
    """Read the JSON file of a pandapower net; ``NetworkError`` when it is not one."""
    source = str(path)
    if path.suffix.lower() in {".p", ".pkl", ".pickle"}:
        raise _refused(
            source,
            "pickle",
            "a pickle can run any program when it is opened, so gridplan does not open it",
            'save the net as JSON: pandapower.to_json(net, "network.json")',
        )
    if (kind := path.suffix.lower()) in _OTHERS and path.is_file():
        raise _refused(source, "not-a-net", *_OTHERS[kind])
    content = read_json(path)
    if not isinstance(content, dict) or content.get("_class") != "pandapowerNet":
        raise _not_a_net(source)
    body = content.get("_object")
    if isinstance(body, str):
        body = parse_json(body, source)
    if not isinstance(body, dict):
        raise _not_a_net(source)
    return _plain_net(body, source)


def read_json(path: Path) -> Any:
    """The content of a JSON file; ``NetworkError`` when it is too large, too deep or none."""
    source = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            what = f"the file has {size / 2**20:.0f} MB, more than {MAX_BYTES // 2**20} MB"
            raise _refused(source, "too-large", what, "split it into one transformer area per file")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        remedy = "give the folder that holds network.json, or the file itself"
        raise _refused(source, "unreadable", error.strerror or str(error), remedy) from None
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8: this is not a JSON file"
        raise _refused(source, "not-json", what, "save the net with pandapower.to_json") from None
    return parse_json(text, source)


def plain_of_net(net: Mapping[str, Any], source: str) -> PlainNet:
    """The same of a net in memory, which is not changed."""
    return _plain_net(dict(net), source)


def _refused(source: str, code: str, what: str, remedy: str) -> NetworkError:
    fault = Fault(code=code, where=Path(source).name or source, what=what, remedy=remedy)
    return NetworkError(source, [fault])


def _not_a_net(source: str) -> NetworkError:
    what = "this JSON is not a pandapower net"
    return _refused(source, "not-a-net", what, "save the net with pandapower.to_json")


def parse_json(text: str, source: str) -> Any:
    """Parse JSON; nesting is measured first: a deep file would exhaust the parser's stack."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        what = f"the JSON is nested {deepest} levels deep, more than {MAX_DEPTH}"
        raise _refused(source, "too-deep", what, "save the net with pandapower.to_json")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        what = f"line {error.lineno}, column {error.colno}: not JSON ({error.msg})"
        remedy = "save the net with pandapower.to_json, without an encryption key"
        raise _refused(source, "not-json", what, remedy) from None
    except (ValueError, RecursionError) as error:
        what = f"not JSON that can be read ({error})"
        raise _refused(source, "not-json", what, "save it with pandapower.to_json") from None


def _plain_net(entries: Mapping[str, Any], source: str) -> PlainNet:
    tables: dict[str, PlainTable] = {}
    faults: list[Fault] = []
    results: list[str] = []
    for key, value in entries.items():
        if key in _HEADER or str(key).startswith("_"):
            continue
        if key in KNOWN_TABLES or key in UNSUPPORTED_TABLES:
            table = _plain_table(str(key), value, source, faults)
            if table is not None:
                tables[str(key)] = table
        elif not _empty(value, source):
            if str(key).startswith("res_"):
                results.append(str(key))
            else:
                faults.append(_dropped(str(key)))
    if results:
        what = f"stored results are dropped ({', '.join(results)}): gridplan works out its own"
        faults.append(
            Fault(code="dropped", where="res_*", what=what, severity="note", rows=len(results))
        )
    f_hz = entries.get("f_hz", 50.0)
    if not isinstance(f_hz, int | float) or isinstance(f_hz, bool) or not 10 <= f_hz <= 100:
        what = f"f_hz is {_short(f_hz)}, not a frequency of a public network"
        faults.append(Fault(code="frequency", where="f_hz", what=what, remedy="set it to 50 or 60"))
        f_hz = 50.0
    return PlainNet(source=source, tables=tables, f_hz=float(f_hz), faults=tuple(faults))


def _dropped(key: str) -> Fault:
    what = f"{_short(key)} is not empty and is dropped: gridplan knows nothing of it"
    if key in {"user_pf_options", "controller"}:
        what = f"{key} is dropped: it could change answers without being seen"
    return Fault(code="dropped", where=_short(key), what=what, severity="note")


def _plain_table(name: str, value: Any, source: str, faults: list[Fault]) -> PlainTable | None:
    """One table from a JSON frame or a frame in memory; a malformed one is a fault."""
    try:
        if hasattr(value, "columns") and hasattr(value, "index"):
            index, columns = _from_frame(value)
        else:
            index, columns = _from_json(value, source)
        numbers = [_row_number(number) for number in index]
        if len(set(numbers)) != len(numbers):
            raise _MalformedError("its row numbers are not unique")
        return PlainTable(index=numbers, columns=columns)
    except (_MalformedError, InputError) as error:
        what = f"the table cannot be read: {error}"
        remedy = "save the net with pandapower.to_json"
        faults.append(Fault(code="malformed-table", where=name, what=what, remedy=remedy))
        return None


class _MalformedError(Exception):
    """A table that is not one; becomes a fault."""


def _from_frame(frame: Any) -> tuple[list[Any], dict[str, list[Any]]]:
    """Columns of a frame in memory; missing values of any kind become ``None``."""
    columns: dict[str, list[Any]] = {}
    if not len(frame):
        return [], columns
    for name in frame.columns:
        missing = frame[name].isna().tolist()
        values = (value.item() if hasattr(value, "item") else value for value in frame[name])
        columns[str(name)] = [
            None if gone else value for value, gone in zip(values, missing, strict=True)
        ]
    return frame.index.tolist(), columns


def _from_json(value: Any, source: str) -> tuple[list[Any], dict[str, list[Any]]]:
    """Columns of a frame as ``pandapower.to_json`` writes it: split orient, often a string."""
    frame = value.get("_object") if isinstance(value, dict) else None
    if isinstance(frame, str):
        frame = parse_json(frame, source)
    if not isinstance(frame, dict):
        raise _MalformedError("it is not a data frame")
    names, index, data = (frame.get(key) for key in ("columns", "index", "data"))
    if not (isinstance(names, list) and isinstance(index, list) and isinstance(data, list)):
        raise _MalformedError("it has no columns, index and data (orient split)")
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise _MalformedError("its column names are not unique texts")
    if len(index) != len(data):
        raise _MalformedError(f"{len(index)} row numbers for {len(data)} rows")
    for number, row in zip(index, data, strict=True):
        if not isinstance(row, list) or len(row) != len(names):
            raise _MalformedError(f"row {_short(number)} has not {len(names)} cells")
    columns = zip(*data, strict=True) if data else ([] for _ in names)
    return index, {
        name: [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in column]
        for name, column in zip(names, columns, strict=True)
    }


def _row_number(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**62:
        raise _MalformedError(f"the row number {_short(number)} is not a whole number")
    return number


def _empty(value: Any, source: str) -> bool:
    """Whether an entry that is not read holds nothing: no rows, no keys, no value."""
    if value is None or (hasattr(value, "columns") and hasattr(value, "index")):
        return value is None or len(value) == 0
    if isinstance(value, dict) and "_object" in value:
        try:
            index, columns = _from_json(value, source)
        except (_MalformedError, InputError):
            return False
        return not index or not columns
    return isinstance(value, dict | list | str) and len(value) == 0


def _short(value: Any) -> str:
    """A value of a stranger's file for a message: one line, not long."""
    text = repr(value) if not isinstance(value, str) else value
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "..."
