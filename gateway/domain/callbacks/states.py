"""Define the states of a callback request, the events possible in each, and which promises break by their mere passing.

One table holds every move; no other exists. A request for *now* dies by itself, danger may wait for a window of next
week, a talk may stay without an end, and a call without an outcome. None of these makes a sound, so a periodic task
looks for them by the facts of each state, and each is confessed until a person reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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


class BrokenPromise(StrEnum):
    """The kinds of broken promises; the words are stored and counted."""

    NOW_EXPIRED = "now_expired"
    DANGER_LATE = "danger_late"
    NOT_CLOSED = "not_closed"
    UNCLEAR = "unclear"


NOT_CALLED, NOT_REACHED_IN_TIME = "not called in time", "not reached in time"
"""Reasons of a request for *now* that expired: nobody called, or the calls did not reach her."""

NO_OUTCOME = "unclear"
"""Reason of a request in review because a call was left without an outcome."""

DANGER_WITHIN = timedelta(hours=12)
CLOSED_WITHIN = timedelta(hours=2)
AGAIN_AFTER = timedelta(hours=12)
"""What still stands this long after a person has read it is confessed again; an expired request is read once."""

STANDS_IN: Mapping[BrokenPromise, tuple[CallbackState, ...]] = {
    BrokenPromise.NOW_EXPIRED: (CallbackState.EXPIRED,),
    BrokenPromise.DANGER_LATE: (CallbackState.WAITING, CallbackState.CLAIMED),
    BrokenPromise.NOT_CLOSED: (CallbackState.REACHED,),
    BrokenPromise.UNCLEAR: (CallbackState.REVIEW,),
}
"""The states in which a broken promise is still one; the next step of the request mends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseFacts:
    """What decides about the promises of one request.

    Attributes:
        state: its state.
        reason: the reason stored with the state.
        danger: its priority is danger.
        asked_at: when the caller asked.
        due_at: the start of its next window, if any.
        changed_at: when its state last changed.
    """

    state: CallbackState
    reason: str
    danger: bool
    asked_at: datetime
    due_at: datetime | None
    changed_at: datetime


def find_broken_promise(facts: PromiseFacts, now: datetime) -> BrokenPromise | None:
    """Return the promise of this request that is broken now; None while all are kept."""
    match facts.state:
        case CallbackState.EXPIRED if facts.reason == NOT_CALLED:
            return BrokenPromise.NOW_EXPIRED
        case CallbackState.WAITING | CallbackState.CLAIMED if facts.danger:
            ahead = facts.due_at is not None and facts.due_at > now + DANGER_WITHIN
            is_late = ahead or facts.asked_at <= now - DANGER_WITHIN
            return BrokenPromise.DANGER_LATE if is_late else None
        case CallbackState.REACHED if facts.changed_at <= now - CLOSED_WITHIN:
            return BrokenPromise.NOT_CLOSED
        case CallbackState.REVIEW if facts.reason == NO_OUTCOME:
            return BrokenPromise.UNCLEAR
        case _:
            return None
