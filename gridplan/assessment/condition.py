"""How hard a scenario is on transformer and customers, broken rules or not."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Figures of one scenario; NaN where a figure was not assessed.

    Attributes
    ----------
    scenario : its name
    hot_spot_c, top_oil_c : highest temperatures, 95th percentile over the draws [degC]
    hot_spot_margin_k : what is left to the limit of the hot spot [K]
    hot_spot_above_min : time above that limit, mean over the draws [min]
    loss_of_life_h : life that the period uses up, in hours at normal ageing, mean over the draws
    max_min_percent, max_mean_percent : load unbalance over the rule's hours under load by both
        formulas, each draw's worst, 95th percentile [%]
    overload_h : hours with a phase above its limit or without a solution, mean over the draws
    low_voltage_h : customer hours of low voltage, mean over the draws
    customers : number of customers
    harm_h : expected harm [customer hours], see ``assessment.harm``; without the loss of life where
        that is not assessed
    """

    scenario: str
    hot_spot_c: float
    top_oil_c: float
    hot_spot_margin_k: float
    hot_spot_above_min: float
    loss_of_life_h: float
    max_min_percent: float
    max_mean_percent: float
    overload_h: float
    low_voltage_h: float
    customers: int
    harm_h: float

    def figures(self) -> dict[str, float]:
        """Everything but the name."""
        return {name: value for name, value in asdict(self).items() if name != "scenario"}
