"""The report as a PDF, and fonts with Chinese glyphs."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable
from typing import Any

import matplotlib.font_manager as fonts_of_matplotlib
import pytest
from matplotlib.figure import Figure

from gridplan.errors import InputError
from gridplan.plan import Plan
from gridplan.report import fonts
from gridplan.report.pdf import report_pdf, weasyprint_here
from gridplan.report.svg import drawing_style, save_figure


def test_the_report_as_pdf(plan: Plan) -> None:
    try:
        weasyprint_here()
    except InputError as error:
        pytest.skip(str(error))
    made = report_pdf(plan, language="zh")
    assert made.startswith(b"%PDF")
    assert len(made) > 50_000


def test_without_weasyprint_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    real: Callable[..., Any] = builtins.__import__

    def missing(name: str, *rest: Any, **named: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'\nand more")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match=r"gridplan\[pdf\].*print it from the browser"):
        report_pdf(plan)


def test_a_missing_font_is_a_hint_and_only_for_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "chinese_font", lambda: None)
    figure = Figure()
    figure.suptitle("台区")
    with drawing_style(), pytest.warns(fonts.MissingFontWarning, match="fonts-noto-cjk"):
        save_figure(figure, "png")
    figure.suptitle("area")
    with drawing_style(), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert save_figure(figure, "png").startswith(b"\x89PNG")
        assert save_figure(figure, "pdf").startswith(b"%PDF")


def test_fonts_installed_since_matplotlibs_first_run_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if fonts.chinese_font() is None:
        pytest.skip("no font with Chinese glyphs on this machine")
    latin = [
        font
        for font in fonts_of_matplotlib.fontManager.ttflist
        if font.name not in fonts.CHINESE_FAMILIES
    ]
    monkeypatch.setattr(fonts_of_matplotlib.fontManager, "ttflist", latin)
    fonts.chinese_font.cache_clear()
    assert fonts.chinese_font() in fonts.CHINESE_FAMILIES
    fonts.chinese_font.cache_clear()
