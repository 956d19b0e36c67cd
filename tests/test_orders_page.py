"""The commands of docs/orders.md, from the station's workbook on, run as a reader runs them."""

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
    assert [words[:2] for words in said[:2]] == [["network", "template"], ["network", "import"]]
    assert "--example" in COMMANDS[0]
    assert [words[0] for words in said[2:]] == ["plan", *["orders"] * len(steps), "plan"]


def test_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # of a clone, the page needs the study and its registers; the network comes of the workbook
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    for line in COMMANDS:
        words = shlex.split(line)
        assert words[0] == "gridplan"
        done = CliRunner().invoke(cli, words[1:])
        assert done.exit_code == 0, f"{line}\n{done.output}"
    for name in ("out/o-3.xlsx", "out/week.html", "out/hongjiawan/work-orders.xlsx"):
        assert (tmp_path / name).is_file()
    imported = gp.read_feeder("villages/hongjiawan").customers
    shipped = gp.read_feeder(ROOT / "networks" / "hongjiawan").customers
    assert imported.id.tolist() == shipped.id.tolist()
    assert imported.phase.tolist() == shipped.phase.tolist()
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
    week = (tmp_path / "out/week.html").read_text(encoding="utf-8")
    issues = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td.*?</td>", week)[:11]]
    # Tucheng, this week found, closed, rejected, since ever, unfinished, waived, overdue, rate
    assert issues == ["Tucheng", "0", "1", "0", "2", "1", "0", "1", "1", "0", "50"]
    following = json.loads((tmp_path / "out/next/plan.json").read_text(encoding="utf-8"))
    assert [waiver["source"] for waiver in following["waived"]] == ["I-2"]
