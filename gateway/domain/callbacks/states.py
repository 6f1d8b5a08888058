"""Define the states of a callback request and the events possible in each, as one table; no other move exists."""

from collections.abc import Mapping
from enum import StrEnum


class CallbackState(StrEnum):
    """State of a request."""

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
    """What can happen to a request.

    ``PUT_BACK`` releases a request that was claimed from review, so that it does not enter the queue undecided.
    ``WITHHOLD`` is a later statement of the caller, not plainly about this request: staff decide before a call.
    ``UNPLACED`` is a call that was promised while SQL was down and that the rules do not allow as promised.
    ``REOPEN`` puts a request that is over into review, where a supervisor decides; what she cancelled stays cancelled.
    ``RUN_OUT`` is a missed last attempt, a wrong number or an unsafe call: staff decide.
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
    RESUME = "resume"
    CANCEL = "cancel"
    WITHHOLD = "withhold"
    WINDOW_PASSED = "window_passed"
    NOW_PASSED = "now_passed"
    AGED = "aged"
    UNPLACED = "unplaced"
    REOPEN = "reopen"


OPEN = frozenset({CallbackState.WAITING, CallbackState.CLAIMED, CallbackState.CALLING, CallbackState.REVIEW})
HELD = frozenset({CallbackState.CLAIMED, CallbackState.CALLING})
OVER = frozenset(
    {CallbackState.GIVEN_UP, CallbackState.CLOSED, CallbackState.CANCELLED, CallbackState.EXPIRED}
)

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
        CallbackEvent.RESUME: CallbackState.CALLING,
        CallbackEvent.CANCEL: CallbackState.CANCELLED,
        CallbackEvent.WITHHOLD: CallbackState.REVIEW,
        CallbackEvent.AGED: CallbackState.EXPIRED,
    },
    CallbackState.REACHED: {
        CallbackEvent.CALL: CallbackState.CALLING,
        CallbackEvent.CLOSE: CallbackState.CLOSED,
    },
    CallbackState.GIVEN_UP: {CallbackEvent.REOPEN: CallbackState.REVIEW},
    CallbackState.CLOSED: {CallbackEvent.REOPEN: CallbackState.REVIEW},
    CallbackState.CANCELLED: {},
    CallbackState.EXPIRED: {CallbackEvent.REOPEN: CallbackState.REVIEW},
}


class IllegalMove(Exception):
    """The event cannot happen in this state; nothing was changed."""

    def __init__(self, state: CallbackState, event: CallbackEvent) -> None:
        super().__init__(f"a callback that is {state} takes no {event}")
        self.state = state
        self.event = event


def move_callback(state: CallbackState, event: CallbackEvent) -> CallbackState:
    """Return the next state.

    Raises:
        IllegalMove: the event is not possible in this state.
    """
    try:
        return MOVES[state][event]
    except KeyError:
        raise IllegalMove(state, event) from None


def list_sources(event: CallbackEvent) -> tuple[CallbackState, ...]:
    """Return the states in which the event is possible, for the condition of an UPDATE."""
    return tuple(state for state, moves in MOVES.items() if event in moves)


def find_target(event: CallbackEvent) -> CallbackState:
    """Return the single state that the event leads to."""
    return next(moves[event] for moves in MOVES.values() if event in moves)
