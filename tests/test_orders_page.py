"""The commands of docs/orders.md, run in their order as a reader runs them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import gridplan as gp
from gridplan.cli.main import cli

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "orders.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def test_the_page_shows_the_whole_way() -> None:
    said = [shlex.split(line)[1:3] for line in COMMANDS]
    steps = [words[1] for words in said if words[0] == "orders"]
    assert steps == [
        "import", "list", "show", "assign", "print", "start", "confirm", "close", "waive",
        "report", "report", "apply",
    ]  # fmt: skip
    assert said[0][0] == said[-1][0] == "plan"


@pytest.mark.slow
def test_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "networks" / "hongjiawan", tmp_path / "networks" / "hongjiawan")
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    for line in COMMANDS:
        words = shlex.split(line)
        assert words[0] == "gridplan"
        done = CliRunner().invoke(cli, words[1:])
        assert done.exit_code == 0, f"{line}\n{done.output}"
    for name in ("out/o-3.xlsx", "out/week.html", "out/hongjiawan/work-orders.xlsx"):
        assert (tmp_path / name).is_file()
    record = json.loads((tmp_path / "out/hongjiawan/fieldwork.json").read_text(encoding="utf-8"))
    moved = {
        customer["customer_id"]: move["to_phase"]
        for move in record["days"][0]["moves"]
        for customer in move["customers"]
    }
    new = gp.read_feeder("versions/2027-02/hongjiawan").customers
    phases = dict(zip(new.id.tolist(), new.phase.tolist(), strict=True))
    assert moved
    assert moved.items() <= phases.items()
    following = json.loads((tmp_path / "out/next/plan.json").read_text(encoding="utf-8"))
    assert [waiver["source"] for waiver in following["waived"]] == ["I-2"]
