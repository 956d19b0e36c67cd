"""Special loads that a county's ledger names: a pig farm, a mill, a pump, by area.

They are no homes: nobody returns to them, they follow their own days, and the ledger's kilowatts
are their rating. Networks name theirs by the kind of a customer; these lists are for areas without
a model, and for measured festivals.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from math import isnan, nan

from gridplan.celltext import shown
from gridplan.demand.headings import AREA, CUSTOMER, KW
from gridplan.demand.profiles import special_kinds
from gridplan.errors import note
from gridplan.forms import Form, Table
from gridplan.network.kind_words import WORDS, kind_of

#: One row per load. A rating in kVA is taken as kilowatts, which is a little too much.
FORM = Form(
    code="special",
    columns={
        "area": AREA,
        "customer_id": CUSTOMER,
        "kind": ("用电类别", "类别", "负荷类别", "负荷名称"),
        "kw": ("功率", "额定功率", "合同容量", "负荷容量", "容量", "额定容量", "sn_kva"),
    },
    needed=("area", "kind"),
    sheets=("special_loads", "特殊负荷", "专用负荷"),
    units={"kw": {**KW, "kVA": 1.0}},
)
PHOTOVOLTAICS = "pv"
MAX_KW = 1000.0  #: more is no load of a village (assumption)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLoad:
    """One special load of a ledger.

    Attributes
    ----------
    area, customer_id : numbers as the ledger has them; the latter "" where it gives none
    kind : of ``profiles.special_kinds``
    kw : rating, NaN where it gives none [kW]
    where : file and row
    """

    area: str
    customer_id: str
    kind: str
    kw: float = nan
    where: str = ""

    @property
    def usual_kw(self) -> tuple[float, float]:
        """Ratings between which it lies [kW]; both the same where the ledger says it."""
        if not isnan(self.kw):
            return self.kw, self.kw
        return special_kinds()[self.kind].usual_kw or (0.0, 0.0)


def fault_of(text: str, kw: float) -> tuple[str, str] | None:
    """What is wrong with the kind of a row, and what to do; None where it can be used."""
    kind = kind_of(text)
    if kind is None:
        return f"kind {shown(text)} is not known", f"write one of {', '.join(WORDS)}"
    if isnan(kw) and special_kinds()[kind].usual_kw is None:
        return f"a load of kind {kind!r} needs its kilowatts", "fill in 容量(kW)/kw"
    return None


def stranger(area: str) -> tuple[str, str]:
    """What is wrong with a row of an area that no transformer is known of, and what to do."""
    what = f"area {shown(area)} is not among the transformers"
    return what, "add it to the sheet 台区, or correct the number"


def listed_loads(table: Table, areas: Container[str]) -> list[ListedLoad]:
    """Special loads of a sheet: area, kind, and the rating where the ledger gives it.

    Those of no known area, and kinds that are not known, are faults; photovoltaics do not matter
    where areas peak after dark.
    """
    found: list[ListedLoad] = []
    dark = 0
    for row in table.rows():
        load = ListedLoad(
            area=row["area"],
            customer_id=row["customer_id"],
            kind=kind_of(row["kind"]) or "",
            kw=row.number("kw", 0.01, MAX_KW, code="kw"),
            where=row.where,
        )
        wrong = fault_of(row["kind"], load.kw)
        if wrong is not None:
            row.error("kind", *wrong)
        elif load.area not in areas:
            row.error("unknown-area", *stranger(load.area))
        elif load.kind == PHOTOVOLTAICS:
            dark += 1
        else:
            found.append(load)
    if dark:
        what = f"{dark} photovoltaics left out: areas peak after dark"
        note(table.faults, f"{table.form.code}-dark", table.where, what, dark)
    return found
