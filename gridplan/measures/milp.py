"""The exact model: which units to move, by binaries over their choices, solved by CP-SAT.

Per unit exactly one choice; at most K units leave today's. Every quantity is a *row*, linear in
the choices and divided by its limit, and belongs to a *group* (a rule in a scenario) with the level

    t_g >= row        for every row of the group

- phase current: projections of the complex current on directions around its own phase's angle;
- neutral current: projections on directions all round;
- voltage drop at a customer, for each phase the customer may be on: counts only with the choice
  that puts it there, by CP-SAT's conditional constraints.

Projections never exceed the magnitude, so the optimum is a lower bound for the linear model. The
objective is the sum over groups of max(t_g - 1, 0), what is left of the violations, plus a small
share of t_g, so that what can be met is met with a margin, and a still smaller price per move.

CP-SAT without its presolve proved the optimum of 20 units and 20 cases in 0.2 to 1 s, HiGHS in 1
to 3 s. With 80 units and more than two moves neither ends within seconds; CP-SAT then lives from
the labelling that it is given: the search hands it one that single and pair moves cannot better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.linear import LinearModel
from gridplan.measures.units import MovableUnits

#: Integer steps per limit: 0.01 % of it, 4 mA for a 30 kVA transformer.
_SCALE = 10_000
#: Weights of the violation left over, of the level and of one move.
_LEFT, _LEVEL, _MOVE = 1000, 50, 1
#: The search ends when the proven gap is this small.
_GAP = 0.002
#: Longest search in CP-SAT's deterministic time; 0.12 take about 0.7 s with 20 cases.
_EFFORT = 0.12
#: Directions around a phase's own angle [rad]: exact within 0.4 % up to 25 degrees away from it;
#: the last one is for phases that feed in.
_PHASE_DIRECTIONS = np.deg2rad([-20.0, -10.0, 0.0, 10.0, 20.0, 180.0])
#: Directions for the neutral, whose angle is free: exact within 1.9 %.
_NEUTRAL_DIRECTIONS = np.linspace(0, 2 * np.pi, 16, endpoint=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Linear rows over the choices.

    Attributes
    ----------
    coefficient : float (row, choice); constant : float (row,) -- value = constant + coefficient @ x
    group : int (row,)
    gate : int (row,) -- choice with which the row counts, -1: always
    """

    coefficient: FloatArray
    constant: FloatArray
    group: IntArray
    gate: IntArray

    def levels(
        self, units: MovableUnits, labelling: IntArray, steps: IntArray, n_group: int
    ) -> FloatArray:
        """Level of each group (step, group) after steps (step, 2) away from a labelling (unit,).

        A step makes two choices, which are the same one when a single unit changes.
        """
        first, second = steps.T
        change = self.coefficient - self.coefficient[:, labelling[units.choice_unit]]
        values = (self.constant + self.coefficient[:, labelling].sum(axis=1))[:, None]
        values = values + change[:, first] + np.where(first == second, 0.0, change[:, second])
        gated = np.flatnonzero(self.gate >= 0)
        gate = self.gate[gated][:, None]
        touched = (units.choice_unit[gate] == units.choice_unit[first]) | (
            units.choice_unit[gate] == units.choice_unit[second]
        )
        chosen = np.where(
            touched, (gate == first) | (gate == second), labelling[units.choice_unit[gate]] == gate
        )
        values[gated] = np.where(chosen, values[gated], -np.inf)
        levels = [values[self.group == group].max(axis=0, initial=0.0) for group in range(n_group)]
        return np.stack(levels, axis=1)

    def steeper(self, factor: float) -> Rows:
        """The same rows with their distance from the limit multiplied, so that they weigh more."""
        return replace(
            self, coefficient=factor * self.coefficient, constant=1 + factor * (self.constant - 1)
        )

    def levels_of(self, units: MovableUnits, labelling: IntArray, n_group: int) -> FloatArray:
        """Level of each group (group,) with a labelling (unit,)."""
        stay = np.array([[labelling[0], labelling[0]]])
        return self.levels(units, labelling, stay, n_group)[0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MilpResult:
    """The best labelling found (unit,), its value and the proven bound of the objective."""

    labelling: IntArray
    value: float
    bound: float
    proven: bool

    @property
    def gap_percent(self) -> float:
        """Distance between value and bound over the value [%]."""
        return 100 * max(0.0, self.value - self.bound) / max(abs(self.value), 1e-9)


def phase_rows(linear: LinearModel, cases: IntArray, group: IntArray, limit_a: float) -> Rows:
    """Rows of the three phase currents over their limit, cases of the linear model."""
    frame = np.exp(-2j * np.pi / 3 * np.arange(3))
    total = linear.trafo0_a[:, None] + linear.trafo_a[:, :, cases].mean(axis=0)
    own = np.angle((total / frame[:, None]).sum(axis=0) + 1e-30)
    angle = own[None, :] + np.angle(frame)[:, None]
    turn = np.exp(-1j * (angle[None] + _PHASE_DIRECTIONS[:, None, None])) / limit_a
    coefficient = (turn[..., None] * np.moveaxis(linear.trafo_a[:, :, cases], 0, -1)[None]).real
    constant = (turn * linear.trafo0_a[None, :, None]).real
    return _rows(coefficient, constant, np.broadcast_to(group, constant.shape))


def neutral_rows(linear: LinearModel, cases: IntArray, group: IntArray, limit_a: float) -> Rows:
    """Rows of the neutral current over its limit."""
    neutral = linear.trafo_a[:, :, cases].sum(axis=1)
    turn = np.exp(-1j * _NEUTRAL_DIRECTIONS) / limit_a
    coefficient = (turn[:, None, None] * neutral.T[None]).real
    constant = np.repeat((turn * linear.trafo0_a.sum()).real[:, None], len(cases), axis=1)
    return _rows(coefficient, constant, np.broadcast_to(group, constant.shape))


def voltage_rows(
    linear: LinearModel,
    case: int,
    group: int,
    gates: list[tuple[int, int]],
    band_v: tuple[float, float],
) -> Rows:
    """Rows of the voltage drop at sites, each counting with the choice that connects there.

    ``gates`` are pairs (choice or -1, site); ``band_v`` nominal and lowest allowed voltage [V].
    """
    nominal_v, low_v = band_v
    site = np.array([pair[1] for pair in gates])
    toward = np.conj(linear.e_v[site]) / np.abs(linear.e_v[site])
    drop = (toward[:, None] * linear.z_ohm[site]) @ linear.site_current_a[:, :, case].T
    scale = nominal_v - low_v
    return Rows(
        coefficient=drop.real / scale,
        constant=(nominal_v - np.abs(linear.e_v[site])) / scale,
        group=np.full(len(gates), group),
        gate=np.array([pair[0] for pair in gates]),
    )


def joined(parts: list[Rows]) -> Rows:
    """All rows in one."""
    return Rows(
        coefficient=np.concatenate([part.coefficient for part in parts]),
        constant=np.concatenate([part.constant for part in parts]),
        group=np.concatenate([part.group for part in parts]),
        gate=np.concatenate([part.gate for part in parts]),
    )


def _rows(coefficient: FloatArray, constant: FloatArray, group: IntArray) -> Rows:
    flat = constant.size
    return Rows(
        coefficient=coefficient.reshape(flat, -1),
        constant=constant.reshape(flat),
        group=np.asarray(group).reshape(flat).astype(np.int64),
        gate=np.full(flat, -1),
    )


def composite(levels: FloatArray, hinged: np.ndarray, n_moved: IntArray) -> FloatArray:
    """The objective (labelling,) in limits: violations left, level, moves."""
    left = np.where(hinged, np.maximum(levels - 1, 0), 0).sum(axis=1)
    weighted = _LEFT * left + _LEVEL * levels.sum(axis=1)
    return np.asarray((weighted + _MOVE * n_moved * 10 / _SCALE) / _LEVEL)


def solve_milp(
    rows: Rows,
    units: MovableUnits,
    hinged: np.ndarray,
    *,
    max_moves: int,
    hint: IntArray,
    seconds: float,
    seed: int,
) -> MilpResult:
    """Solve the exact model.

    Parameters
    ----------
    rows : all rows
    hinged : bool (group,) -- groups whose level above 1 is a violation that moves are to cure
    max_moves : at most so many units leave today's choice
    hint : a labelling (unit,) to start from
    seconds : time limit; the search mostly ends by ``_EFFORT``, the same on every machine
    """
    from ortools.sat.python import cp_model

    model, x = _cp_model(rows, units, hinged, max_moves, hint)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.05, seconds)
    solver.parameters.max_deterministic_time = _EFFORT
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.relative_gap_limit = _GAP
    # dense rows: presolve takes longer than the search, and the relaxation carries it
    solver.parameters.cp_model_presolve = False
    solver.parameters.linearization_level = 2
    status = solver.solve(model)
    bound = solver.best_objective_bound / (_LEVEL * _SCALE)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        moved = np.array([len(units.moved(hint))])
        value = composite(rows.levels_of(units, hint, len(hinged))[None], hinged, moved)[0]
        return MilpResult(labelling=hint, value=float(value), bound=bound, proven=False)
    chosen = np.array([k for k, variable in enumerate(x) if solver.boolean_value(variable)])
    return MilpResult(
        labelling=chosen[np.argsort(units.choice_unit[chosen])],
        value=solver.objective_value / (_LEVEL * _SCALE),
        bound=bound,
        proven=status == cp_model.OPTIMAL,
    )


def _cp_model(
    rows: Rows, units: MovableUnits, hinged: np.ndarray, max_moves: int, hint: IntArray
) -> tuple[Any, list[Any]]:
    """The model for CP-SAT, with its hint, and its binaries (choice,)."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(len(units.choice_unit))]
    for unit in range(len(units)):
        model.add_exactly_one(x[choice] for choice in units.choices(unit))
    staying = set(units.today.tolist())
    moves = sum(variable for choice, variable in enumerate(x) if choice not in staying)
    model.add(moves <= max_moves)
    weights = np.rint(_SCALE * rows.coefficient).astype(np.int64)
    constants = np.rint(_SCALE * rows.constant).astype(np.int64)
    reach = int(np.abs(weights).sum(axis=1).max() + np.abs(constants).max()) + _SCALE
    level = [model.new_int_var(0, reach, "") for _ in hinged]
    left = [model.new_int_var(0, reach, "") for _ in hinged]
    for row, group in enumerate(rows.group.tolist()):
        value = cp_model.LinearExpr.weighted_sum(x, weights[row].tolist()) + int(constants[row])
        constraint = model.add(value <= level[group])
        if rows.gate[row] >= 0:
            constraint.only_enforce_if(x[rows.gate[row]])
    reached = np.ceil(_SCALE * rows.levels_of(units, hint, len(hinged))).astype(int) + len(x)
    for group, hinge in enumerate(hinged):
        model.add(left[group] >= level[group] - _SCALE if hinge else left[group] == 0)
        model.add_hint(level[group], int(reached[group]))
        model.add_hint(left[group], max(0, int(reached[group]) - _SCALE) if hinge else 0)
    started = set(hint.tolist())
    for choice, variable in enumerate(x):
        model.add_hint(variable, choice in started)
    model.minimize(_LEFT * sum(left) + _LEVEL * sum(level) + 10 * _MOVE * moves)
    return model, x
