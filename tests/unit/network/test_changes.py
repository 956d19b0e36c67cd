"""Changes of equipment: what they take over, what they refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridplan.errors import CatalogueError, InputError
from gridplan.network.additions import joined_customers, taken, with_devices
from gridplan.network.feeder import Feeder
from gridplan.powerflow.direct import solve
from tests.villages import customers, feeder, transformer

SAME = "JL/G1A-35/6 4w"  #: the catalogue's LGJ-35


def village() -> Feeder:
    """Three poles of 40 m with a service drop each; a home per phase and pole."""
    homes = customers([5, 6, 7, 7], np.eye(3)[[0, 1, 2, 2]])
    today = feeder([1, 2, 3, 2, 3, 4], [40.0] * 3 + [15.0] * 3, homes, transformer("Dyn11"))
    section = np.array(["main"] * 3 + ["service"] * 3)
    return replace(today, lines=replace(today.lines, section=section))


def test_a_tap_that_is_not_there_is_refused_with_those_that_are() -> None:
    trafo = transformer("Dyn11", tap_step_percent=2.5, tap_min=-2.0, tap_max=2.0)
    today = replace(village(), transformer=trafo)
    assert today.with_tap(-2).transformer.tap_pos == -2.0
    for position in (-3, 0.5):
        with pytest.raises(InputError, match="from -2 to 2"):
            today.with_tap(position)
    with pytest.raises(InputError, match="no tap changer"):
        village().with_tap(1)


def test_a_second_line_of_an_unknown_type_or_place_is_refused() -> None:
    with pytest.raises(CatalogueError, match="conductor"):
        village().with_second_line(["L0"], "LGJ-1")
    with pytest.raises(CatalogueError, match="line"):
        village().with_second_line(["L99"], SAME)


def test_an_unknown_ampacity_stays_unknown_beside_a_second_line() -> None:
    today = village()
    unknown = replace(today.lines, ampacity_a=np.full(len(today.lines), np.nan))
    doubled = replace(today, lines=unknown).with_second_line(["L0"], SAME)
    assert np.isnan(doubled.lines.ampacity_a[0])
    assert np.isfinite(doubled.lines.neutral_ampacity_a[0])


def test_three_phases_at_home_replace_its_service_drop_only() -> None:
    after = village().with_three_phase_service(["H01"], "JKLYJ-1kV 4x16")
    assert after.customers.phase.tolist() == ["a", "abc", "c", "c"]
    assert after.lines.std_type.tolist() == ["LGJ-35"] * 4 + ["JKLYJ-1kV 4x16", "LGJ-35"]
    assert not after.customers.may_move[1]
    assert after.customers.unit_names[after.customers.unit[1]] == "H01/3"
    assert village().customers.phase.tolist() == ["a", "b", "c", "c"], "today is not touched"


def test_every_home_that_cannot_have_three_phases_is_named() -> None:
    today = village()
    section = today.lines.section.copy()
    section[2] = "lateral"
    today = replace(today, lines=replace(today.lines, section=section))
    once = today.with_three_phase_service(["H00"], "JKLYJ-1kV 4x16")
    with pytest.raises(InputError) as caught:
        once.with_three_phase_service(["H00", "H02", "nobody"], "JKLYJ-1kV 4x16")
    text = str(caught.value)
    assert "H00: has several phases" in text
    assert "H02: hangs on a lateral" in text
    assert "nobody: village has no such customer" in text


def test_three_phases_reach_a_home_whose_drop_had_one() -> None:
    today = village()
    wires, nodes = today.lines.wires.copy(), today.nodes.wires.copy()
    wires[3, 1:] = nodes[5, 1:3] = False
    one_wire = replace(
        today,
        lines=replace(today.lines, wires=wires, z_ohm=today.lines.z_ohm * wires[:, :, None]
                      * wires[:, None, :]),
        nodes=replace(today.nodes, wires=nodes),
    )  # fmt: skip
    after = one_wire.with_three_phase_service(["H00"], "JKLYJ-1kV 4x16")
    p_kw = np.array([[3.0, 0.0, 0.0, 0.0]])
    assert float(solve(after, p_kw, 0 * p_kw).residual_pu[0]) < 1e-8
    assert np.allclose(np.abs(solve(after, p_kw, 0 * p_kw).i_transformer_a), 4.4, atol=0.2)


def test_a_capacitor_needs_a_node_and_a_size() -> None:
    with pytest.raises(InputError, match="no such low-voltage node"):
        village().with_capacitor("MV", 5.0)
    with pytest.raises(InputError, match="more than 0"):
        village().with_capacitor("LV", 0.0)


def test_customers_are_taken_in_any_order_with_the_units_they_have() -> None:
    today = village().customers
    some = taken(today, [3, 0, 0], id=["x", "y", "z"])
    assert some.id.tolist() == ["x", "y", "z"]
    assert some.phase.tolist() == ["c", "a", "a"]
    assert some.unit_names[some.unit].tolist() == ["U03", "U00", "U00"]
    with pytest.raises(InputError, match="H00"):
        joined_customers(today, taken(today, [0]))


def test_a_device_stands_on_each_phase_and_draws_what_it_is_given() -> None:
    today = village()
    with_it = with_devices(today, ["SVG"], "P1")
    assert with_it.customers.id[-3:].tolist() == ["SVG/a", "SVG/b", "SVG/c"]
    assert with_it.customers.phase[-3:].tolist() == ["a", "b", "c"]
    p_kw = np.zeros((1, 7))
    p_kw[0, 0], p_kw[0, -3] = 2.0, -2.0
    near = solve(with_it, p_kw, 0 * p_kw)
    # the device is nearer to the busbar than the home: only losses are left for the transformer
    assert np.abs(near.i_transformer_a[0, 0]) < 0.5
