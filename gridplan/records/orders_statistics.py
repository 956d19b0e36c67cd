"""Daily statistics and weekly report (日统计 周汇报): found, closed, rate, overdue, per station."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridplan.records.orders_states import State, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from gridplan.records.orders_item import Item

#: How the row of all stations, and that of items without one, are called.
TOTAL, NOBODY = "total", "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What happened at one station in a period, and how it stands at its end.

    Attributes
    ----------
    station : its name; ``TOTAL`` for all, ``NOBODY`` where none was named
    kind : "issue" or "order"
    found, closed, rejected : within the period
    found_ever, closed_ever, rejected_ever : up to its end
    unfinished : neither closed nor rejected at its end
    waived, overdue : of these; what is waived is not overdue
    rate_percent : closed of found without the rejected, up to the end; None where there is nothing
    mean_days : from found to closed, of those closed within the period; None without any
    """

    station: str
    kind: str
    found: int
    closed: int
    rejected: int
    found_ever: int
    closed_ever: int
    rejected_ever: int
    unfinished: int
    waived: int
    overdue: int
    rate_percent: float | None
    mean_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Tallies of a period, and the items that need somebody's attention at its end.

    Attributes
    ----------
    first_day, last_day : of the period, both included
    tallies : per kind and station, the total of each kind last
    overdue : items at the end of the period, the longest overdue first
    broken : orders whose measured currents do not keep the promise, and are not closed
    """

    first_day: dt.date
    last_day: dt.date
    tallies: tuple[Tally, ...]
    overdue: tuple[Item, ...]
    broken: tuple[Item, ...]


def week_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """Monday and Sunday of the week of a day."""
    monday = day - dt.timedelta(days=day.weekday())
    return monday, monday + dt.timedelta(days=6)


def statistics(
    items: Sequence[Item], first_day: dt.date, last_day: dt.date, zone: ZoneInfo
) -> Statistics:
    """Count what happened from the first day to the last, both included, in a zone's days.

    What was written down later counts at the time it happened.
    """
    start = dt.datetime.combine(first_day, dt.time(), tzinfo=zone)
    end = dt.datetime.combine(last_day + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    end -= dt.timedelta(microseconds=1)
    then = [item for found in items if (item := found.until(end)) is not None]
    tallies: list[Tally] = []
    for kind in dict.fromkeys(item.kind for item in then):
        own = [item for item in then if item.kind == kind]
        stations = sorted({item.station or NOBODY for item in own})
        for station in stations:
            here = [item for item in own if (item.station or NOBODY) == station]
            tallies.append(_tally(station, kind, here, start, last_day))
        tallies.append(_tally(TOTAL, kind, own, start, last_day))
    late = [item for item in then if item.overdue(last_day)]
    late.sort(key=lambda item: (item.day("due") or last_day, item.number))
    broken = [item for item in then if not item.settled and verdict_of(item) == "not_kept"]
    return Statistics(
        first_day=first_day,
        last_day=last_day,
        tallies=tuple(tallies),
        overdue=tuple(late),
        broken=tuple(broken),
    )


def verdict_of(item: Item) -> str | None:
    """What the latest measured currents say of the promise; None where nothing was measured."""
    event = item.last(Step.CONFIRMED)
    compared: dict[str, Any] = (event.detail.get("comparison") if event else None) or {}
    return compared.get("verdict")


def _tally(
    station: str, kind: str, items: Sequence[Item], start: dt.datetime, last_day: dt.date
) -> Tally:
    """Count the items of one kind at one station as they stand at the end."""
    closed = [item for item in items if item.state is State.CLOSED]
    rejected = [item for item in items if item.state is State.REJECTED]
    closed_now = [item for item in closed if item.events[-1].at >= start]
    days = [(item.events[-1].at - item.events[0].at) / dt.timedelta(days=1) for item in closed_now]
    valid = len(items) - len(rejected)
    return Tally(
        station=station,
        kind=kind,
        found=_count(item.events[0].at >= start for item in items),
        closed=len(closed_now),
        rejected=_count(_at(item, Step.REJECTED) >= start for item in rejected),
        found_ever=len(items),
        closed_ever=len(closed),
        rejected_ever=len(rejected),
        unfinished=_count(not item.settled for item in items),
        waived=_count(not item.settled and item.waiver(last_day) is not None for item in items),
        overdue=_count(item.overdue(last_day) for item in items),
        rate_percent=round(100 * len(closed) / valid, 1) if valid else None,
        mean_days=round(sum(days) / len(days), 1) if days else None,
    )


def _at(item: Item, step: Step) -> dt.datetime:
    event = item.last(step)
    return item.events[-1].at if event is None else event.at


def _count(flags: Iterable[bool]) -> int:
    return sum(flags)
