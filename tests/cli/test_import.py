"""``gridplan network template`` and ``import``, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import gridplan as gp

Run = Callable[..., Result]

AREAS = {
    "transformers": "area,model,group\nN1,S11-50/10,Yyn0\nN2,S11-100/10,Dyn11\n",
    "lines": "area,from_pole,to_pole,conductor,length_m\nN1,LV,1,LGJ-25,40\nN2,LV,1,LGJ-35,60\n",
    "customers": "area,customer_id,pole,phase\nN1,A1,1,A\nN2,B1,1,B\n",
}


def ledger(folder: Path, **changes: str) -> Path:
    folder.mkdir()
    for name, text in (AREAS | changes).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_example_becomes_hongjiawan(
    run: Run, hongjiawan: Path, tmp_path: Path, lang: str
) -> None:
    book = tmp_path / "ledger.xlsx"
    assert run("network", "template", "-o", book, "--example", "--lang", lang).exit_code == 0
    result = run("network", "import", book, "-o", tmp_path / "village")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(tmp_path / "village")
    mine, theirs = (gp.read_feeder(path) for path in (hongjiawan, tmp_path / "village"))
    place = {name: node for node, name in enumerate(theirs.nodes.name.tolist())}
    order = [place[name] for name in mine.nodes.name.tolist()]
    np.testing.assert_allclose(gp.solve(theirs).vm_v[0][order], gp.solve(mine).vm_v[0], rtol=1e-7)
    assert run("network", "check", tmp_path / "village").exit_code == 0


def test_areas_become_folders(run: Run, tmp_path: Path) -> None:
    result = run("network", "import", ledger(tmp_path / "L"), "-o", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert [Path(line).name for line in result.stdout.splitlines()] == ["N1", "N2"]
    assert gp.read_feeder(tmp_path / "out" / "N2").area_transformer.sn_kva == 100
    assert "zero-sequence impedance of Yyn0 not measured" in result.stderr


def test_an_area_cannot_leave_the_folder(run: Run, tmp_path: Path) -> None:
    moved = {name: text.replace("N2", "../../N2") for name, text in AREAS.items()}
    result = run("network", "import", ledger(tmp_path / "L", **moved), "-o", tmp_path / "a" / "out")
    assert result.exit_code == 0, result.stderr
    assert sorted(one.name for one in (tmp_path / "a" / "out").iterdir()) == ["N1", "_.._N2"]


def test_faults_come_at_once_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    wrong = "area,customer_id,pole,phase\nN1,A1,9,A\nN2,B1,1,D\nN3,C1,1,A\n"
    folder = ledger(tmp_path / "L", customers=wrong)
    result = run("network", "import", folder, "-o", tmp_path / "out")
    assert result.exit_code == 3
    for place in ("customers.csv:2", "customers.csv:3", "customers.csv:4"):
        assert place in result.stderr
    assert not (tmp_path / "out").exists()


def test_template_is_a_workbook(run: Run, tmp_path: Path) -> None:
    assert run("network", "template", "-o", tmp_path / "ledger.csv").exit_code == 2


def test_a_missing_ledger_is_bad_input(run: Run, tmp_path: Path) -> None:
    result = run("network", "import", tmp_path / "gone.xlsx", "-o", tmp_path / "out")
    assert result.exit_code == 3
    assert "gone.xlsx" in result.stderr


def test_a_ledger_that_exists_is_never_written_over(
    run: Run, hongjiawan: Path, tmp_path: Path
) -> None:
    book, folder = tmp_path / "ledger.xlsx", ledger(tmp_path / "L")
    book.write_bytes(b"filled in")
    before = (folder / "lines.csv").read_bytes()
    for words in (
        ("template", "-o", book),
        ("export", hongjiawan, book, "--to", "ledger"),
        ("export", hongjiawan, folder, "--to", "ledger"),
    ):
        result = run("network", *words)
        assert result.exit_code == 2
        assert "may be filled in" in " ".join(result.stderr.split())
    assert book.read_bytes() == b"filled in"
    assert (folder / "lines.csv").read_bytes() == before


def test_an_empty_template_is_told_from_missing_sheets(run: Run, tmp_path: Path) -> None:
    book = tmp_path / "ledger.xlsx"
    assert run("network", "template", "-o", book).exit_code == 0
    empty = run("network", "import", book, "-o", tmp_path / "n")
    assert empty.exit_code == 3
    assert empty.stderr.count("has no rows") == 3
    (tmp_path / "nothing").mkdir()
    missing = run("network", "import", tmp_path / "nothing", "-o", tmp_path / "n")
    assert missing.exit_code == 3
    assert missing.stderr.count("is missing") == 3


def test_one_text_file_is_no_ledger(run: Run, tmp_path: Path) -> None:
    single = ledger(tmp_path / "L") / "lines.csv"
    result = run("network", "import", single, "-o", tmp_path / "n")
    assert result.exit_code == 3
    assert "give an .xlsx, or the folder of the CSV files" in result.stderr


def test_a_network_says_how_it_was_made(run: Run, tmp_path: Path) -> None:
    book = tmp_path / "ledger.xlsx"
    assert run("network", "template", "-o", book, "--example").exit_code == 0
    for _ in range(2):  # its own README is written again, and known as its own
        result = run("network", "import", book, "-o", tmp_path / "village")
        assert result.exit_code == 0, result.stderr
    text = (tmp_path / "village" / "README.md").read_text(encoding="utf-8")
    assert "Made by `gridplan network`;" in text
    assert "\n\n\n" not in text
