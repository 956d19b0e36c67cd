"""The daily and weekly page, and waived findings in the report."""

from __future__ import annotations

import datetime as dt
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gridplan.assessment.waivers import Waiver
from gridplan.plan import Plan
from gridplan.records.orders_item import Event, Item
from gridplan.records.orders_states import Step
from gridplan.records.orders_statistics import statistics
from gridplan.report.orders import orders_html
from gridplan.report.tables import finding_rows

ZONE = ZoneInfo("Asia/Shanghai")
EVIL = "<script>alert(1)</script>"


def item(number: int, *steps: tuple[Step, int], station: str = "Tucheng") -> Item:
    events = tuple(
        Event(
            version=version,
            step=step,
            at=dt.datetime(2027, 1, day, 9, tzinfo=ZONE),
            recorded=dt.datetime(2027, 1, day, 9, tzinfo=ZONE),
            author="7",
            detail={"station": station, "due": "2027-01-27"} if version == 1 else {},
        )
        for version, (step, day) in enumerate(steps, start=1)
    )
    return Item(
        number=number, kind="issue", feeder="village", plan="p", key="k", title=EVIL, detail={},
        events=events,
    )  # fmt: skip


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data.strip()


@pytest.mark.parametrize(
    ("language", "title", "total"),
    [
        ("en", "Weekly report, 2027-01-25 to 2027-01-31", "total"),
        ("zh", "周汇报 2027-01-25 至 2027-01-31", "合计"),
    ],
)
def test_the_page_says_what_the_statistics_say(language: str, title: str, total: str) -> None:
    closed = ((Step.CREATED, 20), (Step.ASSIGNED, 21), (Step.STARTED, 22), (Step.CONFIRMED, 23))
    items = [item(1, *closed, (Step.CLOSED, 28)), item(2, (Step.CREATED, 26), station="Hua")]
    found = statistics(items, dt.date(2027, 1, 25), dt.date(2027, 1, 31), ZONE)
    page = orders_html(found, language)
    assert title in page
    cells = Cells()
    cells.feed(page)
    rows = {row[0]: row[1:] for row in cells.rows if len(row) == 12}
    assert rows["Tucheng"] == ["0", "1", "0", "1", "1", "0", "0", "0", "0", "100", "8"]
    assert rows["Hua"] == ["1", "0", "0", "1", "0", "0", "1", "0", "1", "0", "–"]
    assert rows[total] == ["1", "1", "0", "2", "1", "0", "1", "0", "1", "50", "8"]
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 1, "the overdue one"
    assert "http" not in page


def test_a_day_without_anything() -> None:
    found = statistics([], dt.date(2027, 1, 25), dt.date(2027, 1, 25), ZONE)
    page = orders_html(found, "en")
    assert "Daily statistics, 2027-01-25" in page
    assert page.count("<p>none</p>") == 4


def test_waived_findings_are_shown_as_waived(plan: Plan) -> None:
    findings = plan.before.findings
    first = findings.items[0]
    waiver = Waiver(
        kind=first.kind.value, scenario=first.scenario, element=first.element,
        author="7", reason="in March", until="2027-03-01",
    )  # fmt: skip
    rows = finding_rows(findings, (waiver,))
    marked = [row for row, one in zip(rows, findings, strict=True) if one.key == first.key]
    assert {row["tier"] for row in marked} == {"waived"}
    assert "waived until 2027-03-01 by 7: in March" in marked[0]["evidence"]
    others = [row for row in finding_rows(findings) if row["tier"] == "waived"]
    assert others == []


def test_the_words_of_the_page_are_in_the_package() -> None:
    import gridplan.report.words as home

    assert (Path(home.__file__).parent / "locale" / "words.csv").is_file()
