"""Opening a ledger, two clerks at once, and everything or nothing."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import insert

from gridplan.errors import LedgerError
from gridplan.records import orders_schema as tables
from gridplan.records.orders_ledger import Entry, Ledger, open_ledger
from gridplan.records.orders_states import State, Step
from tests.unit.records.orders.village import moment


def codes(error: pytest.ExceptionInfo[LedgerError]) -> list[str]:
    return [fault.code for fault in error.value.faults]


def test_a_missing_ledger_is_not_made_by_reading(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite"
    with pytest.raises(LedgerError) as error:
        open_ledger(str(path))
    assert codes(error) == ["ledger-missing"]
    assert not path.exists()


def test_an_empty_file_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite"
    path.touch()
    with pytest.raises(LedgerError) as error:
        open_ledger(str(path))
    assert codes(error) == ["ledger-missing"]


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.sqlite"
    path.write_text("this is no database, but long enough to look at\n" * 50)
    with pytest.raises(LedgerError) as error:
        open_ledger(str(path), create=True)
    assert codes(error) == ["ledger"]
    assert "database" in str(error.value)


@pytest.mark.parametrize(
    "url", ["nosuch://host/db", "postgresql+nodriver://clerk:secret@host/db", "sqlite+nope:///x"]
)
def test_urls_without_a_driver_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(LedgerError) as error:
        open_ledger(url)
    assert codes(error) == ["ledger"]
    assert "secret" not in str(error.value)


def test_a_url_serves_as_well_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    open_ledger(f"sqlite:///{path}", create=True).engine.dispose()
    again = open_ledger(str(path))
    assert again.items() == ()
    again.engine.dispose()


def test_a_ledger_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    ledger = open_ledger(str(path), create=True)
    ledger.engine.dispose()
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER gridplan_meta_no_update")
    connection.execute("UPDATE gridplan_meta SET value = '99' WHERE name = 'schema_version'")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError) as error:
        open_ledger(str(path))
    assert codes(error) == ["ledger-version"]


def test_the_zone_is_kept_and_checked(tmp_path: Path) -> None:
    path = str(tmp_path / "orders.sqlite")
    with pytest.raises(LedgerError) as error:
        open_ledger(path, create=True, zone="Mars/Olympus")
    assert codes(error) == ["zone"]
    open_ledger(path, create=True, zone="Europe/Berlin").engine.dispose()
    again = open_ledger(path, create=True, zone="Asia/Urumqi")
    assert again.zone.key == "Europe/Berlin"
    assert again.now().tzinfo is again.zone
    again.engine.dispose()


@pytest.mark.parametrize("name", ["O-1", "I-3", "I-99", "X-1", "", "I-", "3.0"])
def test_unknown_names(filled: Ledger, name: str) -> None:
    with pytest.raises(LedgerError) as error:
        filled.item(name)
    assert codes(error) == ["unknown-item"]


@pytest.mark.parametrize("name", ["O-3", "o-3", "3", " 3 "])
def test_names_as_people_write_them(filled: Ledger, name: str) -> None:
    assert filled.item(name).name == "O-3"


def test_the_second_clerk_is_told(filled: Ledger) -> None:
    seen = filled.item("O-3").version
    first = Entry(number=3, step=Step.ASSIGNED, detail={"team": "service"}, version=seen)
    filled.add([first], author="7", at=moment(21))
    second = Entry(number=3, step=Step.REJECTED, detail={"reason": "no"}, version=seen)
    with pytest.raises(LedgerError) as error:
        filled.add([second], author="8", at=moment(22))
    assert codes(error) == ["changed-meanwhile"]
    assert filled.item("O-3").state is State.ASSIGNED


def test_two_events_of_one_number_cannot_both_stand(filled: Ledger) -> None:
    """What happens when both clerks have read before either has written."""
    values = {
        "item": 3,
        "version": 2,
        "step": "assigned",
        "at": moment(21).astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "recorded": moment(21).astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "author": "7",
        "detail": "{}",
    }
    for attempt in (1, 2):
        if attempt == 1:
            with filled.connected() as connection:
                connection.execute(insert(tables.events), values)
        else:
            with pytest.raises(LedgerError) as error, filled.connected() as connection:
                connection.execute(insert(tables.events), values)
            assert codes(error) == ["changed-meanwhile"]
    assert filled.item("O-3").version == 2


def test_all_events_or_none(filled: Ledger) -> None:
    good = Entry(number=1, step=Step.ASSIGNED, detail={})
    bad = Entry(number=2, step=Step.CLOSED, detail={})
    with pytest.raises(LedgerError) as error:
        filled.add([good, bad], author="7", at=moment(21))
    assert codes(error) == ["state"]
    assert filled.item("I-1").state is State.OPEN


def test_times_keep_their_moment_whatever_zone_they_come_in(filled: Ledger) -> None:
    berlin = dt.datetime(2027, 1, 21, 2, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    filled.add([Entry(number=3, step=Step.ASSIGNED, detail={})], author="7", at=berlin)
    event = filled.item("O-3").events[-1]
    assert event.at == moment(21)
    assert event.recorded.utcoffset() == dt.timedelta(0)


def test_what_a_name_holds_is_data(filled: Ledger) -> None:
    evil = "'); DROP TABLE gridplan_event; --"
    detail = {"team": evil}
    filled.add([Entry(number=3, step=Step.ASSIGNED, detail=detail)], author=evil, at=moment(21))
    event = filled.item("O-3").events[-1]
    assert (event.author, event.detail) == (evil, detail)
    assert filled.items(feeder=evil) == ()
