"""The study file: the settings of all rooms in one YAML file, mistakes shown at their lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from gridplan.assessment.limits import Limits, limits_named, read_limits
from gridplan.assessment.rulefile import is_rule_file
from gridplan.demand.settings import ForecastSettings, Period, Scenario
from gridplan.errors import InputError
from gridplan.measures.settings import MeasureSettings
from gridplan.yamlmodel import read_model, refused

LIMITS_KEY = "base"  #: inside ``limits``: the rule set whose values the other keys replace
LIMITS_DEFAULT = "cn-default"


def _limits_of(value: object, info: ValidationInfo) -> Limits:
    """Rule set from its name or file, or from a mapping of a base and values that replace its own.

    A file is named relative to the study file.
    """
    if isinstance(value, Limits):
        return value
    if isinstance(value, str):
        value = {LIMITS_KEY: value}
    if not isinstance(value, dict):
        raise PydanticCustomError(
            "limits", "give a rule set by its name or file, or a mapping with 'base' and values"
        )
    values = dict(value)
    base = str(values.pop(LIMITS_KEY, LIMITS_DEFAULT))
    folder = (info.context or {}).get("folder", Path())
    try:
        limits = read_limits(folder / base) if is_rule_file(base) else limits_named(base)
        return limits.with_values(**values)
    except InputError as error:
        raise refused("limits", error.faults) from error


_LIMITS_SCHEMA = {
    "description": "A rule set by name or file (.yaml beside the study), or 'base' and the limits "
    "that replace its own.",
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {LIMITS_KEY: {"type": "string", "default": LIMITS_DEFAULT}},
            "additionalProperties": {"type": "number", "minimum": 0},
        },
    ],
}


class Study(BaseModel):
    """A study: what is asked of every network that it is used on.

    Attributes
    ----------
    name : short name, used in file names
    title : what a reader sees
    forecast : period, draws, scenarios, registers, levels
    limits : the rules that findings are judged by
    measures : bounds and choices of the measures
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, title="gridplan study")

    name: str = Field(min_length=1, max_length=60, pattern=r"^[\w.-]+$")
    title: str = Field(min_length=1, max_length=200)
    forecast: ForecastSettings
    limits: Annotated[
        InstanceOf[Limits], BeforeValidator(_limits_of), WithJsonSchema(_LIMITS_SCHEMA)
    ] = Field(default_factory=lambda: limits_named(LIMITS_DEFAULT))
    measures: MeasureSettings = MeasureSettings()
    _path: Path | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any, /) -> None:
        """Remember the file; it is no part of the settings."""
        self._path = (context or {}).get("path")

    @property
    def path(self) -> Path | None:
        """The file that the study was read from."""
        return self._path

    @property
    def period(self) -> Period:
        """The days of the study."""
        return self.forecast.period

    @property
    def step_minutes(self) -> int:
        """Length of a step [min]."""
        return self.forecast.step_minutes

    @property
    def draws(self) -> int:
        """Random realisations per scenario."""
        return self.forecast.draws

    @property
    def seed(self) -> int:
        """Seed of all random numbers."""
        return self.forecast.seed

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """Scenarios by name, each with what it takes from the scenario it is based on."""
        return {name: self.forecast.scenario(name) for name in self.forecast.scenarios}

    def with_draws(self, draws: int) -> Study:
        """The same study with another number of draws; the draws that both have are the same."""
        if draws < 1:
            raise ValueError(f"draws is {draws}; at least 1 is needed")
        return self.model_copy(
            update={"forecast": self.forecast.model_copy(update={"draws": draws})}
        )


def read_study(path: str | Path) -> Study:
    """Read a study file.

    Raises ``StudyError`` with every mistake of the file, each as file:line.
    """
    path = Path(path)

    def context(data: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"path": path, "folder": path.absolute().parent}
        forecast = data.get("forecast")
        scenarios = forecast.get("scenarios") if isinstance(forecast, dict) else None
        return {**found, "scenarios": tuple(scenarios)} if isinstance(scenarios, dict) else found

    return read_model(path, Study, context)[0]


def study_schema() -> dict[str, Any]:
    """JSON Schema of study files, for editors."""
    schema = Study.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
