"""The proof that no re-phasing can help: a bound that holds for every labelling.

Turn each phase current into its own phase's frame. A load contributes the same current to the sum of
the three wherever it is connected, so moves do not change the sum, and the worst phase carries at
least a third of its magnitude:

    max_f |I_f| >= |sum_f a_f* I_f| / 3

What moves do change is the voltage at each load, and with it the current it draws. So each load
counts with the smallest current over the voltages it can reach. At the upper end that is the no-load
voltage: single loads can see more on a lightly loaded phase, but the energy balance
``|S| <= 3 |E| |I1|`` with the no-load voltage ``E`` bounds the constant-power part of the sum whatever
the unbalance. At the lower end, where constant-impedance loads draw less, it is the lowest voltage
at the customer's node in the balanced state less a margin; a labelling below that loses more by its
unbalance than it gains. Angles of the loads' voltages are allowed to differ by ``ANGLE_SPREAD_DEG``.
"""

from __future__ import annotations

import math

import numpy as np

from gridplan.frozen import FloatArray
from gridplan.measures.linear import balanced_voltages, zip_factor
from gridplan.measures.peaks import CURRENT, PeakCases
from gridplan.measures.scoring import COVERED_SHARE
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
    """Current that the worst phase of the transformer carries at least (case,) [A]."""
    drawn = smallest_currents(model, customers, cases.p_kw, cases.q_kvar)
    spread = math.cos(math.radians(ANGLE_SPREAD_DEG))
    return np.asarray(np.abs(drawn.sum(axis=0)) * spread / 3)


def scenario_bound_a(cases: PeakCases, bound_a: FloatArray) -> FloatArray:
    """The bound that 95 % of each scenario's draws keep (scenario,) [A]."""
    largest = cases.largest_per_draw(bound_a[None], CURRENT)[0]
    return np.asarray(np.quantile(largest, COVERED_SHARE, axis=1, method="inverted_cdf"))


def loss_bound_kw(model: PortModel, customers: Customers, cases: PeakCases) -> float:
    """Losses that every labelling has at least: mean over the cases judged for current [kW].

    In each line |i|^2 summed over the phases is at least a third of the squared own-frame sum of the
    currents behind it, and the smallest eigenvalue of its resistance matrix weighs it. Transformer
    and no-load losses are left out.
    """
    feeder = model.feeder
    drawn = smallest_currents(model, customers, cases.p_kw, cases.q_kvar)[:, cases.of_kind(CURRENT)]
    behind = downstream(feeder, customers.node)
    through = np.abs(behind.astype(np.float64) @ drawn) * math.cos(math.radians(ANGLE_SPREAD_DEG))
    symmetric = (feeder.lines.z_ohm + feeder.lines.z_ohm.conj().swapaxes(1, 2)) / 2
    resistance = np.linalg.eigvalsh(symmetric)[:, 0].clip(min=0)
    return float((resistance[:, None] * through**2 / 3).sum(axis=0).mean() / 1e3)


def certificate_sentence(
    scenarios: tuple[str, ...], bound_a: FloatArray, rated_a: float, missing_kva: FloatArray
) -> str:
    """Say for which scenarios moves cannot be enough, and what remains possible for the others."""
    helpless = [
        f"{name} (short by {missing:.0f} kVA)"
        if missing >= 1
        else f"{name} (short by {missing:.1f} kVA)"
        for name, missing in zip(scenarios, missing_kva, strict=True)
        if missing > 0
    ]
    worst = int(np.argmax(bound_a))
    if helpless:
        return f"no re-phasing can bring the worst phase below its rated current in {', '.join(helpless)}"
    return (
        f"perfect balance would load the transformer to {100 * bound_a[worst] / rated_a:.0f} % "
        f"per phase in {scenarios[worst]}: the phases can be brought within their rated current "
        "only as far as the units allow"
    )
