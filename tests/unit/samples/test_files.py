"""What the sample networks and registers hold, and that their READMEs say so."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pytest

from tests.unit.samples.figures import (
    NAMES,
    REGISTERS,
    ROOT,
    Sample,
    network_figures,
    read_sample,
    register_figures,
    table_rows,
)

EVE = datetime.date(2027, 2, 5)
TABLES = {
    "bus",
    "line",
    "trafo",
    "ext_grid",
    "load",
    "asymmetric_load",
    "sgen",
    "asymmetric_sgen",
    "switch",
}


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def sample(name: str) -> Sample:
    return read_sample(name)


def test_holds_only_the_tables_of_the_architecture(name: str) -> None:
    text = (ROOT / "networks" / name / "network.json").read_text(encoding="utf-8")
    content = json.loads(text)["_object"]
    assert {key for key, value in content.items() if isinstance(value, dict)} == TABLES
    assert content["name"] == name


def test_readme_shows_the_figures_of_the_file(name: str, sample: Sample) -> None:
    shown = dict(row for row in table_rows(ROOT / "networks" / name / "README.md") if len(row) == 2)
    expected = network_figures(sample)
    assert {key: shown.get(key) for key in expected} == expected


def test_readme_of_the_registers_shows_their_figures(name: str, sample: Sample) -> None:
    rows = {row[0]: row[1:] for row in table_rows(REGISTERS / "README.md")}
    assert rows[f"`{name}`"] == register_figures(sample)


def test_customers_and_lines_are_named_once(sample: Sample) -> None:
    for table in ("bus", "line"):
        assert sample.tables[table]["name"].is_unique
    loads = sample.tables["asymmetric_load"]
    assert loads["customer_id"].is_unique
    assert not set(loads["bus"]) - set(sample.tables["bus"].index)


def test_power_stands_on_the_phase_of_the_record(sample: Sample) -> None:
    homes = sample.homes
    for phase in "abc":
        on_phase = homes["phase"] == phase
        assert (homes[f"p_{phase}_mw"][on_phase] > 0).all()
        assert (homes[f"p_{phase}_mw"][~on_phase] == 0).all()


def test_every_line_has_impedances_and_a_length(sample: Sample) -> None:
    lines = sample.tables["line"]
    columns = ["length_km", "r_ohm_per_km", "x_ohm_per_km", "r0_ohm_per_km", "x0_ohm_per_km"]
    assert (lines[columns].to_numpy(dtype=float) > 0).all()
    # the neutral carries the zero sequence home: it never lowers the resistance
    assert (lines["r0_ohm_per_km"] >= lines["r_ohm_per_km"]).all()


def test_is_one_tree_from_the_busbar(sample: Sample) -> None:
    buses, lines = sample.tables["bus"], sample.tables["line"]
    trafo = sample.tables["trafo"].iloc[0]
    reached = {int(trafo["hv_bus"]), int(trafo["lv_bus"])}
    for _ in range(len(lines)):
        ahead = set(lines["to_bus"][lines["from_bus"].isin(reached)].astype(int))
        if ahead <= reached:
            break
        reached |= ahead
    assert reached == set(buses.index)
    assert len(lines) == len(buses) - 2


def test_a_movable_unit_stays_on_one_circuit(sample: Sample) -> None:
    lines, loads = sample.tables["line"], sample.tables["asymmetric_load"]
    circuit = dict(zip(lines["to_bus"], lines["outgoing_circuit"], strict=True))
    circuits = loads.assign(circuit=loads["bus"].map(circuit)).groupby("movable_unit")["circuit"]
    assert (circuits.nunique() == 1).all()


def test_register_is_consistent_with_the_network(sample: Sample) -> None:
    kinds = dict(zip(sample.homes["customer_id"], sample.homes["kind"], strict=True))
    numbers = [row["customer_id"] for row in sample.register]
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) <= set(kinds)
    for row in sample.register:
        persons, refused = int(row["persons"]), row["will_not_return"] == "yes"
        assert refused == (persons == 0), row
        assert not refused or kinds[row["customer_id"]] == "vacant", row
        assert datetime.date.fromisoformat(row["updated"]) < EVE
        if row["arrival"] and row["departure"]:
            arrival, departure = (
                datetime.date.fromisoformat(row[column]) for column in ("arrival", "departure")
            )
            assert arrival < departure, row


def test_dates_follow_the_presence_curve(sample: Sample) -> None:
    """Half of the arrivals by day -5 (the curve's 57 %) and half of the departures by day 8."""
    days = {
        column: np.array(
            [
                (datetime.date.fromisoformat(row[column]) - EVE).days - 1
                for row in sample.register
                if row[column]
            ]
        )
        for column in ("arrival", "departure")
    }
    assert -7 <= np.median(days["arrival"]) <= -5
    assert 7 <= np.median(days["departure"]) <= 9
