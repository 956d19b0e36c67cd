"""The search for the moves that leave least over the limits and make nothing likelier.

Iterated local search: from a labelling the linear response ranks every single move and the pairs of
promising ones, exact power flows of the deciding draws choose among the best, and the step is taken
until none is better. Ends are scored on all cases. Where a rule gets likelier there in draws that
were not among the deciding ones, those draws join them and the search goes on. A step that makes
anything likelier than today is never better than one that does not.

The search is limited by counted work, not by time: the same input gives the same labellings.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.effort import Effort
from gridplan.measures.response import Response
from gridplan.measures.scoring import BEYOND, Scorer, Standing
from gridplan.measures.search import steps_among, take
from gridplan.measures.units import MovableUnits
from gridplan.measures.yardstick import Yardstick, deciding_draws, left_over
from gridplan.network.customers import Customers

#: Price of a draw that breaks a rule it keeps today: above all that moves can cure; and a low one,
#: with which the search passes through states that make something likelier.
_HARD, _SOFT = 100.0, 0.2
#: Neighbours solved exactly at each step.
_EXACT = 4
#: Choices whose pairs are looked at.
_PAIRED = 24
#: Share of the draws that decide, by how bad they are.
_SHARE = 0.08
#: Rounds in which draws join the deciding ones.
_ROUNDS = 3
#: The search ends after so many perturbations per move allowed without anything better.
_PATIENCE = 3
#: A step counts as better by this margin.
_BETTER = 1e-4
#: A case decides where its ratio comes as near as this to its draw's, above so much of the limit.
_NEAR, _IDLE = 0.9, 0.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A labelling (unit,), scored on all cases.

    ``left`` is what is left over the limits, see ``left_over``; ``value`` and ``rises`` are those
    of ``Yardstick.worth``.
    """

    labelling: IntArray
    standing: Standing
    left: float
    value: float
    rises: float


@dataclass(slots=True, kw_only=True)
class Search:
    """What a search for the least violations knows.

    Attributes
    ----------
    scorer, units, customers : the problem; ``customers`` on today's phases
    today : standing of today's labelling on all cases
    yardstick : made from it
    effort : what may be spent
    rng : of the perturbations
    refused : labellings that a sweep has shown to make something likelier
    found : every labelling that was scored on all cases
    deciding : bool (case,) -- cases that the descents look at
    """

    scorer: Scorer
    units: MovableUnits
    customers: Customers
    today: Standing
    yardstick: Yardstick
    effort: Effort
    rng: np.random.Generator
    refused: set[bytes] = field(default_factory=set)
    found: dict[bytes, Candidate] = field(default_factory=dict)
    deciding: BoolArray = field(init=False)
    _small: Scorer = field(init=False)
    _small_yardstick: Yardstick = field(init=False)
    _prices: dict[bytes, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._decide_by(self._near(self.today, deciding_draws([self.today], _SHARE)))

    def _near(self, standing: Standing, draws: BoolArray) -> BoolArray:
        """The cases of some draws (scenario, draw) that are near their draw's worst in a rule."""
        scenario, draw = self.scorer.cases.scenario, self.scorer.cases.draw
        worst = standing.ratio[:, scenario, draw]
        near = (standing.case_ratio >= _NEAR * worst) & (worst > _IDLE)
        # to find that there is no solution takes longest; the score on all cases looks at those too
        solved = self.today.case_ratio.max(axis=0) < BEYOND
        return np.asarray(near.any(axis=0) & solved & draws[scenario, draw])

    def _decide_by(self, chosen: BoolArray) -> None:
        """Let the descents look at these cases."""
        self.deciding = chosen if chosen.any() else np.ones_like(chosen)
        chosen = self.deciding
        self._small = replace(self.scorer, cases=self.scorer.cases.where(chosen))
        standing = self._small.score(self.customers)
        self._small_yardstick = Yardstick.of(standing, self.yardstick.strict)
        self._prices.clear()

    def candidate(self, labelling: IntArray) -> Candidate:
        """Score a labelling on all cases."""
        key = labelling.tobytes()
        if key not in self.found:
            standing = self.scorer.score(self.units.apply(self.customers, labelling))
            self.effort.spend(self.scorer.work)
            self.found[key] = self._valued(labelling, standing)
        return self.found[key]

    def _valued(self, labelling: IntArray, standing: Standing) -> Candidate:
        value, rises = self.yardstick.worth(standing.ratio)
        is_today = np.array_equal(labelling, self.units.today)
        refused = labelling.tobytes() in self.refused
        return Candidate(
            labelling=labelling,
            standing=standing,
            left=left_over(standing),
            value=float(value),
            rises=0.0 if is_today else float(rises) + refused,
        )

    def scenario_gap_percent(self, labelling: IntArray) -> float:
        """How far the objective on the deciding cases is from that on all cases [% of the latter].

        Both by exact flows; NaN where the objective is not above 0.
        """
        all_cases = self.candidate(labelling).standing.metrics.objective
        few = self._small.score(self.units.apply(self.customers, labelling)).metrics.objective
        return 100 * abs(all_cases - few) / all_cases if all_cases > 0 else float("nan")

    def judge_by(self, yardstick: Yardstick, refused: IntArray) -> None:
        """Refuse a labelling, and compare with another yardstick: of the same today, stricter."""
        self.refused.add(refused.tobytes())
        self.yardstick = yardstick
        self.found = {
            key: self._valued(one.labelling, one.standing) for key, one in self.found.items()
        }
        self._decide_by(self.deciding)

    def best(self, max_moves: int, price: float = np.inf) -> Candidate:
        """The best that was found with at most so many moves.

        By value and ``price`` per rise; nothing that rises at an infinite price.
        """

        def rank(one: Candidate) -> tuple[float, int, float]:
            cost = price * one.rises if one.rises else 0.0
            tie = len(self.units.moved(one.labelling)), one.standing.metrics.loss_kw
            return (round(one.value + cost, 4), *tie)

        within = [c for c in self.found.values() if len(self.units.moved(c.labelling)) <= max_moves]
        return min(within, key=rank)

    def run(self, max_moves: int, starts: list[IntArray]) -> None:
        """Search with one move, two, ... up to ``max_moves``; see ``found``."""
        for labelling in [self.units.today, *starts]:
            self.candidate(labelling)
        for count in range(1, max_moves + 1):
            if self.best(count).left <= 0 or self.effort.over:
                break
            self._reach(self.best(count, _SOFT).labelling, count, _SOFT)
            if self.best(count, _SOFT).rises:
                self._reach(self.best(count, _SOFT).labelling, count, _HARD)
        idle, count = 0, max_moves
        while idle < _PATIENCE * max_moves and self.best(max_moves).left > 0:
            if self.effort.over:
                break
            before = self.best(count).value
            self._reach(self._perturbed(self.best(count, _SOFT).labelling, count), count, _HARD)
            idle = 0 if self.best(count).value < before - _BETTER else idle + 1
            count = count - 1 if count > 1 else max_moves

    def _reach(self, start: IntArray, max_moves: int, price: float) -> None:
        """Descend; let draws join while the end makes something likelier in others."""
        for _ in range(_ROUNDS):
            end = self.candidate(self._descend(start, max_moves, price))
            changed = self.yardstick.changed(self.today, end.standing)
            worst = deciding_draws([end.standing], _SHARE)
            grown = self.deciding | self._near(self.today, changed)
            grown |= self._near(end.standing, changed | worst)
            if not end.rises or not (grown & ~self.deciding).any() or self.effort.over:
                break
            self._decide_by(grown)
            start = end.labelling

    def _descend(self, start: IntArray, max_moves: int, price: float) -> IntArray:
        """Take the best step that exact flows confirm, until none is better."""
        labelling, now = start, self._price(start, price)
        while not self.effort.over:
            steps = self._promising(labelling, max_moves, price)
            after = [take(self.units, labelling, step) for step in steps]
            prices = [self._price(one, price) for one in after]
            best = int(np.argmin(prices)) if prices else -1
            if best < 0 or prices[best] > now - _BETTER:
                break
            labelling, now = after[best], prices[best]
        return labelling

    def _price(self, labelling: IntArray, price: float) -> float:
        """Price on the deciding draws by exact power flows."""
        key = labelling.tobytes()
        if key not in self._prices:
            standing = self._small.score(self.units.apply(self.customers, labelling))
            self.effort.spend(self._small.work)
            left, more = self._small_yardstick.worth(standing.ratio)
            self._prices[key] = (float(left), float(more))
        value, rises = self._prices[key]
        return value + price * rises

    def _promising(self, labelling: IntArray, max_moves: int, price: float) -> IntArray:
        """The steps (step, 2) that the linear response thinks best."""
        units = self.units
        response = Response.of(self._small, units, self.customers, labelling)
        rows = tuple(response.rows)

        def estimate(steps: IntArray) -> FloatArray:
            left, more = self._small_yardstick.worth(response.ratios(steps), rows)
            self.effort.spend(0.02 * len(steps) * len(self._small.cases))
            return np.asarray(left + price * more)

        other = np.flatnonzero(labelling[units.choice_unit] != np.arange(len(units.choice_unit)))
        single = estimate(np.stack([other, other], axis=1)) if other.size else np.zeros(0)
        moved = np.isin(units.choice_unit[other], units.moved(labelling))
        near = np.argsort(single, kind="stable")[:_PAIRED]
        paired = np.union1d(other[near], other[moved])
        steps = steps_among(units, labelling, paired, max_moves)
        alone = steps_among(units, labelling, other, max_moves)
        steps = np.unique(np.concatenate([steps, alone[alone[:, 0] == alone[:, 1]]]), axis=0)
        order = np.argsort(estimate(steps), kind="stable")[:_EXACT]
        return np.asarray(steps[order])

    def _perturbed(self, labelling: IntArray, max_moves: int) -> IntArray:
        """Two units of the labelling changed at random, within the number of moves."""
        units, after = self.units, labelling.copy()
        moved = units.moved(labelling)
        for unit in self.rng.permutation(moved)[:2]:
            after[unit] = units.today[unit]
        free = max_moves - len(units.moved(after))
        for unit in self.rng.permutation(units.movable)[: min(2, free)]:
            after[unit] = self.rng.choice(units.choices(int(unit)))
        return after
