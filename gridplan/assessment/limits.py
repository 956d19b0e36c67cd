"""Rule sets: every limit with its value, unit, duration and source."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, fields, replace

from gridplan.errors import Fault, InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One rule.

    Attributes
    ----------
    value, unit : the limit, e.g. 80.0 and "% of Sn"
    min_duration_h : it must hold without a break for at least this long [h]; 0: a single step is
        enough
    source : where it stands
    status : how far the source can be trusted: V read in published text, S second-hand, K not
        verified, A assumption
    tier : "act" or "watch"
    """

    value: float
    unit: str
    min_duration_h: float
    source: str
    status: str
    tier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One rule set.

    Attributes
    ----------
    name : name of the rule set; "+ study" is added where a study sets values of its own
    overload, heavy_load : load rate S/Sn
    phase_overload : worst LV phase current over the rated one
    unbalance_yyn, unbalance_dyn : (Imax - Imin) / Imax of the phase currents, as means over
        ``min_duration_h``
    unbalance_gate : mean load rate over the same hours above which unbalance counts
    neutral_yyn, neutral_dyn : neutral current of the transformer over its rated current
    low_voltage, high_voltage : phase-to-neutral voltage at a customer
    current_limit : current of an element in series over its rating or ampacity
    no_solution : steps of a draw in which the network cannot deliver the demand
    """

    name: str
    overload: Limit
    heavy_load: Limit
    phase_overload: Limit
    unbalance_yyn: Limit
    unbalance_dyn: Limit
    unbalance_gate: Limit
    neutral_yyn: Limit
    neutral_dyn: Limit
    low_voltage: Limit
    high_voltage: Limit
    current_limit: Limit
    no_solution: Limit

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

    def with_values(self, **overrides: float) -> Limits:
        """Return the rule set with values of a study in place of its own.

        Parameters
        ----------
        **overrides : ``<rule>_percent`` or ``<rule>_v`` sets a limit, ``<rule>_h`` its duration
            [h], e.g. ``overload_percent=110, overload_h=1``

        Raises
        ------
        InputError
            with every unknown key and every impossible value
        """
        keys = _override_keys()
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
        return replace(self, name=name, **changed)


def _override_keys() -> dict[str, tuple[str, str]]:
    """Map each key that ``Limits.with_values`` takes to its rule and the attribute it sets."""
    keys: dict[str, tuple[str, str]] = {}
    for field in fields(Limits):
        if field.name in ("name", "no_solution"):
            continue
        suffix = "v" if field.name in ("low_voltage", "high_voltage") else "percent"
        if field.name != "current_limit":
            # A sweep counts the hours above the rating itself.
            keys[f"{field.name}_{suffix}"] = (field.name, "value")
        if field.name != "unbalance_gate":
            keys[f"{field.name}_h"] = (field.name, "min_duration_h")
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


_COUNTY_CODE = "alarm service of a State Grid county project"
_SD_292 = "SD 292-1988 as quoted by bbs.21ic.com and docduoduo p-8014036; Q/GDW 1519-2014"
_Q_GDW_1519 = "Q/GDW 1519-2014, from memory"
_GB_12325 = "GB/T 12325-2008"

#: The figures of Chinese operation practice. ``min_duration_h`` of rules whose source names none is
#: the two hours of the load rate rule.
_CN_DEFAULT = Limits(
    name="cn-default",
    overload=Limit(
        value=100.0,
        unit="% of Sn",
        min_duration_h=2.0,
        source=f"{_COUNTY_CODE}: overload above 100 % for 120 min",
        status="V",
        tier="act",
    ),
    heavy_load=Limit(
        value=80.0,
        unit="% of Sn",
        min_duration_h=2.0,
        source=f"{_COUNTY_CODE}: heavy load from 80 % for 120 min",
        status="V",
        tier="watch",
    ),
    phase_overload=Limit(
        value=100.0,
        unit="% of rated current",
        min_duration_h=2.0,
        source="the overload rule applied to one winding: the hottest one decides the ageing",
        status="A",
        tier="act",
    ),
    unbalance_yyn=Limit(
        value=15.0,
        unit="% of Imax",
        min_duration_h=2.0,
        source=f"{_SD_292}; judged over two hours under load as by the {_COUNTY_CODE}",
        status="S",
        tier="watch",
    ),
    unbalance_dyn=Limit(
        value=25.0,
        unit="% of Imax",
        min_duration_h=2.0,
        source=f"{_Q_GDW_1519}; the {_COUNTY_CODE} alarms at 25 % for 120 min",
        status="K",
        tier="watch",
    ),
    unbalance_gate=Limit(
        value=50.0,
        unit="% of Sn",
        min_duration_h=2.0,
        source=f"{_COUNTY_CODE}: unbalance counts at load rates above 50 %",
        status="V",
        tier="watch",
    ),
    # The neutral current of a Yyn0 unit closes through the tank and heats it: an operating limit.
    neutral_yyn=Limit(
        value=25.0,
        unit="% of rated current",
        min_duration_h=2.0,
        source=f"{_SD_292}; two hours by analogy with the load rate",
        status="S",
        tier="act",
    ),
    # A Dyn unit carries it in delta and bushing, both made for the full current: a sign of poor
    # balance, not a danger. The neutral conductors have their own rule, the current limit.
    neutral_dyn=Limit(
        value=40.0,
        unit="% of rated current",
        min_duration_h=2.0,
        source=f"{_Q_GDW_1519}; two hours by analogy with the load rate",
        status="K",
        tier="watch",
    ),
    low_voltage=Limit(
        value=198.0,
        unit="V",
        min_duration_h=1.0,
        source=f"{_GB_12325}: 220 V - 10 %; one hour as the low-voltage customer statistics count",
        status="K",
        tier="act",
    ),
    high_voltage=Limit(
        value=235.4,
        unit="V",
        min_duration_h=1.0,
        source=f"{_GB_12325}: 220 V + 7 %; {_COUNTY_CODE}: 60 min",
        status="K",
        # A few volts too many call for another tap in the next season, not for a crew before the
        # holiday.
        tier="watch",
    ),
    # One hour is the conventional time in which fuses and breakers up to 63 A are tested near their
    # rating; bare and insulated overhead conductors reach their final temperature well within it.
    current_limit=Limit(
        value=100.0,
        unit="% of the element's rating",
        min_duration_h=1.0,
        source="ratings of the network file and the catalogue; one hour is the conventional time "
        "of IEC 60269-1 and IEC 60898-1 up to 63 A, taken for all elements",
        status="A",
        tier="act",
    ),
    no_solution=Limit(
        value=0.0,
        unit="steps without a solution",
        min_duration_h=0.0,
        source="beyond the limit of solvability the network cannot deliver the demand",
        status="V",
        tier="act",
    ),
)

_RULE_SETS = {_CN_DEFAULT.name: _CN_DEFAULT}


def limits_named(name: str) -> Limits:
    """Return a rule set by its name.

    Raises
    ------
    InputError
        naming the known rule sets
    """
    if name not in _RULE_SETS:
        known = ", ".join(sorted(_RULE_SETS))
        fault = Fault(
            code="unknown-rule-set",
            where="limits",
            what=f"there is no rule set {name!r}",
            remedy=f"known are: {known}",
        )
        raise InputError("limits", [fault])
    return _RULE_SETS[name]
