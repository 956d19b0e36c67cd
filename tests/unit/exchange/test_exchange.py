"""What other programs are given, they solve to gridplan's own voltages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandapower as pp
import pytest
from pandapower.pf.runpp_3ph import runpp_3ph
from power_grid_model import PowerGridModel
from power_grid_model.utils import json_deserialize_from_file

import gridplan as gp
from gridplan.exchange.electrical import plain_names
from gridplan.exchange.opendss import write_opendss
from gridplan.exchange.pandapower_net import write_pandapower
from gridplan.exchange.power_grid_model import write_power_grid_model
from gridplan.network.power_grid_model import read_power_grid_model
from tests.validation.opendss_peer import solve_script
from tests.villages import Kind, any_village

ROOT = Path(__file__).parents[3]
NETWORKS = ("hongjiawan", "kerber-dorf", "wanfota")
#: What the villages of a station may have: the vector groups, at both places of the tap.
GROUPS = {"Dyn1": 30, "Dyn5": 150, "Dyn7": 210, "Dyn11": 330, "Yzn5": 150, "Yzn11": 330, "Yyn0": 0}
SAME_PU = 1e-6


def sample(name: str) -> gp.Feeder:
    return gp.read_feeder(ROOT / "networks" / name)


def constant_power(feeder: gp.Feeder) -> gp.Feeder:
    none = np.zeros(len(feeder.customers))
    return replace(feeder, customers=replace(feeder.customers, const_z=none, const_i=none))


def stiff(feeder: gp.Feeder) -> gp.Feeder:
    return replace(feeder, source=replace(feeder.source, z2_ohm=0j, z0_ohm=0j))


def with_group(group: str, tap_side: str = "hv") -> gp.Feeder:
    feeder = sample("kerber-dorf")
    trafo = replace(
        feeder.area_transformer,
        **{"vector_group": group, "shift_degree": float(GROUPS[group]), "tap_side": tap_side},
        **{"tap_pos": -1.0, "tap_min": -2.0, "tap_max": 2.0, "tap_step_percent": 2.5},
        **{"vk0_percent": 3.3, "vkr0_percent": 1.1, "parallel": 2},
    )
    return replace(feeder, transformer=trafo)


def apart_pu(feeder: gp.Feeder, vm_v: np.ndarray) -> float:
    """Largest difference of voltages (node, 3) from gridplan's own."""
    own = gp.solve(feeder, tolerance_pu=1e-12).vm_v[0]
    assert (np.isfinite(own) == np.isfinite(vm_v)).all()
    return float(np.nanmax(np.abs(own - vm_v) / feeder.nodes.nominal_v[:, None]))


def by_name(feeder: gp.Feeder, again: gp.Feeder) -> np.ndarray:
    """Voltages of a feeder read back, in the order of the first one's nodes."""
    place = {name.casefold(): node for node, name in enumerate(again.nodes.name.tolist())}
    order = [place[name.casefold()] for name in feeder.nodes.name.tolist()]
    return gp.solve(again, tolerance_pu=1e-12).vm_v[0][order]


def check_opendss(feeder: gp.Feeder, folder: Path) -> gp.Feeder:
    script, _ = write_opendss(feeder, folder)
    assert apart_pu(feeder, solve_script(script, feeder, constant=False).vm_v) < SAME_PU
    again = gp.read_opendss(script)
    assert apart_pu(feeder, by_name(feeder, again)) < SAME_PU
    return again


@pytest.mark.parametrize("name", NETWORKS)
def test_opendss_solves_a_sample(name: str, tmp_path: Path) -> None:
    feeder = sample(name)
    again = check_opendss(feeder, tmp_path)
    assert sorted(again.customers.id.tolist()) == sorted(
        number.lower() for number in feeder.customers.id.tolist()
    )
    before, after = feeder.area_transformer, again.area_transformer
    assert after.vector_group == before.vector_group
    if before.has_yyn_core:
        assert after.vk0_percent == pytest.approx(before.vk0_percent, rel=1e-6)


@pytest.mark.parametrize("tap_side", ["hv", "lv"])
@pytest.mark.parametrize("group", GROUPS)
def test_opendss_solves_a_vector_group(group: str, tap_side: str, tmp_path: Path) -> None:
    again = check_opendss(with_group(group, tap_side), tmp_path)
    assert again.area_transformer.vector_group == group.replace("Yzn", "Dyn")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "kind",
    [
        Kind(vector_group="Dyn11", n_wire=3, wirings=("wye", "delta"), zip_loads=True),
        Kind(vector_group="Yyn0", n_wire=4, wirings=("wye", "delta", "earth"), charging=True),
        Kind(vector_group="Dyn5", n_wire=4, meshed=True, zip_loads=True),
        Kind(vector_group="YNyn0", n_wire=3, symmetric=True),
    ],
)
def test_opendss_solves_any_village(kind: Kind, seed: int, tmp_path: Path) -> None:
    script, _ = write_opendss(feeder := any_village(seed, kind), tmp_path)
    assert apart_pu(feeder, solve_script(script, feeder, constant=False).vm_v) < SAME_PU


def test_opendss_broken_neutral(tmp_path: Path) -> None:
    village = gp.read_opendss(ROOT / "tests/validation/cases/french/36360-winter/Master.dss")
    whole = np.ones(len(village.customers))
    village = replace(village, customers=replace(village.customers, const_z=whole))
    leaving = int(np.flatnonzero(village.lines.from_node == village.busbar)[0])
    feeder = village.with_open_neutral(str(village.lines.name[leaving]))
    script, _ = write_opendss(feeder, tmp_path)
    solved = solve_script(script, feeder, constant=False)
    own = gp.solve(feeder, tolerance_pu=1e-12)
    assert float(np.nanmax(own.vn_v)) > 5  # it floats
    assert apart_pu(feeder, solved.vm_v) < 1e-5


def test_opendss_names(tmp_path: Path) -> None:
    feeder = sample("hongjiawan")
    names = feeder.nodes.name.astype("<U20")
    names[2:5] = ["洪家湾1号杆", "pole 3", "LV"]
    feeder = replace(feeder, nodes=replace(feeder.nodes, name=names))
    script, notes = write_opendss(feeder, tmp_path)
    assert "洪家湾1号杆" in (tmp_path / "names.csv").read_text(encoding="utf-8")
    assert "dss-names" in {note.code for note in notes}
    assert len(gp.read_opendss(script).nodes) == len(feeder.nodes)


def test_names_stay_apart() -> None:
    assert plain_names(["A", "a", "n2", "x y"], "n") == ["A", "n2x", "n2", "n4"]


def test_opendss_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    feeder = sample("kerber-dorf")
    trafo = replace(feeder.area_transformer, vector_group="YNyn0", shift_degree=0.0)
    trafo = replace(trafo, vk0_percent=9.0)
    with pytest.raises(gp.InputError, match="YNyn0"):
        write_opendss(replace(feeder, transformer=trafo), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def solve_by_pandapower(path: Path, feeder: gp.Feeder) -> np.ndarray:
    net = pp.from_json(str(path))
    runpp_3ph(net, numba=False)
    assert net.converged
    vm_pu = net.res_bus_3ph.loc[feeder.nodes.bus, ["vm_a_pu", "vm_b_pu", "vm_c_pu"]]
    return vm_pu.to_numpy() * feeder.nodes.nominal_v[:, None]


@pytest.mark.parametrize(
    "make",
    [
        *(lambda name=name: sample(name) for name in NETWORKS),
        *(lambda group=group: with_group(group) for group in GROUPS),
        lambda: gp.read_opendss(ROOT / "tests/validation/cases/enwl/14-5/Master.dss"),
    ],
)
def test_pandapower_solves_it(make: Callable[[], gp.Feeder], tmp_path: Path) -> None:
    feeder = constant_power(make())
    path, _ = write_pandapower(feeder, tmp_path / "net.json")
    assert apart_pu(feeder, solve_by_pandapower(path, feeder)) < SAME_PU
    again = gp.read_feeder(path)
    assert apart_pu(feeder, by_name(feeder, again)) < SAME_PU
    assert again.customers.kind.tolist() == feeder.customers.kind.tolist()


def test_pandapower_stand_in_is_said(tmp_path: Path) -> None:
    _, notes = write_pandapower(sample("hongjiawan"), tmp_path / "net.json")
    said = {note.code: note.what for note in notes}
    assert "Yyn0" in said["stand-in"]
    assert "constant-power" in said


def test_pandapower_folds_the_neutral(tmp_path: Path) -> None:
    village = any_village(1, Kind(vector_group="Dyn11", n_wire=4, symmetric=True))
    at_busbar = village.groundings.node == village.busbar
    groundings = replace(
        village.groundings,
        node=village.groundings.node[at_busbar],
        z_ohm=0 * village.groundings.z_ohm[at_busbar],
    )
    feeder = replace(village, groundings=groundings)
    path, notes = write_pandapower(feeder, tmp_path / "net.json")
    assert [note.code for note in notes] == ["neutral-folded"]
    assert apart_pu(feeder, solve_by_pandapower(path, feeder)) < SAME_PU


def solve_by_power_grid_model(path: Path) -> dict[int, np.ndarray]:
    model = PowerGridModel(json_deserialize_from_file(path), system_frequency=50.0)
    nodes = model.calculate_power_flow(symmetric=False, max_iterations=200)["node"]
    return dict(zip(nodes["id"].tolist(), nodes["u"], strict=True))


@pytest.mark.parametrize(
    "make",
    [
        *(lambda name=name: stiff(sample(name)) for name in NETWORKS),
        *(lambda group=group: stiff(with_group(group)) for group in GROUPS),
        lambda: any_village(2, Kind(vector_group="Dyn11", zip_loads=True)),
    ],
)
def test_power_grid_model_solves_it(make: Callable[[], gp.Feeder], tmp_path: Path) -> None:
    feeder = make()
    path, _ = write_power_grid_model(feeder, tmp_path / "feeder.json")
    voltages = solve_by_power_grid_model(path)
    assert apart_pu(feeder, np.array([voltages[k] for k in range(len(feeder.nodes))])) < SAME_PU
    again = read_power_grid_model(path)
    assert set(again.nodes.name.tolist()) == set(feeder.nodes.name.tolist())
    assert apart_pu(feeder, by_name(feeder, again)) < SAME_PU


def test_power_grid_model_source_is_said(tmp_path: Path) -> None:
    feeder = sample("hongjiawan")
    path, notes = write_power_grid_model(feeder, tmp_path / "feeder.json")
    assert "pgm-source" in {note.code for note in notes}
    voltages = solve_by_power_grid_model(path)
    assert apart_pu(feeder, np.array([voltages[k] for k in range(len(feeder.nodes))])) < 1e-3


def test_power_grid_model_own_dataset(tmp_path: Path) -> None:
    """A dataset of its own making: compact rows, a star-star unit with its own no-load branch."""
    content = {
        "version": "1.0", "type": "input", "is_batch": False,
        "attributes": {"node": ["id", "u_rated"]},
        "data": {
            "node": [[1, 10000.0], [2, 400.0], [3, 400.0]],
            "source": [{"id": 4, "node": 1, "status": 1, "u_ref": 1.02, "sk": 2e7}],
            "transformer": [{
                "id": 5, "from_node": 1, "to_node": 2, "from_status": 1, "to_status": 1,
                "u1": 10000.0, "u2": 400.0, "sn": 1e5, "uk": 0.04, "pk": 1500.0, "i0": 0.02,
                "p0": 300.0, "winding_from": 2, "winding_to": 1, "clock": 11, "tap_side": 0,
                "tap_pos": 1, "tap_nom": 0, "tap_min": -2, "tap_max": 2, "tap_size": 250.0,
            }],
            "asym_line": [{
                "id": 6, "from_node": 2, "to_node": 3, "from_status": 1, "to_status": 1,
                "r_aa": 0.30, "r_ba": 0.05, "r_bb": 0.31, "r_ca": 0.05, "r_cb": 0.05, "r_cc": 0.32,
                "x_aa": 0.20, "x_ba": 0.08, "x_bb": 0.21, "x_ca": 0.07, "x_cb": 0.08, "x_cc": 0.22,
                "c0": 0.0, "c1": 0.0, "i_n": 100.0,
            }],
            "asym_load": [{
                "id": 7, "node": 3, "status": 1, "type": 0,
                "p_specified": [5e3, 0.0, 2e3], "q_specified": [1e3, 0.0, 5e2],
            }],
            "sym_gen": [{"id": 8, "node": 3, "status": 1, "type": 1,
                         "p_specified": 3e3, "q_specified": 0.0}],
        },
    }  # fmt: skip
    path = tmp_path / "own.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    feeder = read_power_grid_model(path)
    voltages = solve_by_power_grid_model(path)
    expected = np.array([voltages[int(bus)] for bus in feeder.nodes.bus])
    assert apart_pu(feeder, expected) < SAME_PU


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_batch": True}, "pgm-dataset"),
        ({"data": {"node": []}}, "pgm-dataset"),
        ({"data": {"node": [{"id": 1}]}}, "pgm-dataset"),
    ],
)
def test_power_grid_model_refused(change: dict[str, object], code: str, tmp_path: Path) -> None:
    content = {"version": "1.0", "type": "input", "is_batch": False, "attributes": {}, "data": {}}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(content | change), encoding="utf-8")
    with pytest.raises(gp.NetworkError) as refused:
        read_power_grid_model(path)
    assert refused.value.faults[0].code == code


def test_power_grid_model_has_no_delta(tmp_path: Path) -> None:
    village = any_village(1, Kind(vector_group="Dyn11", wirings=("delta",)))
    with pytest.raises(gp.InputError, match="between phases"):
        write_power_grid_model(village, tmp_path / "feeder.json")
    assert not (tmp_path / "feeder.json").exists()
