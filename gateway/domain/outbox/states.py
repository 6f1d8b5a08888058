"""Define the kinds and states of outbox rows as tables, and plan retries.

A kind has a recipient, a lifetime and a priority; a state has every move that is possible from it.
"""

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


class To(StrEnum):
    """Whom a row of this kind reaches."""

    NOBODY = "nobody"
    CALLER = "caller"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxKind:
    """One kind of row.

    Attributes:
        name: the stored word.
        to: the recipient; a row for nobody is worked inside one transaction and needs no channel.
        lasts: how long after its creation it is worth sending.
        priority: order among due rows; lower is sooner.
        ours: a text that we start: sent only where the caller said that texts are safe, and inside the window.
    """

    name: str
    to: To
    lasts: timedelta
    priority: int = 1
    ours: bool = False

    @property
    def inside(self) -> bool:
        """Whether claim, work and result are one transaction."""
        return self.to is To.NOBODY


_DAYS = timedelta(days=14)

KINDS: dict[str, OutboxKind] = {
    kind.name: kind
    for kind in (
        OutboxKind(name="announce", to=To.NOBODY, lasts=_DAYS, priority=0),
        OutboxKind(name="escalate", to=To.NOBODY, lasts=_DAYS, priority=0),
        OutboxKind(name="bundle", to=To.NOBODY, lasts=timedelta(hours=2)),
        OutboxKind(name="danger_text", to=To.NOBODY, lasts=timedelta(hours=1), priority=0),
        OutboxKind(name="answer", to=To.CALLER, lasts=timedelta(minutes=10), priority=0),
        OutboxKind(name="alert", to=To.PERSON, lasts=timedelta(hours=1)),
        OutboxKind(name="push", to=To.PERSON, lasts=timedelta(hours=1), priority=0),
        OutboxKind(name="call", to=To.PERSON, lasts=timedelta(seconds=60), priority=-1),
        OutboxKind(name="ours", to=To.CALLER, lasts=_DAYS, ours=True),
    )
}
CALL = "call"
"""The kind that is a call: it uses none of the channel's text rate, and waits for no text."""

PUSH = "push"
"""The kind that goes to a browser: its lane names the subscription, and the rate is that of no channel."""

INSIDE = tuple(sorted(kind.name for kind in KINDS.values() if kind.inside))
OUTSIDE = tuple(sorted(kind.name for kind in KINDS.values() if not kind.inside))
