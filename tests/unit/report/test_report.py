"""The report's files: complete, safe, self-contained."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from gridplan.demand.clamp_evidence import CircuitEvidence, ClampFit
from gridplan.errors import Fault, InputError
from gridplan.plan import Plan
from gridplan.report.html import report_html
from gridplan.report.moves import moves_csv, text_cell
from gridplan.report.record import plan_record, to_json
from gridplan.report.write import write_report


@pytest.fixture(scope="module")
def page(plan: Plan) -> str:
    return report_html(plan)


class _Page(HTMLParser):
    """Tags, attributes, ids and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_plan_json_has_what_programs_rely_on(plan: Plan) -> None:
    record = json.loads(to_json(plan_record(plan)))
    assert record["schema_version"] == "gridplan-plan/1"
    assert record["feeder"] == {
        "name": "hamlet <b>",
        "transformer_kva": 30.0,
        "vector_group": "Yyn0",
        "customers": 4,
    }
    sweep = record["sweep"]
    assert sweep["scenarios"] == ["expected", "cold_snap"]
    assert (sweep["draws"], sweep["steps"], sweep["cases"]) == (4, 192, 2 * 4 * 192)
    assert (sweep["not_converged"], sweep["after_not_converged"]) == (5, 0)
    assert sweep["max_residual_pu"] == pytest.approx(1e-9)
    for state in ("before", "after"):
        assert {
            "peak_loading_percent",
            "peak_load_rate_percent",
            "peak_neutral_percent",
            "lowest_voltage_v",
            "findings",
        } <= set(record[state])
    finding = record["before"]["findings"][0]
    assert finding["longest_h"] is None, "infinity is not JSON"
    assert finding["typical"] is None, "NaN is not JSON"
    assert {"verdict", "verdicts", "measures", "recommendations", "provenance", "seconds"} <= set(
        record
    )


def test_moves_are_one_row_per_customer_in_field_order(plan: Plan) -> None:
    moves = plan_record(plan)["rebalancing"]["moves"]
    assert [(row["order"], row["customer_id"]) for row in moves] == [
        (1, "=cmd|'/c calc'!A1"),
        (2, "u4"),
    ]
    assert {"unit", "node", "from_phase", "to_phase"} <= set(moves[0])


def test_moves_csv_runs_nothing_in_a_spreadsheet(plan: Plan) -> None:
    data = moves_csv(plan.proposal)
    assert data.startswith(b"\xef\xbb\xbf"), "Excel needs the byte order mark"
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert rows[0]["customer_id"] == "'=cmd|'/c calc'!A1"
    assert rows[0]["unit"] == "'=box"
    assert [row["order"] for row in rows] == ["1", "2"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1"])
def test_text_that_looks_like_a_formula_is_marked(text: str) -> None:
    assert text_cell(text) == f"'{text}"


def test_numbers_stay_numbers() -> None:
    assert text_cell(-1.5) == -1.5
    assert text_cell("B-5") == "B-5"


def test_page_escapes_what_comes_from_files(page: str) -> None:
    parsed = _Page(page)
    assert parsed.tags.count("script") == 3, "data, plotly.js, and what draws with it: no other"
    assert "b" not in parsed.tags
    shown = "".join(parsed.texts)
    assert "alert('x')" in shown, "the hostile name is shown as text"
    assert "hamlet <b>" in shown


def test_page_loads_nothing_from_elsewhere(page: str) -> None:
    for name, value in _Page(page).attributes:
        if name in {"src", "href", "xlink:href", "action", "data", "poster", "srcset"}:
            assert value.startswith(("#", "data:image/png;base64,")), f"{name}={value[:60]}"
    bare = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"url\(\s*['\"]?(?!#)", bare)
    assert "@import" not in bare
    assert "<link" not in bare
    assert "default-src 'none'" in page


def test_ids_of_the_page_are_unique(page: str) -> None:
    ids = [value for name, value in _Page(page).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", page))
    assert targets <= set(ids), "every reference inside the figures has its target"


def test_page_says_what_a_reader_needs(page: str) -> None:
    for words in (
        "expected: move =box a -&gt; b; cold snap: no action",
        "95 % interval",
        "Moves in field order",
        "disconnect the phase first",
        "residual-current device",
        "neutral ampacity unknown for 8 lines",
        "rule &lt;x&gt; [V]",
        "30 kVA Yyn0",
        "At most 1 A better is possible.",
        "杆1",
    ):
        assert words in page, words
    assert len(re.findall(r"<svg[^>]* role=\"img\"", page)) == 1 + 2 * 3 + 2 + 1


def test_options_are_compared_with_what_they_take_and_the_dominated_greyed(page: str) -> None:
    shown = "".join(_Page(page).texts)
    for words in (
        "Options, the cheapest first", "760", "100 % placeholder", "2027-01-25",
        "40 min, 2.7 customer h", "back by 2027-02-22", "high voltage on F1",
        "dominated by nothing", "open: who?", "leaves 0.2", "Phase overload, transformer:",
        "90 % → 0 %", "Prices used", "nothing tried",
    ):  # fmt: skip
        assert words in shown, words
    assert page.count('class="dominated"') == 1
    assert page.count('class="tag chosen"') == 1


def test_the_page_says_how_precise_it_is(plan: Plan, page: str) -> None:
    """Where the draws ended too early it stands at the top, else below the findings."""
    assert "not as precise as asked" not in page
    assert "are known to ±0.34 after 4 draws (widest: overload in expected)" in page
    ended = replace(plan, precision=replace(plan.precision, wanted=0.02, max_draws=4))
    page = report_html(ended)
    sentence = (
        "max_draws 4 ended the draws before precision 0.02 was reached: "
        "the probability of overload in expected is known to ±0.34 after 4 draws."
    )
    assert page.index("not as precise as asked") < page.index(sentence) < page.index("The village")
    record = plan_record(ended)["precision"]
    assert record == {
        "wanted": 0.02,
        "half_width": 0.34,
        "finding": {"kind": "overload", "scenario": "expected", "element": "transformer"},
        "draws": 4,
        "max_draws": 4,
        "reached": False,
        "sentence": sentence,
    }


def test_same_plan_same_page(plan: Plan, page: str) -> None:
    assert report_html(plan) == page


def test_only_own_files_are_replaced(plan: Plan, tmp_path: Path) -> None:
    out = tmp_path / "out" / "village"
    out.mkdir(parents=True)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    (out / "plan.json").write_text("old", encoding="utf-8")
    assert write_report(plan, out) == out
    assert sorted(path.name for path in out.iterdir()) == [
        "fieldwork.json",
        "moves.csv",
        "notes.txt",
        "plan.json",
        "report.html",
        "work-orders.xlsx",
    ]
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert json.loads((out / "plan.json").read_text(encoding="utf-8"))["verdict"] == plan.verdict


def test_nothing_is_written_when_a_part_cannot_be_made(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Plan, **__: str) -> str:
        raise RuntimeError("no picture")

    monkeypatch.setattr("gridplan.report.write.report_html", fail)
    with pytest.raises(RuntimeError, match="no picture"):
        write_report(plan, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_is_bad_input(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="choose another"):
        write_report(plan, tmp_path / "out")


def test_plan_values_are_plain() -> None:
    record = {"a": np.float32(1.5), "b": np.array([1, 2]), "c": (np.nan, np.bool_(True))}
    assert json.loads(to_json(record)) == {"a": 1.5, "b": [1, 2], "c": [None, True]}


def with_load_test(plan: Plan, *, applied: bool = True) -> Plan:
    """The plan with clamp readings of one circuit whose labels are doubted."""
    exchanged = {"bca": 0.93, "cab": 0.01, "acb": 0.0, "cba": 0.0, "bac": 0.0}
    doubted = CircuitEvidence(
        circuit="F<1>",
        readings=3,
        level=1.236,
        level_low=1.02,
        level_high=1.51,
        labels_hold=0.02,
        exchanged=exchanged,
        some_wrong=0.04,
    )
    silent = replace(
        doubted, circuit="F2", readings=0, labels_hold=None, exchanged={}, some_wrong=None
    )
    notes = (
        Fault(code="clamp-labels", where="circuit F<1>", what="contradicted", severity="warning"),
    )
    clamp = ClampFit(circuits=(doubted, silent), area_level=1.1, applied=applied, notes=notes)
    return replace(plan, clamp=clamp, notes=notes)


def test_what_a_load_test_says_is_shown(plan: Plan) -> None:
    page = report_html(with_load_test(plan))
    assert "What the load test says" in page
    assert "F&lt;1&gt;" in page
    assert "F<1>" not in page
    assert "1.24" in page
    assert "a, b, c are on b, c, a: 93 %" in page
    assert "not applied because meters" not in page
    assert "not applied because meters" in report_html(with_load_test(plan, applied=False))
    assert "What the load test says" not in report_html(plan)


def test_plan_json_holds_the_load_test_and_all_notes(plan: Plan) -> None:
    record = json.loads(to_json(plan_record(with_load_test(plan))))
    first, second = record["clamp"]
    assert first["labels_doubted"] is True
    assert first["exchanged"]["bca"] == pytest.approx(0.93)
    assert second["labels_hold"] is None
    codes = [note["code"] for note in record["notes"]]
    assert codes == ["phase", "clamp-labels"]
    assert json.loads(to_json(plan_record(plan)))["clamp"] == []
