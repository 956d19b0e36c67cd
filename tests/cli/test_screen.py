"""``gridplan screen``: fifty areas through the command line, its page and its workbook."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from gridplan.cli.exits import BAD_INPUT, DONE, USAGE
from gridplan.cli.lazy import LazyGroup
from gridplan.sheets import read_sheets

Run = Callable[..., Result]
#: A station's name that would be a formula in a workbook and a script in a page.
NASTY = '=HYPERLINK("x")<script>alert(1)</script>'
FAST = ("--draws", 20, "--workers", 1)


@pytest.fixture(scope="module")
def run() -> Run:
    """Call the command as ``gridplan screen`` is called."""
    cli = LazyGroup(commands_at={"screen": "gridplan.cli.screen:screen"})

    def call(*arguments: Any) -> Result:
        return CliRunner().invoke(cli, ["screen", *map(str, arguments)])

    return call


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty areas of five stations, ten with curves, a register with counts for twenty."""
    path = tmp_path_factory.mktemp("county") / "county.xlsx"
    headings = ["供电所", "台区编号", "额定容量(kVA)", "联结组标号", "户数", "户主姓名"]
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("台区")
        sheet.write_row(0, 0, headings)
        for n in range(50):
            station = NASTY if n % 5 == 0 else f"第{n % 5}供电所"
            kva = (30, 50, 100, 200)[n % 4]
            sheet.write_row(n + 1, 0, [station, f"{n:05d}", kva, "Yyn0", 20 + 2 * n, "张三"])
        sheet = book.add_worksheet("负荷曲线")
        sheet.write_row(0, 0, ["台区编号", "数据日期", *(f"P{point}" for point in range(1, 97))])
        for n in range(20):
            peak = 5.0 + n // 2
            cells = [f"{n // 2:05d}", f"2026-12-{1 + n % 2:02d}", *[peak] * 96]
            sheet.write_row(n + 1, 0, cells)
        sheet = book.add_worksheet("返乡")
        sheet.write_row(0, 0, ["台区编号", "返乡户数"])
        for n in range(20):
            sheet.write_row(n + 1, 0, [f"{n + 5:05d}", 12])
    return path


@pytest.fixture(scope="module")
def done(run: Run, county: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    out = tmp_path_factory.mktemp("out") / "screened"
    return run(county, "--year", 2027, "-o", out, *FAST), out


def test_the_table_says_the_county_its_first_areas_and_its_stations(
    done: tuple[Result, Path],
) -> None:
    result, out = done
    assert result.exit_code == DONE, result.output
    first = result.stdout.splitlines()[0]
    assert re.match(r"Of 50 areas about \d+ are expected to be overloaded", first)
    assert "and 30 more areas" in result.stdout
    assert all(f"第{n}供电所" in result.stdout for n in range(1, 5))
    assert sorted(file.name for file in out.iterdir()) == ["screening.html", "screening.xlsx"]


def test_the_page_needs_nothing_else_and_escapes(done: tuple[Result, Path]) -> None:
    page = (done[1] / "screening.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|href)\s*=|url\(|@import|https?:", page)
    assert "default-src 'none'" in page
    assert "张三" not in page
    assert page.count('class="track') == 40
    assert "户主姓名" in page, "that a personal column was dropped is said"


def test_the_workbook_holds_all_areas_as_text_and_numbers(done: tuple[Result, Path]) -> None:
    path = done[1] / "screening.xlsx"
    ranking, stations, assumptions = read_sheets(path)
    assert [sheet.source for sheet in (ranking, stations, assumptions)] == [
        f"screening.xlsx[{name}]"
        for name in ("排名 ranking", "供电所 stations", "假设 assumptions")
    ]
    assert len(ranking.rows) == 51
    assert len(stations.rows) == 1 + 5 + 1
    assert NASTY in {row[1] for row in ranking.rows}
    assert any("Coverage of the register" in row[0] for row in assumptions.rows)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets/sheet" in name]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)


def test_json_and_csv_hold_all_areas_and_the_same_numbers(
    run: Run, county: Path, done: tuple[Result, Path], tmp_path: Path
) -> None:
    page = (done[1] / "screening.html").read_bytes()
    arguments = (county, "--year", 2027, "-o", tmp_path, *FAST)
    record = json.loads(run(*arguments, "--format", "json").stdout)
    assert (tmp_path / "screening.html").read_bytes() == page, "same input and seed, same page"
    assert (tmp_path / "screening.xlsx").read_bytes() == (done[1] / "screening.xlsx").read_bytes()
    assert record["schema_version"] == "gridplan-screen/1"
    assert (record["year"], record["draws"], record["seed"]) == (2027, 20, 0)
    assert len(record["areas"]) == record["county"]["areas"] == 50
    assert len(record["stations"]) == 5
    assert {row["basis"] for row in record["areas"]} == {
        "plate", "register", "curves", "register + curves",
    }  # fmt: skip
    rows = list(csv.DictReader(run(*arguments, "--format", "csv").stdout.splitlines()))
    assert [row["area"] for row in rows] == [row["area"] for row in record["areas"]]
    assert {row["station"] for row in rows} >= {f"'{NASTY}"}, "text stays text in CSV, too"
    other = json.loads(run(*arguments, "--format", "json", "--seed", 1).stdout)
    assert other["areas"] != record["areas"]


def test_what_is_known_of_the_level_is_said_everywhere(
    run: Run, done: tuple[Result, Path], tmp_path: Path
) -> None:
    sentence = "learned from 10 areas with winter curves and 0 with past festivals"
    assert sentence in done[0].stdout
    assert sentence in (done[1] / "screening.html").read_text(encoding="utf-8")
    assumptions = read_sheets(done[1] / "screening.xlsx")[2]
    assert any(sentence in row[0] for row in assumptions.rows)
    plates = tmp_path / "plates.csv"
    plates.write_text("area,kva,homes\n1,50,30\n2,100,60\n", encoding="utf-8")
    result = run(plates, "--year", 2027, "-o", tmp_path / "out", *FAST)
    assert "No area has curves: the level of homes is an assumption" in result.stdout


def test_a_cold_snap_raises_every_probability(run: Run, county: Path, tmp_path: Path) -> None:
    found = []
    for colder in ("-6", "6"):
        arguments = ("--year", 2027, "-o", tmp_path, *FAST, "--colder", colder)
        result = run(county, *arguments, "--format", "json")
        assert result.exit_code == DONE, result.output
        found.append(json.loads(result.stdout))
    mild, cold = ({row["area"]: row["p_overload"] for row in one["areas"]} for one in found)
    assert all(cold[area] >= mild[area] for area in mild)
    assert found[1]["county"]["expected_overloaded"] > found[0]["county"]["expected_overloaded"] + 1
    assert (found[1]["colder_c"], found[1]["level"]["usual_c"]) == (6.0, None)
    assert "taken 6 K colder" in (tmp_path / "screening.html").read_text(encoding="utf-8")
    assert run(county, "--year", 2027, "-o", tmp_path, "--colder", 50).exit_code == USAGE


def test_bad_input_lists_every_fault_and_leaves_the_folder_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "台区.csv").write_text("area,kva,homes\n1,,5\n2,50,0\n2,50,9\n", encoding="utf-8")
    out = tmp_path / "out"
    result = run(tmp_path / "台区.csv", "--year", 2027, "-o", out)
    assert result.exit_code == BAD_INPUT
    for line in (2, 3, 4):
        assert f"台区.csv:{line}" in result.stderr
    assert not out.exists()
    assert run(tmp_path / "none.xlsx", "--year", 2027, "-o", out).exit_code == BAD_INPUT
    assert run(tmp_path / "台区.csv", "--year", 1990, "-o", out).exit_code == BAD_INPUT


def test_wrong_usage(run: Run, county: Path, tmp_path: Path) -> None:
    assert run(county, "--year", 2027).exit_code == USAGE
    assert run(county, "-o", tmp_path).exit_code == USAGE
    assert run(county, "--year", 2027, "-o", tmp_path, "--draws", 0).exit_code == USAGE


def test_warnings_go_to_stderr(run: Run, tmp_path: Path) -> None:
    (tmp_path / "台区.csv").write_text(
        "area,kva,homes,vector_group\n1,50,30,Zz9\n", encoding="utf-8"
    )
    result = run(tmp_path / "台区.csv", "--year", 2027, "-o", tmp_path / "out", *FAST)
    assert result.exit_code == DONE, result.output
    assert "Zz9" in result.stderr
    assert "Zz9" not in result.stdout
