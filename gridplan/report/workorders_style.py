"""Cell styles, phases in their colours, and a pen that writes a printable sheet downwards."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridplan.report.words import Words

#: Fill and letter of the phases: yellow, green, red as conductors are marked in China. The letter
#: stands in each cell, so that nothing is lost in black and white.
PHASE_FILLS = {
    "a": ("#FFE600", "#000000"),
    "b": ("#00A650", "#FFFFFF"),
    "c": ("#E60012", "#FFFFFF"),
}

#: Widths of the ten columns of a sheet [characters]; together the width of an A4 page.
WIDTHS = (6, 10, 11, 10, 17, 7, 7, 9, 9, 9)
_LAST = len(WIDTHS) - 1
_LINE_POINTS = 15.0  #: height of a line of text
_SMALL = 0.8  #: width of small letters over that of others
_PROSE = 1.1  #: letters of running text per character of width: it has few wide ones
#: Points that a page of this width holds; what is little longer is shrunk to one page.
_PAGE_POINTS, _SHRINK = 860.0, 1.25
_PAPER_A4 = 9

_BORDER = {"border": 1, "valign": "vcenter", "text_wrap": True}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16},
    "subtitle": {"font_size": 11, "text_wrap": True, "valign": "top"},
    "section": {"bold": True, "font_size": 12, "bottom": 2},
    "text": {"text_wrap": True, "valign": "top"},
    "small": {"text_wrap": True, "valign": "top", "font_size": 9, "font_color": "#444444"},
    "warning": {"text_wrap": True, "valign": "top", "bold": True, "font_color": "#B00000"},
    "head": {**_BORDER, "bold": True, "bg_color": "#E8E8E8"},
    "cell": _BORDER,
    "blank": {**_BORDER, "bg_color": "#FFFFFF"},
    "label": {**_BORDER, "bg_color": "#F4F4F4"},
}


@dataclass(slots=True)
class Styles:
    """Formats of one workbook, made once each."""

    book: Any
    made: dict[str, Any] = field(default_factory=dict)

    def __call__(self, name: str) -> Any:
        """The format of that name; "phase_a" and so on are filled."""
        if name not in self.made:
            if name.startswith("phase_"):
                fill, letter = PHASE_FILLS[name[-1]]
                colours = {"bg_color": fill, "font_color": letter, "bold": True, "align": "center"}
                self.made[name] = self.book.add_format({**_BORDER, **colours})
            else:
                self.made[name] = self.book.add_format(_STYLES[name])
        return self.made[name]


@dataclass(slots=True)
class Pen:
    """Writes one sheet downwards; every text stays text, whatever it begins with."""

    sheet: Any
    styles: Styles
    words: Words
    row: int = 0
    points: float = 0.0

    @classmethod
    def on(cls, book: Any, styles: Styles, words: Words, name: str, footer: str) -> Pen:
        """A new A4 sheet, as many pages high as it needs."""
        sheet = book.add_worksheet(name)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        sheet.set_paper(_PAPER_A4)
        sheet.set_portrait()
        sheet.set_margins(left=0.5, right=0.5, top=0.5, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{footer.replace('&', '&&')}&R&P / &N")
        sheet.hide_gridlines(2)
        return cls(sheet=sheet, styles=styles, words=words)

    def line(self, text: str, style: str = "text", *, height: float | None = None) -> None:
        """One text over the whole width, as high as it needs."""
        self.span(text, style, 0, _LAST)
        letters = shown_width(text) * (_SMALL if style == "small" else 1.0)
        lines = math.ceil(letters / (_PROSE * sum(WIDTHS))) or 1
        points = {"title": 24.0, "section": 20.0}.get(style, _LINE_POINTS * lines)
        self._end_row(points if height is None else height)

    def _end_row(self, points: float) -> None:
        """Give this row its height [pt] and go to the next."""
        self.sheet.set_row(self.row, points)
        self.row += 1
        self.points += points

    def fit(self) -> None:
        """Print on one page what is hardly longer than one."""
        if self.points <= _PAGE_POINTS * _SHRINK:
            self.sheet.fit_to_pages(1, 1)

    def span(self, text: str, style: str, first: int, last: int) -> None:
        """One text over some columns of this row."""
        made = self.styles(style)
        if first == last:
            self.sheet.write_string(self.row, first, text, made)
        else:
            self.sheet.merge_range(self.row, first, self.row, last, "", made)
            self.sheet.write_string(self.row, first, text, made)

    def section(self, name: str) -> None:
        """A heading with room above."""
        self._end_row(_LINE_POINTS * 0.6)
        self.line(self.words(name), "section")

    def cells(
        self, spans: Sequence[tuple[str, int, int, str]], *, height: float = _LINE_POINTS
    ) -> None:
        """One row of (text, first column, last column, style)."""
        lines = 1
        for text, first, last, style in spans:
            self.span(text, style, first, last)
            width = sum(WIDTHS[first : last + 1])
            lines = max(lines, math.ceil(shown_width(text) / width))
        self._end_row(max(height, _LINE_POINTS * lines + 2))

    def phase(self, column: int, phases: str) -> None:
        """Phases in a cell: filled when it is one, else letters only."""
        letters = phases.upper()
        style = f"phase_{phases}" if phases in PHASE_FILLS else "cell"
        self.sheet.write_string(self.row, column, letters, self.styles(style))


def shown_width(text: str) -> int:
    """Width of a text in characters of the Latin kind; Chinese ones count twice."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
