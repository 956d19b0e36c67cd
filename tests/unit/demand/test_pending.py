"""Pending connections: files, customers of a feeder, demand, currents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gridplan as gp
from gridplan.demand.pending import PendingConnection, read_pending, with_pending
from gridplan.demand.settings import ForecastSettings
from gridplan.errors import StudyError
from tests.unit.demand.villages import customers_of, feeder_of

ROOT = Path(__file__).resolve().parents[3]
HEADING = "name,network,node,kw,phases,from,to,power_factor,probability,kind\n"
FARM = "FARM,village,bus,6,abc,06:00,18:00,0.9,0.5,farm\n"
POSTS = "POSTS,village,bus,2,b,20:00,06:00,,,ebike\n"


def write(folder: Path, rows: str) -> Path:
    path = folder / "pending.csv"
    path.write_text(HEADING + rows, encoding="utf-8")
    return path


def study(folder: Path, rows: str, **changes: Any) -> ForecastSettings:
    write(folder, rows)
    values = {
        "period": {"festival_year": 2027, "first_day": -2, "last_day": 0},
        "draws": 60,
        "scenarios": {"expected": {}},
        "pending": "pending.csv",
    }
    return ForecastSettings.model_validate({**values, **changes}, context={"folder": folder})


def test_values_of_a_file(tmp_path: Path) -> None:
    farm, posts = read_pending(write(tmp_path, FARM + POSTS)).of("village")
    assert (farm.kw, farm.phases, farm.probability, farm.kind) == (6, "abc", 0.5, "farm")
    assert np.flatnonzero(farm.running).tolist() == list(range(24, 72))
    assert np.flatnonzero(posts.running == 0).tolist() == list(range(24, 80))
    assert (posts.power_factor, posts.probability) == (0.9, 1.0)


def test_all_faults_at_once(tmp_path: Path) -> None:
    rows = [
        "A,village,bus,6,abc,,,,,",  # 2: right
        "A,village,bus,6,abc,,,,,",  # 3: twice
        "B,village,bus,-6,abc,,,,,",  # 4: kw
        "C,village,bus,6,ab,,,,,",  # 5: phases
        "D,village,bus,6,a,8,18:00,,,",  # 6: no clock time, so from is missing as well
        "E,village,bus,6,a,08:00,08:00,,,",  # 7: no length
        "F,village,bus,6,a,,,1.2,,",  # 8: power factor
        "G,village,bus,6,a,,,,2,",  # 9: probability
        "H,village,bus,6,a,,,,,windmill",  # 10: kind
        ",village,,6,a,,,,,",  # 11: name and node
        "I,village,bus,,a,08:07,18:00,,,",  # 12: kw and from
        "J,village,bus,1,a,,18:00,,,",  # 13: from without to
    ]
    with pytest.raises(StudyError) as caught:
        read_pending(write(tmp_path, "\n".join(rows) + "\n"))
    found = sorted(
        (int(fault.where.rpartition(":")[2]), fault.code.removeprefix("pending-"))
        for fault in caught.value.faults
    )
    assert found == [
        (3, "duplicate"),
        (4, "number"),
        (5, "phases"),
        (6, "hours"),
        (6, "hours"),
        (7, "hours"),
        (8, "number"),
        (9, "number"),
        (10, "kind"),
        (11, "empty"),
        (11, "empty"),
        (12, "empty"),
        (12, "hours"),
        (12, "hours"),
        (13, "hours"),
    ]


def test_they_become_customers_after_the_others(tmp_path: Path) -> None:
    feeder = feeder_of(customers_of(["resident"] * 3))
    wider = with_pending(feeder, read_pending(write(tmp_path, FARM + POSTS)).of("village"))
    assert wider.customers.id.tolist() == ["H0", "H1", "H2", "FARM", "POSTS"]
    assert wider.customers.phase.tolist() == ["a", "b", "c", "abc", "b"]
    assert wider.customers.may_move.tolist() == [True, True, True, False, True]
    assert wider.customers.unit.tolist() == [0, 1, 2, 3, 4]
    assert wider.customers.q_kvar[3] == pytest.approx(6 * np.tan(np.arccos(0.9)))
    assert len(feeder.customers) == 3
    assert with_pending(feeder, ()) is feeder


def test_wrong_places_are_named_together() -> None:
    feeder = gp.read_feeder(ROOT / "networks" / "hongjiawan")
    wires = feeder.nodes.wires.copy()
    wires[-1, 2] = False
    feeder = replace(feeder, nodes=replace(feeder.nodes, wires=wires))
    two_wires = str(feeder.nodes.name[-1])
    taken = str(feeder.customers.id[0])

    def at(name: str, node: str) -> PendingConnection:
        return PendingConnection(name=name, network="", node=node, kw=1.0, phases="abc")

    wrong = [at("A", "nowhere"), at("B", two_wires), at(taken, "LV"), at("C", "MV"), at("D", "LV")]
    with pytest.raises(StudyError) as caught:
        with_pending(feeder, [*wrong, at("D", "LV")])
    words = ("no node 'nowhere'", "lacks phase", "customer already", "medium", "customer already")
    for fault, word in zip(caught.value.faults, words, strict=True):
        assert word in fault.what


def test_the_power_flow_carries_them() -> None:
    feeder = gp.read_feeder(ROOT / "networks" / "wanfota")
    at = np.flatnonzero(feeder.nodes.wires[:, :3].all(axis=1))[-1]
    node = str(feeder.nodes.name[at])
    new = PendingConnection(
        name="NEW", network="wanfota", node=node, kw=3.0, phases="b", power_factor=1.0
    )
    before, after = gp.solve(feeder), gp.solve(with_pending(feeder, [new]))
    assert after.converged.all()
    assert after.residual_pu.max() < 1e-6
    rise_a = (after.i_transformer_a - before.i_transformer_a)[0]
    assert rise_a[1] == pytest.approx(3000 / 230, rel=0.15)
    assert np.abs(rise_a[[0, 2]]).max() < 1.0


def test_demand_by_hours_and_probability(tmp_path: Path) -> None:
    settings = study(tmp_path, FARM + POSTS + "OTHER,elsewhere,x,5,a,,,,,\n")
    feeder = feeder_of(customers_of(["vacant"]))
    wider = with_pending(feeder, read_pending(tmp_path / "pending.csv").of("village"))
    p_kw, q_kvar = (values[0] for values in gp.forecast_demand(wider, settings).block(0, 60))
    by_day = p_kw.reshape(3, 60, 3, 96)
    present = by_day[1].max(axis=(1, 2)) > 0
    assert 0.3 < present.mean() < 0.7  # there or not, for the whole of a draw
    expected = np.zeros(96)
    expected[24:72] = 6.0
    assert by_day[1][present] == pytest.approx(np.broadcast_to(expected, (present.sum(), 3, 96)))
    assert (by_day[2, :, :, 24:80] == 0).all()
    assert (by_day[2, :, :, :24] == 2).all()
    running = p_kw[2] > 0
    assert q_kvar[2][running] / 2 == pytest.approx(np.tan(np.arccos(0.9)), rel=1e-5)


def test_the_others_draw_what_they_drew_before(tmp_path: Path) -> None:
    feeder = feeder_of(customers_of(["vacant", "resident", "pump", "shop"] * 3))
    changes = {"coverage": {"default": 0.5}, "registers": "."}
    rows = "".join(f"H{home},3,,,no\n" for home in (0, 4))
    heading = "customer_id,persons,arrival,departure,will_not_return\n"
    (tmp_path / "village.csv").write_text(heading + rows, encoding="utf-8")
    before = gp.forecast_demand(feeder, study(tmp_path, "", **changes))
    settings = study(tmp_path, FARM + POSTS, **changes)
    wider = with_pending(feeder, read_pending(tmp_path / "pending.csv").of("village"))
    after = gp.forecast_demand(wider, settings)
    for old, new in zip(before.block(0, 8), after.block(0, 8), strict=True):
        np.testing.assert_array_equal(old, new[:, :12])
    np.testing.assert_array_equal(before.occupancy, after.occupancy[:, :12])
    assert (after.occupancy[:, 12:] == 0).all()


def test_a_feeder_without_them_is_refused(tmp_path: Path) -> None:
    feeder = feeder_of(customers_of(["vacant"]))
    with pytest.raises(StudyError, match="with_pending") as caught:
        gp.forecast_demand(feeder, study(tmp_path, FARM))
    assert "FARM" in str(caught.value)
