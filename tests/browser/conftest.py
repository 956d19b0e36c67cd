"""A real plan of a real village, small enough for a test, and a browser that cannot go online."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gridplan as gp
from gridplan.plan import Plan

ROOT = Path(__file__).parents[2]
STUDY = """\
name: four-days
title: Four days of the festival
forecast:
  period: {festival_year: 2027, first_day: -2, last_day: 1}
  step_minutes: 60
  draws: 4
  seed: 3
  registers: REGISTERS
  levels: {default: 2015}
  usual_c: 2
  scenarios:
    expected: {}
    full_house: {temperature_offset_c: -6, persons_factor: 1.6, level_factor: 1.1}
measures:
  max_moves: 4
  time_limit_s: 10
"""


@pytest.fixture(scope="session")
def village_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    registers = ROOT / "scenarios" / "spring-festival-2027"
    path = tmp_path_factory.mktemp("study") / "four-days.yaml"
    shutil.copytree(registers, path.parent / "registers")
    path.write_text(STUDY.replace("REGISTERS", "registers"), encoding="utf-8")
    return gp.make_plan(gp.read_feeder(ROOT / "networks" / "hongjiawan"), gp.read_study(path))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium of the system; ``.ci/run`` sees to it that there is one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    found = found or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    # root, as in containers, cannot use the sandbox; the pages are our own
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as tools:
        chromium = tools.chromium.launch(executable_path=found, args=alone)
        yield chromium
        chromium.close()
