"""The states of a callback and what may happen in each: one table, and nothing outside it is possible."""

from collections.abc import Mapping
from enum import StrEnum


class CallbackState(StrEnum):
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


class CallbackEvent(StrEnum):
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


OPEN = frozenset({CallbackState.WAITING, CallbackState.CLAIMED, CallbackState.CALLING, CallbackState.REVIEW})
HELD = frozenset({CallbackState.CLAIMED, CallbackState.CALLING})

MOVES: Mapping[CallbackState, Mapping[CallbackEvent, CallbackState]] = {
    CallbackState.WAITING: {
        CallbackEvent.CLAIM: CallbackState.CLAIMED,
        CallbackEvent.CLOSE: CallbackState.CLOSED,
        CallbackEvent.CANCEL: CallbackState.CANCELLED,
        CallbackEvent.WITHHOLD: CallbackState.REVIEW,
        CallbackEvent.WINDOW_PASSED: CallbackState.WAITING,
        CallbackEvent.NOW_PASSED: CallbackState.EXPIRED,
        CallbackEvent.AGED: CallbackState.EXPIRED,
        CallbackEvent.UNPLACED: CallbackState.REVIEW,
    },
    CallbackState.CLAIMED: {
        CallbackEvent.RELEASE: CallbackState.WAITING,
        CallbackEvent.PUT_BACK: CallbackState.REVIEW,
        CallbackEvent.CALL: CallbackState.CALLING,
        CallbackEvent.CLOSE: CallbackState.CLOSED,
        CallbackEvent.CANCEL: CallbackState.CANCELLED,
        CallbackEvent.WITHHOLD: CallbackState.REVIEW,
    },
    CallbackState.CALLING: {
        CallbackEvent.REACHED: CallbackState.REACHED,
        CallbackEvent.MISSED: CallbackState.WAITING,
        CallbackEvent.RUN_OUT: CallbackState.REVIEW,
        CallbackEvent.UNCLEAR: CallbackState.REVIEW,
        CallbackEvent.EMPTY: CallbackState.CLOSED,
        CallbackEvent.CANCEL: CallbackState.CANCELLED,
    },
    CallbackState.REVIEW: {
        CallbackEvent.CLAIM: CallbackState.CLAIMED,
        CallbackEvent.CLOSE: CallbackState.CLOSED,
        CallbackEvent.GIVE_UP: CallbackState.GIVEN_UP,
        CallbackEvent.TRY_AGAIN: CallbackState.WAITING,
        CallbackEvent.CANCEL: CallbackState.CANCELLED,
        CallbackEvent.WITHHOLD: CallbackState.REVIEW,
        CallbackEvent.AGED: CallbackState.EXPIRED,
    },
    CallbackState.REACHED: {
        CallbackEvent.CALL: CallbackState.CALLING,
        CallbackEvent.CLOSE: CallbackState.CLOSED,
    },
    CallbackState.GIVEN_UP: {},
    CallbackState.CLOSED: {},
    CallbackState.CANCELLED: {},
    CallbackState.EXPIRED: {},
}


class IllegalMove(Exception):
    """The event cannot happen in this state; nothing was changed."""

    def __init__(self, state: CallbackState, event: CallbackEvent) -> None:
        super().__init__(f"a callback that is {state} takes no {event}")
        self.state = state
        self.event = event


def move_callback(state: CallbackState, event: CallbackEvent) -> CallbackState:
    """Return the state that follows.

    Raises:
        IllegalMove: the table does not know this event in this state.
    """
    try:
        return MOVES[state][event]
    except KeyError:
        raise IllegalMove(state, event) from None


def list_sources(event: CallbackEvent) -> tuple[CallbackState, ...]:
    """Return the states in which the event can happen, for the condition of an update."""
    return tuple(state for state, moves in MOVES.items() if event in moves)


def find_target(event: CallbackEvent) -> CallbackState:
    """Return the one state that the event leads to, whatever it was before."""
    return next(moves[event] for moves in MOVES.values() if event in moves)
