"""The handful of cases in the exact model: chosen to begin with, then added where violated."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.linear import LinearModel, linear_model
from gridplan.measures.milp import Rows, joined, neutral_rows, phase_rows, voltage_rows
from gridplan.measures.peaks import CURRENT, TOTAL
from gridplan.measures.scoring import Scorer, Standing
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import PERMUTATIONS, Customers

#: Draws of a scenario to begin with, by the rank of the current that no labelling changes.
_FIRST_RANKS = (0.95, 0.9, 0.8)
#: A case is added when it exceeds the model's level by more than this share of the limit.
_TOLERANCE = 0.005

#: A guard that misses its limit weighs as much as so many targets that do.
_GUARD_WEIGHT = 20.0
_RULE_OF = {"phase": 0, "neutral": 1, "low_voltage": 2}


@dataclass(slots=True, kw_only=True)
class WorkingSet:
    """Cases in the exact model, with the rows made from them.

    Attributes
    ----------
    scorer, units, customers : the problem; ``customers`` on today's phases
    curable : bool (scenario,) -- scenarios whose violations moves are to cure
    today : standing of today's labelling
    chosen : indices of the cases
    weak : triples (case, customer, guard) whose voltage is watched, as a target or as a guard
    guards : triples (rule, place, case) that hold today and may not break
    """

    scorer: Scorer
    units: MovableUnits
    customers: Customers
    curable: BoolArray
    today: Standing
    chosen: list[int] = field(default_factory=list)
    weak: list[tuple[int, int, bool]] = field(default_factory=list)
    guards: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def hinged(self) -> BoolArray:
        """Groups whose violations moves are to cure (group,).

        A group is a scenario and one of phase, neutral, voltage for the objective "violations",
        else there is a single one for the objective; the last group holds the guards.
        """
        targets = np.repeat(self.curable, 3) if self.by_scenario else np.zeros(1, dtype=bool)
        return np.append(targets, True)

    @property
    def by_scenario(self) -> bool:
        """Whether each scenario is a group of its own."""
        return self.scorer.objective == "violations"

    def group(self, rule: int) -> IntArray:
        """Group of each chosen case under rule 0 phase, 1 neutral, 2 voltage."""
        scenario = self.scorer.cases.scenario[np.array(self.chosen)]
        return 3 * scenario + rule if self.by_scenario else np.zeros_like(scenario)

    def begin(self, bound_a: FloatArray) -> None:
        """Choose the first cases by the bound (case,) that no labelling changes."""
        cases = self.scorer.cases
        of_kind = cases.of_kind(TOTAL)
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

    def rows(self, base: IntArray | None = None) -> Rows:
        """Rows of the chosen cases, linear around the balanced state or a labelling (unit,)."""
        scorer, cases = self.scorer, self.scorer.cases
        held = [*self.chosen, *(case for case, _, guard in self.weak if guard)]
        at = np.array(held)
        linear = linear_model(
            scorer.model,
            self.customers,
            self.units,
            cases.p_kw[:, at],
            cases.q_kvar[:, at],
            base=None if base is None else self.units.apply(self.customers, base),
        )
        trafo, limits = scorer.model.feeder.area_transformer, scorer.limits
        judged = np.flatnonzero(np.isin(self.chosen, cases.of_kind(CURRENT)))
        neutral_a = limits.neutral(yyn=trafo.has_yyn_core).value / 100 * trafo.rated_a
        phase_a = limits.phase_overload.value / 100 * trafo.rated_a
        parts = []
        if scorer.objective != "neutral_current":
            parts.append(phase_rows(linear, judged, self.group(0)[judged], phase_a))
        if scorer.objective != "peak_current":
            parts.append(neutral_rows(linear, judged, self.group(1)[judged], neutral_a))
        for case, customer, guard in self.weak:
            parts.append(self._voltage_rows(linear, held.index(case), customer, guard=guard))
        return joined(parts)

    def _voltage_rows(
        self, linear: LinearModel, position: int, customer: int, *, guard: bool
    ) -> Rows:
        """Rows of a watched customer's voltage in one case of the linear model."""
        node = int(self.customers.node[customer])
        nominal_v = float(self.scorer.model.feeder.nodes.nominal_v[node])
        band = (nominal_v, self.scorer.limits.low_voltage.value)
        group = len(self.hinged) - 1 if guard else int(self.group(2)[position])
        rows = voltage_rows(linear, position, group, self._gates(customer), band)
        return rows.steeper(_GUARD_WEIGHT) if guard else rows

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

    def exact(self, labelling: IntArray) -> tuple[FloatArray, int]:
        """Level of each group (group,) by the exact power flow, and how many guards break."""
        n = len(self.chosen)
        at = np.array([*self.chosen, *(case for _, _, case in self.guards)])
        plain = {"phase", "neutral", "unbalance", "load_rate", "heavy", "solution"}
        plain |= {"low_voltage", "high_voltage"}
        ratios = self.scorer.case_ratios(
            self.units.apply(self.customers, labelling),
            at,
            elements=any(rule not in plain for rule, _, _ in self.guards),
        )
        levels = np.zeros(len(self.hinged))
        for (rule, _), values in ratios.items():
            if _RULE_OF.get(rule, -1) in self._rules():
                np.maximum.at(levels, self.group(_RULE_OF[rule]), values[:n])
        broken = sum(
            bool(ratios[rule, place][n + k] > 1) for k, (rule, place, _) in enumerate(self.guards)
        )
        return levels, broken

    def _rules(self) -> list[int]:
        return {"violations": [0, 1, 2], "peak_current": [0], "neutral_current": [1]}[
            self.scorer.objective
        ]

    def extend(self, standing: Standing, labelling: IntArray) -> bool:
        """Add the cases that decide a labelling's standing and that the model does not hold yet."""
        if not self.by_scenario:
            rule = "phase" if self.scorer.objective == "peak_current" else "neutral"
            row = int(np.flatnonzero(standing.rule == rule)[0])
            return self._add(int(standing.case_ratio[row].argmax()))
        grown = self._guard(standing, labelling)
        levels, _ = self.exact(labelling)
        rows = np.flatnonzero(standing.is_target & (standing.rule != "solution"))
        for row in rows.tolist():
            for scenario in range(standing.ratio.shape[1]):
                value = standing.covered[row, scenario]
                group = 3 * scenario + _RULE_OF[str(standing.rule[row])]
                if value <= max(1.0, levels[group]) + _TOLERANCE:
                    continue
                case = self._deciding_case(standing, row, scenario, float(value))
                grown |= self._add(case)
                if standing.rule[row] == "low_voltage":
                    grown |= self._watch_voltage(
                        case, labelling, str(standing.place[row]), guard=False
                    )
        return grown

    def _guard(self, standing: Standing, labelling: IntArray) -> bool:
        """Guard what holds today and would break in more draws; at most the worst case per rule."""
        cases, before = self.scorer.cases, len(self.guards)
        for row, scenario in np.argwhere(standing.risen(self.today)):
            flipped = (standing.ratio[row, scenario] > 1) & (self.today.ratio[row, scenario] <= 1)
            draw = int(np.argmax(np.where(flipped, standing.ratio[row, scenario], -np.inf)))
            of_draw = np.flatnonzero((cases.scenario == scenario) & (cases.draw == draw))
            worst = int(of_draw[np.argmax(standing.case_ratio[row, of_draw])])
            guard = (str(standing.rule[row]), str(standing.place[row]), worst)
            if guard not in self.guards:
                self.guards.append(guard)
                if guard[0] == "low_voltage":
                    self._watch_voltage(worst, labelling, guard[1], guard=True)
        return len(self.guards) > before

    def _deciding_case(self, standing: Standing, row: int, scenario: int, value: float) -> int:
        """The case that gives the covered ratio of a rule."""
        cases = self.scorer.cases
        members = np.flatnonzero(cases.scenario == scenario)
        distance = np.abs(standing.case_ratio[row, members] - value)
        return int(members[np.argmin(np.where(np.isfinite(distance), distance, np.inf))])

    def _watch_voltage(self, case: int, labelling: IntArray, place: str, *, guard: bool) -> bool:
        """Watch the customer with the lowest voltage on an outgoing circuit in a case."""
        flows = self.scorer.flows(self.units.apply(self.customers, labelling), np.array([case]))
        feeder = self.scorer.model.feeder
        circuit = feeder.customer_circuit[flows.ports.customer]
        names = np.array([*feeder.circuits.name.tolist(), "busbar"])
        magnitude = np.where(names[circuit] == place, np.abs(flows.v[:, 0]), np.inf)
        watched = (case, int(flows.ports.customer[np.argmin(magnitude)]), guard)
        if watched in self.weak or not flows.converged.all():
            return False
        self.weak.append(watched)
        return True
