"""Phases of whole villages, found from what their meters hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import gridplan as gp
from gridplan.demand.phase_curves import PhaseCurves
from gridplan.demand.phase_ledger import PhaseRecord
from gridplan.errors import InputError
from gridplan.measures.phases import identify_phases
from gridplan.network.feeder import Feeder
from tests import villages

NETWORKS = Path(__file__).parents[3] / "networks"
DAYS = 7
LETTERS = np.array(["a", "b", "c"])


def village(seed: int, vector_group: str = "Yyn0", *, stiff: bool = False) -> Feeder:
    """Sixty homes on 25 poles; a stiff one has 200 kVA and thick lines."""
    made = villages.random_village(seed, vector_group, n_pole=25, n_home=60, const_z=0.5)
    if not stiff:
        return made
    lines = replace(made.lines, z_ohm=0.3 * made.lines.z_ohm)
    return replace(made, lines=lines, transformer=villages.transformer(vector_group, sn_kva=200.0))


def with_three_phase(made: Feeder, number: int) -> Feeder:
    """The first customers on all three phases."""
    share = made.customers.p_share.copy()
    share[:number] = 1 / 3
    return replace(made, customers=replace(made.customers, p_share=share, q_share=share))


def mislabelled(made: Feeder, share: float, seed: int) -> Feeder:
    """The network file as it would be with a share of wrong records; the truth is ``made``."""
    rng = np.random.default_rng(seed)
    shares = made.customers.p_share.copy()
    single = made.customers.connected.sum(axis=1) == 1
    wrong = np.flatnonzero(single & (rng.random(len(single)) < share))
    for customer in wrong:
        shares[customer] = np.roll(shares[customer], rng.integers(1, 3))
    return replace(made, customers=replace(made.customers, p_share=shares, q_share=shares))


def with_curves(
    curves: PhaseCurves, u_v: np.ndarray | None = None, p_kw: np.ndarray | None = None
) -> PhaseCurves:
    return replace(
        curves,
        u_v=curves.u_v if u_v is None else u_v,
        p_kw=curves.p_kw if p_kw is None else p_kw,
    )


@pytest.fixture(scope="module")
def known(metered: ModuleType) -> tuple[Feeder, PhaseCurves]:
    """A weak Yyn0 village with three three-phase customers, its phases, and what meters hold."""
    made = with_three_phase(village(3), 3)
    rng = np.random.default_rng(3)
    truth = metered.happening(made, DAYS, metered.Life(occupied=0.4), rng)
    return made, metered.read(truth, metered.Meter(), rng)


KINDS = {
    "weak Yyn0": {},
    "weak Dyn11": {"vector_group": "Dyn11"},
    "stiff Yyn0": {"stiff": True},
    "stiff Dyn11": {"vector_group": "Dyn11", "stiff": True},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("powers", [True, False])
def test_nearly_all_homes_are_found_from_meters_alone(
    metered: ModuleType, kind: str, powers: bool
) -> None:
    """Class 1, read at any moment of the quarter hour, no heating, two thirds of homes empty."""
    right, sure = [], []
    for seed in (21, 22):
        made = village(seed, **KINDS[kind])
        rng = np.random.default_rng(seed)
        truth = metered.happening(made, DAYS, metered.Life(occupied=0.35), rng)
        curves = metered.read(truth, metered.Meter(), rng)
        if not powers:
            curves = with_curves(curves, p_kw=np.full_like(curves.p_kw, np.nan))
        found = identify_phases(made, curves)
        right += (found.meter_phase == made.customers.phase).tolist()
        sure += found.meter_confidence.tolist()
    share, confidence = np.array(right), np.array(sure)
    assert share.mean() >= 0.95
    # the wrong ones are among those of low confidence
    assert (confidence[~share] < 0.95).all()
    assert share[confidence >= 0.95].mean() == 1.0
    assert confidence.mean() == pytest.approx(share.mean(), abs=0.03)


@pytest.mark.slow
def test_confidence_is_calibrated(metered: ModuleType) -> None:
    """Of the phases found with a confidence, about that share is right; every condition counts."""
    sure, right = [], []
    for seed in range(40, 64):
        made = village(seed, "Dyn11" if seed % 2 else "Yyn0", stiff=seed % 4 > 1)
        rng = np.random.default_rng(seed)
        life = metered.Life(occupied=(0.15, 0.4)[seed % 3 % 2])
        truth = metered.happening(made, DAYS, life, rng)
        curves = metered.read(truth, metered.Meter(), rng)
        for days in (2, 3, DAYS):
            found = identify_phases(made, metered.only(curves, days))
            spoken = found.meter_phase != ""
            sure += found.meter_confidence[spoken].tolist()
            right += (found.meter_phase == made.customers.phase)[spoken].tolist()
    confidence, share = np.array(sure), np.array(right)
    for low, high in ((0.4, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 0.99), (0.99, 1.0)):
        of = (confidence >= low) & (confidence < high)
        expected, spread = confidence[of].mean(), 2.5 * np.sqrt(0.25 / of.sum())
        assert of.sum() > 50
        # homes of one village are not independent: calibrated to some hundredths, never boastful
        assert expected - 0.08 - spread < share[of].mean() < expected + 0.15 + spread
    assert share[confidence >= 0.99].mean() > 0.995


def test_wrong_records_are_put_right(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    file = mislabelled(made, 0.2, 5)
    found = identify_phases(file, curves)
    true = made.customers.phase
    wrong = file.customers.phase != true
    assert wrong.sum() >= 5
    assert (found.found == true).mean() >= 0.97
    assert (found.found[wrong] == true[wrong]).mean() >= 0.9
    assert found.records[0].accuracy == pytest.approx(1 - wrong.mean(), abs=0.06)
    assert "not on the recorded phase" in str(found.notes[-1])
    fixed = found.applied_to(file)
    assert (fixed.customers.phase == found.found).all()
    np.testing.assert_array_equal(fixed.customers.phase_confidence, found.confidence)
    assert (fixed.customers.id == file.customers.id).all()
    assert fixed.customers.p_kw.sum() == pytest.approx(file.customers.p_kw.sum())


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2)])
def test_phases_exchanged_at_the_transformers_meter(
    known: tuple[Feeder, PhaseCurves], order: tuple[int, int, int]
) -> None:
    """What the network file calls a, b, c stays so; the other names are said."""
    made, curves = known
    u_v, p_kw = curves.u_v.copy(), curves.p_kw.copy()
    u_v[-1], p_kw[-1, 1:] = u_v[-1, list(order)], p_kw[-1, 1:][list(order)]
    found = identify_phases(made, with_curves(curves, u_v, p_kw))
    assert (found.found == made.customers.phase).mean() >= 0.97
    assert found.records[0].names == "".join(LETTERS[list(np.argsort(order))])
    said = next(note for note in found.notes if note.code == "phases-names")
    cyclic = order in {(1, 2, 0), (2, 0, 1)}
    assert ("cannot tell" in said.what) == cyclic
    assert found.order[:3].tolist() == ["abc"] * 3


def test_terminals_of_three_phase_meters(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    u_v = curves.u_v.copy()
    u_v[1] = u_v[1, [1, 2, 0]]  # terminal a stands on phase b, b on c, c on a
    found = identify_phases(made, with_curves(curves, u_v))
    assert found.order[:3].tolist() == ["abc", "bca", "abc"]
    assert found.found[:3].tolist() == ["abc"] * 3
    said = [note for note in found.notes if note.code == "phases-terminals"]
    assert [note.where for note in said] == ["H01"]
    assert "b, c, a" in said[0].what


def test_meters_whose_phases_differ_from_the_network(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    u_v = curves.u_v.copy()
    u_v[0, 1:] = np.nan  # a three-phase customer whose export holds one voltage
    u_v[5] = u_v[1]  # a single-phase customer with three
    found = identify_phases(made, with_curves(curves, u_v))
    assert found.remark[[0, 5]].tolist() == ["reads one phase only", "reads several phases"]
    assert {note.where for note in found.notes if note.code == "phases-terminals"} == {
        "H00",
        "H05",
    }
    assert found.found[0] == "abc"
    assert found.found[5] == made.customers.phase[5]  # as recorded


def test_gaps_and_lost_days(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    rng = np.random.default_rng(9)
    u_v = curves.u_v.copy()
    u_v[:, :, rng.random((DAYS, 96)) < 0.05] = np.nan
    u_v[rng.random(u_v.shape) < 0.2] = np.nan
    u_v[::3, :, 2:4] = np.nan
    u_v[10] = 0.0  # an outage, or what some exports write for a missing point
    u_v[11] = np.nan
    found = identify_phases(made, with_curves(curves, u_v))
    read = np.setdiff1d(np.arange(3, 60), [10, 11])
    assert (found.meter_phase == made.customers.phase)[read].mean() >= 0.95
    assert found.meter_phase[[10, 11]].tolist() == ["", ""]
    assert found.remark[[10, 11]].tolist() == ["no readings"] * 2
    assert found.found[[10, 11]].tolist() == made.customers.phase[[10, 11]].tolist()
    assert found.confidence[10] == pytest.approx(found.records[0].accuracy, abs=0.01)


def test_first_point_at_a_quarter_past(known: tuple[Feeder, PhaseCurves]) -> None:
    """Half of the exports begin at 00:15, the transformer's and the others at 00:00."""
    made, curves = known
    u_v = curves.u_v.copy()
    flat = u_v[::2].reshape(-1, 3, DAYS * 96)
    u_v[::2] = np.concatenate([flat[..., 1:], flat[..., -1:]], axis=2).reshape(u_v[::2].shape)
    found = identify_phases(made, with_curves(curves, u_v))
    single = made.customers.phase != "abc"
    assert (found.meter_phase == made.customers.phase)[single].mean() >= 0.95
    note = next(note for note in found.notes if note.code == "phases-clock")
    assert note.rows >= 20


def test_whole_volts(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    found = identify_phases(made, with_curves(curves, np.round(curves.u_v)))
    spoken = found.meter_phase != ""
    right = (found.meter_phase == made.customers.phase)[spoken]
    assert right.mean() >= 0.85
    assert found.meter_confidence[spoken][~right].max(initial=0) < 0.95


def test_a_meter_of_another_area(metered: ModuleType) -> None:
    """Its number stands in this network, its curve was read on the same 10 kV line elsewhere."""
    life, many = metered.Life(occupied=0.4), 21
    here, there = (
        metered.happening(
            village(seed), many, life, np.random.default_rng(seed), common=np.random.default_rng(1)
        )
        for seed in (31, 32)
    )
    own, other = (
        metered.read(truth, metered.Meter(spread_min=5.0), np.random.default_rng(33))
        for truth in (here, there)
    )
    strangers = [4, 20, 41]
    u_v, p_kw = own.u_v.copy(), own.p_kw.copy()
    u_v[strangers], p_kw[strangers] = other.u_v[strangers], other.p_kw[strangers]
    found = identify_phases(here.feeder, with_curves(own, u_v, p_kw))
    flagged = [int(note.where[1:]) for note in found.notes if note.code == "phases-other-area"]
    assert flagged == strangers
    assert (found.other_area[strangers] > 0.5).all()
    assert np.delete(found.other_area, strangers).max() < 0.2
    assert (found.meter_phase[strangers] == "").all()
    assert (found.confidence[strangers] < 0.5).all()
    assert "台区" in next(n for n in found.notes if n.code == "phases-other-area").remedy


def test_a_meter_that_stands_still(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    u_v = curves.u_v.copy()
    u_v[7, 0] = 231.4
    found = identify_phases(made, with_curves(curves, u_v))
    assert found.meter_phase[7] == ""
    assert "stands still" in found.remark[7]


def test_a_box_on_two_phases(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    on = [np.flatnonzero(made.customers.phase == letter)[:2] for letter in "ab"]
    box = np.concatenate(on)
    unit = made.customers.unit.copy()
    unit[box] = unit[box[0]]
    shares = made.customers.p_share.copy()
    shares[box] = shares[box[0]]  # the network file has all of it on a
    file = replace(
        made, customers=replace(made.customers, unit=unit, p_share=shares, q_share=shares)
    )
    found = identify_phases(file, curves)
    note = next(note for note in found.notes if note.code == "phases-unit")
    assert note.where == made.customers.unit_names[unit[box[0]]]
    assert "a: 2, b: 2" in note.what


def test_hplc_records_decide_where_meters_do_not(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    u_v = curves.u_v.copy()
    u_v[20:30] = np.nan
    file = mislabelled(made, 0.25, 8)
    records = [
        PhaseRecord(customer_id=str(name), phase=str(phase), date=dt.date(2026, 10, 1))
        for name, phase in zip(made.customers.id, made.customers.phase, strict=True)
    ]
    records.append(PhaseRecord(customer_id="stranger", phase="a"))
    before = identify_phases(file, with_curves(curves, u_v))
    found = identify_phases(file, with_curves(curves, u_v), records=records)
    unread = np.arange(20, 30)
    assert (found.found[unread] == made.customers.phase[unread]).all()
    assert (found.confidence[unread] > before.confidence[unread]).all()
    hplc = found.records[1]
    assert (hplc.source, hplc.names) == ("HPLC", "abc")
    assert hplc.accuracy > 0.95
    old = [replace(record, date=dt.date(2006, 10, 1)) for record in records]
    aged = identify_phases(file, with_curves(curves, u_v), records=old)
    agreeing = unread[file.customers.phase[unread] != made.customers.phase[unread]]
    assert (aged.confidence[agreeing] < found.confidence[agreeing]).all()


def test_the_latest_record_counts_and_doubtful_ones_count_less(
    known: tuple[Feeder, PhaseCurves],
) -> None:
    made, curves = known
    u_v = curves.u_v.copy()
    u_v[10:13] = np.nan
    wrong = LETTERS[(np.searchsorted(LETTERS, made.customers.phase[10:13]) + 1) % 3]
    doubted = replace(
        made,
        customers=replace(
            made.customers,
            phase_confidence=np.where(np.isin(np.arange(60), [10, 11, 12]), 0.0, 1.0),
        ),
    )
    names = made.customers.id[10:13].tolist()
    true, early, late = made.customers.phase, dt.date(2026, 9, 1), dt.date(2026, 10, 1)
    records = [
        PhaseRecord(customer_id=names[0], phase=str(wrong[0]), date=early),
        PhaseRecord(customer_id=names[0], phase=str(true[10]), date=late),
        PhaseRecord(customer_id=names[1], phase=str(wrong[1]), confidence=0.5),
        PhaseRecord(customer_id=names[1], phase=str(true[11]), source="crew"),
    ]
    found = identify_phases(doubted, with_curves(curves, u_v), records=records)
    assert found.found[10] == made.customers.phase[10]
    assert found.found[11] == made.customers.phase[11]
    assert found.confidence[12] == pytest.approx(1 / 3)
    assert [record.source for record in found.records] == ["network file", "HPLC", "crew"]


def test_a_missing_ratio_is_seen(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    p_kw = curves.p_kw.copy()
    p_kw[-1] /= 40
    secondary = with_curves(curves, p_kw=p_kw)
    said = [note.code for note in identify_phases(made, secondary).notes]
    assert "phases-ratio" in said
    put_right = identify_phases(made, secondary, ct_ratio=40.0)
    as_it_was = identify_phases(made, curves)
    assert "phases-ratio" not in [note.code for note in put_right.notes]
    np.testing.assert_allclose(put_right.confidence, as_it_was.confidence, atol=1e-4)


def test_order_of_meters_does_not_matter(
    metered: ModuleType, known: tuple[Feeder, PhaseCurves]
) -> None:
    made, curves = known
    order = np.random.default_rng(2).permutation(len(curves.ids))
    one, other = (
        identify_phases(made, metered.only(curves, DAYS, rows))
        for rows in (np.arange(len(order)), order)
    )
    np.testing.assert_allclose(one.probability, other.probability, atol=1e-9)
    assert (one.found == other.found).all()


def test_which_meter_is_the_transformers(
    metered: ModuleType, known: tuple[Feeder, PhaseCurves]
) -> None:
    made, curves = known
    twice = metered.only(curves, DAYS, [*range(61), 60])
    twice = replace(twice, ids=np.array([*curves.ids, "OTHER"]))
    with pytest.raises(InputError, match=r"several meters .* T-MAIN, OTHER"):
        identify_phases(made, twice)
    found = identify_phases(made, twice, transformer_meter="T-MAIN")
    assert (found.found == identify_phases(made, curves).found).all()
    assert any(note.code == "phases-meters-left-out" for note in found.notes)
    with pytest.raises(InputError, match="no meter with three voltages"):
        identify_phases(made, metered.only(curves, DAYS, range(60)))
    with pytest.raises(InputError, match="is not among the readings"):
        identify_phases(made, curves, transformer_meter="T-99")
    with pytest.raises(InputError, match="has no readings of three voltages"):
        identify_phases(made, curves, transformer_meter="H10")


def test_numbers_that_are_no_customers(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    others = replace(curves, ids=np.array([f"X{k}" for k in range(60)] + ["T-MAIN"]))
    with pytest.raises(InputError, match="customers' numbers"):
        identify_phases(made, others, transformer_meter="T-MAIN")


def test_result_belongs_to_its_feeder(known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    found = identify_phases(made, curves)
    assert repr(found).startswith("<PhaseIdentification village: 60 of 60 customers")
    with pytest.raises(ValueError, match="other customers"):
        found.applied_to(villages.random_village(1, "Yyn0"))
    row: dict[str, Any] = found.rows()[0]
    assert (row["recorded"], row["found"], row["agrees"]) == ("abc", "abc", True)


def test_two_days_are_few(metered: ModuleType, known: tuple[Feeder, PhaseCurves]) -> None:
    made, curves = known
    found = identify_phases(made, metered.only(curves, 1))
    assert any(note.code == "phases-few-days" for note in found.notes)
    spoken = found.meter_phase != ""
    right = (found.meter_phase == made.customers.phase)[spoken]
    assert found.meter_confidence[spoken].mean() == pytest.approx(right.mean(), abs=0.12)


def test_a_sample_village(metered: ModuleType) -> None:
    """Boxes, two pumps on three phases, and old records of confidence 0.6 in two boxes."""
    rng = np.random.default_rng(12)
    made = metered.shuffled(gp.read_feeder(NETWORKS / "wanfota"), rng)
    truth = metered.happening(made, DAYS, metered.Life(), rng)
    found = identify_phases(made, metered.read(truth, metered.Meter(), rng))
    assert (found.found == made.customers.phase).mean() >= 0.98
    assert (found.confidence[made.customers.phase_confidence < 0.7] > 0.6).all()
