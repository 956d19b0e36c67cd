"""The days on which measures are tried: whole, the worst, and never harsher than all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gridplan.demand.cases import Demand
from gridplan.demand.forecast import forecast_demand
from gridplan.measures.compare import compare_measures
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.worstdays import Days, worst_days
from gridplan.network.reader import read_feeder
from gridplan.powerflow.sweep import run_sweep
from gridplan.study import read_study
from tests.unit.measures.festival import FEAST, LIMITS, N_DAY, PER_DAY, demand, village

ROOT = Path(__file__).parents[3]


def test_days_go_from_the_quiet_morning_to_the_next_and_hold_every_step_once() -> None:
    today = village()
    sweep = run_sweep(today, demand(today, {"s": 2.0}))
    days = Days.of(sweep)
    assert 7 <= days.cut_h <= 12
    assert days.n_day == N_DAY + 1, "the pieces before the first and after the last morning"
    assert days.per_day == PER_DAY + 1
    assert (days.steps[:, -1] == -1).all(), "an idle step after each"
    kept = np.sort(days.steps[days.steps >= 0])
    assert np.array_equal(kept, np.arange(N_DAY * PER_DAY))


def test_the_sustained_value_is_what_a_day_holds_for_the_hours_of_a_rule() -> None:
    today = village()
    days = Days.of(run_sweep(today, demand(today, {"s": 2.0})))
    values = np.zeros(N_DAY * PER_DAY)
    at = FEAST * PER_DAY + 80
    values[at : at + 8] = 5.0  # two hours
    values[at - 20 : at - 13] = 9.0  # an hour and three quarters
    found = days.sustained(values, 8)
    assert found.max() == 5.0
    assert np.flatnonzero(found == 5.0).tolist() == [FEAST + 1]


def test_the_feast_is_kept_of_every_draw_and_days_stay_in_order() -> None:
    today = village()
    drawn = demand(today, {"mild": 1.0, "full": 2.5})
    kept = worst_days([run_sweep(today, drawn)], today.transformer, LIMITS, 3)
    assert kept is not None
    assert kept.n_day == 3
    evening = FEAST * PER_DAY + 76
    for steps in kept.step:
        assert evening in steps
        own = steps[steps >= 0]
        assert (np.diff(own) > 0).all()


def test_the_demand_of_kept_days_has_their_numbers_and_is_idle_between_them() -> None:
    today = village()
    drawn = demand(today, {"s": 2.5})
    kept = worst_days([run_sweep(today, drawn)], today.transformer, LIMITS, 2)
    assert kept is not None
    short = kept.of(drawn)
    whole, part = drawn.block(1, 4)[0], short.block(1, 4)[0]
    for draw in range(3):
        steps = kept.step[1 + draw]
        assert np.array_equal(part[:, :, draw, steps >= 0], whole[:, :, draw, steps[steps >= 0]])
        assert not part[:, :, draw, steps < 0].any()
    assert np.array_equal(short.kept().block(0, 1)[0].astype(np.float32),
                          kept.of(drawn).block(0, 1)[0].astype(np.float32))  # fmt: skip
    hours = (short.times - short.times.astype("datetime64[D]")).astype(int) / 60
    true = (drawn.times - drawn.times.astype("datetime64[D]")).astype(int) / 60
    own = kept.step[0] >= 0
    assert np.array_equal(hours[own], true[kept.step[0][own]]), "the clock is right"


def test_steps_of_the_study_are_found_on_kept_days() -> None:
    today = village()
    drawn = demand(today, {"s": 2.5})
    kept = worst_days([run_sweep(today, drawn)], today.transformer, LIMITS, 2)
    assert kept is not None
    chosen = np.zeros(drawn.n_step, dtype=bool)
    chosen[FEAST * PER_DAY + 60 : FEAST * PER_DAY + 90] = True
    active = kept.active(chosen)
    assert active.shape == kept.step.shape
    assert (active.sum(axis=1) == 30).all()
    assert not active[kept.step < 0].any()


def test_nothing_is_saved_of_snapshots_and_short_periods() -> None:
    today = village()
    drawn = demand(today, {"s": 2.5})
    assert worst_days([run_sweep(today, drawn)], today.transformer, LIMITS, N_DAY) is None
    cases = Demand.from_arrays(np.ones((3, 9)))
    assert worst_days([run_sweep(today, cases)], today.transformer, LIMITS, 2) is None


def compared(today: object, drawn: Demand, days: int) -> dict[str, dict[tuple[str, ...], float]]:
    """Probabilities of every option, by label and key."""
    settings = MeasureSettings(worst_days=days, max_moves=3, time_limit_s=10)
    table = compare_measures(today, drawn, LIMITS, settings)
    return {
        item.label: {key: pair[1] for key, pair in item.probabilities.items()} for item in table
    }


def test_on_the_worst_days_no_option_looks_worse_and_most_look_the_same() -> None:
    """A draw that breaks a rule on some of its days breaks it on all of them together."""
    today = village()
    drawn = demand(today, {"cold": 2.2, "full": 2.7}, n_draw=12)
    some, everything = compared(today, drawn, 3), compared(today, drawn, 0)
    both = some.keys() & everything.keys()
    assert len(both) >= 10
    differ = 0
    for label in both:
        for key in some[label].keys() | everything[label].keys():
            if key[0] == "unbalance":
                continue  # means over two hours may reach over the cut between two days
            short, full = some[label].get(key, 0.0), everything[label].get(key, 0.0)
            assert short <= full + 1e-9, (label, key)
            differ += short != full
    assert differ <= 0.05 * sum(map(len, everything.values()))


@pytest.mark.slow
def test_the_sample_villages_acts_are_nearly_exact_on_four_days() -> None:
    """What is claimed in docs/method.md of hongjiawan, measure by measure, moves given."""
    feeder = read_feeder(ROOT / "networks" / "hongjiawan")
    study = read_study(ROOT / "scenarios" / "spring-festival-2027.yaml").with_draws(30)
    drawn = forecast_demand(feeder, study.forecast).kept()
    tables = [
        compare_measures(
            feeder, drawn, study.limits,
            study.measures.model_copy(update={"worst_days": days, "max_moves": 4}),
        )
        for days in (4, 0)
    ]  # fmt: skip
    some, everything = ({item.label: item for item in table} for table in tables)
    both = some.keys() & everything.keys()
    assert len(both) >= 15
    for label in both:
        for key, (_, full) in everything[label].probabilities.items():
            if key[0] in ("low_voltage", "phase_overload", "overload", "neutral_overload"):
                short = some[label].probabilities.get(key, (0.0, 0.0))[1]
                assert full - 0.1 <= short <= full + 1e-9, (label, key)
    chosen = [[choice.label for choice in table.choices] for table in tables]
    assert chosen[0] == chosen[1], "and the recommendations are the same"


def test_a_case_without_a_solution_is_the_worst_of_all() -> None:
    today = village()
    drawn = demand(today, {"s": 2.0})
    normal = drawn.sampler
    burst = 1 * PER_DAY + 70

    def sampler(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        p_kw, q_kvar = (part.copy() for part in normal(first, last))
        p_kw[..., burst] *= 60
        return p_kw, q_kvar

    wild = replace(drawn, sampler=sampler)
    sweep = run_sweep(today, wild)
    assert (sweep.status[0, :, burst] != 0).all()
    kept = worst_days([sweep], today.transformer, LIMITS, 1)
    assert kept is not None
    assert all(burst in steps for steps in kept.step)
