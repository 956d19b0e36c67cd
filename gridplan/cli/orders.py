"""``gridplan orders``: the ledger of issues and orders, from a plan to the closed order."""

from __future__ import annotations

import rich_click as click

from gridplan.cli.lazy import LazyGroup

COMMANDS = {
    "import": "gridplan.cli.orders_import:import_orders",
    "list": "gridplan.cli.orders_list:list_orders",
    "show": "gridplan.cli.orders_list:show_order",
    "assign": "gridplan.cli.orders_assign:assign",
    "start": "gridplan.cli.orders_steps:start",
    "confirm": "gridplan.cli.orders_confirm:confirm",
    "close": "gridplan.cli.orders_steps:close",
    "reject": "gridplan.cli.orders_steps:reject",
    "reopen": "gridplan.cli.orders_steps:reopen",
    "waive": "gridplan.cli.orders_steps:waive",
    "report": "gridplan.cli.orders_report:report",
    "print": "gridplan.cli.orders_print:print_orders",
    "apply": "gridplan.cli.orders_apply:apply",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def orders() -> None:
    """Keep the ledger of issues and orders (销号制): nothing in it is ever changed or deleted.

    States: open, assigned, in_progress, verify, closed, rejected. Issues are called I-1, orders
    O-2, ...
    """
