"""What measures cost: a dated table of items, and what a list of work adds up to."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from gridplan.errors import Fault, StudyError
from gridplan.formfiles import accepted, read_form
from gridplan.forms import Form
from gridplan.measures.measure import VISIT, Measure

CREW_HOUR = "crew_hour"  #: the item that prices the hours of all others
STATUSES = ("V", "S", "K", "A")
FORM = Form(
    code="costs",
    columns={
        "item": ("项目",),
        "unit": ("单位",),
        "price_cny": ("单价",),
        "crew_h": ("班组工时",),
        "outage_min": ("停电",),
        "lead_days": ("准备天数",),
        "dated": ("价格日期",),
        "status": ("可信度",),
        "source": ("来源",),
    },
    needed=("item", "unit", "price_cny", "crew_h", "outage_min", "lead_days"),
    free=("source",),
)
_NUMBERS = {"price_cny": 1e7, "crew_h": 1e3, "outage_min": 1e5, "lead_days": 1e3}


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem:
    """One kind of work or material.

    Attributes
    ----------
    item, unit : what one of it is
    price_cny : material and rent of one [CNY], without the crew
    crew_h : hours of a crew of five for one [h]
    outage_min : minutes without supply for one [min]
    lead_days : days from the order to the work
    dated : when the price was so
    status : V read in published text, S second-hand, K not verified, A assumption: a placeholder
    source : where it stands
    """

    item: str
    unit: str
    price_cny: float
    crew_h: float
    outage_min: float
    lead_days: float
    dated: str
    status: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlay:
    """What one option takes.

    Attributes
    ----------
    cost_cny : material, rent and crew [CNY]
    crew_h : hours of a crew of five [h]
    lead_days : days until the slowest of its items can be done
    outage_customer_h : customers without supply times hours [h]
    outage_min : minutes that a customer concerned is without supply [min]
    placeholder_percent : share of the cost that stands on placeholders [%]
    items : item, quantity, unit, price of all of it without the crew [CNY], status, date, source
    """

    cost_cny: float = 0.0
    crew_h: float = 0.0
    lead_days: float = 0.0
    outage_customer_h: float = 0.0
    outage_min: float = 0.0
    placeholder_percent: float = 0.0
    items: tuple[tuple[str, float, str, float, str, str, str], ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("item", "quantity", "unit", "price_cny", "status", "dated", "source")
        return {
            "cost_cny": self.cost_cny,
            "crew_h": self.crew_h,
            "lead_days": self.lead_days,
            "outage_customer_h": self.outage_customer_h,
            "outage_min": self.outage_min,
            "placeholder_percent": self.placeholder_percent,
            "items": [dict(zip(names, item, strict=True)) for item in self.items],
        }


CostTable = Mapping[str, CostItem]


def shipped_text() -> str:
    """The table that comes with gridplan, ``data/costs.csv``, as it stands there."""
    return files("gridplan.measures").joinpath("data", "costs.csv").read_text(encoding="utf-8")


@cache
def shipped_costs() -> CostTable:
    """The table that comes with gridplan."""
    rows = csv.DictReader(shipped_text().splitlines())
    return {row["item"]: _item(row, {name: float(row[name]) for name in _NUMBERS}) for row in rows}


def read_costs(path: Path) -> CostTable:
    """The shipped table with the rows of a file of one's own in place of its rows.

    Raises ``StudyError`` with every fault of the file: an item that no measure needs, a price that
    is no number.
    """
    faults: list[Fault] = []
    table, seen = dict(shipped_costs()), set()
    for row in read_form(path, FORM, faults, refuse=StudyError):
        name = row["item"]
        if name not in table:
            remedy = f"known are {', '.join(sorted(table))}"
            row.error("item", f"no measure takes {name!r}", remedy)
        elif name in seen:
            row.error("duplicate", f"{name} stands there twice", "keep one row")
        seen.add(name)
        if row["status"] not in ("", *STATUSES):
            what = f"status is {row['status']!r}"
            row.error("status", what, f"write one of {', '.join(STATUSES)}")
        numbers = {
            column: row.number(column, 0.0, most, needed=True) for column, most in _NUMBERS.items()
        }
        if name in table:
            table[name] = _item(_filled(row.cells, table[name], path), numbers)
    accepted(path, faults, StudyError)
    return table


def _filled(cells: Mapping[str, str], old: CostItem, path: Path) -> dict[str, str]:
    """A row with what may be left out."""
    defaults = {"unit": old.unit, "dated": "", "status": "K", "source": path.name}
    return {**cells, **{name: cells[name] or value for name, value in defaults.items()}}


def _item(row: Mapping[str, str], numbers: Mapping[str, float]) -> CostItem:
    return CostItem(
        item=row["item"],
        unit=row["unit"],
        dated=row["dated"],
        status=row["status"],
        source=row["source"],
        price_cny=numbers["price_cny"],
        crew_h=numbers["crew_h"],
        outage_min=numbers["outage_min"],
        lead_days=numbers["lead_days"],
    )


def outlay(measures: Sequence[Measure], table: CostTable) -> Outlay:
    """What some measures take together: the visits of a crew once, everything else added up."""
    work: dict[str, float] = {}
    for measure in measures:
        for item, quantity in measure.work.items():
            so_far = work.get(item, 0.0)
            work[item] = max(so_far, quantity) if item == VISIT else so_far + quantity
    hour_cny = table[CREW_HOUR].price_cny
    crew_h = sum(quantity * table[item].crew_h for item, quantity in work.items())
    prices = {item: quantity * table[item].price_cny for item, quantity in work.items()}
    cost = sum(prices.values()) + crew_h * hour_cny
    known = sum(price for item, price in prices.items() if table[item].status != "A")
    known += crew_h * hour_cny * (table[CREW_HOUR].status != "A")
    out = [(_outage_min(measure, table), measure.customers_out) for measure in measures]
    return Outlay(
        cost_cny=cost,
        crew_h=crew_h,
        lead_days=max((table[item].lead_days for item in work), default=0.0),
        outage_customer_h=sum(minutes * customers for minutes, customers in out) / 60,
        outage_min=sum(minutes for minutes, customers in out if customers),
        placeholder_percent=100 * (cost - known) / cost if cost else 0.0,
        items=tuple(
            (
                item,
                quantity,
                table[item].unit,
                prices[item],
                table[item].status,
                table[item].dated,
                table[item].source,
            )
            for item, quantity in work.items()
        ),
    )


def _outage_min(measure: Measure, table: CostTable) -> float:
    """Minutes that a customer concerned is without supply."""
    quantities = {
        item: 1.0 if measure.one_by_one else quantity for item, quantity in measure.work.items()
    }
    return sum(quantity * table[item].outage_min for item, quantity in quantities.items())
