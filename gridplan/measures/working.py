"""The handful of cases that the exact model holds: chosen to begin with, then added where violated."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.linear import LinearModel, linear_model
from gridplan.measures.milp import Rows, joined, neutral_rows, phase_rows, voltage_rows
from gridplan.measures.peaks import CURRENT
from gridplan.measures.scoring import Scorer, Standing
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import PERMUTATIONS, Customers
from gridplan.powerflow.paths import customer_circuit

#: Draws of a scenario, by the rank of their labelling-independent current, that are there to begin with.
_FIRST_RANKS = (0.95, 0.9, 0.8)
#: A case is added when the exact level exceeds that of the model by more than this share of the limit.
_TOLERANCE = 0.005


@dataclass(slots=True, kw_only=True)
class WorkingSet:
    """Cases in the exact model, with the rows made from them.

    Attributes
    ----------
    scorer, units, customers : the problem; ``customers`` on today's phases
    hinged : bool (group,) -- groups whose violations moves are to cure; groups are scenarios for the
        objective "violations", else there is a single one
    chosen : indices of the cases
    weak : triples (case, customer) whose voltage is watched
    """

    scorer: Scorer
    units: MovableUnits
    customers: Customers
    hinged: BoolArray
    chosen: list[int] = field(default_factory=list)
    weak: list[tuple[int, int]] = field(default_factory=list)

    @property
    def by_scenario(self) -> bool:
        """Whether each scenario is a group of its own."""
        return self.scorer.objective == "violations"

    @property
    def groups(self) -> IntArray:
        """Group of each chosen case."""
        scenario = self.scorer.cases.scenario[np.array(self.chosen)]
        return scenario if self.by_scenario else np.zeros_like(scenario)

    def begin(self, bound_a: FloatArray) -> None:
        """Choose the first cases by the bound (case,) that no labelling changes."""
        cases = self.scorer.cases
        of_kind = cases.of_kind(CURRENT)
        for scenario in range(len(cases.scenarios)):
            members = of_kind[cases.scenario[of_kind] == scenario]
            order = members[np.argsort(bound_a[members], kind="stable")]
            ranks = _FIRST_RANKS if self.by_scenario else (1.0, *_FIRST_RANKS)
            for rank in ranks:
                self._add(int(order[max(0, int(np.ceil(rank * order.size)) - 1)]))

    def _add(self, case: int) -> bool:
        if case in self.chosen:
            return False
        self.chosen.append(case)
        return True

    def rows(self) -> tuple[LinearModel, Rows]:
        """The linear model of the chosen cases and its rows."""
        scorer, cases = self.scorer, self.scorer.cases
        at = np.array(self.chosen)
        linear = linear_model(
            scorer.model, self.customers, self.units, cases.p_kw[:, at], cases.q_kvar[:, at]
        )
        trafo, limits = scorer.model.feeder.transformer, scorer.limits
        judged = np.flatnonzero(np.isin(at, cases.of_kind(CURRENT)))
        group = self.groups
        neutral_a = limits.neutral(yyn=trafo.has_yyn_core).value / 100 * trafo.rated_a
        phase_a = limits.phase_overload.value / 100 * trafo.rated_a
        parts = []
        if scorer.objective != "neutral_current":
            parts.append(phase_rows(linear, judged, group[judged], phase_a))
        if scorer.objective != "peak_current":
            parts.append(neutral_rows(linear, judged, group[judged], neutral_a))
        for case, customer in self.weak:
            position = self.chosen.index(case)
            node = int(self.customers.node[customer])
            nominal_v = float(scorer.model.feeder.nodes.nominal_v[node])
            band = (nominal_v, scorer.limits.low_voltage.value)
            gates = self._gates(customer)
            parts.append(voltage_rows(linear, position, int(group[position]), gates, band))
        return linear, joined(parts)

    def _gates(self, customer: int) -> list[tuple[int, int]]:
        """Pairs (choice, site) that connect a customer; choice -1 where the unit has no other."""
        choices = self.units.choices(int(self.units.unit_of[customer]))
        site = self.scorer.model.customer_site[customer]
        conductors = np.flatnonzero(self.customers.connected[customer])
        return [
            (
                int(choice) if choices.size > 1 else -1,
                int(site[PERMUTATIONS[int(self.units.choice_permutation[choice])][conductor]]),
            )
            for choice in choices
            for conductor in conductors
        ]

    def exact_levels(self, labelling: IntArray) -> FloatArray:
        """Level of each group (group,) on the chosen cases by the exact power flow."""
        at = np.array(self.chosen)
        customers = self.units.apply(self.customers, labelling)
        ratios = self.scorer.target_ratios(customers, at)
        ratios = ratios[self._target_rows()].max(axis=0)
        group = self.groups
        return np.array([ratios[group == g].max() for g in range(len(self.hinged))])

    def _target_rows(self) -> list[int]:
        return {"violations": [0, 1, 2], "peak_current": [0], "neutral_current": [1]}[
            self.scorer.objective
        ]

    def extend(self, standing: Standing, labelling: IntArray) -> bool:
        """Add the cases that decide a labelling's standing and that the model does not hold yet."""
        grown = False
        levels = self.exact_levels(labelling)
        if not self.by_scenario:
            rule = "phase" if self.scorer.objective == "peak_current" else "neutral"
            row = int(np.flatnonzero(standing.rule == rule)[0])
            return self._add(int(standing.case_ratio[row].argmax()))
        for row in np.flatnonzero(standing.is_target & (standing.rule != "solution")):
            for scenario in range(standing.ratio.shape[1]):
                value = standing.covered[row, scenario]
                if value <= max(1.0, levels[scenario]) + _TOLERANCE:
                    continue
                case = self._deciding_case(standing, int(row), scenario, float(value))
                grown |= self._add(case)
                if standing.rule[row] == "low_voltage":
                    grown |= self._watch_voltage(case, labelling, str(standing.place[row]))
        return grown

    def _deciding_case(self, standing: Standing, row: int, scenario: int, value: float) -> int:
        """The case that gives the covered ratio of a rule."""
        cases = self.scorer.cases
        members = np.flatnonzero(cases.scenario == scenario)
        distance = np.abs(standing.case_ratio[row, members] - value)
        return int(members[np.argmin(np.where(np.isfinite(distance), distance, np.inf))])

    def _watch_voltage(self, case: int, labelling: IntArray, place: str) -> bool:
        """Watch the customer with the lowest voltage on an outgoing circuit in a case."""
        flows = self.scorer.flows(self.units.apply(self.customers, labelling), np.array([case]))
        feeder = self.scorer.model.feeder
        circuit = customer_circuit(feeder)[flows.ports.customer]
        names = np.array([*feeder.circuits.name.tolist(), "busbar"])
        magnitude = np.where(names[circuit] == place, np.abs(flows.v[:, 0]), np.inf)
        pair = (case, int(flows.ports.customer[np.argmin(magnitude)]))
        if pair in self.weak or not flows.converged.all():
            return False
        self.weak.append(pair)
        return True
