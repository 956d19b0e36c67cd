"""What a labelling is worth on the exact power flow: every rule as a ratio to its limit, per draw.

A ratio above 1 breaks the rule. Rows are rules with their place, so that "never worse than today"
is a comparison of rows: the share of draws above 1 may not rise in any row of any scenario.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.assessment.limits import MAX_MIN, Limits
from gridplan.frozen import FloatArray, IntArray, StrArray
from gridplan.measures.linear import spread_over_phases
from gridplan.measures.peaks import CURRENT, INSTANT, MEAN, VOLTAGE, PeakCases
from gridplan.measures.proposal import Metrics
from gridplan.network.customers import Customers
from gridplan.powerflow.ports import PortModel, load_ports
from gridplan.powerflow.series import SeriesLimits, series_limits
from gridplan.powerflow.solver import Flows, port_flows

#: Share of a scenario's draws in which a rule has to hold to count as met.
COVERED_SHARE = 0.95
#: Enough to rank labellings; what is chosen is proven by a sweep at the solver's own tolerance.
_TOLERANCE_PU = 1e-6
#: Ratio that stands for a case without a solution: worse than any that has one.
BEYOND = 10.0
#: A rise of a target's ratio by less than this is no worsening: half a percent of the limit.
HARMLESS = 0.005
#: Rules that moves are chosen to meet; the others only may not get worse.
TARGETS = ("phase", "neutral", "low_voltage", "solution")
UNITS = {
    "violations": "of the limit",
    "peak_current": "A",
    "neutral_current": "A",
    "losses": "kW",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """One labelling, scored.

    Attributes
    ----------
    rule : str (row,) -- "phase", "neutral", "unbalance", "load_rate", "heavy", "solution",
        "low_voltage", "high_voltage", "circuit", "line", ...
    place : str (row,) -- outgoing circuit, "" for the transformer
    ratio : float (row, scenario, draw) -- worst value of the draw over the limit
    case_ratio : float (row, case) -- the same per case; minus infinity where the case is not judged
    metrics : the figures of the proposal
    unbalance_percent : load unbalance at the draws' highest load, covered by 95 % of the draws [%]
    """

    rule: StrArray
    place: StrArray
    ratio: FloatArray
    case_ratio: FloatArray
    metrics: Metrics
    unbalance_percent: float

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Rule and place of each row."""
        return tuple(zip(self.rule.tolist(), self.place.tolist(), strict=True))

    @property
    def is_target(self) -> np.ndarray:
        """Rows that moves are chosen to meet (row,)."""
        return np.isin(self.rule, TARGETS)

    @property
    def covered(self) -> FloatArray:
        """The ratio that 95 % of the draws keep (row, scenario)."""
        return np.asarray(np.quantile(self.ratio, COVERED_SHARE, axis=2, method="inverted_cdf"))

    @property
    def worst_violation(self) -> float:
        """Worst ratio of a target that 95 % of the draws keep, over scenarios."""
        return float(self.covered[self.is_target].max())

    @property
    def expected_excess(self) -> float:
        """Mean over the draws of the worst target's excess over its limit, worst scenario."""
        worst = self.ratio[self.is_target].max(axis=0)
        return float(np.maximum(worst - 1, 0).mean(axis=1).max())

    @property
    def probability(self) -> FloatArray:
        """Share of the draws that break each rule (row, scenario)."""
        return np.asarray((self.ratio > 1).mean(axis=2))

    def excess(self, scenarios: IntArray) -> float:
        """By how much the targets miss their limits, summed over rules and some scenarios."""
        covered = self.covered[:, scenarios]
        worst = [covered[self.rule == rule].max(axis=0) for rule in TARGETS]
        return float(np.maximum(np.array(worst) - 1, 0).sum())

    def risen(self, other: Standing) -> np.ndarray:
        """Where more draws break a rule than in ``other`` (row, scenario)."""
        return np.asarray(self.probability > other.probability + 1e-12)

    def worse_than(self, other: Standing) -> list[str]:
        """Rules that this labelling breaks in more draws, or targets that it is further from."""
        risen = self.risen(other).any(axis=1)
        names = zip(self.rule[risen].tolist(), self.place[risen].tolist(), strict=True)
        worse = [f"{rule} {place}".strip() for rule, place in names]
        for rule in TARGETS:
            mine, theirs = (one.covered[one.rule == rule].max(axis=0) for one in (self, other))
            if (mine > theirs + HARMLESS).any() and rule not in worse:
                worse.append(rule)
        return worse


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorer:
    """Scores labellings of one feeder on the same cases."""

    model: PortModel
    limits: Limits
    cases: PeakCases
    objective: str
    series: SeriesLimits

    @classmethod
    def of(cls, model: PortModel, limits: Limits, cases: PeakCases, objective: str) -> Scorer:
        """Prepare what is the same for every labelling."""
        spread = load_ports(model, spread_over_phases(model.feeder.customers))
        series = series_limits(model, spread)
        return cls(model=model, limits=limits, cases=cases, objective=objective, series=series)

    @property
    def work(self) -> int:
        """Customers times cases: what a score costs."""
        return int(self.cases.p_kw.size)

    @property
    def current_limits_a(self) -> dict[str, float]:
        """Limits of the transformer's "phase" and "neutral" current [A]."""
        trafo = self.model.feeder.area_transformer
        neutral = self.limits.neutral(yyn=trafo.has_yyn_core).value
        shares = {"phase": self.limits.phase_overload.value, "neutral": neutral}
        return {rule: share / 100 * trafo.rated_a for rule, share in shares.items()}

    def circuit_name(self, circuit: int) -> str:
        """Name of an outgoing circuit; "busbar" for -1."""
        return str(self.model.feeder.circuits.name[circuit]) if circuit >= 0 else "busbar"

    def flows(self, customers: Customers, chosen: IntArray | None = None) -> Flows:
        """Exact power flows of all cases, or of some."""
        ports = load_ports(self.model, customers)
        pick = slice(None) if chosen is None else chosen
        p_kw, q_kvar = self.cases.p_kw[:, pick], self.cases.q_kvar[:, pick]
        return port_flows(ports, p_kw, q_kvar, tolerance_pu=_TOLERANCE_PU)

    def score(self, customers: Customers) -> Standing:
        """Solve all cases with the customers on their phases and compare with every limit."""
        flows = self.flows(customers)
        rows = self._rows(flows)
        rule, place, kind = (np.array([row[k] for row in rows]) for k in range(3))
        case_ratio = np.array([row[3] for row in rows])
        case_ratio[:, ~flows.converged] = BEYOND
        ratio = np.empty((len(rows), len(self.cases.scenarios), self.cases.n_draw))
        for one in (CURRENT, VOLTAGE, INSTANT, MEAN):
            ratio[kind == one] = self.cases.largest_per_draw(case_ratio[kind == one], one)
            case_ratio[np.ix_(kind == one, ~self.cases.judged(one))] = -np.inf
        return Standing(
            rule=rule,
            place=place,
            ratio=ratio,
            case_ratio=case_ratio,
            metrics=self._metrics(flows, ratio[np.isin(rule, TARGETS)]),
            unbalance_percent=self._unbalance_percent(flows),
        )

    def _rows(self, flows: Flows) -> list[tuple[str, str, int, FloatArray]]:
        """Rows (rule, place, kind, ratio) of everything that is judged."""
        return [*self._transformer(flows), *self._voltages(flows), *self._elements(flows)]

    def _transformer(self, flows: Flows) -> list[tuple[str, str, int, FloatArray]]:
        """Rows (rule, place, kind, ratio) of the transformer, and whether there is a solution."""
        solution = ("solution", "", INSTANT, np.zeros(flows.i_phase.shape[1]))
        if self.model.feeder.transformer is None and self.objective != "violations":
            return [solution]
        limits, trafo = self.limits, self.model.feeder.area_transformer
        magnitude = np.abs(flows.i_phase)
        high = magnitude.max(axis=0)
        rate = np.abs((flows.bus_v * np.conj(flows.i_phase)).sum(axis=0)) / 1e3
        rate /= trafo.parallel * trafo.sn_kva
        loaded = rate > limits.unbalance_gate.value / 100
        spread = np.where(loaded, spread_ratio(self, magnitude), 0)
        amps = self.current_limits_a
        rows = [
            ("phase", "", CURRENT, high / amps["phase"]),
            ("neutral", "", CURRENT, flows.i_neutral_a / amps["neutral"]),
            ("unbalance", "", MEAN, spread),
            ("load_rate", "", CURRENT, rate / (limits.overload.value / 100)),
            ("heavy", "", CURRENT, rate / (limits.heavy_load.value / 100)),
            solution,
        ]
        if limits.phase_peak is not None:
            peak_a = limits.phase_peak.value / 100 * trafo.rated_a
            rows.append(("phase_peak", "", INSTANT, high / peak_a))
        if limits.serious_overload is not None:
            serious = rate / (limits.serious_overload.value / 100)
            rows.append(("serious", "", CURRENT, serious))
        return rows

    def _voltages(self, flows: Flows) -> list[tuple[str, str, int, FloatArray]]:
        """Rows of the lowest and highest customer voltage per outgoing circuit.

        The low-voltage ratio is the drop from nominal over the allowed one, so that it reaches 1 at
        the limit; in networks whose nominal voltage is itself below the limit it stays at 0.
        """
        low_v, high_v = self.limits.voltage_band_v
        magnitude = np.abs(flows.v)
        nominal = flows.ports.nominal_v
        allowed = nominal - low_v
        sag = np.where(allowed > 0, (nominal - magnitude) / np.where(allowed > 0, allowed, 1), 0)
        circuit = self.model.feeder.customer_circuit[flows.ports.customer]
        rows = []
        for index in np.unique(circuit):
            name = self.circuit_name(int(index))
            members = circuit == index
            rows.append(("low_voltage", name, VOLTAGE, sag[members].max(axis=0)))
            rows.append(("high_voltage", name, VOLTAGE, magnitude[members].max(axis=0) / high_v))
        return rows

    def _elements(self, flows: Flows) -> list[tuple[str, str, int, FloatArray]]:
        """Rows of the current-limited elements per outgoing circuit and kind."""
        elements = self.series.elements
        if not len(elements):
            return []
        # with the demand spread over all phases, every customer has a port on each of them
        series = self.series.at(3 * flows.ports.customer + flows.ports.phase)
        loading = series.loading_percent(flows.i.astype(np.complex64)).astype(np.float64)
        limit = self.limits.current_limit.value
        rows = []
        for circuit, kind in sorted(
            set(zip(elements.circuit.tolist(), elements.kind.tolist(), strict=True))
        ):
            members = (elements.circuit == circuit) & (elements.kind == kind)
            name = self.circuit_name(circuit)
            rows.append((kind, name, VOLTAGE, loading[members].max(axis=0) / limit))
        return rows

    def _metrics(self, flows: Flows, targets: FloatArray) -> Metrics:
        """The figures of the proposal."""
        solved = flows.converged
        judged = np.zeros(len(solved), dtype=bool)
        judged[self.cases.of_kind(CURRENT)] = True
        judged &= solved
        unsolved = int((~solved).sum())
        high, _ = _extremes(flows)
        peak_a = float(high[judged].max(initial=0.0))
        neutral_a = float(flows.i_neutral_a[judged].max(initial=0.0))
        loss_kw = float(flows.loss_kw[judged].mean()) if judged.any() else float("nan")
        covered = np.quantile(targets, COVERED_SHARE, axis=2, method="inverted_cdf").max()
        value = {
            "violations": float(covered),
            "peak_current": peak_a,
            "neutral_current": neutral_a,
            "losses": loss_kw,
        }[self.objective]
        if unsolved and self.objective != "violations":
            value = float("inf")
        return Metrics(
            objective=value,
            objective_unit=UNITS[self.objective],
            peak_current_a=peak_a,
            peak_neutral_a=neutral_a,
            lowest_v=float(np.abs(flows.v[:, solved]).min(initial=np.inf)),
            loss_kw=loss_kw,
            unsolved=unsolved,
        )

    def _unbalance_percent(self, flows: Flows) -> float:
        """(Imax - Imin) / Imax in each draw's window of highest load, worst scenario [%]."""
        high, low = _extremes(flows)
        total = np.where(flows.converged, np.abs(flows.i_phase).sum(axis=0), 0)
        percent = np.where(total > 0, 100 * (high - low) / np.maximum(high, 1e-9), 0)
        chosen = self.cases.of_kind(CURRENT)
        key = self.cases.scenario[chosen] * self.cases.n_draw + self.cases.draw[chosen]
        order = np.lexsort((-total[chosen], key))
        first = order[np.flatnonzero(np.diff(key[order], prepend=-1))]
        scenario = self.cases.scenario[chosen][first]
        values = percent[chosen][first]
        covered = [
            float(np.quantile(values[scenario == s], COVERED_SHARE, method="inverted_cdf"))
            for s in np.unique(scenario)
        ]
        return max(covered, default=0.0)  # a part of the cases may hold none of currents


def spread_ratio(scorer: Scorer, phase_a: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Load unbalance of phase currents (3, ...) over its limit, by the formula that decides."""
    yyn = scorer.model.feeder.area_transformer.has_yyn_core
    limit = phase_a.dtype.type(scorer.limits.unbalance(yyn=yyn).value / 100)
    high, low, least = phase_a.max(axis=0), phase_a.min(axis=0), phase_a.dtype.type(1e-9)
    if scorer.limits.unbalance_formula == MAX_MIN:
        return np.asarray((high - low) / np.maximum(high, least) / limit)
    mean = phase_a.mean(axis=0)
    return np.asarray(np.maximum(high - mean, mean - low) / np.maximum(mean, least) / limit)


def _extremes(flows: Flows) -> tuple[FloatArray, FloatArray]:
    """Highest and lowest phase current of the transformer (case,) [A]."""
    magnitude = np.abs(flows.i_phase)
    return magnitude.max(axis=0), magnitude.min(axis=0)
