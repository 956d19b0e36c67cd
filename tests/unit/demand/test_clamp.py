"""Spot measurements: what is impossible in them, and what they say about level and phases."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.clamp import ClampReadings, neutral_bounds, read_clamp
from gridplan.demand.clamp_fit import level_factor, phase_mismatch
from gridplan.errors import StudyError

HEADING = "area,circuit,time,Ia,Ib,Ic,In,Ua,Ub,Uc\n"
ROW = "T1,F1,2027-01-20 19:10,31,12,20.5,18,221,230,228\n"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "clamp.csv"
    path.write_bytes(text.encode(encoding))
    return path


def readings(i_a: np.ndarray) -> ClampReadings:
    count = len(i_a)
    return ClampReadings(
        area=np.full(count, "T1"),
        circuit=np.full(count, "F1"),
        time=np.datetime64("2027-01-20T19:00") + np.arange(count),
        i_a=i_a,
        i_neutral_a=np.full(count, np.nan),
        u_v=np.full((count, 3), np.nan),
    )


def test_values_and_what_was_not_measured(tmp_path: Path) -> None:
    rows = "T1,F1,2027-01-20 19:10,31,12,20.5,18,221,230,228\nT1,F2,2027/1/20 19:20,10,10,10,,,,\n"
    clamp = read_clamp(write(tmp_path, HEADING + rows))
    assert clamp.circuit.tolist() == ["F1", "F2"]
    assert clamp.time[0] == np.datetime64("2027-01-20T19:10")
    np.testing.assert_array_equal(clamp.i_a, [[31, 12, 20.5], [10, 10, 10]])
    np.testing.assert_array_equal(clamp.i_neutral_a, [18, np.nan])
    np.testing.assert_array_equal(clamp.u_v[0], [221, 230, 228])
    assert np.isnan(clamp.u_v[1]).all()
    assert clamp.notes == ()
    assert repr(clamp) == ("<ClampReadings: 2 readings of 2 circuits, highest phase current 31 A>")


def test_chinese_headings_below_a_title(tmp_path: Path) -> None:
    text = "负荷测试记录,,,,,,,\n台区编号,出线回路,测量时间,测试人姓名,"
    text += "A相电流,B相电流,C相电流,零线电流\n"
    text += "0012,F1,2027-01-20 19:10,张三,31,12,20,17\n"
    clamp = read_clamp(write(tmp_path, text, "gbk"))
    assert clamp.area.tolist() == ["0012"]
    assert clamp.i_neutral_a[0] == 17
    title, note = clamp.notes
    assert title.code == "clamp-title"
    assert "personal" in note.what
    assert "张三" not in str(clamp.notes)


def test_currents_in_another_unit_are_refused(tmp_path: Path) -> None:
    assert read_clamp(write(tmp_path, HEADING.replace("Ia", "Ia(A)") + ROW)).i_a[0, 0] == 31
    with pytest.raises(StudyError, match="unit") as caught:
        read_clamp(write(tmp_path, HEADING.replace("Ia", "Ia(mA)") + ROW))
    assert [fault.code for fault in caught.value.faults] == ["clamp-unit"]


def test_faults_and_warnings_at_once(tmp_path: Path) -> None:
    rows = [
        "T1,F1,2027-01-20 19:00,30,30,30,5,220,220,220",  # 2: right
        "T1,F1,2027-01-20 19:00,30,30,31,5,220,220,220",  # 3: another value
        "T1,F1,2027-01-20 19:00,30,30,30,5,220,220,220",  # 4: the same again
        "T1,F2,19 o'clock,30,30,30,5,220,220,220",  # 5
        "T1,F2,2027-01-20 19:00,-3,30,x,5,220,220,220",  # 6: two
        ",,2027-01-20 19:00,30,30,30,5,220,220,220",  # 7: two
        "T1,F3,2027-01-20 19:00,30,30,30,95,220,220,220",  # 8: neutral above the sum
        "T1,F3,2027-01-20 19:10,40,0,0,5,220,220,220",  # 9: neutral too small
        "T1,F3,2027-01-20 19:20,30,30,30,5,381,120,220",  # 10: two voltages
        "T1,F3,2027-01-20 19:30,30,30,30",  # 11: cells
        "T1,F3,2027-01-20 19:40,30,,30,5,220,220,220",  # 12: a note
        "T1,F3,2027-01-20 19:50,30000,30000,30000,,,,",  # 13: milliamperes
    ]
    with pytest.raises(StudyError) as caught:
        read_clamp(write(tmp_path, HEADING + "\n".join(rows) + "\n"))
    found = sorted((f.code, f.where, f.severity) for f in caught.value.faults)
    assert found == sorted(
        [
            ("clamp-duplicate", "clamp.csv:3", "error"),
            ("clamp-repeated", "clamp.csv:4", "note"),
            ("clamp-time", "clamp.csv:5", "error"),
            *[("clamp-number", "clamp.csv:6", "error")] * 2,
            ("clamp-missing", "clamp.csv:6", "note"),
            *[("clamp-place", "clamp.csv:7", "error")] * 2,
            ("clamp-neutral", "clamp.csv:8", "warning"),
            ("clamp-neutral", "clamp.csv:9", "warning"),
            *[("clamp-voltage", "clamp.csv:10", "warning")] * 2,
            ("clamp-cells", "clamp.csv:11", "error"),
            ("clamp-missing", "clamp.csv:12", "note"),
            *[("clamp-current", "clamp.csv:13", "warning")] * 3,
        ]
    )
    phase_to_phase = next(f for f in caught.value.faults if "381" in f.what)
    assert "phase to neutral" in phase_to_phase.remedy


@pytest.mark.parametrize("text", ["area,Ia\nT1,3\n", "", HEADING])
def test_no_table_of_measurements(tmp_path: Path, text: str) -> None:
    with pytest.raises(StudyError) as caught:
        read_clamp(write(tmp_path, text))
    assert caught.value.faults[0].code in ("clamp-heading", "clamp-empty")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="there is no such file"):
        read_clamp(tmp_path / "clamp.csv")


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_real_phasors_are_always_believed(seed: int) -> None:
    random = np.random.default_rng(seed)
    i_a = random.uniform(0, 100, (50, 3)) * (random.random((50, 3)) > 0.2)
    lag = np.arccos(random.uniform(0.85, 1.0, (50, 3)))
    angle = np.deg2rad([0, -120, 120]) - lag
    fundamental = np.abs((i_a * np.exp(1j * angle)).sum(axis=1))
    third = (i_a * random.uniform(0, 0.2, (50, 3))).sum(axis=1)
    neutral = np.minimum(np.hypot(fundamental, third), i_a.sum(axis=1))
    low, high = neutral_bounds(i_a)
    assert (low <= neutral).all()
    assert (neutral <= high).all()


def test_bounds_of_one_loaded_phase_are_tight() -> None:
    low, high = neutral_bounds(np.array([[100.0, 0.0, 0.0]]))
    assert 90 < low[0] < 100 < high[0] < 110


def modelled(count: int = 9) -> np.ndarray:
    random = np.random.default_rng(4)
    return np.array([30.0, 18.0, 10.0]) * random.uniform(0.7, 1.3, (count, 3))


@settings(max_examples=50, deadline=None)
@given(factor=st.floats(0.2, 5.0), seed=st.integers(0, 2**32 - 1))
def test_level_comes_back_with_one_wild_reading(factor: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    model = modelled()
    measured = factor * model * np.exp(0.02 * random.standard_normal((9, 1)))
    measured[4] *= 10
    measured = measured[:, random.permutation(3)]  # labels play no part
    found = level_factor(readings(measured), model)
    assert found.factor == pytest.approx(factor, rel=0.05)
    assert found.low <= found.factor <= found.high
    assert found.spread < 0.1
    assert found.n_reading == 9


def test_level_of_few_readings() -> None:
    two = np.array([[10.0, 10, 10], [np.nan, 1, 1]])
    found = level_factor(readings(two), np.array([[5.0, 5, 5], [1, 1, 1]]))
    assert (found.factor, found.n_reading) == (2.0, 1)
    assert np.isnan([found.spread, found.low, found.high]).all()
    none = level_factor(readings(two[1:]), np.ones((1, 3)))
    assert np.isnan(none.factor)
    assert none.n_reading == 0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_exchanged_labels_are_found(order: tuple[int, int, int]) -> None:
    model = modelled()
    random = np.random.default_rng(2)
    measured = 1.7 * model[:, order] * np.exp(0.05 * random.standard_normal((9, 3)))
    found = phase_mismatch(measured, model)
    assert tuple(found.permutations[found.best]) == order
    assert found.misfit[found.best] < 0.1
    if order == (0, 1, 2):
        assert (found.gain, found.gain_sigma) == (0.0, 0.0)
    else:
        assert found.gain > 0.1
        assert found.gain_sigma > 2


def test_balanced_phases_say_nothing_about_labels() -> None:
    random = np.random.default_rng(2)
    measured = 20 * np.exp(0.1 * random.standard_normal((9, 3)))
    found = phase_mismatch(measured, np.full((9, 3), 20.0))
    assert found.gain == pytest.approx(0.0, abs=1e-12)


def test_without_readings_no_misfit_is_made_up() -> None:
    found = phase_mismatch(np.full((2, 3), np.nan), np.ones((2, 3)))
    assert np.isnan(found.misfit).all()
    assert (found.best, found.n_reading) == (0, 0)
    with pytest.raises(ValueError, match="expected"):
        phase_mismatch(np.ones((2, 3)), np.ones((3, 3)))
