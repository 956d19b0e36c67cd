"""The search for the moves that leave least over the limits and make nothing likelier.

Iterated local search: from a labelling the linear response ranks every single move and the pairs of
promising ones, exact power flows of the deciding draws choose among the best, and the step is taken
until none is better. Ends are scored on all cases. Where a rule gets likelier there in draws that
were not among the deciding ones, those draws join them and the search goes on. A step that makes
anything likelier than today is never better than one that does not.

The search is limited by counted work, not by time: the same input gives the same labellings.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.response import Response
from gridplan.measures.scoring import Scorer, Standing
from gridplan.measures.search import steps_among, take
from gridplan.measures.units import MovableUnits
from gridplan.measures.yardstick import Yardstick, deciding_draws
from gridplan.network.customers import Customers

#: Price of a draw that breaks a rule it keeps today: above all that moves can cure; and a low one,
#: with which the search passes through states that make something likelier.
_HARD, _SOFT = 100.0, 0.2
#: Neighbours solved exactly at each step.
_EXACT = 6
#: Choices whose pairs are looked at.
_PAIRED = 40
#: Share of the draws that decide, by how bad they are.
_SHARE = 0.1
#: Rounds in which draws join the deciding ones.
_ROUNDS = 3
#: A step counts as better by this margin.
_BETTER = 1e-4


@dataclass(slots=True)
class Effort:
    """Counted work, in customers times cases solved, and the hard stop by time.

    Attributes
    ----------
    left : what may still be spent
    deadline : in ``time.monotonic``
    struck : the deadline ended the search
    """

    left: float
    deadline: float
    struck: bool = False

    def spend(self, work: float) -> None:
        """Count work."""
        self.left -= work

    @property
    def over(self) -> bool:
        """Tell whether to stop."""
        self.struck |= time.monotonic() > self.deadline
        return self.struck or self.left <= 0

    def part(self, share: float) -> Effort:
        """A share of what is left, to be spent apart."""
        return Effort(left=share * self.left, deadline=self.deadline, struck=self.struck)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A labelling (unit,), scored on all cases: see ``Yardstick.worth``."""

    labelling: IntArray
    standing: Standing
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
    found : every labelling that was scored on all cases
    deciding : bool (scenario, draw) -- draws that the descents look at
    """

    scorer: Scorer
    units: MovableUnits
    customers: Customers
    today: Standing
    yardstick: Yardstick
    effort: Effort
    rng: np.random.Generator
    found: dict[bytes, Candidate] = field(default_factory=dict)
    deciding: BoolArray = field(init=False)
    _small: Scorer = field(init=False)
    _small_yardstick: Yardstick = field(init=False)
    _prices: dict[bytes, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._decide_by(deciding_draws([self.today], _SHARE))

    def _decide_by(self, draws: BoolArray) -> None:
        """Let the descents look at these draws."""
        self.deciding = draws
        self._small = replace(self.scorer, cases=self.scorer.cases.of_draws(draws))
        standing = self._small.score(self.customers)
        fresh = Yardstick.of(standing, {})
        self._small_yardstick = replace(fresh, threshold=self.yardstick.threshold)
        self._prices.clear()

    def candidate(self, labelling: IntArray) -> Candidate:
        """Score a labelling on all cases."""
        key = labelling.tobytes()
        if key not in self.found:
            standing = self.scorer.score(self.units.apply(self.customers, labelling))
            self.effort.spend(self.scorer.work)
            value, rises = self.yardstick.worth(standing.ratio)
            self.found[key] = Candidate(
                labelling=labelling, standing=standing, value=float(value), rises=float(rises)
            )
        return self.found[key]

    def best(self, max_moves: int, price: float = np.inf) -> Candidate:
        """The best that was found with at most so many moves.

        By value and ``price`` per rise; nothing that rises at an infinite price.
        """

        def rank(one: Candidate) -> tuple[float, int]:
            cost = price * one.rises if one.rises else 0.0
            return (round(one.value + cost, 4), len(self.units.moved(one.labelling)))

        within = [c for c in self.found.values() if len(self.units.moved(c.labelling)) <= max_moves]
        return min(within, key=rank)

    def run(self, max_moves: int, starts: list[IntArray]) -> None:
        """Search with one move, two, ... up to ``max_moves``; see ``found``."""
        for labelling in [self.units.today, *starts]:
            self.candidate(labelling)
        total = self.effort.left
        for count in range(1, max_moves + 1):
            if self.best(count).value <= self._settled or self.effort.over:
                break
            reserve = total * (1 - count / max_moves)
            self._reach(self.best(count).labelling, count, _HARD)
            self._reach(self.best(count, _SOFT).labelling, count, _SOFT)
            self._reach(self.best(count, _SOFT).labelling, count, _HARD)
            while self.effort.left > reserve and not self.effort.over:
                self._reach(self._perturbed(self.best(count).labelling, count), count, _HARD)

    @property
    def _settled(self) -> float:
        """Value that only the neutral's share is left of."""
        return 0.02

    def _reach(self, start: IntArray, max_moves: int, price: float) -> None:
        """Descend; let draws join while the end makes something likelier in others."""
        for _ in range(_ROUNDS):
            end = self.candidate(self._descend(start, max_moves, price))
            changed = self.yardstick.changed(self.today, end.standing)
            worst = deciding_draws([end.standing], _SHARE / 2)
            grown = self.deciding | changed | worst
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
            value, rises = self._small_yardstick.worth(standing.ratio)
            self._prices[key] = (float(value), float(rises))
        value, rises = self._prices[key]
        return value + price * rises

    def _promising(self, labelling: IntArray, max_moves: int, price: float) -> IntArray:
        """The steps (step, 2) that the linear response thinks best."""
        units = self.units
        response = Response.of(self._small, units, self.customers, labelling)
        rows = tuple(response.rows)

        def estimate(steps: IntArray) -> FloatArray:
            value, rises = self._small_yardstick.worth(response.ratios(steps), rows)
            self.effort.spend(0.05 * len(steps) * len(self._small.cases))
            return np.asarray(value + price * rises)

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
