"""Currents measured after the work, held against what the plan promised.

What moves change is how the current is shared between the phases, so shares are compared, not
amperes: the village draws what it draws on the day of the work. A reading keeps the promise when
the share of every phase and of the neutral lies in the promised band, widened by the tolerance.
Where the state before the moves explains the reading as well, it decides nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gridplan.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridplan.records.field_types import Band, Promised, PromisedHour

CONDUCTORS = ("a", "b", "c", "n")

#: By how much of the sum of the phase currents a share may lie beyond its band [percentage points]
#: (assumption: two clamp readings of class 3, and loads that change between them).
TOLERANCE_PERCENT = 5.0
#: Below this share of the lowest promised sum a few appliances decide (assumption).
LOWEST_LEVEL = 0.5
#: Clamp meters of class 3 [%]: how far the neutral may exceed what is possible.
_METER_PERCENT = 3.0
_HIGHEST_A = 10_000.0


class Verdict(StrEnum):
    """What a reading says of a promise."""

    KEPT = "kept"
    NOT_KEPT = "not_kept"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Currents at the transformer's LV side [A]."""

    a: float
    b: float
    c: float
    n: float

    @property
    def total_a(self) -> float:
        """Sum of the phase currents [A]."""
        return self.a + self.b + self.c

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the sum in a, b, c and the neutral."""
        return tuple(value / self.total_a for value in (self.a, self.b, self.c, self.n))

    @property
    def unbalance_percent(self) -> float:
        """(highest - lowest) over the highest phase current [%], as the rules count it."""
        phases = (self.a, self.b, self.c)
        return 100 * (max(phases) - min(phases)) / max(phases)

    def faults(self, where: str) -> Iterator[Fault]:
        """What no four currents can be: the neutral's is at most the sum of the others."""
        values = (self.a, self.b, self.c, self.n)
        remedy = "give four currents in A: Ia,Ib,Ic,In"
        if not all(0 <= value <= _HIGHEST_A for value in values):
            what = "currents lie between 0 and 10000 A"
            yield Fault(code="reading", where=where, what=what, remedy=remedy)
        elif self.total_a == 0:
            what = "all phase currents are 0: nothing was measured"
            yield Fault(code="reading", where=where, what=what, remedy="measure under load")
        elif self.n > self.total_a * (1 + _METER_PERCENT / 100):
            what = f"the neutral carries {self.n:g} A, more than the phases together"
            yield Fault(code="reading", where=where, what=what, remedy="measure again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A reading beside the promise for its hour.

    Attributes
    ----------
    verdict, reason : what it says, in one word and in one sentence
    hour : of the promise
    level : measured sum of the phase currents over the promised median
    measured_percent, promised_percent, before_percent : shares of a, b, c, n in the sum of the
        phase currents; promised after and before the moves (medians) [%]
    tolerance_percent : by which the bands were widened [percentage points]
    outside : conductors whose share lies outside the promised band
    unbalance_percent, promised_unbalance_percent : (highest - lowest)/highest phase current, as
        measured and by the promised medians [%]
    unbalance_before_percent : the same of the reading before the work, None without one
    """

    verdict: Verdict
    reason: str
    hour: int
    level: float
    measured_percent: tuple[float, ...]
    promised_percent: tuple[float, ...]
    before_percent: tuple[float, ...]
    tolerance_percent: float
    outside: tuple[str, ...]
    unbalance_percent: float
    promised_unbalance_percent: float
    unbalance_before_percent: float | None = None

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        record = asdict(self)
        return record | {"verdict": self.verdict.value}


def compare(
    reading: Reading,
    promised: Promised,
    hour: int,
    *,
    final: bool = True,
    earlier: Reading | None = None,
    tolerance_percent: float = TOLERANCE_PERCENT,
) -> Comparison | None:
    """Hold a reading against the promise for an hour of the day.

    Parameters
    ----------
    reading, hour : after the work
    promised : of the plan
    final : no further moves are to come; until then a reading decides nothing
    earlier : the reading before the work
    tolerance_percent : widens the bands [percentage points]

    Returns
    -------
    Comparison or None
        None when the plan promises nothing
    """
    then = promised.at(hour)
    if then is None:
        return None
    margin = tolerance_percent / 100
    outside = _outside(reading, then.after, margin)
    as_before = not _outside(reading, then.before, margin)
    verdict, reason = _judge(reading, then, outside, as_before, final)
    return Comparison(
        verdict=verdict,
        reason=reason,
        hour=then.hour,
        level=round(reading.total_a / then.total_a[1], 3),
        measured_percent=_percent(reading.shares),
        promised_percent=_percent(band[1] for band in then.after),
        before_percent=_percent(band[1] for band in then.before),
        tolerance_percent=tolerance_percent,
        outside=outside,
        unbalance_percent=round(reading.unbalance_percent, 1),
        promised_unbalance_percent=round(_promised(then).unbalance_percent, 1),
        unbalance_before_percent=(None if earlier is None else round(earlier.unbalance_percent, 1)),
    )


def _judge(
    reading: Reading, then: PromisedHour, outside: tuple[str, ...], as_before: bool, final: bool
) -> tuple[Verdict, str]:
    """Verdict and its reason."""
    lowest = LOWEST_LEVEL * then.total_a[0]
    if not final:
        return Verdict.UNDECIDED, "further moves of the plan are still to come"
    if reading.total_a < lowest:
        what = f"{reading.total_a:.3g} A in all is too little to judge by, measure above"
        return Verdict.UNDECIDED, f"{what} {lowest:.3g} A"
    if outside:
        names = ", ".join(name.upper() for name in outside)
        return Verdict.NOT_KEPT, f"the share of {names} lies outside the promised band"
    if as_before:
        what = "the reading fits the promise, but the state before the moves as well"
        return Verdict.UNDECIDED, f"{what}: measure again in the evening"
    return Verdict.KEPT, "every share lies in the promised band"


def _outside(reading: Reading, bands: tuple[Band, ...], margin: float) -> tuple[str, ...]:
    """Conductors whose share lies outside their band."""
    return tuple(
        name
        for name, share, (low, _, high) in zip(CONDUCTORS, reading.shares, bands, strict=True)
        if not low - margin <= share <= high + margin
    )


def _promised(then: PromisedHour) -> Reading:
    """The promised currents at the median level [A]."""
    a, b, c, n = (band[1] * then.total_a[1] for band in then.after)
    return Reading(a=a, b=b, c=c, n=n)


def _percent(shares: Any) -> tuple[float, ...]:
    return tuple(round(100 * share, 1) for share in shares)
