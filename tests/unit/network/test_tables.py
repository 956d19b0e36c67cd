"""Files are data: hostile or broken ones end in one clear message, never in a traceback."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridplan.errors import NetworkError
from gridplan.network.feeder import Feeder
from gridplan.network.reader import read_feeder
from tests.unit.network.nets import edit, save, village


def refused(path: Path) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        read_feeder(path)
    return caught.value


def frame(columns: list[object], data: list[object]) -> dict[str, object]:
    inner = {"columns": columns, "index": list(range(len(data))), "data": data}
    return {"_module": "x", "_class": "DataFrame", "_object": json.dumps(inner)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not-json"),
        ("not json", "not-json"),
        ('{"_class": "pandapowerNet"', "not-json"),
        ("[]", "not-a-net"),
        ("3", "not-a-net"),
        ('{"_class": "pandapowerNet", "_object": []}', "not-a-net"),
        ('{"_class": "DataFrame", "_object": {}}', "not-a-net"),
        ("[" * 200_000, "too-deep"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "too-deep"),
        ('{"_class": "pandapowerNet", "_object": ' + "9" * 5000 + "}", "not-json"),
    ],
)
def test_what_is_no_net_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "network.json"
    path.write_text(text, encoding="utf-8")
    assert [fault.code for fault in refused(path).faults] == [code]


def test_nesting_inside_a_table_is_refused(tmp_path: Path) -> None:
    path = edit(save(village(), tmp_path), bus={"_object": "[" * 100_000})
    assert "nested" in str(refused(path))


def test_pickle_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "net.p"
    path.write_bytes(b"cos\nsystem\n(S'echo'\ntR.")
    assert [fault.code for fault in refused(path).faults] == ["pickle"]


def test_missing_file_says_what_to_give(tmp_path: Path) -> None:
    assert "network.json" in str(refused(tmp_path))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "network.json"
    path.write_bytes(b"\xff\xfe\x00{")
    assert refused(path).faults[0].code == "not-json"


@pytest.mark.parametrize(
    "table",
    [
        [],
        7,
        "text",
        {"_object": 7},
        {"_object": "[1]"},
        {"_object": "{"},
        {"_object": json.dumps({"columns": ["a"], "index": [0], "data": [[1, 2]]})},
        {"_object": json.dumps({"columns": ["a"], "index": [0, 1], "data": [[1]]})},
        {"_object": json.dumps({"columns": ["a", "a"], "index": [0], "data": [[1, 2]]})},
        {"_object": json.dumps({"columns": ["a"], "index": [1, 1], "data": [[1], [2]]})},
        {"_object": json.dumps({"columns": ["a"], "index": ["x"], "data": [[1]]})},
        {"_object": json.dumps({"columns": [["a", "b"]], "index": [0], "data": [[1]]})},
    ],
)
def test_malformed_table_is_a_fault(tmp_path: Path, table: object) -> None:
    path = edit(save(village(), tmp_path), line=table)
    assert ("malformed-table", "line") in [(f.code, f.where) for f in refused(path).faults]


def test_huge_number_and_nested_cell_are_faults(tmp_path: Path) -> None:
    data = [[1, 2, 10**400, [1], {"a": 1}, "L"]]
    columns = ["from_bus", "to_bus", "length_km", "r_ohm_per_km", "x_ohm_per_km", "name"]
    path = edit(save(village((0,)), tmp_path), line=frame(list(columns), data))
    bad = [fault.what for fault in refused(path).faults if fault.code == "bad-cell"]
    assert len(bad) == 3


def test_nan_tokens_are_missing_values(tmp_path: Path) -> None:
    path = save(village(), tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("0.868", "NaN", 1), encoding="utf-8")
    assert [(f.code, f.where) for f in refused(path).faults[:1]] == [("bad-cell", "line[0] (L1)")]


def test_options_and_controllers_are_dropped_by_name(tmp_path: Path) -> None:
    controllers = frame(["object", "in_service"], [[{"_module": "os", "_class": "system"}, True]])
    path = save(village(), tmp_path)
    edit(path, user_pf_options={"max_iteration": 1}, controller=controllers, mine={"a": 1})
    dropped = {note.where for note in read_feeder(path).notes if note.code == "dropped"}
    assert dropped == {"user_pf_options", "controller", "mine"}


def test_dropped_names_are_told_when_the_file_is_refused(tmp_path: Path) -> None:
    net = village()
    net.line.loc[0, "length_km"] = 0
    path = edit(save(net, tmp_path), user_pf_options={"init": "flat"})
    error = refused(path)
    assert [fault.severity for fault in error.faults][:1] == ["error"]
    assert "user_pf_options" in str(error)
    assert "1 fault\n" in str(error)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    table=st.sampled_from(["bus", "line", "trafo", "ext_grid", "asymmetric_load"]), data=st.data()
)
def test_any_cell_may_be_anything(tmp_path: Path, table: str, data: st.DataObject) -> None:
    path = save(village((0, 1)), tmp_path) if not (tmp_path / "network.json").exists() else None
    clean = tmp_path / "clean"
    if path is not None:
        clean.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    content = json.loads(clean.read_text(encoding="utf-8"))
    inner = json.loads(content["_object"][table]["_object"])
    row = data.draw(st.integers(0, len(inner["data"]) - 1))
    column = data.draw(st.integers(0, len(inner["columns"]) - 1))
    inner["data"][row][column] = data.draw(JUNK)
    content["_object"][table]["_object"] = json.dumps(inner)
    file = tmp_path / "network.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    with contextlib.suppress(NetworkError):  # any other exception is a traceback for the user
        assert isinstance(read_feeder(file), Feeder)


def test_a_source_of_nothing_but_resistance(tmp_path: Path) -> None:
    net = village((0, 1))
    net.ext_grid["rx_max"] = 1.4e154  # its square is more than a number can be
    source = read_feeder(save(net, tmp_path)).source
    net.ext_grid["rx_max"] = 1e6
    near = read_feeder(save(net, tmp_path)).source
    assert source.z2_ohm == pytest.approx(near.z2_ohm, rel=1e-5)
