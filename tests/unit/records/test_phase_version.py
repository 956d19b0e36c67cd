"""A new version of a network file differs from the old one in phases and confidence alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gridplan as gp
from gridplan.errors import InputError
from gridplan.measures.phase_result import PhaseIdentification
from gridplan.network.feeder import Feeder
from gridplan.records.phase_version import write_phase_version

HONGJIAWAN = Path(__file__).parents[3] / "networks" / "hongjiawan"


def identified(feeder: Feeder, moved: dict[int, str]) -> PhaseIdentification:
    """Some customers on other phases, all with a confidence of their own."""
    n, recorded = len(feeder.customers), feeder.customers.phase
    found = recorded.copy()
    for customer, phase in moved.items():
        found[customer] = phase
    nothing = np.full(n, np.nan)
    return PhaseIdentification(
        feeder_name=feeder.name,
        n_day=7,
        customer_ids=feeder.customers.id,
        recorded=recorded,
        found=found,
        confidence=np.linspace(0.5, 0.99, n),
        probability=np.full((n, 3), np.nan),
        meter_phase=np.full(n, ""),
        meter_confidence=nothing,
        other_area=nothing,
        order=np.full(n, ""),
        remark=np.full(n, ""),
        records=(),
        notes=(),
    )


def without_columns(folder: Path, names: set[str], *, packed: bool) -> Path:
    """Hongjiawan's file without some columns, its body as a text if ``packed``."""
    net: dict[str, Any] = json.loads((HONGJIAWAN / "network.json").read_text(encoding="utf-8"))
    table = net["_object"]["asymmetric_load"]
    frame = json.loads(table["_object"])
    kept = [at for at, name in enumerate(frame["columns"]) if name not in names]
    frame["columns"] = [frame["columns"][at] for at in kept]
    frame["data"] = [[row[at] for at in kept] for row in frame["data"]]
    table["_object"] = json.dumps(frame)
    if packed:
        net["_object"] = json.dumps(net["_object"])
    folder.mkdir()
    (folder / "network.json").write_text(json.dumps(net), encoding="utf-8")
    return folder


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("missing", [set(), {"phase_confidence"}, {"phase", "phase_confidence"}])
def test_only_phases_and_confidence_change(tmp_path: Path, packed: bool, missing: set[str]) -> None:
    source = without_columns(tmp_path / "old", missing, packed=packed)
    feeder = gp.read_feeder(source)
    other = {"a": "b", "b": "c", "c": "a"}
    moved = {k: other[str(feeder.customers.phase[k])] for k in (0, 3, 7)}
    found = identified(feeder, moved)
    new = write_phase_version(source, feeder, found, tmp_path / "new")
    made = gp.read_feeder(new)
    expected = found.applied_to(feeder)
    np.testing.assert_array_equal(made.customers.phase, expected.customers.phase)
    np.testing.assert_allclose(made.customers.p_share, expected.customers.p_share)
    np.testing.assert_allclose(made.customers.q_share, expected.customers.q_share)
    np.testing.assert_allclose(made.customers.phase_confidence, found.confidence, atol=5e-4)
    np.testing.assert_array_equal(made.customers.unit_names, feeder.customers.unit_names)
    np.testing.assert_allclose(made.lines.z_ohm, feeder.lines.z_ohm)
    again = replace(found, recorded=found.found)
    with pytest.raises(InputError, match="no version is ever written over another"):
        write_phase_version(new, made, again, new)


def test_the_readme_goes_along(tmp_path: Path) -> None:
    feeder = gp.read_feeder(HONGJIAWAN)
    new = write_phase_version(HONGJIAWAN, feeder, identified(feeder, {}), tmp_path / "new")
    text = (new / "README.md").read_text(encoding="utf-8")
    assert text.startswith((HONGJIAWAN / "README.md").read_text(encoding="utf-8").rstrip())
    assert "0 of 30 customers changed phase" in text
