"""Mean loads, voltage unbalance, leakage, the weakest element, low-voltage customers, harm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gridplan.assessment.findings import Finding, Findings, Kind
from gridplan.assessment.limits import Limits, limits_named
from gridplan.assessment.rules import assess
from gridplan.network.feeder import Feeder
from tests.unit.assessment.sweeps import elements_of, quiet, sweep_of
from tests.villages import customers, feeder, transformer

DAY = 96


@pytest.fixture(scope="module")
def village() -> Feeder:
    share = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1 / 3, 1 / 3, 1 / 3]])
    return feeder(
        [1, 2, 1], [40.0, 40.0, 40.0], customers([2, 3, 4, 4], share), transformer("Yyn0")
    )


def judged(village: Feeder, fields: dict[str, Any], limits: Limits | None = None) -> Findings:
    return assess(village, sweep_of(fields), limits)


def kinds(findings: Findings) -> dict[Kind, Finding]:
    return {item.kind: item for item in findings}


def test_serious_overload_and_peak_of_a_phase(village: Feeder) -> None:
    fields = quiet(village)
    fields["s_kva"][0, 1, 10:18] = 1.25 * village.transformer.sn_kva
    fields["i_phase_a"][0, 2, 5, 1] = 1.6 * village.transformer.rated_a
    found = kinds(judged(village, fields))
    assert found[Kind.SERIOUS_OVERLOAD].worst == pytest.approx(125)
    peak = found[Kind.PHASE_PEAK]  # a single step is enough
    assert (peak.phase, peak.probability, peak.longest_h) == ("b", 0.25, 0.25)
    assert peak.worst == pytest.approx(160)


def test_means_over_the_period_are_judged_only_when_it_is_a_month(village: Feeder) -> None:
    guangdong = limits_named("cn-csg-guangdong")
    fields = quiet(village, n_step=27 * 24, step_minutes=60.0)
    fields["s_kva"][:] = 0.9 * village.transformer.sn_kva
    short = judged(village, fields, guangdong)
    assert Kind.MEAN_LOAD not in kinds(short)
    said = [sentence for sentence in short.not_assessed if "load:" in sentence]
    assert said == [
        "mean load: the period of 648 h is shorter than 672 h",
        "light load: the period of 648 h is shorter than 672 h",
    ]
    fields = quiet(village, n_step=28 * 24, step_minutes=60.0)
    fields["s_kva"][0, 0] = 0.9 * village.transformer.sn_kva
    fields["s_kva"][0, 1] = 0.1 * village.transformer.sn_kva
    found = kinds(judged(village, fields, guangdong))
    heavy, light = found[Kind.MEAN_LOAD], found[Kind.LIGHT_LOAD]
    assert (heavy.probability, heavy.worst) == (0.25, pytest.approx(90))
    assert (light.probability, light.worst) == (0.25, pytest.approx(10))


def test_either_formula_decides_and_both_are_told(village: Feeder) -> None:
    fields = quiet(village)
    fields["s_kva"][:] = 0.7 * village.transformer.sn_kva
    for position, share in enumerate((0.8, 0.8, 0.66)):  # 17.5 % and 12.4 %
        fields["i_phase_a"][..., position] = share * village.transformer.rated_a
    default = limits_named("cn-default")
    finding = kinds(judged(village, fields, default))[Kind.UNBALANCE]
    assert finding.worst == pytest.approx(17.5)
    assert finding.evidence["max_mean_percent"] == pytest.approx(12.39)
    assert finding.evidence["decided_by"] == "max_min"
    other = judged(village, fields, replace(default, unbalance_formula="max_mean"))
    assert Kind.UNBALANCE not in kinds(other)
    (condition,) = other.conditions  # told although no rule is broken
    assert condition.max_min_percent == pytest.approx(17.5)
    assert condition.max_mean_percent == pytest.approx(12.39, abs=0.01)


def test_voltage_unbalance_may_be_high_for_a_twentieth_of_a_day(village: Feeder) -> None:
    fields = quiet(village, n_step=2 * DAY + 10)
    fields["vuf_percent"][:] = 1.0
    fields["vuf_percent"][0, 1, DAY : DAY + 4] = 3.0  # 4 of 96 steps are 4.2 %
    fields["vuf_percent"][0, 2, DAY : DAY + 5] = 3.0  # 5 are 5.2 %
    finding = kinds(judged(village, fields))[Kind.VOLTAGE_UNBALANCE]
    assert (finding.probability, finding.element, finding.tier) == (0.25, "busbar", "watch")
    assert finding.worst == pytest.approx(3.0)
    assert finding.first == "2027-02-06T00:00"
    assert finding.evidence["days_above"] == 1
    short = judged(village, quiet(village, n_step=DAY - 1))
    assert any(sentence.startswith("voltage unbalance") for sentence in short.not_assessed)


def test_leakage_is_certain_and_untold_where_nobody_measured(village: Feeder) -> None:
    rcd_ma, leakage_ma = np.array([100.0, 300.0]), np.array([62.0, np.nan])
    circuits = replace(village.circuits, rcd_ma=rcd_ma, leakage_ma=leakage_ma)
    leaky = replace(village, circuits=circuits)
    findings = judged(leaky, quiet(leaky, n_scenario=2))
    found = [item for item in findings if item.kind is Kind.RCD_LEAKAGE]
    assert [item.scenario for item in found] == ["s0", "s1"]
    assert (found[0].element, found[0].worst) == ("F1", pytest.approx(62))
    assert (found[0].probability_low, found[0].probability_high) == (1.0, 1.0)
    said = "standing leakage unknown for 1 of 2 residual-current devices: "
    assert any(sentence.startswith(said) for sentence in findings.not_assessed)
    none = judged(village, quiet(village))
    said = "residual-current device unknown for 2 of 2 outgoing circuits"
    assert any(sentence.startswith(said) for sentence in none.not_assessed)


def test_the_weakest_element_of_every_phase_is_named(village: Feeder) -> None:
    elements = elements_of(
        ["circuit", "line", "neutral", "meter", "circuit"],
        ["F1", "L0", "L0", "H00", "F2"],
        [63.0, 100.0, 60.0, 20.0, 63.0],
        [0, 0, 0, 0, 1],
    )
    fields = quiet(village, elements=elements)
    percent = np.array(
        [[120, 70, 20], [80, 50, 15], [np.nan] * 3, [90, 0, 0], [10, 20, 130]], dtype=np.float32
    )
    fields["element_phase_percent"][:] = percent
    fields["element_max_percent"][:] = [120, 80, 65, 90, 130]
    fields["element_run_h"][..., 0] = 1.5
    fields["i_phase_a"][..., 1] = 0.75 * village.transformer.rated_a
    finding = kinds(judged(village, fields))[Kind.CURRENT_LIMIT]
    assert (finding.element, finding.phase) == ("F1/circuit", "a")
    assert finding.evidence["weakest_by_phase"] == {
        "a": {"element": "circuit F1", "percent": 120.0},
        "b": {"element": "transformer", "percent": 75.0},
        "c": {"element": "transformer", "percent": 30.0},
        "n": {"element": "neutral L0", "percent": 65.0},
    }
    fields["i_phase_a"][..., 1] = 1.2 * village.transformer.rated_a
    whole = kinds(judged(village, fields))[Kind.PHASE_OVERLOAD].evidence["weakest_by_phase"]
    assert whole["b"]["element"] == "transformer"
    assert whole["c"] == {"element": "circuit F2", "percent": 130.0}


def test_low_voltage_tells_hours_and_customers_per_draw(village: Feeder) -> None:
    fields = quiet(village)
    fields["low_run_h"][0, 0, :2] = 2.0
    fields["low_run_h"][0, 1, 0] = 1.0
    fields["low_h"][0, 0, 0] = 6.0
    fields["low_h"][0, 1, 0] = 2.0
    fields["customer_v_min_v"][0, :2, 0] = 190.0
    finding = kinds(judged(village, fields))[Kind.LOW_VOLTAGE]
    assert finding.evidence["customers_per_draw"] == {"median": 0, "most": 2}
    assert finding.evidence["customers"][0]["mean_h"] == pytest.approx(2.0)


def test_harm_is_counted_in_customer_hours(village: Feeder) -> None:
    fields = quiet(village)
    (condition,) = judged(village, fields).conditions
    assert condition.harm_h == 0.0
    fields["i_phase_a"][0, 0, :8, 0] = 1.1 * village.transformer.rated_a  # 2 h in one of 4 draws
    fields["i_phase_a"][0, 0, 4:12, 1] = 1.1 * village.transformer.rated_a  # 1 h more
    fields["low_h"][0, 2, 3] = 10.0
    (condition,) = judged(village, fields).conditions
    assert condition.overload_h == pytest.approx(3.0 / 4)
    assert condition.low_voltage_h == pytest.approx(10.0 / 4)
    assert condition.harm_h == pytest.approx(4 * 3.0 / 4 + 10.0 / 4)
