"""What a study says about demand: period, scenarios, registers, levels and variation."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gridplan.demand.calendar import date_of, festival_day, new_year_days

#: The presence curve covers 30 days on both sides of New Year's Day.
FIRST_DAY, LAST_DAY = -30, 30

Share = Annotated[float, Field(ge=0.0, le=1.0)]
DEFAULT = "default"  #: key of per-network values for networks that are not named


class Settings(BaseModel):
    """Base of all settings: frozen, no unknown keys, no silent conversion of text to numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Period(Settings):
    """The days of the study, both ends included: by festival days of a year, or by dates.

    Attributes
    ----------
    festival_year : calendar year of the New Year's Day that days are counted from
    first_day, last_day : festival days, 0 is New Year's Day and -1 the Eve
    start, end : the same as dates; they take the place of first_day and last_day
    """

    festival_year: int
    first_day: int | None = None
    last_day: int | None = None
    start: dt.date | None = None
    end: dt.date | None = None

    @field_validator("festival_year")
    @classmethod
    def _known_year(cls, year: int) -> int:
        known = new_year_days()
        if year not in known:
            raise ValueError(f"the calendar holds the years {min(known)} to {max(known)}")
        return year

    @field_validator("first_day", "last_day")
    @classmethod
    def _near_the_festival(cls, day: int | None) -> int | None:
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError(f"days go from {FIRST_DAY} to {LAST_DAY} around New Year's Day")
        return day

    @field_validator("start", "end")
    @classmethod
    def _date_near_the_festival(cls, date: dt.date | None, info: ValidationInfo) -> dt.date | None:
        year = info.data.get("festival_year")
        if date is not None and year is not None:
            origin = new_year_days()[year]
            if not FIRST_DAY <= festival_day(date, origin) <= LAST_DAY:
                low, high = date_of(FIRST_DAY, origin), date_of(LAST_DAY, origin)
                raise ValueError(
                    f"{date} is outside {low} to {high}, the days around New Year's Day {origin}"
                )
        return date

    @model_validator(mode="after")
    def _one_form(self) -> Period:
        by_day = self.first_day is not None and self.last_day is not None
        by_date = self.start is not None and self.end is not None
        given = sum(
            value is not None for value in (self.first_day, self.last_day, self.start, self.end)
        )
        if given != 2 or not (by_day or by_date):
            raise ValueError("give first_day and last_day, or start and end")
        if self.days[0] > self.days[1]:
            raise ValueError("the period ends before it begins")
        return self

    @property
    def new_year_day(self) -> dt.date:
        """New Year's Day of the festival."""
        return new_year_days()[self.festival_year]

    @property
    def days(self) -> tuple[int, int]:
        """First and last festival day."""
        if self.start is not None and self.end is not None:
            return festival_day(self.start, self.new_year_day), festival_day(
                self.end, self.new_year_day
            )
        return cast(int, self.first_day), cast(int, self.last_day)


class Scenario(Settings):
    """One named set of assumptions; what is left out comes from ``based_on``, then by default.

    Attributes
    ----------
    based_on : a scenario listed above
    temperature_offset_c : how much colder (negative) or warmer than usual the days are [K]
    level_factor : factor on the demand of every home
    persons_factor : factor on the number of persons in homes that celebrate
    returnees_factor : factor on the expected number of homes that returnees come back to; above 1
        it adds homes that are on no register, never homes that the register says stay empty
    """

    based_on: str | None = None
    temperature_offset_c: float = Field(default=0.0, ge=-40, le=40)
    level_factor: float = Field(default=1.0, gt=0, le=10)
    persons_factor: float = Field(default=1.0, gt=0, le=10)
    returnees_factor: float = Field(default=1.0, ge=1, le=10)

    @field_validator("based_on")
    @classmethod
    def _listed(cls, name: str | None, info: ValidationInfo) -> str | None:
        known = (info.context or {}).get("scenarios")
        if name is not None and known is not None and name not in known:
            raise ValueError(f"there is no scenario {name!r}; this study has {', '.join(known)}")
        return name


class Variation(Settings):
    """How much demand differs between draws, homes and quarter hours; assumptions to calibrate.

    Attributes
    ----------
    home_cv : coefficient of variation of a home's level, drawn once per home and draw
    time_cv : coefficient of variation of a home's demand from quarter hour to quarter hour
    time_correlation_h : time in which that variation is forgotten (to 1/e) [h]
    temperature_sd_c : standard deviation of the daily temperature around the scenario's [K]
    temperature_day_to_day : correlation of one day's deviation with the day before
    heating_percent_per_c : rise of a home's demand per degree colder [%/K]
    persons_elasticity : a home's demand grows with (persons / mean persons) to this power
    dinner_delay_h : the village's festive evening begins up to this much later than in the day
        shapes [h], the same for all homes of a draw
    """

    home_cv: float = Field(default=0.2, ge=0, le=2)
    time_cv: float = Field(default=0.25, ge=0, le=2)
    time_correlation_h: float = Field(default=1.5, gt=0, le=48)
    temperature_sd_c: float = Field(default=1.0, ge=0, le=15)
    temperature_day_to_day: float = Field(default=0.7, ge=0, lt=1)
    heating_percent_per_c: float = Field(default=3.0, ge=0, le=20)
    persons_elasticity: float = Field(default=0.4, ge=0, le=1)
    dinner_delay_h: float = Field(default=2.0, ge=0, le=4)


class ForecastSettings(Settings):
    """Everything that ``forecast_demand`` needs beside the feeder.

    Attributes
    ----------
    period : the days of the study
    step_minutes : length of a step [min]
    draws : random realisations per scenario
    seed : of all random numbers
    scenarios : by name, in the order in which they are reported
    registers : folder with one register ``<network name>.csv`` per network, relative to the study
        file; "none": there are none, and nobody is expected to come home
    coverage : per network name, share of the returnee homes that the register knows
    levels : per network name, the year whose households the village resembles (2015 to 2021)
    variation : how much demand differs between draws, homes and quarter hours
    """

    period: Period
    step_minutes: Literal[15, 30, 60] = 15
    draws: int = Field(default=200, ge=1, le=100_000)
    seed: int = Field(default=0, ge=0)
    scenarios: dict[str, Scenario] = Field(min_length=1)
    registers: str = "none"
    coverage: dict[str, Annotated[float, Field(gt=0.0, le=1.0)]] = Field(
        default_factory=lambda: {DEFAULT: 1.0}
    )
    levels: dict[str, Annotated[float, Field(ge=1990, le=2100)]] = Field(
        default_factory=lambda: {DEFAULT: 2021.0}
    )
    variation: Variation = Variation()
    _folder: Path = PrivateAttr(default_factory=Path)

    @field_validator("registers")
    @classmethod
    def _folder_exists(cls, text: str, info: ValidationInfo) -> str:
        folder = (info.context or {}).get("folder")
        if text != "none" and folder is not None and not (folder / text).is_dir():
            raise ValueError(f"there is no folder {text!r} beside the study file")
        return text

    @field_validator("scenarios")
    @classmethod
    def _based_on_above(cls, scenarios: dict[str, Scenario]) -> dict[str, Scenario]:
        seen: set[str] = set()
        for name, scenario in scenarios.items():
            if scenario.based_on is not None and scenario.based_on not in seen:
                raise ValueError(
                    f"{name} is based on {scenario.based_on}, which is not a scenario above it"
                )
            seen.add(name)
        return scenarios

    @field_validator("coverage", "levels")
    @classmethod
    def _with_default(cls, values: dict[str, float]) -> dict[str, float]:
        if DEFAULT not in values:
            raise ValueError("a value for 'default' is needed, for networks that are not named")
        return values

    def model_post_init(self, context: Any, /) -> None:
        """Remember where the study file lies; the folder is no part of the settings."""
        self._folder = (context or {}).get("folder", Path())

    def scenario(self, name: str) -> Scenario:
        """A scenario with what it takes from the scenarios that it is based on."""
        own = self.scenarios[name]
        if own.based_on is None:
            return own
        return self.scenario(own.based_on).model_copy(update=own.model_dump(exclude_unset=True))

    def register_path(self, network: str) -> Path | None:
        """Where the register of a network is looked for; None when the study has no registers."""
        return (
            None if self.registers == "none" else self._folder / self.registers / f"{network}.csv"
        )

    def coverage_of(self, network: str) -> float:
        """Share of the returnee homes that the register of a network knows."""
        return self.coverage.get(network, self.coverage[DEFAULT])

    def level_of(self, network: str) -> float:
        """Year whose households a network resembles."""
        return self.levels.get(network, self.levels[DEFAULT])
