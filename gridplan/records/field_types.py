"""What a crew needs to know of a plan: the types of ``fieldwork.json``.

The file is written beside ``plan.json`` by every run, read by the ledger and the work orders. It
names homes and who comes to them: it is for the station's own computer, not to be published.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION = "gridplan-fieldwork/1"
FIELDWORK_FILE = "fieldwork.json"

Band = tuple[float, float, float]  #: 5th, 50th and 95th percentile over draws and steps


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCustomer:
    """A meter and where it hangs.

    Attributes
    ----------
    customer_id : customer number, nothing else is known of it
    pole, box : names of nodes; a home without a box of its own has that of its node
    meter_a : rated maximum current of the meter [A], None where unknown
    """

    customer_id: str
    pole: str
    box: str
    meter_a: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMove:
    """One movable unit to reconnect.

    Attributes
    ----------
    order : 1, 2, ... in field order
    unit, circuit : movable unit and its outgoing circuit
    at : node where it is reconnected: all that hangs behind it changes phase, and nothing else
    from_phase, to_phase : letters; for units with several phases in the order of the conductors
    permutation : where the conductors on a, b, c go
    customers : who changes phase
    """

    order: int
    unit: str
    circuit: str
    at: str
    from_phase: str
    to_phase: str
    permutation: tuple[int, int, int]
    customers: tuple[FieldCustomer, ...]

    @property
    def customer_ids(self) -> tuple[str, ...]:
        """Customer numbers of those who change phase."""
        return tuple(customer.customer_id for customer in self.customers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A planned interruption of one outgoing circuit.

    Attributes
    ----------
    circuit, minutes : which, and how long [min]
    customer_ids : who is without supply and must be told before
    priority_ids : those of them who must not lose supply
    """

    circuit: str
    minutes: int
    customer_ids: tuple[str, ...]
    priority_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Something to take along.

    Attributes
    ----------
    item : "conductor", "service_wire", "insulators", "clamps" or "transformer"
    detail : type, "" where any will do
    quantity, unit : how much, in "m" or "pieces"
    """

    item: str
    detail: str
    quantity: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewDay:
    """What one crew does in one outage: one order of the ledger, one sheet of the workbook.

    Attributes
    ----------
    key : names it within the plan
    kind : "moves", "reconductor", "uprate" or "other"
    label, detail : what is done, in words
    scenarios : for which it was chosen
    moves : in field order; none unless ``kind`` is "moves"
    outages : of the circuits that are worked on
    minutes : from arrival to the last restored circuit [min]
    material : to take along
    final : the currents after it are the promised ones; False while further moves are to come
    cures : keys (kind, scenario, element) of the findings that the chosen measure clears
    """

    key: str
    kind: str
    label: str
    detail: str = ""
    scenarios: tuple[str, ...] = ()
    moves: tuple[FieldMove, ...] = ()
    outages: tuple[Outage, ...] = ()
    minutes: int = 0
    material: tuple[Material, ...] = ()
    final: bool = True
    cures: tuple[tuple[str, str, str], ...] = ()

    @property
    def needs_outage(self) -> bool:
        """Somebody loses supply; where nothing is known of it, that is assumed."""
        return bool(self.outages) or self.kind == "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedHour:
    """Currents of the transformer at one hour of an ordinary day before the festival.

    Attributes
    ----------
    hour : of the day
    total_a : sum of the three phase currents [A]
    before, after : share of that sum in a, b, c and the neutral, today and after the moves
    """

    hour: int
    total_a: Band
    before: tuple[Band, Band, Band, Band]
    after: tuple[Band, Band, Band, Band]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What a clamp meter at the transformer should show, by the hour.

    Attributes
    ----------
    scenario, first_day, last_day : under which assumptions and on which days
    rated_a : rated current of the transformer [A]
    hours : those of which there are steps
    """

    scenario: str
    first_day: str
    last_day: str
    rated_a: float
    hours: tuple[PromisedHour, ...]

    def at(self, hour: int) -> PromisedHour | None:
        """The hour, or the one nearest to it."""
        return min(self.hours, key=lambda item: abs(item.hour - hour), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedHome:
    """A customer on one of the lists beside the orders.

    Attributes
    ----------
    customer_id, pole, box, circuit : who and where
    phase : as recorded
    confidence : in the phase record, 0..1
    kind : of customer
    """

    customer_id: str
    pole: str
    box: str
    circuit: str
    phase: str
    confidence: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLists:
    """Lists beside the orders, each by box.

    Attributes
    ----------
    long_off : homes long without current to which people may come: wiring and residual-current
        device are tested before they are switched on
    not_coming : homes whose people do not come
    priority : customers who must not lose supply
    doubtful_phase : meters, combined ones too, whose phase is unknown or doubtful
    """

    long_off: tuple[ListedHome, ...] = ()
    not_coming: tuple[ListedHome, ...] = ()
    priority: tuple[ListedHome, ...] = ()
    doubtful_phase: tuple[ListedHome, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWork:
    """Everything of ``fieldwork.json``.

    Attributes
    ----------
    plan : hash of the plan, ``plan_hash`` of its record
    feeder, study : names
    last_day : last day on which outages are planned before the festival (ISO), None for other times
    days : one per crew and outage, in their order
    promised : currents to measure; None for snapshots
    lists : beside the orders
    """

    schema_version: str
    plan: str
    feeder: str
    study: str
    last_day: str | None
    days: tuple[CrewDay, ...]
    promised: Promised | None
    lists: FieldLists = field(default_factory=FieldLists)

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def read_fieldwork(path: Path) -> FieldWork:
    """Read ``fieldwork.json``; ``LedgerError`` with everything that is wrong with it."""
    from gridplan.errors import Fault, LedgerError

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = "there is no such file" if isinstance(error, FileNotFoundError) else f"{error}"
        remedy = "run gridplan plan again: it writes the file beside plan.json"
        fault = Fault(code="fieldwork-file", where=str(path), what=what, remedy=remedy)
        raise LedgerError(str(path), [fault]) from error
    return checked(text, FieldWork, str(path))


def checked(text: str, kind: type[Any], source: str) -> Any:
    """JSON text as one of the types above; ``LedgerError`` with every value that does not fit."""
    from pydantic import TypeAdapter, ValidationError

    from gridplan.errors import Fault, LedgerError

    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        faults = [
            Fault(
                code="fieldwork-value",
                where=".".join(map(str, item["loc"])) or source,
                what=item["msg"],
                remedy="run gridplan plan again",
            )
            for item in error.errors()
        ]
        raise LedgerError(source, faults) from error
