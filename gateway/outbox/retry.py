"""When a row that was surely not sent is tried again, and what the next state of a row is after each result."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.outbox.states import Event

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60))
FAULTS_ALLOWED = 5
LAST_TRY = timedelta(minutes=1)
"""So long before its expiry a row is tried for the last time."""


@dataclass(frozen=True, slots=True)
class Next:
    """What follows: the event for the row, when it is due again (for ``again``), and why."""

    event: Event
    reason: str = ""
    due_at: datetime | None = None


def delay(attempts: int) -> timedelta:
    """Return the span before the next try after so many tries; the last one repeats."""
    return DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]


def again(
    *, reason: str, now: datetime, wait: timedelta, expires_at: datetime, named: datetime | None = None
) -> Next:
    """Plan another try, not before the instant that the provider named; past its expiry a row has failed.

    A provider that names an instant beyond that expiry is tried once more shortly before it: she waits for an answer,
    and what is named is as a rule a round hour and not the end of what the provider refuses.

    Args:
        reason: why it was not sent.
        now: the present instant.
        wait: the delay, jitter included.
        expires_at: after this instant the row is worth nothing.
        named: the provider's own wish.
    """
    due_at = max(now + wait, min(named or now, expires_at - LAST_TRY))
    if due_at >= expires_at:
        return Next(Event.FAIL, reason or "gave_up")
    return Next(Event.AGAIN, reason, due_at)


def after_fault(*, attempts: int, now: datetime, wait: timedelta, expires_at: datetime) -> Next:
    """Plan what follows a fault of ours before the send: the fifth try is the last, and frees the lane."""
    if attempts >= FAULTS_ALLOWED:
        return Next(Event.FAIL, "fault")
    return again(reason="fault", now=now, wait=wait, expires_at=expires_at)
