"""The proof that no re-phasing can help: a bound that holds for every labelling.

Turn each phase current into its own phase's frame. A load contributes the same current to the sum
of the three wherever it is connected, so moves do not change the sum, and the worst phase carries
at least a third of its magnitude:

    max_f |I_f| >= |sum_f a_f* I_f| / 3

What moves do change is the voltage at each load, and with it the current it draws. So each load
counts with the smallest current over the voltages it can reach. At the upper end that is the
no-load voltage: single loads can see more on a lightly loaded phase, but the energy balance
``|S| <= 3 |E| |I1|`` with the no-load voltage ``E`` bounds the constant-power part of the sum
whatever the unbalance. At the lower end, where constant-impedance loads draw less, it is the lowest
voltage at the customer's node in the balanced state less a margin; a labelling below that loses
more by its unbalance than it gains. Angles of the loads' voltages may differ by
``ANGLE_SPREAD_DEG``. Margin and spread are assumptions; the tests hold the bound against all
labellings of random villages, and it was never above the optimum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gridplan.frozen import FloatArray
from gridplan.measures.linear import balanced_voltages, zip_factor
from gridplan.measures.peaks import CURRENT, TOTAL, PeakCases
from gridplan.measures.proposal import Certificate
from gridplan.measures.scoring import COVERED_SHARE, Scorer, Standing
from gridplan.network.customers import Customers
from gridplan.powerflow.paths import downstream
from gridplan.powerflow.ports import PortModel

#: How far the angles of loads' voltages may spread to either side [degrees]; costs 0.14 % of the
#: bound. Assumption: transverse drops above 5 % of the voltage come with unbalance that costs more.
ANGLE_SPREAD_DEG = 3.0
#: Voltage below the balanced state's lowest that a good labelling may still have [pu], assumption.
_MARGIN_PU = 0.05
#: Lowest voltage considered where the balanced state has no solution [pu], assumption.
_FLOOR_PU = 0.5
#: Why there is no MIP gap: a quantile over draws of the largest of many ratios has no model that
#: fits into a plan's time, and losses are quadratic.
_NO_MODEL = {
    "violations": "; the plan comes from a local search, without a proven gap",
    "losses": "; the moves come from a local search, without a proven gap",
}


def smallest_currents(
    model: PortModel, customers: Customers, p_kw: FloatArray, q_kvar: FloatArray
) -> np.ndarray:
    """Smallest current of each customer in its own phase's frame: complex (customer, case) [A].

    The demand of a three-phase customer is the sum of its phases.
    """
    balanced, solved = balanced_voltages(model, customers, p_kw, q_kvar)
    v = np.abs(balanced)
    who = np.arange(len(customers))
    nominal = model.feeder.nodes.nominal_v[customers.node][:, None]
    top = np.abs(model.e_v)[model.customer_site].max(axis=1)[:, None] / nominal
    low = v[model.customer_site].min(axis=1) / nominal - _MARGIN_PU
    low = np.minimum(np.where(solved, low, _FLOOR_PU), top)
    # |i| ~ (1 - z - i) / u + i + z u is convex in u: smallest at sqrt((1 - z - i) / z) or at an end
    z, i = customers.const_z[:, None], customers.const_i[:, None]
    valley = np.sqrt(np.maximum(1 - z - i, 0) / np.maximum(z, 1e-12))
    u = np.clip(valley, low, top)
    ends = np.stack(np.broadcast_arrays(low, top))
    drawn = (
        zip_factor(customers, who, ends[0]) / ends[0],
        zip_factor(customers, who, ends[1]) / ends[1],
    )
    # what feeds in takes off the sum: it counts with its largest current, at one of the ends
    factor = np.where(p_kw < 0, np.maximum(*drawn), zip_factor(customers, who, u) / u)
    return np.asarray(np.conj(1e3 * (p_kw + 1j * q_kvar)) * factor / nominal)


def worst_phase_bound_a(model: PortModel, customers: Customers, cases: PeakCases) -> FloatArray:
    """Current that the worst phase of the transformer carries at least (case,) [A].

    Minus infinity for cases that are not judged for current.
    """
    judged = cases.of_kind(CURRENT)
    drawn = smallest_currents(model, customers, cases.p_kw[:, judged], cases.q_kvar[:, judged])
    bound_a = np.full(len(cases), -np.inf)
    bound_a[judged] = np.abs(drawn.sum(axis=0)) * math.cos(math.radians(ANGLE_SPREAD_DEG)) / 3
    return bound_a


def scenario_bound_a(cases: PeakCases, bound_a: FloatArray) -> FloatArray:
    """The bound that 95 % of each scenario's draws keep (scenario,) [A]."""
    largest = cases.largest_per_draw(bound_a[None], TOTAL)[0]
    return np.asarray(np.quantile(largest, COVERED_SHARE, axis=1, method="inverted_cdf"))


def loss_bound_kw(model: PortModel, customers: Customers, cases: PeakCases) -> float:
    """Losses that every labelling has at least: mean over the cases judged for current [kW].

    In each line |i|^2 summed over the phases is at least a third of the squared own-frame sum of
    the currents behind it, and the smallest eigenvalue of its resistance matrix weighs it.
    Transformer and no-load losses are left out.
    """
    feeder = model.feeder
    judged = cases.of_kind(CURRENT)
    drawn = smallest_currents(model, customers, cases.p_kw[:, judged], cases.q_kvar[:, judged])
    behind = downstream(feeder, customers.node)
    through = np.abs(behind.astype(np.float64) @ drawn) * math.cos(math.radians(ANGLE_SPREAD_DEG))
    symmetric = (feeder.lines.z_ohm + feeder.lines.z_ohm.conj().swapaxes(1, 2)) / 2
    resistance = np.linalg.eigvalsh(symmetric)[:, 0].clip(min=0)
    return float((resistance[:, None] * through**2 / 3).sum(axis=0).mean() / 1e3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """How far each step of the search is from the next one [%], see ``Certificate``."""

    mip_percent: float
    linearisation_percent: float
    scenario_percent: float


def make_certificate(
    scorer: Scorer, customers: Customers, after: Standing, gaps: Gaps
) -> Certificate:
    """Work out the bound over all kept cases and say what it proves.

    Parameters
    ----------
    scorer : cases, limits and objective
    customers : on any phases: the bound is the same for all
    after : the proposal's standing
    """
    cases, model = scorer.cases, scorer.model
    trafo = model.feeder.transformer
    case_bound_a = worst_phase_bound_a(model, customers, cases)
    bound_a = scenario_bound_a(cases, case_bound_a)
    limit_a, phase_v = math.inf, 0.0
    if trafo is not None:
        limit_a = scorer.current_limits_a["phase"]
        phase_v = trafo.vn_lv_kv * 1e3 / math.sqrt(3)
    missing_kva = 3 * phase_v * np.maximum(bound_a - limit_a, 0) / 1e3
    bound = {
        "violations": lambda: float(bound_a.max() / limit_a),
        "peak_current": lambda: float(case_bound_a.max()),
        "neutral_current": lambda: 0.0,
        "losses": lambda: loss_bound_kw(model, customers, cases),
    }[scorer.objective]()
    names = zip(cases.scenarios, missing_kva, strict=True)
    return Certificate(
        bound=bound,
        mip_gap_percent=gaps.mip_percent,
        linearisation_gap_percent=gaps.linearisation_percent,
        scenario_gap_percent=gaps.scenario_percent,
        bound_gap_percent=_gap_percent(after.metrics.objective, bound),
        cannot_help=bool((missing_kva > 0).any()),
        shortfall_kva=float(missing_kva.max()),
        floor_unbalance_percent=after.unbalance_percent,
        sentence=_sentence(cases.scenarios, bound_a / limit_a, missing_kva)
        + _NO_MODEL.get(scorer.objective, ""),
        cannot_help_scenarios=tuple(name for name, missing in names if missing > 0),
    )


def _gap_percent(value: float, bound: float) -> float:
    """Distance between a value and a bound below it, over the value [%]."""
    if not math.isfinite(value) or value <= 0:
        return math.nan
    return 100 * max(0.0, value - bound) / value


def _sentence(scenarios: tuple[str, ...], share: FloatArray, missing_kva: FloatArray) -> str:
    """Say in which scenarios moves cannot be enough, and how near to it the others are."""
    helpless = [
        f"{name} (short by {missing:.2g} kVA)"
        for name, missing in zip(scenarios, missing_kva, strict=True)
        if missing > 0
    ]
    if helpless:
        return f"no re-phasing can help in {', '.join(helpless)}"
    worst = int(np.argmax(share))
    if not share[worst] > 0:
        return "there is no transformer whose limit perfect balance could be held against"
    return (
        f"re-phasing is not ruled out: perfect balance would load each phase to at least "
        f"{100 * share[worst]:.0f} % of its limit in {scenarios[worst]}"
    )
