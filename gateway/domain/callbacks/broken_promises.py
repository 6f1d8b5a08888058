"""Define which promises to a caller break without an act, and when; each is confessed until a person reads it.

A request for *now* dies by itself, danger may wait for a window of next week, a talk may stay without an end, and a
call without an outcome. None of them makes a sound, so a periodic task looks for them by this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.callbacks.states import CallbackState


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
