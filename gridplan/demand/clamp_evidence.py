"""What clamp readings say about the circuits of a feeder, as data and as notes for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import FloatArray
from gridplan.network.feeder import Feeder

#: A circuit's labels are doubted from this probability on that they are not as recorded.
DOUBTED = 0.9
#: Below it the readings say too little of the labels to confirm them.
CONFIRMED = 0.97
UNDECIDED = 0.5  #: below it the readings speak rather against the labels
#: Levels beyond these are more often a wrong circuit, unit or model than a village; assumption.
BELIEVABLE_LEVEL = (0.5, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitEvidence:
    """What clamp readings say about one outgoing circuit.

    Attributes
    ----------
    circuit : its name
    readings : that were used
    level, level_low, level_high : factor on the demand of its homes, with its 90 % interval
    labels_hold : probability that the phase labels are as recorded, None where nothing was read
    exchanged : probability of each exchange of whole phases; "bca": what is recorded as a, b, c is
        on b, c, a
    some_wrong : probability that single movable units are recorded on wrong phases
    """

    circuit: str
    readings: int
    level: float
    level_low: float
    level_high: float
    labels_hold: float | None
    exchanged: dict[str, float]
    some_wrong: float | None

    @property
    def doubted(self) -> bool:
        """Whether the currents contradict the labels."""
        return self.labels_hold is not None and 1.0 - self.labels_hold >= DOUBTED


@dataclass(frozen=True, slots=True, kw_only=True)
class ClampFit:
    """What the clamp readings of a study say about a feeder; no phase is changed by it.

    Attributes
    ----------
    circuits : in the order of the feeder
    area_level : factor on the demand of homes at the busbar itself
    applied : whether the forecast takes the levels; not where meters set them
    notes : what is hard to believe, and what was left out
    """

    circuits: tuple[CircuitEvidence, ...]
    area_level: float
    applied: bool
    notes: tuple[Fault, ...] = ()

    def level(self, feeder: Feeder) -> FloatArray:
        """Factor on the demand of each customer's home (customer,); 1 where it is not applied."""
        if not self.applied:
            return np.ones(len(feeder.customers))
        factors = np.array([*(one.level for one in self.circuits), self.area_level])
        return factors[feeder.customer_circuit]

    def to_records(self) -> list[dict[str, Any]]:
        """One row of plain values per circuit."""
        return [
            {**asdict(one), "labels_doubted": one.doubted, "level_applied": self.applied}
            for one in self.circuits
        ]


def clamp_fault(
    code: str, where: str, what: str, remedy: str = "", *, severity: str = "note", rows: int = 1
) -> Fault:
    """A note or warning about clamp readings; ``code`` without its prefix."""
    return Fault(
        code=f"clamp-{code}", where=where, what=what, remedy=remedy, severity=severity, rows=rows
    )


def level_notes(found: Sequence[CircuitEvidence], metered: bool) -> list[Fault]:
    """What the readings say of levels."""
    notes = []
    for one in found:
        if metered and not one.readings:
            continue
        by = f"{one.readings} reading(s)" if one.readings else "no readings, by the other circuits'"
        what = (
            f"{by}: homes draw {one.level:.2f} times what is expected "
            f"(90 %: {one.level_low:.2f} to {one.level_high:.2f})"
        )
        if metered:
            what += "; not applied, because meters set the levels"
        low, high = BELIEVABLE_LEVEL
        hard = one.readings > 0 and not low <= one.level <= high
        remedy = "check the circuit, the unit, and the level year of the study" if hard else ""
        severity = "warning" if hard else "note"
        notes.append(
            clamp_fault("level", f"circuit {one.circuit}", what, remedy, severity=severity)
        )
    return notes


def label_notes(found: Sequence[CircuitEvidence]) -> list[Fault]:
    """What the readings say of phase labels."""
    notes = []
    for one in found:
        if one.labels_hold is None:
            continue
        where = f"circuit {one.circuit}"
        against = _percent(1 - one.labels_hold)
        if not one.doubted and one.labels_hold < UNDECIDED:
            what = f"the currents speak rather against the phase labels ({against}), not surely"
            remedy = "read the circuit again, on another evening"
            notes.append(clamp_fault("labels", where, what, remedy))
            continue
        if not one.doubted:
            word = "agree with" if one.labels_hold >= CONFIRMED else "are not contradicted by"
            what = f"the phase labels {word} the currents (confidence {_percent(one.labels_hold)})"
            notes.append(clamp_fault("labels", where, what))
            continue
        order, likely = max(one.exchanged.items(), key=lambda pair: pair[1])
        what = f"the currents contradict the phase labels (confidence {against}): "
        if likely > (one.some_wrong or 0.0):
            what += f"what is recorded as a, b, c is likelier on {', '.join(order)}"
            remedy = "compare the phases at the cabinet with those of one meter box, and the clamp"
        else:
            what += "no exchange of whole phases explains it: single labels are wrong"
            remedy = "check the phases of its largest meter boxes before anything is moved"
        notes.append(clamp_fault("labels", where, what, remedy, severity="warning"))
    return notes


def _percent(probability: float) -> str:
    """A probability for people; none is certain."""
    return "over 99%" if probability > 0.99 else f"{probability:.0%}"
