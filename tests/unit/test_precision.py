"""Draws until the probability of an overload is known precisely enough, and not more."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import gridplan as gp
from gridplan.assessment.findings import Kind
from gridplan.demand.intervals import share_interval, wilson_interval
from gridplan.demand.period import Period
from gridplan.outcome import Precision, Runner

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "scenarios" / "spring-festival-2027.yaml"


def settings_of(draws: int, **more: object) -> Any:
    study = gp.read_study(STUDY).with_draws(draws)
    return study.forecast.model_copy(update=more)


def finding(count: int, draws: int, kind: Kind = Kind.OVERLOAD, where: str = "x") -> Any:
    low, high = wilson_interval(count, draws)
    key = (kind.value, where, "transformer")
    return SimpleNamespace(kind=kind, probability_low=low, probability_high=high, key=key)


def precision_of(draws: int, findings: list[Any], **more: Any) -> Precision:
    replicates = more.pop("replicates", None)
    demand: Any = SimpleNamespace(n_draw=draws, replicates=replicates)
    return Precision.of(settings_of(draws, **more), findings, demand)  # type: ignore[arg-type]


def half(share: float, draws: int) -> float:
    low, high = wilson_interval(round(share * draws), draws)
    return (high - low) / 2


def test_without_a_precision_no_more_draws_are_taken() -> None:
    precision = precision_of(20, [finding(10, 20)])
    assert precision.reached
    assert precision.next_draws == 20
    assert precision.half_width == pytest.approx(half(0.5, 20))
    assert "known to ±0.2 after 20 draws" in precision.sentence
    assert precision.to_record()["reached"] is None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_the_interval_becomes_as_narrow_as_asked(share: float) -> None:
    draws = 40
    for _ in range(5):
        found = [finding(round(share * draws), draws)] if share else []
        precision = precision_of(draws, found, precision=0.05, max_draws=5000)
        if precision.next_draws == draws:
            break
        draws = precision.next_draws
    assert precision.reached
    assert half(share, draws) <= 0.05 < half(share, round(0.8 * draws))
    assert "as asked (precision 0.05)" in precision.sentence


def test_other_findings_do_not_count() -> None:
    asked = {"precision": 0.02, "max_draws": 300}
    precision = precision_of(200, [finding(100, 200, Kind.LOW_VOLTAGE)], **asked)
    assert precision.next_draws == 200
    assert precision.finding is None


def test_the_most_draws_end_it_and_it_says_for_which_finding() -> None:
    asked = {"precision": 0.02, "max_draws": 300}
    worse = finding(100, 200, Kind.PHASE_OVERLOAD, "cold_snap")
    assert precision_of(200, [finding(20, 200), worse], **asked).next_draws == 300
    worse = finding(150, 300, Kind.PHASE_OVERLOAD, "cold_snap")
    ended = precision_of(300, [finding(20, 300), worse], **asked)
    assert ended.next_draws == 300
    assert not ended.reached
    assert ended.sentence == (
        "max_draws 300 ended the draws before precision 0.02 was reached: "
        "the probability of phase overload in cold snap is known to ±0.056 after 300 draws."
    )
    record = ended.to_record()
    assert record["reached"] is False
    assert record["half_width"] == pytest.approx(half(0.5, 300))
    assert record["finding"] == {
        "kind": "phase_overload",
        "scenario": "cold_snap",
        "element": "transformer",
    }


def test_quasi_random_draws_grow_by_whole_turns_of_their_sequences() -> None:
    asked: dict[str, Any] = {"precision": 0.04, "max_draws": 5000, "replicates": 16}
    assert precision_of(200, [finding(100, 200)], **asked).next_draws % 16 == 0
    assert precision_of(200, [finding(100, 200)], **{**asked, "max_draws": 210}).next_draws == 210


def test_more_draws_never_are_fewer() -> None:
    """Draws beyond ``max_draws`` (``--draws``) stay as they are."""
    precision = precision_of(400, [finding(200, 400)], precision=0.02, max_draws=300)
    assert precision.next_draws == 400
    assert not precision.reached


@pytest.mark.parametrize("sampling", ["random", "quasi_random"])
def test_today_is_drawn_until_it_is_known(sampling: str) -> None:
    """A real village, hour by hour: the finding's own interval is as narrow as asked."""
    feeder = gp.read_feeder(ROOT / "networks" / "hongjiawan")
    study = gp.read_study(STUDY)
    forecast = study.forecast.model_copy(
        update={
            "draws": 32,
            "step_minutes": 60,
            "period": Period(festival_year=2027, first_day=-1, last_day=-1),
            "precision": 0.07,
            "max_draws": 400,
            "sampling": sampling,
            "scenarios": {
                name: study.forecast.scenarios[name] for name in ("expected", "cold_snap")
            },
        }
    )
    study = study.model_copy(update={"forecast": forecast})
    today = Runner(feeder=feeder, study=study, workers=1).today()
    assert today.precision.reached
    assert 32 < today.demand.n_draw == today.study.draws < 400
    shown = [one for one in today.outcome.findings if one.kind is Kind.PHASE_OVERLOAD]
    assert shown
    widest = max((one.probability_high - one.probability_low) / 2 for one in shown)
    assert today.precision.half_width == pytest.approx(widest)
    # as in one go
    again = study_runner(feeder, today.study).today()
    assert again.outcome.findings.to_records() == today.outcome.findings.to_records()


def study_runner(feeder: gp.Feeder, study: gp.Study) -> Runner:
    forecast = study.forecast.model_copy(update={"precision": None})
    return Runner(feeder=feeder, study=study.model_copy(update={"forecast": forecast}), workers=2)


def test_independent_draws_have_wilsons_interval() -> None:
    hit = np.arange(50) % 7 == 0
    assert share_interval(hit) == wilson_interval(int(hit.sum()), 50)


def test_sequences_that_agree_narrow_the_interval_and_others_widen_it() -> None:
    draw = np.arange(320)
    even = (draw // 16) % 4 == 0  # a quarter of each sequence
    apart = draw % 4 == 0  # whole sequences
    independent = wilson_interval(80, 320)
    width = [np.diff(ends)[0] for ends in (share_interval(even, 16), independent)]
    assert 0.25 < width[0] / width[1] < 0.5
    assert np.diff(share_interval(apart, 16))[0] > 3 * width[1]


@pytest.mark.parametrize("count", [0, 40])
def test_what_all_or_no_draw_shows_is_known_as_from_independent_draws(count: int) -> None:
    low, high = share_interval(np.arange(40) < count, 16)
    ends = wilson_interval(count, 40)
    assert high - low == pytest.approx(ends[1] - ends[0], rel=0.2)
    assert high - low > ends[1] - ends[0]
    assert (low == 0) if count == 0 else (high == 1)


def test_few_draws_have_an_interval_too() -> None:
    for n_draw in (1, 2, 5, 17):
        low, high = share_interval(np.arange(n_draw) % 2 == 0, 16)
        assert 0 <= low < high <= 1
