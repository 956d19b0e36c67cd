"""A sound net becomes the feeder that pandapower would calculate."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridplan.errors import NetworkError
from gridplan.network.feeder import Feeder
from gridplan.network.nameplate import stand_in_percent, vector_group
from gridplan.network.reader import feeder_from_net, read_feeder
from gridplan.powerflow.direct import solve
from tests.unit.network.nets import TRAFO, add_home, add_line, save, village


def same(one: Any, other: Any) -> bool:
    """Equality of nested dataclasses with arrays; floats to the 15 digits that a file keeps."""
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        return type(one) is type(other) and all(
            same(getattr(one, field.name), getattr(other, field.name))
            for field in dataclasses.fields(one)
        )
    if isinstance(one, np.ndarray) and one.dtype.kind in "fc":
        return np.allclose(one, other, rtol=1e-12, atol=1e-14, equal_nan=True)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, float | complex):
        return bool(np.isclose(one, other, rtol=1e-12, atol=1e-14, equal_nan=True))
    return bool(one == other)


@st.composite
def trees(draw: st.DrawFn) -> tuple[int, ...]:
    size = draw(st.integers(1, 8))
    return tuple(draw(st.integers(0, number)) for number in range(size))


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parents=trees(), turned=st.lists(st.booleans(), min_size=12, max_size=12))
def test_file_and_memory_give_the_same_feeder(
    tmp_path: Path, parents: tuple[int, ...], turned: list[bool]
) -> None:
    net = village(parents)
    for row in net.line.index[turned[: len(net.line)]]:
        net.line.loc[row, ["from_bus", "to_bus"]] = net.line.loc[row, ["to_bus", "from_bus"]].values
    one, other = read_feeder(save(net, tmp_path)), feeder_from_net(net, tmp_path.name)
    assert same(one, other)
    lines, nodes = one.lines, one.nodes
    assert (lines.from_node < lines.to_node).all()
    assert np.array_equal(nodes.parent_line[lines.to_node], np.arange(len(lines)))
    assert (nodes.parent_line[:2] == -1).all()
    drawn = {frozenset((parent, child + 1)) for child, parent in enumerate(parents)}
    number = {name: row for row, name in enumerate(net.bus.name[1:])}
    found = {
        frozenset(number[nodes.name[end]] for end in ends)
        for ends in zip(lines.from_node, lines.to_node, strict=True)
    }
    assert found == drawn


def test_reading_leaves_the_net_as_it_was() -> None:
    net = village()
    before = pp.to_json(net)
    feeder_from_net(net)
    assert pp.to_json(net) == before


def test_line_and_source_values() -> None:
    net = village((0,))
    net.line["parallel"] = 2
    net.line["df"] = 0.9
    net.line["c_nf_per_km"], net.line["c0_nf_per_km"] = 210.0, 100.0
    net.line["g_us_per_km"] = 3.0
    feeder = feeder_from_net(net)
    sequence = np.exp(2j * np.pi / 3) ** -np.outer(range(3), range(3)) / math.sqrt(3)
    z012 = sequence @ feeder.lines.z_ohm[0] @ sequence.conj().T
    z1, z0 = (0.868 + 0.355j) * 0.02, (3.472 + 1.284j) * 0.02
    assert z012 == pytest.approx(np.diag([z0, z1, z1]), abs=1e-12)
    y012 = sequence @ feeder.lines.y_s[0] @ sequence.conj().T
    y1 = (3e-6 + 2j * math.pi * 50 * 210e-9) * 0.08
    assert y012[1, 1] == pytest.approx(y1)
    assert y012[0, 0] == pytest.approx(2j * math.pi * 50 * 100e-9 * 0.08)
    assert feeder.lines.ampacity_a[0] == pytest.approx(136 * 0.9 * 2)
    assert abs(feeder.source.z2_ohm) == pytest.approx(1.1 * 10**2 / 100)
    assert feeder.source.z2_ohm.real == pytest.approx(0.1 * feeder.source.z2_ohm.imag)
    assert feeder.source.z0_ohm.imag == pytest.approx(feeder.source.z2_ohm.imag)


def test_medium_voltage_line_before_the_transformer() -> None:
    net = village((0,))
    far = pp.create_bus(net, 10.0, name="substation")
    add_line(net, 0, far, "MV")
    net.ext_grid["bus"] = far
    feeder = feeder_from_net(net)
    assert feeder.nodes.name.tolist()[:3] == ["substation", "10 kV", "busbar"]
    assert feeder.lines.section.tolist() == ["mv", "service"]
    assert feeder.lines.circuit.tolist() == [-1, 0]
    assert (feeder.transformer.hv_node, feeder.transformer.lv_node) == (1, 2)


@pytest.mark.parametrize(
    ("text", "shift", "name", "degree"),
    [
        ("Dyn", 330, "Dyn11", 330),
        ("Dyn", -30, "Dyn11", 330),
        ("Dyn", 150, "Dyn5", 150),
        ("DYN5", math.nan, "Dyn5", 150),
        ("Dyn11", 330, "Dyn11", 330),
        ("Dyn", 30, "Dyn1", 30),
        ("Dyn", math.nan, "Dyn11", 330),
        ("Dyn", 0, "Yyn0", 0),
        ("Yyn0", math.nan, "Yyn0", 0),
        ("Yyn", 0, "Yyn0", 0),
        ("Dyn11", 150, "", 0),
        ("Dyn", 60, "", 0),
        ("Dyn", 40, "", 0),
        ("Yyn6", 180, "", 0),
        ("Yyn0", 30, "", 0),
        ("YNyn", 0, "YNyn0", 0),
        ("YNyn0", math.nan, "YNyn0", 0),
        ("YNyn6", 180, "", 0),
        ("Yzn5", 150, "Yzn5", 150),
        ("Yzn", math.nan, "Yzn11", 330),
        ("Yzn", 0, "", 0),
        ("", 150, "", 0),
    ],
)
def test_vector_groups(text: str, shift: float, name: str, degree: float) -> None:
    group = vector_group(text, shift)
    assert (group.name, group.shift_degree) == (name, degree)
    assert bool(group.problem) == (not name)


def test_stand_in_for_yyn0_is_said_and_keeps_the_impedance() -> None:
    feeder = feeder_from_net(village(shift_degree=0, vk0_percent=60.0, vkr0_percent=18.0))
    assert feeder.transformer.vector_group == "Yyn0"
    # NOTES of the domain: 59.5 of 60 % with mag0_percent 10000
    assert feeder.transformer.vk0_percent == pytest.approx(59.5, abs=0.1)
    assert "yyn0-stand-in" in {note.code for note in feeder.notes}


def test_stand_in_formula_is_pandapowers_star_to_delta() -> None:
    leakage, mag0, rx, split = complex(18, 57.2), 100.0, 0.4, 0.9
    x = abs(leakage) * mag0 / 100 / math.hypot(1, rx)
    star = split * leakage, (1 - split) * leakage, complex(x * rx, x)
    total = star[0] * star[1] + star[1] * star[2] + star[0] * star[2]
    expected = 1 / (star[2] / total + star[0] / total)  # 1 / (YAB + YBN)
    found = stand_in_percent(leakage, mag0_percent=mag0, mag0_rx=rx, si0_hv_partial=split)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    "trafo",
    [
        {"shift_degree": 150, "tap_pos": 1},
        {"shift_degree": 0, "vk0_percent": 60.0, "vkr0_percent": 18.0, "mag0_percent": 100.0},
    ],
)
def test_pandapower_calculates_the_same_voltages(trafo: dict[str, Any]) -> None:
    net = village(**trafo)
    net.line["c_nf_per_km"], net.line["c0_nf_per_km"] = 300.0, 100.0
    feeder = feeder_from_net(net)
    result = solve(feeder)
    pp.runpp_3ph(net, tolerance_mva=1e-10, numba=False)
    expected = net.res_bus_3ph.loc[feeder.nodes.bus, ["vm_a_pu", "vm_b_pu", "vm_c_pu"]]
    assert result.vm_pu[0] == pytest.approx(expected.to_numpy(), abs=1e-7)


def test_yyn0_with_a_leakage_impedance_is_hard_to_believe() -> None:
    feeder = feeder_from_net(village(vector_group="Yyn0", shift_degree=0))
    assert feeder.transformer.vk0_percent == 3.7
    assert "yyn0-zero-sequence" in {n.code for n in feeder.notes if n.severity == "warning"}


def test_vk0_of_zero_is_vk_as_in_pandapower() -> None:
    feeder = feeder_from_net(village(vk0_percent=0.0, vkr0_percent=0.0))
    assert feeder.transformer.vk0_percent == TRAFO["vk_percent"]
    assert "vk0-borrowed" in {note.code for note in feeder.notes}


def test_customers_of_every_table() -> None:
    net = village((0, 1))
    net.asymmetric_load.loc[0, "scaling"] = 0.5
    pp.create_load(net, 2, p_mw=0.0055, q_mvar=0.003, name="mill", kind="mill", phase=None)
    pp.create_sgen(net, 3, p_mw=0.006, name="roof", phase="2")
    pp.create_asymmetric_sgen(net, 3, p_c_mw=0.004, name="roof 2")
    customers = feeder_from_net(net).customers
    assert customers.id.tolist() == ["H001", "H002", "mill", "roof", "roof 2"]
    assert customers.phase.tolist() == ["b", "c", "abc", "b", "c"]
    assert customers.p_kw == pytest.approx([1.0, 2.0, 5.5, -6.0, -4.0])
    assert customers.kind.tolist() == ["resident", "resident", "mill", "pv", "pv"]
    assert customers.may_move.tolist() == [True, True, False, True, True]
    assert customers.p_share.sum(axis=1) == pytest.approx(1)
    assert customers.q_share.sum(axis=1) == pytest.approx(1)


def test_customer_columns_and_units() -> None:
    net = village((0, 1, 1))
    homes = net.asymmetric_load
    homes["movable_unit"] = ["box", "box", ""]
    homes["may_move"] = [True, True, False]
    homes["priority"] = [False, True, False]
    homes["phase_confidence"] = [1.0, 0.6, None]
    homes["meter_a"] = [60.0, 40.0, None]
    homes["const_z_percent"] = [50.0, 0.0, 0.0]
    customers = feeder_from_net(net).customers
    assert customers.unit_names.tolist() == ["box", "H003"]
    assert customers.unit.tolist() == [0, 0, 1]
    assert customers.may_move.tolist() == [True, True, False]
    assert customers.phase_confidence.tolist() == [1.0, 0.6, 1.0]
    assert customers.const_z.tolist() == [0.5, 0.0, 0.0]
    assert np.isnan(customers.meter_a[2])


def test_inference_is_told_once_per_kind() -> None:
    net = village()
    net.asymmetric_load = net.asymmetric_load.drop(columns=["phase", "customer_id"])
    feeder = feeder_from_net(net)
    notes = {note.code: note.rows for note in feeder.notes}
    assert notes["phase-inferred"] == 6
    assert notes["id-inferred"] == 6
    assert notes["circuit-inferred"] == 2


@pytest.mark.parametrize(
    ("code", "rows"),
    [("power-factor-one", 1), ("long-service", 1), ("small-ampacity", 1), ("low-power-factor", 1)],
)
def test_hard_to_believe_is_a_warning(code: str, rows: int) -> None:
    net = village()
    net.asymmetric_load.loc[0, "q_b_mvar"] = 0.0
    net.asymmetric_load.loc[1, "q_c_mvar"] = 0.02
    net.line.loc[2, "length_km"] = 0.9
    net.line.loc[4, "max_i_ka"] = 0.0039
    warnings = {n.code: n.rows for n in feeder_from_net(net).notes if n.severity == "warning"}
    assert warnings[code] == rows


def test_more_warnings() -> None:
    net = village((0, 1, 1, 1, 1, 1, 1))
    homes = net.asymmetric_load
    for letter in "pq":
        unit = "mw" if letter == "p" else "mvar"
        columns = [f"{letter}_{phase}_{unit}" for phase in "abc"]
        homes[columns[0]] = homes[columns].sum(axis=1)
        homes[columns[1:]] = 0.0
    homes["phase"] = "a"
    homes["meter_a"] = 200.0
    homes["movable_unit"] = ["box", "box", "", "", "", "", ""]
    homes["may_move"] = [True, False, *[True] * 5]
    net.trafo["df"] = 0.9
    net.trafo["tap_changer_type"], net.trafo["tap_pos"] = None, 1.0
    found = {n.code for n in feeder_from_net(net).notes if n.severity == "warning"}
    expected = {"one-phase", "meter-above-service", "unit-may-move", "trafo-df", "tap-type"}
    assert found == expected


def test_ieee_european_feeder_as_pandapower_ships_it() -> None:
    feeder = feeder_from_net(pn.ieee_european_lv_asymmetric())
    assert (len(feeder.customers), len(feeder.lines)) == (55, 905)
    assert feeder.customers.p_share.max(axis=1).tolist() == [1.0] * 55
    # what pandapower ships has Mvar / 1e6 on phases b and c: 34 customers with a power factor of 1
    warning = next(note for note in feeder.notes if note.code == "power-factor-one")
    assert warning.rows == 34


def test_kerber_village_reads_once_it_has_a_zero_sequence() -> None:
    net = pn.create_kerber_landnetz_freileitung_1()
    with pytest.raises(NetworkError) as caught:
        feeder_from_net(net)
    assert [fault.where.split("[")[0] for fault in caught.value.faults] == ["line", "trafo"]
    net.line["r0_ohm_per_km"] = 4 * net.line.r_ohm_per_km
    net.line["x0_ohm_per_km"] = 4 * net.line.x_ohm_per_km
    net.trafo["vk0_percent"], net.trafo["vkr0_percent"] = 4.0, 1.2
    feeder = feeder_from_net(net)
    assert feeder.transformer.vector_group == "Dyn5"
    assert "mag0-assumed" in {note.code for note in feeder.notes}
    assert len(feeder.customers) == len(net.load)


@pytest.mark.parametrize("make", [pn.create_cigre_network_lv, pn.create_cigre_network_mv, pn.case9])
def test_other_networks_are_refused_cleanly(make: Any) -> None:
    with pytest.raises(NetworkError) as caught:
        feeder_from_net(make())
    codes = {fault.code for fault in caught.value.faults}
    assert codes & {"several-transformers", "no-transformer", "unsupported-element"}


def test_names_and_places() -> None:
    net = village((0,))
    net.bus["geo"] = ['{"coordinates": [1.5, 2.5], "type": "Point"}', "nonsense", None]
    net.bus.loc[2, "name"] = "洪家湾 1"
    feeder: Feeder = feeder_from_net(net)
    assert feeder.nodes.name.tolist() == ["10 kV", "busbar", "洪家湾 1"]
    assert feeder.nodes.x[0] == 1.5
    assert np.isnan(feeder.nodes.y[1:]).all()


def test_default_unit_never_joins_a_named_one() -> None:
    net = village((0, 1))
    add_home(net, 2, "a", "X")
    net.asymmetric_load["movable_unit"] = ["X", "", ""]
    customers = feeder_from_net(net).customers
    assert len(customers.unit_names) == 3
