"""Waivers: findings that somebody has accepted, with a reason and a last day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridplan.assessment.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An accepted finding.

    Attributes
    ----------
    kind, scenario, element : identity of the finding
    author, reason : who accepted it, and why
    until : last day on which it holds (ISO)
    source : name of the issue in the ledger
    """

    kind: str
    scenario: str
    element: str
    author: str
    reason: str
    until: str
    source: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Identity of the finding."""
        return (self.kind, self.scenario, self.element)

    def covers(self, finding: Finding) -> bool:
        """Whether it accepts a finding."""
        return finding.key == self.key

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)
