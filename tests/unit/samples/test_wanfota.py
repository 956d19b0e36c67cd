"""The village wanfota: 110 homes, 166 returning people."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.unit.samples.figures import Sample, phase_counts, read_sample


@pytest.fixture(scope="module")
def village() -> Sample:
    return read_sample("wanfota")


def test_homes_and_returning_persons(village: Sample) -> None:
    assert phase_counts(village.homes) == "48, 35, 27"
    assert sum(int(row["persons"]) for row in village.register) == 166
    assert set(village.homes["kind"]) == {"resident", "vacant", "ten_kilowatt"}


def test_boxes_of_four_to_nine_meters(village: Sample) -> None:
    names = village.tables["bus"]["name"]
    box = village.homes["bus"].map(names).str.split("-").str[0]
    homes = village.homes.assign(box=box)
    assert homes.groupby("box").size().between(4, 9).all()
    # a box on two wires is one unit on one phase, on four wires every meter is its own
    for _, rows in homes.groupby("box"):
        units = rows["movable_unit"].nunique()
        assert units == len(rows) or (units == 1 and rows["phase"].nunique() == 1)


def test_machines_and_transformer(village: Sample) -> None:
    loads = village.tables["asymmetric_load"]
    fixed = loads[~loads["may_move"]]
    assert sorted(fixed["kind"]) == ["pump", "pump", "shop"]
    assert village.tables["trafo"]["std_type"].tolist() == ["S13-200/10 Dyn11"]
    assert village.tables["trafo"]["sn_mva"].tolist() == [0.2]


def test_homes_do_not_overlap_on_the_plan(village: Sample) -> None:
    points = np.array([json.loads(text)["coordinates"] for text in village.tables["bus"]["geo"]])
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 5.0
