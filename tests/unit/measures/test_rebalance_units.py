"""Movable units: what moves together, what stays, what a unit may become."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import gridplan as gp
from gridplan.measures.units import movable_units
from tests import villages

THREE_PHASE = [1 / 3] * 3


def village(**changes) -> gp.Feeder:
    """Two circuits; H00 and H01 share a box on one pole, H04 is a mill on three phases."""
    share = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], THREE_PHASE])
    homes = villages.customers([2, 2, 3, 4, 3], share)
    homes = replace(
        homes,
        unit=np.array([0, 0, 1, 2, 3]),
        unit_names=np.array(["box", "U2", "U3", "mill"]),
        may_move=np.array([True, True, True, True, False]),
    )
    feeder = villages.feeder([1, 2, 1], [40, 40, 60], homes, villages.transformer("Yyn0"))
    return replace(feeder, customers=replace(feeder.customers, **changes))


def choices(feeder: gp.Feeder, *args: object) -> dict[str, int]:
    units = movable_units(feeder, *args)
    return {str(name): units.choices(k).size for k, name in enumerate(units.name)}


def test_single_phase_units_have_three_choices_and_fixed_ones_have_one():
    assert choices(village()) == {"box": 3, "U2": 3, "U3": 3, "mill": 1}


def test_one_fixed_customer_fixes_its_unit():
    fixed = np.array([True, False, True, True, False])
    assert choices(village(may_move=fixed))["box"] == 1


def test_a_balanced_three_phase_customer_has_nothing_to_choose_from():
    assert choices(village(may_move=np.ones(5, bool)))["mill"] == 1


@pytest.mark.parametrize(("rotation", "expected"), [("keep", 3), ("any", 6)])
def test_a_machine_keeps_its_rotation_unless_any_is_asked_for(rotation, expected):
    share = village().customers.p_share.copy()
    share[4] = [0.5, 0.3, 0.2]
    feeder = village(p_share=share, q_share=share, may_move=np.ones(5, bool))
    assert choices(feeder, "feeder", rotation)["mill"] == expected


def test_benchmarks_may_move_what_the_reader_fixed_only_because_it_has_several_phases():
    share = village().customers.p_share.copy()
    share[4] = [0.5, 0.3, 0.2]
    feeder = village(p_share=share, q_share=share)
    assert choices(feeder, "customer", "any")["H04"] == 6
    assert choices(feeder, "customer", "keep")["H04"] == 1
    assert choices(feeder, "feeder", "any")["mill"] == 1


def test_units_by_node_by_customer_and_by_name():
    assert list(choices(village(), "node")) == ["P0", "P1", "P2"]
    assert list(choices(village(), "customer")) == ["H00", "H01", "H02", "H03", "H04"]
    assert list(choices(village(), ["x", "y", "x", "z", "y"])) == ["x", "y", "z"]


def test_a_unit_on_two_circuits_and_a_wrong_length_are_refused():
    with pytest.raises(gp.InputError, match="several outgoing circuits"):
        movable_units(village(), ["x", "y", "x", "x", "y"])
    with pytest.raises(gp.InputError, match="5 customers"):
        movable_units(village(), ["x"])
    with pytest.raises(gp.InputError) as caught:
        movable_units(village(), "street", "some")
    assert [fault.code for fault in caught.value.faults] == ["rotation", "units"]


def test_members_of_a_box_move_together_and_the_mill_stays():
    feeder = village()
    p_kw = np.array([[9.0, 9.0, 2.0, 9.0, 1.0]])
    proposal = gp.propose_rebalancing(
        feeder, gp.Demand.from_arrays(p_kw), objective="peak_current", max_moves=3
    )
    assert proposal.moves
    phases = proposal.phases.tolist()
    assert phases[0] == phases[1]
    assert phases[4] == "abc"
    assert all(move.circuit in ("F1", "F2") for move in proposal.moves)


def test_units_of_a_study_are_moved_by_their_customers():
    feeder = village()
    p_kw = np.array([[9.0, 9.0, 2.0, 9.0, 1.0]])
    proposal = gp.propose_rebalancing(
        feeder, gp.Demand.from_arrays(p_kw), objective="peak_current", units="customer"
    )
    moved = feeder.with_phases(proposal.phase_moves).customers
    assert moved.phase.tolist() == proposal.phases.tolist()
    result = gp.solve(replace(feeder, customers=moved), p_kw, 0 * p_kw)
    assert proposal.after.peak_current_a == pytest.approx(result.i_transformer_a.max(), rel=1e-6)
