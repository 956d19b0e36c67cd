"""What a study says about demand: period, scenarios, registers, levels and variation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from gridplan.demand.events import Event
from gridplan.demand.period import Period, Settings
from gridplan.yamlmodel import file_beside

__all__ = ["ForecastSettings", "Period", "Scenario", "Settings", "Variation"]

Share = Annotated[float, Field(ge=0.0, le=1.0)]
COUNTY = "register"  #: name of a register of all areas
DEFAULT = "default"  #: key of per-network values for networks that are not named


class Scenario(Settings):
    """One named set of assumptions; what is left out comes from ``based_on``, then by default.

    Attributes
    ----------
    based_on : a scenario listed above
    temperature_offset_c : how much colder (negative) or warmer than usual the days are [K]
    temperature_path : file with the daily mean temperatures (date, mean_c), relative to the study
        file; the offset is added to it
    level_factor : factor on the demand of every home
    persons_factor : factor on the number of persons in homes that celebrate
    returnees_factor : factor on the expected number of homes that returnees come back to; above 1
        it adds homes that are on no register, never homes that the register says stay empty
    running_days_factor : factor on the share of days on which machines and pumps run, up to every
        day (a drought, the harvest)
    """

    based_on: str | None = None
    temperature_offset_c: float = Field(default=0.0, ge=-40, le=40)
    temperature_path: str | None = None
    level_factor: float = Field(default=1.0, gt=0, le=10)
    persons_factor: float = Field(default=1.0, gt=0, le=10)
    returnees_factor: float = Field(default=1.0, ge=1, le=10)
    running_days_factor: float = Field(default=1.0, ge=0, le=100)

    @field_validator("based_on")
    @classmethod
    def _listed(cls, name: str | None, info: ValidationInfo) -> str | None:
        known = (info.context or {}).get("scenarios")
        if name is not None and known is not None and name not in known:
            raise ValueError(f"there is no scenario {name!r}; this study has {', '.join(known)}")
        return name

    @field_validator("temperature_path")
    @classmethod
    def _file_exists(cls, text: str | None, info: ValidationInfo) -> str | None:
        return file_beside(text, info)


class Variation(Settings):
    """How much demand differs between draws, homes and quarter hours; assumptions to calibrate.

    The first three decide how homes coincide. Meters of ordinary days ask for 0.45, 0.9 and 0.5 h
    (``notebooks/02_forecast_on_real_meters.py``), villages that dine together on the Eve,
    simulated appliance by appliance, for 0.3, 0.5 and 1 h (0.58 of the sum of 24 homes' peaks): no
    festival was measured, so the defaults lie between.

    Attributes
    ----------
    home_cv : coefficient of variation of a home's level, drawn once per home and draw
    time_cv : coefficient of variation of a home's demand from quarter hour to quarter hour
    time_correlation_h : time in which that variation is forgotten (to 1/e) [h]
    temperature_sd_c : standard deviation of the daily temperature around the scenario's [K]
    temperature_day_to_day : correlation of one day's deviation with the day before
    heating_percent_per_c : rise of a home's demand per degree colder, in winter [%/K]
    cooling_percent_per_c : rise of a home's demand per degree warmer, in summer [%/K]
    persons_elasticity : a home's demand grows with (persons / mean persons) to this power
    dinner_delay_h : the village's festive evening begins up to this much later than in the day
        shapes [h], the same for all homes of a draw
    """

    home_cv: float = Field(default=0.35, ge=0, le=2)
    time_cv: float = Field(default=0.6, ge=0, le=2)
    time_correlation_h: float = Field(default=0.75, gt=0, le=48)
    temperature_sd_c: float = Field(default=1.0, ge=0, le=15)
    temperature_day_to_day: float = Field(default=0.7, ge=0, lt=1)
    heating_percent_per_c: float = Field(default=3.0, ge=0, le=20)
    cooling_percent_per_c: float = Field(default=4.0, ge=0, le=20)
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
    sampling : "random": every draw is independent of the others; "quasi_random": what decides about
        the peak is spread evenly over the draws, so that fewer tell as much
    scenarios : by name, in the order in which they are reported
    precision : widest half of the 95 % interval of an overload's probability; plans, and all stages
        that sweep or judge, take more draws until it is reached, from ``draws`` up to
        ``max_draws``, and say so if it is not. None: ``draws`` it is
    registers : folder with registers, relative to the study file: one per network, its name with
        ``.csv`` or ``.xlsx``, or one of the county, ``register.csv`` or ``register.xlsx``, whose
        area numbers are the networks' names; "none": there are none, and nobody is expected to
        come. Those of past festivals lie in folders of their years, ``2026/``; they count where
        meters of that festival are there
    meters : folder with the homes' 96-point curves, relative to the study file: ``<network name>``
        (a folder, ``.csv`` or ``.xlsx``), and perhaps ``temperature.csv``; they set the levels, who
        lives there, and how much is heated. Past festivals among them set who comes and what is
        drawn on such days
    clamp : file with a crew's clamp readings of outgoing circuits (area, circuit, time, Ia, Ib, Ic,
        ...), relative to the study file; they set the level of each circuit's homes where no meters
        do, and test the phase labels
    register_key : file with the secret key, where customer numbers are pseudonyms
    coverage : per network name, share of the returnee homes that the register knows; not used where
        meters have seen past festivals
    levels : per network name, the year whose households the village resembles (2015 to 2021)
    variation : how much demand differs between draws, homes and quarter hours
    usual_c : daily mean temperature to which the levels belong; needed where a scenario has a
        temperature_path, and for the temperatures of the transformer [°C]
    usual_range_c : difference between a usual day's warmest and coldest hour [K]; the assumption is
        a clear winter day on the North China plain
    holidays : file with official holidays (date, kind) that are not shipped or have changed,
        relative to the study file
    events : what is on top of the ordinary, by name: feasts, pumping, drying
    pending : file with connections that are applied for (name, network, node, kw, phases, ...),
        relative to the study file
    latitude_deg, longitude_deg : where the sun shines on the panels [degree]; the assumption is the
        middle of the North China plain
    """

    period: Period
    step_minutes: Literal[15, 30, 60] = 15
    draws: int = Field(default=200, ge=1, le=100_000)
    precision: float | None = Field(default=None, ge=0.001, lt=0.5)
    max_draws: int = Field(default=5_000, ge=1, le=100_000)
    seed: int = Field(default=0, ge=0)
    sampling: Literal["random", "quasi_random"] = "random"
    scenarios: dict[str, Scenario] = Field(min_length=1)
    registers: str = "none"
    register_key: str | None = None
    meters: str | None = None
    clamp: str | None = None
    coverage: dict[str, Annotated[float, Field(gt=0.0, le=1.0)]] = Field(
        default_factory=lambda: {DEFAULT: 1.0}
    )
    levels: dict[str, Annotated[float, Field(ge=1990, le=2100)]] = Field(
        default_factory=lambda: {DEFAULT: 2021.0}
    )
    variation: Variation = Variation()
    usual_c: float | None = Field(default=None, ge=-40, le=40)
    usual_range_c: float = Field(default=10.0, ge=0, le=40)
    holidays: str | None = None
    events: dict[str, Event] = Field(default_factory=dict)
    pending: str | None = None
    latitude_deg: float = Field(default=33.0, ge=0, le=60)
    longitude_deg: float = Field(default=114.0, ge=70, le=140)
    _folder: Path = PrivateAttr(default_factory=Path)

    @field_validator("registers")
    @classmethod
    def _folder_exists(cls, text: str, info: ValidationInfo) -> str:
        folder = (info.context or {}).get("folder")
        if text != "none" and folder is not None and not (folder / text).is_dir():
            raise ValueError(f"there is no folder {text!r} beside the study file")
        return text

    @field_validator("meters")
    @classmethod
    def _meters_exist(cls, text: str | None, info: ValidationInfo) -> str | None:
        folder = (info.context or {}).get("folder")
        if text is not None and folder is not None and not (folder / text).is_dir():
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

    @field_validator("holidays", "pending", "register_key", "clamp")
    @classmethod
    def _file_exists(cls, text: str | None, info: ValidationInfo) -> str | None:
        return file_beside(text, info)

    @model_validator(mode="after")
    def _fits_together(self) -> ForecastSettings:
        paths = [name for name in self.scenarios if self.scenario(name).temperature_path]
        if paths and self.usual_c is None:
            raise ValueError(
                f"{paths[0]} has a temperature_path: give usual_c, the daily mean temperature to "
                "which the levels belong"
            )
        period = self.period
        if self.registers != "none" and period.festival_year is None and period.holiday is None:
            raise ValueError(
                "a register is of those who come home: give the period a festival_year or "
                "holiday: national_day, or set registers: none"
            )
        for name, event in self.events.items():
            unknown = [scenario for scenario in event.scenarios if scenario not in self.scenarios]
            if unknown:
                raise ValueError(f"event {name} names no scenario of this study: {unknown[0]}")
            if event.last < period.dates[0] or event.start > period.dates[-1]:
                raise ValueError(f"event {name} lies outside the period")
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Remember where the study file lies; the folder is no part of the settings."""
        self._folder = (context or {}).get("folder", Path())

    def scenario(self, name: str) -> Scenario:
        """A scenario with what it takes from the scenarios that it is based on."""
        own = self.scenarios[name]
        if own.based_on is None:
            return own
        return self.scenario(own.based_on).model_copy(update=own.model_dump(exclude_unset=True))

    def register_path(self, network: str, past_year: int | None = None) -> Path | None:
        """Where the register of a network is looked for; None when the study has no registers.

        That of a past festival lies in a folder of its year.
        """
        if self.registers == "none":
            return None
        folder = self._folder / self.registers / ("" if past_year is None else str(past_year))
        names = [f"{name}{kind}" for name in (network, COUNTY) for kind in (".csv", ".xlsx")]
        return next(
            (folder / name for name in names if (folder / name).exists()), folder / names[0]
        )

    def file(self, name: str) -> Path:
        """A file that the study names."""
        return self._folder / name

    def coverage_of(self, network: str) -> float:
        """Share of the returnee homes that the register of a network knows."""
        return self.coverage.get(network, self.coverage[DEFAULT])

    def level_of(self, network: str) -> float:
        """Year whose households a network resembles."""
        return self.levels.get(network, self.levels[DEFAULT])
