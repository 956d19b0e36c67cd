"""Texts of the report: in both languages, with the same places, none missing, none left over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gridplan
from gridplan.assessment.findings import Kind
from gridplan.report.phrases import said, untranslated
from gridplan.report.tables import CONDITIONS, HEADLINES
from gridplan.report.words import LANGUAGES, Words, locale_rows

REPORT = Path(gridplan.__file__).parent / "report"
PLACE = re.compile(r"\{(\w+)\}")
TABLES = ("words.csv", "report.csv")
#: Names that are put together where they are used.
MADE_UP = {
    *(f"rule_{kind.value}" for kind in Kind),
    *(f"headline_{name}" for name, _ in HEADLINES),
    *(f"condition_{name}" for name in CONDITIONS),
    *(f"field_step_{step}" for step in range(1, 5)),
    *(f"severity_{name}" for name in ("error", "warning", "note")),
    *(f"mark_{look}" for look in ("option", "dominated", "recommended")),
}


def used_names() -> set[str]:
    """Every quoted name in the code and the templates of the report."""
    files = [*REPORT.rglob("*.py"), *REPORT.rglob("*.j2")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return set(re.findall(r"""["']([a-z][a-z0-9_]*)["']""", text)) | MADE_UP


def test_no_name_stands_in_two_tables_or_twice() -> None:
    names = [row["name"] for table in TABLES for row in locale_rows(table)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("table", TABLES)
def test_every_text_is_there_in_both_languages_with_the_same_places(table: str) -> None:
    for row in locale_rows(table):
        assert all(row[language].strip() for language in LANGUAGES), row["name"]
        assert set(PLACE.findall(row["zh"])) == set(PLACE.findall(row["en"])), row["name"]


def test_every_text_of_the_report_is_used() -> None:
    left_over = {row["name"] for row in locale_rows("report.csv")} - used_names()
    assert not left_over, f"texts that nothing shows: {sorted(left_over)}"


def test_every_name_that_is_asked_for_is_there() -> None:
    known = {row["name"] for table in TABLES for row in locale_rows(table)}
    text = "\n".join(path.read_text(encoding="utf-8") for path in REPORT.rglob("*.j2"))
    asked = set(re.findall(r"""\bw\(['"](\w+)['"]""", text)) | MADE_UP
    assert len(asked) > 100
    assert asked <= known, f"texts that are not there: {sorted(asked - known)}"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'de' is no language"):
        Words("de")


def test_forms_have_the_same_places_and_stand_once() -> None:
    rows = locale_rows("phrases.csv")
    for row in rows:
        assert row["zh"].strip(), row["en"]
        assert set(PLACE.findall(row["zh"])) <= set(PLACE.findall(row["en"])), row["en"]
    assert len({row["en"] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("4 moves", "4 处调相"),
        ("4 moves + tap from 0 to -1 (+5.3 %)", "4 处调相 + 分接头由 0 调至 -1（+5.3 %）"),
        ("63 kVA transformer by rotation", "轮换 63 kVA 变压器"),
        ("63 kVA transformer", "换 63 kVA 变压器"),
        ("200 m of JKLYJ-1kV 4x50 on F1", "F1 换 JKLYJ-1kV 4x50 导线 200 米"),
        (
            "F1-P01 to F1-P05 (5 sections, now 3x25+1x16): about 3.9 V at the peak",
            "F1-P01 至 F1-P05（5 段，现为 3x25+1x16）：高峰时约提高 3.9 V",
        ),
        ("no re-phasing can help in full_house (short by 3.2 kVA)",
         "以下情景仅靠调相无法解决：满员（缺 3.2 kVA）"),
        ("high voltage on F1 at light load: 250 V in 20 % of the draws",
         "轻载时 F1 电压偏高：250 V（20 % 的抽样）"),
        ("杆1", "杆1"),
    ],
)  # fmt: skip
def test_forms_are_said_in_chinese(english: str, chinese: str) -> None:
    assert said(english, Words("zh")) == chinese
    assert said(english, Words("en")) == english
    assert not untranslated(english)


def test_what_no_form_fits_stays_and_is_known_to() -> None:
    text = "a sentence that nobody has translated"
    assert said(text, Words("zh")) == text
    assert untranslated(text)
