"""Rule-set files: rules and constants with their sources, as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from gridplan.assessment.limit import RULES, THERMAL_UNITS, Status, Tier
from gridplan.yamlmodel import read_model
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


if TYPE_CHECKING:

    class _Rules(_Strict):
        """A ``RuleValue`` or null by the name of every rule."""

    class _Constants(_Strict):
        """A ``ConstantValue`` by the name of every constant."""

else:  # one field per name, so that a wrong name is found, and the schema knows the right ones
    _Rules = create_model(
        "Rules", __base__=_Strict, **dict.fromkeys(RULES, (RuleValue | None, None))
    )
    _Constants = create_model(
        "ThermalConstants", __base__=_Strict, **dict.fromkeys(THERMAL_UNITS, (ConstantValue, None))
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
    rules: _Rules = Field(default_factory=_Rules)
    thermal: _Constants = Field(default_factory=_Constants)

    def rule(self, name: str) -> RuleValue | None:
        """What the file says of a rule; None where it says nothing or drops it."""
        return getattr(self.rules, name)

    def drops(self, name: str) -> bool:
        """Tell whether the file does without a rule of the set that it is based on."""
        return name in self.rules.model_fields_set and self.rule(name) is None

    def constant(self, name: str) -> ConstantValue | None:
        """What the file says of a constant; None where it says nothing."""
        return getattr(self.thermal, name)


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
