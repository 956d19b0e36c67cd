"""Recommendation and domination, on results made by hand."""

from __future__ import annotations

from gridplan.assessment.findings import Finding, Kind
from gridplan.assessment.limits import limits_named
from gridplan.measures.choice import MeasureTable, choice_of, ranked, with_domination
from gridplan.measures.costs import Outlay
from gridplan.measures.trial import MeasureResult

LIMITS = limits_named("cn-default")


def finding(probability: float, kind: Kind = Kind.LOW_VOLTAGE, element: str = "F1") -> Finding:
    return Finding(
        kind=kind, scenario="s", element=element, phase=None, tier="act", probability=probability,
        probability_low=0.0, probability_high=1.0, first=None, worst_at=None, longest_h=1.0,
        worst=190.0, typical=195.0, limit=LIMITS.low_voltage, evidence={},
    )  # fmt: skip


def option(
    label: str, cost_cny: float, left: float = 0.0, *, lead_days: float = 1.0, **more: object
) -> MeasureResult:
    """An option that leaves low voltage with a probability."""
    items = (finding(left),) if left else ()
    key = ("low_voltage", "s", "F1")
    values: dict[str, object] = {
        "action": "tap" if label != "nothing" else "none",
        "parts": (),
        "remaining": {"s": items},
        "cleared": {"s": ()},
        "probabilities": {key: (0.5, left)},
        "headline": {"s": {}},
        "rises": (),
        "accept_probability": 0.05,
        "sweep_cases": 1,
        "outlay": Outlay(cost_cny=cost_cny, crew_h=cost_cny / 100, lead_days=lead_days),
    }
    return MeasureResult(label=label, **{**values, **more})


def test_the_cheapest_option_that_is_enough_is_recommended_with_the_next_one() -> None:
    results = [option("nothing", 0, 0.5), option("dear", 900), option("cheap", 100)]
    choice = choice_of(results, "s", None)
    assert (choice.label, choice.action) == ("cheap", "tap")
    assert choice.reason.startswith("the cheapest of 2 lasting options")
    assert "next dear, 900 CNY" in choice.reason


def test_what_stays_goes_before_what_is_paid_again_next_year() -> None:
    truck = option("truck", 50, lasts=False)
    assert choice_of([truck, option("wire", 700)], "s", None).label == "wire"
    alone = choice_of([option("nothing", 0, 0.5), truck], "s", None)
    assert alone.label == "truck"
    assert "only" in alone.reason


def test_days_left_decide_what_can_be_ordered() -> None:
    late, dear = option("late", 10, lead_days=30), option("dear", 900, lead_days=2)
    assert choice_of([late, dear], "s", 20).label == "dear"
    beyond = choice_of([option("nothing", 0, 0.5), late], "s", 20)
    assert beyond.label is None
    assert "30 days and 20 are left" in beyond.reason


def test_an_open_question_and_a_spoiled_finding_keep_an_option_from_being_recommended() -> None:
    swap = option("swap", 10, open_question="no area is named")
    key = ("high_voltage", "s", "F1")
    tap = option("tap", 20, rises=(key,), probabilities={key: (0.0, 0.4)})
    wire = option("wire", 700)
    assert [item.label for item in ranked([swap, tap, wire], "s", None)] == ["wire"]
    nothing = option("nothing", 0, 0.5)
    assert "no area is named" in choice_of([nothing, swap], "s", None).reason
    assert "brings high voltage on F1" in choice_of([nothing, tap], "s", None).reason
    # a rise that the study accepts, or in another scenario, spoils nothing
    rare = option("rare", 20, rises=(key,), probabilities={key: (0.0, 0.04)})
    assert ranked([rare], "s", None)


def test_nothing_is_enough_names_what_comes_nearest() -> None:
    choice = choice_of([option("nothing", 0, 0.9), option("wire", 5, 0.3)], "s", None)
    assert choice.action == "beyond"
    assert "wire comes nearest, with 0.30" in choice.reason


def test_domination_is_over_cost_time_and_every_scenario() -> None:
    nothing, wire = option("nothing", 0, 0.9, lead_days=0), option("wire", 100, 0.2)
    worse = option("worse", 150, 0.3)
    quick = option("quick", 150, 0.3, lead_days=0.2)
    found = {item.label: item.dominated_by for item in with_domination(
        [nothing, wire, worse, quick])}  # fmt: skip
    assert found == {"nothing": None, "wire": None, "worse": "wire", "quick": None}
    both = [
        option(
            label, cost, remaining={"s": (finding(p),), "t": (finding(q),)}
        )
        for label, cost, p, q in (("one", 100, 0.2, 0.4), ("two", 100, 0.4, 0.2))
    ]  # fmt: skip
    assert [item.dominated_by for item in with_domination(both)] == [None, None]


def test_equal_options_do_not_dominate_each_other() -> None:
    twins = [option("a", 100, 0.2), option("b", 100, 0.2)]
    assert [item.dominated_by for item in with_domination(twins)] == [None, None]


def test_what_is_taken_away_or_stands_on_a_question_dominates_nothing_that_is_sound() -> None:
    truck, swap = option("truck", 50, lasts=False), option("swap", 50, open_question="who?")
    key = ("high_voltage", "s", "F1")
    tap = option("tap", 20, rises=(key,), probabilities={key: (0.0, 0.4)})
    wire = option("wire", 100)
    assert [item.dominated_by for item in with_domination([truck, swap, tap, wire])][3] is None


def test_a_comparison_is_a_table_and_gives_plain_values() -> None:
    results = with_domination([option("nothing", 0, 0.9), option("wire", 100)])
    table = MeasureTable(results=results, choices=(choice_of(results, "s", None),))
    assert [item.label for item in table] == ["nothing", "wire"]
    assert len(table) == 2
    record = table.to_record()
    assert record["recommendations"][0]["label"] == "wire"
    assert record["measures"][1]["outlay"]["cost_cny"] == 100
    assert "wire" in repr(table)
