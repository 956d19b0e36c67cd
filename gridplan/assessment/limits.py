"""Rule sets: every limit with its value, unit, duration and source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One rule.

    Attributes
    ----------
    value, unit : the limit, e.g. 80.0 and "% of Sn"
    min_duration_h : it must hold without a break for at least this long [h]; 0: a single step is enough
    source : where it stands
    status : how far the source can be trusted: V read in published text, S second-hand, K not verified, A assumption
    tier : "act" or "watch"
    """

    value: float
    unit: str
    min_duration_h: float
    source: str
    status: str
    tier: str
