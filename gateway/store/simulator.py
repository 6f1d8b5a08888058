"""What trial phones were sent: rows of the outbox that no provider ever saw."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from gateway.channel import KEPT
from gateway.messages import ThreadAsked
from gateway.store import callers
from gateway.store.engines import Store, Tx
from gateway.store.tables import outbox

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SentText:
    """One text as it would have reached the phone; ``channel`` is the line that it was to leave by."""

    id: str
    channel: str
    text: str
    at: datetime


def thread(store: Store, asked: ThreadAsked) -> tuple[SentText, ...]:
    """Return the texts that a number was sent, oldest first; none for a number that nobody knows."""
    with store.read() as tx:
        caller = callers.find(tx, asked.number)
        return sent_to(tx, caller.id, since=asked.since) if caller else ()


def sent_to(tx: Tx, caller_id: str, *, since: datetime | None = None) -> tuple[SentText, ...]:
    """Return the newest texts that this caller was sent on any line, oldest first, without those that were erased."""
    query = (
        select(outbox.c.id, outbox.c.channel, outbox.c.payload, outbox.c.changed_at)
        .where(
            outbox.c.caller_id == caller_id,
            outbox.c.state == "sent",
            outbox.c.provider_id.startswith(KEPT, autoescape=True),
        )
        .order_by(outbox.c.id.desc())
        .limit(MOST)
    )
    if since is not None:
        query = query.where(outbox.c.changed_at >= since)
    found = []
    for row in tx.execute(query):
        payload = tx.ring.open_json(row.payload, table="outbox", column="payload", row=row.id)
        if payload is not None:
            found.append(SentText(id=row.id, channel=row.channel, text=payload["text"], at=row.changed_at))
    return tuple(reversed(found))
