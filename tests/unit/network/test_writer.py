"""A feeder written as a network folder is the same feeder when it is read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandapower as pp
import pytest

import gridplan as gp
from gridplan.network.writer import MARK, write_network

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "validation" / "cases"

SCRIPTS = (
    "csiro/N",
    "csiro/N-four-wire",
    "enwl/14-5",
    "french/27429-summer",
    "phase-balancing-8",
    "spanish/RF1",
)
NETWORKS = ("hongjiawan", "kerber-dorf", "wanfota")


def assert_same(feeder: gp.Feeder, again: gp.Feeder) -> None:
    assert again.nodes.name.tolist() == feeder.nodes.name.tolist()
    assert again.nodes.wires.tolist() == feeder.nodes.wires.tolist()
    assert again.lines.name.tolist() == feeder.lines.name.tolist()
    assert again.lines.section.tolist() == feeder.lines.section.tolist()
    assert again.lines.circuit.tolist() == feeder.lines.circuit.tolist()
    assert again.circuits.name.tolist() == feeder.circuits.name.tolist()
    for name in ("id", "wiring", "kind", "phase", "may_move", "unit", "priority"):
        ours, theirs = getattr(feeder.customers, name), getattr(again.customers, name)
        assert theirs.tolist() == ours.tolist(), name
    one, other = (gp.solve(each, tolerance_pu=1e-12) for each in (feeder, again))
    nominal_v = feeder.nodes.nominal_v
    np.testing.assert_allclose(
        other.vm_v[0] / nominal_v[:, None], one.vm_v[0] / nominal_v[:, None], rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(
        other.vn_v[0] / nominal_v, one.vn_v[0] / nominal_v, rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(other.loss_kw, one.loss_kw, rtol=1e-5)


@pytest.mark.parametrize("name", SCRIPTS)
def test_opendss_circuit_survives(name: str, tmp_path: Path) -> None:
    feeder = gp.read_opendss(CASES / name / "Master.dss")
    assert_same(feeder, gp.read_feeder(write_network(feeder, tmp_path)))


@pytest.mark.parametrize("name", NETWORKS)
def test_sample_network_survives(name: str, tmp_path: Path) -> None:
    feeder = gp.read_feeder(ROOT / "networks" / name)
    again = gp.read_feeder(write_network(feeder, tmp_path))
    assert_same(feeder, again)
    np.testing.assert_allclose(again.lines.ampacity_a, feeder.lines.ampacity_a)
    np.testing.assert_allclose(again.lines.neutral_ampacity_a, feeder.lines.neutral_ampacity_a)
    np.testing.assert_allclose(again.circuits.protection_a, feeder.circuits.protection_a)
    np.testing.assert_allclose(again.circuits.rcd_ma, feeder.circuits.rcd_ma)
    np.testing.assert_allclose(again.customers.meter_a, feeder.customers.meter_a)
    np.testing.assert_allclose(again.customers.const_z, feeder.customers.const_z)


def test_leakage_and_warm_surroundings_survive(tmp_path: Path) -> None:
    feeder = gp.read_feeder(ROOT / "networks" / "hongjiawan")
    assert np.isnan(feeder.circuits.leakage_ma).all()
    assert feeder.area_transformer.ambient_surcharge_k == 0.0
    changed = replace(
        feeder,
        circuits=replace(feeder.circuits, leakage_ma=np.array([64.0, np.nan])),
        transformer=replace(feeder.area_transformer, ambient_surcharge_k=10.0),
    )
    again = gp.read_feeder(write_network(changed, tmp_path))
    np.testing.assert_array_equal(again.circuits.leakage_ma, [64.0, np.nan])
    assert again.area_transformer.ambient_surcharge_k == 10.0
    larger = again.with_transformer("S13-50/10 Yyn0").area_transformer
    assert larger.ambient_surcharge_k == 10.0  # it stands in the same place


def test_open_neutral_shunts_and_coordinates_survive(tmp_path: Path) -> None:
    script = tmp_path / "circuit.dss"
    text = (CASES / "french/36360-winter/Master.dss").read_text(encoding="utf-8")
    bus = "MVLVFeeder14716"
    extra = (
        f"new capacitor.k phases=3 bus1={bus}.1.2.3 kv=.4 kvar=6\n"
        f"new reactor.d phases=1 bus1={bus}.1 bus2={bus}.2 r=100 x=10\n"
        f"setbusxy bus={bus} x=3.25 y=48.5\n"
    )
    script.write_text(text.replace("Set voltagebases", f"{extra}Set voltagebases"), "utf-8")
    feeder = gp.read_opendss(script)
    assert len(feeder.shunts) == 2
    last = feeder.lines.name[-1]
    broken = replace(
        feeder,
        lines=replace(feeder.lines, neutral_open=feeder.lines.name == last),
        customers=replace(feeder.customers, const_z=np.ones(len(feeder.customers))),
    )
    again = gp.read_feeder(write_network(broken, tmp_path / "net"))
    assert again.lines.neutral_open.tolist() == broken.lines.neutral_open.tolist()
    assert_same(broken, again)
    np.testing.assert_allclose(again.shunts.y_s, feeder.shunts.y_s, atol=1e-15)
    assert np.nansum(again.nodes.x) == 3.25
    assert np.nansum(again.nodes.y) == 48.5


def test_pandapower_opens_and_solves_it(tmp_path: Path) -> None:
    feeder = gp.read_opendss(CASES / "french/36360-winter/Master.dss")
    net = pp.from_json(str(write_network(feeder, tmp_path) / "network.json"))
    pp.runpp(net, numba=False)
    # three-phase loads on the mean impedance, without the neutral's share
    assert net.converged
    assert len(net.line_matrix) == 10 * 7
    assert 0.94 < net.res_bus.vm_pu.min() < 0.98


def test_lines_without_length_get_a_metre(tmp_path: Path) -> None:
    feeder = gp.read_opendss(CASES / "french/36360-winter/Master.dss")
    nothing = replace(feeder, lines=replace(feeder.lines, length_m=np.zeros(len(feeder.lines))))
    again = gp.read_feeder(write_network(nothing, tmp_path))
    assert set(again.lines.length_m.tolist()) == {1.0}
    assert_same(nothing, again)


def test_readme_of_somebody_else_stays(tmp_path: Path) -> None:
    feeder = gp.read_opendss(CASES / "french/36360-winter/Master.dss")
    write_network(feeder, tmp_path, "Where it comes from.")
    readme = tmp_path / "README.md"
    first = readme.read_text(encoding="utf-8")
    assert "Where it comes from." in first
    assert "160 kVA Dyn11" in first
    assert MARK in first
    write_network(feeder, tmp_path, "Elsewhere.")
    assert "Elsewhere." in readme.read_text(encoding="utf-8")
    readme.write_text("mine", encoding="utf-8")
    write_network(feeder, tmp_path)
    assert readme.read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "network.json"]
    json.loads((tmp_path / "network.json").read_text(encoding="utf-8"))
