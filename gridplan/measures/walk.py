"""Iterated local search for the lowest highest current in the linear model.

From a labelling the best further move, or the best exchange of one move for another, is taken until
none is better; then some moves are replaced at random and the descent begins again. All neighbours
of a labelling are worked out at once, on the *active* cases only: those that were the worst of some
labelling on the way. Each end is held against all cases, and what is worse there becomes active.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gridplan.frozen import BoolArray, IntArray
from gridplan.measures.currents import Currents
from gridplan.measures.effort import Effort

#: Cases that are active from the start, and that join at a time.
_FIRST, _JOIN = 24, 5
#: A step counts as better by this relative margin: above the noise of single precision.
_BETTER = 1e-5
#: Moves replaced at once; how much worse than the last end a new one may be to go on from it; and
#: after how many descents without a better end the walk goes back to the best.
_REPLACED, _DRIFT, _PATIENCE = (2, 3), 1.003, 25
#: Work of one neighbour and active case, see ``Effort``.
_WORK = 0.02

Single = npt.NDArray[np.complex64]


@dataclass(slots=True)
class Walk:
    """A local search within a number of moves.

    Attributes
    ----------
    currents, max_moves : the task
    rng : of the replacements
    effort : what may be spent
    ends : labellings (unit,) in which descents ended
    """

    currents: Currents
    max_moves: int
    rng: np.random.Generator
    effort: Effort
    ends: list[IntArray] = field(default_factory=list)
    _free: IntArray = field(init=False)
    _unit: IntArray = field(init=False)
    _change: Single = field(init=False)
    _today: Single = field(init=False)
    _active: BoolArray = field(init=False)

    def __post_init__(self) -> None:
        units = self.currents.units
        change, self._free = self.currents.changes
        self._unit = units.choice_unit[self._free]
        self._change = change.astype(np.complex64)
        self._today = self.currents.at(units.today).astype(np.complex64)
        self._active = np.zeros(self._today.shape[1], dtype=np.bool_)
        self._active[self.currents.worst_cases(units.today, _FIRST)] = True

    def run(self, start: IntArray, kicks: int) -> tuple[IntArray, float]:
        """The best labelling (unit,) of so many descents, and its highest current [A]."""
        here, level = self.descend(start)
        best, value, idle = here, level, 0
        for _ in range(kicks if self.max_moves and self._free.size else 0):
            if self.effort.over:
                break
            end, reached = self.descend(self._replaced(here))
            if reached < level * _DRIFT:
                here, level = end, reached
            idle += 1
            if reached < value:
                best, value, idle = end, reached, 0
            elif idle % _PATIENCE == 0:
                here, level = best, value
        return best, value

    def descend(self, labelling: IntArray) -> tuple[IntArray, float]:
        """Where the best steps lead, and the highest current there [A]."""
        moves = self._moves(labelling)
        while True:
            moves, level = self._settle(moves)
            end = self._labelling(moves)
            highest = np.abs(self.currents.at(end)).max(axis=0)
            worst = np.argsort(-highest, kind="stable")[:_JOIN]
            new = worst[~self._active[worst] & (highest[worst] > level * (1 + _BETTER))]
            if not new.size:
                self.ends.append(end)
                return end, float(highest.max())
            self._active[new] = True

    def _settle(self, moves: list[int]) -> tuple[list[int], float]:
        """Descend on the active cases; moves are places in ``_free``."""
        today, change = self._today[:, self._active], self._change[:, :, self._active]
        now = today + change[moves].sum(axis=0)
        level = float(np.abs(now).max())
        while not self.effort.over:
            kept = [moves[:k] + moves[k + 1 :] for k in range(len(moves))]
            if len(moves) < self.max_moves:
                kept.append(moves)
            self.effort.spend(_WORK * len(kept) * change.size)
            least, best = level * (1 - _BETTER), None
            for rest in kept:
                taken = np.isin(self._unit, self._unit[rest])
                after = np.abs(today + change[rest].sum(axis=0) + change).max(axis=(1, 2))
                after[taken] = np.inf
                place = int(after.argmin()) if after.size else -1
                if place >= 0 and after[place] < least:
                    least, best = float(after[place]), [*rest, place]
            if best is None:
                break
            moves, level = best, least
        return moves, level

    def _replaced(self, labelling: IntArray) -> IntArray:
        """Some moves taken back and others made, at random."""
        moves, count = self._moves(labelling), int(self.rng.choice(_REPLACED))
        kept = sorted(self.rng.permutation(len(moves))[count:].tolist())
        moves = [moves[k] for k in kept]
        for place in self.rng.permutation(len(self._free))[:count].tolist():
            if len(moves) < self.max_moves and self._unit[place] not in self._unit[moves]:
                moves.append(place)
        return self._labelling(moves)

    def _moves(self, labelling: IntArray) -> list[int]:
        """The moves of a labelling as places in ``_free``; those without effect are left out."""
        return np.flatnonzero(np.isin(self._free, labelling)).tolist()

    def _labelling(self, moves: list[int]) -> IntArray:
        labelling = self.currents.units.today.copy()
        labelling[self._unit[moves]] = self._free[moves]
        return labelling
