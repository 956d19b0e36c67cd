"""``gridplan network phases``: from exports of meters to a new version of the network."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import gridplan as gp
from tests.cli.conftest import HONGJIAWAN

SCRIPT = HONGJIAWAN.parents[1] / "scripts" / "metered_village.py"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hongjiawan with four days of readings, and a network file with wrong phases."""
    out = tmp_path_factory.mktemp("rehearsal")
    options = ["--days", "4", "--seed", "5", "--wrong", "0.15"]
    subprocess.run([sys.executable, SCRIPT, HONGJIAWAN, out, *options], check=True)
    return out


def truth_of(rehearsal: Path) -> dict[str, str]:
    rows = csv.reader((rehearsal / "truth.csv").read_text(encoding="utf-8").splitlines())
    next(rows)
    return {name: phase for name, phase in rows}


def test_a_new_version_of_the_network(run: Run, rehearsal: Path, tmp_path: Path) -> None:
    network, new = rehearsal / "network", tmp_path / "new"
    before = (network / "network.json").read_bytes()
    result = run("network", "phases", network, "--meters", rehearsal / "meters", "-o", new)
    assert result.exit_code == 0
    assert "phase today" in result.stdout
    assert str(new) in result.stderr
    assert (network / "network.json").read_bytes() == before
    old, made = gp.read_feeder(network), gp.read_feeder(new)
    truth = np.array([truth_of(rehearsal)[name] for name in old.customers.id])
    wrong = old.customers.phase != truth
    assert wrong.sum() >= 2
    assert (made.customers.phase == truth).all()
    single = np.char.str_len(truth) == 1
    assert (made.customers.phase_confidence[single] > 0.9).all()
    # power goes along with the phase; nothing else has changed
    np.testing.assert_allclose(made.customers.p_kw, old.customers.p_kw)
    np.testing.assert_allclose(made.customers.p_share, gp.read_feeder(HONGJIAWAN).customers.p_share)
    tables = [json.loads((at / "network.json").read_text("utf-8")) for at in (network, new)]
    for table in tables:
        del table["_object"]["asymmetric_load"]
    assert tables[0] == tables[1]
    readme = (new / "README.md").read_text(encoding="utf-8")
    assert f"{wrong.sum()} of {len(wrong)} customers changed phase" in readme
    assert "readings of 4 days" in readme


def test_disagreements_stand_first(run: Run, rehearsal: Path) -> None:
    arguments = ("network", "phases", rehearsal / "network", "--meters", rehearsal / "meters")
    table = run(*arguments).stdout.splitlines()
    rows = [line for line in table if line.strip().startswith("HJW")]
    answers = [line.split()[4] for line in rows]
    assert answers == sorted(answers)
    assert set(answers) == {"no", "yes"}
    found = list(csv.DictReader(io.StringIO(run(*arguments, "--format", "csv").stdout)))
    record = json.loads(run(*arguments, "--format", "json").stdout)
    assert record["schema_version"] == "gridplan-phases/1"
    assert [row["customer"] for row in record["customers"]] == [row["customer"] for row in found]
    assert [row["agrees"] for row in record["customers"]].count(False) == answers.count("no")
    assert record["sources"][0]["source"] == "network file"


def test_records_count_where_no_meter_speaks(run: Run, rehearsal: Path, tmp_path: Path) -> None:
    meters = tmp_path / "meters"
    meters.mkdir()
    silent = "HJW010"
    for path in (rehearsal / "meters").iterdir():
        kept = [row for row in path.read_text("utf-8").splitlines() if not row.startswith(silent)]
        (meters / path.name).write_text("\n".join(kept), "utf-8")
    truth = truth_of(rehearsal)
    other = "abc"[("abc".index(truth[silent]) + 1) % 3]
    rows = [f"{name},{phase},2026-10-01,0.99" for name, phase in truth.items() if name != silent]
    rows += [f"{silent},{other},2026-10-01,0.99", "stranger,a,2026-10-01,0.9"]
    path = tmp_path / "hplc.csv"
    path.write_text("\n".join(["customer_id,phase,date,confidence", *rows]), "utf-8")
    arguments = ("network", "phases", rehearsal / "network", "--meters", meters)
    plain = json.loads(run(*arguments, "--format", "json").stdout)
    result = run(*arguments, "--records", path, "--format", "json")
    told = json.loads(result.stdout)
    rows_of = [{row["customer"]: row for row in one["customers"]} for one in (plain, told)]
    assert rows_of[0][silent]["remark"] == rows_of[1][silent]["remark"] == "no readings"
    assert rows_of[1][silent]["found"] == other
    assert rows_of[1][silent]["confidence"] > rows_of[0][silent]["confidence"] - 0.2
    assert {one["source"] for one in told["sources"]} == {"network file", "HPLC"}
    assert "stranger" in result.stderr


def test_versions_are_never_written_over(run: Run, rehearsal: Path) -> None:
    network, meters = rehearsal / "network", rehearsal / "meters"
    before = (network / "network.json").read_bytes()
    result = run("network", "phases", network, "--meters", meters, "-o", network)
    assert result.exit_code == 3
    assert "no version is ever written over another" in result.stderr
    assert (network / "network.json").read_bytes() == before


def test_bad_input_is_named(run: Run, rehearsal: Path, tmp_path: Path) -> None:
    network, meters = rehearsal / "network", rehearsal / "meters"
    gone = run("network", "phases", network, "--meters", tmp_path / "gone.csv")
    assert gone.exit_code == 3
    assert "gone.csv" in gone.stderr
    path = tmp_path / "hplc.csv"
    path.write_text("customer_id,phase\nHJW001,green\n", "utf-8")
    bad = run("network", "phases", network, "--meters", meters, "--records", path)
    assert bad.exit_code == 3
    assert "hplc.csv:2" in bad.stderr
    other = run("network", "phases", network, "--meters", meters, "--transformer-meter", "T9")
    assert other.exit_code == 3
    assert "T9" in other.stderr
    assert run("network", "phases", network).exit_code == 2
