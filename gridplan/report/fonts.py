"""A font with Chinese characters for pictures that matplotlib draws."""

from __future__ import annotations

#: Families with simplified Chinese, by system: Debian, Windows, macOS.
CHINESE_FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Heiti SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans SC",
)
FONT_HINT = (
    "Chinese in pictures needs a font such as Noto Sans CJK SC (Debian: apt install "
    "fonts-noto-cjk); Windows and macOS bring one"
)


def chinese_font() -> str | None:
    """Family of an installed font with simplified Chinese; None where there is none."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return next((family for family in CHINESE_FAMILIES if family in installed), None)
