"""``gridplan network convert``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import gridplan as gp

SCRIPT = Path(__file__).parents[1] / "validation/cases/french/36360-winter/Master.dss"

Run = Callable[..., Result]


def test_convert_then_check(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "networks" / "french"
    result = run("network", "convert", SCRIPT, folder)
    assert result.exit_code == 0
    assert result.stdout.strip() == str(folder)
    assert "vminpu" in result.stderr
    feeder = gp.read_feeder(folder)
    assert feeder.name == "french"
    expected = gp.solve(gp.read_opendss(SCRIPT))
    np.testing.assert_allclose(gp.solve(feeder).vm_v, expected.vm_v, rtol=1e-9)
    np.testing.assert_allclose(gp.solve(feeder).vn_v, expected.vn_v, rtol=0, atol=1e-6)
    assert run("network", "check", folder).exit_code == 0


def test_lines_without_a_transformer(run: Run, tmp_path: Path) -> None:
    script = SCRIPT.parents[2] / "phase-balancing-8/Master.dss"
    assert run("network", "convert", script, tmp_path / "pb8").exit_code == 0
    check = run("network", "check", tmp_path / "pb8")
    assert check.exit_code == 0
    assert "no transformer" in check.stdout


def test_script_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    result = run("network", "convert", tmp_path / "gone.dss", tmp_path / "net")
    assert result.exit_code == 3
    assert "gone.dss" in result.stderr
    assert not (tmp_path / "net").exists()


def test_network_file_is_no_script(run: Run, tmp_path: Path) -> None:
    (tmp_path / "network.json").write_text("{}", encoding="utf-8")
    result = run("network", "convert", tmp_path / "network.json", tmp_path / "net")
    assert result.exit_code == 2


def test_a_missing_file_is_said_before_a_missing_extra(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opendssdirect", None)
    for name in ("gone.dss", "gone.json"):
        result = run("network", "convert", tmp_path / name, tmp_path / "net")
        assert result.exit_code == 3
        assert f"{name}: there is no such file" in result.stderr


def test_a_ledger_is_sent_to_import(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ledger.xlsx").write_bytes(b"PK")
    result = run("network", "convert", tmp_path / "ledger.xlsx", tmp_path / "net")
    assert result.exit_code == 2
    assert "network import" in " ".join(result.stderr.split())


def test_without_the_extra(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opendssdirect", None)
    result = run("network", "convert", SCRIPT, tmp_path / "net")
    assert result.exit_code == 3
    assert "gridplan[opendss]" in result.stderr
