"""``gridplan network export`` and back by ``convert``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import gridplan as gp

Run = Callable[..., Result]


@pytest.mark.parametrize("kind", ["pandapower", "opendss", "power-grid-model", "geojson"])
def test_export(run: Run, hongjiawan: Path, tmp_path: Path, kind: str) -> None:
    result = run("network", "export", hongjiawan, tmp_path / "out", "--to", kind)
    assert result.exit_code == 0, result.stderr
    assert Path(result.stdout.strip()).is_file()
    assert "note: " in result.stderr


@pytest.mark.parametrize("kind", ["opendss", "power-grid-model"])
def test_there_and_back(run: Run, hongjiawan: Path, tmp_path: Path, kind: str) -> None:
    name = "there" if kind == "opendss" else "there.json"
    written = run("network", "export", hongjiawan, tmp_path / name, "--to", kind)
    back = run("network", "convert", written.stdout.strip(), tmp_path / "back")
    assert back.exit_code == 0, back.stderr
    again = gp.read_feeder(tmp_path / "back")
    assert again.area_transformer.vector_group == "Yyn0"
    assert again.area_transformer.vk0_percent == pytest.approx(40, rel=1e-6)


def test_export_of_a_broken_network(run: Run, broken_network: Path, tmp_path: Path) -> None:
    result = run("network", "export", broken_network, tmp_path / "out", "--to", "opendss")
    assert result.exit_code == 3
    assert not (tmp_path / "out").exists()


def test_check_with_accepted_warnings(run: Run, hongjiawan: Path, tmp_path: Path) -> None:
    record = json.loads((hongjiawan / "network.json").read_text(encoding="utf-8"))
    lines = json.loads(record["_object"]["line"]["_object"])
    name, length = (lines["columns"].index(column) for column in ("name", "length_km"))
    row = next(row for row in lines["data"] if row[name] == "B1-1")
    row[length] = 0.9
    record["_object"]["line"]["_object"] = json.dumps(lines)
    (tmp_path / "network.json").write_text(json.dumps(record), encoding="utf-8")
    assert "warning W301: " in run("network", "check", tmp_path).stdout
    listed = tmp_path / "waivers.yaml"
    listed.write_text(
        "waivers:\n  - {code: W301, element: B1-1, author: station, reason: measured, "
        "expires: 2999-01-01}\n",
        encoding="utf-8",
    )
    accepted = run("network", "check", tmp_path, "--waivers", listed)
    assert accepted.exit_code == 0
    assert "warning" not in accepted.stdout
    assert "accepted by station until 2999-01-01: measured" in accepted.stdout
    assert run("network", "check", tmp_path, "--waivers", tmp_path / "no.yaml").exit_code == 3
