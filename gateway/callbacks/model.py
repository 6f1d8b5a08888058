"""The states of a callback and what may happen in each: one table, and nothing outside it is possible."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a callback stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    CALLING = "calling"
    REVIEW = "review"
    REACHED = "reached"
    GIVEN_UP = "given_up"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Event(StrEnum):
    """What can happen to a callback.

    ``PUT_BACK`` is the release of one that was claimed out of review: it must not slip into the line undecided.
    ``WITHHOLD`` is what she said since, not plainly about this request: a person decides before her phone rings.
    ``UNPLACED`` stands for a call that she was told of and that the rules do not allow as it was told.
    ``RUN_OUT`` stands for a missed last attempt, a wrong number and a call that was not safe: a person decides.
    """

    CLAIM = "claim"
    RELEASE = "release"
    PUT_BACK = "put_back"
    CALL = "call"
    REACHED = "reached"
    MISSED = "missed"
    RUN_OUT = "run_out"
    UNCLEAR = "unclear"
    EMPTY = "empty"
    CLOSE = "close"
    GIVE_UP = "give_up"
    TRY_AGAIN = "try_again"
    CANCEL = "cancel"
    WITHHOLD = "withhold"
    WINDOW_PASSED = "window_passed"
    NOW_PASSED = "now_passed"
    AGED = "aged"
    UNPLACED = "unplaced"


OPEN = frozenset({State.WAITING, State.CLAIMED, State.CALLING, State.REVIEW})
HELD = frozenset({State.CLAIMED, State.CALLING})

MOVES: Mapping[State, Mapping[Event, State]] = {
    State.WAITING: {
        Event.CLAIM: State.CLAIMED,
        Event.CLOSE: State.CLOSED,
        Event.CANCEL: State.CANCELLED,
        Event.WITHHOLD: State.REVIEW,
        Event.WINDOW_PASSED: State.WAITING,
        Event.NOW_PASSED: State.EXPIRED,
        Event.AGED: State.EXPIRED,
        Event.UNPLACED: State.REVIEW,
    },
    State.CLAIMED: {
        Event.RELEASE: State.WAITING,
        Event.PUT_BACK: State.REVIEW,
        Event.CALL: State.CALLING,
        Event.CLOSE: State.CLOSED,
        Event.CANCEL: State.CANCELLED,
        Event.WITHHOLD: State.REVIEW,
    },
    State.CALLING: {
        Event.REACHED: State.REACHED,
        Event.MISSED: State.WAITING,
        Event.RUN_OUT: State.REVIEW,
        Event.UNCLEAR: State.REVIEW,
        Event.EMPTY: State.CLOSED,
        Event.CANCEL: State.CANCELLED,
    },
    State.REVIEW: {
        Event.CLAIM: State.CLAIMED,
        Event.CLOSE: State.CLOSED,
        Event.GIVE_UP: State.GIVEN_UP,
        Event.TRY_AGAIN: State.WAITING,
        Event.CANCEL: State.CANCELLED,
        Event.WITHHOLD: State.REVIEW,
        Event.AGED: State.EXPIRED,
    },
    State.REACHED: {Event.CALL: State.CALLING, Event.CLOSE: State.CLOSED},
    State.GIVEN_UP: {},
    State.CLOSED: {},
    State.CANCELLED: {},
    State.EXPIRED: {},
}


class IllegalMove(Exception):
    """The event cannot happen in this state; nothing was changed."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"a callback that is {state} takes no {event}")
        self.state = state
        self.event = event


def move(state: State, event: Event) -> State:
    """Return the state that follows.

    Raises:
        IllegalMove: the table does not know this event in this state.
    """
    try:
        return MOVES[state][event]
    except KeyError:
        raise IllegalMove(state, event) from None


def taking(event: Event) -> tuple[State, ...]:
    """Return the states in which the event can happen, for the condition of an update."""
    return tuple(state for state, moves in MOVES.items() if event in moves)


def target(event: Event) -> State:
    """Return the one state that the event leads to, whatever it was before."""
    return next(moves[event] for moves in MOVES.values() if event in moves)
