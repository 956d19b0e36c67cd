"""CSV and workbooks as rows of text; what is not one is refused with its reason."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from gridplan.errors import InputError
from gridplan.sheets import read_sheets

TABLE = "户号,返乡人数\n0001, 3 \n\n0002,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_csv_in_every_encoding_of_a_chinese_office(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(TABLE.encode(encoding))
    (sheet,) = read_sheets(path)
    assert sheet.rows == (("户号", "返乡人数"), ("0001", "3"), ("0002", ""))
    assert sheet.where(2) == "register.csv:4"


def test_a_workbook_gives_the_same_text(tmp_path: Path) -> None:
    path = tmp_path / "ledger.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page, _empty = book.add_worksheet("台区"), book.add_worksheet("空")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(1, 1, ["id", "kVA", "share", "from"])
        page.write_row(4, 1, ["0007", 100.0, 0.25])
        page.write_datetime(4, 4, dt.datetime(2027, 2, 5), day)
        page.write_formula(5, 1, "=1+1", value=2)
    (sheet,) = read_sheets(path)
    assert sheet.rows[0] == ("", "id", "kVA", "share", "from")
    assert sheet.rows[1] == ("", "0007", "100", "0.25", "2027-02-05")
    assert sheet.rows[2][1] == "2"
    assert [sheet.where(k) for k in range(2)] == ["ledger.xlsx[台区]:2", "ledger.xlsx[台区]:5"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"\xff\xfe\x00\x01", "file-encoding"),
        ("a.csv", b'id\n"open', "file-csv"),
        ("a.xlsx", b"PK nothing", "file-workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "file-kind"),
        ("missing.csv", None, "file-missing"),
    ],
)
def test_what_is_no_table_is_refused(
    tmp_path: Path, name: str, content: bytes | None, code: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_sheets(tmp_path / name)
    (fault,) = caught.value.faults
    assert fault.code == code
    assert fault.remedy


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    with pytest.raises(InputError, match="unpacks from"):
        read_sheets(path)


def test_a_wide_table_of_few_rows_is_no_giant(tmp_path: Path) -> None:
    """Few rows under many headings, and a long table with gaps, are what stations have."""
    path = tmp_path / "wide.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        wide, long = book.add_worksheet("wide"), book.add_worksheet("long")
        for row in range(3):
            wide.write_row(row, 0, [f"{row}"] * 900)
        for row in range(20_000):
            long.write_row(row, 0, ["a", "b"])
        long.write(0, 29, "remark")
    wide_sheet, long_sheet = read_sheets(path)
    assert len(wide_sheet.rows[0]) == 900
    assert len(long_sheet.rows) == 20_000


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TABLE, encoding="utf-8")
    with pytest.raises(InputError, match="more than 10"):
        read_sheets(path, most_bytes=10)
