"""Rule sets: every limit with its value, unit, duration and source."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from gridplan.assessment.limit import RULES, THERMAL_UNITS, Constant, Limit
from gridplan.assessment.rulefile import RuleFile, read_rule_file
from gridplan.errors import Fault, InputError, StudyError
from gridplan.yamlmodel import line_of

__all__ = ["Limit", "Limits", "ThermalModel", "limits_named", "read_limits", "rule_sets"]

#: The unbalance of three currents: (Imax - Imin) / Imax, or max|I - Imean| / Imean.
MAX_MIN, MAX_MEAN = "max_min", "max_mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermalModel:
    """Constants of the loading guide, for small transformers cooled by oil and air of themselves.

    Attributes
    ----------
    oil_exponent, winding_exponent : x and y
    k11, k21, k22 : of the differential equations
    oil_minutes, winding_minutes : time constants [min]
    hot_spot_factor : H
    top_oil_rise_k : at rated losses [K]
    gradient_k : winding over oil at rated current [K]
    reference_c, doubling_k : ageing is normal at this hot spot [degC], and doubles for so much more
    """

    oil_exponent: Constant
    winding_exponent: Constant
    k11: Constant
    k21: Constant
    k22: Constant
    oil_minutes: Constant
    winding_minutes: Constant
    hot_spot_factor: Constant
    top_oil_rise_k: Constant
    gradient_k: Constant
    reference_c: Constant
    doubling_k: Constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One rule set. A rule that it does without is None.

    Attributes
    ----------
    name : name of the rule set; "+ study" is added where a study sets values of its own
    unbalance_formula : "max_min" or "max_mean": which of the two decides; both are reported
    overload, heavy_load, serious_overload : load rate S/Sn
    mean_load, light_load : mean load rate over the whole period, above and below
    phase_overload, phase_peak : worst LV phase current over the rated one, lasting and at once
    unbalance_yyn, unbalance_dyn : of the phase currents, as means over ``min_duration_h``
    unbalance_gate : mean load rate over the same hours above which unbalance counts
    neutral_yyn, neutral_dyn : neutral current of the transformer over its rated current
    low_voltage, high_voltage : phase-to-neutral voltage at a customer
    voltage_unbalance : negative over positive sequence voltage at the LV busbar, 95 % of a day
    current_limit : current of an element in series over its rating or ampacity
    rcd_leakage : standing leakage of an outgoing circuit over its device's rated residual current
    hot_spot, top_oil : temperatures of the transformer
    ageing : mean over the worst ``min_duration_h`` of the insulation's ageing over normal ageing
    no_solution : steps of a draw in which the network cannot deliver the demand
    thermal : constants of the thermal model
    """

    name: str
    unbalance_formula: str
    overload: Limit
    heavy_load: Limit
    serious_overload: Limit | None
    mean_load: Limit | None
    light_load: Limit | None
    phase_overload: Limit
    phase_peak: Limit | None
    unbalance_yyn: Limit
    unbalance_dyn: Limit
    unbalance_gate: Limit
    neutral_yyn: Limit
    neutral_dyn: Limit
    low_voltage: Limit
    high_voltage: Limit
    voltage_unbalance: Limit | None
    current_limit: Limit
    rcd_leakage: Limit | None
    hot_spot: Limit | None
    top_oil: Limit | None
    ageing: Limit | None
    no_solution: Limit
    thermal: ThermalModel

    @property
    def voltage_band_v(self) -> tuple[float, float]:
        """The band [V] that a sweep has to watch customers against."""
        return (self.low_voltage.value, self.high_voltage.value)

    def unbalance(self, *, yyn: bool) -> Limit:
        """The limit of the load unbalance for the transformer's vector group."""
        return self.unbalance_yyn if yyn else self.unbalance_dyn

    def neutral(self, *, yyn: bool) -> Limit:
        """The limit of the neutral current for the transformer's vector group."""
        return self.neutral_yyn if yyn else self.neutral_dyn

    def rules(self) -> dict[str, Limit]:
        """Every rule that the set has, by name."""
        found = {name: getattr(self, name) for name in RULES}
        return {name: limit for name, limit in found.items() if limit is not None}

    def with_values(self, **overrides: float) -> Limits:
        """Return the rule set with values of a study in place of its own.

        Parameters
        ----------
        **overrides : ``<rule>_percent``, ``<rule>_v`` or ``<rule>_c`` sets a limit, ``<rule>_h``
            its duration [h], e.g. ``overload_percent=110, overload_h=1``

        Raises
        ------
        InputError
            with every unknown key and every impossible value
        """
        keys = _override_keys(self.rules())
        faults: list[Fault] = []
        changed: dict[str, Limit] = {}
        for key, value in overrides.items():
            fault = _fault_of(key, value, keys)
            if fault is not None:
                faults.append(fault)
                continue
            rule, attribute = keys[key]
            old: Limit = changed.get(rule) or getattr(self, rule)
            source = f"set by the study; {self.name} has {getattr(old, attribute):g}: {old.source}"
            values = {"value": old.value, "min_duration_h": old.min_duration_h, attribute: value}
            changed[rule] = replace(
                old,
                value=float(values["value"]),
                min_duration_h=float(values["min_duration_h"]),
                source=source,
                status="A",
            )
        if faults:
            raise InputError("limits", faults)
        name = f"{self.name} + study" if changed else self.name
        return replace(self, name=name, **changed)  # type: ignore[arg-type]


def _override_keys(rules: dict[str, Limit]) -> dict[str, tuple[str, str]]:
    """Map each key that ``Limits.with_values`` takes to its rule and the attribute it sets."""
    keys: dict[str, tuple[str, str]] = {}
    for name in rules:
        rule = RULES[name]
        if not rule.fixed_value:
            keys[f"{name}_{rule.suffix}"] = (name, "value")
        if not rule.fixed_duration:
            keys[f"{name}_h"] = (name, "min_duration_h")
    return keys


def _fault_of(key: str, value: object, keys: dict[str, tuple[str, str]]) -> Fault | None:
    """Say what is wrong with one override, if anything is."""
    if key not in keys:
        near = difflib.get_close_matches(key, keys, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(keys))}"
        return Fault(code="unknown-limit", where=key, what="no such limit", remedy=hint)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    zero_is_fine = keys[key][1] == "min_duration_h"
    if number and math.isfinite(value) and (value > 0 or (zero_is_fine and value == 0)):  # type: ignore[operator,arg-type]
        return None
    bound = "0 or more" if zero_is_fine else "more than 0"
    return Fault(
        code="limit-value",
        where=key,
        what=f"{value!r} is not a possible limit",
        remedy=f"give a finite number, {bound}",
    )


@cache
def rule_sets() -> tuple[str, ...]:
    """Names of the rule sets that gridplan brings along."""
    names = (item.name for item in files("gridplan.assessment").joinpath("data").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def limits_named(name: str) -> Limits:
    """Return a rule set by its name.

    Raises
    ------
    InputError
        naming the known rule sets
    """
    if name not in rule_sets():
        raise InputError("limits", [_unknown_rule_set("limits", name)])
    with as_file(files("gridplan.assessment").joinpath("data", f"{name}.yaml")) as path:
        return read_limits(path)


def read_limits(path: Path) -> Limits:
    """Read a rule-set file.

    Raises
    ------
    StudyError
        with every mistake of the file, each as file:line
    """
    found, lines = read_rule_file(path)

    def at(*location: str) -> str:
        return f"{path.name}:{line_of(location, lines)}"

    base = None
    if found.based_on is not None:
        if found.based_on not in rule_sets():
            raise StudyError(str(path), [_unknown_rule_set(at("based_on"), found.based_on)])
        base = limits_named(found.based_on)
    faults: list[Fault] = []
    rules = {name: _rule_of(found, base, name, faults, at) for name in RULES}
    thermal = {name: _constant_of(found, base, name, faults, at) for name in THERMAL_UNITS}
    formula = found.unbalance_formula or (base.unbalance_formula if base else MAX_MIN)
    if faults:
        raise StudyError(str(path), faults)
    return Limits(
        name=found.name,
        unbalance_formula=formula,
        thermal=ThermalModel(**thermal),  # type: ignore[arg-type]
        **rules,  # type: ignore[arg-type]
    )


def _rule_of(
    file: RuleFile, base: Limits | None, name: str, faults: list[Fault], at: Callable[..., str]
) -> Limit | None:
    """A rule of the file, or of the set that it is based on."""
    rule = RULES[name]
    old: Limit | None = None if base is None else getattr(base, name)
    new = file.rule(name)
    if new is None:
        kept = None if file.drops(name) else old
        if kept is None and not rule.optional:
            faults.append(_missing(at("rules", name), f"the rule {name}"))
        return kept
    if rule.fixed_value and old is not None and new.value != old.value:
        what = f"rules.{name}: its value is {old.value:g} {old.unit}, the method knows no other"
        faults.append(Fault(code="limit-value", where=at("rules", name, "value"), what=what))
    tier = new.tier or (None if old is None else old.tier)
    if tier is None:
        faults.append(_missing(at("rules", name), f"tier of the rule {name}, act or watch"))
    kept_h = 0.0 if old is None else old.min_duration_h
    return Limit(
        value=new.value,
        unit=rule.unit,
        min_duration_h=kept_h if new.for_h is None else new.for_h,
        source=new.source,
        status=new.status,
        tier=tier or "watch",
    )


def _constant_of(
    file: RuleFile, base: Limits | None, name: str, faults: list[Fault], at: Callable[..., str]
) -> Constant | None:
    """A constant of the file, or of the set that it is based on."""
    new = file.constant(name)
    if new is not None:
        unit = THERMAL_UNITS[name]
        return Constant(value=new.value, unit=unit, source=new.source, status=new.status)
    if base is None:
        faults.append(_missing(at("thermal"), f"the constant {name}"))
        return None
    return getattr(base.thermal, name)


def _missing(where: str, what: str) -> Fault:
    remedy = "add it, or base the rule set on one that has it"
    return Fault(code="rule-missing", where=where, what=f"{what} is missing", remedy=remedy)


def _unknown_rule_set(where: str, name: str) -> Fault:
    return Fault(
        code="unknown-rule-set",
        where=where,
        what=f"there is no rule set {name!r}",
        remedy=f"known are: {', '.join(rule_sets())}",
    )
