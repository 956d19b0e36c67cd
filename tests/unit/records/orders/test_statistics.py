"""Daily and weekly counts against a history told by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from gridplan.records.orders_confirm import Confirmation
from gridplan.records.orders_ledger import Ledger
from gridplan.records.orders_measured import Reading
from gridplan.records.orders_statistics import (
    NOBODY,
    TOTAL,
    Statistics,
    Tally,
    statistics,
    week_of,
)
from tests.unit.records.orders.test_actions import at_work, service
from tests.unit.records.orders.village import clerk, imported, write_plan


def counted(ledger: Ledger, first: int, last: int) -> Statistics:
    days = (dt.date(2027, 1, first), dt.date(2027, 1, last))
    return statistics(ledger.items(), *days, ledger.zone)


def tally(found: Statistics, kind: str, station: str = TOTAL) -> Tally:
    return next(row for row in found.tallies if (row.kind, row.station) == (kind, station))


@pytest.fixture
def told(filled: Ledger) -> Ledger:
    """Found on the 20th; order and I-1 closed on the 29th, I-2 waived on the 30th."""
    at_work(filled)
    even = Confirmation(after=Reading(a=10, b=10, c=10, n=0), hour=12)
    clerk(filled, 28, 13).confirm(filled.item("O-3"), even)
    clerk(filled, 29).close(filled.item("O-3"))
    clerk(filled, 29).close(filled.item("I-1"))
    clerk(filled, 30).waive(filled.item("I-2"), "in March", dt.date(2027, 3, 1))
    return filled


def test_before_anything_happened_nothing_is_counted(told: Ledger) -> None:
    assert counted(told, 19, 19).tallies == ()


def test_the_day_it_was_found(told: Ledger) -> None:
    found = tally(counted(told, 20, 20), "issue")
    assert (found.found, found.closed, found.unfinished) == (2, 0, 2)
    assert (found.rate_percent, found.mean_days) == (0.0, None)


def test_the_day_it_was_closed(told: Ledger) -> None:
    found = tally(counted(told, 29, 29), "issue")
    assert (found.found, found.closed, found.found_ever, found.closed_ever) == (0, 1, 2, 1)
    assert (found.rate_percent, found.mean_days) == (50.0, 9.0)
    assert tally(counted(told, 29, 29), "order").rate_percent == 100.0


def test_a_week_counts_what_its_days_count(told: Ledger) -> None:
    first, last = week_of(dt.date(2027, 1, 28))
    assert (first.isoformat(), last.isoformat()) == ("2027-01-25", "2027-01-31")
    week = tally(counted(told, 25, 31), "issue")
    days = [tally(counted(told, day, day), "issue") for day in range(25, 32)]
    assert week.closed == sum(day.closed for day in days) == 1
    assert week.found == sum(day.found for day in days) == 0
    assert week.unfinished == days[-1].unfinished == 1
    assert week.waived == 1


def test_overdue_is_what_is_late_unfinished_and_not_accepted(filled: Ledger) -> None:
    late = statistics(filled.items(), dt.date(2027, 2, 1), dt.date(2027, 2, 1), filled.zone)
    assert [item.name for item in late.overdue] == ["I-1", "O-3"]
    assert tally(late, "issue").overdue == 1
    clerk(filled).waive(filled.item("I-1"), "accepted", dt.date(2027, 3, 1))
    again = statistics(filled.items(), dt.date(2027, 2, 1), dt.date(2027, 2, 1), filled.zone)
    assert [item.name for item in again.overdue] == ["O-3"]


def test_days_end_at_the_ledgers_midnight(filled: Ledger) -> None:
    """00:30 in China on the 22nd is still the 21st in UTC."""
    clerk(filled, 21).assign(filled.item("O-3"), service())
    at = dt.datetime(2027, 1, 21, 16, 30, tzinfo=dt.UTC)
    from gridplan.records.orders_actions import Clerk

    Clerk(ledger=filled, author="7", at=at).reject(filled.item("O-3"), "no wire")
    assert tally(counted(filled, 21, 21), "order").rejected == 0
    assert tally(counted(filled, 22, 22), "order").rejected == 1
    assert tally(counted(filled, 22, 22), "order").rate_percent is None


def test_stations_add_up_to_the_total(ledger: Ledger, tmp_path: Path) -> None:
    imported(ledger, write_plan(tmp_path / "one"))
    from gridplan.records.orders_import import import_plan
    from gridplan.records.orders_plan import read_plan_folder

    folder = write_plan(tmp_path / "two", feeder="other")
    import_plan(ledger, read_plan_folder(folder), author="7", at=clerk(ledger, 20).at)
    found = counted(ledger, 18, 24)
    stations = [row.station for row in found.tallies if row.kind == "issue"]
    assert stations == [NOBODY, "Tucheng", TOTAL]
    for name in ("found", "unfinished", "found_ever"):
        parts = [getattr(tally(found, "issue", station), name) for station in stations[:-1]]
        assert sum(parts) == getattr(tally(found, "issue"), name) == 4


def test_broken_promises_are_listed(filled: Ledger) -> None:
    at_work(filled)
    bad = Confirmation(after=Reading(a=18, b=6, c=6, n=12), hour=12)
    clerk(filled, 28, 13).confirm(filled.item("O-3"), bad)
    assert [item.name for item in counted(filled, 28, 28).broken] == ["O-3"]
    clerk(filled, 29).close(filled.item("O-3"), note="meter was broken")
    assert counted(filled, 29, 29).broken == ()
