"""Customers from the rows of load and generation tables: demand, phases, identity, load model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import FloatArray, IntArray
from gridplan.network.cells import Table
from gridplan.network.columns import CUSTOMER_TABLES
from gridplan.network.customers import PHASES, Customers

#: What a customer can be; the forecast knows a day shape for each.
KINDS = (
    "resident",
    "vacant",
    "ten_kilowatt",
    "pump",
    "mill",
    "farm",
    "shop",
    "public",
    "ebike",
    "tea_dryer",
    "tobacco_dryer",
    "feast",
    "pv",
    "three_phase",
)

#: Between which phases the columns a, b, c of a customer in delta stand, as in pandapower.
BRANCHES = {"a": "ab", "b": "bc", "c": "ca"}

_LETTERS = {"1": "a", "2": "b", "3": "c"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """All customer rows one under the other, in the order of ``CUSTOMER_TABLES``.

    Attributes
    ----------
    table, position : the typed table and the position in it of each row
    p_mw, q_mvar : float (row, 3) -- per phase, scaling included, generation negative
    stated : phases of the column ``phase`` ("a", "abc"), "" where empty, "?" where unknown; for a
        customer in delta its branches, where "ab" is branch a
    used : phases (in delta: branches) that carry power, "" where none
    """

    table: list[Table]
    position: list[int]
    p_mw: FloatArray
    q_mvar: FloatArray
    stated: list[str]
    used: list[str]

    def __len__(self) -> int:
        return len(self.position)

    def where(self, row: int) -> str:
        """Place of a row for messages."""
        return self.table[row].where(self.position[row])

    def number(self, column: str) -> FloatArray:
        """A column of numbers over all rows."""
        return np.array([t.number[column][i] for t, i in self._rows()], dtype=np.float64)

    def text(self, column: str) -> list[str]:
        """A column of texts over all rows."""
        return [t.text[column][i] for t, i in self._rows()]

    def flag(self, column: str) -> list[bool]:
        """A column of flags over all rows, its default where the file lacks it."""
        return [bool(t.flag[column][i]) for t, i in self._rows()]

    def bus(self) -> IntArray:
        """Bus row numbers over all rows."""
        return np.array([t.bus["bus"][i] for t, i in self._rows()], dtype=np.int64)

    def is_bad(self, column: str, row: int) -> bool:
        """Whether this cell is a fault already."""
        return self.table[row].is_bad(column, self.position[row])

    def phases(self, row: int) -> str:
        """Phases of a customer: stated, else used, else all three."""
        return self.stated[row] or self.used[row] or "abc"

    def wiring(self) -> list[str]:
        """Wiring over all rows, as the column ``type`` says: "wye" where it is empty."""
        return [text.lower() or "wye" for text in self.text("type")]

    def letters(self, row: int) -> str:
        """The conductors that a customer is connected to, beside the neutral."""
        phases = self.phases(row)
        if self.table[row].text["type"][self.position[row]].lower() != "delta":
            return phases
        return "".join(sorted({x for branch in phases for x in BRANCHES[branch]}))

    def _rows(self) -> zip[tuple[Table, int]]:
        return zip(self.table, self.position, strict=True)


def connections(tables: dict[str, Table]) -> Connections:
    """Stack the customer tables."""
    table: list[Table] = []
    position: list[int] = []
    stated: list[str] = []
    power: list[tuple[FloatArray, FloatArray]] = []
    for name, sign in CUSTOMER_TABLES.items():
        rows = tables[name]
        table += [rows] * len(rows)
        position += range(len(rows))
        stated += [
            _branches(phase_letters(text)) if kind.lower() == "delta" else phase_letters(text)
            for text, kind in zip(rows.text["phase"], rows.text["type"], strict=True)
        ]
        power.append(_power(rows, sign))
    p_mw, q_mvar = (np.concatenate(parts) for parts in zip(*power, strict=True))
    carries = (np.nan_to_num(p_mw) != 0) | (np.nan_to_num(q_mvar) != 0)
    used = ["".join(np.array(PHASES)[row].tolist()) for row in carries]
    for row, owner in enumerate(table):
        if owner.name in {"load", "sgen"}:
            used[row] = "abc"
    return Connections(
        table=table, position=position, p_mw=p_mw, q_mvar=q_mvar, stated=stated, used=used
    )


def phase_letters(text: str) -> str:
    """Phases in canonical letters: "B" is "b", "2" is "b", "CAB" is "abc"; "?" when unknown."""
    letters = [_LETTERS.get(letter, letter) for letter in text.strip().lower()]
    if len(set(letters)) != len(letters) or not set(letters) <= set(PHASES):
        return "?"
    return "".join(sorted(letters))


def _branches(letters: str) -> str:
    """The branch between two stated phases; other texts name branches already."""
    return {"ab": "a", "bc": "b", "ac": "c"}.get(letters, letters)


def _power(table: Table, sign: float) -> tuple[FloatArray, FloatArray]:
    """Active [MW] and reactive [Mvar] power per phase (row, 3), load positive."""
    scaling = sign * table.number["scaling"][:, None]
    if "p_mw" in table.number:
        third = scaling / 3 * np.ones(3)
        return table.number["p_mw"][:, None] * third, table.number["q_mvar"][:, None] * third
    p = np.stack([table.number[f"p_{phase}_mw"] for phase in PHASES], axis=1)
    q = np.stack([table.number[f"q_{phase}_mvar"] for phase in PHASES], axis=1)
    return p * scaling, q * scaling


def load_model(rows: Connections, part: str) -> FloatArray:
    """Share of constant impedance ("z") or current ("i") (row,) [%]; NaN: p and q disagree."""
    own = rows.number(f"const_{part}_percent")
    active = np.nan_to_num(rows.number(f"const_{part}_p_percent"))
    reactive = np.nan_to_num(rows.number(f"const_{part}_q_percent"))
    both: FloatArray = np.where(active == reactive, active, math.nan)
    return np.where(np.isnan(own), both, own)


def customer_ids(rows: Connections) -> tuple[list[str], list[bool]]:
    """Customer numbers, and whether each was given; else they are a unique name or the row."""
    given, names = rows.text("customer_id"), rows.text("name")
    counts = Counter([*(text for text in given if text), *names])
    ids = []
    for row, (number, name) in enumerate(zip(given, names, strict=True)):
        table = rows.table[row]
        place = f"{table.name}-{table.index[rows.position[row]]}"
        ids.append(number or (name if name and counts[name] == 1 else place))
    return ids, [bool(number) for number in given]


def units(rows: Connections, ids: Sequence[str]) -> tuple[list[str], list[int]]:
    """Names of the movable units and the unit of each row; without a name its own."""
    named = rows.text("movable_unit")
    taken = set(named)
    keys = [
        unit or (own if own not in taken else f"{own} alone")
        for unit, own in zip(named, ids, strict=True)
    ]
    names = list(dict.fromkeys(keys))
    position = {name: number for number, name in enumerate(names)}
    return names, [position[key] for key in keys]


def may_moves(rows: Connections) -> list[bool]:
    """Whether each customer may change phase: as stated, else only those on a single phase."""
    stated = [bool(t.stated["may_move"][i]) for t, i in zip(rows.table, rows.position, strict=True)]
    return [
        flag and (known or len(rows.phases(row)) == 1)
        for row, (flag, known) in enumerate(zip(rows.flag("may_move"), stated, strict=True))
    ]


def build_customers(
    rows: Connections, node_of_bus: dict[int, int]
) -> tuple[Customers, list[Fault]]:
    """The customers of rows that the checks have passed, and notes on what was inferred."""
    ids, given = customer_ids(rows)
    unit_names, unit = units(rows, ids)
    phases = [rows.phases(row) for row in range(len(rows))]
    p_share, q_share = _shares(rows, phases)
    kind = [
        text or _default_kind(rows.table[row].name, phases[row])
        for row, text in enumerate(rows.text("kind"))
    ]
    may_move = may_moves(rows)
    customers = Customers(
        id=np.array(ids, dtype=np.str_),
        node=np.array([node_of_bus[bus] for bus in rows.bus().tolist()], dtype=np.int64),
        p_share=p_share,
        q_share=q_share,
        wiring=np.array(rows.wiring(), dtype=np.str_),
        kind=np.array(kind, dtype=np.str_),
        p_kw=rows.p_mw.sum(axis=1) * 1000,
        q_kvar=rows.q_mvar.sum(axis=1) * 1000,
        const_z=load_model(rows, "z") / 100,
        const_i=load_model(rows, "i") / 100,
        unit=np.array(unit, dtype=np.int64),
        unit_names=np.array(unit_names, dtype=np.str_),
        may_move=np.array(may_move, dtype=np.bool_),
        phase_confidence=rows.number("phase_confidence"),
        priority=np.array(rows.flag("priority"), dtype=np.bool_),
        meter_a=rows.number("meter_a"),
        table=np.array([table.name for table in rows.table], dtype=np.str_),
        row=np.array([t.index[i] for t, i in zip(rows.table, rows.position, strict=True)]),
    )
    return customers, _inferred(rows, given, ids)


def _shares(rows: Connections, phases: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Share of active and reactive power per phase (row, 3).

    Active power splits as the file's does; where there is none, equally over the customer's
    phases. A reactive split that the file does not have follows the active one. A ``load`` row
    stated on one phase is on that phase alone.
    """
    equal = np.array([[phase in text for phase in PHASES] for text in phases], dtype=np.float64)
    equal = equal.reshape(len(phases), 3)
    equal /= equal.sum(axis=1, keepdims=True)
    whole = np.array([table.name in {"load", "sgen"} for table in rows.table], dtype=np.bool_)
    p_share = _split(rows.p_mw, equal, whole)
    return p_share, _split(rows.q_mvar, p_share, whole)


def _split(power: FloatArray, default: FloatArray, whole: np.ndarray) -> FloatArray:
    total = power.sum(axis=1, keepdims=True)
    known = (total != 0) & ~whole[:, None]
    shares: FloatArray = np.where(known, power / np.where(total == 0, 1, total), default)
    return shares


def _default_kind(table: str, phases: str) -> str:
    if table.endswith("sgen"):
        return "pv"
    return "resident" if len(phases) == 1 else "three_phase"


def _inferred(rows: Connections, given: Sequence[bool], ids: Sequence[str]) -> list[Fault]:
    """One note per kind of inference, with the number of customers."""
    asymmetric = [table.name.startswith("asymmetric") for table in rows.table]
    row_ids = sum(
        not known and number not in {name}
        for known, number, name in zip(given, ids, rows.text("name"), strict=True)
    )
    from_power = sum(
        not stated and bool(used) and own
        for stated, used, own in zip(rows.stated, rows.used, asymmetric, strict=True)
    )
    balanced = sum(
        not stated and not own for stated, own in zip(rows.stated, asymmetric, strict=True)
    )
    findings = [
        ("id-inferred", "customer number taken from the name", given.count(False) - row_ids),
        ("id-inferred", "customer number taken from table and row", row_ids),
        ("phase-inferred", "phase inferred from the phases that carry power", from_power),
        ("phase-inferred", "taken as balanced three-phase (load and sgen rows)", balanced),
        ("kind-inferred", "kind inferred from table and phases", rows.text("kind").count("")),
    ]
    return [
        Fault(
            code=code,
            where="customers",
            what=f"{what} ({n} of {len(rows)})",
            severity="note",
            rows=n,
        )
        for code, what, n in findings
        if n
    ]
