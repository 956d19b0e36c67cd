"""Every exception that gridplan raises on purpose.

::

    GridplanError
    ├── InputError            a user's file or argument is wrong; carries every fault (exit code 3)
    │   ├── NetworkError      a network file
    │   ├── StudyError        a study file, register or weather file
    │   ├── LedgerError       a ledger of orders, or a step that it does not allow
    │   └── CatalogueError    a transformer or conductor type that the catalogue does not hold
    ├── NoSolutionError       ``raise_for_status()`` on results with cases beyond the limit of
    solvability
    └── RegressionError       a baseline that cannot be compared with this run

Findings about a network in operation are values (``gridplan.assessment``), never exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


class GridplanError(Exception):
    """Root of all gridplan errors; its message says what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in an input, and what to do about it.

    Attributes
    ----------
    code : stable identifier for programs, e.g. ``"zero-length-line"``
    where : place in the input, e.g. ``"line[12] L-F1-03"`` or ``"study.yaml:14"``
    what : what is wrong, with the offending value
    remedy : what to do
    severity : ``"error"`` refuses the input, ``"warning"`` is possible but not believable,
        ``"note"`` says what was inferred
    rows : how many rows of the input it concerns
    elements : the places of those rows, where it sums up several
    """

    code: str
    where: str
    what: str
    remedy: str = ""
    severity: str = "error"
    rows: int = 1
    elements: tuple[str, ...] = ()

    def __str__(self) -> str:
        tail = f" -> {self.remedy}" if self.remedy else ""
        return f"{self.where}: {self.what}{tail}"

    @classmethod
    def of(cls, code: str, where: object, what: str, remedy: str) -> Fault:
        """A fault that refuses the input."""
        return cls(code=code, where=str(where), what=what, remedy=remedy)


#: Faults of one kind that are listed for one sheet; more of them are counted.
MAX_LISTED = 100


def error(faults: list[Fault], code: str, where: str, what: str, remedy: str) -> None:
    """Add a fault that refuses the input."""
    faults.append(Fault(code=code, where=where, what=what, remedy=remedy))


def warn(faults: list[Fault], code: str, where: str, what: str, remedy: str, rows: int = 1) -> None:
    """Add a fault that is possible but hard to believe."""
    faults.append(
        Fault(code=code, where=where, what=what, remedy=remedy, severity="warning", rows=rows)
    )


def note(faults: list[Fault], code: str, where: str, what: str, rows: int = 1) -> None:
    """Add a fault that says what was done."""
    faults.append(Fault(code=code, where=where, what=what, severity="note", rows=rows))


def refuses(faults: Iterable[Fault]) -> bool:
    """Whether any fault refuses the input."""
    return any(fault.severity == "error" for fault in faults)


def collapsed(faults: Iterable[Fault]) -> list[Fault]:
    """The faults, with those beyond the first hundred of a kind and sheet in one that counts."""
    listed: list[Fault] = []
    count: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        key = fault.code, fault.where.rpartition(":")[0] or fault.where
        count[key] = count.get(key, 0) + 1
        last[key] = fault
        if count[key] <= MAX_LISTED:
            listed.append(fault)
    for key, number in count.items():
        if number > MAX_LISTED:
            fault, more = last[key], number - MAX_LISTED
            what = f"{more} more like these, the last at {fault.where}"
            listed.append(replace(fault, where=key[1], what=what, rows=more))
    return listed


class InputError(GridplanError):
    """An input that cannot be used; ``faults`` lists everything that is wrong with it at once."""

    def __init__(self, source: str, faults: Iterable[Fault]) -> None:
        self.source = source
        self.faults: tuple[Fault, ...] = tuple(faults)
        count = sum(fault.severity == "error" for fault in self.faults)
        lines = [f"{source}: {count} fault{'s' if count != 1 else ''}"]
        lines += [f"  {fault}" for fault in self.faults]
        super().__init__("\n".join(lines))


class NetworkError(InputError):
    """A network file that cannot be used."""


class StudyError(InputError):
    """A study, register or weather file that cannot be used."""


class CatalogueError(InputError):
    """A type name that the catalogue does not hold."""


class LedgerError(InputError):
    """A ledger of issues and orders that cannot be used, or a step that it does not allow."""


class NoSolutionError(GridplanError):
    """Some cases lie beyond the limit of solvability."""


class RegressionError(GridplanError):
    """A baseline that does not fit the run it is compared with."""
