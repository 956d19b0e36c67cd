"""What a study says about measures."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class MeasureSettings(BaseModel):
    """Bounds and choices of the measures that a plan compares.

    Attributes
    ----------
    max_moves : most units that a crew reconnects; a day's work of five people is 3.5 hours for one
        village (news report of 2015), so 8 is generous
    time_limit_s : wall time for the search of moves [s]
    crew : who does the work, as it is printed on the list of moves
    conductor : conductor type of the catalogue that replaces overloaded or weak lines
    accept_probability : a finding to act on counts as cleared when no more than this share of the
        draws breaks the rule; 0.05 is the convention of planning for the 95th percentile
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    max_moves: int = Field(default=8, ge=0, le=100)
    time_limit_s: float = Field(default=60.0, gt=0, le=3600)
    crew: str = Field(default="", max_length=100)
    conductor: str = Field(default="JKLYJ-1kV 4x50", min_length=1)
    accept_probability: float = Field(default=0.05, ge=0, lt=1)
