"""How an outbox row moves, as one table: whatever is not in it cannot happen."""

from enum import StrEnum


class State(StrEnum):
    """Where a row stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCLEAR = "unclear"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Event(StrEnum):
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
MOVES: dict[tuple[State, Event], State] = {
    (State.PENDING, Event.CLAIM): State.SENDING,
    (State.PENDING, Event.CANCEL): State.CANCELLED,
    (State.PENDING, Event.EXPIRE): State.EXPIRED,
    (State.SENDING, Event.SENT): State.SENT,
    (State.SENDING, Event.AGAIN): State.PENDING,
    (State.SENDING, Event.FAIL): State.FAILED,
    (State.SENDING, Event.UNKNOWN): State.UNCLEAR,
    (State.SENDING, Event.LEASE_OVER): State.UNCLEAR,
    (State.UNCLEAR, Event.SENT): State.SENT,
    (State.UNCLEAR, Event.AGAIN): State.PENDING,
    (State.UNCLEAR, Event.FAIL): State.FAILED,
    (State.UNCLEAR, Event.UNKNOWN): State.UNCLEAR,
    (State.UNCLEAR, Event.SETTLE_SENT): State.SENT,
    (State.UNCLEAR, Event.SETTLE_FAILED): State.FAILED,
}


class Impossible(ValueError):
    """The table has no such move."""


def after(state: State, event: Event) -> State:
    """Return where the row stands after the event.

    Raises:
        Impossible: the event cannot happen in this state.
    """
    try:
        return MOVES[state, event]
    except KeyError:
        raise Impossible(f"{state} does not take: {event}") from None


DELIVERY_ORDER = ("", "moving", "failed", "delivered")


def forward(known: str, came: str) -> str:
    """Return the further of two words on a delivery: words come late and out of order, and never go back."""
    return max(known, came, key=DELIVERY_ORDER.index)
