"""What one measure, or several together, did to the findings of a study, and what it takes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from gridplan.assessment.findings import Finding
from gridplan.measures.costs import Outlay

Key = tuple[str, str, str]  #: kind, scenario, element


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One measure of an option, as plain values.

    Attributes
    ----------
    kind, label, place, quantity, unit, equipment : as in ``measure.Measure``
    detail : what is replaced by what, and what must be looked at before
    """

    kind: str
    label: str
    place: str
    quantity: float
    unit: str
    equipment: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """One option, swept over the draws of today.

    Attributes
    ----------
    label : what is done, in one line
    action : the heaviest of its parts, one of ``measure.KINDS``
    parts : the measures that it consists of
    remaining : per scenario, the findings to act on whose probability is above
        ``accept_probability``
    cleared : per scenario, the keys of today's such findings that are gone
    probabilities : probability today and with the option, of every finding of either state
    headline : per scenario, ``peak_loading_percent``, ``peak_load_rate_percent``,
        ``peak_neutral_percent``, ``hot_spot_c`` (95th percentile over the draws) and
        ``lowest_voltage_v`` (5th)
    rises : keys of findings that are likelier than today
    accept_probability : share of the draws up to which a finding counts as cleared
    sweep_cases : number of cases swept for it
    days_per_draw : days of each draw that were swept; None: all of them
    confirmed : scenarios that were swept over all days afterwards
    outlay : cost, crew hours, lead time, customers without supply
    lasts : it stays after the festival
    year_round : what breaks in an ordinary week or at light load that does not today, in sentences;
        None where that was not swept
    revert_by : date by which it is to be taken back because of that, None where it may stay
    order_by : date by which it must be ordered to be there in time, None where nothing is known
    open_question : what the study does not know and the option stands on, "" when nothing
    dominated_by : an option that costs no more, is there no later and leaves no more to act on
    """

    label: str
    action: str
    parts: tuple[Part, ...]
    remaining: dict[str, tuple[Finding, ...]]
    cleared: dict[str, tuple[Key, ...]]
    probabilities: dict[Key, tuple[float, float]]
    headline: dict[str, dict[str, float]]
    rises: tuple[Key, ...]
    accept_probability: float
    sweep_cases: int
    days_per_draw: int | None = None
    confirmed: tuple[str, ...] = ()
    outlay: Outlay = field(default_factory=Outlay)
    lasts: bool = True
    year_round: tuple[str, ...] | None = None
    revert_by: str | None = None
    order_by: str | None = None
    open_question: str = ""
    dominated_by: str | None = None

    def clears(self, scenario: str) -> bool:
        """Tell whether it leaves nothing to act on in a scenario."""
        return scenario in self.remaining and not self.remaining[scenario]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios it was swept for."""
        return tuple(self.remaining)

    def broken_rules(self, scenario: str) -> float:
        """Expected number of broken rules to act on in a scenario: their probabilities added up."""
        return sum(item.probability for item in self.remaining[scenario])

    def __repr__(self) -> str:
        count = sum(map(self.clears, self.scenarios))
        return (
            f"<MeasureResult {self.label}: clears {count} of {len(self.scenarios)} scenarios, "
            f"{self.outlay.cost_cny:,.0f} CNY>"
        )

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "label": self.label,
            "action": self.action,
            "parts": [asdict(part) for part in self.parts],
            "accept_probability": self.accept_probability,
            "sweep_cases": self.sweep_cases,
            "days_per_draw": self.days_per_draw,
            "confirmed": list(self.confirmed),
            "rises": [list(key) for key in self.rises],
            "outlay": self.outlay.to_record(),
            "lasts": self.lasts,
            "year_round": None if self.year_round is None else list(self.year_round),
            "revert_by": self.revert_by,
            "order_by": self.order_by,
            "open_question": self.open_question,
            "dominated_by": self.dominated_by,
            "probabilities": [
                {"kind": kind, "scenario": scenario, "element": element, "today": p, "with": q}
                for (kind, scenario, element), (p, q) in self.probabilities.items()
            ],
            "scenarios": {
                scenario: {
                    "clears": self.clears(scenario),
                    "expected_broken_rules": self.broken_rules(scenario),
                    "remaining": [
                        {"kind": item.kind.value, "element": item.element, "p": item.probability}
                        for item in self.remaining[scenario]
                    ],
                    "cleared": [list(key) for key in self.cleared[scenario]],
                    **{
                        name: value if math.isfinite(value) else None
                        for name, value in self.headline[scenario].items()
                    },
                }
                for scenario in self.scenarios
            },
        }
