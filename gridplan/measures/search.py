"""Local search: neighbours of a labelling, ranked in a fast model, decided by exact power flows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.effort import Effort
from gridplan.measures.linear import linear_model, loss_form
from gridplan.measures.scoring import Scorer
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import Customers

#: Neighbours that the fast model thinks best and that are solved exactly: at least so many, and
#: more while they come to no more cases than this, or than this number of neighbours.
_EXACT_NEIGHBOURS, _EXACT_CASES, _EXACT_MOST = 30, 1500, 200
#: A step counts as better by this relative margin.
_BETTER = 1e-6
#: Random starts of the search for least losses, besides today's labelling.
_STARTS = 60
#: Labellings that the quadratic model finds best and from which exact descents start.
_EXACT_STARTS = 6
#: Cases with the highest losses that the search for least losses works on.
_LOSS_CASES = 24


def steps_from(units: MovableUnits, labelling: IntArray, max_moves: int) -> IntArray:
    """Steps (step, 2) to labellings that differ in one or two units and keep to ``max_moves``.

    A step makes two choices, which are the same one when a single unit changes.
    """
    other = np.flatnonzero(labelling[units.choice_unit] != np.arange(len(units.choice_unit)))
    return steps_among(units, labelling, other, max_moves)


def steps_among(
    units: MovableUnits, labelling: IntArray, other: IntArray, max_moves: int
) -> IntArray:
    """Steps that make one or two of the choices ``other``, which differ from the labelling's."""
    unit = units.choice_unit[other]
    is_move = (other != units.today[unit]).astype(np.int64)
    was_move = (labelling[unit] != units.today[unit]).astype(np.int64)
    more = is_move - was_move
    moved = len(units.moved(labelling))
    first, second = np.triu_indices(len(other), 0)
    single = first == second
    grown = moved + more[first] + np.where(single, 0, more[second])
    valid = (single | (unit[first] != unit[second])) & (grown <= max_moves)
    return np.stack([other[first[valid]], other[second[valid]]], axis=1)


def take(units: MovableUnits, labelling: IntArray, step: IntArray) -> IntArray:
    """The labelling (unit,) after a step (2,)."""
    after = labelling.copy()
    after[units.choice_unit[step]] = step
    return after


def _losses_after(
    gram: FloatArray, units: MovableUnits, labelling: IntArray, steps: IntArray
) -> FloatArray:
    """Losses of the quadratic model after steps (step, 2) away from a labelling."""
    value = gram[np.ix_(labelling, labelling)].sum()
    pull = gram[:, labelling].sum(axis=1)
    old = labelling[units.choice_unit]
    index = np.arange(len(old))
    single = 2 * (pull - pull[old]) + gram[index, index] - 2 * gram[index, old] + gram[old, old]
    first, second = steps.T
    a, b = old[first], old[second]
    cross = gram[first, second] - gram[first, b] - gram[a, second] + gram[a, b]
    return np.asarray(
        value + single[first] + np.where(first == second, 0, single[second] + 2 * cross)
    )


def _exact_neighbours(n_case: int) -> int:
    """How many neighbours are solved exactly on so many cases."""
    return max(_EXACT_NEIGHBOURS, min(_EXACT_MOST, _EXACT_CASES // max(1, n_case)))


def descend(
    gram: FloatArray, units: MovableUnits, labelling: IntArray, max_moves: int
) -> tuple[IntArray, float]:
    """Descend in the quadratic loss model by single moves and pair swaps."""
    value = float(gram[np.ix_(labelling, labelling)].sum())
    while True:
        steps = steps_from(units, labelling, max_moves)
        if not len(steps):
            return labelling, value
        values = _losses_after(gram, units, labelling, steps)
        best = int(np.argmin(values))
        if values[best] >= value - _BETTER * abs(value):
            return labelling, value
        labelling, value = take(units, labelling, steps[best]), float(values[best])


def least_losses(
    scorer: Scorer,
    units: MovableUnits,
    customers: Customers,
    *,
    max_moves: int,
    seed: int,
    effort: Effort,
) -> IntArray:
    """The labelling (unit,) with the least losses that was found from many starts.

    Descends in the quadratic model from today's and random labellings, then by exact power flows
    from the best few.
    """
    before = scorer.flows(customers)
    loss = np.where(before.converged, before.loss_kw, np.inf)
    chosen = np.sort(np.argsort(-loss, kind="stable")[:_LOSS_CASES])
    cases = scorer.cases
    linear = linear_model(
        scorer.model, customers, units, cases.p_kw[:, chosen], cases.q_kvar[:, chosen]
    )
    gram = loss_form(scorer.model, linear)
    rng = np.random.default_rng(seed)
    found = {}
    for start in range(_STARTS + 1):
        labelling = units.today.copy() if start == 0 else _random_start(units, rng, max_moves)
        labelling, value = descend(gram, units, labelling, max_moves)
        found[labelling.tobytes()] = (value, start, labelling)
        effort.spend(len(units.choice_unit) ** 2)
        if effort.over:
            break

    def exact(one: IntArray) -> float:
        effort.spend(len(chosen) * len(customers))
        flows = scorer.flows(units.apply(customers, one), chosen)
        return float(np.where(flows.converged, flows.loss_kw, np.inf).mean())

    best, least = units.today, exact(units.today)
    for _, _, start_from in sorted(found.values(), key=lambda item: item[:2])[:_EXACT_STARTS]:
        one, value = _descend_exactly(
            exact, gram, units, start_from, max_moves, _exact_neighbours(len(chosen)), effort
        )
        if value < least * (1 - _BETTER):
            best, least = one, value
    return best


def _random_start(units: MovableUnits, rng: np.random.Generator, max_moves: int) -> IntArray:
    """Random choices for at most ``max_moves`` units."""
    labelling = units.today.copy()
    for unit in rng.permutation(units.movable)[:max_moves]:
        labelling[unit] = rng.choice(units.choices(int(unit)))
    return labelling


def _descend_exactly(
    exact: Callable[[IntArray], float],
    gram: FloatArray,
    units: MovableUnits,
    labelling: IntArray,
    max_moves: int,
    most: int,
    effort: Effort,
) -> tuple[IntArray, float]:
    """Descend by exact losses over the ``most`` neighbours that the quadratic model ranks best."""
    value = exact(labelling)
    while not effort.over:
        steps = steps_from(units, labelling, max_moves)
        fast = _losses_after(gram, units, labelling, steps)
        ranked = steps[np.argsort(fast, kind="stable")[:most]]
        shortlist = [take(units, labelling, step) for step in ranked]
        values = [exact(one) for one in shortlist]
        best = int(np.argmin(values)) if values else -1
        if best < 0 or values[best] >= value * (1 - _BETTER):
            break
        labelling, value = shortlist[best], values[best]
    return labelling, value
