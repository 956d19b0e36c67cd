"""Rule-set files: rules and constants with their sources, as YAML."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from gridplan.assessment.limit import RULES, THERMAL_UNITS, Status, Tier
from gridplan.errors import Fault
from gridplan.yamlmodel import read_model, refused
from gridplan.yamltext import Location

DEFAULT_BASE = "cn-default"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class RuleValue(_Strict):
    """One rule.

    Attributes
    ----------
    value : the limit, in the unit of its rule
    for_h : it must be broken without a break for at least this long [h]; left out: as in the rule
        set that this one is based on, else a single step is enough
    tier : "act" or "watch"; left out: as in the rule set that this one is based on
    source : where it stands
    status : V read in published text, S second-hand, K not verified, C computed, A assumption
    """

    value: float = Field(ge=0)
    for_h: float | None = Field(default=None, ge=0)
    tier: Tier | None = None
    source: str = Field(min_length=1)
    status: Status = "A"


class ConstantValue(_Strict):
    """One constant of the thermal model, in the unit that its name says."""

    value: float = Field(gt=0)
    source: str = Field(min_length=1)
    status: Status = "A"


def _known(names: Iterable[str]) -> AfterValidator:
    """Only these keys, with a hint at the nearest one."""
    known = list(names)

    def check(values: dict[str, Any]) -> dict[str, Any]:
        faults = []
        for key in values:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
                what = "there is no such name"
                faults.append(Fault(code="unknown-rule", where=key, what=what, remedy=hint))
        if faults:
            raise refused("names", tuple(faults))
        return values

    return AfterValidator(check)


def _schema_of(model: type[BaseModel], names: Iterable[str], *, null: bool) -> WithJsonSchema:
    """Schema of a mapping with these keys."""
    value: dict[str, Any] = model.model_json_schema()
    one = {"anyOf": [value, {"type": "null"}]} if null else value
    return WithJsonSchema(
        {
            "type": "object",
            "properties": dict.fromkeys(names, one),
            "additionalProperties": False,
        }
    )


class RuleFile(_Strict):
    """A rule-set file.

    Attributes
    ----------
    name : name of the rule set, shown in plans
    title : what it is, in one line
    based_on : the rule set of gridplan whose rules hold where this file has none; null: none
    unbalance_formula : which of the two formulas decides: "max_min", (Imax - Imin) / Imax, or
        "max_mean", max|I - Imean| / Imean
    rules : by name; null drops a rule of ``based_on``
    thermal : constants of the thermal model, by name
    """

    model_config = ConfigDict(title="gridplan rule set")

    name: str = Field(min_length=1, max_length=60, pattern=r"^[\w.-]+$")
    title: str = ""
    based_on: str | None = DEFAULT_BASE
    unbalance_formula: Literal["max_min", "max_mean"] | None = None
    rules: Annotated[
        dict[str, RuleValue | None], _known(RULES), _schema_of(RuleValue, RULES, null=True)
    ] = Field(default_factory=dict)
    thermal: Annotated[
        dict[str, ConstantValue],
        _known(THERMAL_UNITS),
        _schema_of(ConstantValue, THERMAL_UNITS, null=False),
    ] = Field(default_factory=dict)


def is_rule_file(text: str) -> bool:
    """Tell the name of a file from that of a rule set."""
    return text.endswith((".yaml", ".yml"))


def read_rule_file(path: Path) -> tuple[RuleFile, dict[Location, int]]:
    """Read a rule-set file, with the line of every key.

    Raises ``StudyError`` with every mistake of the file, each as file:line.
    """
    return read_model(path, RuleFile)


def rules_schema() -> dict[str, Any]:
    """JSON Schema of rule-set files, for editors."""
    schema = RuleFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
