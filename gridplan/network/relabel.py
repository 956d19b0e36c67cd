"""The same network file with customers on other phases: nothing else in it changes.

``write_network`` writes a feeder as gridplan understood it; a utility's own file, with columns that
gridplan does not read, lives on through this module.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gridplan.network.customers import branches_after
from gridplan.network.reader import NETWORK_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridplan.network.feeder import Feeder

_PHASES = ("a", "b", "c")
#: Columns with one value per phase, "{}" in the place of its letter.
_PER_PHASE = ("p_{}_mw", "q_{}_mvar")


def network_file(path: Path) -> Path:
    """The file of a network that is named by its folder or by the file itself."""
    return path / NETWORK_FILE if path.is_dir() else path


def relabelled(
    path: Path, before: Feeder, after: Feeder, permutations: Mapping[str, tuple[int, int, int]]
) -> str:
    """Text of a network file in which some customers are reconnected.

    Parameters
    ----------
    path : folder or file
    before, after : its feeder, and the one that the new text gives
    permutations : by customer id, where the conductors on a, b, c go; the phases of these customers
        count as certain from then on
    """
    net = json.loads(network_file(path).read_text(encoding="utf-8"))
    customers, letters = before.customers, after.customers.phase
    for index, name in enumerate(customers.id.tolist()):
        if name not in permutations:
            continue
        target = permutations[name]
        if customers.wiring[index] == "delta":
            target = branches_after(target)
        entry = net["_object"][str(customers.table[index])]
        packed = isinstance(entry["_object"], str)
        frame = json.loads(entry["_object"]) if packed else entry["_object"]
        _reconnect(frame, int(customers.row[index]), target, str(letters[index]))
        entry["_object"] = json.dumps(frame) if packed else frame
    return json.dumps(net, indent=1, ensure_ascii=False) + "\n"


def _reconnect(frame: dict[str, Any], row: int, target: tuple[int, int, int], letters: str) -> None:
    """Permute the values of one row, in place, and write its phases where it states them."""
    columns = frame["columns"]
    cells = frame["data"][frame["index"].index(row)]
    for pattern in _PER_PHASE:
        names = [pattern.format(phase) for phase in _PHASES]
        if all(name in columns for name in names):
            values = [cells[columns.index(name)] for name in names]
            for phase in range(3):
                cells[columns.index(names[target[phase]])] = values[phase]
    if "phase" in columns and cells[columns.index("phase")]:
        cells[columns.index("phase")] = letters
    if "phase_confidence" in columns:
        cells[columns.index("phase_confidence")] = 1.0
