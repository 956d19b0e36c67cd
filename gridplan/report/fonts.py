"""A font with Chinese glyphs for matplotlib: found on the machine, or a hint what to install."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from pathlib import Path

#: Families with Chinese glyphs on the usual systems, the most even ones first.
CHINESE_FAMILIES = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei",
    "PingFang SC", "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei",
    "Noto Sans CJK JP", "Noto Serif CJK SC", "Noto Serif CJK JP", "SimSun", "Droid Sans Fallback",
)  # fmt: skip

#: What the files of such fonts are called.
_FILES = re.compile(r"cjk|sourcehan|msyh|pingfang|hiragino|wqy|simhei|simsun|droidsansfallback")

FONT_HINT = (
    "no font with Chinese glyphs was found, so Chinese text in pictures shows as boxes: install "
    "one (Debian, Ubuntu: apt-get install fonts-noto-cjk; Windows and macOS bring one), or draw "
    "with language 'en'"
)


class MissingFontWarning(UserWarning):
    """A picture has Chinese text, and the machine has no font for it."""


@lru_cache(maxsize=1)
def chinese_font() -> str | None:
    """The first family of ``CHINESE_FAMILIES`` on this machine; None without any.

    Matplotlib keeps a list of fonts from its first run; fonts installed since are looked for, too.
    """
    from matplotlib import font_manager

    manager = font_manager.fontManager
    if not {font.name for font in manager.ttflist}.intersection(CHINESE_FAMILIES):
        for path in font_manager.findSystemFonts():
            if _FILES.search(Path(path).name.lower()):
                manager.addfont(path)
    known = {font.name for font in manager.ttflist}
    return next((name for name in CHINESE_FAMILIES if name in known), None)


def families() -> list[str]:
    """Fonts of a picture in their order: glyphs that the first lacks come from the second."""
    found = chinese_font()
    return ["DejaVu Sans"] if found is None else ["DejaVu Sans", found]


def warn_without_chinese(text: str) -> None:
    """Warn once when a text has Chinese characters and no font has their glyphs."""
    if chinese_font() is None and any("\u4e00" <= sign <= "\u9fff" for sign in text):
        warnings.warn(FONT_HINT, MissingFontWarning, stacklevel=3)
