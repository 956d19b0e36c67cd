"""A synchronised storage: it shaves what lies above a limit, and is charged again at night."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gridplan.assessment.findings import LOADING_KINDS, Kind
from gridplan.demand.cases import Demand
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.conductors import main_path
from gridplan.measures.demands import Extra, day_from, hour_of_day, per_day, so_far, with_devices
from gridplan.measures.fieldorder import distance_m
from gridplan.measures.measure import VISIT, Area, Change, Measure
from gridplan.measures.situation import Situation
from gridplan.network import additions
from gridplan.network.feeder import Feeder

#: Out over in, of converter and cells (assumption; public texts name 80 % and more).
EFFICIENCY = 0.87
#: Share of the capacity that is used, so that the cells live (assumption).
USABLE = 0.9
#: Hours of the night in which it is charged; nothing is shaved then.
CHARGE_HOURS = (2.0, 7.0)
#: Thresholds lie this far below the limit: meters, and what the forecast's steps hide.
_MARGIN = 0.95
#: Where along the path to the farthest home a storage raises the voltage most per kilowatt: the
#: rule of two thirds for an even load.
_PLACE = 2 / 3
#: Draws from which is read how much more current flows than at nominal voltage.
_FACTOR_DRAWS = 8
#: Voltage without load that the drop is counted from [V].
_NO_LOAD_V = 229.0
BATTERY = "battery"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shaving:
    """How a storage is run: per phase it gives what lies above thresholds.

    Attributes
    ----------
    area_kw : threshold of the whole area per phase [kW], infinite where there is none
    circuit_kw : threshold of the customers ``behind`` per phase [kW], likewise
    behind : bool (customer,) -- customers of the circuit that it stands on
    share : float (customer, 3) -- the customers' shares of the phases
    kw, kwh : of the storage; a converter of three equal legs
    """

    area_kw: float
    circuit_kw: float
    behind: BoolArray
    share: FloatArray
    kw: float
    kwh: float

    def wanted_kw(self, p_kw: FloatArray) -> FloatArray:
        """What the thresholds ask for (scenario, 3, draw, step), before any limit of its own."""
        n = len(self.share)
        over = np.zeros((p_kw.shape[0], 3, *p_kw.shape[2:]))
        for threshold, members in ((self.area_kw, np.ones(n, dtype=bool)),
                                   (self.circuit_kw, self.behind)):  # fmt: skip
            if math.isfinite(threshold):
                phase = np.einsum("sndt,np->spdt", p_kw[:, :n][:, members], self.share[members])
                np.maximum(over, phase - threshold, out=over)
        return over

    def power(self, day: IntArray, hour: FloatArray, step_h: float) -> Extra:
        """Demand of the storage on phases a, b, c: negative while it gives.

        It is full when a day begins; a day ends after its charging, ``day`` (step,) counts them.
        What it gives ends where it is empty; what is taken at night is what was given, over the
        efficiency.
        """
        charging = (hour >= CHARGE_HOURS[0]) & (hour < CHARGE_HOURS[1])

        def extra(p_kw: FloatArray, _: FloatArray) -> tuple[FloatArray, FloatArray]:
            wanted = np.minimum(self.wanted_kw(p_kw), self.kw / 3) * ~charging
            energy = wanted.sum(axis=1, keepdims=True) * step_h
            given = np.minimum(so_far(energy, day), self.kwh * USABLE)
            now = given - _shifted(given, day)
            share = np.divide(now, energy, out=np.zeros_like(energy), where=energy > 0)
            out = wanted * np.clip(share, 0.0, 1.0)
            returned = per_day(out.sum(axis=1, keepdims=True) * step_h, day) / EFFICIENCY
            hours = per_day(np.where(charging, step_h, 0.0), day)
            rate = np.divide(returned, hours, out=np.zeros_like(returned), where=hours > 0)
            taken = (charging * rate[..., day]) / 3
            return taken - out, np.zeros_like(out)

        return extra


def _shifted(values: FloatArray, day: IntArray) -> FloatArray:
    """The value of the step before (..., step), 0 in the first step of a day."""
    before = np.roll(values, 1, axis=-1)
    first = np.diff(day, prepend=day[0] - 1) != 0
    return np.where(first, 0.0, before)


def battery_measures(situation: Situation) -> tuple[Measure, ...]:
    """A storage of the smallest size at hand that shaves the peak in 95 draws of a hundred.

    It stands at the busbar where the transformer is in trouble, on the worst circuit where its
    voltage or its lines are.
    """
    if situation.demand.step_minutes == 0 or not situation.settings.truck_access:
        return ()
    shaving, node = _thresholds(situation)
    if shaving is None:
        return ()
    needed_kw, needed_kwh = needs_of(situation, shaving)
    if needed_kw <= 0:
        return ()
    sizes = sorted(situation.settings.batteries, key=lambda one: (one.kw, one.kwh))
    size = next(
        (one for one in sizes if one.kw >= needed_kw and one.kwh * USABLE >= needed_kwh), None
    )
    if size is None:
        return ()
    sized = replace(shaving, kw=size.kw, kwh=size.kwh)
    at = "the busbar" if node == _busbar(situation) else f"pole {node}"
    days = _days(situation)
    return (
        Measure(
            kind="battery",
            label=f"{size.kw:g} kW / {size.kwh:g} kWh storage at {at}",
            place=node,
            quantity=size.kw,
            unit="kW",
            detail=f"synchronised, per phase; needs {needed_kw:.0f} kW and {needed_kwh:.0f} kWh a "
            f"day above {_in_words(sized)}; charged from {CHARGE_HOURS[0]:02.0f} to "
            f"{CHARGE_HOURS[1]:02.0f} h, {days} day{'s' if days > 1 else ''}",
            change=_stored(sized, node),
            work={VISIT: 1, "battery_connection": 1, "battery_kwh_day": size.kwh * days},
            customers_out=len(situation.feeder.customers),
            lasts=False,
            needs=(
                "a spare breaker with a residual-current device, anti-islanding tested",
                "road and level ground, distance from houses for the cells",
            ),
        ),
    )


def _busbar(situation: Situation) -> str:
    return str(situation.feeder.nodes.name[situation.feeder.busbar])


def _days(situation: Situation) -> int:
    """Days from the first to the last on which a rule is broken in a pending scenario."""
    broken = situation.broken().any(axis=(0, 1))
    days = np.unique(day_from(situation.demand, situation.days().cut_h)[broken])
    return int(days[-1] - days[0] + 1) if days.size else 1


def _thresholds(situation: Situation) -> tuple[Shaving | None, str]:
    """Thresholds per phase from what is in trouble, and the node where the storage stands."""
    feeder, limits = situation.feeder, situation.limits
    trafo = feeder.area_transformer
    power_factor = _power_factor(situation)
    area_kw, circuit_kw, node = math.inf, math.inf, _busbar(situation)
    behind = np.zeros(len(feeder.customers), dtype=bool)
    if situation.has(*LOADING_KINDS):
        kva = trafo.parallel * trafo.sn_kva * limits.overload.value / 100
        area_kw = _MARGIN * kva / 3 * power_factor / _current_factor(situation)
    if situation.has(Kind.LOW_VOLTAGE, Kind.CURRENT_LIMIT):
        circuit = situation.worst_circuit()
        behind = situation.circuit_of == circuit
        node = _pole(feeder, circuit, situation.peak_kw)
        circuit_kw = _circuit_threshold(situation, circuit, behind)
    if not (math.isfinite(area_kw) or math.isfinite(circuit_kw)):
        return None, node
    shaving = Shaving(
        area_kw=area_kw,
        circuit_kw=circuit_kw,
        behind=behind,
        share=feeder.customers.p_share,
        kw=math.inf,
        kwh=math.inf,
    )
    return shaving, node


def _power_factor(situation: Situation) -> float:
    p_kw, q_kvar = situation.peak_kw.sum(), situation.peak_kvar.sum()
    size = float(np.hypot(p_kw, q_kvar))
    return float(p_kw) / size if size else 1.0


def _current_factor(situation: Situation) -> float:
    """Current of the transformer over that of its customers at nominal voltage, at the peaks.

    Sagging voltages and losses raise it above one. Median over the first draws of the heaviest
    pending scenario, phase by phase.
    """
    demand, sweep, feeder = situation.demand, situation.sweep, situation.feeder
    n_draw = min(_FACTOR_DRAWS, demand.n_draw)
    row = max(
        (demand.scenarios.index(name) for name in situation.pending),
        key=lambda at: float(np.nanmax(sweep.i_phase_a[at])),
    )
    p_kw, q_kvar = (part[row] for part in demand.block(0, n_draw))
    s_kva = np.hypot(
        np.einsum("ndt,np->dtp", p_kw, feeder.customers.p_share),
        np.einsum("ndt,np->dtp", q_kvar, feeder.customers.q_share),
    )
    nominal_a = s_kva * 1e3 / float(feeder.nodes.nominal_v[feeder.busbar])
    current_a = sweep.i_phase_a[row, :n_draw]
    at = np.nan_to_num(current_a, nan=0.0).max(axis=-1).argmax(axis=-1)
    draw = np.arange(n_draw)
    one, two = current_a[draw, at].max(axis=-1), nominal_a[draw, at].max(axis=-1)
    known = np.isfinite(one) & (two > 0)
    return float(np.median(one[known] / two[known])) if known.any() else 1.0


def _circuit_threshold(situation: Situation, circuit: int, behind: BoolArray) -> float:
    """Load per phase at which the circuit keeps its voltage and its breaker [kW].

    The drop goes with the load, nearly: what the lowest draws must lose in volts they must lose in
    load. The sweep decides whether that was enough.
    """
    feeder, limits, sweep = situation.feeder, situation.limits, situation.sweep
    share = feeder.customers.p_share
    peak_kw = float((situation.peak_kw[behind, None] * share[behind]).sum(axis=0).max())
    rows = [sweep.scenarios.index(name) for name in situation.pending]
    own = sweep.customer_circuit == circuit
    lowest = sweep.customer_v_min_v[rows][:, :, own]
    lowest = np.where(np.isfinite(lowest), lowest, np.inf).min(axis=-1)
    v_min = float(np.percentile(lowest, 5, axis=1).min())
    allowed = (_NO_LOAD_V - limits.low_voltage.value) / max(_NO_LOAD_V - v_min, 1e-6)
    threshold = peak_kw * min(allowed, 1.0)
    breaker_a = float(feeder.circuits.protection_a[circuit])
    if situation.has(Kind.CURRENT_LIMIT) and math.isfinite(breaker_a):
        nominal_kv = float(feeder.nodes.nominal_v[feeder.busbar]) / 1e3
        threshold = min(threshold, breaker_a * nominal_kv * _power_factor(situation))
    return _MARGIN * threshold


def _pole(feeder: Feeder, circuit: int, peak_kw: FloatArray) -> str:
    """The pole at two thirds of the way along a circuit's main path."""
    path = main_path(feeder, circuit, peak_kw)
    if not path:
        return str(feeder.nodes.name[feeder.busbar])
    nodes = feeder.lines.to_node[path]
    distance = distance_m(feeder)[nodes]
    return str(feeder.nodes.name[nodes[np.argmin(np.abs(distance - _PLACE * distance[-1]))]])


def needs_of(situation: Situation, shaving: Shaving) -> tuple[float, float]:
    """Power [kW] and energy a day [kWh] that shave the peak in 95 draws of a hundred."""
    demand = situation.demand
    step_h = demand.step_minutes / 60
    day = day_from(demand, CHARGE_HOURS[1])
    rows = [demand.scenarios.index(name) for name in situation.pending]
    power, energy = [], []
    for first in range(0, demand.n_draw, 8):
        p_kw, _ = demand.block(first, min(first + 8, demand.n_draw))
        wanted = shaving.wanted_kw(p_kw[rows])
        power.append(3 * wanted.max(axis=(1, 3)))
        energy.append((per_day(wanted.sum(axis=1), day) * step_h).max(axis=-1))
    return _covered(power), _covered(energy)


def _covered(parts: list[FloatArray]) -> float:
    """95th percentile over the draws, of the worst scenario."""
    return float(np.percentile(np.concatenate(parts, axis=1), 95, axis=1).max())


def _in_words(shaving: Shaving) -> str:
    """The thresholds as a crew sets them."""
    words = [
        f"{kw:.1f} kW per phase of {what}"
        for kw, what in ((shaving.area_kw, "the area"), (shaving.circuit_kw, "the circuit"))
        if math.isfinite(kw)
    ]
    return " and ".join(words)


def _stored(shaving: Shaving, node: str) -> Change:
    """Put the storage at a node."""

    def changed(areas: tuple[Area, ...]) -> tuple[Area, ...]:
        first, *others = areas
        feeder = additions.with_devices(first.feeder, [BATTERY], node)
        ids = feeder.customers.id[len(first.feeder.customers) :].tolist()
        demand = with_battery(first.demand, shaving, ids)
        return (replace(first, feeder=feeder, demand=demand), *others)

    return changed


def with_battery(demand: Demand, shaving: Shaving, ids: list[str]) -> Demand:
    """The demand with that of a storage on its three phases."""
    day, hour = day_from(demand, CHARGE_HOURS[1]), hour_of_day(demand)
    return with_devices(demand, ids, shaving.power(day, hour, demand.step_minutes / 60))
