"""Who does an order or answers for an issue, and when; why not on some days."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gridplan.demand.no_outage import outage_refusal
from gridplan.errors import Fault, LedgerError
from gridplan.records.field_types import CrewDay, checked
from gridplan.records.orders_item import ORDER, Item

if TYPE_CHECKING:
    from collections.abc import Iterator


class Team(StrEnum):
    """Kinds of team; source: news of Yuping, 2015 (status V)."""

    SERVICE = "service"  #: 服务队: balancing and repair at transformer areas
    PUBLICITY = "publicity"  #: 宣传队: safe use, shifting of peaks, tariff
    VANGUARD = "vanguard"  #: 先锋队: elderly people, children left behind, disaster relief


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who and when.

    Attributes
    ----------
    team, station, manager : kind of team; supply station; staff number of the area's manager
    date : planned day of the work
    due : new last day
    despite : why an outage is planned on a day on which none should be
    """

    team: Team
    station: str
    manager: str
    date: dt.date | None = None
    due: dt.date | None = None
    despite: str = ""

    def faults(self, item: Item) -> Iterator[Fault]:
        """Why an item cannot be assigned so."""
        if not self.station and not item.station:
            what, remedy = "has no station", "name it with --station"
            yield Fault(code="station", where=item.name, what=what, remedy=remedy)
        reason = self.refusal(item)
        if reason is not None and not self.despite:
            remedy = "choose an earlier day; --despite REASON plans it all the same"
            yield Fault(code="no-outage", where=item.name, what=reason, remedy=remedy)

    def refusal(self, item: Item) -> str | None:
        """Why no outage should be planned on its date; None when nothing speaks against it."""
        if self.date is None or item.kind != ORDER or not crew_day(item).needs_outage:
            return None
        return outage_refusal(self.date)

    def detail(self) -> dict[str, Any]:
        """What the event holds: only what was given."""
        given = {
            "team": self.team.value,
            "station": self.station,
            "manager": self.manager,
            "date": None if self.date is None else self.date.isoformat(),
            "due": None if self.due is None else self.due.isoformat(),
            "despite": self.despite,
        }
        return {name: value for name, value in given.items() if value}


def crew_day(item: Item) -> CrewDay:
    """The work of an order as its plan made it."""
    if item.kind != ORDER:
        fault = Fault(
            code="no-order",
            where=item.name,
            what="is an issue, and what was asked for is about orders",
            remedy="name an order, O-...",
        )
        raise LedgerError(item.name, [fault])
    day: CrewDay = checked(json.dumps(item.detail), CrewDay, item.name)
    return day
