"""The page in both languages: its figures hold the plan's numbers, its parts are what they say."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gridplan.plan import Plan
from gridplan.report.figures import Pictures
from gridplan.report.html import report_html
from gridplan.report.minute import minute_rows, verdict_words
from gridplan.report.series import day_hours
from gridplan.report.tradeoffs import moves_curve
from gridplan.report.words import Words

SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)


@pytest.fixture(scope="module", params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def page(plan: Plan, language: str) -> str:
    return report_html(plan, language=language)


@pytest.fixture(scope="module")
def plots(page: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(SCRIPT.findall(page)[0])["figures"]
    return data


def test_the_page_says_its_language(page: str, language: str) -> None:
    assert f'<html lang="{Words(language)("html_lang")}">' in page
    assert Words(language)("minute") in page
    assert Words({"en": "zh", "zh": "en"}[language])("minute") not in page


def test_headings_go_down_step_by_step(page: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_of_the_contents_has_its_heading(page: str) -> None:
    bare = SCRIPT.sub("", page)
    anchors = re.findall(r'<li><a href="#([^"]+)"', bare)
    assert len(anchors) > 8
    assert set(anchors) == set(re.findall(r'<h2 id="([^"]+)"', bare)) - {"minute"}


def test_every_table_has_a_caption_and_every_box_a_name(page: str) -> None:
    assert page.count("<table>") == page.count("<caption>")
    assert all('aria-label="' in box for box in re.findall(r'<div class="(?:box|plot)[^>]*>', page))


def test_only_the_two_scripts_of_the_page_may_run(page: str) -> None:
    allowed = set(re.findall(r"'sha256-([^']+)'", page))
    plotly, own = (page.rsplit(start, maxsplit=1)[-1].split("</script>", maxsplit=1)[0]
                   for start in ('id="plotly-source">', "<script>"))  # fmt: skip
    digests = {
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (plotly, own)
    }
    assert allowed == digests
    assert "unsafe-eval" not in page.split("<style>", maxsplit=1)[0]


def test_plotly_is_there_once_and_only_where_it_is_used(plan: Plan, page: str) -> None:
    assert page.count("Copyright 2012-2026, Plotly") == 1
    printed = report_html(plan, interactive=False)
    assert "Plotly" not in printed
    assert "script-src 'none'" in printed
    assert len(printed) < 600_000
    assert len(re.findall(r'<svg[^>]* role="img"', printed)) == 10


def test_curves_are_the_quantiles_of_the_sweep(plan: Plan, plots: dict[str, Any]) -> None:
    sweep = plan.before.sweep
    medians = [trace for trace in plots["plot-loading1"]["data"] if trace["line"]["width"] == 1]
    rated_a = plan.feeder.area_transformer.rated_a
    worst = 100 * sweep.i_phase_a[1].max(axis=-1) / rated_a
    expected = np.sort(worst, axis=0)[1]  # the second of four draws
    assert medians[0]["y"] == pytest.approx(expected, abs=0.06)
    assert medians[1]["y"] == pytest.approx(0.7 * expected, abs=0.06)
    assert medians[0]["x0"] == "2027-02-05 00:00"
    assert medians[0]["dx"] == 15 * 60 * 1000


def test_the_heat_map_is_each_hours_highest_load(plan: Plan) -> None:
    grid = day_hours(plan, 1)
    assert grid is not None
    sweep, rated_a = plan.before.sweep, plan.feeder.area_transformer.rated_a
    worst = 100 * sweep.i_phase_a[1].max(axis=-1) / rated_a
    assert grid.states[0].shape == (2, 24)
    # the 95th percentile of four draws is the highest of them
    assert grid.states[0][1, 19] == pytest.approx(worst[:, 96 + 76 : 96 + 80].max())
    assert grid.heaviest.startswith("2027-02-0")


def test_figures_hold_no_number_that_json_does_not_know(plan: Plan) -> None:
    """Cases without a solution lie above the axis, which ends where numbers do."""
    pictures = Pictures(plan, Words("en")).all()
    assert len(pictures) > 5
    for picture in pictures:
        assert json.loads(json.dumps(picture.plot, allow_nan=False)) == picture.plot


def test_the_minute_says_what_the_recommended_option_takes(plan: Plan, language: str) -> None:
    rows = minute_rows(plan, Words(language))
    first, second = rows
    assert first["cost"] == "760"
    assert first["crew_h"] == "1.2"
    assert first["order_by"] == "2027-01-25"
    assert "2027-02-22" in first["back"]
    assert "100 %" in first["cost_note"]
    assert first["remains"] == Words(language)("remains_none")
    assert second["cost"] == "–", "nothing is recommended there"


def test_what_remains_is_named_with_its_probability(plan: Plan) -> None:
    choices = tuple(replace(one, label=plan.measures.results[1].label)
                    for one in plan.measures.choices)  # fmt: skip
    measures = replace(plan.measures, choices=choices)
    row = minute_rows(replace(plan, measures=measures), Words("en"))[1]
    assert row["remains"] == "1 to act on"
    assert row["remains_note"] == "Phase overload (worst phase current) 20 %"


def test_the_verdict_is_said_in_the_language(plan: Plan) -> None:
    assert verdict_words(plan, Words("zh")).endswith("；寒潮：无需处理")


def test_moves_against_what_they_buy_are_drawn(plan: Plan) -> None:
    curve = moves_curve(plan)
    assert curve is not None
    pareto = plan.proposal.pareto
    picture = Pictures(plan, Words("en")).all()[-1]
    assert picture.section == "pareto"
    assert picture.plot is not None
    line, knee = picture.plot["data"]
    assert line["y"] == pareto.value.tolist()
    assert knee["x"] == [curve.moves[pareto.knee]]
    assert f"the knee is at {curve.moves[pareto.knee]} moves" in picture.alt
