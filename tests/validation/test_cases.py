"""Every folder below ``cases`` compares with a peer: a new case is a new folder, no new code.

``network.json`` is the network. ``case.json`` says what it is, which peer computes the expected
values, where they come from, how close they must be, and by which factors the loads of the file are
scaled. ``circuit.dss`` is the same network written for OpenDSS by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import gridplan as gp

CASES = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/case.json"))


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


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
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


def test_every_peer_and_vector_group_is_there() -> None:
    cases = [json.loads((folder / "case.json").read_text(encoding="utf-8")) for folder in CASES]
    assert {case["peer"] for case in cases} == set(PEERS)
    groups = {gp.read_feeder(folder).transformer.vector_group for folder in CASES}
    assert groups >= {"Dyn5", "Dyn11", "Yyn0"}
