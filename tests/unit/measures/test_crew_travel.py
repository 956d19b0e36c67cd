"""Places of villages, and how long crews travel between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gridplan.errors import StudyError
from gridplan.measures.crew_travel import great_circle_km, read_places, travel_between


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_great_circles() -> None:
    quarter = 10_007.5  # kilometres from the equator to a pole of a sphere of 6,371 km
    assert great_circle_km((0, 0), (90, 50)) == pytest.approx(quarter, rel=1e-4)
    assert great_circle_km((0, 0), (0, 180)) == pytest.approx(2 * quarter, rel=1e-4)
    # Guiyang to Yuping by the spherical law of cosines
    one, two = np.radians([26.647, 106.63]), np.radians([27.238, 108.906])
    cosine = np.sin(one[0]) * np.sin(two[0])
    cosine += np.cos(one[0]) * np.cos(two[0]) * np.cos(one[1] - two[1])
    expected = 6371 * np.arccos(cosine)
    assert great_circle_km((26.647, 106.63), (27.238, 108.906)) == pytest.approx(expected)
    assert great_circle_km((26.6, 106.6), (26.6, 106.6)) == 0


def test_travel_from_a_station_and_back(tmp_path: Path) -> None:
    text = "台区,纬度,经度,户数\nhill,27.0,108.0,40\n供电所,27.0,108.1,\nriver,27.1,108.0,30\n"
    places = read_places(write(tmp_path / "places.csv", text))
    assert places.station == (27.0, 108.1)
    assert [note.code for note in places.notes] == ["place-column-dropped"]
    travel = travel_between(places, ["river", "hill"], detour=1.5, km_h=20.0)
    north = great_circle_km((27.0, 108.0), (27.1, 108.0))
    np.testing.assert_allclose(travel.between_h[0, 1], north * 1.5 / 20)
    np.testing.assert_allclose(travel.between_h, travel.between_h.T)
    assert (np.diag(travel.between_h) == 0).all()
    east = great_circle_km((27.0, 108.0), (27.0, 108.1))
    np.testing.assert_allclose(travel.station_h[1], east * 1.5 / 20)
    assert not travel.nowhere


def test_without_a_station_only_ways_between_villages_count(tmp_path: Path) -> None:
    places = read_places(write(tmp_path / "p.csv", "village,lat,lon\na,27,108\nb,28,108\n"))
    travel = travel_between(places, ["a", "b"])
    assert travel.station_h.tolist() == [0, 0]
    assert travel.between_h[0, 1] == pytest.approx(great_circle_km((27, 0), (28, 0)) * 1.4 / 30)


def test_all_faults_at_once(tmp_path: Path) -> None:
    text = "village,lat,lon\na,27,108\na,27,108\n,27,108\nb,north,108\nc,27,208\n"
    with pytest.raises(StudyError) as caught:
        read_places(write(tmp_path / "p.csv", text))
    assert [(one.code, one.where) for one in caught.value.faults] == [
        ("place-twice", "p.csv:3"),
        ("place-empty", "p.csv:4"),
        ("place-number", "p.csv:5"),
        ("place-number", "p.csv:6"),
    ]
    places = read_places(write(tmp_path / "q.csv", "village,lat,lon\na,27,108\n"))
    with pytest.raises(StudyError) as missing:
        travel_between(places, ["b", "a", "c"])
    assert [one.where for one in missing.value.faults] == ["village b", "village c"]
