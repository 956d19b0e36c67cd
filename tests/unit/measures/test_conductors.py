"""Lines: which are replaced or doubled, what that does to the feeder; which ratings come next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridplan.demand.cases import Demand
from gridplan.errors import CatalogueError
from gridplan.measures.conductors import parallel_measures, reconductoring_measures
from gridplan.measures.measure import Area, Measure
from gridplan.measures.transformers import uprating_measures
from gridplan.network.catalogue import conductor_types
from gridplan.network.feeder import Feeder
from gridplan.powerflow.direct import solve
from tests.villages import customers, feeder, transformer

CONDUCTOR = "JKLYJ-1kV 4x50"


def village() -> Feeder:
    """F1: six poles of 40 m with a side branch at the second; F2: two poles; LGJ-35 everywhere."""
    homes = customers([4, 7, 7, 8, 10], np.eye(3)[[0, 0, 1, 2, 2]])
    # nodes 2..6: F1 poles 1..5, 7: pole 6, 8: branch at pole 2, 9 and 10: F2
    parents = [1, 2, 3, 4, 5, 6, 3, 1, 9]
    return feeder(parents, [40.0] * 9, homes, transformer("Dyn11"))


def applied(measure: Measure, feeder: Feeder) -> Feeder:
    """The feeder that a measure leaves."""
    (area,) = measure.change((Area(feeder=feeder, demand=Demand.from_arrays(np.zeros((1, 5)))),))
    return area.feeder


def test_the_stretch_starts_at_the_busbar_and_follows_the_heavier_branch() -> None:
    best, other = reconductoring_measures(village(), CONDUCTOR)
    assert (best.place, best.quantity, best.unit) == ("F1", 200.0, "m")
    after = applied(best, village())
    changed = np.flatnonzero(after.lines.std_type == CONDUCTOR)
    assert changed.tolist() == [0, 1, 2, 3, 4]
    assert (other.place, other.quantity) == ("F2", 80.0)
    assert "200 m" in best.label
    assert "LGJ-35" in best.detail


def test_the_demand_decides_which_circuit_comes_first_and_which_branch_is_followed() -> None:
    kw = [0.1, 0.1, 0.1, 1.0, 30.0]
    best, other = reconductoring_measures(village(), CONDUCTOR, customer_kw=kw)
    assert best.place == "F2"
    lines = applied(other, village()).lines
    assert lines.name[lines.std_type == CONDUCTOR].tolist() == ["L0", "L1", "L6"]


def test_without_demand_in_the_file_customers_count_alike() -> None:
    quiet = village()
    quiet = replace(quiet, customers=replace(quiet.customers, p_kw=np.zeros(5)))
    assert [item.place for item in reconductoring_measures(quiet, CONDUCTOR)] == ["F1", "F2"]


def test_lines_that_are_better_already_are_left_alone() -> None:
    done = village().with_conductor(["L0", "L1"], "JKLYJ-1kV 4x95")
    best = reconductoring_measures(done, CONDUCTOR)[0]
    lines = applied(best, done).lines
    assert lines.name[lines.std_type == CONDUCTOR].tolist() == ["L2", "L3", "L4", "L5"]
    everything = done.with_conductor(done.lines.name.tolist(), "JKLYJ-1kV 4x95")
    assert reconductoring_measures(everything, CONDUCTOR) == ()


def test_a_first_section_longer_than_the_stretch_is_replaced_as_a_whole() -> None:
    homes = customers([3], np.eye(3)[:1])
    long = feeder([1, 2], [350.0, 40.0], homes, transformer("Dyn11"))
    assert reconductoring_measures(long, CONDUCTOR)[0].quantity == 350.0


def test_the_new_conductor_raises_the_voltage_as_promised() -> None:
    before = village()
    upgrade = reconductoring_measures(before, CONDUCTOR)[0]
    # only phase a draws: 0.5 kW at pole 3 and 0.5 kW at pole 6, no other current in the neutral
    p_kw = np.array([[0.5, 0.5, 0.0, 0.0, 0.0]])
    tail_v = [solve(state, p_kw).vm_v[0, 7, 0] for state in (before, applied(upgrade, before))]
    # By hand: LGJ-35 has 0.85 ohm/km in phase and in neutral, the new conductor its own figure.
    new = conductor_types()[CONDUCTOR]
    saved_ohm_per_m = 2 * (0.85 - new.r_ohm_per_km) / 1e3
    amperes = 0.5e3 / 232.0
    expected_v = saved_ohm_per_m * amperes * (120.0 * 2 + 80.0)
    assert tail_v[1] - tail_v[0] == pytest.approx(expected_v, rel=0.03)
    promised = reconductoring_measures(before, CONDUCTOR, customer_kw=p_kw[0])[0]
    assert f"{expected_v:.1f} V" in promised.detail


def test_today_is_not_touched() -> None:
    today = village()
    for upgrade in (*reconductoring_measures(today, CONDUCTOR), *uprating_measures(today)):
        applied(upgrade, today)
    assert set(today.lines.std_type.tolist()) == {"LGJ-35"}
    assert today.transformer.sn_kva == 100.0


def test_next_ratings_keep_the_vector_group() -> None:
    upgrades = uprating_measures(village())
    ratings = [upgrade.quantity for upgrade in upgrades]
    assert ratings == sorted(ratings)
    assert len(ratings) == 2
    assert ratings[0] > 100.0
    for upgrade in upgrades:
        new = applied(upgrade, village()).transformer
        assert (new.sn_kva, new.vector_group) == (upgrade.quantity, "Dyn11")
        assert f"{new.sn_kva:g} kVA" in upgrade.label


def test_an_unknown_conductor_is_refused_by_name() -> None:
    with pytest.raises(CatalogueError, match="JKLYJ"):
        reconductoring_measures(village(), "JKLYJ-1kV 4x51")


def test_a_second_line_runs_beside_the_whole_first_stretch() -> None:
    done = village().with_conductor(["L0", "L1"], "JKLYJ-1kV 4x95")
    best = parallel_measures(done, CONDUCTOR)[0]
    assert (best.kind, best.place, best.quantity) == ("parallel", "F1", 200.0)
    lines = applied(best, done).lines
    doubled = np.flatnonzero(np.char.endswith(lines.std_type, f"+ {CONDUCTOR}")).tolist()
    assert doubled == [0, 1, 2, 3, 4], "lines that are heavy already are doubled too"


def test_work_is_priced_by_section_and_length() -> None:
    best = reconductoring_measures(village(), CONDUCTOR)[0]
    assert best.work == {"visit": 1, "conductor_50": 200.0}
    assert best.customers_out == 4, "those on F1"
