"""Voltages along the feeder at one moment, section by section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridplan.powerflow.direct import solve
from gridplan.report.layout import parents

if TYPE_CHECKING:
    from gridplan.frozen import FloatArray
    from gridplan.network.feeder import Feeder
    from gridplan.plan import Plan
    from gridplan.powerflow.results import SweepResult

#: The draw that is shown: as low as five in a hundred, the convention of the headline figures.
_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Voltages of one case over the distance from the transformer, today and after the moves.

    Attributes
    ----------
    scenario, time : of the case
    ends_m : float (section, 2) -- distance of both ends of each section [m]
    names : node at the far end of each section
    states : two times float (section, 2, 3) -- voltage of both ends, per phase [V]; NaN where a
        section lacks the phase
    band_v : the voltages between which customers are watched [V]
    """

    scenario: str
    time: str
    ends_m: FloatArray
    names: tuple[str, ...]
    states: tuple[FloatArray, FloatArray]
    band_v: tuple[float, float]

    @property
    def lowest_v(self) -> tuple[float, float]:
        """Lowest voltage today and after the moves [V]."""
        before, after = (float(np.nanmin(state)) for state in self.states)
        return before, after


def voltage_profile(plan: Plan) -> Profile | None:
    """The profile in the scenario with the lowest voltage; None where nothing can be solved.

    The case is that of today's draw at the 5th percentile of the lowest voltage, in its worst
    step; after the moves the same demand is solved on the moved feeder.
    """
    sweep = plan.before.sweep
    case = _case(sweep)
    if case is None or sweep.demand is None:
        return None
    scenario, draw, step = case
    p, q = sweep.demand.block(draw, draw + 1)
    demand = [np.asarray(part[scenario, :, 0, step], dtype=np.float64)[None] for part in (p, q)]
    sections = np.flatnonzero(plan.feeder.lines.from_node >= plan.feeder.busbar)
    solved = [solve(one.feeder, *demand) for one in (plan.before, plan.after)]
    if not all(one.converged.all() for one in solved) or not len(sections):
        return None
    ends = np.stack([plan.feeder.lines.from_node, plan.feeder.lines.to_node], axis=1)[sections]
    stamp = str(sweep.times[step]).replace("T", " ")[:16] if sweep.step_minutes else ""
    before, after = (_at_ends(one.vm_v[0], ends) for one in solved)
    return Profile(
        scenario=sweep.scenarios[scenario],
        time=stamp,
        ends_m=distances_m(plan.feeder)[ends],
        names=tuple(plan.feeder.nodes.name[ends[:, 1]].tolist()),
        states=(before, after),
        band_v=(sweep.v_low_v, sweep.v_high_v),
    )


def distances_m(feeder: Feeder) -> FloatArray:
    """Length of line between the LV busbar and each node (node,) [m]; 0 above it."""
    parent, line = parents(feeder), feeder.nodes.parent_line
    along = np.zeros(len(parent))
    for node in range(feeder.busbar + 1, len(parent)):
        if parent[node] >= 0:
            along[node] = along[parent[node]] + feeder.lines.length_m[line[node]]
    return along


def _case(sweep: SweepResult) -> tuple[int, int, int] | None:
    """Scenario, draw and step of the case that is shown."""
    filled = np.where(np.isfinite(sweep.v_min_v), sweep.v_min_v, np.inf)
    lowest = filled.min(axis=2)
    if not np.isfinite(lowest).any():
        return None
    wanted = np.quantile(lowest, _SHARE, axis=1, method="inverted_cdf")
    scenario = int(np.argmin(wanted))
    draw = int(np.argmin(np.abs(lowest[scenario] - wanted[scenario])))
    return scenario, draw, int(np.argmin(filled[scenario, draw]))


def _at_ends(vm_v: FloatArray, ends: np.ndarray) -> FloatArray:
    """Voltages (section, 2, 3) of both ends, only of phases that both have."""
    volts = np.array(vm_v[ends])
    volts[np.isnan(volts).any(axis=1, keepdims=True).repeat(2, axis=1)] = np.nan
    return volts
