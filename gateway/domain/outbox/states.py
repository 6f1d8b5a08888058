"""How an outbox row moves, as one table: whatever is not in it cannot happen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class OutboxState(StrEnum):
    """Where a row stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCLEAR = "unclear"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class OutboxEvent(StrEnum):
    """What happens to a row."""

    CLAIM = "claim"
    SENT = "sent"
    AGAIN = "again"  # surely not sent: tried later, by the holder of the token
    FAIL = "fail"  # surely not sent, and never will be
    UNKNOWN = "unknown"  # nobody knows whether it was sent
    LEASE_OVER = "lease over"
    CANCEL = "cancel"
    EXPIRE = "expire"
    SETTLE_SENT = "settle sent"
    SETTLE_FAILED = "settle failed"


# A result may come after the lease was over: whoever holds the token still knows best what became of the send.
MOVES: dict[tuple[OutboxState, OutboxEvent], OutboxState] = {
    (OutboxState.PENDING, OutboxEvent.CLAIM): OutboxState.SENDING,
    (OutboxState.PENDING, OutboxEvent.CANCEL): OutboxState.CANCELLED,
    (OutboxState.PENDING, OutboxEvent.EXPIRE): OutboxState.EXPIRED,
    (OutboxState.SENDING, OutboxEvent.SENT): OutboxState.SENT,
    (OutboxState.SENDING, OutboxEvent.AGAIN): OutboxState.PENDING,
    (OutboxState.SENDING, OutboxEvent.FAIL): OutboxState.FAILED,
    (OutboxState.SENDING, OutboxEvent.UNKNOWN): OutboxState.UNCLEAR,
    (OutboxState.SENDING, OutboxEvent.LEASE_OVER): OutboxState.UNCLEAR,
    (OutboxState.UNCLEAR, OutboxEvent.SENT): OutboxState.SENT,
    (OutboxState.UNCLEAR, OutboxEvent.AGAIN): OutboxState.PENDING,
    (OutboxState.UNCLEAR, OutboxEvent.FAIL): OutboxState.FAILED,
    (OutboxState.UNCLEAR, OutboxEvent.UNKNOWN): OutboxState.UNCLEAR,
    (OutboxState.UNCLEAR, OutboxEvent.SETTLE_SENT): OutboxState.SENT,
    (OutboxState.UNCLEAR, OutboxEvent.SETTLE_FAILED): OutboxState.FAILED,
}


class Impossible(ValueError):
    """The table has no such move."""


def find_next_state(state: OutboxState, event: OutboxEvent) -> OutboxState:
    """Return where the row stands after the event.

    Raises:
        Impossible: the event cannot happen in this state.
    """
    try:
        return MOVES[state, event]
    except KeyError:
        raise Impossible(f"{state} does not take: {event}") from None


DELIVERY_ORDER = ("", "moving", "failed", "delivered")


def choose_further_word(known: str, came: str) -> str:
    """Return the further of two words on a delivery: words come late and out of order, and never go back."""
    return max(known, came, key=DELIVERY_ORDER.index)


# When a row that was surely not sent is tried again, and what the next state of a row is after each result.

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60))
FAULTS_ALLOWED = 5
LAST_TRY = timedelta(minutes=1)
"""So long before its expiry a row is tried for the last time."""


@dataclass(frozen=True, slots=True)
class Next:
    """What follows: the event for the row, when it is due again (for ``plan_retry``), and why."""

    event: OutboxEvent
    reason: str = ""
    due_at: datetime | None = None


def find_delay(attempts: int) -> timedelta:
    """Return the span before the next try after so many tries; the last one repeats."""
    return DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]


def plan_retry(
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
        return Next(OutboxEvent.FAIL, reason or "gave_up")
    return Next(OutboxEvent.AGAIN, reason, due_at)


def plan_after_fault(*, attempts: int, now: datetime, wait: timedelta, expires_at: datetime) -> Next:
    """Plan what follows a fault of ours before the send: the fifth try is the last, and frees the lane."""
    if attempts >= FAULTS_ALLOWED:
        return Next(OutboxEvent.FAIL, "fault")
    return plan_retry(reason="fault", now=now, wait=wait, expires_at=expires_at)
