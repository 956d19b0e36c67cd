"""Every rule, with its mistake planted once: exactly that fault, at its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandapower as pp
import pytest

from gridplan.errors import Fault, NetworkError
from gridplan.network.reader import feeder_from_net, read_feeder
from tests.unit.network.nets import add_home, add_line, save, village

Plant = Callable[[pp.pandapowerNet], object]


def put(table: str, row: int, column: str, value: object) -> Plant:
    def plant(net: pp.pandapowerNet) -> None:
        if isinstance(value, str) or column not in net[table].columns:
            cells = net[table][column] if column in net[table].columns else [None] * len(net[table])
            net[table][column] = list(cells)
            net[table][column] = net[table][column].astype(object)
        net[table].at[row, column] = value

    return plant


def several(*plants: Plant) -> Plant:
    return lambda net: [plant(net) for plant in plants]


def without(table: str, *columns: str) -> Plant:
    def plant(net: pp.pandapowerNet) -> None:
        net[table] = net[table].drop(columns=list(columns))

    return plant


def second_source(net: pp.pandapowerNet) -> None:
    pp.create_ext_grid(net, 0, name="second")


def second_transformer(net: pp.pandapowerNet) -> None:
    net.trafo.loc[1] = net.trafo.loc[0]


def units_across(net: pp.pandapowerNet) -> None:
    net.asymmetric_load["movable_unit"] = ["box", "", "", "box", "", ""]


def island(net: pp.pandapowerNet) -> None:
    net.line.loc[1, "in_service"] = False


def bad_switch(net: pp.pandapowerNet) -> None:
    pp.create_switch(net, 1, 2, "b", closed=False)
    net.switch["et"] = "x"


def joined_levels(net: pp.pandapowerNet) -> None:
    bus = pp.create_bus(net, 0.69, name="wrong level")
    pp.create_switch(net, 2, bus, "b")


def shunt(net: pp.pandapowerNet) -> None:
    pp.create_shunt(net, 1, q_mvar=-0.01)


PLANTED: dict[str, tuple[Plant, str, str]] = {
    "island": (island, "unsupplied", "bus[3] (pole 2)"),
    "lone bus": (
        lambda net: pp.create_bus(net, 0.4, name="lone"),
        "unsupplied",
        "bus[8] (lone)",
    ),
    "two transformers": (second_transformer, "several-transformers", "trafo"),
    "no transformer": (put("trafo", 0, "in_service", False), "no-transformer", "trafo"),
    "two sources": (second_source, "several-sources", "ext_grid"),
    "no source": (put("ext_grid", 0, "in_service", False), "no-source", "ext_grid"),
    "no r0": (without("line", "r0_ohm_per_km", "x0_ohm_per_km"), "zero-sequence", "line"),
    "empty r0": (put("line", 2, "r0_ohm_per_km", None), "zero-sequence", "line[2] (L3)"),
    "no vk0": (without("trafo", "vk0_percent", "vkr0_percent"), "zero-sequence", "trafo[0] (T1)"),
    "group": (put("trafo", 0, "vector_group", "Dzn0"), "vector-group", "trafo[0] (T1)"),
    "no group": (without("trafo", "vector_group"), "vector-group", "trafo[0] (T1)"),
    "clock": (put("trafo", 0, "vector_group", "Dyn5"), "vector-group", "trafo[0] (T1)"),
    "no length": (put("line", 3, "length_km", 0.0), "line-length", "line[3] (L4)"),
    "negative length": (put("line", 3, "length_km", -0.04), "line-length", "line[3] (L4)"),
    "negative r": (put("line", 3, "r_ohm_per_km", -1.0), "negative-impedance", "line[3] (L4)"),
    "no impedance": (
        several(put("line", 3, "r_ohm_per_km", 0.0), put("line", 3, "x_ohm_per_km", 0.0)),
        "zero-impedance",
        "line[3] (L4)",
    ),
    "parallel": (put("line", 3, "parallel", 0), "line-value", "line[3] (L4)"),
    "source off": (put("bus", 0, "in_service", False), "source-off", "ext_grid[0]"),
    "leakage": (put("line", 0, "leakage_ma", -1.0), "line-value", "line[0] (L1)"),
    "duplicate": (
        put("asymmetric_load", 3, "customer_id", "H001"),
        "duplicate-customer",
        "asymmetric_load[3] (H004)",
    ),
    "unknown bus": (
        put("asymmetric_load", 3, "bus", 99),
        "customer-without-bus",
        "asymmetric_load[3] (H004)",
    ),
    "no bus": (
        several(
            put("asymmetric_load", 3, "customer_id", "x"), put("asymmetric_load", 3, "bus", "")
        ),
        "bad-cell",
        "asymmetric_load[3] (H004)",
    ),
    "kVA": (put("trafo", 0, "sn_mva", 30.0), "rating-unit", "trafo[0] (T1)"),
    "kW": (
        several(
            put("asymmetric_load", 3, "p_b_mw", 2.2), put("asymmetric_load", 3, "q_b_mvar", 0.7)
        ),
        "power-unit",
        "asymmetric_load[3] (H004)",
    ),
    "A": (put("line", 0, "max_i_ka", 136.0), "ampacity-unit", "line[0] (L1)"),
    "vk": (put("trafo", 0, "vk_percent", 400.0), "short-circuit-voltage", "trafo[0] (T1)"),
    "vkr": (put("trafo", 0, "vkr_percent", 5.0), "short-circuit-voltage", "trafo[0] (T1)"),
    "swapped": (
        several(put("trafo", 0, "vn_hv_kv", 0.4), put("trafo", 0, "vn_lv_kv", 10.0)),
        "trafo-voltages",
        "trafo[0] (T1)",
    ),
    "vn in V": (put("trafo", 0, "vn_lv_kv", 400.0 / 1e4), "trafo-voltages", "trafo[0] (T1)"),
    "phase letter": (
        put("asymmetric_load", 3, "phase", "L1"),
        "unknown-phase",
        "asymmetric_load[3] (H004)",
    ),
    "other phase": (
        put("asymmetric_load", 3, "phase", "c"),
        "phase-contradiction",
        "asymmetric_load[3] (H004)",
    ),
    "line to nowhere": (put("line", 3, "to_bus", 99), "unknown-bus", "line[3] (L4)"),
    "empty cell": (put("line", 3, "x_ohm_per_km", None), "bad-cell", "line[3] (L4)"),
    "text": (put("line", 3, "r_ohm_per_km", "0,868"), "bad-cell", "line[3] (L4)"),
    "infinite": (put("line", 3, "r_ohm_per_km", float("inf")), "bad-cell", "line[3] (L4)"),
    "levels": (
        put("bus", 7, "vn_kv", 10.0),
        "line-levels",
        "line[5] (L6)",
    ),
    "to itself": (put("line", 5, "from_bus", 7), "line-to-itself", "line[5] (L6)"),
    "switch": (bad_switch, "unknown-switch", "switch[0]"),
    "switch levels": (joined_levels, "switch-levels", "bus[8] (wrong level)"),
    "MV customer": (
        lambda net: add_home(net, 0, "a", "X1"),
        "customer-on-mv",
        "asymmetric_load[6] (X1)",
    ),
    "shunt": (shunt, "unsupported-element", "shunt"),
    "confidence": (
        put("asymmetric_load", 3, "phase_confidence", 95.0),
        "confidence",
        "asymmetric_load[3] (H004)",
    ),
    "meter": (put("asymmetric_load", 3, "meter_a", 0.0), "meter", "asymmetric_load[3] (H004)"),
    "load model": (
        put("asymmetric_load", 3, "const_z_percent", -5.0),
        "load-model",
        "asymmetric_load[3] (H004)",
    ),
    "kind": (
        put("asymmetric_load", 3, "kind", "castle"),
        "unknown-kind",
        "asymmetric_load[3] (H004)",
    ),
    "type": (
        put("asymmetric_load", 3, "type", "zigzag"),
        "load-type",
        "asymmetric_load[3] (H004)",
    ),
    "unit": (units_across, "unit-across-circuits", "asymmetric_load[3] (H004)"),
    "section": (put("line", 3, "section", "road"), "unknown-section", "line[3] (L4)"),
    "circuit": (
        several(
            put("line", 0, "outgoing_circuit", "East"), put("line", 1, "outgoing_circuit", "West")
        ),
        "circuit-contradiction",
        "line[1] (L2)",
    ),
    "tap": (put("trafo", 0, "tap_pos", 5.0), "tap", "trafo[0] (T1)"),
    "shifter": (
        several(put("trafo", 0, "tap_changer_type", "Ideal"), put("trafo", 0, "tap_pos", 1.0)),
        "tap",
        "trafo[0] (T1)",
    ),
    "earthing": (put("trafo", 0, "xn_ohm", 0.5), "neutral-impedance", "trafo[0] (T1)"),
    "source voltage": (put("ext_grid", 0, "vm_pu", 10.2), "source-voltage", "ext_grid[0]"),
    "short-circuit power": (put("ext_grid", 0, "s_sc_max_mva", 0.0), "source-value", "ext_grid[0]"),
    "source side": (put("ext_grid", 0, "bus", 1), "source-side", "trafo[0] (T1)"),
}


def errors_of(net: pp.pandapowerNet) -> list[Fault]:
    with pytest.raises(NetworkError) as caught:
        feeder_from_net(net)
    return [fault for fault in caught.value.faults if fault.severity == "error"]


def test_sound_village_has_no_fault() -> None:
    notes = feeder_from_net(village()).notes
    assert {note.severity for note in notes} <= {"note"}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_fault_is_the_only_one(name: str) -> None:
    plant, code, where = PLANTED[name]
    net = village()
    plant(net)
    faults = errors_of(net)
    expected = [(code, where)]
    if name == "source side":  # nothing feeds the 10 kV bus any more, but that is the same mistake
        assert (code, where) in [(fault.code, fault.where) for fault in faults]
        return
    assert [(fault.code, fault.where) for fault in faults] == expected
    assert faults[0].remedy


TEN = (
    "no length",
    "kVA",
    "duplicate",
    "phase letter",
    "empty r0",
    "group",
    "two sources",
    "double line",
    "A",
    "confidence",
)


def test_ten_planted_faults_are_ten_entries(tmp_path: Path) -> None:
    net = village((0, 1, 2, 0, 4, 5, 0, 7, 8, 9))
    apart = {"phase letter", "confidence", "double line"}
    plants = [PLANTED[name] for name in TEN if name not in apart]
    plants.append((lambda net: add_line(net, 1, 2, "twin"), "meshed", ""))
    plants.append((put("asymmetric_load", 5, "phase", "q"), "unknown-phase", ""))
    plants.append((put("asymmetric_load", 6, "phase_confidence", -1.0), "confidence", ""))
    for plant, _, _ in plants:
        plant(net)
    with pytest.raises(NetworkError) as caught:
        read_feeder(save(net, tmp_path))
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert sorted(fault.code for fault in errors) == sorted(code for _, code, _ in plants)
    assert "10 faults" in str(caught.value)


@pytest.mark.parametrize("ends", [(4, 7), (1, 2)])
def test_a_loop_alone_is_pointed_out_and_solved(ends: tuple[int, int]) -> None:
    net = village()
    add_line(net, *ends, "tie")
    feeder = feeder_from_net(net)
    assert [note.code for note in feeder.notes if note.severity == "warning"] == ["meshed"]
    assert "tie" in feeder.lines.name
    assert len(feeder.lines) == len(feeder.nodes) - 1


def test_lines_without_a_transformer_are_fed_by_the_source() -> None:
    net = village()
    net.trafo.loc[0, "in_service"] = False
    net.bus.loc[0, "in_service"] = False
    net.ext_grid["bus"] = 1
    feeder = feeder_from_net(net)
    assert feeder.transformer is None
    assert feeder.busbar == feeder.source.node == 0
    assert feeder.circuits.name.tolist() == ["F1", "F2"]
    assert "no-transformer" in [note.code for note in feeder.notes]


def test_many_rows_of_one_mistake_are_summed_up() -> None:
    net = village(tuple(range(40)))
    net.line["length_km"] = 0.0
    faults = errors_of(net)
    assert len(faults) == 21
    assert sum(fault.rows for fault in faults) == 40


def test_power_in_kw_for_all_customers_is_one_fault() -> None:
    net = village()
    for phase in "abc":
        net.asymmetric_load[[f"p_{phase}_mw", f"q_{phase}_mvar"]] *= 1000
    faults = errors_of(net)
    assert [(fault.code, fault.rows) for fault in faults] == [("power-unit", 6)]


def test_rows_out_of_service_are_not_looked_at() -> None:
    net = village()
    add_line(net, 4, 7, "tie", length_km=0.0)
    net.line.loc[6, "in_service"] = False
    add_home(net, 99 if 99 in net.bus.index else 1, "a", "H001")
    net.asymmetric_load.loc[6, "in_service"] = False
    assert len(feeder_from_net(net).customers) == 6


def test_open_switch_takes_its_line_out() -> None:
    net = village()
    tie = add_line(net, 4, 7, "tie")
    pp.create_switch(net, 4, tie, "l", closed=False)
    assert "tie" not in feeder_from_net(net).lines.name.tolist()


def test_closed_switch_fuses_its_buses() -> None:
    net = village()
    cabinet = pp.create_bus(net, 0.4, name="cabinet")
    pp.create_switch(net, 1, cabinet, "b")
    net.line.loc[[0, 3], "from_bus"] = cabinet
    feeder = feeder_from_net(net)
    assert len(feeder.nodes) == 8
    assert feeder.circuits.name.tolist() == ["F1", "F2"]
