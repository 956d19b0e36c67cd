"""Every rule on sweeps that break it by a little, or just do not."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gridplan.assessment.findings import Finding, Kind
from gridplan.assessment.limits import limits_named
from gridplan.assessment.rules import assess
from gridplan.demand.intervals import wilson_interval
from gridplan.errors import InputError
from gridplan.network.feeder import Feeder
from tests.unit.assessment.sweeps import elements_of, quiet, sweep_of, unsolved
from tests.villages import customers, feeder, transformer

TWO_HOURS = 8  #: steps of 15 min


@pytest.fixture(scope="module")
def village() -> Feeder:
    """Two circuits: customers 0 on a and 1 on b of F1, 2 on c and 3 on three phases of F2."""
    share = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1 / 3, 1 / 3, 1 / 3]])
    homes = customers([2, 3, 4, 4], share)
    return feeder([1, 2, 1], [40.0, 40.0, 40.0], homes, transformer("Yyn0"))


def found(village: Feeder, fields: dict[str, Any]) -> dict[Kind, Finding]:
    findings = assess(village, sweep_of(fields))
    assert len({item.key for item in findings}) == len(findings)
    return {item.kind: item for item in findings}


def set_rate(fields: dict[str, Any], village: Feeder, where: Any, percent: float) -> None:
    fields["s_kva"][where] = village.transformer.sn_kva * percent / 100.0


def set_phase(fields: dict[str, Any], village: Feeder, where: Any, percent: float) -> None:
    fields["i_phase_a"][where] = village.transformer.rated_a * percent / 100.0


def test_a_quiet_village_has_no_findings(village: Feeder) -> None:
    assert found(village, quiet(village)) == {}


@pytest.mark.parametrize(("steps", "expected"), [(TWO_HOURS, {Kind.OVERLOAD, Kind.HEAVY_LOAD}),
                                                 (TWO_HOURS - 1, set())])  # fmt: skip
def test_overload_must_last_two_hours(village: Feeder, steps: int, expected: set[Kind]) -> None:
    fields = quiet(village)
    set_rate(fields, village, np.s_[0, 1, 10 : 10 + steps], 105.0)
    assert set(found(village, fields)) == expected


def test_overload_finding_tells_when_and_how_surely(village: Feeder) -> None:
    fields = quiet(village)
    set_rate(fields, village, np.s_[0, 1, 10:18], 105.0)
    set_rate(fields, village, np.s_[0, 3, 8:20], 103.0)
    set_rate(fields, village, np.s_[0, 1, 12], 130.0)
    finding = found(village, fields)[Kind.OVERLOAD]
    assert finding.key == ("overload", "s0", "transformer")
    assert finding.probability == 0.5
    assert finding.first == "2027-02-05T02:00"
    assert finding.worst_at == "2027-02-05T03:00"
    assert finding.longest_h == 3.0
    assert finding.worst == pytest.approx(130.0)
    # extremes per draw: 30, 130, 30, 103
    assert finding.typical == pytest.approx((30.0 + 103.0) / 2)
    assert finding.evidence["load_rate_percent"] == pytest.approx(130.0)
    assert finding.tier == "act"
    json.dumps(finding.to_record(), allow_nan=False)


def test_a_short_higher_peak_in_a_draw_that_breaks_nothing_is_not_the_worst(
    village: Feeder,
) -> None:
    fields = quiet(village)
    set_rate(fields, village, np.s_[0, 0, 5], 190.0)
    set_rate(fields, village, np.s_[0, 2, 10:20], 104.0)
    assert found(village, fields)[Kind.OVERLOAD].worst == pytest.approx(104.0)


def test_phase_overload_is_of_one_winding(village: Feeder) -> None:
    fields = quiet(village)
    # a for one hour, then b for one hour: no winding is hot for two
    set_phase(fields, village, np.s_[0, 0, 10:14, 0], 110.0)
    set_phase(fields, village, np.s_[0, 0, 14:18, 1], 110.0)
    assert Kind.PHASE_OVERLOAD not in found(village, fields)
    set_phase(fields, village, np.s_[0, 1, 10:18, 1], 120.0)
    finding = found(village, fields)[Kind.PHASE_OVERLOAD]
    assert finding.phase == "b"
    assert finding.probability == 0.25
    assert finding.evidence["share_of_draws_above_in_any_step"] == 0.5
    assert finding.evidence["phase_currents_a"]["b"] == pytest.approx(
        1.2 * village.transformer.rated_a, abs=0.01
    )
    assert finding.first == "2027-02-05T02:30"


def test_neutral_limit_follows_the_vector_group(village: Feeder) -> None:
    fields = quiet(village)
    fields["i_neutral_a"][0, :, 10:20] = 0.30 * village.transformer.rated_a
    finding = found(village, fields)[Kind.NEUTRAL_OVERLOAD]
    assert (finding.phase, finding.tier, finding.limit.value) == ("n", "act", 25.0)
    delta = replace(village, transformer=transformer("Dyn11"))
    assert found(delta, fields) == {}
    fields["i_neutral_a"][0, :, 10:20] = 0.45 * village.transformer.rated_a
    finding = found(delta, fields)[Kind.NEUTRAL_OVERLOAD]
    assert (finding.tier, finding.limit.value) == ("watch", 40.0)


def unbalanced(village: Feeder, rate: float, low_phase: float) -> dict[str, Any]:
    fields = quiet(village)
    hours = np.s_[0, 2, 16:24]
    set_rate(fields, village, hours, rate)
    fields["i_phase_a"][hours] = 0.70 * village.transformer.rated_a
    fields["i_phase_a"][(*hours, 2)] = low_phase * village.transformer.rated_a
    return fields


def test_unbalance_counts_over_two_hours_under_load(village: Feeder) -> None:
    # (0.70 - 0.56) / 0.70 = 20 %; mean 0.6533: largest deviation 14.3 %
    finding = found(village, unbalanced(village, 60.0, 0.56))[Kind.UNBALANCE]
    assert finding.worst == pytest.approx(20.0, abs=1e-3)
    assert finding.evidence["max_min_percent"] == pytest.approx(20.0, abs=0.01)
    assert finding.evidence["max_mean_percent"] == pytest.approx(14.29, abs=0.01)
    assert finding.evidence["mean_load_rate_percent"] == pytest.approx(60.0)
    assert finding.tier == "watch"
    assert finding.probability == 0.25
    assert finding.first is not None
    # below the gate, or below the limit, it does not count
    assert found(village, unbalanced(village, 45.0, 0.56)) == {}
    assert found(village, unbalanced(village, 60.0, 0.60)) == {}


def test_unbalance_of_single_instants_does_not_count(village: Feeder) -> None:
    fields = quiet(village)
    set_rate(fields, village, np.s_[:], 60.0)
    # one phase in turn at half the current of the others: 50 % at every instant, little on average
    for step in range(fields["i_phase_a"].shape[2]):
        fields["i_phase_a"][:, :, step, step % 3] *= 0.5
    finding = found(village, fields)
    assert finding == {}


def test_longest_unbalance_includes_the_window(village: Feeder) -> None:
    fields = quiet(village)
    set_rate(fields, village, np.s_[0, 0], 60.0)
    fields["i_phase_a"][0, 0, :, 0] *= 0.5
    # unbalanced for all 48 steps of 15 min
    assert found(village, fields)[Kind.UNBALANCE].longest_h == pytest.approx(12.0)


def test_low_voltage_belongs_to_its_circuit_with_customers_as_evidence(village: Feeder) -> None:
    fields = quiet(village)
    fields["low_run_h"][0, :3, 1] = 1.0
    fields["low_run_h"][0, 0, 0] = 5.0
    fields["low_run_h"][0, 0, 2] = 0.75
    fields["customer_v_min_v"][0, :3, 1] = [190.0, 195.0, 196.0]
    fields["customer_v_min_v"][0, 0, 0] = 189.0
    fields["customer_v_min_step"][0, :3, 1] = [20, 12, 30]
    fields["customer_v_min_step"][0, 0, 0] = 21
    findings = assess(village, sweep_of(fields))
    (finding,) = findings.items
    assert finding.key == ("low_voltage", "s0", "F1")
    assert finding.probability == 0.75
    assert (finding.worst, finding.phase) == (189.0, "a")
    assert finding.worst_at == "2027-02-05T05:15"
    assert finding.first == "2027-02-05T03:00"
    assert finding.evidence["n_customers"] == 2
    first, second = finding.evidence["customers"]
    assert (first["customer_id"], first["probability"], first["worst"]) == ("H01", 0.75, 190.0)
    assert (second["customer_id"], second["probability"]) == ("H00", 0.25)


def test_high_voltage_of_a_three_phase_customer_has_no_phase(village: Feeder) -> None:
    fields = quiet(village)
    fields["high_run_h"][0, 2, 3] = 1.5
    fields["customer_v_max_v"][0, 2, 3] = 240.0
    fields["v_max_v"][0, 2, 7] = 240.0
    finding = found(village, fields)[Kind.HIGH_VOLTAGE]
    assert (finding.element, finding.phase, finding.worst) == ("F2", None, 240.0)
    assert finding.worst_at == "2027-02-05T01:45"


def test_current_limit_puts_elements_of_a_kind_together(village: Feeder) -> None:
    elements = elements_of(
        ["line", "line", "neutral", "circuit"],
        ["L0", "L1", "L0", "F2"],
        [100.0, 80.0, 60.0, 63.0],
        [0, 0, 0, 1],
    )
    fields = quiet(village, elements=elements)
    fields["element_run_h"][0, 0, 0] = 2.0
    fields["element_run_h"][0, 1, 1] = 1.0
    fields["element_run_h"][0, 2, 3] = 0.75
    fields["element_max_percent"][0, 0, 0] = 104.0
    fields["element_max_percent"][0, 1, 1] = 112.0
    fields["element_step"][0, 1, 1] = 40
    (finding,) = assess(village, sweep_of(fields)).items
    assert finding.key == ("current_limit", "s0", "F1/line")
    assert finding.probability == 0.5
    assert (finding.worst, finding.longest_h) == (112.0, 2.0)
    assert finding.worst_at == "2027-02-05T10:00"
    names = [row["element"] for row in finding.evidence["elements"]]
    assert names == ["L1", "L0"]


def test_cases_without_a_solution_break_every_rule_on_durations(village: Feeder) -> None:
    fields = quiet(village)
    unsolved(fields, np.s_[0, 1, 10:18])
    kinds = found(village, fields)
    assert set(kinds) == {
        Kind.NO_SOLUTION,
        Kind.OVERLOAD,
        Kind.HEAVY_LOAD,
        Kind.SERIOUS_OVERLOAD,
        Kind.PHASE_OVERLOAD,
        Kind.PHASE_PEAK,
        Kind.NEUTRAL_OVERLOAD,
        Kind.UNBALANCE,
    }
    finding = kinds[Kind.NO_SOLUTION]
    assert (finding.element, finding.worst, finding.longest_h) == ("network", 8.0, 2.0)
    assert finding.evidence["cases_without_solution"] == 8
    assert finding.first == "2027-02-05T02:30"
    # the solved cases are within the limits, and the reader is told so
    assert "without a solution" in kinds[Kind.OVERLOAD].evidence["note"]
    assert "note" not in finding.evidence


def test_a_draw_without_any_solution_is_a_finding_with_a_valid_record(village: Feeder) -> None:
    fields = quiet(village, n_draw=1)
    unsolved(fields, np.s_[:])
    fields["customer_v_min_v"][:] = np.nan
    fields["low_run_h"][:] = 12.0
    findings = assess(village, sweep_of(fields))
    assert findings.items[0].kind is Kind.NO_SOLUTION
    overload = next(item for item in findings if item.kind is Kind.OVERLOAD)
    assert math.isnan(overload.worst)
    assert overload.probability == 1.0
    json.dumps(findings.to_records(), allow_nan=False)


def test_snapshots_count_as_lasting(village: Feeder) -> None:
    fields = quiet(village, n_step=1, step_minutes=0.0)
    set_rate(fields, village, np.s_[0, 1], 101.0)
    fields["i_phase_a"][0, 1, 0, 1] = 0.0
    findings = found(village, fields)
    finding = findings[Kind.OVERLOAD]
    assert (finding.probability, finding.longest_h) == (0.25, math.inf)
    assert (finding.first, finding.worst_at) == (None, None)
    assert findings[Kind.UNBALANCE].longest_h == math.inf


def test_what_to_act_on_comes_first_then_the_likeliest(village: Feeder) -> None:
    fields = quiet(village, n_scenario=2)
    set_rate(fields, village, np.s_[0, :, 10:18], 90.0)
    fields["i_neutral_a"][0, :2, 10:18] = 0.5 * village.transformer.rated_a
    fields["i_neutral_a"][1, :3, 10:18] = 0.5 * village.transformer.rated_a
    order = [item.key for item in assess(village, sweep_of(fields))]
    assert order == [
        ("neutral_overload", "s1", "transformer"),
        ("neutral_overload", "s0", "transformer"),
        ("heavy_load", "s0", "transformer"),
    ]


def test_missing_ratings_are_said(village: Feeder) -> None:
    lines = replace(village.lines, neutral_ampacity_a=np.array([170.0, np.nan, np.nan]))
    findings = assess(replace(village, lines=lines), sweep_of(quiet(village)))
    text = " / ".join(findings.not_assessed)
    assert "neutral ampacity unknown for 2 of 3 lines" in text
    assert "meter unknown for 4 of 4 customers" in text
    assert "fuse" not in text


def test_a_short_period_says_what_it_cannot_judge(village: Feeder) -> None:
    findings = assess(village, sweep_of(quiet(village, n_step=4)))
    assert any("unbalance" in sentence for sentence in findings.not_assessed)
    assert any("load rate" in sentence for sentence in findings.not_assessed)


def test_a_sweep_of_another_feeder_or_band_is_refused(village: Feeder) -> None:
    fields = quiet(village)
    fields["customer_ids"] = np.array(["X0", "X1", "X2", "X3"])
    limits = limits_named("cn-default").with_values(low_voltage_v=207.0)
    with pytest.raises(InputError) as caught:
        assess(village, sweep_of(fields), limits)
    assert {fault.code for fault in caught.value.faults} == {"another-feeder", "another-band"}


@pytest.mark.parametrize(
    ("count", "n_draw", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_equals_published_ones(
    count: int, n_draw: int, low: float, high: float
) -> None:
    assert wilson_interval(count, n_draw) == pytest.approx((low, high), abs=5e-5)


def test_a_whole_study_is_assessed_in_two_seconds(village: Feeder) -> None:
    fields = quiet(village, n_scenario=3, n_draw=200, n_step=2496)
    rng = np.random.default_rng(1)
    for name in ("i_phase_a", "i_neutral_a", "s_kva"):
        fields[name] *= rng.uniform(0.0, 4.0, fields[name].shape).astype(np.float32)
    fields["i_neutral_a"] += np.float32(10.0)
    sweep = sweep_of(fields)
    started = time.process_time()
    assess(village, sweep)
    assert time.process_time() - started < 2.0
