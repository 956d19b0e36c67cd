"""Read a feeder: the border at which everything is checked, and after which nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gridplan.errors import Fault, NetworkError
from gridplan.network.assembly import build_feeder
from gridplan.network.checks import MAX_ROWS, STRUCTURE
from gridplan.network.customer_checks import CUSTOMERS
from gridplan.network.feeder import Feeder
from gridplan.network.line_checks import LINES
from gridplan.network.parts import take_apart
from gridplan.network.plausibility import TABLE_WARNINGS, feeder_warnings, warn_transformer
from gridplan.network.supply_checks import SUPPLY
from gridplan.network.tables import PlainNet, plain_of_net, read_plain
from gridplan.network.wires import WIRE_CHECKS

if TYPE_CHECKING:
    import pandapower

NETWORK_FILE = "network.json"


def read_feeder(path: str | Path) -> Feeder:
    """Read the feeder of a folder that holds ``network.json``, or of a pandapower JSON file.

    The feeder's name is that of the folder, for another file the file's. ``Feeder.notes`` say what
    was inferred and what is hard to believe. Raises ``NetworkError`` with every fault of the file.
    """
    given = Path(path)
    file = given / NETWORK_FILE if given.is_dir() else given
    name = file.resolve().parent.name if file.name == NETWORK_FILE else file.stem
    return feeder_of_tables(read_plain(file), name)


def feeder_from_net(net: pandapower.pandapowerNet, name: str | None = None) -> Feeder:
    """The feeder of a pandapower net in memory, which is not changed; checked like a file."""
    known = name or str(net.get("name") or "") or "net"
    return feeder_of_tables(plain_of_net(net, known), known)


def feeder_of_tables(plain: PlainNet, name: str) -> Feeder:
    """The feeder of plain tables, which every reader of files makes first; checked like a file."""
    if any(fault.code == "malformed-table" for fault in plain.faults):
        raise NetworkError(plain.source, _sorted(list(plain.faults)))
    parts, cells = take_apart(plain)
    found = [*plain.faults, *_limited(cells)]
    for check in (*STRUCTURE, *LINES, *WIRE_CHECKS, *SUPPLY, *CUSTOMERS):
        found += check(parts)
    for warn in TABLE_WARNINGS:
        found += warn(parts)
    if len(parts.tables["trafo"]) == 1:
        found += warn_transformer(parts)
    if any(fault.severity == "error" for fault in found):
        raise NetworkError(plain.source, _sorted([_beside_errors(fault) for fault in found]))
    feeder = build_feeder(parts, name, tuple(found))
    return replace(feeder, notes=_sorted([*feeder.notes, *feeder_warnings(feeder)]))


def _beside_errors(fault: Fault) -> Fault:
    """A loop in a file with mistakes is more likely one of them than a ring that is run closed."""
    return replace(fault, severity="error") if fault.code == "meshed" else fault


def _limited(cells: list[Fault]) -> list[Fault]:
    """Faults of single cells, the first of them in full."""
    rest = cells[MAX_ROWS:]
    if not rest:
        return cells
    what = f"and {len(rest)} more cells, the first: {rest[0].what}"
    return [*cells[:MAX_ROWS], replace(rest[0], what=what, rows=len(rest))]


def _sorted(faults: list[Fault]) -> tuple[Fault, ...]:
    """Errors, then warnings, then notes, each in the order in which they were found."""
    order = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(faults, key=lambda fault: order[fault.severity]))
