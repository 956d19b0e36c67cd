"""Options found by trying: the least share of flexible load, and combinations of measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gridplan.assessment.findings import Kind
from gridplan.measures.bench import Bench
from gridplan.measures.candidates import Option, Part, together
from gridplan.measures.choice import ranked, spoiled
from gridplan.measures.situation import Situation
from gridplan.measures.staggering import staggering_measures
from gridplan.measures.trial import MeasureResult

#: Combinations tried at most per scenario that no single option clears, of pairs and of triples.
_N_TOGETHER = 4
#: Broken rules that a combination may be expected to leave and still be tried.
_PROMISING = 0.5

Results = dict[Option, MeasureResult]


def least_staggering(bench: Bench, situation: Situation, moves: Option) -> Results:
    """The least share of flexible load that is enough, found by halving; else the largest."""
    shares = staggering_measures(situation)
    if not shares:
        return {}
    low, high = 0, len(shares) - 1
    while low < high:
        middle = (low + high) // 2
        result = bench.tried((*moves, shares[middle]))
        enough = all(result.clears(name) for name in situation.pending)
        low, high = (low, middle) if enough else (middle + 1, high)
    option = (*moves, shares[low])
    return {option: bench.tried(option)}


def tried_together(
    bench: Bench,
    scenario: str,
    moves: Option,
    singles: Sequence[Option],
    known: Mapping[Option, MeasureResult],
) -> Results:
    """Pairs for a scenario that no single option clears, then the best pair with a third.

    The cheapest of those that promise enough come first; it ends with the first that is enough.
    Options that bring a voltage above the band are left out: nothing added takes that away.
    """
    results = dict(known)
    days_left = bench.settings.lead_time_days

    def left_by(option: Option) -> dict[Part, float]:
        items = results[(*moves, *option)].remaining[scenario]
        return {(item.kind.value, item.element): item.probability for item in items}

    joinable = [one for one in singles if not _too_high(results[(*moves, *one)], scenario)]
    left = {option: left_by(option) for option in ((), *joinable)}
    found: list[tuple[float, Option]] = []
    for place, option in enumerate(joinable):
        found += together(joinable[place + 1 :], option, left)
    for _ in range(2):
        tries = _most_promising(bench, found)
        for one in tries:
            option = (*moves, *one)
            if option not in results:
                results[option] = bench.tried(option)
            if ranked([results[option]], scenario, days_left):
                return results
        if not tries:
            break
        best = min(tries, key=lambda one: results[(*moves, *one)].broken_rules(scenario))
        left[best] = left_by(best)
        found = together(joinable, best, left)
    return results


def _most_promising(bench: Bench, found: Sequence[tuple[float, Option]]) -> list[Option]:
    """Of the combinations that should leave little the cheapest and the surest; else the surest."""
    surest = [option for _, option in sorted(found, key=lambda item: item[0])]
    promising = [option for expected, option in found if expected < _PROMISING]
    cheapest = sorted(promising, key=bench.price)[: _N_TOGETHER // 2]
    tries = dict.fromkeys([*cheapest, *surest[: _N_TOGETHER // 2 if promising else 1]])
    return sorted(tries, key=bench.price)


def _too_high(result: MeasureResult, scenario: str) -> bool:
    """Whether an option brings a voltage above the band."""
    return any(key[0] == Kind.HIGH_VOLTAGE.value for key in spoiled(result, scenario))
