"""The fewest moves that leave least over the limits and make no finding likelier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gridplan.assessment.findings import Finding, Kind
from gridplan.frozen import BoolArray, IntArray
from gridplan.measures.descent import Candidate, Search
from gridplan.measures.electrician import equal_homes
from gridplan.measures.fieldorder import field_order
from gridplan.measures.pareto import WORTH_SHARE, knee_of
from gridplan.measures.peaks import merged, peak_cases
from gridplan.measures.problem import Point, Problem, Solution, places
from gridplan.measures.yardstick import Row, Yardstick, left_over
from gridplan.network.customers import PhaseMove

#: ``check(moves)`` -> findings that are likelier than today in a sweep over all cases.
Check = Callable[[tuple[PhaseMove, ...]], tuple[Finding, ...]]

#: How often a proposal is checked before none is made.
_CHECKS = 5
#: What of the effort is left for the search after a check.
_AGAIN = 0.5
#: Labellings for which a safe order of the outage windows is looked for.
_ORDERED = 4

_ROW_OF: dict[Kind, Row] = {
    Kind.OVERLOAD: ("load_rate", ""),
    Kind.HEAVY_LOAD: ("heavy", ""),
    Kind.SERIOUS_OVERLOAD: ("serious", ""),
    Kind.PHASE_PEAK: ("phase_peak", ""),
    Kind.NEUTRAL_OVERLOAD: ("neutral", ""),
    Kind.UNBALANCE: ("unbalance", ""),
    Kind.VOLTAGE_UNBALANCE: ("unbalance", ""),
    Kind.LOW_VOLTAGE: ("low_voltage", ""),
    Kind.HIGH_VOLTAGE: ("high_voltage", ""),
}


def least_violations(problem: Problem, check: Check | None) -> tuple[Solution, Search]:
    """Search, check by a sweep over all cases, and search on until a proposal stands.

    Where a finding is likelier in the sweep, its rule is watched at levels around its limit, and
    the search goes on from what it has found. Without a sweep the proposal is checked on its own
    peaks, which join the cases.
    """
    effort, total = problem.effort, problem.effort.left
    starts = [_electricians(problem)]
    search = _search(problem)
    for _ in range(_CHECKS):
        search.run(problem.most, starts)
        points = _points(search, problem.most)
        chosen = knee_of(np.array([p.value for p in points]), _counts(problem, points))
        points = _orderly(problem, search, points, chosen)
        labelling = points[chosen].labelling
        if not problem.units.moved(labelling).size:
            return _solution(problem, search, points, chosen), search
        if check is not None:
            with problem.effort.paused():
                risen = check(problem.units.moves(problem.customers, labelling))
            if not risen:
                return _solution(problem, search, points, chosen), search
            strict = search.yardstick.strict | _rows_of(problem, search, risen)
            search.judge_by(Yardstick.of(search.today, strict), labelling)
        else:
            if _stands(problem, labelling):
                return _solution(problem, search, points, chosen), search
            search = _search(problem)
        starts = [labelling]
        effort.left = max(effort.left, _AGAIN * total)
    refused = ["no moves stood the sweep over all cases", _refused(search), _note(problem)]
    note = "; ".join(filter(None, refused))
    return Solution(points=points[:1], chosen=0, note=note), search


def _search(problem: Problem) -> Search:
    today = problem.score(problem.units.today)
    return Search(
        scorer=problem.scorer,
        units=problem.units,
        customers=problem.customers,
        today=today,
        yardstick=Yardstick.of(today),
        effort=problem.effort,
        rng=np.random.default_rng(problem.seed),
    )


def _solution(problem: Problem, search: Search, points: tuple[Point, ...], chosen: int) -> Solution:
    gap = search.scenario_gap_percent(points[chosen].labelling)
    moved = problem.units.moved(points[chosen].labelling).size
    note = "; ".join(filter(None, ["" if moved else _refused(search), _note(problem)]))
    return Solution(points=points, chosen=chosen, scenario_gap_percent=gap, note=note)


def _orderly(
    problem: Problem, search: Search, points: tuple[Point, ...], chosen: int
) -> tuple[Point, ...]:
    """The curve with a chosen point whose moves can be ordered without a worse state between them.

    Of all labellings found that leave about as little with no more moves: the nearest in value, of
    equal ones that with the fewest poles. The curve stays as it is where none can be ordered.
    """
    units, point = problem.units, points[chosen]
    if not chosen:
        return points
    most = len(units.moved(point.labelling))
    ceiling = min(point.value + WORTH_SHARE * points[0].value, points[chosen - 1].value)
    near = [
        one
        for one in search.found.values()
        if not one.rises and one.left <= ceiling and len(units.moved(one.labelling)) <= most
    ]

    def rank(one: Candidate) -> tuple[bool, float, int]:
        is_point = np.array_equal(one.labelling, point.labelling)
        return not is_point, round(one.left, 3), places(problem, one.labelling)[0]

    for one in sorted(near, key=rank)[:_ORDERED]:
        order = field_order(
            problem.feeder, units, one.labelling, lambda state: search.candidate(state).rises
        )
        if not order.worst_after:
            kept = replace(point, labelling=one.labelling, standing=one.standing, value=one.left)
            later = (
                p if p.value < kept.value else replace(kept, max_moves=p.max_moves)
                for p in points[chosen + 1 :]
            )
            return (*points[:chosen], kept, *later)
    return points


def _rows_of(problem: Problem, search: Search, risen: tuple[Finding, ...]) -> BoolArray:
    """The rows that stand for findings (row, scenario)."""
    scenarios = problem.scorer.cases.scenarios
    strict = np.zeros_like(search.yardstick.strict)
    for rule, place, scenario in {(*_row(one), scenarios.index(one.scenario)) for one in risen}:
        for k, named in enumerate(search.yardstick.rows):
            strict[k, scenario] |= named[0] == rule and place in ("", named[1])
    return strict


def _electricians(problem: Problem) -> IntArray:
    occupancy = problem.demand.occupancy.mean(axis=0)
    return equal_homes(problem.customers, problem.units, occupancy, problem.most)


def _points(search: Search, most: int) -> tuple[Point, ...]:
    """The best of each number of moves that makes nothing likelier."""
    best: list[Candidate] = [search.best(k) for k in range(most + 1)]
    return tuple(
        Point(max_moves=k, labelling=one.labelling, standing=one.standing, value=one.left)
        for k, one in enumerate(_falling(best))
    )


def _falling(best: list[Candidate]) -> list[Candidate]:
    """With each further move at most what was left before."""
    kept = best[:1]
    for one in best[1:]:
        kept.append(one if one.left <= kept[-1].left + 1e-12 else kept[-1])
    return kept


def _counts(problem: Problem, points: tuple[Point, ...]) -> IntArray:
    return np.array([len(problem.units.moved(one.labelling)) for one in points])


def _stands(problem: Problem, labelling: IntArray) -> bool:
    """Whether a proposal makes nothing likelier on its own peaks; they join the cases if not."""
    cases = problem.scorer.cases
    if cases.is_snapshot:
        return True
    moved = problem.units.apply(problem.customers, labelling)
    more = peak_cases(problem.scorer.model, moved, problem.demand, problem.scorer.limits)
    problem.look_at(merged(cases, more))
    return not _search(problem).candidate(labelling).rises


def _row(finding: Finding) -> Row:
    """The row that stands for a finding: temperatures and ageing follow the phase currents."""
    if finding.kind is Kind.CURRENT_LIMIT:
        circuit, _, kind = finding.element.rpartition("/")
        return (kind, circuit)
    row = _ROW_OF.get(finding.kind, ("phase", ""))
    return (row[0], finding.element) if row[0].endswith("_voltage") else row


def _note(problem: Problem) -> str:
    """Say when the hard stop ended the search."""
    return "the time limit ended the search" if problem.effort.struck else ""


def _refused(search: Search) -> str:
    """Name the best moves that were not proposed, and what they make likelier.

    Better voltages let homes draw more: a draw at its limit may then break a rule that no choice of
    phases can cure. Whether that is worth it is for the reader to say.
    """
    best = min(search.found.values(), key=lambda one: one.left)
    if best.left >= left_over(search.today) - 1e-9:
        return ""
    worse = ", ".join(best.standing.worse_than(search.today))
    return (
        f"{len(search.units.moved(best.labelling))} moves would leave {best.left:.2g} of "
        f"{left_over(search.today):.2g} over the limits, but are likelier than today to break: "
        f"{worse or 'rules of a sweep over all cases'}"
    )
