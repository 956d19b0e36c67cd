"""Rows of a ledger as typed items: every cell is read once, everything wrong is said at its row."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gridplan.celltext import UNKNOWN, shown
from gridplan.errors import Fault, note
from gridplan.forms import Row, Table
from gridplan.network.kind_words import HOME_WORDS, WORDS, kind_of
from gridplan.network.ledger_forms import (
    CUSTOMER_POWERS,
    LINE_NUMBERS,
    SOURCE_NUMBERS,
    TRAFO_NUMBERS,
)
from gridplan.network.ledger_types import conductor_of, transformer_of

NAN = math.nan
#: With these, the rating and the vector group a unit needs no catalogue.
NAMEPLATE = ("vk_percent", "vkr_percent", "vk0_percent", "vkr0_percent", "pfe_kw", "i0_percent")

#: Words for the busbar in the columns of poles: where the first span begins.
BUSBAR_WORDS = frozenset(("变压器", "配变", "配电箱", "低压母线", "母线", "jp柜", "综合配电箱"))
BUSBAR_WORDS |= {"transformer", "busbar", "lv", "cabinet"}
ROLES = {
    "杆": "pole", "电杆": "pole", "pole": "pole", "": "pole", "低压母线": "busbar",
    "busbar": "busbar", "电源": "source", "source": "source", "高压侧": "mv",
    "mv": "mv", "hv": "mv", "表箱": "box", "box": "box", "入户点": "home", "home": "home",
}  # fmt: skip
SECTION_KINDS = {
    "主干": "main", "干线": "main", "main": "main", "分支": "lateral", "支线": "lateral",
    "lateral": "lateral", "接户线": "service", "下户线": "service", "service": "service",
    "高压": "mv", "mv": "mv",
}  # fmt: skip
#: Letters of phases; colours are those of the trade: yellow, green, red.
_PHASE_WORDS = {"A": "a", "B": "b", "C": "c", "1": "a", "2": "b", "3": "c", "黄": "a", "绿": "b"}
_PHASE_WORDS |= {"红": "c", "L1": "a", "L2": "b", "L3": "c", "U": "a", "V": "b", "W": "c"}
_THREE = frozenset(("ABC", "三相", "三", "3", "THREE", "THREE-PHASE", "3PH", "380", "380V"))
_ONE = frozenset(("单相", "单", "1", "SINGLE", "SINGLE-PHASE", "1PH", "220", "220V"))
_TAPS = {"一": "I", "二": "II", "三": "III"}
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5}
_METER = re.compile(r"(?:[\d.]+\s*\()?\s*(\d+(?:\.\d+)?)\s*\)?\s*A?", re.IGNORECASE)

#: Largest values that can be; further columns are only held to be numbers.
_MOST: dict[str, tuple[float, float]] = {
    "length_m": (0.001, 5000.0),
    "kva": (5.0, 4000.0),
    "capacity_kw": (0.0, 1000.0),
    "kw": (-1000.0, 1000.0),
}
_ANY = (-1e15, 1e15)


@dataclass(slots=True)
class Item:
    """One row: its values by column, and the row for what is wrong with it."""

    row: Row
    values: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def where(self) -> str:
        """Place of the row."""
        return self.row.where


def items(table: Table) -> Iterator[Item]:
    """The typed rows of a table."""
    read = _READERS[table.form.code]
    for row in table.rows():
        if not any(row.cells.values()):
            continue
        item = Item(row)
        item.values["area"] = row["area"] if "area" in row.cells else ""
        read(item)
        yield item


def assumed(faults: list[Fault], where: str, what: str, rows: int = 1) -> None:
    """Say what was taken for granted."""
    note(faults, "ledger-assumed", where, what, rows)


def _transformer(item: Item) -> None:
    row, values = item.row, item.values
    values["kva"] = row.number("kva", *_MOST["kva"], code="kva")
    text = row.text("model")
    match = transformer_of(text, values["kva"], row["group"]) if text else None
    values["type"] = match.found if match else None
    nameplate = all(row[name] for name in ("kva", "group", *NAMEPLATE))
    if match and match.found is None and not nameplate:
        row.error(
            "model", f"{row.table.heading_of('model')} {shown(text)} is not in the catalogue",
            f"closest: {match.closest}",
        )  # fmt: skip
    elif match and match.found and match.assumed:
        assumed(row.table.faults, row.where, match.assumed)
    values["model"] = "" if text == "-" else text
    values["tap"] = _tap(row)
    values["group"], values["name"] = row["group"], row["name"]
    values["tap_side"] = _word(row, "tap_side", {"": "", "hv": "hv", "lv": "lv"})
    values["shift_degree"] = row.number("shift_degree", *_ANY)
    for one in (*TRAFO_NUMBERS, *SOURCE_NUMBERS):
        values[one.name] = row.number(one.name, *_ANY)


def _tap(row: Row) -> float | str | None:
    """A step from the rated one, a Roman numeral as text, or None."""
    text = row["tap"]
    if text.casefold() in UNKNOWN:
        return None
    roman = text.upper().removesuffix("档")
    roman = _TAPS.get(roman, roman)
    if roman in _ROMAN:
        return roman
    try:
        value = float(roman)
    except ValueError:
        value = NAN
    if not -40 <= value <= 40:
        row.error("tap", f"{row.table.heading_of('tap')} is {shown(text)}", "write I, II or III")
        return None
    counted = value > 0 and value.is_integer() and not text.startswith("+")
    return str(int(value)) if counted else value


def tap_position(tap: float | str | None, low: float, high: float, neutral: float) -> float | None:
    """Position of the tap changer; None where there is no such one.

    I, II, III and 1, 2, 3 count from the position with the most turns, which is the highest one:
    the middle of them is the rated one.
    """
    if tap is None:
        return neutral
    if isinstance(tap, float):
        return neutral + tap if low <= neutral + tap <= high else None
    number = _ROMAN.get(tap) or int(tap)
    position = high - (number - 1)
    return position if low <= position <= high else None


def _pole(item: Item) -> None:
    row, values = item.row, item.values
    values["pole"] = row.text("pole")
    values["role"] = _word(row, "role", ROLES) or "pole"
    for name in ("x", "y"):
        values[name] = row.number(name, *_ANY)
    values["lon"] = row.number("lon", -180, 180, code="place")
    values["lat"] = row.number("lat", -90, 90, code="place")
    values["span_m"] = row.number("span_m", *_MOST["length_m"], code="length")
    values["vn_kv"] = row.number("vn_kv", 0.1, 40)


def _section(item: Item) -> None:
    row, values = item.row, item.values
    values["from_pole"], values["to_pole"] = row.text("from_pole"), row.text("to_pole")
    values["name"] = row["name"] or values["to_pole"]
    _conductor(item)
    values["phases"] = _word(
        row, "phases", {"": "", "3": "3", "三相": "3", "4": "3", "1": "1", "单相": "1", "2": "1"}
    )
    values["phase"] = phases_of(row, "phase")
    for name in ("branch", "circuit"):
        values[name] = row[name]
    values["section"] = _word(row, "section", {"": "", **SECTION_KINDS})
    values["neutral_open"] = row.yes("neutral_open")
    for one in LINE_NUMBERS:
        values[one.name] = row.number(one.name, *_ANY)


def _conductor(item: Item) -> None:
    """Model and length of a line, where they stand in the row."""
    row, values = item.row, item.values
    text = row["model"]
    values["model"], values["type"] = text, None
    given = "r_ohm_per_km" in row.cells and row["r_ohm_per_km"]
    if text:
        match = conductor_of(text)
        values["type"] = match.found
        if match.found is None and not given:
            what = f"{row.table.heading_of('model')} {shown(text)} is not in the catalogue"
            row.error("model", what, f"closest: {match.closest}")
        elif match.assumed and not given:
            assumed(row.table.faults, row.where, match.assumed)
    values["length_m"] = row.number("length_m", *_MOST["length_m"], code="length")
    values["length_stated"] = bool(row["length_m"])


def _box(item: Item) -> None:
    row, values = item.row, item.values
    values["box"], values["pole"] = row.text("box"), row.text("pole")
    values["wires"] = _word(
        row, "wires",
        {"": "", "2": "2", "单相": "2", "两线": "2", "4": "4", "三相": "4", "三相四线": "4"},
    )  # fmt: skip
    values["phase"] = phases_of(row, "phase")
    _conductor(item)
    for name in ("x", "y"):
        values[name] = row.number(name, *_ANY)


def _customer(item: Item) -> None:
    row, values = item.row, item.values
    values["customer_id"] = row.text("customer_id")
    for name in ("box", "pole", "home", "unit"):
        values[name] = row[name]
    values["phase"] = phases_of(row, "phase")
    values["supply"] = _supply(row)
    values["kind"] = _kind(row)
    for name in ("capacity_kw", "kw"):
        values[name] = row.number(name, *_MOST[name], code="kw")
    values["kvar"] = row.number("kvar", -1000, 1000, code="kw")
    values["meter_a"] = _meter(row)
    _conductor(item)
    values["may_move"] = row.yes("may_move") if row["may_move"] else None
    values["confidence"] = row.number("confidence", 0, 1, code="confidence")
    values["priority"] = row.yes("priority")
    wiring = {"": "wye", "wye": "wye", "delta": "delta", "earth": "earth"}
    values["wiring"] = _word(row, "wiring", wiring)
    for name in ("const_z_percent", "const_i_percent"):
        values[name] = row.number(name, 0, 100, code="share")
    for name in ("x", "y"):
        values[name] = row.number(name, *_ANY)
    for one in CUSTOMER_POWERS:
        values[one.name] = row.number(one.name, *_ANY)


def _supply(row: Row) -> str:
    text = row["supply"].upper()
    if not text:
        return ""
    if text in _THREE or text in _ONE:
        return "3" if text in _THREE else "1"
    what = f"{row.table.heading_of('supply')} is {shown(row['supply'])}"
    row.error("supply", what, "write 单相 or 三相 (single, three)")
    return ""


def _kind(row: Row) -> str:
    text = row["kind"]
    if not text:
        return ""
    kind = kind_of(text, homes=True)
    if kind is None:
        words = ", ".join((*HOME_WORDS, *WORDS))
        what = f"{row.table.heading_of('kind')} {shown(text)} is not known"
        row.error("kind", what, f"write one of {words}")
    return kind or ""


def _meter(row: Row) -> float:
    text = row["meter"]
    if text.casefold() in UNKNOWN:
        return NAN
    match = _METER.fullmatch(text)
    if match is None or not 1 <= float(match[1]) <= 2000:
        what = f"{row.table.heading_of('meter')} is {shown(text)}"
        row.error("meter", what, "write it as 5(60), or the largest current")
        return NAN
    return float(match[1])


def phases_of(row: Row, column: str) -> str:
    """Phases of a cell as letters, "" where they are unknown, "?" where they are, said, wrong."""
    text = re.sub(r"[\s相,、/]|phase", "", row[column], flags=re.IGNORECASE).upper()
    if row[column].casefold() in UNKNOWN or text.casefold() in UNKNOWN or text == "?":
        return ""
    if text in _THREE - {"3"}:
        return "abc"
    if text in _PHASE_WORDS:
        return _PHASE_WORDS[text]
    letters = "".join(sorted(_PHASE_WORDS.get(letter, "?") for letter in text))
    if "?" in letters or len(set(letters)) != len(letters):
        what = f"{row.table.heading_of(column)} is {shown(row[column])}"
        row.error("phase", what, "write A, B, C, ABC or 未知 (unknown)")
        return "?"
    return letters


def _word(row: Row, column: str, words: dict[str, str]) -> str:
    text = row[column].casefold()
    if text in words:
        return words[text]
    known = ", ".join(dict.fromkeys(word for word in words if word))
    what = f"{row.table.heading_of(column)} is {shown(row[column])}"
    row.error(column, what, f"write one of {known}")
    return ""


def _matrix(item: Item) -> None:
    row, values = item.row, item.values
    for name in ("line", "i", "j"):
        values[name] = row.text(name)
    for name in ("r_ohm_per_km", "x_ohm_per_km"):
        values[name] = row.number(name, *_ANY, needed=True)
    for name in ("c_nf_per_km", "g_us_per_km"):
        values[name] = row.number(name, *_ANY)


def _grounding(item: Item) -> None:
    row, values = item.row, item.values
    values["pole"] = row.text("pole")
    values["r_ohm"] = row.number("r_ohm", 0, 1e6, needed=True)
    values["x_ohm"] = row.number("x_ohm", *_ANY)


def _shunt(item: Item) -> None:
    row, values = item.row, item.values
    for name in ("pole", "i", "j"):
        values[name] = row.text(name)
    values["name"] = row["name"]
    for name in ("g_us", "b_us"):
        values[name] = row.number(name, *_ANY)


_READERS = {
    "ledger-transformers": _transformer,
    "ledger-poles": _pole,
    "ledger-lines": _section,
    "ledger-boxes": _box,
    "ledger-customers": _customer,
    "ledger-line_matrix": _matrix,
    "ledger-grounding": _grounding,
    "ledger-node_shunt": _shunt,
}
