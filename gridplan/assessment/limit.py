"""One limit, and the rules that a rule set may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tier = Literal["act", "watch"]
Status = Literal["V", "S", "K", "C", "A"]


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
        verified, C computed, A assumption
    tier : "act" or "watch"
    """

    value: float
    unit: str
    min_duration_h: float
    source: str
    status: str
    tier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A figure of a method, with its source; ``status`` as in ``Limit``."""

    value: float
    unit: str
    source: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule set says about one rule in the same way.

    Attributes
    ----------
    unit : of its value
    suffix : of the key that sets its value in a study, ``<rule>_<suffix>``
    optional : a rule set may do without it
    fixed_value, fixed_duration : a study cannot set it; the method knows no other
    """

    unit: str
    suffix: str = "percent"
    optional: bool = False
    fixed_value: bool = False
    fixed_duration: bool = False


#: Every rule by its name, in the order in which a rule set lists them.
RULES = {
    "overload": Rule(unit="% of Sn"),
    "heavy_load": Rule(unit="% of Sn"),
    "serious_overload": Rule(unit="% of Sn", optional=True),
    "mean_load": Rule(unit="% of Sn", optional=True),
    "light_load": Rule(unit="% of Sn", optional=True),
    "phase_overload": Rule(unit="% of rated current"),
    "phase_peak": Rule(unit="% of rated current", optional=True),
    "unbalance_yyn": Rule(unit="%"),
    "unbalance_dyn": Rule(unit="%"),
    # the mean over the hours of the rule that it belongs to
    "unbalance_gate": Rule(unit="% of Sn", fixed_duration=True),
    "neutral_yyn": Rule(unit="% of rated current"),
    "neutral_dyn": Rule(unit="% of rated current"),
    "low_voltage": Rule(unit="V", suffix="v"),
    "high_voltage": Rule(unit="V", suffix="v"),
    # the day's 95 % value, whatever its hours
    "voltage_unbalance": Rule(unit="% of U1", optional=True, fixed_duration=True),
    # a sweep counts the hours above the rating itself
    "current_limit": Rule(unit="% of the element's rating", fixed_value=True),
    # measured once, not swept
    "rcd_leakage": Rule(unit="% of rated residual current", optional=True, fixed_duration=True),
    "hot_spot": Rule(unit="°C", suffix="c", optional=True),
    "top_oil": Rule(unit="°C", suffix="c", optional=True),
    "ageing": Rule(unit="times normal ageing", suffix="times", optional=True),
    "no_solution": Rule(
        unit="steps without a solution", suffix="steps", fixed_value=True, fixed_duration=True
    ),
}

#: Constants of the thermal model with their units; those without are bare numbers.
THERMAL_UNITS = {
    "oil_exponent": "",
    "winding_exponent": "",
    "k11": "",
    "k21": "",
    "k22": "",
    "oil_minutes": "min",
    "winding_minutes": "min",
    "hot_spot_factor": "",
    "top_oil_rise_k": "K",
    "gradient_k": "K",
    "reference_c": "°C",
    "doubling_k": "K",
}
