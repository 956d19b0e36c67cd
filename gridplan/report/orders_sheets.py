"""Orders of the ledger as sheets to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridplan.records.field_types import FieldWork, checked
from gridplan.records.orders_assign import crew_day
from gridplan.records.orders_states import Step
from gridplan.report.workorders import WorkBook
from gridplan.report.workorders_day import OrderSheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridplan.records.field_types import FieldLists
    from gridplan.records.orders_item import Item
    from gridplan.records.orders_ledger import Ledger


def ledger_book(ledger: Ledger, orders: Sequence[Item], lists: FieldLists | None) -> WorkBook:
    """A workbook of some orders; ``LedgerError`` when one of them is an issue."""
    sheets = tuple(_sheet(ledger, item) for item in orders)
    return WorkBook(
        feeder=", ".join(dict.fromkeys(sheet.feeder for sheet in sheets)),
        study=", ".join(dict.fromkeys(sheet.study for sheet in sheets)),
        sheets=sheets,
        lists=lists,
    )


def _sheet(ledger: Ledger, item: Item) -> OrderSheet:
    """One order with what its events say."""
    day = crew_day(item)
    work: FieldWork = checked(ledger.plan_work(item.plan), FieldWork, ledger.name)
    return OrderSheet(
        name=item.name,
        feeder=item.feeder,
        study=work.study,
        day=day,
        promised=work.promised,
        date=item.day("date"),
        due=item.day("due"),
        team=str(item.known("team") or ""),
        station=item.station,
        manager=str(item.known("manager") or ""),
        rejected=tuple(event.detail["unit"] for event in item.all(Step.UNIT_REJECTED)),
    )
