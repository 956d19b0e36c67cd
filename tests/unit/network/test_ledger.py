"""Ledgers: the example is Hongjiawan, every feeder survives, every planted fault is reported."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter

import gridplan as gp
from gridplan.exchange.ledger import ledger_rows
from gridplan.exchange.workbook import example_rows, write_ledger, write_template
from gridplan.network.ledger import read_ledger
from gridplan.network.ledger_forms import SHEETS
from gridplan.network.ledger_types import conductor_of, transformer_of
from tests.villages import Kind, any_village

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "validation" / "cases"


def sample(name: str) -> gp.Feeder:
    return gp.read_feeder(ROOT / "networks" / name)


def order_of(feeder: gp.Feeder, again: gp.Feeder, part: str) -> np.ndarray:
    """Positions in ``again`` of the named rows of ``feeder``."""
    name = "id" if part == "customers" else "name"
    place = {n: k for k, n in enumerate(getattr(getattr(again, part), name).tolist())}
    return np.array([place[n] for n in getattr(getattr(feeder, part), name).tolist()], dtype=int)


def close(one: Any, other: Any) -> bool:
    if one.dtype.kind in "fc":
        return np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)
    return one.tolist() == other.tolist()


def assert_same(feeder: gp.Feeder, again: gp.Feeder) -> None:
    """The same feeder, whatever the order of its rows."""
    nodes, lines = (order_of(feeder, again, part) for part in ("nodes", "lines"))
    homes = order_of(feeder, again, "customers")
    for part, order, names in (
        ("nodes", nodes, ("nominal_v", "x", "y", "wires")),
        ("lines", lines, ("std_type", "length_m", "z_ohm", "y_s", "wires", "neutral_open",
                          "ampacity_a", "neutral_ampacity_a", "section")),
        ("customers", homes, ("p_share", "q_share", "wiring", "kind", "p_kw", "q_kvar", "const_z",
                              "const_i", "may_move", "phase_confidence", "priority", "meter_a")),
    ):  # fmt: skip
        assert len(getattr(feeder, part)) == len(getattr(again, part))
        for name in names:
            ours, theirs = (getattr(getattr(f, part), name) for f in (feeder, again))
            assert close(ours, theirs[order]), f"{part}.{name}"
    ends = [
        (f.nodes.name[f.lines.from_node], f.nodes.name[f.lines.to_node]) for f in (feeder, again)
    ]
    assert ends[0][0].tolist() == ends[1][0][lines].tolist()
    assert ends[0][1].tolist() == ends[1][1][lines].tolist()
    units = [f.customers.unit_names[f.customers.unit] for f in (feeder, again)]
    assert units[0].tolist() == units[1][homes].tolist()
    one, other = (f.area_transformer for f in (feeder, again))
    for name in one.__dataclass_fields__:
        ours, theirs = getattr(one, name), getattr(other, name)
        assert theirs == (pytest.approx(ours, rel=1e-12) if isinstance(ours, float) else ours), name
    for name in ("vm_pu", "va_degree", "z1_ohm", "z2_ohm", "z0_ohm"):
        ours, theirs = getattr(feeder.source, name), getattr(again.source, name)
        assert theirs == pytest.approx(ours, rel=1e-9, abs=1e-15), name
    for name in ("protection_a", "rcd_ma", "leakage_ma"):
        mine = dict(zip(feeder.circuits.name.tolist(), getattr(feeder.circuits, name), strict=True))
        back = dict(zip(again.circuits.name.tolist(), getattr(again.circuits, name), strict=True))
        assert back == pytest.approx(mine, nan_ok=True)
    volts, others = (gp.solve(f, tolerance_pu=1e-12).vm_v[0] for f in (feeder, again))
    np.testing.assert_allclose(others[nodes], volts, rtol=1e-9)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_filled_example_is_hongjiawan(lang: str, tmp_path: Path) -> None:
    path = write_template(tmp_path / "ledger.xlsx", lang, example=True)
    (again,) = read_ledger(path)
    assert again.name == "hongjiawan"
    assert_same(sample("hongjiawan"), again)


def test_the_example_is_up_to_date() -> None:
    rows = ledger_rows(sample("hongjiawan"))
    assert {name: len(r) for name, r in example_rows().items()} == {
        n: len(r) for n, r in rows.items()
    }
    for name, mine in example_rows().items():
        for row, other in zip(mine, rows[name], strict=True):
            assert {k: str(v) for k, v in row.items()} == {k: str(v) for k, v in other.items()}


def test_the_empty_template_asks_for_rows(tmp_path: Path) -> None:
    path = write_template(tmp_path / "ledger.xlsx")
    with pytest.raises(gp.NetworkError) as refused:
        read_ledger(path)
    assert [fault.code for fault in refused.value.faults] == ["ledger-sheet"] * 3


@pytest.mark.parametrize("name", ["hongjiawan", "kerber-dorf", "wanfota"])
@pytest.mark.parametrize("kind", ["book.xlsx", "folder"])
def test_samples_survive(name: str, kind: str, tmp_path: Path) -> None:
    feeder = sample(name)
    path, _ = write_ledger(feeder, tmp_path / kind)
    (again,) = read_ledger(path)
    assert_same(feeder, again)


@pytest.mark.parametrize("name", ["csiro/R", "csiro/N-four-wire", "french/36360-winter"])
def test_other_circuits_survive(name: str, tmp_path: Path) -> None:
    feeder = gp.read_opendss(CASES / name / "Master.dss")
    path, _ = write_ledger(feeder, tmp_path / "book.xlsx")
    (again,) = read_ledger(path)
    nodes = order_of(feeder, again, "nodes")
    volts, others = (gp.solve(f, tolerance_pu=1e-12).vm_v[0] for f in (feeder, again))
    np.testing.assert_allclose(others[nodes], volts, rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_any_village_survives(seed: int, tmp_path: Path) -> None:
    kind = Kind(vector_group="Dyn11", n_wire=3 + seed % 2, wirings=("wye", "delta"), zip_loads=True)
    feeder = any_village(seed, kind)
    path, _ = write_ledger(feeder, tmp_path / "book.xlsx")
    (again,) = read_ledger(path)
    nodes = order_of(feeder, again, "nodes")
    volts, others = (gp.solve(f, tolerance_pu=1e-12).vm_v[0] for f in (feeder, again))
    np.testing.assert_allclose(others[nodes], volts, rtol=1e-9)


def test_every_kind_survives(tmp_path: Path) -> None:
    feeder = sample("hongjiawan")
    kinds = ("resident", "vacant", "ten_kilowatt", "pump", "mill", "farm", "shop", "public",
             "ebike", "tea_dryer", "tobacco_dryer", "feast", "three_phase")  # fmt: skip
    kind = feeder.customers.kind.astype("<U20")
    kind[: len(kinds)] = kinds
    feeder = replace(feeder, customers=replace(feeder.customers, kind=kind))
    (again,) = read_ledger(write_ledger(feeder, tmp_path / "book.xlsx")[0])
    homes = order_of(feeder, again, "customers")
    assert again.customers.kind[homes].tolist() == kind.tolist()


# --- what a station writes by hand ------------------------------------------------------------

HAND = {
    "配变台账": "台区,型号,容量,联结组别,分接档位\nT01,S11-M-50/10,50,D.yn11,II\n",
    "低压线路": (
        "起点杆号,终点杆号,导线规格,档距（m）,相数,相别\n"
        "变压器,1#,LGJ-35,50,3,\n1#,2#,JKLYJ-4×50,45,3,\n2#,2-1#,LGJ-25,40,1,B\n"
    ),
    "表箱台账": (
        "计量箱编号,所在杆,线制,相别,接户线长度(m)\nX1,1#,2,A相,12\nX2,2#,4,,\nX3,2-1#,2,,8\n"
    ),
    "户表": (
        "户号,户名,联系电话,表箱,相别,单三相,报装容量(kW),用电类别,电表电流\n"
        "001,张,13800000000,X1,A,单相,8,乡村居民生活用电,5（60）\n"
        "002,王,13800000001,X1,,单相,8,乡村居民生活用电,5(60)A\n"
        "003,李,13800000002,X2,未知,单相,8,空置,60\n"
        "004,赵,13800000003,X2,红,单相,8,居民,60\n"
        "005,孙,13800000004,X2,三相,三相,15,碾米,\n"
        "006,周,13800000005,X3,B,单相,8,居民,\n"
    ),
}


def folder_of(target: Path, sheets: dict[str, str], encoding: str = "utf-8-sig") -> Path:
    target.mkdir(exist_ok=True)
    for name, text in sheets.items():
        (target / f"{name}.csv").write_bytes(text.encode(encoding))
    return target


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "gbk"])
def test_a_ledger_by_hand(encoding: str, tmp_path: Path) -> None:
    (feeder,) = read_ledger(folder_of(tmp_path / "L", HAND, encoding))
    homes = feeder.customers
    assert feeder.name == "T01"
    assert feeder.area_transformer.std_type == "S11-50/10 Dyn11"
    of = {number: k for k, number in enumerate(homes.id.tolist())}
    units = homes.unit_names[homes.unit]
    phases = homes.phase
    assert {n: str(units[k]) for n, k in of.items()} == {
        "001": "X1", "002": "X1", "003": "003", "004": "004", "005": "005", "006": "2-1#",
    }  # fmt: skip
    assert {n: str(phases[k]) for n, k in of.items() if n != "003"} == {
        "001": "a", "002": "a", "004": "c", "005": "abc", "006": "b",
    }  # fmt: skip
    assert homes.phase_confidence[of["003"]] == pytest.approx(1 / 3)
    assert homes.phase_confidence[of["002"]] == 1  # its two-wire box tells
    assert homes.meter_a[of["001"]] == 60
    assert homes.kind[of["005"]] == "mill"
    assert not homes.may_move[of["005"]]


def test_personal_columns_stop_at_the_door(tmp_path: Path) -> None:
    (feeder,) = read_ledger(folder_of(tmp_path / "L", HAND))
    said = " ".join(note.what for note in feeder.notes)
    assert "'户名', '联系电话' dropped: personal data do not enter" in said
    everything = repr(feeder.notes) + "".join(feeder.customers.id.tolist())
    assert "张" not in everything
    assert "13800000000" not in everything


def test_what_was_assumed_is_said(tmp_path: Path) -> None:
    (feeder,) = read_ledger(folder_of(tmp_path / "L", HAND))
    said = [note.what for note in feeder.notes if note.code == "ledger-assumed"]
    for words in (
        "S11-M-50/10 taken as S11-50/10 Dyn11",
        "JKLYJ-4×50 taken as JKLYJ-1kV 4x50",
        "no conductor of the drop: BLV 2x10 assumed",
        "no short-circuit power",
        "no load given",
        "phase not recorded",
    ):
        assert any(words in one for one in said), words


def test_several_areas(tmp_path: Path) -> None:
    sheets = {
        "transformers": "area,model,group\nN1,S11-50/10,Yyn0\nN2,S11-100/10,Dyn11\n",
        "lines": (
            "area,from_pole,to_pole,conductor,length_m\nN1,LV,1,LGJ-25,40\nN2,LV,1,LGJ-35,60\n"
        ),
        "customers": "area,customer_id,pole,phase\nN1,A1,1,A\nN2,B1,1,B\n",
    }
    one, two = read_ledger(folder_of(tmp_path / "L", sheets))
    assert (one.name, two.name) == ("N1", "N2")
    assert one.customers.id.tolist() == ["A1"]
    assert two.lines.length_m.tolist() == [60]


@pytest.mark.parametrize(
    ("poles", "metres"),
    [
        ("pole,x(m),y(m)\nLV,0,0\n1,30,40\n", 50),
        ("杆号,经度,纬度\nLV,114.0,30.0\n1,114.0,30.001\n", 111.32),
        ("杆号,档距（米）\n1,47\n", 47),
    ],
)
def test_length_by_places(poles: str, metres: float, tmp_path: Path) -> None:
    sheets = {
        "transformers": "model,group\nS11-50/10,Dyn11\n",
        "poles": poles,
        "lines": "from_pole,to_pole,conductor\nLV,1,LGJ-25\n",
        "customers": "customer_id,pole,phase\nA1,1,A\n",
    }
    (feeder,) = read_ledger(folder_of(tmp_path / "L", sheets))
    assert feeder.lines.length_m[0] == pytest.approx(metres, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "std_type"),
    [
        ("LGJ-25", "JL/G1A-25/4 4w"), ("LGJ—25/4", "JL/G1A-25/4 4w"),
        ("JKLYJ-1-70", "JKLYJ-1kV 4x70"), ("jklyj 4*70", "JKLYJ-1kV 4x70"),
        ("JKLYJ-1kV-3×70+1×35", "JKLYJ-1kV 3x70+1x35"), ("BLV-2×10", "BLV 2x10"),
        ("LGJ-25+16", "JL/G1A-25/4 3x25+1x16"), ("YJLV22-0.6/1kV-4×70", "YJLV22-0.6/1kV 4x70"),
    ],
)  # fmt: skip
def test_conductor_models(text: str, std_type: str) -> None:
    found = conductor_of(text).found
    assert found is not None
    assert found.std_type == std_type


@pytest.mark.parametrize("text", ["LGJ-33", "铜线", "VV22-4x10", "", "4x70"])
def test_conductors_that_are_not_known(text: str) -> None:
    match = conductor_of(text)
    assert match.found is None
    assert match.closest


@pytest.mark.parametrize(
    ("model", "kva", "group", "std_type"),
    [
        ("S9-30/10", float("nan"), "Yyn0", "S9-30/10 Yyn0"),
        ("S11-M-100/10", float("nan"), "", "S11-100/10 Dyn11"),
        ("S7", 50.0, "Y/Yn0-12", "S7-50/10 Yyn0"),
        ("SBH15-M-100/10", 100.0, "D,yn11", "SBH15-100/10 Dyn11"),
        ("SJ-50/10", 50.0, "", "S7-50/10 Yyn0"),
    ],
)
def test_transformer_models(model: str, kva: float, group: str, std_type: str) -> None:
    found = transformer_of(model, kva, group).found
    assert found is not None
    assert found.std_type == std_type


@pytest.mark.parametrize(
    ("tap", "position"), [("I", 2), ("III", 0), ("5", -2), ("-1", -1), ("", 0)]
)
def test_tap_positions(tap: str, position: float, tmp_path: Path) -> None:
    sheets = {
        "transformers": f"model,group,tap\nS11-50/10,Dyn11,{tap}\n",
        "lines": "from_pole,to_pole,conductor,length_m\nLV,1,LGJ-25,40\n",
        "customers": "customer_id,pole,phase\nA1,1,A\n",
    }
    (feeder,) = read_ledger(folder_of(tmp_path / "L", sheets))
    assert feeder.area_transformer.tap_pos == position


# --- thirty planted faults ------------------------------------------------------------------


def csv_rows(feeder: gp.Feeder, folder: Path) -> dict[str, list[dict[str, str]]]:
    write_ledger(feeder, folder, "en")
    found = {}
    for sheet in SHEETS:
        text = (folder / f"{sheet.name}.csv").read_text(encoding="utf-8-sig")
        found[sheet.name] = list(csv.DictReader(io.StringIO(text)))
    return found


Rows = dict[str, list[dict[str, str]]]


def put(sheet: str, row: int, **cells: str) -> Callable[[Rows], tuple[str, int]]:
    """Write cells of a row; the fault is expected there."""

    def plant(rows: Rows) -> tuple[str, int]:
        for name, text in cells.items():
            heading = next(h for h in rows[sheet][0] if h.partition("(")[0] == name)
            rows[sheet][row][heading] = text
        return sheet, row + 2

    return plant


def copy_of(sheet: str, row: int) -> Callable[[Rows], tuple[str, int]]:
    def plant(rows: Rows) -> tuple[str, int]:
        rows[sheet].append(dict(rows[sheet][row]))
        return sheet, len(rows[sheet]) + 1

    return plant


#: One fault each, all in rows of their own.
PLANTED = [
    put("transformers", 0, tap="IV"),
    put("poles", 3, x="far"),
    copy_of("poles", 4),
    put("poles", 5, role="tree"),
    put("lines", 1, conductor="LGJ-33"),
    put("lines", 2, length_m="-40"),
    put("lines", 3, to_pole="F9-P99"),
    put("lines", 4, from_pole=""),
    put("lines", 5, phases="7"),
    put("lines", 6, length_m="40 km"),
    put("lines", 7, conductor=""),
    copy_of("lines", 8),
    put("boxes", 0, pole="F1-P99"),
    put("boxes", 1, wires="3"),
    put("boxes", 2, conductor="twine"),
    put("boxes", 4, length_m="9999"),
    copy_of("boxes", 5),
    put("customers", 0, phase="D"),
    put("customers", 1, customer_id=""),
    put("customers", 3, box="B99"),
    put("customers", 4, box=""),
    put("customers", 5, supply="two"),
    put("customers", 6, kind="castle"),
    put("customers", 7, meter_a="big"),
    put("customers", 8, load_kw="5000"),
    put("customers", 10, phase="A"),  # behind the two-wire box of phase C
    put("customers", 13, supply="三相"),
    put("customers", 22, length_m="near"),
    put("customers", 23, const_z_percent="150"),
    copy_of("customers", 24),
]


def test_thirty_planted_faults_are_thirty(tmp_path: Path) -> None:
    rows = csv_rows(sample("hongjiawan"), tmp_path / "csv")
    places = [plant(rows) for plant in PLANTED]
    assert len(set(places)) == 30
    path = tmp_path / "ledger.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        for name, mine in rows.items():
            page = book.add_worksheet(name)
            page.write_row(0, 0, list(mine[0]))
            for at, row in enumerate(mine, start=1):
                for column, text in enumerate(row.values()):
                    page.write_string(at, column, text)
    with pytest.raises(gp.NetworkError) as refused:
        read_ledger(path)
    errors = [fault for fault in refused.value.faults if fault.severity == "error"]
    found = {fault.where for fault in errors}
    expected = {f"ledger.xlsx[{sheet}]:{row}" for sheet, row in places}
    assert sorted(expected - found) == [], "not reported"
    assert sorted(found - expected) == [], "reported without reason"
    assert len(errors) == 30
    assert all(fault.remedy for fault in errors)


def test_faults_of_the_network_come_at_their_row(tmp_path: Path) -> None:
    """What only the finished network shows is said at the row of the ledger, too."""
    sheets = {
        "transformers": "model,group\nS11-50/10,Dyn11\n",
        "lines": "from_pole,to_pole,conductor,length_m\nLV,1,LGJ-25,40\n7,8,LGJ-25,40\n",
        "customers": "customer_id,pole,phase\nA1,1,A\nA2,8,B\n",
    }
    with pytest.raises(gp.NetworkError) as refused:
        read_ledger(folder_of(tmp_path / "L", sheets))
    places = [fault.where for fault in refused.value.faults if fault.severity == "error"]
    assert places == ["lines.csv:3"]


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    feeder = sample("hongjiawan")
    number = feeder.customers.id.astype("<U30")
    number[0] = "=1+1"
    feeder = replace(feeder, customers=replace(feeder.customers, id=number))
    (again,) = read_ledger(write_ledger(feeder, tmp_path / "book.xlsx")[0])
    assert "=1+1" in again.customers.id.tolist()
