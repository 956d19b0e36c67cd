"""What a manager reads in a minute: what to do, until when, what it takes, what remains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridplan.report.phrases import said
from gridplan.report.tables import number, percent, rule_words, scenario_words

if TYPE_CHECKING:
    from gridplan.measures.choice import Choice
    from gridplan.measures.trial import MeasureResult
    from gridplan.outcome import Precision
    from gridplan.plan import Plan, Verdict
    from gridplan.report.words import Words


def verdict_words(plan: Plan, words: Words) -> str:
    """The verdict of the whole study in one sentence."""
    if not plan.verdicts:
        return plan.verdict
    grouped: dict[str, list[str]] = {}
    for one in plan.verdicts:
        names = grouped.setdefault(said(one.sentence, words), [])
        names.append(scenario_words(one.scenario, words))
    if len(grouped) == 1:
        return next(iter(grouped))
    return words("and_then").join(
        words("verdict_of", scenarios=words("and_also").join(names), sentence=sentence)
        for sentence, names in grouped.items()
    )


def minute_rows(plan: Plan, words: Words) -> list[dict[str, Any]]:
    """One row per scenario, the study's first one first."""
    chosen = {choice.scenario: choice for choice in plan.measures.choices}
    return [_row(plan, verdict, chosen.get(verdict.scenario), words) for verdict in plan.verdicts]


def _row(plan: Plan, verdict: Verdict, choice: Choice | None, words: Words) -> dict[str, Any]:
    """What one scenario asks for; dashes where no option is recommended."""
    option = _result(plan, choice)
    base = {
        "scenario": scenario_words(verdict.scenario, words),
        "action": verdict.action,
        "sentence": said(verdict.sentence, words),
        "reason": said(choice.reason if choice else verdict.reason, words),
    }
    if option is None:
        return {**base, **_without(words)}
    outlay = option.outlay
    nothing = option.action == "none"
    return {
        **base,
        "order_by": option.order_by or ("–" if nothing else words("do_until_none")),
        "until_note": "" if nothing else words("do_until_note", days=f"{outlay.lead_days:.0f}"),
        "back": words("do_back", date=option.revert_by) if option.revert_by else "",
        "cost": f"{outlay.cost_cny:,.0f}",
        "cost_value": words("do_cost_value", cost=f"{outlay.cost_cny:,.0f}"),
        "cost_note": words("do_cost_nothing")
        if nothing
        else words(
            "do_cost_note",
            hours=number(outlay.crew_h),
            out=number(outlay.outage_customer_h),
            placeholder=f"{outlay.placeholder_percent:.0f}",
        ),
        "crew_h": number(outlay.crew_h),
        **_remaining(option, verdict.scenario, words),
        **_gains(plan, option, verdict.scenario, words),
    }


def _result(plan: Plan, choice: Choice | None) -> MeasureResult | None:
    """The recommended option of a scenario; None where nothing is recommended."""
    if choice is None or choice.label is None:
        return None
    return next((item for item in plan.measures if item.label == choice.label), None)


def _without(words: Words) -> dict[str, str]:
    """The cells of a scenario in which nothing that was tried is enough."""
    dashes = dict.fromkeys(("order_by", "cost", "cost_value", "crew_h"), "–")
    blanks = dict.fromkeys(("until_note", "back", "cost_note", "remains_note"), "")
    return {**dashes, **blanks, "remains": words("remains_unknown"), **_NO_GAINS}


_NO_GAINS = {"gains": "–", "gains_note": ""}


def _remaining(option: MeasureResult, scenario: str, words: Words) -> dict[str, str]:
    """What is still to act on with the option, likelier than the study accepts."""
    left = option.remaining.get(scenario, ())
    if not left:
        accepted = percent(option.accept_probability)
        return {
            "remains": words("remains_none"),
            "remains_note": words("remains_none_note", percent=accepted),
        }
    named = (f"{rule_words(item.kind.value, words)} {percent(item.probability)}" for item in left)
    return {"remains": words("remains_some", n=len(left)), "remains_note": "; ".join(named)}


def _gains(plan: Plan, option: MeasureResult, scenario: str, words: Words) -> dict[str, str]:
    """Key figures of the scenario today and with the option."""
    today = plan.before.headline.by_scenario.get(scenario)
    later = option.headline.get(scenario)
    if today is None or later is None:
        return _NO_GAINS
    pairs = {
        name: (number(today.get(name)), number(later.get(name)))
        for name in ("peak_loading_percent", "lowest_voltage_v", "peak_neutral_percent")
    }
    load, volts, neutral = pairs.values()
    return {
        "gains": words("gains_value", before=load[0], after=load[1]),
        "gains_note": words(
            "gains_note", before=volts[0], after=volts[1], n_before=neutral[0], n_after=neutral[1]
        ),
    }


def precision_words(precision: Precision, words: Words) -> str:
    """How precisely probabilities of overloads are known."""
    if precision.finding is None:
        what = words("precision_never")
    else:
        kind, scenario, _ = precision.finding
        what = words(
            "precision_what",
            kind=said(kind.replace("_", " "), words),
            scenario=scenario_words(scenario, words),
        )
    known = {"half": f"{precision.half_width:.2g}", "draws": f"{precision.draws:,}", "what": what}
    if precision.wanted is None:
        return words("precision_unasked", **known)
    known["wanted"] = f"{precision.wanted:g}"
    if precision.reached:
        return words("precision_reached", **known)
    return words("precision_missed", most=f"{precision.max_draws:,}", **known)
