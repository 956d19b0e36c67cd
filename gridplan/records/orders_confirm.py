"""What a crew reports: currents, phases as found, phases as left."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from gridplan.errors import Fault
from gridplan.records.orders_assign import crew_day
from gridplan.records.orders_item import ORDER, Item
from gridplan.records.orders_measured import TOLERANCE_PERCENT, Comparison, Reading, compare
from gridplan.records.orders_states import Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gridplan.records.field_types import FieldMove, Promised


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A crew's report.

    Attributes
    ----------
    after, before : currents after and before the work; None: not measured
    hour : of the day at which ``after`` was measured
    found : phases as found before the work, where they are not those of the record: by unit of the
        order, or by customer number
    left : phases as left, where they are not those of the order: by unit of the order
    not_done : units of the order that stayed where they were
    note : in words
    tolerance_percent : of the comparison [percentage points]
    """

    after: Reading | None = None
    before: Reading | None = None
    hour: int | None = None
    found: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)
    not_done: tuple[str, ...] = ()
    note: str = ""
    tolerance_percent: float = TOLERANCE_PERCENT

    def faults(self, item: Item) -> Iterator[Fault]:
        """What cannot be in this report, all at once."""
        if item.kind != ORDER:
            if self.after or self.found or self.left or self.not_done or not self.note:
                what = "is an issue: it is confirmed in words"
                yield Fault.of("note", item.name, what, "give --note, and currents with its order")
            return
        moves = {move.unit: move for move in open_moves(item)}
        if self.after is None and (moves or not self.note):
            what, remedy = "has no measured currents", "give --measured Ia,Ib,Ic,In"
            if not moves:
                remedy += ", or --note why nothing was measured"
            yield Fault.of("reading", item.name, what, remedy)
        for name, reading in (("--measured", self.after), ("--before", self.before)):
            if reading is not None:
                yield from reading.faults(f"{item.name} {name}")
        yield from self._phase_faults(item, moves)

    def _phase_faults(self, item: Item, moves: Mapping[str, FieldMove]) -> Iterator[Fault]:
        """Units that the order does not have, phases that do not fit them."""
        units = ", ".join(moves) or "no moves"
        for name, phases in self.left.items():
            if name not in moves:
                what = f"the order has no move of {name}"
                yield Fault.of("unknown-unit", item.name, what, f"it has {units}")
            elif not fits(phases, moves[name].from_phase):
                yield _phase_fault(item.name, name, phases, moves[name].from_phase)
            if name in self.not_done:
                what = f"{name} is left on {phases} and not done"
                yield Fault.of("phase", item.name, what, "give one of --left and --not-done")
        for name, phases in self.found.items():
            like = moves[name].from_phase if name in moves else "a"
            if not fits(phases, like):
                yield _phase_fault(item.name, name, phases, like)
        for name in self.not_done:
            if name not in moves:
                what = f"the order has no move of {name}"
                yield Fault.of("unknown-unit", item.name, what, f"it has {units}")

    def detail(self, item: Item, promised: Promised | None) -> dict[str, Any]:
        """What the event holds."""
        compared = None if promised is None else self.compared(item, promised)
        detail: dict[str, Any] = {
            "measured_a": None if self.after is None else asdict(self.after),
            "before_a": None if self.before is None else asdict(self.before),
            "comparison": None if compared is None else compared.to_record(),
            "note": self.note,
        }
        if item.kind == ORDER:
            detail |= {"moves": self.moves(item), "found": self._elsewhere(item)}
        return {name: value for name, value in detail.items() if value}

    def compared(self, item: Item, promised: Promised) -> Comparison | None:
        """The reading beside the promise; None without a reading."""
        if self.after is None or self.hour is None or item.kind != ORDER:
            return None
        planned = crew_day(item).moves
        done = [move for move in self.moves(item) if move["left"] == move["to"]]
        return compare(
            self.after,
            promised,
            self.hour,
            final=crew_day(item).final and len(done) == len(planned),
            earlier=self.before,
            tolerance_percent=self.tolerance_percent,
        )

    def moves(self, item: Item) -> list[dict[str, Any]]:
        """Each open move with the phases as recorded, planned, found and left."""
        rows = []
        for move in open_moves(item):
            found = self.found.get(move.unit, move.from_phase)
            planned = found if move.unit in self.not_done else move.to_phase
            rows.append(
                {
                    "unit": move.unit,
                    "customer_ids": list(move.customer_ids),
                    "from": move.from_phase,
                    "to": move.to_phase,
                    "found": found,
                    "left": self.left.get(move.unit, planned),
                }
            )
        return rows

    def _elsewhere(self, item: Item) -> dict[str, str]:
        """Phases found at customers that the order does not move."""
        units = {move.unit for move in open_moves(item)}
        return {name: phases for name, phases in self.found.items() if name not in units}


def open_moves(item: Item) -> tuple[FieldMove, ...]:
    """The moves of an order that nobody has rejected, in field order."""
    rejected = {event.detail["unit"] for event in item.all(Step.UNIT_REJECTED)}
    return tuple(move for move in crew_day(item).moves if move.unit not in rejected)


def fits(phases: str, like: str) -> bool:
    """Whether a text names as many different phases as another."""
    return len(phases) == len(like) == len(set(phases)) and set(phases) <= set("abc")


def _phase_fault(order: str, name: str, phases: str, like: str) -> Fault:
    what = f"{phases!r} are not phases of {name}"
    count = "one of a, b, c" if len(like) == 1 else f"{len(like)} different ones of a, b, c"
    return Fault.of("phase", order, what, f"give {count}")
