"""Draws until the probability of an overload is known precisely enough, and not more."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import gridplan as gp
from gridplan.assessment.findings import Kind
from gridplan.demand.intervals import wilson_interval
from gridplan.plan import _with_enough_draws

STUDY = Path(__file__).parents[2] / "scenarios" / "spring-festival-2027.yaml"


def study_of(draws: int, **more: object) -> gp.Study:
    study = gp.read_study(STUDY).with_draws(draws)
    return study.model_copy(update={"forecast": study.forecast.model_copy(update=more)})


def finding(count: int, draws: int, kind: Kind = Kind.OVERLOAD) -> SimpleNamespace:
    low, high = wilson_interval(count, draws)
    return SimpleNamespace(kind=kind, probability_low=low, probability_high=high)


def half(share: float, draws: int) -> float:
    low, high = wilson_interval(round(share * draws), draws)
    return (high - low) / 2


def test_without_a_precision_the_study_stays() -> None:
    study = study_of(20)
    assert _with_enough_draws(study, [finding(10, 20)]) is study


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_the_interval_becomes_as_narrow_as_asked(share: float) -> None:
    draws = 40
    for _ in range(5):
        study = study_of(draws, precision=0.05, max_draws=5000)
        found = [finding(round(share * draws), draws)] if share else []
        more = _with_enough_draws(study, found).draws
        if more == draws:
            break
        draws = more
    assert half(share, draws) <= 0.05 < half(share, round(0.8 * draws))


def test_other_findings_do_not_count_and_the_limit_holds() -> None:
    study = study_of(200, precision=0.02, max_draws=300)
    assert _with_enough_draws(study, [finding(100, 200, Kind.LOW_VOLTAGE)]).draws == 200
    assert _with_enough_draws(study, [finding(100, 200)]).draws == 300
    assert (
        _with_enough_draws(study_of(300, precision=0.02, max_draws=300), [finding(150, 300)]).draws
        == 300
    )
