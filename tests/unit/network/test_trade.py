"""Warnings of the trade: each is there when its mistake is planted, and only then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gridplan as gp
from gridplan.errors import Fault
from gridplan.network.numbers import WARNING_NUMBERS
from gridplan.network.trade import trade_warnings
from tests.villages import Kind, any_village

ROOT = Path(__file__).parents[3]


def hongjiawan() -> gp.Feeder:
    return gp.read_feeder(ROOT / "networks" / "hongjiawan")


def with_lines(feeder: gp.Feeder, name: str, values: np.ndarray) -> gp.Feeder:
    return replace(feeder, lines=replace(feeder.lines, **{name: values}))


def with_customers(feeder: gp.Feeder, **values: np.ndarray) -> gp.Feeder:
    return replace(feeder, customers=replace(feeder.customers, **values))


def leading(feeder: gp.Feeder) -> gp.Feeder:
    q = feeder.customers.q_kvar.copy()
    q[3] = -q[3]
    return with_customers(feeder, q_kvar=q)


def thin(feeder: gp.Feeder) -> gp.Feeder:
    amps = feeder.lines.ampacity_a.copy()
    amps[feeder.lines.name == "B1-1"] = 15.0
    return with_lines(feeder, "ampacity_a", amps)


def thin_neutral(feeder: gp.Feeder) -> gp.Feeder:
    amps = feeder.lines.neutral_ampacity_a.copy()
    amps[0] = 0.4 * feeder.lines.ampacity_a[0]
    return with_lines(feeder, "neutral_ampacity_a", amps)


def long_radius(feeder: gp.Feeder) -> gp.Feeder:
    return with_lines(feeder, "length_m", feeder.lines.length_m * 6)


def motor(feeder: gp.Feeder) -> gp.Feeder:
    kind, p_kw = feeder.customers.kind.astype("<U20"), feeder.customers.p_kw.copy()
    kind[0], p_kw[0] = "mill", 5.5
    return with_customers(feeder, kind=kind, p_kw=p_kw)


def three_phase_home(feeder: gp.Feeder) -> gp.Feeder:
    kind = feeder.customers.kind.astype("<U20")
    kind[0] = "three_phase"
    return with_customers(feeder, kind=kind)


def no_neutral(feeder: gp.Feeder) -> gp.Feeder:
    z = feeder.lines.z_ohm * np.eye(3)
    return with_lines(feeder, "z_ohm", z)


def many_homes(feeder: gp.Feeder) -> gp.Feeder:
    return replace(feeder, transformer=replace(feeder.area_transformer, sn_kva=10.0))


PLANTED: dict[str, tuple[Callable[[gp.Feeder], gp.Feeder], str]] = {
    "leading": (leading, "power-factor-leading"),
    "below a home": (thin, "ampacity-below-home"),
    "thin neutral": (thin_neutral, "thin-neutral"),
    "radius": (long_radius, "supply-radius"),
    "motor": (motor, "motor-one-phase"),
    "three-phase home": (three_phase_home, "motor-one-phase"),
    "no neutral": (no_neutral, "no-neutral"),
    "homes per kVA": (many_homes, "homes-per-kva"),
}


def test_a_sound_village_has_none() -> None:
    assert trade_warnings(hongjiawan()) == []


@pytest.mark.parametrize("name", PLANTED)
def test_planted_mistake_is_the_only_warning(name: str) -> None:
    plant, code = PLANTED[name]
    found = trade_warnings(plant(hongjiawan()))
    assert [fault.code for fault in found] == [code]
    assert found[0].severity == "warning"
    assert found[0].remedy


def test_customer_without_a_neutral() -> None:
    village = any_village(1, Kind(vector_group="Dyn11", n_wire=4))
    wires = village.nodes.wires.copy()
    node = int(village.customers.node[-1])
    wires[node, 3] = False
    found = trade_warnings(replace(village, nodes=replace(village.nodes, wires=wires)))
    assert [fault.code for fault in found] == ["no-neutral"]
    assert found[0].rows == int((village.customers.node == node).sum())


@pytest.mark.parametrize("name", ["enwl-2-4", "enwl-5-3", "hongjiawan", "kerber-dorf", "wanfota"])
def test_samples_are_believable(name: str) -> None:
    feeder = gp.read_feeder(ROOT / "networks" / name)
    assert [note for note in feeder.notes if note.severity == "warning"] == []


def test_every_warning_has_a_number() -> None:
    """No warning of the package is without one, and no number is given twice."""
    numbers = list(WARNING_NUMBERS.values())
    assert len(set(numbers)) == len(numbers)
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "gridplan" / "network").glob("*.py")
        if path.name != "numbers.py"
    )
    assert [code for code in WARNING_NUMBERS if f'"{code}"' not in text] == []


def test_documented() -> None:
    page = (ROOT / "docs" / "ledgers.md").read_text(encoding="utf-8")
    assert [n for n in WARNING_NUMBERS.values() if f"| {n} |" not in page] == []


def elements(faults: list[Fault]) -> list[tuple[str, ...]]:
    return [fault.elements for fault in faults]


def test_elements_are_named() -> None:
    assert elements(trade_warnings(motor(hongjiawan()))) == [("asymmetric_load[0] (HJW001)",)]
