"""What a study says about measures."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gridplan.demand.calendar import festival_near
from gridplan.measures.measure import KINDS
from gridplan.yamlmodel import file_beside

#: Kinds that a study may leave out; the moves are bounded by ``max_moves``.
OFFERED = tuple(kind for kind in KINDS if kind not in ("none", "move"))
_CONFIG = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Neighbour(BaseModel):
    """A transformer area nearby: one to swap transformers with, or to hand load over to.

    Attributes
    ----------
    name : of the area
    of : name of the network whose neighbour it is
    sn_kva, peak_kva : rating of its transformer and its own peak [kVA]: for a swap
    network : its network folder, relative to the study file: for a transfer of load
    open_line : line of ``of`` that is opened, behind which lies what is handed over
    node, neighbour_node : the ends of the new line, here and there
    conductor, length_m : of the new line
    """

    model_config = _CONFIG

    name: str = Field(min_length=1, max_length=60)
    of: str = Field(min_length=1)
    sn_kva: float | None = Field(default=None, gt=0, le=2500)
    peak_kva: float | None = Field(default=None, ge=0, le=2500)
    network: str | None = None
    open_line: str | None = None
    node: str | None = None
    neighbour_node: str | None = None
    conductor: str = Field(default="JKLYJ-1kV 4x50", min_length=1)
    length_m: float = Field(default=100.0, gt=0, le=2000)

    @field_validator("network")
    @classmethod
    def _folder_exists(cls, text: str | None, info: ValidationInfo) -> str | None:
        folder = (info.context or {}).get("folder")
        if text is not None and folder is not None and not (folder / text).exists():
            raise ValueError(f"there is no network {text!r} beside the study file")
        return text

    @model_validator(mode="after")
    def _whole(self) -> Neighbour:
        ends = (self.open_line, self.node, self.neighbour_node)
        if self.network is not None and None in ends:
            raise ValueError("a transfer needs open_line, node and neighbour_node")
        if self.network is None and (self.sn_kva is None or self.peak_kva is None):
            raise ValueError("give sn_kva and peak_kva for a swap, or network for a transfer")
        return self


class BatterySize(BaseModel):
    """A storage at hand: power of its converter [kW] and what it holds [kWh]."""

    model_config = _CONFIG

    kw: float = Field(gt=0, le=5000)
    kwh: float = Field(gt=0, le=20000)


#: Cabinets on trucks; 100 kW and 215 kWh is a size that was tendered (Suzhou), the others are
#: assumptions.
_BATTERIES = ((50.0, 100.0), (100.0, 215.0), (200.0, 430.0), (500.0, 1000.0))


class MeasureSettings(BaseModel):
    """Bounds and choices of the measures that a plan compares.

    Attributes
    ----------
    max_moves : most units that a crew reconnects; a day's work of five people is 3.5 hours for one
        village (news report of 2015), so 8 is generous
    time_limit_s : hard stop of the search of moves [s of processor time]
    crew : who does the work, as it is printed on the list of moves
    conductor : conductor type of the catalogue that replaces overloaded or weak lines
    accept_probability : a finding to act on counts as cleared when no more than this share of the
        draws breaks the rule; 0.05 is the convention of planning for the 95th percentile
    without : kinds of measure that are not offered, e.g. [battery, split]
    costs : file with own prices and hours (columns of ``costs.csv``), relative to the study file
    lead_time_days : days left to prepare; what takes longer is compared, not recommended
    worst_days : days of each draw on which measures are tried before the recommended ones are swept
        over all; 0: all days for all
    switching_units, three_phase_homes : how many units get a phase-switching device, how many homes
        three phases
    generators_kw : sizes of generator trucks at hand [kW]
    generator_days : longest stay of a truck [d]
    truck_access : False where no truck comes to the transformer
    batteries : sizes of storage at hand
    ordinary_start : first day of the ordinary week over which measures that stay are swept too;
        None: Monday of the second week of April after the study
    light_load_rise_percent : how much higher the medium voltage is then at light load than at the
        study's peak [%]; 1 is an assumption, take it from records
    neighbours : areas nearby
    """

    model_config = _CONFIG

    max_moves: int = Field(default=8, ge=0, le=100)
    time_limit_s: float = Field(default=60.0, gt=0, le=3600)
    crew: str = Field(default="", max_length=100)
    conductor: str = Field(default="JKLYJ-1kV 4x50", min_length=1)
    accept_probability: float = Field(default=0.05, ge=0, lt=1)
    without: list[str] = Field(default_factory=list)
    costs: str | None = None
    lead_time_days: float | None = Field(default=None, ge=0, le=1000)
    worst_days: int = Field(default=4, ge=0, le=366)
    switching_units: int = Field(default=4, ge=1, le=50)
    three_phase_homes: int = Field(default=2, ge=1, le=50)
    generators_kw: list[Annotated[float, Field(gt=0, le=5000)]] = Field(
        default_factory=lambda: [100.0, 200.0, 400.0, 500.0, 800.0, 1000.0]
    )
    generator_days: int = Field(default=7, ge=1, le=60)
    truck_access: bool = True
    batteries: list[BatterySize] = Field(
        default_factory=lambda: [BatterySize(kw=kw, kwh=kwh) for kw, kwh in _BATTERIES]
    )
    ordinary_start: dt.date | None = None
    light_load_rise_percent: float = Field(default=1.0, ge=0, le=10)
    neighbours: list[Neighbour] = Field(default_factory=list)
    _folder: Path = PrivateAttr(default_factory=Path)

    @field_validator("without")
    @classmethod
    def _kinds(cls, kinds: list[str]) -> list[str]:
        unknown = [kind for kind in kinds if kind not in OFFERED]
        if unknown:
            raise ValueError(f"there is no kind {unknown[0]!r}; known are {', '.join(OFFERED)}")
        return kinds

    @field_validator("costs")
    @classmethod
    def _file_exists(cls, text: str | None, info: ValidationInfo) -> str | None:
        return file_beside(text, info)

    @field_validator("ordinary_start")
    @classmethod
    def _ordinary(cls, start: dt.date | None) -> dt.date | None:
        if start is not None:
            days = [start + dt.timedelta(days=day) for day in range(7)]
            if any(festival_near(day) is not None for day in days):
                raise ValueError(f"the week from {start} on is near the Spring Festival")
        return start

    def model_post_init(self, context: Any, /) -> None:
        """Remember where the study file lies; the folder is no part of the settings."""
        self._folder = (context or {}).get("folder", Path())

    def file(self, name: str) -> Path:
        """A file that the study names."""
        return self._folder / name

    def offers(self, kind: str) -> bool:
        """Whether measures of a kind are drawn up."""
        return kind not in self.without

    def neighbours_of(self, network: str) -> tuple[Neighbour, ...]:
        """The neighbours of one network."""
        return tuple(one for one in self.neighbours if one.of == network)
