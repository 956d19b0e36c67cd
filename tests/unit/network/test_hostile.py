"""Ten hostile workbooks: each refused within 5 s of processor time and 512 MiB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.network.hostile import HOSTILE

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process as Linux has them")
@pytest.mark.parametrize("name", HOSTILE)
def test_refused_within_limits(name: str, tmp_path: Path) -> None:
    path = HOSTILE[name](tmp_path / "ledger.xlsx")
    run = subprocess.run(
        [sys.executable, "-m", "tests.unit.network.hostile", str(path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 3, run.stdout + run.stderr
    assert "ledger.xlsx" in run.stdout
    assert "hostname" not in run.stdout
