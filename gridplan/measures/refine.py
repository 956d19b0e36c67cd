"""Exact descent on the draws that decide: exact flows put right what the linear model misjudges.

A rule is judged by the draws around its 95th percentile. The worst 15 % of the draws of every
scenario is enough to know it, and a labelling is scored on them in a fraction of the time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.peaks import PeakCases
from gridplan.measures.scoring import TARGETS, Scorer, Standing
from gridplan.measures.search import steps_from, take
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import Customers

#: Share of a scenario's draws that are kept: three times those beyond the 95th percentile.
_DRAW_SHARE = 0.15
#: A finding that becomes likelier costs more than any violation that moves can cure.
_RISEN = 100.0
#: Single moves from which descents start, besides the given labellings.
_SINGLES = 4
#: Labellings that a descent scores at the most; some seconds for a village of thirty homes.
_SCORES = 120
#: A step counts when it lowers the price by this.
_BETTER = 1e-3


def refine(  # noqa: PLR0913 -- a search with its bounds, all by name
    scorer: Scorer,
    units: MovableUnits,
    customers: Customers,
    starts: Sequence[tuple[IntArray, Standing]],
    *,
    scenarios: IntArray,
    move_price: float,
    max_moves: int,
    seed: int,
    deadline: float,
) -> IntArray:
    """Descend by single moves and swaps of a moved unit with another, on exact flows.

    Parameters
    ----------
    scorer : with all cases
    units, customers : the problem; ``customers`` on today's phases
    starts : labellings (unit,) with their standings on all cases, from which the deciding draws
        are taken; the search begins with the first and with the best single moves
    scenarios : int (scenario,) -- those that moves are to cure
    move_price : excess that a further move has to take off
    max_moves : at most so many units move
    seed : of the order in which steps are tried
    deadline : the search ends about then, in ``time.monotonic``

    Returns
    -------
    int (unit,) -- the best labelling found; it has still to be scored on all cases
    """
    small = replace(scorer, cases=_deciding(scorer.cases, starts))
    descent = _Descent(
        scorer=small,
        units=units,
        customers=customers,
        before=small.score(customers),
        scenarios=scenarios,
        move_price=move_price,
        max_moves=max_moves,
        seed=seed,
        deadline=deadline,
        known={},
    )
    singles = [take(units, units.today, step) for step in _singles(units, max_moves)]
    prices = [descent.price(one) if time.monotonic() < deadline else np.inf for one in singles]
    first = [singles[k] for k in np.argsort(prices, kind="stable")[:_SINGLES]]
    ends = [descent.run(one) for one in (starts[0][0], *first)]
    return min([units.today, *ends], key=descent.price)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Descent:
    """The arguments of ``refine``, today's standing on the deciding draws, known prices."""

    scorer: Scorer
    units: MovableUnits
    customers: Customers
    before: Standing
    scenarios: IntArray
    move_price: float
    max_moves: int
    seed: int
    deadline: float
    known: dict[bytes, float]

    def price(self, labelling: IntArray) -> float:
        """Excess over the limits, moves, and what becomes worse than today."""
        key = labelling.tobytes()
        if key not in self.known:
            standing = self.scorer.score(self.units.apply(self.customers, labelling))
            worse = len(standing.worse_than(self.before))
            moves = len(self.units.moved(labelling))
            excess = standing.excess(self.scenarios)
            self.known[key] = excess + _RISEN * worse + self.move_price * moves
        return self.known[key]

    def run(self, start: IntArray) -> IntArray:
        """Take the first step that is better, until none is."""
        rng = np.random.default_rng(self.seed)
        labelling, left = start, _SCORES
        while True:
            steps = rng.permutation(_neighbours(self.units, labelling, self.max_moves))
            now = self.price(labelling)
            for step in steps:
                if not left or time.monotonic() > self.deadline:
                    return labelling
                left -= 1
                after = take(self.units, labelling, step)
                if self.price(after) < now - _BETTER:
                    labelling = after
                    break
            else:
                return labelling


def _singles(units: MovableUnits, max_moves: int) -> IntArray:
    """Steps that move one unit."""
    steps = steps_from(units, units.today, max_moves)
    return steps[steps[:, 0] == steps[:, 1]]


def _neighbours(units: MovableUnits, labelling: IntArray, max_moves: int) -> IntArray:
    """Single steps, and pairs of steps that change a unit that has moved and one that has not."""
    steps = steps_from(units, labelling, max_moves)
    moved = labelling != units.today
    first, second = moved[units.choice_unit[steps]].T
    return steps[(steps[:, 0] == steps[:, 1]) | (first != second)]


def _deciding(cases: PeakCases, starts: Sequence[tuple[IntArray, Standing]]) -> PeakCases:
    """The cases of the draws that are worst in some target of some start."""
    keep = np.zeros((len(cases.scenarios), cases.n_draw), dtype=bool)
    count = int(np.ceil(_DRAW_SHARE * cases.n_draw))
    for _, standing in starts:
        worst: FloatArray = np.array(
            [standing.ratio[standing.rule == rule].max(axis=0) for rule in TARGETS]
        ).max(axis=0)
        rank = np.argsort(np.argsort(-worst, axis=1, kind="stable"), axis=1, kind="stable")
        keep |= rank < count
    chosen = keep[cases.scenario, cases.draw]
    return replace(
        cases,
        p_kw=cases.p_kw[:, chosen],
        q_kvar=cases.q_kvar[:, chosen],
        scenario=cases.scenario[chosen],
        draw=cases.draw[chosen],
        kind=cases.kind[chosen],
        step=cases.step[chosen],
    )
