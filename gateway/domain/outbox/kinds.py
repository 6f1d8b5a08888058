"""Define the kinds of outbox rows as one table: recipient, lifetime and priority."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


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
