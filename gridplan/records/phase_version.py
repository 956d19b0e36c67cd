"""A new version of a network file, in which customers hang on the phases that were found.

Everything else in the file stays as it is: the tables of customers are changed cell by cell, so
that columns that gridplan does not know, types and places on the plan go along.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from gridplan.errors import Fault, InputError
from gridplan.measures.phase_result import PhaseIdentification
from gridplan.network.feeder import Feeder
from gridplan.network.reader import NETWORK_FILE
from gridplan.network.tables import read_plain
from gridplan.network.writer import README_FILE
from gridplan.wholefiles import replace_file

#: Columns of asymmetric loads and generators that go along with a phase.
_PER_PHASE = ("p_{}_mw", "q_{}_mvar", "sn_{}_mva")
_DTYPES = {"phase": "object", "phase_confidence": "float64"}


def check_target(source: Path, folder: Path) -> None:
    """``InputError`` where a new version would take the place of a network file."""
    if (folder / NETWORK_FILE).exists() or folder.resolve() == _file_of(source).resolve().parent:
        what = "holds a network file already, and no version is ever written over another"
        fault = Fault(
            code="version-exists", where=str(folder), what=what, remedy="name a new folder"
        )
        raise InputError(str(folder), [fault])


def write_phase_version(
    source: Path, feeder: Feeder, found: PhaseIdentification, folder: Path
) -> Path:
    """Write the network of ``source`` with the phases found, and their confidence, to ``folder``.

    Parameters
    ----------
    source : folder or file that ``feeder`` was read from
    feeder, found : the feeder as it is recorded, and its customers' phases
    folder : new; its README says what was changed, after what the old one says

    Raises ``InputError`` when the folder holds a network file already.
    """
    check_target(source, folder)
    file = _file_of(source)
    read_plain(file)  # its size and depth are known to be those of a network before it is opened
    content = json.loads(file.read_text(encoding="utf-8-sig"))
    packed = isinstance(content["_object"], str)
    tables = json.loads(content["_object"]) if packed else content["_object"]
    for name in np.unique(feeder.customers.table).tolist():
        _relabel(tables[name], np.flatnonzero(feeder.customers.table == name), feeder, found)
    if packed:
        content["_object"] = json.dumps(tables)
    folder.mkdir(parents=True, exist_ok=True)
    for other in sorted(file.parent.glob("LICENSE*")) if file.name == NETWORK_FILE else ():
        replace_file(folder / other.name, other.read_bytes())
    replace_file(folder / README_FILE, _readme(file, found))
    replace_file(folder / NETWORK_FILE, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return folder


def _file_of(source: Path) -> Path:
    return source / NETWORK_FILE if source.is_dir() else source


def _relabel(
    table: dict[str, Any], customers: Iterable[int], feeder: Feeder, found: PhaseIdentification
) -> None:
    """Change the cells of one table of customers, in place."""
    packed = isinstance(table["_object"], str)
    frame = json.loads(table["_object"]) if packed else table["_object"]
    columns, rows = frame["columns"], dict(zip(frame["index"], frame["data"], strict=True))
    for name, dtype in _DTYPES.items():
        if name not in columns:
            columns.append(name)
            for row in rows.values():
                row.append(None if name == "phase" else 1.0)
            table.setdefault("dtype", {})[name] = dtype
    at = {name: place for place, name in enumerate(columns)}
    for customer in customers:
        row = rows[int(feeder.customers.row[customer])]
        before, after = str(found.recorded[customer]), str(found.found[customer])
        row[at["phase_confidence"]] = round(float(found.confidence[customer]), 3)
        if before == after:
            continue
        row[at["phase"]] = after
        for pattern in _PER_PHASE:
            one, other = (at.get(pattern.format(letter)) for letter in (before, after))
            if one is not None and other is not None:
                row[one], row[other] = row[other], row[one]
    if packed:
        table["_object"] = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def _readme(file: Path, found: PhaseIdentification) -> str:
    """What the network's README says, and what this version changes."""
    old = file.with_name(README_FILE)
    known = file.name == NETWORK_FILE and old.exists()
    text = old.read_text(encoding="utf-8").rstrip() if known else f"# {found.feeder_name}"
    changed = np.flatnonzero(~found.agrees)
    text += "\n\n## Phases found from meters\n\n`gridplan network phases` made this version of "
    text += f"`{found.feeder_name}` from readings of {found.n_day} days: {len(changed)} of "
    text += f"{len(found.found)} customers changed phase, and every customer's "
    text += "`phase_confidence` is new.\n"
    if len(changed):
        text += "\n| customer | before | now | confidence |\n|---|---|---|---|\n"
    for k in changed:
        cells = (found.customer_ids[k], found.recorded[k], found.found[k])
        text += f"| {' | '.join(map(str, cells))} | {found.confidence[k]:.3f} |\n"
    return text
