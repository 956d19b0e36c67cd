"""The village as GeoJSON: every pole, section and customer, and what its places are."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gridplan as gp
from gridplan.report.geojson import write_geojson

HONGJIAWAN = Path(__file__).parents[3] / "networks" / "hongjiawan"


def written(feeder: gp.Feeder, folder: Path) -> dict[str, object]:
    path, _ = write_geojson(feeder, folder / "village.geojson")
    content: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_every_element_is_there(tmp_path: Path) -> None:
    feeder = gp.read_feeder(HONGJIAWAN)
    content = written(feeder, tmp_path)
    counts = Counter(feature["properties"]["element"] for feature in content["features"])
    assert counts == {"node": 61, "section": 59, "customer": 30}
    homes = [f for f in content["features"] if f["properties"]["element"] == "customer"]
    assert homes[0]["properties"]["name"] == "HJW001"
    assert homes[0]["properties"]["phase"] == "b"


def test_a_plan_in_metres(tmp_path: Path) -> None:
    content = written(gp.read_feeder(HONGJIAWAN), tmp_path)
    assert content["places"] == "plan"
    places = np.array([f["geometry"]["coordinates"] for f in content["features"]
                       if f["geometry"]["type"] == "Point"])  # fmt: skip
    assert np.abs(places).max() * 111_320 == pytest.approx(400, abs=60)  # ten spans of 40 m


def test_degrees_stay(tmp_path: Path) -> None:
    feeder = gp.read_feeder(HONGJIAWAN)
    nodes = feeder.nodes
    moved = replace(
        nodes, x=114.3 + nodes.x / 111_320 / np.cos(np.deg2rad(30)), y=30 + nodes.y / 111_320
    )
    content = written(replace(feeder, nodes=moved), tmp_path)
    assert content["places"] == "geographic"
    assert content["features"][0]["geometry"]["coordinates"][0] == pytest.approx(114.3)


def test_without_coordinates(tmp_path: Path) -> None:
    feeder = gp.read_feeder(HONGJIAWAN)
    gone = np.full(len(feeder.nodes), np.nan)
    path, notes = write_geojson(
        replace(feeder, nodes=replace(feeder.nodes, x=gone, y=gone)), tmp_path / "v.geojson"
    )
    assert json.loads(path.read_text(encoding="utf-8"))["places"] == "schematic"
    assert "schematic" in notes[0].what
