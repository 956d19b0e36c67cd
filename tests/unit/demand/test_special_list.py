"""Special loads of a ledger: their words are understood, and they count once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gridplan.demand.profiles import special_kinds
from gridplan.demand.screening import screen
from gridplan.demand.screening_area import Area
from gridplan.demand.screening_input import read_screening
from gridplan.demand.screening_model import area_draws, shared
from gridplan.demand.screening_special import special_load, usual_evening_kw
from gridplan.demand.special_list import ListedLoad, fault_of
from gridplan.errors import StudyError
from gridplan.network.kind_words import WORDS, kind_of
from tests.unit.demand.test_screening import PLATE, TWO_AREAS, county, levelled, workbook
from tests.unit.demand.transformers import flat, winters

DAYS = np.arange(-10, 16)


def load_of(area: Area, draws: int = 200) -> np.ndarray:
    """Power (draw, day, 96) in a county of the assumed level [kW]."""
    return area_draws(area, shared(draws, 0, 2027), 0).load_kw.reshape(draws, len(DAYS), 96)


def listed(kind: str, kw: float = 10.0) -> ListedLoad:
    return ListedLoad(area=PLATE.area, customer_id="", kind=kind, kw=kw)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("养猪场", "farm"),
        ("pig farm", "farm"),
        ("果园抽水泵", "pump"),
        ("Orchard  pump", "pump"),
        ("碾米厂", "mill"),
        ("饲料加工", "mill"),
        ("冷库", "shop"),
        ("村委会", "public"),
        ("电动自行车充电点", "ebike"),
        ("烤烟房", "tobacco_dryer"),
        ("光伏", "pv"),
        ("居民", None),
    ],
)
def test_words_of_ledgers(text: str, kind: str | None) -> None:
    assert kind_of(text) == kind
    assert set(WORDS) <= set(special_kinds())


def test_a_rating_that_nobody_knows_is_drawn() -> None:
    unknown, known = listed("farm", float("nan")), listed("farm", 8.0)
    assert (unknown.usual_kw, known.usual_kw) == ((3.0, 20.0), (8.0, 8.0))
    drawn = special_load((unknown,), DAYS, 300, area="1", seed=0).max(axis=(1, 2))
    assert 3.0 <= drawn.min() < 4.0
    assert 19.0 < drawn.max() <= 20.0
    sure = special_load((known,), DAYS, 5, area="1", seed=0)
    assert sure.max() == pytest.approx(8.0, rel=1e-3)
    assert fault_of("动力用电", float("nan")) is not None
    assert fault_of("动力用电", 5.0) is None


def test_machines_rest_over_the_festival_and_farms_do_not() -> None:
    mill = special_load((listed("mill"),), DAYS, 400, area="1", seed=0)
    festive = (DAYS >= -1) & (DAYS <= 3)
    assert mill[:, festive].max() == 0.0
    ran = (mill[:, DAYS < -1].max(axis=2) > 0).mean()
    assert ran == pytest.approx(special_kinds()["mill"].running_days, abs=0.03)
    farm = special_load((listed("farm"),), DAYS, 3, area="1", seed=0)
    assert farm.min() > 5.0


def test_another_load_and_more_draws_change_no_number() -> None:
    one = special_load((listed("mill"),), DAYS, 20, area="1", seed=0)
    two = special_load((listed("mill"), listed("pump")), DAYS, 50, area="1", seed=0)
    pump = two - special_load((listed("mill"),), DAYS, 50, area="1", seed=0)
    np.testing.assert_array_equal(
        one, special_load((listed("mill"),), DAYS, 50, area="1", seed=0)[:20]
    )
    assert pump.min() >= 0
    assert pump.max() > 0


def test_a_farm_comes_on_top_where_nothing_is_measured() -> None:
    homes = load_of(PLATE)
    with_farm = load_of(replace(PLATE, special=(listed("farm"),)))
    more = with_farm - homes
    assert more.min() > 5.9
    assert more.max() < 10.1
    np.testing.assert_array_equal(load_of(replace(PLATE, special=())), homes)


def test_what_is_measured_holds_the_farm_already() -> None:
    """The same curve with a farm known in it says fewer kilowatts of the homes."""
    farm = (listed("farm"),)
    evening = usual_evening_kw(farm, 1, area=PLATE.area, seed=0)[0]
    assert evening == pytest.approx(8.8, abs=0.1)
    ordinary = winters(flat("2026-12-01", [20.0, 21.0, 19.0, 20.0, 20.5]))
    plain, known = (
        levelled(replace(PLATE, winters=ordinary, special=special)) for special in ((), farm)
    )
    # homes at half the level, whose festival is a multiple of their usual evening; the farm stays
    assert known[0] < 0.92 * plain[0]
    past = winters(flat("2026-02-16", [60.0, 60.0, 60.0]))
    plain, known = (
        levelled(replace(PLATE, winters=past, special=special)) for special in ((), farm)
    )
    assert known[0] == pytest.approx(plain[0], rel=0.12)  # the past festival had it, too


def test_the_ledger_is_read_and_counted(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "c.xlsx",
        {
            "台区": TWO_AREAS,
            "特殊负荷": [
                ["台区编号", "户号", "用电类别", "容量(kW)"],
                ["1", "77", "养猪场", 12],
                ["1", "", "碾米厂", ""],
                ["2", "", "光伏", 30],
            ],
        },
    )
    found = read_screening(path, 2027)
    first, second = found.areas
    assert (first.special[0].kind, first.special[0].kw) == ("farm", 12.0)
    assert np.isnan(first.special[1].kw)
    assert second.special == ()
    assert [note.code for note in found.notes if note.rows == 1 and "dark" in note.code]
    result = screen(found, draws=40)
    basis = {row.area: row.basis for row in result.areas}
    assert basis == {"1": "special loads", "2": "plate"}
    bare = screen(county(*(replace(area, special=()) for area in found.areas)), draws=40)
    more, less = ({row.area: row for row in one.areas} for one in (result, bare))
    assert more["1"].load_p50_kva > less["1"].load_p50_kva + 6
    same = replace(less["2"], rank=more["2"].rank, turn=more["2"].turn)
    assert more["2"] == same


def test_every_fault_of_the_list_is_said(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "c.xlsx",
        {
            "台区": TWO_AREAS,
            "special_loads": [
                ["area", "kind", "kw"],
                ["9", "pump", 5],  # 2: unknown area
                ["1", "风车", 5],  # 3: unknown kind
                ["1", "pump", -5],  # 4: no rating
                ["1", "三相动力", ""],  # 5: needs one
                ["1", "mill", 99999],  # 6: a code for no reading, or watts
            ],
        },
    )
    with pytest.raises(StudyError) as caught:
        read_screening(path, 2027)
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert [fault.where for fault in errors] == [f"c.xlsx[special_loads]:{n}" for n in range(2, 7)]
    assert all(fault.remedy for fault in errors)
    bare = workbook(
        tmp_path / "d.xlsx", {"台区": TWO_AREAS, "特殊负荷": [["台区编号", "x"], ["1", 2]]}
    )
    with pytest.raises(StudyError, match="no column kind"):
        read_screening(bare, 2027)


def test_sheets_without_known_names_are_told_apart_by_their_headings(tmp_path: Path) -> None:
    ledger = [["台区编号", "容量", "户数", "类别"], ["1", 50, 30, "公变"], ["2", 100, 60, "公变"]]
    loads = [["台区编号", "类别", "容量(kVA)"], ["1", "养猪场", 12]]
    path = workbook(tmp_path / "c.xlsx", {"x": loads, "y": ledger})
    first, second = read_screening(path, 2027).areas
    assert (first.sn_kva, first.special[0].kw) == (50.0, 12.0)
    assert (second.sn_kva, second.special) == (100.0, ())
