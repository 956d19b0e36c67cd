"""No path violates the state machine, and no step rewrites what was written before."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gridplan.errors import LedgerError
from gridplan.records.orders_item import Item
from gridplan.records.orders_ledger import Entry, open_ledger
from gridplan.records.orders_states import (
    SETTLED,
    TRANSITIONS,
    State,
    Step,
    state_of,
    steps_from,
)
from tests.unit.records.orders.village import imported, moment, write_plan

#: How 销号制 goes, written down a second time: what may follow what.
WAY = {
    State.OPEN: {State.ASSIGNED, State.REJECTED},
    State.ASSIGNED: {State.ASSIGNED, State.IN_PROGRESS, State.REJECTED},
    State.IN_PROGRESS: {State.VERIFY, State.REJECTED},
    State.VERIFY: {State.VERIFY, State.IN_PROGRESS, State.CLOSED},
    State.CLOSED: set(),
    State.REJECTED: {State.OPEN},
}
STAYING = {Step.SEEN, Step.WAIVED, Step.UNIT_REJECTED}


def test_transitions_are_those_of_the_close_out() -> None:
    found: dict[State, set[State]] = {state: set() for state in State}
    for (state, step), after in TRANSITIONS.items():
        if step in STAYING:
            assert after is state
        else:
            found[state].add(after)
    assert found == WAY


def test_nothing_leaves_closed_and_only_reopening_leaves_rejected() -> None:
    assert steps_from(State.CLOSED) == ()
    assert set(steps_from(State.REJECTED)) == {Step.SEEN, Step.REOPENED}


@given(st.lists(st.sampled_from(list(Step)), max_size=12))
def test_a_history_has_a_state_or_is_refused(steps: list[Step]) -> None:
    try:
        state = state_of(steps)
    except ValueError:
        return
    assert steps[0] is Step.CREATED
    assert steps.count(Step.CREATED) == 1
    if state is State.CLOSED:
        assert steps[-1] is Step.CLOSED
        assert Step.CONFIRMED in steps
        assert Step.ASSIGNED in steps
        assert Step.STARTED in steps
    for length in range(1, len(steps)):
        assert state_of(steps[:length]) is not State.CLOSED


class LedgerMachine(RuleBasedStateMachine):
    """Clerks who try everything on a real ledger, at any time, with any knowledge."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        self.path = home / "orders.sqlite"
        self.ledger = open_ledger(str(self.path), create=True)
        imported(self.ledger, write_plan(home / "plan"))
        self.known: dict[int, Item] = {item.number: item for item in self.ledger.items()}
        self.hour = 0

    @rule(
        number=st.integers(1, 3),
        step=st.sampled_from(list(Step)),
        behind=st.integers(0, 2),
        earlier=st.booleans(),
    )
    def try_step(self, number: int, step: Step, behind: int, earlier: bool) -> None:
        """A step succeeds exactly when the state allows it and the author is up to date."""
        item = self.known[number]
        self.hour += 1
        at = moment(19) if earlier else moment(20 + self.hour // 24 % 10, self.hour % 24)
        version = item.version - behind
        late = at < item.events[-1].at
        allowed = (item.state, step) in TRANSITIONS and behind == 0 and not late
        entry = Entry(number=number, step=step, detail={"n": self.hour}, version=version)
        if allowed:
            self.ledger.add([entry], author="7", at=at)
        else:
            with pytest.raises(LedgerError):
                self.ledger.add([entry], author="7", at=at)
        after = self.ledger.item(str(number))
        assert after.version == item.version + allowed

    @precondition(lambda self: self.hour > 0)
    @rule(table=st.sampled_from(["event", "item", "link", "plan", "meta"]), act=st.integers(0, 2))
    def tamper(self, table: str, act: int) -> None:
        """Whoever opens the file with another program cannot change what stands there."""
        name = f"gridplan_{table}"
        column = {"event": "author", "item": "title", "plan": "study", "meta": "value"}
        statements = (
            f"DELETE FROM {name}",
            f"UPDATE {name} SET {column.get(table, 'issue_number')} = 1",
            f"INSERT OR REPLACE INTO {name} SELECT * FROM {name} LIMIT 1",
        )
        connection = sqlite3.connect(self.path)
        with pytest.raises(sqlite3.IntegrityError, match=r"never rewritten|is there already"):
            connection.execute(statements[act])
        connection.close()

    @invariant()
    def history_only_grows(self) -> None:
        for item in self.ledger.items():
            before = self.known[item.number]
            assert item.events[: before.version] == before.events
            assert (item.title, item.detail, item.key) == (before.title, before.detail, before.key)
            assert [event.version for event in item.events] == list(range(1, item.version + 1))
            assert item.state is state_of(event.step for event in item.events)
            times = [event.at for event in item.events]
            assert times == sorted(times)
            assert all(event.at.utcoffset() is not None for event in item.events)
            assert item.settled == (item.state in SETTLED)
            self.known[item.number] = item

    def teardown(self) -> None:
        self.ledger.engine.dispose()
        self.folder.cleanup()


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=5, stateful_step_count=12, deadline=None)
