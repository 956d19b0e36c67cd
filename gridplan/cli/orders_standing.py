"""What a ledger of orders says to the next plan: applied to the feeder, marked in the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridplan.network.feeder import Feeder
    from gridplan.plan import Plan


def with_standing(feeder: Feeder, where: str | None) -> tuple[Feeder, Callable[[Plan], Plan]]:
    """The feeder with rejected units fixed, and what marks a plan with them and with waivers.

    Without a ledger both change nothing.
    """
    if where is None:
        return feeder, lambda plan: plan
    from gridplan.errors import Fault
    from gridplan.records.orders_ledger import open_ledger
    from gridplan.records.orders_standing import standing

    stands = standing(open_ledger(where), feeder.name)
    notes = [
        Fault(
            code="held-unit",
            where=unit.order,
            what=f"{unit.unit} stays where it is, as {unit.author} said: {unit.reason}",
            severity="note",
            rows=len(unit.customer_ids),
        )
        for unit in stands.held
    ]
    notes += [
        Fault(
            code="waived",
            where=waiver.source,
            what=f"{' '.join(waiver.key)} is accepted until {waiver.until} by {waiver.author}: "
            f"{waiver.reason}",
            severity="note",
        )
        for waiver in stands.waivers
    ]

    def mark(plan: Plan) -> Plan:
        return replace(plan, notes=(*plan.notes, *notes), waivers=stands.waivers)

    return feeder.with_fixed(stands.fixed_ids), mark
