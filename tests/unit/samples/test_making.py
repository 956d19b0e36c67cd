"""The scripts make the files that lie in the project, and pandapower computes them."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pandapower
import pytest

from gridplan.network.reader import read_feeder
from tests.unit.samples.figures import NAMES, REGISTERS, ROOT


@pytest.mark.parametrize("name", ["hongjiawan", "wanfota", "kerber-dorf"])
def test_script_makes_the_same_bytes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    script = importlib.import_module(f"make_{name.replace('-', '_')}")
    script.main(tmp_path)
    register = REGISTERS.relative_to(ROOT) / f"{name}.csv"
    for path in (Path("networks") / name / "network.json", register):
        assert (tmp_path / path).read_bytes() == (ROOT / path).read_bytes()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", NAMES)
def test_pandapower_loads_and_solves_it(name: str) -> None:
    """With the file's own demand every voltage is plausible and the power balances."""
    net = pandapower.from_json(str(ROOT / "networks" / name / "network.json"))
    # pandapower knows neither clock numbers nor Yyn0: Dyn with the same zero sequence stands in
    net.trafo["vector_group"] = "Dyn"
    pandapower.runpp_3ph(net, numba=False, max_iteration=50)
    low_voltage = net.bus.index[net.bus["vn_kv"] < 1.0]
    columns = [f"vm_{phase}_pu" for phase in "abc"]
    vm_pu = net.res_bus_3ph.loc[low_voltage, columns].to_numpy()
    # runpp_3ph may claim convergence beyond collapse: magnitudes and balance tell
    assert (vm_pu > 0.6).all()
    assert (vm_pu < 1.2).all()
    supplied = sum(net.res_ext_grid_3ph[f"p_{phase}_mw"].sum() for phase in "abc")
    drawn = sum(net.asymmetric_load[f"p_{phase}_mw"].sum() for phase in "abc")
    losses = sum(
        net[table][f"pl_{phase}_mw"].sum()
        for table in ("res_line_3ph", "res_trafo_3ph")
        for phase in "abc"
    )
    assert supplied == pytest.approx(drawn + losses, rel=1e-5)
    assert 0 < losses < 0.25 * supplied


@pytest.mark.parametrize("name", NAMES)
def test_gridplan_reads_it_without_a_fault(name: str) -> None:
    """The reader finds what the file names: customers, units, circuits, and no fault."""
    feeder = read_feeder(ROOT / "networks" / name)
    net = pandapower.from_json(str(ROOT / "networks" / name / "network.json"))
    loads = net.asymmetric_load
    assert feeder.customers.id.tolist() == loads["customer_id"].tolist()
    assert feeder.customers.phase.tolist() == loads["phase"].tolist()
    assert set(feeder.customers.unit_names.tolist()) == set(loads["movable_unit"])
    assert feeder.customers.p_kw.sum() == pytest.approx(
        1e3 * loads[["p_a_mw", "p_b_mw", "p_c_mw"]].to_numpy().sum()
    )
    assert sorted(feeder.circuits.name) == sorted(net.line["outgoing_circuit"].unique())
    assert feeder.lines.length_m.sum() == pytest.approx(1e3 * net.line["length_km"].sum())
    assert np.array_equal(np.sort(feeder.lines.row), net.line.index.to_numpy())
    assert not [fault for fault in feeder.notes if fault.severity == "error"]
