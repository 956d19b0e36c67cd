"""Matplotlib figures as SVG that can stand inside a page, and as PNG."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.text import Text

from gridplan.report.fonts import families, warn_without_chinese

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Phases a, b, c: yellow, green, red are their colours in the field in China; these shades keep a
#: contrast of at least 3:1 on white and differ in luminance, so that no colour is alone in carrying
#: the meaning (markers and letters differ, too).
PHASE_COLOURS = ("#c98a00", "#00806a", "#c4234e")
#: Dashes of phases a, b, c, for paper without colour.
PHASE_DASHES = ("-", "--", "-.")
#: From no load to far too much: darker is more, on grey paper too.
HEAT_COLOURS = ("#f7f4ea", "#f2d98c", "#e59a4a", "#bb4434", "#4a1245")
THREE_PHASE_COLOUR = "#5b6470"
NEUTRAL_COLOUR = "#3b6fb6"
BAND_COLOUR = "#2f6fa3"
INK, MUTED, GRID, OVERLOAD_COLOUR = "#1c2733", "#6b7683", "#dfe4ea", "#7b1fa2"

#: Fonts for latin and Chinese text on the usual systems, in CSS; the page uses the same list.
FONT_STACK = (
    "'Segoe UI', 'Helvetica Neue', Arial, 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', 'Noto Serif CJK SC', 'DejaVu Sans', sans-serif"
)

#: How matplotlib names the fonts of a text in SVG.
_FONTS = re.compile(r"'DejaVu Sans'(?:, '[^']*')*|DejaVu Sans(?=;)")

_PATHS = re.compile(r'\bd="[^"]*"')
_LONG = re.compile(r"(\.\d\d)\d+")

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: the reader's system has the glyphs
    "svg.hashsalt": "gridplan",  # same figure, same bytes
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.usetex": False,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "path.simplify_threshold": 0.3,
}


@contextmanager
def drawing_style() -> Iterator[None]:
    """Style for making and saving a figure, without touching the caller's matplotlib settings.

    Chinese is measured with a font of this machine where it has one. On a page it is drawn by the
    reader's own fonts, so matplotlib's warning about missing glyphs does not apply;
    ``save_figure`` says what to do where a picture file would have boxes instead.
    """
    with mpl.rc_context({**_STYLE, "font.family": families()}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        yield


def inline_svg(figure: Figure, title: str, prefix: str) -> str:
    """The figure as an ``<svg>`` element; ids carry ``prefix`` to be unique in the page."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", text)
    text = _FONTS.sub(FONT_STACK, text)
    # hundredths of a point are finer than any printer
    text = _PATHS.sub(lambda path: _LONG.sub(r"\1", path.group()), text)
    head, body = text.split(">", 1)
    # the page scales figures by their width; the view box keeps the proportions
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{_escaped(title)}">{body}'


def save_figure(figure: Figure, kind: str) -> bytes:
    """The figure as a stand-alone ``svg``, ``pdf`` or ``png`` file.

    Warns with ``fonts.MissingFontWarning`` where a picture would show boxes for Chinese text.
    """
    if kind != "svg":
        warn_without_chinese("".join(text.get_text() for text in figure.findobj(Text)))
    stream = io.BytesIO()
    metadata = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None}}.get(kind)
    figure.savefig(stream, format=kind, dpi=160, metadata=metadata)
    data = stream.getvalue()
    if kind == "svg":
        data = _FONTS.sub(FONT_STACK, data.decode()).encode()
    return data


def _escaped(text: str) -> str:
    marks = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"))
    for mark, entity in marks:
        text = text.replace(mark, entity)
    return text
