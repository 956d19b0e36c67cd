"""The notebooks run as they stand, draw what they promise, and their text is true."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))


def check_real_meters(found: dict[str, Any]) -> None:
    """What 02 says of its own figures."""
    scores, year = found["spanish_crps"], found["year"]
    for size in found["SIZES"]:
        assert scores["gridplan"][size] < 0.6 * scores["day before"][size]
        assert scores["gridplan"][size] < 0.75 * scores["week before"][size]
        assert scores["gridplan"][size] < 0.85 * scores["mean of like days"][size]
    for label in ("one home", "feeder of farms"):
        best_other = min(year[name][label].mean() for name in year if name != "gridplan")
        assert year["gridplan"][label].mean() < 0.75 * best_other
    for season in ("winter", "summer"):
        quarter_hours = f"Electricity North West, {season}, quarter hours"
        assert found["factors"][quarter_hours].mean[4] < 0.5
    assert found["factors"]["Spanish homes, hours (measured)"].mean[4] < 0.5
    for (_, _, name), (draws, peaks) in found["left_out"].items():
        ratio = np.median(draws) / np.median(peaks)
        if name != "process, as studies have it":
            assert 0.9 < ratio < 1.15


def check_feeder(found: dict[str, Any]) -> None:
    """What 01 says of its own figures."""
    homes, lived_in = found["homes"], found["lived_in"]
    assert homes.sum(axis=1).tolist() == [11, 10, 7]
    assert (homes & lived_in).sum(axis=1).tolist() == [11, 8, 5]
    assert found["load_percent"][0] == pytest.approx(100, abs=1)
    assert found["load_percent"][2] < 50
    volts = found["volts"][-1]
    assert np.nanmax(found["volts"][:, 1:]) > volts[0], "light phases rise"
    assert found["first_low"] < 1 < found["first_over"] < found["last_factor"] < 3
    low, high = (found["stiffness"][f"{end} voltage [V]"] for end in ("lowest", "highest"))
    assert low[1] > low[0] + 3
    assert high[0] > high[1] + 1


def check_sweep(found: dict[str, Any]) -> None:
    """What 03 says of its own figures."""
    sweep = found["sweep"]
    assert sweep.n_case == 299_520
    assert sweep.max_residual_pu < 1e-6
    assert found["first_day"] + found["day"] == -1, "the Eve is the worst day"
    a, b, c = found["typical"]
    assert a > 100 > b > c
    assert {one.kind for one in found["acting"]} >= {"low_voltage", "phase_overload"}


def check_moves(found: dict[str, Any]) -> None:
    """What 04 says of its own figures."""
    proposal, pareto = found["proposal"], found["pareto"]
    units = {
        int(unit)
        for unit, phase in zip(
            found["feeder"].customers.unit, found["feeder"].customers.phase, strict=True
        )
        if len(phase) == 1
    }
    assert 3 ** len(units) == 387_420_489
    assert (np.diff(pareto.value) <= 1e-9).all()
    assert len(proposal.moves) == pareto.moves[pareto.knee]
    assert not found["worse"]
    assert proposal.after.objective < proposal.before.objective
    assert proposal.after.objective <= proposal.baseline.objective + 1e-9


def check_plan(found: dict[str, Any]) -> None:
    """What 05 says of its own figures."""
    plan, table = found["plan"], found["table"]
    assert len(table) >= 9, "at least eight measures beside doing nothing"
    accepted = plan.study.measures.accept_probability
    for choice in plan.measures.choices:
        if choice.label:
            option = plan.measures.result(choice.label)
            assert option.clears(choice.scenario)
            assert option.accept_probability == accepted == 0.05
    assert {"plan.json", "report.html", "moves.csv", "work-orders.xlsx"} <= set(found["files"])


CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "01_the_feeder": check_feeder,
    "02_forecast_on_real_meters": check_real_meters,
    "03_the_sweep": check_sweep,
    "04_the_moves": check_moves,
    "05_the_plan": check_plan,
}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_its_pictures_are_labelled(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = 0

    def show() -> None:
        nonlocal shown
        figure = plt.gcf()
        figure.canvas.draw()
        panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
        assert all(axes.get_xlabel() and axes.get_ylabel() for axes in panels)
        shown += 1
        plt.close(figure)

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(plt, "show", show)
    with mpl.rc_context({"backend": "agg"}):
        found = runpy.run_path(str(path))
    assert shown == path.read_text(encoding="utf-8").count("plt.show()") > 0
    assert capsys.readouterr().out
    if path.stem in CHECKS:
        CHECKS[path.stem](found)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_a_percent_script_that_begins_with_its_title(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# %% \[markdown\]\n# # \d\d ", text)
    cells = text.split("\n# %%")[1:]
    assert all(cell.startswith(("\n", " [markdown]\n")) for cell in cells)
    assert sum(cell.startswith(" [markdown]") for cell in cells) >= 3
