"""Feeders cut apart and joined: nothing is lost, nothing is invented, wrong places are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridplan.errors import CatalogueError, InputError
from gridplan.network.additions import taken
from gridplan.network.cutting import Tie, island_of, split_at, transferred, without_circuit
from gridplan.network.feeder import Feeder, Groundings, Source
from gridplan.powerflow.direct import solve
from tests.villages import Kind, any_village, customers, feeder, random_village, transformer

SMALL = "S20-30/10 Dyn11"
SOURCE = Source(node=0, vm_pu=1.0, va_degree=0.0, z1_ohm=0j, z2_ohm=0.2j, z0_ohm=0.1j)


def village(prefix: str = "H") -> Feeder:
    """F1: poles P0 P1 P2 P3 with a branch P4 at P1; F2: P5; a home at every pole but P0."""
    homes = customers([3, 4, 5, 6, 7], np.eye(3)[[0, 1, 2, 0, 1]])
    homes = replace(homes, id=[f"{prefix}{k}" for k in range(5)])
    return feeder([1, 2, 3, 4, 3, 1], [40.0] * 6, homes, transformer("Yyn0"))


def lengths(one: Feeder) -> float:
    return float(one.lines.length_m.sum())


def test_a_split_keeps_every_customer_and_line_but_the_opened_one() -> None:
    near, far = split_at(village(), "L2", SMALL)
    assert near.customers.id.tolist() == ["H0", "H3", "H4"]
    assert far.customers.id.tolist() == ["H1", "H2"]
    assert lengths(near) + lengths(far) == pytest.approx(lengths(village()) - 40.0)
    assert far.transformer.std_type == SMALL
    assert far.nodes.name[far.busbar] == "P2"
    assert far.source == village().source
    assert near.transformer == village().transformer


def test_the_new_transformer_may_stand_anywhere_behind_the_line() -> None:
    _, far = split_at(village(), "L1", SMALL, node="P3")
    assert far.nodes.name[far.busbar] == "P3"
    # from P3 back to P2 and P1, from there to the branch: lines point away from the new site
    assert far.nodes.name[far.lines.from_node].tolist() == ["P3", "P2", "P1"]
    assert far.nodes.name[far.lines.to_node].tolist() == ["P2", "P1", "P4"]
    assert far.circuits.name.tolist() == ["F1"]
    with pytest.raises(InputError, match="does not lie behind L1"):
        split_at(village(), "L1", SMALL, node="P5")


def test_circuits_of_a_new_site_are_numbered_where_one_becomes_several() -> None:
    _, far = split_at(village(), "L1", SMALL)
    assert far.circuits.name.tolist() == ["F1", "F1-2"]
    assert far.circuits.protection_a.tolist() == [160.0, 160.0]
    leaving = far.lines.from_node == far.busbar
    assert sorted(far.lines.circuit[leaving].tolist()) == [0, 1]
    assert (far.lines.circuit >= 0).all()


def test_what_cannot_be_cut_is_refused() -> None:
    with pytest.raises(InputError, match="no such line"):
        split_at(village(), "L99", SMALL)
    with pytest.raises(CatalogueError):
        split_at(village(), "L2", "S99-30/10 Dyn11")
    with pytest.raises(InputError, match="no customer hangs before it"):
        split_at(replace(village(), customers=taken(village().customers, [1, 2])), "L2", SMALL)
    with pytest.raises(InputError, match="no customer hangs behind it"):
        split_at(replace(village(), customers=taken(village().customers, [4])), "L2", SMALL)
    with pytest.raises(InputError, match="loops"):
        split_at(any_village(1, Kind(meshed=True)), "L0", SMALL)


def test_an_island_has_what_hangs_on_the_busbar_or_on_one_circuit() -> None:
    whole = island_of(village(), SOURCE)
    assert whole.transformer is None
    assert (whole.busbar, len(whole.nodes), len(whole.customers)) == (0, 7, 5)
    part = island_of(village(), SOURCE, "F2")
    assert part.customers.id.tolist() == ["H4"]
    rest = without_circuit(village(), "F2")
    assert rest.customers.id.tolist() == ["H0", "H1", "H2", "H3"]
    with pytest.raises(InputError, match="F1, F2"):
        island_of(village(), SOURCE, "F9")


def test_a_transfer_joins_two_areas_over_a_tie() -> None:
    other = village("N")
    tie = Tie(node="P3", neighbour_node="P5", std_type="JKLYJ-1kV 4x50", length_m=70.0)
    near, both = transferred(village(), "L2", other, tie)
    assert near.customers.id.tolist() == ["H0", "H3", "H4"]
    assert both.customers.id.tolist() == ["N0", "N1", "N2", "N3", "N4", "H1", "H2"]
    assert lengths(both) == pytest.approx(lengths(other) + 40.0 + 70.0)
    place = both.nodes.name.tolist().index("village/P3")
    line = int(both.nodes.parent_line[place])
    assert both.lines.name[line] == "village/tie to P5"
    assert both.nodes.name[both.lines.from_node[line]] == "P5"
    assert both.lines.std_type[line] == "JKLYJ-1kV 4x50"
    # all of it hangs on the circuit of the neighbour's pole
    assert set(both.lines.circuit[6:].tolist()) == {1}
    assert float(solve(both).residual_pu[0]) < 1e-9


def test_a_transfer_that_cannot_be_is_refused() -> None:
    tie = Tie(node="P3", neighbour_node="P5", std_type="JKLYJ-1kV 4x50", length_m=70.0)
    with pytest.raises(InputError, match="in both"):
        transferred(village(), "L2", village(), tie)
    with pytest.raises(InputError, match="does not lie behind"):
        transferred(village(), "L2", village("N"), replace(tie, node="P5"))
    with pytest.raises(InputError, match="explicit neutrals"):
        transferred(village(), "L2", any_village(3, Kind(n_wire=4)), tie)
    with pytest.raises(CatalogueError):
        transferred(village(), "L2", village("N"), replace(tie, std_type="LGJ-1"))


def test_a_new_site_earths_its_star_point_where_the_neutral_is_a_wire() -> None:
    four = any_village(2, Kind(n_wire=4, vector_group="Dyn11"))
    four = replace(four, groundings=Groundings(node=[1], z_ohm=[0.0]))
    _, far = split_at(four, "L1", SMALL)
    assert far.groundings.node.tolist() == [far.busbar]
    assert float(solve(far).residual_pu[0]) < 1e-8


@pytest.mark.parametrize("seed", range(4))
def test_parts_solve_like_the_whole_with_the_line_open(seed: int) -> None:
    """What stays behaves as if the homes behind the line drew nothing."""
    today = random_village(seed, "Dyn11")
    last = int(today.customers.node.max())
    line = str(today.lines.name[today.nodes.parent_line[last]])
    near, far = split_at(today, line, SMALL)
    p_kw = np.full((1, len(today.customers)), 1.5)
    there = np.isin(today.customers.id, near.customers.id)
    dark = np.where(there, p_kw, 0.0)
    whole = solve(today, dark, 0 * dark)
    part = solve(near, p_kw[:, there], 0 * p_kw[:, there])
    own = np.isin(today.nodes.name, near.nodes.name)
    assert np.allclose(whole.vm_v[:, own], part.vm_v, rtol=1e-9, equal_nan=True)
    assert len(far.customers) + len(near.customers) == len(today.customers)
