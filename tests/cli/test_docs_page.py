"""docs/cli.md is what the commands say, and the ready workflow calls what exists."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from ruamel.yaml import YAML

from gridplan.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]


def test_cli_page_is_up_to_date() -> None:
    path = ROOT / "scripts" / "make_cli_docs.py"
    spec = importlib.util.spec_from_file_location("make_cli_docs", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written == script.page(), "run: python scripts/make_cli_docs.py"


def test_workflow_is_valid_and_calls_real_commands() -> None:
    workflow = YAML(typ="safe").load(ROOT / "docs" / "networks-workflow.yml")
    steps = workflow["jobs"]["networks"]["steps"]
    script = "\n".join(step.get("run", "") for step in steps)
    called = set(re.findall(r"^\s*gridplan (\w+)", script, flags=re.MULTILINE))
    assert called == {"network", "check"}
    assert called <= set(COMMANDS)
    assert "--junit" in script
