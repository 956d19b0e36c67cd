"""Texts of what people read, in Chinese and English: ``locale/words.csv`` and ``report.csv``.

A text may hold places to fill, as ``{minutes}``. Both languages fill the same ones (tested).
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources
from typing import Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[str, ...] = get_args(Language)


class Words:
    """The texts of one language, by their short names.

    >>> Words("en")("phase_a")
    'A'
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"{language!r} is no language of gridplan: {', '.join(LANGUAGES)}")
        self.language = language
        self._texts = _table()

    def __call__(self, name: str, **values: object) -> str:
        """The text of that name; ``KeyError`` when there is none or a value is missing."""
        return self._texts[name][self.language].format(**values)

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def group(self, prefix: str) -> tuple[str, ...]:
        """All texts whose name is the prefix and a number, in their order."""
        found: list[str] = []
        while (name := f"{prefix}_{len(found) + 1}") in self:
            found.append(self(name))
        return tuple(found)


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    """Texts by name: those of work orders and lists, and those of the report."""
    return {
        row["name"]: {language: row[language] for language in LANGUAGES}
        for file in ("words.csv", "report.csv")
        for row in locale_rows(file)
    }


def locale_rows(file: str) -> list[dict[str, str]]:
    """The rows of a table in ``locale/``."""
    source = resources.files("gridplan.report").joinpath("locale", file)
    return list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
