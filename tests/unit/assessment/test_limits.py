"""Rule sets: figures of the sources, values of a study."""

from __future__ import annotations

import pytest

from gridplan.assessment.limits import limits_named
from gridplan.errors import InputError


def test_cn_default_holds_the_official_figures() -> None:
    limits = limits_named("cn-default")
    assert (limits.overload.value, limits.overload.min_duration_h) == (100.0, 2.0)
    assert (limits.heavy_load.value, limits.heavy_load.min_duration_h) == (80.0, 2.0)
    assert limits.voltage_band_v == (198.0, 235.4)
    assert limits.low_voltage.value == pytest.approx(0.90 * 220.0)
    assert limits.high_voltage.value == pytest.approx(1.07 * 220.0)
    assert limits.low_voltage.min_duration_h == 1.0
    assert limits.unbalance(yyn=True).value == 15.0
    assert limits.unbalance(yyn=False).value == 25.0
    assert limits.neutral(yyn=True).value == 25.0
    assert limits.neutral(yyn=False).value == 40.0


def test_unknown_rule_set_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"known are: .*cn-default"):
        limits_named("cn-defualt")


def test_a_study_sets_values_and_durations_and_says_so() -> None:
    official = limits_named("cn-default")
    limits = official.with_values(overload_percent=110, overload_h=1, low_voltage_v=207.0)
    assert (limits.overload.value, limits.overload.min_duration_h) == (110.0, 1.0)
    assert limits.low_voltage.value == 207.0
    assert limits.low_voltage.min_duration_h == official.low_voltage.min_duration_h
    assert limits.overload.status == "A"
    assert "study" in limits.overload.source
    assert limits.name == "cn-default + study"
    assert limits.heavy_load == official.heavy_load
    assert official.overload.value == 100.0


def test_no_values_leave_the_rule_set_as_it_is() -> None:
    assert limits_named("cn-default").with_values() == limits_named("cn-default")


def test_all_faults_of_the_overrides_come_at_once() -> None:
    bad = {
        "overlaod_percent": 100.0,
        "low_voltage_v": -5.0,
        "heavy_load_h": float("nan"),
        "unbalance_gate_percent": True,
        "current_limit_percent": 120.0,
    }
    with pytest.raises(InputError) as caught:
        limits_named("cn-default").with_values(**bad)
    assert {fault.where for fault in caught.value.faults} == set(bad)
    assert "overload_percent" in str(caught.value)
