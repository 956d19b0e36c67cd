"""Ledgers as workbooks: a feeder's, and the template with drop-downs, example and explanations."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridplan.errors import Fault
from gridplan.exchange.ledger import Rows, ledger_rows
from gridplan.network.catalogue import conductor_types, transformer_types
from gridplan.network.feeder import Feeder
from gridplan.network.ledger_forms import FURTHER_SHEETS, SHEETS, Field, LedgerSheet
from gridplan.wholefiles import replace_file

if TYPE_CHECKING:
    import xlsxwriter

LANGUAGES = ("zh", "en")
#: Rows below the headings that have drop-downs.
_DROPDOWN_ROWS = 2000
_LISTS = "选项"
_TITLES = {"zh": ("说明", "示例"), "en": ("explanations", "example")}
_GENERAL = {
    "zh": (
        "gridplan 台账模板：每张表一行一项，第一行为表头，列的次序不限，不用的列可删去。",
        "深色表头的列必填；灰色表头的列折叠在右边（点“+”展开），空着时取目录值或假定值。",
        "不要填姓名、电话、证件号和地址：这些列不会读入，读入时会说明。",
        "相别不清楚时写“未知”；两线表箱和单相分支作为整体调相。",
        "导入：gridplan network import 台账.xlsx -o networks/村名",
    ),
    "en": (
        "gridplan ledger: one row per item, headings in the first row, in any order; delete what "
        "you do not need.",
        "Columns with dark headings must be filled; grey ones are folded away at the right (+ "
        "opens them): where they are empty, the catalogue or an assumption serves.",
        "Leave out names, telephone and identity numbers, addresses: such columns are not read.",
        "Write unknown where nobody knows the phase; two-wire boxes and single-phase laterals "
        "change phase as a whole.",
        "Import: gridplan network import ledger.xlsx -o networks/village",
    ),
}
#: Words of the drop-downs in English; the reader knows both.
_ENGLISH = {
    "未知": "unknown", "杆": "pole", "低压母线": "busbar", "高压侧": "hv", "电源": "source",
    "表箱": "box", "入户点": "home", "主干": "main", "分支": "lateral", "接户线": "service",
    "是": "yes", "否": "no", "单相": "single", "三相": "three", "居民": "resident",
    "空置": "vacant", "万瓦户": "ten kilowatt", "抽水": "pump", "碾米": "mill", "养殖": "farm",
    "商店": "shop", "公共": "public", "光伏": "pv", "充电桩": "ebike", "制茶": "tea",
    "烤烟": "tobacco", "宴席": "feast", "动力": "three-phase",
}  # fmt: skip


def write_ledger(
    feeder: Feeder, path: str | Path, lang: str = "zh"
) -> tuple[Path, tuple[Fault, ...]]:
    """Write a feeder as a ledger: a workbook (.xlsx), or a folder of CSV files.

    ``gp.read_ledger`` makes the same feeder of it. Returns the path, and no faults.
    """
    target = Path(path)
    rows = ledger_rows(feeder)
    if target.suffix.lower() == ".xlsx":
        _write_book(target, rows, lang, template=False)
        return target, ()
    target.mkdir(parents=True, exist_ok=True)
    for sheet in (*SHEETS, *FURTHER_SHEETS):
        if sheet.name in rows:
            replace_file(target / f"{sheet.name}.csv", _csv(sheet, rows[sheet.name], lang))
    return target, ()


def write_template(path: str | Path, lang: str = "zh", *, example: bool = False) -> Path:
    """Write the empty workbook, or with ``example`` the one filled with the village Hongjiawan."""
    target = Path(path)
    rows = example_rows() if example else {}
    _write_book(target, rows, lang, template=True)
    return target


def example_rows() -> dict[str, Rows]:
    """The rows of the example, Hongjiawan, as ``scripts/make_ledger_example.py`` wrote them."""
    folder = resources.files("gridplan.network").joinpath("data/example_ledger")
    found: dict[str, Rows] = {}
    for sheet in SHEETS:
        text = folder.joinpath(f"{sheet.name}.csv").read_text(encoding="utf-8-sig")
        names = {one.zh: one.name for one in sheet.fields}
        found[sheet.name] = [
            {names[heading]: _number(cell) for heading, cell in row.items() if cell}
            for row in csv.DictReader(io.StringIO(text))
        ]
    return found


def _number(cell: str) -> str | float:
    """A cell as a number where it is written as one; signs and leading zeros keep it a text."""
    try:
        value = float(cell)
    except ValueError:
        return cell
    return value if repr(value) == cell else cell


def _csv(sheet: LedgerSheet, rows: Rows, lang: str) -> str:
    """A CSV file; the mark before it tells Excel that it is UTF-8."""
    fields = _used(sheet, rows)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_heading(one, lang) for one in fields])
    for row in rows:
        writer.writerow([_text(_word(one, row.get(one.name, ""), lang)) for one in fields])
    return "\ufeff" + buffer.getvalue()


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _heading(one: Field, lang: str) -> str:
    return one.zh if lang == "zh" else one.en


def _used(sheet: LedgerSheet, rows: Rows) -> list[Field]:
    """Columns that some row fills; the others say nothing."""
    return [one for one in sheet.fields if any(one.name in row for row in rows)]


def _write_book(target: Path, rows: Mapping[str, Rows], lang: str, *, template: bool) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    options = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, **options})
    writer = _Book(book, lang)
    if template:
        writer.explain()
    for sheet in (*SHEETS, *FURTHER_SHEETS):
        if sheet.name in rows or (template and sheet in SHEETS):
            mine = rows.get(sheet.name, [])
            fields = sorted(sheet.fields, key=lambda one: one.further) if template else []
            fields = fields or _used(sheet, mine)
            writer.sheet(sheet, fields, mine)
    writer.lists()
    book.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, buffer.getvalue())


class _Book:
    """One workbook in the making."""

    def __init__(self, book: xlsxwriter.Workbook, lang: str) -> None:
        self._book, self._lang = book, lang
        base = {"bold": True, "border": 1, "text_wrap": True, "valign": "top"}
        self._needed = book.add_format({**base, "bg_color": "#1F4E79", "font_color": "#FFFFFF"})
        self._usual = book.add_format({**base, "bg_color": "#DDEBF7"})
        self._further = book.add_format({**base, "bg_color": "#F2F2F2", "font_color": "#595959"})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self._title = book.add_format({"bold": True, "font_size": 13})
        self._words = {
            "transformers.model": list(dict.fromkeys(transformer_types())),
            "lines.model": list(dict.fromkeys(conductor_types())),
        }
        self._lists: dict[str, Sequence[str]] = {}

    def sheet(self, sheet: LedgerSheet, fields: Sequence[Field], rows: Rows) -> None:
        """A sheet with its headings, drop-downs and rows; text stays text."""
        page = self._book.add_worksheet(sheet.zh if self._lang == "zh" else sheet.name)
        page.freeze_panes(1, 1)
        page.set_row(0, 32)
        page.repeat_rows(0)
        self._print(page)
        for column, one in enumerate(fields):
            heading = _heading(one, self._lang)
            page.write_string(0, column, heading, self._format(sheet, one))
            folded = one.further and not any(one.name in row for row in rows)
            width = max(10, min(24, 2 * len(heading)))
            page.set_column(
                column, column, width, None, {"level": 1, "hidden": True} if folded else {}
            )
            self._offer(page, sheet, one, column)
            for at, row in enumerate(rows, start=1):
                value = _word(one, row.get(one.name), self._lang)
                if isinstance(value, int | float):
                    page.write_number(at, column, value)
                elif value is not None:
                    page.write_string(at, column, str(value))

    @staticmethod
    def _print(page: Any) -> None:
        """A4 across, all columns on one page."""
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)

    def _format(self, sheet: LedgerSheet, one: Field) -> Any:
        if one.name in sheet.form.needed:
            return self._needed
        return self._further if one.further else self._usual

    def _offer(self, page: Any, sheet: LedgerSheet, one: Field, column: int) -> None:
        """A drop-down; other words are let through, because the reader knows more of them."""
        key = f"{sheet.name}.{one.name}"
        words = self._words.get(key) or (
            self._words["lines.model"] if one.name == "model" else _choices(one, self._lang)
        )
        if not words:
            return
        source: Any = words
        if sum(map(len, words)) + len(words) > 250:  # Excel's limit for a list in the cell
            name = "transformers.model" if key in self._words and "lines" not in key else "lines"
            self._lists.setdefault(name, words)
            letter = "AB"[list(self._lists).index(name)]
            source = f"='{_LISTS}'!${letter}$1:${letter}${len(words)}"
        rule = {"validate": "list", "source": source, "error_type": "warning"}
        page.data_validation(1, column, _DROPDOWN_ROWS, column, rule)

    def lists(self) -> None:
        """The long lists of the drop-downs, on a hidden sheet."""
        if not self._lists:
            return
        page = self._book.add_worksheet(_LISTS)
        page.hide()
        for column, words in enumerate(self._lists.values()):
            for at, word in enumerate(words):
                page.write_string(at, column, word)

    def explain(self) -> None:
        """The page that says what each column is, with the first rows of the example."""
        lang = self._lang
        title, sample = _TITLES[lang]
        page = self._book.add_worksheet(title)
        self._print(page)
        page.set_column(0, 0, 14)
        page.set_column(1, 1, 24)
        page.set_column(2, 2, 60)
        page.set_column(3, 3, 28)
        at = 0
        for text in _GENERAL[lang]:
            page.merge_range(at, 0, at, 3, text, self._wrap)
            page.set_row(at, 32)
            at += 1
        rows = example_rows()
        for sheet in SHEETS:
            at += 1
            page.write_string(at, 0, sheet.zh if lang == "zh" else sheet.name, self._title)
            page.write_string(at, 3, sample, self._title)
            at += 1
            for one in sheet.fields:
                known = [row[one.name] for row in rows[sheet.name] if one.name in row]
                page.write_string(at, 1, _heading(one, lang), self._format(sheet, one))
                page.write_string(at, 2, _help(one, lang), self._wrap)
                page.write_string(at, 3, _shown(known[0]) if known else "", self._wrap)
                at += 1


def _choices(one: Field, lang: str) -> list[str]:
    return [str(_word(one, word, lang)) for word in one.choices]


def _word(one: Field, value: Any, lang: str) -> Any:
    """A word of a drop-down in the language of the workbook; anything else as it is."""
    return _ENGLISH.get(value, value) if lang == "en" and one.choices else value


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _help(one: Field, lang: str) -> str:
    text = one.help_zh if lang == "zh" else one.help_en
    if one.choices:
        stop = "；" if lang == "zh" else "; "
        text = f"{text}{stop if text else ''}{' / '.join(_choices(one, lang))}"
    return text
