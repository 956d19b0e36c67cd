"""What other rooms say in English sentences, said in the language of the page.

Labels, reasons and notes are made where they are known, in English. ``locale/phrases.csv`` holds
each form with its places, as ``{n} moves``, and the same in Chinese. A text that no form fits is
shown as it is: a name, or a sentence that has no translation yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from gridplan.report.words import Words, locale_rows

#: What joins the parts of a label or a list, in English and in Chinese.
_JOINTS = ((" + ", " + "), ("; ", "；"))
_PLACE = re.compile(r"\\\{(\w+)\\\}")
#: Places that hold a whole label or sentence; the others hold no joint.
_WHOLE = ("label", "question", "scenarios", "standing", "takes")


@dataclass(frozen=True, slots=True)
class Form:
    """One sentence with places: how it is found, and how it is said in Chinese."""

    pattern: re.Pattern[str]
    chinese: str


def said(text: str, words: Words) -> str:
    """``text`` of another room in the language of ``words``; itself where no form fits."""
    if words.language == "en":
        return text
    return _chinese(text)


def untranslated(text: str) -> bool:
    """Whether no form fits a text, or one of the parts that it is joined of."""
    return bool(re.search(r"[A-Za-z]{2} [a-z]{2}", _chinese(text)))


@lru_cache(maxsize=4096)
def _chinese(text: str) -> str:
    for form in _forms():
        if match := form.pattern.fullmatch(text):
            places = {name: _chinese(value) for name, value in match.groupdict().items()}
            return form.chinese.format(**places)
    for joint, chinese in _JOINTS:
        if joint in text:
            return chinese.join(_chinese(part) for part in text.split(joint))
    return text


@lru_cache(maxsize=1)
def _forms() -> tuple[Form, ...]:
    """All forms, those with the most fixed text first: the most telling one is tried first."""
    rows = locale_rows("phrases.csv")
    rows.sort(key=lambda row: -len(re.sub(r"\{\w+\}", "", row["en"])))
    return tuple(
        Form(re.compile(_PLACE.sub(_place, re.escape(row["en"]))), row["zh"]) for row in rows
    )


def _place(match: re.Match[str]) -> str:
    """The pattern of a place."""
    name = match.group(1)
    return f"(?P<{name}>.+?)" if name in _WHOLE else rf"(?P<{name}>(?:(?!; | \+ ).)+?)"
