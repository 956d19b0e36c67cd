"""The study file: the settings of all rooms in one YAML file, mistakes shown at their lines."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PrivateAttr,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.settings import ForecastSettings, Period, Scenario
from gridplan.errors import Fault, InputError, StudyError
from gridplan.measures.settings import MeasureSettings
from gridplan.yamltext import Location, read_yaml

LIMITS_KEY = "base"  #: inside ``limits``: the rule set whose values the other keys replace
LIMITS_DEFAULT = "cn-default"


def _limits_of(value: object) -> Limits:
    """Rule set from its name, or from a mapping of a base and values that replace its own."""
    if isinstance(value, Limits):
        return value
    if isinstance(value, str):
        value = {LIMITS_KEY: value}
    if not isinstance(value, dict):
        raise PydanticCustomError(
            "limits", "give the name of a rule set, or a mapping with 'base' and values"
        )
    values = dict(value)
    try:
        return limits_named(str(values.pop(LIMITS_KEY, LIMITS_DEFAULT))).with_values(**values)
    except InputError as error:
        raise PydanticCustomError("limits", "wrong limits", {"faults": error.faults}) from error


_LIMITS_SCHEMA = {
    "description": "A rule set by name, or 'base' and the limits that replace its own.",
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
    data, lines, faults = read_yaml(path)
    scenarios = (
        data.get("forecast", {}).get("scenarios")
        if isinstance(data.get("forecast", {}), dict)
        else None
    )
    context: dict[str, Any] = {"path": path, "folder": path.absolute().parent}
    if isinstance(scenarios, dict):
        context["scenarios"] = tuple(scenarios)
    try:
        study = Study.model_validate(data, context=context)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            faults.extend(_faults_of(detail, path, lines))
        study = None
    if faults or study is None:
        faults.sort(key=lambda fault: int(fault.where.rpartition(":")[2]))
        raise StudyError(str(path), faults)
    return study


def study_schema() -> dict[str, Any]:
    """JSON Schema of study files, for editors."""
    schema = Study.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _faults_of(detail: ErrorDetails, path: Path, lines: dict[Location, int]) -> Iterator[Fault]:
    """Faults in the words of the study file."""
    location = detail["loc"]
    where = f"{path.name}:{_line(location, lines)}"
    key = ".".join(map(str, location)) or "the file"
    inner = detail.get("ctx", {}).get("faults")
    if inner is not None:
        for fault in inner:
            line = _line((*location, fault.where), lines)
            what = f"{key}: {fault.where}: {fault.what}"
            yield Fault(
                code=fault.code, where=f"{path.name}:{line}", what=what, remedy=fault.remedy
            )
    elif detail["type"] == "extra_forbidden":
        yield Fault(
            code="study-key", where=where, what=f"unknown key {key}", remedy=_near(location)
        )
    elif detail["type"] == "missing":
        remedy = "add it"
        yield Fault(code="study-missing", where=where, what=f"{key} is missing", remedy=remedy)
    else:
        message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        expected = detail["msg"].startswith("Input should be ")
        what = f"{key} is {detail['input']!r}" if expected else f"{key}: {message}"
        yield Fault(
            code="study-value",
            where=where,
            what=what,
            remedy=f"write {message}" if expected else "",
        )


def _line(location: tuple[int | str, ...], lines: dict[Location, int]) -> int:
    """Line of a key, or of the nearest one above it."""
    while location not in lines:
        location = location[:-1]
    return lines[location]


def _near(location: tuple[int | str, ...]) -> str:
    """The known key that an unknown one looks like, or the known ones."""
    model: Any = Study
    for key in location[:-1]:
        model = _inside(model, key)
    known = list(model.model_fields)
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here are {', '.join(known)}"


def _inside(model: Any, key: int | str) -> Any:
    """Type of a key's value, without Optional; for mappings and lists the type of their values."""
    if get_origin(model) in (dict, list):
        return get_args(model)[-1]
    kind = model.model_fields[key].annotation
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    return kind
