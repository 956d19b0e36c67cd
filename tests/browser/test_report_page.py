"""The report in a real browser: offline, without an error, on a screen, a phone and paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gridplan.plan import Plan
from gridplan.report.html import report_html
from gridplan.report.phrases import untranslated
from gridplan.report.profile import voltage_profile

WIDTHS_PX = (1280, 390)
#: Characters of the page that its fonts draw as they draw one that no font has.
MISSING_GLYPHS = """() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 48;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.font = "28px " + getComputedStyle(document.body).fontFamily;
  const drawn = (sign) => {
    pen.clearRect(0, 0, 48, 48);
    pen.fillText(sign, 4, 36);
    return pen.getImageData(0, 0, 48, 48).data.join();
  };
  const none = new Set(["\\u{10FFFE}", "\\uFFFE", "\\u{E0FF0}"].map(drawn));
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const signs = new Set();
  while (walk.nextNode()) {
    if (walk.currentNode.parentElement.closest("script, style")) { continue; }
    for (const sign of walk.currentNode.data) { if (sign.trim()) { signs.add(sign); } }
  }
  return { shown: signs.size, missing: [...signs].filter((sign) => none.has(drawn(sign))) };
}"""


@dataclass
class Visit:
    """A page opened, and what happened: requests, messages of the console, errors."""

    page: Any
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Any:
    """Open a page from a file, offline, and scroll through it so that every figure is drawn."""
    contexts = []

    def go(html: str, width_px: int, **options: Any) -> Visit:
        file = tmp_path / "report.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width_px, "height": 900}, offline=True, **options
        )
        contexts.append(context)
        seen = Visit(context.new_page())
        seen.page.on("request", lambda one: seen.requests.append(one.url))
        seen.page.on("console", lambda one: seen.messages.append(one.text))
        seen.page.on("pageerror", lambda one: seen.messages.append(str(one)))
        seen.page.goto(file.as_uri())
        for plot in seen.page.query_selector_all("figure:has(.plot)"):
            plot.scroll_into_view_if_needed()
            if options.get("java_script_enabled", True):
                plot.wait_for_selector(".plot .main-svg")
        return seen

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="session", params=["en", "zh"])
def page_of(request: pytest.FixtureRequest, village_plan: Plan) -> tuple[str, str]:
    """Language and page."""
    return request.param, report_html(village_plan, language=request.param)


def test_the_page_in_a_browser(page_of: tuple[str, str], visit: Callable[..., Visit]) -> None:
    language, html = page_of
    for width_px in WIDTHS_PX:
        seen = visit(html, width_px)
        page = seen.page
        where = f"{language}, {width_px} px"
        assert seen.messages == [], where
        assert [url for url in seen.requests if not url.startswith(("data:", "blob:"))] == [
            page.url
        ], f"{where}: nothing is asked of any server"
        assert page.evaluate("document.documentElement.scrollWidth") <= width_px, where
        assert page.evaluate("document.querySelectorAll('.plot').length") >= 8, where
        assert page.locator("figure.drawn").count() == page.locator(".plot").count(), where
        heights = page.evaluate(
            "[...document.querySelectorAll('.plot')].map((one) => "
            "one.clientHeight - one.querySelector('.svg-container').clientHeight)"
        )
        assert min(heights) >= 0, f"{where}: no figure lies over the next one"
        glyphs = page.evaluate(MISSING_GLYPHS)
        assert glyphs["shown"] > 60, where
        assert glyphs["missing"] == [], where


def test_the_page_is_accessible(page_of: tuple[str, str], visit: Callable[..., Visit]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    language, html = page_of
    for width_px in WIDTHS_PX:
        found = Axe().run(visit(html, width_px).page).response
        assert len(found["passes"]) > 20, "axe looked at the page"
        grave = [
            f"{language}, {width_px} px: {rule['id']} ({rule['impact']}): {rule['help']}: "
            f"{[node['html'][:120] for node in rule['nodes'][:3]]}"
            for rule in found["violations"]
            if rule["impact"] in ("serious", "critical")
        ]
        assert not grave, "\n".join(grave)


def test_the_page_on_paper(page_of: tuple[str, str], visit: Callable[..., Visit]) -> None:
    _, html = page_of
    page = visit(html, 1280).page
    page.emulate_media(media="print")
    shown = "(name) => [...document.querySelectorAll(name)].every((one) => one.checkVisibility())"
    assert page.evaluate(shown, ".twin svg"), "paper has the printed figures"
    assert not page.evaluate(
        "[...document.querySelectorAll('.plot')].some((one) => one.checkVisibility())"
    )
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    boxes = re.findall(rb"/MediaBox ?\[([\d. ]+)\]", printed)
    sizes = {tuple(round(float(one)) for one in box.split()[2:]) for box in boxes}
    assert sizes == {(595, 842), (842, 595)}, "A4 [pt], across for the wide tables"
    assert 6 <= len(boxes) <= 40


def test_without_scripts_every_figure_is_there(
    page_of: tuple[str, str], visit: Callable[..., Visit]
) -> None:
    _, html = page_of
    page = visit(html, 1280, java_script_enabled=False).page
    assert page.locator(".twin svg[role=img]:visible").count() == page.locator("figure").count() > 8
    assert page.locator("figure.drawn").count() == 0


def test_the_profile_is_the_case_of_the_sweep(village_plan: Plan) -> None:
    """The lowest voltage of its case, solved again for all nodes, is the sweep's own."""
    profile = voltage_profile(village_plan)
    assert profile is not None
    for outcome, lowest_v in zip(
        (village_plan.before, village_plan.after), profile.lowest_v, strict=True
    ):
        sweep = outcome.sweep
        row = sweep.scenarios.index(profile.scenario)
        step = list(sweep.times.astype(str)).index(profile.time.replace(" ", "T"))
        assert np.abs(sweep.v_min_v[row, :, step] - lowest_v).min() < 0.5
    assert profile.ends_m.min() == 0
    assert 300 < profile.ends_m.max() < 600


def test_what_other_rooms_say_is_said_in_chinese(village_plan: Plan) -> None:
    said = [choice.reason for choice in village_plan.measures.choices]
    said += [verdict.sentence for verdict in village_plan.verdicts]
    said += [village_plan.proposal.certificate.sentence]
    said += [village_plan.proposal.between, village_plan.proposal.note]
    said += village_plan.before.findings.not_assessed
    for item in village_plan.measures:
        said += [
            item.label,
            item.open_question,
            *(part.detail for part in item.parts),
            *(item.year_round or ()),
        ]
    assert len(village_plan.measures) > 10
    assert [text for text in said if untranslated(text)] == []
