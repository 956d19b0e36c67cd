"""The cases of a study that decide how much more a feeder can take.

A rule that asks for some hours is broken by a window of steps. More load moves the worst window of
a draw little. At the transformer the step that is least bad in it decides; behind the busbar, where
many customers and elements may be beyond their limits, all steps of it are looked at. Of the draws
only those count that are near their limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridplan.assessment.durations import steps_of
from gridplan.assessment.limit import Limit
from gridplan.assessment.limits import Limits
from gridplan.frozen import BoolArray, FloatArray, IntArray, own_fields
from gridplan.network.feeder import Transformer
from gridplan.powerflow.results import SweepResult

#: Scenario, draw, step.
Case = tuple[int, int, int]
#: What a case is looked at for: the current of phase a, b or c, ...
PHASE = ("phase a", "phase b", "phase c")
RATE, NEUTRAL, PEAK, VOLTAGE = "rate", "neutral", "peak", "voltage"
#: Directions of the currents of phases a, b, c, as if all had the same power factor.
_TOWARD = np.exp(-2j * np.pi / 3 * np.arange(3))
#: Draws looked at, beyond those that break a rule today or may do so: as many as may, and these.
_MORE_DRAWS = 5
#: Draws of demand that are in memory at a time.
_BLOCK = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecidingCases:
    """Cases that decide, and what for.

    Attributes
    ----------
    scenario, draw : int (case,) -- of each case
    p_kw, q_kvar : float (customer, case) -- what the customers draw today
    roles : per rule at the transformer, bool (case,) -- the case is looked at for it
    windows : int (window, step) -- cases in a row, in which everything behind the busbar is looked
        at: the same customer or element must be beyond its limit in all of them
    n_scenario, n_draw : of the study
    """

    scenario: IntArray
    draw: IntArray
    p_kw: FloatArray
    q_kvar: FloatArray
    roles: dict[str, BoolArray]
    windows: IntArray
    n_scenario: int
    n_draw: int

    def __post_init__(self) -> None:
        case = ("case",)
        own_fields(
            self,
            {
                "scenario": (np.int64, case),
                "draw": (np.int64, case),
                "windows": (np.int64, ("window", "step")),
                "p_kw": (np.float64, ("customer", "case")),
                "q_kvar": (np.float64, ("customer", "case")),
            },
            {},
        )

    def __len__(self) -> int:
        return len(self.draw)

    def lasting(self, beyond: BoolArray) -> BoolArray:
        """Which windows some member is beyond its limit all through, at their first case.

        ``beyond`` is (member, size * case), case by case of each size; the result (size * case,).
        """
        by_size = beyond.reshape(len(beyond), -1, len(self))
        all_through = by_size[:, :, self.windows].all(axis=-1).any(axis=0)
        found = np.zeros(by_size.shape[1:], dtype=bool)
        size, window = np.nonzero(all_through)
        found[size, self.windows[window, 0]] = True
        return found.ravel()

    def probability(self, broken: BoolArray) -> FloatArray:
        """Share of the draws with a broken case (scenario,)."""
        hit = np.zeros((self.n_scenario, self.n_draw), dtype=bool)
        hit[self.scenario[broken], self.draw[broken]] = True
        return np.asarray(hit.mean(axis=1), dtype=np.float64)


def deciding_cases(
    sweep: SweepResult,
    transformer: Transformer,
    limits: Limits,
    *,
    accepted: float,
    drawing: BoolArray,
) -> DecidingCases:
    """Pick the cases of today's sweep that decide about more load.

    Parameters
    ----------
    sweep : today, with its demand
    transformer, limits : whose rules
    accepted : share of the draws that may break a rule
    drawing : bool (step,) -- the steps in which the load would draw; the others do not change
    """
    may_break = int(np.ceil(accepted * sweep.n_draw))
    steps_on = np.flatnonzero(drawing)
    found = []
    for role, values, hours, limit in _series(sweep, transformer, limits):
        window = max(1, min(steps_of(hours, sweep.step_minutes), len(steps_on)))
        near = np.where(sweep.status == 0, values, np.inf)
        near = np.where(np.isnan(near), -np.inf, near)[..., drawing]
        held, start, step = _limiting(near, window)
        taken = start[..., None] + np.arange(window) if role == VOLTAGE else step[..., None]
        found.append((role, held, steps_on[taken], held > limit))
    # a draw that breaks a rule today must be told from one that would break it
    today: dict[str, BoolArray] = {}
    for role, held, _, broken in found:
        group = role.split()[0]
        today[group] = today.get(group, np.zeros(held.shape, dtype=bool)) | broken
    picked: dict[Case, set[str]] = {}
    windows: dict[tuple[Case, ...], None] = {}
    for role, held, steps, _ in found:
        counted = today[role.split()[0]]
        for scenario, of_draws in enumerate(held):
            n_top = max(may_break, int(counted[scenario].sum())) + may_break + _MORE_DRAWS
            for draw in np.argsort(-of_draws, kind="stable")[:n_top].tolist():
                cases = tuple((scenario, draw, step) for step in steps[scenario, draw].tolist())
                for case in cases:
                    picked.setdefault(case, set()).add(role)
                if role == VOLTAGE:
                    windows[cases] = None
    return _drawn(sweep, picked, list(windows))


def _series(
    sweep: SweepResult, transformer: Transformer, limits: Limits
) -> Iterator[tuple[str, npt.NDArray[np.floating], float, float]]:
    """What the rules to act on look at (scenario, draw, step), larger is worse; hours, limit."""
    current, rated_a = sweep.i_phase_a, transformer.rated_a
    neutral = limits.neutral(yyn=transformer.has_yyn_core)
    # everything behind the busbar is looked at over the longer of its rules' hours
    low, hours = limits.low_voltage, limits.current_limit.min_duration_h
    hours = max(hours, low.min_duration_h)
    yield VOLTAGE, -sweep.v_min_v, hours, -low.value
    phase_a = rated_a * limits.phase_overload.value / 100
    for phase in range(3):
        yield VOLTAGE, current[..., phase], hours, np.inf
        yield PHASE[phase], current[..., phase], limits.phase_overload.min_duration_h, phase_a
    if neutral.tier == "act":
        # a load on a phase adds most where the neutral current points its way already
        toward = _TOWARD.astype(np.complex64)
        neutral_a = current @ toward
        for phase in range(3):
            along = (neutral_a * np.conj(toward[phase])).real
            yield NEUTRAL, along, neutral.min_duration_h, np.inf
    rules: tuple[tuple[str, npt.NDArray[np.floating], Limit | None, float], ...] = (
        (RATE, sweep.s_kva, limits.overload, transformer.parallel * transformer.sn_kva),
        (NEUTRAL, sweep.i_neutral_a, neutral, rated_a),
        (PEAK, current.max(axis=-1), limits.phase_peak, rated_a),
    )
    for role, values, limit, rated in rules:
        if limit is not None and limit.tier == "act":
            yield role, values, limit.min_duration_h, rated * limit.value / 100


def _limiting(values: FloatArray, window: int) -> tuple[FloatArray, IntArray, IntArray]:
    """Per draw the highest value held for ``window`` steps, their first, and the limiting one."""
    views = np.lib.stride_tricks.sliding_window_view(values, window, axis=-1)
    lowest = views.min(axis=-1)
    best = lowest.argmax(axis=-1)
    held = np.take_along_axis(lowest, best[..., None], axis=-1)[..., 0]
    inside = np.take_along_axis(views, best[..., None, None], axis=-2)[..., 0, :].argmin(axis=-1)
    return held, best, best + inside


def _drawn(
    sweep: SweepResult, picked: dict[Case, set[str]], windows: list[tuple[Case, ...]]
) -> DecidingCases:
    """The demand of the cases, read block by block."""
    demand = sweep.demand
    if demand is None:
        raise ValueError("the sweep has lost its demand")
    cases = sorted(picked, key=lambda case: case[1])
    scenario, draw, step = (np.array([case[k] for case in cases]) for k in range(3))
    p_kw, q_kvar = (np.empty((len(demand.customer_ids), len(cases))) for _ in range(2))
    for first in range(0, demand.n_draw, _BLOCK):
        last = min(first + _BLOCK, demand.n_draw)
        own = np.flatnonzero((draw >= first) & (draw < last))
        if own.size:
            for whole, part in zip((p_kw, q_kvar), demand.block(first, last), strict=True):
                whole[:, own] = part[scenario[own], :, draw[own] - first, step[own]].T
    roles = {
        role: np.array([role in picked[case] for case in cases], dtype=bool)
        for role in (*PHASE, RATE, NEUTRAL, PEAK)
    }
    number = {case: at for at, case in enumerate(cases)}
    return DecidingCases(
        scenario=scenario,
        draw=draw,
        p_kw=p_kw,
        q_kvar=q_kvar,
        roles=roles,
        windows=np.array([[number[case] for case in window] for window in windows]),
        n_scenario=len(sweep.scenarios),
        n_draw=sweep.n_draw,
    )
