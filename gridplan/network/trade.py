"""What somebody of the trade would not believe of a finished feeder: warnings, never errors."""

from __future__ import annotations

import math

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.network.checks import together
from gridplan.network.feeder import Feeder

#: What a home may draw at once, 4 kW at 220 V: the least that rural homes are designed for
#: (assumption after DL/T 5220) [A].
ONE_HOME_A = 18.0

#: Below this one warning says that max_i_ka has the wrong unit; see ``plausibility`` [A].
WRONG_UNIT_A = 10.0

#: A neutral has at least half of the phase conductor's ampacity in a public circuit (GB 50054).
THIN_NEUTRAL = 0.5

#: The usual radius is 500 m; old villages have 800 to 1500 m (domain defaults, K) [m].
LONGEST_RADIUS_M = 1500.0

#: Motors of these kinds above this rating are three-phase machines [kW].
MOTOR_KINDS = ("pump", "mill", "tea_dryer", "tobacco_dryer", "farm")
LARGEST_SINGLE_PHASE_KW = 3.0

#: Leading reactive power of this share of the active one is a sign turned round, not a home.
LEADING = 0.1

#: kVA per home: plans give 1.5 to 4, old villages have 1; beyond a third and fourfold of that
#: homes or the rating are wrong (assumption). Small areas may serve machines.
KVA_PER_HOME = (0.5, 15.0)
FEWEST_HOMES = 10
HOME_KINDS = ("resident", "vacant", "ten_kilowatt")


class Places:
    """Rows that know their place in the file."""

    def __init__(self, places: list[str]) -> None:
        self._places = places

    def where(self, position: int, /) -> str:
        """Place of a row for messages."""
        return self._places[position]


def line_places(feeder: Feeder) -> Places:
    """Lines as messages name them."""
    rows, names = feeder.lines.row.tolist(), feeder.lines.name.tolist()
    return Places([f"line[{row}] ({name})" for row, name in zip(rows, names, strict=True)])


def customer_places(feeder: Feeder) -> Places:
    """Customers as messages name them."""
    customers = feeder.customers
    columns = (customers.table.tolist(), customers.row.tolist(), customers.id.tolist())
    return Places([f"{t}[{r}] ({i})" for t, r, i in zip(*columns, strict=True)])


def trade_warnings(feeder: Feeder) -> list[Fault]:
    """Every warning of this module."""
    return [fault for check in _CHECKS for fault in check(feeder)]


def _warn(
    rows: Places, found: BoolArray | IntArray, code: str, what: str, remedy: str
) -> list[Fault]:
    positions = np.flatnonzero(found).tolist() if found.dtype == np.bool_ else found.tolist()
    return together(rows, positions, code, what, remedy, severity="warning")


def _leading(feeder: Feeder) -> list[Fault]:
    customers = feeder.customers
    found = (customers.p_kw > 0) & (customers.q_kvar < -LEADING * customers.p_kw)
    what = "reactive power is negative: the load would be capacitive"
    remedy = "an inductive load has positive q: turn the sign, or say why"
    return _warn(customer_places(feeder), found, "power-factor-leading", what, remedy)


def _below_home(feeder: Feeder) -> list[Fault]:
    lines = feeder.lines
    found = (lines.ampacity_a < ONE_HOME_A) & (lines.ampacity_a >= WRONG_UNIT_A)
    found &= lines.section != "mv"
    if not found.any():
        return []
    what = f"ampacity {lines.ampacity_a[found].min():.3g} A is below that of one home"
    remedy = f"a home of 4 kW draws {ONE_HOME_A:g} A: check the conductor's type"
    return _warn(line_places(feeder), found, "ampacity-below-home", what, remedy)


def _thin_neutral(feeder: Feeder) -> list[Fault]:
    lines = feeder.lines
    found = lines.neutral_ampacity_a < THIN_NEUTRAL * lines.ampacity_a
    what = "the neutral carries less than half of what a phase carries"
    remedy = "check the neutral's section; unbalance and third harmonics load it"
    return _warn(line_places(feeder), found, "thin-neutral", what, remedy)


def _radius(feeder: Feeder) -> list[Fault]:
    """Customers farther from the busbar than any village's."""
    nodes, lines = feeder.nodes, feeder.lines
    far: FloatArray = np.zeros(len(nodes))
    for node in range(feeder.busbar + 1, len(nodes)):
        line = int(nodes.parent_line[node])
        if line >= 0:
            above = lines.from_node[line]
            far[node] = far[above] + (0 if math.isnan(x := lines.length_m[line]) else x)
    reach = far[feeder.customers.node]
    found = reach > LONGEST_RADIUS_M
    if not found.any():
        return []
    what = f"a customer {reach.max():.0f} m from the busbar"
    remedy = f"the usual radius is 500 m, the longest about {LONGEST_RADIUS_M:g} m: check lengths"
    return _warn(customer_places(feeder), found, "supply-radius", what, remedy)


def _motors(feeder: Feeder) -> list[Fault]:
    customers = feeder.customers
    single = customers.connected.sum(axis=1) == 1
    motor = np.isin(customers.kind, MOTOR_KINDS) & (customers.p_kw > LARGEST_SINGLE_PHASE_KW)
    found = single & (motor | (customers.kind == "three_phase"))
    what = "a three-phase machine on a single phase"
    remedy = f"motors above {LARGEST_SINGLE_PHASE_KW:g} kW are three-phase: check phase or kind"
    return _warn(customer_places(feeder), found, "motor-one-phase", what, remedy)


def _no_neutral(feeder: Feeder) -> list[Fault]:
    """Areas whose return path costs nothing, and homes where no neutral arrives."""
    lines, customers = feeder.lines, feeder.customers
    if not len(lines) or feeder.transformer is None:
        return []
    if lines.z_ohm.shape[1] == 4:
        here = feeder.nodes.wires[customers.node, 3]
        found = (customers.wiring != "delta") & ~here
        what = "no neutral arrives at this customer"
        remedy = "give the lines their neutral in line_matrix: the earth is no return conductor"
        return _warn(customer_places(feeder), found, "no-neutral", what, remedy)
    # folded in, a return conductor shows as resistance between the phases, r0 above r1
    mutual = np.abs(lines.z_ohm[:, 0, 1].real)
    own = lines.z_ohm[:, 0, 0].real
    found = lines.section != "mv"
    if (mutual >= 0.01 * own)[found].any():
        return []  # single lines of cables are written so by many tools; a whole area is not
    what = "r0 is that of the phases alone: the area has no neutral"
    remedy = "r0 = r + 3 rn holds the neutral's resistance; fill r0_ohm_per_km and x0_ohm_per_km"
    return _warn(line_places(feeder), found, "no-neutral", what, remedy)


def _homes_per_kva(feeder: Feeder) -> list[Fault]:
    trafo = feeder.transformer
    homes = int(np.isin(feeder.customers.kind, HOME_KINDS).sum())
    if trafo is None or homes < FEWEST_HOMES:
        return []
    each_kva = trafo.sn_kva * trafo.parallel / homes
    low, high = KVA_PER_HOME
    if low <= each_kva <= high:
        return []
    what = f"{homes} homes on {trafo.sn_kva * trafo.parallel:g} kVA: {each_kva:.2g} kVA each"
    remedy = f"{low:g} to {high:g} can be: check the rating and whether all homes are here"
    found = np.array([0])
    return _warn(Places([f"trafo ({trafo.name})"]), found, "homes-per-kva", what, remedy)


_CHECKS = (
    _leading,
    _below_home,
    _thin_neutral,
    _radius,
    _motors,
    _no_neutral,
    _homes_per_kva,
)
