"""The stored baselines of the sample networks hold on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from gridplan.cli.main import cli

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "scenarios" / "spring-festival-2027.yaml"
LONG = ("enwl-2-4", "enwl-5-3")
NETWORKS = sorted(path.stem for path in (ROOT / "tests" / "baselines").glob("*.json"))


def test_every_sample_network_has_a_baseline() -> None:
    assert sorted(path.parent.name for path in ROOT.glob("networks/*/network.json")) == NETWORKS


@pytest.mark.parametrize(
    "network",
    [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in NETWORKS],
)
def test_sample_network_keeps_its_baseline(network: str) -> None:
    baseline = ROOT / "tests" / "baselines" / f"{network}.json"
    words = ["check", str(ROOT / "networks" / network), str(STUDY), "--baseline", str(baseline)]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
