"""Connection requests: judged by the rules, phase by phase, after moves, and what is lacking."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridplan.assessment.rules import assess
from gridplan.demand.pending import PendingConnection
from gridplan.errors import StudyError
from gridplan.measures.connection import answer_connection
from gridplan.measures.measure import Area
from gridplan.measures.request import (
    LOAD_PROFILES,
    drawing,
    load_profile,
    phases_to_try,
    with_connection,
)
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.shortage import lack_of
from gridplan.powerflow.sweep import run_sweep
from tests.unit.measures.festival import LIMITS, N_DAY, PER_DAY, demand, village

LEVEL = {"s": 1.2}
SETTINGS = MeasureSettings(worst_days=3, time_limit_s=5)


def request(kw: float, phases: str = "a", node: str = "n3", **changes: object) -> PendingConnection:
    """A load at a pole."""
    values: dict[str, object] = {
        "name": "new", "network": "village", "node": node, "kw": kw, "phases": phases,
    }  # fmt: skip
    return PendingConnection(**{**values, **changes})


def pole(number: int) -> str:
    return str(village().nodes.name[number])


def test_it_draws_in_its_hours_and_nobody_else_draws_anything_else() -> None:
    today = village()
    area = Area(feeder=today, demand=demand(today, LEVEL))
    one = request(3.0, "abc", pole(3), first=4 * 22, last=4 * 6, power_factor=0.8)
    then = with_connection(area, one)
    assert then.feeder.customers.id[-1] == "new"
    assert then.feeder.customers.phase[-1] == "abc"
    before, after = area.demand.block(1, 3), then.demand.block(1, 3)
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(new[:, :-1], old)
    own_kw, own_kvar = (part[0, -1, 0] for part in after)
    hour = np.tile(np.arange(PER_DAY) / 4, N_DAY)
    assert np.array_equal(own_kw > 0, (hour >= 22) | (hour < 6))
    assert set(own_kw.tolist()) == {0.0, 3.0}
    assert own_kvar == pytest.approx(0.75 * own_kw)


def test_profiles_have_hours_and_power_factors_that_can_be_overruled() -> None:
    assert LOAD_PROFILES["flat"].last - LOAD_PROFILES["flat"].first == PER_DAY
    changed = load_profile("heater", (8, 12), 0.7)
    assert (changed.first, changed.last, changed.power_factor) == (8, 12, 0.7)
    assert load_profile("heater") == LOAD_PROFILES["heater"]
    drawn = demand(village(), LEVEL)
    evening = drawing(drawn, request(1.0, first=4 * 17, last=4 * 23))
    assert evening.sum() == N_DAY * 24


def test_the_answer_is_that_of_an_assessment_of_the_feeder_with_the_load() -> None:
    """Granted and refused by the rules, over all draws, whatever was tried first."""
    today = village()
    drawn = demand(today, LEVEL)
    before = assess(today, run_sweep(today, drawn), LIMITS)
    seen = set()
    for kw in (0.3, 2.0, 12.0):
        one = request(kw, "c", pole(3))
        answer = answer_connection(today, drawn, one, LIMITS, SETTINGS, max_moves=0)
        then = with_connection(Area(feeder=today, demand=drawn), one)
        after = assess(then.feeder, run_sweep(then.feeder, then.demand), LIMITS)
        broken = [
            item
            for item in after
            if item.tier == "act"
            and item.probability > max(SETTINGS.accept_probability, before.probability(item.key))
        ]
        assert answer.granted == (not broken), kw
        seen.add(answer.granted)
        if answer.granted:
            assert answer.chosen is not None
            assert answer.chosen.whole
            assert answer.sentence.startswith("yes on phase c")
    assert seen == {True, False}


def test_another_phase_is_offered_where_the_first_one_has_no_room() -> None:
    today = village()
    drawn = demand(today, {"s": 2.0})
    sweep = run_sweep(today, drawn)
    order = phases_to_try(today, sweep, pole(3), "a")
    assert order[0] == "a"
    assert order[1:] == tuple(x for x in phases_to_try(today, sweep, pole(3), None) if x != "a")
    assert phases_to_try(today, sweep, pole(3), "abc") == ("abc",)
    answer = answer_connection(
        today, drawn, request(1.0, "a", pole(3)), LIMITS, SETTINGS, phases=order, max_moves=0
    )
    assert answer.granted
    assert answer.connection.phases in ("b", "c"), "five of nine homes are on phase a"
    assert answer.trials[0].phases == "a"


def test_moves_make_room() -> None:
    """The homes are on phase a: two of them moved make room for a load on it."""
    today = village()
    drawn = demand(today, {"s": 1.6})
    one = request(2.2, "a", pole(2))
    without = answer_connection(today, drawn, one, LIMITS, SETTINGS, max_moves=0)
    assert not without.granted
    answer = answer_connection(today, drawn, one, LIMITS, SETTINGS, max_moves=2)
    assert answer.granted, answer.sentence
    assert answer.chosen is not None
    assert 1 <= len(answer.chosen.moves) <= 2
    assert all(move.unit != "new" for move in answer.chosen.moves)
    assert "after" in answer.sentence
    record = answer.to_record()
    assert record["granted"]
    assert len(record["moves"]) == len(answer.chosen.moves)


def test_a_refusal_says_what_is_lacking_and_what_there_is_room_for() -> None:
    today = village()
    drawn = demand(today, LEVEL)
    answer = answer_connection(
        today, drawn, request(15.0, "a", pole(2)), LIMITS, SETTINGS, max_moves=0
    )
    assert not answer.granted
    assert answer.sentence.startswith("no: with 15 kW")
    assert "short of" in answer.sentence
    assert "there is room for about" in answer.sentence
    assert answer.room_kw is not None
    room = answer.room_kw["a"]
    assert 0 < room < 15
    small = request(0.95 * room, "a", pole(2))
    assert answer_connection(today, drawn, small, LIMITS, SETTINGS, max_moves=0).granted


def test_a_load_that_cannot_be_delivered_is_refused_without_a_sweep() -> None:
    today = village()
    drawn = demand(today, LEVEL)
    answer = answer_connection(today, drawn, request(400.0, "a", pole(5)), LIMITS, SETTINGS)
    assert not answer.granted
    (trial,) = answer.trials
    assert not trial.swept
    assert trial.lacks[0].kind == "no_solution"
    assert trial.lacks[0].unit == "kW"
    assert 350 < trial.lacks[0].short < 400


def test_the_transformer_lacks_what_it_is_short_of() -> None:
    """With an overload of every draw: that of the draw that decides, in kVA, over its rating."""
    today = village()
    drawn = demand(today, {"s": 6.0})
    sweep = run_sweep(today, drawn)
    findings = {item.kind.value: item for item in assess(today, sweep, LIMITS)}
    lack = lack_of(findings["overload"], today, sweep, today=0.0, accepted=0.05)
    runs = np.lib.stride_tricks.sliding_window_view(sweep.s_kva[0], 8, axis=-1)
    expected = runs.min(axis=-1).max(axis=-1).max() - 30.0
    assert lack.unit == "kVA"
    assert lack.short == pytest.approx(expected, rel=1e-6)
    amps = lack_of(findings["phase_overload"], today, sweep, today=0.0, accepted=0.05)
    assert amps.unit == "A"
    assert amps.short > 0
    volts = lack_of(findings["low_voltage"], today, sweep, today=0.0, accepted=0.05)
    assert volts.unit == "V"
    worst = 198.0 - np.nanmin(sweep.customer_v_min_v[0])
    assert 0 < volts.short <= worst + 1e-3


def test_an_element_lacks_ampere() -> None:
    today = village()
    lines = replace(today.lines, ampacity_a=np.full(len(today.lines), 10.0))
    weak = replace(today, lines=lines)
    drawn = demand(weak, {"s": 3.0})
    sweep = run_sweep(weak, drawn)
    item = next(one for one in assess(weak, sweep, LIMITS) if one.kind == "current_limit")
    lack = lack_of(item, weak, sweep, today=0.0, accepted=0.05)
    assert lack.unit == "A"
    assert lack.place.startswith("line ")
    highest = np.nanmax(sweep.element_max_percent) / 100 * 10.0 - 10.0
    assert 0 < lack.short <= highest + 1e-3


def test_a_node_that_is_not_there_is_refused() -> None:
    today = village()
    with pytest.raises(StudyError, match="has no node"):
        answer_connection(today, demand(today, LEVEL), request(1.0, "a", "nowhere"), LIMITS)
