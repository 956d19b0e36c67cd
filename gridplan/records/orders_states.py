"""The states of issues and orders (销号制), and which event leads from which to which.

The state is never stored: it is what the events of an item, read in their order, lead to.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class State(StrEnum):
    """Where an issue or an order stands."""

    OPEN = "open"  #: recorded (登记)
    ASSIGNED = "assigned"  #: a team, a station and a manager answer for it (定人定责)
    IN_PROGRESS = "in_progress"  #: being worked on (处理)
    VERIFY = "verify"  #: done, to be checked (复核)
    CLOSED = "closed"  #: checked and crossed out (销号)
    REJECTED = "rejected"  #: will not be done


class Step(StrEnum):
    """What can happen to an issue or an order; each is one event."""

    CREATED = "created"
    SEEN = "seen"  #: a later plan found the same issue again
    ASSIGNED = "assigned"
    STARTED = "started"
    CONFIRMED = "confirmed"  #: done, with measured currents and phases as found
    CLOSED = "closed"
    REJECTED = "rejected"
    UNIT_REJECTED = "unit_rejected"  #: one movable unit of an order stays where it is
    REOPENED = "reopened"
    WAIVED = "waived"  #: an issue is accepted for some time


#: Steps that change nothing, and the states in which they are allowed.
_STAY: Mapping[Step, frozenset[State]] = {
    Step.SEEN: frozenset(State) - {State.CLOSED},
    Step.WAIVED: frozenset(State) - {State.CLOSED, State.REJECTED},
    Step.UNIT_REJECTED: frozenset({State.OPEN, State.ASSIGNED, State.IN_PROGRESS}),
}

#: Where each step leads, by the state it starts from; what is not named is refused.
TRANSITIONS: Mapping[tuple[State, Step], State] = {
    (State.OPEN, Step.ASSIGNED): State.ASSIGNED,
    (State.ASSIGNED, Step.ASSIGNED): State.ASSIGNED,
    (State.ASSIGNED, Step.STARTED): State.IN_PROGRESS,
    (State.IN_PROGRESS, Step.CONFIRMED): State.VERIFY,
    (State.VERIFY, Step.CONFIRMED): State.VERIFY,
    (State.VERIFY, Step.STARTED): State.IN_PROGRESS,
    (State.VERIFY, Step.CLOSED): State.CLOSED,
    (State.OPEN, Step.REJECTED): State.REJECTED,
    (State.ASSIGNED, Step.REJECTED): State.REJECTED,
    (State.IN_PROGRESS, Step.REJECTED): State.REJECTED,
    (State.REJECTED, Step.REOPENED): State.OPEN,
    **{(state, step): state for step, states in _STAY.items() for state in states},
}

#: States in which nothing is left to do.
SETTLED = frozenset({State.CLOSED, State.REJECTED})

#: How far an item has come; issues follow the slowest of their orders along it.
PROGRESS = (State.OPEN, State.ASSIGNED, State.IN_PROGRESS, State.VERIFY)


def steps_from(state: State) -> tuple[Step, ...]:
    """Steps that a state allows, in the order of ``Step``."""
    return tuple(step for step in Step if (state, step) in TRANSITIONS)


def state_of(steps: Iterable[Step]) -> State:
    """The state that a history leads to; ``ValueError`` for one that cannot have happened."""
    history = iter(steps)
    if next(history, None) is not Step.CREATED:
        raise ValueError("a history begins with: created")
    state = State.OPEN
    for step in history:
        if (state, step) not in TRANSITIONS:
            raise ValueError(f"{step} is not possible in the state {state}")
        state = TRANSITIONS[state, step]
    return state
