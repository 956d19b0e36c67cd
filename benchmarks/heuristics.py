"""What others search phase moves with: greedy, a genetic algorithm (pymoo), simulated annealing.

All of them lower the same linear model's highest current, worked out at once for whole populations
or by what one exchange changes, and stop by processor time. They keep a trace of
(processor time [s], best value so far [A]).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from gridplan.frozen import ComplexArray, FloatArray, IntArray
from gridplan.measures.currents import Currents

#: The genetic algorithm's population.
_POPULATION = 100
#: Share of today's value by which the annealing accepts worse states at first, and at the end.
_HOT, _COLD = 1e-2, 1e-5


@dataclass(slots=True)
class Race:
    """The task of one competitor, its clock and its trace."""

    currents: Currents
    max_moves: int
    seconds: float
    trace: list[tuple[float, float]] = field(default_factory=list)
    change: ComplexArray = field(init=False)
    unit: IntArray = field(init=False)
    today: ComplexArray = field(init=False)
    _started: float = field(default_factory=time.process_time)

    def __post_init__(self) -> None:
        units = self.currents.units
        self.change, free = self.currents.changes
        self.unit = units.choice_unit[free]
        self.today = self.currents.at(units.today)
        self.note(float(np.abs(self.today).max()))

    @property
    def elapsed_s(self) -> float:
        """Processor time since the start [s]."""
        return time.process_time() - self._started

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.elapsed_s >= self.seconds

    @property
    def best(self) -> float:
        """The best value so far [A]."""
        return self.trace[-1][1]

    def note(self, value: float) -> None:
        """Write a value down if it is the best."""
        if not self.trace or value < self.best:
            self.trace.append((self.elapsed_s, value))

    def level(self, moves: list[int]) -> float:
        """Highest current after moves [A]."""
        return float(np.abs(self.today + self.change[moves].sum(axis=0)).max())


def greedy(race: Race) -> None:
    """The best further move, as long as one is better."""
    moves: list[int] = []
    while len(moves) < race.max_moves and not race.over:
        after = np.abs(race.today + race.change[moves].sum(axis=0) + race.change).max(axis=(1, 2))
        after[np.isin(race.unit, race.unit[moves])] = np.inf
        if after.min() >= race.best:
            break
        moves.append(int(after.argmin()))
        race.note(race.level(moves))


def annealing(race: Race, seed: int) -> None:
    """One move exchanged for another at a time; the temperature falls with the time spent."""
    rng = np.random.default_rng(seed)
    # no two moves of one unit
    first = rng.permutation(np.unique(race.unit))[: race.max_moves]
    moves = [int(rng.choice(np.flatnonzero(race.unit == unit))) for unit in first]
    state = race.today + race.change[moves].sum(axis=0)
    level, hot = float(np.abs(state).max()), _HOT * race.best
    while (spent := race.elapsed_s / race.seconds) < 1:
        place, new = int(rng.integers(len(moves))), int(rng.integers(len(race.unit)))
        others = moves[:place] + moves[place + 1 :]
        if race.unit[new] in race.unit[others]:
            continue
        after = state - race.change[moves[place]] + race.change[new]
        reached = float(np.abs(after).max())
        warmth = hot * (_COLD / _HOT) ** spent
        if reached <= level or rng.random() < np.exp((level - reached) / warmth):
            state, level, moves[place] = after, reached, new
            race.note(reached)


def genetic(race: Race, seed: int) -> None:
    """The genetic algorithm of pymoo on ``max_moves`` places, each with a move or none."""
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.core.problem import Problem
    from pymoo.core.termination import Termination
    from pymoo.operators.crossover.ux import UniformCrossover
    from pymoo.operators.mutation.pm import PM
    from pymoo.operators.repair.rounding import RoundingRepair
    from pymoo.operators.sampling.rnd import IntegerRandomSampling
    from pymoo.optimize import minimize

    none = len(race.unit)
    change = np.concatenate([race.change, np.zeros((1, *race.change.shape[1:]))])
    unit = np.append(race.unit, -1)

    class Moves(Problem):
        def __init__(self) -> None:
            super().__init__(n_var=race.max_moves, n_obj=1, xl=0, xu=none, vtype=int)

        def _evaluate(self, x: FloatArray, out: dict[str, FloatArray], *_: object) -> None:
            out["F"] = np.array([[self._level(row)] for row in x.astype(np.int64)])

        def _level(self, row: IntArray) -> float:
            # of several moves of one unit the first counts
            _, first = np.unique(unit[row], return_index=True)
            level = float(np.abs(race.today + change[row[first]].sum(axis=0)).max())
            race.note(level)
            return level

    class ByTime(Termination):
        def _update(self, _: object) -> float:
            return min(1.0, race.elapsed_s / race.seconds)

    algorithm = GA(
        pop_size=_POPULATION,
        sampling=IntegerRandomSampling(),
        crossover=UniformCrossover(repair=RoundingRepair()),
        mutation=PM(prob=0.5, eta=3.0, vtype=float, repair=RoundingRepair()),
        eliminate_duplicates=True,
    )
    minimize(Moves(), algorithm, ByTime(), seed=seed, verbose=False)
