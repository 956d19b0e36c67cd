"""Confirmed phases as changes of a network, and its new version."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandapower as pp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridplan as gp
from gridplan.errors import LedgerError
from gridplan.network.customers import PERMUTATIONS, PhaseMove
from gridplan.network.relabel import network_file, relabelled
from gridplan.records.orders_apply import write_version
from gridplan.records.orders_confirm import Confirmation
from gridplan.records.orders_ledger import Ledger
from gridplan.records.orders_measured import Reading
from gridplan.records.orders_phases import (
    FieldPhase,
    PhaseChange,
    field_phases,
    permutation_of,
    phase_changes,
)
from tests.unit.network.nets import TRAFO, add_home, add_line
from tests.unit.records.orders.test_actions import at_work
from tests.unit.records.orders.village import clerk

HONGJIAWAN = Path(__file__).parents[4] / "networks" / "hongjiawan"
EVEN = Reading(a=10, b=10, c=10, n=0)


def word(unit: str, known: tuple[str, ...], phases: str, *ids: str) -> FieldPhase:
    return FieldPhase(
        order="O-1", unit=unit, customer_ids=ids or (unit,), known=known, phases=phases
    )


def change(unit: str, before: str, after: str, *ids: str) -> PhaseChange:
    return PhaseChange(
        order="O-1",
        unit=unit,
        customer_ids=ids or (unit,),
        from_phase=before,
        to_phase=after,
        permutation=permutation_of(before, after),
    )


@pytest.mark.parametrize(
    ("before", "after", "target"),
    [
        ("a", "b", (1, 2, 0)),
        ("b", "a", (2, 0, 1)),
        ("ab", "bc", (1, 2, 0)),
        ("ab", "ba", (1, 0, 2)),
        ("abc", "abc", (0, 1, 2)),
    ],
)
def test_permutations(before: str, after: str, target: tuple[int, int, int]) -> None:
    assert permutation_of(before, after) == target


def test_the_last_word_of_the_field_counts(filled: Ledger) -> None:
    at_work(filled)
    first = Confirmation(after=EVEN, hour=12, found={"9": "c"}, left={"B1": "c"})
    clerk(filled, 28, 13).confirm(filled.item("O-3"), first)
    clerk(filled, 29).confirm(filled.item("O-3"), Confirmation(after=EVEN, hour=12))
    found = {item.unit: item for item in field_phases(filled.items())}
    assert found["B1"].phases == "b", "the second report replaces the first"
    assert "9" not in found
    assert found["3"].known == ("a", "c")


def test_orders_at_work_or_rejected_say_nothing(filled: Ledger) -> None:
    assert field_phases(filled.items()) == ()
    at_work(filled)
    assert field_phases(filled.items()) == ()
    clerk(filled, 29).reject(filled.item("O-3"), "no")
    assert field_phases(filled.items()) == ()


def test_what_the_network_holds_already_is_no_change() -> None:
    feeder = gp.read_feeder(HONGJIAWAN)
    field = [word("HJW001", ("b", "c"), "c"), word("HJW004", ("a", "c"), "a")]
    (found,) = phase_changes(feeder, field, "ledger")
    assert (found.unit, found.from_phase, found.to_phase) == ("HJW001", "b", "c")
    moved = feeder.with_phases(
        [PhaseMove(unit="HJW001", permutation=found.permutation, customer_ids=("HJW001",))]
    )
    assert phase_changes(moved, field, "ledger") == ()


def test_every_conflict_at_once() -> None:
    feeder = gp.read_feeder(HONGJIAWAN)
    field = [
        word("HJW001", ("a", "c"), "c"),  # stands on b: nobody has ever said so
        word("nobody", ("a", "b"), "b"),
        word("HJW-mill", ("abc", "bca"), "bca"),  # cannot be told from its phases
    ]
    with pytest.raises(LedgerError) as error:
        phase_changes(feeder, field, "ledger")
    assert [fault.code for fault in error.value.faults] == [
        "phase-conflict", "unknown-customer", "phase-conflict",
    ]  # fmt: skip
    assert "applied before" in error.value.faults[2].what


def test_a_version_changes_its_customers_and_nothing_else(tmp_path: Path) -> None:
    changes = [change("HJW001", "b", "c"), change("B5", "a", "c", "HJW013", "HJW014", "HJW015")]
    text = network_file(HONGJIAWAN).read_bytes()
    folder = write_version(HONGJIAWAN, changes, tmp_path / "v2" / "hongjiawan", "/x/l.sqlite")
    assert network_file(HONGJIAWAN).read_bytes() == text
    old, new = gp.read_feeder(HONGJIAWAN), gp.read_feeder(folder)
    differs = old.customers.phase != new.customers.phase
    assert set(old.customers.id[differs].tolist()) == {"HJW001", "HJW013", "HJW014", "HJW015"}
    before = json.loads(text)["_object"]
    after = json.loads((folder / "network.json").read_text(encoding="utf-8"))["_object"]
    assert {name for name in before if before[name] != after[name]} == {"asymmetric_load"}
    rows = [json.loads(net["asymmetric_load"]["_object"])["data"] for net in (before, after)]
    assert sum(a != b for a, b in zip(*rows, strict=True)) == 4
    net = pp.from_json(str(folder / "network.json"))
    assert len(net.asymmetric_load) == len(old.customers)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "| O-1 | B5 | HJW013, HJW014, HJW015 | a | c |" in readme
    assert "## hongjiawan" in readme
    assert "/x/" not in readme, "no path of this machine"
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "network.json"]


def test_a_version_is_never_written_over_another(tmp_path: Path) -> None:
    changes = [change("HJW001", "b", "c")]
    for folder in (HONGJIAWAN, tmp_path):
        (tmp_path / "something").touch()
        with pytest.raises(LedgerError, match="is there already"):
            write_version(HONGJIAWAN, changes, folder, "l")


def test_a_licence_goes_along(tmp_path: Path) -> None:
    source = HONGJIAWAN.parent / "enwl-2-4"
    feeder = gp.read_feeder(source)
    name, phase = str(feeder.customers.id[0]), str(feeder.customers.phase[0])
    other = next(letter for letter in "abc" if letter != phase)
    folder = write_version(source, [change(name, phase, other)], tmp_path / "v", "l")
    assert (folder / "LICENSE").read_bytes() == (source / "LICENSE").read_bytes()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    targets=st.dictionaries(
        st.integers(0, 17), st.sampled_from(PERMUTATIONS[1:]), min_size=1, max_size=6
    )
)
def test_the_text_gives_what_the_feeder_gives(
    tmp_path: Path, targets: dict[int, tuple[int, int, int]]
) -> None:
    feeder = gp.read_feeder(HONGJIAWAN)
    units = feeder.customers.unit_names.tolist()
    moves = [PhaseMove(unit=units[unit], permutation=p) for unit, p in targets.items()]
    moved = feeder.with_phases(moves)
    by_customer = {
        str(feeder.customers.id[k]): targets[unit]
        for unit in targets
        for k in feeder.customers.unit_members(unit)
    }
    path = tmp_path / "network.json"
    path.write_text(relabelled(HONGJIAWAN, feeder, moved, by_customer), encoding="utf-8")
    read = gp.read_feeder(path).customers
    assert read.phase.tolist() == moved.customers.phase.tolist()
    for name in ("p_share", "q_share", "p_kw", "q_kvar"):
        np.testing.assert_allclose(getattr(read, name), getattr(moved.customers, name), atol=1e-12)


def delta_village() -> pp.pandapowerNet:
    """A home, a welder between two phases, and a roof: every way in which rows name phases."""
    net = pp.create_empty_network()
    mv, lv = (pp.create_bus(net, kv, name=name) for kv, name in ((10.0, "MV"), (0.4, "LV")))
    pole = pp.create_bus(net, 0.4, name="P1")
    pp.create_ext_grid(net, mv, s_sc_max_mva=100, rx_max=0.1, x0x_max=1.0, r0x0_max=0.1)
    pp.create_transformer_from_parameters(net, mv, lv, name="T", **TRAFO)
    add_line(net, lv, pole, "L1")
    add_home(net, pole, "a", "home")
    pp.create_asymmetric_load(
        net, pole, p_a_mw=0.003, q_a_mvar=0.001, type="delta", customer_id="welder", name="welder"
    )
    pp.create_load(net, pole, p_mw=0.002, q_mvar=0.0, name="shop", customer_id="shop", phase="b")
    pp.create_sgen(net, pole, p_mw=0.002, q_mvar=0.0, name="roof", customer_id="roof", phase="c")
    return net


@pytest.mark.parametrize("permutation", PERMUTATIONS[1:])
def test_every_kind_of_row_is_relabelled(tmp_path: Path, permutation: tuple[int, int, int]) -> None:
    path = tmp_path / "network.json"
    pp.to_json(delta_village(), str(path))
    feeder = gp.read_feeder(path)
    ids = tuple(feeder.customers.id.tolist())
    assert set(ids) == {"home", "welder", "shop", "roof"}
    move = PhaseMove(unit="all", permutation=permutation, customer_ids=ids)
    moved = feeder.with_phases([move])
    text = relabelled(path, feeder, moved, dict.fromkeys(ids, permutation))
    again = tmp_path / "again.json"
    again.write_text(text, encoding="utf-8")
    read = gp.read_feeder(again).customers
    assert read.phase.tolist() == moved.customers.phase.tolist()
    np.testing.assert_allclose(read.p_share, moved.customers.p_share, atol=1e-12)
    np.testing.assert_allclose(read.q_share, moved.customers.q_share, atol=1e-12)
