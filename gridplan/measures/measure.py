"""What a measure is: a change from areas to areas, with the work that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gridplan.demand.cases import Demand
from gridplan.frozen import BoolArray
from gridplan.network.feeder import Feeder

#: Kinds of measure from the least change to the greatest, in the order of practice: phases, tap,
#: what a customer gets, lines, reactive power, transformer, areas, what is brought in for the
#: festival, what people would have to do.
KINDS = (
    "none", "move", "tap", "three_phase", "switching", "reconductor", "parallel", "capacitor",
    "svg", "rotate", "series", "uprate", "transfer", "split", "battery", "generator", "stagger",
)  # fmt: skip

#: What a crew needs once, however many measures it works on that day.
VISIT = "visit"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Area:
    """One feeder with what its customers draw, as a measure leaves it.

    Attributes
    ----------
    feeder, demand : the demand has the feeder's customers in their order
    name : stands before the feeder's elements in findings; "" for the area of the study
    set_kva : rating of the generator that feeds it as an island [kVA]; None: its transformer does
    active : bool (step,) -- steps of the study in which the area is fed this way; None: all
    """

    feeder: Feeder
    demand: Demand
    name: str = ""
    set_kva: float | None = None
    active: BoolArray | None = None


#: ``change(areas)`` -> the areas that the measure leaves; the area of the study is the first.
Change = Callable[[tuple[Area, ...]], tuple[Area, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measure:
    """One field action.

    Attributes
    ----------
    kind : one of ``KINDS``
    label : what to do, in a few words
    place : outgoing circuit, node, or "transformer"
    quantity, unit : how much, e.g. length of line [m] or rating [kVA]
    detail : what is replaced by what, and what it is expected to buy
    change : gives the areas that it leaves; measures of the same ``change`` have the same effect
    work : items of the cost table and how many of each
    equipment : type of the catalogue that is put up, "" for other work
    customers_out : customers without supply while it is done
    one_by_one : each of them only while its own piece of the work is done
    lasts : True where it stays; False where it is taken away after the festival
    needs : what must be looked at in the field before, in sentences
    open_question : what the study does not know and the measure stands on; "" when nothing
    touched : areas beside that of the study which the measure changes, as they are today
    """

    kind: str
    label: str
    place: str
    quantity: float
    unit: str
    detail: str
    change: Change = field(repr=False)
    work: Mapping[str, float] = field(default_factory=dict)
    equipment: str = ""
    customers_out: int = 0
    one_by_one: bool = False
    lasts: bool = True
    needs: tuple[str, ...] = ()
    open_question: str = ""
    touched: tuple[Area, ...] = field(default=(), repr=False)


def on_feeder(change: Callable[[Feeder], Feeder]) -> Change:
    """A change of the study's area that leaves its customers and their demand as they are."""

    def changed(areas: tuple[Area, ...]) -> tuple[Area, ...]:
        first, *others = areas
        return (replace(first, feeder=change(first.feeder)), *others)

    return changed


def heaviest(measures: Sequence[Measure]) -> str:
    """The kind that changes most; "none" without any."""
    return max((measure.kind for measure in measures), key=KINDS.index, default="none")
