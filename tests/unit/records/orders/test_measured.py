"""Readings beside promises: what is possible, and what each verdict stands on."""

from __future__ import annotations

import cmath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridplan.records.field_types import Promised
from gridplan.records.orders_measured import Comparison, Reading, Verdict, compare
from tests.unit.records.orders.village import AFTER, BEFORE, promised

currents = st.floats(0.1, 500)
angles = st.floats(-cmath.pi, cmath.pi)


@given(st.lists(st.tuples(currents, angles), min_size=3, max_size=3))
def test_what_kirchhoff_allows_is_never_refused(phasors: list[tuple[float, float]]) -> None:
    neutral = abs(sum(cmath.rect(size, angle) for size, angle in phasors))
    a, b, c = (size for size, _ in phasors)
    assert list(Reading(a=a, b=b, c=c, n=neutral).faults("x")) == []


@pytest.mark.parametrize(
    "reading",
    [
        Reading(a=1, b=1, c=1, n=3.2),
        Reading(a=-1, b=1, c=1, n=0),
        Reading(a=0, b=0, c=0, n=0),
        Reading(a=float("nan"), b=1, c=1, n=0),
        Reading(a=20_000, b=1, c=1, n=0),
    ],
)
def test_what_cannot_be_is_refused(reading: Reading) -> None:
    (fault,) = reading.faults("O-1")
    assert fault.code == "reading"


def compared(reading: Reading, hour: int = 12, **options: object) -> Comparison:
    found = compare(reading, promised(), hour, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def scaled(shares: tuple[tuple[float, float, float], ...], total_a: float) -> Reading:
    a, b, c, n = (band[1] * total_a for band in shares)
    return Reading(a=a, b=b, c=c, n=n)


@pytest.mark.parametrize("total_a", [10.0, 30.0, 80.0])
def test_the_promised_shares_keep_the_promise_at_any_level(total_a: float) -> None:
    found = compared(scaled(AFTER, total_a))
    assert found.verdict is Verdict.KEPT
    assert found.level == pytest.approx(total_a / 30, abs=5e-4)
    assert found.measured_percent == (34.0, 33.0, 33.0, 2.0)
    assert found.promised_percent == found.measured_percent
    assert found.unbalance_percent == pytest.approx(100 * (0.34 - 0.33) / 0.34, abs=0.05)
    assert found.unbalance_percent == found.promised_unbalance_percent


def test_the_state_before_the_moves_does_not_keep_it() -> None:
    found = compared(scaled(BEFORE, 30.0))
    assert found.verdict is Verdict.NOT_KEPT
    assert found.outside == ("a", "b", "c", "n")
    assert "A, B, C, N" in found.reason


def test_too_little_current_decides_nothing() -> None:
    assert compared(scaled(BEFORE, 9.9)).verdict is Verdict.UNDECIDED


def test_a_tolerance_that_both_states_fit_decides_nothing() -> None:
    wide = compared(scaled(AFTER, 30.0), tolerance_percent=45.0)
    assert wide.verdict is Verdict.UNDECIDED
    assert wide.tolerance_percent == 45.0


def test_further_moves_decide_nothing() -> None:
    assert compared(scaled(BEFORE, 30.0), final=False).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(("hour", "used"), [(13, 12), (15, 12), (16, 19), (23, 19), (0, 12)])
def test_the_nearest_hour_counts(hour: int, used: int) -> None:
    assert compared(scaled(AFTER, 30.0), hour).hour == used


def test_the_reading_before_the_work_is_shown_beside() -> None:
    earlier = Reading(a=20, b=10, c=5, n=9)
    assert compared(scaled(AFTER, 30.0), earlier=earlier).unbalance_before_percent == 75.0
    assert compared(scaled(AFTER, 30.0)).unbalance_before_percent is None


def test_a_plan_that_promises_nothing() -> None:
    empty = Promised(scenario="x", first_day="", last_day="", rated_a=1.0, hours=())
    assert compare(scaled(AFTER, 30.0), empty, 12) is None


@given(
    st.tuples(currents, currents, currents),
    st.floats(0, 1),
    st.floats(0, 20),
    st.floats(0, 20),
)
def test_a_wider_tolerance_never_finds_more_outside(
    phases: tuple[float, float, float], neutral: float, one: float, other: float
) -> None:
    a, b, c = phases
    reading = Reading(a=a, b=b, c=c, n=neutral * (a + b + c))
    narrow, wide = sorted((one, other))
    outside = [compared(reading, tolerance_percent=t).outside for t in (narrow, wide)]
    assert set(outside[1]) <= set(outside[0])
