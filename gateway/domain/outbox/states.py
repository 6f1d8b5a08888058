"""Define the states of an outbox row and its possible moves as one table, and plan retries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class OutboxState(StrEnum):
    """State of a row."""

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
    AGAIN = "again"  # certainly not sent; retried later
    FAIL = "fail"  # certainly not sent, and never will be
    UNKNOWN = "unknown"  # unknown whether it was sent
    LEASE_OVER = "lease over"
    CANCEL = "cancel"
    EXPIRE = "expire"
    SETTLE_SENT = "settle sent"
    SETTLE_FAILED = "settle failed"


# A result may arrive after the lease ended: the holder of the token still knows best what happened.
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
    """Return the next state.

    Raises:
        Impossible: the event is not possible in this state.
    """
    try:
        return MOVES[state, event]
    except KeyError:
        raise Impossible(f"{state} does not take: {event}") from None


DELIVERY_ORDER = ("", "moving", "failed", "delivered")


def choose_further_word(known: str, came: str) -> str:
    """Return the further of two delivery states: reports arrive late and out of order, and never go back."""
    return max(known, came, key=DELIVERY_ORDER.index)


# Retries.

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60))
FAULTS_ALLOWED = 5
LAST_TRY = timedelta(minutes=1)
"""How long before its expiry a row is tried for the last time."""


@dataclass(frozen=True, slots=True)
class Next:
    """What follows: the event for the row, its next due time (for a retry), and the reason."""

    event: OutboxEvent
    reason: str = ""
    due_at: datetime | None = None


def find_delay(attempts: int) -> timedelta:
    """Return the delay after this many attempts; the last one repeats."""
    return DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]


def plan_retry(
    *, reason: str, now: datetime, wait: timedelta, expires_at: datetime, named: datetime | None = None
) -> Next:
    """Plan another attempt, not before an instant named by the provider; past its expiry a row fails.

    Where that instant is beyond the expiry, one more attempt is made shortly before it: a caller waits for the reply,
    and providers tend to name a round hour instead of the true end.

    Args:
        reason: why it was not sent.
        now: the instant.
        wait: the delay, jitter included.
        expires_at: after this instant the row is useless.
        named: the instant named by the provider.
    """
    due_at = max(now + wait, min(named or now, expires_at - LAST_TRY))
    if due_at >= expires_at:
        return Next(OutboxEvent.FAIL, reason or "gave_up")
    return Next(OutboxEvent.AGAIN, reason, due_at)


def plan_after_fault(*, attempts: int, now: datetime, wait: timedelta, expires_at: datetime) -> Next:
    """Plan what follows an internal error before the send: the fifth attempt is the last, and frees the lane."""
    if attempts >= FAULTS_ALLOWED:
        return Next(OutboxEvent.FAIL, "fault")
    return plan_retry(reason="fault", now=now, wait=wait, expires_at=expires_at)
