"""The cases that a rebalancing looks at: the worst windows of every draw.

A study has millions of cases, a rule looks at hours: it is broken where a current or voltage stays
beyond its limit for the hours of the rule without a break, and load unbalance as a mean over them.
So the demand is read once, block by block; every step is scored in a linear model by one matrix
product, and of each draw one step is kept per rule: of the window in which the score stays highest,
the step where it is lowest. The rule is broken exactly where that step is beyond the limit. For
unbalance the window's mean demand is kept, for solvability the step with the highest current.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gridplan.assessment.durations import steps_of
from gridplan.assessment.limits import Limits
from gridplan.demand.cases import Demand
from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, FloatArray, IntArray, own_fields
from gridplan.measures.linear import zip_factor
from gridplan.network.customers import Customers
from gridplan.powerflow.ports import LoadPorts, PortModel, load_ports
from gridplan.powerflow.results import Status, SweepResult

#: What a kept case is judged by: currents that last, voltages that last, solvability, means. TOTAL
#: is a current case too: the one by the sum of the phases, which no labelling changes.
CURRENT, VOLTAGE, INSTANT, MEAN, TOTAL = range(5)
#: Cases (draws times steps) scored at once.
_BLOCK_CASES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeakCases:
    """Kept cases, sorted by scenario, draw and kind.

    Attributes
    ----------
    scenarios : names of the scenarios; n_draw : draws per scenario
    p_kw, q_kvar : float (customer, case) -- demand of the step; of kind ``MEAN`` over the window
    scenario, draw, kind, step : int (case,) -- ``step`` is the first where there are several
    """

    scenarios: tuple[str, ...]
    n_draw: int
    p_kw: FloatArray
    q_kvar: FloatArray
    scenario: IntArray
    draw: IntArray
    kind: IntArray
    step: IntArray

    def __post_init__(self) -> None:
        two: tuple[npt.DTypeLike, tuple[str | int, ...]] = (np.float64, ("customer", "case"))
        one: tuple[npt.DTypeLike, tuple[str | int, ...]] = (np.int64, ("case",))
        layout = {"p_kw": two, "q_kvar": two}
        layout |= dict.fromkeys(("scenario", "draw", "kind", "step"), one)
        own_fields(self, layout, {})

    def __len__(self) -> int:
        return len(self.kind)

    def __repr__(self) -> str:
        return f"<PeakCases: {len(self)} of {len(self.scenarios)} x {self.n_draw} draws>"

    def largest_per_draw(self, values: FloatArray, kind: int) -> FloatArray:
        """Largest of ``values`` (row, case) over the cases of a kind: (row, scenario, draw).

        Draws without a case of that kind give minus infinity.
        """
        chosen = self.of_kind(kind)
        return self.largest_of(values[:, chosen], chosen)

    def largest_of(self, values: npt.NDArray[np.floating], chosen: IntArray) -> FloatArray:
        """Largest of ``values`` (row, chosen) of some cases: (row, scenario, draw)."""
        shape = (len(values), len(self.scenarios) * self.n_draw)
        largest = np.full(shape, -np.inf, dtype=values.dtype)
        key = self.scenario[chosen] * self.n_draw + self.draw[chosen]
        if key.size:
            starts = np.flatnonzero(np.diff(key, prepend=-1))
            largest[:, key[starts]] = np.maximum.reduceat(values, starts, axis=1)
        return largest.reshape(len(values), len(self.scenarios), self.n_draw)

    def where(self, chosen: BoolArray) -> PeakCases:
        """Some of the cases (case,)."""
        return replace(
            self,
            p_kw=self.p_kw[:, chosen],
            q_kvar=self.q_kvar[:, chosen],
            scenario=self.scenario[chosen],
            draw=self.draw[chosen],
            kind=self.kind[chosen],
            step=self.step[chosen],
        )

    def of_kind(self, kind: int) -> IntArray:
        """Indices of the cases that are judged as ``kind``; of snapshots all are."""
        return np.flatnonzero(self.judged(kind))

    def judged(self, kind: int) -> BoolArray:
        """Whether each case is judged as ``kind`` (case,)."""
        if self.is_snapshot:
            return np.ones(len(self), dtype=bool)
        also = TOTAL if kind == CURRENT else kind
        return np.asarray((self.kind == kind) | (self.kind == also))

    @property
    def is_snapshot(self) -> bool:
        """True where every kept case is a single step that lasts."""
        return bool((self.kind == INSTANT).all())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scores:
    """Linear scores of one step: rows times (active, reactive) demand.

    ``phase`` complex (3, 2 customer) gives phase currents [A], ``drop`` real (sentinel, 2 customer)
    voltage drops [V] at the weakest customers, ``sentinel_circuit`` (sentinel,) where those lie.
    """

    phase: npt.NDArray[np.complex64]
    drop: npt.NDArray[np.float32]
    sentinel_circuit: IntArray


def peak_cases(
    model: PortModel,
    customers: Customers,
    demand: Demand,
    limits: Limits,
    *,
    sweep: SweepResult | None = None,
) -> PeakCases:
    """Keep the worst windows of every draw.

    Parameters
    ----------
    model, customers : the feeder with the labelling to score
    demand : all cases
    limits : durations of the rules, and the gate of the unbalance rule
    sweep : today's sweep over the same demand, if there is one: its steps without a solution are
        kept first

    Raises
    ------
    InputError
        when demand or sweep do not belong to the feeder
    """
    _check(model, demand, sweep)
    scores = _scores(model, customers)
    gate_a = (
        limits.unbalance_gate.value / 100 * model.feeder.area_transformer.rated_a
        if demand.n_step > 1
        else 0
    )
    spans = _spans(demand, limits)
    parts: list[dict[str, npt.NDArray[np.float64]]] = []
    draws = max(1, _BLOCK_CASES // max(1, demand.n_step * len(demand.scenarios)))
    for first in range(0, demand.n_draw, draws):
        last = min(first + draws, demand.n_draw)
        p_kw, q_kvar = demand.block(first, last)
        for scenario in range(len(demand.scenarios)):
            unsolved = None
            if sweep is not None:
                unsolved = sweep.status[scenario, first:last] != Status.SOLVED
            p, q = p_kw[scenario], q_kvar[scenario]
            kept = _worst_windows(scores, p, q, spans, gate_a, unsolved)
            parts.append({**kept, "scenario": np.full(len(kept["draw"]), float(scenario))})
            parts[-1]["draw"] = kept["draw"] + first
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((joined["step"], joined["kind"], joined["draw"], joined["scenario"]))
    return PeakCases(
        scenarios=demand.scenarios,
        n_draw=demand.n_draw,
        p_kw=joined.pop("p_kw")[order].T,
        q_kvar=joined.pop("q_kvar")[order].T,
        **{name: values[order].astype(np.int64) for name, values in joined.items()},
    )


def _check(model: PortModel, demand: Demand, sweep: SweepResult | None) -> None:
    faults = []
    n_customer = len(model.feeder.customers)
    if len(demand.customer_ids) != n_customer:
        what = f"has {len(demand.customer_ids)} customers, the feeder has {n_customer}"
        remedy = "make the demand for this feeder"
        faults.append(Fault(code="customers", where="demand", what=what, remedy=remedy))
    shape = (len(demand.scenarios), demand.n_draw, demand.n_step)
    if sweep is not None and sweep.status.shape != shape:
        what = f"has {sweep.status.shape} scenarios, draws, steps, the demand has {shape}"
        remedy = "leave it out, or give the sweep of this demand"
        faults.append(Fault(code="sweep", where="sweep", what=what, remedy=remedy))
    if faults:
        raise InputError("propose_rebalancing", faults)


def _spans(demand: Demand, limits: Limits) -> dict[int, int]:
    """Steps per window of each kind; snapshots have instants only."""
    if demand.step_minutes <= 0 or demand.n_step == 1:
        return {INSTANT: 1}
    hours = {
        CURRENT: limits.phase_overload.min_duration_h,
        VOLTAGE: limits.low_voltage.min_duration_h,
        MEAN: limits.unbalance_yyn.min_duration_h,
    }
    spans = {
        kind: min(demand.n_step, steps_of(value, demand.step_minutes))
        for kind, value in hours.items()
    }
    return {TOTAL: spans[CURRENT], **spans, INSTANT: 1}


def _scores(model: PortModel, customers: Customers) -> _Scores:
    """Score rows at the no-load voltages."""
    ports = load_ports(model, customers)
    e_v = model.e_v[ports.site]
    weight = zip_factor(customers, ports.customer, np.abs(e_v[:, None]) / ports.nominal_v)[:, 0]
    per_va = 1e3 * weight / np.conj(e_v)
    n = len(customers)
    to_port = np.zeros((len(ports.site), 2 * n), dtype=np.complex128)
    row = np.arange(len(ports.site))
    to_port[row, ports.customer] = per_va * ports.p_share
    to_port[row, n + ports.customer] = -1j * per_va * ports.q_share
    sentinels = _sentinels(model, ports)
    toward = np.conj(e_v[sentinels]) / np.abs(e_v[sentinels])
    drop = (toward[:, None] * ports.z_ohm[sentinels]) @ to_port
    circuit = model.feeder.customer_circuit[ports.customer[sentinels]]
    return _Scores(
        phase=(model.trafo_a[:, ports.site] @ to_port).astype(np.complex64),
        drop=drop.real.astype(np.float32),
        sentinel_circuit=circuit,
    )


def _sentinels(model: PortModel, ports: LoadPorts) -> IntArray:
    """The port with the largest own impedance per outgoing circuit and phase."""
    own = np.abs(np.diagonal(ports.z_ohm))
    group = 3 * (model.feeder.customer_circuit[ports.customer] + 1) + ports.phase
    order = np.lexsort((-own, group))
    return np.asarray(order[np.flatnonzero(np.diff(group[order], prepend=-1))])


def _worst_windows(
    scores: _Scores,
    p_kw: FloatArray,
    q_kvar: FloatArray,
    spans: dict[int, int],
    gate_a: float,
    unsolved: BoolArray | None,
) -> dict[str, npt.NDArray[np.float64]]:
    """The worst windows of some draws (customer, draw, step).

    Returns demands (case, customer), and draw, kind and step (case,).
    """
    n_customer, n_draw, n_step = p_kw.shape
    both = np.concatenate([p_kw, q_kvar]).reshape(2 * n_customer, -1).astype(np.float32)
    phase = (scores.phase @ both).reshape(3, n_draw, n_step)
    drop = (scores.drop @ both).reshape(-1, n_draw, n_step)
    draws = np.arange(n_draw)
    keys = []
    for kind, span in spans.items():
        for rows in _criteria(kind, phase, drop, scores, span, gate_a, unsolved):
            step = rows[0].argmax(axis=-1) if kind == MEAN else _lasting_step(rows, span)
            keys.append(np.stack([draws, np.full(n_draw, kind), step], axis=1))
    key = np.unique(np.concatenate(keys), axis=0)
    demand = np.empty((2, len(key), n_customer))
    for source, out in ((p_kw, demand[0]), (q_kvar, demand[1])):
        for kind in spans:
            at = np.flatnonzero(key[:, 1] == kind)
            window = key[at, 2][:, None] + np.arange(spans[MEAN] if kind == MEAN else 1)
            out[at] = source[:, key[at, 0][:, None], window].mean(axis=2).T
    columns = dict(zip(("draw", "kind", "step"), key.T.astype(np.float64), strict=True))
    return {"p_kw": demand[0], "q_kvar": demand[1], **columns}


def _criteria(
    kind: int,
    phase: npt.NDArray[np.complex64],
    drop: npt.NDArray[np.float32],
    scores: _Scores,
    span: int,
    gate_a: float,
    unsolved: BoolArray | None,
) -> list[npt.NDArray[np.float32]]:
    """What makes a step or window the worst of its draw: arrays (alternative, draw, step)."""
    if kind == VOLTAGE:
        of_circuit = [
            drop[scores.sentinel_circuit == circuit]
            for circuit in np.unique(scores.sentinel_circuit)
        ]
        # the highest voltages come at the lightest load, or where the neutral lifts a phase
        return [*of_circuit, -np.abs(phase).sum(axis=0)[None], -drop]
    if kind == MEAN:
        magnitude = _rolling(np.abs(phase), span)
        high = magnitude.max(axis=0)
        spread = (high - magnitude.min(axis=0)) / np.maximum(high, 1e-9)
        return [np.where(magnitude.sum(axis=0) > 3 * gate_a, spread, 0)[None]]
    total = np.abs(phase).sum(axis=0)[None]
    if kind == CURRENT:
        return [np.abs(phase).max(axis=0)[None], np.abs(phase.sum(axis=0))[None]]
    if kind == INSTANT:
        highest = [total, np.abs(phase).max(axis=0)[None]]
        return highest if unsolved is None else [*highest, np.where(unsolved, total, 0)]
    return [total]


def _lasting_step(rows: npt.NDArray[np.float32], span: int) -> npt.NDArray[np.int64]:
    """Where the highest level that lasts is lowest (draw,).

    Of all windows and alternatives (alternative, draw, step) the one whose lowest value is highest,
    and in it the step of that value.
    """
    n_draw, n = rows.shape[1], rows.shape[2] - span + 1
    lowest = rows[..., :n].copy()
    for shift in range(1, span):
        np.minimum(lowest, rows[..., shift : shift + n], out=lowest)
    draws = np.arange(n_draw)
    start = lowest.max(axis=0).argmax(axis=-1)
    which = lowest[:, draws, start].argmax(axis=0)
    window = rows[which[:, None], draws[:, None], start[:, None] + np.arange(span)]
    return np.asarray(start + window.argmin(axis=1))


def _rolling(values: npt.NDArray[np.float32], span: int) -> npt.NDArray[np.float32]:
    """Means over ``span`` steps along the last axis, one per first step."""
    n = values.shape[-1] - span + 1
    total = values[..., :n].copy()
    for shift in range(1, span):
        total += values[..., shift : shift + n]
    return np.asarray(total / np.float32(span))


def merged(first: PeakCases, second: PeakCases) -> PeakCases:
    """The cases of both, each once."""
    keys = np.concatenate(
        [np.stack([one.scenario, one.draw, one.kind, one.step]) for one in (first, second)], axis=1
    )
    _, kept = np.unique(keys.T, axis=0, return_index=True)
    scenario, draw, kind, step = keys[:, kept]
    return PeakCases(
        scenarios=first.scenarios,
        n_draw=first.n_draw,
        p_kw=np.concatenate([first.p_kw, second.p_kw], axis=1)[:, kept],
        q_kvar=np.concatenate([first.q_kvar, second.q_kvar], axis=1)[:, kept],
        scenario=scenario,
        draw=draw,
        kind=kind,
        step=step,
    )
