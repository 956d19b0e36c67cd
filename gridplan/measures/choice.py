"""Which option is recommended, and which are dominated: over cost, time and effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gridplan.assessment.findings import Kind
from gridplan.measures.trial import Key, MeasureResult

#: Differences of cost [CNY], lead time [d] and expected broken rules that count as none.
_CNY, _DAYS, _RULES = 0.5, 0.01, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The recommended option of one scenario.

    Attributes
    ----------
    scenario : its name
    label : of the option, None where no option that can be ordered leaves nothing to act on
    action : its heaviest step, "none" where nothing is to do, "beyond" without an option
    reason : why, in one sentence
    """

    scenario: str
    label: str | None
    action: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasureTable:
    """Every option that was tried, and what is recommended per scenario.

    Attributes
    ----------
    results : options, the cheapest first
    choices : one per scenario
    """

    results: tuple[MeasureResult, ...]
    choices: tuple[Choice, ...]

    def __iter__(self) -> Iterator[MeasureResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __repr__(self) -> str:
        chosen = "; ".join(f"{one.scenario}: {one.label or one.action}" for one in self.choices)
        return f"<MeasureTable: {len(self)} options: {chosen}>"

    def result(self, label: str) -> MeasureResult:
        """The option with a label; ``KeyError`` where there is none."""
        for item in self.results:
            if item.label == label:
                return item
        raise KeyError(label)

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "recommendations": [asdict(choice) for choice in self.choices],
            "measures": [result.to_record() for result in self.results],
        }


def recommendable(result: MeasureResult, scenario: str, days_left: float | None) -> bool:
    """Whether an option clears a scenario, can be ordered in time, and spoils nothing there.

    Spoiled is what is to act on and likelier than today, and a voltage that becomes too high: a tap
    that heals the evening may break the upper limit the same night.
    """
    in_time = days_left is None or result.outlay.lead_days <= days_left
    clears = result.clears(scenario) and not result.open_question
    return clears and in_time and not spoiled(result, scenario)


def spoiled(result: MeasureResult, scenario: str) -> tuple[Key, ...]:
    """Findings of a scenario that the option makes likelier than today and than is accepted."""
    left = {item.key for item in result.remaining[scenario]}
    return tuple(
        key
        for key in result.rises
        if key[1] == scenario
        and result.probabilities[key][1] > result.accept_probability
        and (key in left or key[0] == Kind.HIGH_VOLTAGE.value)
    )


def ranked(
    results: Sequence[MeasureResult], scenario: str, days_left: float | None
) -> list[MeasureResult]:
    """The recommendable options of a scenario, best first.

    What stays before what is taken away and paid again next year; then the cheapest, the soonest,
    the least work.
    """
    fitting = [item for item in results if recommendable(item, scenario, days_left)]
    return sorted(
        fitting,
        key=lambda item: (
            not item.lasts,
            item.outlay.cost_cny,
            item.outlay.lead_days,
            item.outlay.crew_h,
        ),
    )


def choice_of(results: Sequence[MeasureResult], scenario: str, days_left: float | None) -> Choice:
    """The recommendation for one scenario, with its reason."""
    fitting = ranked(results, scenario, days_left)
    if not fitting:
        return Choice(scenario=scenario, label=None, action="beyond", reason=_beyond(
            results, scenario, days_left))  # fmt: skip
    best = fitting[0]
    if best.action == "none":
        reason = "nothing is likelier than the study accepts"
    else:
        reason = f"{_standing(best, fitting)} nothing to act on: {_takes(best)}"
        if len(fitting) > 1:
            other = fitting[1]
            reason += f"; next {other.label}, {other.outlay.cost_cny:,.0f} CNY"
    return Choice(scenario=scenario, label=best.label, action=best.action, reason=reason)


def _standing(best: MeasureResult, fitting: Sequence[MeasureResult]) -> str:
    """How the best option stands among those that are enough."""
    alike = sum(item.lasts == best.lasts for item in fitting)
    if alike == 1:
        return "the only lasting option that leaves" if best.lasts else "the only one that leaves"
    kind = "lasting options" if best.lasts else "options, none of them lasting,"
    return f"the cheapest of {alike} {kind} that leave"


def _takes(result: MeasureResult) -> str:
    """Cost, work and time of an option in words."""
    outlay = result.outlay
    words = (
        f"{outlay.cost_cny:,.0f} CNY, {outlay.crew_h:.1f} crew hours, "
        f"{outlay.lead_days:.0f} day{'s' if outlay.lead_days != 1 else ''} to prepare"
    )
    return f"{words}, back by {result.revert_by}" if result.revert_by else words


def _beyond(results: Sequence[MeasureResult], scenario: str, days_left: float | None) -> str:
    """What comes nearest where nothing is enough, or why what is enough does not count."""
    late = [item for item in results if recommendable(item, scenario, None)]
    if late and days_left is not None:
        first = min(late, key=lambda item: item.outlay.lead_days)
        return (
            f"{first.label} would do, but takes {first.outlay.lead_days:.0f} days and "
            f"{days_left:g} are left"
        )
    spoiling = [item for item in results if item.clears(scenario) and spoiled(item, scenario)]
    asking = [item for item in results if item.clears(scenario) and item.open_question]
    nearest = min(results, key=lambda item: item.broken_rules(scenario))
    reason = (
        f"nothing tried is enough; {nearest.label} comes nearest, with "
        f"{nearest.broken_rules(scenario):.2f} broken rules expected"
    )
    if asking:
        reason = f"{asking[0].label} would do, but {asking[0].open_question}"
    elif spoiling:
        kind, _, element = spoiled(spoiling[0], scenario)[0]
        words = kind.replace("_", " ")
        reason = f"{spoiling[0].label} would do, but brings {words} on {element}"
    return reason


def with_domination(results: Sequence[MeasureResult]) -> tuple[MeasureResult, ...]:
    """The options with what dominates them: no dearer, no later, nowhere more to act on.

    An option that stands on an open question, or that spoils something, dominates none that does
    not; one that is taken away after the festival, and paid again for the next, none that stays.
    """
    return tuple(replace(item, dominated_by=_dominating(results, item)) for item in results)


def _spoils(result: MeasureResult) -> bool:
    """Whether an option spoils something in any scenario."""
    return any(spoiled(result, scenario) for scenario in result.scenarios)


def _dominating(results: Sequence[MeasureResult], item: MeasureResult) -> str | None:
    return next((other.label for other in results if _dominates(other, item)), None)


def _dominates(other: MeasureResult, item: MeasureResult) -> bool:
    """Whether an option is at least as good as another in everything, and better in something."""
    weaker = (
        (other.open_question and not item.open_question)
        or (item.lasts and not other.lasts)
        or (_spoils(other) and not _spoils(item))
    )
    if other is item or weaker:
        return False
    pairs = [
        (other.outlay.cost_cny, item.outlay.cost_cny, _CNY),
        (other.outlay.lead_days, item.outlay.lead_days, _DAYS),
        *((other.broken_rules(name), item.broken_rules(name), _RULES) for name in item.scenarios),
    ]
    no_worse = all(one <= two + slack for one, two, slack in pairs)
    return no_worse and any(one < two - slack for one, two, slack in pairs)
