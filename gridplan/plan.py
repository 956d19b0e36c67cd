"""The plan: the only place where the rooms are put together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gridplan.assessment.findings import Findings
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult

if TYPE_CHECKING:
    from gridplan.measures.compare import MeasureResult
    from gridplan.measures.proposal import Proposal
    from gridplan.study import Study

SCHEMA_VERSION = "gridplan-plan/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The figures that a manager reads first, each for the worst scenario.

    Attributes
    ----------
    peak_loading_percent : phase load, worst phase current over rated: 95th percentile over the
        draws of the period's maximum
    peak_load_rate_percent : load rate S/Sn, likewise
    peak_neutral_percent : neutral current over rated current, likewise
    lowest_voltage_v : lowest customer voltage: 5th percentile over the draws of the period's
        minimum [V]
    by_scenario : the same four per scenario name
    """

    peak_loading_percent: float
    peak_load_rate_percent: float
    peak_neutral_percent: float
    lowest_voltage_v: float
    by_scenario: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """One state of the feeder, swept over all cases of the study."""

    feeder: Feeder
    sweep: SweepResult
    findings: Findings
    headline: Headline

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **asdict(self.headline),
            "findings": self.findings.to_records(),
            "not_assessed": list(self.findings.not_assessed),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to do in one scenario, in one sentence.

    ``action`` is "none", "watch", "move", "reconductor", "uprate" or "beyond": the least of them
    that clears every
    finding to act on in that scenario ("beyond": none of the measures tried does).
    """

    scenario: str
    action: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What to do, with the proof: findings before and after on the same draws.

    Attributes
    ----------
    before, after : today, and with the proposed phase moves
    proposal : the moves with their certificate and the electrician's baseline
    measures : every measure that was tried, on the same draws, least work first
    verdicts : one per scenario
    verdict : one sentence for the whole study
    provenance : versions, input hashes, seed, date
    seconds : wall time per stage [s]
    """

    study: Study
    before: Outcome
    after: Outcome
    proposal: Proposal
    measures: tuple[MeasureResult, ...]
    verdicts: tuple[Verdict, ...]
    verdict: str
    provenance: dict[str, Any]
    seconds: dict[str, float]

    @property
    def feeder(self) -> Feeder:
        """The feeder as it stands today."""
        return self.before.feeder

    def __repr__(self) -> str:
        return f"<Plan {self.feeder.name}: {self.verdict}>"
