"""A village of two poles as a network file, its study, and a way to call the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gridplan.cli.main import cli

HONGJIAWAN = Path(__file__).parents[2] / "networks" / "hongjiawan"

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def run() -> Run:
    """Call ``gridplan`` with arguments, as a shell does."""

    def call(*arguments: Any) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    return call


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days around New Year's Eve by the hour, one scenario, three draws, no register."""
    path = tmp_path_factory.mktemp("study") / "small.yaml"
    path.write_text(
        "name: small\n"
        "title: Two days\n"
        "forecast:\n"
        "  period: {festival_year: 2027, first_day: -1, last_day: 0}\n"
        "  step_minutes: 60\n"
        "  draws: 3\n"
        "  seed: 1\n"
        "  levels: {default: 2015}\n"
        "  scenarios:\n"
        "    expected: {}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="session")
def broken_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose network file lost its transformer and has a line without length."""
    folder = tmp_path_factory.mktemp("broken")
    record = json.loads((HONGJIAWAN / "network.json").read_text(encoding="utf-8"))
    record["_object"]["trafo"]["_object"] = json.dumps({"columns": [], "index": [], "data": []})
    lines = json.loads(record["_object"]["line"]["_object"])
    lines["data"][0][lines["columns"].index("length_km")] = 0.0
    record["_object"]["line"]["_object"] = json.dumps(lines)
    (folder / "network.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def hongjiawan() -> Path:
    return HONGJIAWAN


@pytest.fixture
def hand_made_plan() -> Callable[..., Any]:
    """A stand-in for a plan with given findings and unsolved cases after the moves."""

    def make(*, act: float, watch: float, unsolved: float) -> Any:
        findings = (
            SimpleNamespace(tier="act", probability=act),
            SimpleNamespace(tier="watch", probability=watch),
        )
        sweep = SimpleNamespace(not_converged=int(unsolved * 1000), n_case=1000)
        measures = SimpleNamespace(accept_probability=0.05)
        return SimpleNamespace(
            after=SimpleNamespace(sweep=sweep, findings=findings),
            study=SimpleNamespace(measures=measures),
            waivers=(),
        )

    return make
