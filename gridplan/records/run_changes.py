"""Two runs beside each other: which findings are new, worsened, improved, fixed.

A run is the folder that ``gridplan plan`` writes; of its ``plan.json`` only findings, draws and
provenance are read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gridplan.errors import Fault, InputError

#: Fields of the outcome in plan.json: as the feeder stands, and after the moves.
State = Literal["today", "after"]
_FIELD: dict[str, str] = {"today": "before", "after": "after"}

#: What became of a finding, worst first.
CHANGES = ("new", "worsened", "improved", "fixed", "unchanged")
#: Changes that make a run worse than the one before.
WORSE = ("new", "worsened")

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is compared of one run.

    Attributes
    ----------
    folder : where it was read
    network : name of the feeder
    draws : per scenario
    scenarios : names
    same_draws : what has to be equal for two runs to share their draws: seed and sampling
    findings : records by kind, scenario and element
    """

    folder: Path
    network: str
    draws: int
    scenarios: tuple[str, ...]
    same_draws: tuple[Any, ...]
    findings: dict[_Key, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange:
    """One finding in two runs.

    Attributes
    ----------
    change : one of ``CHANGES``
    kind, scenario, element : which finding
    tier : of the later run, of the earlier one where it is fixed
    earlier, later : probability over the draws; 0 where the run has no such finding
    worst_earlier, worst_later : worst value, in ``unit``; None where there is none
    unit : of the limit
    """

    change: str
    kind: str
    scenario: str
    element: str
    tier: str
    earlier: float
    later: float
    worst_earlier: float | None
    worst_later: float | None
    unit: str


def read_run(path: Path, state: State) -> Run:
    """Read a run from its folder, or from its ``plan.json``.

    Raises
    ------
    InputError
        when there is no plan, or it is none that this version can read
    """
    file = path / "plan.json" if path.is_dir() else path
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        outcome = record[_FIELD[state]]
        findings = {
            (one["kind"], one["scenario"], one["element"]): one for one in outcome["findings"]
        }
        provenance, sweep = record["provenance"], record["sweep"]
        return Run(
            folder=file.parent,
            network=str(record["feeder"]["name"]),
            draws=int(sweep["draws"]),
            scenarios=tuple(sweep["scenarios"]),
            same_draws=(provenance["seed"], provenance["sampling"]),
            findings=findings,
        )
    except OSError as error:
        what, remedy = f"cannot be read: {error.strerror}", "name a folder that gridplan plan wrote"
    except (ValueError, KeyError, TypeError) as error:
        what = f"is not a plan that can be compared ({type(error).__name__}: {error})"
        remedy = "run gridplan plan again with this version"
    raise InputError(str(file), [Fault(code="run", where=str(file), what=what, remedy=remedy)])


def compare_findings(earlier: Run, later: Run) -> tuple[FindingChange, ...]:
    """Every finding of either run, by what became of it, then by how likely it is now.

    With the same draws a finding has changed when its probability differs by more than one draw:
    one draw at a limit flips with the last bits. With other draws it has changed when the 95 %
    intervals do not meet.
    """
    keys = [*later.findings, *(key for key in earlier.findings if key not in later.findings)]
    shared = earlier.same_draws == later.same_draws and earlier.draws == later.draws
    changes = [
        _change(key, earlier.findings.get(key), later.findings.get(key), later.draws, shared)
        for key in keys
    ]
    return tuple(
        sorted(changes, key=lambda one: (CHANGES.index(one.change), -one.later, -one.earlier))
    )


def differences(earlier: Run, later: Run) -> tuple[str, ...]:
    """What else differs between the runs, so that a reader does not take it for the network's."""
    found = []
    if earlier.network != later.network:
        found.append(f"other networks: {earlier.network} and {later.network}")
    if earlier.scenarios != later.scenarios:
        first, second = (", ".join(run.scenarios) for run in (earlier, later))
        found.append(f"other scenarios: {first} and {second}")
    if earlier.draws != later.draws or earlier.same_draws != later.same_draws:
        found.append(
            f"other draws ({earlier.draws} and {later.draws} per scenario): only what differs "
            "beyond its 95 % intervals counts as changed"
        )
    return tuple(found)


def _change(
    key: _Key,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    draws: int,
    shared: bool,
) -> FindingChange:
    known = after or before or {}
    return FindingChange(
        change=_what_became(before, after, draws, shared),
        kind=key[0],
        scenario=key[1],
        element=key[2],
        tier=known["tier"],
        earlier=before["probability"] if before else 0.0,
        later=after["probability"] if after else 0.0,
        worst_earlier=before["worst"] if before else None,
        worst_later=after["worst"] if after else None,
        unit=known["limit"]["unit"],
    )


def _what_became(
    before: dict[str, Any] | None, after: dict[str, Any] | None, draws: int, shared: bool
) -> str:
    if before is None:
        return "new"
    if after is None:
        return "fixed"
    step = after["probability"] - before["probability"]
    if shared:
        differs = abs(step) > 1.5 / draws
    else:
        differs = (
            after["probability_low"] > before["probability_high"]
            or after["probability_high"] < before["probability_low"]
        )
    if not differs:
        return "unchanged"
    return "worsened" if step > 0 else "improved"
