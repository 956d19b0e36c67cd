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


CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "02_forecast_on_real_meters": check_real_meters
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
        assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)
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
