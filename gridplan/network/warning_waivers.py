"""Warnings that somebody has accepted: who, why, and until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gridplan.celltext import PRIVATE
from gridplan.errors import Fault
from gridplan.network.numbers import WARNING_NUMBERS
from gridplan.yamlmodel import read_model

#: Instead of an element: all elements of that warning.
ALL = "all"


def _known(number: str) -> str:
    if number not in WARNING_NUMBERS.values():
        raise ValueError(f"there is no warning {number}; `gridplan network check` shows them")
    return number


def _no_person(text: str) -> str:
    if PRIVATE.search(text):
        raise ValueError("looks like a telephone or identity number: write a role or an office")
    return text


class WarningWaiver(BaseModel):
    """One accepted warning.

    Attributes
    ----------
    code : number of the warning, e.g. "W301"
    element : the line, customer or transformer by its name or place, or "all"
    author : role or office that accepts it, not a person's name
    reason : why it may stay
    expires : last day on which it is accepted
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, AfterValidator(_known)]
    element: str = Field(min_length=1)
    author: Annotated[str, AfterValidator(_no_person)] = Field(min_length=2, max_length=60)
    reason: Annotated[str, AfterValidator(_no_person)] = Field(min_length=3, max_length=300)
    expires: dt.date

    def covers(self, place: str) -> bool:
        """Whether it is about this element: ``line[12] (L3)`` is also ``line[12]`` or ``L3``."""
        head, _, label = place.partition(" (")
        return self.element in {ALL, place, head, label.removesuffix(")")}


class AcceptedFile(BaseModel):
    """A file of accepted warnings."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="gridplan waivers")

    waivers: tuple[WarningWaiver, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """An accepted warning and the line where it stands."""

    warning: WarningWaiver
    where: str


def waivers_schema() -> dict[str, Any]:
    """JSON Schema of files of accepted warnings, for editors."""
    schema = AcceptedFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def accept(faults: Iterable[Fault], path: Path, today: dt.date) -> tuple[Fault, ...]:
    """The faults of a network, accepted warnings as notes that say by whom and until when.

    An entry of the file whose last day is past is a warning of its own, one that covers nothing is
    a note. Errors cannot be accepted. Raises ``StudyError`` with every mistake of the file, each as
    file:line.
    """
    file, lines = read_model(path, AcceptedFile)
    placed = [
        _Placed(warning=one, where=f"{path.name}:{lines['waivers', k, 'code']}")
        for k, one in enumerate(file.waivers)
    ]
    valid = [one for one in placed if one.warning.expires >= today]
    used: set[str] = set()
    result: list[Fault] = []
    for fault in faults:
        result += _apply(fault, valid, used) if fault.severity == "warning" else [fault]
    for one in placed:
        if one not in valid:
            what = f"{one.warning.code} was accepted by {one.warning.author} until "
            result.append(_about(one, f"{what}{one.warning.expires}", "renew it or cure the fault"))
        elif one.where not in used:
            what = f"no warning {one.warning.code} at {one.warning.element} is there to be accepted"
            result.append(replace(_about(one, what, "delete it"), severity="note"))
    return tuple(result)


def _about(one: _Placed, what: str, remedy: str) -> Fault:
    return Fault(
        code="accepted-warning", where=one.where, what=what, remedy=remedy, severity="warning"
    )


def _apply(fault: Fault, valid: Sequence[_Placed], used: set[str]) -> list[Fault]:
    """One warning as what remains of it and a note per entry that covers some of it."""
    mine = [one for one in valid if WARNING_NUMBERS.get(fault.code) == one.warning.code]
    left = list(fault.elements or (fault.where,))
    notes = []
    for one in mine:
        covered = [place for place in left if one.warning.covers(place)]
        if not covered:
            continue
        used.add(one.where)
        left = [place for place in left if place not in covered]
        by = one.warning
        what = f"{fault.what}; accepted by {by.author} until {by.expires}: {by.reason}"
        note = _of(fault, covered)
        notes.append(replace(note, what=what, remedy="", severity="note"))
    return [*([_of(fault, left)] if left else []), *notes]


def _of(fault: Fault, places: Sequence[str]) -> Fault:
    """The same fault for some of its elements."""
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    rows = fault.rows if not fault.elements else len(places)
    return replace(fault, where=places[0] + more, rows=rows, elements=tuple(places))
