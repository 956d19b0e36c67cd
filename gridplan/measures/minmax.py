"""The exact model of the highest current: the best labelling with at most K moves, and its proof.

    minimise t   with   t >= |I_f,c|   for every conductor f and case c

A current is linear in the binaries. Its magnitude is the largest of its projections, so *cuts*

    t >= Re(exp(-j theta) I_f,c)

are added where a solution violates them, with the angle theta of the current there: first against
the linear relaxation (HiGHS), then against the labellings of CP-SAT. Every bound on the way holds
for the whole model, whatever cuts are missing; when no cut is violated, the model is solved.
Coefficients are rounded down to a thousandth of an ampere, so that bounds stay bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.currents import Currents
from gridplan.measures.effort import Effort

#: Integer steps per ampere.
_SCALE = 1000
#: Proven to be the best when value and bound are as near as this, relative.
GAP = 0.002
#: Cuts added at once; rounds of the relaxation, and of CP-SAT.
_CUTS, _LP_ROUNDS, _ROUNDS = 24, 12, 300
#: CP-SAT's deterministic time per round, in its units: about seconds.
_ROUND_TIME = 6.0
#: Seconds on the clock per second of processor time left: the hard stop counts the latter.
_STOP = 10
#: Work that one unit of deterministic time counts as, see ``Effort``.
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
class _Model:
    """Cuts over the choices: ``row @ x + constant <= t``."""

    currents: Currents
    max_moves: int
    keys: set[tuple[int, int, int]] = field(default_factory=set)
    rows: list[FloatArray] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)

    def cut(self, share: FloatArray) -> int:
        """Add the most violated cuts at shares (choice,) of the choices; how many are new."""
        currents = self.currents
        at = currents.constant[:, None] + np.tensordot(share, currents.of_choice, axes=1)
        size = np.abs(at)
        order = np.argsort(-size, axis=None, kind="stable")[:_CUTS]
        new = 0
        for conductor, case in zip(*np.unravel_index(order, size.shape), strict=True):
            angle = float(np.angle(at[conductor, case]))
            key = (int(conductor), int(case), round(angle * 500))
            if key not in self.keys:
                self.keys.add(key)
                turn = np.exp(-1j * angle)
                self.rows.append((turn * currents.of_choice[:, conductor, case]).real)
                self.constants.append(float((turn * currents.constant[conductor]).real))
                new += 1
        return new

    def relaxed(self) -> tuple[float, FloatArray]:
        """Bound [A] and shares (choice,) of the linear relaxation."""
        units = self.currents.units
        n = len(units.choice_unit)
        moves = np.ones(n)
        moves[units.today] = 0
        upper = np.vstack([np.array(self.rows), moves])
        against = np.append(-np.ones(len(self.rows)), 0.0)
        belongs = csr_array((np.ones(n), (units.choice_unit, np.arange(n))))
        found = linprog(
            np.append(np.zeros(n), 1.0),
            A_ub=np.hstack([upper, against[:, None]]),
            b_ub=np.append(-np.array(self.constants), self.max_moves),
            A_eq=csr_array(np.hstack([belongs.toarray(), np.zeros((len(units), 1))])),
            b_eq=np.ones(len(units)),
            bounds=[(0, 1)] * n + [(0, None)],
            method="highs-ds",
        )
        return (float(found.fun), found.x[:-1]) if found.success else (0.0, np.zeros(n))

    def solve(
        self, hint: IntArray, ceiling: float, floor: float, seconds: float, effort: float, seed: int
    ) -> tuple[IntArray | None, float, float]:
        """The best labelling for the cuts with t in [floor, ceiling], its bound [A], time spent.

        By CP-SAT; None where there is none below the ceiling, or none was found.
        """
        from ortools.sat.python import cp_model

        units, model = self.currents.units, cp_model.CpModel()
        x = [model.new_bool_var("") for _ in range(len(units.choice_unit))]
        for unit in range(len(units)):
            model.add_exactly_one(x[choice] for choice in units.choices(unit).tolist())
        staying = units.today.tolist()
        model.add(sum(1 - x[choice] for choice in staying) <= self.max_moves)
        for first, second in self._twins():
            model.add_implication(x[staying[first]], x[staying[second]])
        top = int(np.ceil(_SCALE * ceiling))
        t = model.new_int_var(min(top, int(np.floor(_SCALE * floor))), top, "")
        for row, constant in zip(self.rows, self.constants, strict=True):
            whole = np.floor(_SCALE * row).astype(np.int64).tolist()
            model.add(
                cp_model.LinearExpr.weighted_sum(x, whole) + int(np.floor(_SCALE * constant)) <= t
            )
        started = set(hint.tolist())
        for choice, variable in enumerate(x):
            model.add_hint(variable, choice in started)
        model.minimize(t)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.05, _STOP * seconds)
        solver.parameters.max_deterministic_time = effort
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.relative_gap_limit = GAP / 4
        # dense rows: presolve takes longer than the search, and the relaxation carries it
        solver.parameters.cp_model_presolve = False
        solver.parameters.linearization_level = 2
        status = solver.solve(model)
        spent = float(solver.response_proto.deterministic_time)
        if status == cp_model.INFEASIBLE:
            return None, ceiling, spent
        bound = solver.best_objective_bound / _SCALE
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, bound, spent
        chosen = np.array([k for k, variable in enumerate(x) if solver.boolean_value(variable)])
        return chosen[np.argsort(units.choice_unit[chosen])], bound, spent

    def _twins(self) -> list[tuple[int, int]]:
        """Pairs of units that draw the same on the same phases: the first moves before the second.

        Units that draw nothing at all are their own kind, and need never move.
        """
        units, of_choice = self.currents.units, self.currents.of_choice
        kinds: dict[bytes, int] = {}
        pairs = []
        for unit in units.movable.tolist():
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
    seed : of CP-SAT
    """
    units = currents.units
    best = currents.improve(start, max_moves)
    value = currents.highest(best)
    model = _Model(currents, max_moves)
    for labelling in (units.today, best):
        model.cut(_shares(units.choice_unit.size, labelling))
    bound = 0.0
    for _ in range(_LP_ROUNDS):
        relaxed, share = model.relaxed()
        better = relaxed > bound * (1 + GAP / 10)
        bound = max(bound, relaxed)
        if not model.cut(share) or not better:
            break
    for _ in range(_ROUNDS):
        if value <= bound * (1 + GAP) or effort.over:
            break
        time = min(_ROUND_TIME, max(effort.left, 0.0) / _WORK)
        found, proven, spent = model.solve(best, value, bound, effort.seconds, time, seed)
        effort.spend(spent * _WORK)
        bound = max(bound, min(proven, value))
        if found is None:
            break
        new = model.cut(_shares(units.choice_unit.size, found))
        polished = currents.improve(found, max_moves)
        if currents.highest(polished) < value:
            best, value = polished, currents.highest(polished)
            new += model.cut(_shares(units.choice_unit.size, best))
        if not new:
            break
    return MinMax(labelling=best, value=value, bound=min(bound, value))


def _shares(n_choice: int, labelling: IntArray) -> FloatArray:
    share = np.zeros(n_choice)
    share[labelling] = 1.0
    return share
