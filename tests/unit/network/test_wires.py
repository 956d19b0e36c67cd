"""The tables that pandapower does not have: full matrices, groundings, shunts."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

import gridplan as gp
from gridplan.errors import NetworkError
from gridplan.network.reader import feeder_from_net
from tests.unit.network.nets import village

WIRES = "abcn"


def four_wires(net: pp.pandapowerNet, *, mutual_ohm: float = 0.1) -> pp.pandapowerNet:
    """Give every line of a net four wires of its own resistance and a mutual reactance."""
    rows = [
        {
            "line": line,
            "i": i,
            "j": j,
            "r_ohm_per_km": net.line.r_ohm_per_km[line] if i == j else 0.0,
            "x_ohm_per_km": net.line.x_ohm_per_km[line] + mutual_ohm if i == j else mutual_ohm,
        }
        for line in net.line.index
        for i in WIRES
        for j in WIRES[: WIRES.index(i) + 1]
    ]
    net["line_matrix"] = pd.DataFrame(rows)
    return net


def test_four_equal_wires_are_the_folded_line_with_a_fourfold_zero_sequence() -> None:
    """r0 = r + 3 rn, x0 = x + 3 xn: the reference for voltages to the neutral."""
    folded = village()
    for part in "rx":
        folded.line[f"{part}0_ohm_per_km"] = 4 * folded.line[f"{part}_ohm_per_km"]
    explicit = four_wires(village())
    one, other = (gp.solve(feeder_from_net(net)) for net in (folded, explicit))
    np.testing.assert_allclose(other.vm_v, one.vm_v, rtol=1e-9)
    assert np.isnan(one.vn_v).all()
    assert np.nanmax(other.vn_v) > 0.1


def test_a_neutral_that_nothing_grounds_is_grounded_at_the_busbar() -> None:
    feeder = feeder_from_net(four_wires(village()))
    assert "grounding-assumed" in [note.code for note in feeder.notes]
    assert feeder.groundings.node.tolist() == [feeder.busbar]
    assert gp.solve(feeder).vn_v[0, feeder.busbar] == 0


def test_a_grounding_far_out_divides_the_return_current() -> None:
    net = four_wires(village())
    alone = gp.solve(feeder_from_net(net))
    net["grounding"] = pd.DataFrame({"bus": [1, 7], "r_ohm": [0.0, 1.0], "x_ohm": [0.0, 0.0]})
    feeder = feeder_from_net(net)
    shared = gp.solve(feeder)
    end = feeder.nodes.bus.tolist().index(7)
    assert shared.vn_v[0, end] < alone.vn_v[0, end]
    assert shared.residual_pu.max() < 1e-8
    sweep = gp.run_sweep(feeder, gp.Demand.from_arrays(feeder.customers.p_kw[None]))
    assert sweep.status.max() == 0


def test_a_star_point_grounded_on_its_own_needs_no_neutral_wire() -> None:
    net = village()
    net["grounding"] = pd.DataFrame({"bus": [1], "r_ohm": [2.0], "x_ohm": [0.0]})
    feeder = feeder_from_net(net)
    result = gp.solve(feeder)
    expected = 2.0 * result.i_neutral_a[0]
    assert result.vn_v[0, feeder.busbar] == pytest.approx(expected, rel=1e-5)


def test_a_customer_where_a_phase_is_missing_stays_on_its_own() -> None:
    net = four_wires(village())
    matrix = net.line_matrix
    last = net.line.index[-1]
    at_end = net.asymmetric_load.bus == net.line.to_bus[last]
    kept = set(net.asymmetric_load.phase[at_end]) | {"n"}
    assert len(kept) == 2
    gone = (matrix.line == last) & ~(matrix.i.isin(kept) & matrix.j.isin(kept))
    net["line_matrix"] = matrix[~gone]
    feeder = feeder_from_net(net)
    fixed = feeder.nodes.bus[feeder.customers.node] == net.line.to_bus[last]
    assert feeder.customers.may_move.tolist() == (~fixed).tolist()
    result = gp.solve(feeder)
    assert np.isnan(result.vm_v[0, -1]).sum() == 2
    proposal = gp.propose_rebalancing(feeder, max_moves=1, time_limit_s=5)
    assert proposal.before is not None


def test_a_capacitor_lifts_the_voltage() -> None:
    net = village()
    before = gp.solve(feeder_from_net(net))
    entries = [{"bus": 7, "i": w, "j": w, "b_us": 5e4, "name": "C1"} for w in "abc"]
    net["node_shunt"] = pd.DataFrame(entries)
    after = gp.solve(feeder_from_net(net))
    assert (after.vm_v[0, 1:] > before.vm_v[0, 1:]).all()
    assert after.residual_pu.max() < 1e-8


@pytest.mark.parametrize(
    ("table", "column", "value", "code"),
    [
        ("line_matrix", "line", 99, "unknown-line"),
        ("line_matrix", "i", "d", "unknown-wire"),
        ("line_matrix", "r_ohm_per_km", -1.0, "line-matrix"),
        ("grounding", "bus", 99, "unknown-bus"),
        ("grounding", "bus", 0, "grounding-without-neutral"),
    ],
)
def test_faults_name_their_row(table: str, column: str, value: object, code: str) -> None:
    net = four_wires(village())
    net["grounding"] = pd.DataFrame({"bus": [1], "r_ohm": [4.0], "x_ohm": [0.0]})
    net[table].loc[0, column] = value
    with pytest.raises(NetworkError) as caught:
        feeder_from_net(net)
    faults = [f for f in caught.value.faults if f.severity == "error"]
    assert [fault.code for fault in faults] == [code]


def test_a_customer_on_a_wire_that_is_not_there_is_a_fault() -> None:
    net = four_wires(village())
    phase = "abc".index(net.asymmetric_load.phase[0])
    bus = net.asymmetric_load.bus[0]
    lines = net.line.index[(net.line.from_bus == bus) | (net.line.to_bus == bus)]
    matrix = net.line_matrix
    gone = matrix.line.isin(lines) & ((matrix.i == "abc"[phase]) | (matrix.j == "abc"[phase]))
    net["line_matrix"] = matrix[~gone]
    with pytest.raises(NetworkError) as caught:
        feeder_from_net(net)
    assert "customer-without-phase" in [fault.code for fault in caught.value.faults]
