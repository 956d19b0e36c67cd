"""The cost table: every item a measure may take is in it, with its date and source; sums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gridplan.demand.cases import Demand
from gridplan.errors import StudyError
from gridplan.measures.conductors import conductor_item
from gridplan.measures.costs import outlay, read_costs, shipped_costs
from gridplan.measures.measure import Area, Measure
from gridplan.measures.transformers import transformer_item
from gridplan.network.catalogue import conductor_types, transformer_types


def measure(work: dict[str, float], **more: object) -> Measure:
    """A measure that changes nothing."""
    return Measure(
        kind="tap",
        label="x",
        place="",
        quantity=1.0,
        unit="",
        detail="",
        change=lambda areas: areas,
        work=work,
        **more,
    )


def test_every_row_is_dated_and_says_where_it_comes_from() -> None:
    for item in shipped_costs().values():
        assert item.status in ("V", "S", "K", "A"), item.item
        assert item.dated[:2] == "20", item.item
        assert len(item.source) > 20, item.item
        assert ("placeholder" in item.source) or item.status != "A" or "hours" in item.source


def test_every_type_of_the_catalogue_has_a_price() -> None:
    table = shipped_costs()
    for name in conductor_types():
        assert conductor_item(name) in table, name
    for item in transformer_types().values():
        assert transformer_item(item.sn_kva) in table, item.std_type
    assert transformer_item(200.0) == "transformer_kva_200"


def test_the_nearest_section_prices_a_conductor() -> None:
    assert conductor_item("JKLYJ-1kV 4x50") == "conductor_50"
    assert conductor_item("BLV 2x10") == "conductor_16"


def test_work_adds_up_but_one_visit_serves_all() -> None:
    table = shipped_costs()
    tap = measure({"visit": 1, "tap_change": 1}, customers_out=30)
    wires = measure({"visit": 1, "conductor_50": 200}, customers_out=20)
    both = outlay([tap, wires], table)
    hour = table["crew_hour"].price_cny
    crew_h = 0.5 + 0.7 + 200 * 0.0125
    assert both.crew_h == pytest.approx(crew_h)
    assert both.cost_cny == pytest.approx(400 + 200 * 26 + crew_h * hour)
    assert both.lead_days == 10
    assert both.outage_min == pytest.approx(40 + 180)
    assert both.outage_customer_h == pytest.approx((40 * 30 + 180 * 20) / 60)
    assert both.placeholder_percent == pytest.approx(100.0)
    assert {item[0] for item in both.items} == {"visit", "tap_change", "conductor_50"}


def test_homes_done_one_by_one_wait_for_their_own_piece_only() -> None:
    work = {"three_phase_service": 3}
    together = outlay([measure(work, customers_out=3)], shipped_costs())
    single = outlay([measure(work, customers_out=3, one_by_one=True)], shipped_costs())
    assert (together.outage_min, single.outage_min) == (180, 60)
    assert single.outage_customer_h == pytest.approx(3.0)


def test_published_prices_are_no_placeholders() -> None:
    part = outlay([measure({"new_line": 100})], shipped_costs())
    crew = 100 * 0.03 * 300
    assert part.placeholder_percent == pytest.approx(100 * crew / (100 * 100 + crew))
    assert outlay([], shipped_costs()).cost_cny == 0


def test_a_table_of_ones_own_replaces_rows(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(
        "项目,单位,单价(元),班组工时,停电(分钟),准备天数,价格日期,可信度\n"
        "crew_hour,h,500,0,0,0,2026-12,V\n"
        "tap_change,change,20,1,30,2,,\n",
        encoding="utf-8",
    )
    table = read_costs(path)
    assert table["crew_hour"].price_cny == 500
    assert table["crew_hour"].status == "V"
    assert (table["tap_change"].status, table["tap_change"].source) == ("K", "prices.csv")
    assert table["visit"] == shipped_costs()["visit"]
    assert shipped_costs()["crew_hour"].price_cny == 300


def test_all_faults_of_a_table_at_once(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(
        "item,unit,price_cny,crew_h,outage_min,lead_days,status\n"
        "helicopter,flight,1,1,1,1,A\n"
        "visit,visit,cheap,0.5,0,-1,A\n"
        "tap_change,change,1,1,1,1,maybe\n"
        "tap_change,change,1,1,1,1,A\n",
        encoding="utf-8",
    )
    with pytest.raises(StudyError) as caught:
        read_costs(path)
    text = str(caught.value)
    for what in ("helicopter", "'cheap'", "'-1'", "'maybe'", "twice"):
        assert what in text, what
    assert "prices.csv:2" in text


def test_a_measure_without_a_change_leaves_the_area() -> None:
    area = Area(feeder=None, demand=Demand.from_arrays(np.zeros((1, 1))))  # type: ignore[arg-type]
    assert measure({}).change((area,)) == (area,)
