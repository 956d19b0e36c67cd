"""The phases that meters and records give, customer by customer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray, StrArray, own_fields
from gridplan.network.customers import PHASES, PhaseMove
from gridplan.network.feeder import Feeder


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAccuracy:
    """How right the records of one source are, judged by the meters.

    Attributes
    ----------
    source : "network file", or the name that the records give, e.g. "HPLC"
    n : records of single-phase customers with readings
    agree : those of them that name the likeliest phase
    accuracy : share of right records, as far as the meters can tell
    names : what the source calls a, b, c are phases ``names`` of the transformer's meter, "abc"
        where both use the same names
    """

    source: str
    n: int
    agree: int
    accuracy: float
    names: str

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhaseIdentification:
    """On which phase each customer of a feeder hangs, and how sure that is.

    Phases are named as in the network file. Confidences are probabilities: of a hundred phases
    found with 0.9, about ninety are right.

    Attributes
    ----------
    feeder_name : as its name says
    n_day : days of readings
    customer_ids : str (customer,)
    recorded : str (customer,) -- phase of the network file
    found : str (customer,) -- likeliest phase of meters and records together; as recorded where
        neither says anything, and for customers on several phases
    confidence : float (customer,) -- probability that ``found`` is right
    probability : float (customer, 3) -- of phases a, b, c, of meters and records together; NaN for
        customers on several phases
    meter_phase, meter_confidence : str, float (customer,) -- what the meters alone say, "" and NaN
        without readings
    other_area : float (customer,) -- probability that the meter hangs on another transformer, NaN
        without readings
    order : str (customer,) -- of a three-phase meter the phases that its terminals a, b, c stand
        on, e.g. "bca"; else ""
    remark : str (customer,) -- what is peculiar, "" where nothing is
    records : how right each source of records is
    notes : what concerns several customers, and what was done
    """

    feeder_name: str
    n_day: int
    customer_ids: StrArray
    recorded: StrArray
    found: StrArray
    confidence: FloatArray
    probability: FloatArray
    meter_phase: StrArray
    meter_confidence: FloatArray
    other_area: FloatArray
    order: StrArray
    remark: StrArray
    records: tuple[RecordAccuracy, ...]
    notes: tuple[Fault, ...]

    def __post_init__(self) -> None:
        one = ("customer",)
        text = ("customer_ids", "recorded", "found", "meter_phase", "order", "remark")
        number = ("confidence", "meter_confidence", "other_area")
        layout: dict[str, Any] = {name: (np.str_, one) for name in text}
        layout |= {name: (np.float64, one) for name in number}
        layout["probability"] = (np.float64, ("customer", 3))
        own_fields(self, layout, {})

    def __repr__(self) -> str:
        differ, read = int((~self.agrees).sum()), int(np.isfinite(self.other_area).sum())
        return (
            f"<PhaseIdentification {self.feeder_name}: {read} of {len(self.found)} customers "
            f"with readings of {self.n_day} days, {differ} not on the recorded phase>"
        )

    @property
    def agrees(self) -> BoolArray:
        """Whether each customer was found on its recorded phase: bool (customer,)."""
        return self.found == self.recorded

    def rows(self) -> list[dict[str, Any]]:
        """One plain row per customer."""
        return [
            {
                "customer": str(self.customer_ids[k]),
                "recorded": str(self.recorded[k]),
                "found": str(self.found[k]),
                "confidence": round(float(self.confidence[k]), 3),
                "agrees": bool(self.agrees[k]),
                "by_meter": str(self.meter_phase[k]),
                "meter_confidence": _plain(self.meter_confidence[k]),
                "other_area": _plain(self.other_area[k]),
                "remark": str(self.remark[k]),
            }
            for k in range(len(self.found))
        ]

    def applied_to(self, feeder: Feeder) -> Feeder:
        """The feeder with customers on the phases found, their confidence beside them.

        Raises ``ValueError`` when it is not the feeder of these customers.
        """
        if not np.array_equal(feeder.customers.id, self.customer_ids):
            raise ValueError(f"{feeder.name} has other customers than {self.feeder_name}")
        moves = tuple(
            PhaseMove(
                unit=str(feeder.customers.unit_names[feeder.customers.unit[k]]),
                permutation=_exchange(str(self.recorded[k]), str(self.found[k])),
                customer_ids=(str(self.customer_ids[k]),),
            )
            for k in np.flatnonzero(~self.agrees)
        )
        moved = feeder.with_phases(moves)
        customers = replace(moved.customers, phase_confidence=self.confidence)
        return replace(moved, customers=customers)


def _exchange(before: str, after: str) -> tuple[int, int, int]:
    """The permutation that exchanges two phases."""
    order = [0, 1, 2]
    one, other = PHASES.index(before), PHASES.index(after)
    order[one], order[other] = other, one
    return order[0], order[1], order[2]


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)
