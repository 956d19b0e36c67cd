"""What one measure did to the findings and the headline figures of a study."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gridplan.assessment.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """One measure, swept over the draws of today.

    A measure is swept only for the scenarios that no lesser measure before it clears; of the others
    it says nothing.

    Attributes
    ----------
    label : what is done, in one line
    action : "none", "move", "reconductor" or "uprate": the heaviest of its steps
    steps : the steps in words
    remaining : per scenario swept, the findings to act on whose probability is above
        ``accept_probability``
    cleared : per scenario swept, the keys of today's such findings that are gone
    headline : per scenario swept, ``peak_loading_percent``, ``peak_load_rate_percent``,
        ``peak_neutral_percent`` (95th percentile over the draws) and ``lowest_voltage_v`` (5th)
    rises : keys of findings that are likelier than today
    accept_probability : share of the draws up to which a finding counts as cleared
    sweep_cases : number of cases swept for it
    """

    label: str
    action: str
    steps: tuple[str, ...]
    remaining: dict[str, tuple[Finding, ...]]
    cleared: dict[str, tuple[tuple[str, str, str], ...]]
    headline: dict[str, dict[str, float]]
    rises: tuple[tuple[str, str, str], ...]
    accept_probability: float
    sweep_cases: int

    def clears(self, scenario: str) -> bool:
        """Tell whether it was swept for that scenario and leaves nothing to act on there."""
        return scenario in self.remaining and not self.remaining[scenario]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios it was swept for."""
        return tuple(self.remaining)

    def __repr__(self) -> str:
        count = sum(map(self.clears, self.scenarios))
        return f"<MeasureResult {self.label}: clears {count} of {len(self.scenarios)} scenarios>"

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "label": self.label,
            "action": self.action,
            "steps": list(self.steps),
            "accept_probability": self.accept_probability,
            "sweep_cases": self.sweep_cases,
            "rises": [list(key) for key in self.rises],
            "scenarios": {
                scenario: {
                    "clears": self.clears(scenario),
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
