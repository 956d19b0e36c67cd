"""The village hongjiawan as its description fixes it."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pytest

from tests.unit.samples.figures import Sample, phase_counts, read_sample

EVE = datetime.date(2027, 2, 5)


@pytest.fixture(scope="module")
def village() -> Sample:
    return read_sample("hongjiawan")


def test_homes_per_phase(village: Sample) -> None:
    assert phase_counts(village.homes) == "11, 10, 7"
    assert phase_counts(village.lived_in) == "11, 8, 5"


def test_boxes(village: Sample) -> None:
    """Pole, phase, homes and homes lived in of each box, as the description lists them."""
    expected = {
        "B1": ("F1-P02", "b", 3, 3),
        "B2": ("F1-P04", "a", 3, 3),
        "B3": ("F1-P05", "b", 3, 2),
        "B4": ("F1-P07", "c", 3, 2),
        "B5": ("F1-P09", "a", 3, 3),
        "B6": ("F1-P10", "b", 2, 1),
        "B7": ("F1-L02", "a", 3, 3),
        "B8": ("F1-L03", "a", 2, 2),
        "B9": ("F2-P01", "c", 2, 1),
        "B10": ("F2-P04", "c", 2, 2),
        "B11": ("F2-P05", "b", 2, 2),
    }
    names = village.tables["bus"]["name"]
    feeding = dict(
        zip(
            village.tables["line"]["to_bus"].map(names),
            village.tables["line"]["from_bus"].map(names),
            strict=True,
        )
    )
    lived_in = set(village.lived_in["customer_id"])
    homes = village.homes.assign(box=village.homes["bus"].map(names).map(feeding))
    found = {
        box: (
            feeding[box],
            "".join(sorted(set(rows["phase"]))),
            len(rows),
            int(rows["customer_id"].isin(lived_in).sum()),
        )
        for box, rows in homes.groupby("box")
    }
    assert found == expected


def test_units_that_move_together(village: Sample) -> None:
    sizes = village.homes.groupby("movable_unit").size()
    together = {unit: int(size) for unit, size in sizes.items() if size > 1}
    assert together == {"B4": 3, "B5": 3, "B6": 2, "B11": 2, "F1-L": 5}


def test_conductors(village: Sample) -> None:
    lines = village.tables["line"]
    mains = lines[lines["section"] == "main"]
    lengths = mains.groupby(["outgoing_circuit", "std_type"])["length_km"].sum() * 1e3
    assert lengths.round(6).to_dict() == {
        ("F1", "JL/G1A-25/4 3x25+1x16"): 200.0,
        ("F1", "JL/G1A-16/3 4w"): 200.0,
        ("F2", "JL/G1A-16/3 4w"): 200.0,
    }
    assert village.length_m("lateral") == pytest.approx(120.0)
    drops = lines[(lines["section"] == "service") & lines["std_type"].str.startswith("BLV")]
    assert drops["length_km"].between(0.010, 0.025).all()


def test_loop_of_the_thin_neutral(village: Sample) -> None:
    """r0 = r + 3 r_n with LGJ-16's r_n = 1.779 ohm/km (GB 1179-83)."""
    lines = village.tables["line"]
    thin = lines[lines["std_type"] == "JL/G1A-25/4 3x25+1x16"]
    neutral_r = (thin["r0_ohm_per_km"] - thin["r_ohm_per_km"]) / 3.0
    assert np.allclose(neutral_r, 1.779)
    assert np.allclose(thin["neutral_max_i_ka"], 0.105)


def test_transformer(village: Sample) -> None:
    trafo = village.tables["trafo"].iloc[0]
    assert trafo["vector_group"] == "Yyn0"
    assert trafo["sn_mva"] == pytest.approx(0.030)
    assert (trafo["vk0_percent"], trafo["tap_step_percent"], trafo["tap_pos"]) == (40, 5, 0)


def test_machines_are_fixed_and_idle(village: Sample) -> None:
    loads = village.tables["asymmetric_load"]
    machines = loads[loads["phase"] == "abc"]
    assert sorted(machines["kind"]) == ["mill", "pump"]
    assert not machines["may_move"].any()
    assert (machines[["p_a_mw", "p_b_mw", "p_c_mw"]] == 0).all(axis=None)


def test_all_have_come_by_the_eve(village: Sample) -> None:
    for row in village.register:
        if int(row["persons"]):
            assert datetime.date.fromisoformat(row["arrival"]) <= EVE
            assert not row["departure"] or datetime.date.fromisoformat(row["departure"]) > EVE


def test_homes_do_not_overlap_on_the_plan(village: Sample) -> None:
    points = np.array([json.loads(text)["coordinates"] for text in village.tables["bus"]["geo"]])
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 5.0
