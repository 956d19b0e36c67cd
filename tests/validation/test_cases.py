"""Every folder below ``cases`` compares with a peer: a new case is a new folder, no new code.

``case.json`` says what it is, which peer computes the expected values, where they come from and
how close they must be. ``network.json`` is the network; its loads are scaled by the factors in
``scale``, and ``circuit.dss`` is the same network written for OpenDSS by hand. Where ``case.json``
names a ``script`` instead, the network is that OpenDSS script, as somebody else wrote it: gridplan
reads it, OpenDSS solves it, and what the publisher says is compared as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gridplan as gp
from tests.validation.opendss_peer import DssSolution, solve_script

ROOT = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in ROOT.rglob("case.json"))
CASES = [folder for folder in FOLDERS if (folder / "network.json").exists()]
SCRIPTS = [folder for folder in FOLDERS if folder not in CASES]

#: Scripts of every publisher: with OpenDSS's numerical ties to earth taken out, nothing is left.
EXACT = ("csiro/N", "csiro/N-four-wire", "enwl/14-5", "french/36360-winter", "phase-balancing-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a peer says: voltages (node, 3) [pu] and perhaps currents (3,) [A], losses [kW]."""

    vm_pu: np.ndarray
    i_transformer_a: np.ndarray | None = None
    loss_kw: float | None = None


def by_pandapower(folder: Path, feeder: gp.Feeder, scale: float) -> Expected:
    import pandapower as pp

    net = pp.from_json(str(folder / "network.json"))
    for table in ("load", "asymmetric_load", "sgen", "asymmetric_sgen"):
        net[table]["scaling"] = scale
    pp.runpp_3ph(net, tolerance_mva=1e-9, numba=False)
    phases = ("a", "b", "c")
    buses = net.res_bus_3ph.loc[feeder.nodes.bus]
    lost_mw = sum(
        net[table][f"pl_{phase}_mw"].sum()
        for table in ("res_line_3ph", "res_trafo_3ph")
        for phase in phases
    )
    return Expected(
        vm_pu=buses[[f"vm_{phase}_pu" for phase in phases]].to_numpy(),
        i_transformer_a=1e3
        * net.res_trafo_3ph[[f"i_{phase}_lv_ka" for phase in phases]].to_numpy()[0],
        loss_kw=1e3 * lost_mw,
    )


def by_opendss(folder: Path, feeder: gp.Feeder, scale: float) -> Expected:
    import opendssdirect as dss

    dss.Text.Command(f'redirect "{folder / "circuit.dss"}"')
    dss.Solution.LoadMult(scale)
    dss.Solution.Solve()
    assert dss.Solution.Converged()
    vm_pu = np.full((len(feeder.nodes), 3), np.nan)
    present = {name.lower() for name in dss.Circuit.AllBusNames()}
    for node, name in enumerate(feeder.nodes.name):
        if name.lower() in present:
            dss.Circuit.SetActiveBus(name)
            volts = np.array(dss.Bus.VMagAngle())[: 2 * 3 : 2]
            vm_pu[node] = volts / feeder.nodes.nominal_v[node]
    return Expected(vm_pu=vm_pu)


PEERS: dict[str, Callable[[Path, gp.Feeder, float], Expected]] = {
    "pandapower": by_pandapower,
    "opendss": by_opendss,
}


def case_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "case.json").read_text(encoding="utf-8"))


def name_of(folder: Path) -> str:
    return folder.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("folder", CASES, ids=name_of)
def test_case(folder: Path) -> None:
    case = case_of(folder)
    assert case["title"]
    assert case["source"]
    feeder = gp.read_feeder(folder)
    scale = np.array(case["scale"])[:, None]
    result = gp.solve(feeder, scale * feeder.customers.p_kw, scale * feeder.customers.q_kvar)
    assert result.converged.all()
    assert result.residual_pu.max() < case["atol_pu"]
    for k, factor in enumerate(case["scale"]):
        expected = PEERS[case["peer"]](folder, feeder, factor)
        known = np.isfinite(expected.vm_pu)
        assert known[feeder.customers.node].all(), "the peer must know every customer's node"
        np.testing.assert_allclose(
            result.vm_pu[k][known], expected.vm_pu[known], rtol=0, atol=case["atol_pu"]
        )
        if expected.i_transformer_a is not None:
            np.testing.assert_allclose(
                result.i_transformer_a[k], expected.i_transformer_a, rtol=1e-5, atol=1e-4
            )
        if expected.loss_kw is not None:
            assert result.loss_kw[k] == pytest.approx(expected.loss_kw, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("folder", SCRIPTS, ids=name_of)
def test_script(folder: Path) -> None:
    case = case_of(folder)
    assert case["title"]
    assert case["source"]
    assert case["licence"]
    script = folder / case["script"]
    feeder = gp.read_opendss(script)
    result = gp.solve(feeder, tolerance_pu=1e-11)
    assert result.converged.all()
    assert result.residual_pu.max() < case["atol_pu"]
    peer = solve_script(script, feeder, f_hz=case.get("f_hz", 60.0))
    compare(result, feeder, peer, case["atol_pu"])
    published = case.get("published", {})
    if "loss_kw" in published:
        # solved with OpenDSS's own tolerance, which is coarse, and rounded
        rounding = 0.55 * 10.0 ** -published["loss_decimals"]
        assert result.loss_kw[0] == pytest.approx(published["loss_kw"], rel=5e-4, abs=rounding)
    if "vm_min_pu" in published:
        assert np.nanmin(result.vm_pu) == pytest.approx(published["vm_min_pu"], abs=1e-4)


@pytest.mark.parametrize("name", EXACT)
def test_script_to_the_last_digits(name: str) -> None:
    folder = ROOT / name
    case = case_of(folder)
    feeder = gp.read_opendss(folder / case["script"])
    result = gp.solve(feeder, tolerance_pu=1e-12)
    f_hz = case.get("f_hz", 60.0)
    peer = solve_script(folder / case["script"], feeder, f_hz=f_hz, antifloat=False)
    compare(result, feeder, peer, 1e-9)


def test_winter_day() -> None:
    """288 load points of a published day in one call; the publisher printed seven digits."""
    folder = ROOT / "enwl" / "14-5"
    feeder = gp.read_opendss(folder / "Master.dss")
    profiles = np.genfromtxt(
        ROOT / "enwl" / "Winter_Load_Profiles.csv", delimiter=",", encoding="utf-8-sig"
    )
    number = np.array([int(name.removeprefix("load")) for name in feeder.customers.id])
    p_kw = profiles[:, (number - 1) % 100]
    result = gp.solve(feeder, p_kw, p_kw * np.tan(np.arccos(0.95)))
    assert result.converged.all()
    day = np.genfromtxt(folder / "winter_opendss.csv", delimiter=",", names=True)
    behind = result.vm_pu[:, feeder.transformer.lv_node :]
    np.testing.assert_allclose(behind.min(axis=(1, 2)), day["vmin_lv_pu"], rtol=0, atol=1e-7)
    np.testing.assert_allclose(behind.max(axis=(1, 2)), day["vmax_lv_pu"], rtol=0, atol=1e-7)
    np.testing.assert_allclose(result.loss_kw, day["loss_kW_total"], rtol=0, atol=1e-6)


def compare(
    result: gp.PowerFlowResult, feeder: gp.Feeder, peer: DssSolution, atol_pu: float
) -> None:
    """Every phase and every neutral of every node, and what is lost."""
    nominal_v = feeder.nodes.nominal_v
    np.testing.assert_array_equal(np.isnan(result.vm_v[0]), np.isnan(peer.vm_v))
    np.testing.assert_array_equal(np.isnan(result.vn_v[0]), np.isnan(peer.vn_v))
    np.testing.assert_allclose(
        result.vm_v[0] / nominal_v[:, None], peer.vm_v / nominal_v[:, None], rtol=0, atol=atol_pu
    )
    np.testing.assert_allclose(
        result.vn_v[0] / nominal_v, peer.vn_v / nominal_v, rtol=0, atol=atol_pu
    )
    assert result.loss_kw[0] == pytest.approx(peer.loss_kw, rel=1e-5)


def test_every_peer_and_vector_group_is_there() -> None:
    cases = [case_of(folder) for folder in CASES]
    assert {case["peer"] for case in cases} == set(PEERS)
    groups = {gp.read_feeder(folder).transformer.vector_group for folder in CASES}
    assert groups >= {"Dyn5", "Dyn11", "Yyn0"}
