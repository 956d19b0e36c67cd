"""What is paid against what is left: options by cost, phase moves by their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridplan.measures.choice import MeasureTable
    from gridplan.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionPoint:
    """One option in one scenario: label, cost [CNY], findings expected to remain, its look.

    ``look`` is "recommended", "dominated" or "option".
    """

    label: str
    cost_cny: float
    remaining: float
    crew_h: float
    look: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovesCurve:
    """The best value found for each number of moves, and the knee."""

    moves: tuple[int, ...]
    value: tuple[float, ...]
    crew_h: tuple[float, ...]
    knee: int
    unit: str


def option_points(table: MeasureTable, scenario: str) -> tuple[list[OptionPoint], float | None]:
    """The options that do something, and what remains where nothing is done (None: not tried)."""
    chosen = {one.label for one in table.choices if one.scenario == scenario}
    points, today = [], None
    for item in table:
        if scenario not in item.remaining:
            continue
        remaining = item.broken_rules(scenario)
        if item.action == "none":
            today = remaining
            continue
        look = "dominated" if item.dominated_by else "option"
        points.append(
            OptionPoint(
                label=item.label,
                cost_cny=item.outlay.cost_cny,
                remaining=remaining,
                crew_h=item.outlay.crew_h,
                look="recommended" if item.label in chosen else look,
            )
        )
    return points, today


def moves_curve(plan: Plan) -> MovesCurve | None:
    """The curve of the proposal; None where it has only today's point."""
    pareto = plan.proposal.pareto
    if len(pareto) < 2:
        return None
    return MovesCurve(
        moves=tuple(int(one) for one in pareto.moves),
        value=tuple(float(one) for one in pareto.value),
        crew_h=tuple(float(one) for one in pareto.crew_hours),
        knee=int(pareto.knee),
        unit=str(pareto.value_unit),
    )
