"""Headline quantities of a study on a feeder, layer by layer: what a regression run compares.

Layers stand in the order of the journey, so that the first one that differs says which room
changed.
The list of moves is not among them: labellings of equal worth may change places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridplan.powerflow.direct import solve

if TYPE_CHECKING:
    from gridplan.assessment.findings import Findings
    from gridplan.demand.cases import Demand
    from gridplan.frozen import FloatArray
    from gridplan.measures.proposal import Proposal
    from gridplan.network.feeder import Feeder
    from gridplan.plan import Plan
    from gridplan.powerflow.results import SweepResult

#: Demand values (scenario x customer x draw x step) held in memory at a time.
_BLOCK_VALUES = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number that a baseline keeps.

    Attributes
    ----------
    name : layer, scenario and quantity, e.g. ``"sweep/expected/peak_loading_percent/p95"``
    value : the number, None where it is not defined (no case solved)
    unit : its unit, "" for a bare number
    kind : which tolerance it is compared with, see ``gridplan.records.baseline.TOLERANCES``
    """

    name: str
    value: float | None
    unit: str
    kind: str


def plan_quantities(plan: Plan, demand: Demand) -> tuple[Quantity, ...]:
    """All layers of a plan and the demand that it was made with."""
    return (
        *network_quantities(plan.feeder),
        *forecast_quantities(demand),
        *sweep_quantities(plan.feeder, plan.before.sweep, "sweep"),
        *sweep_quantities(plan.after.feeder, plan.after.sweep, "sweep_after"),
        *finding_quantities(plan.before.findings, "findings"),
        *finding_quantities(plan.after.findings, "findings_after"),
        *condition_quantities(plan.before.findings, "condition"),
        *condition_quantities(plan.after.findings, "condition_after"),
        *rebalancing_quantities(plan.proposal),
    )


def network_quantities(feeder: Feeder) -> tuple[Quantity, ...]:
    """What stands in the file, and its power flow without load and with the loads of the file."""
    customers, lines = feeder.customers, feeder.lines
    counts = {
        "customers": (len(customers), ""),
        "nodes": (len(feeder.nodes), ""),
        "lines": (len(lines), ""),
        "transformer_kva": (
            feeder.area_transformer.parallel * feeder.area_transformer.sn_kva,
            "kVA",
        ),
    }
    for phase in ("a", "b", "c"):
        counts[f"customers_on_{phase}"] = (int((customers.phase == phase).sum()), "")
    sums = {
        "file_load_kw": (float(customers.p_kw.sum()), "kW"),
        "file_load_kvar": (float(customers.q_kvar.sum()), "kvar"),
        "line_length_m": (float(lines.length_m.sum()), "m"),
    }
    quantities = [_quantity(f"network/{n}", v, unit, "count") for n, (v, unit) in counts.items()]
    quantities += [_quantity(f"network/{n}", v, unit, "flow") for n, (v, unit) in sums.items()]
    nothing = np.zeros(len(customers))
    for state, result in (
        ("no_load", solve(feeder, nothing, nothing)),
        ("file_load", solve(feeder)),
    ):
        worst = float(np.abs(result.i_transformer_a[0]).max())
        quantities += [
            _quantity(f"network/{state}/highest_current_a", worst, "A", "flow"),
            _quantity(f"network/{state}/lowest_v", _lowest(result.customer_v[0]), "V", "flow"),
            _quantity(f"network/{state}/loss_kw", float(result.loss_kw[0]), "kW", "flow"),
        ]
    return tuple(quantities)


def forecast_quantities(demand: Demand) -> tuple[Quantity, ...]:
    """Energy and peak of the village per scenario, and the first draw as a check of the seed."""
    total = village_kw(demand)
    days = demand.n_step * demand.step_minutes / 1440
    quantities = []
    for row, scenario in enumerate(demand.scenarios):
        peaks = total[row].max(axis=-1)
        name = f"forecast/{scenario}"
        if days > 0:
            energy = float(total[row].sum(axis=-1).mean() * demand.step_minutes / 60 / days)
            quantities.append(_quantity(f"{name}/energy_kwh_per_day", energy, "kWh", "forecast"))
        quantities += [
            _quantity(f"{name}/mean_peak_kw", float(peaks.mean()), "kW", "forecast"),
            _quantity(f"{name}/peak_kw/p95", float(np.quantile(peaks, 0.95)), "kW", "forecast"),
            _quantity(f"{name}/first_draw_peak_kw", float(peaks[0]), "kW", "forecast"),
            _quantity(
                f"{name}/occupied_homes", float(demand.occupancy[row].sum()), "homes", "forecast"
            ),
        ]
    return tuple(quantities)


def village_kw(demand: Demand) -> FloatArray:
    """Active demand of all customers together (scenario, draw, step) [kW]."""
    per_draw = len(demand.scenarios) * len(demand.customer_ids) * demand.n_step
    block = max(1, _BLOCK_VALUES // max(per_draw, 1))
    total = np.empty((len(demand.scenarios), demand.n_draw, demand.n_step))
    for first in range(0, demand.n_draw, block):
        last = min(first + block, demand.n_draw)
        total[:, first:last] = demand.block(first, last)[0].sum(axis=1)
    return total


def sweep_quantities(feeder: Feeder, sweep: SweepResult, layer: str) -> tuple[Quantity, ...]:
    """Quantiles over the draws of each draw's extreme, per scenario, and what has no solution."""
    rated_a = feeder.area_transformer.rated_a
    kva = feeder.area_transformer.parallel * feeder.area_transformer.sn_kva
    series = {
        "peak_loading_percent": (100 / rated_a * sweep.i_phase_a.max(axis=-1), "%", 1.0),
        "peak_load_rate_percent": (100 / kva * sweep.s_kva, "%", 1.0),
        "peak_neutral_percent": (100 / rated_a * sweep.i_neutral_a, "%", 1.0),
        "lowest_voltage_v": (sweep.v_min_v, "V", -1.0),
    }
    quantities = [_quantity(f"{layer}/cases", sweep.n_case, "", "count")]
    for row, scenario in enumerate(sweep.scenarios):
        unsolved = int((sweep.status[row] != 0).sum())
        name = f"{layer}/{scenario}"
        quantities.append(_quantity(f"{name}/unsolved", unsolved, "", "unsolved"))
        for quantity, (values, unit, sign) in series.items():
            extremes = sign * np.nanmax(
                np.where(np.isnan(values[row]), -np.inf, sign * values[row]), axis=-1
            )
            solved = extremes[np.isfinite(extremes)]
            for label, share in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
                value = float(np.quantile(solved, share)) if solved.size else None
                quantities.append(_quantity(f"{name}/{quantity}/{label}", value, unit, "sweep"))
    return tuple(quantities)


def finding_quantities(findings: Findings, layer: str) -> tuple[Quantity, ...]:
    """Probability of every finding by its key."""
    return tuple(
        _quantity(f"{layer}/{'/'.join(finding.key)}", finding.probability, "", "probability")
        for finding in sorted(findings, key=lambda finding: finding.key)
    )


def condition_quantities(findings: Findings, layer: str) -> tuple[Quantity, ...]:
    """Temperatures, unbalance and harm of every scenario."""
    units = {
        "hot_spot_c": "°C",
        "top_oil_c": "°C",
        "loss_of_life_h": "h",
        "max_min_percent": "%",
        "max_mean_percent": "%",
        "overload_h": "h",
        "low_voltage_h": "h",
        "harm_h": "h",
    }
    return tuple(
        _quantity(f"{layer}/{one.scenario}/{name}", getattr(one, name), unit, "condition")
        for one in findings.conditions
        for name, unit in units.items()
    )


def rebalancing_quantities(proposal: Proposal) -> tuple[Quantity, ...]:
    """What the moves buy and what no labelling can beat."""
    unit = proposal.before.objective_unit
    return (
        _quantity("rebalancing/objective_before", proposal.before.objective, unit, "objective"),
        _quantity("rebalancing/objective_after", proposal.after.objective, unit, "objective"),
        _quantity("rebalancing/baseline", proposal.baseline.objective, unit, "objective"),
        _quantity("rebalancing/bound", proposal.bound, unit, "objective"),
        _quantity("rebalancing/unsolved_before", proposal.before.unsolved, "", "unsolved"),
        _quantity("rebalancing/unsolved_after", proposal.after.unsolved, "", "unsolved"),
    )


def _quantity(name: str, value: float | None, unit: str, kind: str) -> Quantity:
    """A quantity; numbers that are not finite are not defined."""
    known = value is not None and bool(np.isfinite(value))
    return Quantity(name=name, value=value if known else None, unit=unit, kind=kind)


def _lowest(customer_v: np.ndarray) -> float:
    """Lowest voltage magnitude at a connected customer [V]; customers lack some phases."""
    magnitude = np.abs(customer_v)
    connected = magnitude[np.isfinite(magnitude) & (magnitude > 0)]
    return float(connected.min()) if connected.size else float("nan")
