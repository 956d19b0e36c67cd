"""Confirmed phases fed back: a new version of the network in a new folder, never in place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridplan.errors import Fault, LedgerError
from gridplan.network.customers import PhaseMove
from gridplan.network.reader import NETWORK_FILE, read_feeder
from gridplan.network.relabel import network_file, relabelled
from gridplan.wholefiles import replace_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridplan.network.feeder import Feeder
    from gridplan.records.orders_phases import PhaseChange

README_FILE = "README.md"
#: Files of the old folder that the new one takes along.
_ALONG = ("LICENSE", "LICENSE.md")


def write_version(network: Path, changes: Sequence[PhaseChange], folder: Path, ledger: str) -> Path:
    """Write the network with the changes into a new folder and return it.

    The file is read back and compared with what the changes should give, before it gets its name.

    Raises
    ------
    LedgerError
        when the folder is not new
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what, remedy = "is there already", "name a new folder: a version is never overwritten"
        fault = Fault(code="output-folder", where=str(folder), what=what, remedy=remedy)
        raise LedgerError(str(folder), [fault])
    before = read_feeder(network)
    after = before.with_phases([_move(change) for change in changes])
    by_customer = {
        customer: change.permutation for change in changes for customer in change.customer_ids
    }
    text = relabelled(network, before, after, by_customer)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{NETWORK_FILE}.draft"
    try:
        draft.write_text(text, encoding="utf-8")
        _same(read_feeder(draft), after)
    finally:
        draft.unlink(missing_ok=True)
    replace_file(folder / NETWORK_FILE, text)
    home = network_file(network).parent
    for name in _ALONG:
        if (home / name).is_file():
            replace_file(folder / name, (home / name).read_bytes())
    replace_file(folder / README_FILE, _readme(folder, home, changes, Path(ledger).name))
    return folder


def _move(change: PhaseChange) -> PhaseMove:
    return PhaseMove(
        unit=change.unit, permutation=change.permutation, customer_ids=change.customer_ids
    )


def _same(read: Feeder, meant: Feeder) -> None:
    """Refuse a file that does not say what it should: a bug here, or a table read otherwise."""
    for name in ("p_share", "q_share", "p_kw", "q_kvar"):
        if not np.allclose(getattr(read.customers, name), getattr(meant.customers, name)):
            what = f"{name} of its customers is not what the changes give"
            fault = Fault(code="version", where=NETWORK_FILE, what=what, remedy="report this")
            raise LedgerError(meant.name, [fault])


def _readme(folder: Path, home: Path, changes: Sequence[PhaseChange], ledger: str) -> str:
    """What changed, by whose orders, and what the old folder said of itself."""
    rows = [
        f"| {change.order} | {change.unit} | {', '.join(change.customer_ids)} | "
        f"{change.from_phase} | {change.to_phase} |"
        for change in changes
    ]
    table = "\n".join(rows)
    old = home / README_FILE
    said = old.read_text(encoding="utf-8") if old.is_file() else "-"
    below = f"\n{said}".replace("\n#", "\n##")
    return (
        f"# {folder.resolve().name}\n\n"
        f"The network of `{home.resolve().name}` as crews have left it, written by "
        f"`gridplan orders apply` from the ledger `{ledger}`.\n\n"
        "| order | unit | customers | phase before | phase now |\n|---|---|---|---|---|\n"
        f"{table}\n\n## The version before\n{below}"
    ).rstrip() + "\n"
