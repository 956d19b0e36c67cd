"""Findings: one rule broken somewhere, with its probability over the draws and its evidence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gridplan.assessment.condition import Condition
from gridplan.assessment.limit import Limit

if TYPE_CHECKING:
    import pandas as pd


class Kind(StrEnum):
    """The rules a feeder can break."""

    OVERLOAD = "overload"  #: load rate S/Sn above 100 %
    HEAVY_LOAD = "heavy_load"  #: load rate S/Sn above 80 %
    SERIOUS_OVERLOAD = "serious_overload"  #: load rate S/Sn above 120 %
    MEAN_LOAD = "mean_load"  #: mean load rate of the period above a limit
    LIGHT_LOAD = "light_load"  #: mean load rate of the period below a limit
    PHASE_OVERLOAD = "phase_overload"  #: worst phase current above the rated one
    PHASE_PEAK = "phase_peak"  #: worst phase current above what no winding carries at any time
    HOT_SPOT = "hot_spot"  #: hottest winding above its limit
    TOP_OIL = "top_oil"  #: oil above its limit
    AGEING = "ageing"  #: insulation ages faster than normally for a day
    NEUTRAL_OVERLOAD = "neutral_overload"  #: neutral current above its share of the rated current
    UNBALANCE = "unbalance"  #: load unbalance above the limit, under load, over two hours
    LOW_VOLTAGE = "low_voltage"
    HIGH_VOLTAGE = "high_voltage"
    VOLTAGE_UNBALANCE = "voltage_unbalance"  #: negative sequence at the LV busbar
    RCD_LEAKAGE = "rcd_leakage"  #: standing leakage near what trips a residual-current device
    CURRENT_LIMIT = "current_limit"  #: an element in series: fuse, line, neutral, service, meter
    NO_SOLUTION = "no_solution"  #: the network cannot deliver the demand


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule in one scenario.

    Attributes
    ----------
    kind, scenario, element : what, under which assumptions, where: "transformer", "network", an
        outgoing circuit, or "<circuit>/<kind of element>"
    phase : the phase it is worst on ("a", "b", "c", "n"), None where the rule has no phase
    tier : "act" or "watch"
    probability, probability_low, probability_high : share of the draws that break the rule, with
        its 95 % interval
    first, worst_at : earliest and worst time over the draws that break the rule (ISO 8601, local),
        None for snapshots
    longest_h : longest run over the draws [h], infinite for snapshots
    worst : worst value over the draws that break the rule, in the unit of the limit; NaN when none
        of their cases has a solution
    typical : median over all draws of each draw's worst value, in the unit of the limit
    limit : the rule, with its value, unit, source
    evidence : what a reader needs to believe it, plain values only
    """

    kind: Kind
    scenario: str
    element: str
    phase: str | None
    tier: str
    probability: float
    probability_low: float
    probability_high: float
    first: str | None
    worst_at: str | None
    longest_h: float
    worst: float
    typical: float
    limit: Limit
    evidence: dict[str, Any]

    @property
    def key(self) -> tuple[str, str, str]:
        """Identity of the finding when plans are compared: kind, scenario, element."""
        return (self.kind.value, self.scenario, self.element)

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON, which has no word for NaN and infinity: they become None."""
        record = asdict(self)
        record["kind"] = self.kind.value
        for name in ("longest_h", "worst", "typical"):
            record[name] = record[name] if math.isfinite(record[name]) else None
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All findings of one sweep, worst first; a rule that no draw breaks gives none.

    Attributes
    ----------
    feeder_name, items : of what, and the findings
    not_assessed : which rules could not be judged, and for want of what
    conditions : one per scenario: temperatures, unbalance and harm, broken rules or not
    """

    feeder_name: str
    items: tuple[Finding, ...]
    not_assessed: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __repr__(self) -> str:
        acts = sum(item.tier == "act" for item in self.items)
        return f"<Findings {self.feeder_name}: {acts} to act on, {len(self.items) - acts} to watch>"

    def of(self, scenario: str, tier: str | None = None) -> tuple[Finding, ...]:
        """Findings of one scenario, of one tier if asked."""
        return tuple(
            item for item in self.items if item.scenario == scenario and tier in (None, item.tier)
        )

    def probability(self, key: tuple[str, str, str]) -> float:
        """Probability of the finding with that key; 0 when there is none."""
        return next((item.probability for item in self.items if item.key == key), 0.0)

    def to_records(self) -> list[dict[str, Any]]:
        """Plain values for JSON."""
        return [item.to_record() for item in self.items]

    def to_frame(self) -> pd.DataFrame:
        """One row per finding."""
        import pandas as pd

        return pd.DataFrame.from_records(self.to_records())


def risen(before: Findings, after: Findings, *, tolerance: float = 0.0) -> tuple[Finding, ...]:
    """Findings of ``after`` that are likelier than in ``before``: a plan has none."""
    return tuple(
        item for item in after if item.probability > before.probability(item.key) + tolerance
    )
