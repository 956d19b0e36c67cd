"""The exact model of the highest current: the best labelling with at most K moves, and its proof.

    minimise t   with   t >= |I_f,c|   for every conductor f and case c

A current is linear in the binaries. Its magnitude is the largest of its projections, so *cuts*

    t >= Re(exp(-j theta) I_f,c)

at the angle theta of the current are added where a solution violates them. A local search finds the
value (``Walk``), and its ends name the cuts that matter. Whether any labelling is below the value
less a gap is then a yes-or-no question to CP-SAT: one that keeps all cuts there gives new cuts or a
better value; that there is none is a proof, whatever cuts are missing. The question is put for
smaller and smaller gaps. Coefficients are rounded down to a thousandth of an ampere, so that bounds
stay bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from gridplan.frozen import ComplexArray, FloatArray, IntArray
from gridplan.measures.currents import Currents
from gridplan.measures.effort import Effort
from gridplan.measures.walk import Walk

#: Integer steps per ampere.
_SCALE = 1000
#: Proven to be the best when value and bound are as near as this, relative.
GAP = 0.002
#: Gaps that are proven one after the other, and the work that each may take: where the first is out
#: of reach the walk goes on instead, and below 1 % not much is worth it.
_GAPS = {0.03: 20e6, 0.015: 50e6, 0.0099: 70e6, 0.004: 10e6, 0.95 * GAP: 10e6}
#: Cuts reach so far below the value.
_ENOUGH = 0.0099
#: Cuts per conductor added at today's labelling, at an end of the walk, at a labelling of CP-SAT.
_AT_TODAY, _AT_END, _AT_FOUND = 10, 3, 8
#: Rounds of the relaxation.
_LP_ROUNDS = 12
#: Descents of the walk.
KICKS = 200
#: Seconds on the clock per second of processor time left: the hard stop counts the latter.
_STOP = 1.5
#: Work that one unit of CP-SAT's deterministic time (about a second) counts as, see ``Effort``.
_WORK = 2e6


@dataclass(frozen=True, slots=True, kw_only=True)
class MinMax:
    """The best labelling found (unit,), its highest current [A], and what no labelling is below."""

    labelling: IntArray
    value: float
    bound: float

    @property
    def gap_percent(self) -> float:
        """Distance between value and bound over the value [%]."""
        return 100 * max(0.0, self.value - self.bound) / max(abs(self.value), 1e-9)


@dataclass(slots=True)
class _Cuts:
    """Cuts over the moves: ``row @ y + constant <= t``."""

    currents: Currents
    max_moves: int
    free: IntArray = field(init=False)
    keys: set[tuple[int, int, int]] = field(default_factory=set)
    rows: list[FloatArray] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    _change: ComplexArray = field(init=False)
    _today: ComplexArray = field(init=False)

    def __post_init__(self) -> None:
        self._change, self.free = self.currents.changes
        self._today = self.currents.at(self.currents.units.today)

    def add(self, share: FloatArray, count: int, above: float) -> int:
        """Cut off shares (move,) where they reach ``above`` [A]; how many cuts are new.

        At most ``count`` for each conductor, those with the highest currents.
        """
        at = self._today + np.tensordot(share, self._change, axes=1)
        size, new = np.abs(at), 0
        for conductor, of_case in enumerate(size):
            worst = np.argsort(-of_case, kind="stable")[:count]
            for case in worst[of_case[worst] > above].tolist():
                angle = float(np.angle(at[conductor, case]))
                key = (conductor, case, round(angle * 500))
                if key not in self.keys:
                    self.keys.add(key)
                    turn = np.exp(-1j * angle)
                    self.rows.append((turn * self._change[:, conductor, case]).real)
                    self.constants.append(float((turn * self._today[conductor, case]).real))
                    new += 1
        return new

    def share(self, labelling: IntArray) -> FloatArray:
        """A labelling (unit,) as shares (move,)."""
        return np.isin(self.free, labelling).astype(np.float64)

    def relaxed(self) -> tuple[float, FloatArray]:
        """Bound [A] and shares (move,) of the linear relaxation."""
        n, unit = len(self.free), self.currents.units.choice_unit[self.free]
        belongs = csr_array((np.ones(n), (unit, np.arange(n))), shape=(unit.max() + 1, n + 1))
        rows = np.hstack([np.array(self.rows), -np.ones((len(self.rows), 1))])
        count = np.append(np.ones(n), 0.0)
        upper = np.concatenate(
            [-np.array(self.constants), [self.max_moves], np.ones(belongs.shape[0])]
        )
        found = linprog(
            np.append(np.zeros(n), 1.0),
            A_ub=np.vstack([rows, count, belongs.toarray()]),
            b_ub=upper,
            bounds=[(0, 1)] * n + [(0, None)],
            method="highs-ds",
        )
        return (float(found.fun), found.x[:-1]) if found.success else (0.0, np.zeros(n))

    def below(
        self, ceiling: float, *, effort: float, seconds: float, seed: int
    ) -> tuple[IntArray | None, bool, float]:
        """A labelling (unit,) that keeps all cuts at ``ceiling`` [A]; "there is none"; time spent.

        By CP-SAT. Without either the effort, in its deterministic time, was not enough.
        """
        from ortools.sat.python import cp_model

        units, model = self.currents.units, cp_model.CpModel()
        unit = units.choice_unit[self.free]
        y = [model.new_bool_var("") for _ in self.free]
        moves = {one: [y[k] for k in np.flatnonzero(unit == one)] for one in np.unique(unit)}
        for either in moves.values():
            model.add_at_most_one(either)
        model.add(sum(y) <= self.max_moves)
        for first, second in self._twins():
            model.add(sum(moves[first]) >= sum(moves[second]))
        for row, constant in zip(self.rows, self.constants, strict=True):
            whole = np.floor(_SCALE * row).astype(np.int64)
            used = np.flatnonzero(whole)
            left = int(np.floor(_SCALE * (ceiling - constant)))
            terms = [y[k] for k in used]
            model.add(cp_model.LinearExpr.weighted_sum(terms, whole[used].tolist()) <= left)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.05, _STOP * seconds)
        solver.parameters.max_deterministic_time = effort
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        # dense rows: presolve takes longer than the search, and the relaxation carries it
        solver.parameters.cp_model_presolve = False
        solver.parameters.linearization_level = 2
        status = solver.solve(model)
        spent = float(solver.response_proto.deterministic_time)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, status == cp_model.INFEASIBLE, spent
        chosen = self.free[[solver.boolean_value(one) for one in y]]
        labelling = units.today.copy()
        labelling[units.choice_unit[chosen]] = chosen
        return labelling, False, spent

    def _twins(self) -> list[tuple[int, int]]:
        """Pairs of units that draw the same on the same phases: the first is moved first."""
        units, of_choice = self.currents.units, self.currents.of_choice
        kinds: dict[bytes, int] = {}
        pairs = []
        for unit in np.unique(units.choice_unit[self.free]).tolist():
            key = np.round(of_choice[units.choices(unit)], 6).tobytes()
            if key in kinds:
                pairs.append((kinds[key], unit))
            kinds[key] = unit
        return pairs


def solve_minmax(
    currents: Currents, max_moves: int, start: IntArray, *, effort: Effort, seed: int
) -> MinMax:
    """Find the labelling with the lowest highest current, and prove how good it is.

    Parameters
    ----------
    currents : of all cases
    max_moves : at most so many units leave today's choice
    start : a labelling (unit,) within that number to start from
    effort : what may be spent
    seed : of the walk and of CP-SAT
    """
    walk = Walk(currents, max_moves, np.random.default_rng(seed), effort)
    best, value = walk.run(start, KICKS)
    cuts = _Cuts(currents, max_moves)
    if not cuts.free.size or not max_moves:
        return MinMax(labelling=best, value=value, bound=value)
    cuts.add(cuts.share(currents.units.today), _AT_TODAY, 0.0)
    for end in walk.ends:
        cuts.add(cuts.share(end), _AT_END, value * (1 - _ENOUGH))
    bound = _relaxed_bound(cuts)
    for gap, most in _GAPS.items():
        allowed = min(effort.left, most)
        while value * (1 - gap) > bound and not effort.over and allowed > 0:
            ceiling = value * (1 - gap)
            found, none, spent = cuts.below(
                ceiling, effort=allowed / _WORK, seconds=effort.seconds, seed=seed
            )
            effort.spend(spent * _WORK)
            # ended by the clock, not by counted work
            effort.struck |= found is None and not none and spent * _WORK < 0.9 * allowed
            allowed -= spent * _WORK
            if none:
                bound = ceiling
            if found is None:
                break
            new = cuts.add(cuts.share(found), _AT_FOUND, ceiling)
            end, reached = min(walk.descend(found), (found, currents.highest(found)), key=_second)
            cuts.add(cuts.share(end), _AT_END, ceiling)
            if reached < value:
                best, value = end, reached
            elif not new:
                break
        if value * (1 - gap) > bound:
            further, reached = walk.run(best, KICKS)
            if reached < value:
                best, value = further, reached
            break
    return MinMax(labelling=best, value=value, bound=min(bound, value))


def _second(pair: tuple[IntArray, float]) -> float:
    return pair[1]


def _relaxed_bound(cuts: _Cuts) -> float:
    """Bound of the linear relaxation [A]; what it violates joins the cuts."""
    bound = 0.0
    for _ in range(_LP_ROUNDS):
        relaxed, share = cuts.relaxed()
        better = relaxed > bound * (1 + GAP / 10)
        bound = max(bound, relaxed)
        if not cuts.add(share, _AT_FOUND, relaxed) or not better:
            break
    return bound
