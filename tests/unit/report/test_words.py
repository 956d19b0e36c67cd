"""The table of texts: complete, both languages fill the same places."""

from __future__ import annotations

import csv
import re
import string
from pathlib import Path

import pytest

from gridplan.report.words import LANGUAGES, Words, locale_rows

REPORT = Path(__file__).parents[3] / "gridplan" / "report"
ROWS = list(csv.DictReader((REPORT / "locale" / "words.csv").read_text("utf-8").splitlines()))


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_names_are_unique_and_no_text_is_empty() -> None:
    names = [row["name"] for row in ROWS]
    assert len(set(names)) == len(names)
    assert all(row[language].strip() for row in ROWS for language in LANGUAGES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_both_languages_fill_the_same_places(row: dict[str, str]) -> None:
    assert places(row["zh"]) == places(row["en"])


def test_chinese_is_chinese_and_english_is_not() -> None:
    same = {row["name"] for row in ROWS if row["zh"] == row["en"]} | {"share_of"}
    assert same == {"phase_a", "phase_b", "phase_c", "phase_n", "share_of"}
    han = re.compile("[\u4e00-\u9fff]")
    assert not [row["name"] for row in ROWS if han.search(row["en"])]
    assert not [r["name"] for r in ROWS if not han.search(r["zh"]) and r["name"] not in same]


def test_every_name_that_is_written_out_exists_and_none_is_idle() -> None:
    known = {row["name"] for row in ROWS}
    source = "\n".join(
        path.read_text("utf-8") for path in (*REPORT.glob("*.py"), *REPORT.glob("templates/*"))
    )
    called = set(re.findall(r"words\(\s*['\"](\w+)['\"]", source))
    called |= set(re.findall(r"section\(\"(\w+)\"\)", source))
    called -= {row["name"] for row in locale_rows("report.csv")}
    assert called <= known, sorted(called - known)
    made = re.compile(r"(kind|team|item|unit|list|customer|state|step|sign|phase|report)_\w+")
    quoted = set(re.findall(r"['\"](\w+)['\"]", source)) | {"issues", "orders"}
    idle = {name for name in known - quoted if not made.fullmatch(name)}
    assert not idle, sorted(idle)


def test_words_of_one_language() -> None:
    english, chinese = Words("en"), Words("zh")
    assert english("outage_of", circuit="F1", minutes=90) == "F1: about 90 min"
    assert chinese("outage_of", circuit="F1", minutes=90) == "F1：约 90 分钟"
    assert len(english.group("step")) == len(chinese.group("step")) == 10
    assert english.group("nothing") == ()
    assert "station" in english
    assert "no such" not in english


def test_what_is_missing_is_an_error() -> None:
    with pytest.raises(ValueError, match="zh, en"):
        Words("fr")
    with pytest.raises(KeyError):
        Words("en")("no such text")
    with pytest.raises(KeyError):
        Words("en")("outage_of", circuit="F1")
